/* chart.h: curves as a picture, in SVG 1.1 (W3C): one file that any browser shows, without scripts or fonts
 * of its own. */
#ifndef LT_CHART_H
#define LT_CHART_H

#include "model/base/text.h"

typedef struct lt_chart_point {
    double x, y; /* what is not finite is left out */
} lt_chart_point;

typedef struct lt_chart_series {
    const char *name;
    size_t count;
    const lt_chart_point *points; /* (count) joined in this order; the caller's, as all that is pointed to */
} lt_chart_series;

typedef struct lt_chart {
    const char *title, *x_label, *y_label;
    size_t count;
    const lt_chart_series *series; /* (count) */
} lt_chart;

/* Appends the picture. The x axis begins at 0 or, where there are values below, with them; the y axis where
 * the values do; both are marked at round numbers. The curves differ in colour and, beyond eight of them, in
 * their dashes; their names stand beside them. Texts may be any bytes: what is no UTF-8 becomes U+FFFD.
 * LT_ERROR_USAGE where there is no point at all, or the values are too far apart. */
lt_status lt_chart_svg(lt_text *out, const lt_chart *chart, lt_error *error);

#endif
