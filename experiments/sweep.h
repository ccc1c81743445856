/* sweep.h: what a sweep is to train: every point of a grid as an experiment of its own, checked. */
#ifndef LT_SWEEP_H
#define LT_SWEEP_H

#include "experiments/experiment.h"
#include "experiments/store.h"

typedef struct lt_sweep_request {
    const char *path;                /* the experiment file */
    const lt_strings *set;           /* overrides of every point */
    const lt_strings *grid, *ablate; /* sweep_grid.h */
    int64_t seeds;                   /* how many, from the experiment's own on; >= 1 */
    const char *name;                /* of the sweep; NULL: the experiment's name and a hash of the labels */
} lt_sweep_request;

typedef struct lt_sweep_point {
    char *label;          /* "decoder.cell=gru, dropout.rnn=0.3"; "base" without settings */
    char *run;            /* the name of its experiment, and thus of its runs' folders */
    lt_strings overrides; /* "key=value": all that is to be set beside the seed, the name too */
    lt_text settings;     /* its own: "key=value" a line */
    lt_text experiment;   /* resolved, as YAML, with the first seed */
} lt_sweep_point;

typedef struct lt_sweep {
    char *name, *path;
    lt_sweep_point *points; /* (count); the first is what the others are compared with */
    size_t count;
    int64_t first_seed, seeds;
    lt_text notes; /* keys without effect (lt_experiment_note_unread()), and the first point that has each;
                      lines */
} lt_sweep;

/* Makes the points, and checks each as a training would before it makes a run: keys, values, rules between
 * keys, that the files are there. Cleared by the caller, also after a failure. LT_ERROR_USAGE names the
 * option at fault: what is malformed, unknown, given twice, or changes nothing. A point of the grid that is
 * the base of the ablations is taken once. */
lt_status lt_sweep_plan(lt_sweep *sweep, const lt_sweep_request *request, lt_error *error);
void lt_sweep_clear(lt_sweep *sweep);

/* Is a point still what was planned, now that the file is read again? LT_ERROR_MISMATCH says what changed. */
lt_status lt_sweep_check_unchanged(const lt_sweep *sweep, size_t point, lt_error *error);

/* Are the points that the store has under these labels the same experiments? LT_ERROR_MISMATCH says in what
 * they differ. */
lt_status lt_sweep_check_stored(const lt_sweep *sweep, lt_store *store, int64_t id, lt_error *error);

/* A label as a part of a folder's name, behind the experiment's: '=' is '-', ", " is '+'; where anything else
 * has to go, or the whole is over 100 characters, a hash of the label stands at the end. */
lt_status lt_sweep_run_name(lt_text *out, const char *experiment, const char *label, lt_error *error);

#endif
