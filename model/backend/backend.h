/* backend.h: the kernels the network is made of, as one const table.
 *
 * ref.c has plain loops (the oracle, in float or double); cpu.c has OpenBLAS and vectorised kernels. Every
 * backend passes the same tests (tests/model/test_backend.c). Kernels are single-threaded: the caller's
 * workers split the work.
 *
 * Rows are independent: whatever a kernel computes for one row of its input depends on that row alone, to the
 * last bit, however many other rows there are and wherever it stands among them. That is what makes a
 * translation the same in every batch. Only gemm_tn, which sums over rows for weight gradients, is free of
 * this rule.
 *
 * Matrices are row-major; `ld` is the distance between rows in reals. Outputs never alias inputs unless said.
 */
#ifndef LT_BACKEND_H
#define LT_BACKEND_H

#include "model/model.h"

/* Matrix products in one precision, with weights that are laid out once for many of them. Whatever the
 * precision of the operands: x, bias and y are reals, and sums are taken in float or wider. */
typedef struct lt_packing {
    const char *name; /* as in lt_precision_names */
    bool emulated;    /* float32's arithmetic on rounded operands: no faster than that */
    /* Bytes that hold a laid-out (n, k) weight; it begins at a multiple of 64. */
    size_t (*size)(size_t n, size_t k);
    /* packed <- w (n, k), or, `transposed`, <- w^T with w (k, n). Only output columns [begin, end) of n, both
     * multiples of `grain` (or end == n), so that workers can share the work. */
    void (*pack)(void *packed, const real *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end);
    size_t grain;
    /* The same from numbers that were quantised before: row i of W is scale[i] q[i * ldq], ... NULL: this
     * precision has no such thing. */
    void (*lay_out)(void *packed, const int8_t *q, size_t ldq, const real *scale, size_t n, size_t k,
                    size_t begin, size_t end);
    /* to (count, k) <- the output columns columns[0], columns[1], ... of `packed` (n, k): what pack() would
     * make of these rows of w alone. */
    void (*gather)(void *to, const void *packed, const int32_t *columns, size_t count, size_t n, size_t k);
    /* y (m, n) = x (m, k) w^T + bias (n, or NULL), plus what y held if `accumulate`. */
    void (*gemm)(real *y, size_t ldy, const real *x, size_t ldx, const void *packed, const real *bias,
                 size_t m, size_t n, size_t k, bool accumulate);
    /* c (n, k) += a^T b, a (m, n), b (m, k): weight gradients. NULL: nothing learns in this precision. */
    void (*gemm_tn)(real *c, size_t ldc, const real *a, size_t lda, const real *b, size_t ldb, size_t m,
                    size_t n, size_t k);
} lt_packing;

typedef struct lt_backend {
    const char *name;

    const lt_packing *packing[LT_PRECISIONS]; /* by LT_FLOAT32 ...; NULL: not in this precision */

    /* ---- sums over rows ---- */

    /* c (n) += the sum of a's rows, a (m, n). */
    void (*sum_rows)(real *c, const real *a, size_t lda, size_t m, size_t n);

    /* ---- the LSTM's pointwise part (equations in cell_lstm.c) ---- */

    /* gates (rows, 4H): in, the sums W x + U h + b of i,f,g,o; out, their activations.
     * c, tanh_c, h (rows, H): out. c_prev (rows, H). */
    void (*lstm_forward)(real *gates, real *c, real *tanh_c, real *h, const real *c_prev, size_t rows,
                         size_t hidden);
    /* gates (rows, 4H): in, activations; out, gradients of the sums. dc (rows, H): in, of c; out, of c_prev.
     * dh (rows, H). */
    void (*lstm_backward)(real *gates, real *dc, const real *dh, const real *tanh_c, const real *c_prev,
                          size_t rows, size_t hidden);

    /* ---- the output layer ---- */

    /* log(sum(exp(row))) of each row of logits (rows, V). */
    void (*log_sum_exp)(real *out, const real *logits, size_t ld, size_t rows, size_t vocabulary);
    /* logits (rows, V): in; out, the gradient of the row's smoothed loss. With q = (1 - e) [v == target] + e
     * / V: loss = -sum_v q_v log p_v; nll = -log p_target; d logits = p - q. loss, nll (rows). */
    void (*softmax_loss)(real *logits, real *loss, real *nll, const int32_t *targets, real smoothing,
                         size_t ld, size_t rows, size_t vocabulary);

    /* ---- elementwise and short rows ---- */

    /* y += x over n reals. */
    void (*add)(real *y, const real *x, size_t n);
    /* y += a x over n reals. */
    void (*axpy)(real *y, real a, const real *x, size_t n);
    /* The sum of x y over n reals. */
    real (*dot)(const real *x, const real *y, size_t n);
    /* In place over n reals; each alike, wherever it stands. */
    void (*sigmoid)(real *y, size_t n);
    void (*tanh)(real *y, size_t n);
    /* y (n) = exp(y) / sum(exp(y)). */
    void (*softmax)(real *y, size_t n);
    /* y (rows, n) = x * mask / (1 - p), mask_{r,j} = 1 where lt_dropout_bits(keys[r], j) >= p * 2^32. y may
     * be x. Its own backward pass: the same call on gradients. */
    void (*dropout)(real *y, const real *x, const uint64_t *keys, double p, size_t rows, size_t n);

    /* ---- optimizer steps over n parameters; `scale` multiplies the gradient first; g is zero afterwards
     * ---- */

    /* Sum of squares of (a += b, b = 0), or of a where b is NULL. Double accumulation. */
    double (*add_and_square)(real *a, real *b, size_t n);
    /* a += rate (w - a): one step of an exponential moving average. */
    void (*average)(real *a, const real *w, real rate, size_t n);
    void (*sgd)(real *w, real *g, real *m, real scale, real rate, real momentum, real decay, size_t n);
    void (*adagrad)(real *w, real *g, real *v, real scale, real rate, real epsilon, real decay, size_t n);
    /* rate and epsilon already corrected for the bias of the moments; `decay` is L2 (adam), `shrink`
     * multiplies w first (adamw). */
    void (*adam)(real *w, real *g, real *m, real *v, real scale, real rate, real beta1, real beta2,
                 real epsilon, real decay, real shrink, size_t n);
} lt_backend;

/* 32 random bits for unit j of a row: murmur3's finaliser over the row's key and j. */
static inline uint32_t lt_dropout_bits(uint64_t key, size_t j)
{
    uint32_t h = (uint32_t)key + (uint32_t)j * 0x9E3779B9u;
    h = (h ^ (h >> 16)) * 0x85EBCA6Bu;
    h = (h ^ (uint32_t)(key >> 32) ^ (h >> 13)) * 0xC2B2AE35u;
    return h ^ (h >> 16);
}

extern const lt_backend lt_backend_ref;

/* The fastest backend this processor can run; $LATIMER_BACKEND (ref, sse2, avx2, avx512, avx512bf16)
 * overrides. */
const lt_backend *lt_backend_best(void);

/* All backends this processor can run, NULL-terminated. */
const lt_backend *const *lt_backend_all(void);

#endif
