#include "tests/tokenizer/tokenizer_fixture.h"
#include "tests/corpora/corpora_fixture.h"

static lt_corpus_stats stats;

static void describe(const char *src, const char *trg)
{
    put("p.en", src);
    put("p.de", trg);
    assert_ok(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, NULL, &error));
}

static void everything_is_counted(void **state)
{
    (void)state;
    describe("the cat  sat\n\nthe dog,\n", "die Katze sa\xC3\x9F\n \t\nder Hund");
    const lt_side_stats *s = &stats.src, *t = &stats.trg;
    assert_int_equal(s->counts.lines, 3);
    assert_int_equal(t->counts.lines, 3);
    assert_int_equal(s->empty, 1);
    assert_int_equal(t->empty, 1);
    assert_int_equal(s->words.total, 5);
    assert_int_equal(t->words.total, 5);
    assert_int_equal(s->types, 4);
    assert_int_equal(t->types, 5);
    assert_int_equal(s->characters.total, 12 + 8);
    assert_int_equal(t->characters.total, 13 + 2 + 8);
    assert_int_equal(t->bytes, t->characters.total + 1);
    assert_int_equal(s->words.longest, 3);
    assert_int_equal(s->words.longest_line, 1);
    assert_int_equal(s->pieces.total + s->pieces.longest_line + s->unknown, 0);
    assert_true(s->words.mean > 1.6666 && s->words.mean < 1.6667);
    char sha256[LT_SHA256_HEX];
    assert_ok(lt_sha256_file(in("p.de"), sha256, &error));
    assert_string_equal(t->sha256, sha256);
}

/* No-break and ideographic spaces divide; U+200B (no white space in Unicode) and punctuation do not. */
static void words_lie_between_white_space_of_any_kind(void **state)
{
    (void)state;
    describe("a\xC2\xA0"
             "b\xE3\x80\x80"
             "c\xE2\x80\xA8"
             "d\r\v\f\tA\n",
             "x\xE2\x80\x8By z.z\n");
    assert_int_equal(stats.src.words.total, 5);
    assert_int_equal(stats.src.types, 5);
    assert_int_equal(stats.trg.words.total, 2);
    describe("\xE2\x80\x83\xC2\x85\xE1\x9A\x80\n", "\xE2\x80\x8B\n");
    assert_int_equal(stats.src.empty, 1);
    assert_int_equal(stats.trg.empty, 0);
}

static void percentiles_are_by_nearest_rank(void **state)
{
    (void)state;
    lt_text text = {0};
    for (int i = 200; i > 0; i--) { /* lengths 1 to 200, the longest in line 1 */
        for (int j = 0; j < i; j++) assert_ok(lt_text_append(&text, "w ", 2, &error));
        assert_ok(lt_text_append(&text, "\n", 1, &error));
    }
    describe(text.data, text.data);
    static const size_t wanted[LT_PERCENTILES] = {10, 50, 100, 150, 190, 198};
    for (size_t i = 0; i < LT_PERCENTILES; i++) {
        assert_int_equal(stats.src.words.percentile[i], wanted[i]);
        assert_int_equal(stats.src.characters.percentile[i], 2 * wanted[i]);
    }
    assert_int_equal(stats.src.words.longest, 200);
    assert_int_equal(stats.src.words.longest_line, 1);
    assert_int_equal(stats.src.types, 1);
    assert_true(stats.src.words.mean == 100.5);
    lt_text_clear(&text);
}

static void percentiles_of_few_lines(void **state)
{
    (void)state;
    describe("a b c\n", "\n");
    for (size_t i = 0; i < LT_PERCENTILES; i++) {
        assert_int_equal(stats.src.words.percentile[i], 3);
        assert_int_equal(stats.trg.words.percentile[i], 0);
    }
    assert_int_equal(stats.trg.words.longest, 0);
    assert_int_equal(stats.trg.words.longest_line, 1);
    describe("a\na b\na b c\n", "x y\nx y\nx\n");
    static const size_t wanted[LT_PERCENTILES] = {1, 1, 2, 3, 3, 3};
    for (size_t i = 0; i < LT_PERCENTILES; i++) assert_int_equal(stats.src.words.percentile[i], wanted[i]);
    assert_int_equal(stats.src.words.longest_line, 3);
    assert_int_equal(stats.trg.words.longest_line, 1); /* the first of equals */
}

static void an_empty_corpus_is_all_zeros(void **state)
{
    (void)state;
    describe("", "");
    assert_int_equal(stats.src.counts.lines + stats.src.words.total + stats.src.types + stats.duplicates, 0);
    assert_int_equal(stats.src.words.longest_line, 0);
    assert_true(stats.src.words.mean == 0);
    assert_string_equal(stats.src.sha256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void very_long_lines_are_measured(void **state)
{
    (void)state;
    enum { LENGTH = 3000000 };
    lt_text text = {0};
    assert_ok(lt_text_extend(&text, LENGTH, &error));
    memset(text.data, 'x', LENGTH);
    describe(text.data, "a");
    assert_int_equal(stats.src.characters.longest, LENGTH);
    assert_int_equal(stats.src.characters.percentile[0], LENGTH);
    assert_int_equal(stats.src.words.longest, 1);
    lt_text_clear(&text);
}

static void duplicate_pairs_are_the_same_on_both_sides(void **state)
{
    (void)state;
    describe("a\na\nb\na\nab\n\na\n\n", "x\ny\nx\nx\n\nabx\nx\nabx\n");
    assert_int_equal(stats.duplicates, 3);
    static const char zeros[] = "a\na\0\na\0\0\n\0\n\na\n";
    put_bytes("p.en", zeros, sizeof zeros - 1);
    put("p.de", "x\nx\nx\nx\nx\nx\n");
    assert_ok(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, NULL, &error));
    assert_int_equal(stats.duplicates, 1);
}

static void damage_is_counted_with_its_place(void **state)
{
    (void)state;
    static const char bad[] = "fine\na\0b\n\xFFz\n\0\n";
    put_bytes("p.en", bad, sizeof bad - 1);
    put("p.de", "1\n2\n3\n4\n");
    assert_ok(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, NULL, &error));
    assert_int_equal(stats.src.counts.with_nul, 2);
    assert_int_equal(stats.src.counts.first_with_nul, 2);
    assert_int_equal(stats.src.counts.malformed, 1);
    assert_int_equal(stats.src.counts.first_malformed, 3);
    assert_int_equal(stats.src.characters.total, 4 + 3 + 2 + 1);
}

static void pieces_are_counted_with_a_tokenizer(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD);
    lt_tokenizers words;
    words.src = words.trg = tokenizer_of(&options);
    put("p.en", "the cat qqq\n\nthe dog\n");
    put("p.de", "die Katze\nHund\nqqq die qqq\n");
    assert_ok(lt_corpus_describe(&stats, in("p.en"), in("p.de"), &words, NULL, &error));
    assert_int_equal(stats.src.pieces.total, 5);
    assert_int_equal(stats.src.unknown, 1);
    assert_int_equal(stats.src.pieces.percentile[0], 0);
    assert_int_equal(stats.trg.pieces.total, 6);
    assert_int_equal(stats.trg.unknown, 2);
    assert_int_equal(stats.trg.pieces.longest_line, 3);
    lt_tokenizers_clear(&words);
}

static void compressed_text_is_the_same_text(void **state)
{
    (void)state;
    lt_text packed = {0};
    add_zstandard(&packed, "a b\nc\n", 6);
    put_bytes("p.en", packed.data, packed.length);
    lt_text_clear(&packed);
    put("p.de", "a b\nc\n");
    assert_ok(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, NULL, &error));
    assert_string_equal(stats.src.sha256, stats.trg.sha256);
    assert_int_equal(stats.src.bytes, 4);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    volatile sig_atomic_t signal_met = SIGINT;
    put("p.en", "a\nb\n");
    put("p.de", "x\n");
    assert_int_equal(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, NULL, &error),
                     LT_ERROR_MISMATCH);
    assert_message("p.en has 2 lines");
    assert_int_equal(lt_corpus_describe(&stats, in("p.en"), in("none"), NULL, NULL, &error), LT_ERROR_IO);
    assert_int_equal(lt_corpus_describe(&stats, in("p.en"), in("p.de"), NULL, &signal_met, &error),
                     LT_ERROR_INTERRUPTED);
    assert_int_equal(error.signal, SIGINT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(everything_is_counted),
        in_folder(words_lie_between_white_space_of_any_kind),
        in_folder(percentiles_are_by_nearest_rank),
        in_folder(percentiles_of_few_lines),
        in_folder(an_empty_corpus_is_all_zeros),
        in_folder(very_long_lines_are_measured),
        in_folder(duplicate_pairs_are_the_same_on_both_sides),
        in_folder(damage_is_counted_with_its_place),
        in_folder(pieces_are_counted_with_a_tokenizer),
        in_folder(compressed_text_is_the_same_text),
        in_folder(what_is_wrong_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
