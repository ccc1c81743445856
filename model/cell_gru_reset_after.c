/* The gated recurrent unit with the reset gate after the recurrent product, as in cuDNN and torch.nn.GRU,
 * whose update gate keeps the old state.
 *
 *   a = U h' + b_hh
 *   r = sigmoid(W_r x + b_r + a_r)    z = sigmoid(W_z x + b_z + a_z)    n = tanh(W_n x + b_n + r a_n)
 *   h = (1 - z) n + z h'
 *
 * Backward:
 *   dn = dh (1 - z) (1 - n^2)    dz = dh (h' - n) z (1 - z)    dr = dn a_n r (1 - r)    da = (dr, dz, dn r)
 *   dh' = dh z + da U */
#include "model/cell.h"

/* kept: a_n; after backward its gradient */
static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    const lt_backend *backend = weights->backend;
    const real *b = weights->values + cell->tensors[0];
    for (size_t r = 0; r < s->rows; r++) {
        backend->add(s->gates + r * width, b, 2 * hidden);
        for (size_t j = 0; j < hidden; j++) s->kept[r * hidden + j] = b[2 * hidden + j];
    }
    if (!s->first) {
        lt_linear_forward_ld(&cell->recurrent, weights, s->gates, width, s->h_prev, hidden, s->rows, true);
        lt_linear_forward(&cell->candidate, weights, s->kept, s->h_prev, s->rows, true);
    }
    for (size_t r = 0; r < s->rows; r++) {
        real *reset = s->gates + r * width, *z = reset + hidden, *n = z + hidden, *h = s->h + r * hidden;
        const real *a = s->kept + r * hidden, *h_prev = s->h_prev + r * hidden;
        backend->sigmoid(reset, 2 * hidden);
        for (size_t j = 0; j < hidden; j++) n[j] += reset[j] * a[j];
        backend->tanh(n, hidden);
        for (size_t j = 0; j < hidden; j++) h[j] = (1 - z[j]) * n[j] + z[j] * h_prev[j];
    }
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    for (size_t r = 0; r < s->rows; r++) {
        real *pr = s->gates + r * width, *pz = pr + hidden, *pn = pz + hidden;
        real *a = s->kept + r * hidden, *dh = s->dh + r * hidden;
        const real *h_prev = s->h_prev + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real reset = pr[j], z = pz[j], n = pn[j], d = dh[j], dn = d * (1 - z) * (1 - n * n);
            pn[j] = dn;
            pz[j] = d * (h_prev[j] - n) * z * (1 - z);
            pr[j] = dn * a[j] * reset * (1 - reset);
            a[j] = dn * reset;
            dh[j] = d * z;
        }
    }
    if (s->first) return;
    lt_linear_backward_input_ld(&cell->recurrent, weights, s->dh_prev, hidden, s->gates, width, s->rows,
                                false);
    lt_linear_backward_input(&cell->candidate, weights, s->dh_prev, s->kept, s->rows, true);
    weights->backend->add(s->dh_prev, s->dh, s->rows * hidden);
}

static void finish(const lt_cell_weights *cell, const lt_weights *weights, real *gradients, const real *gates,
                   const real *kept, const real *h_prev, size_t total)
{
    const size_t hidden = cell->hidden, width = 3 * hidden;
    real *db = gradients + cell->tensors[0];
    lt_linear_backward_weight_ld(&cell->recurrent, weights, gradients, gates, width, h_prev, hidden, total);
    lt_linear_backward_weight(&cell->candidate, weights, gradients, kept, h_prev, total);
    weights->backend->sum_rows(db, gates, width, total, 2 * hidden);
    weights->backend->sum_rows(db + 2 * hidden, kept, hidden, total, hidden);
}

const lt_cell lt_cell_gru_reset_after = {
    .name = "gru_reset_after",
    .gates = 3,
    .split = 2,
    .kept_hidden = 1,
    .forget_gate = -1,
    .tensors = {{.name = "bias_hh", .rows = 3}},
    .forward = forward,
    .backward = backward,
    .finish = finish,
};
