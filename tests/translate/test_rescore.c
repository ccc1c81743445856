/* Scores of given translations: those of each pair by itself, in memory that does not go with the number of
 * pairs. */
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/model/network_fixture.h"
#include "translate/translate.h"

enum { VOCABULARY = 31, MANY = 3000, SHORT_TARGETS = 8000, LONG_SOURCE = 100 };

static lt_error error;

typedef struct setting {
    lt_model *model;
    lt_pool *pool;
    lt_dataset dataset;
} setting;

static void set_up(setting *s, size_t pairs)
{
    lt_model_options options = fixture_options(1, 32, 4, LT_TIED_NONE);
    memset(s, 0, sizeof *s);
    assert_ok(lt_model_create(&s->model, &options, VOCABULARY, VOCABULARY, 3, &error));
    assert_ok(lt_pool_create(&s->pool, 2, &error));
    lt_model_pack(s->model, s->pool);
    s->dataset.start = calloc(2 * pairs + 1, sizeof *s->dataset.start);
}

static void tear_down(setting *s)
{
    lt_dataset_clear(&s->dataset);
    lt_pool_free(s->pool);
    lt_model_free(s->model);
}

/* Appends a pair of so many random pieces. */
static void add_pair(setting *s, size_t src_length, size_t trg_length, lt_rng *rng)
{
    lt_dataset *d = &s->dataset;
    for (size_t i = 0; i < src_length + trg_length; i++) {
        int32_t id = (int32_t)(LT_RESERVED + lt_rng_below(rng, VOCABULARY - LT_RESERVED));
        assert_ok(lt_ids_add(&d->ids, id, &error));
    }
    size_t *start = d->start + 2 * d->pairs++;
    start[1] = start[0] + src_length;
    start[2] = start[1] + trg_length;
}

static double megabytes(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return (double)usage.ru_maxrss / 1024;
}

/* Translations that are missing, of long sources: a batch of them may not be all of the file. */
static void memory_is_bounded_by_both_sides(void **state)
{
    (void)state;
    setting s;
    lt_rng rng;
    set_up(&s, SHORT_TARGETS);
    lt_rng_init(&rng, 1);
    for (size_t i = 0; i < SHORT_TARGETS; i++) add_pair(&s, LONG_SOURCE, 0, &rng);
    double *scores = calloc(SHORT_TARGETS, sizeof *scores), before = megabytes();
    assert_ok(lt_rescore(s.model, s.pool, &s.dataset, 0, scores, &error));
    if (megabytes() - before > 400) fail_msg("it took %.0f MB", megabytes() - before);
    for (size_t i = 0; i < SHORT_TARGETS; i++) assert_true(scores[i] < 0);
    free(scores);
    tear_down(&s);
}

static void scores_are_those_of_each_pair_alone(void **state)
{
    (void)state;
    enum { CUT = 7 };
    setting s;
    lt_rng rng;
    set_up(&s, MANY);
    lt_rng_init(&rng, 2);
    for (size_t i = 0; i < MANY; i++)
        add_pair(&s, lt_rng_below(&rng, 14), lt_rng_below(&rng, 14), &rng); /* several batches */
    double *whole = calloc(MANY, sizeof *whole), *cut = calloc(MANY, sizeof *cut), alone;
    assert_ok(lt_rescore(s.model, s.pool, &s.dataset, 0, whole, &error));
    assert_ok(lt_rescore(s.model, s.pool, &s.dataset, CUT, cut, &error));
    size_t differ = 0;
    for (size_t i = 0; i < MANY; i++) {
        size_t src_length, trg_length;
        const int32_t *src = lt_dataset_src(&s.dataset, i, &src_length),
                      *trg = lt_dataset_trg(&s.dataset, i, &trg_length);
        lt_batch pair = {1, &src, &src_length, &trg, &trg_length};
        assert_ok(lt_model_score(s.model, s.pool, &pair, &alone, NULL, &error));
        assert_true(alone == whole[i]); /* to the last bit */
        if (src_length > CUT) src_length = CUT;
        assert_ok(lt_model_score(s.model, s.pool, &pair, &alone, NULL, &error));
        assert_true(alone == cut[i]);
        differ += whole[i] != cut[i];
    }
    assert_true(differ > 0);
    free(whole), free(cut);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            memory_is_bounded_by_both_sides), /* first: the most memory so far is what it measures */
        cmocka_unit_test(scores_are_those_of_each_pair_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
