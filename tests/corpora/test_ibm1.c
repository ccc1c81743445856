/* IBM Model 1 against EM done the plain way, pair by pair in a full table, and against what must hold of it.
 */
#include <math.h>

#include "tests/corpora/corpora_fixture.h"
#include "model/base/rng.h"

enum { V = 24, PAIRS = 150, LONGEST = 9 };

typedef struct pair {
    size_t src_length, trg_length;
    int32_t src[LONGEST], trg[LONGEST];
} pair;

static lt_dataset dataset_of(const pair *pairs, size_t count)
{
    lt_dataset d = {.start = malloc((2 * count + 1) * sizeof *d.start), .pairs = count};
    for (size_t p = 0; p < count; p++) {
        d.start[2 * p] = d.ids.count;
        for (size_t i = 0; i < pairs[p].src_length; i++)
            assert_ok(lt_ids_add(&d.ids, pairs[p].src[i], &error));
        d.start[2 * p + 1] = d.ids.count;
        for (size_t i = 0; i < pairs[p].trg_length; i++)
            assert_ok(lt_ids_add(&d.ids, pairs[p].trg[i], &error));
        d.start[2 * p + 2] = d.ids.count;
        d.src_tokens += pairs[p].src_length;
        d.trg_tokens += pairs[p].trg_length;
    }
    return d;
}

/* Random pairs: sides without pieces and pieces that come twice, too. Source ids stay below `src`. */
static void draw(pair *pairs, size_t count, size_t src, uint64_t seed)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(seed, 1, 2, 3));
    for (size_t p = 0; p < count; p++) {
        pairs[p].src_length = lt_rng_below(&rng, LONGEST + 1);
        pairs[p].trg_length = lt_rng_below(&rng, LONGEST + 1);
        for (size_t i = 0; i < LONGEST; i++) {
            pairs[p].src[i] = (int32_t)(LT_UNK + lt_rng_below(&rng, src - LT_UNK));
            pairs[p].trg[i] = (int32_t)(LT_UNK + lt_rng_below(&rng, V - LT_UNK));
        }
    }
}

/* Brown et al. 1993, pair by pair; the end of sentence is the last of each source. */
static void plain(double t[V][V], const pair *pairs, size_t count, size_t iterations)
{
    static double c[V][V];
    for (size_t e = 0; e < V; e++)
        for (size_t f = 0; f < V; f++) t[e][f] = 1;
    while (iterations--) {
        memset(c, 0, sizeof c);
        for (const pair *p = pairs; p < pairs + count; p++)
            for (size_t i = 0; i < p->trg_length; i++) {
                double z = t[LT_EOS][p->trg[i]];
                for (size_t j = 0; j < p->src_length; j++) z += t[p->src[j]][p->trg[i]];
                for (size_t j = 0; j <= p->src_length; j++) {
                    int32_t e = j < p->src_length ? p->src[j] : LT_EOS;
                    c[e][p->trg[i]] += t[e][p->trg[i]] / z;
                }
            }
        for (size_t e = 0; e < V; e++) {
            double sum = 0;
            for (size_t f = 0; f < V; f++) sum += c[e][f];
            for (size_t f = 0; f < V; f++) t[e][f] = sum > 0 ? c[e][f] / sum : 0;
        }
    }
}

static lt_translation_table train(const lt_dataset *d, size_t iterations)
{
    lt_translation_table table;
    const lt_ibm1_options options = {.iterations = iterations};
    assert_ok(lt_ibm1_train(&table, d, V, V, &options, &error));
    return table;
}

static double probability(const lt_translation_table *table, size_t e, int32_t f)
{
    for (size_t i = 0; i < table->rows[e].count; i++)
        if (table->rows[e].items[i].trg == f) return (double)table->rows[e].items[i].probability;
    return 0;
}

static void agrees_with_em_pair_by_pair(void **state)
{
    (void)state;
    static pair pairs[PAIRS];
    static double t[V][V];
    draw(pairs, PAIRS, V, 1);
    lt_dataset d = dataset_of(pairs, PAIRS);
    for (size_t iterations = 1; iterations < 8; iterations += 2) {
        lt_translation_table table = train(&d, iterations);
        plain(t, pairs, PAIRS, iterations);
        for (size_t e = 0; e < V; e++)
            for (int32_t f = 0; f < V; f++)
                if (fabs(probability(&table, e, f) - t[e][f]) > 2e-6)
                    fail_msg("%zu iterations: t(%d|%zu) is %.9g, not %.9g", iterations, f, e,
                             probability(&table, e, f), t[e][f]);
        lt_translation_table_clear(&table);
    }
    lt_dataset_clear(&d);
}

/* das Haus, das Buch, ein Buch: the textbook's three pairs (Koehn 2010, section 4.2.3), and the empty word.
 */
static void learns_the_textbook_example(void **state)
{
    (void)state;
    enum { DAS = 4, HAUS, BUCH, EIN, THE = 10, HOUSE, BOOK, A };
    const pair pairs[] = {
        {2, 2, {DAS, HAUS}, {THE, HOUSE}}, {2, 2, {DAS, BUCH}, {THE, BOOK}}, {2, 2, {EIN, BUCH}, {A, BOOK}}};
    lt_dataset d = dataset_of(pairs, 3);
    lt_translation_table table = train(&d, 1); /* by hand: each pair's words share alike, 1/3 a source word */
    assert_float_equal(probability(&table, DAS, THE), 0.5, 1e-6);
    assert_float_equal(probability(&table, HAUS, HOUSE), 0.5, 1e-6);
    assert_float_equal(probability(&table, BUCH, BOOK), 0.5, 1e-6);
    assert_float_equal(probability(&table, LT_EOS, HOUSE), 1. / 6, 1e-6);
    assert_float_equal(probability(&table, DAS, A), 0, 0);
    lt_translation_table_clear(&table);
    table = train(&d, 20);
    assert_true(probability(&table, HAUS, HOUSE) > 0.9 && probability(&table, EIN, A) > 0.9);
    assert_true(probability(&table, DAS, THE) > 0.6 && probability(&table, BUCH, BOOK) > 0.6);
    assert_int_equal(table.rows[DAS].items[0].trg, THE);
    assert_int_equal(table.rows[THE].count, 0); /* no source word */
    lt_translation_table_clear(&table);
    lt_dataset_clear(&d);
}

static void rows_are_sorted_and_sum_to_one(void **state)
{
    (void)state;
    static pair pairs[PAIRS];
    draw(pairs, PAIRS, V - 2, 2); /* the last two are in no pair */
    lt_dataset d = dataset_of(pairs, PAIRS);
    lt_translation_table table = train(&d, 4);
    for (size_t e = 0; e < V; e++) {
        const lt_translation_row *row = &table.rows[e];
        double sum = 0;
        for (size_t i = 0; i < row->count; i++) {
            const lt_lexical *one = &row->items[i];
            sum += (double)one->probability;
            assert_true(i == 0 || one[-1].probability > one->probability ||
                        (one[-1].probability == one->probability && one[-1].trg < one->trg));
        }
        if (e < LT_EOS || e >= V - 2)
            assert_int_equal(row->count, 0);
        else
            assert_float_equal(sum, 1, 1e-5);
    }
    lt_translation_table_clear(&table);
    lt_dataset_clear(&d);
}

static void the_same_pairs_give_the_same_bits(void **state)
{
    (void)state;
    static pair pairs[PAIRS];
    draw(pairs, PAIRS, V, 3);
    lt_dataset d = dataset_of(pairs, PAIRS);
    lt_translation_table a = train(&d, 5), b = train(&d, 5);
    for (size_t e = 0; e < V; e++) {
        assert_int_equal(a.rows[e].count, b.rows[e].count);
        assert_memory_equal(a.rows[e].items, b.rows[e].items, a.rows[e].count * sizeof(lt_lexical));
    }
    lt_translation_table_clear(&a);
    lt_translation_table_clear(&b);
    lt_dataset_clear(&d);
}

/* A source piece with more translations than are kept: the most frequent of them are, and again sum to 1. */
static void keeps_the_most_probable_of_many(void **state)
{
    (void)state;
    enum { MANY = 1500, KEPT = 1024 };
    static pair pairs[MANY * 2];
    for (size_t i = 0; i < MANY * 2; i++) /* the upper half of the targets twice */
        pairs[i] = (pair){1, 1, {4}, {(int32_t)(i < MANY ? 4 + i : 4 + MANY / 2 + i % (MANY / 2))}};
    lt_dataset d = dataset_of(pairs, MANY * 2);
    lt_translation_table table;
    const lt_ibm1_options options = {.iterations = 2};
    assert_ok(lt_ibm1_train(&table, &d, 5, 4 + MANY, &options, &error));
    assert_int_equal(table.rows[4].count, KEPT);
    double sum = 0;
    for (size_t i = 0; i < KEPT; i++) {
        sum += (double)table.rows[4].items[i].probability;
        if (i < MANY / 2) assert_true(table.rows[4].items[i].trg >= 4 + MANY / 2);
    }
    assert_float_equal(sum, 1, 1e-5);
    lt_translation_table_clear(&table);
    lt_dataset_clear(&d);
}

static void gives_up_when_told(void **state)
{
    (void)state;
    const pair one = {1, 1, {4}, {5}};
    const volatile sig_atomic_t stop = SIGTERM;
    const lt_ibm1_options options = {1, &stop};
    lt_dataset d = dataset_of(&one, 1);
    lt_translation_table table;
    assert_int_equal(lt_ibm1_train(&table, &d, V, V, &options, &error), LT_ERROR_INTERRUPTED);
    assert_int_equal(error.signal, SIGTERM);
    lt_translation_table_clear(&table);
    lt_dataset_clear(&d);
}

static void nothing_gives_empty_rows(void **state)
{
    (void)state;
    const pair one = {0};
    lt_dataset none = dataset_of(&one, 0), blank = dataset_of(&one, 1);
    for (int i = 0; i < 2; i++) {
        lt_translation_table table = train(i ? &blank : &none, 3);
        for (size_t e = 0; e < V; e++) assert_int_equal(table.rows[e].count, 0);
        lt_translation_table_clear(&table);
    }
    lt_dataset_clear(&none);
    lt_dataset_clear(&blank);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_em_pair_by_pair),
        cmocka_unit_test(learns_the_textbook_example),
        cmocka_unit_test(rows_are_sorted_and_sum_to_one),
        cmocka_unit_test(the_same_pairs_give_the_same_bits),
        cmocka_unit_test(keeps_the_most_probable_of_many),
        cmocka_unit_test(gives_up_when_told),
        cmocka_unit_test(nothing_gives_empty_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
