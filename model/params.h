/* params.h: one flat block of parameters, and a list that says which part is what. */
#ifndef LT_PARAMS_H
#define LT_PARAMS_H

#include "model/backend/backend.h"

enum { LT_NO_PARAMETER = -1 };

/* How a tensor starts. */
typedef struct lt_init {
    enum { LT_INIT_UNIFORM, LT_INIT_NORMAL, LT_INIT_CONSTANT, LT_INIT_ORTHOGONAL } kind;
    double scale; /* uniform in +-scale, normal deviation, the constant; orthogonal: the length of a row of
                     each square block the tensor consists of, one above the other */
} lt_init;

/* How the matrix (G·H, in) of a layer of H units starts, by LT_START_*; `recurrent`: it is one of U. */
lt_init lt_init_matrix(int start, size_t in, size_t hidden, bool recurrent);

typedef struct lt_params {
    lt_parameter *list; /* (count) */
    lt_init *init;      /* (count) */
    size_t count, capacity;
    size_t size;  /* reals in all; every tensor starts at a multiple of 16 reals */
    real *values; /* (size), made by lt_params_allocate() */
    bool sparse;  /* not all of them are there: lt_params_allocate_sparse() */
} lt_params;

/* Adds a tensor (rows, columns), or a vector (rows) where columns is 0; `*index` gets its place in the list.
 */
lt_status lt_params_add(lt_params *params, int *index, size_t rows, size_t columns, lt_init init,
                        lt_error *error, const char *format, ...) __attribute__((format(printf, 7, 8)));

/* Allocates the block, all zero. */
lt_status lt_params_allocate(lt_params *params, lt_error *error);
/* The same for a model of which some tensors are only laid out: what is not written to takes no memory, and
 * nothing is set. */
lt_status lt_params_allocate_sparse(lt_params *params, lt_error *error);
/* Sets the values that a model starts with; tensor i is drawn from its own stream of `seed`, so that adding
 * one moves no other. */
lt_status lt_params_start(lt_params *params, uint64_t seed, lt_error *error);
void lt_params_clear(lt_params *params);

/* A zeroed block of `size` reals aligned to 64 bytes, for gradients and moments; free() it. */
real *lt_reals(size_t size);

#endif
