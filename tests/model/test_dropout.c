/* What is random in training: its mean over many masks is what is computed outside of training, and a mask is
 * drawn anew exactly where it should be. */
#include <math.h>
#include <stdlib.h>

#include "model/dropout.h"
#include "model/network.h"
#include "tests/model/architectures.h"

enum { VOCABULARY = 31, SENTENCES = 12, LONGEST = 6, UNITS = 21, DRAWS = 4000 };

/* `sum` (n) holds DRAWS numbers that are 0 or `value` / keep. Within five deviations of the mean. */
static void assert_mean(const double *sum, const float *value, size_t n, double p, const char *what)
{
    for (size_t j = 0; j < n; j++) {
        double mean = sum[j] / DRAWS, deviation = fabs((double)value[j]) * sqrt(p / (1 - p) / DRAWS);
        if (!(fabs(mean - (double)value[j]) < 5 * deviation))
            fail_msg("%s: the mean of unit %zu is %g, not %g", what, j, mean, (double)value[j]);
    }
}

static lt_sequence draw(lt_arena *arena, const fixture_batch *f, uint64_t stream, bool variational)
{
    static size_t members[SENTENCES];
    for (size_t b = 0; b < SENTENCES; b++) members[b] = b;
    lt_arena_reset(arena);
    lt_sequence s =
        lt_sequence_target(arena, &f->batch, members, SENTENCES, (lt_randomness){stream, variational});
    assert_non_null(s.keys);
    return s;
}

static void test_the_mean_of_dropout(void **state)
{
    (void)state;
    const double p = 0.3;
    fixture_batch f;
    lt_arena arena = {0};
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 2);
    const size_t n = draw(&arena, &f, 1, false).total * UNITS;
    float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y);
    for (size_t j = 0; j < n; j++) x[j] = 0.2f + 0.1f * (float)(j % 13);
    for (int kind = 0; kind < 3; kind++) { /* of units, variational, of words */
        double *sum = calloc(n, sizeof *sum);
        for (uint64_t i = 1; i <= DRAWS; i++) {
            lt_sequence s = draw(&arena, &f, i, kind == 1);
            memcpy(y, x, n * sizeof *x);
            if (kind == 2)
                lt_dropout_words(&s, y, p, UNITS);
            else
                assert_true(lt_dropout(lt_backend_best(), &arena, &s, y, x, LT_SITE_OUTPUT, p, UNITS));
            for (size_t j = 0; j < n; j++) sum[j] += (double)y[j];
        }
        assert_mean(sum, x, n, p, kind == 0 ? "dropout" : kind == 1 ? "variational dropout" : "word dropout");
        free(sum);
    }
    free(x), free(y);
    lt_arena_clear(&arena);
}

/* Zoneout's two cases, and between them, outside of training, their mean. */
static void test_the_mean_of_zoneout(void **state)
{
    (void)state;
    enum { ROWS = 9, N = ROWS * UNITS };
    const double p = 0.15;
    float before[N], now[N], mean[N], y[N];
    double sum[N] = {0};
    uint64_t keys[ROWS];
    for (size_t j = 0; j < N; j++)
        before[j] = -0.5f + 0.1f * (float)(j % 7), now[j] = 0.9f - 0.1f * (float)(j % 11);
    memcpy(mean, now, sizeof now);
    lt_zoneout(mean, before, NULL, LT_SITE_ZONEOUT, p, ROWS, UNITS);
    for (uint64_t i = 0; i < DRAWS; i++) {
        for (size_t r = 0; r < ROWS; r++) keys[r] = lt_stream(i, r, 1, 2);
        memcpy(y, now, sizeof now);
        lt_zoneout(y, before, keys, LT_SITE_ZONEOUT, p, ROWS, UNITS);
        for (size_t j = 0; j < N; j++) {
            assert_true(y[j] == now[j] || y[j] == before[j]);
            sum[j] += (double)y[j];
        }
    }
    for (size_t j = 0; j < N; j++) {
        double deviation = fabs((double)(now[j] - before[j])) * sqrt(p * (1 - p) / DRAWS);
        if (!(fabs(sum[j] / DRAWS - (double)mean[j]) < 5 * deviation + 1e-6))
            fail_msg("unit %zu: %g in training, %g outside", j, sum[j] / DRAWS, (double)mean[j]);
    }
}

/* A unit's masks: another one in each sentence, site and update; at each step of a sentence another one, or,
 * variational, the same. */
static void test_where_masks_are_the_same(void **state)
{
    (void)state;
    fixture_batch f;
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 2);
    for (int variational = 0; variational < 2; variational++) {
        lt_arena arena = {0};
        lt_sequence s = draw(&arena, &f, 77, variational);
        const size_t n = s.total * UNITS;
        size_t same_step = 0, steps = 0, same_sentence = 0, sentences = 0, same_site = 0;
        float *x = malloc(n * sizeof *x), *y = malloc(n * sizeof *y), *z = malloc(n * sizeof *z);
        for (size_t j = 0; j < n; j++) x[j] = 1;
        assert_true(lt_dropout(lt_backend_best(), &arena, &s, y, x, LT_SITE_LAYER, 0.5, UNITS));
        assert_true(lt_dropout(lt_backend_best(), &arena, &s, z, x, LT_SITE_LAYER + 2, 0.5, UNITS));
        for (size_t t = 0; t < s.steps; t++)
            for (size_t b = 0; b < s.rows[t]; b++) {
                const size_t bytes = UNITS * sizeof *y;
                const float *row = y + (s.start[t] + b) * UNITS;
                same_site += memcmp(row, z + (s.start[t] + b) * UNITS, bytes) == 0;
                if (t > 0) same_step += memcmp(row, y + b * UNITS, bytes) == 0, steps++;
                if (b > 0) same_sentence += memcmp(row, row - UNITS, bytes) == 0, sentences++;
            }
        assert_true(steps > 10 && sentences > 10);
        assert_int_equal(same_step, variational ? steps : 0);
        assert_int_equal(same_sentence, 0);
        assert_int_equal(same_site, 0);
        free(x), free(y), free(z);
        lt_arena_clear(&arena);
    }
}

/* The sum of -log p: scored, and by the learner, the mean over `draws` updates of rate 0. */
static double scored(const lt_model *model, lt_pool *pool, const lt_batch *batch)
{
    lt_error error = {0};
    double scores[SENTENCES], sum = 0;
    assert_ok(lt_model_score(model, pool, batch, scores, NULL, &error));
    for (size_t b = 0; b < SENTENCES; b++) sum -= scores[b];
    return sum;
}

static double learned(lt_model *model, lt_pool *pool, const lt_batch *batch, uint64_t draws)
{
    lt_error error = {0};
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD};
    lt_learner *learner;
    lt_update_report report;
    double sum = 0;
    assert_ok(lt_learner_create(&learner, model, &sgd, pool, 7, &error));
    for (uint64_t i = 0; i < draws; i++) {
        assert_ok(lt_learner_update(learner, batch, i, 0, &report, &error));
        sum += report.nll;
    }
    lt_learner_free(learner);
    return sum / (double)draws;
}

/* A model with dropout scores as if it had none, and one with zoneout as the mean of what training sees:
 * where states are small the network is nearly linear, so that the loss of the mean is the mean of the
 * losses. (Not so with layer normalisation, behind which nothing is small.) */
static void test_scores_are_those_of_the_mean_network(void **state)
{
    const architecture *a = *state;
    lt_error error = {0};
    fixture_batch f;
    lt_pool *pool;
    lt_model *plain, *random;
    lt_model_options options = a->options;
    assert_ok(lt_pool_create(&pool, 1, &error));
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 2);
    const bool normalised =
        options.encoder.cell == LT_CELL_LSTM_LAYERNORM || options.decoder.cell == LT_CELL_LSTM_LAYERNORM;
    const bool has_c = options.encoder.cell < LT_CELL_GRU && options.encoder.cell != LT_CELL_RNN;
    options.dropout = (lt_dropout_options){0};
    assert_ok(lt_model_create(&plain, &options, VOCABULARY, VOCABULARY, 5, &error));
    const size_t size = lt_model_size(plain);
    for (size_t i = 0; i < lt_model_parameter_count(plain); i++) {
        const lt_parameter *p = lt_model_parameter(plain, i);
        float *w = lt_model_values(plain) + p->offset;
        for (size_t j = 0; j < p->size; j++)
            w[j] *= strcmp(p->name, "decoder.embedding.weight") == 0 ? 1.3f : 0.3f;
    }
    lt_model_pack(plain, NULL);
    const double without = scored(plain, pool, &f.batch);
    assert_true(fabs(learned(plain, pool, &f.batch, 1) - without) < 1e-5 * without);
    for (int zoneout = 0; zoneout < 2; zoneout++) {
        options.dropout = (lt_dropout_options){
            .embedding = 0.2, .rnn = 0.3, .output = 0.4, .source_word = 0.1, .target_word = 0.1};
        if (options.decoder.attention != LT_ATTENTION_NONE) options.dropout.memory = 0.3;
        if (zoneout) options.dropout = (lt_dropout_options){.zoneout_h = 0.4, .zoneout_c = has_c ? 0.3 : 0};
        assert_ok(lt_model_create(&random, &options, VOCABULARY, VOCABULARY, 5, &error));
        memcpy(lt_model_values(random), lt_model_values(plain), size * sizeof(real));
        lt_model_pack(random, NULL);
        const double score = scored(random, pool, &f.batch);
        if (!zoneout) assert_true(score == without);
        if (zoneout && !normalised) {
            const double mean = learned(random, pool, &f.batch, 300);
            if (!(fabs(mean - score) < 0.2 * fabs(score - without) + 5e-4))
                fail_msg("%.6f without zoneout, %.6f with it, in training %.6f", without, score, mean);
        }
        lt_model_free(random);
    }
    lt_model_free(plain);
    lt_pool_free(pool);
}

/* What attention sees is dropped out in training alone, and the rest of the encoder is not. */
static void test_the_memory_is_dropped(void **state)
{
    (void)state;
    lt_error error = {0};
    fixture_batch f;
    lt_pool *pool;
    double nll[2];
    assert_ok(lt_pool_create(&pool, 2, &error));
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 2);
    for (int dropped = 0; dropped < 2; dropped++) {
        lt_model *model;
        lt_model_options options = fixture_options(1, 12, 12, LT_TIED_NONE);
        options.decoder.attention = LT_ATTENTION_DOT;
        options.dropout.memory = dropped ? 0.5 : 0;
        assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
        nll[dropped] = learned(model, pool, &f.batch, 1);
        const double score = scored(model, pool, &f.batch);
        assert_true((fabs(nll[dropped] - score) < 1e-5 * score) == !dropped);
        lt_model_free(model);
    }
    assert_true(nll[0] != nll[1]);
    lt_pool_free(pool);
}

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    static const struct CMUnitTest of_each[] = {cmocka_unit_test(test_scores_are_those_of_the_mean_network)};
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_the_mean_of_dropout),
        cmocka_unit_test(test_the_mean_of_zoneout),
        cmocka_unit_test(test_where_masks_are_the_same),
        cmocka_unit_test(test_the_memory_is_dropped),
    };
    return architectures_run("test_dropout", list, architectures_read(list, 2, 12, 12), of_each, 1, others,
                             sizeof others / sizeof *others, NULL, NULL);
}
