#include "model/decoder.h"

#include <string.h>

#include "model/base/phase.h"
#include "model/dropout.h"

static size_t fed_part(const lt_decoder_net *decoder)
{
    return lt_rnn_part(decoder->rnn.layers, 0, 0);
}

static size_t coverage_part(const lt_decoder_net *decoder)
{
    return fed_part(decoder) + 1;
}

void lt_decoder_describe_state(const lt_decoder_net *decoder, const lt_context *context, lt_state *state)
{
    lt_rnn_describe_state(&decoder->rnn, state);
    state->count += 2;
    state->width[fed_part(decoder)] = decoder->input_feeding ? decoder->rnn.hidden : 0;
    state->width[coverage_part(decoder)] = decoder->attention.covers ? context->longest : 0;
}

bool lt_decoder_prepare(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        lt_context *context)
{
    lt_phase before = lt_phase_enter(LT_PHASE_ATTENTION);
    if (decoder->attention.kind != LT_ATTENTION_NONE &&
        !lt_attention_keys(&decoder->attention, weights, arena, context))
        return false;
    lt_phase_enter(before);
    if (!decoder->every_step) return true;
    const lt_linear *constant = &decoder->rnn.level[0].layer[0].constant;
    context->summary_sums = lt_arena_take(arena, context->sentences * constant->out, sizeof(real));
    if (!context->summary_sums) return false;
    lt_linear_forward(constant, weights, context->summary_sums, context->summary, context->sentences, false);
    return true;
}

/* ---- forward ---- */

/* attentional (N, H) at steps [begin, end): what the top output sees of the source, and what becomes of both.
 */
static void attend(const lt_decoder_net *decoder, const lt_weights *weights, const lt_sequence *sequence,
                   const lt_context *context, size_t begin, size_t end, lt_state *state,
                   lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden, memory = decoder->attention.memory, width = memory + hidden;
    const size_t first = sequence->start[begin], last = sequence->start[end - 1] + sequence->rows[end - 1];
    const lt_phase before = lt_phase_enter(LT_PHASE_ATTENTION);
    lt_attention_forward(&decoder->attention, weights, context, sequence, begin, end, saved->joined, width,
                         saved->rnn.top, state->part[coverage_part(decoder)], &saved->attention);
    for (size_t n = first; n < last; n++)
        memcpy(saved->joined + n * width + memory, saved->rnn.top + n * hidden, hidden * sizeof(real));
    real *y = saved->attentional + first * hidden;
    lt_linear_forward(&decoder->combine, weights, y, saved->joined + first * width, last - first, false);
    weights->backend->tanh(y, (last - first) * hidden);
    lt_phase_enter(before);
}

static bool take_attentional(const lt_decoder_net *decoder, lt_arena *arena, const lt_sequence *sequence,
                             const lt_context *context, lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden, total = sequence->total;
    saved->joined = lt_arena_take(arena, total * (decoder->attention.memory + hidden), sizeof(real));
    saved->attentional = lt_arena_take(arena, total * hidden, sizeof(real));
    if (decoder->input_feeding) saved->fed = lt_arena_take(arena, total * hidden, sizeof(real));
    return saved->joined && saved->attentional && (saved->fed || !decoder->input_feeding) &&
           lt_attention_take(&decoder->attention, arena, sequence, context, &saved->attention);
}

/* Step by step, each attentional vector into the next step's layer 0. */
static bool feed_forward(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                         const lt_sequence *sequence, const lt_context *context, const real *x,
                         lt_state *state, lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden;
    const lt_linear *fed = &decoder->rnn.level[0].layer[0].fed;
    real *past = state->part[fed_part(decoder)];
    if (!lt_rnn_begin(&decoder->rnn, weights, arena, sequence, x, context->summary_sums, &saved->rnn))
        return false;
    for (size_t t = 0; t < sequence->steps; t++) {
        const size_t at = sequence->start[t], rows = sequence->rows[t];
        memcpy(saved->fed + at * hidden, past, rows * hidden * sizeof *past);
        lt_linear_forward(fed, weights, saved->rnn.layer[0][0].gates + at * fed->out, past, rows, true);
        if (!lt_rnn_step(&decoder->rnn, weights, arena, sequence, t, state, &saved->rnn)) return false;
        attend(decoder, weights, sequence, context, t, t + 1, state, saved);
        memcpy(past, saved->attentional + at * hidden, rows * hidden * sizeof *past);
    }
    return true;
}

/* readout (N, R) of `y` (N, H): dropout, projection. */
static bool read_out(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                     const lt_sequence *sequence, real *y, lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden;
    saved->dropped = y;
    if (sequence->keys && decoder->output_dropout > 0) {
        saved->dropped = lt_arena_take(arena, sequence->total * hidden, sizeof(real));
        if (!saved->dropped || !lt_dropout(weights->backend, arena, sequence, saved->dropped, y,
                                           LT_SITE_OUTPUT, decoder->output_dropout, hidden))
            return false;
    }
    saved->readout = saved->dropped;
    if (!decoder->projected) return true;
    saved->readout = lt_arena_take(arena, sequence->total * decoder->projection.out, sizeof(real));
    if (!saved->readout) return false;
    lt_linear_forward(&decoder->projection, weights, saved->readout, saved->dropped, sequence->total, false);
    return true;
}

bool lt_decoder_forward(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, const lt_context *context, lt_state *state,
                        lt_decoder_saved *saved)
{
    const bool attention = decoder->attention.kind != LT_ATTENTION_NONE;
    const real *x = lt_embedding_forward(&decoder->embedding, weights, arena, sequence);
    *saved = (lt_decoder_saved){0};
    if (!x || (attention && !take_attentional(decoder, arena, sequence, context, saved))) return false;
    if (decoder->input_feeding) {
        if (!feed_forward(decoder, weights, arena, sequence, context, x, state, saved)) return false;
    } else {
        if (!lt_rnn_forward(&decoder->rnn, weights, arena, sequence, x, context->summary_sums, state, false,
                            &saved->rnn))
            return false;
        if (attention) attend(decoder, weights, sequence, context, 0, sequence->steps, state, saved);
    }
    return read_out(decoder, weights, arena, sequence, attention ? saved->attentional : saved->rnn.top,
                    saved);
}

/* ---- backward ---- */

/* dy (N, H), from the arena, of what read_out() read. NULL: out of memory. */
static real *read_out_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                               lt_arena *arena, const lt_sequence *sequence, real *dreadout,
                               const lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden;
    real *dy = dreadout;
    if (decoder->projected) {
        dy = lt_arena_take(arena, sequence->total * hidden, sizeof *dy);
        if (!dy) return NULL;
        lt_linear_backward_weight(&decoder->projection, weights, gradients, dreadout, saved->dropped,
                                  sequence->total);
        lt_linear_backward_input(&decoder->projection, weights, dy, dreadout, sequence->total, false);
    }
    if (sequence->keys && decoder->output_dropout > 0 &&
        !lt_dropout(weights->backend, arena, sequence, dy, dy, LT_SITE_OUTPUT, decoder->output_dropout,
                    hidden))
        return NULL;
    return dy;
}

/* What attend_backward() works with besides what forward saved. */
typedef struct attend_gradients {
    real *dattentional; /* (N, H) in: of the attentional vectors; out: of W_c joined */
    real *djoined;      /* (N, D + H) */
    real *dtop;         /* (N, H) out: of the top output */
    lt_context_gradient *context;
    real *dcoverage; /* (B, S) or NULL */
} attend_gradients;

static bool attend_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                            lt_arena *arena, const lt_sequence *sequence, const lt_context *context,
                            size_t begin, size_t end, const attend_gradients *g,
                            const lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden, memory = decoder->attention.memory, width = memory + hidden;
    const size_t first = sequence->start[begin], last = sequence->start[end - 1] + sequence->rows[end - 1];
    const lt_phase before = lt_phase_enter(LT_PHASE_ATTENTION);
    for (size_t j = first * hidden; j < last * hidden; j++)
        g->dattentional[j] *= 1 - saved->attentional[j] * saved->attentional[j];
    lt_linear_backward_input(&decoder->combine, weights, g->djoined + first * width,
                             g->dattentional + first * hidden, last - first, false);
    for (size_t n = first; n < last; n++)
        memcpy(g->dtop + n * hidden, g->djoined + n * width + memory, hidden * sizeof(real));
    const bool complete = lt_attention_backward(&decoder->attention, weights, gradients, arena, context,
                                                g->context, sequence, begin, end, g->djoined, width,
                                                saved->rnn.top, g->dtop, g->dcoverage, &saved->attention);
    lt_phase_enter(before);
    return complete;
}

static real *feed_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                           lt_arena *arena, const lt_sequence *sequence, const lt_context *context,
                           const attend_gradients *g, lt_state *dstate, const lt_decoder_saved *saved)
{
    const size_t hidden = decoder->rnn.hidden;
    const lt_linear *fed = &decoder->rnn.level[0].layer[0].fed;
    const real *dsums = saved->rnn.layer[0][0].gates;
    real *dfed = dstate->part[fed_part(decoder)];
    for (size_t t = sequence->steps; t-- > 0;) {
        const size_t at = sequence->start[t], rows = sequence->rows[t];
        weights->backend->add(g->dattentional + at * hidden, dfed, rows * hidden);
        if (!attend_backward(decoder, weights, gradients, arena, sequence, context, t, t + 1, g, saved) ||
            !lt_rnn_step_backward(&decoder->rnn, weights, gradients, arena, sequence, t,
                                  g->dtop + at * hidden, dstate, &saved->rnn))
            return NULL;
        lt_linear_backward_input(fed, weights, dfed, dsums + at * fed->out, rows, false);
    }
    lt_linear_backward_weight(fed, weights, gradients, dsums, saved->fed, sequence->total);
    return lt_rnn_end_backward(&decoder->rnn, weights, gradients, arena, sequence, &saved->rnn);
}

/* gradient->summary (B, D) += what layer 0's sums bring, step by step. False: out of memory. */
static bool summary_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                             lt_arena *arena, const lt_sequence *sequence, const lt_context *context,
                             const lt_context_gradient *gradient, const lt_decoder_saved *saved)
{
    const lt_linear *constant = &decoder->rnn.level[0].layer[0].constant;
    const real *dsums = saved->rnn.layer[0][0].gates;
    real *sums = lt_arena_take_zeroed(arena, context->sentences * constant->out, sizeof *sums);
    if (!sums) return false;
    for (size_t t = 0; t < sequence->steps; t++)
        for (size_t b = 0; b < sequence->rows[t]; b++)
            weights->backend->add(sums + sequence->sentence[b] * constant->out,
                                  dsums + (sequence->start[t] + b) * constant->out, constant->out);
    lt_linear_backward_weight(constant, weights, gradients, sums, context->summary, context->sentences);
    lt_linear_backward_input(constant, weights, gradient->summary, sums, context->sentences, true);
    return true;
}

bool lt_decoder_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, const lt_context *context,
                         real *dreadout, lt_state *dstate, lt_context_gradient *gradient,
                         const lt_decoder_saved *saved)
{
    const bool attention = decoder->attention.kind != LT_ATTENTION_NONE;
    const size_t hidden = decoder->rnn.hidden, total = sequence->total;
    lt_decoder_describe_state(decoder, context, dstate);
    real *dy = read_out_backward(decoder, weights, gradients, arena, sequence, dreadout, saved), *dx;
    if (!dy || !lt_state_take(dstate, arena, sequence->batch, true)) return false;
    attend_gradients g = {
        .dattentional = dy, .context = gradient, .dcoverage = dstate->part[coverage_part(decoder)]};
    if (attention) {
        g.djoined = lt_arena_take(arena, total * (decoder->attention.memory + hidden), sizeof(real));
        g.dtop = lt_arena_take(arena, total * hidden, sizeof(real));
        if (!g.djoined || !g.dtop) return false;
        dy = g.dtop;
    }
    if (decoder->input_feeding) {
        dx = feed_backward(decoder, weights, gradients, arena, sequence, context, &g, dstate, saved);
    } else {
        if (attention && !attend_backward(decoder, weights, gradients, arena, sequence, context, 0,
                                          sequence->steps, &g, saved))
            return false;
        dx = lt_rnn_backward(&decoder->rnn, weights, gradients, arena, sequence, dy, dstate, false,
                             &saved->rnn);
    }
    if (!dx) return false;
    if (attention) {
        const lt_phase before = lt_phase_enter(LT_PHASE_ATTENTION);
        lt_linear_backward_weight(&decoder->combine, weights, gradients, g.dattentional, saved->joined,
                                  total);
        lt_attention_end_backward(&decoder->attention, weights, gradients, context, gradient, saved->rnn.top,
                                  total, &saved->attention);
        lt_phase_enter(before);
    }
    if (decoder->every_step &&
        !summary_backward(decoder, weights, gradients, arena, sequence, context, gradient, saved))
        return false;
    return lt_embedding_backward(&decoder->embedding, weights, gradients, arena, sequence, dx);
}
