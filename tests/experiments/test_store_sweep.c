/* Sweeps in the store: points, runs, who works at them, and databases from before there were any. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/store_private.h"
#include "experiments/store_sweep.h"
#include "model/base/text.h"
#include "tests/folder.h"
#include "tests/ok.h"

static char path[128];
static lt_error error;
static lt_store *store;
static int64_t sweep;
static lt_text seen;

#define ID(c) "0123456789abcdef0123456789abcde" c

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    error = (lt_error){0};
    snprintf(path, sizeof path, "%s/x.db", folder);
    return lt_store_open(&store, path, LT_STORE_WRITE, &error) == LT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    lt_store_close(store);
    lt_text_clear(&seen);
    return remove_folder(state);
}

static lt_status see_point(void *context, const lt_store_point *point, lt_error *e)
{
    (void)context;
    return lt_text_appendf(&seen, e, "%s(%s)%s;", point->label, point->settings, point->experiment);
}

static lt_status see_member(void *context, const lt_store_sweep_run *run, lt_error *e)
{
    (void)context;
    return lt_text_appendf(&seen, e, "%s %lld %c %s;", run->label, (long long)run->seed, run->run[31],
                           run->message ? run->message : "-");
}

static lt_status see_run(void *context, const lt_store_run *run, lt_error *e)
{
    (void)context;
    return lt_text_appendf(&seen, e, "%c %s %s;", run->id[31], run->sweep ? run->sweep : "-",
                           run->point ? run->point : "-");
}

static lt_status see_name(void *context, const char *name, lt_error *e)
{
    (void)context;
    return lt_text_appendf(&seen, e, "%s;", name);
}

static void assert_seen(const char *wanted)
{
    assert_string_equal(seen.data ? seen.data : "", wanted);
    lt_text_clear(&seen);
}

static void begin(const char *id)
{
    OK(lt_store_run_begin(store, &(lt_store_new_run){.id = id, .experiment = "toy", .folder = folder},
                          &error));
}

static void take_with_points(void)
{
    OK(lt_store_sweep_take(store, "big", "latimer sweep", &sweep, &error));
    OK(lt_store_sweep_add_point(store, sweep, &(lt_store_point){"base", NULL, "seed: 1\n"}, &error));
    OK(lt_store_sweep_add_point(store, sweep, &(lt_store_point){"c=gru", "c=gru\n", "c: gru\n"}, &error));
}

static void points_keep_their_order_and_their_first_record(void **state)
{
    (void)state;
    int64_t again;
    take_with_points();
    OK(lt_store_sweep_add_point(store, sweep, &(lt_store_point){"base", "x", "other"}, &error));
    OK(lt_store_sweep_add_point(store, sweep, &(lt_store_point){"a=1", "a=1\n", "a: 1\n"}, &error));
    OK(lt_store_sweep_points(store, sweep, see_point, NULL, &error));
    assert_seen("base()seed: 1\n;c=gru(c=gru\n)c: gru\n;a=1(a=1\n)a: 1\n;");
    OK(lt_store_sweep_take(store, "small", NULL, &again, &error));
    assert_int_not_equal(again, sweep);
    OK(lt_store_sweep_points(store, again, see_point, NULL, &error));
    assert_seen("");
    OK(lt_store_sweep_names(store, see_name, NULL, &error));
    assert_seen("small;big;");
    OK(lt_store_sweep_find(store, "big", &again, &error));
    assert_int_equal(again, sweep);
    OK(lt_store_sweep_find(store, "none", &again, &error));
    assert_int_equal(again, 0);
}

static void runs_are_entered_before_they_are_begun(void **state)
{
    (void)state;
    take_with_points();
    OK(lt_store_sweep_add_run(store, sweep, "c=gru", 1, ID("1"), &error));
    OK(lt_store_sweep_add_run(store, sweep, "base", 2, ID("2"), &error));
    OK(lt_store_sweep_add_run(store, sweep, "base", 1, ID("3"), &error));
    OK(lt_store_sweep_note_run(store, ID("2"), "killed", &error));
    OK(lt_store_sweep_note_run(store, ID("1"), "killed", &error));
    OK(lt_store_sweep_runs(store, sweep, see_member, NULL, &error));
    assert_seen("base 1 3 -;base 2 2 killed;c=gru 1 1 killed;");
    OK(lt_store_sweep_add_run(store, sweep, "c=gru", 1, ID("4"), &error)); /* in its place */
    OK(lt_store_sweep_runs(store, sweep, see_member, NULL, &error));
    assert_seen("base 1 3 -;base 2 2 killed;c=gru 1 4 -;");
    assert_int_equal(lt_store_sweep_add_run(store, sweep, "none", 1, ID("5"), &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "no point none"));
}

static void runs_tell_their_sweep(void **state)
{
    (void)state;
    take_with_points();
    OK(lt_store_sweep_add_run(store, sweep, "c=gru", 1, ID("1"), &error));
    begin(ID("1"));
    begin(ID("2"));
    OK(lt_store_runs(store, &(lt_store_filter){.id = ID("1")}, see_run, NULL, &error));
    assert_seen("1 big c=gru;");
    OK(lt_store_runs(store, &(lt_store_filter){.id = ID("2")}, see_run, NULL, &error));
    assert_seen("2 - -;");
    OK(lt_store_runs(store, &(lt_store_filter){.sweep = "big"}, see_run, NULL, &error));
    assert_seen("1 big c=gru;");
    OK(lt_store_runs(store, &(lt_store_filter){.sweep = "none"}, see_run, NULL, &error));
    assert_seen("");
}

/* Another process takes it, and lives or has died. */
static void one_process_works_at_a_sweep(void **state)
{
    (void)state;
    int ready[2];
    char byte;
    assert_int_equal(pipe(ready), 0);
    take_with_points();
    OK(lt_store_sweep_take(store, "big", NULL, &sweep, &error)); /* its own: once more */
    OK(lt_store_sweep_heartbeat(store, sweep, &error));
    OK(lt_store_sweep_release(store, sweep, &error));
    pid_t child = fork();
    if (child == 0) {
        lt_store *own;
        bool well = lt_store_open(&own, path, LT_STORE_WRITE, &error) == LT_OK &&
                    lt_store_sweep_take(own, "big", "x", &sweep, &error) == LT_OK;
        if (!well || write(ready[1], "x", 1) != 1) _exit(1);
        for (;;) pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(lt_store_sweep_take(store, "big", NULL, &sweep, &error), LT_ERROR_MISMATCH);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "big is being worked at (process %d)", (int)child);
    if (!strstr(error.message, wanted)) fail_msg("%s", error.message);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    OK(lt_store_sweep_take(store, "big", NULL, &sweep, &error));
}

/* What a database held before there were sweeps is there afterwards, and can be part of one. */
static void a_database_without_sweeps_is_migrated(void **state)
{
    (void)state;
    begin(ID("1"));
    OK(lt_sql_script(store, "DROP TABLE sweep_runs; DROP TABLE sweep_points; DROP TABLE sweeps;", &error));
    OK(lt_sql_script(store, lt_schema_sweeps, &error));
    take_with_points();
    OK(lt_store_sweep_add_run(store, sweep, "base", 1, ID("1"), &error));
    OK(lt_store_runs(store, &(lt_store_filter){0}, see_run, NULL, &error));
    assert_seen("1 big base;");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(points_keep_their_order_and_their_first_record),
        TEST(runs_are_entered_before_they_are_begun),
        TEST(runs_tell_their_sweep),
        TEST(one_process_works_at_a_sweep),
        TEST(a_database_without_sweeps_is_migrated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
