/* Alignments: pieces to words by hand, and what the search says it looked at against the decoder itself. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/model/network_fixture.h"
#include "translate/alignment.h"
#include "translate/search.h"

static lt_error error;

/* ---- words ---- */

typedef struct expected {
    size_t count;
    lt_word_pair pairs[8];
} expected;

static void check(const lt_piece_words *src, size_t src_pieces, const lt_piece_words *trg,
                  const int32_t *looked_at, size_t pieces, const expected *wanted)
{
    lt_text pairs = {0};
    size_t count;
    for (int again = 0; again < 2; again++) { /* the second lot stands behind the first */
        size_t before = pairs.length;
        assert_ok(lt_align_words(&pairs, &count, src, src_pieces, trg, looked_at, pieces, &error));
        assert_int_equal(count, wanted->count);
        assert_int_equal(pairs.length, before + count * sizeof(lt_word_pair));
        if (count) assert_memory_equal(pairs.data + before, wanted->pairs, count * sizeof(lt_word_pair));
    }
    lt_text_clear(&pairs);
}

/* der alte Hund -> the old dog: "der", "al", "te", "H", "und"; "the", "o", "ld", "d", "og". Behind the source
 * stands what is another line's. */
static const lt_piece_words der_alte_hund[] = {{0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}, {7, 9}};
static const lt_piece_words the_old_dog[] = {{0, 1}, {1, 2}, {1, 2}, {2, 3}, {2, 3}};

static void pieces_become_words(void **state)
{
    (void)state;
    static const int32_t straight[] = {0, 1, 2, 4, 3}, crossed[] = {4, 3, 0, 1, 1}, torn[] = {0, 0, 4, 1, 2};
    check(der_alte_hund, 5, the_old_dog, straight, 5, &(expected){3, {{0, 0}, {1, 1}, {2, 2}}});
    check(der_alte_hund, 5, the_old_dog, crossed, 5, &(expected){4, {{0, 1}, {1, 2}, {2, 0}, {2, 1}}});
    check(der_alte_hund, 5, the_old_dog, torn, 5, &(expected){4, {{0, 0}, {0, 1}, {1, 2}, {2, 1}}});
}

static void the_end_of_sentence_is_no_word(void **state)
{
    (void)state;
    static const int32_t some[] = {5, 1, 5, 5, 5}, all[] = {5, 5, 5, 5, 5};
    check(der_alte_hund, 5, the_old_dog, some, 5, &(expected){1, {{1, 1}}});
    check(der_alte_hund, 5, the_old_dog, all, 5, &(expected){0});
    check(der_alte_hund, 5, the_old_dog, all, 0, &(expected){0});
}

static void pieces_of_several_words_or_none(void **state)
{
    (void)state;
    static const lt_piece_words src[] = {{0, 2}, {2, 2}, {2, 3}}, trg[] = {{0, 1}, {1, 3}, {3, 3}};
    static const int32_t looked_at[] = {1, 0, 2};
    check(src, 3, trg, looked_at, 3, &(expected){4, {{0, 1}, {0, 2}, {1, 1}, {1, 2}}});
}

/* ---- the search ---- */

enum { VOCABULARY = 12, SOURCES = 6, PIECES_MAX = 64 };

/* Which source position the decoder, taken through the hypothesis alone, gives most weight to at step t; the
 * positions counted as the sentence stands. */
static int32_t largest(const lt_decoder *decoder, size_t source_length, bool reversed)
{
    size_t length;
    const real *alpha = lt_decoder_alignment(decoder, 0, &length);
    assert_int_equal(length, source_length + 1);
    double sum = 0;
    size_t best = 0;
    for (size_t i = 0; i < length; i++) {
        sum += (double)alpha[i];
        if (alpha[i] > alpha[best]) best = i;
    }
    assert_true(fabs(sum - 1) < 1e-5);
    return (int32_t)(reversed && best < source_length ? source_length - 1 - best : best);
}

static void as_the_decoder(bool reversed, int64_t beam)
{
    lt_model_options options = fixture_options(1, 12, 8, LT_TIED_NONE);
    lt_model *model;
    lt_decoder *decoder;
    lt_decoding_options decoding = {0};
    fixture_batch f;
    lt_search_result result = {0};
    options.encoder.reverse_source = reversed;
    options.decoder.attention = LT_ATTENTION_GENERAL;
    options.decoder.input_feeding = true;
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 4, &error));
    real *values = lt_model_values(model);
    for (size_t i = 0; i < lt_model_size(model); i++)
        values[i] *= 4; /* it has preferences, and changes them */
    lt_model_pack(model, NULL);
    assert_ok(lt_decoder_create(&decoder, model, &error));
    fixture_batch_init(&f, SOURCES, 9, VOCABULARY, 7);
    assert_ok(lt_options_defaults(&decoding, lt_decoding_table, &error));
    decoding.beam_size = beam;
    assert_ok(lt_search(&result, decoder, model, &f.batch, NULL, &decoding, (size_t)beam, true, &error));
    assert_int_equal(result.looked_at.count, result.ids.count);
    size_t pieces = 0, kinds = 0;
    for (size_t h = 0; h < result.count; h++) {
        const lt_hypothesis *found = &result.items[h];
        const size_t length = f.src_length[found->sentence];
        lt_batch alone = {1, &f.src[found->sentence], &f.src_length[found->sentence], NULL, NULL};
        assert_ok(lt_decoder_start(decoder, &alone, 1, 1, &error));
        int32_t before = LT_BOS, was = -1;
        for (size_t i = 0; i < found->length; i++) {
            lt_candidate candidate;
            assert_ok(lt_decoder_step(decoder, 1, &(uint32_t){0}, &before, false, &candidate, &error));
            const int32_t at = result.looked_at.items[found->begin + i];
            assert_int_equal(at, largest(decoder, length, reversed));
            before = result.ids.items[found->begin + i];
            kinds += at != was && length > 0;
            was = at;
            pieces++;
        }
    }
    assert_true(pieces > 20 && kinds > 8); /* it does look here and there */
    assert_ok(lt_search(&result, decoder, model, &f.batch, NULL, &decoding, 1, false, &error));
    assert_int_equal(result.looked_at.count, 0);
    lt_search_result_clear(&result);
    lt_decoder_free(decoder);
    lt_model_free(model);
}

static void the_search_says_what_the_decoder_looked_at(void **state)
{
    (void)state;
    for (int64_t beam = 1; beam <= 4; beam++) {
        as_the_decoder(false, beam);
        as_the_decoder(true, beam);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_words),
        cmocka_unit_test(the_end_of_sentence_is_no_word),
        cmocka_unit_test(pieces_of_several_words_or_none),
        cmocka_unit_test(the_search_says_what_the_decoder_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
