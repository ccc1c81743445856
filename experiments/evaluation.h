/* evaluation.h: a set of translations, or of labels, scored by every metric, in the form the database keeps.
 */
#ifndef LT_EVALUATION_H
#define LT_EVALUATION_H

#include "experiments/labels.h"
#include "experiments/metrics/metrics.h"
#include "experiments/store.h"

typedef struct lt_evaluation {
    lt_store_evaluation record; /* points into what is below, and to what the caller handed in */
    const char **hypotheses;
    size_t *lengths;
    lt_store_score scores[LT_METRIC_KINDS];
    double *statistics[LT_METRIC_KINDS];
    lt_text signatures[LT_METRIC_KINDS], details[LT_METRIC_KINDS];
    size_t without_reference; /* segments whose references are all blank, which sacreBLEU refuses */
} lt_evaluation;

/* Scores hypotheses[i] against references[r * segments + i] by BLEU, chrF and TER with their default options.
 * The names and texts are borrowed: they must outlive `evaluation`, which the caller clears, also after a
 * failure. No segments: LT_ERROR_USAGE. */
lt_status lt_evaluate(lt_evaluation *evaluation, const char *dataset, const lt_metric_line *hypotheses,
                      const lt_metric_line *references, size_t segments, size_t count, lt_error *error);

/* The same of labels, by accuracy and macro-F1; the latter's detail is the confusion matrix (confusion.h).
 * LT_ERROR_MISMATCH for a label that is not among `labels`. */
lt_status lt_evaluate_labels(lt_evaluation *evaluation, const char *dataset, const lt_labels *labels,
                             const lt_metric_line *predicted, const lt_metric_line *references,
                             size_t segments, lt_error *error);
void lt_evaluation_clear(lt_evaluation *evaluation);

#endif
