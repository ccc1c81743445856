/* int8.h: products of 8-bit integers. The same numbers on every processor, to the last bit.
 *
 * Weights, a scale for each row of W:      w = scale q,        q in -127 .. 127
 * Activations, a scale for each row of x:  x = scale (a - 64), a in 1 .. 127, scale = max |x| / 63
 *
 *   y = x_scale w_scale (sum_k a_k q_k - 64 sum_k q_k) + bias
 *
 * The sum in brackets is an integer and exact; what follows is float arithmetic in this order, never fused.
 *
 * AVX2 multiplies unsigned by signed bytes and has 16 bits for the sum of two products (vpmaddubsw); to widen
 * every such sum costs as much as the product did. So that LT_INT8_GROUP / 4 of them can be added up first,
 * the scale of a row of W is the least at which in every stretch of LT_INT8_GROUP weights neither the
 * positive nor the negative ones of either lane, 4 i + {0, 1} and 4 i + {2, 3}, add up to more than
 * LT_INT8_LANE = 258 = 32767 / 127. Of trained weights this takes a third of a bit; 7-bit weights, for which
 * half as many could be added up, would take a whole one.
 *
 * Not finite: a row of x with such a number gives NaN in all of its outputs, a row of W in its column.
 * Smaller than LT_INT8_LEAST, all of a row: zeros. */
#ifndef LT_BACKEND_INT8_H
#define LT_BACKEND_INT8_H

#include "model/backend/backend.h"

enum {
    LT_INT8_GROUP = 16,
    LT_INT8_LANE = 258,
    LT_INT8_WEIGHT = 127,
    LT_INT8_ACTIVATION = 63,
    LT_INT8_ZERO = 64,
    LT_INT8_INPUTS = 1 << 16 /* k at most */
};
#define LT_INT8_LEAST ((real)0x1p-100)

typedef struct lt_int8_scale {
    real scale, inverse; /* w = scale q, q = round(inverse w), halves to even; scale is not quite 1 / inverse:
                            the least sum of squares */
} lt_int8_scale;

/* Of the row w[0], w[stride], ..., k numbers. */
lt_int8_scale lt_int8_scale_of(const real *w, size_t stride, size_t k);

/* q (n) <- round(inverse w[j * stride]). */
void lt_int8_quantize(int8_t *q, const real *w, size_t stride, size_t n, real inverse);

/* y (n) <- scale q of x (n). */
void lt_int8_round(real *y, const real *x, size_t n);

extern const lt_packing lt_int8_ref;
#ifndef LT_REAL_DOUBLE
extern const lt_packing lt_int8_sse2;
#if defined(__x86_64__)
extern const lt_packing lt_int8_avx2;
extern const lt_packing lt_int8_avx512;
extern const lt_packing lt_int8_vnni;
#endif
#endif

#endif
