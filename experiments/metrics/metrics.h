/* metrics.h: BLEU, chrF and TER, equal to sacreBLEU's; accuracy and macro-F1; significance tests between
 * systems.
 *
 * A metric turns one segment (a hypothesis and its references) into a short row of sufficient statistics;
 * rows add up; a sum of rows gives a score. Whoever keeps the rows can recompute every score, of any
 * selection of segments, and every significance test without the text. The layout is stable (it is what the
 * store keeps); all counts are whole numbers but TER's reference length with several references:
 *
 * - BLEU, 10 numbers: correct 1..4-grams, total 1..4-grams of the hypothesis, length of the hypothesis, of
 * the closest reference
 * - chrF, 3 * (char_order + word_order): per order, n-grams of the hypothesis, of the reference, in common;
 *   characters first, of the reference with the highest segment score
 * - TER, 2: edits against the nearest reference, mean reference length in words
 * - accuracy, 2: 1 where the class is right, else 0; 1
 * - macro-F1, 3 * classes, by class: 1 where reference and prediction are of it; 1 where the reference is; 1
 *   where the prediction is
 *
 * Text is UTF-8; malformed bytes are read as U+FFFD and counted. White space at the end of a line is dropped,
 * as sacreBLEU's command line does. Of several references of a segment, empty ones are left out while another
 * is there (as in sacreBLEU); where all are empty the segment is scored against an empty reference and
 * counted (sacreBLEU refuses it).
 *
 * Sources: Papineni et al. 2002 (BLEU), Popovic 2015 and 2017 (chrF, chrF++), Snover et al. 2006 (TER), Post
 * 2018 (the conventions and signatures), Chen & Cherry 2014 (smoothing), Koehn 2004 and Riezler & Maxwell
 * 2005 (significance). */
#ifndef LT_METRICS_H
#define LT_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/options.h"
#include "model/base/status.h"
#include "model/base/text.h"

typedef enum lt_metric_kind {
    LT_METRIC_BLEU,
    LT_METRIC_CHRF,
    LT_METRIC_TER,
    LT_METRIC_OF_TEXT, /* how many are of text; those that follow are of classes */
    LT_METRIC_ACCURACY = LT_METRIC_OF_TEXT,
    LT_METRIC_MACRO_F1,
    LT_METRIC_KINDS
} lt_metric_kind;

/* "bleu", "chrf", "ter", "accuracy", "macro_f1" and NULL, in the order of lt_metric_kind. */
extern const char *const lt_metric_names[];

typedef enum lt_bleu_tokenizer {
    LT_TOKENIZE_13A, /* mteval-v13a */
    LT_TOKENIZE_INTL,
    LT_TOKENIZE_CHAR,
    LT_TOKENIZE_ZH,
    LT_TOKENIZE_NONE,
} lt_bleu_tokenizer;

typedef enum lt_bleu_smoothing {
    LT_SMOOTH_EXP,
    LT_SMOOTH_FLOOR,
    LT_SMOOTH_ADD_K,
    LT_SMOOTH_NONE
} lt_bleu_smoothing;

/* All options of all metrics; the keys of the table are sacreBLEU's. */
typedef struct lt_metric_options {
    int tokenize;        /* lt_bleu_tokenizer */
    int smooth_method;   /* lt_bleu_smoothing */
    double smooth_value; /* floor and add-k; negative: the method's own default (0.1, 1) */
    bool lowercase;
    bool effective_order;
    int64_t chrf_char_order, chrf_word_order, chrf_beta;
    bool chrf_whitespace, chrf_lowercase, chrf_eps_smoothing;
    bool ter_normalized, ter_no_punct, ter_asian_support, ter_case_sensitive;
    int64_t classes; /* accuracy and macro-F1: how many there are; in no table */
} lt_metric_options;

extern const lt_option lt_metric_option_table[];

/* One line of text; may hold any bytes. Owned by the caller. */
typedef struct lt_metric_line {
    const char *bytes;
    size_t length;
} lt_metric_line;

#define LT_BLEU_ORDER 4
#define LT_METRIC_MAX_ORDER 16 /* of characters, and of words */
#define LT_CLASSES_MAX 256
#define LT_METRIC_STATS_MAX (3 * LT_CLASSES_MAX) /* the longest row of statistics */

typedef struct lt_metric_score {
    double score;                                      /* 0..100; TER may exceed 100 */
    double precisions[LT_BLEU_ORDER], brevity_penalty; /* BLEU */
    double hyp_length, ref_length;                     /* BLEU and TER: words (TER: ref_length only) */
    double edits;                                      /* TER */
} lt_metric_score;

/* A metric with its options and working memory: one per thread. */
typedef struct lt_metric lt_metric;

/* LT_ERROR_USAGE for options that exclude each other or are out of bounds. `options` may be NULL: the
 * defaults. */
lt_status lt_metric_create(lt_metric **metric, lt_metric_kind kind, const lt_metric_options *options,
                           lt_error *error);
void lt_metric_free(lt_metric *metric);

lt_metric_kind lt_metric_which(const lt_metric *metric);
const char *
lt_metric_title(const lt_metric *metric); /* "BLEU", "chrF2", "chrF2++", "TER"; lives as long as the metric */
size_t lt_metric_stats_count(const lt_metric *metric);    /* numbers in a row */
bool lt_metric_higher_is_better(const lt_metric *metric); /* false for TER */
size_t lt_metric_malformed(const lt_metric *metric);      /* malformed bytes met since creation */
/* How many references each segment since creation had, blank ones left out; 0: not all as many. */
size_t lt_metric_references(const lt_metric *metric);
size_t lt_metric_without_reference(
    const lt_metric *metric); /* segments whose references were all empty, since creation */

/* The row of one hypothesis against `count` >= 1 references, of a metric of text. Overwrites
 * stats[0..stats_count). */
lt_status lt_metric_segment(lt_metric *metric, double *stats, const lt_metric_line *hypothesis,
                            const lt_metric_line *references, size_t count, lt_error *error);

/* The score of one row or of a sum of rows. */
void lt_metric_score_of(const lt_metric *metric, const double *stats, lt_metric_score *score);

/* Scores a corpus in one call: hypotheses[i] against references[r * segments + i] for r = 0..count-1. `rows`
 * (segments, stats_count), `total` (stats_count) and `score` may each be NULL. */
lt_status lt_metric_corpus(lt_metric *metric, lt_metric_score *score, double *total, double *rows,
                           const lt_metric_line *hypotheses, const lt_metric_line *references,
                           size_t segments, size_t count, lt_error *error);

/* "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:latimer-0.1.0". `references` 0 is written "var";
 * `extra` (may be NULL) goes behind nrefs, as "bs:1000|seed:12345". */
lt_status lt_metric_signature(lt_text *out, const lt_metric *metric, size_t references, const char *extra,
                              lt_error *error);

/* Appends what sacreBLEU prints behind a score: BLEU's precisions, penalty and lengths; nothing for chrF and
 * TER. */
lt_status lt_metric_verbose(lt_text *out, const lt_metric *metric, const lt_metric_score *score,
                            lt_error *error);

/* ---- classes (classification.c) ---- */

/* The row of one text, of accuracy or macro-F1: its class and the one it was taken for, both below `classes`.
 */
void lt_metric_class(const lt_metric *metric, double *stats, size_t reference, size_t predicted);

/* What was taken for what. counts (classes, classes): a row is a class of the reference, a column one that
 * was predicted. */
typedef struct lt_confusion {
    size_t classes;
    size_t *counts;
} lt_confusion;

lt_status lt_confusion_init(lt_confusion *confusion, size_t classes, lt_error *error);
void lt_confusion_clear(lt_confusion *confusion);
void lt_confusion_add(lt_confusion *confusion, size_t reference, size_t predicted);

/* Precision, recall and F1 of a class, 0..1; NaN where there is nothing to divide by: a class never
 * predicted has no precision, one not in the reference no recall, one that is in neither no F1. */
typedef struct lt_class_score {
    size_t reference, predicted; /* texts */
    double precision, recall, f1;
} lt_class_score;
lt_class_score lt_confusion_class(const lt_confusion *confusion, size_t which);

/* Both 0..100, as the metrics' scores. Macro-F1 is the mean of the classes' F1 (each class counts the same,
 * however rare it is), F1 = 2 * right / (in the reference + predicted); a class that is neither in the
 * reference nor predicted is left out of the mean. 0 where nothing was added. */
double lt_confusion_accuracy(const lt_confusion *confusion);
double lt_confusion_macro_f1(const lt_confusion *confusion);

/* ---- significance ---- */

typedef struct lt_significance {
    double score[2];    /* of the whole set: baseline, system */
    double mean[2];     /* bootstrap only: mean over the samples */
    double interval[2]; /* bootstrap only: half the width of the 95% interval, by percentiles */
    double difference;  /* system - baseline */
    double deviation;   /* bootstrap only: the difference's standard error, its deviation over the samples */
    double p_value;     /* two-sided by randomization; of the bootstrap see below */
    size_t samples;
} lt_significance;

#define LT_SIGNIFICANCE_SEED 12345 /* where nobody gives one; as sacreBLEU's */
#define LT_BOOTSTRAP_SAMPLES 1000
#define LT_RANDOMIZATION_TRIALS 10000

/* Both take the rows (segments, stats_count) of two systems over the same segments. The result is a function
 * of the rows, `samples` and `seed` alone. `segments` and `samples` must not be 0.
 *
 * Paired bootstrap (Koehn 2004): p is the share of resamples whose absolute difference, less the mean one,
 * reaches the difference observed, as (c + 1) / (n + 1). This is sacreBLEU's, and half of a two-sided p or
 * less: what is taken off is the mean of the absolute differences. Paired approximate randomization (Riezler
 * & Maxwell 2005): p is the share of random swaps of the two systems' segments whose absolute difference
 * reaches the one observed, (c + 1) / (n + 1). Equal systems thus get p = 1. */
lt_status lt_paired_bootstrap(lt_significance *result, const lt_metric *metric, const double *baseline,
                              const double *system, size_t segments, size_t samples, uint64_t seed,
                              lt_error *error);
lt_status lt_paired_randomization(lt_significance *result, const lt_metric *metric, const double *baseline,
                                  const double *system, size_t segments, size_t samples, uint64_t seed,
                                  lt_error *error);
/* The bootstrap's mean and interval of one system alone (fields [0] of the result; p_value is 1). */
lt_status lt_bootstrap_interval(lt_significance *result, const lt_metric *metric, const double *rows,
                                size_t segments, size_t samples, uint64_t seed, lt_error *error);

#endif
