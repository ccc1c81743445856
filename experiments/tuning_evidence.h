/* tuning_evidence.h: how much the segments of a validation set say of the difference between two trials. */
#ifndef LT_TUNING_EVIDENCE_H
#define LT_TUNING_EVIDENCE_H

#include "experiments/metrics/metrics.h"

typedef struct lt_evidence_error {
    size_t one, other;
    double value;
} lt_evidence_error;

/* Trials are known by number, in the order in which they were added. The caller sets `metric`; the rest
 * begins as zeros. */
typedef struct lt_evidence {
    const lt_metric *metric;
    size_t segments, count;
    double **rows;             /* (count) of (segments, stats_count) */
    lt_evidence_error *errors; /* (known): what was computed once */
    size_t known;
} lt_evidence;

/* Takes over the rows of the next trial, on the heap, also where it fails (LT_ERROR_MEMORY); all trials have
 * as many segments, one at least. */
lt_status lt_evidence_add(lt_evidence *evidence, double *rows, size_t segments, lt_error *error);
void lt_evidence_clear(lt_evidence *evidence);

/* The standard error of the difference between two scores: its deviation over LT_BOOTSTRAP_SAMPLES paired
 * resamples of the segments (Koehn 2004), in points of the metric. 0 where all segments are equal. Computed
 * once for each two trials. LT_ERROR_MEMORY. */
lt_status lt_evidence_standard_error(lt_evidence *evidence, double *value, size_t one, size_t other,
                                     lt_error *error);

/* Would a difference so large come about by chance? Two-sided, by LT_RANDOMIZATION_TRIALS of paired
 * approximate randomization (Riezler & Maxwell 2005). LT_ERROR_MEMORY. */
lt_status lt_evidence_p_value(const lt_evidence *evidence, double *value, size_t one, size_t other,
                              lt_error *error);

#endif
