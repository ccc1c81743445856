/* comparison.h: runs put side by side, from the database alone.
 *
 * Every score is computed again from the segments' statistics and must equal the stored one. The first run is
 * the baseline. Runs may be trainings or decodings. */
#ifndef LT_COMPARISON_H
#define LT_COMPARISON_H

#include "experiments/metrics/metrics.h"
#include "experiments/store.h"
#include "model/base/text.h"

typedef struct lt_comparison_options {
    const char *test;              /* this test set only; NULL: all */
    bool metrics[LT_METRIC_KINDS]; /* which */
    bool randomization;            /* paired approximate randomization in place of the paired bootstrap */
    size_t samples;                /* 0: the method's own default */
    uint64_t seed;                 /* of the significance tests */
    bool different_data;           /* allow different references or sources: no significance then */
    bool different_signatures;     /* allow scores of different options: no significance then */
} lt_comparison_options;

typedef struct lt_compared_run {
    char id[LT_RUN_ID];
    char *experiment;
    lt_run_kind kind;
    lt_run_status status;
} lt_compared_run;

typedef struct lt_compared_score {
    bool known; /* false: this run was not scored on this set by this metric */
    char *signature;
    double score;
    double delta;    /* to the first run's */
    double interval; /* bootstrap: half the width of the 95% interval; NaN: not computed */
    double p_value;  /* against the first run; NaN: the first itself, or not comparable */
} lt_compared_score;

typedef struct lt_compared_metric {
    lt_metric_kind kind;
    char *title;               /* "BLEU", "chrF2", "TER" */
    lt_compared_score *scores; /* (runs) */
} lt_compared_metric;

typedef struct lt_compared_set {
    char *name;
    size_t segments; /* of the first run that has it */
    char *source_sha256, *reference_sha256;
    size_t count;
    lt_compared_metric metrics[LT_METRIC_KINDS]; /* (count) */
} lt_compared_set;

typedef struct lt_difference {
    char *key;
    char **values; /* (runs); NULL: not set */
} lt_difference;

typedef struct lt_comparison {
    size_t runs;
    lt_compared_run *run; /* (runs) */
    size_t sets;
    lt_compared_set *set; /* (sets) */
    size_t differences;
    lt_difference *difference; /* configuration keys, data and builds in which the runs differ, by key */
    lt_strings notes;          /* what could not be compared, and why */
    size_t samples;            /* of the significance tests */
} lt_comparison;

/* Compares the runs of these ids, at least two. `comparison` is cleared by the caller, also after a failure.
 * LT_ERROR_MISMATCH, naming both sides and the option that allows it, for different data or signatures, and
 * where a stored score does not follow from its segments; LT_ERROR_USAGE where there is nothing to compare.
 */
lt_status lt_compare(lt_comparison *comparison, lt_store *store, const char *const *ids, size_t count,
                     const lt_comparison_options *options, lt_error *error);
void lt_comparison_clear(lt_comparison *comparison);

/* The options of the metric that made a signature, as far as scores of summed statistics depend on them.
 * LT_ERROR_FORMAT for a signature that is none of ours. */
lt_status lt_signature_options(lt_metric_options *options, lt_metric_kind kind, const char *signature,
                               lt_error *error);

/* comparison_config.c: fills the differences. */
lt_status lt_compare_configurations(lt_comparison *comparison, lt_store *store, lt_error *error);

#endif
