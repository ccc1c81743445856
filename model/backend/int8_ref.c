/* int8_ref.c: the oracle of the products in 8-bit integers (int8.h). */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/backend/int8.h"

/* n scales, then n rows of k integers. */
static size_t size(size_t n, size_t k)
{
    return n * sizeof(real) + n * k;
}

static void pack(void *packed, const real *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end)
{
    real *scale = packed;
    int8_t *rows = (int8_t *)(scale + n);
    const size_t stride = transposed ? ldw : 1, next = transposed ? 1 : ldw;
    for (size_t i = begin; i < end; i++) {
        lt_int8_scale s = lt_int8_scale_of(w + i * next, stride, k);
        lt_int8_quantize(rows + i * k, w + i * next, stride, k, s.inverse);
        scale[i] = s.scale;
    }
}

static void lay_out(void *packed, const int8_t *q, size_t ldq, const real *from, size_t n, size_t k,
                    size_t begin, size_t end)
{
    real *scale = packed;
    int8_t *rows = (int8_t *)(scale + n);
    for (size_t i = begin; i < end; i++) {
        memcpy(rows + i * k, q + i * ldq, k);
        scale[i] = from[i];
    }
}

static void gather(void *to, const void *packed, const int32_t *columns, size_t count, size_t n, size_t k)
{
    const real *scale = packed;
    const int8_t *rows = (const int8_t *)(scale + n);
    real *to_scale = to;
    for (size_t i = 0; i < count; i++) {
        to_scale[i] = scale[columns[i]];
        memcpy((int8_t *)(to_scale + count) + i * k, rows + (size_t)columns[i] * k, k);
    }
}

/* a (k) of x (k); gives their scale. */
static real quantize(uint8_t *a, const real *x, size_t k)
{
    real most = 0;
    bool finite = true;
    for (size_t j = 0; j < k; j++) {
        finite = finite && isfinite(x[j]);
        if (fabs((double)x[j]) > (double)most) most = (real)fabs((double)x[j]);
    }
    bool nothing = !finite || most < LT_INT8_LEAST;
    real inverse = nothing ? 0 : LT_INT8_ACTIVATION / most;
    for (size_t j = 0; j < k; j++)
        a[j] = (uint8_t)(LT_INT8_ZERO + (nothing ? 0 : (int)nearbyint((double)(x[j] * inverse))));
    return !finite ? (real)NAN : nothing ? 0 : most / LT_INT8_ACTIVATION;
}

static void gemm(real *y, size_t ldy, const real *x, size_t ldx, const void *packed, const real *bias,
                 size_t m, size_t n, size_t k, bool accumulate)
{
    const real *scale = packed;
    const int8_t *rows = (const int8_t *)(scale + n);
    uint8_t a[LT_INT8_INPUTS];
    assert(k <= LT_INT8_INPUTS);
    for (size_t r = 0; r < m; r++) {
        const real of_row = quantize(a, x + r * ldx, k);
        for (size_t i = 0; i < n; i++) {
            int32_t sum = 0;
            for (size_t j = 0; j < k; j++) sum += (a[j] - LT_INT8_ZERO) * rows[i * k + j];
            real value = (real)sum * (of_row * scale[i]);
            if (bias) value += bias[i];
            y[r * ldy + i] = accumulate ? y[r * ldy + i] + value : value;
        }
    }
}

const lt_packing lt_int8_ref = {.name = "int8",
                                .size = size,
                                .pack = pack,
                                .lay_out = lay_out,
                                .gather = gather,
                                .grain = 1,
                                .gemm = gemm};
