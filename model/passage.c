#include "model/passage.h"

#include "model/base/phase.h"
#include "model/dropout.h"

bool lt_passage_begin(const lt_model *model, lt_arena *arena, const lt_batch *batch, const size_t *members,
                      size_t count, uint64_t stream, lt_passage *p)
{
    lt_phase_enter(LT_PHASE_DATA);
    const lt_randomness randomness = {stream, model->options.dropout.variational};
    size_t *where = lt_arena_take(arena, count, sizeof *where);
    p->source =
        lt_sequence_source(arena, batch, members, count, model->options.encoder.reverse_source, randomness);
    p->target = lt_sequence_target(arena, batch, members, count, randomness);
    p->index = lt_arena_take(arena, count, sizeof *p->index);
    if (!p->source.ids || !p->target.ids || !where || !p->index ||
        !lt_context_take(model, arena, batch, members, count, &p->context))
        return false;
    lt_order_index(p->index, p->target.sentence, p->source.sentence, where, count);
    lt_rnn_describe_state(&model->encoder.rnn, &p->final);
    lt_decoder_describe_state(&model->decoder, &p->context, &p->state);
    p->dfinal = p->final;
    return lt_state_take(&p->final, arena, count, true) && lt_state_take(&p->dfinal, arena, count, true) &&
           lt_state_take(&p->state, arena, count, true);
}

/* Is what attention sees of the sources dropped out? */
static bool drops_memory(const lt_model *model, const lt_passage *p)
{
    return p->context.memory && model->options.dropout.memory > 0 && p->source.keys;
}

/* The encoder's outputs into the context. */
static bool fill_context(const lt_model *model, lt_arena *arena, lt_passage *p)
{
    const size_t width = model->encoder.rnn.width;
    const real *top = p->encoder.rnn.top;
    if (drops_memory(model, p)) {
        real *dropped = lt_arena_take(arena, p->source.total * width, sizeof *dropped);
        if (!dropped || !lt_dropout(model->weights.backend, arena, &p->source, dropped, top, LT_SITE_MEMORY,
                                    model->options.dropout.memory, width))
            return false;
        top = dropped;
    }
    lt_context_fill(model, &p->context, &p->source, 0, top);
    lt_context_summarise(model, &p->context, &p->final, p->source.sentence);
    return true;
}

/* dtop (N, D): the gradient of these outputs, by way of the context's memory. */
static bool drain_context(const lt_model *model, lt_arena *arena, lt_passage *p, real *dtop)
{
    lt_context_drain(model, &p->context, p->dcontext.memory, &p->source, dtop);
    return !drops_memory(model, p) ||
           lt_dropout(model->weights.backend, arena, &p->source, dtop, dtop, LT_SITE_MEMORY,
                      model->options.dropout.memory, model->encoder.rnn.width);
}

bool lt_passage_encode(const lt_model *model, lt_arena *arena, lt_passage *p)
{
    const lt_weights *weights = &model->weights;
    lt_phase_enter(LT_PHASE_ENCODER);
    if (!lt_encoder_forward(&model->encoder, weights, arena, &p->source, &p->final, true, &p->encoder))
        return false;
    if (!fill_context(model, arena, p)) return false;
    lt_phase_enter(LT_PHASE_DECODER);
    return lt_bridge_forward(&model->bridge, weights, arena, &p->state, &p->final, p->index,
                             p->context.sentences, &p->bridge) &&
           lt_decoder_prepare(&model->decoder, weights, arena, &p->context);
}

bool lt_passage_decode(const lt_model *model, lt_arena *arena, lt_passage *p)
{
    lt_phase_enter(LT_PHASE_DECODER);
    return lt_decoder_forward(&model->decoder, &model->weights, arena, &p->target, &p->context, &p->state,
                              &p->decoder);
}

/* Zeroed gradients of what the context holds. */
static bool take_context_gradient(const lt_model *model, lt_arena *arena, lt_passage *p)
{
    const size_t width = model->encoder.rnn.width;
    const lt_context *context = &p->context;
    lt_context_gradient *gradient = &p->dcontext;
    *gradient = (lt_context_gradient){0};
    if (context->memory) {
        gradient->memory = lt_arena_take_zeroed(arena, context->total * width, sizeof(real));
        gradient->keys = gradient->memory;
        if (context->keys != context->memory)
            gradient->keys =
                lt_arena_take_zeroed(arena, context->total * model->decoder.attention.width, sizeof(real));
        if (!gradient->memory || !gradient->keys) return false;
    }
    if (context->summary)
        gradient->summary = lt_arena_take_zeroed(arena, context->sentences * width, sizeof(real));
    return gradient->summary || !context->summary;
}

bool lt_passage_backward(const lt_model *model, lt_arena *arena, real *gradients, double smoothing,
                         lt_loss_sums *sums, lt_passage *p)
{
    const lt_weights *weights = &model->weights;
    const size_t width = model->encoder.rnn.width;
    const lt_linear *output = &model->decoder.output;
    real *dreadout = lt_arena_take(arena, p->target.total * output->in, sizeof *dreadout), *dtop = NULL;
    lt_phase_enter(LT_PHASE_OUTPUT);
    if (!dreadout || !lt_loss_forward_backward(output, weights, gradients, arena, &p->target,
                                               p->decoder.readout, dreadout, smoothing, sums))
        return false;
    lt_phase_enter(LT_PHASE_DECODER);
    if (!take_context_gradient(model, arena, p) ||
        !lt_decoder_backward(&model->decoder, weights, gradients, arena, &p->target, &p->context, dreadout,
                             &p->dstate, &p->dcontext, &p->decoder) ||
        !lt_bridge_backward(&model->bridge, weights, gradients, arena, &p->dfinal, &p->dstate, p->index,
                            p->context.sentences, &p->bridge))
        return false;
    lt_phase_enter(LT_PHASE_ENCODER);
    if (p->dcontext.memory) {
        dtop = lt_arena_take(arena, p->source.total * width, sizeof *dtop);
        if (!dtop || !drain_context(model, arena, p, dtop)) return false;
    }
    if (p->dcontext.summary)
        lt_context_summary_backward(model, &p->dfinal, p->dcontext.summary, p->source.sentence,
                                    p->context.sentences);
    return lt_encoder_backward(&model->encoder, weights, gradients, arena, &p->source, dtop, &p->dfinal,
                               &p->encoder);
}
