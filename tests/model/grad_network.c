/* Gradient check in double precision: every parameter of the whole network, central differences against
 * backward, for every cell, shape and attention. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { VOCABULARY = 9, SENTENCES = 4, CHECKS_MAX = 256 };

typedef struct check {
    char name[160];
    lt_model_options options;
    double smoothing;
    size_t workers;
    size_t classes; /* of a classifier; 0: a translator */
    lt_scheduled_sampling_options sampling;
} check;

static check checks[CHECKS_MAX];
static size_t check_count;

static check *add(const char *format, ...)
{
    assert_true(check_count < CHECKS_MAX);
    check *c = &checks[check_count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(c->name, sizeof c->name, format, arguments);
    va_end(arguments);
    c->options = fixture_options(1, 3, 3, LT_TIED_NONE);
    c->options.encoder.reverse_source = false;
    c->smoothing = 0.1;
    c->workers = 1;
    return c;
}

static const char *const cell_names[] = {
    "rnn", "lstm", "lstm_peephole", "lstm_coupled", "lstm_layernorm", "gru", "gru_reset_after"};
static const char *const direction_names[] = {"forward", "bidirectional", "first", "alternating"};
static const char *const attention_names[] = {"none", "dot", "scaled_dot", "general", "additive"};
enum {
    CELLS = sizeof cell_names / sizeof *cell_names,
    ATTENTIONS = sizeof attention_names / sizeof *attention_names
};

/* Every cell, each direction, 1 and 3 layers, residual or not. */
static void add_cells(void)
{
    for (int cell = 0; cell < CELLS; cell++)
        for (int direction = LT_FORWARD_ONLY; direction <= LT_ALTERNATING; direction++)
            for (int64_t layers = 1; layers <= 3; layers += 2)
                for (int residual = 0; residual < 2; residual++) {
                    bool first = direction == LT_BIDIRECTIONAL_FIRST;
                    if (layers == 1 && direction > LT_BIDIRECTIONAL) continue;
                    check *c = add("%s, %s, %d layers%s", cell_names[cell], direction_names[direction],
                                   (int)layers, residual ? ", residual" : "");
                    c->options.encoder.cell = c->options.decoder.cell = cell;
                    c->options.encoder.layers = c->options.decoder.layers = layers;
                    c->options.encoder.bidirectional = direction;
                    c->options.encoder.residual = c->options.decoder.residual = residual;
                    c->options.encoder.residual_from = layers == 1 ? 1 : first ? 3 : 2;
                    if (layers == 1 && direction == LT_BIDIRECTIONAL) c->options.encoder.embedding = 6;
                    c->options.decoder.residual_from = layers == 1 || cell % 2 ? 1 : 2;
                }
}

/* Every attention with and without input feeding and coverage; one and two layers. */
static void add_attentions(void)
{
    for (int attention = LT_ATTENTION_DOT; attention < ATTENTIONS; attention++)
        for (int fed = 0; fed < 2; fed++)
            for (int covers = 0; covers < 2; covers++) {
                bool product = attention == LT_ATTENTION_DOT || attention == LT_ATTENTION_SCALED_DOT;
                check *c = add("%s%s%s", attention_names[attention], fed ? ", input feeding" : "",
                               covers ? ", coverage" : "");
                c->options.decoder.attention = attention;
                c->options.decoder.input_feeding = fed;
                c->options.decoder.coverage = covers;
                c->options.decoder.layers = 1 + covers;
                c->options.decoder.hidden = product ? 6 : 4;
                c->options.encoder.bidirectional = LT_BIDIRECTIONAL;
                c->options.encoder.cell = fed ? LT_CELL_GRU : LT_CELL_LSTM;
                c->options.decoder.cell = covers ? LT_CELL_GRU_RESET_AFTER : LT_CELL_LSTM;
            }
}

static void drop_everything(check *c)
{
    c->options.dropout = (lt_dropout_options){.embedding = 0.2,
                                              .rnn = 0.3,
                                              .output = 0.2,
                                              .source_word = 0.2,
                                              .target_word = 0.1,
                                              .zoneout_h = 0.3};
    c->workers = 2;
}

static void add_the_rest(void)
{
    check *c = add("tied, projected, reversed source, two workers");
    c->options.encoder.hidden = c->options.decoder.hidden = 5;
    c->options.tied_embeddings = LT_TIED_TARGET;
    c->options.encoder.reverse_source = true;
    c->workers = 2;
    c = add("all tied, no label smoothing");
    c->options.tied_embeddings = LT_TIED_ALL;
    c->smoothing = 0;
    for (int attention = 0; attention < 2; attention++) {
        c = add("context at every step%s", attention ? ", general attention, input feeding" : "");
        c->options.decoder.context = LT_CONTEXT_EVERY_STEP;
        c->options.encoder.bidirectional = attention ? LT_ALTERNATING : LT_FORWARD_ONLY;
        c->options.encoder.cell = c->options.decoder.cell = LT_CELL_GRU;
        c->options.encoder.layers = c->options.decoder.layers = 2;
        c->options.decoder.attention = attention ? LT_ATTENTION_GENERAL : LT_ATTENTION_NONE;
        c->options.decoder.input_feeding = attention;
    }
    c = add("bridge: 3 GRU layers of 3 to 2 LSTM layers of 4");
    c->options.encoder.cell = LT_CELL_GRU;
    c->options.encoder.layers = 3;
    c->options.decoder.layers = 2;
    c->options.decoder.hidden = 4;
    c = add("bridge: 1 LSTM layer to 3 GRU layers");
    c->options.decoder.cell = LT_CELL_GRU;
    c->options.decoder.layers = 3;
    c = add("every dropout and zoneout, residual, input feeding, two workers");
    drop_everything(c);
    c->options.dropout.memory = 0.3;
    c->options.dropout.zoneout_c = 0.2;
    c->options.encoder.layers = c->options.decoder.layers = 2;
    c->options.decoder.residual = true;
    c->options.decoder.attention = LT_ATTENTION_DOT;
    c->options.decoder.input_feeding = true;
    c = add("every dropout, variational, alternating, peephole");
    drop_everything(c);
    c->options.dropout.variational = true;
    c->options.encoder.cell = c->options.decoder.cell = LT_CELL_LSTM_PEEPHOLE;
    c->options.encoder.layers = c->options.decoder.layers = 3;
    c->options.encoder.bidirectional = LT_ALTERNATING;
    c->options.encoder.residual = true;
    c = add("orthogonal start, GRU");
    c->options.encoder.cell = c->options.decoder.cell = LT_CELL_GRU;
    c->options.initialization = LT_START_ORTHOGONAL;
}

/* The decoder reads its own predictions. A word is no smooth function of the parameters, but the same one for
 * all of their neighbours. */
static void add_scheduled_sampling(void)
{
    for (int prediction = LT_PREDICTION_SAMPLED; prediction <= LT_PREDICTION_ARGMAX; prediction++) {
        check *c = add("scheduled sampling, %s, every dropout, input feeding, coverage, two workers",
                       prediction == LT_PREDICTION_ARGMAX ? "all most probable" : "half of them sampled");
        drop_everything(c);
        c->options.decoder.layers = 2;
        c->options.decoder.attention = LT_ATTENTION_GENERAL;
        c->options.decoder.input_feeding = c->options.decoder.coverage = true;
        c->options.tied_embeddings = prediction == LT_PREDICTION_ARGMAX ? LT_TIED_ALL : LT_TIED_NONE;
        c->sampling = (lt_scheduled_sampling_options){LT_SAMPLING_LINEAR,
                                                      .start = prediction == LT_PREDICTION_ARGMAX ? 0 : 0.5,
                                                      .prediction = prediction};
    }
}

/* A classifier over the encoder, whatever it is. */
static void add_classifiers(void)
{
    for (int direction = LT_FORWARD_ONLY; direction <= LT_ALTERNATING; direction++)
        for (int deep = 0; deep < 2; deep++) {
            check *c = add("classifier, %s, %d layers", direction_names[direction], 1 + deep);
            c->options.encoder.bidirectional = direction;
            c->options.encoder.layers = 1 + deep;
            c->options.encoder.cell = deep ? LT_CELL_GRU : LT_CELL_LSTM;
            c->options.encoder.reverse_source = deep;
            c->smoothing = deep ? 0.1 : 0;
            c->classes = 3;
        }
    check *c = add("classifier, every dropout, residual, two workers");
    drop_everything(c);
    c->options.dropout.target_word = 0;
    c->options.encoder.layers = 2;
    c->options.encoder.residual = true;
    c->options.encoder.bidirectional = LT_BIDIRECTIONAL;
    c->classes = 5;
    c = add("classifier, variational dropout, GRU of cuDNN");
    drop_everything(c);
    c->options.dropout.variational = true;
    c->options.encoder.cell = LT_CELL_GRU_RESET_AFTER;
    c->options.encoder.bidirectional = LT_BIDIRECTIONAL;
    c->classes = 2;
}

typedef struct bench {
    lt_model *model;
    lt_pool *pool;
    lt_learner *learner;
    const lt_batch *batch;
    bool samples; /* the decoder reads some of its own predictions */
} bench;

/* The mean loss; a step of SGD with rate 0 changes nothing, and with rate 1 the parameters by the gradient.
 */
static double loss(const bench *b, double rate)
{
    lt_error error = {0};
    lt_update_report report;
    assert_ok(lt_learner_update(b->learner, b->batch, 3, rate, &report, &error));
    assert_int_equal(report.own_inputs > 0, b->samples);
    return report.loss;
}

/* dloss/dw by a five-point central difference: what is left over is of the fourth order in the step. */
static double numeric_gradient(const bench *b, double *w)
{
    const double kept = *w, step = 1e-4;
    double value[4];
    for (int i = 0; i < 4; i++) {
        *w = kept + step * (i < 2 ? i - 2 : i - 1);
        lt_model_pack(b->model, NULL);
        value[i] = loss(b, 0);
    }
    *w = kept;
    return (value[0] - 8 * value[1] + 8 * value[2] - value[3]) / (12 * step);
}

/* |a - n| / max(|a|, |n|, floor): a wrong sign gives 2. */
static double relative_error(double analytic, double numeric)
{
    double scale = fmax(fmax(fabs(analytic), fabs(numeric)), 1e-4);
    return fabs(analytic - numeric) / scale;
}

static double check_tensors(const check *c, const bench *b, const double *gradient)
{
    double worst = 0;
    for (size_t p = 0; p < lt_model_parameter_count(b->model); p++) {
        const lt_parameter *parameter = lt_model_parameter(b->model, p);
        double largest = 0, any = 0;
        for (size_t i = parameter->offset; i < parameter->offset + parameter->size; i++) {
            double e = relative_error(gradient[i], numeric_gradient(b, &lt_model_values(b->model)[i]));
            largest = fmax(largest, e);
            any = fmax(any, fabs(gradient[i]));
        }
        if (!(largest < 1e-6))
            fail_msg("%s: %s has a relative error of %g", c->name, parameter->name, largest);
        if (any == 0) fail_msg("%s: %s has no gradient at all", c->name, parameter->name);
        worst = fmax(worst, largest);
    }
    return worst;
}

static void run_check(void **state)
{
    const check *c = *state;
    lt_error error = {0};
    fixture_batch f;
    fixture_batch_init(&f, SENTENCES, 4, VOCABULARY, 11);
    bench b = {.batch = &f.batch, .samples = c->sampling.schedule != LT_SAMPLING_NONE};
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD, .label_smoothing = c->smoothing};
    if (c->classes) {
        fixture_batch_label(&f, c->classes, 11);
        assert_ok(lt_classifier_create(&b.model, &c->options, VOCABULARY, c->classes, 5, &error));
    } else {
        assert_ok(lt_model_create(&b.model, &c->options, VOCABULARY, VOCABULARY, 5, &error));
    }
    const size_t size = lt_model_size(b.model);
    double *gradient = malloc(size * sizeof *gradient), *values = lt_model_values(b.model);
    for (size_t i = 0; i < size; i++)
        values[i] = values[i] * 1.5 + 0.03 * (double)(i % 7); /* no value is special */
    memcpy(gradient, values, size * sizeof *gradient);
    assert_ok(lt_pool_create(&b.pool, c->workers, &error));
    assert_ok(lt_learner_create(&b.learner, b.model, &sgd, b.pool, 7, &error));
    lt_learner_schedule_sampling(b.learner, &c->sampling);
    loss(&b, 1);
    for (size_t i = 0; i < size; i++) {
        double before = gradient[i];
        gradient[i] = before - values[i];
        values[i] = before;
    }
    double worst = check_tensors(c, &b, gradient);
    print_message("%s: %zu tensors, largest relative error %.1e\n", c->name,
                  lt_model_parameter_count(b.model), worst);
    lt_learner_free(b.learner);
    lt_pool_free(b.pool);
    lt_model_free(b.model);
    free(gradient);
}

int main(void)
{
    static struct CMUnitTest tests[CHECKS_MAX];
    add_cells();
    add_attentions();
    add_the_rest();
    add_scheduled_sampling();
    add_classifiers();
    for (size_t i = 0; i < check_count; i++)
        tests[i] = (struct CMUnitTest){checks[i].name, run_check, NULL, NULL, &checks[i]};
    return _cmocka_run_group_tests("grad_network", tests, check_count, NULL, NULL);
}
