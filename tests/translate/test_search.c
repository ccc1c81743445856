/* Beam search against an exhaustive search over everything a tiny model can say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/model/network_fixture.h"
#include "translate/bans.h"
#include "translate/search.h"

/* Pieces 4..7, and a target of at most LIMIT of them: 1 + 4 + 16 + 64 complete translations of a source. */
enum { VOCABULARY = 8, LIMIT = 4, WORDS = VOCABULARY - LT_RESERVED, SOURCES = 6, ALL = 1000 };

static lt_error error;

typedef struct said {
    int32_t ids[LIMIT];
    size_t length;
    double log_probability, score;
} said;

typedef struct setting {
    lt_model *model;
    lt_pool *pool;
    lt_decoder *decoder;
    fixture_batch f;
    lt_decoding_options options;
} setting;

static void set_up(setting *s, double normalize, int64_t beam_size)
{
    lt_model_options options = fixture_options(2, 12, 8, LT_TIED_NONE);
    memset(s, 0, sizeof *s);
    assert_ok(lt_model_create(&s->model, &options, VOCABULARY, VOCABULARY, 3, &error));
    real *values = lt_model_values(s->model);
    for (size_t i = 0; i < lt_model_size(s->model); i++) values[i] *= 3; /* so that it has preferences */
    assert_ok(lt_pool_create(&s->pool, 1, &error));
    lt_model_pack(s->model, s->pool);
    assert_ok(lt_decoder_create(&s->decoder, s->model, &error));
    fixture_batch_init(&s->f, SOURCES, 3, VOCABULARY, 5);
    for (size_t b = 0; b < SOURCES; b++)
        s->f.src_length[b] = 3; /* the limit below: 1 piece for each and for </s> */
    assert_ok(lt_options_defaults(&s->options, lt_decoding_table, &error));
    s->options.normalize = normalize;
    s->options.beam_size = beam_size;
    s->options.max_length_factor = 1;
}

static void tear_down(setting *s)
{
    lt_decoder_free(s->decoder);
    lt_pool_free(s->pool);
    lt_model_free(s->model);
}

static int better(const void *a, const void *b)
{
    const said *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score;
}

/* Everything that can be said in fewer than LIMIT pieces, best first. */
static size_t say_all(const setting *s, size_t sentence, said *all)
{
    size_t count = 0, variants = 1;
    for (size_t length = 0; length < LIMIT; length++, variants *= WORDS)
        for (size_t v = 0; v < variants; v++, count++) {
            said *one = &all[count];
            const int32_t *ids = one->ids;
            one->length = length;
            for (size_t i = 0, rest = v; i < length; i++, rest /= WORDS)
                one->ids[i] = (int32_t)(LT_RESERVED + rest % WORDS);
            lt_batch pair = {1, &s->f.src[sentence], &s->f.src_length[sentence], &ids, &one->length};
            assert_ok(lt_model_score(s->model, s->pool, &pair, &one->log_probability, NULL, &error));
            one->score = one->log_probability / pow((double)(length + 1), s->options.normalize);
        }
    qsort(all, count, sizeof *all, better);
    return count;
}

static void same_as_exhaustive(double normalize)
{
    setting s;
    set_up(&s, normalize, ALL);
    lt_search_result result = {0};
    static said all[ALL];
    assert_int_equal(lt_search_limit(&s.options, 3), LIMIT);
    const lt_decoding_options of_products = {.max_length_factor = 2.2, .min_length_factor = 1.1};
    assert_int_equal(lt_search_limit(&of_products, 24), 55);   /* 2.2 * 25, which is more in binary */
    assert_int_equal(lt_search_limit(&of_products, 25), 58);   /* 57.2 */
    assert_int_equal(lt_minimum_length(&of_products, 50), 55); /* 1.1 * 50, the same */
    assert_ok(lt_search(&result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 20, false, &error));
    assert_int_equal(result.count, SOURCES * 20);
    for (size_t b = 0; b < SOURCES; b++) {
        size_t count = say_all(&s, b, all);
        assert_int_equal(count, 1 + 4 + 16 + 64);
        for (size_t i = 0; i < 20; i++) {
            const lt_hypothesis *found = &result.items[b * 20 + i];
            assert_int_equal(found->sentence, b);
            assert_false(found->cut);
            assert_int_equal(found->length, all[i].length);
            assert_memory_equal(result.ids.items + found->begin, all[i].ids, found->length * sizeof(int32_t));
            assert_true(found->log_probability == all[i].log_probability); /* to the last bit */
            assert_true(fabs(found->score - all[i].score) < 1e-12);
        }
    }
    lt_search_result_clear(&result);
    tear_down(&s);
}

static void a_beam_that_holds_everything_finds_the_best(void **state)
{
    (void)state;
    same_as_exhaustive(0);
    same_as_exhaustive(1);
    same_as_exhaustive(0.6);
}

/* The likeliest of the pieces and the end of sentence behind the first `at` of `ids`. */
static int32_t likeliest(const setting *s, size_t sentence, const int32_t *ids, size_t at)
{
    int32_t trg[LIMIT + 1], best = LT_EOS;
    const int32_t *target = trg;
    float of_pieces[LIMIT + 2], most;
    double whole;
    size_t length = at;
    lt_batch pair = {1, &s->f.src[sentence], &s->f.src_length[sentence], &target, &length};
    memcpy(trg, ids, at * sizeof *trg);
    assert_ok(lt_model_score(s->model, s->pool, &pair, &whole, of_pieces, &error));
    most = of_pieces[at];
    length = at + 1;
    for (trg[at] = LT_RESERVED; trg[at] < VOCABULARY; trg[at]++) {
        assert_ok(lt_model_score(s->model, s->pool, &pair, &whole, of_pieces, &error));
        if (of_pieces[at] > most) most = of_pieces[at], best = trg[at];
    }
    return best;
}

/* Greedy search takes the likeliest piece at each step, the end of sentence among them: every other piece at
 * that place scores lower. */
static void a_beam_of_one_is_greedy(void **state)
{
    (void)state;
    setting s;
    set_up(&s, 1, 1);
    lt_search_result result = {0};
    assert_ok(lt_search(&result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 1, false, &error));
    assert_int_equal(result.count, SOURCES);
    size_t pieces = 0, ends = 0;
    for (size_t b = 0; b < SOURCES; b++) {
        const lt_hypothesis *found = &result.items[b];
        int32_t ids[LIMIT + 1] = {0};
        memcpy(ids, result.ids.items + found->begin, found->length * sizeof *ids);
        for (size_t at = 0; at < found->length + !found->cut; at++) {
            int32_t chosen = at < found->length ? ids[at] : LT_EOS;
            assert_int_equal(likeliest(&s, b, ids, at), chosen);
            ids[at] = chosen;
        }
        pieces += found->length;
        ends += !found->cut;
    }
    assert_true(pieces > 0 && ends > 0);
    lt_search_result_clear(&result);
    tear_down(&s);
}

/* What one sentence gets does not depend on the company it is in, nor on a decoder that was used before. */
static void sentences_do_not_see_each_other(void **state)
{
    (void)state;
    setting s;
    set_up(&s, 1, 3);
    lt_search_result together = {0}, alone = {0};
    assert_ok(lt_search(&together, s.decoder, s.model, &s.f.batch, NULL, &s.options, 3, false, &error));
    size_t at = 0;
    for (size_t b = 0; b < SOURCES; b++) {
        lt_batch one = {1, &s.f.src[b], &s.f.src_length[b], NULL, NULL};
        assert_ok(lt_search(&alone, s.decoder, s.model, &one, NULL, &s.options, 3, false, &error));
        for (size_t i = 0; i < alone.count; i++, at++) {
            const lt_hypothesis *x = &alone.items[i], *y = &together.items[at];
            assert_int_equal(y->sentence, b);
            assert_int_equal(x->length, y->length);
            assert_true(x->log_probability == y->log_probability && x->score == y->score && x->cut == y->cut);
            assert_memory_equal(alone.ids.items + x->begin, together.ids.items + y->begin,
                                x->length * sizeof(int32_t));
        }
    }
    assert_int_equal(at, together.count);
    lt_search_result_clear(&together);
    lt_search_result_clear(&alone);
    tear_down(&s);
}

/* One number of the output layer's bias. */
static void set_bias(const setting *s, int32_t id, real value)
{
    size_t found = 0;
    for (size_t p = 0; p < lt_model_parameter_count(s->model); p++) {
        const lt_parameter *parameter = lt_model_parameter(s->model, p);
        if (strcmp(parameter->name, "output.bias") != 0) continue;
        lt_model_values(s->model)[parameter->offset + (size_t)id] = value;
        found++;
    }
    assert_int_equal(found, 1);
    lt_model_pack(s->model, s->pool);
}

/* At the limit, complete translations go before cut ones, and one that found none is cut and says so. */
static void the_limit_cuts(void **state)
{
    (void)state;
    setting s;
    set_up(&s, 1, 2);
    lt_search_result result = {0};
    s.options.max_length_factor = 0.01;
    assert_int_equal(lt_search_limit(&s.options, 3), 1);
    set_bias(&s, LT_EOS, -50);
    assert_ok(lt_search(&result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 1, false, &error));
    assert_int_equal(result.count, SOURCES);
    for (size_t i = 0; i < result.count; i++) {
        assert_true(result.items[i].cut);
        assert_int_equal(result.items[i].length, 1);
    }
    lt_search_result_clear(&result);
    tear_down(&s);
}

/* Finite weights can still be so large that their sums are not: an error, and not a line without translation.
 */
static void a_model_that_overflows_is_refused(void **state)
{
    (void)state;
    setting s;
    set_up(&s, 1, 2);
    lt_search_result result = {0};
    real *values = lt_model_values(s.model);
    for (size_t i = 0; i < lt_model_size(s.model); i++) values[i] = 3e38f;
    lt_model_pack(s.model, s.pool);
    assert_int_equal(lt_search(&result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 1, false, &error),
                     LT_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "finite probability"));
    lt_search_result_clear(&result);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_beam_that_holds_everything_finds_the_best),
        cmocka_unit_test(a_beam_of_one_is_greedy),
        cmocka_unit_test(sentences_do_not_see_each_other),
        cmocka_unit_test(the_limit_cuts),
        cmocka_unit_test(a_model_that_overflows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
