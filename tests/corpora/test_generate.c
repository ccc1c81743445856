/* The generated corpus as files: the same every time, sets apart, alignments that hold, errors that say why.
 */
#include <ctype.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "corpora/corpora.h"
#include "tests/folder.h"

static lt_error error;
static lt_generate_report report;

static int set_up(void **state)
{
    error = (lt_error){0};
    return make_folder(state);
}

static const lt_generate_options usual = {
    .pairs = 2000, .dev = 100, .test = 100, .seed = 1, .max_words = 40, .alignments = true};

static void generate(const char *name, lt_generate_options options)
{
    assert_int_equal(lt_corpus_generate(in(name), &options, NULL, NULL, &report, &error), LT_OK);
}

static void load(lt_lines *lines, const char *name)
{
    lt_text remarks = {0};
    *lines = (lt_lines){0};
    assert_int_equal(lt_lines_load(lines, in(name), &remarks, &error), LT_OK);
    assert_int_equal(remarks.length, 0);
    lt_text_clear(&remarks);
}

static void assert_sha256(const char *name, const char *expected)
{
    char hex[LT_SHA256_HEX];
    assert_int_equal(lt_sha256_file(in(name), hex, &error), LT_OK);
    assert_string_equal(hex, expected);
}

static void assert_equal_files(const char *a, const char *b, bool equal)
{
    char first[LT_SHA256_HEX], second[LT_SHA256_HEX];
    assert_int_equal(lt_sha256_file(in(a), first, &error), LT_OK);
    assert_int_equal(lt_sha256_file(in(b), second, &error), LT_OK);
    assert_int_equal(strcmp(first, second) == 0, equal);
}

/* ---- what is written ---- */

/* Whoever changes the grammar or the lexicon changes these, and says so in the changelog. */
static void seed_1_gives_these_bytes(void **state)
{
    (void)state;
    generate("a", usual);
    assert_sha256("a/train.en", "07426fc4b2b1b4bdc82cc784ecdca3eb016aca564e0c8dcf1caed0c8029fd220");
    assert_sha256("a/train.de", "32e37b62f692866e1365d88d7c2f00730ffc98733b8c813d388bbf16bfeafc0c");
    assert_sha256("a/train.align", "e75362c9a0d2119b50c4d002992fc382e01c194c0431201f5dcce0b750adf967");
    assert_sha256("a/dev.en", "1e549b0d8eeaf91ca7be4d80a4c3332528929f4be53b3f9d2967ea137b393a1f");
    assert_sha256("a/test.de", "dbf66d4b375077bffa2ee150b5a4178dfd892631b91ecaf5c26996476760ab6b");
}

static void equal_seeds_give_equal_files(void **state)
{
    (void)state;
    lt_generate_options other = usual;
    other.seed = 2;
    generate("a", usual);
    generate("b", usual);
    generate("c", other);
    for (size_t set = 0; set < LT_GENERATED_SETS; set++) {
        char names[3][32];
        for (int i = 0; i < 3; i++)
            snprintf(names[i], sizeof names[i], "%c/%s.de", 'a' + i, lt_generated_names[set]);
        assert_equal_files(names[0], names[1], true);
        assert_equal_files(names[0], names[2], false);
    }
}

static void a_smaller_corpus_begins_a_larger_one(void **state)
{
    (void)state;
    lt_generate_options small = usual;
    lt_lines few, many;
    small.pairs = 300;
    small.dev = 10;
    generate("a", usual);
    generate("b", small);
    load(&many, "a/train.de");
    load(&few, "b/train.de");
    assert_int_equal(few.count, 300);
    assert_memory_equal(many.text.data, few.text.data, few.items[299].bytes - few.text.data);
    lt_lines_clear(&many);
    lt_lines_clear(&few);
}

static size_t words_of(const lt_line *line)
{
    size_t words = 1;
    for (size_t i = 0; i < line->length; i++) words += line->bytes[i] == ' ';
    return words;
}

static void counts_are_those_of_the_files(void **state)
{
    (void)state;
    generate("a", usual);
    assert_int_equal(files_in(in("a")), 9);
    assert_int_equal(report.pairs[LT_GENERATED_TRAIN], 2000);
    size_t longest = 0, shortest = 1000;
    for (size_t set = 0; set < LT_GENERATED_SETS; set++) {
        size_t words[2] = {0, 0}, pairs = set == LT_GENERATED_TRAIN ? 2000 : 100;
        for (int side = 0; side < 2; side++) {
            lt_lines lines;
            char name[32];
            snprintf(name, sizeof name, "a/%s.%s", lt_generated_names[set], side ? "de" : "en");
            load(&lines, name);
            assert_int_equal(lines.count, pairs);
            for (size_t i = 0; i < lines.count; i++) {
                size_t count = words_of(&lines.items[i]);
                words[side] += count;
                if (count > longest) longest = count;
                if (count < shortest) shortest = count;
            }
            lt_lines_clear(&lines);
        }
        assert_int_equal(report.pairs[set], pairs);
        assert_int_equal(report.en_words[set], words[0]);
        assert_int_equal(report.de_words[set], words[1]);
    }
    assert_int_equal(report.longest, longest);
    assert_int_equal(shortest, LT_GENERATE_WORDS_MIN);
    assert_in_range(longest, 30, 40);
}

static void one_pair_is_enough(void **state)
{
    (void)state;
    lt_lines lines;
    generate("a/deeper/still", (lt_generate_options){.pairs = 1, .seed = 7, .max_words = 40});
    assert_int_equal(files_in(in("a/deeper/still")), 6);
    load(&lines, "a/deeper/still/train.en");
    assert_int_equal(lines.count, 1);
    lt_lines_clear(&lines);
    load(&lines, "a/deeper/still/dev.de");
    assert_int_equal(lines.count, 0);
    lt_lines_clear(&lines);
}

/* ---- sets apart ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(((const lt_line *)a)->bytes, ((const lt_line *)b)->bytes);
}

/* Ends each line by a NUL, and sorts them. */
static void load_sorted(lt_lines *lines, const char *name)
{
    load(lines, name);
    for (size_t i = 0; i < lines->count; i++) ((char *)lines->items[i].bytes)[lines->items[i].length] = '\0';
    qsort(lines->items, lines->count, sizeof *lines->items, by_text);
}

static size_t shared(const lt_lines *few, const lt_lines *many)
{
    size_t count = 0;
    for (size_t i = 0; i < few->count; i++)
        count += bsearch(&few->items[i], many->items, many->count, sizeof *many->items, by_text) != NULL;
    return count;
}

/* Short sentences, of which there are so few that train says many twice. */
static void train_has_no_line_of_dev_or_test(void **state)
{
    (void)state;
    generate("a", (lt_generate_options){.pairs = 30000, .dev = 300, .test = 300, .seed = 3, .max_words = 5});
    for (int side = 0; side < 2; side++) {
        lt_lines train, dev, test;
        load_sorted(&train, side ? "a/train.de" : "a/train.en");
        load_sorted(&dev, side ? "a/dev.de" : "a/dev.en");
        load_sorted(&test, side ? "a/test.de" : "a/test.en");
        size_t twice = 0;
        for (size_t i = 1; i < train.count; i++) twice += by_text(&train.items[i - 1], &train.items[i]) == 0;
        assert_true(twice > 1000);
        assert_int_equal(shared(&dev, &train), 0);
        assert_int_equal(shared(&test, &train), 0);
        for (size_t i = 1; i < dev.count && !side; i++) {
            assert_true(by_text(&dev.items[i - 1], &dev.items[i]) < 0);
            assert_true(by_text(&test.items[i - 1], &test.items[i]) < 0);
        }
        if (!side) assert_int_equal(shared(&dev, &test), 0);
        lt_lines_clear(&train);
        lt_lines_clear(&dev);
        lt_lines_clear(&test);
    }
}

/* ---- alignments ---- */

typedef struct links {
    bool en[64], de[64];
} links;

static links read_links(const lt_generated *pair)
{
    links out = {{0}, {0}};
    long last = -1;
    for (char *at = pair->alignment.data; *at;) {
        char *end;
        size_t i = strtoul(at, &end, 10);
        assert_int_equal(*end, '-');
        size_t j = strtoul(end + 1, &at, 10);
        assert_true(i < pair->en_words && j < pair->de_words);
        assert_true((long)(i * 64 + j) > last);
        last = (long)(i * 64 + j);
        out.en[i] = out.de[j] = true;
        assert_true(*at == ' ' || *at == '\0');
        at += *at == ' ';
    }
    return out;
}

/* All that may be without a counterpart: the article of what in English has an owner, "Sie" of a request. */
static bool may_be_alone(const char *word, size_t length)
{
    static const char *const alone[] = {"der", "die", "das", "den", "dem", "Sie", "sie"};
    length -= ispunct((unsigned char)word[length - 1]) != 0;
    for (size_t i = 0; i < sizeof alone / sizeof *alone; i++)
        if (strlen(alone[i]) == length && strncasecmp(alone[i], word, length) == 0) return true;
    return false;
}

static void every_word_with_a_counterpart_is_aligned(void **state)
{
    (void)state;
    lt_generated pair = {0};
    for (uint64_t index = 0; index < 20000; index++) {
        assert_int_equal(lt_generate_pair(&pair, &usual, LT_GENERATED_TRAIN, index, &error), LT_OK);
        links aligned = read_links(&pair);
        for (size_t i = 0; i < pair.en_words; i++) assert_true(aligned.en[i]);
        const char *word = pair.de.data;
        for (size_t j = 0; j < pair.de_words; j++) {
            size_t length = strcspn(word, " ");
            if (!aligned.de[j] && !may_be_alone(word, length)) fail_msg("%s: %s", word, pair.de.data);
            word += length + 1;
        }
    }
    lt_generated_clear(&pair);
}

/* ---- the text ---- */

static void forbid(const lt_text *text, const char *const *phrases)
{
    for (; *phrases; phrases++)
        if (strstr(text->data, *phrases)) fail_msg("'%s' in: %s", *phrases, text->data);
}

static void forms_that_do_not_agree_never_occur(void **state)
{
    (void)state;
    static const char *const bad_de[] = {
        " das Frau ",  " den Frau ",  " dem Frau ",       " ein Frau ",     " einen Frau ", " die Mann ",
        " das Mann ",  " eine Mann ", " der Kind ",       " den Kind ",     " eine Kind ",  " den Student ",
        " dem Junge ", " des Mann ",  " ich ist ",        " er sind ",      " wir ist ",    " ,",
        "  ",          ",,",          " haben gegangen ", " hat gegangen ", " ist gelesen", NULL};
    static const char *const bad_en[] = {" a apple",  " a old ",   " an big ", " he are ", " I is ",
                                         " they is ", " we was ",  " him is ", "  ",       " ,",
                                         ",,",        " does be ", " do be ",  " a milk ", NULL};
    lt_generated pair = {0};
    for (uint64_t index = 0; index < 20000; index++) {
        assert_int_equal(lt_generate_pair(&pair, &usual, LT_GENERATED_TRAIN, index, &error), LT_OK);
        forbid(&pair.en, bad_en);
        if (!strstr(pair.de.data, ", d") && !strstr(pair.de.data, ", a")) forbid(&pair.de, bad_de);
        assert_false(islower((unsigned char)pair.en.data[0]) || islower((unsigned char)pair.de.data[0]));
        assert_non_null(strchr(".?!", pair.en.data[pair.en.length - 1]));
        assert_int_equal(pair.en.data[pair.en.length - 1], pair.de.data[pair.de.length - 1]);
        assert_true(lt_utf8_valid(pair.de.data, pair.de.length));
    }
    lt_generated_clear(&pair);
}

/* Each of these is in the first pairs, so that a construction that went missing is noticed. */
static void the_text_has_all_that_is_promised(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        ", dass ",  ", weil ", ", den ", ", der ", ", denen ", "Warum ",    "Welche",  "Wem ",
        "Bitte ",   " nicht ", " kein",  " als ",  " worden",  " zurück.",  " zu ",    " sich ",
        " mich ",   " Uhr ",   " Euro",  " vor ",  "Leider ",  " es gibt ", " Herrn ", "Anna",
        " München", " Jahr ",  " Mai",   "Es ",    " möchte",  "ob ",       NULL};
    lt_lines lines;
    lt_generate_options options = usual;
    options.pairs = 5000;
    generate("a", options);
    load(&lines, "a/train.de");
    for (const char *const *word = wanted; *word; word++)
        if (!memmem(lines.text.data, lines.text.length, *word, strlen(*word))) fail_msg("no '%s'", *word);
    lt_lines_clear(&lines);
}

/* ---- errors ---- */

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    assert_int_equal(lt_file_write(in("file"), "x", 1, &error), LT_OK);
    assert_int_equal(lt_corpus_generate(in("file"), &usual, NULL, NULL, &report, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, in("file")));
    assert_int_equal(lt_corpus_generate("/dev/null/corpus", &usual, NULL, NULL, &report, &error),
                     LT_ERROR_IO);
    assert_non_null(strstr(error.message, "/dev/null"));
}

static void a_full_disk_leaves_the_old_files(void **state)
{
    (void)state;
    lt_text text = {0};
    lt_generate_options few = {.pairs = 3, .dev = 2, .test = 2, .seed = 1, .max_words = 40};
    assert_int_equal(lt_make_folders(in("a"), &error), LT_OK);
    assert_int_equal(symlink("/dev/full", in("a/test.de")), 0);
    assert_int_equal(lt_file_write(in("a/train.en"), "old\n", 4, &error), LT_OK);
    assert_int_equal(lt_corpus_generate(in("a"), &few, NULL, NULL, &report, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, "/dev/full"));
    assert_int_equal(files_in(in("a")), 2);
    assert_int_equal(lt_file_read(&text, in("a/train.en"), 100, &error), LT_OK);
    assert_string_equal(text.data, "old\n");
    lt_text_clear(&text);
}

static int stop_at_once(void *context, const lt_generate_report *so_far)
{
    (void)so_far;
    return *(const int *)context;
}

static void a_signal_stops_it_and_leaves_nothing(void **state)
{
    (void)state;
    int signal = 2;
    assert_int_equal(lt_corpus_generate(in("a"), &usual, stop_at_once, &signal, &report, &error),
                     LT_ERROR_INTERRUPTED);
    assert_int_equal(error.signal, 2);
    assert_int_equal(files_in(in("a")), 0);
}

static void more_different_sentences_than_there_are_is_an_error(void **state)
{
    (void)state;
    lt_generate_options options = {.pairs = 10, .dev = 1000000, .test = 0, .seed = 1, .max_words = 3};
    assert_int_equal(lt_corpus_generate(in("a"), &options, NULL, NULL, &report, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "of dev"));
    assert_non_null(strstr(error.message, "at most 3 words"));
    assert_in_range(report.pairs[LT_GENERATED_DEV], 10, 100000);
    assert_int_equal(files_in(in("a")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(seed_1_gives_these_bytes),
        TEST(equal_seeds_give_equal_files),
        TEST(a_smaller_corpus_begins_a_larger_one),
        TEST(counts_are_those_of_the_files),
        TEST(one_pair_is_enough),
        TEST(train_has_no_line_of_dev_or_test),
        TEST(every_word_with_a_counterpart_is_aligned),
        TEST(forms_that_do_not_agree_never_occur),
        TEST(the_text_has_all_that_is_promised),
        TEST(what_cannot_be_written_is_said),
        TEST(a_full_disk_leaves_the_old_files),
        TEST(a_signal_stops_it_and_leaves_nothing),
        TEST(more_different_sentences_than_there_are_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
