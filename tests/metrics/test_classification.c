/* Accuracy, macro-F1 and the confusion matrix: by hand, and against a computation of another shape. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/metrics/metrics.h"
#include "model/base/rng.h"

static lt_error error;

static void assert_near(double got, double wanted, double within)
{
    if (!(fabs(got - wanted) <= within)) fail_msg("%.12g, should be %.12g", got, wanted);
}

static lt_metric *metric_of(lt_metric_kind kind, int64_t classes)
{
    lt_metric_options options = {.classes = classes};
    lt_metric *metric;
    if (lt_metric_create(&metric, kind, &options, &error) != LT_OK) fail_msg("%s", error.message);
    return metric;
}

/* Of 10 texts: a: 4 (3 right, 1 taken for b), b: 4 (2 right, 2 taken for c), c: 2 (1 right, 1 taken for a).
 * a: P 3/4, R 3/4; b: P 2/3, R 2/4; c: P 1/3, R 1/2; d never. */
static const size_t by_hand[][2] = {{0, 0}, {0, 0}, {0, 0}, {0, 1}, {1, 1},
                                    {1, 1}, {1, 2}, {1, 2}, {2, 2}, {2, 0}};

static void figures_by_hand(void **state)
{
    (void)state;
    lt_confusion confusion;
    assert_int_equal(lt_confusion_init(&confusion, 4, &error), LT_OK);
    assert_near(lt_confusion_accuracy(&confusion), 0, 0);
    assert_near(lt_confusion_macro_f1(&confusion), 0, 0);
    for (size_t i = 0; i < 10; i++) lt_confusion_add(&confusion, by_hand[i][0], by_hand[i][1]);
    assert_near(lt_confusion_accuracy(&confusion), 60, 1e-12);
    double a = 0.75, b = 2 * (2.0 / 3 * 0.5) / (2.0 / 3 + 0.5), c = 2 * (1.0 / 3 * 0.5) / (1.0 / 3 + 0.5);
    assert_near(lt_confusion_macro_f1(&confusion), 100 * (a + b + c) / 3, 1e-9);
    lt_class_score score = lt_confusion_class(&confusion, 2);
    assert_int_equal(score.reference, 2);
    assert_int_equal(score.predicted, 3);
    assert_near(score.precision, 1.0 / 3, 1e-12);
    assert_near(score.recall, 0.5, 1e-12);
    assert_near(score.f1, 0.4, 1e-12);
    score = lt_confusion_class(&confusion, 3); /* neither in the reference nor predicted */
    assert_true(isnan(score.precision) && isnan(score.recall) && isnan(score.f1));
    lt_confusion_add(&confusion, 0, 3); /* predicted once, never right: now it counts, as 0 */
    score = lt_confusion_class(&confusion, 3);
    assert_true(score.precision == 0 && isnan(score.recall) && score.f1 == 0);
    a = 2 * 3.0 / (5 + 4);
    assert_near(lt_confusion_macro_f1(&confusion), 100 * (a + b + c + 0) / 4, 1e-9);
    lt_confusion_clear(&confusion);
}

/* From precision and recall in place of counts, class by class over the texts themselves. */
static double another_macro_f1(const size_t (*pairs)[2], size_t count, size_t classes)
{
    double sum = 0;
    size_t counted = 0;
    for (size_t c = 0; c < classes; c++) {
        double right = 0, wrong = 0, missed = 0;
        for (size_t i = 0; i < count; i++) {
            if (pairs[i][0] == c && pairs[i][1] == c) right++;
            if (pairs[i][0] != c && pairs[i][1] == c) wrong++;
            if (pairs[i][0] == c && pairs[i][1] != c) missed++;
        }
        if (right + wrong + missed == 0) continue;
        counted++;
        if (right == 0) continue;
        double precision = right / (right + wrong), recall = right / (right + missed);
        sum += 2 * precision * recall / (precision + recall);
    }
    return 100 * sum / (double)counted;
}

enum { TEXTS = 300 };

static void rows_add_up_to_the_same_figures(void **state)
{
    (void)state;
    lt_rng rng;
    lt_rng_init(&rng, 7);
    for (size_t classes = 1; classes <= LT_CLASSES_MAX; classes = classes * 3 + 1) {
        static size_t pairs[TEXTS][2];
        static double row[LT_METRIC_STATS_MAX], sums[2][LT_METRIC_STATS_MAX];
        lt_metric *metrics[] = {metric_of(LT_METRIC_ACCURACY, (int64_t)classes),
                                metric_of(LT_METRIC_MACRO_F1, (int64_t)classes)};
        lt_confusion confusion;
        size_t right = 0;
        memset(sums, 0, sizeof sums);
        assert_int_equal(lt_confusion_init(&confusion, classes, &error), LT_OK);
        for (size_t i = 0; i < TEXTS; i++) {
            pairs[i][0] = (size_t)lt_rng_below(&rng, classes);
            pairs[i][1] = lt_rng_below(&rng, 3) ? pairs[i][0] : (size_t)lt_rng_below(&rng, classes);
            right += pairs[i][0] == pairs[i][1];
            lt_confusion_add(&confusion, pairs[i][0], pairs[i][1]);
            for (size_t m = 0; m < 2; m++) {
                lt_metric_class(metrics[m], row, pairs[i][0], pairs[i][1]);
                for (size_t k = 0; k < lt_metric_stats_count(metrics[m]); k++) sums[m][k] += row[k];
            }
        }
        lt_metric_score score;
        lt_metric_score_of(metrics[0], sums[0], &score);
        assert_near(score.score, 100.0 * (double)right / TEXTS, 1e-9);
        assert_near(lt_confusion_accuracy(&confusion), score.score, 1e-9);
        lt_metric_score_of(metrics[1], sums[1], &score);
        assert_near(score.score, another_macro_f1((const size_t(*)[2])pairs, TEXTS, classes), 1e-9);
        assert_near(lt_confusion_macro_f1(&confusion), score.score, 1e-9);
        lt_confusion_clear(&confusion);
        for (size_t m = 0; m < 2; m++) lt_metric_free(metrics[m]);
    }
}

static void significance_of_classes(void **state)
{
    (void)state;
    enum { N = 200 };
    static double better[N * 2], worse[N * 2];
    lt_metric *metric = metric_of(LT_METRIC_ACCURACY, 2);
    for (size_t i = 0; i < N; i++) {
        lt_metric_class(metric, better + 2 * i, i % 2, i % 20 ? i % 2 : !(i % 2));
        lt_metric_class(metric, worse + 2 * i, i % 2, i % 4 ? i % 2 : !(i % 2));
    }
    lt_significance result;
    assert_int_equal(lt_paired_randomization(&result, metric, worse, better, N, 1000, 1, &error), LT_OK);
    assert_near(result.difference, 20, 1e-9);
    assert_true(result.p_value < 0.01);
    assert_int_equal(lt_paired_bootstrap(&result, metric, worse, worse, N, 1000, 1, &error), LT_OK);
    assert_near(result.p_value, 1, 0);
    lt_metric_free(metric);
}

static void signatures_and_limits(void **state)
{
    (void)state;
    lt_metric *metric = metric_of(LT_METRIC_MACRO_F1, 6);
    lt_text text = {0};
    assert_string_equal(lt_metric_title(metric), "macro-F1");
    assert_true(lt_metric_higher_is_better(metric));
    assert_int_equal(lt_metric_signature(&text, metric, 1, "labels:0a1b2c3d", &error), LT_OK);
    assert_string_equal(text.data, "classes:6|labels:0a1b2c3d|version:latimer-" LATIMER_VERSION);
    lt_text_clear(&text);
    lt_metric_free(metric);
    lt_metric_options options = {.classes = LT_CLASSES_MAX + 1};
    assert_int_equal(lt_metric_create(&metric, LT_METRIC_ACCURACY, &options, &error), LT_ERROR_USAGE);
    assert_string_equal(error.message, "accuracy: 257 classes; 1 to 256 wanted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_by_hand),
        cmocka_unit_test(rows_add_up_to_the_same_figures),
        cmocka_unit_test(significance_of_classes),
        cmocka_unit_test(signatures_and_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
