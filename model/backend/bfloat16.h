/* bfloat16.h: the upper half of a float: its sign, its exponent, and 7 bits of its fraction.
 *
 * Products in bfloat16 (LT_BFLOAT16) mean the same on every backend: each operand (x and the weight, or both
 * sides of a weight gradient) is rounded to the nearest bfloat16, ties to even; a product of two of them is
 * exact in a float; sums, biases and what is accumulated are floats. So backends differ by the order of their
 * sums alone, but for one thing: processors with instructions for it take numbers below FLT_MIN for 0. */
#ifndef LT_BFLOAT16_H
#define LT_BFLOAT16_H

#include <stdint.h>
#include <string.h>

/* The nearest bfloat16. What is too great becomes infinite; what is not a number stays none. */
static inline uint16_t lt_bfloat16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    if (x != x) return (uint16_t)(bits >> 16 | 0x40); /* rounded, it could become an infinity */
    return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static inline float lt_bfloat16_value(uint16_t half)
{
    uint32_t bits = (uint32_t)half << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

#endif
