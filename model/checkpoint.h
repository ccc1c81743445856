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

/* Is there a tensor of exactly this shape, of float32 or of 8-bit `integers`? LT_ERROR_FORMAT: no. */
lt_status lt_safetensors_check(const lt_safetensors *file, const char *name, bool integers, size_t rows,
                               size_t columns, lt_error *error);
/* The same, and where in the data it begins. */
lt_status lt_safetensors_find(const lt_safetensors *file, const char *name, bool integers, size_t rows,
                              size_t columns, uint64_t *at, lt_error *error);
/* Appends the __metadata__ to `metadata`. */
lt_status lt_safetensors_metadata(const lt_safetensors *file, lt_metadata *metadata, lt_error *error);

/* ---- the checksum: LT_METADATA_CHECKSUM in the metadata, "crc32:" and 8 hexadecimal digits ----
 *
 * The CRC-32 of zlib and gzip over everything else in the metadata (keys and values, each with its NUL, in
 * the file's order) and then the data. It is there against damage, finds any that is within 32 bits of each
 * other, and each worker can take its part of the file. A file without one, as another program may write it,
 * passes; 64 hexadecimal digits are the SHA-256 of the same, as latimer wrote it at first. */

/* `*crc` says whether the file has a CRC, to be compared with what is then read. Any other checksum is
 * compared here: LT_ERROR_FORMAT where it differs. */
lt_status lt_safetensors_verify(const lt_safetensors *file, const lt_metadata *metadata, bool *crc,
                                lt_error *error);
uint32_t lt_safetensors_crc(const lt_metadata *metadata); /* the metadata's part, to go on from */
lt_status lt_safetensors_compare(const lt_safetensors *file, const lt_metadata *metadata, uint32_t crc,
                                 lt_error *error);

/* ---- reading ---- */

/* A tensor that is wanted, and what becomes of it. */
typedef struct lt_wanted {
    char name[96];
    size_t rows, columns;      /* columns 0: a vector */
    real *values;              /* gets them; NULL: they are not kept */
    const real *scale;         /* (parts, rows) of a tensor of integers; NULL: it is of float32 */
    bool rounded;              /* `values` gets what the integers of int8.h are worth that they become */
    const lt_weights *weights; /* lays out its matrices, for products with W alone; NULL: nothing is */
    size_t offset;             /* with weights: of the tensor in the parameters */
} lt_wanted;

/* Reads the whole file once and checks it, its checksum too, with `pool`'s workers (NULL: alone), each with a
 * buffer of some 256 KiB. LT_ERROR_FORMAT: a tensor is not there in this shape, something is damaged, the
 * file was made shorter meanwhile, or a value is not finite; what was wanted may then be partly written. */
lt_status lt_safetensors_load(const lt_safetensors *file, const lt_metadata *metadata,
                              const lt_wanted *wanted, size_t count, lt_pool *pool, lt_error *error);

/* The values of a float32 tensor, before everything else and not compared with the checksum. LT_ERROR_FORMAT
 * as lt_safetensors_load(). */
lt_status lt_safetensors_peek(const lt_safetensors *file, const char *name, size_t rows, size_t columns,
                              real *values, lt_error *error);

/* ---- writing ---- */

/* One tensor to be written. */
typedef struct lt_tensor {
    char name[96];
    size_t rows, columns; /* columns 0: a vector */
    const real *values;
    const int8_t *integers; /* in place of values, or NULL */
} lt_tensor;

/* Writes the file atomically, with its checksum; `sha256` (may be NULL) gets the hash of the whole file. A
 * value that is not finite is LT_ERROR_NUMERIC. */
lt_status lt_safetensors_write(const char *path, const lt_tensor *tensors, size_t count,
                               const lt_metadata *metadata, char *sha256, lt_error *error);

#endif
