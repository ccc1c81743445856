/* Choosing from a row of logits: what is banned, and what is drawn how often, against plain arithmetic. */
#include <math.h>

#include "model/choose.h"
#include "tests/model/network_fixture.h"

enum { V = 40, DRAWS = 5000 };

static lt_error error;

/* ---- banning ---- */

static void banned_pieces_have_no_logit(void **state)
{
    (void)state;
    static const int32_t ids[] = {0, 2, 3, 5, 9, 12}, banned[] = {9, 4, 2, 9, 40, 2};
    real row[] = {1, 2, 3, 4, 5, 6}, whole[] = {1, 2, 3, 4, 5, 6};
    lt_choose_ban(row, 6, ids, false, banned, 6);
    assert_true(row[0] == 1 && row[2] == 3 && row[3] == 4 && row[5] == 6);
    assert_true(isinf(row[1]) && row[1] < 0 && isinf(row[4]) && row[4] < 0);
    lt_choose_ban(whole, 6, NULL, false, banned, 6);
    assert_true(whole[0] == 1 && whole[1] == 2 && whole[3] == 4 && whole[5] == 6);
    assert_true(isinf(whole[2]) && isinf(whole[4]));
}

static void the_end_stays_where_nothing_else_is_left(void **state)
{
    (void)state;
    static const int32_t banned[] = {4, 2, 5, 2};
    real row[] = {1, 2, 3, 4, 5, 6}, unknown[] = {1, 2, 3, 4, 5, 6}, end[] = {7};
    lt_choose_ban(row, 6, NULL, false, banned, 4); /* PAD, BOS and UNK are nothing */
    assert_true(row[2] == 3 && isinf(row[4]) && isinf(row[5]));
    lt_choose_ban(unknown, 6, NULL, true, banned, 4);
    assert_true(isinf(unknown[2]) && unknown[3] == 4);
    lt_choose_ban(end, 1, (const int32_t[]){LT_EOS}, false, banned, 4);
    assert_true(end[0] == 7);
}

/* ---- drawing ---- */

static const double *by_probability;

static int more_probable(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (by_probability[x] != by_probability[y]) return by_probability[x] > by_probability[y] ? -1 : 1;
    return x < y ? -1 : 1;
}

/* What `how` makes of a row, in double precision and by sorting it. */
static void expected(double *p, const real *row, const int32_t *ids, size_t count, bool allow_unk,
                     const lt_choosing *how)
{
    double sum = 0, kept = 0;
    size_t order[V];
    for (size_t v = 0; v < count; v++) {
        const int32_t id = ids ? ids[v] : (int32_t)v;
        const bool out = id == LT_PAD || id == LT_BOS || (id == LT_UNK && !allow_unk);
        p[v] = out ? 0 : exp((double)row[v] / how->temperature);
        order[v] = v;
    }
    by_probability = p;
    qsort(order, count, sizeof *order, more_probable);
    for (size_t i = how->top_k ? how->top_k : count; i < count; i++) p[order[i]] = 0;
    for (size_t v = 0; v < count; v++) sum += p[v];
    for (size_t i = 0; i < count; i++) {
        if (kept >= how->top_p * sum && how->top_p < 1) p[order[i]] = 0;
        kept += p[order[i]];
    }
    sum = 0;
    for (size_t v = 0; v < count; v++) sum += p[v];
    for (size_t v = 0; v < count; v++) p[v] /= sum;
}

/* Draws that stand at equal distances hit each piece as often as its probability says, to one or two. */
static void check(const real *row, const int32_t *ids, size_t count, bool allow_unk, const lt_choosing *how)
{
    double p[V];
    size_t hits[V] = {0}, pieces = 0;
    real room_p[V];
    uint32_t order[V];
    const lt_draw_room room = {room_p, order};
    expected(p, row, ids, count, allow_unk, how);
    for (size_t i = 0; i < DRAWS; i++) {
        const lt_candidate drawn = lt_choose_draw(lt_backend_best(), row, count, ids, 0.5f, allow_unk, how,
                                                  ((double)i + 0.5) / DRAWS, &room);
        size_t v = 0;
        while (v < count && (ids ? ids[v] : (int32_t)v) != drawn.id) v++;
        assert_true(v < count);
        assert_true(drawn.log_probability == row[v] - 0.5f);
        hits[v]++;
    }
    for (size_t v = 0; v < count; v++) {
        assert_true(fabs((double)hits[v] - p[v] * DRAWS) < 2);
        pieces += hits[v] > 0;
    }
    if (how->top_k) assert_true(pieces <= how->top_k);
}

static void pieces_are_drawn_as_often_as_they_should(void **state)
{
    (void)state;
    static const lt_choosing ways[] = {{.temperature = 1, .top_p = 1},
                                       {.temperature = 0.5, .top_p = 1},
                                       {.temperature = 3, .top_p = 1},
                                       {.temperature = 1, .top_k = 1, .top_p = 1},
                                       {.temperature = 1, .top_k = 7, .top_p = 1},
                                       {.temperature = 2, .top_k = 1000, .top_p = 1},
                                       {.temperature = 1, .top_p = 0.9},
                                       {.temperature = 1, .top_p = 0.3},
                                       {.temperature = 1, .top_p = 0.0001},
                                       {.temperature = 1.5, .top_k = 12, .top_p = 0.8},
                                       {.temperature = 0.7, .top_k = 1000, .top_p = 0.7}};
    real *row = numbers(V, 6);
    int32_t ids[V];
    for (size_t v = 0; v < V; v++) row[v] *= 3, ids[v] = (int32_t)(2 * v);
    row[20] = row[10]; /* equal ones */
    row[21] = row[22] = -INFINITY;
    row[LT_PAD] = row[LT_UNK] = 3;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        for (size_t count = 5; count <= V; count += 7) {
            check(row, NULL, count, false, &ways[i]);
            check(row, ids, count, false, &ways[i]);
        }
        check(row, NULL, V, true, &ways[i]);
    }
    free(row);
}

static void nothing_to_draw_is_said(void **state)
{
    (void)state;
    real row[] = {1, 2, -INFINITY, 4, -INFINITY}, p[5];
    uint32_t order[5];
    const lt_draw_room room = {p, order};
    for (size_t top_k = 0; top_k < 3; top_k++) {
        const lt_choosing how = {.temperature = 1, .top_k = top_k, .top_p = top_k == 2 ? 0.5 : 1};
        const lt_candidate drawn =
            lt_choose_draw(lt_backend_best(), row, 5, NULL, 0, false, &how, 0.5, &room);
        assert_true(drawn.id == LT_EOS && isinf(drawn.log_probability));
    }
}

/* ---- in the decoder ---- */

enum { SENTENCES = 3, EACH = 30, ROWS = SENTENCES * EACH, ALL = V - 2 };

/* Rows in more than one block: each has its own draw and bans, and the log-probability is that of a search.
 */
static void the_decoder_draws_row_by_row(void **state)
{
    (void)state;
    lt_model_options options = fixture_options(1, 12, 8, LT_TIED_NONE);
    lt_model *model;
    lt_decoder *decoder;
    fixture_batch f;
    assert_ok(lt_model_create(&model, &options, V, V, 3, &error));
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] *= 3;
    lt_model_pack(model, NULL);
    assert_ok(lt_decoder_create(&decoder, model, &error));
    fixture_batch_init(&f, SENTENCES, 7, V, 5);
    uint32_t parents[ROWS];
    int32_t tokens[ROWS], banned[ROWS];
    size_t start[ROWS + 1], ids = 0;
    double draws[ROWS];
    static lt_candidate all[ROWS * ALL];
    lt_candidate drawn[ROWS];
    for (size_t r = 0; r < ROWS; r++) {
        parents[r] = (uint32_t)(r / EACH), tokens[r] = LT_BOS;
        draws[r] = (double)(r % EACH) / EACH;
        start[r] = r;
    }
    start[ROWS] = ROWS;
    assert_ok(lt_decoder_start(decoder, &f.batch, ROWS, ALL, &error));
    assert_ok(lt_decoder_step(decoder, ROWS, parents, tokens, false, all, &error));
    for (size_t r = 0; r < ROWS; r++) banned[r] = r % 2 ? all[r * ALL].id : 0; /* of every other the best */
    const lt_choosing how = {
        .banned = banned, .banned_start = start, .draws = draws, .temperature = 1, .top_p = 1};
    assert_ok(lt_decoder_start(decoder, &f.batch, ROWS, 1, &error));
    lt_decoder_choose(decoder, &how);
    assert_ok(lt_decoder_step(decoder, ROWS, parents, tokens, false, drawn, &error));
    for (size_t r = 0; r < ROWS; r++) {
        size_t at = 0;
        while (at < ALL && all[r * ALL + at].id != drawn[r].id) at++;
        assert_true(at < ALL && all[r * ALL + at].log_probability == drawn[r].log_probability);
        assert_true(r % 2 == 0 || at > 0);
        ids += r > 0 && drawn[r].id != drawn[r - 1].id;
    }
    assert_true(ids > SENTENCES * 4);
    assert_ok(lt_decoder_start(decoder, &f.batch, ROWS, 2, &error));
    lt_decoder_choose(decoder, &how);
    assert_int_equal(lt_decoder_step(decoder, SENTENCES, parents, tokens, false, drawn, &error),
                     LT_ERROR_USAGE);
    lt_decoder_free(decoder);
    lt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(banned_pieces_have_no_logit),
        cmocka_unit_test(the_end_stays_where_nothing_else_is_left),
        cmocka_unit_test(pieces_are_drawn_as_often_as_they_should),
        cmocka_unit_test(nothing_to_draw_is_said),
        cmocka_unit_test(the_decoder_draws_row_by_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
