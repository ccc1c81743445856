/* How parameters start, for every architecture of the table, and how many there are. */
#include <math.h>

#include "tests/model/architectures.h"

enum { LAYERS = 2, HIDDEN = 37, EMBEDDING = 24, VOCABULARY = 101 };

/* By LT_CELL_*: blocks of H rows, which of them is the forget gate's, reals per unit that no other cell has.
 */
static const struct {
    size_t gates;
    int forget_gate;
    size_t extra;
} cells[] = {
    [LT_CELL_RNN] = {1, -1, 0},
    [LT_CELL_LSTM] = {4, 1, 0},             /* i f g o */
    [LT_CELL_LSTM_PEEPHOLE] = {4, 1, 3},    /* i f g o */
    [LT_CELL_LSTM_COUPLED] = {3, 0, 0},     /* f g o */
    [LT_CELL_LSTM_LAYERNORM] = {4, 1, 10},  /* i f g o; gains of W x and U h' (4 each), gain and shift of c */
    [LT_CELL_GRU] = {3, -1, 0},             /* r z n */
    [LT_CELL_GRU_RESET_AFTER] = {3, -1, 3}, /* r z n; a second bias */
};

static lt_model *create(const lt_model_options *options)
{
    lt_error error = {0};
    lt_model *model;
    assert_ok(lt_model_create(&model, options, VOCABULARY, VOCABULARY, 5, &error));
    return model;
}

static bool has(const lt_parameter *parameter, const char *part)
{
    return strstr(parameter->name, part) != NULL;
}

/* Numbers of a uniform distribution in +-bound. */
static void check_uniform(const char *name, const float *w, size_t size, double bound)
{
    double largest = 0, sum = 0;
    for (size_t i = 0; i < size; i++) {
        largest = fmax(largest, fabs((double)w[i]));
        sum += (double)w[i];
    }
    if (!(largest <= bound * (1 + 1e-6)) || (size > 100 && !(largest > 0.9 * bound)))
        fail_msg("%s: the largest is %g, the bound %g", name, largest, bound);
    if (!(fabs(sum) < 5 * bound * sqrt((double)size / 3)))
        fail_msg("%s: %zu numbers in +-%g add up to %g", name, size, bound, sum);
}

static void check_constant(const char *name, const float *w, size_t size, double wanted)
{
    for (size_t i = 0; i < size; i++)
        if (w[i] != (float)wanted) fail_msg("%s[%zu] is %g, not %g", name, i, (double)w[i], wanted);
}

/* U U^T = I for each gate's U (H, H). */
static void check_orthogonal(const char *name, const float *u, size_t gates, size_t hidden)
{
    for (size_t g = 0; g < gates; g++, u += hidden * hidden)
        for (size_t i = 0; i < hidden; i++)
            for (size_t j = 0; j <= i; j++) {
                double sum = 0;
                for (size_t k = 0; k < hidden; k++)
                    sum += (double)u[i * hidden + k] * (double)u[j * hidden + k];
                if (!(fabs(sum - (i == j)) < 1e-6))
                    fail_msg("%s, gate %zu: rows %zu and %zu multiply to %g", name, g, i, j, sum);
            }
}

/* What a tensor of a recurrent layer starts as, but for its matrices. */
static void check_vector(const lt_parameter *p, const float *w, int cell, size_t hidden, double forget_bias)
{
    if (has(p, "rnn.bias_l"))
        for (size_t g = 0; g < cells[cell].gates; g++)
            check_constant(p->name, w + g * hidden, hidden,
                           (int)g == cells[cell].forget_gate ? forget_bias : 0);
    else if (has(p, "layernorm_c"))
        check_constant(p->name, w, hidden, 1), check_constant(p->name, w + hidden, hidden, 0);
    else if (has(p, "layernorm"))
        check_constant(p->name, w, p->size, 1);
    else /* peephole, bias_hh, output.bias, those of the bridge */
        check_constant(p->name, w, p->size, 0);
}

static void check_start(const lt_model_options *o, int start, double forget_bias)
{
    lt_model_options options = *o;
    options.initialization = start;
    options.forget_bias = forget_bias;
    options.tied_embeddings = start == LT_START_GLOROT ? LT_TIED_NONE : LT_TIED_TARGET;
    lt_model *model = create(&options);
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        const float *w = lt_model_values(model) + p->offset;
        const bool encoder = has(p, "encoder."), recurrent = has(p, ".rnn.");
        const size_t hidden = (size_t)(encoder ? options.encoder.hidden : options.decoder.hidden);
        const int cell = encoder ? options.encoder.cell : options.decoder.cell;
        const size_t out = recurrent ? hidden : p->rows;
        if (has(p, "embedding"))
            continue;
        else if (has(p, "attention.v") || has(p, "attention.coverage"))
            check_uniform(p->name, w, p->size, 1 / sqrt((double)hidden));
        else if (!has(p, "weight"))
            check_vector(p, w, cell, hidden, forget_bias);
        else if (has(p, "weight_hh") && start == LT_START_ORTHOGONAL)
            check_orthogonal(p->name, w, cells[cell].gates, hidden);
        else
            check_uniform(p->name, w, p->size,
                          start == LT_START_UNIFORM ? 1 / sqrt((double)hidden)
                                                    : sqrt(6 / (double)(p->columns + out)));
    }
    lt_model_free(model);
}

static void test_every_start(void **state)
{
    const architecture *a = *state;
    check_start(&a->options, LT_START_UNIFORM, 1);
    check_start(&a->options, LT_START_GLOROT, 0);
    check_start(&a->options, LT_START_ORTHOGONAL, 2.5);
}

static void test_a_classifier_starts_by_the_same_rule(void **state)
{
    (void)state;
    lt_error error = {0};
    enum { CLASSES = 90 };
    for (int start = LT_START_UNIFORM; start <= LT_START_ORTHOGONAL; start++) {
        lt_model *model;
        lt_model_options options = fixture_options(1, HIDDEN, EMBEDDING, LT_TIED_NONE);
        options.initialization = start;
        assert_ok(lt_classifier_create(&model, &options, VOCABULARY, CLASSES, 5, &error));
        const lt_parameter *p = lt_model_parameter(model, lt_model_parameter_count(model) - 2);
        assert_string_equal(p->name, "classifier.weight");
        check_uniform(p->name, lt_model_values(model) + p->offset, p->size,
                      start == LT_START_UNIFORM ? 1 / sqrt((double)HIDDEN)
                                                : sqrt(6 / (double)(HIDDEN + CLASSES)));
        lt_model_free(model);
    }
}

/* The reals of one side's tensors with `part` in their names. */
static size_t count(const lt_model *model, const char *side, const char *part)
{
    size_t size = 0;
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        if (strncmp(p->name, side, strlen(side)) == 0 && has(p, part)) size += p->size;
    }
    return size;
}

static size_t count_of_cell(int cell, const char *part)
{
    lt_model_options options = fixture_options(LAYERS, HIDDEN, EMBEDDING, LT_TIED_NONE);
    options.encoder.cell = options.decoder.cell = cell;
    lt_model *model = create(&options);
    size_t size = count(model, "encoder.rnn.", part);
    assert_int_equal(size, count(model, "decoder.rnn.", part));
    lt_model_free(model);
    return size;
}

static void test_parameter_counts(void **state)
{
    (void)state;
    const size_t lstm = count_of_cell(LT_CELL_LSTM, "");
    assert_int_equal(lstm, 4 * HIDDEN * (EMBEDDING + HIDDEN + 1) + 4 * HIDDEN * (HIDDEN + HIDDEN + 1));
    for (int cell = LT_CELL_RNN; cell <= LT_CELL_GRU_RESET_AFTER; cell++)
        assert_int_equal(count_of_cell(cell, ""),
                         lstm / 4 * cells[cell].gates + LAYERS * cells[cell].extra * HIDDEN);
    assert_int_equal(count_of_cell(LT_CELL_GRU, "weight_hh") * 4,
                     count_of_cell(LT_CELL_LSTM, "weight_hh") * 3);
    assert_int_equal(count_of_cell(LT_CELL_LSTM_COUPLED, "") * 4, lstm * 3);
}

int main(void)
{
    static architecture list[ARCHITECTURES_MAX];
    static const struct CMUnitTest of_each[] = {cmocka_unit_test(test_every_start)};
    static const struct CMUnitTest others[] = {cmocka_unit_test(test_parameter_counts),
                                               cmocka_unit_test(test_a_classifier_starts_by_the_same_rule)};
    return architectures_run("test_initialization", list, architectures_read(list, LAYERS, HIDDEN, EMBEDDING),
                             of_each, 1, others, sizeof others / sizeof *others, NULL, NULL);
}
