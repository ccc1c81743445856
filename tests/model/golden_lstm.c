/* One LSTM layer, forward and backward, against torch.nn.LSTM (golden_lstm.py made the file), on every
 * backend. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/rnn.h"
#include "tests/model/network_fixture.h"

enum { E = 5, H = 7, B = 3, STEPS = 6, TOKENS = 11, ITEMS = 32 };

static struct golden {
    char name[32];
    size_t count;
    float *values;
} golden[ITEMS];

static int read_golden(void **state)
{
    (void)state;
    FILE *file = fopen(TESTS_DIR "/fixtures/golden_lstm.txt", "r");
    assert_non_null(file);
    for (struct golden *g = golden; fscanf(file, "%31s %zu", g->name, &g->count) == 2; g++) {
        g->values = calloc(g->count, sizeof *g->values);
        for (size_t i = 0; i < g->count; i++) assert_int_equal(fscanf(file, "%f", &g->values[i]), 1);
    }
    fclose(file);
    return 0;
}

static int free_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < ITEMS; i++) free(golden[i].values);
    return 0;
}

static const float *find(const char *name, size_t count)
{
    for (size_t i = 0; i < ITEMS; i++)
        if (strcmp(golden[i].name, name) == 0) {
            assert_int_equal(golden[i].count, count);
            return golden[i].values;
        }
    fail_msg("no %s in the golden file", name);
    return NULL;
}

static void assert_golden(const float *values, const char *name, size_t count, const char *backend)
{
    const float *wanted = find(name, count);
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(values[i] - wanted[i]) <= 1e-5f * fmaxf(1, fabsf(wanted[i]))))
            fail_msg("%s: %s[%zu] is %.8g, PyTorch has %.8g", backend, name, i, (double)values[i],
                     (double)wanted[i]);
}

static void run(const lt_backend *backend)
{
    lt_error error = {0};
    lt_params params = {0};
    lt_weights weights = {.backend = backend};
    lt_rnn rnn;
    lt_arena arena = {0};
    const lt_rnn_shape shape = {.layer = {.cell = &lt_cell_lstm, .input = E, .hidden = H}, .layers = 1};
    assert_ok(lt_rnn_init(&rnn, &weights, &params, "encoder", &shape, &error));
    assert_ok(lt_params_allocate(&params, 1, &error));
    const lt_linear *wx = &rnn.level[0].layer[0].input, *wh = &rnn.level[0].layer[0].weights.recurrent;
    memcpy(params.values + wx->weight, find("weight_ih", 4 * H * E), 4 * H * E * sizeof(float));
    memcpy(params.values + wh->weight, find("weight_hh", 4 * H * H), 4 * H * H * sizeof(float));
    memcpy(params.values + wx->bias, find("bias", 4 * H), 4 * H * sizeof(float));
    weights.values = params.values;
    weights.packed = lt_reals(weights.packed_size);
    lt_rnn_pack(&rnn, &weights, 0, 1);

    const size_t rows[STEPS] = {3, 2, 2, 2, 1, 1}, start[STEPS] = {0, 3, 5, 7, 9, 10};
    lt_sequence sequence = {.batch = B, .steps = STEPS, .total = TOKENS, .rows = rows, .start = start};
    lt_state state, dstate;
    lt_rnn_describe_state(&rnn, &state);
    dstate = state;
    assert_true(lt_state_take(&state, &arena, B, false) && lt_state_take(&dstate, &arena, B, false));
    memcpy(state.part[0], find("h0", B * H), B * H * sizeof(float));
    memcpy(state.part[1], find("c0", B * H), B * H * sizeof(float));
    lt_rnn_saved saved;
    assert_true(lt_rnn_forward(&rnn, &weights, &arena, &sequence, find("x", TOKENS * E), NULL, &state, false,
                               &saved));
    assert_golden(saved.top, "y", TOKENS * H, backend->name);
    assert_golden(state.part[0], "hn", B * H, backend->name);
    assert_golden(state.part[1], "cn", B * H, backend->name);

    float *dy = lt_arena_take(&arena, TOKENS * H, sizeof *dy), *gradients = lt_reals(params.size);
    memcpy(dy, find("dy", TOKENS * H), TOKENS * H * sizeof(float));
    memcpy(dstate.part[0], find("dhn", B * H), B * H * sizeof(float));
    memcpy(dstate.part[1], find("dcn", B * H), B * H * sizeof(float));
    float *dx = lt_rnn_backward(&rnn, &weights, gradients, &arena, &sequence, dy, &dstate, false, &saved);
    assert_non_null(dx);
    assert_golden(dx, "dx", TOKENS * E, backend->name);
    assert_golden(gradients + wx->weight, "dweight_ih", 4 * H * E, backend->name);
    assert_golden(gradients + wh->weight, "dweight_hh", 4 * H * H, backend->name);
    assert_golden(gradients + wx->bias, "dbias", 4 * H, backend->name);
    assert_golden(dstate.part[0], "dh0", B * H, backend->name);
    assert_golden(dstate.part[1], "dc0", B * H, backend->name);
    free(gradients);
    free(weights.packed);
    lt_params_clear(&params);
    lt_arena_clear(&arena);
}

static void test_every_backend(void **state)
{
    (void)state;
    for (const lt_backend *const *backend = lt_backend_all(); *backend; backend++) run(*backend);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_backend)};
    return cmocka_run_group_tests(tests, read_golden, free_golden);
}
