/* int8.c: which integers a row of weights becomes. */
#include "model/backend/int8.h"

#include <math.h>

/* Adding and taking it away rounds to an integer, halves to even. */
static const real rounding = sizeof(real) == 4 ? (real)0x1.8p23 : (real)0x1.8p52;

void lt_int8_quantize(int8_t *q, const real *w, size_t stride, size_t n, real inverse)
{
    if (stride == 1)
        for (size_t j = 0; j < n; j++) q[j] = (int8_t)(int)(w[j] * inverse + rounding - rounding);
    else
        for (size_t j = 0; j < n; j++) q[j] = (int8_t)(int)(w[j * stride] * inverse + rounding - rounding);
}

void lt_int8_round(real *y, const real *x, size_t n)
{
    const lt_int8_scale s = lt_int8_scale_of(x, 1, n);
    for (size_t j = 0; j < n; j++) {
        int8_t q;
        lt_int8_quantize(&q, x + j, 1, 1, s.inverse);
        y[j] = s.scale * (real)q;
    }
}

/* The largest sum of a stretch's lane: of its positive integers, or of its negative ones. */
static int largest_sum(const real *w, size_t stride, size_t k, real inverse)
{
    int largest = 0;
    for (size_t first = 0; first < k; first += LT_INT8_GROUP) {
        int8_t q[LT_INT8_GROUP] = {0};
        int sum[4] = {0}; /* positive and negative of the one lane, then of the other */
        size_t n = k - first < LT_INT8_GROUP ? k - first : LT_INT8_GROUP;
        lt_int8_quantize(q, w + first * stride, stride, n, inverse);
        for (size_t j = 0; j < LT_INT8_GROUP; j++) {
            int *lane = sum + (j & 2);
            lane[0] += q[j] > 0 ? q[j] : 0;
            lane[1] -= q[j] < 0 ? q[j] : 0;
        }
        for (size_t i = 0; i < 4; i++)
            if (sum[i] > largest) largest = sum[i];
    }
    return largest;
}

/* The scale with which the integers are nearest to the numbers: the least sum of squares. */
static real fitted(const real *w, size_t stride, size_t k, real inverse)
{
    double along = 0, square = 0;
    for (size_t first = 0; first < k; first += LT_INT8_GROUP) {
        int8_t q[LT_INT8_GROUP];
        size_t n = k - first < LT_INT8_GROUP ? k - first : LT_INT8_GROUP;
        lt_int8_quantize(q, w + first * stride, stride, n, inverse);
        for (size_t j = 0; j < n; j++) {
            along += (double)q[j] * (double)w[(first + j) * stride];
            square += (double)q[j] * (double)q[j];
        }
    }
    return (real)(along / square);
}

lt_int8_scale lt_int8_scale_of(const real *w, size_t stride, size_t k)
{
    real most = 0;
    for (size_t j = 0; j < k; j++) {
        real size = (real)fabs((double)w[j * stride]);
        if (!isfinite(size)) return (lt_int8_scale){(real)NAN, 0};
        if (size > most) most = size;
    }
    if (most < LT_INT8_LEAST) return (lt_int8_scale){0, 0};
    real inverse = LT_INT8_WEIGHT / most;
    for (int sum; (sum = largest_sum(w, stride, k, inverse)) > LT_INT8_LANE;)
        inverse *= (LT_INT8_LANE - (real)0.5) / (real)sum;
    return (lt_int8_scale){fitted(w, stride, k, inverse), inverse};
}
