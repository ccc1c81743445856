/* cpu_vectors.h: vectors of LT_LANES floats and tiles of up to LT_TILE_ROWS rows, for the kernels of
 * cpu_kernels.h and int8_kernels.h. */
#include <stdint.h>
#include <string.h>

typedef float vec __attribute__((vector_size(LT_LANES * 4)));
typedef float vec_unaligned __attribute__((vector_size(LT_LANES * 4), aligned(4), may_alias));
typedef int32_t ivec __attribute__((vector_size(LT_LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LT_LANES * 4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p)
{
    return *(const vec_unaligned *)p;
}
INLINE void store(float *p, vec v)
{
    *(vec_unaligned *)p = v;
}
INLINE vec splat(float x)
{
    return x - (vec){0};
}

/* The first n < LT_LANES lanes; the rest hold `fill`. Tails go through the same arithmetic as whole vectors.
 */
INLINE vec load_part(const float *p, size_t n, float fill)
{
    vec v = splat(fill);
    memcpy(&v, p, n * sizeof *p);
    return v;
}
INLINE void store_part(float *p, vec v, size_t n)
{
    memcpy(p, &v, n * sizeof *p);
}

/* The greater of two; b where either is not a number. */
INLINE vec vmax(vec a, vec b)
{
    ivec greater = a > b;
    return (vec)(((ivec)a & greater) | ((ivec)b & ~greater));
}

/* exp(x): 2^n times a polynomial in the rest (Cody & Waite 1980); relative error below 2e-7, 0 below -87,
 * clamped at 88; what is not a number stays none. */
INLINE vec vexp(vec x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer in the low bits */
    ivec under = x < -87.0f;
    x = -vmax(splat(-88.0f), -x);
    x = vmax(splat(-87.0f), x);
    vec scaled = x * 1.44269504088896341f + shift;
    vec n = scaled - shift;
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    ivec power = ((ivec)scaled << 23) + (127 << 23);
    return (vec)((ivec)(p * (vec)power) & ~under);
}

INLINE vec vsigmoid(vec x)
{
    return 1.0f / (1.0f + vexp(-x));
}
INLINE vec vtanh(vec x)
{
    return 1.0f - 2.0f / (1.0f + vexp(2.0f * x));
}

#if LT_LANES == 4
#define LANE_NUMBERS                                                                                         \
    {                                                                                                        \
        0, 1, 2, 3                                                                                           \
    }
#elif LT_LANES == 8
#define LANE_NUMBERS                                                                                         \
    {                                                                                                        \
        0, 1, 2, 3, 4, 5, 6, 7                                                                               \
    }
#else
#define LANE_NUMBERS                                                                                         \
    {                                                                                                        \
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15                                                 \
    }
#endif

/* LT_LANES vectors as the rows of a matrix: transposes it in place, exchanging ever larger blocks. */
INLINE void transpose(vec *rows)
{
    const ivec lane = LANE_NUMBERS;
#pragma GCC unroll 4
    for (int side = 1; side < LT_LANES; side *= 2) {
        const ivec upper = (lane & side) != 0;
        const ivec low = lane + (upper & (LT_LANES - side)), high = low + side;
#pragma GCC unroll 16
        for (int i = 0; i < LT_LANES; i++) {
            if (i & side) continue;
            const vec a = rows[i], b = rows[i + side];
            rows[i] = __builtin_shuffle(a, b, low);
            rows[i + side] = __builtin_shuffle(a, b, high);
        }
    }
}

/* The cases of a switch over the heights of tiles. */
#define TILES(tile) tile(1) tile(2) tile(3) MORE_TILES(tile)
#if LT_TILE_ROWS == 3
#define MORE_TILES(tile)
#elif LT_TILE_ROWS == 4
#define MORE_TILES(tile) tile(4)
#elif LT_TILE_ROWS == 6
#define MORE_TILES(tile) tile(4) tile(5) tile(6)
#elif LT_TILE_ROWS == 8
#define MORE_TILES(tile) tile(4) tile(5) tile(6) tile(7) tile(8)
#endif
