/* Several models that predict together: what each says alone, averaged by hand, in scoring and in decoding.
 */
#include <math.h>
#include <stdlib.h>

#include "tests/model/network_fixture.h"

enum { V = 61, SENTENCES = 12, LONGEST = 9, MODELS = 4, ALL = V - 2, PIECES = SENTENCES * (LONGEST + 1) };

static lt_error error;
static lt_model *models[MODELS];
static const lt_model *list[MODELS];
static lt_pool *pools[3];
static fixture_batch f;
static const double weights[MODELS] = {1, 2, 0.5, 4}, shares[MODELS] = {1 / 7.5, 2 / 7.5, 0.5 / 7.5, 4 / 7.5};
static const lt_ensemble ensemble = {list, MODELS, weights};

/* No attention; and with it read from the end, from the beginning and from both, of other cells, widths and
 * numbers of layers. */
static void describe(lt_model_options options[MODELS])
{
    options[0] = fixture_options(2, 20, 12, LT_TIED_NONE);
    options[0].encoder.reverse_source = true;
    options[1] = fixture_options(1, 16, 16, LT_TIED_TARGET);
    options[1].encoder.reverse_source = false;
    options[1].encoder.cell = options[1].decoder.cell = LT_CELL_GRU;
    options[1].decoder.attention = LT_ATTENTION_DOT;
    options[2] = fixture_options(1, 24, 8, LT_TIED_NONE);
    options[2].encoder.reverse_source = false;
    options[2].encoder.bidirectional = LT_BIDIRECTIONAL;
    options[2].decoder.attention = LT_ATTENTION_ADDITIVE;
    options[2].decoder.input_feeding = options[2].decoder.coverage = true;
    options[3] = fixture_options(1, 16, 16, LT_TIED_NONE);
    options[3].encoder.reverse_source = true;
    options[3].decoder.attention = LT_ATTENTION_GENERAL;
}

static int set_up(void **state)
{
    (void)state;
    lt_model_options options[MODELS];
    describe(options);
    for (size_t workers = 1; workers <= 2; workers++)
        assert_ok(lt_pool_create(&pools[workers], workers, &error));
    for (size_t m = 0; m < MODELS; m++) {
        assert_ok(lt_model_create(&models[m], &options[m], V, V, m + 1, &error));
        for (size_t i = 0; i < lt_model_size(models[m]); i++) lt_model_values(models[m])[i] *= 4;
        if (m == 1) assert_ok(lt_model_set_precision(models[m], LT_INT8, false, &error));
        lt_model_pack(models[m], NULL);
        list[m] = models[m];
    }
    fixture_batch_init(&f, SENTENCES, LONGEST, V, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t m = 0; m < MODELS; m++) lt_model_free(models[m]);
    for (size_t workers = 1; workers <= 2; workers++) lt_pool_free(pools[workers]);
    return 0;
}

static void close_to(double found, double wanted, const char *what)
{
    if (!(fabs(found - wanted) < 1e-5 * (1 + fabs(wanted))))
        fail_msg("%s: %.9g, by hand %.9g", what, found, wanted);
}

static void scores_are_means_of_probabilities(void **state)
{
    (void)state;
    double sums[SENTENCES], by_hand[PIECES] = {0};
    float pieces[PIECES];
    size_t at = 0;
    for (size_t m = 0; m < MODELS; m++) {
        assert_ok(lt_model_score(models[m], pools[1], &f.batch, sums, pieces, &error));
        for (size_t i = 0; i < PIECES; i++) by_hand[i] += shares[m] * exp((double)pieces[i]);
    }
    assert_ok(lt_ensemble_score(&ensemble, pools[1], &f.batch, sums, pieces, &error));
    for (size_t b = 0; b < SENTENCES; b++) {
        double sum = 0;
        for (size_t t = 0; t <= f.trg_length[b]; t++, at++) {
            close_to((double)pieces[at], log(by_hand[at]), "log p of a piece");
            sum += (double)pieces[at];
        }
        assert_true(sum == sums[b]);
    }
}

static void scores_do_not_depend_on_the_batch(void **state)
{
    (void)state;
    double whole[SENTENCES], other[SENTENCES];
    assert_ok(lt_ensemble_score(&ensemble, pools[1], &f.batch, whole, NULL, &error));
    assert_ok(lt_ensemble_score(&ensemble, pools[2], &f.batch, other, NULL, &error));
    assert_memory_equal(whole, other, sizeof whole);
    for (size_t b = 0; b < SENTENCES; b++) {
        lt_batch one = {1, f.src + b, f.src_length + b, f.trg + b, f.trg_length + b};
        assert_ok(lt_ensemble_score(&ensemble, pools[1], &one, other, NULL, &error));
        assert_true(*other == whole[b]);
    }
}

/* ---- decoding ---- */

static lt_decoder *started(const lt_ensemble *of, const lt_batch *batch, size_t k)
{
    lt_decoder *decoder;
    assert_ok(lt_decoder_create_ensemble(&decoder, of, &error));
    assert_ok(lt_decoder_start(decoder, batch, 0, k, &error));
    return decoder;
}

/* One step of all sentences along their targets; those that are over go on with anything. */
static void step(lt_decoder *decoder, const fixture_batch *texts, size_t t, lt_candidate *candidates)
{
    uint32_t parents[SENTENCES];
    int32_t tokens[SENTENCES];
    for (uint32_t b = 0; b < texts->batch.size; b++) {
        parents[b] = b;
        tokens[b] = t == 0 ? LT_BOS : texts->trg[b][t - 1];
    }
    assert_ok(lt_decoder_step(decoder, texts->batch.size, parents, tokens, true, candidates, &error));
}

static void add_alone(const lt_candidate *candidates, double share, double by_hand[SENTENCES][V])
{
    for (size_t b = 0; b < SENTENCES; b++)
        for (size_t i = 0; i < ALL && isfinite(candidates[b * ALL + i].log_probability); i++)
            by_hand[b][candidates[b * ALL + i].id] +=
                share * exp((double)candidates[b * ALL + i].log_probability);
}

/* Every candidate of every step is the mean of what each model says alone, and they are sorted. With `lists`
 * among these alone. */
static void candidates_as_by_hand(const lt_output_lists *lists)
{
    static lt_candidate candidates[SENTENCES * ALL];
    lt_decoder *together = started(&ensemble, &f.batch, ALL), *alone[MODELS];
    if (lists) assert_ok(lt_decoder_restrict(together, lists, &error));
    for (size_t m = 0; m < MODELS; m++) {
        alone[m] = started(&(lt_ensemble){list + m, 1, NULL}, &f.batch, ALL);
        if (lists) assert_ok(lt_decoder_restrict(alone[m], lists, &error));
    }
    for (size_t t = 0; t < LONGEST; t++) {
        double by_hand[SENTENCES][V] = {{0}};
        for (size_t m = 0; m < MODELS; m++) {
            step(alone[m], &f, t, candidates);
            add_alone(candidates, shares[m], by_hand);
        }
        step(together, &f, t, candidates);
        for (size_t b = 0; b < SENTENCES; b++)
            for (size_t i = 0; i < ALL; i++) {
                const lt_candidate *one = &candidates[b * ALL + i];
                assert_true(i == 0 || one->log_probability <= one[-1].log_probability);
                if (lists && !isfinite(one->log_probability)) continue;
                close_to((double)one->log_probability, log(by_hand[b][one->id]), "a candidate");
                by_hand[b][one->id] = NAN; /* none twice */
            }
    }
    lt_decoder_free(together);
    for (size_t m = 0; m < MODELS; m++) lt_decoder_free(alone[m]);
}

static void candidates_are_means_of_probabilities(void **state)
{
    (void)state;
    candidates_as_by_hand(NULL);
}

static void lists_are_all_models(void **state)
{
    (void)state;
    int32_t ids[SENTENCES * V];
    size_t start[SENTENCES + 1] = {0}, count = 0;
    for (size_t b = 0; b < SENTENCES; b++) {
        for (int32_t v = 0; v < V; v++)
            if (v == LT_EOS || v % 3 == (int32_t)b % 3) ids[count++] = v;
        start[b + 1] = count;
    }
    candidates_as_by_hand(&(lt_output_lists){ids, start});
}

/* The log-probability that scoring says, to the last bit; k best of more are the first k of them. */
static void decoding_agrees_with_scores(void **state)
{
    (void)state;
    enum { K = 5 };
    static lt_candidate candidates[SENTENCES * ALL], few[SENTENCES * K];
    double sums[SENTENCES];
    float pieces[PIECES];
    size_t place[SENTENCES + 1] = {0};
    lt_decoder *decoder = started(&ensemble, &f.batch, ALL), *short_one = started(&ensemble, &f.batch, K);
    assert_ok(lt_ensemble_score(&ensemble, pools[2], &f.batch, sums, pieces, &error));
    for (size_t b = 0; b < SENTENCES; b++) place[b + 1] = place[b] + f.trg_length[b] + 1;
    for (size_t t = 0; t <= LONGEST; t++) {
        step(decoder, &f, t, candidates);
        step(short_one, &f, t, few);
        for (size_t b = 0; b < SENTENCES; b++) {
            assert_memory_equal(few + b * K, candidates + b * ALL, K * sizeof *few);
            if (t > f.trg_length[b]) continue;
            const int32_t wanted = t < f.trg_length[b] ? f.trg[b][t] : LT_EOS;
            size_t i = 0;
            while (i < ALL && candidates[b * ALL + i].id != wanted) i++;
            assert_true(i < ALL && candidates[b * ALL + i].log_probability == pieces[place[b] + t]);
        }
    }
    lt_decoder_free(decoder);
    lt_decoder_free(short_one);
}

/* The weighed mean over those that have attention, in the order in which the first one reads. */
static void alignments_are_in_one_order(void **state)
{
    (void)state;
    static lt_candidate candidates[SENTENCES];
    for (size_t first = 0; first < MODELS; first++) {
        const lt_model *turned[MODELS];
        double of[MODELS], sum = 0;
        for (size_t m = 0; m < MODELS; m++) {
            turned[m] = list[(first + m) % MODELS];
            of[m] = weights[(first + m) % MODELS];
            if (lt_model_get_options(turned[m])->decoder.attention) sum += of[m];
        }
        lt_decoder *together = started(&(lt_ensemble){turned, MODELS, of}, &f.batch, 1), *alone[MODELS];
        for (size_t m = 0; m < MODELS; m++)
            alone[m] = started(&(lt_ensemble){turned + m, 1, NULL}, &f.batch, 1);
        for (size_t t = 0; t < 3; t++) {
            step(together, &f, t, candidates);
            for (size_t m = 0; m < MODELS; m++) step(alone[m], &f, t, candidates);
            for (size_t b = 0; b < SENTENCES; b++) {
                size_t length, own_length;
                double by_hand[LONGEST + 1] = {0};
                const real *alpha = lt_decoder_alignment(together, b, &length);
                assert_int_equal(length, f.src_length[b] + 1);
                for (size_t m = 0; m < MODELS; m++) {
                    const real *own = lt_decoder_alignment(alone[m], b, &own_length);
                    const bool flip = lt_model_get_options(turned[m])->encoder.reverse_source !=
                                      lt_model_get_options(turned[0])->encoder.reverse_source;
                    assert_int_equal(own_length, length);
                    for (size_t s = 0; own && s < length; s++)
                        by_hand[flip && s + 1 < length ? length - 2 - s : s] += of[m] / sum * (double)own[s];
                }
                for (size_t s = 0; s < length; s++) close_to((double)alpha[s], by_hand[s], "alpha");
            }
        }
        lt_decoder_free(together);
        for (size_t m = 0; m < MODELS; m++) lt_decoder_free(alone[m]);
    }
}

/* Banned pieces are not chosen, the others are as they were; what is drawn has the log-probability it has
 * among the best, and at a low temperature it is the best. */
static void chosen_among_all_models(void **state)
{
    (void)state;
    static lt_candidate all[SENTENCES * ALL], few[SENTENCES * ALL], drawn[SENTENCES];
    int32_t banned[SENTENCES];
    size_t start[SENTENCES + 1];
    double draws[SENTENCES];
    lt_decoder *decoder = started(&ensemble, &f.batch, ALL);
    step(decoder, &f, 0, all);
    for (size_t b = 0; b <= SENTENCES; b++) start[b] = b;
    for (size_t b = 0; b < SENTENCES; b++) banned[b] = all[b * ALL].id, draws[b] = (double)b / SENTENCES;
    const lt_choosing bans = {.banned = banned, .banned_start = start};
    assert_ok(lt_decoder_start(decoder, &f.batch, 0, ALL, &error));
    lt_decoder_choose(decoder, &bans);
    step(decoder, &f, 0, few);
    for (size_t b = 0; b < SENTENCES; b++) {
        assert_memory_equal(few + b * ALL, all + b * ALL + 1, (ALL - 1) * sizeof *few);
        assert_true(few[b * ALL + ALL - 1].log_probability == -INFINITY);
    }
    for (int cold = 0; cold < 2; cold++) {
        const lt_choosing drawing = {.draws = draws, .temperature = cold ? 0.001 : 3, .top_p = 1};
        size_t best = 0;
        assert_ok(lt_decoder_start(decoder, &f.batch, 0, 1, &error));
        lt_decoder_choose(decoder, &drawing);
        step(decoder, &f, 0, drawn);
        for (size_t b = 0; b < SENTENCES; b++) {
            const lt_candidate *one = all + b * ALL;
            while (one < all + (b + 1) * ALL - 1 && one->id != drawn[b].id) one++;
            assert_true(one->id == drawn[b].id && one->log_probability == drawn[b].log_probability);
            best += one == all + b * ALL;
        }
        assert_true(cold ? best == SENTENCES : best < SENTENCES);
    }
    lt_decoder_free(decoder);
}

/* ---- ensembles that are one model ---- */

static void one_model_is_itself(void **state)
{
    (void)state;
    static lt_candidate candidates[SENTENCES * ALL], other[SENTENCES * ALL];
    for (size_t m = 0; m < MODELS; m++) {
        const lt_model *twice[] = {list[m], list[m]};
        double sums[SENTENCES], same[SENTENCES];
        lt_decoder *alone;
        assert_ok(lt_decoder_create(&alone, models[m], &error));
        assert_ok(lt_decoder_start(alone, &f.batch, 0, ALL, &error));
        lt_decoder *one = started(&(lt_ensemble){list + m, 1, weights}, &f.batch, ALL);
        lt_decoder *two = started(&(lt_ensemble){twice, 2, weights}, &f.batch, ALL);
        for (size_t t = 0; t < 3; t++) {
            step(alone, &f, t, candidates);
            step(one, &f, t, other);
            assert_memory_equal(candidates, other, sizeof candidates);
            step(two, &f, t, other);
            for (size_t i = 0; i < SENTENCES * ALL; i++)
                close_to((double)other[i].log_probability, (double)candidates[i].log_probability, "twice");
        }
        assert_ok(lt_model_score(models[m], pools[1], &f.batch, sums, NULL, &error));
        assert_ok(
            lt_ensemble_score(&(lt_ensemble){list + m, 1, weights}, pools[1], &f.batch, same, NULL, &error));
        assert_memory_equal(sums, same, sizeof sums);
        lt_decoder_free(alone);
        lt_decoder_free(one);
        lt_decoder_free(two);
    }
}

/* A piece that all think next to impossible: its probability is no float, its logarithm is one. */
static void nothing_underflows(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *sure;
    double sum, twice_sum;
    static const int32_t ids[] = {LT_RESERVED + 1};
    const int32_t *source = ids, *target = ids;
    const size_t length = 1;
    const lt_batch pair = {1, &source, &length, &target, &length};
    assert_ok(lt_model_create(&sure, &options, V, V, 1, &error));
    for (size_t i = 0; i < lt_model_size(sure); i++) lt_model_values(sure)[i] *= 3000;
    lt_model_pack(sure, NULL);
    const lt_model *twice[] = {sure, sure};
    assert_ok(lt_model_score(sure, pools[1], &pair, &sum, NULL, &error));
    assert_ok(lt_ensemble_score(&(lt_ensemble){twice, 2, NULL}, pools[1], &pair, &twice_sum, NULL, &error));
    assert_true(sum < -2000); /* not even a double */
    close_to(twice_sum, sum, "a sum of log-probabilities");
    lt_model_free(sure);
}

/* Where sums of probabilities and their logarithms are rounded to another order. */
static void near_ties_are_sorted(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    static lt_candidate candidates[MANY - 2];
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    const lt_model *pair[2];
    lt_model *own[2];
    lt_decoder *decoder;
    for (size_t m = 0; m < 2; m++) {
        assert_ok(lt_model_create(&own[m], &options, MANY, MANY, m + 1, &error));
        for (size_t i = 0; i < lt_model_size(own[m]); i++) lt_model_values(own[m])[i] *= 0.1f;
        lt_model_pack(own[m], NULL);
        pair[m] = own[m];
    }
    const lt_batch one = {1, f.src, f.src_length, NULL, NULL};
    assert_ok(lt_decoder_create_ensemble(&decoder, &(lt_ensemble){pair, 2, NULL}, &error));
    assert_ok(lt_decoder_start(decoder, &one, 1, MANY - 2, &error));
    assert_ok(lt_decoder_step(decoder, 1, &(uint32_t){0}, &(int32_t){LT_BOS}, true, candidates, &error));
    size_t ties = 0;
    for (const lt_candidate *c = candidates + 1; c < candidates + MANY - 2; c++) {
        assert_true(c->log_probability < c[-1].log_probability ||
                    (c->log_probability == c[-1].log_probability && c->id > c[-1].id));
        ties += c->log_probability == c[-1].log_probability;
    }
    assert_true(ties > 0);
    lt_decoder_free(decoder);
    for (size_t m = 0; m < 2; m++) lt_model_free(own[m]);
}

/* ---- errors ---- */

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    static const double bad[] = {1, 0}, worse[] = {1, NAN};
    const lt_model *many[LT_ENSEMBLE_MAX + 1], *pair[2] = {list[0]};
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *other;
    lt_decoder *decoder;
    for (size_t i = 0; i <= LT_ENSEMBLE_MAX; i++) many[i] = list[0];
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){many, LT_ENSEMBLE_MAX, NULL}, &error), LT_OK);
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){many, LT_ENSEMBLE_MAX + 1, NULL}, &error),
                     LT_ERROR_USAGE);
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){many, 0, NULL}, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){many, 2, bad}, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){many, 2, worse}, &error), LT_ERROR_USAGE);
    for (size_t side = 0; side < 2; side++) {
        assert_ok(lt_model_create(&other, &options, V + (side == 0), V + (side == 1), 1, &error));
        pair[1] = other;
        const lt_ensemble uneven = {pair, 2, NULL};
        double sums[SENTENCES];
        assert_int_equal(lt_decoder_create_ensemble(&decoder, &uneven, &error), LT_ERROR_MISMATCH);
        assert_null(decoder);
        assert_int_equal(lt_ensemble_score(&uneven, pools[1], &f.batch, sums, NULL, &error),
                         LT_ERROR_MISMATCH);
        lt_model_free(other);
    }
    assert_ok(lt_classifier_create(&other, &options, V, 3, 1, &error));
    pair[1] = other;
    assert_int_equal(lt_ensemble_check(&(lt_ensemble){pair, 2, NULL}, &error), LT_ERROR_USAGE);
    lt_model_free(other);
    assert_true(lt_ensemble_attends(&ensemble));
    assert_false(lt_ensemble_attends(&(lt_ensemble){many, 2, NULL}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_are_means_of_probabilities),
        cmocka_unit_test(scores_do_not_depend_on_the_batch),
        cmocka_unit_test(candidates_are_means_of_probabilities),
        cmocka_unit_test(lists_are_all_models),
        cmocka_unit_test(decoding_agrees_with_scores),
        cmocka_unit_test(alignments_are_in_one_order),
        cmocka_unit_test(chosen_among_all_models),
        cmocka_unit_test(one_model_is_itself),
        cmocka_unit_test(nothing_underflows),
        cmocka_unit_test(near_ties_are_sorted),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
