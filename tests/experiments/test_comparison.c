#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "experiments/comparison.h"
#include "experiments/store_private.h"
#include "model/base/file.h"
#include "tests/experiments/evaluated_run.h"
#include "tests/folder.h"

static char path[128];
static lt_comparison comparison;

#define A "aaaa0000000000000000000000000001"
#define B "bbbb0000000000000000000000000002"
#define C "cccc0000000000000000000000000003"

static const lt_comparison_options all_metrics = {.metrics = {true, true, true}, .seed = 1};

/* A classifier that takes every `wrong`-th text for the other label. */
static void evaluate_labels(const char *id, int wrong, const char *other_label)
{
    lt_labels labels = {0};
    lt_metric_line predicted[SEGMENTS], references[SEGMENTS];
    const char *const names[] = {"de", other_label};
    for (int i = 0; i < 2; i++) OK(lt_labels_add(&labels, &(lt_line){names[i], 2}, &error));
    for (int i = 0; i < SEGMENTS; i++) {
        references[i] = (lt_metric_line){names[i % 3 == 0], 2};
        predicted[i] = (lt_metric_line){names[(i % 3 == 0) != (i % wrong == 0)], 2};
    }
    lt_evaluation evaluation;
    OK(lt_evaluate_labels(&evaluation, "test", &labels, predicted, references, SEGMENTS, &error));
    evaluation.record.source_sha256 = "s";
    evaluation.record.reference_sha256 = "r";
    OK(lt_store_add_evaluation(store, id, &evaluation.record, &error));
    lt_evaluation_clear(&evaluation);
    lt_labels_clear(&labels);
}

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    error = (lt_error){0};
    comparison = (lt_comparison){0};
    snprintf(path, sizeof path, "%s/x.db", folder);
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    const char *const ids[] = {A, B, C};
    for (int i = 0; i < 3; i++)
        OK(lt_store_run_begin(store, &(lt_store_new_run){.id = ids[i], .experiment = i ? "other" : "first"},
                              &error));
    return 0;
}

static int tear_down(void **state)
{
    lt_comparison_clear(&comparison);
    lt_store_close(store);
    return remove_folder(state);
}

static lt_status compare(const lt_comparison_options *options)
{
    lt_comparison_clear(&comparison);
    return lt_compare(&comparison, store, (const char *const[]){A, B}, 2, options, &error);
}

static void scores_are_recomputed_and_tested(void **state)
{
    (void)state;
    double a = evaluate(A, "test", 2, "s", "r"), b = evaluate(B, "test", 20, "s", "r");
    assert_true(b > a + 1);
    OK(compare(&all_metrics));
    assert_int_equal(comparison.sets, 1);
    assert_int_equal(comparison.set[0].count, 3);
    assert_int_equal(comparison.set[0].segments, SEGMENTS);
    const lt_compared_metric *bleu = &comparison.set[0].metrics[0];
    assert_string_equal(bleu->title, "BLEU");
    assert_true(fabs(bleu->scores[0].score - a) < 1e-9 && fabs(bleu->scores[1].score - b) < 1e-9);
    assert_true(fabs(bleu->scores[1].delta - (b - a)) < 1e-9);
    assert_true(isnan(bleu->scores[0].p_value) && bleu->scores[1].p_value < 0.05);
    assert_true(bleu->scores[0].interval > 0 && bleu->scores[1].interval > 0);
    assert_string_equal(comparison.set[0].metrics[1].title, "chrF2");
    assert_true(comparison.set[0].metrics[2].scores[1].delta < 0); /* TER falls */

    lt_comparison_options options = all_metrics;
    options.randomization = true, options.samples = 500, options.metrics[1] = false;
    OK(compare(&options));
    assert_int_equal(comparison.set[0].count, 2);
    assert_int_equal(comparison.samples, 500);
    assert_true(comparison.set[0].metrics[0].scores[1].p_value < 0.05);
    assert_true(isnan(comparison.set[0].metrics[0].scores[1].interval));
}

static void equal_systems_do_not_differ(void **state)
{
    (void)state;
    evaluate(A, "test", 5, "s", "r"), evaluate(B, "test", 5, "s", "r");
    OK(compare(&all_metrics));
    assert_true(comparison.set[0].metrics[0].scores[1].delta == 0);
    assert_true(comparison.set[0].metrics[0].scores[1].p_value == 1);
}

static void different_data_is_refused_by_name(void **state)
{
    (void)state;
    lt_comparison_options options = all_metrics;
    evaluate(A, "test", 2, "s", "r1"), evaluate(B, "test", 20, "s", "r2");
    assert_int_equal(compare(&options), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "different data: the references of test"));
    assert_non_null(strstr(error.message, "r1 and r2; --different-data"));
    options.different_signatures = true; /* is another permission */
    assert_int_equal(compare(&options), LT_ERROR_MISMATCH);
    options.different_data = true;
    OK(compare(&options));
    assert_true(isnan(comparison.set[0].metrics[0].scores[1].p_value));
    assert_true(comparison.set[0].metrics[0].scores[1].delta > 1);
    assert_true(comparison.notes.count > 0);

    evaluate(B, "test", 20, "another", "r1");
    assert_int_equal(compare(&all_metrics), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "the sources of test"));
    /* unknown is not equal */
    evaluate(A, "unknown", 2, "s", NULL), evaluate(B, "unknown", 2, "s", NULL);
    options = all_metrics, options.test = "unknown";
    assert_int_equal(compare(&options), LT_ERROR_MISMATCH);
}

static void different_signatures_are_refused_by_name(void **state)
{
    (void)state;
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "test", 20, "s", "r");
    OK(lt_sql_script(
        store,
        "UPDATE scores SET signature = replace(signature, 'tok:13a', 'tok:intl') WHERE metric = 'bleu'"
        " AND evaluation_id = (SELECT max(id) FROM evaluations)",
        &error));
    assert_int_equal(compare(&all_metrics), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "tok:13a"));
    assert_non_null(strstr(error.message, "tok:intl"));
    assert_non_null(strstr(error.message, "--different-signatures"));
    lt_comparison_options options = all_metrics;
    options.different_signatures = true;
    OK(compare(&options));
    assert_true(isnan(comparison.set[0].metrics[0].scores[1].p_value));
    assert_false(isnan(comparison.set[0].metrics[1].scores[1].p_value)); /* chrF is still comparable */
}

static void a_changed_database_is_noticed(void **state)
{
    (void)state;
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "test", 20, "s", "r");
    OK(lt_sql_script(store, "UPDATE scores SET score = score + 0.01 WHERE metric = 'bleu'", &error));
    assert_int_equal(compare(&all_metrics), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "is stored"));
    OK(lt_sql_script(store,
                     "UPDATE scores SET score = score - 0.01 WHERE metric = 'bleu';"
                     "DELETE FROM segments WHERE line = 7",
                     &error));
    assert_int_equal(compare(&all_metrics), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "segment 7 is missing"));
    OK(lt_sql_script(store, "UPDATE segments SET statistics = '[1,2' WHERE line = 3", &error));
    assert_int_equal(compare(&all_metrics), LT_ERROR_FORMAT);
}

static void sets_are_matched_by_name_or_by_hash(void **state)
{
    (void)state;
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "/data/test.de", 20, "s", "r");
    evaluate(A, "only", 2, "s2", "r2");
    OK(compare(&all_metrics));
    assert_int_equal(comparison.sets, 1);
    assert_string_equal(comparison.set[0].name, "test");
    assert_true(comparison.set[0].metrics[0].scores[1].known);
    assert_non_null(strstr(comparison.notes.items[0], "only: only run aaaa0000"));
    lt_comparison_options options = all_metrics;
    options.test = "only";
    assert_int_equal(compare(&options), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "test set only"));
    lt_comparison_clear(&comparison);
    assert_int_equal(lt_compare(&comparison, store, (const char *const[]){A, C}, 2, &all_metrics, &error),
                     LT_ERROR_USAGE);
    /* three runs, one of them not scored */
    lt_comparison_clear(&comparison);
    OK(lt_compare(&comparison, store, (const char *const[]){C, A, B}, 3, &all_metrics, &error));
    assert_false(comparison.set[0].metrics[0].scores[0].known);
    assert_true(isnan(comparison.set[0].metrics[0].scores[1].p_value));
    assert_false(isnan(comparison.set[0].metrics[0].scores[2].p_value));
}

static void the_one_thing_that_differs_is_named(void **state)
{
    (void)state;
    const lt_store_param a[] = {
        {"model.hidden", "512"}, {"seed", "1"}, {"name", "x"}, {"decoding.beam_size", "5"}};
    const lt_store_param b[] = {
        {"model.hidden", "256"}, {"seed", "1"}, {"name", "y"}, {"decoding.beam_size", "5"}};
    OK(lt_store_params(store, A, a, 4, &error));
    OK(lt_store_params(store, B, b, 4, &error));
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "test", 20, "s", "r");
    OK(compare(&all_metrics));
    assert_int_equal(comparison.differences, 1);
    assert_string_equal(comparison.difference[0].key, "model.hidden");
    assert_string_equal(comparison.difference[0].values[1], "256");

    /* a decoding: its training's keys under its own options */
    const char *d = "dddd0000000000000000000000000004";
    OK(lt_store_decoding_begin(store, &(lt_store_new_decoding){.id = d, .training = A}, &error));
    OK(lt_store_params(store, d, &(lt_store_param){"beam_size", "1"}, 1, &error));
    evaluate(d, "test", 3, "s", "r");
    lt_comparison_clear(&comparison);
    OK(lt_compare(&comparison, store, (const char *const[]){A, d}, 2, &all_metrics, &error));
    assert_int_equal(comparison.differences, 1);
    assert_string_equal(comparison.difference[0].key, "decoding.beam_size");
    assert_string_equal(comparison.difference[0].values[1], "1");
}

/* ---- by length ---- */

/* Sources of 1, 2, 5 and 7 words, the last but one with blanks where none count. */
static const char sources[] = "one\none  two\n \ta b c d\te \na b c d e f g\n";
enum { FEW = 4 };

static void score_few(const char *id, const char *const hypotheses[FEW], const char *source)
{
    static const char *const references[FEW] = {"a b c d e", "a b c d e", "one two three four five",
                                                "p q r s t u v w"};
    lt_metric_line hyp[FEW], ref[FEW];
    for (size_t i = 0; i < FEW; i++) {
        hyp[i] = (lt_metric_line){hypotheses[i], strlen(hypotheses[i])};
        ref[i] = (lt_metric_line){references[i], strlen(references[i])};
    }
    lt_evaluation evaluation;
    OK(lt_evaluate(&evaluation, "few", hyp, ref, FEW, 1, &error));
    evaluation.record.source_sha256 = source;
    evaluation.record.reference_sha256 = "r";
    OK(lt_store_add_evaluation(store, id, &evaluation.record, &error));
    lt_evaluation_clear(&evaluation);
}

static void write_sources(const char *name, char file[256], char sha256[LT_SHA256_HEX])
{
    snprintf(file, 256, "%s/%s", folder, name);
    OK(lt_file_write(file, sources, strlen(sources), &error));
    lt_sha256_bytes(sources, strlen(sources), sha256);
}

static const size_t lengths[] = {2, 5, 6};

/* By hand, BLEU without brevity penalty: "a b c d x" for "a b c d e" has 4 of 5 words, 3 of 4, 2 of 3 and 1
 * of 2 n-grams right; with a perfect one beside it, 9 of 10, 7 of 8, 5 of 6 and 3 of 4. */
static void short_and_long_sentences_are_told_apart(void **state)
{
    (void)state;
    char file[256], sha256[LT_SHA256_HEX];
    write_sources("few.en", file, sha256);
    score_few(
        A,
        (const char *const[]){"a b c d x", "a b c d e", "one two three four five", "no no no no no no no no"},
        sha256);
    score_few(B,
              (const char *const[]){"a b c d x", "a b c d x", "one two three four five", "p q r s t u v w"},
              sha256);
    const lt_store_dataset dataset = {"test", "few", "en", file, sha256, FEW};
    OK(lt_store_add_dataset(store, B, &dataset, &error)); /* that one of the two knows it is enough */
    lt_comparison_options options = all_metrics;
    options.lengths = lengths, options.length_count = 3;
    OK(compare(&options));
    const lt_compared_set *set = &comparison.set[0];
    static const size_t segments[] = {2, 1, 0, 1};
    assert_memory_equal(set->class_segments, segments, sizeof segments);
    const lt_compared_score *bleu = set->metrics[0].scores, *ter = set->metrics[2].scores;
    double both = 100 * pow(0.9 * 7 / 8 * 5 / 6 * 0.75, 0.25),
           half = 100 * pow(0.8 * 0.75 * 2 / 3 * 0.5, 0.25);
    assert_true(fabs(bleu[0].by_length[0] - both) < 1e-6);
    assert_true(fabs(bleu[1].by_length[0] - half) < 1e-6);
    assert_true(fabs(bleu[0].by_length[1] - 100) < 1e-6 && fabs(bleu[1].by_length[1] - 100) < 1e-6);
    assert_true(isnan(bleu[0].by_length[2]) && isnan(bleu[1].by_length[2]));
    assert_true(bleu[0].by_length[3] < 10 && fabs(bleu[1].by_length[3] - 100) < 1e-6);
    assert_true(fabs(ter[0].by_length[0] - 10) < 1e-6 && fabs(ter[1].by_length[0] - 20) < 1e-6);
    /* one class of everything: the score of the whole */
    static const size_t all[] = {1000};
    options.lengths = all, options.length_count = 1;
    OK(compare(&options));
    for (size_t m = 0; m < 3; m++)
        for (size_t r = 0; r < 2; r++) {
            const lt_compared_score *score = &comparison.set[0].metrics[m].scores[r];
            assert_true(fabs(score->by_length[0] - score->score) < 1e-9 && isnan(score->by_length[1]));
        }
    OK(compare(&all_metrics));
    assert_null(comparison.set[0].class_of);
    assert_null(comparison.set[0].metrics[0].scores[0].by_length);
}

static void the_source_text_must_be_the_same(void **state)
{
    (void)state;
    char file[256], moved[256], sha256[LT_SHA256_HEX];
    const char *const hypotheses[FEW] = {"a", "b", "c", "d"};
    write_sources("few.en", file, sha256);
    score_few(A, hypotheses, sha256), score_few(B, hypotheses, sha256);
    const lt_store_dataset dataset = {"test", "few", "en", file, sha256, FEW};
    OK(lt_store_add_dataset(store, A, &dataset, &error));
    lt_comparison_options options = all_metrics;
    options.lengths = lengths, options.length_count = 3;
    OK(compare(&options));
    OK(lt_file_write(file, "another\n", 8, &error));
    assert_int_equal(compare(&options), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "few.en any more: give the file with --source"));
    write_sources("moved.en", moved, sha256);
    options.source = moved;
    OK(compare(&options));
    options.source = file;
    assert_int_equal(compare(&options), LT_ERROR_IO);
    score_few(A, hypotheses, NULL), score_few(B, hypotheses, NULL);
    assert_int_equal(compare(&options), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "source text is not known"));
}

/* ---- the runs ---- */

static void size_speed_and_best_are_told(void **state)
{
    (void)state;
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "test", 20, "s", "r");
    static const double speeds[] = {50, 3000, 100, 200};
    for (int i = 0; i < 4; i++)
        OK(lt_store_metrics(store, B, i, &(lt_store_metric){"words_per_second", speeds[i]}, 1, &error));
    OK(lt_store_params(store, B, &(lt_store_param){LT_STORE_PARAMETERS, "4312"}, 1, &error));
    const lt_store_checkpoint best = {.name = "best", .step = 3, .score_name = "dev.bleu", .score = 27.5};
    OK(lt_store_add_checkpoint(store, B, &best, &error));
    OK(lt_store_heartbeat(store, B, 4, &error));
    OK(compare(&all_metrics));
    const lt_compared_run *a = &comparison.run[0], *b = &comparison.run[1];
    assert_null(a->parameters);
    assert_null(a->best_name);
    assert_true(isnan(a->words_per_second));
    assert_string_equal(b->parameters, "4312");
    assert_true(b->words_per_second == 100);
    assert_string_equal(b->best_name, "dev.bleu");
    assert_true(b->best == 27.5 && b->step == 4);
    for (size_t i = 0; i < comparison.differences; i++)
        assert_string_not_equal(comparison.difference[i].key, LT_STORE_PARAMETERS);
    /* a decoding: its training's */
    const char *d = "dddd0000000000000000000000000004";
    OK(lt_store_decoding_begin(store, &(lt_store_new_decoding){.id = d, .training = B}, &error));
    evaluate(d, "test", 3, "s", "r");
    lt_comparison_clear(&comparison);
    OK(lt_compare(&comparison, store, (const char *const[]){A, d}, 2, &all_metrics, &error));
    assert_string_equal(comparison.run[1].parameters, "4312");
    assert_true(comparison.run[1].best == 27.5);
    assert_string_equal(comparison.run[1].training, B);
    /* an ensemble: no one training's */
    OK(lt_store_params(store, d, &(lt_store_param){LT_STORE_ENSEMBLE, "2: x y"}, 1, &error));
    lt_comparison_clear(&comparison);
    OK(lt_compare(&comparison, store, (const char *const[]){A, d}, 2, &all_metrics, &error));
    const lt_compared_run *e = &comparison.run[1];
    assert_int_equal(e->models, 2);
    assert_null(e->best_name);
    assert_true(isnan(e->words_per_second) && e->step == 0 && e->duration == 0);
}

static void runs_without_a_common_set_may_be_allowed(void **state)
{
    (void)state;
    lt_comparison_options options = all_metrics;
    evaluate(A, "one", 2, "s", "r"), evaluate(B, "two", 20, "t", "q");
    assert_int_equal(compare(&options), LT_ERROR_USAGE);
    options.sets_optional = true;
    OK(compare(&options));
    assert_int_equal(comparison.sets, 0);
    assert_string_equal(comparison.notes.items[comparison.notes.count - 1],
                        "the runs have no test set with the wanted metrics in common");
}

static void validations_make_a_curve(void **state)
{
    (void)state;
    evaluate(A, "test", 2, "s", "r"), evaluate(B, "test", 20, "s", "r");
    const lt_store_checkpoint best = {.name = "best", .step = 30, .score_name = "dev.bleu", .score = 27.5};
    OK(lt_store_add_checkpoint(store, B, &best, &error));
    OK(lt_store_params(store, B, &(lt_store_param){"training.early_stopping.metric", "bleu"}, 1, &error));
    const lt_store_metric report[] = {{"train.loss", 3}, {LT_STORE_SECONDS, 5}};
    const lt_store_metric first[] = {{"dev.bleu", 20}, {"dev.loss", 2}, {LT_STORE_SECONDS, 90}};
    const lt_store_metric second[] = {{"dev.bleu", 27.5}, {"dev.loss", 1}};
    OK(lt_store_metrics(store, B, 10, report, 2, &error));
    OK(lt_store_metrics(store, B, 20, first, 3, &error));
    OK(lt_store_metrics(store, B, 30, second, 2, &error));
    OK(compare(&all_metrics));
    assert_int_equal(comparison.run[0].points, 0);
    assert_int_equal(comparison.run[1].points, 2);
    assert_string_equal(comparison.run[1].figure, "dev.bleu");
    const lt_curve_point *curve = comparison.run[1].curve;
    assert_true(curve[0].update == 20 && curve[0].score == 20 && curve[0].seconds == 90);
    assert_true(curve[1].update == 30 && curve[1].score == 27.5 && isnan(curve[1].seconds));
}

static void signatures_give_their_options_back(void **state)
{
    (void)state;
    lt_metric_options options, back = {0};
    lt_metric *metric;
    lt_text text = {0};
    OK(lt_options_defaults((memset(&options, 0, sizeof options), &options), lt_metric_option_table, &error));
    options.smooth_method = LT_SMOOTH_ADD_K, options.smooth_value = 2.5, options.effective_order = true;
    options.tokenize = LT_TOKENIZE_ZH, options.lowercase = true, options.chrf_word_order = 2;
    options.chrf_eps_smoothing = true, options.chrf_char_order = 5;
    OK(lt_metric_create(&metric, LT_METRIC_BLEU, &options, &error));
    OK(lt_metric_signature(&text, metric, 1, "bs:1000|seed:1", &error));
    OK(lt_signature_options(&back, LT_METRIC_BLEU, text.data, &error));
    assert_int_equal(back.smooth_method, LT_SMOOTH_ADD_K);
    assert_true(back.smooth_value == 2.5 && back.effective_order && back.lowercase);
    assert_int_equal(back.tokenize, LT_TOKENIZE_ZH);
    lt_metric_free(metric);
    text.length = 0;
    OK(lt_metric_create(&metric, LT_METRIC_CHRF, &options, &error));
    OK(lt_metric_signature(&text, metric, 0, NULL, &error));
    OK(lt_signature_options(&back, LT_METRIC_CHRF, text.data, &error));
    assert_int_equal(back.chrf_char_order, 5);
    assert_int_equal(back.chrf_word_order, 2);
    assert_true(back.chrf_eps_smoothing);
    assert_int_equal(lt_signature_options(&back, LT_METRIC_BLEU, "nonsense", &error), LT_ERROR_FORMAT);
    lt_metric_free(metric);
    lt_text_clear(&text);
}

static void classifiers_are_compared_by_accuracy_and_macro_f1(void **state)
{
    (void)state;
    lt_comparison_options options = all_metrics;
    options.metrics[LT_METRIC_ACCURACY] = options.metrics[LT_METRIC_MACRO_F1] = true;
    evaluate_labels(A, 2, "en");
    evaluate_labels(B, 20, "en");
    OK(compare(&options));
    assert_int_equal(comparison.sets, 1);
    assert_int_equal(comparison.set[0].count, 2);
    const lt_compared_metric *accuracy = &comparison.set[0].metrics[0], *f1 = &comparison.set[0].metrics[1];
    assert_string_equal(accuracy->title, "accuracy");
    assert_string_equal(f1->title, "macro-F1");
    assert_true(fabs(accuracy->scores[0].score - 50) < 1e-9);
    assert_true(fabs(accuracy->scores[1].delta - 45) < 1e-9);
    assert_true(accuracy->scores[1].p_value < 0.01 && f1->scores[1].p_value < 0.01);
    options.randomization = true;
    OK(compare(&options));
    assert_true(comparison.set[0].metrics[0].scores[1].p_value < 0.01);
    /* a matrix of other labels is not tested against this one */
    evaluate_labels(B, 20, "fr");
    assert_int_equal(compare(&options), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "classes:2|labels:"));
}

static void a_classifier_is_not_compared_with_a_translator(void **state)
{
    (void)state;
    evaluate_labels(A, 2, "en");
    evaluate(B, "test", 2, "s", "r");
    assert_int_equal(compare(&all_metrics), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "run aaaa0000 (first) is a classifier's and run bbbb0000 (other) a "
                                          "translator's"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(scores_are_recomputed_and_tested),
        TEST(equal_systems_do_not_differ),
        TEST(classifiers_are_compared_by_accuracy_and_macro_f1),
        TEST(a_classifier_is_not_compared_with_a_translator),
        TEST(different_data_is_refused_by_name),
        TEST(different_signatures_are_refused_by_name),
        TEST(a_changed_database_is_noticed),
        TEST(sets_are_matched_by_name_or_by_hash),
        TEST(the_one_thing_that_differs_is_named),
        TEST(signatures_give_their_options_back),
        TEST(short_and_long_sentences_are_told_apart),
        TEST(the_source_text_must_be_the_same),
        TEST(size_speed_and_best_are_told),
        TEST(validations_make_a_curve),
        TEST(runs_without_a_common_set_may_be_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
