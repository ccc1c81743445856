#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/debian.h"
#include "tests/folder.h"

static lt_error error;

static lt_text text_of(const char *bytes)
{
    lt_text text = {0};
    assert_int_equal(lt_text_append(&text, bytes, strlen(bytes), NULL), LT_OK);
    return text;
}

/* ---- Translation files ---- */

#define MD5 "0123456789abcdef0123456789abcdef"

static lt_status parse(lt_descriptions *d, const char *bytes)
{
    lt_text text = text_of(bytes);
    error = (lt_error){0};
    *d = (lt_descriptions){.language = "de"};
    lt_status status = lt_descriptions_add(d, "Debian Translation-de", &text, &error);
    assert_null(text.data);
    return status;
}

static void check_line(const lt_line *line, const char *wanted)
{
    assert_int_equal(line->length, strlen(wanted));
    assert_memory_equal(line->bytes, wanted, line->length);
}

static void stanzas_become_descriptions(void **state)
{
    (void)state;
    lt_descriptions d;
    assert_int_equal(
        parse(&d, "\n\nPackage: b\nDescription-md5: " MD5 "\nDescription-de: kurz\n lang\n .\n  * mehr\n\n\n"
                  "package: a\r\nDescription-md5:" MD5 "\r\nX-Other: thing\r\nDescription-de:  nur kurz\r\n"),
        LT_OK);
    assert_int_equal(d.count, 2);
    assert_int_equal(d.damaged, 0);
    assert_int_equal(d.items[0].md5[0], 0x01);
    assert_int_equal(d.items[0].md5[15], 0xEF);
    check_line(&d.items[0].package, "b");
    check_line(&d.items[0].text, "kurz\n lang\n .\n  * mehr");
    check_line(&d.items[1].text, "nur kurz");
    lt_descriptions_sort(&d);
    check_line(&d.items[0].package, "a");
    lt_descriptions_clear(&d);
}

static void damaged_stanzas_are_passed_over_and_counted(void **state)
{
    (void)state;
    static const char *const damaged[] = {
        "Package: x\nDescription-md5: " MD5 "\n", /* no description */
        "Package: x\nDescription-md5: " MD5 "\nDescription-en: other language\n",
        "Package: x\nDescription-md5: " MD5 "\nDescription-de:\n",
        "Description-md5: " MD5 "\nDescription-de: no package\n",
        "Package: x\nDescription-de: no md5\n",
        "Package: x\nDescription-md5: 0123\nDescription-de: short md5\n",
        "Package: x\nDescription-md5: 0123456789ABCDEF0123456789abcdeg\nDescription-de: bad md5\n",
        "Package: x\nDescription-md5: " MD5 "\nDescription-de: t\nno field at all\n",
        "\x01\x02\xFF garbage\n",
        " begins with a space\n",
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char bytes[1024];
        lt_descriptions d;
        snprintf(bytes, sizeof bytes, "%s\nPackage: y\nDescription-md5: " MD5 "\nDescription-de: gut",
                 damaged[i]);
        assert_int_equal(parse(&d, bytes), LT_OK);
        assert_int_equal(d.count, 1);
        assert_int_equal(d.damaged, 1);
        lt_descriptions_clear(&d);
        assert_int_equal(parse(&d, damaged[i]), LT_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "Debian Translation-de:1: "));
        lt_descriptions_clear(&d);
    }
    lt_descriptions d;
    assert_int_equal(parse(&d, ""), LT_OK);
    lt_descriptions_clear(&d);
    assert_int_equal(parse(&d, "\n\n"), LT_OK);
    assert_int_equal(d.count + d.damaged, 0);
    lt_descriptions_clear(&d);
}

/* ---- which pairs are good ---- */

static lt_verdict judge(const char *src, const char *trg)
{
    lt_line s = {src, strlen(src)}, t = {trg, strlen(trg)};
    lt_verdict verdict = lt_debian_judge(&s, &t, 1, 1.8);
    assert_int_equal(lt_debian_judge(&t, &s, 1, 1.8), verdict);
    return verdict;
}

static void pairs_are_judged(void **state)
{
    (void)state;
    assert_int_equal(judge("small tool", "kleines Werkzeug"), LT_GOOD);
    assert_int_equal(judge("tool (GTK)", "Werkzeug (GTK)"), LT_GOOD);
    assert_int_equal(judge("small tool", "Small-Tool"), LT_UNTRANSLATED);
    assert_int_equal(judge("one two three four five six", "one two three four five sechs"), LT_UNTRANSLATED);
    assert_int_equal(judge("one two three four five six", "one two three four fünf sechs"), LT_GOOD);
    assert_int_equal(judge("1.2.3", "eins"), LT_NO_WORDS);
    assert_int_equal(judge("", "eins"), LT_NO_WORDS);
    assert_int_equal(judge("a thing that is described at length, and more", "Ding"), LT_UNEVEN);
    assert_int_equal(judge("bad \xFF", "schlecht"), LT_DAMAGED);
    assert_int_equal(judge("bad \x1B[0m", "schlecht"), LT_DAMAGED);
    assert_int_equal(judge("bad \xEF\xBF\xBD", "schlecht"), LT_DAMAGED);
    assert_int_equal(judge("a paragraph", "<trans>"), LT_DAMAGED);
    assert_int_equal(judge("of Mozilla", "de Mozilla (NdT : un nom)"), LT_DAMAGED);
    lt_line nul = {"a\0b", 3}, good = {"gut", 3};
    assert_int_equal(lt_debian_judge(&nul, &good, 1, 1.8), LT_DAMAGED);
}

/* ---- from files to parts ---- */

/* Descriptions of `PACKAGES` invented programs, in English and a made-up German of as many sentences. Each
 * program has a library whose description repeats the first sentence and adds one. */
enum { PACKAGES = 400 };

static void add_stanza(lt_text *out, const char *language, const char *package, size_t md5, const char *body)
{
    assert_int_equal(lt_text_appendf(out, NULL,
                                     "Package: %s\nDescription-md5: %032zx\nDescription-%s: %s\n\n", package,
                                     md5, language, body),
                     LT_OK);
}

static lt_text make_file(const char *language)
{
    static const char *const english =
        "tool %zu for kites\n Kite %zu flies as high as cloud %zu does. It lands near tree %zu.\n";
    static const char *const german = "Werkzeug %zu zum Drachenbau\n Drachen %zu fliegt so hoch, wie Wolke "
                                      "%zu steht. Er landet beim Baum %zu.\n";
    static const char *const more[] = {" .\n This is the library of program %zu.",
                                       " .\n Dies ist die Bibliothek zum Programm %zu."};
    bool is_german = strcmp(language, "de") == 0;
    lt_text out = {0};
    for (size_t i = 0; i < PACKAGES; i++) {
        char body[512], all[1024], rest[128], package[64], name[16];
        snprintf(name, sizeof name, "%c%c%cx", (char)('a' + i % 20), (char)('a' + i / 20), 'q');
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(body, sizeof body, is_german ? german : english, i, i, i, i);
        snprintf(rest, sizeof rest, more[is_german], i);
#pragma GCC diagnostic pop
        snprintf(all, sizeof all, "%s%s", body, rest);
        body[strlen(body) - 1] = '\0';
        add_stanza(&out, language, name, 2 * i, body);
        snprintf(package, sizeof package, "lib%s-dev", name);
        add_stanza(&out, language, package, 2 * i + 1, all);
    }
    return out;
}

static lt_debian_options options_of(const char *pair)
{
    lt_debian_options options = {0};
    assert_int_equal(lt_options_defaults(&options, lt_debian_table, NULL), LT_OK);
    options.pair = strdup(pair);
    options.dev_lines = 40;
    options.test_lines = 60;
    return options;
}

static lt_debian *build(const lt_debian_options *options, const char *german_more)
{
    lt_debian *debian;
    error = (lt_error){0};
    assert_int_equal(lt_debian_create(&debian, options, &error), LT_OK);
    lt_text en = make_file("en"), de = make_file("de");
    assert_int_equal(lt_debian_add(debian, "en", "en", &en, &error), LT_OK);
    assert_int_equal(lt_debian_add(debian, "de", "de", &de, &error), LT_OK);
    if (german_more) {
        lt_text more = text_of(german_more);
        assert_int_equal(lt_debian_add(debian, "de", "more", &more, &error), LT_OK);
    }
    if (lt_debian_build(debian, &error) != LT_OK) fail_msg("%s", error.message);
    return debian;
}

static void counts_add_up(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en-de");
    lt_debian *debian = build(&options, "Package: alone\nDescription-md5: " MD5
                                        "\nDescription-de: ohne Vorlage\n\nPackage: x\n");
    const lt_debian_counts *c = lt_debian_get_counts(debian);
    assert_int_equal(c->src_descriptions, 2 * PACKAGES);
    assert_int_equal(c->trg_descriptions, 2 * PACKAGES + 1);
    assert_int_equal(c->damaged_stanzas, 1);
    assert_int_equal(c->matched, 2 * PACKAGES);
    assert_int_equal(c->families, PACKAGES);
    assert_int_equal(c->candidates, 7 * PACKAGES);
    assert_int_equal(c->duplicates, 3 * PACKAGES);
    assert_int_equal(c->candidates, c->damaged + c->no_words + c->untranslated + c->uneven + c->duplicates +
                                        c->near_dev + c->near_test + c->surplus + c->kept);
    assert_int_equal(c->kept, c->train + c->dev + c->test);
    assert_int_equal(c->dev, 40);
    assert_int_equal(c->test, 60);
    assert_int_equal(c->train_families + c->dev_families + c->test_families, PACKAGES);
    lt_debian_free(debian);
    lt_options_clear(&options, lt_debian_table);
}

/* The number in each line is its program's: what is of one program is in one part. */
static void packages_are_not_divided(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en-de");
    lt_debian *debian = build(&options, NULL);
    unsigned parts[PACKAGES] = {0};
    for (size_t i = 0; i < debian->count; i++) {
        const lt_split_pair *p = &debian->pairs[i];
        size_t src = (size_t)atol(
            memmem(p->src.bytes, p->src.length, " ", 1) ? strpbrk(p->src.bytes, "0123456789") : "0");
        size_t trg = (size_t)atol(strpbrk(p->trg.bytes, "0123456789"));
        assert_int_equal(src, trg);
        if (p->part != LT_LEFT_OUT) parts[src] |= 1u << p->part;
    }
    for (size_t i = 0; i < PACKAGES; i++) assert_true((parts[i] & (parts[i] - 1)) == 0);
    lt_debian_free(debian);
    lt_options_clear(&options, lt_debian_table);
}

static char *dump(const lt_debian *debian, bool swapped)
{
    lt_text out = {0};
    for (size_t i = 0; i < debian->count; i++) {
        const lt_split_pair *p = &debian->pairs[i];
        const lt_line *a = swapped ? &p->trg : &p->src, *b = swapped ? &p->src : &p->trg;
        lt_text_appendf(&out, NULL, "%d %.*s = %.*s\n", p->part, (int)a->length, a->bytes, (int)b->length,
                        b->bytes);
    }
    return out.data;
}

static void equal_input_gives_equal_corpora(void **state)
{
    (void)state;
    lt_debian_options options = options_of("en-de"), swapped = options_of("de-en"),
                      other = options_of("en-de");
    other.seed = 2;
    lt_debian *all[] = {build(&options, NULL), build(&options, NULL), build(&swapped, NULL),
                        build(&other, NULL)};
    char *dumps[4];
    for (size_t i = 0; i < 4; i++) dumps[i] = dump(all[i], i == 2);
    assert_string_equal(dumps[0], dumps[1]);
    assert_string_equal(dumps[0], dumps[2]);
    assert_string_not_equal(dumps[0], dumps[3]);
    for (size_t i = 0; i < 4; i++) free(dumps[i]), lt_debian_free(all[i]);
    lt_options_clear(&options, lt_debian_table);
    lt_options_clear(&swapped, lt_debian_table);
    lt_options_clear(&other, lt_debian_table);
}

static size_t count_lines(const char *corpus, const char *name)
{
    char path[320];
    lt_text text = {0};
    size_t lines = 0;
    snprintf(path, sizeof path, "%s/%s", corpus, name);
    assert_int_equal(lt_file_read(&text, path, 1 << 24, &error), LT_OK);
    for (size_t i = 0; i < text.length; i++) lines += text.data[i] == '\n';
    lt_text_clear(&text);
    return lines;
}

static void the_corpus_is_written(void **state)
{
    (void)state;
    char path[256], command[640];
    lt_debian_options options = options_of("en-de");
    snprintf(path, sizeof path, "%s", in("new"));
    options.output = strdup(path);
    lt_debian *debian = build(&options, NULL);
    assert_int_equal(lt_debian_write(debian, &error), LT_OK);
    static const char *const names[] = {"train", "dev", "test"};
    const lt_debian_counts *c = lt_debian_get_counts(debian);
    const size_t lines[] = {c->train, c->dev, c->test};
    for (size_t i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s.%s", names[i / 2], i % 2 ? "de" : "en");
        assert_int_equal(count_lines(path, name), lines[i / 2]);
    }
    assert_true(count_lines(path, "README") > 20);
    /* a folder where a file is to be: an error, and nothing is left behind */
    snprintf(command, sizeof command, "rm -r %s/* && mkdir -p %s/test.en/x", path, path);
    assert_int_equal(system(command), 0);
    assert_int_equal(lt_debian_write(debian, &error), LT_ERROR_IO);
    snprintf(command, sizeof command, "test -z \"$(ls %s | grep tmp)\"", path);
    assert_int_equal(system(command), 0);
    lt_debian_free(debian);
    lt_options_clear(&options, lt_debian_table);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    static const char *const pairs[] = {"",      "en",   "en-",    "-de",      "en-en",
                                        "en_de", "e-de", "en-d/e", "en-de-fr", "en-verylonglanguagename"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        lt_debian_options options = options_of(pairs[i]);
        lt_debian *debian;
        assert_int_equal(lt_debian_create(&debian, &options, &error), LT_ERROR_USAGE);
        assert_null(debian);
        assert_non_null(strstr(error.message, "--pair: "));
        lt_options_clear(&options, lt_debian_table);
    }
    lt_debian_options options = options_of("en-pt_BR");
    lt_debian *debian;
    assert_int_equal(lt_debian_create(&debian, &options, &error), LT_OK);
    assert_int_equal(lt_debian_build(debian, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "too little is described in both en and pt_BR"));
    lt_debian_free(debian);
    lt_options_clear(&options, lt_debian_table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stanzas_become_descriptions),
        cmocka_unit_test(damaged_stanzas_are_passed_over_and_counted),
        cmocka_unit_test(pairs_are_judged),
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(packages_are_not_divided),
        cmocka_unit_test(equal_input_gives_equal_corpora),
        cmocka_unit_test_setup_teardown(the_corpus_is_written, make_folder, remove_folder),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
