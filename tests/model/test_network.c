/* The whole network in float: scoring and decoding agree to the last bit, whatever the batch and the number
 * of workers; learning is deterministic, goes down, and leaves nothing behind when it fails. */
#include <math.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { VOCABULARY = 101, SENTENCES = 40, LONGEST = 11 };

typedef struct setting {
    fixture_batch f;
    lt_model *model;
    lt_pool *pools[4]; /* of 1, 2 and 3 workers */
} setting;

static int set_up(void **state)
{
    lt_error error = {0};
    setting *s = calloc(1, sizeof *s);
    fixture_batch_init(&s->f, SENTENCES, LONGEST, VOCABULARY, 3);
    lt_model_options options = fixture_options(2, 37, 24, LT_TIED_TARGET);
    assert_ok(lt_model_create(&s->model, &options, VOCABULARY, VOCABULARY, 5, &error));
    for (size_t workers = 1; workers < 4; workers++)
        assert_ok(lt_pool_create(&s->pools[workers], workers, &error));
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

static void test_scores_do_not_depend_on_the_batch(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    double whole[SENTENCES], other[SENTENCES];
    assert_ok(lt_model_score(s->model, s->pools[1], &s->f.batch, whole, NULL, &error));
    for (size_t workers = 2; workers < 4; workers++) {
        assert_ok(lt_model_score(s->model, s->pools[workers], &s->f.batch, other, NULL, &error));
        assert_memory_equal(whole, other, sizeof whole);
    }
    for (size_t size = 1; size < SENTENCES; size += 6)
        for (size_t first = 0; first < SENTENCES; first += size) {
            size_t n = first + size < SENTENCES ? size : SENTENCES - first;
            lt_batch part = {n, s->f.src + first, s->f.src_length + first, s->f.trg + first,
                             s->f.trg_length + first};
            assert_ok(lt_model_score(s->model, s->pools[2], &part, other, NULL, &error));
            assert_memory_equal(whole + first, other, n * sizeof *whole);
        }
}

/* Scoring goes through long sentences in spans; the learner goes through them in one. Both must say the same,
 * and so must scoring of a long and a short sentence together and alone. */
static void test_long_sentences_are_scored_span_by_span(void **state)
{
    enum { LONG = 2777, SHORT = 5 }; /* tokens; more than two spans */
    setting *s = *state;
    lt_error error = {0};
    lt_rng rng;
    static int32_t ids[2][LONG];
    lt_rng_init(&rng, 9);
    for (size_t i = 0; i < LONG; i++)
        for (size_t side = 0; side < 2; side++)
            ids[side][i] = (int32_t)(LT_RESERVED + lt_rng_below(&rng, VOCABULARY - LT_RESERVED));
    const int32_t *src[] = {ids[0], ids[1], ids[0]}, *trg[] = {ids[1], ids[0], ids[1]};
    const size_t src_length[] = {LONG, SHORT, SHORT}, trg_length[] = {SHORT, LONG, LONG - 9};
    lt_batch batch = {3, src, src_length, trg, trg_length};
    double together[3], alone;
    assert_ok(lt_model_score(s->model, s->pools[1], &batch, together, NULL, &error));
    for (size_t b = 0; b < 3; b++) {
        lt_batch one = {1, src + b, src_length + b, trg + b, trg_length + b};
        assert_ok(lt_model_score(s->model, s->pools[1], &one, &alone, NULL, &error));
        assert_true(alone == together[b]);
    }
    lt_optimizer_options options = {.optimizer = LT_OPTIMIZER_SGD, .learning_rate = 1};
    lt_learner *learner;
    lt_update_report report;
    assert_ok(lt_learner_create(&learner, s->model, &options, s->pools[1], 1, &error));
    assert_ok(lt_learner_update(learner, &batch, 0, 0, &report, &error));
    double sum = together[0] + together[1] + together[2];
    if (!(fabs(report.nll + sum) < 1e-6 * report.nll))
        fail_msg("%.9g, but learning says %.9g", -sum, report.nll);
    lt_learner_free(learner);
}

/* Drives the decoder over the fixture's targets, all sentences together, and adds up what it says of them. */
static void test_decoder_agrees_with_scores(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    double scores[SENTENCES], sums[SENTENCES] = {0};
    lt_decoder *decoder;
    lt_candidate candidates[SENTENCES * (VOCABULARY - 2)];
    uint32_t parents[SENTENCES];
    int32_t tokens[SENTENCES];
    size_t alive[SENTENCES], rows = SENTENCES, k = VOCABULARY - 2;
    assert_ok(lt_model_score(s->model, s->pools[2], &s->f.batch, scores, NULL, &error));
    assert_ok(lt_decoder_create(&decoder, s->model, &error));
    assert_ok(lt_decoder_start(decoder, &s->f.batch, SENTENCES, k, &error));
    for (size_t b = 0; b < rows; b++) alive[b] = b, parents[b] = (uint32_t)b, tokens[b] = LT_BOS;
    for (size_t t = 0; rows > 0; t++) {
        assert_ok(lt_decoder_step(decoder, rows, parents, tokens, true, candidates, &error));
        size_t kept = 0;
        for (size_t r = 0; r < rows; r++) {
            size_t b = alive[r];
            int32_t wanted = t < s->f.trg_length[b] ? s->f.trg_ids[b][t] : LT_EOS;
            double total = 0;
            for (size_t c = 0; c < k; c++) {
                const lt_candidate *candidate = &candidates[r * k + c];
                assert_true(candidate->id != LT_PAD && candidate->id != LT_BOS);
                assert_true(c == 0 || candidate->log_probability <= candidate[-1].log_probability);
                total += exp((double)candidate->log_probability);
                if (candidate->id == wanted) sums[b] += (double)candidate->log_probability;
            }
            assert_true(total > 0.9 && total < 1.0001);
            if (wanted == LT_EOS) continue;
            alive[kept] = b, parents[kept] = (uint32_t)r, tokens[kept++] = wanted;
        }
        rows = kept;
    }
    assert_memory_equal(sums, scores, sizeof sums);
    lt_decoder_free(decoder);
}

static double learn(lt_model *model, lt_pool *pool, const lt_batch *batch, int optimizer, uint64_t updates)
{
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report = {0};
    lt_optimizer_options options = {.optimizer = optimizer,
                                    .momentum = 0.5,
                                    .beta1 = 0.9,
                                    .beta2 = 0.98,
                                    .epsilon = 1e-8,
                                    .weight_decay = 0.001,
                                    .clip_norm = 1,
                                    .label_smoothing = 0.1};
    double rate = optimizer == LT_OPTIMIZER_SGD ? 0.5 : 0.01;
    assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
    for (uint64_t u = 0; u < updates; u++)
        assert_ok(lt_learner_update(learner, batch, u, rate, &report, &error));
    lt_learner_free(learner);
    return report.loss;
}

static void test_learning_is_deterministic(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    for (int optimizer = LT_OPTIMIZER_SGD; optimizer <= LT_OPTIMIZER_ADAMW; optimizer++) {
        float *first = NULL;
        for (int round = 0; round < 2; round++) {
            lt_model *model;
            lt_model_options options = fixture_options(2, 20, 16, LT_TIED_NONE);
            options.dropout.rnn = options.dropout.source_word = 0.2;
            assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
            double early = learn(model, s->pools[2], &s->f.batch, optimizer, 1);
            double late = learn(model, s->pools[2], &s->f.batch, optimizer, 30);
            if (!(late < early * 0.95))
                fail_msg("%s: loss %g at first, %g later", lt_optimizer_names[optimizer], early, late);
            size_t bytes = lt_model_size(model) * sizeof(real);
            if (first)
                assert_memory_equal(first, lt_model_values(model), bytes);
            else
                memcpy(first = malloc(bytes), lt_model_values(model), bytes);
            lt_model_free(model);
        }
        free(first);
    }
}

/* The step of plain SGD with rate 1 is the gradient. */
static float *step_of(lt_pool *pool, const lt_batch *batch, double clip_norm, double *norm)
{
    lt_error error = {0};
    lt_model *model;
    lt_learner *learner;
    lt_update_report report;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD, .clip_norm = clip_norm};
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
    size_t size = lt_model_size(model);
    float *step = malloc(size * sizeof *step);
    memcpy(step, lt_model_values(model), size * sizeof *step);
    assert_ok(lt_learner_create(&learner, model, &sgd, pool, 7, &error));
    assert_ok(lt_learner_update(learner, batch, 0, 1, &report, &error));
    for (size_t i = 0; i < size; i++) step[i] -= lt_model_values(model)[i];
    *norm = report.gradient_norm;
    lt_learner_free(learner);
    lt_model_free(model);
    return step;
}

static void test_clipping_scales_the_whole_gradient(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_model *model;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
    size_t size = lt_model_size(model);
    double norm, same, squares = 0;
    float *free_step = step_of(s->pools[2], &s->f.batch, 0, &norm);
    float *under = step_of(s->pools[2], &s->f.batch, norm * 1.01, &same);
    float *clipped = step_of(s->pools[2], &s->f.batch, norm / 4, &same);
    assert_true(norm == same); /* it is said before clipping */
    assert_memory_equal(free_step, under, size * sizeof *under);
    for (size_t i = 0; i < size; i++) {
        squares += (double)free_step[i] * (double)free_step[i];
        assert_true(fabs((double)clipped[i] - (double)free_step[i] / 4) < 2e-7);
    }
    assert_true(fabs(sqrt(squares) - norm) < 1e-4 * norm);
    free(free_step), free(under), free(clipped);
    lt_model_free(model);
}

static void test_a_failed_update_changes_nothing(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_model *model;
    lt_learner *learner;
    lt_update_report report;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_optimizer_options adam = {
        .optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8};
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
    assert_ok(lt_learner_create(&learner, model, &adam, s->pools[2], 7, &error));
    size_t bytes = lt_model_size(model) * sizeof(real);
    float *before = malloc(bytes);
    for (size_t p = 1; p < lt_model_parameter_count(model); p++) { /* 0: a word that is not met */
        const lt_parameter *parameter = lt_model_parameter(model, p);
        float *broken = lt_model_values(model) + parameter->offset, kept = *broken;
        if (strcmp(parameter->name, "decoder.embedding.weight") == 0) continue;
        *broken = NAN;
        lt_model_pack(model, NULL);
        memcpy(before, lt_model_values(model), bytes);
        lt_status status = lt_learner_update(learner, &s->f.batch, 0, 0.01, &report, &error);
        if (status != LT_ERROR_NUMERIC) fail_msg("%s: status %d", parameter->name, status);
        assert_non_null(strstr(error.message, "parameters are unchanged"));
        assert_memory_equal(before, lt_model_values(model), bytes);
        *broken = kept;
    }
    lt_model_pack(model, NULL);
    assert_ok(lt_learner_update(learner, &s->f.batch, 0, 0.01, &report, &error));
    assert_true(isfinite(report.gradient_norm));
    free(before);
    lt_learner_free(learner);
    lt_model_free(model);
}

static void test_ids_are_checked(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    double score;
    int32_t id = VOCABULARY;
    const int32_t *ids = &id;
    size_t one = 1;
    lt_batch batch = {1, &ids, &one, &ids, &one};
    assert_int_equal(lt_model_score(s->model, s->pools[1], &batch, &score, NULL, &error), LT_ERROR_FORMAT);
    id = -1;
    assert_int_equal(lt_model_score(s->model, s->pools[1], &batch, &score, NULL, &error), LT_ERROR_FORMAT);
}

static void refused(const lt_model_options *options, bool joint, const char *why)
{
    lt_error error = {0};
    assert_int_equal(lt_model_options_check(options, joint, &error), LT_ERROR_USAGE);
    if (!strstr(error.message, why)) fail_msg("no \"%s\" in \"%s\"", why, error.message);
}

static void test_options_are_checked(void **state)
{
    (void)state;
    lt_error error = {0};
    const lt_model_options good = fixture_options(2, 8, 8, LT_TIED_NONE);
    lt_model_options options = good;
    assert_ok(lt_model_options_check(&options, true, &error));
    options.decoder.hidden = 9;
    options.decoder.layers = 3;
    assert_ok(lt_model_options_check(&options, true, &error)); /* a bridge */
    refused(&(lt_model_options){.tied_embeddings = LT_TIED_ALL}, false, "tokenizer.joint");
    options = good;
    options.decoder.input_feeding = true;
    refused(&options, true, "model.decoder.input_feeding: true feeds what the attention saw");
    options = good;
    options.decoder.coverage = true;
    refused(&options, true, "model.decoder.coverage");
    options = good;
    options.decoder.attention = LT_ATTENTION_DOT;
    assert_ok(lt_model_options_check(&options, true, &error));
    options.encoder.bidirectional = LT_BIDIRECTIONAL;
    refused(&options, true, "width 16");
    options = good;
    options.encoder.residual = true;
    options.encoder.residual_from = 3;
    refused(&options, true, "has no effect");
    options.encoder.residual_from = 2;
    options.encoder.bidirectional = LT_BIDIRECTIONAL_FIRST;
    refused(&options, true, "begin at layer 3");
    options = good;
    options.decoder.residual = true;
    options.decoder.residual_from = 1;
    options.decoder.embedding = 7;
    refused(&options, true, "embedding of width 7");
    options = good;
    options.encoder.cell = options.decoder.cell = LT_CELL_GRU;
    options.dropout.zoneout_c = 0.1;
    refused(&options, true, "zoneout_c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_do_not_depend_on_the_batch),
        cmocka_unit_test(test_long_sentences_are_scored_span_by_span),
        cmocka_unit_test(test_decoder_agrees_with_scores),
        cmocka_unit_test(test_learning_is_deterministic),
        cmocka_unit_test(test_clipping_scales_the_whole_gradient),
        cmocka_unit_test(test_a_failed_update_changes_nothing),
        cmocka_unit_test(test_ids_are_checked),
        cmocka_unit_test(test_options_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
