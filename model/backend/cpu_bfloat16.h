/* cpu_bfloat16.h: products in bfloat16. A part of cpu_kernels.h, which includes it behind its float32
 * kernels.
 *
 * Of a weight, numbers that are next to each other in a sum are kept as a pair, the first in the lower half
 * of 32 bits: what AVX512-BF16's dot product takes. Other processors take the pair apart, a float is made of
 * either half by a shift, and the other operand is floats that were rounded; the rest is the same code. It is
 * rounded block by block, on the stack: little beside the products that a block is used in. */
#include "model/backend/bfloat16.h"

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

typedef uint32_t pair; /* two bfloat16 */

enum {
    X_ROWS = 48, /* a block of gemm's x */
    X_PAIRS = 256,
    SUM_PAIRS = 128, /* blocks of what gemm_tn takes: rows of both */
    SUM_A = 96,      /* columns of a */
    SUM_B = 384,     /* columns of b, whole panels */
    CHUNK = 64
};

_Static_assert(SUM_B % PANEL == 0, "a block of b is whole panels");

INLINE uvec load_pairs(const pair *p)
{
    return (uvec)load((const float *)p);
}

/* ---- rounding ---- */

/* lt_bfloat16_of(), in the upper half. */
INLINE uvec round_lanes(vec x)
{
    const uvec bits = (uvec)x;
    const uvec nearest = bits + ((bits >> 16 & 1) + 0x7FFF), none = (uvec)(x != x);
    return ((nearest & ~none) | ((bits | 0x400000) & none)) & 0xFFFF0000;
}

INLINE pair pair_of(float first, float second)
{
    return lt_bfloat16_of(first) | (pair)lt_bfloat16_of(second) << 16;
}

/* to ((n + 1) / 2): neighbours in x (n); the last of an odd number is paired with 0. */
static void pairs_along(pair *to, const float *x, size_t n)
{
    uint32_t rounded[CHUNK];
    size_t j = 0;
    for (; j + CHUNK <= n; j += CHUNK, to += CHUNK / 2) {
        for (size_t i = 0; i < CHUNK; i += LT_LANES)
            store((float *)rounded + i, (vec)round_lanes(load(x + j + i)));
        for (size_t i = 0; i < CHUNK / 2; i++) to[i] = rounded[2 * i] >> 16 | rounded[2 * i + 1];
    }
    for (; j < n; j += 2) *to++ = pair_of(x[j], j + 1 < n ? x[j + 1] : 0);
}

/* to (n): x (n) with what stands below it in the next row; without one, with 0. */
static void pairs_across(pair *to, const float *x, const float *next, size_t n)
{
    size_t i = 0;
    for (; i + LT_LANES <= n; i += LT_LANES) {
        uvec first = round_lanes(load(x + i)), second = next ? round_lanes(load(next + i)) : (uvec){0};
        store((float *)to + i, (vec)(first >> 16 | second));
    }
    for (; i < n; i++) to[i] = pair_of(x[i], next ? next[i] : 0);
}

/* ---- layout ---- */

static size_t pairs_size(size_t n, size_t k)
{
    return (n + PANEL - 1) / PANEL * PANEL * ((k + 1) / 2) * sizeof(pair);
}

/* As float32's, with pairs for numbers. */
static void pack_pairs(void *packed, const float *w, size_t ldw, bool transposed, size_t n, size_t k,
                       size_t begin, size_t end)
{
    const size_t half = (k + 1) / 2;
    for (size_t first = begin; first < end; first += PANEL) {
        pair *panel = (pair *)packed + first * half, along[CHUNK / 2];
        size_t columns = n - first < PANEL ? n - first : PANEL;
        if (columns < PANEL) memset(panel, 0, PANEL * half * sizeof *panel);
        for (size_t j = 0; j < k && transposed; j += 2)
            pairs_across(panel + j / 2 * PANEL, w + j * ldw + first,
                         j + 1 < k ? w + (j + 1) * ldw + first : NULL, columns);
        for (size_t j = 0; j < k && !transposed; j += CHUNK) {
            size_t wide = k - j < CHUNK ? k - j : CHUNK;
            for (size_t column = 0; column < columns; column++) {
                pairs_along(along, w + (first + column) * ldw + j, wide);
                for (size_t i = 0; i < (wide + 1) / 2; i++) panel[(j / 2 + i) * PANEL + column] = along[i];
            }
        }
    }
}

static void gather_pairs(void *to, const void *packed, const int32_t *columns, size_t count, size_t n,
                         size_t k)
{
    gather(to, packed, columns, count, n, (k + 1) / 2); /* of which only whole items of 32 bits are moved */
}

/* ---- products ---- */

#ifdef __AVX512BF16__
enum { PARTS = 1 };   /* of a pair, that take a turn each */
typedef pair operand; /* x: pairs, too */
#define operands_along pairs_along
#define operands_across pairs_across
INLINE vec part_of(uvec pairs, size_t part)
{
    (void)part;
    return (vec)pairs;
}
INLINE vec multiply_add(vec sum, operand a, vec b)
{
    return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)(a - (uvec){0}), (__m512bh)b);
}
#else
enum { PARTS = 2 };
typedef float operand; /* x: PARTS of them for a pair */
static void operands_along(float *to, const float *x, size_t n)
{
    size_t j = 0;
    for (; j + LT_LANES <= n; j += LT_LANES) store(to + j, (vec)round_lanes(load(x + j)));
    for (; j < n; j++) to[j] = lt_bfloat16_value(lt_bfloat16_of(x[j]));
    if (n % 2) to[n] = 0;
}
static void operands_across(float *to, const float *x, const float *next, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[2 * i] = lt_bfloat16_value(lt_bfloat16_of(x[i]));
        to[2 * i + 1] = next ? lt_bfloat16_value(lt_bfloat16_of(next[i])) : 0;
    }
}
INLINE vec part_of(uvec pairs, size_t part)
{
    return (vec)(part ? pairs >> 16 << 16 : pairs << 16);
}
INLINE vec multiply_add(vec sum, operand a, vec b)
{
    return sum + a * b;
}
#endif

/* As float32's tile: `rows` rows of y by one panel; x's operands for pair j of row r are at r * row + j *
 * step.
 */
INLINE void tile_pairs(float *y, size_t ldy, const operand *x, size_t row, size_t step, const pair *panel,
                       const float *bias, size_t depth, size_t columns, bool accumulate, const size_t rows)
{
    vec sum[LT_TILE_ROWS][LT_TILE_VECTORS];
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = (vec){0};
    for (size_t part = 0; part < PARTS; part++) /* both at once would not fit into the registers */
        for (size_t j = 0; j < depth; j++) {
            vec w[LT_TILE_VECTORS];
#pragma GCC unroll 4
            for (size_t v = 0; v < LT_TILE_VECTORS; v++)
                w[v] = part_of(load_pairs(panel + j * PANEL + v * LT_LANES), part);
#pragma GCC unroll 16
            for (size_t r = 0; r < rows; r++) {
                operand a = x[r * row + j * step + part];
#pragma GCC unroll 4
                for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = multiply_add(sum[r][v], a, w[v]);
            }
        }
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++)
            store_sum(y + r * ldy, bias, sum[r][v], v * LT_LANES, columns, accumulate);
}

/* m rows of y by one panel, as float32's. */
static void block_pairs(float *y, size_t ldy, const operand *x, size_t row, size_t step, const pair *panel,
                        const float *bias, size_t m, size_t depth, size_t columns, bool accumulate)
{
    const size_t tiles = (m + LT_TILE_ROWS - 1) / LT_TILE_ROWS, low = m / tiles, higher = m % tiles;
    for (size_t i = 0; i < tiles; i++) {
        const size_t rows = low + (i < higher);
#define TILE(n)                                                                                              \
    case n:                                                                                                  \
        tile_pairs(y, ldy, x, row, step, panel, bias, depth, columns, accumulate, n);                        \
        break;
        switch (rows) {
            TILES(TILE)
        }
#undef TILE
        y += rows * ldy;
        x += rows * row;
    }
}

static void gemm_pairs(float *y, size_t ldy, const float *x, size_t ldx, const void *weight,
                       const float *bias, size_t m, size_t n, size_t k, bool accumulate)
{
    const size_t half = (k + 1) / 2;
    operand block[X_ROWS * X_PAIRS * PARTS] __attribute__((aligned(64)));
    for (size_t r = 0; r < m; r += X_ROWS)
        for (size_t j = 0; j < half; j += X_PAIRS) {
            size_t rows = m - r < X_ROWS ? m - r : X_ROWS, depth = half - j < X_PAIRS ? half - j : X_PAIRS;
            size_t wide = k - 2 * j < 2 * X_PAIRS ? k - 2 * j : 2 * X_PAIRS;
            for (size_t i = 0; i < rows; i++)
                operands_along(block + i * depth * PARTS, x + (r + i) * ldx + 2 * j, wide);
            for (size_t first = 0; first < n; first += PANEL)
                block_pairs(y + r * ldy + first, ldy, block, depth * PARTS, PARTS,
                            (const pair *)weight + first * half + j * PANEL,
                            bias && j == 0 ? bias + first : NULL, rows, depth,
                            n - first < PANEL ? n - first : PANEL, accumulate || j > 0);
        }
}

/* A block of b is laid out as a weight is, and one of a is its x, by columns. */
static void gemm_tn_pairs(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                          size_t m, size_t n, size_t k)
{
    operand of_a[SUM_PAIRS * SUM_A * PARTS] __attribute__((aligned(64)));
    pair of_b[SUM_PAIRS * SUM_B] __attribute__((aligned(64)));
    for (size_t r = 0; r < m; r += 2 * SUM_PAIRS) {
        size_t rows = m - r < 2 * SUM_PAIRS ? m - r : 2 * SUM_PAIRS, depth = (rows + 1) / 2;
        for (size_t j = 0; j < k; j += SUM_B) {
            size_t wide = k - j < SUM_B ? k - j : SUM_B;
            pack_pairs(of_b, b + r * ldb + j, ldb, true, wide, rows, 0, wide);
            for (size_t i = 0; i < n; i += SUM_A) {
                size_t high = n - i < SUM_A ? n - i : SUM_A;
                for (size_t d = 0; d < depth; d++) {
                    const float *at = a + (r + 2 * d) * lda + i;
                    operands_across(of_a + d * SUM_A * PARTS, at, 2 * d + 1 < rows ? at + lda : NULL, high);
                }
                for (size_t first = 0; first < wide; first += PANEL)
                    block_pairs(c + i * ldc + j + first, ldc, of_a, PARTS, SUM_A * PARTS,
                                of_b + first * depth, NULL, high, depth,
                                wide - first < PANEL ? wide - first : PANEL, true);
            }
        }
    }
}

static const lt_packing in_bfloat16 = {.name = "bfloat16",
                                       .emulated = PARTS > 1,
                                       .size = pairs_size,
                                       .pack = pack_pairs,
                                       .grain = PANEL,
                                       .gather = gather_pairs,
                                       .gemm = gemm_pairs,
                                       .gemm_tn = gemm_tn_pairs};
