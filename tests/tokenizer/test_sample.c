#include "tests/tokenizer/tokenizer_fixture.h"

#include <math.h>
#include <stdlib.h>

static const char line[] = "two small cats were sitting in the kleiner Garten";

static lt_ids best_of(const lt_tokenizer *tokenizer, const char *text)
{
    lt_ids ids = {0};
    assert_int_equal(lt_tokenizer_encode(tokenizer, &ids, text, strlen(text), NULL), LT_OK);
    return ids;
}

static lt_ids drawn(const lt_tokenizer *tokenizer, const char *text, double alpha, uint64_t seed)
{
    lt_ids ids = {0};
    lt_error error = {0};
    if (lt_tokenizer_sample(tokenizer, &ids, text, strlen(text), 16, alpha, seed, &error) != LT_OK)
        fail_msg("%s", error.message);
    return ids;
}

static bool equal(const lt_ids *a, const lt_ids *b)
{
    return a->count == b->count &&
           (!a->count || memcmp(a->items, b->items, a->count * sizeof *a->items) == 0);
}

static void check_text(const lt_tokenizer *tokenizer, const lt_ids *ids, const char *wanted)
{
    lt_text text = {0};
    assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids->items, ids->count, NULL), LT_OK);
    assert_string_equal(text.data, wanted);
    lt_text_clear(&text);
}

/* Equal seeds give equal ids, others other ids, and all the same text. */
static void a_draw_is_a_function_of_its_seed(void **state)
{
    (void)state;
    static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE};
    for (size_t t = 0; t < 2; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_ids best = best_of(tokenizer, line);
        size_t differ = 0;
        for (uint64_t seed = 0; seed < 50; seed++) {
            lt_ids one = drawn(tokenizer, line, 0.3, seed), two = drawn(tokenizer, line, 0.3, seed);
            assert_true(equal(&one, &two));
            differ += !equal(&one, &best);
            check_text(tokenizer, &one, line);
            lt_ids_clear(&one);
            lt_ids_clear(&two);
        }
        assert_in_range(differ, 25, 50);
        lt_ids_clear(&best);
        lt_tokenizer_free(tokenizer);
    }
}

/* No merge dropped: what the library makes of the line itself. All dropped: characters. */
static void bpe_dropout_has_the_right_ends(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
    for (int fallback = 0; fallback < 2; fallback++) {
        options.byte_fallback = fallback;
        options.vocab_size = fallback ? 406 : 150;
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        static const char *const lines[] = {line,
                                            "",
                                            " ",
                                            "the zzz \xD0\x96\xD0\x96 cat\xD0\x96",
                                            "<s> </s> <unk>",
                                            "a  small\tcat \xEF\xAC\x81"};
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            lt_ids best = best_of(tokenizer, lines[i]), ids = drawn(tokenizer, lines[i], 0, i);
            assert_true(equal(&best, &ids));
            lt_ids_clear(&best);
            lt_ids_clear(&ids);
        }
        lt_ids ids = drawn(tokenizer, "the cat", 1, 0);
        assert_int_equal(ids.count, strlen("the cat") + 1);
        lt_ids_clear(&ids);
        lt_tokenizer_free(tokenizer);
    }
}

typedef struct listing {
    const lt_tokenizer *tokenizer;
    size_t count;
    double scores[1100];
    lt_ids first;
} listing;

static lt_status list(void *context, const int32_t *ids, size_t count, double score, lt_error *error)
{
    listing *l = context;
    lt_ids copy = {0};
    for (size_t i = 0; i < count; i++) assert_int_equal(lt_ids_add(&copy, ids[i], error), LT_OK);
    if (count) check_text(l->tokenizer, &copy, line);
    l->scores[l->count] = score;
    if (l->count++ == 0)
        l->first = copy;
    else
        lt_ids_clear(&copy);
    return LT_OK;
}

static void n_best_come_best_first(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    listing l = {.tokenizer = tokenizer}, one = l, none = l;
    assert_int_equal(lt_tokenizer_nbest(tokenizer, line, sizeof line - 1, 20, list, &l, NULL), LT_OK);
    assert_int_equal(l.count, 20);
    for (size_t i = 1; i < l.count; i++) /* the library adds in single precision, in any order */
        assert_true(l.scores[i] <= l.scores[i - 1] + 1e-4);
    lt_ids best = best_of(tokenizer, line);
    assert_true(equal(&l.first, &best));
    assert_int_equal(lt_tokenizer_nbest(tokenizer, line, sizeof line - 1, 1, list, &one, NULL), LT_OK);
    assert_int_equal(one.count, 1);
    assert_true(one.scores[0] == l.scores[0] && one.scores[0] < 0);
    assert_int_equal(lt_tokenizer_nbest(tokenizer, "", 0, 5, list, &none, NULL), LT_OK);
    assert_int_equal(none.count, 1);
    lt_ids_clear(&best);
    lt_ids_clear(&l.first);
    lt_ids_clear(&one.first);
    lt_ids_clear(&none.first);
    lt_tokenizer_free(tokenizer);
}

/* Draws from two segmentations come in the proportion of P^alpha. */
static void draws_follow_the_probabilities(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    listing l = {.tokenizer = tokenizer};
    assert_int_equal(lt_tokenizer_nbest(tokenizer, line, sizeof line - 1, 2, list, &l, NULL), LT_OK);
    double gap = l.scores[0] - l.scores[1], expected = 0.8, alpha = log(4) / gap; /* P1 : P2 = 4 : 1 */
    assert_in_range(gap * 1e6, 1e2, 1e8);
    enum { DRAWS = 4000 };
    size_t firsts = 0;
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        lt_ids ids = {0};
        assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, line, sizeof line - 1, 2, alpha, seed, NULL),
                         LT_OK);
        firsts += equal(&ids, &l.first);
        lt_ids_clear(&ids);
    }
    double deviation = sqrt(expected * (1 - expected) / DRAWS);
    assert_true(fabs((double)firsts / DRAWS - expected) < 4 * deviation);
    lt_ids_clear(&l.first);
    lt_tokenizer_free(tokenizer);
}

static void what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_ids ids = {0};
    for (int type = LT_TOKENIZER_UNIGRAM; type <= LT_TOKENIZER_WORD; type++) {
        lt_tokenizer_options options = options_of(type);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        bool unigram = type == LT_TOKENIZER_UNIGRAM, draws = unigram || type == LT_TOKENIZER_BPE;
        listing l = {.tokenizer = tokenizer};
        assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, "a", 1, 2, 0.5, 1, &error),
                         draws ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, "a", 1, 2, -0.5, 1, &error), LT_ERROR_USAGE);
        assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, "a", 1, 2, NAN, 1, &error), LT_ERROR_USAGE);
        assert_int_equal(lt_tokenizer_sample(tokenizer, &ids, "a", 1, 0, 0.5, 1, &error),
                         type == LT_TOKENIZER_BPE ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(lt_tokenizer_nbest(tokenizer, "", 0, 2, list, &l, &error),
                         unigram ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(lt_tokenizer_nbest(tokenizer, "", 0, 1025, list, &l, &error), LT_ERROR_USAGE);
        lt_ids_clear(&l.first);
        lt_tokenizer_free(tokenizer);
    }
    lt_ids_clear(&ids);
}

static void long_lines_are_drawn_part_by_part(void **state)
{
    (void)state;
    lt_text text = {0};
    for (size_t i = 0; i < 500; i++) assert_int_equal(lt_text_appendf(&text, NULL, "%s ", line), LT_OK);
    for (size_t i = 0; i < 3000; i++) assert_int_equal(lt_text_appendf(&text, NULL, "katze"), LT_OK);
    static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE};
    for (size_t t = 0; t < 2; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_ids ids = drawn(tokenizer, text.data, 0.1, 7);
        check_text(tokenizer, &ids, text.data);
        lt_ids_clear(&ids);
        lt_tokenizer_free(tokenizer);
    }
    lt_text_clear(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_draw_is_a_function_of_its_seed),
        cmocka_unit_test(bpe_dropout_has_the_right_ends),
        cmocka_unit_test(n_best_come_best_first),
        cmocka_unit_test(draws_follow_the_probabilities),
        cmocka_unit_test(what_cannot_be_drawn_is_said),
        cmocka_unit_test(long_lines_are_drawn_part_by_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
