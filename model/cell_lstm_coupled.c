/* The LSTM that forgets as much as it takes in: input and forget gates coupled (Greff 2017, "CIFG").
 *
 *   f = sigmoid(W_f x + U_f h' + b_f)    g = tanh(W_g x + U_g h' + b_g)    o = sigmoid(W_o x + U_o h' + b_o)
 *   c = f c' + (1 - f) g                 h = o tanh(c)
 *
 * Backward, with dc that of c from the later step:
 *   dc += dh o (1 - tanh(c)^2)
 *   df = dc (c' - g) f (1 - f)    dg = dc (1 - f) (1 - g^2)    do = dh tanh(c) o (1 - o)    dc' = dc f */
#include <string.h>

#include "model/cell.h"

/* kept: tanh(c) */
static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden;
    const lt_backend *backend = weights->backend;
    if (!s->first) lt_linear_forward(&cell->recurrent, weights, s->gates, s->h_prev, s->rows, true);
    for (size_t r = 0; r < s->rows; r++) {
        real *f = s->gates + r * 3 * hidden, *g = f + hidden, *o = g + hidden;
        real *t = s->kept + r * hidden, *c = s->c + r * hidden, *h = s->h + r * hidden;
        const real *c_prev = s->c_prev + r * hidden;
        backend->sigmoid(f, hidden);
        backend->tanh(g, hidden);
        backend->sigmoid(o, hidden);
        for (size_t j = 0; j < hidden; j++) c[j] = f[j] * c_prev[j] + (1 - f[j]) * g[j];
        memcpy(t, c, hidden * sizeof *t);
        backend->tanh(t, hidden);
        for (size_t j = 0; j < hidden; j++) h[j] = o[j] * t[j];
    }
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden;
    for (size_t r = 0; r < s->rows; r++) {
        real *pf = s->gates + r * 3 * hidden, *pg = pf + hidden, *po = pg + hidden;
        const real *t = s->kept + r * hidden, *c_prev = s->c_prev + r * hidden, *dh = s->dh + r * hidden;
        real *dc = s->dc + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real f = pf[j], g = pg[j], o = po[j];
            real d = dc[j] + dh[j] * o * (1 - t[j] * t[j]);
            pf[j] = d * (c_prev[j] - g) * f * (1 - f);
            pg[j] = d * (1 - f) * (1 - g * g);
            po[j] = dh[j] * t[j] * o * (1 - o);
            dc[j] = d * f;
        }
    }
    if (!s->first) lt_linear_backward_input(&cell->recurrent, weights, s->dh_prev, s->gates, s->rows, false);
}

const lt_cell lt_cell_lstm_coupled = {
    .name = "lstm_coupled",
    .gates = 3,
    .split = 3,
    .kept_hidden = 1,
    .has_c = true,
    .forget_gate = 0,
    .forward = forward,
    .backward = backward,
    .finish = lt_cell_finish_shared,
};
