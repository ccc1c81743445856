/* experiment.h: the experiment file (DESIGN.md, 2) as a struct, checked.
 *
 * The struct mirrors the file key by key; each part is described by its module's table, and
 * lt_experiment_table joins them. Everything that reads, checks, explains, prints or compares an experiment
 * goes by these tables. */
#ifndef LT_EXPERIMENT_H
#define LT_EXPERIMENT_H

#include "model/base/options.h"
#include "model/model.h"
#if __has_include("tokenizer/tokenizer.h")
#define LT_HAS_TOKENIZER
#include "tokenizer/tokenizer.h"
#endif
#if __has_include("translate/translate.h")
#define LT_HAS_TRANSLATE
#include "translate/translate.h"
#endif

enum { LT_TASK_TRANSLATE, LT_TASK_CLASSIFY };
extern const char *const lt_task_names[]; /* "translate", "classify", NULL */

typedef struct lt_data_options {
    char *src,
        *trg; /* language suffixes: the file of prefix p is p.<suffix>[.gz|.zst]; classify: text, labels */
    char *folder;       /* what relative prefixes start from; absolute once loaded */
    lt_strings train;   /* prefixes; absolute once loaded */
    char *dev;          /* a prefix */
    lt_strings test;    /* prefixes */
    int64_t max_length; /* pieces */
} lt_data_options;

/* What a validation gives; `loss` of both tasks. */
enum { LT_WATCH_BLEU, LT_WATCH_LOSS, LT_WATCH_ACCURACY, LT_WATCH_MACRO_F1, LT_WATCHES };
extern const char *const lt_watch_names[]; /* "bleu", "loss", "accuracy", "macro_f1", NULL */

typedef struct lt_early_stopping_options {
    int metric;       /* LT_WATCH_*: what "best" means, too */
    int64_t patience; /* validations; 0: never stops early */
} lt_early_stopping_options;

enum { LT_DECAY_NONE, LT_DECAY_PLATEAU, LT_DECAY_LINEAR, LT_DECAY_INVERSE_SQRT };

typedef struct lt_decay_options {
    int type; /* LT_DECAY_* */
    double factor;
    int64_t patience; /* validations */
    bool reload;
    double minimum;
} lt_decay_options;

/* What is validated, kept as the best and tested in place of the parameters themselves. */
typedef struct lt_average_options {
    double decay;        /* of an exponential moving average; 0: none */
    int64_t checkpoints; /* of the last so many validations; 0: none */
} lt_average_options;

typedef struct lt_training_options {
    lt_optimizer_options optimizer; /* its keys stand in `training` itself */
    int precision;                  /* LT_FLOAT32 or LT_BFLOAT16 */
    int64_t batch_tokens, accumulate, warmup;
    int64_t max_epochs, max_updates; /* 0: no limit */
    double max_minutes;              /* 0: no limit */
    int64_t validate_every, checkpoint_every;
    lt_early_stopping_options early_stopping;
    lt_decay_options decay;
    lt_average_options average;
    int64_t max_skipped; /* updates in a row */
    lt_scheduled_sampling_options scheduled_sampling;
} lt_training_options;

typedef struct lt_experiment {
    char *name;
    int task; /* LT_TASK_* */
    int64_t seed;
    lt_data_options data;
#ifdef LT_HAS_TOKENIZER
    lt_tokenizer_options tokenizer;
#endif
    lt_model_options model;
    lt_training_options training;
#ifdef LT_HAS_TRANSLATE
    lt_decoding_options decoding;
#endif
} lt_experiment;

extern const lt_option lt_experiment_table[];

/* Reads, resolves and validates an experiment file into a zeroed struct; the caller clears it, also after a
 * failure. `overrides` ("key.key=value" each; may be NULL) are applied behind the file: a list is replaced,
 * by "[a, b]" or by one item. Relative paths become absolute: the file's from its folder, the overrides' from
 * the current one, and all data prefixes from an override of data.folder, where there is one. Without `name`
 * the experiment is called as the file. LT_ERROR_USAGE with "file:line:column: ..." or "--set key=value:
 * ...". */
lt_status lt_experiment_load(lt_experiment *experiment, const char *path, const lt_strings *overrides,
                             lt_error *error);

/* Keys of `training` that the chosen decay.type and optimizer do not read, and that are not as they are by
 * default: LT_ERROR_USAGE names the first. For what is about to be trained; a run that was is what it is. */
lt_status lt_experiment_check_unread(const lt_experiment *experiment, lt_error *error);
/* The same of `model` with its layers and cells, each as a line of `notes`: it is no error, for one who
 * compares models changes those and keeps the rest. */
lt_status lt_experiment_note_unread(lt_text *notes, const lt_experiment *experiment, lt_error *error);

/* Has this key (or a group's: anything below it) a meaning for the experiment's task? A classifier has no
 * decoder. Those that have none are neither dumped nor recorded nor part of a checkpoint's identity. */
bool lt_experiment_has(const lt_experiment *experiment, const char *dotted);
/* As lt_options_each(), over the keys that the task has. */
lt_status lt_experiment_each(const lt_experiment *experiment, lt_option_visitor visit, void *context,
                             lt_error *error);

/* Is `dotted` among the keys that an experiment's task gives no meaning? Then why; else NULL. */
const char *lt_experiment_misplaced(const lt_experiment *experiment, const char *dotted);

/* The rules between keys, and those a table cannot say. LT_ERROR_USAGE says which key, why, and what would
 * do. */
lt_status lt_experiment_validate(const lt_experiment *experiment, lt_error *error);

/* The last part of a prefix: what a set is called. */
const char *lt_set_name(const char *prefix);

/* Appends the resolved experiment as YAML, each key explained; loading it gives equal values. */
lt_status lt_experiment_dump(lt_text *out, const lt_experiment *experiment, lt_error *error);

/* Appends "key: a, not b" for every key whose values differ, joined by "; ", but for the NULL-terminated
 * `except`. */
lt_status lt_experiment_differences(lt_text *out, const lt_experiment *a, const lt_experiment *b,
                                    const char *const *except, lt_error *error);

void lt_experiment_clear(lt_experiment *experiment);

#endif
