/* linear.h: y = W x + b, the weight laid out once an update for both directions. */
#ifndef LT_LINEAR_H
#define LT_LINEAR_H

#include "model/base/arena.h"
#include "model/params.h"
#include "model/weights.h"

/* A matrix of the model's and its bias; no memory of its own. */
typedef struct lt_linear {
    size_t in, out;
    size_t bias;     /* offset of b (out), or SIZE_MAX */
    size_t laid_out; /* W (out, in): its place in lt_weights.list */
} lt_linear;

/* Names the parameters (indices in `params`; bias may be LT_NO_PARAMETER). */
lt_status lt_linear_init(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight,
                         int bias, lt_error *error);

/* The same for a part of a tensor: rows [row, row + rows) and columns [column, column + columns) of it; no
 * bias, but one can be set. */
lt_status lt_linear_init_part(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight,
                              size_t row, size_t rows, size_t column, size_t columns, lt_error *error);

/* y (rows, out) = x (rows, in) W^T + b, plus y if `accumulate` (then without b). */
void lt_linear_forward(const lt_linear *linear, const lt_weights *weights, real *y, const real *x,
                       size_t rows, bool accumulate);

/* dx (rows, in) = dy (rows, out) W, plus dx if `accumulate`. */
void lt_linear_backward_input(const lt_linear *linear, const lt_weights *weights, real *dx, const real *dy,
                              size_t rows, bool accumulate);

/* gradients: dW += dy^T x, db += the sum of dy's rows. `gradients` (size) is laid out as the parameters. */
void lt_linear_backward_weight(const lt_linear *linear, const lt_weights *weights, real *gradients,
                               const real *dy, const real *x, size_t rows);

/* The same with the distance between the rows of y and x (dy and dx) in reals. */
void lt_linear_forward_ld(const lt_linear *linear, const lt_weights *weights, real *y, size_t ldy,
                          const real *x, size_t ldx, size_t rows, bool accumulate);
void lt_linear_backward_input_ld(const lt_linear *linear, const lt_weights *weights, real *dx, size_t lddx,
                                 const real *dy, size_t lddy, size_t rows, bool accumulate);
void lt_linear_backward_weight_ld(const lt_linear *linear, const lt_weights *weights, real *gradients,
                                  const real *dy, size_t lddy, const real *x, size_t ldx, size_t rows);

/* ---- some of a layer's outputs ---- */

/* Outputs outputs[0], outputs[1], ... of a layer, laid out by themselves. All zeros is an empty one. */
typedef struct lt_linear_part {
    size_t count;
    void *packed;
    real *bias; /* (count), or NULL */
} lt_linear_part;

/* In the arena's memory. False: out of memory. */
bool lt_linear_take_part(lt_linear_part *part, lt_arena *arena, const lt_linear *linear,
                         const lt_weights *weights, const int32_t *outputs, size_t count);

/* y (rows, count): column i is what lt_linear_forward() gives in column outputs[i], to the last bit. */
void lt_linear_forward_part(const lt_linear_part *part, const lt_linear *linear, const lt_weights *weights,
                            real *y, const real *x, size_t rows);

#endif
