/* cpu_kernels.h: the vectorised kernels, written once with GCC's vector types.
 *
 * Included by cpu_sse2.c, cpu_avx2.c and cpu_avx512.c, each compiled for its instruction set, which define
 * LT_LANES (floats in a vector), LT_TILE_ROWS, LT_TILE_VECTORS (the register tile of the matrix product),
 * LT_BACKEND_SYMBOL and LT_BACKEND_NAME. This is the one place where a header holds code: three tables from
 * one text. */
#include "model/backend/backend.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

typedef float vec __attribute__((vector_size(LT_LANES * 4)));
typedef float vec_unaligned __attribute__((vector_size(LT_LANES * 4), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(LT_LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LT_LANES * 4)));

enum { PANEL = LT_LANES * LT_TILE_VECTORS, DEPTH = 1024, ROWS = 24 * LT_TILE_ROWS };

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p)
{
    return *(const vec_unaligned *)p;
}
INLINE void store(float *p, vec v)
{
    *(vec_unaligned *)p = v;
}
INLINE vec splat(float x)
{
    return x - (vec){0};
}

/* The first n < LT_LANES lanes; the rest hold `fill`. Tails go through the same arithmetic as whole vectors.
 */
INLINE vec load_part(const float *p, size_t n, float fill)
{
    vec v = splat(fill);
    memcpy(&v, p, n * sizeof *p);
    return v;
}
INLINE void store_part(float *p, vec v, size_t n)
{
    memcpy(p, &v, n * sizeof *p);
}

/* The greater of two; b where either is not a number. */
INLINE vec vmax(vec a, vec b)
{
    ivec greater = a > b;
    return (vec)(((ivec)a & greater) | ((ivec)b & ~greater));
}

/* exp(x): 2^n times a polynomial in the rest (Cody & Waite 1980); relative error below 2e-7, 0 below -87,
 * clamped at 88; what is not a number stays none. */
INLINE vec vexp(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
    ivec under = x < -87.0f;
    x = -vmax(splat(-88.0f), -x);
    x = vmax(splat(-87.0f), x);
    vec scaled = x * 1.44269504088896341f + shift;
    vec n = scaled - shift;
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    ivec power = ((ivec)scaled << 23) + (127 << 23);
    return (vec)((ivec)(p * (vec)power) & ~under);
}

INLINE vec vsigmoid(vec x)
{
    return 1.0f / (1.0f + vexp(-x));
}
INLINE vec vtanh(vec x)
{
    return 1.0f - 2.0f / (1.0f + vexp(2.0f * x));
}

/* ---- matrix products ---- */

static size_t packed_size(size_t n, size_t k)
{
    return (n + PANEL - 1) / PANEL * PANEL * k * sizeof(float);
}

/* Panels of PANEL output columns, each k-major: packed[panel][j][column]; the last panel is filled up with
 * zeros. */
static void pack(void *packed, const float *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end)
{
    for (size_t first = begin; first < end; first += PANEL) {
        float *panel = (float *)packed + first * k;
        size_t columns = n - first < PANEL ? n - first : PANEL;
        if (columns < PANEL) memset(panel, 0, PANEL * k * sizeof *panel);
        if (transposed) {
            for (size_t j = 0; j < k; j++)
                memcpy(panel + j * PANEL, w + j * ldw + first, columns * sizeof *panel);
        } else {
            for (size_t j0 = 0; j0 < k; j0 += 16)
                for (size_t column = 0; column < columns; column++) {
                    const float *row = w + (first + column) * ldw;
                    size_t stop = k - j0 < 16 ? k : j0 + 16;
                    for (size_t j = j0; j < stop; j++) panel[j * PANEL + column] = row[j];
                }
        }
    }
}

/* A tile's sums to columns [at, at + LT_LANES) of its row of y, as far as there are so many. */
INLINE void store_sum(float *y, const float *bias, vec sum, size_t at, size_t columns, bool accumulate)
{
    if (at >= columns) return;
    size_t left = columns - at;
    if (left >= LT_LANES) {
        if (bias) sum += load(bias + at);
        if (accumulate) sum += load(y + at);
        store(y + at, sum);
    } else {
        if (bias) sum += load_part(bias + at, left, 0);
        if (accumulate) sum += load_part(y + at, left, 0);
        store_part(y + at, sum, left);
    }
}

/* One register tile: `rows` rows of y by one panel. Each sum runs over j in order in its own lane, so a row's
 * result does not depend on which rows are its neighbours. */
INLINE void tile(float *y, size_t ldy, const float *x, size_t ldx, const float *panel, const float *bias,
                 size_t depth, size_t columns, bool accumulate, const size_t rows)
{
    vec sum[LT_TILE_ROWS][LT_TILE_VECTORS];
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = (vec){0};
    for (size_t j = 0; j < depth; j++, panel += PANEL) {
        vec w[LT_TILE_VECTORS];
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) w[v] = load(panel + v * LT_LANES);
#pragma GCC unroll 16
        for (size_t r = 0; r < rows; r++) {
            vec a = splat(x[r * ldx + j]);
#pragma GCC unroll 4
            for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] += a * w[v];
        }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++)
            store_sum(y + r * ldy, bias, sum[r][v], v * LT_LANES, columns, accumulate);
}

static void gemm_block(float *y, size_t ldy, const float *x, size_t ldx, const float *panel,
                       const float *bias, size_t m, size_t depth, size_t columns, bool accumulate)
{
    size_t r = 0;
    for (; r + LT_TILE_ROWS <= m; r += LT_TILE_ROWS)
        tile(y + r * ldy, ldy, x + r * ldx, ldx, panel, bias, depth, columns, accumulate, LT_TILE_ROWS);
    y += r * ldy;
    x += r * ldx;
    switch (m - r) {
#if LT_TILE_ROWS > 4
    case 7:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 7);
        break;
    case 6:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 6);
        break;
    case 5:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 5);
        break;
    case 4:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 4);
        break;
#endif
    case 3:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 3);
        break;
    case 2:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 2);
        break;
    case 1:
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, 1);
        break;
    default:
        break;
    }
}

static void gemm(float *y, size_t ldy, const float *x, size_t ldx, const void *weight, const float *bias,
                 size_t m, size_t n, size_t k, bool accumulate)
{
    const float *packed = weight;
    for (size_t r = 0; r < m; r += ROWS)
        for (size_t j = 0; j < k; j += DEPTH) {
            size_t rows = m - r < ROWS ? m - r : ROWS, depth = k - j < DEPTH ? k - j : DEPTH;
            for (size_t first = 0; first < n; first += PANEL)
                gemm_block(y + r * ldy + first, ldy, x + r * ldx + j, ldx, packed + first * k + j * PANEL,
                           bias && j == 0 ? bias + first : NULL, rows, depth,
                           n - first < PANEL ? n - first : PANEL, accumulate || j > 0);
        }
}

static void gemm_tn(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                    size_t n, size_t k)
{
    if (m == 0) return;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)k, (int)m, 1, a, (int)lda, b, (int)ldb,
                1, c, (int)ldc);
}

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

#include "model/backend/cpu_bfloat16.h"

static const lt_packing float32 = {
    .name = "float32", .size = packed_size, .pack = pack, .grain = PANEL, .gemm = gemm, .gemm_tn = gemm_tn};

const lt_backend LT_BACKEND_SYMBOL = {
    .name = LT_BACKEND_NAME,
    .packing = {[LT_FLOAT32] = &float32, [LT_BFLOAT16] = &in_bfloat16},
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
    .sgd = sgd,
    .adagrad = adagrad,
    .adam = adam,
};
