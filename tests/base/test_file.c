#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "model/base/file.h"
#include "tests/folder.h"

static lt_error error;

static int set_up(void **state)
{
    error = (lt_error){0};
    return make_folder(state);
}

static void files_are_written_whole_and_read_back(void **state)
{
    (void)state;
    lt_text text = {0};
    assert_int_equal(lt_file_write(in("a"), "x\0y", 3, &error), LT_OK);
    assert_int_equal(lt_file_read(&text, in("a"), 3, &error), LT_OK);
    assert_int_equal(text.length, 3);
    assert_memory_equal(text.data, "x\0y", 4);
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(lt_file_read(&text, in("a"), 2, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "larger than the 2 bytes"));
    assert_int_equal(lt_file_read(&text, in("none"), 2, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "none: No such file"));
    lt_text_clear(&text);
}

static void an_aborted_write_keeps_the_old_file(void **state)
{
    (void)state;
    lt_atomic_file file;
    lt_text text = {0};
    assert_int_equal(lt_file_write(in("a"), "old", 3, &error), LT_OK);
    assert_int_equal(lt_atomic_open(&file, in("a"), &error), LT_OK);
    fputs("new", file.stream);
    lt_atomic_abort(&file);
    assert_int_equal(lt_file_read(&text, in("a"), 9, &error), LT_OK);
    assert_string_equal(text.data, "old");
    assert_int_equal(files_in(folder), 1);
    lt_text_clear(&text);
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    (void)state;
    assert_int_equal(lt_file_write(in("none/a"), "x", 1, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "cannot write"));
    assert_int_equal(lt_make_folders(in("d/e/f"), &error), LT_OK);
    assert_int_equal(lt_make_folders(in("d/e/f"), &error), LT_OK);
    assert_int_equal(lt_file_write(in("d/e"), "x", 1, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "d/e: it is a folder"));
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(lt_file_write(in("a"), "x", 1, &error), LT_OK);
    assert_int_equal(lt_make_folders(in("a/b"), &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "cannot make the folder"));
}

static void a_full_disk_is_noticed(void **state)
{
    (void)state;
    lt_atomic_file file;
    assert_int_equal(lt_file_write(in("a"), "old", 3, &error), LT_OK);
    assert_int_equal(lt_atomic_open(&file, in("a"), &error), LT_OK);
    if (!freopen("/dev/full", "wb", file.stream)) skip();
    fputs("new", file.stream);
    assert_int_equal(lt_atomic_commit(&file, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "No space left"));
    lt_text text = {0};
    assert_int_equal(lt_file_read(&text, in("a"), 9, &error), LT_OK);
    assert_string_equal(text.data, "old");
    assert_int_equal(files_in(folder), 1);
    lt_text_clear(&text);
}

static void paths_join(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"}, {"", "b", "b"}, {"/", "b", "/b"}};
    for (size_t i = 0; i < 5; i++) {
        char *path = lt_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        free(path);
    }
}

/* FIPS 180-4's examples */
static void sha256_known_answers(void **state)
{
    (void)state;
    char hex[LT_SHA256_HEX];
    lt_sha256_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    lt_sha256_bytes("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(lt_file_write(in("a"), "abc", 3, &error), LT_OK);
    assert_int_equal(lt_sha256_file(in("a"), hex, &error), LT_OK);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(lt_sha256_file(in("none"), hex, &error), LT_ERROR_IO);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(files_are_written_whole_and_read_back),
        IN_FOLDER(an_aborted_write_keeps_the_old_file),
        IN_FOLDER(a_failed_write_leaves_nothing_behind),
        IN_FOLDER(a_full_disk_is_noticed),
        IN_FOLDER(sha256_known_answers),
        cmocka_unit_test(paths_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
