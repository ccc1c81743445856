/* The gated recurrent unit as published, the reset gate before the recurrent product (Cho 2014, equations 5-8
 * with the update gate on the candidate).
 *
 *   r = sigmoid(W_r x + U_r h' + b_r)    z = sigmoid(W_z x + U_z h' + b_z)
 *   n = tanh(W_n x + U_n (r h') + b_n)   h = (1 - z) h' + z n
 *
 * Backward:
 *   dn = dh z (1 - n^2)      dz = dh (n - h') z (1 - z)      drh = dn U_n      dr = drh h' r (1 - r)
 *   dh' = dh (1 - z) + drh r + (dr, dz) U_rz */
#include "model/cell.h"

/* kept: r h', whose product with dn is U_n's gradient */
static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    const lt_backend *backend = weights->backend;
    if (!s->first)
        lt_linear_forward_ld(&cell->recurrent, weights, s->gates, width, s->h_prev, hidden, s->rows, true);
    for (size_t r = 0; r < s->rows; r++) {
        real *reset = s->gates + r * width, *kept = s->kept + r * hidden;
        const real *h_prev = s->h_prev + r * hidden;
        backend->sigmoid(reset, 2 * hidden);
        for (size_t j = 0; j < hidden; j++) kept[j] = reset[j] * h_prev[j];
    }
    if (!s->first)
        lt_linear_forward_ld(&cell->candidate, weights, s->gates + 2 * hidden, width, s->kept, hidden,
                             s->rows, true);
    for (size_t r = 0; r < s->rows; r++) {
        real *z = s->gates + r * width + hidden, *n = z + hidden, *h = s->h + r * hidden;
        const real *h_prev = s->h_prev + r * hidden;
        backend->tanh(n, hidden);
        for (size_t j = 0; j < hidden; j++) h[j] = (1 - z[j]) * h_prev[j] + z[j] * n[j];
    }
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    for (size_t r = 0; r < s->rows; r++) {
        real *pz = s->gates + r * width + hidden, *pn = pz + hidden, *dh = s->dh + r * hidden;
        const real *h_prev = s->h_prev + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real z = pz[j], n = pn[j], d = dh[j];
            pn[j] = d * z * (1 - n * n);
            pz[j] = d * (n - h_prev[j]) * z * (1 - z);
            dh[j] = d * (1 - z);
        }
    }
    /* with h' = 0 nothing of r matters: its gradient is dh' · 0 */
    if (!s->first)
        lt_linear_backward_input_ld(&cell->candidate, weights, s->dh_prev, hidden, s->gates + 2 * hidden,
                                    width, s->rows, false);
    for (size_t r = 0; r < s->rows; r++) {
        real *pr = s->gates + r * width, *dh = s->dh + r * hidden;
        const real *h_prev = s->h_prev + r * hidden, *drh = s->first ? NULL : s->dh_prev + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real reset = pr[j], d = drh ? drh[j] : 0;
            pr[j] = d * h_prev[j] * reset * (1 - reset);
            dh[j] += d * reset;
        }
    }
    if (s->first) return;
    lt_linear_backward_input_ld(&cell->recurrent, weights, s->dh_prev, hidden, s->gates, width, s->rows,
                                false);
    weights->backend->add(s->dh_prev, s->dh, s->rows * hidden);
}

static void finish(const lt_cell_weights *cell, const lt_weights *weights, real *gradients, const real *gates,
                   const real *kept, const real *h_prev, size_t total)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    lt_linear_backward_weight_ld(&cell->recurrent, weights, gradients, gates, width, h_prev, hidden, total);
    lt_linear_backward_weight_ld(&cell->candidate, weights, gradients, gates + 2 * hidden, width, kept,
                                 hidden, total);
}

const lt_cell lt_cell_gru = {
    .name = "gru",
    .gates = 3,
    .split = 2,
    .kept_hidden = 1,
    .forget_gate = -1,
    .forward = forward,
    .backward = backward,
    .finish = finish,
};
