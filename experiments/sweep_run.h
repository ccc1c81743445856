/* sweep_run.h: trains a sweep, each run a process of its own. */
#ifndef LT_SWEEP_RUN_H
#define LT_SWEEP_RUN_H

#include <signal.h>
#include <stdio.h>

#include "experiments/sweep.h"

typedef struct lt_sweep_setting {
    const lt_sweep *sweep;
    const char *db, *runs; /* the database; where the folders of new runs are made */
    const char *command;   /* for the record */
    size_t jobs;           /* trainings at a time */
    size_t threads;        /* of each; 0: one a core */
    bool quiet, verbose;   /* the trainings; with more than one job they are quiet anyway */
    FILE *messages;        /* what begins and ends is said there; NULL: nowhere */
    FILE *warnings;        /* what a user must know; NULL: nowhere */
    const volatile sig_atomic_t *signal;
} lt_sweep_setting;

/* Trains what is missing, goes on with what was begun, and keeps what is finished. A run that fails does not
 * end the sweep; it is tried again by the next call. Each training is `latimer train` in a process group of
 * its own, from the executable of this process; a signal is passed on to them once, and they are waited for;
 * should this process die, they get SIGTERM and save. Runs that another process trains are waited for.
 *
 * LT_ERROR_INTERRUPTED after a signal. LT_ERROR_MISMATCH where another process works at the sweep, or it has
 * become another one. LT_ERROR_IO where runs have failed, naming them: the others are done. */
lt_status lt_sweep_run(const lt_sweep_setting *setting, lt_error *error);

#endif
