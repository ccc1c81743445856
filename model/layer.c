#include "model/layer.h"

#include <string.h>

#include "model/dropout.h"

/* The cell's own tensors. */
static lt_status init_tensors(lt_layer *layer, lt_params *params, const char *side, size_t index,
                              const char *suffix, lt_error *error)
{
    const size_t hidden = layer->hidden;
    for (size_t i = 0; layer->cell->tensors[i].name; i++) {
        const lt_cell_tensor *tensor = &layer->cell->tensors[i];
        lt_init init = {LT_INIT_CONSTANT, tensor->start[0]};
        int place;
        LT_TRY(lt_params_add(params, &place, tensor->matrix ? tensor->rows : tensor->rows * hidden,
                             tensor->matrix ? hidden : 0, init, error, "%s.rnn.%s_l%zu%s", side, tensor->name,
                             index, suffix));
        layer->weights.tensors[i] = params->list[place].offset;
    }
    return LT_OK;
}

lt_status lt_layer_init(lt_layer *layer, lt_weights *weights, lt_params *params, const lt_layer_shape *shape,
                        const char *side, size_t index, const char *suffix, lt_error *error)
{
    const lt_cell *cell = shape->cell;
    const size_t hidden = shape->hidden, rows = cell->gates * hidden, split = cell->split * hidden;
    const size_t in = shape->input + shape->fed + shape->constant;
    lt_init zero = {LT_INIT_CONSTANT, 0};
    int wx, wh, b;
    *layer = (lt_layer){.cell = cell,
                        .hidden = hidden,
                        .forget_bias = shape->forget_bias,
                        .zoneout_h = shape->zoneout_h,
                        .zoneout_c = shape->zoneout_c,
                        .site = LT_SITE_ZONEOUT + 4 * index + (suffix[0] ? 2 : 0)};
    LT_TRY(lt_params_add(params, &wx, rows, in, lt_init_matrix(shape->initialization, in, hidden, false),
                         error, "%s.rnn.weight_ih_l%zu%s", side, index, suffix));
    LT_TRY(lt_params_add(params, &wh, rows, hidden,
                         lt_init_matrix(shape->initialization, hidden, hidden, true), error,
                         "%s.rnn.weight_hh_l%zu%s", side, index, suffix));
    LT_TRY(lt_params_add(params, &b, rows, 0, zero, error, "%s.rnn.bias_l%zu%s", side, index, suffix));
    LT_TRY(lt_linear_init_part(&layer->input, weights, params, wx, 0, rows, 0, shape->input, error));
    if (!cell->adds_bias) layer->input.bias = params->list[b].offset;
    if (shape->fed > 0)
        LT_TRY(
            lt_linear_init_part(&layer->fed, weights, params, wx, 0, rows, shape->input, shape->fed, error));
    if (shape->constant > 0)
        LT_TRY(lt_linear_init_part(&layer->constant, weights, params, wx, 0, rows, shape->input + shape->fed,
                                   shape->constant, error));
    layer->weights = (lt_cell_weights){.hidden = hidden, .bias = params->list[b].offset};
    LT_TRY(lt_linear_init_part(&layer->weights.recurrent, weights, params, wh, 0, split, 0, hidden, error));
    if (split < rows)
        LT_TRY(lt_linear_init_part(&layer->weights.candidate, weights, params, wh, split, rows - split, 0,
                                   hidden, error));
    return init_tensors(layer, params, side, index, suffix, error);
}

void lt_layer_start(const lt_layer *layer, real *values)
{
    const size_t hidden = layer->hidden;
    if (layer->cell->forget_gate >= 0)
        for (size_t j = 0; j < hidden; j++)
            values[layer->weights.bias + (size_t)layer->cell->forget_gate * hidden + j] =
                (real)layer->forget_bias;
    for (size_t i = 0; layer->cell->tensors[i].name; i++)
        for (size_t j = hidden; j < layer->cell->tensors[i].rows * hidden; j++)
            values[layer->weights.tensors[i] + j] = (real)layer->cell->tensors[i].start[1];
}

static size_t kept_width(const lt_layer *layer)
{
    return layer->cell->kept_hidden * layer->hidden + layer->cell->kept_scalar;
}

bool lt_layer_take(const lt_layer *layer, lt_arena *arena, const lt_sequence *sequence, const real *x,
                   lt_layer_saved *saved)
{
    const size_t n = sequence->total * layer->hidden;
    const bool zoneout = layer->zoneout_h > 0 || layer->zoneout_c > 0;
    real *past = zoneout ? lt_arena_take(arena, 2 * sequence->batch * layer->hidden, sizeof *past) : NULL;
    *saved = (lt_layer_saved){
        .x = x,
        .gates = lt_arena_take(arena, n * layer->cell->gates, sizeof(real)),
        .kept = lt_arena_take(arena, sequence->total * kept_width(layer), sizeof(real)),
        .h_prev = lt_arena_take(arena, n, sizeof(real)),
        .c_prev = layer->cell->has_c ? lt_arena_take(arena, n, sizeof(real)) : NULL,
        .h = lt_arena_take(arena, n, sizeof(real)),
        .past_h = past,
        .past_c = past ? past + sequence->batch * layer->hidden : NULL,
    };
    return (past || !zoneout) && saved->gates && saved->kept && saved->h_prev &&
           (saved->c_prev || !layer->cell->has_c) && saved->h;
}

void lt_layer_project(const lt_layer *layer, const lt_weights *weights, size_t begin, size_t rows,
                      lt_layer_saved *saved)
{
    lt_linear_forward(&layer->input, weights, saved->gates + begin * layer->input.out,
                      saved->x + begin * layer->input.in, rows, false);
}

static lt_cell_step step_of(const lt_layer *layer, const lt_sequence *sequence, size_t t, bool zero,
                            const lt_layer_saved *saved)
{
    const size_t at = sequence->start[t], hidden = layer->hidden;
    return (lt_cell_step){
        .rows = sequence->rows[t],
        .first = zero && t == 0,
        .gates = saved->gates + at * layer->cell->gates * hidden,
        .kept = saved->kept + at * kept_width(layer),
        .h_prev = saved->h_prev + at * hidden,
        .c_prev = saved->c_prev ? saved->c_prev + at * hidden : NULL,
        .h = saved->h + at * hidden,
    };
}

void lt_layer_step(const lt_layer *layer, const lt_weights *weights, const lt_sequence *sequence, size_t t,
                   real *h, real *c, bool zero, lt_layer_saved *saved)
{
    lt_cell_step step = step_of(layer, sequence, t, zero, saved);
    const size_t bytes = step.rows * layer->hidden * sizeof *h;
    const uint64_t *keys = sequence->keys ? sequence->keys + sequence->start[t] : NULL;
    step.c = c;
    memcpy(saved->h_prev + sequence->start[t] * layer->hidden, h, bytes);
    if (c) memcpy(saved->c_prev + sequence->start[t] * layer->hidden, c, bytes);
    layer->cell->forward(&layer->weights, weights, &step);
    if (layer->zoneout_h > 0)
        lt_zoneout(step.h, step.h_prev, keys, layer->site, layer->zoneout_h, step.rows, layer->hidden);
    if (c && layer->zoneout_c > 0)
        lt_zoneout(c, step.c_prev, keys, layer->site + 1, layer->zoneout_c, step.rows, layer->hidden);
    memcpy(h, step.h, bytes);
}

void lt_layer_step_backward(const lt_layer *layer, const lt_weights *weights, real *gradients,
                            const lt_sequence *sequence, size_t t, real *dy, real *dh, real *dc, bool zero,
                            const lt_layer_saved *saved)
{
    lt_cell_step step = step_of(layer, sequence, t, zero, saved);
    const size_t hidden = layer->hidden, n = step.rows * hidden;
    const uint64_t *keys = sequence->keys ? sequence->keys + sequence->start[t] : NULL;
    const bool zone_h = layer->zoneout_h > 0, zone_c = dc && layer->zoneout_c > 0;
    weights->backend->add(dy, dh, n);
    if (zone_h)
        lt_zoneout_backward(dy, saved->past_h, keys, layer->site, layer->zoneout_h, step.rows, hidden);
    if (zone_c)
        lt_zoneout_backward(dc, saved->past_c, keys, layer->site + 1, layer->zoneout_c, step.rows, hidden);
    step.dh = dy;
    step.dc = dc;
    step.dh_prev = dh;
    step.gradients = gradients;
    layer->cell->backward(&layer->weights, weights, &step);
    if (step.first) return;
    if (zone_h) weights->backend->add(dh, saved->past_h, n);
    if (zone_c) weights->backend->add(dc, saved->past_c, n);
}

void lt_layer_finish(const lt_layer *layer, const lt_weights *weights, real *gradients, size_t total,
                     const lt_layer_saved *saved)
{
    layer->cell->finish(&layer->weights, weights, gradients, saved->gates, saved->kept, saved->h_prev, total);
    lt_linear_backward_weight(&layer->input, weights, gradients, saved->gates, saved->x, total);
}
