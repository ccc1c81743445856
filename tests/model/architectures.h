/* The table of architectures (tests/fixtures/architectures.txt), as options of models of a test's size. */
#ifndef ARCHITECTURES_H
#define ARCHITECTURES_H

#include <stdio.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { ARCHITECTURES_MAX = 64 };

typedef struct architecture {
    char name[40];
    lt_model_options options;
} architecture;

static inline void architecture_set(architecture *a, char *setting)
{
    lt_error error = {0};
    void *base;
    char *value = strchr(setting, '=');
    if (!value) fail_msg("%s: '%s' is no KEY=VALUE", a->name, setting);
    *value++ = 0;
    const lt_option *option = lt_options_find(&a->options, lt_model_table, setting, &base, &error);
    if (!option) fail_msg("%s: %s", a->name, error.message);
    assert_ok(lt_option_parse(base, option, setting, value, &error));
}

/* Reads the table over models of `layers`, `hidden` and `embedding`; returns how many there are. */
static inline size_t architectures_read(architecture list[ARCHITECTURES_MAX], int64_t layers, int64_t hidden,
                                        int64_t embedding)
{
    lt_error error = {0};
    char line[1024];
    size_t count = 0;
    FILE *file = fopen(TESTS_DIR "/fixtures/architectures.txt", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        char *at = line, *word = strtok_r(line, " \n", &at);
        if (!word || *word == '#') continue;
        assert_true(count < ARCHITECTURES_MAX);
        architecture *a = &list[count++];
        a->options = fixture_options(layers, hidden, embedding, LT_TIED_TARGET);
        snprintf(a->name, sizeof a->name, "%s", word);
        while ((word = strtok_r(NULL, " \n", &at))) architecture_set(a, word);
        assert_ok(lt_model_options_check(&a->options, true, &error));
    }
    fclose(file);
    assert_true(count > 0);
    return count;
}

/* Runs each of `tests` (count) on each architecture, which is its initial state, and then each of `others`.
 */
static inline int architectures_run(const char *group, architecture *list, size_t known,
                                    const struct CMUnitTest *tests, size_t count,
                                    const struct CMUnitTest *others, size_t other_count,
                                    CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
    const size_t all = known * count + other_count;
    struct CMUnitTest *run = calloc(all, sizeof *run), *at = run;
    char(*names)[128] = calloc(all, sizeof *names), (*name)[128] = names;
    for (size_t a = 0; a < known; a++)
        for (size_t i = 0; i < count; i++, at++, name++) {
            snprintf(*name, sizeof *name, "%.39s: %.80s", list[a].name, tests[i].name);
            *at = tests[i];
            at->name = *name;
            at->initial_state = &list[a];
        }
    for (size_t i = 0; i < other_count; i++) *at++ = others[i];
    int failed = _cmocka_run_group_tests(group, run, all, set_up, tear_down);
    free(names);
    free(run);
    return failed;
}

#endif
