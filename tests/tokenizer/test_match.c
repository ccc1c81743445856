/* The pieces that two vocabularies have in common. */
#include <stdlib.h>

#include "tests/tokenizer/tokenizer_fixture.h"

static void check(const lt_tokenizer *tokenizer, const lt_tokenizer *other, size_t at_least)
{
    const size_t pieces = lt_tokenizer_size(tokenizer);
    int32_t *ids = malloc(pieces * sizeof *ids);
    size_t matched = lt_tokenizer_match(tokenizer, other, ids), counted = 0;
    for (size_t id = 0; id < pieces; id++) {
        if (ids[id] < 0) {
            assert_int_equal(ids[id], -1);
            assert_int_equal(lt_tokenizer_id(other, lt_tokenizer_piece(tokenizer, id)), LT_UNK);
            continue;
        }
        counted++;
        assert_true((size_t)ids[id] < lt_tokenizer_size(other));
        assert_string_equal(lt_tokenizer_piece(tokenizer, id), lt_tokenizer_piece(other, (size_t)ids[id]));
    }
    for (int32_t id = 0; id < LT_RESERVED; id++) assert_int_equal(ids[id], id);
    assert_int_equal(matched, counted);
    assert_true(matched >= at_least && matched <= pieces);
    free(ids);
}

static void pieces_are_matched_by_their_string(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_tokenizer *large = tokenizer_of(&options);
    options.vocab_size = 70;
    lt_tokenizer *small = tokenizer_of(&options);
    options = options_of(LT_TOKENIZER_WORD);
    lt_tokenizer *words = tokenizer_of(&options);
    assert_int_not_equal(lt_tokenizer_size(large), lt_tokenizer_size(small));
    check(small, large, 40); /* the characters, at least */
    check(large, small, 40);
    check(words, large, LT_RESERVED + 1); /* "▁a" */
    int32_t *ids = malloc(lt_tokenizer_size(large) * sizeof *ids);
    assert_int_equal(lt_tokenizer_match(large, large, ids), lt_tokenizer_size(large));
    for (size_t id = 0; id < lt_tokenizer_size(large); id++) assert_int_equal(ids[id], id);
    free(ids);
    lt_tokenizer_free(large);
    lt_tokenizer_free(small);
    lt_tokenizer_free(words);
}

static void bytes_are_matched_with_bytes_alone(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_tokenizer *plain = tokenizer_of(&options);
    options.byte_fallback = true;
    options.vocab_size = 400;
    lt_tokenizer *bytes = tokenizer_of(&options);
    check(bytes, plain, 40);
    check(bytes, bytes, 256);
    /* a word that is written as a byte's piece is none */
    static const char *const spelled[] = {"<0x41> <0x41>", "x <0x41>", NULL};
    lt_tokenizer_options of_words = options_of(LT_TOKENIZER_WORD);
    line_list list = {.lines = spelled, .rounds = 5};
    lt_text model = {0};
    lt_error error = {0};
    lt_tokenizer *word;
    assert_int_equal(lt_tokenizer_train(&model, &of_words, next_of_list, &list, NULL, &error), LT_OK);
    assert_int_equal(lt_tokenizer_parse(&word, model.data, model.length, "word", NULL, &error), LT_OK);
    check(word, bytes, LT_RESERVED);
    lt_text_clear(&model);
    lt_tokenizer_free(word);
    lt_tokenizer_free(plain);
    lt_tokenizer_free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_matched_by_their_string),
        cmocka_unit_test(bytes_are_matched_with_bytes_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
