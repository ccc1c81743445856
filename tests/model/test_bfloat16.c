/* What products in bfloat16 are of: every operand rounded to nearest, ties to even, on every backend. How
 * near the backends are to each other in them, test_backend.c sees. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "model/backend/backend.h"
#include "model/backend/bfloat16.h"
#include "tests/model/network_fixture.h"

static const float infinity = INFINITY;

static const struct {
    float x, rounded;
} cases[] = {
    {0, 0},
    {1, 1},
    {0x1.02p0f, 0x1.02p0f},     /* the next bfloat16 */
    {0x1.01p0f, 0x1p0f},        /* half way: to the even one below, */
    {0x1.03p0f, 0x1.04p0f},     /* to the even one above */
    {0x1.010002p0f, 0x1.02p0f}, /* more than half way */
    {0x1.02fffep0f, 0x1.02p0f}, /* less */
    {0x1.fffffep0f, 2},         /* into the next binade */
    {-0x1.01p0f, -0x1p0f},
    {-0x1.03p0f, -0x1.04p0f},
    {3.14159274f, 3.140625f},
    {1e-30f, 0x1.44p-100f},
    {0x1.fep127f, 0x1.fep127f},     /* the greatest */
    {0x1.fefffep127f, 0x1.fep127f}, /* the last float that rounds to it */
    {0x1.ffp127f, INFINITY},
    {FLT_MAX, INFINITY},
    {-FLT_MAX, -INFINITY},
    {INFINITY, INFINITY},
    {-INFINITY, -INFINITY},
    {FLT_MIN, FLT_MIN},
};
enum { CASES = sizeof cases / sizeof *cases };

static void test_one_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        float x = lt_bfloat16_value(lt_bfloat16_of(cases[i].x));
        if (x != cases[i].rounded)
            fail_msg("%a becomes %a, not %a", (double)cases[i].x, (double)x, (double)cases[i].rounded);
    }
    assert_true(signbit(lt_bfloat16_value(lt_bfloat16_of(-0.0f))));
    for (uint32_t bits = 1; bits < 0x800000; bits = bits * 3 + 1) { /* fractions of a NaN */
        uint32_t none[2] = {0x7F800000 | bits, 0xFF800000 | bits};
        float x[2];
        memcpy(x, none, sizeof x);
        for (int sign = 0; sign < 2; sign++) assert_true(isnan(lt_bfloat16_value(lt_bfloat16_of(x[sign]))));
    }
    assert_true(lt_bfloat16_value(lt_bfloat16_of(0x1.01p-130f)) == 0x1p-130f);
}

/* Each bfloat16 is itself, and the numbers around it go to the nearest. */
static void test_all_numbers(void **state)
{
    (void)state;
    for (uint32_t half = 0; half < 0x7F80; half++) {
        float below = lt_bfloat16_value((uint16_t)half), above = lt_bfloat16_value((uint16_t)(half + 1));
        assert_int_equal(lt_bfloat16_of(below), half);
        assert_int_equal(lt_bfloat16_of(-below), half | 0x8000);
        if (half + 1 == 0x7F80) above = 0x1p127f; /* would be twice that; the middle is what counts */
        double middle = half + 1 == 0x7F80 ? 0x1.ffp127 : ((double)below + (double)above) / 2;
        assert_int_equal(lt_bfloat16_of((float)middle), half + (half & 1));
        assert_int_equal(lt_bfloat16_of(nextafterf((float)middle, 0)), half);
        assert_int_equal(lt_bfloat16_of(nextafterf((float)middle, infinity)), half + 1);
    }
}

static bool same(float a, float b)
{
    return isnan(b) ? isnan(a) : a == b || (a == 0 && fabsf(b) < FLT_MIN);
}

/* Products with 1, of each operand in turn: their rounding. `columns` decides between whole vectors and
 * rests. */
static void check_operands(const lt_backend *b, const float *x, const float *rounded, size_t columns)
{
    const lt_packing *p = b->packing[LT_BFLOAT16];
    float *packed = aligned_alloc(64, (p->size(columns, 1) + 64) / 64 * 64), y[64], one = 1;
    p->pack(packed, x, 1, false, columns, 1, 0, columns);
    p->gemm(y, columns, &one, 1, packed, NULL, 1, columns, 1, false);
    for (size_t i = 0; i < columns; i++)
        if (!same(y[i], rounded[i]))
            fail_msg("%s: weight %zu of %zu, %a, is %a", b->name, i, columns, (double)x[i], (double)y[i]);
    free(packed);
    packed = aligned_alloc(64, (p->size(1, 1) + 64) / 64 * 64);
    p->pack(packed, &one, 1, false, 1, 1, 0, 1);
    p->gemm(y, 1, x, 1, packed, NULL, columns, 1, 1, false);
    for (size_t i = 0; i < columns; i++)
        if (!same(y[i], rounded[i]))
            fail_msg("%s: row %zu of %zu, %a, is %a", b->name, i, columns, (double)x[i], (double)y[i]);
    free(packed);
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < columns; i++) y[i] = 0;
        p->gemm_tn(y, side ? columns : 1, side ? &one : x, side ? 1 : columns, side ? x : &one,
                   side ? columns : 1, 1, side ? 1 : columns, side ? columns : 1);
        for (size_t i = 0; i < columns; i++)
            if (!same(y[i], rounded[i]))
                fail_msg("%s: side %d of a gradient, %zu of %zu, %a, is %a", b->name, side, i, columns,
                         (double)x[i], (double)y[i]);
    }
}

static void test_operands_are_rounded(void **state)
{
    (void)state;
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at)
        for (size_t columns = 1; columns <= 64; columns++) {
            float x[64], rounded[64];
            for (size_t i = 0; i < columns; i++) {
                size_t from = (i * 7 + columns) % (CASES + 2);
                x[i] = from < CASES ? cases[from].x : from == CASES ? NAN : 0x1.01p-130f;
                rounded[i] = from < CASES ? cases[from].rounded : from == CASES ? NAN : 0x1p-130f;
            }
            check_operands(b, x, rounded, columns);
        }
}

/* Sums and what is added to them keep a float's 24 bits. */
static void test_sums_are_floats(void **state)
{
    (void)state;
    enum { K = 1000, N = 3 };
    for (const lt_backend *const *at = lt_backend_all(), *b = *at; b; b = *++at) {
        const lt_packing *p = b->packing[LT_BFLOAT16];
        float x[K], w[N * K], y[N], bias[N] = {0x1.01p0f, 0x1.000002p0f, 1234567};
        float *packed = aligned_alloc(64, (p->size(N, K) + 64) / 64 * 64);
        for (size_t j = 0; j < K; j++) x[j] = 0x1.02p0f;
        for (size_t j = 0; j < N * K; j++) w[j] = 0x1.02p0f;
        p->pack(packed, w, K, false, N, K, 0, N);
        p->gemm(y, N, x, K, packed, bias, 1, N, K, false);
        for (size_t i = 0; i < N; i++) {
            double sum = (double)bias[i] + K * 0x1.02p0 * 0x1.02p0;
            assert_true(fabs((double)y[i] - sum) < 1e-5 * sum);
        }
        free(packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_number),
        cmocka_unit_test(test_all_numbers),
        cmocka_unit_test(test_operands_are_rounded),
        cmocka_unit_test(test_sums_are_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
