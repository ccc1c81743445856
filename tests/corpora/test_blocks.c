#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/blocks.h"

static const char letters[] = {
    [LT_BLOCK_SYNOPSIS] = 'S', [LT_BLOCK_TEXT] = 'T', [LT_BLOCK_ITEM] = 'I', [LT_BLOCK_DISPLAY] = 'D'};

/* The blocks of a description, one a line: kind, paragraph, text. */
static void check(const char *description, const char *wanted)
{
    lt_blocks blocks = {0};
    lt_text found = {0};
    lt_error error = {0};
    lt_line line = {description, strlen(description)};
    assert_int_equal(lt_blocks_read(&blocks, &line, &error), LT_OK);
    for (size_t i = 0; i < blocks.count; i++) {
        const lt_block *b = &blocks.items[i];
        lt_text_appendf(&found, NULL, "%c%zu %.*s\n", letters[b->kind], b->paragraph, (int)b->span.length,
                        blocks.text.data ? blocks.text.data + b->span.begin : "");
    }
    assert_string_equal(found.data, wanted);
    lt_text_clear(&found);
    lt_blocks_clear(&blocks);
}

static void lines_become_paragraphs(void **state)
{
    (void)state;
    check("small tool", "S0 small tool\n");
    check("small  tool \n Reads a\n  file", "S0 small tool\nT1 Reads a\nD1 file\n");
    check("tool\n one\n two \t three\n .\n four\n . \n five\r\n .\n .\n six\n .",
          "S0 tool\nT1 one two three\nT2 four\nT3 five\nT4 six\n");
    check("a\xC2\xA0tool\n o\xC2\xADne\xE2\x8B\x85: two\xE2\x80\x8B", "S0 a tool\nT1 one : two\n");
    check("", "S0 \n");
}

static void lists_become_items(void **state)
{
    (void)state;
    check("t\n Features:\n  * one;\n  * two\n    and a half,\n  - three",
          "S0 t\nT1 Features:\nI1 one\nI1 two and a half\nI1 three\n");
    check("t\n * one\n * two\n goes on\n .\n 1. uno\n 2) due\n (3) tre\n a) quattro",
          "S0 t\nI1 one\nI1 two goes on\nI2 uno\nI2 due\nI2 tre\nI2 quattro\n");
    check("t\n  * 1. one\n  * (2) two\n  \xE2\x80\xA2 three\n  \xE2\x80\x93\xE2\x8B\x85"
          "four\xE2\x8B\x85;",
          "S0 t\nI1 one\nI1 two\nI1 three\nI1 four\n");
    check("t\n  * one\n goes on\n  * two\n More text.", "S0 t\nI1 one goes on\nI1 two\nT1 More text.\n");
}

/* A dash that a line break brought to the margin is no bullet; what only begins like one is none. */
static void bullets_need_their_place(void **state)
{
    (void)state;
    check("t\n An editor\n - a small one - for text", "S0 t\nT1 An editor - a small one - for text\n");
    check("t\n An editor:\n - a small one", "S0 t\nT1 An editor:\nI1 a small one\n");
    check("t\n -foo *bar* 3D\n 1.5 times\n *", "S0 t\nT1 -foo *bar* 3D 1.5 times *\n");
    check("t\n Run:\n   foo --bar\n   baz", "S0 t\nT1 Run:\nD1 foo --bar baz\n");
}

static void scripts_without_spaces_join_without(void **state)
{
    (void)state;
    check("t\n 数を数\n えます。\n GTK の\n 部品", "S0 t\nT1 数を数えます。 GTK の部品\n");
}

/* ---- pairs ---- */

static lt_status collect(void *context, const lt_line *src, const lt_line *trg, lt_error *error)
{
    return lt_text_appendf(context, error, "%.*s = %.*s\n", (int)src->length, src->bytes, (int)trg->length,
                           trg->bytes);
}

static lt_align_counts check_pairs(const char *src, const char *trg, const char *wanted)
{
    lt_text found = {0};
    lt_error error = {0};
    lt_aligner aligner = {.src_language = "en",
                          .trg_language = "de",
                          .expected = 1,
                          .most = 2,
                          .pair = collect,
                          .context = &found};
    lt_line s = {src, strlen(src)}, t = {trg, strlen(trg)};
    assert_int_equal(lt_align(&aligner, &s, &t, &error), LT_OK);
    assert_string_equal(found.data, wanted);
    lt_align_counts counts = aligner.counts;
    lt_aligner_clear(&aligner);
    lt_text_clear(&found);
    return counts;
}

static void sentences_pair_where_their_numbers_agree(void **state)
{
    (void)state;
    lt_align_counts c =
        check_pairs("small tool\n It runs. It\n stops.\n .\n Features:\n  * one\n  * two",
                    "kleines Werkzeug\n Es läuft. Es hält an.\n .\n Merkmale:\n  - eins\n  - zwei",
                    "small tool = kleines Werkzeug\nIt runs. = Es läuft.\nIt stops. = Es hält an.\n"
                    "Features: = Merkmale:\none = eins\ntwo = zwei\n");
    assert_int_equal(c.whole + c.too_long + c.lists + c.paragraphs + c.displays, 0);
    c = check_pairs("t\n It runs and stops.", "u\n Es läuft. Es hält.",
                    "t = u\nIt runs and stops. = Es läuft. Es hält.\n");
    assert_int_equal(c.whole, 1);
}

/* As many sentences, but they cannot be each other's: the paragraph stays in one piece. */
static void sentences_out_of_proportion_stay_together(void **state)
{
    (void)state;
    const char *src = "It reads the files that are named on the command line. Really.";
    const char *trg = "Wirklich. Es liest die Dateien, die auf der Befehlszeile genannt sind.";
    char s[256], t[256], wanted[512];
    snprintf(s, sizeof s, "t\n %s", src);
    snprintf(t, sizeof t, "u\n %s", trg);
    snprintf(wanted, sizeof wanted, "t = u\n%s = %s\n", src, trg);
    assert_int_equal(check_pairs(s, t, wanted).whole, 1);
}

static void what_does_not_correspond_is_left_out(void **state)
{
    (void)state;
    lt_align_counts c = check_pairs("t\n One.\n .\n Two.", "u\n Eins.", "t = u\n");
    assert_int_equal(c.paragraphs, 1);
    c = check_pairs("t\n List:\n  * one\n  * two\n .\n End.", "u\n Liste:\n  * eins\n .\n Ende.",
                    "t = u\nEnd. = Ende.\n");
    assert_int_equal(c.lists, 1);
    c = check_pairs("t\n Run:\n   make all", "u\n Aufruf:\n   make all", "t = u\nRun: = Aufruf:\n");
    assert_int_equal(c.displays, 1);
    /* a list may stand in a paragraph of its own on one side */
    c = check_pairs("t\n List:\n .\n  * one\n  * two", "u\n Liste:\n  * eins\n  * zwei",
                    "t = u\nList: = Liste:\none = eins\ntwo = zwei\n");
    assert_int_equal(c.lists + c.paragraphs, 0);
    char s[1024] = "t\n One and two", t[1024] = "u\n Eins. Zwei.", wanted[] = "t = u\n";
    for (size_t i = 0; i < 50; i++) strcat(s, " and more"), strcat(t, " Und mehr.");
    assert_int_equal(check_pairs(s, t, wanted).too_long, 1);
}

static void lengths(void **state)
{
    (void)state;
    assert_true(lt_lengths_agree(100, 100, 1, 1.1));
    assert_true(lt_lengths_agree(100, 200, 2, 1.1));
    assert_false(lt_lengths_agree(100, 200, 1, 1.8));
    assert_false(lt_lengths_agree(200, 100, 1, 1.8));
    assert_true(lt_lengths_agree(1, 10, 1, 1.8));
    assert_false(lt_lengths_agree(0, 20, 1, 1.8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_paragraphs),
        cmocka_unit_test(lists_become_items),
        cmocka_unit_test(bullets_need_their_place),
        cmocka_unit_test(scripts_without_spaces_join_without),
        cmocka_unit_test(sentences_pair_where_their_numbers_agree),
        cmocka_unit_test(sentences_out_of_proportion_stay_together),
        cmocka_unit_test(what_does_not_correspond_is_left_out),
        cmocka_unit_test(lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
