#include "model/rnn.h"

#include <assert.h>
#include <string.h>

#include "model/dropout.h"

/* ---- shape ---- */

static size_t level_directions(int bidirectional, size_t l)
{
    if (bidirectional == LT_FORWARD_ONLY) return 1;
    return bidirectional == LT_BIDIRECTIONAL_FIRST && l > 0 ? 1 : 2;
}

lt_status lt_rnn_init(lt_rnn *rnn, lt_weights *weights, lt_params *params, const char *side,
                      const lt_rnn_shape *shape, lt_error *error)
{
    const size_t hidden = shape->layer.hidden;
    const bool separate = shape->bidirectional == LT_ALTERNATING;
    lt_layer_shape layer = shape->layer;
    *rnn = (lt_rnn){.cell = layer.cell,
                    .layers = shape->layers,
                    .input = layer.input,
                    .hidden = hidden,
                    .separate = separate,
                    .dropout = shape->dropout};
    for (size_t l = 0; l < shape->layers; l++) {
        lt_rnn_level *level = &rnn->level[l];
        level->directions = level_directions(shape->bidirectional, l);
        level->residual = shape->residual_from > 0 && l + 1 >= shape->residual_from;
        for (size_t d = 0; d < level->directions; d++) {
            level->backward[d] = separate ? (l + d) % 2 == 1 : d == 1;
            LT_TRY(lt_layer_init(&level->layer[d], weights, params, &layer, side, l, d ? "_reverse" : "",
                                 error));
        }
        assert(!level->residual || layer.input == (separate ? hidden : level->directions * hidden));
        layer.input = separate ? hidden : level->directions * hidden;
        layer.fed = layer.constant = 0;
        rnn->width = level->directions * hidden;
    }
    return LT_OK;
}

void lt_rnn_start(const lt_rnn *rnn, real *values)
{
    for (size_t l = 0; l < rnn->layers; l++)
        for (size_t d = 0; d < rnn->level[l].directions; d++) lt_layer_start(&rnn->level[l].layer[d], values);
}

void lt_rnn_describe_state(const lt_rnn *rnn, lt_state *state)
{
    *state = (lt_state){.count = lt_rnn_part(rnn->layers, 0, 0)};
    for (size_t l = 0; l < rnn->layers; l++)
        for (size_t d = 0; d < rnn->level[l].directions; d++) {
            state->width[lt_rnn_part(l, d, 0)] = rnn->hidden;
            state->width[lt_rnn_part(l, d, 1)] = rnn->cell->has_c ? rnn->hidden : 0;
        }
}

/* ---- rows in another order ---- */

/* x's rows (total, width) in the order of `mirror`, from the arena. NULL: out of memory. */
static real *mirrored(lt_arena *arena, const real *x, const size_t *mirror, size_t total, size_t width)
{
    real *y = lt_arena_take(arena, total * width, sizeof *y);
    for (size_t n = 0; y && n < total; n++) memcpy(y + n * width, x + mirror[n] * width, width * sizeof *y);
    return y;
}

/* Columns [column, column + width) of y (total, ldy) = x (total, ldx) from its column `from`, rows in the
 * order of `mirror` unless that is NULL. */
static void place(real *y, size_t ldy, size_t column, const real *x, size_t ldx, size_t from,
                  const size_t *mirror, size_t total, size_t width)
{
    for (size_t n = 0; n < total; n++)
        memcpy(y + n * ldy + column, x + (mirror ? mirror[n] : n) * ldx + from, width * sizeof *y);
}

/* ---- all steps of a layer at a time ---- */

static void add_constant(const lt_layer *layer, const lt_backend *backend, const lt_sequence *sequence,
                         const real *constant, real *gates)
{
    const size_t width = layer->cell->gates * layer->hidden;
    for (size_t t = 0; t < sequence->steps; t++)
        for (size_t b = 0; b < sequence->rows[t]; b++)
            backend->add(gates + (sequence->start[t] + b) * width, constant + sequence->sentence[b] * width,
                         width);
}

/* The two directions of level l, or its one. */
static bool level_forward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                          const lt_sequence *sequence, size_t l, const real *const x[2], const real *constant,
                          lt_state *state, bool zero, lt_rnn_saved *saved)
{
    const lt_rnn_level *level = &rnn->level[l];
    for (size_t d = 0; d < level->directions; d++) {
        const lt_layer *layer = &level->layer[d];
        lt_layer_saved *kept = &saved->layer[l][d];
        const real *in = x[rnn->separate ? d : 0];
        if (level->backward[d]) in = mirrored(arena, in, saved->mirror, sequence->total, layer->input.in);
        if (!in || !lt_layer_take(layer, arena, sequence, in, kept)) return false;
        lt_layer_project(layer, weights, 0, sequence->total, kept);
        if (constant) add_constant(layer, weights->backend, sequence, constant, kept->gates);
        for (size_t t = 0; t < sequence->steps; t++)
            lt_layer_step(layer, weights, sequence, t, state->part[lt_rnn_part(l, d, 0)],
                          state->part[lt_rnn_part(l, d, 1)], zero, kept);
    }
    return true;
}

/* saved->y of level l: its directions in the order of the sequence, side by side; plus x where it is
 * residual. */
static bool level_output(const lt_rnn *rnn, const lt_backend *backend, lt_arena *arena,
                         const lt_sequence *sequence, size_t l, const real *const x[2], lt_rnn_saved *saved)
{
    const lt_rnn_level *level = &rnn->level[l];
    const size_t stacks = rnn->separate ? 2 : 1, hidden = rnn->hidden;
    const size_t width = rnn->separate ? hidden : level->directions * hidden;
    for (size_t s = 0; s < stacks; s++) {
        if (width == hidden && !level->backward[s] && !level->residual) {
            saved->y[l][s] = saved->layer[l][s].h;
            continue;
        }
        real *y = saved->y[l][s] = lt_arena_take(arena, sequence->total * width, sizeof *y);
        if (!y) return false;
        for (size_t column = 0; column < width; column += hidden) {
            size_t d = rnn->separate ? s : column / hidden;
            place(y, width, column, saved->layer[l][d].h, hidden, 0,
                  level->backward[d] ? saved->mirror : NULL, sequence->total, hidden);
        }
        if (level->residual) backend->add(y, x[s], sequence->total * width);
    }
    return true;
}

static bool any_backward(const lt_rnn *rnn)
{
    for (size_t l = 0; l < rnn->layers; l++)
        if (rnn->level[l].backward[0] || rnn->level[l].backward[1]) return true;
    return false;
}

static bool top_of(const lt_rnn *rnn, lt_arena *arena, size_t total, lt_rnn_saved *saved)
{
    real *const *y = saved->y[rnn->layers - 1];
    saved->top = y[0];
    if (!rnn->separate) return true;
    saved->top = lt_arena_take(arena, total * rnn->width, sizeof *saved->top);
    for (size_t s = 0; saved->top && s < 2; s++)
        place(saved->top, rnn->width, s * rnn->hidden, y[s], rnn->hidden, 0, NULL, total, rnn->hidden);
    return saved->top != NULL;
}

bool lt_rnn_forward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                    const lt_sequence *sequence, const real *x, const real *constant, lt_state *state,
                    bool zero, lt_rnn_saved *saved)
{
    const size_t stacks = rnn->separate ? 2 : 1;
    const real *below[2] = {x, x};
    *saved = (lt_rnn_saved){0};
    if (any_backward(rnn) && !(saved->mirror = lt_sequence_mirror(arena, sequence))) return false;
    for (size_t l = 0; l < rnn->layers; l++) {
        const size_t width = rnn->level[l].layer[0].input.in;
        const real *in[2] = {below[0], below[1]};
        for (size_t s = 0; s < stacks && l > 0 && rnn->dropout > 0 && sequence->keys; s++) {
            real *dropped = lt_arena_take(arena, sequence->total * width, sizeof *dropped);
            if (!dropped || !lt_dropout(weights->backend, arena, sequence, dropped, below[s],
                                        LT_SITE_LAYER + 2 * l + s, rnn->dropout, width))
                return false;
            in[s] = dropped;
        }
        if (!level_forward(rnn, weights, arena, sequence, l, in, l == 0 ? constant : NULL, state, zero,
                           saved) ||
            !level_output(rnn, weights->backend, arena, sequence, l, below, saved))
            return false;
        for (size_t s = 0; s < stacks; s++) below[s] = saved->y[l][s];
    }
    return top_of(rnn, arena, sequence->total, saved);
}

/* Direction d of level l backwards: the gradient of its input, in the order of the sequence. `dy` (N, ldy):
 * its output's from column `column`; spoiled, unless the level is residual. NULL: out of memory. */
static real *direction_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients,
                                lt_arena *arena, const lt_sequence *sequence, size_t l, size_t d, real *dy,
                                size_t ldy, size_t column, lt_state *dstate, bool zero,
                                const lt_rnn_saved *saved)
{
    const lt_layer *layer = &rnn->level[l].layer[d];
    const lt_layer_saved *kept = &saved->layer[l][d];
    const size_t *mirror = rnn->level[l].backward[d] ? saved->mirror : NULL;
    const size_t hidden = rnn->hidden, total = sequence->total;
    const bool copied = mirror || ldy != hidden || rnn->level[l].residual;
    real *own = copied ? lt_arena_take(arena, total * hidden, sizeof *own) : dy;
    real *dx = lt_arena_take(arena, total * layer->input.in, sizeof *dx);
    if (!own || !dx) return NULL;
    if (copied) place(own, hidden, 0, dy, ldy, column, mirror, total, hidden);
    double *trace = d == 0 && l == rnn->layers - 1 ? saved->trace : NULL;
    for (size_t t = sequence->steps; t-- > 0;) {
        real *dh = dstate->part[lt_rnn_part(l, d, 0)], *at = own + sequence->start[t] * hidden;
        for (size_t b = 0; trace && b < sequence->rows[t]; b++) {
            double sum = 0;
            for (size_t j = b * hidden; j < (b + 1) * hidden; j++)
                sum += (double)(at[j] + dh[j]) * (double)(at[j] + dh[j]);
            trace[sequence->start[t] + b] = sum;
        }
        lt_layer_step_backward(layer, weights, gradients, sequence, t, at, dh,
                               dstate->part[lt_rnn_part(l, d, 1)], zero, kept);
    }
    lt_layer_finish(layer, weights, gradients, total, kept);
    lt_linear_backward_input(&layer->input, weights, dx, kept->gates, total, false);
    return mirror ? mirrored(arena, dx, mirror, total, layer->input.in) : dx;
}

/* dx of level l, stack s; NULL: out of memory. */
static real *level_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                            const lt_sequence *sequence, size_t l, size_t s, real *dy, lt_state *dstate,
                            bool zero, const lt_rnn_saved *saved)
{
    const lt_rnn_level *level = &rnn->level[l];
    const size_t in = level->layer[0].input.in, first = rnn->separate ? s : 0;
    const size_t directions = rnn->separate ? 1 : level->directions;
    const lt_backend *backend = weights->backend;
    real *dx = NULL;
    for (size_t i = 0; i < directions; i++) {
        real *part = direction_backward(rnn, weights, gradients, arena, sequence, l, first + i, dy,
                                        directions * rnn->hidden, i * rnn->hidden, dstate, zero, saved);
        if (!part) return NULL;
        if (dx) backend->add(dx, part, sequence->total * in);
        if (!dx) dx = part;
    }
    if (l > 0 && rnn->dropout > 0 && sequence->keys &&
        !lt_dropout(backend, arena, sequence, dx, dx, LT_SITE_LAYER + 2 * l + s, rnn->dropout, in))
        return NULL;
    if (level->residual) backend->add(dx, dy, sequence->total * in);
    return dx;
}

real *lt_rnn_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                      const lt_sequence *sequence, real *dy, lt_state *dstate, bool zero,
                      const lt_rnn_saved *saved)
{
    const size_t stacks = rnn->separate ? 2 : 1;
    real *above[2] = {dy, NULL};
    for (size_t s = 0; rnn->separate && s < 2; s++) {
        above[s] = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof(real));
        if (!above[s]) return NULL;
        place(above[s], rnn->hidden, 0, dy, rnn->width, s * rnn->hidden, NULL, sequence->total, rnn->hidden);
    }
    for (size_t l = rnn->layers; l-- > 0;)
        for (size_t s = 0; s < stacks; s++) {
            above[s] =
                level_backward(rnn, weights, gradients, arena, sequence, l, s, above[s], dstate, zero, saved);
            if (!above[s]) return NULL;
        }
    if (rnn->separate) weights->backend->add(above[0], above[1], sequence->total * rnn->input);
    return above[0];
}

/* ---- step by step ---- */

bool lt_rnn_begin(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena, const lt_sequence *sequence,
                  const real *x, const real *constant, lt_rnn_saved *saved)
{
    *saved = (lt_rnn_saved){0};
    for (size_t l = 0; l < rnn->layers; l++) {
        assert(rnn->level[l].directions == 1);
        if (l > 0 && rnn->dropout > 0 && sequence->keys)
            x = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof *x);
        if (!x || !lt_layer_take(&rnn->level[l].layer[0], arena, sequence, x, &saved->layer[l][0]))
            return false;
        saved->y[l][0] = saved->layer[l][0].h;
        if (rnn->level[l].residual)
            saved->y[l][0] = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof(real));
        if (!(x = saved->y[l][0])) return false;
    }
    if (rnn->level[0].residual) {
        saved->past = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof *saved->past);
        if (!saved->past) return false;
    }
    saved->top = saved->y[rnn->layers - 1][0];
    lt_layer_project(&rnn->level[0].layer[0], weights, 0, sequence->total, &saved->layer[0][0]);
    if (constant)
        add_constant(&rnn->level[0].layer[0], weights->backend, sequence, constant, saved->layer[0][0].gates);
    return true;
}

bool lt_rnn_step(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena, const lt_sequence *sequence,
                 size_t t, lt_state *state, lt_rnn_saved *saved)
{
    const size_t hidden = rnn->hidden, rows = sequence->rows[t], at = sequence->start[t];
    for (size_t l = 0; l < rnn->layers; l++) {
        const lt_layer *layer = &rnn->level[l].layer[0];
        lt_layer_saved *kept = &saved->layer[l][0];
        const real *below = l > 0 ? saved->y[l - 1][0] : kept->x;
        if (l > 0) {
            if (kept->x != below &&
                !lt_dropout_rows(weights->backend, arena, sequence, at, rows, (real *)kept->x + at * hidden,
                                 below + at * hidden, LT_SITE_LAYER + 2 * l, rnn->dropout, hidden))
                return false;
            lt_layer_project(layer, weights, at, rows, kept);
        }
        lt_layer_step(layer, weights, sequence, t, state->part[lt_rnn_part(l, 0, 0)],
                      state->part[lt_rnn_part(l, 0, 1)], false, kept);
        if (!rnn->level[l].residual) continue;
        real *y = saved->y[l][0] + at * hidden;
        memcpy(y, kept->h + at * hidden, rows * hidden * sizeof *y);
        weights->backend->add(y, below + at * hidden, rows * hidden);
    }
    return true;
}

/* dx (rows, H) of layer l > 0 at step t from the gradient of its sums. */
static bool step_input_backward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                                const lt_sequence *sequence, size_t t, size_t l, real *dx,
                                const lt_rnn_saved *saved)
{
    const lt_linear *input = &rnn->level[l].layer[0].input;
    const size_t rows = sequence->rows[t], at = sequence->start[t];
    lt_linear_backward_input(input, weights, dx, saved->layer[l][0].gates + at * input->out, rows, false);
    return rnn->dropout <= 0 || !sequence->keys ||
           lt_dropout_rows(weights->backend, arena, sequence, at, rows, dx, dx, LT_SITE_LAYER + 2 * l,
                           rnn->dropout, rnn->hidden);
}

bool lt_rnn_step_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                          const lt_sequence *sequence, size_t t, real *dy, lt_state *dstate,
                          const lt_rnn_saved *saved)
{
    const size_t hidden = rnn->hidden, n = sequence->rows[t] * hidden;
    for (size_t l = rnn->layers; l-- > 0;) {
        real *past = NULL, *dx = l > 0 ? lt_arena_take(arena, n, sizeof *dx) : NULL;
        if (l > 0 && !dx) return false;
        if (rnn->level[l].residual) {
            past = l > 0 ? lt_arena_take(arena, n, sizeof *past) : saved->past + sequence->start[t] * hidden;
            if (!past) return false;
            memcpy(past, dy, n * sizeof *past);
        }
        lt_layer_step_backward(&rnn->level[l].layer[0], weights, gradients, sequence, t, dy,
                               dstate->part[lt_rnn_part(l, 0, 0)], dstate->part[lt_rnn_part(l, 0, 1)], false,
                               &saved->layer[l][0]);
        if (l == 0) break;
        if (!step_input_backward(rnn, weights, arena, sequence, t, l, dx, saved)) return false;
        if (past) weights->backend->add(dx, past, n);
        dy = dx;
    }
    return true;
}

real *lt_rnn_end_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                          const lt_sequence *sequence, const lt_rnn_saved *saved)
{
    for (size_t l = 0; l < rnn->layers; l++)
        lt_layer_finish(&rnn->level[l].layer[0], weights, gradients, sequence->total, &saved->layer[l][0]);
    real *dx = lt_arena_take(arena, sequence->total * rnn->input, sizeof *dx);
    if (!dx) return NULL;
    lt_linear_backward_input(&rnn->level[0].layer[0].input, weights, dx, saved->layer[0][0].gates,
                             sequence->total, false);
    if (saved->past) weights->backend->add(dx, saved->past, sequence->total * rnn->input);
    return dx;
}
