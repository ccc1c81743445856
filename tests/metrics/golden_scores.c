/* Every figure of sacreBLEU 2.6.0 in tests/fixtures/scores (made-up text) and, where it is there, in the
 * larger folder named by $LATIMER_SCORE_FIXTURES (shared/fixtures/scores beside the source tree by default),
 * to 1e-4. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/metrics/metrics.h"
#include "model/base/file.h"

enum { MAX_LINES = 2000, MAX_REFERENCES = 4 };

typedef struct set {
    lt_text texts[1 + MAX_REFERENCES];
    lt_metric_line hypotheses[MAX_LINES], references[MAX_REFERENCES * MAX_LINES];
    size_t segments, count;
} set;

static set data;

static size_t split_lines(lt_metric_line *lines, const lt_text *text)
{
    size_t count = 0, begin = 0;
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == '\n') {
            assert_true(count < MAX_LINES);
            lines[count++] = (lt_metric_line){text->data + begin, i - begin};
            begin = i + 1;
        }
    if (begin < text->length) lines[count++] = (lt_metric_line){text->data + begin, text->length - begin};
    return count;
}

static void read_text(lt_text *text, const char *path)
{
    lt_error error = {0};
    if (lt_file_read(text, path, 1 << 26, &error) != LT_OK) fail_msg("%s", error.message);
}

static void load(const char *folder, const char *name)
{
    char path[4096];
    for (size_t i = 0; i < 1 + MAX_REFERENCES; i++) lt_text_clear(&data.texts[i]);
    snprintf(path, sizeof path, "%s/%s.hyp", folder, name);
    read_text(&data.texts[0], path);
    data.segments = split_lines(data.hypotheses, &data.texts[0]);
    for (data.count = 0;; data.count++) {
        snprintf(path, sizeof path, "%s/%s.ref%zu", folder, name, data.count);
        if (!lt_file_exists(path)) break;
        read_text(&data.texts[1 + data.count], path);
        assert_int_equal(
            split_lines(data.references + data.count * data.segments, &data.texts[1 + data.count]),
            data.segments);
    }
    assert_true(data.count > 0);
}

/* "bleu tok=13a smooth=floor effective-order" */
static lt_metric *metric_named(char *words)
{
    lt_metric_options options = {0};
    lt_error error = {0};
    lt_metric *metric;
    char *rest, *name = strtok_r(words, " ", &rest), *word;
    int kind = 0;
    while (lt_metric_names[kind] && strcmp(lt_metric_names[kind], name)) kind++;
    assert_int_equal(lt_options_defaults(&options, lt_metric_option_table, &error), LT_OK);
    while ((word = strtok_r(NULL, " ", &rest))) {
        char key[64], *value = strchr(word, '=');
        void *base;
        if (value) *value++ = '\0';
        if (strcmp(word, "tok") == 0) word = "tokenize";
        if (strcmp(word, "smooth") == 0) word = "smooth_method";
        snprintf(key, sizeof key, "%s%s",
                 kind == LT_METRIC_CHRF  ? "chrf_"
                 : kind == LT_METRIC_TER ? "ter_"
                                         : "",
                 word);
        for (char *c = key; *c; c++)
            if (*c == '-') *c = '_';
        const lt_option *option = lt_options_find(&options, lt_metric_option_table, key, &base, &error);
        if (!option) fail_msg("%s", error.message);
        assert_int_equal(lt_option_parse(base, option, key, value ? value : "true", &error), LT_OK);
    }
    if (lt_metric_create(&metric, kind, &options, &error) != LT_OK) fail_msg("%s", error.message);
    return metric;
}

static size_t wrong;

static void same(double got, const char *wanted, const char *set_name, const char *metric, const char *what)
{
    if (fabs(got - atof(wanted)) <= 1e-4) return;
    print_error("%s, %s: %s is %.6f, should be %s\n", set_name, metric, what, got, wanted);
    wrong++;
}

static void check_detail(char *detail, const lt_metric_score *score, const char *set_name, const char *metric)
{
    static const char *const names[] = {"precision 1", "precision 2", "precision 3", "precision 4",
                                        "BP",          "hyp",         "ref"};
    const double got[] = {score->precisions[0], score->precisions[1],   score->precisions[2],
                          score->precisions[3], score->brevity_penalty, score->hyp_length,
                          score->ref_length};
    char *rest, *field = strtok_r(detail, "/ ", &rest);
    for (size_t i = 0; i < 7; i++, field = strtok_r(NULL, "/ ", &rest)) {
        assert_non_null(field);
        same(got[i], i < 4 ? field : strchr(field, '=') + 1, set_name, metric, names[i]);
    }
}

static void check_signature(const lt_metric *metric, const char *wanted)
{
    lt_text signature = {0};
    lt_error error = {0};
    assert_int_equal(lt_metric_signature(&signature, metric, lt_metric_references(metric), NULL, &error),
                     LT_OK);
    size_t length = (size_t)(strstr(wanted, "version:") - wanted);
    assert_memory_equal(signature.data, wanted, length);
    assert_string_equal(signature.data + length, "version:latimer-" LATIMER_VERSION);
    lt_text_clear(&signature);
}

/* A row of scores.tsv: set, metric, score, detail, signature. */
static void check_corpus_row(char **fields)
{
    lt_error error = {0};
    lt_metric_score score;
    char name[128];
    snprintf(name, sizeof name, "%s", fields[1]);
    lt_metric *metric = metric_named(name);
    if (lt_metric_corpus(metric, &score, NULL, NULL, data.hypotheses, data.references, data.segments,
                         data.count, &error) != LT_OK)
        fail_msg("%s", error.message);
    same(score.score, fields[2], fields[0], fields[1], "score");
    if (*fields[3]) check_detail(fields[3], &score, fields[0], fields[1]);
    check_signature(metric, fields[4]);
    lt_metric_free(metric);
}

/* A row of sentence_bleu.tsv: set, line from 1, BLEU (effective order), chrF, TER. */
static void check_sentence_row(char **fields)
{
    lt_error error = {0};
    size_t line = (size_t)atoi(fields[1]) - 1;
    assert_true(line < data.segments);
    for (int k = 0; k < 3; k++) {
        char name[64];
        double stats[LT_METRIC_STATS_MAX];
        lt_metric_score score;
        snprintf(name, sizeof name, "%s", k == 0 ? "bleu effective-order" : lt_metric_names[k]);
        lt_metric *metric = metric_named(name);
        assert_int_equal(
            lt_metric_segment(metric, stats, &data.hypotheses[line], &data.references[line], 1, &error),
            LT_OK);
        lt_metric_score_of(metric, stats, &score);
        char where[64];
        snprintf(where, sizeof where, "%s line %s", fields[0], fields[1]);
        same(score.score, fields[2 + k], where, lt_metric_names[k], "score");
        lt_metric_free(metric);
    }
}

static size_t check_table(const char *folder, const char *table, void (*check)(char **fields))
{
    char path[4096], current[256] = "";
    lt_text text = {0};
    size_t rows = 0;
    snprintf(path, sizeof path, "%s/%s", folder, table);
    read_text(&text, path);
    char *rest, *line = strtok_r(text.data, "\n", &rest); /* the heading */
    while ((line = strtok_r(NULL, "\n", &rest))) {
        char *fields[5] = {0};
        for (int i = 0; i < 5; i++) {
            fields[i] = strsep(&line, "\t");
            assert_non_null(fields[i]);
        }
        if (strcmp(current, fields[0])) load(folder, fields[0]);
        snprintf(current, sizeof current, "%s", fields[0]);
        check(fields);
        rows++;
    }
    lt_text_clear(&text);
    for (size_t i = 0; i < 1 + MAX_REFERENCES; i++) lt_text_clear(&data.texts[i]);
    return rows;
}

static void check_folder(const char *folder)
{
    wrong = 0;
    size_t rows = check_table(folder, "scores.tsv", check_corpus_row);
    rows += check_table(folder, "sentence_bleu.tsv", check_sentence_row);
    print_message("%s: %zu rows, %zu figures wrong\n", folder, rows, wrong);
    assert_int_equal(wrong, 0);
}

static void made_up_text(void **state)
{
    (void)state;
    check_folder(TESTS_DIR "/fixtures/scores");
}

static void the_larger_folder(void **state)
{
    (void)state;
    const char *folder = getenv("LATIMER_SCORE_FIXTURES");
    char path[4096];
    if (!folder || !*folder) folder = TESTS_DIR "/../../shared/fixtures/scores";
    snprintf(path, sizeof path, "%s/scores.tsv", folder);
    if (!lt_file_exists(path)) {
        print_message("skipped: there is no %s; name its folder in LATIMER_SCORE_FIXTURES\n", path);
        skip();
    }
    check_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(made_up_text), cmocka_unit_test(the_larger_folder)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
