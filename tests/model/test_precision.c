/* A network that learns in bfloat16, for every architecture of the table: its gradients are float32's but for
 * the rounding, learning is deterministic and goes down, and the model is in float32 what it was. */
#include <math.h>
#include <stdlib.h>

#include "tests/model/architectures.h"

enum { VOCABULARY = 101, SENTENCES = 24, LONGEST = 11, UPDATES = 12 };

static fixture_batch f;
static lt_pool *pool;

static int make_pool(void **state)
{
    (void)state;
    lt_error error = {0};
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 3);
    assert_ok(lt_pool_create(&pool, 2, &error));
    return 0;
}

static int free_pool(void **state)
{
    (void)state;
    lt_pool_free(pool);
    return 0;
}

static lt_model *create(const lt_model_options *options, int precision)
{
    lt_error error = {0};
    lt_model *model;
    assert_ok(lt_model_create(&model, options, VOCABULARY, VOCABULARY, 5, &error));
    assert_ok(lt_model_set_precision(model, precision, true, &error));
    lt_model_pack(model, pool);
    return model;
}

static double learn(lt_model *model, const lt_optimizer_options *options, double rate, uint64_t updates)
{
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report = {0};
    assert_ok(lt_learner_create(&learner, model, options, pool, 7, &error));
    for (uint64_t u = 0; u < updates; u++)
        assert_ok(lt_learner_update(learner, &f.batch, u, rate, &report, &error));
    lt_learner_free(learner);
    return report.loss;
}

/* The step of plain SGD with rate 1. */
static float *gradient(const lt_model_options *options, int precision)
{
    const lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD, .label_smoothing = 0.1};
    lt_model *model = create(options, precision);
    size_t size = lt_model_size(model);
    float *g = malloc(size * sizeof *g);
    memcpy(g, lt_model_values(model), size * sizeof *g);
    learn(model, &sgd, 1, 1);
    for (size_t i = 0; i < size; i++) g[i] -= lt_model_values(model)[i];
    lt_model_free(model);
    return g;
}

static double norm(const float *x, const float *y, size_t size)
{
    double squares = 0;
    for (size_t i = 0; i < size; i++) {
        double d = (double)x[i] - (y ? (double)y[i] : 0);
        squares += d * d;
    }
    return sqrt(squares);
}

/* Rounding is off by 2^-9 at most, and what adds up of it over layers and steps stays small, tensor by
 * tensor; those that hardly matter for the loss may be off by more. With layer normalisation of states that
 * begin at nothing the gradient is steep: parameters that are off by 0.2% move it by 8%, in float32. */
static void test_gradients_are_near(void **state)
{
    const architecture *a = *state;
    lt_model *model = create(&a->options, LT_FLOAT32);
    size_t size = lt_model_size(model);
    float *exact = gradient(&a->options, LT_FLOAT32), *rounded = gradient(&a->options, LT_BFLOAT16);
    double whole = norm(exact, NULL, size), off = norm(rounded, exact, size) / whole;
    const bool steep = a->options.encoder.cell == LT_CELL_LSTM_LAYERNORM;
    const double limit = steep ? 0.1 : 0.01;
    if (!(off > 1e-4 && off < limit)) fail_msg("the gradient is off by %.3g of its norm", off);
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        double of_it = norm(exact + p->offset, NULL, p->size);
        double error = norm(rounded + p->offset, exact + p->offset, p->size);
        if (!(error <= 3 * limit * of_it + 1e-4 * whole))
            fail_msg("%s: off by %.3g, of %.3g", p->name, error, of_it);
    }
    free(exact), free(rounded);
    lt_model_free(model);
}

static void test_learning_is_deterministic(void **state)
{
    const architecture *a = *state;
    const lt_optimizer_options adam = {.optimizer = LT_OPTIMIZER_ADAM,
                                       .beta1 = 0.9,
                                       .beta2 = 0.98,
                                       .epsilon = 1e-8,
                                       .clip_norm = 1,
                                       .label_smoothing = 0.1};
    lt_model *models[2];
    for (int round = 0; round < 2; round++) {
        models[round] = create(&a->options, LT_BFLOAT16);
        double early = learn(models[round], &adam, 0.01, 1);
        double late = learn(models[round], &adam, 0.01, UPDATES);
        if (!(late < early * 0.98)) fail_msg("loss %g at first, %g later", early, late);
    }
    assert_memory_equal(lt_model_values(models[0]), lt_model_values(models[1]),
                        lt_model_size(models[0]) * sizeof(real));
    lt_model_free(models[0]);
    lt_model_free(models[1]);
}

/* Laid out in bfloat16 a model scores nearly the same; in float32 again, exactly. */
static void test_there_and_back(void **state)
{
    const architecture *a = *state;
    lt_error error = {0};
    double scores[4][SENTENCES];
    lt_model *model = create(&a->options, LT_FLOAT32);
    const int precisions[] = {LT_FLOAT32, LT_BFLOAT16, LT_FLOAT32, LT_BFLOAT16};
    for (int i = 0; i < 4; i++) {
        assert_ok(lt_model_set_precision(model, precisions[i], i % 3 != 0, &error));
        lt_model_pack(model, i < 2 ? NULL : pool);
        assert_ok(lt_model_score(model, pool, &f.batch, scores[i], NULL, &error));
    }
    assert_memory_equal(scores[0], scores[2], sizeof scores[0]);
    assert_memory_equal(scores[1], scores[3], sizeof scores[0]);
    double off = 0;
    for (size_t b = 0; b < SENTENCES; b++) off = fmax(off, fabs(scores[1][b] / scores[0][b] - 1));
    if (!(off > 1e-6 && off < 0.01)) fail_msg("scores are off by %.3g", off);
    lt_model_free(model);
}

/* ---- what is refused ---- */

static void test_refused(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *model = create(&options, LT_BFLOAT16);
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD};
    lt_learner *learner;
    assert_int_equal(lt_model_set_precision(model, LT_INT8, true, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "int8"));
    assert_non_null(strstr(error.message, lt_model_backend(model)));
    assert_true(learn(model, &sgd, 0.1, 1) > 0); /* it is as it was */
    assert_ok(lt_model_set_precision(model, LT_BFLOAT16, false, &error));
    assert_int_equal(lt_learner_create(&learner, model, &sgd, pool, 7, &error), LT_ERROR_USAGE);
    lt_model_free(model);
}

static const struct CMUnitTest of_each[] = {
    cmocka_unit_test(test_gradients_are_near),
    cmocka_unit_test(test_learning_is_deterministic),
    cmocka_unit_test(test_there_and_back),
};
static const struct CMUnitTest others[] = {
    cmocka_unit_test(test_refused),
};

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    return architectures_run("test_precision", list, architectures_read(list, 2, 37, 24), of_each,
                             sizeof of_each / sizeof *of_each, others, sizeof others / sizeof *others,
                             make_pool, free_pool);
}
