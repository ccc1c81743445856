/* Which words of a line its pieces belong to. */
#include "tests/tokenizer/tokenizer_fixture.h"

#include <stdlib.h>

static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_CHAR, LT_TOKENIZER_WORD};

/* Words between white space of ASCII. */
static size_t count_words(const char *text, size_t length)
{
    size_t count = 0;
    bool within = false;
    for (size_t i = 0; i < length; i++) {
        bool blank = text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r');
        count += !blank && !within;
        within = !blank;
    }
    return count;
}

/* In order, within the line, and every word has a piece. */
static void check_words(const lt_word_list *words, size_t pieces, size_t count, bool each)
{
    assert_int_equal(words->count, pieces);
    size_t before = 0, reached = 0;
    for (size_t i = 0; i < pieces; i++) {
        const lt_piece_words *piece = &words->items[i];
        assert_true(piece->first <= piece->end && piece->end <= count);
        assert_true(piece->first >= before);
        if (each) assert_true(piece->first <= reached);
        before = piece->first;
        if (piece->end > reached) reached = piece->end;
    }
    if (each) assert_int_equal(reached, count);
}

typedef struct sides {
    lt_ids ids;
    lt_word_list src, trg;
    lt_text text;
} sides;

static void clear(sides *s)
{
    lt_ids_clear(&s->ids);
    lt_word_list_clear(&s->src);
    lt_word_list_clear(&s->trg);
    lt_text_clear(&s->text);
}

/* A line encoded and decoded, with the words of both; the ids and the text are those of the plain calls. */
static sides there_and_back(const lt_tokenizer *tokenizer, const char *bytes, size_t length)
{
    sides s = {0};
    lt_ids ids = {0};
    lt_text text = {0};
    lt_error error = {0};
    assert_int_equal(lt_tokenizer_encode_words(tokenizer, &s.ids, &s.src, bytes, length, &error), LT_OK);
    assert_int_equal(lt_tokenizer_encode(tokenizer, &ids, bytes, length, &error), LT_OK);
    assert_int_equal(ids.count, s.ids.count);
    if (ids.count) assert_memory_equal(ids.items, s.ids.items, ids.count * sizeof *ids.items);
    assert_int_equal(lt_tokenizer_decode_words(tokenizer, &s.text, &s.trg, s.ids.items, s.ids.count, &error),
                     LT_OK);
    assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids.items, ids.count, &error), LT_OK);
    assert_int_equal(text.length, s.text.length);
    assert_memory_equal(text.data, s.text.data, text.length);
    lt_ids_clear(&ids);
    lt_text_clear(&text);
    return s;
}

static void text_has_its_words(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        for (size_t i = 0; small_text[i]; i++) {
            sides s = there_and_back(tokenizer, small_text[i], strlen(small_text[i]));
            size_t words = count_words(small_text[i], strlen(small_text[i]));
            check_words(&s.src, s.ids.count, words, true);
            check_words(&s.trg, s.ids.count, words, true);
            for (size_t p = 0; p < s.ids.count; p++) {
                assert_int_equal(s.src.items[p].first, s.trg.items[p].first);
                assert_int_equal(s.src.items[p].end, s.src.items[p].first + 1);
            }
            clear(&s);
        }
        lt_tokenizer_free(tokenizer);
    }
}

/* A piece's words are those that its own letters stand in. */
static void pieces_are_in_the_words_they_spell(void **state)
{
    (void)state;
    static const char line[] = "  the  small\tcats \xEF\xBD\x98\xE2\x80\xA6 sat\v ";
    static const char *const words[] = {"the", "small", "cats", "x...", "sat"};
    for (size_t t = 0; t < 3; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        sides s = there_and_back(tokenizer, line, sizeof line - 1);
        check_words(&s.src, s.ids.count, 5, true);
        for (size_t p = 0; p < s.ids.count; p++) {
            const char *piece = lt_tokenizer_piece(tokenizer, (size_t)s.ids.items[p]);
            if (s.ids.items[p] == LT_UNK) continue;
            if (strncmp(piece, "\xE2\x96\x81", 3) == 0) piece += 3;
            assert_int_equal(s.src.items[p].end, s.src.items[p].first + 1);
            assert_non_null(strstr(words[s.src.items[p].first], piece));
        }
        clear(&s);
        lt_tokenizer_free(tokenizer);
    }
}

/* Bytes of any kind, in lines of all lengths up to several parts and lots. */
static void any_line_is_in_range(void **state)
{
    (void)state;
    static const char *const morsels[] = {"the",
                                          "cat",
                                          " ",
                                          "  ",
                                          "\t",
                                          "\v",
                                          "\r",
                                          "\n",
                                          "\xC2\xA0",
                                          "\xE2\x80\xA8",
                                          "\xE2\x96\x81",
                                          "\xFF",
                                          "\xE2\x96",
                                          "\xC2\xB4",
                                          "\xE2\x80\xA6",
                                          "</s>",
                                          "\xE3\x83\x8D",
                                          "z",
                                          "\xF0\x9F\x91\xA9",
                                          "<0x20>",
                                          "e\xCC\x81",
                                          "\x01"};
    enum { MORSELS = sizeof morsels / sizeof *morsels, LONGEST = 200000 };
    char *line = malloc(LONGEST + 16);
    uint64_t random = 1;
    for (size_t t = 0; t < 5; t++) {
        lt_tokenizer_options options = options_of(types[t % 4]);
        if (t == 4) options.byte_fallback = true, options.vocab_size = 400;
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        for (size_t n = 0; n < 300; n++) {
            size_t most = n < 297 ? n : LONGEST, length = 0;
            while (length < most) {
                random = random * 6364136223846793005u + 1442695040888963407u;
                const char *morsel = morsels[(random >> 33) % MORSELS];
                memcpy(line + length, morsel, strlen(morsel));
                length += strlen(morsel);
                if ((random >> 60) == 0) line[length++] = '\0';
                if (n == 298 && length > 100) line[length - 1] = 'q'; /* words without end */
            }
            sides s = there_and_back(tokenizer, line, length);
            check_words(&s.src, s.ids.count, count_words(line, length), false);
            check_words(&s.trg, s.ids.count, count_words(s.text.data, s.text.length), false);
            clear(&s);
        }
        lt_tokenizer_free(tokenizer);
    }
    free(line);
}

/* Parts of a long line are cut at spaces, lots of ids anywhere: words are counted through. */
static void long_lines_are_counted_through(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_CHAR);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    lt_text line = {0};
    for (size_t i = 0; i < 40000; i++)
        assert_int_equal(lt_text_append(&line, i % 3 ? "cat " : "the  ", i % 3 ? 4 : 5, NULL), LT_OK);
    sides s = there_and_back(tokenizer, line.data, line.length);
    check_words(&s.src, s.ids.count, 40000, true);
    check_words(&s.trg, s.ids.count, 40000, true);
    assert_int_equal(s.src.items[s.ids.count - 1].first, 39999);
    clear(&s);
    lt_text_clear(&line);
    lt_tokenizer_free(tokenizer);
}

/* Many words that the normalisation makes one piece of take no more room than a few. */
static void a_piece_has_a_bounded_number_of_words(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    lt_text line = {0};
    for (size_t i = 0; i < 100000; i++) assert_int_equal(lt_text_append(&line, "\1\v", 2, NULL), LT_OK);
    assert_int_equal(lt_text_append(&line, "the cat", 7, NULL), LT_OK);
    sides s = there_and_back(tokenizer, line.data, line.length);
    assert_in_range(s.ids.count, 2, 20);
    check_words(&s.src, s.ids.count, 100002, false);
    for (size_t i = 0; i < s.ids.count; i++)
        assert_in_range(s.src.items[i].end - s.src.items[i].first, 1, LT_PIECE_WORDS_MAX);
    assert_int_equal(s.src.items[s.ids.count - 1].end, 100002);
    clear(&s);
    lt_text_clear(&line);
    lt_tokenizer_free(tokenizer);
}

/* Ids without text have no words; what is unknown prints as a word of its own. */
static void reserved_ids_have_no_words(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    int32_t the = lt_tokenizer_id(tokenizer, "\xE2\x96\x81the"), s = lt_tokenizer_id(tokenizer, "s");
    assert_true(the > LT_UNK && s > LT_UNK);
    const int32_t ids[] = {LT_BOS, the, LT_EOS, s, LT_UNK, s, the, LT_EOS};
    static const lt_piece_words wanted[] = {{0, 0}, {0, 1}, {0, 0}, {0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 0}};
    lt_text text = {0};
    lt_word_list words = {0};
    lt_error error = {0};
    assert_int_equal(lt_tokenizer_decode_words(tokenizer, &text, &words, ids, 8, &error), LT_OK);
    assert_string_equal(text.data, "thes \xE2\x81\x87 s the");
    assert_int_equal(words.count, 8);
    assert_memory_equal(words.items, wanted, sizeof wanted);
    lt_word_list_clear(&words);
    lt_text_clear(&text);
    lt_tokenizer_free(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_has_its_words),
        cmocka_unit_test(pieces_are_in_the_words_they_spell),
        cmocka_unit_test(any_line_is_in_range),
        cmocka_unit_test(long_lines_are_counted_through),
        cmocka_unit_test(a_piece_has_a_bounded_number_of_words),
        cmocka_unit_test(reserved_ids_have_no_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
