/* The LSTM whose gates see the cell (Gers & Schmidhuber 2000); the peephole weights p_i, p_f, p_o are
 * diagonal.
 *
 *   i = sigmoid(W_i x + U_i h' + p_i c' + b_i)   f = sigmoid(W_f x + U_f h' + p_f c' + b_f)
 *   g = tanh   (W_g x + U_g h' + b_g)            c = f c' + i g
 *   o = sigmoid(W_o x + U_o h' + p_o c + b_o)    h = o tanh(c)
 *
 * Backward, with dc that of c from the later step:
 *   do = dh tanh(c) o (1 - o)      dc += dh o (1 - tanh(c)^2) + do p_o
 *   di = dc g i (1 - i)            df = dc c' f (1 - f)          dg = dc i (1 - g^2)
 *   dc' = dc f + di p_i + df p_f
 *   dp_i += di c'                  dp_f += df c'                 dp_o += do c */
#include <string.h>

#include "model/cell.h"

/* kept: a row of tanh(c), then one of c */
static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden;
    const lt_backend *backend = weights->backend;
    const real *p_i = weights->values + cell->tensors[0], *p_f = p_i + hidden, *p_o = p_f + hidden;
    if (!s->first) lt_linear_forward(&cell->recurrent, weights, s->gates, s->h_prev, s->rows, true);
    for (size_t r = 0; r < s->rows; r++) {
        real *i = s->gates + r * 4 * hidden, *f = i + hidden, *g = f + hidden, *o = g + hidden;
        real *t = s->kept + r * 2 * hidden, *c_kept = t + hidden, *c = s->c + r * hidden;
        const real *c_prev = s->c_prev + r * hidden;
        for (size_t j = 0; j < hidden; j++) i[j] += p_i[j] * c_prev[j];
        for (size_t j = 0; j < hidden; j++) f[j] += p_f[j] * c_prev[j];
        backend->sigmoid(i, 2 * hidden);
        backend->tanh(g, hidden);
        for (size_t j = 0; j < hidden; j++) c_kept[j] = f[j] * c_prev[j] + i[j] * g[j];
        for (size_t j = 0; j < hidden; j++) o[j] += p_o[j] * c_kept[j];
        backend->sigmoid(o, hidden);
        memcpy(c, c_kept, hidden * sizeof *c);
        memcpy(t, c_kept, hidden * sizeof *t);
        backend->tanh(t, hidden);
        for (size_t j = 0; j < hidden; j++) s->h[r * hidden + j] = o[j] * t[j];
    }
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden;
    const real *p_i = weights->values + cell->tensors[0], *p_f = p_i + hidden, *p_o = p_f + hidden;
    real *dp_i = s->gradients + cell->tensors[0], *dp_f = dp_i + hidden, *dp_o = dp_f + hidden;
    for (size_t r = 0; r < s->rows; r++) {
        real *pi = s->gates + r * 4 * hidden, *pf = pi + hidden, *pg = pf + hidden, *po = pg + hidden;
        const real *t = s->kept + r * 2 * hidden, *c = t + hidden;
        const real *c_prev = s->c_prev + r * hidden, *dh = s->dh + r * hidden;
        real *dc = s->dc + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real i = pi[j], f = pf[j], g = pg[j], o = po[j];
            real d_o = dh[j] * t[j] * o * (1 - o);
            real d = dc[j] + dh[j] * o * (1 - t[j] * t[j]) + d_o * p_o[j];
            real d_i = d * g * i * (1 - i), d_f = d * c_prev[j] * f * (1 - f);
            pi[j] = d_i;
            pf[j] = d_f;
            pg[j] = d * i * (1 - g * g);
            po[j] = d_o;
            dc[j] = d * f + d_i * p_i[j] + d_f * p_f[j];
            dp_i[j] += d_i * c_prev[j];
            dp_f[j] += d_f * c_prev[j];
            dp_o[j] += d_o * c[j];
        }
    }
    if (!s->first) lt_linear_backward_input(&cell->recurrent, weights, s->dh_prev, s->gates, s->rows, false);
}

const lt_cell lt_cell_lstm_peephole = {
    .name = "lstm_peephole",
    .gates = 4,
    .split = 4,
    .kept_hidden = 2,
    .has_c = true,
    .forget_gate = 1,
    .tensors = {{.name = "peephole", .rows = 3, .matrix = true}},
    .forward = forward,
    .backward = backward,
    .finish = lt_cell_finish_shared,
};
