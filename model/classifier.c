#include "model/classifier.h"

#include "model/dropout.h"

lt_status lt_classifier_init(lt_classifier *classifier, lt_weights *weights, lt_params *params,
                             size_t classes, size_t width, double dropout, int initialization,
                             lt_error *error)
{
    lt_init matrix = lt_init_matrix(initialization, classes, width, false), zero = {LT_INIT_CONSTANT, 0};
    int weight, bias;
    LT_TRY(lt_params_add(params, &weight, classes, width, matrix, error, "classifier.weight"));
    LT_TRY(lt_params_add(params, &bias, classes, 0, zero, error, "classifier.bias"));
    classifier->classes = classes;
    classifier->dropout = dropout;
    LT_TRY(lt_linear_init(&classifier->output, weights, params, weight, bias, error));
    return LT_OK;
}

bool lt_classifier_forward(const lt_classifier *classifier, const lt_weights *weights, lt_arena *arena,
                           real *log_probability, const real *h, size_t batch)
{
    const size_t classes = classifier->classes;
    real *lse = lt_arena_take(arena, batch, sizeof *lse);
    if (!lse) return false;
    lt_linear_forward(&classifier->output, weights, log_probability, h, batch, false);
    weights->backend->log_sum_exp(lse, log_probability, classes, batch, classes);
    for (size_t b = 0; b < batch; b++)
        for (size_t c = 0; c < classes; c++) log_probability[b * classes + c] -= lse[b];
    return true;
}

/* The texts as a sequence of one step, in the order of the members they were made from: dropout asks for
 * keys, and has those of their first tokens. */
static bool one_step(lt_sequence *step, lt_arena *arena, const lt_sequence *text)
{
    uint64_t *keys = lt_arena_take(arena, text->batch, sizeof *keys);
    if (!keys) return false;
    for (size_t b = 0; text->keys && b < text->batch; b++) keys[text->sentence[b]] = text->keys[b];
    *step = (lt_sequence){
        .batch = text->batch, .steps = 1, .total = text->batch, .keys = keys, .mask_keys = keys};
    return true;
}

bool lt_classifier_learn(const lt_classifier *classifier, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *text, real *dh, const real *h,
                         const int32_t *classes, double smoothing, lt_loss_sums *sums)
{
    const size_t count = classifier->classes, batch = text->batch, width = classifier->output.in;
    const lt_backend *backend = weights->backend;
    bool dropping = text->keys && classifier->dropout > 0;
    lt_sequence step;
    real *logits = lt_arena_take(arena, batch * count, sizeof *logits);
    real *loss = lt_arena_take(arena, 2 * batch, sizeof *loss), *nll = loss + batch;
    real *dropped = lt_arena_take(arena, batch * width, sizeof *dropped);
    const real *x = dropping ? dropped : h;
    if (!logits || !loss || !dropped || !one_step(&step, arena, text)) return false;
    if (dropping &&
        !lt_dropout(backend, arena, &step, dropped, h, LT_SITE_OUTPUT, classifier->dropout, width))
        return false;
    lt_linear_forward(&classifier->output, weights, logits, x, batch, false);
    backend->softmax_loss(logits, loss, nll, classes, (real)smoothing, count, batch, count);
    lt_linear_backward_weight(&classifier->output, weights, gradients, logits, x, batch);
    lt_linear_backward_input(&classifier->output, weights, dh, logits, batch, false);
    if (dropping && !lt_dropout(backend, arena, &step, dh, dh, LT_SITE_OUTPUT, classifier->dropout, width))
        return false;
    *sums = (lt_loss_sums){0};
    for (size_t b = 0; b < batch; b++) {
        sums->loss += (double)loss[b];
        sums->nll += (double)nll[b];
    }
    return true;
}
