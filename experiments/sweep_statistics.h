/* sweep_statistics.h: figures of a few repetitions that differ in their seed. */
#ifndef LT_SWEEP_STATISTICS_H
#define LT_SWEEP_STATISTICS_H

#include <stddef.h>

/* The mean of `count` values and their sample standard deviation, with count - 1 below; NaN of none, and the
 * deviation of fewer than two. */
typedef struct lt_moments {
    size_t count;
    double mean, deviation;
} lt_moments;
lt_moments lt_moments_of(const double *values, size_t count);

/* Two-sided p of a Student's t with `freedom` > 0 degrees, which need not be whole: I_x(freedom/2, 1/2) at
 * x = freedom / (freedom + t^2), I being the regularized incomplete beta function. */
double lt_student_p(double t, double freedom);

/* Welch's t-test of two means (Welch 1947, Biometrika 34), two-sided: t = (b - a) / sqrt(va/na + vb/nb), with
 * Satterthwaite's degrees of freedom (va/na + vb/nb)^2 / ((va/na)^2/(na-1) + (vb/nb)^2/(nb-1)). NaN where a
 * side has fewer than two values; where nothing varies on either side 1 for equal means, else NaN: there is
 * nothing to hold the difference against.
 *
 * Why this one, for runs that differ in their seed: each is an independent repetition. Runs of the same seed
 * at two points share the order of the data, but hardly anything of how a training turns out; a paired test
 * of 3 seeds would pay for that with half of its degrees of freedom (2 in place of up to 4), and where they
 * do share something Welch's is merely on the safe side. A permutation of 3 against 3 has no p below 0.1, of
 * 3 pairs none below 0.25. The deviations need not be alike. What p is about is other seeds, not other test
 * sentences. */
double lt_welch_p(const lt_moments *a, const lt_moments *b);

/* Holm's step-down adjustment (Holm 1979) of `count` p values; NaN is no test at all and stays. An adjusted p
 * below 0.05 may be believed at that level however many points were tried. */
void lt_holm(double *adjusted, const double *p, size_t count);

#endif
