/* text_task.h: the text of a training as the trainer's task: its tokenizers, batches, validation and tests.
 *
 * What translating and classifying share is in text_task.c and text_test.c; in what they differ is a table of
 * functions each, in translate_task.c and classify_task.c. */
#ifndef LT_TEXT_TASK_H
#define LT_TEXT_TASK_H

#include <signal.h>

#include "experiments/decoding.h"
#include "experiments/evaluation.h"
#include "experiments/events.h"
#include "experiments/experiment.h"
#include "experiments/labels.h"
#include "experiments/trainer.h"

typedef struct lt_text_task lt_text_task;

/* A kind of task. */
typedef struct lt_task_kind {
    const char *unit;  /* what the training data are counted in: "pairs" */
    const char *other; /* what line i of the target file is to line i of the source file */
    /* Before the first training file is read. */
    lt_status (*prepare)(lt_text_task *task, lt_error *error);
    /* The class that a line of a target file names; NULL where it is a sentence. */
    lt_status (*label)(void *task, const lt_line *line, int32_t *label, lt_error *error);
    /* One line of the validation set. */
    lt_status (*add_dev)(lt_text_task *task, const lt_line *src, const lt_line *trg, lt_error *error);
    /* Is every line of the target file `path` one that the task can be tested with? */
    lt_status (*check)(const lt_text_task *task, const char *path, const lt_lines *trg, lt_error *error);
    lt_status (*validate)(void *task, double scores[LT_WATCHES], lt_error *error);
    /* A test set: what the model makes of its lines; scores of that; and how it was made, in words. */
    lt_status (*answer)(const lt_text_task *task, const lt_lines *src, lt_hypotheses *answers,
                        lt_error *error);
    lt_status (*evaluate)(const lt_text_task *task, lt_evaluation *evaluation, const char *set,
                          const lt_hypotheses *answers, const lt_metric_line *references, lt_error *error);
    lt_status (*describe)(const lt_text_task *task, lt_text *out, lt_error *error);
} lt_task_kind;

extern const lt_task_kind lt_translate_task, lt_classify_task;

struct lt_text_task {
    /* borrowed, set by the caller before lt_text_task_open(); the model before training */
    const lt_experiment *experiment;
    const char *folder; /* of the run: where the tokenizers are */
    lt_listener listener;
    void *listener_context;
    const volatile sig_atomic_t *signal;
    lt_pool *pool;
    lt_model *model;
    bool given_tokenizers; /* those in the folder were not trained on this text */
    bool in_memory;        /* all of the training data, however large: for who reads them pair by pair */
    /* what it owns */
    const lt_task_kind *kind;
    lt_tokenizers tokenizers; /* of a classifier both are that of the text */
    lt_labels labels;         /* of a classifier */
    lt_dataset train, dev;
    lt_resegmenter *resegmenter; /* of `train`, where lines are cut anew in every epoch; else NULL */
    lt_batcher *batcher;
    lt_lines dev_src, dev_trg;
    size_t batches;       /* of the first epoch */
    lt_metadata identity; /* what a checkpoint of this training says it belongs to */
};

/* Is every file of the experiment there and whole, with as many lines as its other side? Names the first that
 * is not. Reads them all: a test set that does not fit is to be known before a run is made, not after it was
 * trained. */
lt_status lt_text_task_check_files(const lt_experiment *experiment, lt_error *error);

/* classify_task.c: can every label of the experiment's files be one, and does the training data have those of
 * the other sets? */
lt_status lt_classify_check_labels(const lt_experiment *experiment, lt_error *error);

/* Trains the tokenizers, or loads them where the folder has them already; reads the data, the test sets for
 * the record. Emits a DATASET event a file, and a NOTE of everything that is dropped or odd. */
lt_status lt_text_task_open(lt_text_task *task, lt_error *error);

/* Of a translator that was trained: loads its tokenizers and reads its training data again, nothing else.
 * `trained` is what its checkpoint says of itself: LT_ERROR_MISMATCH where the data, or a tokenizer, are not
 * what it was trained with. */
lt_status lt_text_task_reread(lt_text_task *task, const lt_metadata *trained, lt_error *error);

void lt_text_task_clear(lt_text_task *task); /* also after a failure */

/* Lays the model's weights out: to learn, in training.precision; else in float32, in which it is validated
 * and tested whatever it learns in, as it is used afterwards. */
lt_status lt_text_task_lay_out(lt_text_task *task, bool learns, lt_error *error);

/* The trainer's view of it. */
lt_trainer_task lt_text_task_functions(lt_text_task *task);

/* Translates or classifies every test set by the model as it is, writes hyp/<set>.<lang> and emits a TEST
 * event each; `update` is the one the model is of. */
lt_status lt_text_task_test(lt_text_task *task, uint64_t update, lt_error *error);

lt_status lt_text_task_note(const lt_text_task *task, const char *note, lt_error *error);

/* Both sides of a set as lines, with `tell` also their events; an unequal or empty one, or one that the task
 * cannot be tested with, is an error. The
 * caller clears them, also after a failure. */
lt_status lt_text_task_load_set(const lt_text_task *task, const char *role, const char *prefix, bool tell,
                                lt_lines *src, lt_lines *trg, lt_error *error);

#endif
