/* A decoder whose sentences have lists of output pieces: the full vocabulary's candidates, those of the list,
 * with probabilities that add up over it. */
#include <math.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { V = 203, SENTENCES = 5, EACH = 3, ROWS = SENTENCES * EACH, ALL = V - 2 };

static lt_error error;
static lt_model *model;
static fixture_batch f;
static int32_t ids[SENTENCES * V];
static size_t start[SENTENCES + 1];
static const lt_output_lists lists = {ids, start};

static int set_up(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(2, 20, 12, LT_TIED_NONE);
    options.decoder.attention = LT_ATTENTION_DOT;
    assert_ok(lt_model_create(&model, &options, V, V, 3, &error));
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] *= 3;
    lt_model_pack(model, NULL);
    fixture_batch_init(&f, SENTENCES, 7, V, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lt_model_free(model);
    return 0;
}

/* Sentence b's list has about one in `of[b]` of the pieces, and the end of sentence. */
static void draw_lists(const size_t of[SENTENCES])
{
    lt_rng rng;
    lt_rng_init(&rng, 9);
    size_t count = 0;
    for (size_t b = 0; b < SENTENCES; b++) {
        start[b] = count;
        for (int32_t v = 0; v < V; v++)
            if (v == LT_EOS || lt_rng_below(&rng, of[b]) == 0) ids[count++] = v;
    }
    start[SENTENCES] = count;
}

/* Two steps, EACH rows a sentence at the second, in an order in which sentences come and go. */
static void decode(lt_decoder *decoder, bool allow_unk, lt_candidate *candidates)
{
    uint32_t parents[ROWS];
    int32_t tokens[ROWS];
    lt_candidate first[SENTENCES * ALL];
    for (uint32_t b = 0; b < SENTENCES; b++) parents[b] = b, tokens[b] = LT_BOS;
    assert_ok(lt_decoder_step(decoder, SENTENCES, parents, tokens, allow_unk, first, &error));
    for (uint32_t r = 0; r < ROWS; r++) parents[r] = r % SENTENCES, tokens[r] = (int32_t)(4 + r);
    parents[1] = 0;
    assert_ok(lt_decoder_step(decoder, ROWS, parents, tokens, allow_unk, candidates, &error));
}

static void begin(lt_decoder *decoder, bool restricted)
{
    lt_batch sources = {SENTENCES, f.src, f.src_length, NULL, NULL};
    assert_ok(lt_decoder_start(decoder, &sources, ROWS, ALL, &error));
    if (restricted) assert_ok(lt_decoder_restrict(decoder, &lists, &error));
}

static size_t sentence_of(size_t r)
{
    return r == 1 ? 0 : r % SENTENCES;
}

static bool listed(size_t b, int32_t id)
{
    for (size_t i = start[b]; i < start[b + 1]; i++)
        if (ids[i] == id) return true;
    return false;
}

/* `full` are all candidates of the row, `some` those it has with its sentence's list. */
static void check_row(size_t b, const lt_candidate *full, const lt_candidate *some)
{
    size_t next = 0;
    double shift = (double)some[0].log_probability;
    for (size_t i = 0; i < ALL; i++) {
        if (!listed(b, full[i].id)) continue;
        if (next == 0) shift -= (double)full[i].log_probability;
        assert_int_equal(some[next].id, full[i].id);
        if (fabs((double)some[next].log_probability - (double)full[i].log_probability - shift) > 2e-5)
            fail_msg("piece %d has %.8g, not %.8g", full[i].id, (double)some[next].log_probability,
                     (double)full[i].log_probability + shift);
        next++;
    }
    for (; next < ALL; next++) assert_true(some[next].id == LT_EOS && isinf(some[next].log_probability));
    assert_true(shift >= 0);
}

static void candidates_are_the_lists(void **state)
{
    (void)state;
    static lt_candidate full[ROWS * ALL], some[ROWS * ALL];
    const size_t of[SENTENCES] = {1, 2, 7, 50, 100000};
    lt_decoder *decoder;
    draw_lists(of);
    assert_ok(lt_decoder_create(&decoder, model, &error));
    for (int unk = 0; unk < 2; unk++) {
        begin(decoder, true);
        decode(decoder, unk, some);
        begin(decoder, false); /* what is left of the lists is gone */
        decode(decoder, unk, full);
        for (size_t r = 0; r < ROWS; r++) check_row(sentence_of(r), full + r * ALL, some + r * ALL);
        for (size_t r = 0; r < ROWS; r++) { /* probabilities over a list add up to 1 */
            size_t b = sentence_of(r);
            if (!unk || listed(b, LT_PAD) || listed(b, LT_BOS)) continue;
            double sum = 0;
            for (size_t i = 0; i < ALL; i++) sum += exp((double)some[r * ALL + i].log_probability);
            assert_float_equal(sum, 1, 1e-5);
        }
    }
    lt_decoder_free(decoder);
}

static void the_whole_vocabulary_is_no_list(void **state)
{
    (void)state;
    static lt_candidate full[ROWS * ALL], listed_all[ROWS * ALL];
    const size_t of[SENTENCES] = {1, 1, 1, 1, 1};
    lt_decoder *decoder;
    draw_lists(of);
    assert_ok(lt_decoder_create(&decoder, model, &error));
    begin(decoder, false);
    decode(decoder, false, full);
    begin(decoder, true);
    decode(decoder, false, listed_all);
    for (size_t i = 0; i < ROWS * ALL; i++) {
        assert_int_equal(full[i].id, listed_all[i].id);
        assert_memory_equal(&full[i].log_probability, &listed_all[i].log_probability, sizeof(float));
    }
    lt_decoder_free(decoder);
}

static void lists_are_checked(void **state)
{
    (void)state;
    static const int32_t wrong[][2] = {{LT_EOS, LT_EOS}, {9, LT_EOS}, {LT_EOS, V}, {-1, LT_EOS}, {4, 5}};
    lt_decoder *decoder;
    assert_ok(lt_decoder_create(&decoder, model, &error));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lt_batch sources = {1, f.src, f.src_length, NULL, NULL};
        const size_t begins[] = {0, 2};
        const lt_output_lists list = {wrong[i], begins};
        assert_ok(lt_decoder_start(decoder, &sources, ROWS, ALL, &error));
        assert_int_equal(lt_decoder_restrict(decoder, &list, &error), LT_ERROR_USAGE);
    }
    lt_decoder_free(decoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(candidates_are_the_lists),
        cmocka_unit_test(the_whole_vocabulary_is_no_list),
        cmocka_unit_test(lists_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
