/* optimizer.h: one fused pass over the flat blocks: sum the workers' gradients, clip, step. */
#ifndef LT_OPTIMIZER_H
#define LT_OPTIMIZER_H

#include "model/base/threads.h"
#include "model/params.h"

enum { LT_MOMENTS_MAX = 2, LT_KEPT_MAX = LT_MOMENTS_MAX + 1 };

typedef struct lt_optimizer {
    const lt_backend *backend;
    lt_optimizer_options options;
    size_t size;                  /* reals of each block */
    size_t moments;               /* how many of them this optimizer keeps */
    real *moment[LT_MOMENTS_MAX]; /* (size) */
    real *average;                /* (size) of the parameters; NULL: none is kept */
    double average_decay;
    double *chunk_sums; /* one a chunk */
} lt_optimizer;

lt_status lt_optimizer_init(lt_optimizer *optimizer, const lt_optimizer_options *options,
                            const lt_backend *backend, size_t size, lt_error *error);
void lt_optimizer_clear(lt_optimizer *optimizer);

/* Keeps an exponential moving average of the parameters, which begins as `values`: after update t (from 0) it
 * is d average + (1 - d) values with d = min(decay, (1 + t) / (10 + t)), so that the first parameters, which
 * know nothing, are soon forgotten. */
lt_status lt_optimizer_keep_average(lt_optimizer *optimizer, const real *values, double decay,
                                    lt_error *error);

/* Moments of zero, as at the beginning, and an average that begins as `values`. */
void lt_optimizer_restart(lt_optimizer *optimizer, const real *values);

/* What a checkpoint has to keep, (size) each, and its names there: the moments, "m" and "v" (Adam), "v"
 * (Adagrad), "m" (SGD), and "average". Returns how many. */
size_t lt_optimizer_kept(const lt_optimizer *optimizer, real *kept[LT_KEPT_MAX],
                         const char *names[LT_KEPT_MAX]);

/* gradients[0] += gradients[1] + ... (the others become zero); returns the sum of squares. Chunks are summed
 * in a fixed order, whatever the number of workers. */
double lt_optimizer_reduce(lt_optimizer *optimizer, lt_pool *pool, real *const *gradients, size_t count);

/* Moves `values` by the gradient times `scale`; `step` counts the moments' updates from 1, `update` all of
 * them from 0. The gradient is zero afterwards.
 *   sgd      m = momentum m + g;  w -= rate m                                          (decay is added to g)
 *   adagrad  v += g^2;  w -= rate g / (sqrt(v) + eps)               Duchi, Hazan & Singer 2011
 *   adam     m, v as exponential means, bias-corrected              Kingma & Ba 2015
 *   adamw    adam with w *= 1 - rate decay instead of decay in g    Loshchilov & Hutter 2019 */
void lt_optimizer_step(lt_optimizer *optimizer, lt_pool *pool, real *values, real *gradient, double scale,
                       double rate, uint64_t step, uint64_t update);

#endif
