/* events.h: what a training says while it runs.
 *
 * The trainer emits events and knows nothing of who listens: the log (log.h), the database (recorder.h) and
 * the screen (progress.h). Everything an event points to lives until the listener returns. */
#ifndef LT_EVENTS_H
#define LT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/experiment.h"
#include "experiments/store.h"
#include "model/base/text.h"

typedef enum lt_event_kind {
    LT_EVENT_ORIGIN,     /* its parameters are another training's */
    LT_EVENT_DATASET,    /* one side of one data set was read */
    LT_EVENT_STARTED,    /* everything is built; the first update comes next */
    LT_EVENT_UPDATE,     /* after every update */
    LT_EVENT_VALIDATION, /* the validation set was scored and translated */
    LT_EVENT_CHECKPOINT, /* a checkpoint was written */
    LT_EVENT_TEST,       /* a test set was translated and scored */
    LT_EVENT_NOTE,       /* something worth saying: counts of dropped pairs, what is being done */
    LT_EVENT_ENDED,      /* the training is over, finished or not */
} lt_event_kind;

typedef struct lt_event_started {
    bool resumed;
    size_t parameters, src_vocab, trg_vocab;
    size_t classes;        /* of a classifier, which has no trg_vocab; else 0 */
    size_t pairs, batches; /* of an epoch */
    size_t threads;
} lt_event_started;

typedef struct lt_event_update {
    double loss, gradient_norm, learning_rate; /* of this update */
    bool report;                               /* these are to be kept: every so many updates, and the last */
    double mean_loss;                          /* since the last report, weighted by target tokens */
    double words_per_second;                   /* since the last report, source and target */
    double fraction;                           /* of the training that is done, 0 to 1; 0: not known */
    double seconds_left;                       /* 0: not known */
    double sampling_probability;               /* 1 - epsilon of scheduled sampling; 0: without */
} lt_event_update;

typedef struct lt_event_validation {
    /* By LT_WATCH_*; NaN: not of this task. The loss is in nats per target token or, of a classifier, per
     * text, without label smoothing; the others are 0-100. */
    double scores[LT_WATCHES];
    bool best, decayed;
    double learning_rate; /* from now on */
    size_t stale;         /* validations since the best */
    double seconds;       /* it took */
} lt_event_validation;

typedef struct lt_event_ended {
    lt_run_status status;
    const char *reason; /* "max_epochs", "early_stopping" ..., or the message of a failure */
    double seconds;     /* since this process began training */
} lt_event_ended;

typedef struct lt_event {
    lt_event_kind kind;
    uint64_t epoch;   /* from 1, as people count */
    uint64_t update;  /* updates done */
    uint64_t skipped; /* updates that were not made, so far (training.max_skipped) */
    union {
        lt_store_origin origin;
        lt_store_dataset dataset;
        lt_event_started started;
        lt_event_update progress;
        lt_event_validation validation;
        lt_store_checkpoint checkpoint;
        lt_store_evaluation test;
        lt_event_ended ended;
        const char *note;
    } as;
} lt_event;

/* A failure ends the training as if it had failed itself: return LT_OK for what training can do without. */
typedef lt_status (*lt_listener)(void *context, const lt_event *event, lt_error *error);

#endif
