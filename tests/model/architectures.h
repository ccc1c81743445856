/* The table of architectures (tests/fixtures/architectures.txt), as options of models of a test's size. */
#ifndef ARCHITECTURES_H
#define ARCHITECTURES_H

#include <stdio.h>

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

#endif
