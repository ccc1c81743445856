/* recorder.h: a training's events into the database. Training does not depend on it: a database that cannot
 * be written is told once, and tried again from time to time; log.jsonl has everything. */
#ifndef LT_RECORDER_H
#define LT_RECORDER_H

#include "experiments/events.h"
#include "experiments/experiment.h"

typedef struct lt_recorder {
    lt_store *store; /* owned; NULL: nothing is recorded */
    char id[LT_RUN_ID];
    bool failing;     /* the last write failed, and that was told */
    double failed_at; /* seconds, monotonic */
    double heartbeat_at;
    double began; /* when this process began with the run, by the same clock; 0: with the recording */
    double
        spent_before; /* seconds that the processes before it took for what the run has now; NaN: unknown */
    uint64_t skipped; /* of the events recorded so far */
    struct lt_early_dataset *early; /* told before there was a record: waiting for it */
} lt_recorder;

/* A new training in `db`, or `run->id` resumed there at update `step`. `recorder` is zero, but for
 * `began` and the data sets it was told, which are recorded now. On failure the recorder is a valid one
 * that records nothing; the caller tells and goes on, but for LT_ERROR_MISMATCH: another process trains that
 * run. */
lt_status lt_recorder_begin(lt_recorder *recorder, const char *db, const lt_store_new_run *run,
                            const lt_experiment *experiment, lt_error *error);
lt_status lt_recorder_resume(lt_recorder *recorder, const char *db, const lt_store_new_run *run,
                             const lt_experiment *experiment, uint64_t step, lt_error *error);
void lt_recorder_close(lt_recorder *recorder);

/* Records one event; before the beginning data sets are kept for it. LT_OK, or the failure, where it is news
 * (a test or the end that is lost always is): the caller tells it as a warning and goes on. */
lt_status lt_recorder_event(lt_recorder *recorder, const lt_event *event, lt_error *error);

#endif
