/* training_state.h: where a training stands. Saved in every `last` checkpoint, it is all that a resumed run
 * needs beside the tensors: randomness is a pure function of the seed, the epoch and the update. */
#ifndef LT_TRAINING_STATE_H
#define LT_TRAINING_STATE_H

#include "experiments/experiment.h"

typedef struct lt_training_state {
    uint64_t epoch;                  /* the one being trained, from 0 */
    uint64_t position;               /* its batches that are done */
    uint64_t update;                 /* updates done in all */
    uint64_t src_tokens, trg_tokens; /* trained on, ends of sentence included */
    uint64_t validated;              /* `update` at the last validation; 0: none yet */
    uint64_t best_update;            /* of the best validation; 0: none yet, or that of the start */
    double best_score;               /* higher is better: BLEU, accuracy ..., or minus the loss */
    uint64_t stale;                  /* validations since the best */
    uint64_t decay_stale;            /* validations since the best or the last decay */
    uint64_t restarted;              /* `update` when the optimizer last began anew */
    uint64_t skipped;                /* updates that were not made (lt_learner_step() says why) ... */
    uint64_t skipped_in_row;         /* ... and how many of those since the last one that was */
    double best_loss;                /* of that validation: decides between equal scores */
    double scale;                    /* what decay has left of the learning rate */
    double report_loss;              /* sum over the target tokens since the last report ... */
    uint64_t report_tokens;          /* ... and how many those are */
    double seconds; /* spent; saved only where max_minutes needs it, for it differs from run to run */
    uint64_t start_validated; /* 1: so was update 0, whose parameters another training made */
} lt_training_state;

void lt_training_state_init(lt_training_state *state);

/* To and from a checkpoint's metadata, exactly. LT_ERROR_FORMAT where a value is missing or makes no sense.
 */
lt_status lt_training_state_save(const lt_training_state *state, bool with_seconds, lt_metadata *metadata,
                                 lt_error *error);
lt_status lt_training_state_load(lt_training_state *state, const lt_metadata *metadata, lt_error *error);

/* Takes in the validation of the current update: returns whether it is the best so far; `*decayed`: whether
 * the learning rate was lowered for it. Of `scores` only the one that is watched counts. */
bool lt_training_state_validate(lt_training_state *state, const lt_training_options *options,
                                const double scores[LT_WATCHES], bool *decayed);

/* The learning rate of the update that comes next: warmed up, decayed, never below decay.minimum once warm.
 */
double lt_training_state_learning_rate(const lt_training_state *state, const lt_training_options *options);

/* Why training is over ("max_epochs", "max_updates", "max_minutes", "early_stopping"), or NULL where it is
 * not. */
const char *lt_training_state_over(const lt_training_state *state, const lt_training_options *options);

/* How much of the training is done, 0 to 1, by the nearest of its limits; 0 where only early stopping ends
 * it. `batches` in an epoch. */
double lt_training_state_fraction(const lt_training_state *state, const lt_training_options *options,
                                  size_t batches);

#endif
