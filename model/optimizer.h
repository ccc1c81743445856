/* optimizer.h: one fused pass over the flat blocks: sum the workers' gradients, clip, step. */
#ifndef LT_OPTIMIZER_H
#define LT_OPTIMIZER_H

#include "model/base/threads.h"
#include "model/params.h"

enum { LT_MOMENTS_MAX = 2 };

typedef struct lt_optimizer {
    const lt_backend *backend;
    lt_optimizer_options options;
    size_t size;                  /* reals of each block */
    size_t moments;               /* how many of them this optimizer keeps */
    real *moment[LT_MOMENTS_MAX]; /* (size) */
    double *chunk_sums;           /* one a chunk */
} lt_optimizer;

lt_status lt_optimizer_init(lt_optimizer *optimizer, const lt_optimizer_options *options,
                            const lt_backend *backend, size_t size, lt_error *error);
void lt_optimizer_clear(lt_optimizer *optimizer);

/* The names of the moments, as checkpoints have them: "m" and "v" (Adam), "v" (Adagrad), "m" (SGD). */
const char *lt_optimizer_moment_name(const lt_optimizer *optimizer, size_t index);

/* gradients[0] += gradients[1] + ... (the others become zero); returns the sum of squares. Chunks are summed
 * in a fixed order, whatever the number of workers. */
double lt_optimizer_reduce(lt_optimizer *optimizer, lt_pool *pool, real *const *gradients, size_t count);

/* Moves `values` by the gradient times `scale`; `step` counts from 1. The gradient is zero afterwards.
 *   sgd      m = momentum m + g;  w -= rate m                                          (decay is added to g)
 *   adagrad  v += g^2;  w -= rate g / (sqrt(v) + eps)               Duchi, Hazan & Singer 2011
 *   adam     m, v as exponential means, bias-corrected              Kingma & Ba 2015
 *   adamw    adam with w *= 1 - rate decay instead of decay in g    Loshchilov & Hutter 2019 */
void lt_optimizer_step(lt_optimizer *optimizer, lt_pool *pool, real *values, real *gradient, double scale,
                       double rate, uint64_t step);

#endif
