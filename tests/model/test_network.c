/* The whole network in float, for every architecture of the table: scoring and decoding agree to the last
 * bit, whatever the batch and the number of workers; learning is deterministic, goes down, and leaves nothing
 * behind when it fails. */
#include <math.h>
#include <stdlib.h>

#include "tests/model/architectures.h"

enum { VOCABULARY = 101, SENTENCES = 40, LONGEST = 11, WORKERS = 3 };

static fixture_batch f;
static lt_pool *pools[WORKERS + 1]; /* by their number of workers */

typedef struct setting {
    const architecture *architecture;
    lt_model *model;
} setting;

static int make_pools(void **state)
{
    (void)state;
    lt_error error = {0};
    fixture_batch_init(&f, SENTENCES, LONGEST, VOCABULARY, 3);
    for (size_t workers = 1; workers <= WORKERS; workers++)
        assert_ok(lt_pool_create(&pools[workers], workers, &error));
    return 0;
}

static int free_pools(void **state)
{
    (void)state;
    for (size_t workers = 1; workers <= WORKERS; workers++) lt_pool_free(pools[workers]);
    return 0;
}

static lt_model *create(const lt_model_options *options)
{
    lt_error error = {0};
    lt_model *model;
    assert_ok(lt_model_create(&model, options, VOCABULARY, VOCABULARY, 5, &error));
    return model;
}

static int set_up(void **state)
{
    setting *s = calloc(1, sizeof *s);
    s->architecture = *state;
    s->model = create(&s->architecture->options);
    /* biases, gains and the attention's vectors are nothing special */
    for (size_t i = 0; i < lt_model_size(s->model); i++)
        lt_model_values(s->model)[i] += 0.02f * (float)(i % 5);
    lt_model_pack(s->model, pools[WORKERS]);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    setting *s = *state;
    lt_model_free(s->model);
    free(s);
    return 0;
}

/* ---- scoring ---- */

static void test_scores_do_not_depend_on_the_batch(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    double whole[SENTENCES], other[SENTENCES];
    assert_ok(lt_model_score(s->model, pools[1], &f.batch, whole, NULL, &error));
    for (size_t workers = 2; workers <= WORKERS; workers++) {
        assert_ok(lt_model_score(s->model, pools[workers], &f.batch, other, NULL, &error));
        assert_memory_equal(whole, other, sizeof whole);
    }
    for (size_t size = 1; size < SENTENCES; size += 6)
        for (size_t first = 0; first < SENTENCES; first += size) {
            size_t n = first + size < SENTENCES ? size : SENTENCES - first;
            lt_batch part = {n, f.src + first, f.src_length + first, f.trg + first, f.trg_length + first};
            assert_ok(lt_model_score(s->model, pools[2], &part, other, NULL, &error));
            assert_memory_equal(whole + first, other, n * sizeof *whole);
        }
}

/* ---- decoding ---- */

enum { EACH = 4, HYPOTHESES = FIXTURE_MAX, SOURCES = HYPOTHESES / EACH, CANDIDATES = VOCABULARY - 2 };

/* A translation; like those of a beam it may begin from another one's row at any step, from which on the two
 * differ, and end before its end of sentence. */
typedef struct hypothesis {
    size_t begin, end; /* the steps at which it has a row of its own */
    size_t parent;     /* whose row it begins from, where begin > 0 */
    size_t row;        /* at the last step */
} hypothesis;

typedef struct forest {
    hypothesis list[HYPOTHESES];           /* sentence b's are EACH b .. EACH b + EACH - 1 */
    fixture_batch texts;                   /* (HYPOTHESES) each with the source of its sentence */
    float pieces[HYPOTHESES][LONGEST + 1]; /* log p of each piece, as lt_model_score() gives it */
} forest;

static void grow(forest *trees, lt_rng *rng)
{
    fixture_batch_init(&trees->texts, HYPOTHESES, LONGEST, VOCABULARY, 8);
    for (size_t i = 0; i < HYPOTHESES; i++) {
        hypothesis *h = &trees->list[i];
        size_t *length = &trees->texts.trg_length[i];
        const size_t parent = i / EACH * EACH + lt_rng_below(rng, i % EACH + 1);
        const hypothesis *p = &trees->list[parent];
        *h = (hypothesis){.parent = parent};
        if (parent < i && p->begin < LONGEST) {
            h->begin = p->begin + 1 + lt_rng_below(rng, (p->end < LONGEST ? p->end : LONGEST) - p->begin);
            memcpy(trees->texts.trg_ids[i], trees->texts.trg_ids[parent], (h->begin - 1) * sizeof(int32_t));
            if (*length < h->begin) *length = h->begin;
        }
        h->end = *length + 1;
        if (lt_rng_below(rng, 4) == 0) h->end = h->begin + 1 + lt_rng_below(rng, h->end - h->begin);
        trees->texts.src[i] = f.src[i / EACH];
        trees->texts.src_length[i] = f.src_length[i / EACH];
    }
}

static void score_pieces(const lt_model *model, forest *trees)
{
    lt_error error = {0};
    double scores[HYPOTHESES];
    float pieces[HYPOTHESES * (LONGEST + 1)], *at = pieces;
    assert_ok(lt_model_score(model, pools[2], &trees->texts.batch, scores, pieces, &error));
    for (size_t i = 0; i < HYPOTHESES; i++) {
        double sum = 0;
        for (size_t t = 0; t <= trees->texts.trg_length[i]; t++) sum += trees->pieces[i][t] = *at++;
        assert_true(sum == scores[i]);
    }
}

/* What a step says of hypothesis i's piece t among its candidates, which are all of the vocabulary. */
static void check_candidates(const forest *trees, size_t i, size_t t, const lt_candidate *candidates)
{
    const int32_t wanted = t < trees->texts.trg_length[i] ? trees->texts.trg_ids[i][t] : LT_EOS;
    float found = NAN;
    double total = 0;
    for (size_t c = 0; c < CANDIDATES; c++) {
        assert_true(candidates[c].id != LT_PAD && candidates[c].id != LT_BOS);
        assert_true(c == 0 || candidates[c].log_probability <= candidates[c - 1].log_probability);
        total += exp((double)candidates[c].log_probability);
        if (candidates[c].id == wanted) found = candidates[c].log_probability;
    }
    assert_true(total > 0.9 && total < 1.0001);
    if (found != trees->pieces[i][t])
        fail_msg("hypothesis %zu, piece %zu: a step says %.9g, scoring %.9g", i, t, (double)found,
                 (double)trees->pieces[i][t]);
}

static void check_alignment(const lt_decoder *decoder, size_t row, size_t src_length, bool attention)
{
    size_t length;
    double sum = 0;
    const real *alpha = lt_decoder_alignment(decoder, row, &length);
    assert_int_equal(alpha != NULL, attention);
    if (!alpha) return;
    assert_int_equal(length, src_length + 1); /* the end of sentence, too */
    for (size_t j = 0; j < length; j++) {
        assert_true(alpha[j] >= 0);
        sum += (double)alpha[j];
    }
    if (!(fabs(sum - 1) < 1e-5)) fail_msg("row %zu looks at its source %g times", row, sum);
}

static size_t rows_at(forest *trees, size_t t, lt_rng *rng, size_t *order, uint32_t *parents, int32_t *tokens)
{
    size_t rows = 0;
    for (size_t i = 0; i < HYPOTHESES; i++) {
        if (t < trees->list[i].begin || t >= trees->list[i].end) continue;
        size_t at = lt_rng_below(rng, rows + 1);
        order[rows++] = order[at];
        order[at] = i;
    }
    for (size_t r = 0; r < rows; r++) {
        const hypothesis *h = &trees->list[order[r]];
        tokens[r] = t == 0 ? LT_BOS : trees->texts.trg_ids[order[r]][t - 1];
        parents[r] = (uint32_t)(t == 0          ? order[r] / EACH
                                : t == h->begin ? trees->list[h->parent].row
                                                : h->row);
    }
    for (size_t r = 0; r < rows; r++) trees->list[order[r]].row = r;
    return rows;
}

/* Rows that are doubled, dropped and in another order at every step. */
static void test_decoder_agrees_with_scores(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    static forest trees;
    static lt_candidate candidates[HYPOTHESES * CANDIDATES];
    size_t order[HYPOTHESES], rows;
    uint32_t parents[HYPOTHESES];
    int32_t tokens[HYPOTHESES];
    lt_batch sources = {SOURCES, f.src, f.src_length, NULL, NULL};
    lt_decoder *decoder;
    lt_rng rng;
    lt_rng_init(&rng, 17);
    grow(&trees, &rng);
    score_pieces(s->model, &trees);
    assert_ok(lt_decoder_create(&decoder, s->model, &error));
    for (int round = 0; round < 2; round++) { /* a decoder that was used already */
        assert_ok(lt_decoder_start(decoder, &sources, HYPOTHESES, CANDIDATES, &error));
        for (size_t t = 0; (rows = rows_at(&trees, t, &rng, order, parents, tokens)) > 0; t++) {
            assert_ok(lt_decoder_step(decoder, rows, parents, tokens, true, candidates, &error));
            for (size_t r = 0; r < rows; r++) {
                check_candidates(&trees, order[r], t, candidates + r * CANDIDATES);
                check_alignment(decoder, r, trees.texts.src_length[order[r]],
                                s->architecture->options.decoder.attention != LT_ATTENTION_NONE);
            }
        }
    }
    lt_decoder_free(decoder);
}

/* ---- learning ---- */

static double learn(lt_model *model, lt_pool *pool, const lt_batch *batch, int optimizer, uint64_t updates)
{
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report = {0};
    lt_optimizer_options options = {.optimizer = optimizer,
                                    .momentum = 0.5,
                                    .beta1 = 0.9,
                                    .beta2 = 0.98,
                                    .epsilon = 1e-8,
                                    .weight_decay = 0.001,
                                    .clip_norm = 1,
                                    .label_smoothing = 0.1};
    double rate = optimizer == LT_OPTIMIZER_SGD ? 0.5 : 0.01;
    assert_ok(lt_learner_create(&learner, model, &options, pool, 7, &error));
    for (uint64_t u = 0; u < updates; u++)
        assert_ok(lt_learner_update(learner, batch, u, rate, &report, &error));
    lt_learner_free(learner);
    return report.loss;
}

/* Twice the same bits, and with other numbers of workers, whose sums are rounded otherwise, nearly the same.
 */
static void test_learning_is_deterministic(void **state)
{
    enum { UPDATES = 12 };
    const architecture *a = *state;
    float *first = NULL;
    double early = 0, late = 0;
    for (int round = 0; round < 2; round++) {
        lt_model *model = create(&a->options);
        early = learn(model, pools[2], &f.batch, LT_OPTIMIZER_ADAM, 1);
        late = learn(model, pools[2], &f.batch, LT_OPTIMIZER_ADAM, UPDATES);
        if (!(late < early)) fail_msg("loss %g at first, %g later", early, late);
        size_t bytes = lt_model_size(model) * sizeof(real);
        if (first)
            assert_memory_equal(first, lt_model_values(model), bytes);
        else
            memcpy(first = malloc(bytes), lt_model_values(model), bytes);
        lt_model_free(model);
    }
    free(first);
    for (size_t workers = 1; workers <= WORKERS; workers += 2) {
        lt_model *model = create(&a->options);
        double loss = learn(model, pools[workers], &f.batch, LT_OPTIMIZER_ADAM, 1);
        if (!(fabs(loss - early) < 1e-6 * early))
            fail_msg("%zu workers have a loss of %.9g, two %.9g", workers, loss, early);
        lt_model_free(model);
    }
}

static void test_every_optimizer_learns(void **state)
{
    (void)state;
    for (int optimizer = LT_OPTIMIZER_SGD; optimizer <= LT_OPTIMIZER_ADAMW; optimizer++) {
        float *first = NULL;
        for (int round = 0; round < 2; round++) {
            lt_model_options options = fixture_options(2, 20, 16, LT_TIED_NONE);
            options.dropout.rnn = options.dropout.source_word = 0.2;
            lt_model *model = create(&options);
            double early = learn(model, pools[2], &f.batch, optimizer, 1);
            double late = learn(model, pools[2], &f.batch, optimizer, 30);
            if (!(late < early * 0.95))
                fail_msg("%s: loss %g at first, %g later", lt_optimizer_names[optimizer], early, late);
            size_t bytes = lt_model_size(model) * sizeof(real);
            if (first)
                assert_memory_equal(first, lt_model_values(model), bytes);
            else
                memcpy(first = malloc(bytes), lt_model_values(model), bytes);
            lt_model_free(model);
        }
        free(first);
    }
}

/* The step of plain SGD with rate 1 is the gradient. */
static float *step_of(lt_pool *pool, const lt_batch *batch, double clip_norm, double *norm)
{
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *model = create(&options);
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD, .clip_norm = clip_norm};
    size_t size = lt_model_size(model);
    float *step = malloc(size * sizeof *step);
    memcpy(step, lt_model_values(model), size * sizeof *step);
    assert_ok(lt_learner_create(&learner, model, &sgd, pool, 7, &error));
    assert_ok(lt_learner_update(learner, batch, 0, 1, &report, &error));
    for (size_t i = 0; i < size; i++) step[i] -= lt_model_values(model)[i];
    *norm = report.gradient_norm;
    lt_learner_free(learner);
    lt_model_free(model);
    return step;
}

static void test_clipping_scales_the_whole_gradient(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *model = create(&options);
    size_t size = lt_model_size(model);
    double norm, same, squares = 0;
    float *free_step = step_of(pools[2], &f.batch, 0, &norm);
    float *under = step_of(pools[2], &f.batch, norm * 1.01, &same);
    float *clipped = step_of(pools[2], &f.batch, norm / 4, &same);
    assert_true(norm == same); /* it is said before clipping */
    assert_memory_equal(free_step, under, size * sizeof *under);
    for (size_t i = 0; i < size; i++) {
        squares += (double)free_step[i] * (double)free_step[i];
        assert_true(fabs((double)clipped[i] - (double)free_step[i] / 4) < 2e-7);
    }
    assert_true(fabs(sqrt(squares) - norm) < 1e-4 * norm);
    free(free_step), free(under), free(clipped);
    lt_model_free(model);
}

/* Wherever a parameter is broken, it is seen, and nothing has changed. */
static void test_a_failed_update_changes_nothing(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report;
    lt_optimizer_options adam = {
        .optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8};
    assert_ok(lt_learner_create(&learner, s->model, &adam, pools[2], 7, &error));
    size_t bytes = lt_model_size(s->model) * sizeof(real);
    float *before = malloc(bytes);
    for (size_t p = 0; p < lt_model_parameter_count(s->model); p++) {
        const lt_parameter *parameter = lt_model_parameter(s->model, p);
        float *broken = lt_model_values(s->model) + parameter->offset, kept = *broken;
        if (strcmp(parameter->name, "encoder.embedding.weight") == 0) continue; /* a word that is not met */
        *broken = NAN;
        lt_model_pack(s->model, NULL);
        memcpy(before, lt_model_values(s->model), bytes);
        lt_status status = lt_learner_update(learner, &f.batch, 0, 0.01, &report, &error);
        if (status != LT_ERROR_NUMERIC) fail_msg("%s: status %d", parameter->name, status);
        assert_non_null(strstr(error.message, "parameters are unchanged"));
        assert_memory_equal(before, lt_model_values(s->model), bytes);
        *broken = kept;
    }
    lt_model_pack(s->model, NULL);
    assert_ok(lt_learner_update(learner, &f.batch, 0, 0.01, &report, &error));
    assert_true(isfinite(report.gradient_norm));
    free(before);
    lt_learner_free(learner);
}

/* ---- what is refused ---- */

static void test_ids_are_checked(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_model_options options = fixture_options(1, 8, 8, LT_TIED_NONE);
    lt_model *model = create(&options);
    double score;
    int32_t id = VOCABULARY;
    const int32_t *ids = &id;
    size_t one = 1;
    lt_batch batch = {1, &ids, &one, &ids, &one};
    assert_int_equal(lt_model_score(model, pools[1], &batch, &score, NULL, &error), LT_ERROR_FORMAT);
    id = -1;
    assert_int_equal(lt_model_score(model, pools[1], &batch, &score, NULL, &error), LT_ERROR_FORMAT);
    lt_model_free(model);
}

static void refused(const lt_model_options *options, bool joint, const char *why)
{
    lt_error error = {0};
    assert_int_equal(lt_model_options_check(options, joint, &error), LT_ERROR_USAGE);
    if (!strstr(error.message, why)) fail_msg("no \"%s\" in \"%s\"", why, error.message);
}

static void test_options_are_checked(void **state)
{
    (void)state;
    lt_error error = {0};
    const lt_model_options good = fixture_options(2, 8, 8, LT_TIED_NONE);
    lt_model_options options = good;
    assert_ok(lt_model_options_check(&options, true, &error));
    options.decoder.hidden = 9;
    options.decoder.layers = 3;
    assert_ok(lt_model_options_check(&options, true, &error)); /* a bridge */
    refused(&(lt_model_options){.tied_embeddings = LT_TIED_ALL}, false, "tokenizer.joint");
    options = good;
    options.decoder.input_feeding = true;
    refused(&options, true, "model.decoder.input_feeding: true feeds what the attention saw");
    options = good;
    options.decoder.coverage = true;
    refused(&options, true, "model.decoder.coverage");
    options = good;
    options.decoder.attention = LT_ATTENTION_DOT;
    assert_ok(lt_model_options_check(&options, true, &error));
    options.encoder.bidirectional = LT_BIDIRECTIONAL;
    refused(&options, true, "width 16");
    options = good;
    options.encoder.residual = true;
    options.encoder.residual_from = 3;
    refused(&options, true, "has no effect");
    options.encoder.residual_from = 2;
    options.encoder.bidirectional = LT_BIDIRECTIONAL_FIRST;
    refused(&options, true, "begin at layer 3");
    options.encoder.layers = options.encoder.residual_from = 1; /* the first is the only one */
    options.encoder.embedding = 2 * options.encoder.hidden;
    assert_ok(lt_model_options_check(&options, true, &error));
    lt_model_free(create(&options));
    options = good;
    options.decoder.residual = true;
    options.decoder.residual_from = 1;
    options.decoder.embedding = 7;
    refused(&options, true, "embedding of width 7");
    options = good;
    options.encoder.cell = options.decoder.cell = LT_CELL_GRU;
    options.dropout.zoneout_c = 0.1;
    refused(&options, true, "zoneout_c");
}

/* The tests that every architecture passes; those with set_up get a `setting`, the others the architecture.
 */
static const struct CMUnitTest of_each[] = {
    cmocka_unit_test_setup_teardown(test_scores_do_not_depend_on_the_batch, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_decoder_agrees_with_scores, set_up, tear_down),
    cmocka_unit_test(test_learning_is_deterministic),
    cmocka_unit_test_setup_teardown(test_a_failed_update_changes_nothing, set_up, tear_down),
};
static const struct CMUnitTest others[] = {
    cmocka_unit_test(test_every_optimizer_learns),
    cmocka_unit_test(test_clipping_scales_the_whole_gradient),
    cmocka_unit_test(test_ids_are_checked),
    cmocka_unit_test(test_options_are_checked),
};

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    return architectures_run("test_network", list, architectures_read(list, 2, 37, 24), of_each,
                             sizeof of_each / sizeof *of_each, others, sizeof others / sizeof *others,
                             make_pools, free_pools);
}
