/* The plainest: every x86-64 processor widens bytes to 16 bits and adds products in pairs; elsewhere,
 * whatever the compiler makes of a loop. */
#include <stdint.h>

#define LT_LANES 4
#define LT_TILE_ROWS 3
#define LT_TILE_VECTORS 2
#define LT_PACKING_SYMBOL lt_int8_sse2

#if defined(__SSE2__)
#include <emmintrin.h>

typedef __m128i lanes;
typedef struct part {
    lanes low, high; /* of columns 0 and 1, of 2 and 3: two sums each */
} part;

static inline part part_begin(lanes sum)
{
    (void)sum;
    return (part){_mm_setzero_si128(), _mm_setzero_si128()};
}
static inline part part_add(part sums, int32_t a, lanes q)
{
    const lanes zero = _mm_setzero_si128(), four = _mm_unpacklo_epi8(_mm_set1_epi32(a), zero);
    const lanes sign = _mm_cmpgt_epi8(zero, q);
    return (part){_mm_add_epi32(sums.low, _mm_madd_epi16(four, _mm_unpacklo_epi8(q, sign))),
                  _mm_add_epi32(sums.high, _mm_madd_epi16(four, _mm_unpackhi_epi8(q, sign)))};
}
static inline lanes part_end(lanes sum, part sums)
{
    const __m128 low = _mm_castsi128_ps(sums.low), high = _mm_castsi128_ps(sums.high);
    const lanes even = _mm_castps_si128(_mm_shuffle_ps(low, high, 0x88));
    const lanes odd = _mm_castps_si128(_mm_shuffle_ps(low, high, 0xDD));
    return _mm_add_epi32(sum, _mm_add_epi32(even, odd));
}
#else
#include <string.h>

typedef int32_t lanes __attribute__((vector_size(16)));
typedef lanes part;

static inline part part_begin(lanes sum)
{
    return sum;
}
static inline part part_add(part sums, int32_t a, lanes q)
{
    uint8_t x[4];
    int8_t w[16];
    memcpy(x, &a, sizeof x);
    memcpy(w, &q, sizeof w);
    for (int lane = 0; lane < 4; lane++)
        for (int j = 0; j < 4; j++) sums[lane] += x[j] * w[4 * lane + j];
    return sums;
}
static inline lanes part_end(lanes sum, part sums)
{
    (void)sum;
    return sums;
}
#endif

#include "model/backend/int8_kernels.h"
