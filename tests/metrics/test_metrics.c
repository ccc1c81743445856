#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/metrics/ter_edits.h"

static lt_error error;

static void assert_near(double got, double wanted, double within)
{
    if (fabs(got - wanted) > within) fail_msg("%.12g, should be %.12g", got, wanted);
}

static lt_metric *metric_of(lt_metric_kind kind, const char *const *settings)
{
    lt_metric_options options = {0};
    lt_metric *metric;
    assert_int_equal(lt_options_defaults(&options, lt_metric_option_table, &error), LT_OK);
    for (; settings && *settings; settings += 2) {
        void *base;
        const lt_option *option =
            lt_options_find(&options, lt_metric_option_table, settings[0], &base, &error);
        assert_non_null(option);
        assert_int_equal(lt_option_parse(base, option, settings[0], settings[1], &error), LT_OK);
    }
    if (lt_metric_create(&metric, kind, &options, &error) != LT_OK) fail_msg("%s", error.message);
    return metric;
}

#define SETTINGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static lt_metric_line line(const char *text)
{
    return (lt_metric_line){text, strlen(text)};
}

static double score_of(lt_metric *metric, const char *hyp, const char *ref)
{
    double stats[LT_METRIC_STATS_MAX];
    lt_metric_score score;
    lt_metric_line h = line(hyp), r = line(ref);
    assert_int_equal(lt_metric_segment(metric, stats, &h, &r, 1, &error), LT_OK);
    lt_metric_score_of(metric, stats, &score);
    return score.score;
}

static void tokens_are(const char *tokenizer, const char *text, const char *wanted)
{
    lt_metric *metric = metric_of(LT_METRIC_BLEU, SETTINGS("tokenize", tokenizer));
    lt_metric_line in = line(text);
    lt_text out = {0};
    size_t position = 0, begin, length;
    assert_int_equal(lt_codes_decode(&metric->text, &in, &metric->malformed, &error), LT_OK);
    assert_int_equal(lt_bleu_tokenize(metric, &error), LT_OK);
    while (lt_next_word(&metric->text, &position, &begin, &length)) {
        if (out.length) lt_text_append(&out, "|", 1, &error);
        for (size_t i = begin; i < begin + length; i++) {
            uint32_t c = metric->text.data[i];
            char bytes[3] = {(char)(0xE0 | c >> 12), (char)(0x80 | (c >> 6 & 63)), (char)(0x80 | (c & 63))};
            if (c < 0x80)
                lt_text_appendf(&out, &error, "%c", (int)c);
            else
                lt_text_append(&out, bytes, 3, &error);
        }
    }
    assert_string_equal(out.length ? out.data : "", wanted);
    lt_text_clear(&out);
    lt_metric_free(metric);
}

static void tokenizers_split_as_their_rules_say(void **state)
{
    (void)state;
    tokens_are("13a", "Hello, world.", "Hello|,|world|.");
    tokens_are("13a", "1,000.5 a.b 3-4 x-y it's", "1,000.5|a|.|b|3|-|4|x-y|it's");
    tokens_are("13a", "a...", "a|.|.|.");
    tokens_are("13a", "&quot;x&amp;lt;<skipped>y&quot;", "\"|x|<|y|\"");
    tokens_are("13a", " \t ", "");
    tokens_are("none", "Hello, world.", "Hello,|world.");
    tokens_are("char", "ab c", "a|b|c");
    tokens_are("intl", "it's $5.0, 1-2", "it|'|s|$|5.0|,|1-2");
    tokens_are("zh", "a\xE4\xB8\xAD\xE6\x96\x87.b", "a|\xE4\xB8\xAD|\xE6\x96\x87|.|b");
    tokens_are("zh", "a\xE2\x80\x94z", "a|\xE2\x80\x94|z");
}

static void bleu_by_hand(void **state)
{
    (void)state;
    /* a b c d against a b x d: 3/4, 1/3, 0/2, 0/1; exp: 1/4 of a match each... 100/(2*2), 100/(4*1) */
    lt_metric *metric = metric_of(LT_METRIC_BLEU, NULL);
    assert_near(score_of(metric, "a b c d", "a b x d"), 100 * pow(3 / 4. * 1 / 3. * 1 / 4. * 1 / 4., 1 / 4.),
                1e-9);
    assert_near(score_of(metric, "", "a b"), 0, 0);
    assert_near(score_of(metric, "a b c d", "a b c d e f g h"), 100 * exp(1 - 8 / 4.), 1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_BLEU, SETTINGS("smooth_method", "floor", "smooth_value", "0.5"));
    assert_near(score_of(metric, "a b c d", "a b x d"),
                100 * pow(3 / 4. * 1 / 3. * .5 / 2. * .5 / 1., 1 / 4.), 1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_BLEU, SETTINGS("smooth_method", "add-k", "smooth_value", "2"));
    assert_near(score_of(metric, "a b c d", "a b x d"), 100 * pow(3 / 4. * 3 / 5. * 2 / 4. * 2 / 3., 1 / 4.),
                1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_BLEU, SETTINGS("smooth_method", "none"));
    assert_near(score_of(metric, "a b c d", "a b x d"), 0, 0);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_BLEU, SETTINGS("effective_order", "true"));
    assert_near(score_of(metric, "a b", "a b"), 100, 1e-9);
    lt_metric_free(metric);
}

static void references_of_one_segment(void **state)
{
    (void)state;
    double stats[LT_METRIC_STATS_MAX];
    lt_metric *metric = metric_of(LT_METRIC_BLEU, NULL);
    /* clipped by the most in any one reference; of the lengths 2 and 4 the shorter is as close to 3 */
    lt_metric_line hyp = line("a a b"), refs[] = {line("a a c d"), line("a b"), line(" ")};
    assert_int_equal(lt_metric_segment(metric, stats, &hyp, refs, 3, &error), LT_OK);
    const double wanted[] = {3, 2, 0, 0, 3, 2, 1, 0, 3, 2};
    for (int k = 0; k < 10; k++) assert_near(stats[k], wanted[k], 0);
    assert_int_equal(lt_metric_references(metric), 2); /* the blank one is left out */
    assert_int_equal(lt_metric_segment(metric, stats, &hyp, refs, 1, &error), LT_OK);
    assert_int_equal(lt_metric_references(metric), 0);
    assert_int_equal(lt_metric_segment(metric, stats, &hyp, refs + 2, 1, &error), LT_OK);
    assert_int_equal(lt_metric_without_reference(metric), 1);
    lt_metric_free(metric);
}

static void chrf_by_hand(void **state)
{
    (void)state;
    lt_metric *metric = metric_of(LT_METRIC_CHRF, SETTINGS("chrf_char_order", "2"));
    /* ab c against abd: 2/3, 1/2 of both sides */
    assert_near(score_of(metric, "ab c", "abd"), 100 * (2 / 3. + 1 / 2.) / 2, 1e-9);
    assert_near(score_of(metric, "", "abd"), 0, 0);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_CHRF, SETTINGS("chrf_char_order", "1", "chrf_word_order", "1"));
    assert_string_equal(lt_metric_title(metric), "chrF2+");
    /* words (hi ) x against ( hi ) x: one mark a word is parted, at the end first; precision 2/3, recall 2/4
     */
    assert_near(score_of(metric, "(hi) x", "(hi ) x"), 100 * 5 * (5 / 6.) * (3 / 4.) / (4 * 5 / 6. + 3 / 4.),
                1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_CHRF, SETTINGS("chrf_char_order", "1", "chrf_whitespace", "true"));
    assert_near(score_of(metric, "a b", "abc"), 100 * 2 / 3., 1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_CHRF, SETTINGS("chrf_eps_smoothing", "true"));
    assert_near(score_of(metric, "abc", "abc"), 50, 1e-9); /* 3 orders of 6 */
    lt_metric_free(metric);
}

static void ter_by_hand(void **state)
{
    (void)state;
    lt_metric *metric = metric_of(LT_METRIC_TER, NULL);
    assert_near(score_of(metric, "A b c d", "a b c d"), 0, 0);
    assert_near(score_of(metric, "c d a b", "a b c d"), 25, 1e-9); /* one shift */
    assert_near(score_of(metric, "a b", "a b c d"), 50, 1e-9);
    assert_near(score_of(metric, "", "a b"), 100, 0);
    assert_near(score_of(metric, "a", ""), 100, 0);
    assert_near(score_of(metric, "", ""), 0, 0);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_TER, SETTINGS("ter_no_punct", "true", "ter_case_sensitive", "true"));
    assert_near(score_of(metric, "a, b!", "a b"), 0, 0);
    assert_near(score_of(metric, "A b", "a b"), 50, 1e-9);
    lt_metric_free(metric);
    metric = metric_of(LT_METRIC_TER, SETTINGS("ter_normalized", "true", "ter_asian_support", "true"));
    assert_near(score_of(metric, "\xE4\xB8\xAD\xE6\x96\x87", "\xE4\xB8\xAD x"), 50, 1e-9);
    lt_metric_free(metric);
}

/* A shift evaluated from the kept matrix costs what the shifted words cost when computed afresh. */
static void shifted_distances_equal_fresh_ones(void **state)
{
    (void)state;
    uint32_t hyp[120], ref[90];
    lt_ter_work *kept = NULL, *fresh = NULL;
    srand(7);
    for (int round = 0; round < 500; round++) {
        lt_tokens h = {hyp, (size_t)(1 + rand() % 120), 120}, r = {ref, (size_t)(1 + rand() % 90), 90};
        for (size_t i = 0; i < h.length; i++)
            hyp[i] = i < r.length && rand() % 4 ? (uint32_t)i : (uint32_t)rand() % 90;
        for (size_t i = 0; i < r.length; i++) ref[i] = (uint32_t)i;
        assert_int_equal(lt_ter_work_begin(&kept, &h, &r, &error), LT_OK);
        size_t low = (size_t)rand() % h.length, high = low + 1 + (size_t)rand() % (h.length - low);
        for (size_t i = low; i < high; i++) hyp[i] = kept->shifted[i] = (uint32_t)rand() % 90;
        assert_int_equal(lt_ter_work_begin(&fresh, &h, &r, &error), LT_OK);
        assert_int_equal(lt_ter_distance_shifted(kept, low, high), lt_ter_distance(fresh));
    }
    lt_ter_work_free(kept);
    lt_ter_work_free(fresh);
}

static void hostile_bytes_are_counted(void **state)
{
    (void)state;
    for (int kind = 0; kind < LT_METRIC_OF_TEXT; kind++) {
        lt_metric *metric = metric_of(kind, NULL);
        double stats[LT_METRIC_STATS_MAX];
        lt_metric_line hyp = {"a\0b \xFF\xC3 c\r", 9}, ref = {"a\0b \xFF\xC3 c", 8};
        lt_metric_score score;
        assert_int_equal(lt_metric_segment(metric, stats, &hyp, &ref, 1, &error), LT_OK);
        lt_metric_score_of(metric, stats, &score);
        assert_int_equal(lt_metric_malformed(metric), 4);
        if (kind == LT_METRIC_CHRF) assert_near(score.score, 100, 1e-9);
        if (kind == LT_METRIC_TER) assert_near(score.score, 0, 0);
        lt_metric_free(metric);
    }
}

static void options_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    lt_metric_options options = {0};
    lt_metric *metric;
    assert_int_equal(lt_options_defaults(&options, lt_metric_option_table, &error), LT_OK);
    options.smooth_value = 1;
    assert_int_equal(lt_metric_create(&metric, LT_METRIC_BLEU, &options, &error), LT_ERROR_USAGE);
    assert_null(metric);
}

static void significance(void **state)
{
    (void)state;
    enum { N = 200 };
    double a[N * 2], b[N * 2];
    lt_significance first, again;
    lt_metric *metric = metric_of(LT_METRIC_TER, NULL);
    for (int i = 0; i < N; i++) {
        a[2 * i] = i % 5, b[2 * i] = i % 5 + (i % 3 == 0 ? 2 : 0);
        a[2 * i + 1] = b[2 * i + 1] = 10;
    }
    lt_status (*const tests[])(lt_significance *, const lt_metric *, const double *, const double *, size_t,
                               size_t, uint64_t, lt_error *) = {lt_paired_bootstrap, lt_paired_randomization};
    for (int t = 0; t < 2; t++) {
        assert_int_equal(tests[t](&first, metric, a, a, N, 500, 1, &error), LT_OK);
        assert_near(first.p_value, 1, 0);
        assert_int_equal(tests[t](&first, metric, a, b, N, 500, 1, &error), LT_OK);
        assert_near(first.p_value, 1 / 501., 1e-12);
        assert_near(first.difference, 100 * 134 / 2000., 1e-9);
        if (t == 0) assert_near(first.deviation, 100 * 0.2 * sqrt(0.335 * 0.665 / N), 0.07);
        assert_int_equal(tests[t](&again, metric, a, b, N, 500, 1, &error), LT_OK);
        assert_memory_equal(&first, &again, sizeof first);
        assert_int_equal(tests[t](&first, metric, a, b, 0, 500, 1, &error), LT_ERROR_USAGE);
    }
    /* one segment of difference: a swap gives the same absolute difference, so p = 1 */
    memcpy(b, a, sizeof a);
    b[0] += 1;
    assert_int_equal(lt_paired_randomization(&first, metric, a, b, N, 500, 1, &error), LT_OK);
    assert_near(first.p_value, 1, 0);
    lt_metric_free(metric);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokenizers_split_as_their_rules_say),
        cmocka_unit_test(bleu_by_hand),
        cmocka_unit_test(references_of_one_segment),
        cmocka_unit_test(chrf_by_hand),
        cmocka_unit_test(ter_by_hand),
        cmocka_unit_test(shifted_distances_equal_fresh_ones),
        cmocka_unit_test(hostile_bytes_are_counted),
        cmocka_unit_test(options_that_do_not_fit_are_refused),
        cmocka_unit_test(significance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
