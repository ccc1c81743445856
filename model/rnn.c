#include "model/rnn.h"

#include <math.h>
#include <string.h>

#include "model/dropout.h"

lt_status lt_rnn_init(lt_rnn *rnn, lt_weights *weights, lt_params *params, const char *side,
                      const lt_cell *cell, size_t layers, size_t input, size_t hidden, lt_error *error)
{
    *rnn = (lt_rnn){.cell = cell, .layers = layers, .input = input, .hidden = hidden};
    lt_init uniform = {LT_INIT_UNIFORM, 1 / sqrt((double)hidden)}, zero = {LT_INIT_CONSTANT, 0};
    for (size_t l = 0; l < layers; l++) {
        int wx, wh, b;
        size_t rows = cell->gates * hidden, in = l == 0 ? input : hidden;
        LT_TRY(lt_params_add(params, &wx, rows, in, uniform, error, "%s.rnn.weight_ih_l%zu", side, l));
        LT_TRY(lt_params_add(params, &wh, rows, hidden, uniform, error, "%s.rnn.weight_hh_l%zu", side, l));
        LT_TRY(lt_params_add(params, &b, rows, 0, zero, error, "%s.rnn.bias_l%zu", side, l));
        lt_linear_init(&rnn->input_weight[l], weights, params, wx, b);
        lt_linear_init(&rnn->hidden_weight[l], weights, params, wh, LT_NO_PARAMETER);
    }
    return LT_OK;
}

void lt_rnn_start(const lt_rnn *rnn, real *values)
{
    if (rnn->cell->forget_gate < 0) return;
    for (size_t l = 0; l < rnn->layers; l++) {
        real *bias = values + rnn->input_weight[l].bias + (size_t)rnn->cell->forget_gate * rnn->hidden;
        for (size_t j = 0; j < rnn->hidden; j++) bias[j] = 1;
    }
}

lt_rnn_state lt_rnn_state_take(const lt_rnn *rnn, lt_arena *arena, size_t batch, bool zeroed)
{
    lt_rnn_state state = {0};
    void *(*take)(lt_arena *, size_t, size_t) = zeroed ? lt_arena_take_zeroed : lt_arena_take;
    for (size_t l = 0; l < rnn->layers; l++) {
        state.h[l] = take(arena, batch * rnn->hidden, sizeof(real));
        state.c[l] = take(arena, batch * rnn->hidden, sizeof(real));
    }
    return state;
}

static bool take_saved(const lt_rnn *rnn, lt_arena *arena, size_t total, size_t l, lt_rnn_saved *saved)
{
    size_t n = total * rnn->hidden;
    saved->gates[l] = lt_arena_take(arena, n * rnn->cell->gates, sizeof(real));
    saved->h_prev[l] = lt_arena_take(arena, n, sizeof(real));
    saved->c_prev[l] = lt_arena_take(arena, n, sizeof(real));
    saved->tanh_c[l] = lt_arena_take(arena, n, sizeof(real));
    saved->y[l] = lt_arena_take(arena, n, sizeof(real));
    return saved->gates[l] && saved->h_prev[l] && saved->c_prev[l] && saved->tanh_c[l] && saved->y[l];
}

/* Saved for backward: gates, h_prev, c_prev, tanh_c. */
static void layer_forward(const lt_rnn *rnn, const lt_weights *weights, const lt_sequence *sequence, size_t l,
                          real *h, real *c, bool zero_state, lt_rnn_saved *saved)
{
    const size_t hidden = rnn->hidden, width = rnn->cell->gates * hidden;
    lt_linear_forward(&rnn->input_weight[l], weights, saved->gates[l], saved->x[l], sequence->total, false);
    for (size_t t = 0; t < sequence->steps; t++) {
        size_t rows = sequence->rows[t], at = sequence->start[t];
        lt_cell_step step = {
            .rows = rows,
            .hidden = hidden,
            .gates = saved->gates[l] + at * width,
            .h = saved->y[l] + at * hidden,
            .c = c,
            .c_prev = saved->c_prev[l] + at * hidden,
            .tanh_c = saved->tanh_c[l] + at * hidden,
        };
        real *h_prev = saved->h_prev[l] + at * hidden;
        memcpy(h_prev, h, rows * hidden * sizeof *h);
        memcpy(saved->c_prev[l] + at * hidden, c, rows * hidden * sizeof *c);
        if (t > 0 || !zero_state)
            lt_linear_forward(&rnn->hidden_weight[l], weights, step.gates, h_prev, rows, true);
        rnn->cell->forward(weights->backend, &step);
        memcpy(h, step.h, rows * hidden * sizeof *h);
    }
}

bool lt_rnn_forward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                    const lt_sequence *sequence, const real *x, lt_rnn_state *state, bool zero_state,
                    double dropout, lt_rnn_saved *saved)
{
    for (size_t l = 0; l < rnn->layers; l++) {
        if (l > 0 && dropout > 0 && sequence->keys) {
            real *dropped = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof(real));
            if (!dropped || !lt_dropout(weights->backend, arena, sequence, dropped, x, LT_SITE_LAYER + l,
                                        dropout, rnn->hidden))
                return false;
            x = dropped;
        }
        saved->x[l] = x;
        if (!state->h[l] || !state->c[l] || !take_saved(rnn, arena, sequence->total, l, saved)) return false;
        layer_forward(rnn, weights, sequence, l, state->h[l], state->c[l], zero_state, saved);
        x = saved->y[l];
    }
    return true;
}

/* dh and dc (B, H): in, the gradient of the final state; out, of the initial one. A row joins at its last
 * step. */
static void layer_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients,
                           const lt_sequence *sequence, size_t l, real *dy, real *dh, real *dc,
                           bool zero_state, const lt_rnn_saved *saved)
{
    const size_t hidden = rnn->hidden, width = rnn->cell->gates * hidden;
    for (size_t t = sequence->steps; t-- > 0;) {
        size_t rows = sequence->rows[t], at = sequence->start[t];
        lt_cell_step step = {
            .rows = rows,
            .hidden = hidden,
            .gates = saved->gates[l] + at * width,
            .c_prev = saved->c_prev[l] + at * hidden,
            .tanh_c = saved->tanh_c[l] + at * hidden,
            .dh = dy + at * hidden,
            .dc = dc,
        };
        weights->backend->add(dy + at * hidden, dh, rows * hidden);
        rnn->cell->backward(weights->backend, &step);
        if (t > 0 || !zero_state)
            lt_linear_backward_input(&rnn->hidden_weight[l], weights, dh, step.gates, rows, false);
    }
    lt_linear_backward_weight(&rnn->hidden_weight[l], weights, gradients, saved->gates[l], saved->h_prev[l],
                              sequence->total);
    lt_linear_backward_weight(&rnn->input_weight[l], weights, gradients, saved->gates[l], saved->x[l],
                              sequence->total);
}

real *lt_rnn_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                      const lt_sequence *sequence, real *dy, lt_rnn_state *dstate, bool zero_state,
                      double dropout, const lt_rnn_saved *saved)
{
    for (size_t l = rnn->layers; l-- > 0;) {
        layer_backward(rnn, weights, gradients, sequence, l, dy, dstate->h[l], dstate->c[l], zero_state,
                       saved);
        real *dx = lt_arena_take(arena, sequence->total * rnn->input_weight[l].in, sizeof(real));
        if (!dx) return NULL;
        lt_linear_backward_input(&rnn->input_weight[l], weights, dx, saved->gates[l], sequence->total, false);
        if (l > 0 && dropout > 0 && sequence->keys &&
            !lt_dropout(weights->backend, arena, sequence, dx, dx, LT_SITE_LAYER + l, dropout, rnn->hidden))
            return NULL;
        dy = dx;
    }
    return dy;
}
