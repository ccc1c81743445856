/* show_parameters.h: what a run's model is made of, tensor by tensor. */
#ifndef LT_SHOW_PARAMETERS_H
#define LT_SHOW_PARAMETERS_H

#include <jansson.h>

#include "model/base/text.h"
#include "model/model.h"

typedef struct lt_tensor_count {
    char name[64];
    size_t rows, columns, count; /* columns 0: a vector */
} lt_tensor_count;

/* All zeros is an empty list. */
typedef struct lt_tensor_counts {
    lt_tensor_count *items;
    size_t count, total;
    char *path; /* of the checkpoint */
} lt_tensor_counts;

/* Of best.safetensors in a run's folder, or of last.safetensors where that is not there. LT_ERROR_IO where
 * neither is. */
lt_status lt_tensor_counts_read(lt_tensor_counts *counts, const char *folder, lt_error *error);
void lt_tensor_counts_clear(lt_tensor_counts *counts);

/* The part of the network that a tensor is of: "encoder.rnn recurrent", "embeddings", "attention" ... */
const char *lt_tensor_part(const char *name);

/* Two tables on standard output: tensors; parts with their sums and the total. */
lt_status lt_tensor_counts_print(const lt_tensor_counts *counts, lt_error *error);
/* Adds "tensors" and "parts" to an object. */
lt_status lt_tensor_counts_json(const lt_tensor_counts *counts, json_t *object, lt_error *error);

#endif
