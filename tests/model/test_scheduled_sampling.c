/* Scheduled sampling: the schedules' values, what is refused, which inputs become predictions, that they are
 * those of a search, and that they do not depend on the workers or on the rest of the batch. */
#include <math.h>

#include "model/scheduled_sampling.h"
#include "tests/model/architectures.h"

enum { VOCABULARY = 61, SENTENCES = 12, LONGEST = 14 };

static fixture_batch f;

static int set_up(void **state)
{
    (void)state;
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 3);
    return 0;
}

/* Weights far from those it starts with, so that the predictions are of many words. */
static lt_model *create(const lt_model_options *options)
{
    lt_error error = {0};
    lt_model *model;
    assert_ok(lt_model_create(&model, options, VOCABULARY, VOCABULARY, 5, &error));
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] *= 4;
    lt_model_pack(model, NULL);
    return model;
}

/* ---- inputs ---- */

/* Of sentences `members` (count) of the batch, by their place in it: the inputs of each step. */
typedef struct inputs {
    int32_t ids[SENTENCES][LONGEST + 1];
    size_t drawn; /* how many of them are predictions */
} inputs;

static void sample(inputs *out, const lt_model *model, const lt_input_sampling *sampling,
                   const size_t *members, size_t count, uint64_t dropout)
{
    lt_arena arena = {0}, scratch = {0};
    lt_passage p;
    size_t drawn;
    assert_true(lt_passage_begin(model, &arena, &f.batch, members, count, dropout, &p));
    assert_true(lt_passage_encode(model, &arena, &p));
    assert_true(lt_passage_sample_inputs(model, &arena, &scratch, sampling, members, &p, &drawn));
    out->drawn += drawn;
    for (size_t t = 0; t < p.target.steps; t++)
        for (size_t b = 0; b < p.target.rows[t]; b++)
            out->ids[members[p.target.sentence[b]]][t] = p.target.ids[p.target.start[t] + b];
    lt_arena_clear(&arena);
    lt_arena_clear(&scratch);
}

static void sample_all(inputs *out, const lt_model *model, const lt_input_sampling *sampling,
                       uint64_t dropout)
{
    size_t members[SENTENCES];
    for (size_t b = 0; b < SENTENCES; b++) members[b] = b;
    *out = (inputs){0};
    sample(out, model, sampling, members, SENTENCES, dropout);
}

static int32_t reference(size_t b, size_t t)
{
    return t == 0 ? LT_BOS : f.trg_ids[b][t - 1];
}

/* What a greedy search puts in that is not allowed to end before the reference does. */
static void search(inputs *out, const lt_model *model)
{
    lt_error error = {0};
    lt_decoder *decoder;
    lt_candidate candidates[SENTENCES * 2];
    uint32_t parents[SENTENCES];
    int32_t tokens[SENTENCES];
    assert_ok(lt_decoder_create(&decoder, model, &error));
    assert_ok(lt_decoder_start(decoder, &f.batch, SENTENCES, 2, &error));
    for (uint32_t b = 0; b < SENTENCES; b++) parents[b] = b, tokens[b] = LT_BOS;
    for (size_t t = 0; t <= LONGEST; t++) {
        for (size_t b = 0; b < SENTENCES; b++) out->ids[b][t] = t <= f.trg_length[b] ? tokens[b] : 0;
        assert_ok(lt_decoder_step(decoder, SENTENCES, parents, tokens, false, candidates, &error));
        for (size_t b = 0; b < SENTENCES; b++)
            tokens[b] = candidates[2 * b + (candidates[2 * b].id == LT_EOS)].id;
    }
    lt_decoder_free(decoder);
}

static void test_the_best_predictions_are_the_greedy_search_s(void **state)
{
    const architecture *a = *state;
    lt_model_options options = a->options;
    options.dropout = (lt_dropout_options){0};
    lt_model *model = create(&options);
    inputs drawn, found = {0};
    sample_all(&drawn, model, &(lt_input_sampling){0, LT_PREDICTION_ARGMAX, 17}, 0);
    search(&found, model);
    size_t wanted = 0, others = 0;
    for (size_t b = 0; b < SENTENCES; b++)
        for (size_t t = 0; t <= f.trg_length[b]; t++) {
            if (drawn.ids[b][t] != found.ids[b][t])
                fail_msg("sentence %zu, step %zu: %d, but the search has %d", b, t, drawn.ids[b][t],
                         found.ids[b][t]);
            wanted += t > 0;
            others += drawn.ids[b][t] != reference(b, t);
        }
    assert_int_equal(drawn.drawn, wanted);
    assert_true(others > wanted / 2); /* it did not find the references */
    lt_model_free(model);
}

/* The states that predicted are those that learn: of each predicted input, what the pass with all of them
 * finds most probable one step before. With dropout, whose masks must then be the same. */
static void test_the_pass_that_learns_would_predict_the_same(void **state)
{
    const architecture *a = *state;
    lt_model_options options = a->options;
    options.dropout = (lt_dropout_options){
        .embedding = 0.2, .rnn = 0.3, .output = 0.2, .source_word = 0.1, .target_word = 0.1};
    if (options.decoder.attention != LT_ATTENTION_NONE) options.dropout.memory = 0.2;
    lt_model *model = create(&options);
    lt_input_sampling sampling = {0.5, LT_PREDICTION_ARGMAX, 17};
    lt_arena arena = {0}, scratch = {0};
    lt_passage p;
    size_t members[SENTENCES], drawn, seen = 0;
    for (size_t b = 0; b < SENTENCES; b++) members[b] = b;
    assert_true(lt_passage_begin(model, &arena, &f.batch, members, SENTENCES, 99, &p));
    assert_true(lt_passage_encode(model, &arena, &p));
    assert_true(lt_passage_sample_inputs(model, &arena, &scratch, &sampling, members, &p, &drawn));
    assert_true(lt_passage_decode(model, &arena, &p));
    const lt_linear *output = &model->decoder.output;
    for (size_t t = 1; t < p.target.steps; t++)
        for (size_t b = 0; b < p.target.rows[t]; b++) {
            real logits[VOCABULARY];
            size_t best = LT_RESERVED, before = p.target.start[t - 1] + b;
            lt_linear_forward(output, &model->weights, logits, p.decoder.readout + before * output->in, 1,
                              false);
            for (size_t v = LT_RESERVED; v < VOCABULARY; v++)
                if (logits[v] > logits[best]) best = v;
            int32_t id = p.target.ids[p.target.start[t] + b];
            if (id == reference(members[p.target.sentence[b]], t)) continue;
            assert_int_equal(id, best);
            seen++;
        }
    assert_true(drawn > 0 && seen <= drawn && seen > drawn / 2);
    lt_arena_clear(&arena);
    lt_arena_clear(&scratch);
    lt_model_free(model);
}

/* Whoever is in the batch beside them, and however it is dealt out. */
static void test_a_sentence_s_inputs_depend_on_itself_alone(void **state)
{
    const architecture *a = *state;
    lt_model *model = create(&a->options);
    for (int prediction = LT_PREDICTION_SAMPLED; prediction <= LT_PREDICTION_ARGMAX; prediction++) {
        const lt_input_sampling sampling = {0.4, prediction, 18};
        inputs together, apart = {0}, alone = {0};
        sample_all(&together, model, &sampling, 77);
        const size_t order[SENTENCES] = {7, 0, 11, 3, 1, 2, 4, 9, 8, 10, 6, 5};
        sample(&apart, model, &sampling, order, 5, 77);
        sample(&apart, model, &sampling, order + 5, SENTENCES - 5, 77);
        assert_memory_equal(&together, &apart, sizeof apart);
        for (size_t b = 0; b < SENTENCES; b++) sample(&alone, model, &sampling, &b, 1, 77);
        assert_memory_equal(&together, &alone, sizeof alone);
    }
    lt_model_free(model);
}

static lt_model *small(void)
{
    lt_model_options options = fixture_options(1, 12, 12, LT_TIED_TARGET);
    options.decoder.attention = LT_ATTENTION_DOT;
    options.decoder.input_feeding = true;
    return create(&options);
}

/* As many as the coin says, others with another stream, the same with the same. */
static void test_the_coin_is_epsilon_s(void **state)
{
    (void)state;
    lt_model *model = small();
    size_t words = 0;
    for (size_t b = 0; b < SENTENCES; b++) words += f.trg_length[b];
    inputs first, second;
    for (int tenths = 0; tenths <= 10; tenths += 2) {
        enum { ROUNDS = 40 };
        double share = 0, epsilon = tenths / 10.0;
        for (uint64_t stream = 0; stream < ROUNDS; stream++) {
            sample_all(&first, model, &(lt_input_sampling){epsilon, LT_PREDICTION_SAMPLED, stream}, 0);
            share += (double)first.drawn / (double)words / ROUNDS;
        }
        if (!(fabs(share - (1 - epsilon)) < 4 * sqrt(0.25 / (double)words / ROUNDS)))
            fail_msg("epsilon %g: a share of %g is predicted", epsilon, share);
    }
    const lt_input_sampling half = {0.5, LT_PREDICTION_SAMPLED, 1}, other = {0.5, LT_PREDICTION_SAMPLED, 2};
    sample_all(&first, model, &half, 0);
    sample_all(&second, model, &half, 0);
    assert_memory_equal(&first, &second, sizeof first);
    sample_all(&second, model, &other, 0);
    assert_memory_not_equal(&first, &second, sizeof first);
    lt_model_free(model);
}

/* Against the probabilities of the only word of one sentence, where the coin says so, which must say nothing
 * of the word: chi-squared over the vocabulary. */
static void test_what_is_drawn_has_the_distribution(void **state)
{
    (void)state;
    enum { ROUNDS = 40000 };
    lt_error error = {0};
    lt_model *model = small();
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] *= 0.7f;
    lt_model_pack(model, NULL);
    size_t member = 2, draws = 0, counts[VOCABULARY] = {0};
    const size_t length = f.trg_length[member];
    f.trg_length[member] = 1;
    for (uint64_t stream = 0; stream < ROUNDS; stream++) {
        inputs one = {0};
        sample(&one, model, &(lt_input_sampling){0.5, LT_PREDICTION_SAMPLED, stream}, &member, 1, 0);
        draws += one.drawn;
        counts[one.ids[member][1]] += one.drawn;
    }
    f.trg_length[member] = length;
    for (int v = 0; v < LT_RESERVED; v++) assert_int_equal(counts[v], 0);
    lt_decoder *decoder;
    lt_candidate all[VOCABULARY - 2];
    const lt_batch batch = {1, f.src + member, f.src_length + member, NULL, NULL};
    assert_ok(lt_decoder_create(&decoder, model, &error));
    assert_ok(lt_decoder_start(decoder, &batch, 1, VOCABULARY - 2, &error));
    assert_ok(lt_decoder_step(decoder, 1, (uint32_t[]){0}, (int32_t[]){LT_BOS}, true, all, &error));
    double sum = 0, chi = 0, smallest = 1, largest = 0;
    for (size_t i = 0; i < VOCABULARY - 2; i++)
        if (all[i].id >= LT_RESERVED) sum += exp((double)all[i].log_probability);
    for (size_t i = 0; i < VOCABULARY - 2; i++) {
        if (all[i].id < LT_RESERVED) continue;
        double p = exp((double)all[i].log_probability) / sum, expected = (double)draws * p;
        chi += pow((double)counts[all[i].id] - expected, 2) / expected;
        smallest = fmin(smallest, p), largest = fmax(largest, p);
    }
    const double free = VOCABULARY - LT_RESERVED - 1;
    print_message("probabilities from %g to %g, chi-squared %g\n", smallest, largest, chi);
    assert_true(largest > 3 * smallest && chi < free + 5 * sqrt(2 * free));
    lt_decoder_free(decoder);
    lt_model_free(model);
}

/* Weights that are not finite must be seen by the update, not by whoever reads the inputs. */
static void test_what_is_not_finite_is_no_word(void **state)
{
    (void)state;
    lt_model *model = small();
    const lt_linear *output = &model->decoder.output;
    for (size_t v = 0; v < VOCABULARY; v++) lt_model_values(model)[output->bias + v] = NAN;
    lt_model_pack(model, NULL);
    for (int prediction = LT_PREDICTION_SAMPLED; prediction <= LT_PREDICTION_ARGMAX; prediction++) {
        inputs drawn;
        sample_all(&drawn, model, &(lt_input_sampling){0, prediction, 3}, 0);
        for (size_t b = 0; b < SENTENCES; b++)
            for (size_t t = 0; t <= f.trg_length[b]; t++) assert_int_equal(drawn.ids[b][t], reference(b, t));
    }
    lt_model_free(model);
}

/* ---- learning ---- */

typedef struct learned {
    real *values; /* (size) the parameters after some updates; free() them */
    size_t size, own;
    double loss; /* of the first update */
} learned;

static learned learn(const lt_scheduled_sampling_options *sampling, size_t workers)
{
    lt_error error = {0};
    lt_pool *pool;
    lt_learner *learner;
    lt_update_report report;
    lt_model_options options = fixture_options(1, 12, 12, LT_TIED_TARGET);
    options.dropout.rnn = options.dropout.embedding = 0.2;
    lt_model *model = create(&options);
    const lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD, .label_smoothing = 0.1};
    assert_ok(lt_pool_create(&pool, workers, &error));
    assert_ok(lt_learner_create(&learner, model, &sgd, pool, 7, &error));
    if (sampling) lt_learner_schedule_sampling(learner, sampling);
    learned l = {.size = lt_model_size(model)};
    for (uint64_t update = 0; update < 6; update++) {
        assert_ok(lt_learner_update(learner, &f.batch, update, 0.01, &report, &error));
        l.own += report.own_inputs;
        if (update == 0) l.loss = report.loss;
    }
    l.values = malloc(l.size * sizeof(real));
    memcpy(l.values, lt_model_values(model), l.size * sizeof(real));
    lt_learner_free(learner);
    lt_pool_free(pool);
    lt_model_free(model);
    return l;
}

static bool same(const learned *a, const learned *b)
{
    return a->size == b->size && memcmp(a->values, b->values, a->size * sizeof(real)) == 0;
}

static void test_references_alone_are_the_same_bits(void **state)
{
    (void)state;
    learned without = learn(NULL, 2), none = learn(&(lt_scheduled_sampling_options){.start = 1}, 2),
            later = learn(&(lt_scheduled_sampling_options){LT_SAMPLING_LINEAR, .start = 0, .after = 6}, 2),
            last = learn(&(lt_scheduled_sampling_options){LT_SAMPLING_LINEAR, .start = 0, .after = 5}, 2);
    assert_true(same(&without, &none) && same(&without, &later) && !same(&without, &last));
    assert_true(without.own == 0 && none.own == 0 && later.own == 0);
    size_t words = 0;
    for (size_t b = 0; b < SENTENCES; b++) words += f.trg_length[b];
    assert_int_equal(last.own, words);
    free(without.values), free(none.values), free(later.values), free(last.values);
}

static void test_learning_with_it_is_deterministic(void **state)
{
    (void)state;
    const lt_scheduled_sampling_options half = {LT_SAMPLING_LINEAR, .start = 0.5};
    learned first = learn(&half, 2), again = learn(&half, 2);
    assert_true(first.own > 0 && first.own == again.own && same(&first, &again));
    learned more = learn(&half, 3); /* its sums are rounded otherwise, its inputs are the same */
    assert_int_equal(first.own, more.own);
    assert_true(fabs(first.loss - more.loss) < 1e-6 * first.loss);
    free(first.values), free(again.values), free(more.values);
}

/* ---- the schedule ---- */

static void near(const lt_scheduled_sampling_options *options, uint64_t update, double wanted)
{
    double is = lt_scheduled_sampling_reference(options, update);
    if (!(fabs(is - wanted) < 1e-12)) fail_msg("update %d: %.15g, not %.15g", (int)update, is, wanted);
}

static void test_schedules_are_the_paper_s(void **state)
{
    (void)state;
    lt_scheduled_sampling_options o = {.start = 1, .rate = 0.001, .end = 0.25};
    o.schedule = LT_SAMPLING_LINEAR;
    near(&o, 0, 1);
    near(&o, 100, 0.9);
    near(&o, 750, 0.25);
    near(&o, 1u << 30, 0.25);
    o.after = 100;
    near(&o, 99, 1);
    near(&o, 100, 1);
    near(&o, 200, 0.9);
    o = (lt_scheduled_sampling_options){LT_SAMPLING_EXPONENTIAL, .start = 0.8, .rate = 0.5};
    near(&o, 0, 0.8);
    near(&o, 3, 0.1);
    near(&o, 1u << 30, 0);
    o = (lt_scheduled_sampling_options){LT_SAMPLING_INVERSE_SIGMOID, .start = 1, .rate = 500};
    near(&o, 0, 500.0 / 501);
    near(&o, 1000, 500 / (500 + exp(2)));
    assert_true(fabs(lt_scheduled_sampling_reference(&o, 3107) - 0.5) < 1e-3); /* as its help says */
    near(&o, UINT64_MAX, 0);
    o = (lt_scheduled_sampling_options){.start = 1};
    near(&o, 5, 1);
    near(&(lt_scheduled_sampling_options){0}, 5, 1);
}

static void refused(lt_scheduled_sampling_options options, const char *why)
{
    lt_error error = {0};
    assert_int_equal(lt_scheduled_sampling_check(&options, &error), LT_ERROR_USAGE);
    if (!strstr(error.message, why)) fail_msg("no \"%s\" in \"%s\"", why, error.message);
}

static void test_what_has_no_meaning_is_refused(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_scheduled_sampling_options o = {0};
    assert_ok(lt_options_defaults(&o, lt_scheduled_sampling_table, &error));
    assert_int_equal(o.schedule, LT_SAMPLING_NONE);
    assert_int_equal(o.prediction, LT_PREDICTION_SAMPLED);
    assert_ok(lt_scheduled_sampling_check(&o, &error));
    o.rate = 0.001;
    refused(o, "training.scheduled_sampling.rate has no meaning");
    o.schedule = LT_SAMPLING_LINEAR;
    assert_ok(lt_scheduled_sampling_check(&o, &error));
    o.schedule = LT_SAMPLING_INVERSE_SIGMOID;
    refused(o, "rate: 0.001 is none of schedule inverse_sigmoid; a number of at least 1");
    o.schedule = LT_SAMPLING_EXPONENTIAL;
    assert_ok(lt_scheduled_sampling_check(&o, &error));
    o.rate = 1;
    refused(o, "rate: 1 is none of schedule exponential; a number between 0 and 1");
    o.rate = 0;
    refused(o, "rate: 0 is none of schedule exponential");
    o.schedule = LT_SAMPLING_LINEAR;
    refused(o, "with rate 0 and start 1 the decoder would never");
    o.rate = 1.5;
    refused(o, "a number from 0 to 1");
    o.rate = 0;
    o.start = 0.5;
    assert_ok(lt_scheduled_sampling_check(&o, &error)); /* constant */
    o.end = 0.6;
    refused(o, "end: 0.6 is above training.scheduled_sampling.start 0.5");
    refused((lt_scheduled_sampling_options){LT_SAMPLING_LINEAR, .start = 1, .end = 1, .rate = 0.1},
            "with end 1 the decoder");
    refused((lt_scheduled_sampling_options){.start = 1, .after = 3}, "after has no meaning");
    refused((lt_scheduled_sampling_options){.start = 1, .prediction = LT_PREDICTION_ARGMAX},
            "prediction has no meaning");
    refused((lt_scheduled_sampling_options){.start = 0.5}, "start has no meaning");
    refused((lt_scheduled_sampling_options){.start = 1, .end = 0.5}, "end has no meaning");
}

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    static const struct CMUnitTest of_each[] = {
        cmocka_unit_test(test_the_best_predictions_are_the_greedy_search_s),
        cmocka_unit_test(test_the_pass_that_learns_would_predict_the_same),
        cmocka_unit_test(test_a_sentence_s_inputs_depend_on_itself_alone),
    };
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_the_coin_is_epsilon_s),
        cmocka_unit_test(test_what_is_drawn_has_the_distribution),
        cmocka_unit_test(test_what_is_not_finite_is_no_word),
        cmocka_unit_test(test_references_alone_are_the_same_bits),
        cmocka_unit_test(test_learning_with_it_is_deterministic),
        cmocka_unit_test(test_schedules_are_the_paper_s),
        cmocka_unit_test(test_what_has_no_meaning_is_refused),
    };
    return architectures_run("test_scheduled_sampling", list, architectures_read(list, 2, 20, 16), of_each,
                             sizeof of_each / sizeof *of_each, others, sizeof others / sizeof *others, set_up,
                             NULL);
}
