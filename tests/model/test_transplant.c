/* Parameters of one model in another, row by row: fake vocabularies, every tensor, however tables are tied.
 */
#include "tests/model/network_fixture.h"

enum { OLD_SRC = 11, OLD_TRG = 9, NEW_SRC = 8, NEW_TRG = 12, LAYERS = 1, HIDDEN = 6, EMBEDDING = 5 };

static lt_error error;

/* Row i of the new vocabulary is row [i] of the old one. */
static const int32_t src_rows[NEW_SRC] = {0, 1, 2, 3, 10, LT_NEW_ROW, 4, LT_NEW_ROW};
static const int32_t trg_rows[NEW_TRG] = {0, 1, 2, 3, LT_NEW_ROW, 8, 5, LT_NEW_ROW, LT_NEW_ROW, 4, 7, 6};

static lt_model *translator(const lt_model_options *options, size_t src, size_t trg, uint64_t seed)
{
    lt_model *model = NULL;
    assert_ok(lt_model_create(&model, options, src, trg, seed, &error));
    real *values = lt_model_values(model); /* biases begin at 0: let each value be one of its own */
    for (size_t i = 0; i < lt_model_size(model); i++) values[i] = (real)(seed * 100000 + i);
    return model;
}

static const lt_parameter *find(const lt_model *model, const char *name)
{
    for (size_t i = 0; i < lt_model_parameter_count(model); i++)
        if (strcmp(lt_model_parameter(model, i)->name, name) == 0) return lt_model_parameter(model, i);
    return NULL;
}

/* Is row i of `name` row rows[i] of the other model's, and where that is none, what it was? */
static void check_rows(lt_model *model, lt_model *from, lt_model *before, const char *name,
                       const int32_t *rows)
{
    const lt_parameter *p = find(model, name), *other = find(from, name);
    const size_t width = p->columns ? p->columns : 1;
    for (size_t i = 0; i < p->rows; i++) {
        const real *is = lt_model_values(model) + p->offset + i * width;
        const real *want = rows[i] == LT_NEW_ROW
                               ? lt_model_values(before) + p->offset + i * width
                               : lt_model_values(from) + other->offset + (size_t)rows[i] * width;
        if (memcmp(is, want, width * sizeof *is) != 0)
            fail_msg("%s: row %zu is not that of %d", name, i, rows[i]);
    }
}

/* Which rows the tensor's come from; NULL: it has none of pieces. */
static const int32_t *rows_of(const char *name)
{
    if (strcmp(name, "encoder.embedding.weight") == 0 || strcmp(name, "embedding.weight") == 0)
        return src_rows;
    if (strcmp(name, "decoder.embedding.weight") == 0 || strncmp(name, "output.weight", 13) == 0 ||
        strcmp(name, "output.bias") == 0)
        return trg_rows;
    return NULL;
}

static void check_tied(int tied, int64_t hidden)
{
    lt_model_options options = fixture_options(LAYERS, HIDDEN, EMBEDDING, tied);
    options.encoder.hidden = options.decoder.hidden = hidden;
    const bool all = tied == LT_TIED_ALL;
    const size_t new_trg = all ? NEW_SRC : NEW_TRG;
    lt_model *from = translator(&options, OLD_SRC, all ? OLD_SRC : OLD_TRG, 1);
    lt_model *model = translator(&options, NEW_SRC, new_trg, 2),
             *before = translator(&options, NEW_SRC, new_trg, 2);
    const lt_transplant_rows rows = {.src = src_rows, .trg = all ? src_rows : trg_rows};
    bool *taken = calloc(lt_model_parameter_count(model), sizeof *taken);
    lt_model_transplant(model, from, &rows, taken);
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i), *other = find(from, p->name);
        assert_true(taken[i]);
        const int32_t *map = rows_of(p->name);
        if (map)
            check_rows(model, from, before, p->name, all ? src_rows : map);
        else
            assert_memory_equal(lt_model_values(model) + p->offset, lt_model_values(from) + other->offset,
                                p->size * sizeof(real));
    }
    free(taken);
    lt_model_free(from);
    lt_model_free(model);
    lt_model_free(before);
}

static void rows_follow_their_pieces_in_every_table(void **state)
{
    (void)state;
    check_tied(LT_TIED_NONE, HIDDEN);
    check_tied(LT_TIED_TARGET, HIDDEN); /* a projection stands between */
    check_tied(LT_TIED_TARGET, EMBEDDING);
    check_tied(LT_TIED_ALL, HIDDEN);
    check_tied(LT_TIED_ALL, EMBEDDING);
}

static void without_rows_equal_models_have_equal_parameters(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(2, HIDDEN, EMBEDDING, LT_TIED_NONE);
    options.decoder.attention = LT_ATTENTION_ADDITIVE;
    lt_model *from = translator(&options, OLD_SRC, OLD_TRG, 1),
             *model = translator(&options, OLD_SRC, OLD_TRG, 2);
    lt_model_transplant(model, from, NULL, NULL);
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        assert_memory_equal(lt_model_values(model) + p->offset, lt_model_values(from) + p->offset,
                            p->size * sizeof(real));
    }
    lt_model_free(from);
    lt_model_free(model);
}

static bool was_taken(const lt_model *model, const bool *taken, const char *name)
{
    for (size_t i = 0; i < lt_model_parameter_count(model); i++)
        if (strcmp(lt_model_parameter(model, i)->name, name) == 0) return taken[i];
    fail_msg("there is no %s", name);
    return false;
}

static void what_differs_in_name_or_shape_is_left(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(1, HIDDEN, EMBEDDING, LT_TIED_NONE);
    lt_model *from = translator(&options, OLD_SRC, OLD_TRG, 1);
    options.decoder.attention = LT_ATTENTION_GENERAL;
    options.encoder.layers = options.decoder.layers = 2;
    options.decoder.embedding = EMBEDDING + 1;
    lt_model *model = translator(&options, OLD_SRC, NEW_TRG, 2),
             *before = translator(&options, OLD_SRC, NEW_TRG, 2);
    bool *taken = calloc(lt_model_parameter_count(model), sizeof *taken);
    lt_model_transplant(model, from, &(lt_transplant_rows){.trg = trg_rows}, taken);
    assert_true(was_taken(model, taken, "encoder.embedding.weight"));
    assert_true(was_taken(model, taken, "encoder.rnn.weight_ih_l0"));
    assert_true(was_taken(model, taken, "decoder.rnn.weight_hh_l0"));
    assert_true(was_taken(model, taken, "output.weight"));
    assert_false(was_taken(model, taken, "encoder.rnn.weight_ih_l1"));
    assert_false(was_taken(model, taken, "decoder.embedding.weight"));
    assert_false(was_taken(model, taken, "decoder.rnn.weight_ih_l0"));
    assert_false(was_taken(model, taken, "attention.weight"));
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        if (!taken[i])
            assert_memory_equal(lt_model_values(model) + p->offset, lt_model_values(before) + p->offset,
                                p->size * sizeof(real));
    }
    /* a vocabulary of another size, and nobody says which rows are which */
    lt_model_transplant(model, from, NULL, taken);
    assert_false(was_taken(model, taken, "output.weight"));
    free(taken);
    lt_model_free(from);
    lt_model_free(model);
    lt_model_free(before);
}

static void a_classifier_takes_an_encoder_and_the_rows_of_labels(void **state)
{
    (void)state;
    enum { OLD = 3, NEW = 4 };
    static const int32_t classes[NEW] = {2, LT_NEW_ROW, 0, LT_NEW_ROW};
    lt_model_options options = fixture_options(1, HIDDEN, EMBEDDING, LT_TIED_NONE);
    lt_model *from = translator(&options, OLD_SRC, OLD_TRG, 1), *one, *two, *before;
    assert_ok(lt_classifier_create(&one, &options, NEW_SRC, OLD, 3, &error));
    bool *taken = calloc(lt_model_parameter_count(one), sizeof *taken);
    lt_model_transplant(one, from, &(lt_transplant_rows){.src = src_rows}, taken);
    assert_true(was_taken(one, taken, "encoder.embedding.weight"));
    assert_true(was_taken(one, taken, "encoder.rnn.weight_hh_l0"));
    assert_false(was_taken(one, taken, "classifier.weight"));
    assert_false(was_taken(one, taken, "classifier.bias"));
    check_rows(one, from, one, "encoder.embedding.weight", src_rows);

    assert_ok(lt_classifier_create(&two, &options, NEW_SRC, NEW, 4, &error));
    assert_ok(lt_classifier_create(&before, &options, NEW_SRC, NEW, 4, &error));
    lt_model_transplant(two, one, &(lt_transplant_rows){.classes = classes}, taken);
    assert_true(was_taken(two, taken, "classifier.weight"));
    check_rows(two, one, before, "classifier.weight", classes);
    check_rows(two, one, before, "classifier.bias", classes);
    free(taken);
    lt_model_free(from);
    lt_model_free(one);
    lt_model_free(two);
    lt_model_free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_follow_their_pieces_in_every_table),
        cmocka_unit_test(without_rows_equal_models_have_equal_parameters),
        cmocka_unit_test(what_differs_in_name_or_shape_is_left),
        cmocka_unit_test(a_classifier_takes_an_encoder_and_the_rows_of_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
