#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/base/status.h"

static void fail_fills_code_and_message(void **state)
{
    (void)state;
    lt_error error = {0};
    assert_int_equal(lt_fail(&error, LT_ERROR_FORMAT, "%s:%d: bad", "file", 3), LT_ERROR_FORMAT);
    assert_int_equal(error.code, LT_ERROR_FORMAT);
    assert_string_equal(error.message, "file:3: bad");
    assert_int_equal(lt_fail(NULL, LT_ERROR_IO, "nowhere to say it"), LT_ERROR_IO);
}

static void errno_is_spelled_out(void **state)
{
    (void)state;
    lt_error error = {0};
    errno = ENOENT;
    assert_int_equal(lt_fail_errno(&error, "cannot open %s", "x"), LT_ERROR_IO);
    assert_string_equal(error.message, "cannot open x: No such file or directory");
    errno = ENOMEM;
    assert_int_equal(lt_fail_errno(&error, "cannot map"), LT_ERROR_MEMORY);
}

static void context_goes_in_front(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_fail(&error, LT_ERROR_IO, "disk full");
    assert_int_equal(lt_error_context(&error, "saving %s", "best"), LT_ERROR_IO);
    assert_string_equal(error.message, "saving best: disk full");
}

static void long_messages_are_cut_not_overrun(void **state)
{
    (void)state;
    struct {
        lt_error error;
        char guard;
    } box = {.guard = 42};
    char text[2 * LT_ERROR_MESSAGE_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    lt_fail(&box.error, LT_ERROR_IO, "%s", text);
    assert_int_equal(strlen(box.error.message), LT_ERROR_MESSAGE_MAX - 1);
    lt_error_context(&box.error, "%s", text);
    lt_error_context(&box.error, "front");
    assert_true(strlen(box.error.message) < LT_ERROR_MESSAGE_MAX);
    assert_memory_equal(box.error.message, "front: x", 8);
    errno = EIO;
    lt_fail_errno(&box.error, "%s", text);
    assert_int_equal(box.guard, 42);
}

static void exit_statuses(void **state)
{
    (void)state;
    assert_int_equal(lt_exit_status(&(lt_error){0}), 0);
    assert_int_equal(lt_exit_status(&(lt_error){.code = LT_ERROR_USAGE}), 2);
    assert_int_equal(lt_exit_status(&(lt_error){.code = LT_ERROR_IO}), 1);
    assert_int_equal(lt_exit_status(&(lt_error){.code = LT_ERROR_NUMERIC}), 1);
    lt_error error;
    assert_int_equal(lt_fail_signal(&error, SIGTERM, " after %d lines", 7), LT_ERROR_INTERRUPTED);
    assert_string_equal(error.message, "stopped by SIGTERM after 7 lines");
    assert_int_equal(lt_exit_status(&error), 143);
    assert_int_equal(lt_exit_status(&(lt_error){.code = LT_ERROR_INTERRUPTED, .signal = 2}), 130);
    assert_int_equal(lt_exit_status(&(lt_error){.code = LT_ERROR_INTERRUPTED, .signal = 15}), 143);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_fills_code_and_message),
        cmocka_unit_test(errno_is_spelled_out),
        cmocka_unit_test(context_goes_in_front),
        cmocka_unit_test(long_messages_are_cut_not_overrun),
        cmocka_unit_test(exit_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
