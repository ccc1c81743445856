/* store_sweep.h: sweeps in the store: which points of a grid there are, and which run is which point's.
 *
 * A sweep has points (an experiment each, told apart by a label) and, of each point, one run a seed. A run is
 * entered, under the id it is going to have, before it is begun: what was killed at any moment is found
 * again. One process at a time works at a sweep; any number may read it. All as in store.h otherwise. */
#ifndef LT_STORE_SWEEP_H
#define LT_STORE_SWEEP_H

#include "experiments/store.h"

/* The id of the sweep of this name; 0 where there is none. */
lt_status lt_store_sweep_find(lt_store *store, const char *name, int64_t *sweep, lt_error *error);

/* The names of all sweeps, newest first. */
typedef lt_status (*lt_store_sweep_name_row)(void *context, const char *name, lt_error *error);
lt_status lt_store_sweep_names(lt_store *store, lt_store_sweep_name_row row, void *context, lt_error *error);

/* Makes the sweep of this name where there is none, and takes it for this process. LT_ERROR_MISMATCH, naming
 * the process, while another one works at it. */
lt_status lt_store_sweep_take(lt_store *store, const char *name, const char *command, int64_t *sweep,
                              lt_error *error);
/* "I am still at it", about every LT_STORE_HEARTBEAT_MS; and that this process is done with it. */
lt_status lt_store_sweep_heartbeat(lt_store *store, int64_t sweep, lt_error *error);
lt_status lt_store_sweep_release(lt_store *store, int64_t sweep, lt_error *error);

typedef struct lt_store_point {
    const char *label;      /* "decoder.cell=gru"; its own within the sweep */
    const char *settings;   /* what makes it: "key=value" a line; empty for the base */
    const char *experiment; /* the resolved experiment, as YAML */
} lt_store_point;

/* Adds a point behind those there are; one of the same label stays as it is. */
lt_status lt_store_sweep_add_point(lt_store *store, int64_t sweep, const lt_store_point *point,
                                   lt_error *error);
typedef lt_status (*lt_store_point_row)(void *context, const lt_store_point *point, lt_error *error);
/* In the order in which they were added. */
lt_status lt_store_sweep_points(lt_store *store, int64_t sweep, lt_store_point_row row, void *context,
                                lt_error *error);

/* Enters the run of a point and a seed, in place of an earlier one. LT_ERROR_USAGE where there is no such
 * point. */
lt_status lt_store_sweep_add_run(lt_store *store, int64_t sweep, const char *label, int64_t seed,
                                 const char *run, lt_error *error);
/* What is to be told of a run beside its own record (NULL: nothing). */
lt_status lt_store_sweep_note_run(lt_store *store, const char *run, const char *message, lt_error *error);

typedef struct lt_store_sweep_run {
    const char *label, *run;
    int64_t seed;
    const char *message; /* or NULL */
} lt_store_sweep_run;

typedef lt_status (*lt_store_sweep_run_row)(void *context, const lt_store_sweep_run *run, lt_error *error);
/* By the points' order, then by seed. */
lt_status lt_store_sweep_runs(lt_store *store, int64_t sweep, lt_store_sweep_run_row row, void *context,
                              lt_error *error);

#endif
