#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/log.h"
#include "model/base/file.h"

static char path[64];
static lt_error error;

static int make_file(void **state)
{
    (void)state;
    strcpy(path, "/tmp/latimer_test_XXXXXX");
    int descriptor = mkstemp(path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

/* The n-th line (from 0) as JSON. */
static json_t *line(size_t n)
{
    lt_text text = {0};
    assert_int_equal(lt_file_read(&text, path, 1 << 20, &error), LT_OK);
    char *at = text.data;
    while (n--) at = strchr(at, '\n') + 1;
    *strchr(at, '\n') = '\0';
    json_t *value = json_loads(at, 0, NULL);
    assert_non_null(value);
    lt_text_clear(&text);
    return value;
}

static void every_event_is_a_line_of_json(void **state)
{
    (void)state;
    lt_log log;
    lt_store_score score = {.metric = "bleu", .score = 21.5, .signature = "sig"};
    lt_event events[] = {
        {.kind = LT_EVENT_DATASET, .as.dataset = {"train", "a/train", "en", "a/train.\xFF.en", "abc", 7}},
        {.kind = LT_EVENT_STARTED, .as.started = {true, 100, 10, 11, 0, 7, 2, 2}},
        {.kind = LT_EVENT_UPDATE, .epoch = 1, .update = 5, .as.progress = {.report = false}},
        {.kind = LT_EVENT_UPDATE, .epoch = 1, .update = 6, .as.progress = {.report = true, .mean_loss = 2.5}},
        {.kind = LT_EVENT_VALIDATION,
         .update = 6,
         .as.validation = {.scores = {1.25, NAN, NAN, NAN}, .best = true}},
        {.kind = LT_EVENT_CHECKPOINT, .as.checkpoint = {.name = "best", .path = "best.safetensors"}},
        {.kind = LT_EVENT_TEST, .as.test = {.dataset = "t", .scores = &score, .metrics = 1}},
        {.kind = LT_EVENT_NOTE, .as.note = "a \"note\"\nof two lines"},
        {.kind = LT_EVENT_ENDED, .as.ended = {LT_RUN_FINISHED, "max_epochs", 3}},
    };
    assert_int_equal(lt_log_open(&log, path, &error), LT_OK);
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        assert_int_equal(lt_log_event(&log, &events[i], &error), LT_OK);
    lt_log_close(&log);
    json_t *update = line(2), *validation = line(3), *test = line(5), *note = line(6), *ended = line(7);
    assert_string_equal(json_string_value(json_object_get(update, "event")), "update");
    assert_int_equal(json_integer_value(json_object_get(update, "update")), 6);
    assert_true(json_real_value(json_object_get(update, "loss")) == 2.5);
    assert_true(json_is_null(json_object_get(validation, "loss")));
    assert_true(json_is_true(json_object_get(validation, "best")));
    json_t *scores = json_object_get(test, "scores");
    assert_true(json_real_value(json_object_get(json_array_get(scores, 0), "score")) == 21.5);
    assert_string_equal(json_string_value(json_object_get(note, "text")), "a \"note\"\nof two lines");
    assert_string_equal(json_string_value(json_object_get(ended, "status")), "finished");
    json_decref(update);
    json_decref(validation);
    json_decref(test);
    json_decref(note);
    json_decref(ended);
}

static void a_half_line_is_cut_and_the_rest_kept(void **state)
{
    (void)state;
    static const struct {
        const char *before, *after;
    } cases[] = {{"", ""}, {"{}\n", "{}\n"}, {"{}\n{\"a\":", "{}\n"}, {"half", ""}};
    for (size_t i = 0; i < 4; i++) {
        lt_log log;
        lt_text text = {0};
        assert_int_equal(lt_file_write(path, cases[i].before, strlen(cases[i].before), &error), LT_OK);
        assert_int_equal(lt_log_open(&log, path, &error), LT_OK);
        lt_log_close(&log);
        assert_int_equal(lt_file_read(&text, path, 100, &error), LT_OK);
        assert_string_equal(text.data, cases[i].after);
        lt_text_clear(&text);
    }
}

static void the_first_run_says_the_threads(void **state)
{
    (void)state;
    lt_log log;
    assert_int_equal(lt_log_open(&log, path, &error), LT_OK);
    assert_int_equal(lt_log_threads(&log), 0); /* nothing is there */
    assert_int_equal(lt_log_run(&log, "id", "latimer train x", 3, &error), LT_OK);
    lt_log_close(&log);
    assert_int_equal(lt_log_open(&log, path, &error), LT_OK);
    assert_int_equal(lt_log_run(&log, "id", "latimer train --resume x --threads 5", 5, &error), LT_OK);
    assert_int_equal(lt_log_threads(&log), 3);
    lt_log_close(&log);
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    lt_log log;
    if (access("/dev/full", W_OK) != 0) skip();
    assert_int_equal(lt_log_open(&log, "/dev/full", &error), LT_OK);
    assert_int_equal(lt_log_run(&log, "id", "latimer train x", 1, &error), LT_ERROR_IO);
    assert_string_equal(error.message, "cannot write /dev/full: No space left on device");
    lt_log_close(&log);
    assert_int_equal(lt_log_open(&log, "/none/log", &error), LT_ERROR_IO);
    lt_log_close(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_event_is_a_line_of_json, make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_half_line_is_cut_and_the_rest_kept, make_file, remove_file),
        cmocka_unit_test_setup_teardown(the_first_run_says_the_threads, make_file, remove_file),
        cmocka_unit_test(a_full_disk_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
