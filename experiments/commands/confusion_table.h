/* confusion_table.h: what was taken for what, for people and as JSON. */
#ifndef LT_CONFUSION_TABLE_H
#define LT_CONFUSION_TABLE_H

#include <stdio.h>

#include "experiments/confusion.h"

/* Each label's texts, precision, recall and F1 and, of up to LT_CONFUSION_COLUMNS labels, what they were
 * taken for; of more, the most frequent mistakes. */
enum { LT_CONFUSION_COLUMNS = 16 };
lt_status lt_confusion_print(const lt_confusion *confusion, const lt_labels *labels, FILE *out,
                             lt_error *error);

/* [{"label": "de", "texts": 200, "predicted": 196, "precision": 0.99, "recall": 0.97, "f1": 0.98}, ...]; null
 * where there is nothing to divide by. */
json_t *lt_confusion_classes_json(const lt_confusion *confusion, const lt_labels *labels);

#endif
