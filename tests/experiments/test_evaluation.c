#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/evaluation.h"

static lt_metric_line line(const char *text)
{
    return (lt_metric_line){text, strlen(text)};
}

static void every_metric_is_scored_and_can_be_recomputed(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_evaluation e;
    lt_metric_line hypotheses[] = {line("the cat sat on the mat ."), line("a dog"), {"nul\0byte", 8}};
    lt_metric_line references[] = {line("the cat sat on the mat ."), line("the dog barks"), {"nul\0byte", 8}};
    if (lt_evaluate(&e, "toy", hypotheses, references, 3, 1, &error) != LT_OK) fail_msg("%s", error.message);
    assert_string_equal(e.record.dataset, "toy");
    assert_int_equal(e.record.segments, 3);
    assert_int_equal(e.record.metrics, 3);
    assert_int_equal(e.record.lengths[2], 8);
    for (int kind = 0; kind < LT_METRIC_OF_TEXT; kind++) {
        const lt_store_score *score = &e.record.scores[kind];
        lt_metric *metric;
        lt_metric_score again;
        double total[LT_METRIC_STATS_MAX] = {0};
        assert_string_equal(score->metric, lt_metric_names[kind]);
        assert_non_null(strstr(score->signature, "version:latimer-"));
        assert_int_equal(lt_metric_create(&metric, kind, NULL, &error), LT_OK);
        assert_int_equal(score->width, lt_metric_stats_count(metric));
        for (size_t i = 0; i < 3 * score->width; i++) total[i % score->width] += score->statistics[i];
        lt_metric_score_of(metric, total, &again);
        assert_true(fabs(again.score - score->score) < 1e-9);
        lt_metric_free(metric);
    }
    assert_true(e.record.scores[LT_METRIC_BLEU].score > 50);
    lt_evaluation_clear(&e);
}

/* As `latimer score` and sacreBLEU write it: a reference that is blank is none. */
static void the_signature_counts_the_references_there_are(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_metric_line hypotheses[] = {line("a dog"), line("a cat")};
    lt_metric_line references[] = {line("a dog"), line("a cat"), line("the dog"), line(" ")};
    for (size_t count = 1; count <= 2; count++) {
        lt_evaluation e;
        const char *wanted = count == 1 ? "nrefs:1|" : "nrefs:var|";
        if (lt_evaluate(&e, "toy", hypotheses, references, 2, count, &error) != LT_OK)
            fail_msg("%s", error.message);
        for (int kind = 0; kind < LT_METRIC_OF_TEXT; kind++)
            assert_ptr_equal(strstr(e.record.scores[kind].signature, wanted),
                             e.record.scores[kind].signature);
        assert_int_equal(e.without_reference, 0);
        lt_evaluation_clear(&e);
    }
    lt_evaluation e;
    assert_int_equal(lt_evaluate(&e, "toy", hypotheses, references + 2, 2, 1, &error), LT_OK);
    assert_int_equal(e.without_reference, 1); /* there is no other: scored against nothing, and told */
    lt_evaluation_clear(&e);
}

static void nothing_to_score_is_said(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_evaluation e;
    assert_int_equal(lt_evaluate(&e, "toy", NULL, NULL, 0, 1, &error), LT_ERROR_USAGE);
    assert_string_equal(error.message, "toy has no lines; there is nothing to score");
    lt_evaluation_clear(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_is_scored_and_can_be_recomputed),
        cmocka_unit_test(the_signature_counts_the_references_there_are),
        cmocka_unit_test(nothing_to_score_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
