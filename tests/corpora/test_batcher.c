#include "model/base/rng.h"
#include "tests/corpora/corpora_fixture.h"

/* A dataset made by hand: the first source id of a pair is its number. */
static lt_dataset dataset_of(size_t pairs, size_t (*src_length)(size_t), size_t (*trg_length)(size_t))
{
    lt_dataset dataset = {.pairs = pairs, .capacity = pairs};
    dataset.start = malloc((2 * pairs + 1) * sizeof *dataset.start);
    assert_non_null(dataset.start);
    dataset.start[0] = 0;
    for (size_t i = 0; i < pairs; i++) {
        size_t src = src_length(i), trg = trg_length(i);
        for (size_t j = 0; j < src + trg; j++) assert_ok(lt_ids_add(&dataset.ids, (int32_t)i, &error));
        dataset.start[2 * i + 1] = dataset.start[2 * i] + src;
        dataset.start[2 * i + 2] = dataset.start[2 * i + 1] + trg;
    }
    return dataset;
}

static size_t varied(size_t i)
{
    return 1 + lt_mix64(i) % 20;
}

static size_t varied_otherwise(size_t i)
{
    return lt_mix64(i + 1000003) % 20; /* none at all, too */
}

static size_t mostly_short(size_t i)
{
    return i % 10 == 3 ? 100 + i : 4;
}

static size_t one(size_t i)
{
    (void)i;
    return 1;
}

enum { MOST = 20000 };

/* The order of an epoch as the numbers of its pairs; checks every batch on the way. */
static size_t epoch_order(lt_batcher *batcher, uint64_t epoch, size_t batch_tokens, int32_t order[MOST])
{
    size_t batches, count = 0;
    assert_ok(lt_batcher_epoch(batcher, epoch, &batches, &error));
    for (size_t i = 0; i < batches; i++) {
        lt_batch batch;
        size_t tokens = 0, of_source = 0;
        assert_ok(lt_batcher_get(batcher, i, &batch, &error));
        assert_true(batch.size > 0);
        for (size_t j = 0; j < batch.size; j++) {
            tokens += batch.trg_length[j] + 1;
            of_source += batch.src_length[j] + 1;
            order[count++] = batch.src[j][0];
            for (size_t k = 0; k < batch.trg_length[j]; k++)
                assert_int_equal(batch.trg[j][k], batch.src[j][0]);
        }
        if (tokens > batch_tokens || of_source > LT_BATCHER_SOURCE * batch_tokens)
            assert_int_equal(batch.size, 1);
    }
    return count;
}

static void assert_every_pair_once(const int32_t *order, size_t count, size_t pairs)
{
    bool *seen = calloc(pairs + 1, sizeof *seen);
    assert_int_equal(count, pairs);
    for (size_t i = 0; i < count; i++) {
        assert_true(order[i] >= 0 && (size_t)order[i] < pairs);
        assert_false(seen[order[i]]);
        seen[order[i]] = true;
    }
    free(seen);
}

static int32_t first[MOST], second[MOST];

static void every_pair_comes_once_an_epoch(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 7, 1000, MOST}, limits[] = {1, 20, 64, 4096, 100000000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        lt_dataset dataset = dataset_of(sizes[s], varied, varied_otherwise);
        for (size_t l = 0; l < sizeof limits / sizeof *limits; l++) {
            lt_batcher *batcher;
            assert_ok(lt_batcher_create(&batcher, &dataset, limits[l], 1, &error));
            for (uint64_t epoch = 1; epoch <= 3; epoch++)
                assert_every_pair_once(first, epoch_order(batcher, epoch, limits[l], first), sizes[s]);
            lt_batcher_free(batcher);
        }
        lt_dataset_clear(&dataset);
    }
}

static void a_pair_over_the_limit_is_a_batch_of_its_own(void **state)
{
    (void)state;
    lt_dataset dataset = dataset_of(100, one, mostly_short);
    lt_batcher *batcher;
    size_t batches, alone = 0, others = 0;
    assert_ok(lt_batcher_create(&batcher, &dataset, 20, 1, &error));
    assert_every_pair_once(first, epoch_order(batcher, 1, 20, first), 100);
    assert_ok(lt_batcher_epoch(batcher, 1, &batches, &error));
    for (size_t i = 0; i < batches; i++) {
        lt_batch batch;
        assert_ok(lt_batcher_get(batcher, i, &batch, &error));
        if (batch.trg_length[0] > 19) {
            assert_int_equal(batch.size, 1);
            alone++;
        } else {
            assert_true(batch.size <= 4);
            others += batch.size;
        }
    }
    assert_int_equal(alone, 10);
    assert_int_equal(others, 90);
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
}

static size_t hundred(size_t i)
{
    (void)i;
    return 100;
}

/* Misaligned pairs, a word beside a long sentence, fill no batch with source tokens beyond all measure. */
static void long_sources_are_limited_too(void **state)
{
    (void)state;
    lt_dataset dataset = dataset_of(1000, hundred, one);
    lt_batcher *batcher;
    size_t batches;
    assert_ok(lt_batcher_create(&batcher, &dataset, 1010, 1, &error));
    assert_every_pair_once(first, epoch_order(batcher, 1, 1010, first), 1000);
    assert_ok(lt_batcher_epoch(batcher, 1, &batches, &error));
    assert_int_equal(batches, 25); /* of 40 pairs, 4040 source tokens */
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
}

/* A batch goes up to the limit, its ends of sentence counted, and not beyond. */
static void batches_are_filled_to_the_limit(void **state)
{
    (void)state;
    lt_dataset dataset = dataset_of(1000, one, one);
    static const struct {
        size_t limit, batches;
    } cases[] = {{1, 1000}, {2, 1000}, {3, 1000}, {4, 500}, {5, 500}, {200, 10}, {1999, 2}, {2000, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lt_batcher *batcher;
        size_t batches;
        assert_ok(lt_batcher_create(&batcher, &dataset, cases[i].limit, 1, &error));
        assert_ok(lt_batcher_epoch(batcher, 1, &batches, &error));
        assert_int_equal(batches, cases[i].batches);
        lt_batcher_free(batcher);
    }
    lt_dataset_clear(&dataset);
}

static void an_order_is_a_function_of_seed_and_epoch(void **state)
{
    (void)state;
    enum { PAIRS = 2000 };
    lt_dataset dataset = dataset_of(PAIRS, varied, varied_otherwise);
    lt_batcher *a, *b, *c;
    assert_ok(lt_batcher_create(&a, &dataset, 50, 1, &error));
    assert_ok(lt_batcher_create(&b, &dataset, 50, 1, &error));
    assert_ok(lt_batcher_create(&c, &dataset, 50, 2, &error));
    epoch_order(a, 5, 50, first);
    epoch_order(b, 4, 50, second);
    assert_memory_not_equal(first, second, PAIRS * sizeof *first); /* another epoch */
    epoch_order(b, 5, 50, second);                                 /* and what came before leaves no trace */
    assert_memory_equal(first, second, PAIRS * sizeof *first);
    epoch_order(c, 5, 50, second);
    assert_memory_not_equal(first, second, PAIRS * sizeof *first); /* another seed */
    lt_batcher_free(a);
    lt_batcher_free(b);
    lt_batcher_free(c);
    lt_batcher_free(NULL);
    lt_dataset_clear(&dataset);
}

/* The sum of the numbers in the batch that pair 0 is in. */
static int64_t company(lt_batcher *batcher, uint64_t epoch)
{
    size_t batches;
    assert_ok(lt_batcher_epoch(batcher, epoch, &batches, &error));
    for (size_t i = 0; i < batches; i++) {
        lt_batch batch;
        int64_t sum = 0;
        bool found = false;
        assert_ok(lt_batcher_get(batcher, i, &batch, &error));
        for (size_t j = 0; j < batch.size; j++) {
            sum += batch.src[j][0];
            found |= batch.src[j][0] == 0;
        }
        if (found) return sum;
    }
    fail_msg("pair 0 is missing");
    return -1;
}

static void another_epoch_puts_others_together(void **state)
{
    (void)state;
    lt_dataset dataset = dataset_of(5000, one, one);
    lt_batcher *batcher;
    assert_ok(lt_batcher_create(&batcher, &dataset, 8, 1, &error));
    int64_t sums[3] = {company(batcher, 1), company(batcher, 2), company(batcher, 3)};
    assert_true(sums[0] != sums[1] && sums[1] != sums[2] && sums[0] != sums[2]);
    assert_true(company(batcher, 1) == sums[0]);
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
}

/* Neighbours in length share a batch, and the batches do not come in the order of their length. */
static void batches_are_of_one_length_and_in_random_order(void **state)
{
    (void)state;
    lt_dataset dataset = dataset_of(1000, varied, varied_otherwise);
    lt_batcher *batcher;
    size_t batches, mixed = 0, falls = 0, before = 0;
    assert_ok(lt_batcher_create(&batcher, &dataset, 60, 1, &error));
    assert_ok(lt_batcher_epoch(batcher, 1, &batches, &error));
    for (size_t i = 0; i < batches; i++) {
        lt_batch batch;
        assert_ok(lt_batcher_get(batcher, i, &batch, &error));
        mixed += batch.trg_length[batch.size - 1] > batch.trg_length[0] + 1;
        falls += batch.trg_length[0] < before;
        before = batch.trg_length[0];
    }
    assert_true(batches > 100);
    assert_true(mixed <= batches / 20);
    assert_true(falls > batches / 4);
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
}

/* Texts with a class: batches are measured by the text, for every target is one id. */
static void labelled_texts_are_measured_by_the_text(void **state)
{
    (void)state;
    enum { PAIRS = 2000, TOKENS = 300 };
    lt_dataset dataset = dataset_of(PAIRS, varied, one);
    dataset.labelled = true;
    lt_batcher *batcher;
    size_t batches, seen = 0, full = 0;
    assert_ok(lt_batcher_create(&batcher, &dataset, TOKENS, 7, &error));
    assert_ok(lt_batcher_epoch(batcher, 0, &batches, &error));
    for (size_t i = 0; i < batches; i++) {
        lt_batch batch;
        size_t tokens = 0, shortest = 1000, longest = 0;
        assert_ok(lt_batcher_get(batcher, i, &batch, &error));
        for (size_t j = 0; j < batch.size; j++) {
            size_t length = batch.src_length[j];
            tokens += length + 1;
            if (length < shortest) shortest = length;
            if (length > longest) longest = length;
            assert_int_equal(batch.trg_length[j], 1);
            assert_int_equal(batch.trg[j][0], batch.src[j][0]);
        }
        assert_true(tokens <= TOKENS);
        assert_true(longest - shortest <= 3); /* sorted: of like length */
        full += tokens > TOKENS - 22;
        seen += batch.size;
    }
    assert_int_equal(seen, PAIRS);
    assert_true(full + 3 >= batches);
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labelled_texts_are_measured_by_the_text),
        cmocka_unit_test(every_pair_comes_once_an_epoch),
        cmocka_unit_test(a_pair_over_the_limit_is_a_batch_of_its_own),
        cmocka_unit_test(long_sources_are_limited_too),
        cmocka_unit_test(batches_are_filled_to_the_limit),
        cmocka_unit_test(an_order_is_a_function_of_seed_and_epoch),
        cmocka_unit_test(another_epoch_puts_others_together),
        cmocka_unit_test(batches_are_of_one_length_and_in_random_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
