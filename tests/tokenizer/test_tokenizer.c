#include "tests/tokenizer/tokenizer_fixture.h"

static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_CHAR, LT_TOKENIZER_WORD};

static void every_type_trains_and_gives_its_text_back(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        assert_in_range(lt_tokenizer_size(tokenizer), 40, 150);
        for (size_t i = 0; small_text[i]; i++) {
            lt_text text = round_trip(tokenizer, small_text[i], strlen(small_text[i]));
            assert_string_equal(text.data, small_text[i]);
            lt_text_clear(&text);
        }
        lt_tokenizer_free(tokenizer);
    }
}

static void reserved_pieces_have_their_ids(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_PAD), "<pad>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_BOS), "<s>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_EOS), "</s>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_UNK), "<unk>");
        for (size_t id = 0; id < lt_tokenizer_size(tokenizer); id++)
            assert_int_equal(lt_tokenizer_id(tokenizer, lt_tokenizer_piece(tokenizer, id)), id);
        assert_int_equal(lt_tokenizer_id(tokenizer, "no such piece"), LT_UNK);
        lt_tokenizer_free(tokenizer);
    }
}

static void equal_text_gives_equal_bytes(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_text one = model_of(&options), two = model_of(&options);
        assert_int_equal(one.length, two.length);
        assert_memory_equal(one.data, two.data, one.length);
        lt_text_clear(&one);
        lt_text_clear(&two);
    }
}

static void what_the_text_calls_a_reserved_piece_is_none(void **state)
{
    (void)state;
    static const char line[] = "the cat </s> <s> <pad> <unk> sat</s>";
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_text text = round_trip(tokenizer, line, sizeof line - 1); /* checks the ids */
        assert_non_null(strstr(text.data, "the cat"));
        lt_text_clear(&text);
        lt_tokenizer_free(tokenizer);
    }
}

static void a_model_that_is_not_the_one_wanted_is_refused(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
    lt_text model = model_of(&options);
    lt_tokenizer *tokenizer;
    lt_error error = {0};
    char wrong[LT_SHA256_HEX];
    lt_sha256_bytes("other", 5, wrong);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", wrong, &error),
                     LT_ERROR_MISMATCH);
    assert_null(tokenizer);
    assert_non_null(strstr(error.message, wrong));
    lt_sha256_bytes(model.data, model.length, wrong);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", wrong, &error), LT_OK);
    assert_string_equal(lt_tokenizer_sha256(tokenizer), wrong);
    lt_tokenizer_free(tokenizer);
    lt_text_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_trains_and_gives_its_text_back),
        cmocka_unit_test(reserved_pieces_have_their_ids),
        cmocka_unit_test(equal_text_gives_equal_bytes),
        cmocka_unit_test(what_the_text_calls_a_reserved_piece_is_none),
        cmocka_unit_test(a_model_that_is_not_the_one_wanted_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
