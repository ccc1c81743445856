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

void lt_weights_clear(lt_weights *weights);

#endif
