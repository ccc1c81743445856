/* AVX-512 VNNI adds four bytes' products to 32 bits in one instruction. */
#include <immintrin.h>
#include <stdint.h>

#define LT_LANES 16
#define LT_TILE_ROWS 6
#define LT_TILE_VECTORS 3
#define LT_PACKING_SYMBOL lt_int8_vnni

typedef __m512i lanes, part;

static inline part part_begin(lanes sum)
{
    return sum;
}
static inline part part_add(part sums, int32_t a, lanes q)
{
    return _mm512_dpbusd_epi32(sums, _mm512_set1_epi32(a), q);
}
static inline lanes part_end(lanes sum, part sums)
{
    (void)sum;
    return sums;
}

#include "model/backend/int8_kernels.h"
