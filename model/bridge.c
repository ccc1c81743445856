#include "model/bridge.h"

#include <string.h>

static lt_status init_part(lt_bridge *bridge, lt_weights *weights, lt_params *params, size_t l, size_t k,
                           int initialization, lt_error *error)
{
    const size_t encoder = bridge->from->layers, decoder = bridge->to->layers, hidden = bridge->to->hidden;
    lt_bridge_part *part = &bridge->part[l][k];
    part->layer = encoder >= decoder ? l + encoder - decoder : l < encoder ? l : encoder - 1;
    part->k = k == 1 && bridge->from->cell->has_c ? 1 : 0;
    part->squashed = k == 0;
    const size_t width = bridge->from->level[part->layer].directions * bridge->from->hidden;
    if (width == hidden && part->k == k) return LT_OK;
    int w, b;
    LT_TRY(lt_params_add(params, &w, hidden, width, lt_init_matrix(initialization, width, hidden, false),
                         error, "bridge.%s.weight_l%zu", k ? "c" : "h", l));
    LT_TRY(lt_params_add(params, &b, hidden, 0, (lt_init){LT_INIT_CONSTANT, 0}, error, "bridge.%s.bias_l%zu",
                         k ? "c" : "h", l));
    LT_TRY(lt_linear_init(&part->linear, weights, params, w, b, error));
    return LT_OK;
}

lt_status lt_bridge_init(lt_bridge *bridge, lt_weights *weights, lt_params *params, const lt_rnn *from,
                         const lt_rnn *to, int initialization, lt_error *error)
{
    *bridge = (lt_bridge){.from = from, .to = to};
    for (size_t l = 0; l < to->layers; l++)
        for (size_t k = 0; k < (to->cell->has_c ? 2 : 1); k++)
            LT_TRY(init_part(bridge, weights, params, l, k, initialization, error));
    return LT_OK;
}

/* x (B, directions·H): the encoder's layer with its directions side by side, rows in the decoder's order. */
static void join(const lt_bridge *bridge, const lt_bridge_part *part, real *x, const lt_state *final,
                 const size_t *index, size_t batch)
{
    const size_t directions = bridge->from->level[part->layer].directions, hidden = bridge->from->hidden;
    for (size_t d = 0; d < directions; d++) {
        const real *h = final->part[lt_rnn_part(part->layer, d, part->k)];
        for (size_t b = 0; b < batch; b++)
            memcpy(x + (b * directions + d) * hidden, h + index[b] * hidden, hidden * sizeof *x);
    }
}

bool lt_bridge_forward(const lt_bridge *bridge, const lt_weights *weights, lt_arena *arena, lt_state *state,
                       const lt_state *final, const size_t *index, size_t batch, lt_bridge_saved *saved)
{
    *saved = (lt_bridge_saved){0};
    for (size_t l = 0; l < bridge->to->layers; l++)
        for (size_t k = 0; k < 2; k++) {
            const lt_bridge_part *part = &bridge->part[l][k];
            real *y = state->part[lt_rnn_part(l, 0, k)];
            if (!y) continue;
            if (part->linear.in == 0) {
                join(bridge, part, y, final, index, batch);
                continue;
            }
            const size_t n = batch * bridge->to->hidden;
            real *x = saved->x[l][k] = lt_arena_take(arena, batch * part->linear.in, sizeof *x);
            real *kept = saved->y[l][k] = lt_arena_take(arena, n, sizeof *kept);
            if (!x || !kept) return false;
            join(bridge, part, x, final, index, batch);
            lt_linear_forward(&part->linear, weights, y, x, batch, false);
            if (part->squashed) weights->backend->tanh(y, n);
            memcpy(kept, y, n * sizeof *y);
        }
    return true;
}

static void scatter(const lt_bridge *bridge, const lt_bridge_part *part, const lt_backend *backend,
                    lt_state *dfinal, const real *dx, const size_t *index, size_t batch)
{
    const size_t directions = bridge->from->level[part->layer].directions, hidden = bridge->from->hidden;
    for (size_t d = 0; d < directions; d++) {
        real *dh = dfinal->part[lt_rnn_part(part->layer, d, part->k)];
        for (size_t b = 0; b < batch; b++)
            backend->add(dh + index[b] * hidden, dx + (b * directions + d) * hidden, hidden);
    }
}

bool lt_bridge_backward(const lt_bridge *bridge, const lt_weights *weights, real *gradients, lt_arena *arena,
                        lt_state *dfinal, lt_state *dstate, const size_t *index, size_t batch,
                        const lt_bridge_saved *saved)
{
    for (size_t l = 0; l < bridge->to->layers; l++)
        for (size_t k = 0; k < 2; k++) {
            const lt_bridge_part *part = &bridge->part[l][k];
            real *dy = dstate->part[lt_rnn_part(l, 0, k)];
            if (!dy) continue;
            const real *y = saved->y[l][k];
            if (!y) {
                scatter(bridge, part, weights->backend, dfinal, dy, index, batch);
                continue;
            }
            const size_t n = batch * bridge->to->hidden;
            for (size_t j = 0; part->squashed && j < n; j++) dy[j] *= 1 - y[j] * y[j];
            real *dx = lt_arena_take(arena, batch * part->linear.in, sizeof *dx);
            if (!dx) return false;
            lt_linear_backward_weight(&part->linear, weights, gradients, dy, saved->x[l][k], batch);
            lt_linear_backward_input(&part->linear, weights, dx, dy, batch, false);
            scatter(bridge, part, weights->backend, dfinal, dx, index, batch);
        }
    return true;
}
