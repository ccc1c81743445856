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
    const size_t *lengths; /* (length_count) ascending: the most words of a source sentence in each class of
                              lengths; one more class has what is longer. NULL: no scores by length */
    size_t length_count;
    bool sets_optional; /* runs without a test set in common: a note, and no sets */
    const char *source; /* a file of source text that is looked at first; NULL: those the runs tell of */
} lt_comparison_options;

/* One validation of a training. */
typedef struct lt_curve_point {
    int64_t update;
    double seconds; /* the training had taken till then; NaN: not known */
    double score;   /* by `figure` */
} lt_curve_point;

typedef struct lt_compared_run {
    char id[LT_RUN_ID];
    char *experiment;
    lt_run_kind kind;
    lt_run_status status;
    int models;              /* that made its translations together: more than 1 of an ensemble's decoding */
    bool of_text, of_labels; /* it has scores of translations; of labels: a classifier's */
    /* of the training, also where the run is a decoding of it */
    char training[LT_RUN_ID]; /* its id; empty: not known. Of an ensemble: the first model's */
    char *figure;             /* what it is judged by on dev, "dev.bleu"; NULL: not known */
    char *parameters;         /* how many, of an ensemble in all its models; NULL: not known */
    char *best_name;          /* the validation figure of the best checkpoint, "dev.bleu"; NULL: none */
    double best;              /* its value */
    double words_per_second;  /* source and target pieces, the median of the reports; NaN: not known */
    int64_t step;             /* updates done */
    int64_t duration;         /* ms, as of lt_store_run */
    size_t points;
    lt_curve_point *curve; /* (points) its validations, in order */
} lt_compared_run;

typedef struct lt_compared_score {
    bool known; /* false: this run was not scored on this set by this metric */
    char *signature;
    double score;
    double delta;      /* to the first run's */
    double interval;   /* bootstrap: half the width of the 95% interval; NaN: not computed */
    double p_value;    /* against the first run; NaN: the first itself, or not comparable */
    double *by_length; /* (length_count + 1), NaN for a class without sentences; NULL: not wanted, or of
                          another source */
} lt_compared_score;

typedef struct lt_compared_metric {
    lt_metric_kind kind;
    char *title;               /* "BLEU", "chrF2", "TER" */
    lt_compared_score *scores; /* (runs) */
} lt_compared_metric;

/* The first run that was scored: the one the others' deltas are to. There is one: a set has only metrics that
 * some run has. */
size_t lt_comparison_baseline(const lt_compared_metric *metric);

typedef struct lt_compared_set {
    char *name;
    size_t segments; /* of the first run that has it */
    char *source_sha256, *reference_sha256;
    size_t *class_of;       /* (segments) of each sentence, by the words of its source; NULL: not wanted */
    size_t *class_segments; /* (length_count + 1) sentences in each */
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
    lt_strings notes;          /* what could not be compared or drawn, and why; what else is to be known */
    size_t samples;            /* of the significance tests */
} lt_comparison;

/* Compares the runs of these ids, at least two. `comparison` is cleared by the caller, also after a failure.
 * LT_ERROR_MISMATCH, naming both sides and the option that allows it, for different data or signatures, and
 * where a stored score does not follow from its segments; LT_ERROR_USAGE where there is nothing to compare,
 * unless that is allowed.
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

/* comparison_runs.c: fills what is told of the runs: parameters, best, speed, the curve. */
lt_status lt_compare_describe_runs(lt_comparison *comparison, lt_store *store, lt_error *error);

/* comparison_lengths.c: the classes of a set's sentences. Their text is in the file that the options name or
 * the runs tell of whose SHA-256 is the set's; LT_ERROR_IO where there is none any more. */
lt_status lt_compare_read_lengths(lt_comparison *comparison, lt_compared_set *set, lt_store *store,
                                  const lt_comparison_options *options, lt_error *error);
/* The scores of the classes from the statistics `rows` (segments, width). */
lt_status lt_compare_by_length(lt_compared_score *score, const lt_compared_set *set, const lt_metric *metric,
                               const double *rows, size_t classes, lt_error *error);
/* Words between white space (ASCII). */
size_t lt_count_words(const char *text, size_t length);

#endif
