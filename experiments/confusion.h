/* confusion.h: a confusion matrix with the names of its classes, as the database keeps it: the detail of the
 * score macro_f1. */
#ifndef LT_CONFUSION_H
#define LT_CONFUSION_H

#include <jansson.h>

#include "experiments/labels.h"
#include "experiments/metrics/metrics.h"

/* {"labels": ["de", "en"], "counts": [[9, 1], [0, 10]]}: a row is a label of the reference. NULL: out of
 * memory.
 */
json_t *lt_confusion_json(const lt_confusion *confusion, const lt_labels *labels);

/* The same as a line of text, and back. LT_ERROR_FORMAT where it is none. The caller clears both, also after
 * a failure. */
lt_status lt_confusion_write(lt_text *out, const lt_confusion *confusion, const lt_labels *labels,
                             lt_error *error);
lt_status lt_confusion_read(lt_confusion *confusion, lt_labels *labels, const char *text, lt_error *error);

/* Counts `segments` labels against those of the reference. LT_ERROR_MISMATCH for one that is not among
 * `labels`.
 */
lt_status lt_confusion_count(lt_confusion *confusion, const lt_labels *labels,
                             const lt_metric_line *predicted, const lt_metric_line *references,
                             size_t segments, lt_error *error);

#endif
