/* Labels by class, and what is said of them: files, confusion matrices, evaluations. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/confusion.h"
#include "experiments/evaluation.h"
#include "tests/ok.h"

static lt_error error;

static lt_line line(const char *text)
{
    return (lt_line){text, strlen(text)};
}

static lt_metric_line metric_line(const char *text)
{
    return (lt_metric_line){text, strlen(text)};
}

static lt_labels labels_of(const char *const *names)
{
    lt_labels labels = {0};
    for (; *names; names++) {
        lt_line one = line(*names);
        OK(lt_labels_add(&labels, &one, &error));
    }
    return labels;
}

#define LABELS(...) labels_of((const char *const[]){__VA_ARGS__, NULL})

static void classes_are_the_labels_in_order(void **state)
{
    (void)state;
    lt_labels labels = LABELS("it", "en", "de", "en", "d", "it");
    static const char *const sorted[] = {"d", "de", "en", "it"};
    assert_int_equal(labels.names.count, 4);
    for (size_t i = 0; i < 4; i++) {
        lt_line one = line(sorted[i]);
        int32_t class;
        assert_string_equal(labels.names.items[i], sorted[i]);
        assert_int_equal(lt_labels_find(&labels, &one), i);
        OK(lt_labels_class(&labels, &one, &class, &error));
        assert_int_equal(class, i);
    }
    lt_line strange = line("e\xFF"), empty = line("");
    int32_t class;
    assert_int_equal(lt_labels_find(&labels, &empty), -1);
    assert_int_equal(lt_labels_class(&labels, &strange, &class, &error), LT_ERROR_MISMATCH);
    assert_string_equal(error.message,
                        "'e\xEF\xBF\xBD' is none of the 4 labels of the training data (d, de, en, it)");
    lt_labels_clear(&labels);
}

static void refuse(lt_line bad, const char *why)
{
    lt_labels labels = {0};
    assert_int_equal(lt_labels_add(&labels, &bad, &error), LT_ERROR_FORMAT);
    if (!strstr(error.message, why)) fail_msg("'%s' is not in '%s'", why, error.message);
    assert_int_equal(labels.names.count, 0);
}

static void what_is_no_label_is_refused(void **state)
{
    (void)state;
    char text[202] = "";
    refuse(line(""), "an empty line is no label");
    refuse(line("a\tb"), "control character");
    refuse(line("en\r"), "CR of a file from Windows");
    refuse((lt_line){"a\0b", 3}, "control character");
    refuse(line("\xC3"), "not valid UTF-8");
    refuse(line(" en"), "a space at its beginning or end");
    refuse(line("en "), "a space at its beginning or end");
    memset(text, 'x', 201);
    refuse(line(text), "over 200 bytes");
    text[200] = '\0';
    lt_labels labels = LABELS(text, "two words", "\xC3\xA4");
    assert_int_equal(labels.names.count, 3);
    for (int i = 0; labels.names.count < LT_CLASSES_MAX; i++) {
        snprintf(text, sizeof text, "label %d", i);
        lt_line one = line(text);
        OK(lt_labels_add(&labels, &one, &error));
    }
    lt_line more = line("one more"), known = line("label 7");
    OK(lt_labels_add(&labels, &known, &error));
    assert_int_equal(lt_labels_add(&labels, &more, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "'one more' is one label more than the 256 a classifier may have"));
    lt_labels_clear(&labels);
}

static void refuse_text(const char *text, size_t length, const char *why)
{
    lt_labels labels = {0};
    assert_int_equal(lt_labels_read(&labels, text, length, &error), LT_ERROR_FORMAT);
    if (!strstr(error.message, why)) fail_msg("'%s' is not in '%s'", why, error.message);
    lt_labels_clear(&labels);
}

static void what_was_written_is_read_and_nothing_else(void **state)
{
    (void)state;
    lt_labels labels = LABELS("b", "a", "two words"), again = {0};
    lt_text text = {0};
    OK(lt_labels_write(&text, &labels, &error));
    assert_string_equal(text.data, "a\nb\ntwo words\n");
    OK(lt_labels_read(&again, text.data, text.length, &error));
    assert_int_equal(again.names.count, 3);
    char one[16], other[16];
    lt_labels_signature(one, &labels);
    lt_labels_signature(other, &again);
    assert_string_equal(one, other);
    lt_labels less = LABELS("a", "btwo words");
    lt_labels_signature(other, &less);
    assert_string_not_equal(one, other);
    refuse_text("", 0, "there are no labels");
    refuse_text("b\na\n", 4, "not a sorted list");
    refuse_text("a\na\n", 4, "not a sorted list");
    refuse_text("a\nb", 3, "not a sorted list");
    refuse_text("a\0\nb\n", 5, "not a sorted list");
    refuse_text("\n", 1, "an empty line");
    lt_text_clear(&text);
    lt_labels_clear(&labels);
    lt_labels_clear(&less);
    lt_labels_clear(&again);
}

enum { TEXTS = 5 };
static const char *const wanted[TEXTS] = {"de", "de", "en", "en", "en"};
static const char *const got[TEXTS] = {"de", "en", "en", "en", "fr"};

static void an_evaluation_has_both_figures_and_the_matrix(void **state)
{
    (void)state;
    lt_labels labels = LABELS("de", "en", "fr"), names;
    lt_metric_line predicted[TEXTS], references[TEXTS];
    for (size_t i = 0; i < TEXTS; i++)
        predicted[i] = metric_line(got[i]), references[i] = metric_line(wanted[i]);
    lt_evaluation e;
    OK(lt_evaluate_labels(&e, "toy", &labels, predicted, references, TEXTS, &error));
    assert_int_equal(e.record.metrics, 2);
    assert_string_equal(e.record.scores[0].metric, "accuracy");
    assert_string_equal(e.record.scores[1].metric, "macro_f1");
    assert_true(fabs(e.record.scores[0].score - 60) < 1e-9);
    /* de: P 1, R 1/2; en: P 2/3, R 2/3; fr: 0 */
    assert_true(fabs(e.record.scores[1].score - 100 * (2.0 / 3 + 2.0 / 3 + 0) / 3) < 1e-9);
    assert_non_null(strstr(e.record.scores[0].signature, "classes:3|labels:"));
    assert_string_equal(e.record.hypotheses[4], "fr");
    lt_confusion confusion;
    OK(lt_confusion_read(&confusion, &names, e.record.scores[1].detail, &error));
    static const size_t counts[] = {1, 1, 0, 0, 2, 1, 0, 0, 0};
    assert_int_equal(confusion.classes, 3);
    assert_memory_equal(confusion.counts, counts, sizeof counts);
    assert_string_equal(names.names.items[2], "fr");
    assert_true(fabs(lt_confusion_macro_f1(&confusion) - e.record.scores[1].score) < 1e-9);
    /* what the database recomputes by */
    double sums[9] = {0};
    for (size_t i = 0; i < TEXTS * 9; i++) sums[i % 9] += e.record.scores[1].statistics[i];
    static const double all[] = {1, 2, 0, 2, 3, 0, 1, 3, 1};
    assert_memory_equal(sums, all, sizeof sums);
    lt_confusion_clear(&confusion);
    lt_labels_clear(&names);
    lt_evaluation_clear(&e);
    references[2] = metric_line("it");
    assert_int_equal(lt_evaluate_labels(&e, "toy", &labels, predicted, references, TEXTS, &error),
                     LT_ERROR_MISMATCH);
    lt_evaluation_clear(&e);
    lt_labels_clear(&labels);
}

static void broken_matrices_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        NULL,
        "",
        "[]",
        "{\"labels\":[],\"counts\":[]}",
        "{\"labels\":[\"a\",\"a\"],\"counts\":[[1,2],[3,4]]}",
        "{\"labels\":[\"a\",\"b\"],\"counts\":[[1,2],[3]]}",
        "{\"labels\":[\"a\",\"b\"],\"counts\":[[1,2],[3,-4]]}",
        "{\"labels\":[\"a\",\"b\"],\"counts\":[[1,2],[3,\"4\"]]}",
        "{\"labels\":[\"a\",7],\"counts\":[[1,2],[3,4]]}",
        "{\"labels\":[\"a\",\"b\"],\"counts\":[[1,2]]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        lt_confusion confusion;
        lt_labels labels;
        if (lt_confusion_read(&confusion, &labels, texts[i], &error) != LT_ERROR_FORMAT)
            fail_msg("accepted: %s", texts[i]);
        assert_non_null(strstr(error.message, "is no confusion matrix"));
        lt_confusion_clear(&confusion);
        lt_labels_clear(&labels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_the_labels_in_order),
        cmocka_unit_test(what_is_no_label_is_refused),
        cmocka_unit_test(what_was_written_is_read_and_nothing_else),
        cmocka_unit_test(an_evaluation_has_both_figures_and_the_matrix),
        cmocka_unit_test(broken_matrices_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
