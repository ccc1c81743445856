/* The gradient's norm at the encoder's states, in double precision, against central differences: a state is
 * pushed between two steps and what follows is run again. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/passage.h"
#include "tests/model/network_fixture.h"

enum { VOCABULARY = 12, SENTENCES = 20, HIDDEN = 4, LONGEST = 5, DISTANCES = LONGEST + 3 };

static lt_error error;

static double relative_error(double analytic, double numeric)
{
    return fabs(analytic - numeric) / fmax(fmax(fabs(analytic), fabs(numeric)), 1e-4);
}

/* dL/dw by five points, where loss(context, w) is L. */
static double numeric_gradient(double (*loss)(void *context, double push), void *context)
{
    const double step = 1e-4;
    double far = loss(context, -2 * step) - loss(context, 2 * step);
    double near = loss(context, step) - loss(context, -step);
    return (far + 8 * near) / (12 * step);
}

static lt_model *model_of(const lt_model_options *options)
{
    lt_model *model;
    assert_ok(lt_model_create(&model, options, VOCABULARY, VOCABULARY, 5, &error));
    for (size_t i = 0; i < lt_model_size(model); i++)
        lt_model_values(model)[i] = lt_model_values(model)[i] * 1.5 + 0.03 * (double)(i % 7);
    lt_model_pack(model, NULL);
    return model;
}

/* ---- any cell that reads forwards ---- */

typedef struct pushed {
    const lt_model *model;
    const lt_batch *pair; /* one */
    size_t step, unit;    /* whose h of the top layer is pushed */
} pushed;

/* The sentence's negative log-likelihood with that h pushed. */
static double loss_of_pushed(void *context, double push)
{
    const pushed *at = context;
    const lt_model *model = at->model;
    const lt_weights *weights = &model->weights;
    const size_t one[] = {0}, cuts[] = {0, at->step + 1, at->pair->src_length[0] + 1};
    lt_arena arena = {0};
    lt_passage p;
    assert_true(lt_passage_begin(model, &arena, at->pair, one, 1, 0, &p));
    for (size_t i = 0; i < 2 && cuts[i] < cuts[i + 1]; i++) {
        lt_sequence span = lt_sequence_span(&arena, &p.source, cuts[i], cuts[i + 1]);
        assert_true(
            lt_encoder_forward(&model->encoder, weights, &arena, &span, &p.final, i == 0, &p.encoder));
        lt_context_fill(model, &p.context, &span, cuts[i], p.encoder.rnn.top);
        if (i > 0) continue;
        p.final.part[lt_rnn_part(model->encoder.rnn.layers - 1, 0, 0)][at->unit] += push;
        if (p.context.memory) p.context.memory[at->step * model->encoder.rnn.width + at->unit] += push;
    }
    lt_context_summarise(model, &p.context, &p.final, p.source.sentence);
    assert_true(
        lt_bridge_forward(&model->bridge, weights, &arena, &p.state, &p.final, p.index, 1, &p.bridge));
    assert_true(lt_decoder_prepare(&model->decoder, weights, &arena, &p.context));
    assert_true(
        lt_decoder_forward(&model->decoder, weights, &arena, &p.target, &p.context, &p.state, &p.decoder));
    double *tokens = lt_arena_take(&arena, p.target.total, sizeof *tokens), sum = 0;
    assert_true(lt_loss_score(&model->decoder.output, weights, &arena, &p.target, p.decoder.readout, tokens));
    for (size_t t = 0; t < p.target.total; t++) sum -= tokens[t];
    lt_arena_clear(&arena);
    return sum;
}

static void check_model(const char *name, const lt_model_options *options)
{
    static double norm[SENTENCES][DISTANCES], again[SENTENCES][DISTANCES];
    lt_model *model = model_of(options);
    lt_pool *pool;
    fixture_batch f;
    double worst = 0, *values = malloc(lt_model_size(model) * sizeof *values);
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 11);
    memcpy(values, lt_model_values(model), lt_model_size(model) * sizeof *values);
    for (size_t workers = 1; workers <= 3; workers++) {
        assert_ok(lt_pool_create(&pool, workers, &error));
        assert_ok(
            lt_model_gradient_norms(model, pool, &f.batch, DISTANCES, workers == 1 ? *norm : *again, &error));
        if (workers > 1) assert_memory_equal(norm, again, sizeof norm);
        lt_pool_free(pool);
    }
    assert_memory_equal(values, lt_model_values(model), lt_model_size(model) * sizeof *values);
    for (size_t b = 0; b < SENTENCES; b++) {
        const lt_batch pair = {1, &f.src[b], &f.src_length[b], &f.trg[b], &f.trg_length[b]};
        for (size_t k = 0; k < DISTANCES; k++) {
            if (k > f.src_length[b]) {
                assert_true(isnan(norm[b][k]));
                continue;
            }
            double squares = 0;
            for (size_t unit = 0; unit < HIDDEN; unit++) {
                pushed at = {model, &pair, f.src_length[b] - k, unit};
                squares += pow(numeric_gradient(loss_of_pushed, &at), 2);
            }
            worst = fmax(worst, relative_error(norm[b][k], sqrt(squares)));
            assert_true(norm[b][k] > 0);
        }
    }
    print_message("%s: largest relative error %.1e\n", name, worst);
    if (!(worst < 1e-6)) fail_msg("%s: relative error of %g", name, worst);
    free(values);
    lt_model_free(model);
}

static const char *const cell_names[] = {
    "rnn", "lstm", "lstm_peephole", "lstm_coupled", "lstm_layernorm", "gru", "gru_reset_after"};

static void every_cell(void **state)
{
    (void)state;
    for (int cell = 0; cell <= LT_CELL_GRU_RESET_AFTER; cell++)
        for (int attention = 0; attention < 2; attention++) {
            char name[64];
            lt_model_options options = fixture_options(1 + attention, HIDDEN, HIDDEN, LT_TIED_NONE);
            options.encoder.cell = options.decoder.cell = cell;
            options.encoder.reverse_source = !attention;
            options.decoder.attention = attention ? LT_ATTENTION_GENERAL : LT_ATTENTION_NONE;
            snprintf(name, sizeof name, "%s%s", cell_names[cell], attention ? ", general, 2 layers" : "");
            check_model(name, &options);
        }
}

/* Zoneout outside of training is the mean, whose gradient goes both ways. */
static void zoneout(void **state)
{
    (void)state;
    for (int attention = 0; attention < 2; attention++) {
        lt_model_options options = fixture_options(2, HIDDEN, HIDDEN, LT_TIED_NONE);
        options.decoder.attention = attention ? LT_ATTENTION_GENERAL : LT_ATTENTION_NONE;
        options.decoder.input_feeding = attention;
        options.dropout.zoneout_h = 0.3;
        options.dropout.zoneout_c = 0.2;
        check_model(attention ? "zoneout, general, fed" : "zoneout", &options);
    }
}

static void all_that_depends_on_a_state(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(2, HIDDEN, HIDDEN, LT_TIED_NONE);
    options.encoder.residual = options.decoder.residual = true;
    options.decoder.attention = LT_ATTENTION_ADDITIVE;
    options.decoder.input_feeding = options.decoder.coverage = true;
    options.decoder.context = LT_CONTEXT_EVERY_STEP;
    options.dropout.rnn = options.dropout.source_word = options.dropout.output =
        0.5; /* which drops nothing */
    check_model("residual, additive, fed, coverage, context at every step, reversed", &options);
}

/* ---- two directions ---- */

typedef struct embedded {
    lt_model *model;
    lt_pool *pool;
    const lt_batch *pair;
    double *x; /* the number of an embedding that is pushed */
} embedded;

static double loss_of_embedded(void *context, double push)
{
    const embedded *at = context;
    double log_probability, kept = *at->x;
    *at->x += push;
    lt_model_pack(at->model, NULL);
    assert_ok(lt_model_score(at->model, at->pool, at->pair, &log_probability, NULL, &error));
    *at->x = kept;
    return -log_probability;
}

static double *tensor(lt_model *model, const char *name)
{
    for (size_t p = 0; p < lt_model_parameter_count(model); p++)
        if (strcmp(lt_model_parameter(model, p)->name, name) == 0)
            return lt_model_values(model) + lt_model_parameter(model, p)->offset;
    fail_msg("no tensor %s", name);
    return NULL;
}

/* h = tanh(x + U h' + b) of a forward direction whose W is the identity, beside a backward one that sees
 * nothing: dL/dx = (1 - h^2) dL/dh, and each piece of a source has an embedding of its own to push. */
static void the_first_of_two_directions(void **state)
{
    (void)state;
    enum { PIECES = 5 };
    lt_model_options options = fixture_options(1, HIDDEN, HIDDEN, LT_TIED_NONE);
    options.encoder.cell = options.decoder.cell = LT_CELL_RNN;
    options.encoder.bidirectional = LT_BIDIRECTIONAL;
    options.encoder.reverse_source = false;
    options.decoder.attention = LT_ATTENTION_GENERAL;
    embedded at = {.model = model_of(&options)};
    double *w = tensor(at.model, "encoder.rnn.weight_ih_l0");
    double *back = tensor(at.model, "encoder.rnn.weight_ih_l0_reverse");
    for (size_t i = 0; i < HIDDEN * HIDDEN; i++) w[i] = i % (HIDDEN + 1) == 0, back[i] = 0;
    lt_model_pack(at.model, NULL);
    assert_ok(lt_pool_create(&at.pool, 1, &error));
    static const int32_t source[PIECES + 1] = {9, 4, 7, 5, 11, LT_EOS}, target[] = {6, 4, 10};
    const int32_t *src = source, *trg = target;
    const size_t src_length = PIECES, trg_length = 3;
    const lt_batch pair = {1, &src, &src_length, &trg, &trg_length};
    at.pair = &pair;
    double norm[PIECES + 1], h[HIDDEN] = {0};
    assert_ok(lt_model_gradient_norms(at.model, at.pool, &pair, PIECES + 1, norm, &error));
    const double *u = tensor(at.model, "encoder.rnn.weight_hh_l0"),
                 *bias = tensor(at.model, "encoder.rnn.bias_l0");
    for (size_t t = 0; t <= PIECES; t++) {
        double *x = tensor(at.model, "encoder.embedding.weight") + (size_t)source[t] * HIDDEN, next[HIDDEN];
        double squares = 0;
        for (size_t i = 0; i < HIDDEN; i++) {
            double sum = x[i] + bias[i];
            for (size_t j = 0; j < HIDDEN; j++) sum += u[i * HIDDEN + j] * h[j];
            next[i] = tanh(sum);
            at.x = &x[i];
            squares += pow(numeric_gradient(loss_of_embedded, &at) / (1 - next[i] * next[i]), 2);
        }
        memcpy(h, next, sizeof h);
        double wrong = relative_error(norm[PIECES - t], sqrt(squares));
        if (!(wrong < 1e-6)) fail_msg("step %zu: relative error of %g", t, wrong);
    }
    lt_pool_free(at.pool);
    lt_model_free(at.model);
}

static void what_is_not_finite_is_an_error(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(1, HIDDEN, HIDDEN, LT_TIED_NONE);
    lt_model *model = model_of(&options);
    lt_pool *pool;
    double norm[SENTENCES * 2];
    fixture_batch f;
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 11);
    assert_ok(lt_pool_create(&pool, 1, &error));
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] = 1e308;
    lt_model_pack(model, pool);
    assert_int_equal(lt_model_gradient_norms(model, pool, &f.batch, 2, norm, &error), LT_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "pair 1: the gradient 0 steps before the end"));
    const lt_batch none = {0};
    assert_ok(lt_model_gradient_norms(model, pool, &(lt_batch){.trg = f.trg, .trg_length = f.trg_length}, 2,
                                      norm, &error));
    assert_int_equal(lt_model_gradient_norms(model, pool, &none, 2, norm, &error), LT_ERROR_USAGE);
    lt_pool_free(pool);
    lt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cell),
        cmocka_unit_test(zoneout),
        cmocka_unit_test(all_that_depends_on_a_state),
        cmocka_unit_test(the_first_of_two_directions),
        cmocka_unit_test(what_is_not_finite_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
