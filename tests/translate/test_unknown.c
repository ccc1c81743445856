/* Unknown pieces of a translation become words of its line. */
#include "tests/tokenizer/tokenizer_fixture.h"

#include <stdlib.h>

#include "translate/unknown.h"

static lt_error error;

typedef struct case_ {
    const char *trg;       /* its unknown pieces are to be replaced */
    const char *src;       /* the line */
    int32_t looked_at[16]; /* of each piece of trg */
    const char *wanted;
    size_t words;
} case_;

#define assert_ok(expression)                                                                                \
    do {                                                                                                     \
        if ((expression) != LT_OK) fail_msg("%s: %s", #expression, error.message);                           \
    } while (0)

static void check(const lt_tokenizer *t, const case_ *c, size_t src_length)
{
    lt_ids src = {0}, trg = {0};
    lt_word_list src_words = {0}, words = {0};
    lt_text text = {0}, plain = {0};
    const lt_line line = {c->src, src_length};
    assert_ok(lt_tokenizer_encode_words(t, &src, &src_words, c->src, src_length, &error));
    assert_ok(lt_tokenizer_encode(t, &trg, c->trg, strlen(c->trg), &error));
    assert_true(trg.count <= 16);
    assert_ok(lt_text_append(&text, "before", 6, &error)); /* not its business */
    assert_ok(lt_decode_replaced(t, &text, &words, trg.items, c->looked_at, trg.count, line, src_words.items,
                                 src_words.count, &error));
    assert_string_equal(text.data + 6, c->wanted);
    assert_int_equal(text.length, 6 + strlen(c->wanted));
    assert_int_equal(words.count, trg.count);
    for (size_t i = 0; i < words.count; i++)
        assert_true(words.items[i].first <= words.items[i].end && words.items[i].end <= c->words);
    assert_int_equal(words.count ? words.items[words.count - 1].end : 0, c->words);
    assert_ok(lt_text_append(&plain, "before", 6, &error)); /* without the words: the same */
    assert_ok(lt_decode_replaced(t, &plain, NULL, trg.items, c->looked_at, trg.count, line, src_words.items,
                                 src_words.count, &error));
    assert_string_equal(plain.data, text.data);
    lt_ids_clear(&src);
    lt_ids_clear(&trg);
    lt_word_list_clear(&src_words);
    lt_word_list_clear(&words);
    lt_text_clear(&text);
    lt_text_clear(&plain);
}

static void words_for_words(void **state)
{
    (void)state;
    static const case_ cases[] = {
        {"the cat sat", "Peter und Paul", {0, 1, 2}, "the cat sat", 3}, /* nothing unknown */
        {"Qqq sat on Zzz", "Peter und Müller", {0, 1, 2, 2}, "Peter sat on Müller", 4},
        {"the Qqq on Zzz sat",
         "  Peter\t die Müller \v geht ",
         {0, 2, 0, 0, 1},
         "the Müller geht on Peter sat",
         6},
        {"Qqq", "Peter", {0}, "Peter", 1},
        {"the Qqq", "Peter", {0, 1}, "the \xE2\x81\x87", 2}, /* the end of sentence is no word */
        {"Qqq sat", "", {0, 0}, "\xE2\x81\x87 sat", 2},
        {"the Qqq", "a\xFF\x80z und", {0, 0}, "the a\xEF\xBF\xBD\xEF\xBF\xBDz", 2},
        {"Qqq the", "|| und", {0, 1}, "|| the", 2},
        {"Qqq the", "||| und", {0, 1}, "\xE2\x81\x87 the", 2}, /* it divides the fields of an n-best list */
    };
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD);
    options.vocab_size = 60;
    lt_tokenizer *t = tokenizer_of(&options);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(t, &cases[i], strlen(cases[i].src));
    static const case_ nul = {"the Qqq",
                              "a\0b der",
                              {0, 0},
                              "the a\xEF\xBF\xBD"
                              "b",
                              2};
    check(t, &nul, 7);
    lt_tokenizer_free(t);
}

/* What is unknown becomes a word of its own, also in the midst of others' letters. */
static void words_for_characters(void **state)
{
    (void)state;
    static const case_ cases[] = {
        {"die \xD0\x96\xD0\x96", "vor \xD0\x96\xD0\x96", {0, 0, 0, 0, 0, 4}, "die \xD0\x96\xD0\x96", 2},
        {"\xD0\x96 die", "der Ort", {0, 0, 0, 0, 0, 0}, "der die", 2},
        {"d\xD0\x96ie", "der Ort", {0, 0, 6, 0, 0, 0}, "d Ort ie", 3},
    };
    lt_tokenizer_options options = options_of(LT_TOKENIZER_CHAR);
    options.byte_fallback = false;
    lt_tokenizer *t = tokenizer_of(&options);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(t, &cases[i], strlen(cases[i].src));
    lt_tokenizer_free(t);
}

static void endless_words_are_not_put_in(void **state)
{
    (void)state;
    static char line[LT_REPLACED_MAX + 2];
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD);
    options.vocab_size = 60;
    lt_tokenizer *t = tokenizer_of(&options);
    memset(line, 'x', sizeof line - 1);
    const case_ too_long = {"the Qqq", line, {0, 0}, "the \xE2\x81\x87", 2};
    check(t, &too_long, LT_REPLACED_MAX + 1);
    line[LT_REPLACED_MAX] = '\0';
    static char wanted[LT_REPLACED_MAX + 8] = "the ";
    memcpy(wanted + 4, line, LT_REPLACED_MAX + 1);
    const case_ just = {"the Qqq", line, {0, 0}, wanted, 2};
    check(t, &just, LT_REPLACED_MAX);
    lt_tokenizer_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_for_words),
        cmocka_unit_test(words_for_characters),
        cmocka_unit_test(endless_words_are_not_put_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
