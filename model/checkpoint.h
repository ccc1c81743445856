/* checkpoint.h: the safetensors container: a JSON header that names tensors in one block of bytes.
 *
 *   8 bytes  length of the header, little-endian
 *   header   {"__metadata__": {...}, "<tensor>": {"dtype": "F32", "shape": [r, c], "data_offsets": [begin,
 * end]}, ...} data     the tensors, in order, without gaps
 *
 * Source: the safetensors format description (huggingface/safetensors, README, "Format"). */
#ifndef LT_CHECKPOINT_H
#define LT_CHECKPOINT_H

#include <jansson.h>
#include <stdio.h>

#include "model/network.h"

/* A file whose header was read and checked: every tensor lies inside the file, none overlap, none is missing
 * bytes. */
typedef struct lt_safetensors {
    const char *path; /* borrowed */
    FILE *stream;
    json_t *header;
    uint64_t data;  /* where the data begins */
    uint64_t bytes; /* of data */
} lt_safetensors;

lt_status lt_safetensors_open(lt_safetensors *file, const char *path, lt_error *error);
void lt_safetensors_close(lt_safetensors *file);
size_t lt_safetensors_count(const lt_safetensors *file); /* tensors */

/* Is there a float32 tensor of exactly this shape? LT_ERROR_FORMAT: no. */
lt_status lt_safetensors_check(const lt_safetensors *file, const char *name, size_t rows, size_t columns,
                               lt_error *error);
/* Reads a float32 tensor of exactly this shape into `values`; anything else is LT_ERROR_FORMAT. Values must
 * be finite. */
lt_status lt_safetensors_read(const lt_safetensors *file, const char *name, size_t rows, size_t columns,
                              real *values, lt_error *error);
/* Appends the __metadata__ to `metadata`. */
lt_status lt_safetensors_metadata(const lt_safetensors *file, lt_metadata *metadata, lt_error *error);

/* Reads the whole file and compares the checksum of its metadata, the SHA-256 of everything else in there
 * (keys and values, each with its NUL, in the file's order) and of all tensors' bytes. LT_ERROR_FORMAT where
 * they differ; a file without one, as another program may write it, passes. */
lt_status lt_safetensors_verify(const lt_safetensors *file, const lt_metadata *metadata, lt_error *error);

/* One tensor to be written. */
typedef struct lt_tensor {
    char name[96];
    size_t rows, columns; /* columns 0: a vector */
    const real *values;
} lt_tensor;

/* Writes the file atomically, with its checksum; `sha256` (may be NULL) gets the hash of the whole file. A
 * value that is not finite is LT_ERROR_NUMERIC. */
lt_status lt_safetensors_write(const char *path, const lt_tensor *tensors, size_t count,
                               const lt_metadata *metadata, char *sha256, lt_error *error);

#endif
