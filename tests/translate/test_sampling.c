/* Drawn translations: as often as the model says, with the model's figures, and the same in any company. */
#include "tests/translate/search_fixture.h"

static void draw(setting *s, const lt_batch *batch, size_t wanted, lt_search_result *result)
{
    assert_ok(lt_search(result, s->decoder, s->model, batch, NULL, &s->options, wanted, false, &error));
    assert_int_equal(result->count, batch->size * wanted);
}

/* Which of the things that can be said, or SAID where it was cut. */
static size_t number_of(const lt_search_result *result, const lt_hypothesis *one)
{
    int32_t ids[LIMIT];
    for (size_t number = 0; number < SAID && !one->cut; number++)
        if (say(number, ids) == one->length &&
            memcmp(ids, result->ids.items + one->begin, one->length * sizeof *ids) == 0)
            return number;
    assert_true(one->cut);
    return SAID;
}

/* Chi-square over what can be said, rare things and what is cut taken together. */
static double chi_square(const double *p, const size_t *hits, size_t samples, size_t *freedom)
{
    double sum = 0, rest_p = 1, rest_hits = (double)samples;
    *freedom = 0;
    for (size_t i = 0; i < SAID; i++) {
        const double expected = p[i] * (double)samples;
        if (expected < 5) continue;
        sum += ((double)hits[i] - expected) * ((double)hits[i] - expected) / expected;
        rest_p -= p[i];
        rest_hits -= (double)hits[i];
        ++*freedom;
    }
    const double expected = rest_p * (double)samples;
    return sum + (rest_hits - expected) * (rest_hits - expected) / fmax(expected, 1);
}

static void translations_come_as_often_as_the_model_says(void **state)
{
    (void)state;
    enum { EACH = 1000, SEEDS = 20 };
    setting s;
    set_up(&s, false);
    s.options.sampling = true;
    static size_t hits[SOURCES][SAID + 1];
    memset(hits, 0, sizeof hits);
    for (s.options.sampling_seed = 0; s.options.sampling_seed < SEEDS; s.options.sampling_seed++) {
        draw(&s, &s.f.batch, EACH, &s.result);
        for (size_t h = 0; h < s.result.count; h++)
            hits[s.result.items[h].sentence][number_of(&s.result, &s.result.items[h])]++;
    }
    for (size_t b = 0; b < SOURCES; b++) {
        double p[SAID];
        size_t freedom;
        for (size_t i = 0; i < SAID; i++) {
            int32_t ids[LIMIT];
            const size_t length = say(i, ids);
            p[i] = exp(score_of(&s, b, ids, length));
        }
        const double found = chi_square(p, hits[b], (size_t)EACH * SEEDS, &freedom);
        print_message("source %zu: chi-square %.1f of %zu degrees of freedom\n", b, found, freedom);
        assert_true(freedom > 10 && found < (double)freedom + 4 * sqrt(2 * (double)freedom));
    }
    tear_down(&s);
}

/* Whatever they are drawn by. */
static void figures_are_the_models(void **state)
{
    (void)state;
    setting s;
    set_up(&s, true);
    s.options.sampling = true;
    s.options.temperature = 1.7;
    s.options.top_k = 4;
    s.options.top_p = 0.95;
    draw(&s, &s.f.batch, 20, &s.result);
    size_t complete = 0;
    for (size_t h = 0; h < s.result.count; h++) {
        const lt_hypothesis *one = &s.result.items[h];
        if (one->cut) continue;
        assert_true(one->log_probability ==
                    score_of(&s, one->sentence, s.result.ids.items + one->begin, one->length));
        assert_true(one->score == one->log_probability / (double)(one->length + 1));
        complete++;
    }
    assert_true(complete > SOURCES * 5);
    tear_down(&s);
}

static void samples_depend_on_their_line_alone(void **state)
{
    (void)state;
    setting s;
    lt_search_result alone = {0};
    set_up(&s, false);
    s.options.sampling = true;
    s.options.temperature = 1.3;
    s.options.no_repeat_ngram = 2;
    s.options.min_length_factor = 0.3;
    for (size_t b = 0; b < SOURCES; b++) s.f.src_length[b] = b % (SRC_LENGTH + 1);
    draw(&s, &s.f.batch, 5, &s.result);
    for (size_t b = 0; b < SOURCES; b++) {
        lt_batch one = {1, &s.f.src[b], &s.f.src_length[b], NULL, NULL};
        draw(&s, &one, 5, &alone);
        same_sentence(&alone, 0, &s.result, b);
        draw(&s, &one, 2, &alone); /* the first samples do not depend on how many there are */
        for (size_t i = 0; i < 2; i++)
            assert_true(alone.items[i].log_probability == s.result.items[b * 5 + i].log_probability);
    }
    size_t others = 0;
    s.options.sampling_seed++;
    draw(&s, &s.f.batch, 5, &alone);
    for (size_t h = 0; h < alone.count; h++)
        others += alone.items[h].log_probability != s.result.items[h].log_probability;
    assert_true(others > SOURCES * 2);
    lt_search_result_clear(&alone);
    tear_down(&s);
}

static void one_of_one_is_greedy(void **state)
{
    (void)state;
    setting s;
    lt_search_result greedy = {0};
    set_up(&s, false);
    s.options.beam_size = 1;
    draw(&s, &s.f.batch, 1, &greedy);
    s.options.sampling = true;
    s.options.top_k = 1;
    draw(&s, &s.f.batch, 1, &s.result);
    for (size_t b = 0; b < SOURCES; b++) same_sentence(&greedy, b, &s.result, b);
    s.options.top_k = 0;
    s.options.top_p = 0.0001;
    draw(&s, &s.f.batch, 1, &s.result);
    for (size_t b = 0; b < SOURCES; b++) same_sentence(&greedy, b, &s.result, b);
    lt_search_result_clear(&greedy);
    tear_down(&s);
}

/* Under the rules for what may be said, and of the pieces of a list. */
static void samples_keep_to_the_rules(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    s.options.sampling = true;
    s.options.no_repeat_ngram = 1;
    s.options.min_length_factor = 0.5;
    s.options.max_length_factor = 2;
    static int32_t ids[SOURCES * 4];
    static size_t start[SOURCES + 1];
    for (size_t b = 0; b < SOURCES; b++) {
        static const int32_t one[] = {LT_EOS, 4, 6, 7};
        memcpy(ids + b * 4, one, sizeof one);
        start[b + 1] = (b + 1) * 4;
    }
    const lt_output_lists lists = {ids, start};
    assert_ok(lt_search(&s.result, s.decoder, s.model, &s.f.batch, &lists, &s.options, 40, true, &error));
    assert_int_equal(s.result.looked_at.count, s.result.ids.count);
    size_t longest = 0;
    for (size_t h = 0; h < s.result.count; h++) {
        const lt_hypothesis *one = &s.result.items[h];
        assert_true(one->length >= 2 && !one->cut);
        assert_false(repeats(s.result.ids.items + one->begin, one->length, 1));
        longest += one->length == 3;
    }
    for (size_t i = 0; i < s.result.ids.count; i++) {
        assert_int_not_equal(s.result.ids.items[i], 5);
        assert_true(s.result.looked_at.items[i] <= SRC_LENGTH);
    }
    assert_true(longest > 5);
    tear_down(&s);
}

static void a_model_that_overflows_is_refused(void **state)
{
    (void)state;
    setting s;
    set_up(&s, false);
    real *values = lt_model_values(s.model);
    for (size_t i = 0; i < lt_model_size(s.model); i++) values[i] = 3e38f;
    lt_model_pack(s.model, s.pool);
    for (s.options.sampling = true; s.options.top_k < 3; s.options.top_k++)
        assert_int_equal(
            lt_search(&s.result, s.decoder, s.model, &s.f.batch, NULL, &s.options, 1, false, &error),
            LT_ERROR_NUMERIC);
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(translations_come_as_often_as_the_model_says),
        cmocka_unit_test(figures_are_the_models),
        cmocka_unit_test(samples_depend_on_their_line_alone),
        cmocka_unit_test(one_of_one_is_greedy),
        cmocka_unit_test(samples_keep_to_the_rules),
        cmocka_unit_test(a_model_that_overflows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
