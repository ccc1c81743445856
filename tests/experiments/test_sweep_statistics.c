/* Means, deviations, Welch's t-test and Holm's adjustment against values from elsewhere. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "experiments/sweep_statistics.h"

static void near(double value, double wanted, double tolerance)
{
    if (!(fabs(value - wanted) <= tolerance)) fail_msg("%.12g, not %.12g", value, wanted);
}

static void moments_have_the_sample_deviation(void **state)
{
    (void)state;
    lt_moments m = lt_moments_of((const double[]){2, 4, 4, 4, 5, 5, 7, 9}, 8);
    near(m.mean, 5, 1e-15);
    near(m.deviation, sqrt(32.0 / 7), 1e-15);
    m = lt_moments_of((const double[]){3.5}, 1);
    near(m.mean, 3.5, 0);
    assert_true(isnan(m.deviation));
    m = lt_moments_of(NULL, 0);
    assert_int_equal(m.count, 0);
    assert_true(isnan(m.mean));
}

/* The distribution has closed forms for 1, 2 and 4 degrees; those between are from tables of t. */
static void students_p_is_that_of_the_tables(void **state)
{
    (void)state;
    const double pi = acos(-1);
    for (double t = 0; t < 60; t = t * 1.7 + 0.01) {
        near(lt_student_p(t, 1), 1 - 2 / pi * atan(t), 1e-13);
        near(lt_student_p(-t, 2), 1 - t / sqrt(2 + t * t), 1e-13);
        double x = t / sqrt(4 + t * t);
        near(lt_student_p(t, 4), 1 - x * (3 - x * x) / 2, 1e-13);
    }
    static const double critical[][3] = {
        /* degrees, t, two-sided p */
        {1, 12.7062047, 0.05}, {2, 4.30265273, 0.05},  {3, 3.18244631, 0.05},  {4, 2.77644511, 0.05},
        {5, 4.03214298, 0.01}, {10, 2.22813885, 0.05}, {30, 2.04227246, 0.05}, {120, 2.61742, 0.01}};
    for (size_t i = 0; i < sizeof critical / sizeof *critical; i++)
        near(lt_student_p(critical[i][1], critical[i][0]), critical[i][2], 1e-7);
    near(lt_student_p(1.959963985, 1e6), 0.05, 1e-6); /* the normal one's */
    near(lt_student_p(0, 3.3), 1, 0);
    near(lt_student_p(INFINITY, 3), 0, 0);
    assert_true(isnan(lt_student_p(NAN, 3)));
}

/* R's documentation: t.test(extra ~ group, data = sleep): t = -1.8608, df = 17.776, p-value = 0.07939. */
static void welchs_p_is_that_of_r(void **state)
{
    (void)state;
    static const double one[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
    static const double two[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};
    lt_moments a = lt_moments_of(one, 10), b = lt_moments_of(two, 10);
    near(lt_welch_p(&a, &b), 0.07939, 5e-6);
    near(lt_welch_p(&b, &a), lt_welch_p(&a, &b), 1e-15);
    /* of equal sizes and deviations it is Student's, with 2 (n - 1) degrees: t = 2 / (1 sqrt(2/3)) */
    a = lt_moments_of((const double[]){1, 2, 3}, 3), b = lt_moments_of((const double[]){3, 4, 5}, 3);
    near(lt_welch_p(&a, &b), lt_student_p(2 / sqrt(2.0 / 3), 4), 1e-15);
}

static void where_nothing_can_be_said_nothing_is(void **state)
{
    (void)state;
    lt_moments one = lt_moments_of((const double[]){1}, 1), two = lt_moments_of((const double[]){1, 2}, 2);
    lt_moments still = lt_moments_of((const double[]){1, 1}, 2),
               other = lt_moments_of((const double[]){2, 2}, 2);
    assert_true(isnan(lt_welch_p(&one, &two)));
    assert_true(isnan(lt_welch_p(&two, &one)));
    assert_true(isnan(lt_welch_p(&still, &other)));
    near(lt_welch_p(&still, &still), 1, 0);
    double p = lt_welch_p(&still, &two); /* one side alone varies: t = 0.5 / 0.5, 1 degree */
    near(p, 0.5, 1e-12);
}

/* R: p.adjust(c(0.04, 0.01, 0.03, 0.02), "holm") is 0.06 0.04 0.06 0.06. */
static void holms_adjustment_is_that_of_r(void **state)
{
    (void)state;
    double adjusted[6];
    lt_holm(adjusted, (const double[]){0.04, 0.01, 0.03, 0.02}, 4);
    near(adjusted[0], 0.06, 1e-15), near(adjusted[1], 0.04, 1e-15);
    near(adjusted[2], 0.06, 1e-15), near(adjusted[3], 0.06, 1e-15);
    lt_holm(adjusted, (const double[]){NAN, 0.02, 0.9, NAN, 0.02, 0.8}, 6);
    assert_true(isnan(adjusted[0]) && isnan(adjusted[3]));
    near(adjusted[1], 0.08, 1e-15), near(adjusted[4], 0.08, 1e-15);
    near(adjusted[5], 1, 0), near(adjusted[2], 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_have_the_sample_deviation),
        cmocka_unit_test(students_p_is_that_of_the_tables),
        cmocka_unit_test(welchs_p_is_that_of_r),
        cmocka_unit_test(where_nothing_can_be_said_nothing_is),
        cmocka_unit_test(holms_adjustment_is_that_of_r),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
