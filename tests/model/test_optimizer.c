/* The optimizers against their papers' equations in double precision, over several steps, chunks and workers;
 * and the average of what they move. */
#include <math.h>
#include <stdlib.h>

#include "model/optimizer.h"
#include "tests/model/network_fixture.h"

enum { SIZE = 150001, STEPS = 6, WORKERS = 3 }; /* three chunks, the last one not whole */

static const lt_optimizer_options options_of[] = {
    {.optimizer = LT_OPTIMIZER_SGD, .momentum = 0.7, .weight_decay = 0.02},
    {.optimizer = LT_OPTIMIZER_ADAGRAD, .epsilon = 0.05, .weight_decay = 0.02},
    {.optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.05, .weight_decay = 0.02},
    {.optimizer = LT_OPTIMIZER_ADAMW, .beta1 = 0.8, .beta2 = 0.95, .epsilon = 0.05, .weight_decay = 0.02},
    {.optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.999999, .beta2 = 0.999999, .epsilon = 0.05}, /* the bounds */
};

/* One number as the papers move it (optimizer.h names them). */
static void move(const lt_optimizer_options *o, double *w, double *m, double *v, double g, double rate,
                 int step)
{
    double d = o->optimizer == LT_OPTIMIZER_ADAMW ? g : g + o->weight_decay * *w;
    if (o->optimizer == LT_OPTIMIZER_SGD) {
        *m = o->momentum * *m + d;
        *w -= rate * *m;
    } else if (o->optimizer == LT_OPTIMIZER_ADAGRAD) {
        *v += d * d;
        *w -= rate * d / (sqrt(*v) + o->epsilon);
    } else {
        *m = o->beta1 * *m + (1 - o->beta1) * d;
        *v = o->beta2 * *v + (1 - o->beta2) * d * d;
        double mean = *m / (1 - pow(o->beta1, step)), square = *v / (1 - pow(o->beta2, step));
        if (o->optimizer == LT_OPTIMIZER_ADAMW) *w -= rate * o->weight_decay * *w;
        *w -= rate * mean / (sqrt(square) + o->epsilon);
    }
}

/* `count` gradients that are summed, then scaled. */
static void follows_its_equations(const lt_optimizer_options *options, size_t count)
{
    lt_error error = {0};
    lt_optimizer optimizer;
    lt_pool *pool;
    real *w = lt_reals(SIZE), *gradients[WORKERS];
    double *state = calloc(4 * SIZE, sizeof *state), *average = state + 3 * SIZE; /* w, m, v, average */
    lt_rng rng;
    lt_rng_init(&rng, 1);
    assert_ok(lt_pool_create(&pool, WORKERS, &error));
    assert_ok(lt_optimizer_init(&optimizer, options, lt_backend_best(), SIZE, &error));
    for (size_t g = 0; g < count; g++) gradients[g] = lt_reals(SIZE);
    for (size_t i = 0; i < SIZE; i++) state[i] = w[i] = (real)(lt_rng_uniform(&rng) - 0.5);
    assert_ok(lt_optimizer_keep_average(&optimizer, w, 0.25, &error));
    memcpy(average, state, SIZE * sizeof *state);
    for (int step = 1; step <= STEPS; step++) {
        const double keep = fmin(0.25, (double)step / (9 + step)); /* of the average: 0.1, 0.18, 0.25 ... */
        double scale = 0.5 / step, rate = 0.03 / step, squares = 0;
        for (size_t i = 0; i < SIZE; i++) {
            double sum = 0;
            for (size_t g = 0; g < count; g++)
                sum += (double)(gradients[g][i] = (real)(lt_rng_uniform(&rng) * 2 - 1));
            squares += sum * sum;
            move(options, &state[i], &state[SIZE + i], &state[2 * SIZE + i], scale * sum, rate, step);
            average[i] = keep * average[i] + (1 - keep) * state[i];
        }
        double found = lt_optimizer_reduce(&optimizer, pool, gradients, count);
        assert_true(fabs(found - squares) < 1e-5 * squares);
        lt_optimizer_step(&optimizer, pool, w, gradients[0], scale, rate, (uint64_t)step, (uint64_t)step - 1);
        for (size_t g = 0; g < count; g++)
            for (size_t i = 0; i < SIZE; i++) assert_true(gradients[g][i] == 0);
    }
    for (size_t i = 0; i < SIZE; i++)
        if (!(fabs((double)w[i] - state[i]) <= 5e-6))
            fail_msg("%s: number %zu is %.9g, the paper says %.9g", lt_optimizer_names[options->optimizer], i,
                     (double)w[i], state[i]);
    for (size_t i = 0; i < SIZE; i++)
        if (!(fabs((double)optimizer.average[i] - average[i]) <= 5e-6))
            fail_msg("average %zu is %.9g, not %.9g", i, (double)optimizer.average[i], average[i]);
    real *kept[LT_KEPT_MAX];
    const char *names[LT_KEPT_MAX];
    assert_int_equal(lt_optimizer_kept(&optimizer, kept, names), optimizer.moments + 1);
    assert_string_equal(names[optimizer.moments], "average");
    lt_optimizer_restart(&optimizer, w);
    assert_memory_equal(optimizer.average, w, SIZE * sizeof *w);
    for (size_t i = 0; i < SIZE; i++) assert_true(optimizer.moment[0][i] == 0);
    for (size_t g = 0; g < count; g++) free(gradients[g]);
    free(w), free(state);
    lt_optimizer_clear(&optimizer);
    lt_pool_free(pool);
}

static void every_optimizer_follows_its_equations(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof options_of / sizeof *options_of; i++) {
        follows_its_equations(&options_of[i], 1);
        follows_its_equations(&options_of[i], WORKERS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_optimizer_follows_its_equations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
