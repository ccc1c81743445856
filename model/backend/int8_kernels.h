/* int8_kernels.h: products of 8-bit integers (int8.h), written once with GCC's vector types.
 *
 * Included by int8_sse2.c, int8_avx2.c, int8_avx512.c and int8_vnni.c, each compiled for its instruction set
 * and without fusing, which define LT_LANES (32-bit numbers in a vector), LT_TILE_ROWS and LT_TILE_VECTORS
 * (the register tile: rows by vectors of output columns), LT_PACKING_SYMBOL, the types `lanes` (LT_LANES sums
 * of 32 bits, or as many fours of bytes) and `part` (the same sums while LT_INT8_GROUP products are added to
 * them), and what is done with these: part_begin(), part_add(), part_end(). As with cpu_kernels.h, this is a
 * header with code: four tables from one text. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "model/backend/cpu_vectors.h"
#include "model/backend/int8.h"

typedef int8_t bytes __attribute__((vector_size(LT_LANES * 4), may_alias));
typedef int32_t bits __attribute__((may_alias));

enum {
    PANEL = LT_LANES * LT_TILE_VECTORS,
    CACHED = 24 << 10 /* bytes of activations that stay in the first cache while the weights pass by */
};

/* A panel of PANEL output columns: what each is worth, 64 sum_k q_k, and the integers, four of one column
 * after those of the column before: q[k / 4][column][k % 4]. Columns and k are filled up with zeros. */
static size_t padded(size_t k)
{
    return (k + LT_INT8_GROUP - 1) / LT_INT8_GROUP * LT_INT8_GROUP;
}
static size_t panel_size(size_t k)
{
    return PANEL * (sizeof(float) + sizeof(int32_t) + padded(k));
}
static size_t packed_size(size_t n, size_t k)
{
    return (n + PANEL - 1) / PANEL * panel_size(k);
}

typedef struct column {
    float *scale;
    int32_t *sum;
    int8_t *q;
} column;

static column column_of(void *packed, size_t index, size_t k)
{
    unsigned char *panel = (unsigned char *)packed + index / PANEL * panel_size(k);
    const size_t at = index % PANEL;
    return (column){(float *)panel + at, (int32_t *)panel + PANEL + at,
                    (int8_t *)panel + PANEL * (sizeof(float) + sizeof(int32_t)) + 4 * at};
}

/* Integers j .. j + n of a column, n at most LT_INT8_GROUP, j a multiple of 4. */
static void put(const column *to, size_t j, const int8_t *q, size_t n)
{
    int sum = 0;
    for (size_t i = 0; i < n; i++) {
        to->q[(j + i) / 4 * 4 * PANEL + i % 4] = q[i];
        sum += q[i];
    }
    *to->sum += LT_INT8_ZERO * sum;
}

static void clear_panels(void *packed, size_t k, size_t begin, size_t end)
{
    for (size_t first = begin; first < end; first += PANEL)
        memset(column_of(packed, first, k).scale, 0, panel_size(k));
}

static void pack(void *packed, const float *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end)
{
    const size_t stride = transposed ? ldw : 1, next = transposed ? 1 : ldw;
    (void)n;
    clear_panels(packed, k, begin, end);
    for (size_t i = begin; i < end; i++) {
        const float *row = w + i * next;
        const lt_int8_scale s = lt_int8_scale_of(row, stride, k);
        const column to = column_of(packed, i, k);
        *to.scale = s.scale;
        for (size_t j = 0; j < k; j += LT_INT8_GROUP) {
            int8_t q[LT_INT8_GROUP];
            const size_t count = k - j < LT_INT8_GROUP ? k - j : LT_INT8_GROUP;
            lt_int8_quantize(q, row + j * stride, stride, count, s.inverse);
            put(&to, j, q, count);
        }
    }
}

static void lay_out(void *packed, const int8_t *q, size_t ldq, const float *scale, size_t n, size_t k,
                    size_t begin, size_t end)
{
    (void)n;
    clear_panels(packed, k, begin, end);
    for (size_t i = begin; i < end; i++) {
        const column to = column_of(packed, i, k);
        *to.scale = scale[i];
        for (size_t j = 0; j < k; j += LT_INT8_GROUP)
            put(&to, j, q + i * ldq + j, k - j < LT_INT8_GROUP ? k - j : LT_INT8_GROUP);
    }
}

static void gather(void *to, const void *packed, const int32_t *columns, size_t count, size_t n, size_t k)
{
    (void)n;
    clear_panels(to, k, 0, count);
    for (size_t i = 0; i < count; i++) {
        const column from = column_of((void *)packed, (size_t)columns[i], k), into = column_of(to, i, k);
        *into.scale = *from.scale;
        *into.sum = *from.sum;
        for (size_t at = 0; at < padded(k) * PANEL; at += 4 * PANEL) memcpy(into.q + at, from.q + at, 4);
    }
}

/* ---- activations ---- */

/* a (padded(k)) of x (k); gives their scale. Plain loops, as compilers like them: of sizes' bits, whose order
 * is that of the sizes, what is not finite above all; and of the bits that hold an integer once 1.5 * 2^23
 * was added to it, which rounds. */
static float quantize(uint8_t *restrict a, const float *restrict x, size_t k)
{
    const bits *restrict size = (const bits *)x;
    int32_t most = 0;
    for (size_t j = 0; j < k; j++) most = (size[j] & INT32_MAX) > most ? size[j] & INT32_MAX : most;
    float largest;
    memcpy(&largest, &most, sizeof largest);
    if (!isfinite(largest) || largest < LT_INT8_LEAST) {
        memset(a, LT_INT8_ZERO, padded(k));
        return isfinite(largest) ? 0 : NAN;
    }
    const float inverse = LT_INT8_ACTIVATION / largest, rounding = 0x1.8p23f;
    for (size_t j = 0; j < k; j++) {
        const float shifted = x[j] * inverse + rounding;
        int32_t integer;
        memcpy(&integer, &shifted, sizeof integer);
        a[j] = (uint8_t)(integer + LT_INT8_ZERO);
    }
    memset(a + k, LT_INT8_ZERO, padded(k) - k);
    return largest / LT_INT8_ACTIVATION;
}

/* ---- the product ---- */

/* The output of a tile: `columns` of its panel. */
INLINE void finish(float *y, const lanes *sum, float x_scale, const unsigned char *panel, const float *bias,
                   size_t columns, bool accumulate)
{
#pragma GCC unroll 4
    for (size_t v = 0; v < LT_TILE_VECTORS; v++) {
        const size_t at = v * LT_LANES;
        if (at >= columns) return;
        const size_t left = columns - at;
        const vec scale = load((const float *)panel + at);
        const ivec correction = (ivec)load((const float *)panel + PANEL + at);
        vec value = __builtin_convertvector((ivec)sum[v] - correction, vec) * (x_scale * scale);
        if (left >= LT_LANES) {
            if (bias) value += load(bias + at);
            if (accumulate) value = load(y + at) + value;
            store(y + at, value);
        } else {
            if (bias) value += load_part(bias + at, left, 0);
            if (accumulate) value = load_part(y + at, left, 0) + value;
            store_part(y + at, value, left);
        }
    }
}

INLINE void tile(float *y, size_t ldy, const uint8_t *a, const float *x_scale, const unsigned char *panel,
                 const float *bias, size_t depth, size_t columns, bool accumulate, const size_t rows)
{
    lanes sum[LT_TILE_ROWS][LT_TILE_VECTORS];
    const bytes *q = (const bytes *)(panel + PANEL * (sizeof(float) + sizeof(int32_t)));
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = (lanes){0};
    for (size_t j = 0; j < depth; j += LT_INT8_GROUP) {
        part sums[LT_TILE_ROWS][LT_TILE_VECTORS];
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (size_t v = 0; v < LT_TILE_VECTORS; v++) sums[r][v] = part_begin(sum[r][v]);
#pragma GCC unroll 4
        for (size_t i = 0; i < LT_INT8_GROUP; i += 4, q += LT_TILE_VECTORS)
#pragma GCC unroll 8
            for (size_t r = 0; r < rows; r++) {
                int32_t four;
                memcpy(&four, a + r * depth + j + i, sizeof four);
#pragma GCC unroll 4
                for (size_t v = 0; v < LT_TILE_VECTORS; v++)
                    sums[r][v] = part_add(sums[r][v], four, (lanes)q[v]);
            }
#pragma GCC unroll 8
        for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
            for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = part_end(sum[r][v], sums[r][v]);
    }
#pragma GCC unroll 8
    for (size_t r = 0; r < rows; r++)
        finish(y + r * ldy, sum[r], x_scale[r], panel, bias, columns, accumulate);
}

static void tiles(float *y, size_t ldy, const uint8_t *a, const float *x_scale, const unsigned char *panel,
                  const float *bias, size_t m, size_t depth, size_t columns, bool accumulate)
{
    const size_t count = (m + LT_TILE_ROWS - 1) / LT_TILE_ROWS, low = m / count, higher = m % count;
    for (size_t i = 0; i < count; i++) {
        const size_t rows = low + (i < higher); /* tiles of like size, not full ones and a small one */
#define TILE(h)                                                                                              \
    case h:                                                                                                  \
        tile(y, ldy, a, x_scale, panel, bias, depth, columns, accumulate, h);                                \
        break;
        switch (rows) {
            TILES(TILE)
        }
#undef TILE
        y += rows * ldy;
        a += rows * depth;
        x_scale += rows;
    }
}

static void gemm(float *y, size_t ldy, const float *x, size_t ldx, const void *packed, const float *bias,
                 size_t m, size_t n, size_t k, bool accumulate)
{
    enum { BLOCK = CACHED / LT_INT8_GROUP };
    const size_t depth = padded(k), fitting = CACHED / (depth ? depth : 1), block = fitting ? fitting : 1;
    _Alignas(64) uint8_t a[LT_INT8_INPUTS];
    float scale[BLOCK];
    assert(k <= LT_INT8_INPUTS);
    for (size_t first = 0; first < m; first += block) {
        const size_t rows = m - first < block ? m - first : block;
        for (size_t r = 0; r < rows; r++) scale[r] = quantize(a + r * depth, x + (first + r) * ldx, k);
        for (size_t c = 0; c < n; c += PANEL)
            tiles(y + first * ldy + c, ldy, a, scale,
                  (const unsigned char *)packed + c / PANEL * panel_size(k), bias ? bias + c : NULL, rows,
                  depth, n - c < PANEL ? n - c : PANEL, accumulate);
    }
}

const lt_packing LT_PACKING_SYMBOL = {.name = "int8",
                                      .size = packed_size,
                                      .pack = pack,
                                      .lay_out = lay_out,
                                      .gather = gather,
                                      .grain = PANEL,
                                      .gemm = gemm};
