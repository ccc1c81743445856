/* Cleaning: every reason drops what it should and nothing else, and the counts add up. */
#include "tests/corpora/corpora_fixture.h"

static lt_clean_options options;
static lt_clean_report report;

static int begin(void **state)
{
    options = (lt_clean_options){0};
    if (lt_options_defaults(&options, lt_clean_table, &error) != LT_OK) return -1;
    options.src = strdup("en");
    options.trg = strdup("de");
    return make_folder(state);
}

static int end(void **state)
{
    lt_options_clear(&options, lt_clean_table);
    return remove_folder(state);
}

static lt_status clean(const lt_clean_judge *judge)
{
    return lt_corpus_clean(in("p"), in("q"), &options, judge, NULL, &report, &error);
}

static void assert_counts(size_t read, size_t written, const size_t dropped[LT_CLEAN_MATTERS])
{
    size_t sum = written;
    assert_int_equal(report.read, read);
    assert_int_equal(report.written, written);
    for (size_t i = 0; i < LT_CLEAN_MATTERS; i++) {
        if (report.matters[i].count != dropped[i])
            fail_msg("matter %zu: %zu, not %zu", i, report.matters[i].count, dropped[i]);
        sum += report.matters[i].count;
    }
    assert_int_equal(sum, read);
}

static void each_pair_goes_for_the_first_reason(void **state)
{
    (void)state;
    options.max_words = 4;
    static const char english[] = "good morning\n"       /* 1 kept */
                                  "bad \xFF\n"           /* 2 damaged */
                                  "a\0b\n"               /* 3 damaged */
                                  " \t\n"                /* 4 empty, and the other side damaged: damaged */
                                  "\n"                   /* 5 empty */
                                  "one two three four\n" /* 6 kept: not over 4 words */
                                  "one two three four five\n" /* 7 too long */
                                  "short\n"                   /* 8 uneven */
                                  " same text\n"              /* 9 identical but for white space */
                                  "good morning\n"            /* 10 duplicate */
                                  "good morning\n" /* 11 kept: the other side differs */;
    put_bytes("p.en", english, sizeof english - 1);
    put("p.de", "guten Morgen\nschlecht\nx\n\xFE\nnichts\neins zwei drei vier\nzwei\n"
                "Dies-ist-eine-Zeile-die-mehr-als-dreimal-so-lang-ist-wie-die-andere-und-zwoelf-dazu\n"
                "same text\xC2\xA0\nguten Morgen\nguten Tag\n");
    assert_ok(clean(NULL));
    assert_holds("q.en", "good morning\none two three four\ngood morning\n");
    assert_holds("q.de", "guten Morgen\neins zwei drei vier\nguten Tag\n");
    assert_counts(11, 3,
                  (size_t[]){[LT_CLEAN_DAMAGED] = 3,
                             [LT_CLEAN_EMPTY] = 1,
                             [LT_CLEAN_TOO_LONG] = 1,
                             [LT_CLEAN_UNEVEN] = 1,
                             [LT_CLEAN_IDENTICAL] = 1,
                             [LT_CLEAN_DUPLICATE] = 1,
                             [LT_CLEAN_JUDGED] = 0});
    assert_int_equal(report.matters[LT_CLEAN_DAMAGED].line, 2);
    assert_int_equal(report.matters[LT_CLEAN_DUPLICATE].line, 10);
    lt_text text = {0};
    assert_ok(lt_clean_describe(&report, NULL, "; ", &text, &error));
    assert_string_equal(text.data,
                        "dropped 3: NUL or invalid UTF-8 (the first is line 2); "
                        "dropped 1: a side is empty (the first is line 5); "
                        "dropped 1: a side has too many words (the first is line 7); "
                        "dropped 1: the lengths of the sides are out of proportion (the first is line 8); "
                        "dropped 1: both sides are the same (the first is line 9); "
                        "dropped 1: the same pair was there before (the first is line 10)");
    lt_text_clear(&text);
}

static void what_is_switched_off_drops_nothing(void **state)
{
    (void)state;
    options.max_words = 0;
    options.max_ratio = 0;
    options.identical = options.duplicates = true;
    put("p.en", "a\na\nsame\na b c d e f g\n");
    put("p.de", "eine sehr lange Zeile die zu einem Buchstaben nicht passt, wirklich nicht\n"
                "eine sehr lange Zeile die zu einem Buchstaben nicht passt, wirklich nicht\nsame\nx\n");
    assert_ok(clean(NULL));
    assert_counts(4, 4, (size_t[LT_CLEAN_MATTERS]){0});
}

/* Drops every pair whose source begins with 'x', and sees all of them once, in order. */
typedef struct seen {
    size_t pairs, most;
} seen;

static lt_status no_x(void *context, const lt_line *src, const lt_line *trg, size_t count, bool *good,
                      lt_error *failure)
{
    (void)failure;
    seen *s = context;
    assert_true(count > 0 && count <= LT_CLEAN_BLOCK);
    if (count > s->most) s->most = count;
    for (size_t i = 0; i < count; i++) {
        assert_true(good[i]);
        assert_int_equal(strtoul(src[i].bytes + 1, NULL, 10), s->pairs++);
        assert_int_equal(src[i].bytes[src[i].length], '\0');
        assert_memory_equal(src[i].bytes + 1, trg[i].bytes + 1, src[i].length - 1);
        good[i] = src[i].bytes[0] != 'x';
    }
    return LT_OK;
}

static void a_judge_sees_what_the_filters_leave(void **state)
{
    (void)state;
    enum { PAIRS = 5000 };
    lt_text src = {0}, trg = {0}, wanted = {0};
    for (int i = 0; i < PAIRS; i++) {
        assert_ok(lt_text_appendf(&src, &error, "%c%d\n", i % 7 ? 'a' : 'x', i));
        assert_ok(lt_text_appendf(&trg, &error, "b%d\n", i));
        if (i % 7) assert_ok(lt_text_appendf(&wanted, &error, "b%d\n", i));
        if (i % 10 == 0) { /* empty ones in between */
            assert_ok(lt_text_append(&src, "\n", 1, &error));
            assert_ok(lt_text_append(&trg, "y\n", 2, &error));
        }
    }
    put("p.en", src.data);
    put("p.de", trg.data);
    seen s = {0};
    const lt_clean_judge judge = {&s, no_x, "there is an x"};
    assert_ok(clean(&judge));
    assert_int_equal(s.pairs, PAIRS);
    assert_int_equal(s.most, LT_CLEAN_BLOCK);
    assert_holds("q.de", wanted.data);
    size_t judged = (PAIRS + 6) / 7;
    assert_counts(PAIRS + PAIRS / 10, PAIRS - judged,
                  (size_t[LT_CLEAN_MATTERS]){[LT_CLEAN_EMPTY] = PAIRS / 10, [LT_CLEAN_JUDGED] = judged});
    lt_text_clear(&src);
    lt_text_clear(&trg);
    lt_text_clear(&wanted);
}

static lt_status broken(void *context, const lt_line *src, const lt_line *trg, size_t count, bool *good,
                        lt_error *failure)
{
    (void)context, (void)src, (void)trg, (void)count, (void)good;
    return lt_fail(failure, LT_ERROR_MEMORY, "the judge is ill");
}

static void both_files_or_none(void **state)
{
    (void)state;
    put("p.en", "a\nb\n");
    put("p.de", "\n\n");
    put("q.en", "old\n");
    put("q.de", "alt\n");
    assert_int_equal(clean(NULL), LT_ERROR_FORMAT);
    assert_message("of the 2 pairs of ");
    assert_message("none is left, and nothing was written: dropped 2: a side is empty (the first is line 1)");
    put("p.de", "x\n");
    assert_int_equal(clean(NULL), LT_ERROR_MISMATCH);
    put("p.de", "x\ny\n");
    const lt_clean_judge judge = {NULL, broken, ""};
    assert_int_equal(clean(&judge), LT_ERROR_MEMORY);
    assert_string_equal(error.message, "the judge is ill");
    assert_holds("q.en", "old\n");
    assert_holds("q.de", "alt\n");
    assert_int_equal(files_in(folder), 4);
    assert_ok(lt_corpus_clean(in("p"), in("p"), &options, NULL, NULL, &report, &error)); /* onto itself */
    assert_holds("p.de", "x\ny\n");
}

int main(void)
{
#define CLEANING(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        CLEANING(each_pair_goes_for_the_first_reason),
        CLEANING(what_is_switched_off_drops_nothing),
        CLEANING(a_judge_sees_what_the_filters_leave),
        CLEANING(both_files_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
