/* training.h: one training from beginning to end: its folder, its record, the loop, the tests. */
#ifndef LT_TRAINING_H
#define LT_TRAINING_H

#include <signal.h>
#include <stdio.h>

#include "experiments/origin.h"
#include "experiments/store.h"

typedef struct lt_training_setting {
    const lt_experiment *experiment;
    const char *runs;   /* where a new run's folder is made */
    const char *resume; /* the folder of the run to go on with; NULL: a new run */
    const char *id;    /* of the resumed run, where the database knows it, or the one to give it; of a new run
                          the one to give it; NULL: a random one */
    lt_origin *origin; /* what it begins from, fitted to the experiment; of a resumed run what it began from;
                          NULL:  nothing */
    const char *db;
    size_t threads; /* 0: one a core */
    const char *command, *git_revision, *build;
    FILE *progress; /* shown there; NULL: nowhere */
    bool verbose;
    FILE *warnings; /* where what a user must know goes while there is no progress; NULL: nowhere */
    const volatile sig_atomic_t *signal;
} lt_training_setting;

typedef struct lt_training_result {
    char id[LT_RUN_ID];
    char *folder; /* the caller frees; NULL where no run was made */
} lt_training_result;

/* Trains, or goes on training, and evaluates the best checkpoint on the test sets. All that is wrong with the
 * experiment is found before a run is made for it; later failures end the run as failed, with the message in
 * its log and the database. */
lt_status lt_training_run(const lt_training_setting *setting, lt_training_result *result, lt_error *error);

#endif
