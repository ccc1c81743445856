/* tune_work.h: what 'latimer tune' works with, shared by its files. */
#ifndef LT_TUNE_WORK_H
#define LT_TUNE_WORK_H

#include <signal.h>

#include "experiments/commands/command.h"
#include "experiments/commands/decoding_record.h"
#include "experiments/commands/find_run.h"
#include "experiments/tuning.h"
#include "experiments/tuning_evidence.h"

typedef struct lt_tune_options {
    char *src;
    lt_strings ref, grid;
    int metric, checkpoint, precision;
    double min_gain, standard_errors;
    bool record, forget;
    lt_decoding_options decoding;
} lt_tune_options;

/* A setting that was tried. */
typedef struct lt_tune_trial {
    lt_decoding_options options;
    lt_text described; /* all options that make a translation */
    lt_stream_result result;
    lt_hypotheses hypotheses;
    double score, ratio; /* by the metric; words of the translations per word of the reference */
} lt_tune_trial;

typedef struct lt_tune_work {
    const lt_tune_options *options;
    const lt_common_options *common;
    const volatile sig_atomic_t *signal;
    lt_found_run found;
    lt_run_model run;
    lt_metadata metadata; /* the checkpoint's */
    char *source, *set;
    char source_sha256[LT_SHA256_HEX];
    lt_strings ref;
    lt_decoding_record references; /* holds them, and records nothing */
    lt_metric_line *lines;         /* theirs: (references, segments) */
    size_t segments;
    lt_metric *metric, *bleu; /* the latter for lengths */
    lt_evidence evidence;     /* of the trials, by the metric */
    lt_strings pinned, keys;  /* options given; those and the searched ones */
    lt_tuning_space space;
    lt_tune_trial *trials; /* (count); the first is the run's own setting */
    size_t count, chosen;
    lt_tuning_score *known; /* (knowns) of the space's points */
    size_t *known_trial;    /* (knowns) whose scores they are */
    size_t knowns;
    lt_status noise_status; /* why a standard error is not known, */
    lt_error noise_error;   /* where it is not */
} lt_tune_work;

/* The speed of one, in sentences a second. */
double lt_tune_speed(const lt_tune_trial *t);
/* Over the run's own setting; positive is better, also where less is. */
double lt_tune_gain(const lt_tune_work *w, const lt_tune_trial *t);

/* ---- tune_choice.c ---- */

/* Writes the trial chosen to the run's folder, tells it, and records it and the run's own unless that is not
 * wanted. LT_ERROR_IO where the file cannot be written; nothing is recorded then. */
lt_status lt_tune_settle(lt_tune_work *w, lt_error *error);

#endif
