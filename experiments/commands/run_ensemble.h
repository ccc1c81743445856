/* run_ensemble.h: the runs that a command line names, opened to predict together; one alone is one of them.
 *
 * The first one's tokenizers, decoding options, shortlist and pool of threads serve all. */
#ifndef LT_RUN_ENSEMBLE_H
#define LT_RUN_ENSEMBLE_H

#include "experiments/commands/find_run.h"
#include "experiments/run_model.h"

typedef struct lt_run_ensemble {
    lt_found_run *found; /* (count) */
    lt_run_model *runs;  /* (count) */
    const lt_model **models;
    double *weights; /* (count), NULL: all the same */
    size_t count;
    lt_ensemble ensemble; /* of these models */
} lt_run_ensemble;

typedef struct lt_run_ensemble_setting {
    const char *db;
    const char *checkpoint; /* a file's name, in each run's folder */
    const char *weights;    /* "1,2,1", a number above 0 for each run; NULL or empty: all the same */
    size_t threads;
    int precision, purposes; /* as lt_run_model_open() takes them */
    bool quiet;              /* no remarks on standard error */
} lt_run_ensemble_setting;

/* Opens the runs `names` (count, 1 to LT_ENSEMBLE_MAX). LT_ERROR_MISMATCH, naming both, where a run's
 * tokenizers are not the first one's; else errors as lt_find_run() and lt_run_model_open(). The caller clears
 * it, also after a failure. */
lt_status lt_run_ensemble_open(lt_run_ensemble *ensemble, char *const *names, size_t count,
                               const lt_run_ensemble_setting *setting, lt_error *error);
void lt_run_ensemble_clear(lt_run_ensemble *ensemble);

/* What --weights does. */
extern const char lt_weights_help[];

#endif
