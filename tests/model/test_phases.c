/* What the network charges to its phases: the operations of its products, from their shapes, the same for any
 * number of workers; and nothing of it changes a result. */
#include "tests/model/network_fixture.h"

enum { SIZE = 7, VOCABULARY = 30, HIDDEN = 16, EMBEDDING = 8, UPDATES = 2 };

static size_t tokens(const size_t *lengths)
{
    size_t sum = 0;
    for (size_t b = 0; b < SIZE; b++) sum += lengths[b] + 1;
    return sum;
}

/* All of the updates of a new model, by `workers`. */
static lt_phases learn(const fixture_batch *f, int attention, size_t workers)
{
    lt_error error = {0};
    lt_model_options options = fixture_options(1, HIDDEN, EMBEDDING, LT_TIED_NONE);
    const lt_optimizer_options optimizer = {.optimizer = LT_OPTIMIZER_SGD, .clip_norm = 1};
    lt_update_report report;
    lt_model *model;
    lt_pool *pool;
    lt_learner *learner;
    options.decoder.attention = attention;
    assert_ok(lt_pool_create(&pool, workers, &error));
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 1, &error));
    assert_ok(lt_learner_create(&learner, model, &optimizer, pool, 1, &error));
    for (uint64_t u = 0; u < UPDATES; u++)
        assert_ok(lt_learner_update(learner, &f->batch, u, 0.01, &report, &error));
    const lt_phases phases = lt_learner_phases(learner);
    lt_learner_free(learner);
    lt_model_free(model);
    lt_pool_free(pool);
    return phases;
}

/* A product and the two of its backward pass. */
static double thrice(size_t m, size_t n, size_t k)
{
    return 3.0 * 2.0 * (double)(m * n * k) * UPDATES;
}

/* One layer of an LSTM over n tokens. `from_zero` of them have a state of zeros before them: products with
 * it, forward and for its gradient, are left out. */
static double lstm(size_t n, size_t from_zero)
{
    return thrice(n, 4 * HIDDEN, EMBEDDING) + thrice(n, 4 * HIDDEN, HIDDEN) -
           thrice(from_zero, 4 * HIDDEN, HIDDEN) * 2 / 3;
}

static void training_is_charged_by_its_shapes(void **state)
{
    (void)state;
    fixture_batch f;
    fixture_batch_init(&f, SIZE, 9, VOCABULARY, 1);
    const size_t src = tokens(f.src_length), trg = tokens(f.trg_length);
    size_t looks = 0; /* of target positions at source positions */
    for (size_t b = 0; b < SIZE; b++) looks += (f.trg_length[b] + 1) * (f.src_length[b] + 1);
    const double attention = thrice(src, HIDDEN, HIDDEN)        /* keys */
                             + 2 * thrice(looks, 1, HIDDEN)     /* scores, and what is seen */
                             + thrice(trg, HIDDEN, 2 * HIDDEN); /* what becomes of it */
    for (size_t workers = 1; workers <= 3; workers++) {
        const lt_phases plain = learn(&f, LT_ATTENTION_NONE, workers);
        const lt_phases looking = learn(&f, LT_ATTENTION_GENERAL, workers);
        assert_true(plain.operations[LT_PHASE_ENCODER] == lstm(src, SIZE));
        assert_true(plain.operations[LT_PHASE_DECODER] == lstm(trg, 0));
        assert_true(plain.operations[LT_PHASE_OUTPUT] == thrice(trg, VOCABULARY, HIDDEN));
        assert_true(plain.operations[LT_PHASE_ATTENTION] == 0);
        assert_true(looking.operations[LT_PHASE_ATTENTION] == attention);
        assert_true(looking.operations[LT_PHASE_ENCODER] == lstm(src, SIZE));
        assert_true(looking.operations[LT_PHASE_DECODER] == lstm(trg, 0));
        for (int p = 0; p < LT_PHASES; p++) assert_true(looking.seconds[p] > 0);
    }
}

static void decoding_is_charged_by_its_shapes(void **state)
{
    (void)state;
    lt_error error = {0};
    fixture_batch f;
    fixture_batch_init(&f, SIZE, 9, VOCABULARY, 1);
    lt_model_options options = fixture_options(1, HIDDEN, EMBEDDING, LT_TIED_NONE);
    options.decoder.attention = LT_ATTENTION_DOT;
    lt_model *model;
    lt_decoder *decoder;
    lt_candidate candidates[SIZE];
    uint32_t parents[SIZE];
    int32_t ids[SIZE];
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 1, &error));
    lt_model_pack(model, NULL);
    assert_ok(lt_decoder_create(&decoder, model, &error));
    for (uint32_t b = 0; b < SIZE; b++) parents[b] = b, ids[b] = LT_BOS;
    assert_ok(lt_decoder_start(decoder, &f.batch, SIZE, 1, &error));
    assert_ok(lt_decoder_step(decoder, SIZE, parents, ids, false, candidates, &error));
    const lt_phases phases = lt_decoder_phases(decoder);
    const double looks = 2.0 * 2 * HIDDEN * (double)tokens(f.src_length);
    assert_true(phases.operations[LT_PHASE_DECODER] == 2.0 * SIZE * 4 * HIDDEN * (EMBEDDING + HIDDEN));
    assert_true(phases.operations[LT_PHASE_OUTPUT] == 2.0 * SIZE * VOCABULARY * HIDDEN);
    assert_true(phases.operations[LT_PHASE_ATTENTION] == looks + 2.0 * SIZE * HIDDEN * 2 * HIDDEN);
    assert_true(phases.seconds[LT_PHASE_ENCODER] > 0 && phases.seconds[LT_PHASE_OPTIMIZER] == 0);
    lt_decoder_free(decoder);
    lt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_is_charged_by_its_shapes),
        cmocka_unit_test(decoding_is_charged_by_its_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
