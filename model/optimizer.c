#include "model/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const lt_optimizer_names[] = {"sgd", "adagrad", "adam", "adamw", NULL};

/* Reals summed and moved at a time: 256 KiB of floats. */
enum { CHUNK = 1 << 16 };

static size_t chunks(const lt_optimizer *optimizer)
{
    return (optimizer->size + CHUNK - 1) / CHUNK;
}

static size_t chunk_length(const lt_optimizer *optimizer, size_t chunk)
{
    size_t rest = optimizer->size - chunk * CHUNK;
    return rest < CHUNK ? rest : CHUNK;
}

lt_status lt_optimizer_init(lt_optimizer *optimizer, const lt_optimizer_options *options,
                            const lt_backend *backend, size_t size, lt_error *error)
{
    static const size_t moments[] = {[LT_OPTIMIZER_SGD] = 1,
                                     [LT_OPTIMIZER_ADAGRAD] = 1,
                                     [LT_OPTIMIZER_ADAM] = 2,
                                     [LT_OPTIMIZER_ADAMW] = 2};
    *optimizer = (lt_optimizer){.backend = backend, .options = *options, .size = size};
    optimizer->chunk_sums = calloc(chunks(optimizer) + 1, sizeof *optimizer->chunk_sums);
    bool complete = optimizer->chunk_sums != NULL;
    for (size_t i = 0; i < moments[options->optimizer]; i++) {
        optimizer->moment[i] = lt_reals(size);
        complete = complete && optimizer->moment[i];
    }
    optimizer->moments = moments[options->optimizer];
    if (complete) return LT_OK;
    lt_optimizer_clear(optimizer);
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the optimizer's moments of %zu parameters",
                   size);
}

void lt_optimizer_clear(lt_optimizer *optimizer)
{
    for (size_t i = 0; i < LT_MOMENTS_MAX; i++) free(optimizer->moment[i]);
    free(optimizer->average);
    free(optimizer->chunk_sums);
    *optimizer = (lt_optimizer){0};
}

lt_status lt_optimizer_keep_average(lt_optimizer *optimizer, const real *values, double decay,
                                    lt_error *error)
{
    optimizer->average = lt_reals(optimizer->size);
    if (!optimizer->average)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the average of %zu parameters",
                       optimizer->size);
    memcpy(optimizer->average, values, optimizer->size * sizeof *values);
    optimizer->average_decay = decay;
    return LT_OK;
}

void lt_optimizer_restart(lt_optimizer *optimizer, const real *values)
{
    for (size_t i = 0; i < optimizer->moments; i++)
        memset(optimizer->moment[i], 0, optimizer->size * sizeof(real));
    if (optimizer->average) memcpy(optimizer->average, values, optimizer->size * sizeof(real));
}

size_t lt_optimizer_kept(const lt_optimizer *optimizer, real *kept[LT_KEPT_MAX],
                         const char *names[LT_KEPT_MAX])
{
    const bool adagrad = optimizer->options.optimizer == LT_OPTIMIZER_ADAGRAD;
    size_t count = 0;
    for (; count < optimizer->moments; count++) {
        kept[count] = optimizer->moment[count];
        names[count] = count == 0 && !adagrad ? "m" : "v";
    }
    if (optimizer->average) {
        kept[count] = optimizer->average;
        names[count++] = "average";
    }
    return count;
}

typedef struct pass {
    lt_optimizer *optimizer;
    size_t workers;
    real *const *gradients;
    size_t count;
    real *values, *gradient;
    real scale, rate, epsilon, shrink, average_rate;
} pass;

static void reduce_part(void *argument, size_t worker)
{
    const pass *p = argument;
    for (size_t c = worker; c < chunks(p->optimizer); c += p->workers) {
        size_t at = c * CHUNK, n = chunk_length(p->optimizer, c);
        double sum = 0;
        if (p->count == 1) sum = p->optimizer->backend->add_and_square(p->gradients[0] + at, NULL, n);
        for (size_t g = 1; g < p->count; g++)
            sum = p->optimizer->backend->add_and_square(p->gradients[0] + at, p->gradients[g] + at, n);
        p->optimizer->chunk_sums[c] = sum;
    }
}

double lt_optimizer_reduce(lt_optimizer *optimizer, lt_pool *pool, real *const *gradients, size_t count)
{
    pass p = {
        .optimizer = optimizer, .workers = lt_pool_workers(pool), .gradients = gradients, .count = count};
    lt_pool_run(pool, reduce_part, &p);
    double sum = 0;
    for (size_t c = 0; c < chunks(optimizer); c++) sum += optimizer->chunk_sums[c];
    return sum;
}

static void step_part(void *argument, size_t worker)
{
    const pass *p = argument;
    const lt_optimizer *optimizer = p->optimizer;
    const lt_optimizer_options *o = &optimizer->options;
    const lt_backend *backend = optimizer->backend;
    const real decay = (real)o->weight_decay, beta1 = (real)o->beta1, beta2 = (real)o->beta2;
    for (size_t c = worker; c < chunks(optimizer); c += p->workers) {
        size_t at = c * CHUNK, n = chunk_length(optimizer, c);
        real *w = p->values + at, *g = p->gradient + at, *first = optimizer->moment[0] + at;
        switch (o->optimizer) {
        case LT_OPTIMIZER_SGD:
            backend->sgd(w, g, first, p->scale, p->rate, (real)o->momentum, decay, n);
            break;
        case LT_OPTIMIZER_ADAGRAD:
            backend->adagrad(w, g, first, p->scale, p->rate, (real)o->epsilon, decay, n);
            break;
        case LT_OPTIMIZER_ADAM:
            backend->adam(w, g, first, optimizer->moment[1] + at, p->scale, p->rate, beta1, beta2, p->epsilon,
                          decay, 1, n);
            break;
        case LT_OPTIMIZER_ADAMW:
            backend->adam(w, g, first, optimizer->moment[1] + at, p->scale, p->rate, beta1, beta2, p->epsilon,
                          0, p->shrink, n);
            break;
        }
        if (optimizer->average) backend->average(optimizer->average + at, w, p->average_rate, n);
    }
}

void lt_optimizer_step(lt_optimizer *optimizer, lt_pool *pool, real *values, real *gradient, double scale,
                       double rate, uint64_t step, uint64_t update)
{
    const lt_optimizer_options *o = &optimizer->options;
    pass p = {.optimizer = optimizer,
              .workers = lt_pool_workers(pool),
              .values = values,
              .gradient = gradient,
              .scale = (real)scale,
              .rate = (real)rate,
              .epsilon = (real)o->epsilon,
              .shrink = (real)(1 - rate * o->weight_decay),
              .average_rate =
                  (real)(1 - fmin(optimizer->average_decay, (1 + (double)update) / (10 + (double)update)))};
    if (o->optimizer == LT_OPTIMIZER_ADAM || o->optimizer == LT_OPTIMIZER_ADAMW) {
        /* m / (1 - b1^t) / (sqrt(v / (1 - b2^t)) + eps), with the corrections taken out of the loop; b1 and
         * b2 as the loop has them, or 1 - b2 would not be what v grew by */
        double beta1 = (double)(real)o->beta1, beta2 = (double)(real)o->beta2;
        double correct1 = 1 - pow(beta1, (double)step), correct2 = sqrt(1 - pow(beta2, (double)step));
        p.rate = (real)(rate * correct2 / correct1);
        p.epsilon = (real)(o->epsilon * correct2);
    }
    lt_pool_run(pool, step_part, &p);
}
