/* Recall, copy and reverse: what a label is, distances, streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/corpora.h"
#include "tests/folder.h"

static lt_error error;

static lt_task_options options_of(int task)
{
    return (lt_task_options){.task = task,
                             .pairs = 3000,
                             .dev = 20,
                             .test = 30,
                             .seed = 1,
                             .symbols = 4,
                             .distractors = 3,
                             .max_distance = 6,
                             .distances = {2, 15},
                             .distance_count = 2};
}

enum { TOKENS_MOST = 32 };

static size_t split(char *line, char *tokens[TOKENS_MOST])
{
    size_t count = 0;
    for (char *at = strtok(line, " "); at; at = strtok(NULL, " ")) tokens[count++] = at;
    return count;
}

/* A pair as tokens; the number of those of the text is returned. */
static size_t draw(lt_task_options o, int64_t distance, uint64_t index, lt_text text[2],
                   char *tokens[2][TOKENS_MOST], size_t *labels)
{
    int64_t drawn;
    assert_int_equal(lt_task_pair(&text[0], &text[1], &o, distance, 7, index, &drawn, &error), LT_OK);
    assert_in_range(drawn, 1, distance ? distance : o.max_distance);
    size_t count = split(text[0].data, tokens[0]);
    *labels = split(text[1].data, tokens[1]);
    assert_int_equal(count, (size_t)drawn + (o.task == LT_TASK_RECALL));
    return count;
}

static void labels_are_what_is_to_be_remembered(void **state)
{
    (void)state;
    for (int task = LT_TASK_RECALL; task <= LT_TASK_REVERSE; task++) {
        lt_text text[2] = {0};
        size_t lengths[8] = {0}, symbols[4] = {0}, labels;
        for (uint64_t i = 0; i < 2000; i++) {
            char *tokens[2][TOKENS_MOST];
            size_t count = draw(options_of(task), 0, i, text, tokens, &labels);
            lengths[labels == 1 && task == LT_TASK_RECALL ? count - 1 : count]++;
            assert_int_equal(labels, task == LT_TASK_RECALL ? 1 : count);
            for (size_t k = 0; k < labels; k++)
                assert_string_equal(tokens[1][k], tokens[0][task == LT_TASK_REVERSE ? count - 1 - k : k]);
            for (size_t k = labels; k < count; k++)
                assert_true(tokens[0][k][0] == 'd' && atoi(tokens[0][k] + 1) < 3);
            symbols[atoi(tokens[0][0] + 1)]++;
        }
        for (size_t k = 1; k <= 6; k++) assert_in_range(lengths[k], 2000 / 6 - 80, 2000 / 6 + 80);
        for (size_t k = 0; k < 4; k++) assert_in_range(symbols[k], 500 - 80, 500 + 80);
        for (size_t k = 0; k < 2; k++) lt_text_clear(&text[k]);
    }
}

static void a_given_distance_is_kept(void **state)
{
    (void)state;
    lt_text text[2] = {0};
    char *tokens[2][TOKENS_MOST];
    size_t labels;
    for (uint64_t i = 0; i < 50; i++) {
        assert_int_equal(draw(options_of(LT_TASK_RECALL), 15, i, text, tokens, &labels), 16);
        assert_int_equal(draw(options_of(LT_TASK_COPY), 15, i, text, tokens, &labels), 15);
    }
    for (size_t k = 0; k < 2; k++) lt_text_clear(&text[k]);
}

static char *contents(const char *sub, const char *name)
{
    char path[256];
    lt_text text = {0};
    snprintf(path, sizeof path, "%s/%s/%s", folder, sub, name);
    assert_int_equal(lt_file_read(&text, path, 1 << 24, &error), LT_OK);
    return text.data;
}

static void generate(const char *sub, lt_task_options o)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, sub);
    assert_int_equal(lt_corpus_generate_task(path, &o, NULL, &error), LT_OK);
}

static void check(const char *a, const char *b, const char *name, bool equal)
{
    char *x = contents(a, name), *y = contents(b, name);
    assert_int_equal(strcmp(x, y) == 0, equal);
    free(x);
    free(y);
}

/* Equal seeds, equal files; a smaller set begins a larger one; a test set does not depend on the others. */
static void files_are_a_function_of_the_options(void **state)
{
    (void)state;
    lt_task_options usual = options_of(LT_TASK_RECALL), seeded = usual, smaller = usual;
    seeded.seed = 2;
    smaller.pairs = 100;
    smaller.distances[0] = 15;
    smaller.distance_count = 1;
    generate("a", usual);
    generate("b", usual);
    generate("c", seeded);
    generate("d", smaller);
    check("a", "b", "train.text", true);
    check("a", "b", "test_d2.label", true);
    check("a", "c", "train.text", false);
    check("a", "c", "dev.label", false);
    check("a", "d", "test_d15.text", true);
    char *all = contents("a", "train.text"), *few = contents("d", "train.text"),
         *dev = contents("a", "dev.text");
    assert_true(strlen(few) < strlen(all));
    assert_memory_equal(all, few, strlen(few));
    assert_memory_not_equal(all, dev, strlen(dev));
    free(all);
    free(few);
    free(dev);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_are_what_is_to_be_remembered),
        cmocka_unit_test(a_given_distance_is_kept),
        cmocka_unit_test_setup_teardown(files_are_a_function_of_the_options, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
