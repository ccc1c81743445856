/* find_run.h: what the word RUN of a command line means. */
#ifndef LT_FIND_RUN_H
#define LT_FIND_RUN_H

#include "experiments/run_model.h"
#include "experiments/store.h"

typedef struct lt_found_run {
    char *folder;
    char id[LT_RUN_ID]; /* empty where the database does not know it */
} lt_found_run;

/* A run's folder is one whether there is a database or not; an id, a prefix of one, or an experiment's name
 * is looked up in `db`. A run whose folder is gone is LT_ERROR_IO. The caller frees `folder`. */
lt_status lt_find_run(lt_found_run *found, const char *text, const char *db, lt_error *error);

/* The values of an option that says which of a run's checkpoints is used, NULL-terminated, and the file of
 * each. */
extern const char *const lt_checkpoint_choices[];
extern const char *const lt_checkpoint_files[];

/* Prints the model's remarks on standard error, unless `quiet`. */
void lt_tell_model(const lt_run_model *run, bool quiet);

/* What --precision (lt_precision_names) does. */
extern const char lt_precision_help[];

#endif
