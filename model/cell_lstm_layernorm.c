/* The LSTM with layer normalisation (Ba, Kiros & Hinton 2016, equations 20-22). LN(z) = (z - mean) / sqrt(var
 * + e) over a row.
 *
 *   sums = LN(W x) a_ih + LN(U h') a_hh + b      i, f, o = sigmoid(sums)    g = tanh(sums)
 *   c = f c' + i g                               h = o tanh(LN(c) a_c + s_c)
 *
 * Backward: as the LSTM's around the three normalisations, each of which brings a gradient d of LN(z) to
 *   dz = (d - mean(d) - LN(z) mean(d LN(z))) / sqrt(var + e) */
#include <math.h>
#include <string.h>

#include "model/cell.h"

static const real epsilon = (real)1e-5;

/* What a row keeps: LN(W x) (4H), LN(U h') (4H; after backward the gradient of U h'), LN(c) (H), tanh (H),
 * and 1 / sqrt(var + e) of the three. */
typedef struct row {
    real *x, *u, *c, *t, *scale;
} row;

static row kept_row(real *kept, size_t hidden, size_t r)
{
    real *x = kept + r * (10 * hidden + 3);
    return (row){x, x + 4 * hidden, x + 8 * hidden, x + 9 * hidden, x + 10 * hidden};
}

static real sum(const real *x, size_t n)
{
    real lanes[8] = {0};
    size_t j = 0;
    for (; j + 8 <= n; j += 8)
        for (size_t lane = 0; lane < 8; lane++) lanes[lane] += x[j + lane];
    for (; j < n; j++) lanes[0] += x[j];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* z (n) = LN(z); returns what it was multiplied with. */
static real normalise(const lt_backend *backend, real *z, size_t n)
{
    real mean = sum(z, n) / (real)n;
    for (size_t j = 0; j < n; j++) z[j] -= mean;
    real scale = 1 / (real)sqrt((double)(backend->dot(z, z, n) / (real)n + epsilon));
    for (size_t j = 0; j < n; j++) z[j] *= scale;
    return scale;
}

/* dz (n): in, the gradient of LN(z); out, of z. */
static void normalise_backward(const lt_backend *backend, real *dz, const real *normal, real scale, size_t n)
{
    real mean = sum(dz, n) / (real)n, along = backend->dot(dz, normal, n) / (real)n;
    for (size_t j = 0; j < n; j++) dz[j] = scale * (dz[j] - mean - normal[j] * along);
}

static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, n = 4 * hidden;
    const lt_backend *backend = weights->backend;
    const real *b = weights->values + cell->bias, *gain_x = weights->values + cell->tensors[0];
    const real *gain_u = weights->values + cell->tensors[1], *gain_c = weights->values + cell->tensors[2];
    if (!s->first)
        lt_linear_forward_ld(&cell->recurrent, weights, s->kept + n, 10 * hidden + 3, s->h_prev, hidden,
                             s->rows, false);
    for (size_t r = 0; r < s->rows; r++) {
        row k = kept_row(s->kept, hidden, r);
        real *gates = s->gates + r * n, *f = gates + hidden, *g = f + hidden, *o = g + hidden;
        real *c = s->c + r * hidden;
        const real *c_prev = s->c_prev + r * hidden;
        if (s->first) memset(k.u, 0, n * sizeof *k.u);
        memcpy(k.x, gates, n * sizeof *k.x);
        k.scale[0] = normalise(backend, k.x, n);
        k.scale[1] = normalise(backend, k.u, n);
        for (size_t j = 0; j < n; j++) gates[j] = k.x[j] * gain_x[j] + k.u[j] * gain_u[j] + b[j];
        backend->sigmoid(gates, 2 * hidden);
        backend->tanh(g, hidden);
        backend->sigmoid(o, hidden);
        for (size_t j = 0; j < hidden; j++) c[j] = f[j] * c_prev[j] + gates[j] * g[j];
        memcpy(k.c, c, hidden * sizeof *c);
        k.scale[2] = normalise(backend, k.c, hidden);
        for (size_t j = 0; j < hidden; j++) k.t[j] = k.c[j] * gain_c[j] + gain_c[hidden + j];
        backend->tanh(k.t, hidden);
        for (size_t j = 0; j < hidden; j++) s->h[r * hidden + j] = o[j] * k.t[j];
    }
}

/* d (H): in, the gradient of tanh's argument; out, that of c through its normalisation. */
static void shifted_backward(const lt_backend *backend, const row *k, const real *gain, real *dgain, real *d,
                             size_t hidden)
{
    for (size_t j = 0; j < hidden; j++) {
        dgain[j] += d[j] * k->c[j];
        dgain[hidden + j] += d[j];
        d[j] *= gain[j];
    }
    normalise_backward(backend, d, k->c, k->scale[2], hidden);
}

/* da (4H), the gradient of the sums: in; out, of W x. That of U h' takes the place of LN(U h'). */
static void sums_backward(const lt_cell_weights *cell, const lt_weights *weights, real *gradients,
                          const row *k, real *da)
{
    const size_t n = 4 * cell->hidden;
    const real *gain_x = weights->values + cell->tensors[0], *gain_u = weights->values + cell->tensors[1];
    real *db = gradients + cell->bias, *dgain_x = gradients + cell->tensors[0];
    real *dgain_u = gradients + cell->tensors[1], mean = 0, along = 0;
    for (size_t j = 0; j < n; j++) {
        real d = da[j] * gain_u[j];
        db[j] += da[j];
        dgain_x[j] += da[j] * k->x[j];
        dgain_u[j] += da[j] * k->u[j];
        mean += d;
        along += d * k->u[j];
    }
    mean /= (real)n;
    along /= (real)n;
    for (size_t j = 0; j < n; j++) {
        k->u[j] = k->scale[1] * (da[j] * gain_u[j] - mean - k->u[j] * along);
        da[j] *= gain_x[j];
    }
    normalise_backward(weights->backend, da, k->x, k->scale[0], n);
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t hidden = cell->hidden, n = 4 * hidden;
    const real *gain_c = weights->values + cell->tensors[2];
    for (size_t r = 0; r < s->rows; r++) {
        row k = kept_row(s->kept, hidden, r);
        real *pi = s->gates + r * n, *pf = pi + hidden, *pg = pf + hidden, *po = pg + hidden;
        real *dh = s->dh + r * hidden, *dc = s->dc + r * hidden;
        const real *c_prev = s->c_prev + r * hidden;
        for (size_t j = 0; j < hidden; j++) {
            real o = po[j], t = k.t[j];
            po[j] = dh[j] * t * o * (1 - o);
            dh[j] *= o * (1 - t * t);
        }
        shifted_backward(weights->backend, &k, gain_c, s->gradients + cell->tensors[2], dh, hidden);
        for (size_t j = 0; j < hidden; j++) {
            real i = pi[j], f = pf[j], g = pg[j], d = dc[j] + dh[j];
            pi[j] = d * g * i * (1 - i);
            pf[j] = d * c_prev[j] * f * (1 - f);
            pg[j] = d * i * (1 - g * g);
            dc[j] = d * f;
        }
        sums_backward(cell, weights, s->gradients, &k, pi);
    }
    if (!s->first)
        lt_linear_backward_input_ld(&cell->recurrent, weights, s->dh_prev, hidden, s->kept + n,
                                    10 * hidden + 3, s->rows, false);
}

static void finish(const lt_cell_weights *cell, const lt_weights *weights, real *gradients, const real *gates,
                   const real *kept, const real *h_prev, size_t total)
{
    (void)gates;
    lt_linear_backward_weight_ld(&cell->recurrent, weights, gradients, kept + 4 * cell->hidden,
                                 10 * cell->hidden + 3, h_prev, cell->hidden, total);
}

const lt_cell lt_cell_lstm_layernorm = {
    .name = "lstm_layernorm",
    .gates = 4,
    .split = 4,
    .kept_hidden = 10,
    .kept_scalar = 3,
    .has_c = true,
    .adds_bias = true,
    .forget_gate = 1,
    .tensors = {{.name = "layernorm_ih", .rows = 4, .start = {1, 1}},
                {.name = "layernorm_hh", .rows = 4, .start = {1, 1}},
                {.name = "layernorm_c", .rows = 2, .matrix = true, .start = {1, 0}}},
    .forward = forward,
    .backward = backward,
    .finish = finish,
};
