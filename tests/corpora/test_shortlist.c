/* A shortlist: what is on it, its file, and files that are none. */
#include "tests/tokenizer/tokenizer_fixture.h"
#include "tests/corpora/corpora_fixture.h"

static lt_tokenizers words, others;
static lt_dataset dataset;
static lt_translation_table table;
static const char *const text[][2] = {
    {"the cat", "die Katze"},
    {"the dog", "der Hund"},
    {"a dog", "ein Hund"},
    {"a cat", "eine Katze"},
    {"the small cat", "die kleine Katze"},
    {"two dogs", "zwei Hunde"},
    {"two cats", "zwei Katzen"},
};

static int set_up(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD), other = options_of(LT_TOKENIZER_CHAR);
    const lt_ibm1_options em = {.iterations = 10};
    words.src = words.trg = tokenizer_of(&options);
    others.src = others.trg = tokenizer_of(&other);
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        lt_line src = {text[i][0], strlen(text[i][0])}, trg = {text[i][1], strlen(text[i][1])};
        assert_ok(lt_dataset_add(&dataset, &words, &src, &trg, 0, &error));
    }
    size_t pieces = lt_tokenizer_size(words.src);
    assert_ok(lt_ibm1_train(&table, &dataset, pieces, pieces, &em, &error));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_translation_table_clear(&table);
    lt_dataset_clear(&dataset);
    lt_tokenizers_clear(&words);
    lt_tokenizers_clear(&others);
    return 0;
}

static lt_shortlist *make(int64_t first, int64_t best)
{
    lt_shortlist *s;
    const lt_shortlist_options options = {first, best};
    assert_ok(lt_shortlist_create(&s, &table, &dataset, &words, &options, &error));
    return s;
}

static lt_ids look_up(const lt_shortlist *s, const char *line)
{
    lt_ids src = {0}, ids = {0};
    assert_ok(lt_tokenizer_encode(words.src, &src, line, strlen(line), &error));
    assert_ok(lt_shortlist_pieces(s, src.items, src.count, &ids, &error));
    lt_ids_clear(&src);
    for (size_t i = 1; i < ids.count; i++) assert_true(ids.items[i - 1] < ids.items[i]);
    for (int32_t i = 0; i < LT_RESERVED; i++) assert_int_equal(ids.items[i], i);
    return ids;
}

static bool has(const lt_ids *ids, const char *word)
{
    lt_ids one = {0};
    bool found = false;
    assert_ok(lt_tokenizer_encode(words.trg, &one, word, strlen(word), &error));
    assert_int_equal(one.count, 1);
    for (size_t i = 0; i < ids->count; i++) found |= ids->items[i] == one.items[0];
    lt_ids_clear(&one);
    return found;
}

static void lists_translations_and_frequent_pieces(void **state)
{
    (void)state;
    lt_shortlist *s = make(0, 1);
    lt_ids ids = look_up(s, "cat dogs");
    assert_true(has(&ids, "Katze") && has(&ids, "Hunde"));
    assert_false(has(&ids, "Hund") || has(&ids, "kleine") || has(&ids, "Katzen"));
    assert_true(ids.count <= LT_RESERVED + 3); /* one a piece, one for the end of sentence */
    lt_ids_clear(&ids);
    lt_shortlist_free(s);
    s = make(1, 1); /* Katze is the most frequent */
    ids = look_up(s, "dog");
    assert_true(has(&ids, "Katze") && has(&ids, "Hund"));
    lt_ids_clear(&ids);
    lt_shortlist_free(s);
}

static void may_be_the_whole_vocabulary(void **state)
{
    (void)state;
    lt_shortlist *s = make(1000000, 1);
    lt_ids ids = look_up(s, "");
    assert_int_equal(ids.count, lt_tokenizer_size(words.trg));
    assert_int_equal(lt_shortlist_get_options(s)->first, lt_tokenizer_size(words.trg) - LT_RESERVED);
    lt_ids_clear(&ids);
    lt_shortlist_free(s);
}

static void comes_back_from_its_file(void **state)
{
    (void)state;
    lt_shortlist *s = make(3, 2), *t;
    assert_ok(lt_shortlist_save(s, in("list"), &error));
    assert_ok(lt_shortlist_load(&t, in("list"), &words, &error));
    assert_string_equal(lt_shortlist_sha256(s), lt_shortlist_sha256(t));
    assert_int_equal(lt_shortlist_get_options(t)->first, 3);
    assert_int_equal(lt_shortlist_get_options(t)->best, 2);
    assert_int_equal(lt_shortlist_size(s), lt_shortlist_size(t));
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        lt_ids a = look_up(s, text[i][0]), b = look_up(t, text[i][0]);
        assert_int_equal(a.count, b.count);
        assert_memory_equal(a.items, b.items, a.count * sizeof *a.items);
        lt_ids_clear(&a);
        lt_ids_clear(&b);
    }
    lt_shortlist_free(s);
    lt_shortlist_free(t);
}

static void is_refused_damaged(void **state)
{
    (void)state;
    lt_shortlist *s = make(3, 2), *t;
    lt_text file = {0};
    assert_ok(lt_shortlist_save(s, in("list"), &error));
    assert_ok(lt_file_read(&file, in("list"), 1 << 20, &error));
    for (size_t length = 0; length < file.length; length++) {
        put_bytes("cut", file.data, length);
        assert_int_equal(lt_shortlist_load(&t, in("cut"), &words, &error), LT_ERROR_FORMAT);
        assert_null(t);
        assert_message("cut: ");
    }
    for (size_t at = 0; at < file.length; at++) {
        file.data[at] ^= 1;
        put_bytes("flipped", file.data, file.length);
        if (lt_shortlist_load(&t, in("flipped"), &words, &error) != LT_ERROR_FORMAT)
            fail_msg("the file is accepted with byte %zu changed", at);
        file.data[at] ^= 1;
    }
    assert_ok(lt_text_append(&file, "more", 4, &error));
    put_bytes("long", file.data, file.length);
    assert_int_equal(lt_shortlist_load(&t, in("long"), &words, &error), LT_ERROR_FORMAT);
    lt_text_clear(&file);
    lt_shortlist_free(s);
}

static void is_refused_where_it_does_not_belong(void **state)
{
    (void)state;
    lt_shortlist *s = make(3, 2), *t;
    assert_ok(lt_shortlist_save(s, in("list"), &error));
    lt_shortlist_free(s);
    lt_tokenizers mixed = {words.src, others.trg};
    assert_int_equal(lt_shortlist_load(&t, in("list"), &others, &error), LT_ERROR_MISMATCH);
    assert_message("source tokenizer");
    assert_int_equal(lt_shortlist_load(&t, in("list"), &mixed, &error), LT_ERROR_MISMATCH);
    assert_message("target tokenizer");
    put("list", "something else\n\n");
    assert_int_equal(lt_shortlist_load(&t, in("list"), &words, &error), LT_ERROR_FORMAT);
    assert_message("is no shortlist");
    put("list", "latimer shortlist 2\n");
    assert_int_equal(lt_shortlist_load(&t, in("list"), &words, &error), LT_ERROR_FORMAT);
    assert_message("version is 2");
    assert_int_equal(lt_shortlist_load(&t, in("none"), &words, &error), LT_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_translations_and_frequent_pieces),
        cmocka_unit_test(may_be_the_whole_vocabulary),
        in_folder(comes_back_from_its_file),
        in_folder(is_refused_damaged),
        in_folder(is_refused_where_it_does_not_belong),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
