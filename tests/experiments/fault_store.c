/* The run store when the system says no: locked, read-only, foreign, newer, damaged, full. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/store.h"
#include "experiments/store_private.h"
#include "model/base/file.h"
#include "tests/folder.h"
#include "tests/ok.h"

static char path[128];
static lt_error error;
static lt_store *store;

#define A "aaaa0000000000000000000000000001"
static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    error = (lt_error){0};
    store = NULL;
    snprintf(path, sizeof path, "%s/x.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    lt_store_close(store);
    return remove_folder(state);
}

/* A database with one run and some measurements, closed. */
static void make(int steps)
{
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    OK(lt_store_run_begin(store, &(lt_store_new_run){.id = A, .experiment = "x"}, &error));
    for (int i = 1; i <= steps; i++)
        OK(lt_store_metrics(store, A, i, &(lt_store_metric){"dev.loss", i}, 1, &error));
    lt_store_close(store);
    store = NULL;
}

static void assert_refused(lt_store_mode mode, lt_status status, const char *message)
{
    assert_int_equal(lt_store_open(&store, path, mode, &error), status);
    assert_null(store);
    if (!strstr(error.message, message) || !strstr(error.message, path))
        fail_msg("message '%s' lacks '%s' or the path", error.message, message);
}

static size_t files(void)
{
    char command[160];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    FILE *pipe = popen(command, "r");
    unsigned count = 999;
    assert_int_equal(fscanf(pipe, "%u", &count), 1);
    pclose(pipe);
    return count;
}

static void reading_never_creates_a_database(void **state)
{
    (void)state;
    assert_refused(LT_STORE_READ, LT_ERROR_IO, "there is no database");
    assert_int_equal(files(), 0);
    OK(lt_file_write(path, "", 0, &error));
    assert_refused(LT_STORE_READ, LT_ERROR_IO, "is empty");
    strcat(path, "/y"); /* a file as a folder */
    assert_refused(LT_STORE_WRITE, LT_ERROR_IO, "Not a directory");
    snprintf(path, sizeof path, "%s/missing/x.db", folder);
    assert_refused(LT_STORE_WRITE, LT_ERROR_IO, "check that the folder exists");
    snprintf(path, sizeof path, "%s", folder);
    assert_refused(LT_STORE_WRITE, LT_ERROR_FORMAT, "is not a file");
}

static void assert_untouched(lt_status status, const char *message)
{
    char before[LT_SHA256_HEX], after[LT_SHA256_HEX];
    size_t count = files();
    OK(lt_sha256_file(path, before, &error));
    assert_refused(LT_STORE_WRITE, status, message);
    assert_refused(LT_STORE_READ, status, message);
    OK(lt_sha256_file(path, after, &error));
    assert_string_equal(before, after);
    assert_int_equal(files(), count);
}

static void foreign_files_are_left_as_they_are(void **state)
{
    (void)state;
    OK(lt_file_write(path, "a text of mine", 14, &error));
    assert_untouched(LT_ERROR_FORMAT, "not an SQLite database");
    char zeros[4096] = {0};
    OK(lt_file_write(path, zeros, sizeof zeros, &error));
    assert_untouched(LT_ERROR_FORMAT, "not an SQLite database");
    unlink(path);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_exec(other, "PRAGMA journal_mode = WAL; CREATE TABLE mine (x);", NULL, NULL, NULL);
    sqlite3_close(other);
    assert_untouched(LT_ERROR_FORMAT, "a database of another program");
    unlink(path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    sqlite3_exec(other, "PRAGMA application_id = 17; CREATE TABLE mine (x);", NULL, NULL, NULL);
    sqlite3_close(other);
    assert_untouched(LT_ERROR_FORMAT, "a database of another program");
}

static void a_newer_schema_is_refused(void **state)
{
    (void)state;
    make(1);
    sqlite3 *raw;
    assert_int_equal(sqlite3_open(path, &raw), SQLITE_OK);
    assert_int_equal(sqlite3_exec(raw, "PRAGMA user_version = 1000", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(raw);
    assert_untouched(LT_ERROR_FORMAT, "written by a newer latimer (schema 1000");
}

static void a_locked_database_is_said_and_works_again_after(void **state)
{
    (void)state;
    make(1);
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    sqlite3_busy_timeout(store->db, 100); /* the patience of a test */
    sqlite3 *other;
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    const lt_store_metric metric = {"dev.loss", 1};
    assert_int_equal(lt_store_metrics(store, A, 5, &metric, 1, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "another process keeps it locked"));
    int64_t count; /* readers are not in the way */
    OK(lt_sql_integer(store, "SELECT count(*) FROM metrics", &count, &error));
    assert_int_equal(count, 1);
    sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_close(other);
    OK(lt_store_metrics(store, A, 5, &metric, 1, &error));
}

/* Runs `task` in a child that is nobody (file permissions mean nothing to root). */
static int as_nobody(int (*task)(void))
{
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) _exit(77);
        _exit(task());
    }
    int result;
    waitpid(child, &result, 0);
    return WIFEXITED(result) ? WEXITSTATUS(result) : -1;
}

static int open_read_only(void)
{
    lt_error e = {0};
    lt_store *own;
    int64_t count = 0;
    if (lt_store_open(&own, path, LT_STORE_WRITE, &e) != LT_ERROR_IO) return 1;
    if (!strstr(e.message, path) || !strstr(e.message, "permissions"))
        return fprintf(stderr, "%s\n", e.message), 2;
    if (lt_store_open(&own, path, LT_STORE_READ, &e) != LT_OK) return fprintf(stderr, "%s\n", e.message), 3;
    if (lt_sql_integer(own, "SELECT count(*) FROM metrics", &count, &e) != LT_OK || count != 3) return 4;
    if (lt_store_heartbeat(own, A, 1, &e) == LT_OK) return 5;
    lt_store_close(own);
    return 0;
}

static void a_read_only_database_can_be_read(void **state)
{
    (void)state;
    make(3);
    assert_int_equal(files(), 1); /* nothing but the file is left behind: it can be copied */
    chmod(path, 0444);
    chmod(folder, 0555);
    assert_int_equal(as_nobody(open_read_only), 0);
}

static int open_unreadable(void)
{
    lt_error e = {0};
    lt_store *own;
    lt_status status = lt_store_open(&own, path, LT_STORE_READ, &e);
    return status == LT_ERROR_IO && strstr(e.message, "Permission denied") ? 0 : 1;
}

static void an_unreadable_database_is_said(void **state)
{
    (void)state;
    make(1);
    chmod(folder, 0755);
    chmod(path, 0);
    assert_int_equal(as_nobody(open_unreadable), 0);
}

static int write_until_full(void)
{
    lt_error e = {0};
    lt_store *own;
    int64_t kept = 0, count = 0;
    if (lt_store_open(&own, path, LT_STORE_WRITE, &e) != LT_OK) return 1;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){300000, RLIM_INFINITY}); /* the log of changes hits it */
    lt_status status = LT_OK;
    while (status == LT_OK && kept < 5000) {
        status = lt_store_metrics(own, A, kept + 2, &(lt_store_metric){"dev.loss", 1}, 1, &e);
        if (status == LT_OK) kept++;
    }
    if (status != LT_ERROR_IO || !strstr(e.message, "is the disk full?"))
        return fprintf(stderr, "%s\n", e.message), 2;
    if (kept < 10) return 3;
    if (lt_sql_integer(own, "SELECT count(*) FROM metrics", &count, &e) != LT_OK || count != kept + 1)
        return 4;
    setrlimit(RLIMIT_FSIZE,
              &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY}); /* room again: the same handle goes on */
    if (lt_store_metrics(own, A, 9999, &(lt_store_metric){"dev.loss", 1}, 1, &e) != LT_OK)
        return fprintf(stderr, "%s\n", e.message), 5;
    lt_store_close(own);
    return 0;
}

static void a_full_disk_loses_nothing_and_can_be_overcome(void **state)
{
    (void)state;
    make(1);
    pid_t child = fork();
    if (child == 0) _exit(write_until_full());
    int result;
    waitpid(child, &result, 0);
    assert_int_equal(WEXITSTATUS(result), 0);
    int64_t count;
    OK(lt_store_open(&store, path, LT_STORE_READ, &error));
    OK(lt_sql_integer(store, "SELECT count(*) = 1 FROM metrics WHERE step = 9999", &count, &error));
    assert_int_equal(count, 1);
}

static lt_status ignore_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *e)
{
    (void)context, (void)step, (void)metric, (void)e;
    return LT_OK;
}

static void a_damaged_database_is_said(void **state)
{
    (void)state;
    make(3000);
    int descriptor = open(path, O_RDWR);
    char garbage[4096];
    struct stat info;
    memset(garbage, 0xA5, sizeof garbage);
    assert_int_equal(fstat(descriptor, &info), 0);
    for (off_t at = sizeof garbage; at < info.st_size; at += sizeof garbage) /* all but the header */
        assert_int_equal(pwrite(descriptor, garbage, sizeof garbage, at), sizeof garbage);
    close(descriptor);
    OK(lt_store_open(&store, path, LT_STORE_READ, &error));
    assert_int_equal(lt_store_read_metrics(store, A, ignore_metric, NULL, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "the file is damaged"));
    lt_store_close(store);
    store = NULL;
    assert_int_equal(truncate(path, 60), 0);
    assert_refused(LT_STORE_WRITE, LT_ERROR_FORMAT, "left as it is");
}

static void a_writer_killed_at_any_time_leaves_whole_transactions(void **state)
{
    (void)state;
    make(1);
    for (int round = 0; round < 5; round++) {
        pid_t child = fork();
        if (child == 0) {
            lt_error e = {0};
            lt_store *own;
            if (lt_store_open(&own, path, LT_STORE_WRITE, &e) != LT_OK) _exit(1);
            for (int i = 1000 * round + 2;; i++)
                lt_store_metrics(own, A, i, (lt_store_metric[]){{"a", i}, {"b", i}}, 2, &e);
        }
        usleep(20000 + 7000 * (useconds_t)round);
        kill(child, SIGKILL);
        int result;
        waitpid(child, &result, 0);
        assert_true(WIFSIGNALED(result));
    }
    int64_t odd;
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    OK(lt_sql_integer(store,
                      "SELECT (SELECT count(*) FROM metrics WHERE name = 'a') - (SELECT count(*) FROM metrics"
                      " WHERE name = 'b')",
                      &odd, &error));
    assert_int_equal(odd, 0);
    OK(lt_store_heartbeat(store, A, 1, &error));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(reading_never_creates_a_database),
        TEST(foreign_files_are_left_as_they_are),
        TEST(a_newer_schema_is_refused),
        TEST(a_locked_database_is_said_and_works_again_after),
        TEST(a_read_only_database_can_be_read),
        TEST(an_unreadable_database_is_said),
        TEST(a_full_disk_loses_nothing_and_can_be_overcome),
        TEST(a_damaged_database_is_said),
        TEST(a_writer_killed_at_any_time_leaves_whole_transactions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
