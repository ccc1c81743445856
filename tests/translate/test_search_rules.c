/* Coverage penalty, least length and n-grams that do not repeat: against everything a tiny model can say. */
#include "tests/translate/search_fixture.h"

typedef struct said {
    int32_t ids[LIMIT];
    size_t length;
    double log_probability, score;
} said;

static int better(const void *a, const void *b)
{
    const said *x = a, *y = b;
    return x->score > y->score ? -1 : x->score < y->score;
}

/* Equation 14's sum of logarithms, from the decoder taken through one translation and its end. */
static double uncovered(const setting *s, size_t sentence, const int32_t *ids, size_t length)
{
    double covered[SRC_LENGTH] = {0}, sum = 0;
    lt_batch alone = {1, &s->f.src[sentence], &s->f.src_length[sentence], NULL, NULL};
    assert_ok(lt_decoder_start(s->decoder, &alone, 1, 1, &error));
    int32_t before = LT_BOS;
    for (size_t t = 0; t <= length; t++) {
        lt_candidate candidate;
        size_t positions;
        assert_ok(lt_decoder_step(s->decoder, 1, &(uint32_t){0}, &before, false, &candidate, &error));
        const real *alpha = lt_decoder_alignment(s->decoder, 0, &positions);
        assert_int_equal(positions, SRC_LENGTH + 1);
        for (size_t i = 0; i < SRC_LENGTH; i++) covered[i] += (double)alpha[i];
        if (t < length) before = ids[t];
    }
    for (size_t i = 0; i < SRC_LENGTH; i++) sum += log(fmin(covered[i], 1));
    return sum;
}

/* Everything that the options allow, best first. */
static size_t say_all(const setting *s, size_t sentence, size_t minimum, said *all)
{
    size_t count = 0;
    for (size_t number = 0; number < SAID; number++) {
        said *one = &all[count];
        one->length = say(number, one->ids);
        if (one->length < minimum || repeats(one->ids, one->length, (size_t)s->options.no_repeat_ngram))
            continue;
        one->log_probability = score_of(s, sentence, one->ids, one->length);
        one->score = one->log_probability / pow((double)(one->length + 1), s->options.normalize);
        if (s->options.coverage_penalty > 0)
            one->score += s->options.coverage_penalty * uncovered(s, sentence, one->ids, one->length);
        count++;
    }
    qsort(all, count, sizeof *all, better);
    return count;
}

/* The `wanted` best of a beam that holds all; `minimum` is what min_length_factor comes to. */
static void same_as_exhaustive(setting *s, size_t minimum, size_t wanted)
{
    static said all[SAID];
    s->options.beam_size = ALL;
    assert_ok(
        lt_search(&s->result, s->decoder, s->model, &s->f.batch, NULL, &s->options, wanted, false, &error));
    size_t at = 0;
    for (size_t b = 0; b < SOURCES; b++) {
        const size_t count = say_all(s, b, minimum, all);
        for (size_t i = 0; i < wanted && i < count; i++, at++) {
            const lt_hypothesis *found = &s->result.items[at];
            assert_true(at < s->result.count && found->sentence == b && !found->cut);
            assert_int_equal(found->length, all[i].length);
            assert_memory_equal(s->result.ids.items + found->begin, all[i].ids,
                                found->length * sizeof(int32_t));
            assert_true(found->log_probability == all[i].log_probability); /* to the last bit */
            assert_true(fabs(found->score - all[i].score) < 1e-5);
            const double plain =
                found->log_probability / pow((double)(found->length + 1), s->options.normalize);
            assert_true(fabs(plain + found->coverage_penalty - found->score) < 1e-12);
        }
    }
}

static void coverage_ranks_as_equation_14(void **state)
{
    (void)state;
    static const double betas[] = {0.05, 0.2, 1, 20}, powers[] = {0, 0.6, 1, 3};
    for (int reversed = 0; reversed < 2; reversed++) {
        setting s;
        set_up(&s, reversed);
        for (size_t i = 0; i < 4; i++)
            for (size_t p = 0; p < 4; p++) {
                s.options.coverage_penalty = betas[i];
                s.options.normalize = powers[p];
                same_as_exhaustive(&s, 0, 20);
                same_as_exhaustive(&s, 0, 1); /* left early */
            }
        tear_down(&s);
    }
}

static void coverage_is_of_the_hypothesis(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    for (int64_t beam = 1; beam <= 5; beam++) { /* beams that are too small, and reorder their rows */
        s.options.beam_size = beam;
        s.options.coverage_penalty = 0.3;
        assert_ok(lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, (size_t)beam, false,
                            &error));
        for (size_t h = 0; h < s.result.count; h++) {
            const lt_hypothesis *one = &s.result.items[h];
            const size_t steps = one->length - one->cut;
            const double sum = uncovered(&s, one->sentence, s.result.ids.items + one->begin, steps);
            assert_true(fabs(one->coverage_penalty - 0.3 * sum) < 1e-5);
        }
    }
    tear_down(&s);
}

static void no_translation_is_too_short(void **state)
{
    (void)state;
    static const struct {
        double factor;
        size_t minimum;
    } rules[] = {{0.01, 1}, {0.34, 2}, {0.6, 2}, {0.67, 3}, {1, 3}};
    setting s;
    set_up(&s, false);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        s.options.min_length_factor = rules[i].factor;
        same_as_exhaustive(&s, rules[i].minimum, 20);
    }
    s.options.coverage_penalty = 0.5;
    same_as_exhaustive(&s, 3, 20);
    tear_down(&s);
}

static void no_ngram_comes_twice(void **state)
{
    (void)state;
    setting s;
    set_up(&s, true);
    for (int64_t n = 1; n <= 3; n++) {
        s.options.no_repeat_ngram = n;
        s.options.min_length_factor = 0;
        same_as_exhaustive(&s, 0, 30);
        s.options.min_length_factor = 0.5;
        same_as_exhaustive(&s, 2, 20);
    }
    tear_down(&s);
}

/* A model that does not want to end, of four pieces that may come once each: after them the end is all that
 * is left, even where more pieces are wanted. */
static void what_has_nothing_left_ends(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    set_bias(&s, LT_EOS, -20);
    s.options.max_length_factor = 10;
    s.options.no_repeat_ngram = 1;
    for (int sampling = 0; sampling < 2; sampling++)
        for (double factor = 0; factor <= 3; factor += 3) {
            s.options.min_length_factor = factor;
            s.options.sampling = sampling;
            assert_ok(
                lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 3, false, &error));
            assert_int_equal(s.result.count, SOURCES * 3);
            for (size_t h = 0; h < s.result.count; h++) {
                assert_int_equal(s.result.items[h].length, WORDS);
                assert_false(s.result.items[h].cut);
                assert_true(isfinite(s.result.items[h].score));
            }
        }
    tear_down(&s);
}

static void the_end_has_its_place(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    set_bias(&s, LT_EOS, 20); /* it wants to end, and at the limit it can */
    s.options.min_length_factor = s.options.max_length_factor = 0.1;
    assert_ok(lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 1, false, &error));
    for (size_t h = 0; h < s.result.count; h++) assert_false(s.result.items[h].cut);
    tear_down(&s);
}

static void sentences_do_not_see_each_other(void **state)
{
    (void)state;
    setting s;
    lt_search_result alone = {0};
    set_up(&s, true);
    for (size_t b = 0; b < SOURCES; b++) s.f.src_length[b] = b % (SRC_LENGTH + 1);
    s.options.beam_size = 3;
    s.options.coverage_penalty = 0.4;
    s.options.min_length_factor = 0.5;
    s.options.no_repeat_ngram = 2;
    s.options.replace_unk = true;
    set_bias(&s, LT_UNK, 0);
    assert_ok(lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 3, true, &error));
    for (size_t b = 0; b < SOURCES; b++) {
        lt_batch one = {1, &s.f.src[b], &s.f.src_length[b], NULL, NULL};
        assert_ok(lt_search(&alone, s.decoder, s.model, &one, NULL, &s.options, 3, true, &error));
        same_sentence(&alone, 0, &s.result, b);
    }
    lt_search_result_clear(&alone);
    tear_down(&s);
}

/* With replace_unk an unknown piece looks at a word, wherever else the model looks most. */
static void unknown_pieces_look_at_words(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    set_bias(&s, LT_UNK, 3);
    size_t unknown = 0, at_the_end = 0;
    for (int replace = 0; replace < 2; replace++) {
        s.options.allow_unk = true;
        s.options.replace_unk = replace;
        assert_ok(lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 5, true, &error));
        for (size_t i = 0; i < s.result.ids.count; i++) {
            if (s.result.ids.items[i] != LT_UNK) continue;
            if (replace) assert_true(s.result.looked_at.items[i] < SRC_LENGTH);
            unknown += (size_t)replace;
            at_the_end += s.result.looked_at.items[i] == SRC_LENGTH;
        }
    }
    assert_true(unknown > 10 && at_the_end > 3);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coverage_ranks_as_equation_14),   cmocka_unit_test(coverage_is_of_the_hypothesis),
        cmocka_unit_test(no_translation_is_too_short),     cmocka_unit_test(no_ngram_comes_twice),
        cmocka_unit_test(what_has_nothing_left_ends),      cmocka_unit_test(the_end_has_its_place),
        cmocka_unit_test(sentences_do_not_see_each_other), cmocka_unit_test(unknown_pieces_look_at_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
