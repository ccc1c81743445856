/* classification.c: accuracy, macro-F1 and the confusion matrix. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "experiments/metrics/internal.h"

/* ---- as metrics: rows that add up ---- */

void lt_metric_class(const lt_metric *metric, double *stats, size_t reference, size_t predicted)
{
    size_t classes = (size_t)metric->options.classes;
    assert(metric->kind >= LT_METRIC_OF_TEXT && reference < classes && predicted < classes);
    if (metric->kind == LT_METRIC_ACCURACY) {
        stats[0] = reference == predicted;
        stats[1] = 1;
        return;
    }
    for (size_t k = 0; k < 3 * classes; k++) stats[k] = 0;
    if (reference == predicted) stats[reference] = 1;
    stats[classes + reference] = 1;
    stats[2 * classes + predicted] = 1;
}

double lt_accuracy_score(const double *stats)
{
    return stats[1] > 0 ? 100 * stats[0] / stats[1] : 0;
}

/* NaN: the class is neither in the reference nor predicted. */
static double f1(double right, double reference, double predicted)
{
    return reference + predicted > 0 ? 2 * right / (reference + predicted) : NAN;
}

double lt_macro_f1_score(size_t classes, const double *stats)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t c = 0; c < classes; c++) {
        double own = f1(stats[c], stats[classes + c], stats[2 * classes + c]);
        if (isnan(own)) continue;
        sum += own;
        counted++;
    }
    return counted ? 100 * sum / (double)counted : 0;
}

/* ---- the confusion matrix ---- */

lt_status lt_confusion_init(lt_confusion *confusion, size_t classes, lt_error *error)
{
    *confusion = (lt_confusion){classes, calloc(classes * classes, sizeof *confusion->counts)};
    if (confusion->counts) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the confusion of %zu classes", classes);
}

void lt_confusion_clear(lt_confusion *confusion)
{
    free(confusion->counts);
    *confusion = (lt_confusion){0};
}

void lt_confusion_add(lt_confusion *confusion, size_t reference, size_t predicted)
{
    assert(reference < confusion->classes && predicted < confusion->classes);
    confusion->counts[reference * confusion->classes + predicted]++;
}

lt_class_score lt_confusion_class(const lt_confusion *confusion, size_t which)
{
    size_t classes = confusion->classes, right = confusion->counts[which * classes + which];
    lt_class_score score = {0};
    for (size_t c = 0; c < classes; c++) {
        score.reference += confusion->counts[which * classes + c];
        score.predicted += confusion->counts[c * classes + which];
    }
    score.precision = score.predicted ? (double)right / (double)score.predicted : NAN;
    score.recall = score.reference ? (double)right / (double)score.reference : NAN;
    score.f1 = f1((double)right, (double)score.reference, (double)score.predicted);
    return score;
}

double lt_confusion_accuracy(const lt_confusion *confusion)
{
    size_t classes = confusion->classes, right = 0, all = 0;
    for (size_t i = 0; i < classes * classes; i++) all += confusion->counts[i];
    for (size_t c = 0; c < classes; c++) right += confusion->counts[c * classes + c];
    return lt_accuracy_score((double[]){(double)right, (double)all});
}

double lt_confusion_macro_f1(const lt_confusion *confusion)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t c = 0; c < confusion->classes; c++) {
        double own = lt_confusion_class(confusion, c).f1;
        if (isnan(own)) continue;
        sum += own;
        counted++;
    }
    return counted ? 100 * sum / (double)counted : 0;
}
