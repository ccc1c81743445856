/* As int8_avx2.c, in wider vectors: processors with AVX-512 but without its products of bytes. */
#include <immintrin.h>
#include <stdint.h>

#define LT_LANES 16
#define LT_TILE_ROWS 6
#define LT_TILE_VECTORS 2
#define LT_PACKING_SYMBOL lt_int8_avx512

typedef __m512i lanes, part;

static inline part part_begin(lanes sum)
{
    (void)sum;
    return _mm512_setzero_si512();
}
static inline part part_add(part sums, int32_t a, lanes q)
{
    sums = _mm512_add_epi16(sums, _mm512_maddubs_epi16(_mm512_set1_epi32(a), q));
    __asm__("" : "+v"(sums));
    return sums;
}
static inline lanes part_end(lanes sum, part sums)
{
    return _mm512_add_epi32(sum, _mm512_madd_epi16(sums, _mm512_set1_epi16(1)));
}

#include "model/backend/int8_kernels.h"
