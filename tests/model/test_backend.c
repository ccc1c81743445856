/* Every backend against the oracle, and the rule that rows are independent to the last bit. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "model/backend/backend.h"
#include "tests/model/network_fixture.h"

static void assert_near(const float *a, const float *b, size_t count, double tolerance, const char *what,
                        const char *backend)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= tolerance * fmax(1, fabs((double)b[i]))))
            fail_msg("%s of %s: item %zu is %.9g, the oracle says %.9g", what, backend, i, (double)a[i],
                     (double)b[i]);
}

/* For each backend but the oracle. */
#define FOR_EACH_BACKEND(b)                                                                                  \
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at)                             \
        if (b != &lt_backend_ref)

static const size_t sizes[][3] = {/* m, n, k */
                                  {1, 1, 1},       {7, 5, 3},     {8, 48, 16},   {9, 49, 17},
                                  {23, 100, 1030}, {193, 31, 64}, {64, 256, 128}};

/* Those of each backend; the oracle has them all. */
#define FOR_EACH_PACKING(b, p)                                                                               \
    FOR_EACH_BACKEND(b)                                                                                      \
    for (int p = 0; p < LT_PRECISIONS; p++)                                                                  \
        if (b->packing[p])

static float *product(const lt_packing *p, const float *x, const float *w, const float *bias, size_t m,
                      size_t n, size_t k, bool transposed, bool accumulate)
{
    float *packed = aligned_alloc(64, (p->size(n, k) + 64) / 64 * 64), *y = numbers(m * n, 9);
    size_t middle = n / 2 / p->grain * p->grain;
    p->pack(packed, w, transposed ? n : k, transposed, n, k, 0, middle);
    p->pack(packed, w, transposed ? n : k, transposed, n, k, middle, n);
    p->gemm(y, n, x, k, packed, bias, m, n, k, accumulate);
    free(packed);
    return y;
}

static void test_products(void **state)
{
    (void)state;
    FOR_EACH_PACKING(b, precision)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int variant = 0; variant < 4; variant++) {
            size_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
            float *x = numbers(m * k, 1), *w = numbers(n * k, 2), *bias = numbers(n, 3);
            bool transposed = variant & 1, accumulate = variant & 2;
            const float *added = accumulate ? NULL : bias;
            float *y = product(b->packing[precision], x, w, added, m, n, k, transposed, accumulate);
            float *z =
                product(lt_backend_ref.packing[precision], x, w, added, m, n, k, transposed, accumulate);
            assert_near(y, z, m * n, 2e-5, lt_precision_names[precision], b->name);
            free(x), free(w), free(bias), free(y), free(z);
        }
}

static void test_rows_are_independent(void **state)
{
    (void)state;
    enum { M = 70, N = 100, K = 77 };
    float *x = numbers(M * K, 1), *w = numbers(N * K, 2), *bias = numbers(N, 3);
    FOR_EACH_PACKING(b, precision)
    {
        const lt_packing *p = b->packing[precision];
        float *whole = product(p, x, w, bias, M, N, K, false, false), lse_whole[M], lse;
        b->log_sum_exp(lse_whole, whole, N, M, N);
        for (size_t m = 1; m < M; m++) {
            float *first = product(p, x, w, bias, m, N, K, false, false);
            float *last = product(p, x + (M - m) * K, w, bias, m, N, K, false, false);
            assert_memory_equal(first, whole, m * N * sizeof *whole);
            assert_memory_equal(last, whole + (M - m) * N, m * N * sizeof *whole);
            b->log_sum_exp(&lse, last, N, 1, N);
            assert_memory_equal(&lse, &lse_whole[M - m], sizeof lse);
            free(first), free(last);
        }
        free(whole);
    }
    free(x), free(w), free(bias);
}

/* A part of wider matrices. */
static void test_weight_gradients(void **state)
{
    (void)state;
    FOR_EACH_PACKING(b, precision)
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes && b->packing[precision]->gemm_tn; s++) {
        size_t m = sizes[s][2], n = sizes[s][0], k = sizes[s][1] * 3, lda = n + 3, ldb = k + 1, ldc = k + 5;
        float *a = numbers(m * lda, 1), *x = numbers(m * ldb, 2);
        float *c = numbers(n * ldc, 3), *d = numbers(n * ldc, 3);
        b->packing[precision]->gemm_tn(c, ldc, a, lda, x, ldb, m, n, k);
        lt_backend_ref.packing[precision]->gemm_tn(d, ldc, a, lda, x, ldb, m, n, k);
        assert_near(c, d, n * ldc, 2e-5, lt_precision_names[precision], b->name);
        free(a), free(x), free(c), free(d);
    }
}

/* In every precision there is: columns laid out by themselves give what they give among all. */
static void test_columns_are_independent(void **state)
{
    (void)state;
    enum { M = 9, N = 150, K = 77, TAKEN = 53 };
    int32_t columns[TAKEN];
    for (int32_t i = 0; i < TAKEN; i++) columns[i] = (i * 37 + 11) % N; /* in no order */
    float *x = numbers(M * K, 1), *w = numbers(N * K, 2), *all = numbers(M * N, 3), *some = numbers(M * N, 4);
    for (const lt_backend *const *b = lt_backend_all(); *b; b++)
        for (int precision = 0; precision < LT_PRECISIONS; precision++) {
            const lt_packing *p = (*b)->packing[precision];
            if (!p) continue;
            void *from = aligned_alloc(64, (p->size(N, K) + 63) / 64 * 64),
                 *to = aligned_alloc(64, (p->size(TAKEN, K) + 63) / 64 * 64);
            p->pack(from, w, K, false, N, K, 0, N);
            p->gather(to, from, columns, TAKEN, N, K);
            p->gemm(all, N, x, K, from, NULL, M, N, K, false);
            p->gemm(some, TAKEN, x, K, to, NULL, M, TAKEN, K, false);
            for (size_t r = 0; r < M; r++)
                for (size_t i = 0; i < TAKEN; i++)
                    if (memcmp(&some[r * TAKEN + i], &all[r * N + columns[i]], sizeof *all) != 0)
                        fail_msg("%s, %s: row %zu, column %d is %.9g alone, %.9g among all", (*b)->name,
                                 p->name, r, columns[i], (double)some[r * TAKEN + i],
                                 (double)all[r * N + columns[i]]);
            free(from), free(to);
        }
    free(x), free(w), free(all), free(some);
}

static void test_sums_over_rows(void **state)
{
    (void)state;
    enum { M = 37, N = 21, K = 50 };
    FOR_EACH_BACKEND(b)
    {
        float *x = numbers(M * K, 1), *dy = numbers(M * N, 2), *c = numbers(N * K, 3), *d = numbers(N * K, 3);
        b->sum_rows(c, dy, N, M, N);
        lt_backend_ref.sum_rows(d, dy, N, M, N);
        assert_near(c, d, N * K, 2e-5, "sum_rows", b->name);
        free(x), free(dy), free(c), free(d);
    }
}

static void test_lstm(void **state)
{
    (void)state;
    enum { R = 3 };
    for (size_t h = 1; h < 40; h += 13) FOR_EACH_BACKEND(b)
        {
            float *gates[2], *c[2], *t[2], *y[2], *dc[2], *before = numbers(R * h, 5),
                                                          *dh = numbers(R * h, 6);
            for (int side = 0; side < 2; side++) {
                const lt_backend *which = side ? &lt_backend_ref : b;
                gates[side] = numbers(R * 4 * h, 4);
                for (size_t i = 0; i < R * 4 * h; i++)
                    gates[side][i] *= i % 5 == 0 ? 40 : 3; /* saturated ones, too */
                c[side] = numbers(R * h, 0), t[side] = numbers(R * h, 0), y[side] = numbers(R * h, 0);
                dc[side] = numbers(R * h, 7);
                which->lstm_forward(gates[side], c[side], t[side], y[side], before, R, h);
            }
            assert_near(gates[0], gates[1], R * 4 * h, 1e-6, "lstm_forward's gates", b->name);
            assert_near(c[0], c[1], R * h, 1e-6, "lstm_forward's c", b->name);
            assert_near(y[0], y[1], R * h, 1e-6, "lstm_forward's h", b->name);
            b->lstm_backward(gates[0], dc[0], dh, t[0], before, R, h);
            lt_backend_ref.lstm_backward(gates[1], dc[1], dh, t[1], before, R, h);
            assert_near(gates[0], gates[1], R * 4 * h, 1e-6, "lstm_backward's gates", b->name);
            assert_near(dc[0], dc[1], R * h, 1e-6, "lstm_backward's dc", b->name);
            for (int side = 0; side < 2; side++)
                free(gates[side]), free(c[side]), free(t[side]), free(y[side]), free(dc[side]);
            free(before), free(dh);
        }
}

static void test_softmax(void **state)
{
    (void)state;
    enum { R = 4 };
    for (size_t v = 5; v < 120; v += 17)
        for (int smoothed = 0; smoothed < 2; smoothed++) FOR_EACH_BACKEND(b)
            {
                int32_t targets[R] = {0, 4, 2, 3};
                float *x[2], loss[2][R], nll[2][R];
                for (int side = 0; side < 2; side++) {
                    x[side] = numbers(R * v, 8);
                    for (size_t i = 0; i < v; i++)
                        x[side][i] *= 90; /* exp() of this overflows without the shift */
                    (side ? &lt_backend_ref : b)
                        ->softmax_loss(x[side], loss[side], nll[side], targets, smoothed ? 0.1f : 0, v, R, v);
                }
                assert_near(x[0], x[1], R * v, 2e-6, "softmax_loss's gradient", b->name);
                assert_near(loss[0], loss[1], R, 2e-6, "softmax_loss's loss", b->name);
                assert_near(nll[0], nll[1], R, 2e-6, "softmax_loss's nll", b->name);
                free(x[0]), free(x[1]);
            }
}

/* What sigmoid, tanh and softmax may be given: overflow and underflow of exp() lie between these. */
static const float extremes[] = {0,     -0.0f,  1e-30f,   -1e-30f,   0.5f,    -0.5f, 9,
                                 -9,    30,     -30,      87.5,      -87.5,   104,   -104,
                                 3e38f, -3e38f, INFINITY, -INFINITY, FLT_MIN, 1e-42f};
enum { EXTREMES = sizeof extremes / sizeof *extremes, WIDEST = 70 };

static void test_short_rows(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(b)
    for (size_t n = 0; n < WIDEST; n++) {
        float *x = numbers(n, 1), *y = numbers(n, 2), *z = numbers(n, 2);
        b->axpy(y, -1.7f, x, n);
        lt_backend_ref.axpy(z, -1.7f, x, n);
        assert_near(y, z, n, 2e-7, "axpy", b->name);
        float sum = b->dot(x, y, n), other = lt_backend_ref.dot(x, y, n);
        assert_near(&sum, &other, 1, 2e-6, "dot", b->name);
        for (int extreme = 0; extreme < 2; extreme++) {
            for (size_t j = 0; j < n; j++) x[j] = extreme ? extremes[j % EXTREMES] : 9 * x[j];
            memcpy(y, x, n * sizeof *x), memcpy(z, x, n * sizeof *x);
            b->sigmoid(y, n), lt_backend_ref.sigmoid(z, n);
            assert_near(y, z, n, 2e-7, "sigmoid", b->name);
            memcpy(y, x, n * sizeof *x), memcpy(z, x, n * sizeof *x);
            b->tanh(y, n), lt_backend_ref.tanh(z, n);
            assert_near(y, z, n, 2e-7, "tanh", b->name);
        }
        free(x), free(y), free(z);
    }
}

/* Scores of an attention: of any size, one of them above all others, some of them nothing at all. */
static void test_softmax_of_a_row(void **state)
{
    (void)state;
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at)
        for (size_t n = 1; n < WIDEST; n++)
            for (int kind = 0; kind < 4; kind++) {
                const float factors[] = {1, 50, 1e4f, 3e38f};
                float *y = numbers(n, 3), *z = numbers(n, 3), sum = 0;
                for (size_t j = 0; j < n; j++) {
                    y[j] *= factors[kind];
                    if (j % 7 == 3) y[j] = -INFINITY;
                    z[j] = y[j];
                }
                b->softmax(y, n), lt_backend_ref.softmax(z, n);
                assert_near(y, z, n, 1e-6 * (1 + kind * 2), "softmax", b->name);
                for (size_t j = 0; j < n; j++) {
                    assert_true(y[j] >= 0 && (j % 7 != 3 || y[j] == 0));
                    sum += y[j];
                }
                if (!(fabsf(sum - 1) < 5e-6f))
                    fail_msg("softmax of %s: %zu add up to %.9g", b->name, n, (double)sum);
                free(y), free(z);
            }
}

/* y (n): what the elementwise kernel makes of x (n); axpy takes x for both of its arguments. */
static void elementwise(const lt_backend *b, int kernel, float *y, const float *x, size_t n)
{
    memcpy(y, x, n * sizeof *y);
    if (kernel == 0) b->sigmoid(y, n);
    if (kernel == 1) b->tanh(y, n);
    if (kernel == 2) b->axpy(y, -0.7f, x, n);
}

/* A number's neighbours, its place among them and the row's in memory do not show in the last bit of what
 * becomes of it. */
static void test_alike_wherever_it_stands(void **state)
{
    (void)state;
    float *x = numbers(WIDEST, 4), whole[WIDEST], part[WIDEST];
    for (size_t j = 0; j < WIDEST; j++) x[j] *= 20;
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at)
        for (int kernel = 0; kernel < 3; kernel++) {
            elementwise(b, kernel, whole, x, WIDEST);
            for (size_t first = 0; first < WIDEST; first++)
                for (size_t n = 1; n <= WIDEST - first; n++) {
                    elementwise(b, kernel, part, x + first, n);
                    if (memcmp(part, whole + first, n * sizeof *part) != 0)
                        fail_msg(
                            "kernel %d of %s: %zu numbers alone, the first the %zu., are not those of all %d",
                            kernel, b->name, n, first, WIDEST);
                }
        }
    free(x);
}

static void test_rows_are_alike_wherever_they_stand(void **state)
{
    (void)state;
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at)
        for (size_t n = 1; n < WIDEST; n++) {
            float *x = numbers(n, 8), *y = numbers(n, 9), *soft = numbers(n, 8);
            float *moved = numbers(2 * WIDEST, 10), *other = numbers(2 * WIDEST, 11), lse, moved_lse;
            const float sum = b->dot(x, y, n);
            b->log_sum_exp(&lse, x, n, 1, n);
            b->softmax(soft, n);
            for (size_t shift = 0; shift < 17; shift++) {
                memcpy(moved + shift, x, n * sizeof *x), memcpy(other + shift, y, n * sizeof *y);
                assert_true(b->dot(moved + shift, other + shift, n) == sum);
                b->log_sum_exp(&moved_lse, moved + shift, n, 1, n);
                assert_true(moved_lse == lse);
                b->softmax(moved + shift, n);
                assert_memory_equal(moved + shift, soft, n * sizeof *soft);
            }
            free(x), free(y), free(soft), free(moved), free(other);
        }
}

/* A broken number must be seen in what is computed from it, or a broken model goes on training. */
static void test_not_a_number_stays_none(void **state)
{
    (void)state;
    enum { H = 21, V = 37 };
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at) {
        for (size_t j = 0; j < H; j += 4)
            for (size_t gate = 0; gate < 4; gate++) {
                float *gates = numbers(4 * H, 4), *before = numbers(H, 5), c[H], t[H], h[H];
                gates[gate * H + j] = NAN;
                b->lstm_forward(gates, c, t, h, before, 1, H);
                for (size_t i = 0; i < H; i++)
                    if (isnan(h[i]) != (i == j))
                        fail_msg("lstm_forward of %s: gate %zu of unit %zu is NaN and h[%zu] is %g", b->name,
                                 gate, j, i, (double)h[i]);
                free(gates), free(before);
            }
        for (size_t j = 0; j < H; j++)
            for (int kernel = 0; kernel < 3; kernel++) {
                float *y = numbers(H, 6);
                y[j] = NAN;
                (kernel == 0 ? b->sigmoid : kernel == 1 ? b->tanh : b->softmax)(y, H);
                for (size_t i = 0; i < H; i++)
                    if (isnan(y[i]) != (i == j || kernel == 2))
                        fail_msg("kernel %d of %s: %zu is NaN and %zu becomes %g", kernel, b->name, j, i,
                                 (double)y[i]);
                free(y);
            }
        for (size_t v = 0; v < V; v += 4) {
            float *logits = numbers(V, 8), lse, loss, nll;
            int32_t target = 2;
            logits[v] = NAN;
            b->log_sum_exp(&lse, logits, V, 1, V);
            if (!isnan(lse))
                fail_msg("log_sum_exp of %s: logit %zu is NaN and it is %g", b->name, v, (double)lse);
            b->softmax_loss(logits, &loss, &nll, &target, 0, V, 1, V);
            assert_true(isnan(loss) && isnan(logits[0]));
            free(logits);
        }
    }
}

static void test_dropout(void **state)
{
    (void)state;
    enum { R = 50, N = 200 };
    uint64_t keys[R];
    for (size_t r = 0; r < R; r++) keys[r] = lt_mix64(r + 1);
    float *x = numbers(R * N, 1), *y = numbers(R * N, 0), *z = numbers(R * N, 0);
    lt_backend_ref.dropout(z, x, keys, 0.3, R, N);
    size_t dropped = 0;
    for (size_t i = 0; i < R * N; i++) dropped += z[i] == 0;
    assert_in_range(dropped, R * N * 28 / 100, R * N * 32 / 100);
    FOR_EACH_BACKEND(b)
    {
        b->dropout(y, x, keys, 0.3, R, N);
        assert_near(y, z, R * N, 0, "dropout", b->name);
        memcpy(y, x, R * N * sizeof *y);
        b->dropout(y, y, keys, 0.3, R, N);
        assert_near(y, z, R * N, 0, "dropout in place", b->name);
    }
    free(x), free(y), free(z);
}

static void test_optimizers(void **state)
{
    (void)state;
    enum { N = 101 };
    FOR_EACH_BACKEND(b)
    for (int kind = 0; kind < 4; kind++) {
        float *w[2], *g[2], *m[2], *v[2];
        double squares[2];
        for (int side = 0; side < 2; side++) {
            const lt_backend *which = side ? &lt_backend_ref : b;
            w[side] = numbers(N, 1), g[side] = numbers(N, 2), m[side] = numbers(N, 3),
            v[side] = numbers(N, 4);
            for (size_t i = 0; i < N; i++) v[side][i] = fabsf(v[side][i]);
            float *other = numbers(N, 5);
            squares[side] = which->add_and_square(g[side], other, N);
            for (size_t i = 0; i < N; i++) assert_true(other[i] == 0);
            if (kind == 0) which->sgd(w[side], g[side], m[side], 0.5f, 0.1f, 0.9f, 0.01f, N);
            if (kind == 1) which->adagrad(w[side], g[side], v[side], 0.5f, 0.1f, 1e-8f, 0.01f, N);
            if (kind == 2)
                which->adam(w[side], g[side], m[side], v[side], 0.5f, 0.1f, 0.9f, 0.99f, 1e-8f, 0.01f, 0.999f,
                            N);
            if (kind == 3) which->average(w[side], m[side], 0.01f, N);
            for (size_t i = 0; i < N; i++) assert_true(kind == 3 || g[side][i] == 0);
            free(other);
        }
        assert_true(fabs(squares[0] - squares[1]) < 1e-9);
        assert_near(w[0], w[1], N, 1e-6, "an optimizer's step", b->name);
        assert_near(v[0], v[1], N, 1e-6, "an optimizer's moment", b->name);
        for (int side = 0; side < 2; side++) free(w[side]), free(g[side]), free(m[side]), free(v[side]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_weight_gradients),
        cmocka_unit_test(test_columns_are_independent),
        cmocka_unit_test(test_sums_over_rows),
        cmocka_unit_test(test_lstm),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_short_rows),
        cmocka_unit_test(test_softmax_of_a_row),
        cmocka_unit_test(test_alike_wherever_it_stands),
        cmocka_unit_test(test_rows_are_alike_wherever_they_stand),
        cmocka_unit_test(test_not_a_number_stays_none),
        cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_optimizers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
