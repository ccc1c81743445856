#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/base/text.h"

static void text_grows_and_stays_terminated(void **state)
{
    (void)state;
    lt_text text = {0};
    lt_error error = {0};
    for (int i = 0; i < 1000; i++) assert_int_equal(lt_text_appendf(&text, &error, "%03d,", i), LT_OK);
    assert_int_equal(text.length, 4000);
    assert_int_equal(strlen(text.data), 4000);
    assert_memory_equal(text.data + 3996, "999,", 5);
    assert_int_equal(lt_text_append(&text, "a\0b", 3, &error), LT_OK);
    assert_memory_equal(text.data + 4000, "a\0b", 4);
    lt_text_clear(&text);
    assert_null(text.data);
    assert_int_equal(lt_text_append(&text, "", 0, &error), LT_OK);
    assert_string_equal(text.data, "");
    lt_text_clear(&text);
}

static void an_impossible_size_is_out_of_memory(void **state)
{
    (void)state;
    lt_text text = {0};
    lt_error error = {0};
    assert_int_equal(lt_text_append(&text, "x", SIZE_MAX / 2, &error), LT_ERROR_MEMORY);
    assert_int_equal(text.length, 0);
    lt_text_clear(&text);
}

static void strings_are_copies(void **state)
{
    (void)state;
    lt_strings strings = {0};
    char word[8] = "one";
    for (int i = 0; i < 20; i++) {
        word[2] = (char)('a' + i);
        assert_int_equal(lt_strings_add(&strings, word, NULL), LT_OK);
    }
    assert_int_equal(strings.count, 20);
    assert_string_equal(strings.items[0], "ona");
    assert_string_equal(strings.items[19], "ont");
    assert_int_equal(lt_strings_addf(&strings, NULL, "%s %03d", "formatted", 7), LT_OK);
    assert_string_equal(strings.items[strings.count - 1], "formatted 007");
    lt_strings_clear(&strings);
    assert_int_equal(strings.count, 0);
}

/* The Unicode Standard, table 3-7: the edges of each row. */
static void utf8_edges(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        unsigned codepoint;
    } cases[] = {
        {"A", 1, 'A'},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xEE\x80\x80", 3, 0xE000},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
        {"\x80", 0, 0},
        {"\xC0\xAF", 0, 0},
        {"\xC1\xBF", 0, 0},
        {"\xE0\x9F\xBF", 0, 0},
        {"\xED\xA0\x80", 0, 0},
        {"\xF0\x8F\xBF\xBF", 0, 0},
        {"\xF4\x90\x80\x80", 0, 0},
        {"\xF5\x80\x80\x80", 0, 0},
        {"\xE2\x82", 0, 0},
        {"\xFF", 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned codepoint = 0;
        assert_int_equal(lt_utf8_next(cases[i].bytes, strlen(cases[i].bytes), &codepoint), cases[i].length);
        if (cases[i].length) assert_int_equal(codepoint, cases[i].codepoint);
    }
    assert_int_equal(lt_utf8_next("", 0, NULL), 0);
    assert_int_equal(lt_utf8_next("\0", 1, NULL), 1);
}

static void repair_replaces_each_bad_byte_and_counts(void **state)
{
    (void)state;
    lt_text out = {0};
    size_t replaced = 0;
    const char bytes[] = "a\xC3\xA9\xFF\xE2\x82z\x80";
    assert_false(lt_utf8_valid(bytes, sizeof bytes - 1));
    assert_int_equal(lt_utf8_repair(&out, bytes, sizeof bytes - 1, &replaced, NULL), LT_OK);
    assert_int_equal(replaced, 4);
    assert_string_equal(out.data, "a\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD");
    assert_true(lt_utf8_valid(out.data, out.length));
    lt_text_clear(&out);
}

static void what_is_clean_is_not_copied_and_nul_is_replaced(void **state)
{
    (void)state;
    static const char bytes[] = "\0a\0\xFF"
                                "b\0";
    lt_text storage = {0};
    const char *text;
    size_t length = 2;
    bool repaired;
    assert_int_equal(lt_utf8_clean(&storage, &text, &length, "a\xC3", &repaired, NULL), LT_OK);
    assert_true(repaired);
    assert_string_equal(text, "a\xEF\xBF\xBD");
    length = sizeof bytes - 1;
    assert_int_equal(lt_utf8_clean(&storage, &text, &length, bytes, NULL, NULL), LT_OK);
    assert_string_equal(text, "\xEF\xBF\xBD"
                              "a\xEF\xBF\xBD\xEF\xBF\xBD"
                              "b\xEF\xBF\xBD");
    assert_int_equal(length, strlen(text));
    length = 1;
    assert_int_equal(lt_utf8_clean(&storage, &text, &length, bytes + 4, &repaired, NULL), LT_OK);
    assert_false(repaired);
    assert_ptr_equal(text, bytes + 4);
    lt_text_clear(&storage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_grows_and_stays_terminated),
        cmocka_unit_test(an_impossible_size_is_out_of_memory),
        cmocka_unit_test(strings_are_copies),
        cmocka_unit_test(utf8_edges),
        cmocka_unit_test(repair_replaces_each_bad_byte_and_counts),
        cmocka_unit_test(what_is_clean_is_not_copied_and_nul_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
