#include "experiments/chart.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* In pixels: the plot, and what is around it. */
enum { WIDTH = 560, HEIGHT = 320, LEFT = 64, TOP = 40, BOTTOM = 52, ROW = 18, KEY = 28 };
enum { TICKS = 6, DASHES = 4 };

/* Eight colours that the colour-blind can tell apart, too (Okabe & Ito 2008), but for the yellow, which white
 * paper does not show. */
static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                      "#e69f00", "#56b4e9", "#000000", "#7f7f7f"};
static const char *const dashes[DASHES] = {"", " stroke-dasharray=\"7 4\"", " stroke-dasharray=\"2 3\"",
                                           " stroke-dasharray=\"9 3 2 3\""};

enum { COLOURS = sizeof colours / sizeof *colours };

/* One direction of the plot. */
typedef struct axis {
    double from, to, step; /* values; a mark at each multiple of `step` */
    double origin, scale;  /* pixels: of `from`, and for each unit */
} axis;

static bool visible(const lt_chart_point *p)
{
    return isfinite(p->x) && isfinite(p->y);
}

/* 1, 2 or 5 times a power of ten: the least with at most TICKS steps in the span. */
static double round_step(double span)
{
    double power = pow(10, floor(log10(span / TICKS)));
    static const double factors[] = {1, 2, 5};
    for (int i = 0; i < 3; i++)
        if (span / (factors[i] * power) <= TICKS) return factors[i] * power;
    return 10 * power;
}

/* From and to become multiples of the step; false where double precision has none such. */
static bool round_axis(axis *a)
{
    if (a->to - a->from <= 1e-12 * fmax(fabs(a->to), fabs(a->from))) /* as good as one value */
        a->to += fmax(1, 0.01 * fabs(a->to));
    a->step = round_step(a->to - a->from);
    if (!isfinite(a->step) || a->step <= 0) return false;
    a->from = a->step * floor(a->from / a->step + 1e-9);
    a->to = a->step * ceil(a->to / a->step - 1e-9);
    return isfinite(a->to - a->from) && isfinite(WIDTH / (a->to - a->from));
}

static double place(const axis *a, double value)
{
    return a->origin + (value - a->from) * a->scale;
}

static lt_status text(lt_text *out, const char *bytes, lt_error *error)
{
    lt_text clean = {0};
    lt_status status = lt_utf8_repair(&clean, bytes, strlen(bytes), NULL, error);
    for (char *c = clean.data; c && (c = strstr(c, "\xEF\xBF")); c += 2) /* nor has XML U+FFFE and U+FFFF */
        if (c[2] == '\xBE' || c[2] == '\xBF') c[2] = '\xBD';
    for (size_t i = 0; i < clean.length && status == LT_OK; i++) {
        unsigned char c = (unsigned char)clean.data[i];
        const char *as = c == '&'   ? "&amp;"
                         : c == '<' ? "&lt;"
                         : c == '>' ? "&gt;"
                         : c == '"' ? "&quot;"
                                    : NULL;
        if (!as && c < ' ') as = " "; /* XML has no control characters */
        status = as ? lt_text_append(out, as, strlen(as), error) : lt_text_append(out, &c, 1, error);
    }
    lt_text_clear(&clean);
    return status;
}

/* A line of text at (x, y); `attributes` are of the element. */
static lt_status label(lt_text *out, double x, double y, const char *attributes, const char *bytes,
                       lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, "<text x=\"%.1f\" y=\"%.1f\"%s>", x, y, attributes));
    LT_TRY(text(out, bytes, error));
    return lt_text_appendf(out, error, "</text>\n");
}

static lt_status line(lt_text *out, double x1, double y1, double x2, double y2, const char *attributes,
                      lt_error *error)
{
    return lt_text_appendf(out, error, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" %s/>\n", x1, y1,
                           x2, y2, attributes);
}

/* The marks of an axis: a pale line through the plot and the value beside it. */
static lt_status draw_axis(lt_text *out, const axis *a, bool upright, lt_error *error)
{
    int decimals = a->step < 1 ? (int)ceil(-log10(a->step) - 1e-9) : 0;
    for (long i = lround(a->from / a->step); i <= lround(a->to / a->step); i++) {
        char number[64];
        double at = place(a, (double)i * a->step);
        if (a->step < 1e-4 || a->step > 1e5) /* too wide beside the axis */
            snprintf(number, sizeof number, "%.3g", (double)i * a->step);
        else
            snprintf(number, sizeof number, "%.*f", decimals, (double)i * a->step);
        if (upright) {
            LT_TRY(line(out, LEFT, at, LEFT + WIDTH, at, "stroke=\"#dddddd\"", error));
            LT_TRY(label(out, LEFT - 8, at + 4, " text-anchor=\"end\"", number, error));
        } else {
            LT_TRY(line(out, at, TOP, at, TOP + HEIGHT, "stroke=\"#dddddd\"", error));
            LT_TRY(label(out, at, TOP + HEIGHT + 18, " text-anchor=\"middle\"", number, error));
        }
    }
    return LT_OK;
}

static lt_status draw_curve(lt_text *out, const lt_chart_series *s, size_t number, const axis *x,
                            const axis *y, lt_error *error)
{
    const char *colour = colours[number % COLOURS];
    LT_TRY(lt_text_appendf(out, error, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\"%s points=\"",
                           colour, dashes[number / COLOURS % DASHES]));
    for (size_t i = 0; i < s->count; i++)
        if (visible(&s->points[i]))
            LT_TRY(lt_text_appendf(out, error, "%.1f,%.1f ", place(x, s->points[i].x),
                                   place(y, s->points[i].y)));
    LT_TRY(lt_text_appendf(out, error, "\"/>\n"));
    for (size_t i = 0; i < s->count; i++)
        if (visible(&s->points[i]))
            LT_TRY(lt_text_appendf(out, error, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\" fill=\"%s\"/>\n",
                                   place(x, s->points[i].x), place(y, s->points[i].y), colour));
    return LT_OK;
}

static lt_status draw_key(lt_text *out, const lt_chart *chart, lt_error *error)
{
    for (size_t i = 0; i < chart->count; i++) {
        double at = TOP + 10 + ROW * (double)i, from = LEFT + WIDTH + 14;
        char attributes[128];
        snprintf(attributes, sizeof attributes, "stroke=\"%s\" stroke-width=\"2\"%s", colours[i % COLOURS],
                 dashes[i / COLOURS % DASHES]);
        LT_TRY(line(out, from, at, from + KEY, at, attributes, error));
        LT_TRY(label(out, from + KEY + 6, at + 4, "", chart->series[i].name, error));
    }
    return LT_OK;
}

/* What the points take up. */
static lt_status measure(const lt_chart *chart, axis *x, axis *y, lt_error *error)
{
    *x = (axis){.from = 0, .to = 0};
    *y = (axis){.from = INFINITY, .to = -INFINITY};
    for (size_t s = 0; s < chart->count; s++)
        for (size_t i = 0; i < chart->series[s].count; i++) {
            const lt_chart_point *p = &chart->series[s].points[i];
            if (!visible(p)) continue;
            x->from = fmin(x->from, p->x), x->to = fmax(x->to, p->x);
            y->from = fmin(y->from, p->y), y->to = fmax(y->to, p->y);
        }
    if (!(y->from <= y->to))
        return lt_fail(error, LT_ERROR_USAGE, "there is nothing to draw: no curve has a point");
    if (!round_axis(x) || !round_axis(y))
        return lt_fail(error, LT_ERROR_USAGE,
                       "the values are too far apart to be drawn (x %g to %g, y %g to %g)", x->from, x->to,
                       y->from, y->to);
    x->origin = LEFT, x->scale = WIDTH / (x->to - x->from);
    y->origin = TOP + HEIGHT, y->scale = -HEIGHT / (y->to - y->from);
    return LT_OK;
}

lt_status lt_chart_svg(lt_text *out, const lt_chart *chart, lt_error *error)
{
    axis x, y;
    LT_TRY(measure(chart, &x, &y, error));
    size_t widest = 0;
    for (size_t i = 0; i < chart->count; i++) {
        size_t length = strlen(chart->series[i].name);
        if (length > widest) widest = length;
    }
    double width = LEFT + WIDTH + 14 + KEY + 6 + 7.5 * (double)widest + 12;
    double height = fmax(TOP + HEIGHT + BOTTOM, TOP + 20 + ROW * (double)chart->count);
    LT_TRY(lt_text_appendf(out, error,
                           "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
                           "viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" font-size=\"12\" "
                           "fill=\"#222222\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                           width, height, width, height));
    LT_TRY(label(out, LEFT, TOP - 16, " font-size=\"15\"", chart->title, error));
    LT_TRY(draw_axis(out, &x, false, error));
    LT_TRY(draw_axis(out, &y, true, error));
    LT_TRY(
        label(out, LEFT + WIDTH / 2.0, TOP + HEIGHT + 40, " text-anchor=\"middle\"", chart->x_label, error));
    LT_TRY(label(out, -(TOP + HEIGHT / 2.0), 18, " text-anchor=\"middle\" transform=\"rotate(-90)\"",
                 chart->y_label, error));
    for (size_t i = 0; i < chart->count; i++) LT_TRY(draw_curve(out, &chart->series[i], i, &x, &y, error));
    LT_TRY(draw_key(out, chart, error));
    return lt_text_appendf(out, error, "</svg>\n");
}
