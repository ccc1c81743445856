/* Products of 8-bit integers: every backend to the last bit as the oracle, whatever the numbers. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "model/backend/cpu.h"
#include "model/backend/int8.h"
#include "tests/model/network_fixture.h"

static void *packed_of(const lt_packing *p, const float *w, bool transposed, size_t n, size_t k)
{
    void *packed = aligned_alloc(64, (p->size(n, k) + 64) / 64 * 64);
    const size_t middle = n / 2 / p->grain * p->grain, ld = transposed ? n : k;
    p->pack(packed, w, ld, transposed, n, k, 0, middle);
    p->pack(packed, w, ld, transposed, n, k, middle, n);
    return packed;
}

/* y (m, n), where `accumulate` added to what numbers(m * n, 9) are. */
static float *product(const lt_packing *p, const float *x, const float *w, const float *bias, size_t m,
                      size_t n, size_t k, bool transposed, bool accumulate)
{
    void *packed = packed_of(p, w, transposed, n, k);
    float *y = numbers(m * n, 9);
    p->gemm(y, n, x, k, packed, bias, m, n, k, accumulate);
    free(packed);
    return y;
}

/* Of this backend, and of the oracle. */
static void assert_same(const lt_backend *b, const float *x, const float *w, const float *bias, size_t m,
                        size_t n, size_t k, bool transposed, bool accumulate)
{
    float *y = product(b->packing[LT_INT8], x, w, bias, m, n, k, transposed, accumulate);
    float *z = product(&lt_int8_ref, x, w, bias, m, n, k, transposed, accumulate);
    for (size_t i = 0; i < m * n; i++)
        if (memcmp(&y[i], &z[i], sizeof *y) != 0 && !(isnan(y[i]) && isnan(z[i])))
            fail_msg("%s, %zu x %zu x %zu: item %zu is %.9g, the oracle says %.9g", b->name, m, n, k, i,
                     (double)y[i], (double)z[i]);
    free(y), free(z);
}

/* All backends and, where the best one has more than its table says, that table. */
static const lt_backend *const *backends(void)
{
    static const lt_backend *all[8];
    size_t n = 0;
    for (; lt_backend_all()[n]; n++) all[n] = lt_backend_all()[n];
#if defined(__x86_64__)
    for (size_t i = 0, known = n; i < known; i++)
        if (strcmp(all[i]->name, lt_backend_avx512.name) == 0) all[n++] = &lt_backend_avx512;
#endif
    all[n] = NULL;
    return all;
}

#define FOR_EACH_BACKEND(b) for (const lt_backend *const *at = backends(), *b = *at; b; b = *++at)

static const size_t sizes[][3] = {/* m, n, k */
                                  {1, 1, 1},      {2, 5, 3},     {3, 15, 4},   {4, 16, 15},   {5, 17, 16},
                                  {6, 48, 17},    {7, 47, 33},   {8, 96, 64},  {13, 33, 100}, {64, 31, 515},
                                  {3, 100, 2050}, {29, 7, 9000}, {1, 2, 49152}};

static void test_as_the_oracle(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
        for (int variant = 0; variant < 4; variant++) {
            size_t m = sizes[s][0], n = sizes[s][1], k = sizes[s][2];
            float *x = numbers(m * k, 1), *w = numbers(n * k, 2), *bias = numbers(n, 3);
            FOR_EACH_BACKEND(b)
            assert_same(b, x, w, variant & 2 ? NULL : bias, m, n, k, variant & 1, variant & 2);
            free(x), free(w), free(bias);
        }
}

/* The oracle itself: near the products of the numbers, and exact where they are integers. */
static void test_the_oracle(void **state)
{
    (void)state;
    enum { M = 9, N = 20, K = 300 };
    float *x = numbers(M * K, 1), *w = numbers(N * K, 2), *bias = numbers(N, 3);
    float *y = product(&lt_int8_ref, x, w, bias, M, N, K, false, false);
    for (size_t r = 0; r < M; r++)
        for (size_t i = 0; i < N; i++) {
            double sum = bias[i];
            for (size_t j = 0; j < K; j++) sum += (double)x[r * K + j] * (double)w[i * K + j];
            assert_true(fabs((double)y[r * N + i] - sum) < 0.3); /* the sum's deviation is 5.8 */
        }
    free(y);
    for (size_t i = 0; i < M * K; i++) x[i] = (float)((int)(i * 37 % 127) - 63);
    for (size_t i = 0; i < N * K; i++) w[i] = (float)((int)(i * 11 % 21) - 10) / 10 * 127;
    for (size_t r = 0; r < M; r++) x[r * K] = 63;
    for (size_t i = 0; i < N * K; i++)
        w[i] = i % 7 == 0 ? 127.0f : i % 7 == 3 ? -127.0f : 0; /* no lane over 258 */
    y = product(&lt_int8_ref, x, w, NULL, M, N, K, false, false);
    for (size_t r = 0; r < M; r++)
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t j = 0; j < K; j++) sum += (double)x[r * K + j] * (double)w[i * K + j];
            assert_true(fabs((double)y[r * N + i] - sum) <= 1e-6 * fabs(sum));
        }
    free(x), free(w), free(bias), free(y);
}

/* All weights and activations as large as they get, in every mixture of signs: no sum may run over. */
static void test_extremes(void **state)
{
    (void)state;
    enum { M = 7, N = 40, K = 200 };
    float *x = numbers(M * K, 1), *w = numbers(N * K, 2);
    for (int kind = 0; kind < 6; kind++) {
        for (size_t i = 0; i < M * K; i++)
            x[i] = kind == 0 ? 1 : kind == 1 ? -1 : kind == 2 ? (i % 2 ? 1 : -1) : x[i] < 0 ? -1 : 1;
        for (size_t i = 0; i < N * K; i++)
            w[i] = kind == 3   ? (i % 4 < 2 ? 1 : -1)
                   : kind == 4 ? (w[i] < 0 ? -1 : 1)
                   : kind == 5 ? (i % 16 < 8 ? -1 : 1)
                               : (kind == 1 ? -1 : 1);
        FOR_EACH_BACKEND(b) assert_same(b, x, w, NULL, M, N, K, false, false);
        float *y = product(&lt_int8_ref, x, w, NULL, M, N, K, false, false);
        for (size_t i = 0; kind < 2 && i < M * N; i++) assert_true(fabsf(y[i] - K) < 1e-3f * K);
        free(y);
    }
    free(x), free(w);
}

/* The promise behind it: no lane of a stretch adds up to more than the limit, and the scale is not smaller
 * than it must be. */
static void test_scales(void **state)
{
    (void)state;
    enum { K = 333 };
    for (uint64_t seed = 0; seed < 60; seed++) {
        float *w = numbers(K, seed);
        int8_t q[K];
        for (size_t j = 0; j < K; j++)
            w[j] = seed % 3 == 0 ? fabsf(w[j]) : seed % 3 == 1 ? w[j] * w[j] * w[j] : w[j];
        lt_int8_scale s = lt_int8_scale_of(w, 1, K);
        lt_int8_quantize(q, w, 1, K, s.inverse);
        int most = 0, largest = 0;
        for (size_t first = 0; first < K; first += LT_INT8_GROUP)
            for (size_t lane = 0; lane < 4; lane += 2) {
                int positive = 0, negative = 0;
                for (size_t j = first; j < first + LT_INT8_GROUP && j < K; j++) {
                    if ((j & 2) == lane) *(q[j] > 0 ? &positive : &negative) += abs(q[j]);
                    if (abs(q[j]) > largest) largest = abs(q[j]);
                }
                most = positive > most ? positive : most;
                most = negative > most ? negative : most;
            }
        assert_true(most <= LT_INT8_LANE && largest <= LT_INT8_WEIGHT);
        assert_true(largest == LT_INT8_WEIGHT || most > LT_INT8_LANE - 8);
        for (size_t j = 0; j < K; j++) assert_true(fabsf(w[j] - s.scale * q[j]) <= 0.7f * s.scale);
        free(w);
    }
}

static void test_rows_are_independent(void **state)
{
    (void)state;
    enum { M = 40, N = 50, K = 700 }; /* more rows than are quantised at a time */
    float *x = numbers(M * K, 1), *w = numbers(N * K, 2), *bias = numbers(N, 3);
    for (size_t i = 0; i < M * K; i++) x[i] *= (float)(1 + i / K); /* no two rows of one scale */
    FOR_EACH_BACKEND(b)
    {
        void *packed = packed_of(b->packing[LT_INT8], w, false, N, K);
        float whole[M * N], part[M * N];
        b->packing[LT_INT8]->gemm(whole, N, x, K, packed, bias, M, N, K, false);
        for (size_t first = 0; first < M; first++)
            for (size_t m = 1; m <= M - first; m += 1 + m / 8) {
                b->packing[LT_INT8]->gemm(part, N, x + first * K, K, packed, bias, m, N, K, false);
                assert_memory_equal(part, whole + first * N, m * N * sizeof *part);
            }
        free(packed);
    }
    free(x), free(w), free(bias);
}

static void test_strange_numbers(void **state)
{
    (void)state;
    enum { M = 5, N = 19, K = 21 };
    static const float rows[] = {0, 1e-38f, 1e-42f, 1e37f, NAN, INFINITY, -INFINITY, -NAN, 8e-31f, 7e-31f};
    for (size_t kind = 0; kind < sizeof rows / sizeof *rows; kind++)
        for (int in_weights = 0; in_weights < 2; in_weights++) {
            float *x = numbers(M * K, 1), *w = numbers(N * K, 2);
            float *row = in_weights ? w + 4 * K : x + 2 * K;
            const bool finite = isfinite(rows[kind]);
            for (size_t j = 0; j < K; j++)
                row[j] = finite ? row[j] * rows[kind] : j == kind ? rows[kind] : row[j];
            FOR_EACH_BACKEND(b)
            {
                assert_same(b, x, w, NULL, M, N, K, false, false);
                float *y = product(b->packing[LT_INT8], x, w, NULL, M, N, K, false, false);
                for (size_t i = 0; i < M * N; i++) {
                    const bool touched = in_weights ? i % N == 4 : i / N == 2;
                    if (isfinite(y[i]) != (finite || !touched))
                        fail_msg("%s: with a %g in %s item %zu is %g", b->name, (double)rows[kind],
                                 in_weights ? "W" : "x", i, (double)y[i]);
                    if (touched && finite && rows[kind] < 1e-35f) assert_true(y[i] == 0);
                }
                free(y);
            }
            free(x), free(w);
        }
}

/* Laid out from integers, it is what pack() makes of the numbers they come from. */
static void test_lay_out(void **state)
{
    (void)state;
    enum { N = 53, K = 77, LD = 80 };
    float *w = numbers(N * K, 2), scale[N];
    int8_t q[N * LD];
    for (size_t i = 0; i < N; i++) {
        lt_int8_scale s = lt_int8_scale_of(w + i * K, 1, K);
        scale[i] = s.scale;
        lt_int8_quantize(q + i * LD, w + i * K, 1, K, s.inverse);
    }
    FOR_EACH_BACKEND(b)
    {
        const lt_packing *p = b->packing[LT_INT8];
        const size_t middle = 20 / p->grain * p->grain;
        unsigned char *one = packed_of(p, w, false, N, K), *other = packed_of(p, w, false, N, K);
        memset(other, 0x55, p->size(N, K));
        p->lay_out(other, q, LD, scale, N, K, 0, middle);
        p->lay_out(other, q, LD, scale, N, K, middle, N);
        assert_memory_equal(one, other, p->size(N, K));
        free(one), free(other);
    }
    free(w);
}

/* Some columns of a matrix are what pack() makes of these rows alone. */
static void test_gather(void **state)
{
    (void)state;
    enum { N = 70, K = 45, TAKEN = 37 };
    float *w = numbers(N * K, 2), *some = numbers(TAKEN * K, 3);
    int32_t columns[TAKEN];
    for (size_t i = 0; i < TAKEN; i++) {
        columns[i] = (int32_t)(i * 15 / 8);
        memcpy(some + i * K, w + (size_t)columns[i] * K, K * sizeof *w);
    }
    FOR_EACH_BACKEND(b)
    {
        const lt_packing *p = b->packing[LT_INT8];
        unsigned char *all = packed_of(p, w, false, N, K), *alone = packed_of(p, some, false, TAKEN, K);
        unsigned char *gathered = packed_of(p, w, false, N, K);
        p->gather(gathered, all, columns, TAKEN, N, K);
        assert_memory_equal(gathered, alone, p->size(TAKEN, K));
        free(all), free(alone), free(gathered);
    }
    free(w), free(some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_oracle),
        cmocka_unit_test(test_as_the_oracle),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_rows_are_independent),
        cmocka_unit_test(test_strange_numbers),
        cmocka_unit_test(test_lay_out),
        cmocka_unit_test(test_gather),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
