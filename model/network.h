/* network.h: the model's insides, for the files of this room. */
#ifndef LT_NETWORK_H
#define LT_NETWORK_H

#include "model/bridge.h"
#include "model/classifier.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/loss.h"
#include "model/model.h"
#include "model/optimizer.h"

struct lt_model {
    lt_model_options options;
    size_t src_vocab, trg_vocab;
    lt_params params;
    lt_weights weights; /* a view of params, and the packed copies it owns */
    lt_encoder encoder;
    lt_bridge bridge;
    lt_decoder_net decoder;   /* and this: of a translator, else all zeros */
    lt_classifier classifier; /* of a classifier; else all zeros */
};

/* A model whose parameters have names and shapes but no memory yet, so that what a file holds can be compared
 * with them first: a translator or, where `classes` > 0, a classifier. Then their memory: drawn from *seed
 * or, where that is NULL, zero. */
lt_status lt_network_name(lt_model **model, const lt_model_options *options, size_t src_vocab,
                          size_t trg_vocab, size_t classes, lt_error *error);
lt_status lt_network_allocate(lt_model *model, const uint64_t *seed, lt_error *error);
/* Memory for a model that is only applied, in `precision`: neither for W^T nor for the values of what is only
 * laid out. */
lt_status lt_network_allocate_applied(lt_model *model, int precision, lt_error *error);

/* ---- what the decoder knows of the members' sources: sentence i of a context is member i ---- */

/* Lengths and places, and memory for the parts this model's decoder looks at. False: out of memory. */
bool lt_context_take(const lt_model *model, lt_arena *arena, const lt_batch *batch, const size_t *members,
                     size_t count, lt_context *context);
/* context->memory from the encoder's outputs `top` (N, D) of `sequence`, which begins at step `begin` of the
 * sources. */
void lt_context_fill(const lt_model *model, lt_context *context, const lt_sequence *sequence, size_t begin,
                     const real *top);
/* context->summary from the encoder's final states, rows in the order of `sentence` (B). */
void lt_context_summarise(const lt_model *model, lt_context *context, const lt_state *final,
                          const size_t *sentence);

/* Backwards: dtop (N, D) of the encoder's outputs from dmemory. */
void lt_context_drain(const lt_model *model, const lt_context *context, const real *dmemory,
                      const lt_sequence *sequence, real *dtop);
/* dfinal += what dsummary (B, D) brings. */
void lt_context_summary_backward(const lt_model *model, lt_state *dfinal, const real *dsummary,
                                 const size_t *sentence, size_t sentences);

/* Forward only: reads the members' sources; `context` is `arena`'s, with the summary of the encoder's `final`
 * states, whose rows are in the order of `source`. `scratch` is reset and used span by span where the encoder
 * only reads forwards, so that its size does not grow with the length of the sources. False: out of memory,
 * in one of them. */
bool lt_network_read(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                     const size_t *members, size_t count, lt_sequence *source, lt_state *final,
                     lt_context *context);

/* Forward only: the decoder's state after the encoder has read the members' sources, rows in the order of
 * `order` (B), which lists places among the members; and their context. Both are `arena`'s; `scratch` and
 * failures are as in lt_network_read(). */
bool lt_network_encode(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                       const size_t *members, size_t count, const size_t *order, lt_state *state,
                       lt_context *context);

/* The sentences each worker takes: `members` (B) gets a permutation of 0..B-1, worker w's part being
 * [first[w], first[w + 1]); `first` has workers + 1 entries. Lengths are dealt out evenly; a pure function of
 * the batch and the number of workers. False: out of memory. */
bool lt_network_deal(lt_arena *arena, const lt_batch *batch, size_t workers, size_t *members, size_t *first);

/* What a worker does with its part of a batch: `members` (count) of it, at least one. Two empty arenas of its
 * own: what lives throughout, and what a span needs. False: out of memory, in one of them. */
typedef bool (*lt_network_part)(const void *context, lt_arena *arena, lt_arena *scratch,
                                const size_t *members, size_t count);

/* Deals the batch out and does `part` for every worker of the pool that has a sentence. */
lt_status lt_network_run(const lt_batch *batch, lt_pool *pool, lt_network_part part, const void *context,
                         lt_error *error);

/* LT_ERROR_FORMAT where an id is outside of its vocabulary; `with_target` checks targets too: pieces or, of a
 * classifier, one class each. */
lt_status lt_network_check_batch(const lt_model *model, const lt_batch *batch, bool with_target,
                                 lt_error *error);

/* The learner's blocks, for checkpoints: as lt_optimizer_kept(). */
size_t lt_learner_kept(const lt_learner *learner, real *kept[LT_KEPT_MAX], const char *names[LT_KEPT_MAX]);

#endif
