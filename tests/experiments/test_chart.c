#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/chart.h"

static lt_error error;
static lt_text svg;

static int clear(void **state)
{
    (void)state;
    lt_text_clear(&svg);
    error = (lt_error){0};
    return 0;
}

static size_t occurrences(const char *of)
{
    size_t count = 0;
    for (const char *at = svg.data; (at = strstr(at, of)) != NULL; at++) count++;
    return count;
}

#define DRAW(...)                                                                                            \
    do {                                                                                                     \
        const lt_chart_series drawn[] = {__VA_ARGS__};                                                       \
        const lt_chart chart = {"T", "minutes", "dev.bleu", sizeof drawn / sizeof *drawn, drawn};            \
        if (lt_chart_svg(&svg, &chart, &error) != LT_OK) fail_msg("%s", error.message);                      \
    } while (0)

/* The plot is 560 x 320 pixels from (64, 40); x goes from 0 to 40, y from 25 to 40. */
static void points_stand_where_their_values_are(void **state)
{
    (void)state;
    const lt_chart_point a[] = {{10, 30}, {20, 35}, {40, 40}}, b[] = {{4, 25}};
    DRAW({"one", 3, a}, {"two", 1, b});
    assert_int_equal(occurrences("<polyline"), 2);
    assert_int_equal(occurrences("<circle"), 4);
    assert_non_null(strstr(svg.data, "points=\"204.0,253.3 344.0,146.7 624.0,40.0 \""));
    assert_non_null(strstr(svg.data, "points=\"120.0,360.0 \""));
    for (int tick = 0; tick <= 40; tick += 10) {
        char mark[64];
        snprintf(mark, sizeof mark, " y=\"378.0\" text-anchor=\"middle\">%d</text>", tick);
        assert_int_equal(occurrences(mark), 1);
    }
    assert_int_equal(occurrences("text-anchor=\"end\">30</text>"), 1);
    assert_int_equal(occurrences(">one</text>"), 1);
    assert_int_equal(occurrences(">two</text>"), 1);
    assert_int_equal(occurrences(">minutes</text>") + occurrences(">dev.bleu</text>"), 2);
}

static void what_is_not_finite_is_left_out(void **state)
{
    (void)state;
    const lt_chart_point a[] = {{NAN, 30}, {1, 1}, {2, INFINITY}, {3, 2}};
    DRAW({"a", 4, a});
    assert_int_equal(occurrences("<circle"), 2);
    assert_null(strstr(svg.data, "nan"));
    assert_null(strstr(svg.data, "inf"));
}

static void a_single_point_and_small_values_have_an_axis(void **state)
{
    (void)state;
    const lt_chart_point a[] = {{0, 7}}, small[] = {{0.001, 0.0125}, {0.002, 0.0175}};
    DRAW({"a", 1, a});
    assert_null(strstr(svg.data, "nan"));
    assert_non_null(strstr(svg.data, ">7.0</text>"));
    lt_text_clear(&svg);
    DRAW({"small", 2, small});
    assert_non_null(strstr(svg.data, ">0.015</text>"));
    assert_non_null(strstr(svg.data, ">0.0005</text>"));
}

static void names_are_any_bytes(void **state)
{
    (void)state;
    const lt_chart_point a[] = {{1, 1}, {2, 2}};
    DRAW({"<b>&\"\x01 \xff\xef\xbf\xbf", 2, a});
    assert_non_null(strstr(svg.data, ">&lt;b&gt;&amp;&quot;  \xef\xbf\xbd\xef\xbf\xbd</text>"));
}

static void many_curves_differ(void **state)
{
    (void)state;
    const lt_chart_point a[] = {{1, 1}, {2, 2}};
    lt_chart_series many[20];
    for (int i = 0; i < 20; i++) many[i] = (lt_chart_series){"m", 2, a};
    const lt_chart chart = {"T", "x", "y", 20, many};
    assert_int_equal(lt_chart_svg(&svg, &chart, &error), LT_OK);
    assert_int_equal(occurrences("<polyline fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\" points"), 1);
    assert_int_equal(
        occurrences("<polyline fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\" stroke-dasharray=\"7 4\""),
        1);
    assert_int_equal(
        occurrences("<polyline fill=\"none\" stroke=\"#0072b2\" stroke-width=\"2\" stroke-dasharray=\"2 3\""),
        1);
}

/* Huge, tiny, as good as equal: whole numbers of pixels within the picture, or a refusal. */
static void extreme_values_are_drawn_or_refused(void **state)
{
    (void)state;
    static const double pairs[][2] = {{1e17, 1e17}, {1, 1 + 1e-15}, {0, 1e12},   {-3, 5},        {0, 1e-9},
                                      {-1e9, 1e9},  {1e300, 2e300}, {0, 1e-310}, {-1e308, 1e308}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const lt_chart_point a[] = {{pairs[i][0], pairs[i][0]}, {pairs[i][1], pairs[i][1]}};
        const lt_chart_series series[] = {{"a", 2, a}};
        const lt_chart chart = {"T", "x", "y", 1, series};
        lt_text_clear(&svg);
        if (lt_chart_svg(&svg, &chart, &error) != LT_OK) {
            assert_non_null(strstr(error.message, "too far apart"));
            assert_true(i > 6);
            continue;
        }
        assert_null(strstr(svg.data, "nan"));
        assert_null(strstr(svg.data, "inf"));
        double x, y;
        const char *points = strstr(svg.data, "points=\"");
        assert_int_equal(sscanf(points, "points=\"%lf,%lf", &x, &y), 2);
        assert_true(x >= 63.9 && x <= 624.1 && y >= 39.9 && y <= 360.1);
        assert_true(occurrences("<text") < 32);
    }
}

static void nothing_to_draw_is_said(void **state)
{
    (void)state;
    const lt_chart_series none[] = {{"a", 0, NULL}};
    const lt_chart chart = {"T", "x", "y", 1, none};
    assert_int_equal(lt_chart_svg(&svg, &chart, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "nothing to draw"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(points_stand_where_their_values_are, clear),
        cmocka_unit_test_teardown(what_is_not_finite_is_left_out, clear),
        cmocka_unit_test_teardown(a_single_point_and_small_values_have_an_axis, clear),
        cmocka_unit_test_teardown(names_are_any_bytes, clear),
        cmocka_unit_test_teardown(many_curves_differ, clear),
        cmocka_unit_test_teardown(extreme_values_are_drawn_or_refused, clear),
        cmocka_unit_test_teardown(nothing_to_draw_is_said, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
