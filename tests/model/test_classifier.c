/* The classifier: its figures are those of the equations, the same in every batch and for every number of
 * workers; it learns, the same every time; and a checkpoint brings it back to the bit. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/model/network_fixture.h"

enum { VOCABULARY = 31, TEXTS = 40, LONGEST = 11, CLASSES = 5, E = 6, H = 7 };

typedef struct setting {
    fixture_batch f;
    lt_model *model;
    lt_pool *pools[4]; /* of 1, 2 and 3 workers */
} setting;

static lt_error error;

static lt_model_options options_of(int cell, int bidirectional, int64_t layers)
{
    lt_model_options options = fixture_options(layers, H, E, LT_TIED_NONE);
    options.encoder.cell = cell;
    options.encoder.bidirectional = bidirectional;
    options.encoder.reverse_source = false;
    return options;
}

static int set_up(void **state)
{
    setting *s = calloc(1, sizeof *s);
    lt_model_options options = options_of(LT_CELL_GRU, LT_BIDIRECTIONAL, 1);
    fixture_batch_init(&s->f, TEXTS, LONGEST, VOCABULARY, 3);
    fixture_batch_label(&s->f, CLASSES, 3);
    assert_ok(lt_classifier_create(&s->model, &options, VOCABULARY, CLASSES, 5, &error));
    for (size_t workers = 1; workers < 4; workers++)
        assert_ok(lt_pool_create(&s->pools[workers], workers, &error));
    for (size_t i = 0; i < lt_model_size(s->model); i++) lt_model_values(s->model)[i] *= 3;
    lt_model_pack(s->model, s->pools[3]);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    setting *s = *state;
    for (size_t workers = 1; workers < 4; workers++) lt_pool_free(s->pools[workers]);
    lt_model_free(s->model);
    free(s);
    return 0;
}

/* ---- the equations, once more and by themselves ---- */

static const float *tensor(lt_model *model, const char *name)
{
    for (size_t p = 0; p < lt_model_parameter_count(model); p++)
        if (strcmp(lt_model_parameter(model, p)->name, name) == 0)
            return lt_model_values(model) + lt_model_parameter(model, p)->offset;
    fail_msg("there is no tensor %s", name);
    return NULL;
}

static double dot(const float *w, const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)w[i] * x[i];
    return sum;
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Cho 2014: r, z, n; h = (1 - z) h + z n. */
static void gru_step(lt_model *model, const char *suffix, double *h, const float *embedding)
{
    char name[64];
    double x[E], r[H], z[H], reset[H], next[H];
    snprintf(name, sizeof name, "encoder.rnn.weight_ih_l0%s", suffix);
    const float *w = tensor(model, name);
    snprintf(name, sizeof name, "encoder.rnn.weight_hh_l0%s", suffix);
    const float *u = tensor(model, name);
    snprintf(name, sizeof name, "encoder.rnn.bias_l0%s", suffix);
    const float *b = tensor(model, name);
    for (size_t i = 0; i < E; i++) x[i] = (double)embedding[i];
    for (size_t j = 0; j < H; j++) {
        r[j] = sigmoid(dot(w + j * E, x, E) + dot(u + j * H, h, H) + (double)b[j]);
        z[j] = sigmoid(dot(w + (H + j) * E, x, E) + dot(u + (H + j) * H, h, H) + (double)b[H + j]);
        reset[j] = r[j] * h[j];
    }
    for (size_t j = 0; j < H; j++) {
        double n =
            tanh(dot(w + (2 * H + j) * E, x, E) + dot(u + (2 * H + j) * H, reset, H) + (double)b[2 * H + j]);
        next[j] = (1 - z[j]) * h[j] + z[j] * n;
    }
    memcpy(h, next, sizeof next);
}

static void by_the_equations(lt_model *model, const int32_t *ids, size_t length, double out[CLASSES])
{
    const float *table = tensor(model, "encoder.embedding.weight");
    const float *weight = tensor(model, "classifier.weight"), *bias = tensor(model, "classifier.bias");
    double h[2 * H] = {0}, sum = 0;
    for (size_t t = 0; t <= length; t++) {
        int32_t forward = t < length ? ids[t] : LT_EOS, backward = t == 0 ? LT_EOS : ids[length - t];
        gru_step(model, "", h, table + (size_t)forward * E);
        gru_step(model, "_reverse", h + H, table + (size_t)backward * E);
    }
    for (size_t c = 0; c < CLASSES; c++) {
        out[c] = dot(weight + c * 2 * H, h, 2 * H) + (double)bias[c];
        sum += exp(out[c]);
    }
    for (size_t c = 0; c < CLASSES; c++) out[c] -= log(sum);
}

static void test_figures_are_those_of_the_equations(void **state)
{
    setting *s = *state;
    float got[TEXTS * CLASSES];
    assert_int_equal(lt_model_classes(s->model), CLASSES);
    assert_ok(lt_model_classify(s->model, s->pools[2], &s->f.batch, got, &error));
    for (size_t b = 0; b < TEXTS; b++) {
        double wanted[CLASSES];
        by_the_equations(s->model, s->f.src[b], s->f.src_length[b], wanted);
        for (size_t c = 0; c < CLASSES; c++)
            if (!(fabs((double)got[b * CLASSES + c] - wanted[c]) < 2e-5))
                fail_msg("text %zu, class %zu: %g, not %g", b, c, (double)got[b * CLASSES + c], wanted[c]);
    }
}

/* ---- the same bits ---- */

static void test_figures_do_not_depend_on_the_batch(void **state)
{
    setting *s = *state;
    for (int bidirectional = LT_FORWARD_ONLY; bidirectional <= LT_ALTERNATING; bidirectional++) {
        lt_model *model;
        lt_model_options options = options_of(LT_CELL_LSTM, bidirectional, 2);
        float whole[TEXTS * CLASSES], other[TEXTS * CLASSES];
        assert_ok(lt_classifier_create(&model, &options, VOCABULARY, CLASSES, 5, &error));
        lt_model_pack(model, NULL);
        assert_ok(lt_model_classify(model, s->pools[1], &s->f.batch, whole, &error));
        for (size_t workers = 2; workers < 4; workers++) {
            assert_ok(lt_model_classify(model, s->pools[workers], &s->f.batch, other, &error));
            assert_memory_equal(whole, other, sizeof whole);
        }
        for (size_t size = 1; size < TEXTS; size += 6)
            for (size_t first = 0; first < TEXTS; first += size) {
                size_t n = first + size < TEXTS ? size : TEXTS - first;
                lt_batch part = {.size = n, .src = s->f.src + first, .src_length = s->f.src_length + first};
                assert_ok(lt_model_classify(model, s->pools[2], &part, other, &error));
                assert_memory_equal(whole + first * CLASSES, other, n * CLASSES * sizeof *whole);
            }
        lt_model_free(model);
    }
}

/* ---- learning ---- */

/* The class of a text is its longest piece's number, more or less: something to find out. */
static double train(lt_model *model, lt_pool *pool, const lt_batch *batch, size_t updates)
{
    lt_optimizer_options adam = {
        .optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8, .clip_norm = 1};
    lt_learner *learner;
    lt_update_report report;
    assert_ok(lt_learner_create(&learner, model, &adam, pool, 7, &error));
    for (uint64_t u = 0; u < updates; u++) {
        assert_ok(lt_learner_update(learner, batch, u, 0.02, &report, &error));
        assert_int_equal(report.trg_tokens, TEXTS);
    }
    lt_learner_free(learner);
    return report.loss;
}

static void test_learning_goes_down_and_repeats_itself(void **state)
{
    setting *s = *state;
    lt_model *models[2];
    lt_model_options options = options_of(LT_CELL_LSTM, LT_BIDIRECTIONAL, 1);
    options.dropout = (lt_dropout_options){.embedding = 0.1, .output = 0.1, .source_word = 0.1};
    double loss[2];
    for (size_t i = 0; i < 2; i++) {
        assert_ok(lt_classifier_create(&models[i], &options, VOCABULARY, CLASSES, 5, &error));
        loss[i] = train(models[i], s->pools[2], &s->f.batch, 150);
    }
    assert_true(loss[0] < 0.5); /* log(CLASSES) = 1.6 is chance; texts without a piece have all classes */
    assert_true(loss[0] == loss[1]);
    assert_memory_equal(lt_model_values(models[0]), lt_model_values(models[1]),
                        lt_model_size(models[0]) * sizeof(real));
    for (size_t i = 0; i < 2; i++) lt_model_free(models[i]);
}

static void test_targets_are_one_class_each(void **state)
{
    setting *s = *state;
    lt_learner *learner;
    lt_update_report report;
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD};
    assert_ok(lt_learner_create(&learner, s->model, &sgd, s->pools[1], 7, &error));
    fixture_batch f = s->f;
    for (size_t b = 0; b < TEXTS; b++) f.src[b] = f.src_ids[b], f.trg[b] = f.trg_ids[b];
    f.batch.src = f.src, f.batch.trg = f.trg, f.batch.src_length = f.src_length,
    f.batch.trg_length = f.trg_length;
    f.trg_ids[3][0] = CLASSES;
    assert_int_equal(lt_learner_update(learner, &f.batch, 0, 1, &report, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "text 3 of the batch"));
    f.trg_ids[3][0] = 0;
    f.trg_length[5] = 2;
    assert_int_equal(lt_learner_update(learner, &f.batch, 0, 1, &report, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "text 5 of the batch has 2 classes"));
    lt_learner_free(learner);
}

/* ---- checkpoints ---- */

static void test_a_checkpoint_brings_it_back(void **state)
{
    setting *s = *state;
    char path[] = "classifier-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    lt_model *loaded = NULL, *translator;
    lt_metadata metadata = {0};
    assert_ok(lt_checkpoint_save(path, s->model, NULL, NULL, NULL, &error));
    assert_ok(lt_checkpoint_load(path, &loaded, &metadata, &error));
    assert_int_equal(lt_model_classes(loaded), CLASSES);
    assert_int_equal(lt_model_src_vocab(loaded), VOCABULARY);
    assert_int_equal(lt_model_parameter_count(loaded), lt_model_parameter_count(s->model));
    assert_memory_equal(lt_model_values(loaded), lt_model_values(s->model),
                        lt_model_size(loaded) * sizeof(real));
    assert_string_equal(lt_metadata_get(&metadata, "model.classes"), "5");
    for (size_t i = 0; i < metadata.keys.count; i++)
        if (strstr(metadata.keys.items[i], "decoder") || strstr(metadata.keys.items[i], "trg_vocab"))
            fail_msg("a classifier says %s", metadata.keys.items[i]);
    lt_model_options options = fixture_options(1, H, E, LT_TIED_NONE);
    assert_ok(lt_model_create(&translator, &options, VOCABULARY, VOCABULARY, 5, &error));
    assert_int_equal(lt_checkpoint_restore(path, translator, NULL, NULL, &error), LT_ERROR_FORMAT);
    lt_metadata_clear(&metadata);
    lt_model_free(loaded);
    lt_model_free(translator);
    unlink(path);
}

static void test_options_are_checked(void **state)
{
    (void)state;
    lt_model *model;
    lt_model_options options = options_of(LT_CELL_GRU, LT_FORWARD_ONLY, 1);
    options.decoder.input_feeding = true; /* there is no decoder that it could be wrong for */
    assert_ok(lt_classifier_options_check(&options, &error));
    options.dropout.zoneout_c = 0.1;
    assert_int_equal(lt_classifier_options_check(&options, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "zoneout_c"));
    options = options_of(LT_CELL_GRU, LT_FORWARD_ONLY, 1);
    options.encoder.residual = true;
    options.encoder.residual_from = 2;
    assert_int_equal(lt_classifier_create(&model, &options, VOCABULARY, 2, 1, &error), LT_ERROR_USAGE);
    options = options_of(LT_CELL_GRU, LT_FORWARD_ONLY, 1);
    assert_int_equal(lt_classifier_create(&model, &options, VOCABULARY, 0, 1, &error), LT_ERROR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_figures_are_those_of_the_equations),
        cmocka_unit_test(test_figures_do_not_depend_on_the_batch),
        cmocka_unit_test(test_learning_goes_down_and_repeats_itself),
        cmocka_unit_test(test_targets_are_one_class_each),
        cmocka_unit_test(test_a_checkpoint_brings_it_back),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
