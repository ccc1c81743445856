#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/run_folder.h"
#include "model/base/file.h"
#include "tests/folder.h"

static lt_error error;

static void put(const lt_run_folder *run, const char *name)
{
    char *path = lt_run_folder_file(run, name);
    assert_int_equal(lt_file_write(path, "x", 1, &error), LT_OK);
    free(path);
}

static bool has(const char *path_of_run, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", path_of_run, name);
    return lt_file_exists(path);
}

static void a_folder_is_named_by_experiment_and_id(void **state)
{
    (void)state;
    char runs[96], wanted[128];
    lt_run_folder run;
    snprintf(runs, sizeof runs, "%s/deep/runs", folder);
    assert_int_equal(lt_run_folder_create(&run, runs, "small", "0123456789abcdef", &error), LT_OK);
    snprintf(wanted, sizeof wanted, "%s/small-01234567", runs);
    assert_string_equal(run.path, wanted);
    lt_run_folder_close(&run);
    assert_int_equal(lt_run_folder_create(&run, runs, "small", "01234567ffffffff", &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "File exists"));
    assert_int_equal(lt_run_folder_open(&run, wanted, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "it has no experiment.yaml"));
    assert_int_equal(lt_run_folder_open(&run, "/none", &error), LT_ERROR_IO);
}

static void only_one_process_holds_it(void **state)
{
    (void)state;
    lt_run_folder run, other;
    assert_int_equal(lt_run_folder_create(&run, folder, "a", "00000000", &error), LT_OK);
    put(&run, LT_RUN_EXPERIMENT);
    pid_t child = fork();
    if (child == 0) _exit(lt_run_folder_open(&other, run.path, &error) == LT_ERROR_MISMATCH ? 0 : 1);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
    char *path = strdup(run.path);
    lt_run_folder_close(&run);
    assert_int_equal(lt_run_folder_open(&run, path, &error), LT_OK);
    lt_run_folder_close(&run);
    free(path);
}

static void only_leftovers_are_swept(void **state)
{
    (void)state;
    static const char *const kept[] = {LT_RUN_EXPERIMENT, "last.safetensors", "a.tmp.b", "tmp.1", "x.tmp."};
    lt_run_folder run;
    assert_int_equal(lt_run_folder_create(&run, folder, "b", "00000000", &error), LT_OK);
    for (size_t i = 0; i < 5; i++) put(&run, kept[i]);
    put(&run, "last.safetensors.tmp.4711");
    char *hypotheses = lt_run_folder_file(&run, LT_RUN_HYPOTHESES);
    assert_int_equal(mkdir(hypotheses, 0777), 0);
    put(&run, LT_RUN_HYPOTHESES "/test.de");
    put(&run, LT_RUN_HYPOTHESES "/test.de.tmp.12");
    char *path = strdup(run.path);
    lt_run_folder_close(&run);
    assert_int_equal(lt_run_folder_open(&run, path, &error), LT_OK);
    for (size_t i = 0; i < 5; i++) assert_true(has(path, kept[i]));
    assert_false(has(path, "last.safetensors.tmp.4711"));
    assert_true(has(hypotheses, "test.de"));
    assert_false(has(hypotheses, "test.de.tmp.12"));
    free(hypotheses);
    lt_run_folder_close(&run);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_named_by_experiment_and_id, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(only_one_process_holds_it, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(only_leftovers_are_swept, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
