#include "tests/tokenizer/tokenizer_fixture.h"
#include "tests/corpora/corpora_fixture.h"

static lt_tokenizers words;

static int make_tokenizers(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD);
    words.src = words.trg = tokenizer_of(&options);
    return 0;
}

static int free_tokenizers(void **state)
{
    (void)state;
    lt_tokenizers_clear(&words);
    return 0;
}

static lt_line line_of(const char *text)
{
    return (lt_line){text, strlen(text)};
}

static void add(lt_dataset *dataset, const char *src_text, const char *trg_text, size_t max_length)
{
    lt_line src = line_of(src_text), trg = line_of(trg_text);
    assert_ok(lt_dataset_add(dataset, &words, &src, &trg, max_length, &error));
}

static void assert_side(const int32_t *ids, size_t length, const char *text)
{
    lt_text got = {0};
    assert_ok(lt_tokenizer_decode(words.src, &got, ids, length, &error));
    assert_string_equal(got.data, text);
    lt_text_clear(&got);
}

static void assert_pair(const lt_dataset *dataset, size_t pair, const char *src, const char *trg)
{
    size_t length;
    const int32_t *ids = lt_dataset_src(dataset, pair, &length);
    assert_side(ids, length, src);
    ids = lt_dataset_trg(dataset, pair, &length);
    assert_side(ids, length, trg);
}

static void pairs_come_back_as_they_went_in(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    add(&dataset, "the cat sat", "die Katze", 0);
    add(&dataset, "a small dog", "ein kleiner Hund", 0);
    assert_int_equal(dataset.pairs, 2);
    assert_pair(&dataset, 0, "the cat sat", "die Katze");
    assert_pair(&dataset, 1, "a small dog", "ein kleiner Hund");
    assert_int_equal(dataset.src_tokens, 6);
    assert_int_equal(dataset.trg_tokens, 5);
    lt_dataset_clear(&dataset);
    assert_null(dataset.start);
}

static void with_a_limit_empty_and_long_pairs_are_left_out_and_counted(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    add(&dataset, "", "die Katze", 3);
    add(&dataset, "the cat", "", 3);
    add(&dataset, "", " ", 3);
    add(&dataset, "", "eine Katze und eine Katze", 3); /* empty before it is too long */
    add(&dataset, "the cat sat", "eine kleine Katze", 3);
    add(&dataset, "the cat sat on", "die Katze", 3);
    add(&dataset, "the cat", "die Katze auf der", 3);
    add(&dataset, "on the mat", "auf der Matte", 3);
    assert_int_equal(dataset.counts.read, 8);
    assert_int_equal(dataset.counts.empty, 4);
    assert_int_equal(dataset.counts.too_long, 2);
    assert_int_equal(dataset.pairs, 2);
    assert_pair(&dataset, 0, "the cat sat", "eine kleine Katze");
    assert_pair(&dataset, 1, "on the mat", "auf der Matte");
    assert_int_equal(dataset.src_tokens, 6);
    assert_int_equal(dataset.ids.count, 12);
    lt_dataset_clear(&dataset);
}

static void without_a_limit_every_pair_is_kept(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    add(&dataset, "", "", 0);
    add(&dataset, "the cat", "", 0);
    add(&dataset, "", "die Katze", 0);
    assert_int_equal(dataset.pairs, 3);
    assert_int_equal(dataset.counts.empty + dataset.counts.too_long, 0);
    assert_pair(&dataset, 1, "the cat", "");
    assert_pair(&dataset, 2, "", "die Katze");
    lt_dataset_clear(&dataset);
}

static void unknown_pieces_of_what_is_kept_are_counted(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    add(&dataset, "qqq the qqq", "die qqq", 3);
    add(&dataset, "qqq the qqq the", "qqq", 3); /* left out: does not count */
    assert_int_equal(dataset.counts.src_unknown, 2);
    assert_int_equal(dataset.counts.trg_unknown, 1);
    lt_dataset_clear(&dataset);
}

static void many_pairs_keep_their_places(void **state)
{
    (void)state;
    static const char *const texts[] = {"the cat", "", "a small dog", "zwei Hunde und zwei Katzen"};
    enum { PAIRS = 5000 }; /* more than the room that is made at first, more than once */
    lt_dataset dataset = {0};
    for (size_t i = 0; i < PAIRS; i++) add(&dataset, texts[i % 4], texts[i / 4 % 4], 0);
    assert_int_equal(dataset.pairs, PAIRS);
    for (size_t i = 0; i < PAIRS; i++) assert_pair(&dataset, i, texts[i % 4], texts[i / 4 % 4]);
    lt_dataset_clear(&dataset);
}

static void a_corpus_is_read_to_its_end(void **state)
{
    (void)state;
    const lt_dataset_setting setting = {.tokenizers = &words, .max_length = 10};
    lt_dataset dataset = {0};
    lt_pairs pairs;
    put("p.en", "the cat\n\na small dog");
    put("p.de", "die Katze\nein Hund\nein kleiner Hund\n");
    assert_ok(lt_pairs_open(&pairs, in("p.en"), in("p.de"), &error));
    assert_ok(lt_dataset_read(&dataset, &pairs, &setting, &error));
    lt_pairs_close(&pairs);
    assert_int_equal(dataset.counts.read, 3);
    assert_int_equal(dataset.counts.empty, 1);
    assert_int_equal(dataset.pairs, 2);
    assert_pair(&dataset, 1, "a small dog", "ein kleiner Hund");
    put("p.de", "die Katze\n");
    assert_ok(lt_pairs_open(&pairs, in("p.en"), in("p.de"), &error));
    assert_int_equal(lt_dataset_read(&dataset, &pairs, &setting, &error), LT_ERROR_MISMATCH);
    lt_pairs_close(&pairs);
    lt_dataset_clear(&dataset);
}

/* Every worker count, in memory and in a file: the same ids in the same places. */
static void threads_and_the_file_change_nothing(void **state)
{
    (void)state;
    enum { PAIRS = 20000 }; /* several blocks */
    static const char *const texts[] = {"the cat", "", "a small dog", "zwei Hunde und zwei Katzen",
                                        "the cat the cat the cat"};
    lt_text src = {0}, trg = {0};
    for (size_t i = 0; i < PAIRS; i++) {
        assert_ok(lt_text_appendf(&src, &error, "%s\n", texts[i % 5]));
        assert_ok(lt_text_appendf(&trg, &error, "%s\n", texts[i / 5 % 5]));
    }
    put("many.en", src.data);
    put("many.de", trg.data);
    lt_dataset plain = {0};
    for (size_t workers = 0; workers <= 3; workers++)
        for (size_t memory = 0; memory <= 1000; memory += 1000) {
            lt_dataset own = {0}, *dataset = workers || memory ? &own : &plain;
            lt_pairs pairs;
            lt_dataset_setting setting = {.tokenizers = &words, .max_length = 5, .memory = memory};
            if (workers) assert_ok(lt_pool_create(&setting.pool, workers, &error));
            assert_ok(lt_pairs_open(&pairs, in("many.en"), in("many.de"), &error));
            assert_ok(lt_dataset_read(dataset, &pairs, &setting, &error));
            lt_pairs_close(&pairs);
            lt_pool_free(setting.pool);
            assert_int_equal(dataset->file != NULL, memory > 0);
            assert_int_equal(dataset->pairs, plain.pairs);
            assert_memory_equal(&dataset->counts, &plain.counts, sizeof plain.counts);
            assert_memory_equal(dataset->start, plain.start, (2 * plain.pairs + 1) * sizeof *plain.start);
            for (size_t i = 0; i < plain.pairs; i++) {
                int32_t ids[10];
                size_t src_length, trg_length;
                const int32_t *expected = lt_dataset_src(&plain, i, &src_length);
                lt_dataset_lengths(dataset, i, &src_length, &trg_length);
                assert_ok(lt_dataset_copy(dataset, i, ids, &error));
                assert_memory_equal(ids, expected, (src_length + trg_length) * sizeof *ids);
            }
            lt_dataset_clear(&own);
        }
    assert_int_equal(plain.counts.read, PAIRS);
    assert_true(plain.counts.empty > 0 && plain.counts.too_long > 0 && plain.pairs > 5000);
    lt_dataset_clear(&plain);
    lt_text_clear(&src);
    lt_text_clear(&trg);
}

static void a_folder_for_the_file_that_is_none_is_said(void **state)
{
    (void)state;
    const lt_dataset_setting setting = {.tokenizers = &words, .memory = 4};
    lt_dataset dataset = {0};
    lt_pairs pairs;
    put("p.en", "the cat\na small dog\n");
    assert_ok(lt_pairs_open(&pairs, in("p.en"), in("p.en"), &error));
    setenv("TMPDIR", "/nowhere/at/all", 1);
    assert_int_equal(lt_dataset_read(&dataset, &pairs, &setting, &error), LT_ERROR_IO);
    unsetenv("TMPDIR");
    assert_non_null(strstr(error.message, "/nowhere/at/all"));
    assert_non_null(strstr(error.message, "set TMPDIR"));
    lt_pairs_close(&pairs);
    lt_dataset_clear(&dataset);
}

static lt_status class_of(void *context, const lt_line *line, int32_t *label, lt_error *error_)
{
    (void)context;
    if (line->bytes[0] == '?') return lt_fail(error_, LT_ERROR_FORMAT, "no label");
    *label = line->bytes[0] - '0';
    return LT_OK;
}

static void labelled_text_is_read_with_its_labels(void **state)
{
    (void)state;
    const lt_dataset_setting setting = {.tokenizers = &words, .max_length = 2, .label = class_of};
    lt_dataset dataset = {0};
    lt_pairs pairs;
    size_t length;
    put("l.text", "the cat\n\na small dog\n");
    put("l.label", "1\n2\n3\n");
    assert_ok(lt_pairs_open(&pairs, in("l.text"), in("l.label"), &error));
    assert_ok(lt_dataset_read(&dataset, &pairs, &setting, &error));
    lt_pairs_close(&pairs);
    assert_int_equal(dataset.pairs, 2);
    assert_int_equal(dataset.counts.empty, 1);
    assert_int_equal(dataset.counts.too_long, 1);
    assert_int_equal(*lt_dataset_trg(&dataset, 0, &length), 1);
    assert_int_equal(*lt_dataset_trg(&dataset, 1, &length), 3);
    put("l.label", "1\n?\n3\n");
    assert_ok(lt_pairs_open(&pairs, in("l.text"), in("l.label"), &error));
    assert_int_equal(lt_dataset_read(&dataset, &pairs, &setting, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "l.label:2"));
    lt_pairs_close(&pairs);
    lt_dataset_clear(&dataset);
}

static void add_labelled(lt_dataset *dataset, const char *text, int32_t label, size_t most, bool leave_empty)
{
    lt_line line = line_of(text);
    assert_ok(lt_dataset_add_labelled(dataset, words.src, &line, label, most, leave_empty, &error));
}

static void labelled_texts_are_cut_and_counted(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    size_t length;
    add_labelled(&dataset, "a b", 3, 2, true);
    add_labelled(&dataset, "", 1, 2, true); /* left out */
    add_labelled(&dataset, "a b a b", 0, 2, true);
    add_labelled(&dataset, " ", 2, 2, false); /* what is tested is kept */
    assert_int_equal(dataset.pairs, 3);
    assert_int_equal(dataset.counts.read, 4);
    assert_int_equal(dataset.counts.empty, 2);
    assert_int_equal(dataset.counts.too_long, 1);
    static const int32_t labels[] = {3, 0, 2};
    static const size_t lengths[] = {2, 2, 0};
    for (size_t i = 0; i < 3; i++) {
        lt_dataset_src(&dataset, i, &length);
        assert_int_equal(length, lengths[i]);
        const int32_t *label = lt_dataset_trg(&dataset, i, &length);
        assert_int_equal(length, 1);
        assert_int_equal(*label, labels[i]);
    }
    assert_int_equal(dataset.src_tokens, 4);
    lt_dataset_clear(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labelled_texts_are_cut_and_counted),
        cmocka_unit_test(pairs_come_back_as_they_went_in),
        cmocka_unit_test(with_a_limit_empty_and_long_pairs_are_left_out_and_counted),
        cmocka_unit_test(without_a_limit_every_pair_is_kept),
        cmocka_unit_test(unknown_pieces_of_what_is_kept_are_counted),
        cmocka_unit_test(many_pairs_keep_their_places),
        in_folder(a_corpus_is_read_to_its_end),
        in_folder(threads_and_the_file_change_nothing),
        in_folder(a_folder_for_the_file_that_is_none_is_said),
        in_folder(labelled_text_is_read_with_its_labels),
    };
    return cmocka_run_group_tests(tests, make_tokenizers, free_tokenizers);
}
