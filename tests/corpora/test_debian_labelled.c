#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/debian_labelled.h"

static lt_error error;

/* Descriptions of `PACKAGES` invented programs in three languages; the third has but each fourth. Each
 * program has a library whose description repeats the program's sentence and adds one. */
enum { PACKAGES = 400, LANGUAGES = 3 };
static const char *const languages[LANGUAGES] = {"en", "de", "fr"};

static void add_stanza(lt_text *out, const char *language, const char *package, size_t md5, const char *body)
{
    assert_int_equal(lt_text_appendf(out, NULL,
                                     "Package: %s\nDescription-md5: %032zx\nDescription-%s: %s\n\n", package,
                                     md5, language, body),
                     LT_OK);
}

static lt_text make_file(size_t language)
{
    static const char *const first[LANGUAGES] = {"tool for kites", "Werkzeug zum Drachenbau",
                                                 "outil pour cerfs-volants"};
    static const char *const flies[LANGUAGES] = {"Kite number flies above tree in wind",
                                                 "Der Drachen fliegt im Wind hinweg über",
                                                 "Le cerf-volant vole dans le vent sur"};
    static const char *const more[LANGUAGES] = {"This is the library of", "Dies ist die Bibliothek zu",
                                                "Voici la bibliothèque de"};
    lt_text out = {0};
    for (size_t i = 0; i < PACKAGES; i++) {
        char body[512], name[16], package[64];
        if (language == 2 && i % 4) continue;
        snprintf(name, sizeof name, "%c%c%cx", (char)('a' + i % 20), (char)('a' + i / 20), 'q');
        snprintf(body, sizeof body, "%s %zu\n x%zu %s y%zu.\n .\n Untranslated line %zu.", first[language], i,
                 i, flies[language], i, i);
        add_stanza(&out, languages[language], name, 2 * i, body);
        snprintf(body, sizeof body, "%s %zu\n x%zu %s y%zu. %s %zu xyz. Two words.", first[language], i, i,
                 flies[language], i, more[language], i);
        snprintf(package, sizeof package, "lib%s-dev", name);
        add_stanza(&out, languages[language], package, 2 * i + 1, body);
    }
    return out;
}

static lt_debian_options options_of(const char *list)
{
    lt_debian_options options = {0};
    assert_int_equal(lt_options_defaults(&options, lt_debian_table, NULL), LT_OK);
    options.languages = strdup(list);
    options.dev_lines = 20;
    options.test_lines = 30;
    return options;
}

static lt_labelled *build(const lt_debian_options *options)
{
    lt_labelled *labelled;
    error = (lt_error){0};
    assert_int_equal(lt_labelled_create(&labelled, options, &error), LT_OK);
    for (size_t i = 0; i < LANGUAGES; i++) {
        lt_text text = make_file(i);
        assert_int_equal(lt_labelled_add(labelled, languages[i], languages[i], &text, &error), LT_OK);
    }
    if (lt_labelled_build(labelled, &error) != LT_OK) fail_msg("%s", error.message);
    return labelled;
}

static void counts_add_up(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en,de,fr");
    options.train_lines = 300;
    lt_labelled *labelled = build(&options);
    const lt_labelled_counts *c;
    const char *language;
    for (size_t i = 0; (c = lt_labelled_get_counts(labelled, i, &language)); i++) {
        const size_t programs = i == 2 ? PACKAGES / 4 : PACKAGES;
        assert_string_equal(language, languages[i]);
        assert_int_equal(c->descriptions, 2 * programs);
        assert_int_equal(c->sentences, 7 * programs);
        assert_int_equal(c->damaged, 0);
        assert_int_equal(c->too_short, programs);
        assert_int_equal(c->untranslated, programs);
        assert_int_equal(c->duplicates, 2 * programs);
        assert_int_equal(c->sentences, c->damaged + c->too_short + c->untranslated + c->duplicates +
                                           c->held_out + c->surplus + c->train + c->dev + c->test);
        assert_true(c->train <= 300);
        assert_int_equal(i == 2, c->train < 300);
        assert_int_equal(i == 2, c->surplus == 0);
    }
    for (size_t i = 0; i < 2; i++) {
        c = lt_labelled_get_counts(labelled, i, NULL);
        assert_int_equal(c->dev, 20);
        assert_int_equal(c->test, 30);
    }
    lt_labelled_free(labelled);
    lt_options_clear(&options, lt_debian_table);
}

/* The number in each line is its program's: what is of one program is in one part, in every language. */
static void packages_are_not_divided(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en,de,fr");
    lt_labelled *labelled = build(&options);
    unsigned parts[PACKAGES] = {0}, kinds = 0;
    for (size_t i = 0; i < labelled->count; i++) {
        const lt_split_pair *s = &labelled->sentences[i];
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)s->src.length, s->src.bytes);
        assert_null(strstr(line, "Untranslated"));
        bool german = strstr(line, "Werkzeug") || strstr(line, "Drachen") || strstr(line, "Dies");
        assert_int_equal(german, s->kind == 1);
        if (s->part == LT_LEFT_OUT) continue;
        parts[atol(strpbrk(line, "0123456789"))] |= 1u << s->part;
        kinds |= 1u << (s->kind + 4 * s->part);
    }
    assert_int_equal(kinds, 0x777);
    for (size_t i = 0; i < PACKAGES; i++) assert_true((parts[i] & (parts[i] - 1)) == 0);
    lt_labelled_free(labelled);
    lt_options_clear(&options, lt_debian_table);
}

static char *dump(const lt_labelled *labelled)
{
    lt_text out = {0};
    for (size_t i = 0; i < labelled->count; i++) {
        const lt_split_pair *s = &labelled->sentences[i];
        lt_text_appendf(&out, NULL, "%d %s %.*s\n", s->part, labelled->languages[s->kind], (int)s->src.length,
                        s->src.bytes);
    }
    return out.data;
}

static void equal_input_gives_equal_corpora(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en,de,fr"), other = options_of("en,de,fr");
    other.seed = 2;
    lt_labelled *all[] = {build(&options), build(&options), build(&other)};
    char *dumps[3];
    for (size_t i = 0; i < 3; i++) dumps[i] = dump(all[i]);
    assert_string_equal(dumps[0], dumps[1]);
    assert_string_not_equal(dumps[0], dumps[2]);
    for (size_t i = 0; i < 3; i++) free(dumps[i]), lt_labelled_free(all[i]);
    lt_options_clear(&options, lt_debian_table);
    lt_options_clear(&other, lt_debian_table);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const char *const lists[][2] = {
        {"", "'' is not a language"},        {"en", "one language"},   {"en,,de", "'' is not"},
        {"en,de,en", "'en' is there twice"}, {"en,d3", "'d3' is not"}, {"en,de,", "'' is not"},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        lt_debian_options options = options_of(lists[i][0]);
        lt_labelled *labelled;
        assert_int_equal(lt_labelled_create(&labelled, &options, &error), LT_ERROR_USAGE);
        assert_null(labelled);
        assert_non_null(strstr(error.message, lists[i][1]));
        lt_options_clear(&options, lt_debian_table);
    }
    lt_debian_options options = options_of("en,pt_BR");
    lt_labelled *labelled;
    assert_int_equal(lt_labelled_create(&labelled, &options, &error), LT_OK);
    assert_int_equal(lt_labelled_build(labelled, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "too little is described in en"));
    lt_labelled_free(labelled);
    lt_options_clear(&options, lt_debian_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(packages_are_not_divided),
        cmocka_unit_test(equal_input_gives_equal_corpora),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
