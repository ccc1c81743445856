/* Damaged models are refused or load into something that works; random bytes stay one line. Fixed seeds. */
#include "tests/tokenizer/tokenizer_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "model/base/rng.h"

static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_CHAR, LT_TOKENIZER_WORD};

static const char sample[] = "the cat and der Hund \xC3\x9F \xEF\xAC\x81 \xF0\x9F\x90\xA2 zzz";

static lt_status ignore(void *context, const int32_t *ids, size_t count, double score, lt_error *error)
{
    (void)ids, (void)score, (void)error;
    *(size_t *)context += count;
    return LT_OK;
}

/* Loads what may be damaged, from memory of exactly its size so that a sanitizer sees a step outside, and
 * uses it. */
static bool loads(const char *bytes, size_t length)
{
    char *exact = malloc(length ? length : 1);
    memcpy(exact, bytes, length);
    lt_tokenizer *tokenizer;
    lt_error error = {0};
    lt_status status = lt_tokenizer_parse(&tokenizer, exact, length, "damaged.model", NULL, &error);
    free(exact);
    if (status != LT_OK) {
        assert_null(tokenizer);
        assert_int_equal(status, LT_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "damaged.model"));
        return false;
    }
    lt_ids ids = {0}, drawn = {0};
    lt_sampler *sampler;
    lt_text text = {0};
    size_t pieces = 0;
    /* SentencePiece may refuse a text by an odd model (status), but neither crash nor give an impossible id
     */
    if (lt_tokenizer_encode(tokenizer, &ids, sample, sizeof sample - 1, &error) == LT_OK) {
        for (size_t i = 0; i < ids.count; i++)
            assert_in_range(ids.items[i], LT_UNK, lt_tokenizer_size(tokenizer) - 1);
        assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids.items, ids.count, &error), LT_OK);
        assert_int_equal(strlen(text.data), text.length);
        assert_null(strpbrk(text.data, "\r\n"));
    }
    lt_tokenizer_sample(tokenizer, &ids, sample, sizeof sample - 1, 4, 0.2, 1, NULL);
    lt_tokenizer_nbest(tokenizer, sample, sizeof sample - 1, 4, ignore, &pieces, NULL);
    if (lt_sampler_create(&sampler, tokenizer, 0.2, NULL) == LT_OK)
        lt_sampler_draw(sampler, &drawn, ids.items, ids.count, 1, NULL);
    lt_sampler_free(sampler);
    lt_ids_clear(&drawn);
    for (size_t id = 0; id < lt_tokenizer_size(tokenizer); id++)
        lt_tokenizer_id(tokenizer, lt_tokenizer_piece(tokenizer, id));
    lt_ids_clear(&ids);
    lt_text_clear(&text);
    lt_tokenizer_free(tokenizer);
    return true;
}

/* Without a normalisation table a model is short enough for every length. */
static void every_cut_is_refused(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        options.normalization = LT_NORMALIZE_IDENTITY;
        lt_text model = model_of(&options);
        size_t loaded = 0;
        assert_true(loads(model.data, model.length));
        for (size_t length = 0; length < model.length; length++) loaded += loads(model.data, length);
        /* one cut leaves a whole model: that before the empty table for decoding, which comes last */
        assert_in_range(loaded, 0, 1);
        lt_text_clear(&model);
    }
}

/* With one: where it begins and ends, and every so often inside. */
static void cuts_within_the_table_are_refused(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_text model = model_of(&options);
    size_t loaded = 0;
    for (size_t length = 0; length < model.length;
         length += length < 8000 || length + 500 > model.length ? 1 : 97)
        loaded += loads(model.data, length);
    assert_in_range(loaded, 0, 1);
    lt_text_clear(&model);
}

static void flip(lt_text *model, size_t from, size_t to, lt_rng *rng, size_t rounds)
{
    size_t loaded = 0;
    for (size_t i = 0; i < rounds; i++) {
        lt_text damaged = {0};
        assert_int_equal(lt_text_append(&damaged, model->data, model->length, NULL), LT_OK);
        for (size_t flips = 1 + lt_rng_below(rng, 4); flips; flips--)
            damaged.data[from + lt_rng_below(rng, to - from)] ^= (char)(1 << lt_rng_below(rng, 8));
        loaded += loads(damaged.data, damaged.length);
        lt_text_clear(&damaged);
    }
    assert_in_range(loaded, 1,
                    rounds); /* not all of what is flipped matters: the use after loading was tried */
}

static void flipped_bits_are_refused_or_harmless(void **state)
{
    (void)state;
    lt_rng rng;
    lt_rng_init(&rng, 20160629);
    for (size_t t = 0; t < 4; t++)
        for (int fallback = 0; fallback < 2; fallback++) {
            lt_tokenizer_options options = options_of(types[t]);
            options.normalization = LT_NORMALIZE_IDENTITY;
            options.byte_fallback = fallback;
            options.vocab_size = fallback ? 410 : 150;
            lt_text model = model_of(&options);
            flip(&model, 0, model.length, &rng, 1500);
            lt_text_clear(&model);
        }
}

static void flipped_bits_of_the_table_are_refused_or_harmless(void **state)
{
    (void)state;
    lt_rng rng;
    lt_rng_init(&rng, 1997);
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_text model = model_of(&options);
    flip(&model, 0, model.length, &rng, 300);
    /* the root of the trie and what it leads to first */
    const char *table = memmem(model.data, model.length, "nmt_nfkc", 8);
    assert_non_null(table);
    size_t start = (size_t)(table - model.data);
    flip(&model, start, start + 3000, &rng, 300);
    lt_text_clear(&model);
}

static void garbage_is_refused(void **state)
{
    (void)state;
    lt_rng rng;
    lt_rng_init(&rng, 3);
    char bytes[300];
    for (size_t i = 0; i < 20000; i++) {
        size_t length = lt_rng_below(&rng, sizeof bytes);
        for (size_t j = 0; j < length; j++) bytes[j] = (char)lt_rng_u64(&rng);
        if (i % 2 && length) bytes[0] = 0x0A; /* a piece first */
        assert_false(loads(bytes, length));
    }
}

/* Bytes of all kinds: plain, well-formed characters, controls, halves of characters. */
static size_t random_line(char *bytes, size_t most, lt_rng *rng)
{
    static const char *const bits[] = {
        "the ", "\xE2\x96\x81", "</s>", "<0x0A>", "\xEF\xAC\x81", "\xF0\x9F\x90\xA2",
        "\n",   "\r",           "\t",   "  ",     "\xE2\x80\xA8", "\xCC\x81"};
    size_t length = 0, wanted = lt_rng_below(rng, most);
    unsigned kind = (unsigned)lt_rng_below(rng, 4);
    while (length < wanted) {
        const char *bit = bits[lt_rng_below(rng, sizeof bits / sizeof *bits)];
        if (kind == 0 || (kind == 2 && lt_rng_below(rng, 2)))
            bytes[length++] = (char)lt_rng_u64(rng);
        else if (kind == 1)
            bytes[length++] = (char)(lt_rng_below(rng, 128));
        else if (length + strlen(bit) <= wanted)
            memcpy(bytes + length, bit, strlen(bit)), length += strlen(bit);
        else
            bytes[length++] = ' ';
    }
    return length;
}

/* A segmentation drawn of a line says what the line does. */
static void draws_the_same(const lt_sampler *sampler, const lt_tokenizer *tokenizer, const char *bytes,
                           size_t length, const lt_text *wanted, uint64_t seed)
{
    lt_ids best = {0}, drawn = {0};
    lt_text text = {0};
    assert_int_equal(lt_tokenizer_encode(tokenizer, &best, bytes, length, NULL), LT_OK);
    assert_int_equal(lt_sampler_draw(sampler, &drawn, best.items, best.count, seed, NULL), LT_OK);
    assert_int_equal(lt_tokenizer_decode(tokenizer, &text, drawn.items, drawn.count, NULL), LT_OK);
    assert_string_equal(text.data, wanted->data);
    lt_ids_clear(&best);
    lt_ids_clear(&drawn);
    lt_text_clear(&text);
}

/* Ids that no line gives are drawn from, too. */
static void draws_what_can_be_read(const lt_sampler *sampler, const lt_tokenizer *tokenizer,
                                   const lt_ids *ids, uint64_t seed)
{
    lt_ids drawn = {0};
    assert_int_equal(lt_sampler_draw(sampler, &drawn, ids->items, ids->count, seed, NULL), LT_OK);
    for (size_t i = 0; i < drawn.count; i++)
        assert_in_range(drawn.items[i], LT_UNK, lt_tokenizer_size(tokenizer) - 1);
    lt_ids_clear(&drawn);
}

static void random_bytes_stay_one_line(void **state)
{
    (void)state;
    static const int rules[] = {LT_NORMALIZE_NMT_NFKC, LT_NORMALIZE_NFKC, LT_NORMALIZE_IDENTITY};
    lt_rng rng;
    lt_rng_init(&rng, 11);
    char bytes[400];
    for (size_t t = 0; t < 4; t++)
        for (int r = 0; r < 3; r++) {
            lt_tokenizer_options options = options_of(types[t]);
            options.normalization = rules[r];
            options.byte_fallback = r != 1;
            options.vocab_size = 410;
            lt_tokenizer *tokenizer = tokenizer_of(&options);
            lt_sampler *sampler = NULL;
            if (types[t] == LT_TOKENIZER_BPE || types[t] == LT_TOKENIZER_UNIGRAM)
                assert_int_equal(lt_sampler_create(&sampler, tokenizer, 0.3, NULL), LT_OK);
            for (size_t i = 0; i < 1500; i++) {
                size_t length = random_line(bytes, sizeof bytes, &rng);
                lt_text text = round_trip(tokenizer, bytes, length);
                if (sampler) draws_the_same(sampler, tokenizer, bytes, length, &text, i);
                lt_text_clear(&text);
                lt_ids ids = {0};
                if (types[t] == LT_TOKENIZER_BPE || types[t] == LT_TOKENIZER_UNIGRAM)
                    assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, bytes, length, 3, 0.5, i, NULL),
                                     LT_OK);
                /* ids at random, too */
                ids.count = 0;
                for (size_t j = lt_rng_below(&rng, 60); j; j--)
                    lt_ids_add(&ids, (int32_t)lt_rng_below(&rng, lt_tokenizer_size(tokenizer)), NULL);
                text = (lt_text){0};
                if (sampler) draws_what_can_be_read(sampler, tokenizer, &ids, i);
                assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids.items, ids.count, NULL), LT_OK);
                assert_int_equal(strlen(text.data), text.length);
                assert_null(strpbrk(text.data, "\r\n"));
                assert_true(lt_utf8_valid(text.data, text.length));
                lt_text_clear(&text);
                lt_ids_clear(&ids);
            }
            lt_sampler_free(sampler);
            lt_tokenizer_free(tokenizer);
        }
}

/* ---- models made to break something ---- */

static void put_varint(lt_text *out, uint64_t value)
{
    do {
        char byte = (char)((value & 0x7F) | (value > 0x7F ? 0x80 : 0));
        assert_int_equal(lt_text_append(out, &byte, 1, NULL), LT_OK);
    } while (value >>= 7);
}

static void put_bytes(lt_text *out, unsigned number, const char *bytes, size_t length)
{
    put_varint(out, number << 3 | 2);
    put_varint(out, length);
    assert_int_equal(lt_text_append(out, bytes, length, NULL), LT_OK);
}

static void put_piece(lt_text *out, const char *piece, size_t length, unsigned type, float score)
{
    lt_text message = {0};
    put_bytes(&message, 1, piece, length);
    put_varint(&message, 2 << 3 | 5);
    assert_int_equal(lt_text_append(&message, &score, sizeof score, NULL), LT_OK);
    put_varint(&message, 3 << 3);
    put_varint(&message, type);
    put_bytes(out, 1, message.data, message.length);
    lt_text_clear(&message);
}

static void put_reserved(lt_text *out)
{
    put_piece(out, "<pad>", 5, 3, 0);
    put_piece(out, "<s>", 3, 3, 0);
    put_piece(out, "</s>", 4, 3, 0);
    put_piece(out, "<unk>", 5, 2, 0);
}

/* A whole model with one piece more. */
static lt_text model_with(const char *piece, size_t length, unsigned type, float score)
{
    lt_text model = {0};
    put_reserved(&model);
    put_piece(&model, "\xE2\x96\x81", 3, 1, -1);
    put_piece(&model, "a", 1, 1, -2);
    put_piece(&model, piece, length, type, score);
    put_bytes(&model, 2, "\x18\x01", 2);
    put_bytes(&model, 3, "", 0);
    return model;
}

static void odd_pieces_are_refused(void **state)
{
    (void)state;
    static char longest[LT_TOKENIZER_PIECE_MAX + 1], huge[200000];
    memset(longest, 'a', sizeof longest);
    memset(huge, 'a', sizeof huge);
    const struct {
        const char *piece;
        size_t length;
        unsigned type;
        float score;
        bool fine;
    } cases[] = {
        {"b", 1, 1, -1, true},
        {longest, LT_TOKENIZER_PIECE_MAX, 1, -1, true},
        {longest, sizeof longest, 1, -1, false},
        {huge, sizeof huge, 1, -1, false},
        {"", 0, 1, -1, false},
        {"b\0c", 3, 1, -1, false},
        {"\xFF", 1, 1, -1, false},
        {"a", 1, 1, -1, false},
        {"b", 1, 0, -1, false},
        {"b", 1, 7, -1, false},
        {"b", 1, 2, -1, false},
        {"<2de>", 5, 3, 0, true},
        {"</s>", 4, 3, 0, false},
        {"b", 1, 6, -1, false},
        {"b", 1, 1, (float)NAN, false},
        {"b", 1, 1, -(float)INFINITY, false},
        {"b", 1, 4, 0, true},
        {"b", 1, 5, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lt_text model = model_with(cases[i].piece, cases[i].length, cases[i].type, cases[i].score);
        if (loads(model.data, model.length) != cases[i].fine) fail_msg("case %zu", i);
        lt_text_clear(&model);
    }
}

static void other_reserved_ids_are_refused(void **state)
{
    (void)state;
    lt_text model = {0};
    lt_tokenizer *tokenizer;
    lt_error error = {0};
    put_piece(&model, "<unk>", 5, 2, 0); /* the library's own order */
    put_piece(&model, "<s>", 3, 3, 0);
    put_piece(&model, "</s>", 4, 3, 0);
    put_piece(&model, "a", 1, 1, -1);
    put_piece(&model, "b", 1, 1, -1);
    put_bytes(&model, 2, "", 0);
    put_bytes(&model, 3, "", 0);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", NULL, &error),
                     LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "piece 0 is '<unk>', not the reserved <pad>"));
    lt_text_clear(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(cuts_within_the_table_are_refused),
        cmocka_unit_test(flipped_bits_are_refused_or_harmless),
        cmocka_unit_test(flipped_bits_of_the_table_are_refused_or_harmless),
        cmocka_unit_test(garbage_is_refused),
        cmocka_unit_test(random_bytes_stay_one_line),
        cmocka_unit_test(odd_pieces_are_refused),
        cmocka_unit_test(other_reserved_ids_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
