/* Gradient check in double precision: every parameter of the whole network, central differences against
 * backward. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { VOCABULARY = 13, SENTENCES = 5 };

typedef struct check {
    const char *name;
    int64_t layers, hidden, embedding;
    int tied;
    bool reverse, dropout;
    double smoothing;
    size_t workers;
} check;

static const check checks[] = {
    {"1 layer, untied", 1, 5, 4, LT_TIED_NONE, false, false, 0, 1},
    {"2 layers, untied, reversed", 2, 5, 4, LT_TIED_NONE, true, false, 0.1, 1},
    {"2 layers, tied, equal sizes", 2, 5, 5, LT_TIED_TARGET, true, false, 0.1, 1},
    {"2 layers, tied, projected", 2, 6, 4, LT_TIED_TARGET, true, false, 0, 2},
    {"2 layers, all tied, projected", 2, 6, 4, LT_TIED_ALL, true, false, 0.1, 2},
    {"3 layers, every dropout, two workers", 3, 4, 3, LT_TIED_NONE, true, true, 0.1, 2},
};

/* The gradient of the mean loss by one step of SGD with rate 1, no clipping: g = w_before - w_after. */
static double loss_and_gradient(lt_model *model, const lt_batch *batch, const check *c, double *gradient)
{
    lt_error error = {0};
    lt_pool *pool;
    lt_learner *learner;
    lt_update_report report;
    lt_optimizer_options options = {.optimizer = LT_OPTIMIZER_SGD, .label_smoothing = c->smoothing};
    size_t size = lt_model_size(model);
    double *before = malloc(size * sizeof *before);
    memcpy(before, lt_model_values(model), size * sizeof *before);
    assert_ok(lt_pool_create(&pool, c->workers, &error));
    assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
    assert_ok(lt_learner_update(learner, batch, 3, 1, &report, &error));
    if (gradient)
        for (size_t i = 0; i < size; i++) gradient[i] = before[i] - lt_model_values(model)[i];
    memcpy(lt_model_values(model), before, size * sizeof *before);
    lt_learner_free(learner);
    lt_pool_free(pool);
    free(before);
    return report.loss;
}

/* |a - n| / max(|a|, |n|, floor): a wrong sign gives 2. */
static double relative_error(double analytic, double numeric)
{
    double scale = fmax(fmax(fabs(analytic), fabs(numeric)), 1e-4);
    return fabs(analytic - numeric) / scale;
}

static void run_check(void **state)
{
    const check *c = *state;
    lt_error error = {0};
    fixture_batch f;
    fixture_batch_init(&f, SENTENCES, 5, VOCABULARY, 11);
    lt_model_options options = fixture_options(c->layers, c->hidden, c->embedding, c->tied);
    options.encoder.reverse_source = c->reverse;
    if (c->dropout)
        options.dropout = (lt_dropout_options){
            .embedding = 0.2, .rnn = 0.3, .output = 0.2, .source_word = 0.2, .target_word = 0.1};
    lt_model *model;
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
    double *gradient = calloc(lt_model_size(model), sizeof *gradient), worst = 0;
    for (size_t i = 0; i < lt_model_size(model); i++)
        lt_model_values(model)[i] *= 2; /* away from the linear regime */
    loss_and_gradient(model, &f.batch, c, gradient);
    for (size_t p = 0; p < lt_model_parameter_count(model); p++) {
        const lt_parameter *parameter = lt_model_parameter(model, p);
        double largest = 0;
        for (size_t i = parameter->offset; i < parameter->offset + parameter->size; i++) {
            double *w = &lt_model_values(model)[i], kept = *w, step = 1e-5;
            *w = kept + step;
            double above = loss_and_gradient(model, &f.batch, c, NULL);
            *w = kept - step;
            double below = loss_and_gradient(model, &f.batch, c, NULL);
            *w = kept;
            double e = relative_error(gradient[i], (above - below) / (2 * step));
            if (e > largest) largest = e;
        }
        if (largest > 1e-6) fail_msg("%s: %s has a relative error of %g", c->name, parameter->name, largest);
        if (largest > worst) worst = largest;
    }
    print_message("%s: %zu tensors, largest relative error %.1e\n", c->name, lt_model_parameter_count(model),
                  worst);
    free(gradient);
    lt_model_free(model);
}

int main(void)
{
    enum { COUNT = sizeof checks / sizeof *checks };
    struct CMUnitTest tests[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        tests[i] = (struct CMUnitTest){checks[i].name, run_check, NULL, NULL, (void *)&checks[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
