#include "experiments/sweep_statistics.h"

#include <math.h>

lt_moments lt_moments_of(const double *values, size_t count)
{
    lt_moments m = {count, NAN, NAN};
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    if (count) m.mean = sum / (double)count;
    for (size_t i = 0; i < count; i++) squares += (values[i] - m.mean) * (values[i] - m.mean);
    if (count > 1) m.deviation = sqrt(squares / (double)(count - 1));
    return m;
}

/* The continued fraction of the incomplete beta function (DLMF 8.17.22), by the modified method of Lentz; it
 * converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m <= 500; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double last = 1;
        for (int half = 0; half < 2; half++) {
            double term = half ? odd : even;
            d = 1 + term * d, c = 1 + term / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            h *= last = c * d;
        }
        if (fabs(last - 1) < 1e-15) break;
    }
    return h;
}

/* The regularized incomplete beta function I_x(a, b), `y` being 1 - x. */
static double incomplete_beta(double x, double y, double a, double b)
{
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(y, b, a) / b;
}

double lt_student_p(double t, double freedom)
{
    if (isnan(t) || !(freedom > 0)) return NAN;
    if (isinf(t)) return 0;
    double whole = freedom + t * t;
    return incomplete_beta(freedom / whole, t * t / whole, freedom / 2, 0.5);
}

double lt_welch_p(const lt_moments *a, const lt_moments *b)
{
    if (a->count < 2 || b->count < 2) return NAN;
    double va = a->deviation * a->deviation / (double)a->count;
    double vb = b->deviation * b->deviation / (double)b->count;
    if (va + vb == 0) return a->mean == b->mean ? 1 : NAN;
    double freedom =
        (va + vb) * (va + vb) / (va * va / (double)(a->count - 1) + vb * vb / (double)(b->count - 1));
    return lt_student_p((b->mean - a->mean) / sqrt(va + vb), freedom);
}

void lt_holm(double *adjusted, const double *p, size_t count)
{
    size_t tests = 0;
    for (size_t i = 0; i < count; i++) tests += !isnan(p[i]);
    for (size_t i = 0; i < count; i++) {
        size_t smaller = 0;
        for (size_t k = 0; k < count; k++) smaller += p[k] < p[i];
        adjusted[i] = isnan(p[i]) ? NAN : fmin(1, p[i] * (double)(tests - smaller));
    }
    /* never below that of a smaller p; what is raised already is raised to no more than this would be */
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (p[k] < p[i]) adjusted[i] = fmax(adjusted[i], adjusted[k]);
}
