#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/families.h"
#include "corpora/split.h"
#include "corpora/hashes.h"
#include "corpora/words.h"
#include "model/base/rng.h"

/* ---- words ---- */

static size_t words_of(const char *text, uint64_t out[16])
{
    lt_words words = {text, text + strlen(text)};
    size_t count = 0;
    while (count < 16 && lt_words_next(&words, &out[count])) count++;
    return count;
}

static void check_same_words(const char *a, const char *b, size_t count)
{
    uint64_t x[16], y[16];
    assert_int_equal(words_of(a, x), count);
    assert_int_equal(words_of(b, y), count);
    assert_memory_equal(x, y, count * sizeof *x);
}

static void words_have_no_case_and_no_marks(void **state)
{
    (void)state;
    check_same_words("The \"Quick\" FOX, 2.0!", "the quick fox 2 0", 5);
    check_same_words("ÄPFEL »Über« Żółw ŽELVA", "äpfel über żółw želva", 4);
    check_same_words("МИР, Ёлка ΑΒΓ", "мир ёлка αβγ", 3);
    check_same_words("数字です。", "数 字 で す", 4);
    check_same_words("a\x80z\xFF\xC3", "a z", 2);
    check_same_words(" ... ", "", 0);
    assert_int_equal(lt_characters("aÄ数", strlen("aÄ数")), 3);
}

static void sets_hold_what_was_added(void **state)
{
    (void)state;
    lt_hashes set = {0};
    bool added;
    assert_false(lt_hashes_has(&set, 7));
    for (uint64_t i = 0; i < 10000; i++) {
        assert_int_equal(lt_hashes_add(&set, lt_mix64(i), &added, NULL), LT_OK);
        assert_true(added);
        assert_int_equal(lt_hashes_add(&set, lt_mix64(i), &added, NULL), LT_OK);
        assert_false(added);
    }
    for (uint64_t i = 0; i < 20000; i++) assert_int_equal(lt_hashes_has(&set, lt_mix64(i)), i < 10000);
    assert_int_equal(set.count, 10000);
    lt_hashes_clear(&set);
}

/* ---- families ---- */

static void names_of_families(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"foo", "foo"},
        {"libfoo1.2", "foo"},
        {"libfoo-dev", "foo"},
        {"foo-data", "foo"},
        {"python3-foo", "foo"},
        {"ruby-foo", "foo"},
        {"librust-foo-dev", "foo"},
        {"golang-github-foo-bar-dev", "foo"},
        {"gir1.2-foo-3.0", "foo"},
        {"libfoo3t64", "foo"},
        {"linux-image-6.1.0-18-amd64", "linux"},
        {"linux-headers-6.1.0", "linux"},
        {"gcc-12", "gcc"},
        {"python3", "python"},
        {"php8.2-foo", "php"},
        {"lib", "lib"},
        {"0ad", "0ad"},
        {"-", "-"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        lt_text name = {0};
        lt_line package = {names[i][0], strlen(names[i][0])};
        assert_int_equal(lt_family_name(&name, &package, NULL), LT_OK);
        assert_string_equal(name.data, names[i][1][0] == '-' ? "" : names[i][1]);
        lt_text_clear(&name);
    }
}

static void add_package(lt_families *families, const char *package, size_t description)
{
    lt_line line = {package, strlen(package)};
    assert_int_equal(lt_families_add(families, &line, description, NULL), LT_OK);
}

/* 0, 1 and 4 by name; 1 and 2 share a description, and with it the family bar; 3 is alone. */
static void families_tie_descriptions(void **state)
{
    (void)state;
    size_t *group, groups;
    uint64_t *keys, *others;
    lt_families families = {0};
    add_package(&families, "foo", 0);
    add_package(&families, "libfoo-dev", 1);
    add_package(&families, "bar-data", 1);
    add_package(&families, "bar", 2);
    add_package(&families, "alone", 3);
    add_package(&families, "foo-doc", 4);
    assert_int_equal(lt_families_tie(&families, 5, 1, &group, &keys, &groups, NULL), LT_OK);
    assert_int_equal(groups, 2);
    for (size_t i = 0; i < 5; i++) assert_int_equal(group[i] == group[0], i != 3);
    assert_int_not_equal(keys[0], keys[1]);
    free(group);
    assert_int_equal(lt_families_tie(&families, 5, 2, &group, &others, &groups, NULL), LT_OK);
    assert_int_not_equal(keys[0], others[0]);
    free(group);
    free(keys);
    free(others);
    lt_families_clear(&families);
}

/* ---- the split ---- */

enum { GROUPS = 600, EACH = 4, COUNT = GROUPS * EACH, TEXT = 128 };

/* Pairs of `EACH` to a group. Every line is of words of its own, but for one in seven, which repeats a
 * phrase. */
typedef struct fixture {
    char src[COUNT][TEXT], trg[COUNT][TEXT];
    lt_split_pair pairs[COUNT];
    uint64_t keys[GROUPS];
} fixture;

static fixture *make(bool source_phrase)
{
    fixture *f = calloc(1, sizeof *f);
    for (size_t i = 0; i < GROUPS; i++) f->keys[i] = lt_mix64(i + 1);
    for (size_t i = 0; i < COUNT; i++) {
        bool repeats = i % 7 == 3;
        const char *before = &"w x y z"[2 * (i % 4)]; /* the phrase stands now here, now there */
        if (repeats && source_phrase)
            snprintf(f->src[i], TEXT, "%s x%zu This package contains the Shared files y%zu", before, i, i);
        else
            snprintf(f->src[i], TEXT, "a%zu b%zu c d e f g", i, i);
        if (repeats && !source_phrase)
            snprintf(f->trg[i], TEXT, "%s x%zu Dieses Paket enthält die gemeinsamen Dateien", before, i);
        else
            snprintf(f->trg[i], TEXT, "h%zu i%zu j k l m n", i, i);
        f->pairs[i] = (lt_split_pair){
            {f->src[i], strlen(f->src[i])}, {f->trg[i], strlen(f->trg[i])}, i % GROUPS, LT_TRAIN, 0};
    }
    return f;
}

static void parts_are_whole_groups_without_near_duplicates(void **state)
{
    (void)state;
    const size_t wanted[LT_PARTS] = {[LT_DEV] = 80, [LT_TEST] = 160};
    for (int source_phrase = 0; source_phrase < 2; source_phrase++) {
        fixture *f = make(source_phrase);
        lt_split_counts counts;
        assert_int_equal(lt_split(f->pairs, COUNT, f->keys, GROUPS, 1, wanted, &counts, NULL), LT_OK);
        size_t lines[LT_PARTS + 1] = {0}, near = 0;
        unsigned parts[GROUPS] = {0};
        for (size_t i = 0; i < COUNT; i++) {
            const lt_split_pair *p = &f->pairs[i];
            lines[p->part]++;
            if (p->part != LT_LEFT_OUT) parts[p->group] |= 1u << p->part;
            bool repeats = strstr(p->src.bytes, "Shared") || strstr(p->trg.bytes, "gemeinsamen");
            if (repeats) assert_true(p->part == LT_TRAIN || p->part == LT_LEFT_OUT);
            near += p->part == LT_LEFT_OUT;
        }
        for (size_t i = 0; i < GROUPS; i++) assert_true(parts[i] == 0 || (parts[i] & (parts[i] - 1)) == 0);
        assert_int_equal(lines[LT_DEV], 80);
        assert_int_equal(lines[LT_TEST], 160);
        assert_int_equal(near,
                         counts.near_duplicates[LT_DEV] + counts.near_duplicates[LT_TEST] + counts.surplus);
        assert_true(counts.near_duplicates[LT_TEST] > 5 && counts.near_duplicates[LT_DEV] > 2);
        free(f);
    }
}

static void the_order_of_groups_is_that_of_their_keys(void **state)
{
    (void)state;
    const size_t wanted[LT_PARTS] = {[LT_DEV] = 10, [LT_TEST] = 10};
    fixture *f = make(true);
    lt_split_counts counts;
    assert_int_equal(lt_split(f->pairs, COUNT, f->keys, GROUPS, 1, wanted, &counts, NULL), LT_OK);
    for (size_t i = 1; i < COUNT; i++) {
        const lt_split_pair *last = &f->pairs[i - 1], *p = &f->pairs[i];
        assert_true(f->keys[last->group] < f->keys[p->group] ||
                    (last->group == p->group && last->src.bytes < p->src.bytes));
    }
    free(f);
}

/* A short line is looked for whole: it is no near-duplicate of a line it is a part of. Six words of a longer
 * one are found wherever they stand. */
static void short_lines_count_whole(void **state)
{
    (void)state;
    static const char *const src[] = {"one two three", "One, two three!",
                                      "one two",       "four five six seven eight nine",
                                      "four five six", "and four five six seven eight nine"};
    static const uint64_t first_keys[] = {1000, 1, 2, 1003, 4, 5}; /* of all but two: test */
    enum { N = 6, FILL = 60 };
    lt_split_pair pairs[N + FILL];
    uint64_t keys[N + FILL];
    char text[N + FILL][2][64];
    for (size_t i = 0; i < N + FILL; i++) {
        if (i < N)
            strcpy(text[i][0], src[i]);
        else
            snprintf(text[i][0], 64, "fill%zu", i);
        snprintf(text[i][1], 64, "ziel%zu", i);
        pairs[i] = (lt_split_pair){
            {text[i][0], strlen(text[i][0])}, {text[i][1], strlen(text[i][1])}, i, LT_TRAIN, 0};
        keys[i] = i < N ? first_keys[i] : 100 + i;
    }
    const size_t wanted[LT_PARTS] = {[LT_DEV] = 1, [LT_TEST] = 2};
    lt_split_counts counts;
    assert_int_equal(lt_split(pairs, N + FILL, keys, N + FILL, 1, wanted, &counts, NULL), LT_OK);
    assert_int_equal(pairs[0].part, LT_LEFT_OUT);
    assert_int_equal(pairs[1].part, LT_TEST);
    assert_int_equal(pairs[2].part, LT_TEST);
    assert_int_equal(pairs[3].part, LT_LEFT_OUT);
    assert_int_equal(counts.near_duplicates[LT_TEST], 2);
}

static void small_corpora_keep_four_fifths_for_train(void **state)
{
    (void)state;
    const size_t wanted[LT_PARTS] = {[LT_DEV] = 10000, [LT_TEST] = 20000};
    fixture *f = make(true);
    lt_split_counts counts;
    assert_int_equal(lt_split(f->pairs, COUNT, f->keys, GROUPS, 1, wanted, &counts, NULL), LT_OK);
    size_t train = 0;
    for (size_t i = 0; i < COUNT; i++) train += f->pairs[i].part == LT_TRAIN;
    assert_in_range(train, COUNT * 79 / 100, COUNT * 81 / 100);
    free(f);
    assert_int_equal(lt_split(NULL, 0, NULL, 0, 1, wanted, &counts, NULL), LT_OK);
}

/* A group that would be a good part of the test set by itself stays in train, however small its key. */
static void large_groups_stay_in_train(void **state)
{
    (void)state;
    const size_t wanted[LT_PARTS] = {[LT_DEV] = 40, [LT_TEST] = 40};
    fixture *f = make(true);
    lt_split_counts counts;
    for (size_t i = 0; i < 100; i++) f->pairs[i].group = 0;
    f->keys[0] = 0;
    assert_int_equal(lt_split(f->pairs, COUNT, f->keys, GROUPS, 1, wanted, &counts, NULL), LT_OK);
    for (size_t i = 0; i < COUNT; i++)
        if (f->pairs[i].group == 0) assert_int_equal(f->pairs[i].part, LT_TRAIN);
    assert_true(counts.large_groups >= 1);
    free(f);
}

/* Two kinds, one of which is a tenth as frequent: dev and test have as many of each, and of the rare one no
 * more than its share. */
static void each_kind_has_its_lines(void **state)
{
    (void)state;
    fixture *f = make(true);
    for (size_t i = 0; i < COUNT; i++) f->pairs[i].kind = i % 10 == 9;
    static const size_t wanted[2][LT_PARTS] = {{0, 10, 20}, {0, 40, 80}}; /* the second is too much */
    for (size_t w = 0; w < 2; w++) {
        lt_split_counts counts;
        size_t lines[2][LT_PARTS + 1] = {0};
        assert_int_equal(lt_split(f->pairs, COUNT, f->keys, GROUPS, 2, wanted[w], &counts, NULL), LT_OK);
        for (size_t i = 0; i < COUNT; i++) lines[f->pairs[i].kind][f->pairs[i].part]++;
        assert_int_equal(lines[0][LT_DEV], wanted[w][LT_DEV]);
        assert_int_equal(lines[0][LT_TEST], wanted[w][LT_TEST]);
        if (w == 0) assert_int_equal(lines[1][LT_DEV] + lines[1][LT_TEST], 30);
        if (w == 1) assert_in_range(lines[1][LT_DEV] + lines[1][LT_TEST], COUNT / 10 / 8, COUNT / 10 / 4);
    }
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_have_no_case_and_no_marks),
        cmocka_unit_test(sets_hold_what_was_added),
        cmocka_unit_test(names_of_families),
        cmocka_unit_test(families_tie_descriptions),
        cmocka_unit_test(parts_are_whole_groups_without_near_duplicates),
        cmocka_unit_test(the_order_of_groups_is_that_of_their_keys),
        cmocka_unit_test(short_lines_count_whole),
        cmocka_unit_test(small_corpora_keep_four_fifths_for_train),
        cmocka_unit_test(large_groups_stay_in_train),
        cmocka_unit_test(each_kind_has_its_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
