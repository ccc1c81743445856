/* sweep_summary.h: what a sweep has given so far, from the database alone: means over seeds. */
#ifndef LT_SWEEP_SUMMARY_H
#define LT_SWEEP_SUMMARY_H

#include "experiments/metrics/metrics.h"
#include "experiments/store.h"
#include "experiments/sweep_statistics.h"
#include "model/base/text.h"

typedef struct lt_summary_options {
    bool metrics[LT_METRIC_KINDS]; /* of the test sets */
    uint64_t seed;                 /* of the randomization */
} lt_summary_options;

typedef struct lt_summary_run {
    char id[LT_RUN_ID];
    int64_t seed;
    int64_t duration; /* ms, as of lt_store_run */
    const char
        *status;     /* "running", "finished", "stopped", "failed", "dead"; "missing": not recorded (yet) */
    char *note;      /* why it is not finished; or NULL */
    char *best_name; /* "dev.bleu"; or NULL */
    double best;
    char *train, *dev; /* the SHA-256 of the files it was trained and validated on; or NULL */
} lt_summary_run;

/* A figure: the best score on dev (the first column), or a metric on a test set. */
typedef struct lt_summary_column {
    char *set;                                          /* NULL: dev */
    char *metric, *title;                               /* "bleu", "BLEU"; of dev "dev.bleu", "dev bleu" */
    char *signature, *source_sha256, *reference_sha256; /* of the first run that has it; of dev source_sha256
                                                           is of both sides, the others NULL */
} lt_summary_column;

typedef enum lt_summary_test { LT_TEST_NONE, LT_TEST_WELCH, LT_TEST_RANDOMIZATION } lt_summary_test;
extern const char *const lt_summary_test_names[]; /* "none", "welch", "randomization" */

typedef struct lt_summary_cell {
    double *values; /* (runs of the point); NaN: none */
    lt_moments moments;
    double delta;         /* to the first point: of the means, or of the runs that were tested; NaN: none */
    lt_summary_test test; /* which test p_value is of */
    double p_value;       /* of delta; NaN: none */
    double holm;          /* p_value, adjusted for as many points as the column has */
} lt_summary_cell;

typedef struct lt_summary_point {
    char *label, *settings; /* "key=value" a line */
    size_t count, finished;
    lt_summary_run *runs;   /* (count) by seed */
    lt_summary_cell *cells; /* (columns) */
    lt_moments minutes;     /* of the finished runs */
} lt_summary_point;

typedef struct lt_sweep_summary {
    char *name;
    size_t points, columns;
    lt_summary_point *point;   /* (points); the first is the base */
    lt_summary_column *column; /* (columns) */
    lt_strings notes;          /* what is missing or cannot be compared, and why */
} lt_sweep_summary;

/* Only finished runs count. Where both points have two runs or more, delta is of the means and p Welch's
 * t-test over the seeds' scores (lt_welch_p()); else delta is of two runs, of the first seed that both have,
 * and p on a test set of paired randomization over its segments (lt_compare(); two-sided, as Welch's); on dev
 * there is none then. Scores of other data or other options than the first's get no delta, and a note; a run
 * that was trained on other data than the base without its point saying so, a note. Cleared by the caller,
 * also after a failure. LT_ERROR_USAGE where there is no sweep of this name: the message lists some. */
lt_status lt_sweep_summarize(lt_sweep_summary *summary, lt_store *store, const char *name,
                             const lt_summary_options *options, lt_error *error);
void lt_sweep_summary_clear(lt_sweep_summary *summary);

#endif
