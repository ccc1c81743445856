/* text_task.h: the parallel text of a training as the trainer's task: its tokenizers, batches and validation.
 */
#ifndef LT_TEXT_TASK_H
#define LT_TEXT_TASK_H

#include <signal.h>

#include "experiments/decoding.h"
#include "experiments/events.h"
#include "experiments/experiment.h"
#include "experiments/trainer.h"

typedef struct lt_text_task {
    /* borrowed, set by the caller before lt_text_task_open(); model and pool before training */
    const lt_experiment *experiment;
    const char *folder; /* of the run: where the tokenizers are */
    lt_listener listener;
    void *listener_context;
    const volatile sig_atomic_t *signal;
    lt_pool *pool;
    lt_model *model;
    /* what it owns */
    lt_tokenizers tokenizers;
    lt_dataset train, dev;
    lt_batcher *batcher;
    lt_lines dev_src, dev_trg;
    size_t batches;       /* of the first epoch */
    lt_metadata identity; /* what a checkpoint of this training says it belongs to */
} lt_text_task;

/* Is every file of the experiment there and whole, with as many lines as its other side? Names the first that
 * is not. Reads them all: a test set that does not fit is to be known before a run is made, not after it was
 * trained. */
lt_status lt_text_task_check_files(const lt_experiment *experiment, lt_error *error);

/* Trains the tokenizers, or loads them where the folder has them already; reads the data, the test sets for
 * the record. Emits a DATASET event a file, and a NOTE of everything that is dropped or odd. */
lt_status lt_text_task_open(lt_text_task *task, lt_error *error);
void lt_text_task_clear(lt_text_task *task);

/* The trainer's view of it. */
lt_trainer_task lt_text_task_functions(lt_text_task *task);

/* Translates every test set by the model as it is, writes hyp/<set>.<lang> and emits a TEST event each;
 * `update` is the one the model is of. */
lt_status lt_text_task_test(lt_text_task *task, uint64_t update, lt_error *error);

/* Both sides of a set as lines, with `tell` also their events; an unequal or empty one is an error. The
 * caller clears them, also after a failure. */
lt_status lt_text_task_load_set(const lt_text_task *task, const char *role, const char *prefix, bool tell,
                                lt_lines *src, lt_lines *trg, lt_error *error);

/* The last part of a prefix: what a set is called. */
const char *lt_set_name(const char *prefix);

#endif
