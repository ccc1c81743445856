/* scheduled_sampling.h: what the decoder reads in training where that is not always the reference: its own
 * prediction for the step before (Bengio, Vinyals, Jaitly & Shazeer 2015).
 *
 * A prediction depends on all the earlier ones, so they are made step by step, by the decoder as it is in
 * this update, with its dropout: the states and probabilities are those, to the last bit, that the pass which
 * learns will then have with the same inputs. The loss is against the reference as ever, and no gradient goes
 * through the choice. */
#ifndef LT_SCHEDULED_SAMPLING_H
#define LT_SCHEDULED_SAMPLING_H

#include "model/passage.h"

/* Of a part of an update (lt_learner_gather()). Which inputs are predictions, and what is drawn, is a pure
 * function of the stream, a sentence's place in the batch, the step and the probabilities: it does not depend
 * on the number of workers.
 */
typedef struct lt_input_sampling {
    double reference; /* epsilon: the probability that an input stays the reference's; 1: all do */
    int prediction;   /* LT_PREDICTION_* */
    uint64_t stream;
} lt_input_sampling;

lt_input_sampling lt_input_sampling_of(const lt_scheduled_sampling_options *options, uint64_t seed,
                                       uint64_t update, uint64_t part);

/* Between lt_passage_encode() and lt_passage_decode(): passage->target.ids (N) with predictions where the
 * coin says so; `*count` of them. The first input of each sentence stays BOS. A prediction is a piece that
 * the search could put there: neither PAD, BOS, UNK nor the end of sentence, behind which no decoder reads
 * on; the probabilities of the others are renormalised. Where they are not finite the reference's piece
 * stays. `members` are those of lt_passage_begin(); `scratch` is reset and used span by span. False: out of
 * memory, in one of the arenas. */
bool lt_passage_sample_inputs(const lt_model *model, lt_arena *arena, lt_arena *scratch,
                              const lt_input_sampling *sampling, const size_t *members, lt_passage *passage,
                              size_t *count);

#endif
