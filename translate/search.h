/* search.h: beam search for a batch of sentences. Private to translate/.
 *
 * The beam of a sentence has `beam_size` places. At each step the best continuations of its live hypotheses,
 * by log-probability, fill the places; one that ends in </s> keeps its place for good, so that the beam
 * shrinks until none is live (Sutskever et al. 2014, 3.2). Complete hypotheses are ranked by log P /
 * length^normalize, the end of sentence counted in the length (Wu et al. 2016, eq. 14, in Marian's form), and
 * their coverage penalty. A sentence is left before its beam is empty once no live hypothesis can overtake
 * the ones wanted: log-probabilities only fall and a penalty is at most 0, which it may come to be, so log P
 * / longest^normalize bounds all of a hypothesis's continuations. */
#ifndef LT_SEARCH_H
#define LT_SEARCH_H

#include "model/model.h"
#include "tokenizer/tokenizer.h"
#include "translate/translate.h"

typedef struct lt_hypothesis {
    size_t sentence;
    size_t begin, length; /* its pieces in lt_search_result.ids, without </s> */
    double log_probability, score;
    double coverage_penalty; /* the part of `score` that is not log P / length^normalize; at most 0 */
    bool cut; /* it met the length limit before its end: </s> is not in its figures. Ranked behind complete
                 ones */
} lt_hypothesis;

/* All zeros is an empty one; can be used again and again. */
typedef struct lt_search_result {
    lt_ids ids;
    lt_ids looked_at;     /* with alignment, for each of `ids`: the position in its source, from 0, that the
                             model looked at most when it chose it; the source's length is its end of sentence */
    lt_hypothesis *items; /* by sentence, then best first; samples as they were drawn */
    size_t count, capacity;
} lt_search_result;

void lt_search_result_clear(lt_search_result *result);

/* For lt_search() and lt_sample(): one more item. */
lt_status lt_search_result_add(lt_search_result *result, lt_hypothesis hypothesis, lt_error *error);

/* The longest target, in pieces, for a source of `src_length` pieces. */
size_t lt_search_limit(const lt_decoding_options *options, size_t src_length);

/* `decoder` is of `model` or, of several models, of an ensemble whose first one it is.
 *
 * Finds up to `wanted` translations of each source of `batch`, at least one, with `alignment` also what they
 * looked at, which takes a model with attention (with replace_unk an unknown piece never looked at the end of
 * sentence). With `lists` (may be NULL) they are made of these pieces
 * alone, and log-probabilities are normalised over them. LT_ERROR_NUMERIC where the model has no finite
 * probabilities. */
lt_status lt_search(lt_search_result *result, lt_decoder *decoder, const lt_model *model,
                    const lt_batch *batch, const lt_output_lists *lists, const lt_decoding_options *options,
                    size_t wanted, bool alignment, lt_error *error);

/* What lt_search() does where options->sampling is set: `wanted` translations of each source, drawn piece by
 * piece from the model's distribution as temperature, top_k and top_p shape it. The draws are a function of
 * sampling_seed, the source's pieces, and the numbers of sample and step; sample i is the same however many
 * are wanted. Equal ones may be among them. */
lt_status lt_sample(lt_search_result *result, lt_decoder *decoder, const lt_model *model,
                    const lt_batch *batch, const lt_output_lists *lists, const lt_decoding_options *options,
                    size_t wanted, bool alignment, lt_error *error);

#endif
