/* labels.h: the labels that a classifier gives, by class: sorted by their bytes, so that equal training data
 * has equal classes. */
#ifndef LT_LABELS_H
#define LT_LABELS_H

#include "corpora/corpora.h"
#include "model/model.h"

/* Of a checkpoint's metadata: the labels, one a line. */
#define LT_METADATA_LABELS "labels"

enum { LT_LABEL_LENGTH_MAX = 200 }; /* bytes */

/* All zeros is an empty one. Sorted, each once. */
typedef struct lt_labels {
    lt_strings names;
} lt_labels;

/* Adds the label on a line that was read: text of 1 to LT_LABEL_LENGTH_MAX bytes in UTF-8 without control
 * characters, no white space at either end. LT_ERROR_FORMAT says what is wrong with it, and so for the label
 * that is one more than a classifier may have. */
lt_status lt_labels_add(lt_labels *labels, const lt_line *line, lt_error *error);

/* The class of a label; -1: there is none of this name. */
int32_t lt_labels_find(const lt_labels *labels, const lt_line *line);

/* As above; LT_ERROR_MISMATCH names the label and those there are. */
lt_status lt_labels_class(const lt_labels *labels, const lt_line *line, int32_t *class, lt_error *error);

/* One a line: the file labels.txt of a run, and what its checkpoints say. LT_ERROR_FORMAT where text is not
 * what was written. */
lt_status lt_labels_write(lt_text *out, const lt_labels *labels, lt_error *error);
lt_status lt_labels_read(lt_labels *labels, const char *text, size_t length, lt_error *error);
void lt_labels_clear(lt_labels *labels);

/* "labels:" and 8 hexadecimal digits that tell them from others, for a metric's signature. */
void lt_labels_signature(char out[16], const lt_labels *labels);

#endif
