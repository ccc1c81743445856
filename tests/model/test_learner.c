/* Updates in parts, their moving average, and what is left after one that cannot be made. */
#include <math.h>

#include "tests/model/network_fixture.h"

enum { VOCABULARY = 61, SENTENCES = 30, WORKERS = 2 };

static fixture_batch f;
static lt_error error;
static lt_pool *pool;
static const lt_optimizer_options options = {.optimizer = LT_OPTIMIZER_ADAM,
                                             .beta1 = 0.9,
                                             .beta2 = 0.98,
                                             .epsilon = 1e-8,
                                             .clip_norm = 1,
                                             .label_smoothing = 0.1};

static lt_model *create_model(double dropout)
{
    lt_model *model;
    lt_model_options o = fixture_options(1, 16, 12, LT_TIED_NONE);
    o.dropout.output = dropout;
    assert_ok(lt_model_create(&model, &o, VOCABULARY, VOCABULARY, 5, &error));
    return model;
}

static lt_batch part(size_t begin, size_t end)
{
    return (lt_batch){end - begin, f.src + begin, f.src_length + begin, f.trg + begin, f.trg_length + begin};
}

/* Gathered in parts, whatever they are, an update is that of the whole batch but for the rounding of sums. */
static void parts_are_one_batch(void **state)
{
    (void)state;
    lt_model *whole = create_model(0), *parts = create_model(0);
    lt_learner *of_whole, *of_parts;
    lt_update_report a, b;
    assert_ok(lt_learner_create(&of_whole, whole, &options, pool, 7, &error));
    assert_ok(lt_learner_create(&of_parts, parts, &options, pool, 7, &error));
    for (uint64_t u = 0; u < 4; u++) {
        const lt_batch one = part(0, 1), two = part(1, 17), three = part(17, SENTENCES);
        assert_ok(lt_learner_update(of_whole, &f.batch, u, 0.01, &a, &error));
        assert_ok(lt_learner_gather(of_parts, &one, u, &error));
        assert_ok(lt_learner_gather(of_parts, &two, u, &error));
        assert_ok(lt_learner_gather(of_parts, &three, u, &error));
        assert_ok(lt_learner_step(of_parts, u, u + 1, 0.01, &b, &error));
        assert_int_equal(a.trg_tokens, b.trg_tokens);
        assert_int_equal(a.src_tokens, b.src_tokens);
        assert_true(fabs(a.loss - b.loss) < 1e-5 * a.loss);
        assert_true(fabs(a.gradient_norm - b.gradient_norm) < 1e-4 * a.gradient_norm);
    }
    for (size_t i = 0; i < lt_model_size(whole); i++)
        if (!(fabsf(lt_model_values(whole)[i] - lt_model_values(parts)[i]) < 2e-4f))
            fail_msg("number %zu is %g by the whole, %g by parts", i, (double)lt_model_values(whole)[i],
                     (double)lt_model_values(parts)[i]);
    lt_learner_free(of_whole);
    lt_learner_free(of_parts);
    lt_model_free(whole);
    lt_model_free(parts);
}

/* Each part has masks of its own: the same sentences gathered twice drop other units. */
static void parts_have_their_own_masks(void **state)
{
    (void)state;
    double losses[2];
    for (int twice = 0; twice < 2; twice++) {
        lt_model *model = create_model(0.5);
        lt_learner *learner;
        lt_update_report report;
        assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
        assert_ok(lt_learner_gather(learner, &f.batch, 0, &error));
        if (twice) assert_ok(lt_learner_gather(learner, &f.batch, 0, &error));
        assert_ok(lt_learner_step(learner, 0, 1, 0.01, &report, &error));
        losses[twice] = report.loss;
        lt_learner_free(learner);
        lt_model_free(model);
    }
    assert_true(losses[0] != losses[1]);
    assert_true(fabs(losses[0] - losses[1]) < 0.05 * losses[0]);
}

static void an_average_is_swapped_and_follows(void **state)
{
    (void)state;
    lt_model *model = create_model(0);
    lt_learner *learner;
    lt_update_report report;
    const size_t bytes = lt_model_size(model) * sizeof(real);
    real *start = malloc(bytes), *now = malloc(bytes), *average = malloc(bytes);
    assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
    memcpy(start, lt_model_values(model), bytes);
    assert_ok(lt_learner_keep_average(learner, 0.999, &error));
    assert_ok(lt_learner_update(learner, &f.batch, 0, 0.01, &report, &error)); /* 0.1 of the start is kept */
    memcpy(now, lt_model_values(model), bytes);
    lt_learner_swap_average(learner);
    memcpy(average, lt_model_values(model), bytes);
    for (size_t i = 0; i < lt_model_size(model); i++)
        assert_true(fabsf(average[i] - (0.1f * start[i] + 0.9f * now[i])) < 1e-6f);
    lt_learner_swap_average(learner);
    assert_memory_equal(lt_model_values(model), now, bytes);
    free(start), free(now), free(average);
    lt_learner_free(learner);
    lt_model_free(model);
}

/* What was gathered for an update that cannot be made is not in the next one. */
static void a_bad_update_leaves_nothing_behind(void **state)
{
    (void)state;
    lt_model *clean = create_model(0), *model = create_model(0);
    lt_learner *of_clean, *learner;
    lt_update_report report;
    const size_t bytes = lt_model_size(model) * sizeof(real), at = lt_model_size(model) / 2;
    assert_ok(lt_learner_create(&of_clean, clean, &options, pool, 7, &error));
    assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
    assert_int_equal(lt_learner_step(learner, 0, 1, 0.01, &report, &error), LT_ERROR_USAGE);
    for (int kind = 0; kind < 2; kind++) { /* no number at all; one that no guess would be as bad as */
        const real value = lt_model_values(model)[at];
        real *bias =
            lt_model_values(model) + lt_model_parameter(model, lt_model_parameter_count(model) - 1)->offset;
        const lt_batch few = part(0, 5);
        assert_ok(lt_learner_gather(learner, &few, 0, &error));
        if (kind == 0) lt_model_values(model)[at] = NAN;
        if (kind == 1) bias[LT_PAD] = 500;
        lt_model_pack(model, pool);
        assert_ok(lt_learner_gather(learner, &f.batch, 0, &error));
        assert_int_equal(lt_learner_step(learner, 0, 1, 0.01, &report, &error), LT_ERROR_NUMERIC);
        assert_true(kind == 0 ? !isfinite(report.loss) : report.loss > 100);
        lt_model_values(model)[at] = value;
        bias[LT_PAD] = 0;
        lt_model_pack(model, pool);
    }
    assert_ok(lt_learner_update(of_clean, &f.batch, 0, 0.01, &report, &error));
    assert_ok(lt_learner_update(learner, &f.batch, 0, 0.01, &report, &error));
    assert_memory_equal(lt_model_values(clean), lt_model_values(model), bytes);
    lt_learner_free(of_clean);
    lt_learner_free(learner);
    lt_model_free(clean);
    lt_model_free(model);
}

static int make_pool(void **state)
{
    (void)state;
    fixture_batch_init(&f, SENTENCES, 9, VOCABULARY, 3);
    return lt_pool_create(&pool, WORKERS, &error) == LT_OK ? 0 : -1;
}

static int free_pool(void **state)
{
    (void)state;
    lt_pool_free(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_one_batch),
        cmocka_unit_test(parts_have_their_own_masks),
        cmocka_unit_test(an_average_is_swapped_and_follows),
        cmocka_unit_test(a_bad_update_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, make_pool, free_pool);
}
