/* ref.c: the oracle. Plain loops that say what each kernel means. */
#include "model/backend/bfloat16.h"
#include "model/backend/int8.h"

#include <math.h>
#include <string.h>

static size_t packed_size(size_t n, size_t k)
{
    return n * k * sizeof(real);
}

static void pack(void *to, const real *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end)
{
    real *packed = to;
    (void)n;
    for (size_t i = begin; i < end; i++)
        for (size_t j = 0; j < k; j++) packed[i * k + j] = transposed ? w[j * ldw + i] : w[i * ldw + j];
}

static void gather(void *to, const void *from, const int32_t *columns, size_t count, size_t n, size_t k)
{
    (void)n;
    const real *packed = from;
    for (size_t i = 0; i < count; i++)
        memcpy((real *)to + i * k, packed + (size_t)columns[i] * k, k * sizeof *packed);
}

static void gemm(real *y, size_t ldy, const real *x, size_t ldx, const void *weight, const real *bias,
                 size_t m, size_t n, size_t k, bool accumulate)
{
    const real *packed = weight;
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++) {
            real sum = 0;
            for (size_t j = 0; j < k; j++) sum += x[r * ldx + j] * packed[i * k + j];
            if (bias) sum += bias[i];
            y[r * ldy + i] = accumulate ? y[r * ldy + i] + sum : sum;
        }
}

static void gemm_tn(real *c, size_t ldc, const real *a, size_t lda, const real *b, size_t ldb, size_t m,
                    size_t n, size_t k)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < k; j++) c[i * ldc + j] += a[r * lda + i] * b[r * ldb + j];
}

static real rounded(real x)
{
    return (real)lt_bfloat16_value(lt_bfloat16_of((float)x));
}

static void pack_rounded(void *to, const real *w, size_t ldw, bool transposed, size_t n, size_t k,
                         size_t begin, size_t end)
{
    real *packed = to;
    pack(packed, w, ldw, transposed, n, k, begin, end);
    for (size_t at = begin * k; at < end * k; at++) packed[at] = rounded(packed[at]);
}

static void gemm_rounded(real *y, size_t ldy, const real *x, size_t ldx, const void *weight, const real *bias,
                         size_t m, size_t n, size_t k, bool accumulate)
{
    const real *packed = weight;
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++) {
            real sum = 0;
            for (size_t j = 0; j < k; j++) sum += rounded(x[r * ldx + j]) * packed[i * k + j];
            if (bias) sum += bias[i];
            y[r * ldy + i] = accumulate ? y[r * ldy + i] + sum : sum;
        }
}

static void gemm_tn_rounded(real *c, size_t ldc, const real *a, size_t lda, const real *b, size_t ldb,
                            size_t m, size_t n, size_t k)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < k; j++)
                c[i * ldc + j] += rounded(a[r * lda + i]) * rounded(b[r * ldb + j]);
}

static void sum_rows(real *c, const real *a, size_t lda, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++)
        for (size_t i = 0; i < n; i++) c[i] += a[r * lda + i];
}

static real sigmoid(real x)
{
    return 1 / (1 + (real)exp(-(double)x));
}
static real hyperbolic_tangent(real x)
{
    return (real)tanh((double)x);
}

static void lstm_forward(real *gates, real *c, real *tanh_c, real *h, const real *c_prev, size_t rows,
                         size_t hidden)
{
    for (size_t r = 0; r < rows; r++, gates += 4 * hidden)
        for (size_t j = 0, at = r * hidden; j < hidden; j++, at++) {
            real *i = gates + j, *f = i + hidden, *g = f + hidden, *o = g + hidden;
            *i = sigmoid(*i);
            *f = sigmoid(*f);
            *g = hyperbolic_tangent(*g);
            *o = sigmoid(*o);
            c[at] = *f * c_prev[at] + *i * *g;
            tanh_c[at] = hyperbolic_tangent(c[at]);
            h[at] = *o * tanh_c[at];
        }
}

static void lstm_backward(real *gates, real *dc, const real *dh, const real *tanh_c, const real *c_prev,
                          size_t rows, size_t hidden)
{
    for (size_t r = 0; r < rows; r++, gates += 4 * hidden)
        for (size_t j = 0, at = r * hidden; j < hidden; j++, at++) {
            real *pi = gates + j, *pf = pi + hidden, *pg = pf + hidden, *po = pg + hidden;
            real i = *pi, f = *pf, g = *pg, o = *po, t = tanh_c[at];
            real d = dc[at] + dh[at] * o * (1 - t * t);
            *po = dh[at] * t * o * (1 - o);
            *pi = d * g * i * (1 - i);
            *pf = d * c_prev[at] * f * (1 - f);
            *pg = d * i * (1 - g * g);
            dc[at] = d * f;
        }
}

static void log_sum_exp(real *out, const real *logits, size_t ld, size_t rows, size_t vocabulary)
{
    for (size_t r = 0; r < rows; r++, logits += ld) {
        real highest = logits[0], sum = 0;
        for (size_t v = 1; v < vocabulary; v++)
            if (logits[v] > highest) highest = logits[v];
        for (size_t v = 0; v < vocabulary; v++) sum += (real)exp((double)(logits[v] - highest));
        out[r] = highest + (real)log((double)sum);
    }
}

static void softmax_loss(real *logits, real *loss, real *nll, const int32_t *targets, real smoothing,
                         size_t ld, size_t rows, size_t vocabulary)
{
    for (size_t r = 0; r < rows; r++, logits += ld) {
        real lse, mean = 0, share = smoothing / (real)vocabulary;
        log_sum_exp(&lse, logits, ld, 1, vocabulary);
        for (size_t v = 0; v < vocabulary; v++) mean += logits[v];
        mean /= (real)vocabulary;
        nll[r] = lse - logits[targets[r]];
        loss[r] = (1 - smoothing) * nll[r] + smoothing * (lse - mean);
        for (size_t v = 0; v < vocabulary; v++) logits[v] = (real)exp((double)(logits[v] - lse)) - share;
        logits[targets[r]] -= 1 - smoothing;
    }
}

static void add(real *y, const real *x, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] += x[j];
}

static void axpy(real *y, real a, const real *x, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] += a * x[j];
}

static real dot(const real *x, const real *y, size_t n)
{
    real sum = 0;
    for (size_t j = 0; j < n; j++) sum += x[j] * y[j];
    return sum;
}

static void sigmoids(real *y, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] = sigmoid(y[j]);
}

static void tangents(real *y, size_t n)
{
    for (size_t j = 0; j < n; j++) y[j] = hyperbolic_tangent(y[j]);
}

static void softmax(real *y, size_t n)
{
    real lse;
    log_sum_exp(&lse, y, n, 1, n);
    for (size_t j = 0; j < n; j++) y[j] = (real)exp((double)(y[j] - lse));
}

static void dropout(real *y, const real *x, const uint64_t *keys, double p, size_t rows, size_t n)
{
    uint32_t threshold = (uint32_t)(p * 4294967296.0);
    real keep = (real)(1 / (1 - p));
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            y[r * n + j] = lt_dropout_bits(keys[r], j) >= threshold ? x[r * n + j] * keep : 0;
}

static double add_and_square(real *a, real *b, size_t n)
{
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        if (b) a[j] += b[j], b[j] = 0;
        sum += (double)a[j] * (double)a[j];
    }
    return sum;
}

static void average(real *a, const real *w, real rate, size_t n)
{
    for (size_t j = 0; j < n; j++) a[j] += rate * (w[j] - a[j]);
}

static void sgd(real *w, real *g, real *m, real scale, real rate, real momentum, real decay, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        m[j] = momentum * m[j] + scale * g[j] + decay * w[j];
        w[j] -= rate * m[j];
        g[j] = 0;
    }
}

static void adagrad(real *w, real *g, real *v, real scale, real rate, real epsilon, real decay, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        real d = scale * g[j] + decay * w[j];
        v[j] += d * d;
        w[j] -= rate * d / ((real)sqrt((double)v[j]) + epsilon);
        g[j] = 0;
    }
}

static void adam(real *w, real *g, real *m, real *v, real scale, real rate, real beta1, real beta2,
                 real epsilon, real decay, real shrink, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        real d = scale * g[j] + decay * w[j];
        m[j] = beta1 * m[j] + (1 - beta1) * d;
        v[j] = beta2 * v[j] + (1 - beta2) * d * d;
        w[j] = shrink * w[j] - rate * m[j] / ((real)sqrt((double)v[j]) + epsilon);
        g[j] = 0;
    }
}

static const lt_packing float32 = {.name = "float32",
                                   .size = packed_size,
                                   .pack = pack,
                                   .grain = 1,
                                   .gather = gather,
                                   .gemm = gemm,
                                   .gemm_tn = gemm_tn};

static const lt_packing in_bfloat16 = {.name = "bfloat16",
                                       .emulated = true,
                                       .size = packed_size,
                                       .pack = pack_rounded,
                                       .grain = 1,
                                       .gather = gather,
                                       .gemm = gemm_rounded,
                                       .gemm_tn = gemm_tn_rounded};

const lt_backend lt_backend_ref = {
    .name = "ref",
    .packing = {[LT_FLOAT32] = &float32, [LT_BFLOAT16] = &in_bfloat16, [LT_INT8] = &lt_int8_ref},
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
