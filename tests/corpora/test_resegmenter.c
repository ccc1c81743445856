#include "tests/tokenizer/tokenizer_fixture.h"
#include "tests/corpora/corpora_fixture.h"

#include <signal.h>

#include "corpora/dataset.h"

enum { PAIRS = 9000 }; /* more than a block */

static lt_tokenizers unigram, bpe;
static lt_dataset corpus; /* by `unigram`, all kept; that of `bpe` is made where it is wanted */

static void fill(lt_dataset *dataset, const lt_tokenizers *tokenizers, size_t pairs)
{
    for (size_t i = 0; i < pairs; i++) {
        const char *src_text = small_text[i % 4], *trg_text = small_text[4 + i / 4 % 6];
        lt_line src = {src_text, strlen(src_text)}, trg = {trg_text, strlen(trg_text)};
        assert_ok(lt_dataset_add(dataset, tokenizers, &src, &trg, 1000, &error));
    }
}

static int make_corpus(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    unigram.src = unigram.trg = tokenizer_of(&options);
    options.type = LT_TOKENIZER_BPE;
    bpe.src = bpe.trg = tokenizer_of(&options);
    fill(&corpus, &unigram, PAIRS);
    return 0;
}

static int free_corpus(void **state)
{
    (void)state;
    lt_dataset_clear(&corpus);
    lt_tokenizers_clear(&unigram);
    lt_tokenizers_clear(&bpe);
    return 0;
}

static const lt_regularization_options all = {.alpha = 0.2, .dropout = 0.1, .src = 1, .trg = 1};

static lt_resegmenter_setting setting_of(const lt_regularization_options *options)
{
    return (lt_resegmenter_setting){
        .tokenizers = &unigram, .options = options, .max_length = 1000, .seed = 1};
}

static lt_resegmenter *resegmenter_of(const lt_dataset *dataset, const lt_resegmenter_setting *setting)
{
    lt_resegmenter *resegmenter;
    assert_ok(lt_resegmenter_create(&resegmenter, dataset, setting, &error));
    return resegmenter;
}

/* A pair of an epoch; the length of the target's part in `*trg`. */
static size_t get(const lt_dataset *dataset, size_t pair, int32_t ids[2000], size_t *trg)
{
    size_t src;
    lt_dataset_lengths(dataset, pair, &src, trg);
    assert_in_range(src + *trg, 1, 2000);
    assert_ok(lt_dataset_copy(dataset, pair, ids, &error));
    return src;
}

/* How many pairs of [0, pairs) have the same ids on a side. */
static size_t equal_lines(const lt_dataset *a, const lt_dataset *b, size_t pairs, bool of_trg)
{
    size_t count = 0;
    for (size_t i = 0; i < pairs; i++) {
        int32_t mine[2000], other[2000];
        size_t trg, other_trg, src = get(a, i, mine, &trg), other_src = get(b, i, other, &other_trg);
        size_t length = of_trg ? trg : src;
        count +=
            length == (of_trg ? other_trg : other_src) &&
            memcmp(mine + (of_trg ? src : 0), other + (of_trg ? other_src : 0), length * sizeof *mine) == 0;
    }
    return count;
}

static void assert_same(const lt_dataset *a, const lt_dataset *b, size_t pairs)
{
    assert_int_equal(equal_lines(a, b, pairs, false), pairs);
    assert_int_equal(equal_lines(a, b, pairs, true), pairs);
}

static void assert_text(const int32_t *ids, size_t count, const char *text)
{
    lt_text got = {0};
    assert_ok(lt_tokenizer_decode(unigram.src, &got, ids, count, &error));
    assert_string_equal(got.data, text);
    lt_text_clear(&got);
}

static void lines_are_cut_otherwise_and_say_the_same(void **state)
{
    (void)state;
    lt_resegmenter_setting setting = setting_of(&all);
    lt_resegmenter *r = resegmenter_of(&corpus, &setting);
    const lt_dataset *drawn = lt_resegmenter_dataset(r);
    assert_ok(lt_resegmenter_epoch(r, 0, &error));
    assert_int_equal(drawn->pairs, PAIRS);
    assert_true(drawn->src_tokens > corpus.src_tokens && drawn->trg_tokens > corpus.trg_tokens);
    assert_in_range(equal_lines(drawn, &corpus, PAIRS, false), 0, PAIRS / 4);
    assert_in_range(equal_lines(drawn, &corpus, PAIRS, true), 0, PAIRS / 4);
    assert_in_range(equal_lines(drawn, drawn, PAIRS, true), PAIRS, PAIRS);
    for (size_t i = 0; i < PAIRS; i += 7) {
        int32_t ids[2000];
        size_t trg, src = get(drawn, i, ids, &trg);
        assert_text(ids, src, small_text[i % 4]);
        if (i / 4 % 6 != 5) assert_text(ids + src, trg, small_text[4 + i / 4 % 6]);
    }
    assert_int_equal(lt_resegmenter_get_counts(r)->drawn[0], PAIRS);
    assert_int_equal(lt_resegmenter_get_counts(r)->too_long[0], 0);
    lt_resegmenter_free(r);
}

/* Any number of workers, in memory and in files, any epoch before: the same. */
static void an_epoch_depends_on_the_seed_and_its_number_alone(void **state)
{
    (void)state;
    lt_resegmenter_setting setting = setting_of(&all);
    lt_resegmenter *plain = resegmenter_of(&corpus, &setting);
    lt_dataset in_file = {0};
    assert_ok(lt_resegmenter_epoch(plain, 3, &error));
    for (size_t workers = 0; workers <= 3; workers++)
        for (size_t memory = 0; memory <= 1000; memory += 1000) {
            lt_resegmenter_setting own = setting;
            own.memory = memory;
            if (workers) assert_ok(lt_pool_create(&own.pool, workers, &error));
            if (memory && !in_file.file) {
                fill(&in_file, &unigram, PAIRS);
                assert_ok(lt_dataset_spill(&in_file, &error));
            }
            lt_resegmenter *r = resegmenter_of(memory ? &in_file : &corpus, &own);
            for (uint64_t epoch = workers; epoch < 4; epoch++)
                assert_ok(lt_resegmenter_epoch(r, epoch, &error));
            assert_int_equal(lt_resegmenter_dataset(r)->file != NULL, memory > 0);
            assert_same(lt_resegmenter_dataset(r), lt_resegmenter_dataset(plain), PAIRS);
            lt_resegmenter_free(r);
            lt_pool_free(own.pool);
        }
    lt_dataset_clear(&in_file);
    setting.seed = 2;
    lt_resegmenter *other = resegmenter_of(&corpus, &setting);
    assert_ok(lt_resegmenter_epoch(other, 3, &error));
    assert_in_range(equal_lines(lt_resegmenter_dataset(other), lt_resegmenter_dataset(plain), PAIRS, false),
                    0, PAIRS / 4);
    setting.seed = 1;
    lt_resegmenter *again = resegmenter_of(&corpus, &setting);
    assert_ok(lt_resegmenter_epoch(again, 2, &error));
    assert_in_range(equal_lines(lt_resegmenter_dataset(again), lt_resegmenter_dataset(plain), PAIRS, false),
                    0, PAIRS / 4);
    lt_resegmenter_free(again);
    lt_resegmenter_free(other);
    lt_resegmenter_free(plain);
}

/* What other pairs there are does not matter. */
static void a_beginning_is_drawn_as_the_whole(void **state)
{
    (void)state;
    lt_resegmenter_setting setting = setting_of(&all);
    lt_dataset few = {0};
    fill(&few, &unigram, 100);
    lt_resegmenter *whole = resegmenter_of(&corpus, &setting), *part = resegmenter_of(&few, &setting);
    assert_ok(lt_resegmenter_epoch(whole, 1, &error));
    assert_ok(lt_resegmenter_epoch(part, 1, &error));
    assert_same(lt_resegmenter_dataset(part), lt_resegmenter_dataset(whole), 100);
    lt_resegmenter_free(part);
    lt_resegmenter_free(whole);
    lt_dataset_clear(&few);
}

static void sides_and_shares_are_as_wanted(void **state)
{
    (void)state;
    static const lt_regularization_options some = {.alpha = 0, .src = 0.25, .trg = 0};
    lt_resegmenter_setting setting = setting_of(&some);
    lt_resegmenter *r = resegmenter_of(&corpus, &setting);
    size_t drawn_before[PAIRS] = {0}, both = 0;
    for (uint64_t epoch = 0; epoch < 2; epoch++) {
        assert_ok(lt_resegmenter_epoch(r, epoch, &error));
        const lt_dataset *drawn = lt_resegmenter_dataset(r);
        assert_in_range(lt_resegmenter_get_counts(r)->drawn[0], PAIRS / 4 - 250, PAIRS / 4 + 250);
        assert_in_range(equal_lines(drawn, &corpus, PAIRS, false), PAIRS * 3 / 4 - 250, PAIRS * 3 / 4 + 250);
        assert_int_equal(lt_resegmenter_get_counts(r)->drawn[1], 0);
        assert_int_equal(equal_lines(drawn, &corpus, PAIRS, true), PAIRS);
        for (size_t i = 0; i < PAIRS; i++) {
            size_t src, best, trg;
            lt_dataset_lengths(drawn, i, &src, &trg);
            lt_dataset_lengths(&corpus, i, &best, &trg);
            both += epoch && drawn_before[i] && src != best;
            drawn_before[i] = src != best;
        }
    }
    assert_in_range(both, 250, 900); /* others in each epoch: a sixteenth are drawn in both */
    lt_resegmenter_free(r);
}

static void bpe_is_drawn_too(void **state)
{
    (void)state;
    lt_dataset dataset = {0};
    lt_resegmenter_setting setting = setting_of(&all);
    setting.tokenizers = &bpe;
    fill(&dataset, &bpe, 1000);
    lt_resegmenter *r = resegmenter_of(&dataset, &setting);
    assert_ok(lt_resegmenter_epoch(r, 0, &error));
    assert_in_range(equal_lines(lt_resegmenter_dataset(r), &dataset, 1000, false), 10, 700);
    lt_resegmenter_free(r);
    lt_dataset_clear(&dataset);
}

/* max_length is just that of the longest line as it is: a draw with more pieces is not taken. */
static void a_draw_that_is_too_long_is_not_taken(void **state)
{
    (void)state;
    size_t longest = 0, src, trg;
    for (size_t i = 0; i < PAIRS; i++) {
        lt_dataset_lengths(&corpus, i, &src, &trg);
        longest = src > longest ? src : longest;
        longest = trg > longest ? trg : longest;
    }
    lt_resegmenter_setting setting = setting_of(&all);
    setting.max_length = longest;
    lt_resegmenter *r = resegmenter_of(&corpus, &setting);
    assert_ok(lt_resegmenter_epoch(r, 0, &error));
    const lt_resegmenter_counts *counts = lt_resegmenter_get_counts(r);
    assert_in_range(counts->too_long[0] + counts->too_long[1], 100, PAIRS);
    assert_int_equal(counts->drawn[0], PAIRS);
    for (size_t i = 0; i < PAIRS; i++) {
        lt_dataset_lengths(lt_resegmenter_dataset(r), i, &src, &trg);
        assert_in_range(src, 1, longest);
        assert_in_range(trg, 1, longest);
    }
    assert_true(equal_lines(lt_resegmenter_dataset(r), &corpus, PAIRS, false) >= counts->too_long[0]);
    lt_resegmenter_free(r);
}

static void labelled_texts_keep_their_labels_and_are_cut(void **state)
{
    (void)state;
    lt_dataset texts = {0};
    for (size_t i = 0; i < 200; i++) {
        lt_line line = {small_text[i % 4], strlen(small_text[i % 4])};
        assert_ok(lt_dataset_add_labelled(&texts, unigram.src, &line, (int32_t)i, 12, true, &error));
    }
    lt_resegmenter_setting setting = setting_of(&all);
    setting.max_length = 12;
    lt_resegmenter *r = resegmenter_of(&texts, &setting);
    assert_ok(lt_resegmenter_epoch(r, 0, &error));
    const lt_dataset *drawn = lt_resegmenter_dataset(r);
    assert_true(drawn->labelled);
    assert_int_equal(drawn->pairs, 200);
    assert_int_equal(lt_resegmenter_get_counts(r)->drawn[0], 200);
    assert_int_equal(lt_resegmenter_get_counts(r)->drawn[1], 0);
    assert_in_range(lt_resegmenter_get_counts(r)->too_long[0], 50, 200);
    assert_in_range(equal_lines(drawn, &texts, 200, false), 0, 50);
    for (size_t i = 0; i < 200; i++) {
        int32_t ids[2000];
        size_t trg, src = get(drawn, i, ids, &trg);
        assert_in_range(src, 1, 12);
        assert_int_equal(trg, 1);
        assert_int_equal(ids[src], i);
    }
    lt_resegmenter_free(r);
    lt_dataset_clear(&texts);
}

static void a_signal_stops_it_and_it_begins_again(void **state)
{
    (void)state;
    volatile sig_atomic_t number = 0;
    lt_resegmenter_setting setting = setting_of(&all);
    setting.signal = &number;
    lt_resegmenter *r = resegmenter_of(&corpus, &setting);
    assert_ok(lt_resegmenter_epoch(r, 0, &error));
    number = SIGTERM;
    assert_ok(lt_resegmenter_epoch(r, 0, &error)); /* is there */
    assert_int_equal(lt_resegmenter_epoch(r, 1, &error), LT_ERROR_INTERRUPTED);
    number = 0;
    assert_ok(lt_resegmenter_epoch(r, 1, &error));
    setting.signal = NULL;
    lt_resegmenter *other = resegmenter_of(&corpus, &setting);
    assert_ok(lt_resegmenter_epoch(other, 1, &error));
    assert_same(lt_resegmenter_dataset(r), lt_resegmenter_dataset(other), PAIRS);
    lt_resegmenter_free(other);
    lt_resegmenter_free(r);
}

static void a_tokenizer_that_cannot_draw_is_refused(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_CHAR);
    lt_tokenizers characters = {0};
    characters.src = characters.trg = tokenizer_of(&options);
    lt_resegmenter_setting setting = setting_of(&all);
    setting.tokenizers = &characters;
    lt_resegmenter *r;
    assert_int_equal(lt_resegmenter_create(&r, &corpus, &setting, &error), LT_ERROR_USAGE);
    assert_null(r);
    lt_tokenizers_clear(&characters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut_otherwise_and_say_the_same),
        cmocka_unit_test(an_epoch_depends_on_the_seed_and_its_number_alone),
        cmocka_unit_test(a_beginning_is_drawn_as_the_whole),
        cmocka_unit_test(sides_and_shares_are_as_wanted),
        cmocka_unit_test(bpe_is_drawn_too),
        cmocka_unit_test(a_draw_that_is_too_long_is_not_taken),
        cmocka_unit_test(labelled_texts_keep_their_labels_and_are_cut),
        cmocka_unit_test(a_signal_stops_it_and_it_begins_again),
        cmocka_unit_test(a_tokenizer_that_cannot_draw_is_refused),
    };
    return cmocka_run_group_tests(tests, make_corpus, free_corpus);
}
