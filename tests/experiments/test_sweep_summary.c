/* What a sweep has given, from a database made by hand. */
#include <math.h>
#include <stdlib.h>

#include "experiments/comparison.h"
#include "experiments/store_sweep.h"
#include "experiments/sweep_summary.h"
#include "tests/experiments/evaluated_run.h"
#include "tests/folder.h"

static char path[128];
static int64_t sweep;
static lt_sweep_summary summary;

static const lt_summary_options bleu = {.metrics = {true}, .seed = 1};

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    error = (lt_error){0};
    summary = (lt_sweep_summary){0};
    snprintf(path, sizeof path, "%s/x.db", folder);
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    OK(lt_store_sweep_take(store, "s", NULL, &sweep, &error));
    const char *const labels[] = {"base", "a=1", "a=2"};
    for (int i = 0; i < 3; i++)
        OK(lt_store_sweep_add_point(store, sweep, &(lt_store_point){labels[i], i ? labels[i] : "", "-"},
                                    &error));
    return 0;
}

static int tear_down(void **state)
{
    lt_sweep_summary_clear(&summary);
    lt_store_close(store);
    return remove_folder(state);
}

/* A run of a point and a seed, not ended yet; its id is of point and seed. */
static const char *begin(const char *label, int64_t seed)
{
    static char id[LT_RUN_ID];
    snprintf(id, sizeof id, "%x%031llx", label[2] ? label[2] & 0xF : 0xb, (long long)seed);
    OK(lt_store_sweep_add_run(store, sweep, label, seed, id, &error));
    OK(lt_store_run_begin(store, &(lt_store_new_run){.id = id, .experiment = label, .seed = seed}, &error));
    return id;
}

static double finish(const char *label, int64_t seed, double dev, int wrong)
{
    const char *id = begin(label, seed);
    OK(lt_store_add_checkpoint(
        store, id, &(lt_store_checkpoint){.name = "best", .step = 9, .score_name = "dev.bleu", .score = dev},
        &error));
    double score = evaluate(id, "test", wrong, "s", "r");
    OK(lt_store_metrics(store, id, 9, &(lt_store_metric){LT_STORE_SECONDS, 60.0 * (double)seed}, 1, &error));
    OK(lt_store_run_end(store, id, LT_RUN_FINISHED, NULL, &error));
    return score;
}

static void near(double value, double wanted)
{
    if (!(fabs(value - wanted) < 1e-9)) fail_msg("%.12g, not %.12g", value, wanted);
}

static void seeds_are_averaged_and_tested(void **state)
{
    (void)state;
    double b[3] = {finish("base", 1, 10, 4), finish("base", 2, 11, 5), finish("base", 3, 12, 6)};
    double a[3] = {finish("a=1", 1, 20, 20), finish("a=1", 2, 21, 30), finish("a=1", 3, 22, 25)};
    finish("a=2", 1, 10, 4), finish("a=2", 2, 11, 5), finish("a=2", 3, 12, 6);
    OK(lt_sweep_summarize(&summary, store, "s", &bleu, &error));
    assert_int_equal(summary.points, 3);
    assert_int_equal(summary.columns, 2);
    assert_string_equal(summary.column[0].title, "dev bleu");
    assert_null(summary.column[0].set);
    assert_string_equal(summary.column[1].title, "BLEU");
    assert_string_equal(summary.column[1].set, "test");
    const lt_summary_point *base = &summary.point[0], *one = &summary.point[1], *two = &summary.point[2];
    near(base->cells[0].moments.mean, 11), near(base->cells[0].moments.deviation, 1);
    near(base->minutes.mean, 2), near(base->minutes.deviation, 1);
    near(one->cells[0].delta, 10);
    near(one->cells[0].p_value, lt_student_p(10 / sqrt(2.0 / 3), 4));
    lt_moments mb = lt_moments_of(b, 3), ma = lt_moments_of(a, 3);
    near(base->cells[1].moments.mean, mb.mean), near(one->cells[1].moments.deviation, ma.deviation);
    near(one->cells[1].delta, ma.mean - mb.mean);
    near(one->cells[1].p_value, lt_welch_p(&mb, &ma));
    assert_int_equal(one->cells[1].test, LT_TEST_WELCH);
    near(one->cells[1].holm, 2 * one->cells[1].p_value);
    near(two->cells[1].p_value, 1), near(two->cells[1].delta, 0);
    assert_true(isnan(base->cells[1].p_value) && base->cells[1].test == LT_TEST_NONE);
    assert_int_equal(summary.notes.count, 0);
}

static void one_seed_is_tested_by_its_segments(void **state)
{
    (void)state;
    finish("base", 1, 10, 20), finish("base", 2, 10, 2), finish("a=1", 2, 20, 20);
    OK(lt_sweep_summarize(&summary, store, "s", &bleu, &error));
    const lt_summary_cell *cell = &summary.point[1].cells[1];
    assert_int_equal(cell->test, LT_TEST_RANDOMIZATION);
    lt_comparison comparison = {0};
    lt_comparison_options options = {.metrics = {true}, .seed = 1, .randomization = true};
    const char *const ids[] = {summary.point[0].runs[1].id, summary.point[1].runs[0].id}; /* both of seed 2 */
    OK(lt_compare(&comparison, store, ids, 2, &options, &error));
    near(cell->p_value, comparison.set[0].metrics[0].scores[1].p_value);
    assert_true(cell->p_value < 0.05);
    near(cell->delta, comparison.set[0].metrics[0].scores[1].delta);
    near(summary.point[1].cells[0].delta, 10);
    lt_comparison_clear(&comparison);
    assert_int_equal(summary.point[1].cells[0].test, LT_TEST_NONE); /* dev has no segments */
    assert_true(isnan(summary.point[1].cells[0].p_value));
    assert_int_equal(summary.point[2].count, 0);
    assert_true(isnan(summary.point[2].cells[1].delta));
}

static void only_finished_runs_count(void **state)
{
    (void)state;
    finish("base", 1, 10, 2);
    const char *id = begin("base", 2);
    evaluate(id, "test", 20, "s", "r");
    OK(lt_store_run_end(store, id, LT_RUN_FAILED, "the disk is full", &error));
    begin("base", 3);
    OK(lt_store_sweep_add_run(store, sweep, "a=1", 1, "cccc0000000000000000000000000003", &error));
    OK(lt_sweep_summarize(&summary, store, "s", &bleu, &error));
    assert_int_equal(summary.point[0].count, 3);
    assert_int_equal(summary.point[0].finished, 1);
    assert_int_equal(summary.point[0].cells[1].moments.count, 1);
    assert_true(isnan(summary.point[0].cells[1].values[1]));
    assert_int_equal(summary.notes.count, 3);
    assert_string_equal(summary.notes.items[0], "base, seed 2: failed: the disk is full");
    assert_non_null(strstr(summary.notes.items[1], "base, seed 3: running: process"));
    assert_string_equal(summary.notes.items[2], "a=1, seed 1: missing");
}

static void other_data_is_left_out_and_told(void **state)
{
    (void)state;
    finish("base", 1, 10, 2);
    const char *id = begin("a=1", 1);
    evaluate(id, "test", 20, "s", "another");
    OK(lt_store_run_end(store, id, LT_RUN_FINISHED, NULL, &error));
    OK(lt_sweep_summarize(&summary, store, "s", &bleu, &error));
    assert_true(isnan(summary.point[1].cells[1].values[0]));
    assert_string_equal(
        summary.notes.items[0],
        "a=1, seed 1: BLEU on test was scored on other data than in the first run, and is left out");
}

static void validated_on(const char *label, int64_t seed, const char *train, const char *dev)
{
    const char *id = begin(label, seed);
    OK(lt_store_add_dataset(store, id, &(lt_store_dataset){"train", "t", "en", "/t.en", train, 9}, &error));
    OK(lt_store_add_dataset(store, id, &(lt_store_dataset){"dev", "d", "en", "/d.en", dev, 9}, &error));
    OK(lt_store_add_checkpoint(
        store, id,
        &(lt_store_checkpoint){
            .name = "best", .step = 9, .score_name = "dev.bleu", .score = 10 + (double)seed},
        &error));
    OK(lt_store_run_end(store, id, LT_RUN_FINISHED, NULL, &error));
}

static void files_that_changed_under_the_sweep_are_told(void **state)
{
    (void)state;
    validated_on("base", 1, "aa", "dd");
    validated_on("a=1", 1, "aa", "ee");
    validated_on("a=1", 2, "bb", "dd");
    OK(lt_sweep_summarize(&summary, store, "s", &bleu, &error));
    assert_true(isnan(summary.point[1].cells[0].values[0]));
    near(summary.point[1].cells[0].moments.mean, 12);
    assert_int_equal(summary.notes.count, 2);
    assert_string_equal(summary.notes.items[0],
                        "a=1, seed 1: its dev set is not the first run's, and its score is left out");
    assert_string_equal(summary.notes.items[1],
                        "a=1, seed 2: its training data are not the first run's: the files have changed");
}

static void metrics_are_chosen(void **state)
{
    (void)state;
    finish("base", 1, 10, 2);
    lt_summary_options all = {.metrics = {true, true, true}};
    OK(lt_sweep_summarize(&summary, store, "s", &all, &error));
    assert_int_equal(summary.columns, 4);
    assert_string_equal(summary.column[2].title, "chrF2");
    lt_sweep_summary_clear(&summary);
    assert_int_equal(lt_sweep_summarize(&summary, store, "t", &all, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "no sweep 't'"));
    assert_non_null(strstr(error.message, "it has s"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(seeds_are_averaged_and_tested),
        TEST(one_seed_is_tested_by_its_segments),
        TEST(only_finished_runs_count),
        TEST(other_data_is_left_out_and_told),
        TEST(files_that_changed_under_the_sweep_are_told),
        TEST(metrics_are_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
