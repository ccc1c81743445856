/* The points that the options of a sweep stand for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/sweep_grid.h"

static lt_error error;

static lt_status parse(lt_sweep_grid *points, const char *const *grid, const char *const *ablate)
{
    lt_strings g = {0}, a = {0};
    *points = (lt_sweep_grid){0};
    error = (lt_error){0};
    for (; grid && *grid; grid++) assert_int_equal(lt_strings_add(&g, *grid, &error), LT_OK);
    for (; ablate && *ablate; ablate++) assert_int_equal(lt_strings_add(&a, *ablate, &error), LT_OK);
    lt_status status = lt_sweep_grid_parse(points, &g, &a, &error);
    lt_strings_clear(&g);
    lt_strings_clear(&a);
    return status;
}

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

/* "a=1 b=2|a=1 b=3": the settings of each point. */
static void expect(const char *const *grid, const char *const *ablate, const char *wanted)
{
    lt_sweep_grid points;
    lt_text text = {0};
    if (parse(&points, grid, ablate) != LT_OK) fail_msg("%s", error.message);
    for (size_t i = 0; i < points.count; i++) {
        if (i) lt_text_append(&text, "|", 1, &error);
        for (size_t k = 0; k < points.points[i].settings.count; k++)
            lt_text_appendf(&text, &error, "%s%s", k ? " " : "", points.points[i].settings.items[k]);
    }
    assert_string_equal(text.data ? text.data : "", wanted);
    lt_text_clear(&text);
    lt_sweep_grid_clear(&points);
}

static void refuse(const char *const *grid, const char *const *ablate, const char *wanted)
{
    lt_sweep_grid points;
    assert_int_equal(parse(&points, grid, ablate), LT_ERROR_USAGE);
    if (strcmp(error.message, wanted) != 0) fail_msg("'%s', not '%s'", error.message, wanted);
    lt_sweep_grid_clear(&points);
}

static void a_grid_is_the_product_of_its_keys(void **state)
{
    (void)state;
    expect(LIST("a=1,2"), NULL, "a=1|a=2");
    expect(LIST("a=1,2", "b=x", "c.d=3,4,5"), NULL,
           "a=1 b=x c.d=3|a=1 b=x c.d=4|a=1 b=x c.d=5|a=2 b=x c.d=3|a=2 b=x c.d=4|a=2 b=x c.d=5");
    expect(NULL, NULL, "");
}

static void ablations_are_the_base_and_each_change_alone(void **state)
{
    (void)state;
    expect(NULL, LIST("a=1", "b=2"), "|a=1|b=2");
    expect(NULL, LIST("a=1;b=2", "c=3"), "|a=1 b=2|c=3");
    expect(NULL, LIST("a=1,2 ; b = [x;y] "), "|a=1,2 b=[x;y]");
    expect(LIST("c=3,4"), LIST("a=1"), "|a=1|c=3|c=4");
}

static void values_may_hold_commas(void **state)
{
    (void)state;
    expect(LIST("a=[x, y],[z],w"), NULL, "a=[x, y]|a=[z]|a=w");
    expect(LIST("a=\"x,y\",'u, \"v\"'"), NULL, "a=x,y|a=u, \"v\"");
    expect(LIST("a=\"x\\\"\\\\y\\z\""), NULL, "a=x\"\\y\\z");
    expect(LIST("a=[\"x],\\\"\", y],z"), NULL, "a=[\"x],\\\"\", y]|a=z");
    expect(LIST(" a = 1 , 2 "), NULL, "a=1|a=2");
    expect(LIST("a=\"\",b=c"), NULL, "a=|a=b=c");
    expect(LIST("a=it's,[[1,2],3]"), NULL, "a=it's|a=[[1,2],3]");
}

static void what_is_malformed_is_refused_by_name(void **state)
{
    (void)state;
    refuse(LIST("a"), NULL, "--grid a: KEY=V1,V2,... wanted, with a key of the experiment file");
    refuse(LIST("=1"), NULL, "--grid =1: KEY=V1,V2,... wanted, with a key of the experiment file");
    refuse(LIST("a="), NULL, "--grid a=: an empty value; it is written as \"\"");
    refuse(LIST("a=1,,2"), NULL, "--grid a=1,,2: an empty value; it is written as \"\"");
    refuse(LIST("a=1,"), NULL, "--grid a=1,: an empty value; it is written as \"\"");
    refuse(LIST("a=[1,2"), NULL, "--grid a=[1,2: '[' is not closed");
    refuse(LIST("a=1],2"), NULL, "--grid a=1],2: ']' without '['");
    refuse(LIST("a='1,2"), NULL, "--grid a='1,2: the quote ' is not closed");
    refuse(LIST("a=\"1\"2"), NULL, "--grid a=\"1\"2: '2' behind a closing quote");
    refuse(LIST("b=1", "a=1,2,1"), NULL, "--grid a=1,2,1: the value 1 is given twice");
    refuse(LIST("a=1", "a=2"), NULL, "--grid a=2: a is given twice; write all its values behind one --grid");
    refuse(NULL, LIST("a=1", "a=1"), "--ablate a=1: it is given twice");
    refuse(NULL, LIST("a=1;a=2"), "--ablate a=1;a=2: a is given twice");
    refuse(NULL, LIST("a=1;"), "--ablate a=1;: KEY=VALUE wanted, with a key of the experiment file");
}

static void a_grid_has_a_limit(void **state)
{
    (void)state;
    lt_sweep_grid points;
    const char *ten = "=0,1,2,3,4,5,6,7,8,9";
    char axis[5][32];
    const char *grid[6] = {0};
    for (int i = 0; i < 5; i++) {
        snprintf(axis[i], sizeof axis[i], "k%d%s", i, ten);
        grid[i] = axis[i];
    }
    assert_int_equal(parse(&points, grid, NULL), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "over 10000 points"));
    lt_sweep_grid_clear(&points);
    grid[4] = NULL;
    assert_int_equal(parse(&points, grid, NULL), LT_OK);
    assert_int_equal(points.count, 10000);
    lt_sweep_grid_clear(&points);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_grid_is_the_product_of_its_keys),
        cmocka_unit_test(ablations_are_the_base_and_each_change_alone),
        cmocka_unit_test(values_may_hold_commas),
        cmocka_unit_test(what_is_malformed_is_refused_by_name),
        cmocka_unit_test(a_grid_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
