/* Long sentences, for every architecture of the table: scoring goes through them in spans, where each
 * direction that reads forwards keeps no more than its state from one to the next; the learner goes through
 * them in one. Both must say the same, and so must scoring of a long and a short sentence together and alone.
 */
#include <math.h>

#include "tests/model/architectures.h"

#ifdef __SANITIZE_ADDRESS__
enum { LONG = 1100 }; /* tokens: two spans, and more where others are in the batch */
#else
enum { LONG = 2077 };
#endif
enum { VOCABULARY = 101, SHORT = 5, MIDDLE = 300 };

static void test_long_sentences_are_scored_span_by_span(void **state)
{
    const architecture *a = *state;
    /* attention takes the product of both lengths: the whole of it where all it can do is on */
    const size_t longest =
        a->options.decoder.coverage && a->options.decoder.input_feeding ? LONG - 9 : MIDDLE;
    lt_error error = {0};
    lt_rng rng;
    static int32_t ids[2][LONG];
    lt_pool *pool;
    assert_ok(lt_pool_create(&pool, 1, &error));
    lt_rng_init(&rng, 9);
    for (size_t i = 0; i < LONG; i++)
        for (size_t side = 0; side < 2; side++)
            ids[side][i] = (int32_t)(LT_RESERVED + lt_rng_below(&rng, VOCABULARY - LT_RESERVED));
    const int32_t *src[] = {ids[0], ids[1], ids[0]}, *trg[] = {ids[1], ids[0], ids[1]};
    const size_t src_length[] = {LONG, SHORT, SHORT}, trg_length[] = {longest, LONG, SHORT};
    lt_batch batch = {3, src, src_length, trg, trg_length};
    lt_model_options options = a->options;
    options.dropout = (lt_dropout_options){0}; /* with it, learning says something else */
    lt_model *model;
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, 5, &error));
    lt_model_pack(model, NULL);
    double together[3], alone;
    assert_ok(lt_model_score(model, pool, &batch, together, NULL, &error));
    for (size_t b = 0; b < 3; b++) {
        lt_batch one = {1, src + b, src_length + b, trg + b, trg_length + b};
        assert_ok(lt_model_score(model, pool, &one, &alone, NULL, &error));
        assert_true(alone == together[b]);
    }
    lt_optimizer_options sgd = {.optimizer = LT_OPTIMIZER_SGD};
    lt_learner *learner;
    lt_update_report report;
    assert_ok(lt_learner_create(&learner, model, &sgd, pool, 1, &error));
    assert_ok(lt_learner_update(learner, &batch, 0, 0, &report, &error));
    double sum = together[0] + together[1] + together[2];
    if (!(fabs(report.nll + sum) < 1e-6 * report.nll))
        fail_msg("%.9g, but learning says %.9g", -sum, report.nll);
    lt_learner_free(learner);
    lt_model_free(model);
    lt_pool_free(pool);
}

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    static const struct CMUnitTest of_each[] = {
        cmocka_unit_test(test_long_sentences_are_scored_span_by_span),
    };
    return architectures_run("test_spans", list, architectures_read(list, 2, 11, 8), of_each, 1, NULL, 0,
                             NULL, NULL);
}
