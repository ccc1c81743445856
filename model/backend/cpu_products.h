/* cpu_products.h: matrix products in float32, with GCC's vector types. Included by cpu_kernels.h. */
#include <cblas.h>

enum { PANEL = LT_LANES * LT_TILE_VECTORS, DEPTH = 1024, ROWS = 16 * LT_TILE_ROWS };

static size_t packed_size(size_t n, size_t k)
{
    return (n + PANEL - 1) / PANEL * PANEL * k * sizeof(float);
}

/* panel (k, PANEL) <- the transpose of w (columns, ldw). */
static void pack_transposing(float *panel, const float *w, size_t ldw, size_t k, size_t columns)
{
    size_t first = 0;
    for (; first + LT_LANES <= columns; first += LT_LANES) {
        const float *rows = w + first * ldw;
        size_t j = 0;
        for (; j + LT_LANES <= k; j += LT_LANES) {
            vec block[LT_LANES];
#pragma GCC unroll 16
            for (size_t i = 0; i < LT_LANES; i++) block[i] = load(rows + i * ldw + j);
            transpose(block);
#pragma GCC unroll 16
            for (size_t i = 0; i < LT_LANES; i++) store(panel + (j + i) * PANEL + first, block[i]);
        }
        for (; j < k; j++)
            for (size_t i = 0; i < LT_LANES; i++) panel[j * PANEL + first + i] = rows[i * ldw + j];
    }
    for (; first < columns; first++)
        for (size_t j = 0; j < k; j++) panel[j * PANEL + first] = w[first * ldw + j];
}

/* Panels of PANEL output columns, each k-major: packed[panel][j][column]; the last panel is filled up with
 * zeros. */
static void pack(void *packed, const float *w, size_t ldw, bool transposed, size_t n, size_t k, size_t begin,
                 size_t end)
{
    for (size_t first = begin; first < end; first += PANEL) {
        float *panel = (float *)packed + first * k;
        size_t columns = n - first < PANEL ? n - first : PANEL;
        if (columns < PANEL) memset(panel, 0, PANEL * k * sizeof *panel);
        if (!transposed)
            pack_transposing(panel, w + first * ldw, ldw, k, columns);
        else
            for (size_t j = 0; j < k; j++)
                memcpy(panel + j * PANEL, w + j * ldw + first, columns * sizeof *panel);
    }
}

static void gather(void *to, const void *packed, const int32_t *columns, size_t count, size_t n, size_t k)
{
    (void)n;
    for (size_t first = 0; first < count; first += PANEL) {
        float *panel = (float *)to + first * k;
        size_t taken = count - first < PANEL ? count - first : PANEL;
        if (taken < PANEL) memset(panel, 0, PANEL * k * sizeof *panel);
        for (size_t c = 0; c < taken; c++) {
            size_t from = (size_t)columns[first + c];
            const float *column = (const float *)packed + from / PANEL * PANEL * k + from % PANEL;
            for (size_t j = 0; j < k; j++) panel[j * PANEL + c] = column[j * PANEL];
        }
    }
}

/* A tile's sums to columns [at, at + LT_LANES) of its row of y, as far as there are so many. */
INLINE void store_sum(float *y, const float *bias, vec sum, size_t at, size_t columns, bool accumulate)
{
    if (at >= columns) return;
    size_t left = columns - at;
    if (left >= LT_LANES) {
        if (bias) sum += load(bias + at);
        if (accumulate) sum += load(y + at);
        store(y + at, sum);
    } else {
        if (bias) sum += load_part(bias + at, left, 0);
        if (accumulate) sum += load_part(y + at, left, 0);
        store_part(y + at, sum, left);
    }
}

/* One register tile: `rows` rows of y by one panel. Each sum runs over j in order in its own lane, so a row's
 * result does not depend on which rows are its neighbours. Meanwhile the place in y and, `step` bytes further
 * at each j, what comes `next` are brought near. */
INLINE void tile(float *y, size_t ldy, const float *x, size_t ldx, const float *panel, const float *bias,
                 size_t depth, size_t columns, bool accumulate, const char *next, size_t step,
                 const size_t rows)
{
    vec sum[LT_TILE_ROWS][LT_TILE_VECTORS];
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++) {
        __builtin_prefetch(y + r * ldy, 1);
        __builtin_prefetch(y + r * ldy + columns - 1, 1);
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] = (vec){0};
    }
    for (size_t j = 0; j < depth; j++, panel += PANEL, next += step) {
        vec w[LT_TILE_VECTORS];
        __builtin_prefetch(next, 0, 2);
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++) w[v] = load(panel + v * LT_LANES);
#pragma GCC unroll 16
        for (size_t r = 0; r < rows; r++) {
            vec a = splat(x[r * ldx + j]);
#pragma GCC unroll 4
            for (size_t v = 0; v < LT_TILE_VECTORS; v++) sum[r][v] += a * w[v];
        }
    }
#pragma GCC unroll 16
    for (size_t r = 0; r < rows; r++)
#pragma GCC unroll 4
        for (size_t v = 0; v < LT_TILE_VECTORS; v++)
            store_sum(y + r * ldy, bias, sum[r][v], v * LT_LANES, columns, accumulate);
}

/* m rows of y by one panel, in tiles of like height: a low one would wait for its own sums. */
static void gemm_block(float *y, size_t ldy, const float *x, size_t ldx, const float *panel,
                       const float *bias, size_t m, size_t depth, size_t columns, bool accumulate,
                       const float *next)
{
    const size_t tiles = (m + LT_TILE_ROWS - 1) / LT_TILE_ROWS, low = m / tiles, higher = m % tiles;
    const size_t step = PANEL * sizeof *panel / tiles;
    const char *ahead = (const char *)next;
    for (size_t i = 0; i < tiles; i++) {
        const size_t rows = low + (i < higher);
#define TILE(n)                                                                                              \
    case n:                                                                                                  \
        tile(y, ldy, x, ldx, panel, bias, depth, columns, accumulate, ahead, step, n);                       \
        break;
        switch (rows) {
            TILES(TILE)
        }
#undef TILE
        y += rows * ldy;
        x += rows * ldx;
        ahead += depth * step;
    }
}

static void gemm(float *y, size_t ldy, const float *x, size_t ldx, const void *weight, const float *bias,
                 size_t m, size_t n, size_t k, bool accumulate)
{
    const float *packed = weight;
    for (size_t r = 0; r < m; r += ROWS)
        for (size_t j = 0; j < k; j += DEPTH) {
            size_t rows = m - r < ROWS ? m - r : ROWS, depth = k - j < DEPTH ? k - j : DEPTH;
            for (size_t first = 0; first < n; first += PANEL) {
                const float *panel = packed + first * k + j * PANEL;
                const float *next = first + PANEL < n ? panel + PANEL * k : panel;
                gemm_block(y + r * ldy + first, ldy, x + r * ldx + j, ldx, panel,
                           bias && j == 0 ? bias + first : NULL, rows, depth,
                           n - first < PANEL ? n - first : PANEL, accumulate || j > 0, next);
            }
        }
}

static void gemm_tn(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
                    size_t n, size_t k)
{
    if (m == 0) return;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)k, (int)m, 1, a, (int)lda, b, (int)ldb,
                1, c, (int)ldc);
}

static const lt_packing float32 = {.name = "float32",
                                   .size = packed_size,
                                   .pack = pack,
                                   .grain = PANEL,
                                   .gather = gather,
                                   .gemm = gemm,
                                   .gemm_tn = gemm_tn};
