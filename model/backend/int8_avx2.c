/* Bytes' products are added up in 16 bits, two in a lane of each vpmaddubsw; the scales of weights see to it
 * that LT_INT8_GROUP / 2 of them have room (int8.h). */
#include <immintrin.h>
#include <stdint.h>

#define LT_LANES 8
#define LT_TILE_ROWS 3
#define LT_TILE_VECTORS 2
#define LT_PACKING_SYMBOL lt_int8_avx2

typedef __m256i lanes, part;

static inline part part_begin(lanes sum)
{
    (void)sum;
    return _mm256_setzero_si256();
}
static inline part part_add(part sums, int32_t a, lanes q)
{
    sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(_mm256_set1_epi32(a), q));
    __asm__("" : "+x"(sums)); /* added here and now: gcc would keep all the products, on the stack */
    return sums;
}
static inline lanes part_end(lanes sum, part sums)
{
    return _mm256_add_epi32(sum, _mm256_madd_epi16(sums, _mm256_set1_epi16(1)));
}

#include "model/backend/int8_kernels.h"
