/* weights.h: the matrices of a model, laid out for products in one precision. */
#ifndef LT_WEIGHTS_H
#define LT_WEIGHTS_H

#include "model/backend/backend.h"

/* A matrix W (out, in), a tensor or part of one, and where it was laid out. */
typedef struct lt_layout {
    size_t in, out;
    size_t weight;            /* offset of W in the parameters, in reals */
    size_t stride;            /* reals between its rows */
    size_t forward, backward; /* offsets of the laid-out W and W^T, in bytes */
} lt_layout;

/* What the layers of one model read: parameters and the laid-out copies of matrices. */
typedef struct lt_weights {
    const lt_backend *backend;
    const real *values; /* (size) borrowed */
    lt_layout *list;    /* (count) */
    size_t count, capacity;
    const lt_packing *packing; /* the precision */
    bool learns;               /* W^T is laid out, too */
    unsigned char *packed;     /* NULL before lt_weights_take() */
} lt_weights;

/* Adds a matrix; `*index` gets its place in the list. */
lt_status lt_weights_add(lt_weights *weights, const lt_layout *layout, size_t *index, lt_error *error);

/* Room for all matrices in `precision` (LT_FLOAT32 ...), in place of what there was; `learns`: for products
 * with W^T, too. LT_ERROR_USAGE where the backend has no such precision or cannot learn in it; then, and
 * when out of memory, everything is as it was. */
lt_status lt_weights_take(lt_weights *weights, int precision, bool learns, lt_error *error);

/* Lays the matrices out anew; the work is shared by `workers`, of which this call is number `worker`. */
void lt_weights_pack(const lt_weights *weights, size_t worker, size_t workers);

/* ---- a tensor (rows, columns) at `offset` of the parameters, laid out as its rows come in ---- */

/* Is it, or part of it, among the matrices? */
bool lt_weights_have(const lt_weights *weights, size_t offset, size_t rows, size_t columns);
/* The first row behind `begin` at which one of its matrices begins or ends: `rows` where there is none. */
size_t lt_weights_section(const lt_weights *weights, size_t offset, size_t rows, size_t columns,
                          size_t begin);
/* Lays out what its rows [begin, end) hold, `w` (end - begin, columns), for products with W alone. They are
 * of one section, and `begin` and `end` are a multiple of the packing's grain behind the section's first row,
 * or `end` is the section's. */
void lt_weights_pack_rows(const lt_weights *weights, size_t offset, size_t rows, size_t columns,
                          const real *w, size_t begin, size_t end);

void lt_weights_clear(lt_weights *weights);

#endif
