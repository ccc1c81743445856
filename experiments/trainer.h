/* trainer.h: the training loop: updates, validations, the learning rate, checkpoints, and when to stop.
 *
 * It knows the network and the schedule, and neither files of text nor SQL: what to learn from and how to
 * validate come in as a task (a table of functions), what happens goes out as events.
 *
 * All randomness is a function of (seed, epoch, update), so the state in `last` is a handful of numbers, and
 * a run that was stopped at any time and resumed makes the same updates, validations and decisions as one
 * that was not. An update whose loss or gradient is not finite, or whose loss is far worse than guessing
 * (LT_DIVERGED), is skipped, counted and said; more than training.max_skipped of them in a row stop the run
 * (LT_ERROR_NUMERIC) with the parameters and checkpoints as they were. */
#ifndef LT_TRAINER_H
#define LT_TRAINER_H

#include <signal.h>

#include "experiments/events.h"
#include "experiments/training_state.h"

typedef struct lt_trainer_task {
    void *context;
    /* Puts the batches of an epoch (from 0) in their order, which depends on the seed and the epoch alone;
     * says how many. */
    lt_status (*begin_epoch)(void *context, uint64_t epoch, size_t *batches, lt_error *error);
    /* The batch at `position`; it lives until the next call. */
    lt_status (*batch)(void *context, size_t position, lt_batch *batch, lt_error *error);
    /* Scores the model as it is now: `scores` as in lt_event_validation, which are all NaN before.
     * LT_ERROR_INTERRUPTED gives up on a signal: the validation is done again on resuming. */
    lt_status (*validate)(void *context, double scores[LT_WATCHES], lt_error *error);
} lt_trainer_task;

typedef struct lt_trainer {
    const lt_training_options *options;
    lt_model *model;
    lt_learner *learner;
    const lt_metadata
        *identity; /* what a checkpoint belongs to: configuration, SHA-256 of tokenizer and corpus */
    const char *best_path, *last_path;
    const char *folder; /* of the run, for the snapshots that training.average.checkpoints takes */
    lt_trainer_task task;
    lt_listener listener;
    void *listener_context;
    const volatile sig_atomic_t *signal; /* not 0: stop after the current update; may be NULL */
    /* The parameters do not start as the seed says but as another training left them: they are saved as
     * `last` before anything else, and validated before the first update, so that `best` is no worse than
     * they. */
    bool begun_elsewhere;
} lt_trainer;

/* Is the checkpoint at `path` one of this training? Compares its metadata with `identity`: LT_ERROR_MISMATCH
 * names each key that differs, with both values. Keys that may change between stop and resume (limits, places
 * of files) are left out; an experiment's key that an older checkpoint lacks counts as its default there. */
lt_status lt_trainer_check_identity(const char *path, const lt_metadata *identity, lt_error *error);

/* Those keys, NULL-terminated. max_updates is not among them where the learning rate goes by it (`decay` is
 * LT_DECAY_LINEAR). */
const char *const *lt_trainer_free_keys(int decay);

/* Puts model, learner and `state` where `last` left them. */
lt_status lt_trainer_resume(const lt_trainer *trainer, lt_training_state *state, lt_error *error);

/* Trains from `state` (lt_training_state_init(), or resumed) until it is over; `*reason` says why, as
 * lt_training_state_over() does. Afterwards `best` and `last` are written, and the last update is validated.
 * Stopped by a signal: LT_ERROR_INTERRUPTED, with `last` saved. */
lt_status lt_trainer_run(const lt_trainer *trainer, lt_training_state *state, const char **reason,
                         lt_error *error);

#endif
