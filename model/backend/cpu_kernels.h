/* cpu_kernels.h: the vectorised kernels, written once with GCC's vector types.
 *
 * Included by cpu_sse2.c, cpu_avx2.c and cpu_avx512.c, each compiled for its instruction set, which define
 * LT_LANES (floats in a vector), LT_TILE_ROWS, LT_TILE_VECTORS (the register tile of the matrix product),
 * LT_INT8_PACKING, LT_BACKEND_SYMBOL and LT_BACKEND_NAME. This is the one place where a header holds code:
 * three tables from one text. */
#include "model/backend/int8.h"

#include <math.h>
#include <string.h>

#include "model/backend/cpu_vectors.h" /* first */

#include "model/backend/cpu_products.h"

#include "model/backend/cpu_bfloat16.h"

static void sum_rows(float *c, const float *a, size_t lda, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++) c[i] += a[r * lda + i];
}

/* ---- LSTM ---- */

INLINE void lstm_forward_lanes(vec *i, vec *f, vec *g, vec *o, vec c_prev, vec *c, vec *t, vec *h)
{
    *i = vsigmoid(*i);
    *f = vsigmoid(*f);
    *g = vtanh(*g);
    *o = vsigmoid(*o);
    *c = *f * c_prev + *i * *g;
    *t = vtanh(*c);
    *h = *o * *t;
}

static void lstm_forward(float *gates, float *c, float *tanh_c, float *h, const float *c_prev, size_t rows,
                         size_t hidden)
{
    for (size_t r = 0; r < rows;
         r++, gates += 4 * hidden, c += hidden, tanh_c += hidden, h += hidden, c_prev += hidden)
        for (size_t j = 0; j < hidden; j += LT_LANES) {
            vec gate[4], cell, tangent, out;
            size_t left = hidden - j;
            bool whole = left >= LT_LANES;
            for (size_t q = 0; q < 4; q++) {
                const float *p = gates + q * hidden + j;
                gate[q] = whole ? load(p) : load_part(p, left, 0);
            }
            vec before = whole ? load(c_prev + j) : load_part(c_prev + j, left, 0);
            lstm_forward_lanes(&gate[0], &gate[1], &gate[2], &gate[3], before, &cell, &tangent, &out);
            if (!whole) {
                for (size_t q = 0; q < 4; q++) store_part(gates + q * hidden + j, gate[q], left);
                store_part(c + j, cell, left);
                store_part(tanh_c + j, tangent, left);
                store_part(h + j, out, left);
                continue;
            }
            for (size_t q = 0; q < 4; q++) store(gates + q * hidden + j, gate[q]);
            store(c + j, cell);
            store(tanh_c + j, tangent);
            store(h + j, out);
        }
}

static void lstm_backward(float *gates, float *dc, const float *dh, const float *tanh_c, const float *c_prev,
                          size_t rows, size_t hidden)
{
    for (size_t r = 0; r < rows;
         r++, gates += 4 * hidden, dc += hidden, dh += hidden, tanh_c += hidden, c_prev += hidden) {
        float *restrict pi = gates, *restrict pf = pi + hidden, *restrict pg = pf + hidden,
                        *restrict po = pg + hidden;
        float *restrict d_c = dc;
        const float *restrict d_h = dh, *restrict tangent = tanh_c, *restrict before = c_prev;
        for (size_t j = 0; j < hidden; j++) {
            float i = pi[j], f = pf[j], g = pg[j], o = po[j], t = tangent[j];
            float d = d_c[j] + d_h[j] * o * (1 - t * t);
            po[j] = d_h[j] * t * o * (1 - o);
            pi[j] = d * g * i * (1 - i);
            pf[j] = d * before[j] * f * (1 - f);
            pg[j] = d * i * (1 - g * g);
            d_c[j] = d * f;
        }
    }
}

/* ---- the output layer ---- */

static float row_log_sum_exp(const float *row, size_t n)
{
    vec highest = splat(row[0]), sum = {0};
    size_t v = 0, whole = n / LT_LANES * LT_LANES;
    for (; v < whole; v += LT_LANES) highest = vmax(load(row + v), highest);
    if (v < n) highest = vmax(load_part(row + v, n - v, row[0]), highest);
    float top = highest[0], total = 0;
    for (size_t lane = 1; lane < LT_LANES; lane++)
        if (highest[lane] > top) top = highest[lane];
    for (v = 0; v < whole; v += LT_LANES) sum += vexp(load(row + v) - top);
    if (v < n) sum += vexp(load_part(row + v, n - v, -INFINITY) - top);
    for (size_t lane = 0; lane < LT_LANES; lane++) total += sum[lane];
    return top + logf(total);
}

static void log_sum_exp(float *out, const float *logits, size_t ld, size_t rows, size_t vocabulary)
{
    for (size_t r = 0; r < rows; r++) out[r] = row_log_sum_exp(logits + r * ld, vocabulary);
}

static void softmax_loss(float *logits, float *loss, float *nll, const int32_t *targets, float smoothing,
                         size_t ld, size_t rows, size_t vocabulary)
{
    const float share = smoothing / (float)vocabulary;
    for (size_t r = 0; r < rows; r++, logits += ld) {
        float lse = row_log_sum_exp(logits, vocabulary), target = logits[targets[r]], mean = 0;
        vec sum = {0};
        size_t v = 0;
        for (; v + LT_LANES <= vocabulary; v += LT_LANES) {
            vec x = load(logits + v);
            sum += x;
            store(logits + v, vexp(x - lse) - share);
        }
        if (v < vocabulary) {
            vec x = load_part(logits + v, vocabulary - v, 0);
            sum += x;
            store_part(logits + v, vexp(x - lse) - share, vocabulary - v);
        }
        for (size_t lane = 0; lane < LT_LANES; lane++) mean += sum[lane];
        mean /= (float)vocabulary;
        nll[r] = lse - target;
        loss[r] = (1 - smoothing) * nll[r] + smoothing * (lse - mean);
        logits[targets[r]] -= 1 - smoothing;
    }
}

/* ---- elementwise ---- */

static void add(float *restrict y, const float *restrict x, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] += x[j];
}

static void axpy(float *restrict y, float a, const float *restrict x, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] += a * x[j];
}

static float dot(const float *x, const float *y, size_t n)
{
    vec sum = {0};
    float total = 0;
    size_t j = 0;
    for (; j + LT_LANES <= n; j += LT_LANES) sum += load(x + j) * load(y + j);
    if (j < n) sum += load_part(x + j, n - j, 0) * load_part(y + j, n - j, 0);
    for (size_t lane = 0; lane < LT_LANES; lane++) total += sum[lane];
    return total;
}

static void sigmoids(float *y, size_t n)
{
    size_t j = 0;
    for (; j + LT_LANES <= n; j += LT_LANES) store(y + j, vsigmoid(load(y + j)));
    if (j < n) store_part(y + j, vsigmoid(load_part(y + j, n - j, 0)), n - j);
}

static void tangents(float *y, size_t n)
{
    size_t j = 0;
    for (; j + LT_LANES <= n; j += LT_LANES) store(y + j, vtanh(load(y + j)));
    if (j < n) store_part(y + j, vtanh(load_part(y + j, n - j, 0)), n - j);
}

static void softmax(float *y, size_t n)
{
    const float lse = row_log_sum_exp(y, n);
    size_t j = 0;
    for (; j + LT_LANES <= n; j += LT_LANES) store(y + j, vexp(load(y + j) - lse));
    if (j < n) store_part(y + j, vexp(load_part(y + j, n - j, 0) - lse), n - j);
}

static void dropout(float *y, const float *x, const uint64_t *keys, double p, size_t rows, size_t n)
{
    const uint32_t threshold = (uint32_t)(p * 4294967296.0);
    const float keep = (float)(1 / (1 - p));
    for (size_t r = 0; r < rows; r++) {
        const uint64_t key = keys[r];
#pragma GCC ivdep
        for (size_t j = 0; j < n; j++)
            y[r * n + j] = x[r * n + j] * (lt_dropout_bits(key, j) >= threshold ? keep : 0.0f);
    }
}

static double add_and_square(float *a, float *b, size_t n)
{
    double sum[8] = {0};
    size_t j = 0;
    for (; j + 8 <= n; j += 8)
        for (size_t lane = 0; lane < 8; lane++) {
            float s = a[j + lane];
            if (b) s += b[j + lane], b[j + lane] = 0, a[j + lane] = s;
            sum[lane] += (double)s * (double)s;
        }
    for (; j < n; j++) {
        if (b) a[j] += b[j], b[j] = 0;
        sum[0] += (double)a[j] * (double)a[j];
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void average(float *restrict a, const float *restrict w, float rate, size_t n)
{
    for (size_t j = 0; j < n; j++) a[j] += rate * (w[j] - a[j]);
}

static void sgd(float *restrict w, float *restrict g, float *restrict m, float scale, float rate,
                float momentum, float decay, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        m[j] = momentum * m[j] + scale * g[j] + decay * w[j];
        w[j] -= rate * m[j];
        g[j] = 0;
    }
}

static void adagrad(float *restrict w, float *restrict g, float *restrict v, float scale, float rate,
                    float epsilon, float decay, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        float d = scale * g[j] + decay * w[j];
        v[j] += d * d;
        w[j] -= rate * d / (sqrtf(v[j]) + epsilon);
        g[j] = 0;
    }
}

static void adam(float *restrict w, float *restrict g, float *restrict m, float *restrict v, float scale,
                 float rate, float beta1, float beta2, float epsilon, float decay, float shrink, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        float d = scale * g[j] + decay * w[j];
        m[j] = beta1 * m[j] + (1 - beta1) * d;
        v[j] = beta2 * v[j] + (1 - beta2) * d * d;
        w[j] = shrink * w[j] - rate * m[j] / (sqrtf(v[j]) + epsilon);
        g[j] = 0;
    }
}

const lt_backend LT_BACKEND_SYMBOL = {
    .name = LT_BACKEND_NAME,
    .packing = {[LT_FLOAT32] = &float32, [LT_BFLOAT16] = &in_bfloat16, [LT_INT8] = &LT_INT8_PACKING},
    .sum_rows = sum_rows,
    .lstm_forward = lstm_forward,
    .lstm_backward = lstm_backward,
    .log_sum_exp = log_sum_exp,
    .softmax_loss = softmax_loss,
    .add = add,
    .axpy = axpy,
    .dot = dot,
    .sigmoid = sigmoids,
    .tanh = tangents,
    .softmax = softmax,
    .dropout = dropout,
    .add_and_square = add_and_square,
    .average = average,
    .sgd = sgd,
    .adagrad = adagrad,
    .adam = adam,
};
