#include "tests/tokenizer/tokenizer_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static lt_ids best_of(const lt_tokenizer *tokenizer, const char *text)
{
    lt_ids ids = {0};
    assert_int_equal(lt_tokenizer_encode(tokenizer, &ids, text, strlen(text), NULL), LT_OK);
    return ids;
}

static lt_sampler *sampler_of(const lt_tokenizer *tokenizer, double alpha)
{
    lt_sampler *sampler;
    lt_error error = {0};
    if (lt_sampler_create(&sampler, tokenizer, alpha, &error) != LT_OK) fail_msg("%s", error.message);
    return sampler;
}

static void draw(const lt_sampler *sampler, lt_ids *drawn, const lt_ids *from, uint64_t seed)
{
    drawn->count = 0;
    assert_int_equal(lt_sampler_draw(sampler, drawn, from->items, from->count, seed, NULL), LT_OK);
}

static bool equal(const lt_ids *a, const lt_ids *b)
{
    return a->count == b->count &&
           (!a->count || memcmp(a->items, b->items, a->count * sizeof *a->items) == 0);
}

static void assert_same_text(const lt_tokenizer *tokenizer, const lt_ids *a, const lt_ids *b)
{
    lt_text text = {0}, other = {0};
    assert_int_equal(lt_tokenizer_decode(tokenizer, &text, a->items, a->count, NULL), LT_OK);
    assert_int_equal(lt_tokenizer_decode(tokenizer, &other, b->items, b->count, NULL), LT_OK);
    assert_int_equal(text.length, other.length);
    if (text.length) assert_string_equal(text.data, other.data);
    lt_text_clear(&text);
    lt_text_clear(&other);
}

static const char *const odd_lines[] = {
    "",
    " ",
    "the zzz \xD0\x96\xD0\x96 cat\xD0\x96", /* letters that are no pieces */
    "<s> </s> <unk>",
    "a  small\tcat \xEF\xAC\x81",                                /* what is normalised away */
    "\xF0\x9F\x90\x88 the \xF0\x9F\x90\x88\xF0\x9F\x90\x95 cat", /* four bytes each */
    "un gar\xC3\xA7on mange la katzehundmatte, l'\xC3\xA9t\xC3\xA9",
    "bad \xFF\xFE bytes",
};
enum { ODD = sizeof odd_lines / sizeof *odd_lines };

static const struct {
    int type;
    bool byte_fallback;
    double best; /* alpha at which only the best is drawn */
} kinds[] = {{LT_TOKENIZER_UNIGRAM, false, 1e5},
             {LT_TOKENIZER_UNIGRAM, true, 1e5},
             {LT_TOKENIZER_BPE, false, 0},
             {LT_TOKENIZER_BPE, true, 0}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static lt_tokenizer *tokenizer_of_kind(size_t k)
{
    lt_tokenizer_options options = options_of(kinds[k].type);
    options.byte_fallback = kinds[k].byte_fallback;
    options.vocab_size = kinds[k].byte_fallback ? 406 : 150;
    return tokenizer_of(&options);
}

/* With nothing left to chance it is what SentencePiece makes of the line. */
static void the_limit_is_the_best_segmentation(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        lt_tokenizer *tokenizer = tokenizer_of_kind(k);
        lt_sampler *sampler = sampler_of(tokenizer, kinds[k].best);
        lt_ids drawn = {0};
        for (size_t i = 0; i < ODD + 10; i++) {
            lt_ids best = best_of(tokenizer, i < ODD ? odd_lines[i] : small_text[i - ODD]);
            draw(sampler, &drawn, &best, i);
            assert_true(equal(&drawn, &best));
            lt_ids_clear(&best);
        }
        lt_ids_clear(&drawn);
        lt_sampler_free(sampler);
        lt_tokenizer_free(tokenizer);
    }
}

/* Equal seeds give equal ids, others other ids, and all the same text. */
static void a_draw_is_a_function_of_its_seed(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        lt_tokenizer *tokenizer = tokenizer_of_kind(k);
        lt_sampler *sampler = sampler_of(tokenizer, 0.3), *twin = sampler_of(tokenizer, 0.3);
        lt_ids one = {0}, two = {0};
        size_t differ = 0;
        for (uint64_t seed = 0; seed < 20; seed++)
            for (size_t i = 0; i < ODD + 10; i++) {
                lt_ids best = best_of(tokenizer, i < ODD ? odd_lines[i] : small_text[i - ODD]);
                draw(sampler, &one, &best, seed);
                draw(twin, &two, &best, seed);
                assert_true(equal(&one, &two));
                differ += !equal(&one, &best);
                assert_same_text(tokenizer, &one, &best);
                draw(sampler, &two, &one, seed + 1); /* of a draw, as of the best */
                draw(sampler, &one, &best, seed + 1);
                assert_true(equal(&one, &two));
                lt_ids_clear(&best);
            }
        assert_in_range(differ, 200, 20 * (ODD + 10));
        lt_ids_clear(&one);
        lt_ids_clear(&two);
        lt_sampler_free(sampler);
        lt_sampler_free(twin);
        lt_tokenizer_free(tokenizer);
    }
}

/* ---- distributions ---- */

enum { OUTCOMES = 1024, DRAWS = 20000 };

typedef struct distribution {
    size_t count;
    lt_ids ids[OUTCOMES];
    double probability[OUTCOMES]; /* expected; before that, of unigram, the log-probability */
    size_t drawn[OUTCOMES];
} distribution;

static size_t outcome_of(const distribution *d, const lt_ids *ids)
{
    size_t i = 0;
    while (i < d->count && !equal(&d->ids[i], ids)) i++;
    return i;
}

static void clear_distribution(distribution *d)
{
    for (size_t i = 0; i < d->count; i++) lt_ids_clear(&d->ids[i]);
    free(d);
}

/* Draws many times; each outcome must be expected, and as frequent as it is: within five deviations. */
static void check_draws(distribution *d, const lt_sampler *sampler, const lt_ids *best)
{
    lt_ids ids = {0};
    double sum = 0;
    for (size_t i = 0; i < d->count; i++) sum += d->probability[i];
    assert_true(fabs(sum - 1) < 1e-9);
    for (uint64_t seed = 0; seed < DRAWS; seed++) {
        draw(sampler, &ids, best, seed);
        size_t outcome = outcome_of(d, &ids);
        assert_true(outcome < d->count);
        d->drawn[outcome]++;
    }
    for (size_t i = 0; i < d->count; i++) {
        double p = d->probability[i], deviation = sqrt(p * (1 - p) * DRAWS);
        if (fabs((double)d->drawn[i] - p * DRAWS) > 5 * deviation + 1)
            fail_msg("outcome %zu of %zu: drawn %zu times, not %g", i, d->count, d->drawn[i], p * DRAWS);
    }
    lt_ids_clear(&ids);
}

static lt_status add_outcome(void *context, const int32_t *ids, size_t count, double score, lt_error *error)
{
    distribution *d = context;
    d->probability[d->count] = score;
    return lt_ids_append(&d->ids[d->count++], ids, count, error);
}

/* SentencePiece's own list of all segmentations of a text, with its own log-probabilities: P^alpha, in the
 * proportion of which its manual says that it samples. */
static void unigram_draws_in_proportion_to_p_to_the_alpha(void **state)
{
    (void)state;
    static const double alphas[] = {0, 0.1, 0.5, 1, 3};
    lt_tokenizer *tokenizer = tokenizer_of_kind(0);
    static const char text[] = "a small cat";
    lt_ids best = best_of(tokenizer, text);
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++) {
        distribution *d = calloc(1, sizeof *d);
        lt_sampler *sampler = sampler_of(tokenizer, alphas[a]);
        assert_int_equal(lt_tokenizer_nbest(tokenizer, text, strlen(text), OUTCOMES, add_outcome, d, NULL),
                         LT_OK);
        assert_in_range(d->count, 20, OUTCOMES - 1); /* all there are */
        double total = 0;
        for (size_t i = 0; i < d->count; i++) total += exp(alphas[a] * d->probability[i]);
        for (size_t i = 0; i < d->count; i++) d->probability[i] = exp(alphas[a] * d->probability[i]) / total;
        check_draws(d, sampler, &best);
        lt_sampler_free(sampler);
        clear_distribution(d);
    }
    lt_ids_clear(&best);
    lt_tokenizer_free(tokenizer);
}

/* The piece that text[begin, end) is. */
static int32_t piece_of(const lt_tokenizer *tokenizer, const char *text, size_t begin, size_t end)
{
    char piece[64];
    snprintf(piece, sizeof piece, "%.*s", (int)(end - begin), text + begin);
    return lt_tokenizer_id(tokenizer, piece);
}

/* Algorithm 1 of Provilkov et al. 2020, all its ways: adds what comes of a text cut into `count` symbols at
 * cuts[0..count], reached with probability `p`. The best of the possible merges is the one whose piece has
 * the lowest id, since bpe numbers them so; of equals, the first. */
static void all_ways(distribution *d, const lt_tokenizer *tokenizer, const char *text, const size_t *cuts,
                     size_t count, double dropout, double p)
{
    struct merge {
        size_t at;
        int32_t id;
    } merges[16];
    size_t found = 0;
    for (size_t i = 0; i + 1 < count; i++) {
        int32_t id = piece_of(tokenizer, text, cuts[i], cuts[i + 2]);
        if (id == LT_UNK) continue;
        size_t place = found++;
        for (; place > 0 && merges[place - 1].id > id; place--) merges[place] = merges[place - 1];
        merges[place] = (struct merge){i, id};
    }
    for (size_t m = 0; m < found; m++, p *= dropout) { /* this one is made: the better ones are dropped */
        size_t next[17] = {0};
        for (size_t i = 0; i < count; i++) next[i] = cuts[i <= merges[m].at ? i : i + 1];
        all_ways(d, tokenizer, text, next, count - 1, dropout, p * (1 - dropout));
    }
    lt_ids ids = {0}; /* all are dropped */
    for (size_t i = 0; i < count; i++)
        assert_int_equal(lt_ids_add(&ids, piece_of(tokenizer, text, cuts[i], cuts[i + 1]), NULL), LT_OK);
    size_t outcome = outcome_of(d, &ids);
    if (outcome == d->count)
        d->ids[d->count++] = ids;
    else
        lt_ids_clear(&ids);
    d->probability[outcome] += p;
}

static void bpe_drops_merges_as_the_algorithm_says(void **state)
{
    (void)state;
    static const double dropouts[] = {0.1, 0.5, 1};
    lt_tokenizer *tokenizer = tokenizer_of_kind(2);
    lt_ids best = best_of(tokenizer, "kleine");
    assert_in_range(best.count, 1, 3);
    for (size_t a = 0; a < sizeof dropouts / sizeof *dropouts; a++) {
        static const size_t cuts[] = {0, 3, 4, 5, 6, 7, 8, 9};
        distribution *d = calloc(1, sizeof *d);
        lt_sampler *sampler = sampler_of(tokenizer, dropouts[a]);
        all_ways(d, tokenizer, "\xE2\x96\x81kleine", cuts, 7, dropouts[a], 1);
        assert_in_range(d->count, 4, OUTCOMES);
        check_draws(d, sampler, &best);
        lt_sampler_free(sampler);
        clear_distribution(d);
    }
    lt_ids_clear(&best);
    lt_tokenizer_free(tokenizer);
}

/* ---- refusals and long lines ---- */

static void what_cannot_be_drawn_is_said(void **state)
{
    (void)state;
    lt_error error = {0};
    for (int type = LT_TOKENIZER_UNIGRAM; type <= LT_TOKENIZER_WORD; type++) {
        lt_tokenizer_options options = options_of(type);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        bool draws = type == LT_TOKENIZER_UNIGRAM || type == LT_TOKENIZER_BPE;
        lt_sampler *sampler;
        assert_int_equal(lt_tokenizer_type(tokenizer), type);
        assert_int_equal(lt_sampler_create(&sampler, tokenizer, 0.1, &error), draws ? LT_OK : LT_ERROR_USAGE);
        lt_sampler_free(sampler);
        assert_int_equal(lt_sampler_create(&sampler, tokenizer, -0.1, &error), LT_ERROR_USAGE);
        assert_null(sampler);
        assert_int_equal(lt_sampler_create(&sampler, tokenizer, NAN, &error), LT_ERROR_USAGE);
        lt_tokenizer_free(tokenizer);
    }
}

/* A model that SentencePiece's own tools made, with a symbol of the user's: piece 4 is turned into one. */
static void user_defined_pieces_are_refused(void **state)
{
    (void)state;
    static const char defined[] = {0x0A, 5,    0x0A, 1,
                                   'Q',  0x18, 4}; /* pieces { piece: "Q" type: USER_DEFINED } */
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    lt_text model = model_of(&options);
    lt_tokenizer *tokenizer;
    lt_sampler *sampler;
    lt_error error = {0};
    assert_int_equal(lt_text_append(&model, defined, sizeof defined, NULL), LT_OK);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", NULL, &error), LT_OK);
    assert_int_equal(lt_sampler_create(&sampler, tokenizer, 0.1, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "user-defined"));
    lt_tokenizer_free(tokenizer);
    lt_text_clear(&model);
}

static void long_lines_are_drawn_whole(void **state)
{
    (void)state;
    lt_text text = {0};
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(lt_text_appendf(&text, NULL, "two small cats in the kleiner Garten "), LT_OK);
    for (size_t i = 0; i < 3000; i++) assert_int_equal(lt_text_appendf(&text, NULL, "katze"), LT_OK);
    for (size_t k = 0; k < KINDS; k++) {
        lt_tokenizer *tokenizer = tokenizer_of_kind(k);
        lt_sampler *sampler = sampler_of(tokenizer, 0.1);
        lt_ids best = best_of(tokenizer, text.data), drawn = {0};
        draw(sampler, &drawn, &best, 7);
        assert_same_text(tokenizer, &drawn, &best);
        assert_true(drawn.count > best.count);
        lt_ids_clear(&best);
        lt_ids_clear(&drawn);
        lt_sampler_free(sampler);
        lt_tokenizer_free(tokenizer);
    }
    lt_text_clear(&text);
}

/* ---- options ---- */

static lt_status check(const char *key, const char *text, int type, double src, lt_error *error)
{
    lt_tokenizer_options options = options_of(type);
    void *base = &options;
    lt_error none;
    options.regularization.src = src;
    if (key) {
        const lt_option *option = lt_options_find(&options, lt_tokenizer_table, key, &base, &none);
        assert_int_equal(lt_option_parse(base, option, key, text, &none), LT_OK);
    }
    return lt_regularization_check(&options, error);
}

static void options_without_an_effect_are_refused(void **state)
{
    (void)state;
    lt_error error = {0};
    for (int type = LT_TOKENIZER_UNIGRAM; type <= LT_TOKENIZER_WORD; type++) {
        bool unigram = type == LT_TOKENIZER_UNIGRAM, bpe = type == LT_TOKENIZER_BPE;
        assert_int_equal(check(NULL, NULL, type, 0, &error), LT_OK);
        assert_int_equal(check(NULL, NULL, type, 0.5, &error), unigram || bpe ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(check("regularization.alpha", "0.3", type, 0.5, &error),
                         unigram ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(check("regularization.dropout", "0.2", type, 0.5, &error),
                         bpe ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(check("regularization.trg", "0.2", type, 0, &error),
                         unigram || bpe ? LT_OK : LT_ERROR_USAGE);
        assert_int_equal(check("regularization.alpha", "0.3", type, 0, &error), LT_ERROR_USAGE);
        assert_int_equal(check("regularization.dropout", "0.2", type, 0, &error), LT_ERROR_USAGE);
        assert_non_null(strstr(error.message, "tokenizer.regularization.dropout: 0.2"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_the_best_segmentation),
        cmocka_unit_test(a_draw_is_a_function_of_its_seed),
        cmocka_unit_test(unigram_draws_in_proportion_to_p_to_the_alpha),
        cmocka_unit_test(bpe_drops_merges_as_the_algorithm_says),
        cmocka_unit_test(what_cannot_be_drawn_is_said),
        cmocka_unit_test(user_defined_pieces_are_refused),
        cmocka_unit_test(long_lines_are_drawn_whole),
        cmocka_unit_test(options_without_an_effect_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
