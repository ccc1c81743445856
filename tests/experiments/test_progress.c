#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/progress.h"

typedef struct screen {
    char *text;
    size_t length;
    FILE *stream;
    lt_progress progress;
} screen;

static void open_screen(screen *s, bool terminal, bool verbose)
{
    *s = (screen){0};
    s->stream = open_memstream(&s->text, &s->length);
    s->progress = (lt_progress){
        .stream = s->stream, .terminal = terminal, .verbose = verbose, .drawn_at = -1e9, .printed_at = -1e9};
}

static void close_screen(screen *s)
{
    fclose(s->stream);
    free(s->text);
}

static lt_event update_event(uint64_t update, bool report)
{
    return (lt_event){.kind = LT_EVENT_UPDATE,
                      .epoch = 2,
                      .update = update,
                      .as.progress = {.report = report,
                                      .mean_loss = 3.5,
                                      .words_per_second = 12345,
                                      .fraction = 0.5,
                                      .seconds_left = 3723}};
}

static void elsewhere_it_is_plain_lines_now_and_then(void **state)
{
    (void)state;
    screen s;
    open_screen(&s, false, false);
    for (uint64_t i = 1; i <= 300; i++) {
        lt_event event = update_event(i, i % 50 == 0);
        lt_progress_event(&s.progress, &event);
    }
    lt_progress_finish(&s.progress);
    assert_string_equal(s.text, "epoch 2, update 50: loss 3.5000, 12345 words/s, ETA 1:02:03\n");
    close_screen(&s);
}

static void a_terminal_has_one_line_that_is_redrawn(void **state)
{
    (void)state;
    screen s;
    open_screen(&s, true, false);
    lt_event first = update_event(1, false), second = update_event(2, true);
    lt_event validation = {.kind = LT_EVENT_VALIDATION,
                           .update = 2,
                           .as.validation = {.scores = {9, 1, NAN, NAN}, .best = true}};
    lt_progress_event(&s.progress, &first);
    lt_progress_event(&s.progress, &second);
    lt_progress_event(&s.progress, &validation);
    assert_int_equal(s.text[0], '\r');
    assert_non_null(strstr(s.text + 1, "\repoch 2, update 2"));
    assert_non_null(strstr(
        s.text, "\033[K\nupdate 2: validation loss 1.0000, perplexity 2.72, BLEU 9.00 (best so far)\n"));
    close_screen(&s);
}

static void only_the_verbose_hear_of_datasets(void **state)
{
    (void)state;
    lt_event event = {.kind = LT_EVENT_DATASET, .as.dataset = {.role = "train", .path = "a.en", .lines = 3}};
    for (int verbose = 0; verbose < 2; verbose++) {
        screen s;
        open_screen(&s, false, verbose);
        lt_progress_event(&s.progress, &event);
        fflush(s.stream);
        assert_string_equal(s.text, verbose ? "train data a.en: 3 lines\n" : "");
        close_screen(&s);
    }
}

static void durations(void **state)
{
    (void)state;
    char text[32];
    lt_progress_duration(text, sizeof text, 245);
    assert_string_equal(text, "4:05");
    lt_progress_duration(text, sizeof text, 3600);
    assert_string_equal(text, "1:00:00");
    lt_progress_duration(text, sizeof text, -1);
    assert_string_equal(text, "0:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elsewhere_it_is_plain_lines_now_and_then),
        cmocka_unit_test(a_terminal_has_one_line_that_is_redrawn),
        cmocka_unit_test(only_the_verbose_hear_of_datasets),
        cmocka_unit_test(durations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
