/* cpu_bfloat16.h: products in bfloat16 on processors that have no instructions for it: floats, rounded.
 *
 * A part of cpu_kernels.h, which includes it behind its float32 kernels. The weights are rounded when they
 * are laid out, the other operands block by block, in a buffer on the stack; all else is float32's. A block
 * is small beside the products it is used in, so that this is nearly as fast as float32, and no faster. */

enum { BLOCK_ROWS = 48, BLOCK_DEPTH = 512, SUM_ROWS = 128, SUM_COLUMNS = 256 };

/* lt_bfloat16_value(lt_bfloat16_of(x)). */
INLINE vec round_lanes(vec x)
{
    const uvec bits = (uvec)x, half = {0};
    const uvec nearest = bits + (0x7FFFu - half) + (bits >> 16 & 1), none = (uvec)(x != x);
    return (vec)(((nearest & ~none) | ((bits | 0x400000u) & none)) & 0xFFFF0000u);
}

/* to (m, n) = x (m, n), rounded; `to` may be x. */
static void round_block(float *to, size_t ldto, const float *x, size_t ldx, size_t m, size_t n)
{
    for (size_t r = 0; r < m; r++, to += ldto, x += ldx) {
        size_t j = 0;
        for (; j + LT_LANES <= n; j += LT_LANES) store(to + j, round_lanes(load(x + j)));
        if (j < n) store_part(to + j, round_lanes(load_part(x + j, n - j, 0)), n - j);
    }
}

static void pack_rounded(void *packed, const float *w, size_t ldw, bool transposed, size_t n, size_t k,
                         size_t begin, size_t end)
{
    pack(packed, w, ldw, transposed, n, k, begin, end);
    for (size_t first = begin; first < end; first += PANEL) {
        float *panel = (float *)packed + first * k;
        round_block(panel, PANEL, panel, PANEL, k, PANEL);
    }
}

static void gemm_rounded(float *y, size_t ldy, const float *x, size_t ldx, const void *weight,
                         const float *bias, size_t m, size_t n, size_t k, bool accumulate)
{
    const float *packed = weight;
    float block[BLOCK_ROWS * BLOCK_DEPTH] __attribute__((aligned(64)));
    for (size_t r = 0; r < m; r += BLOCK_ROWS)
        for (size_t j = 0; j < k; j += BLOCK_DEPTH) {
            size_t rows = m - r < BLOCK_ROWS ? m - r : BLOCK_ROWS;
            size_t depth = k - j < BLOCK_DEPTH ? k - j : BLOCK_DEPTH;
            round_block(block, depth, x + r * ldx + j, ldx, rows, depth);
            for (size_t first = 0; first < n; first += PANEL)
                gemm_block(y + r * ldy + first, ldy, block, depth, packed + first * k + j * PANEL,
                           bias && j == 0 ? bias + first : NULL, rows, depth,
                           n - first < PANEL ? n - first : PANEL, accumulate || j > 0);
        }
}

static void gemm_tn_rounded(float *c, size_t ldc, const float *a, size_t lda, const float *b, size_t ldb,
                            size_t m, size_t n, size_t k)
{
    float of_a[SUM_ROWS * SUM_COLUMNS] __attribute__((aligned(64)));
    float of_b[SUM_ROWS * SUM_COLUMNS] __attribute__((aligned(64)));
    for (size_t r = 0; r < m; r += SUM_ROWS)
        for (size_t i = 0; i < n; i += SUM_COLUMNS) {
            size_t rows = m - r < SUM_ROWS ? m - r : SUM_ROWS;
            size_t high = n - i < SUM_COLUMNS ? n - i : SUM_COLUMNS;
            round_block(of_a, high, a + r * lda + i, lda, rows, high);
            for (size_t j = 0; j < k; j += SUM_COLUMNS) {
                size_t wide = k - j < SUM_COLUMNS ? k - j : SUM_COLUMNS;
                round_block(of_b, wide, b + r * ldb + j, ldb, rows, wide);
                gemm_tn(c + i * ldc + j, ldc, of_a, high, of_b, wide, rows, high, wide);
            }
        }
}

static const lt_packing in_bfloat16 = {.name = "bfloat16",
                                       .emulated = true,
                                       .size = packed_size,
                                       .pack = pack_rounded,
                                       .grain = PANEL,
                                       .gemm = gemm_rounded,
                                       .gemm_tn = gemm_tn_rounded};
