#include "model/network.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/phase.h"

bool lt_context_take(const lt_model *model, lt_arena *arena, const lt_batch *batch, const size_t *members,
                     size_t count, lt_context *context)
{
    size_t *start = lt_arena_take(arena, 2 * count, sizeof *start), *length = start + count;
    *context = (lt_context){.sentences = count, .start = start, .length = length};
    if (!start) return false;
    for (size_t i = 0; i < count; i++) {
        start[i] = context->total;
        length[i] = batch->src_length[members[i]] + 1; /* with the end of sentence */
        context->total += length[i];
        if (length[i] > context->longest) context->longest = length[i];
    }
    const size_t width = model->encoder.rnn.width;
    if (model->decoder.attention.kind != LT_ATTENTION_NONE) {
        context->memory = lt_arena_take(arena, context->total * width, sizeof(real));
        if (!context->memory) return false;
    }
    if (model->decoder.every_step || model->classifier.classes) {
        context->summary = lt_arena_take(arena, count * width, sizeof(real));
        if (!context->summary) return false;
    }
    return true;
}

void lt_context_fill(const lt_model *model, lt_context *context, const lt_sequence *sequence, size_t begin,
                     const real *top)
{
    const size_t width = model->encoder.rnn.width;
    if (!context->memory) return;
    for (size_t t = 0; t < sequence->steps; t++)
        for (size_t b = 0; b < sequence->rows[t]; b++)
            memcpy(context->memory + (context->start[sequence->sentence[b]] + begin + t) * width,
                   top + (sequence->start[t] + b) * width, width * sizeof *top);
}

void lt_context_summarise(const lt_model *model, lt_context *context, const lt_state *final,
                          const size_t *sentence)
{
    const lt_rnn *rnn = &model->encoder.rnn;
    const size_t hidden = rnn->hidden, directions = rnn->width / hidden;
    for (size_t d = 0; context->summary && d < directions; d++) {
        const real *h = final->part[lt_rnn_part(rnn->layers - 1, d, 0)];
        for (size_t b = 0; b < context->sentences; b++)
            memcpy(context->summary + (sentence[b] * directions + d) * hidden, h + b * hidden,
                   hidden * sizeof *h);
    }
}

void lt_context_drain(const lt_model *model, const lt_context *context, const real *dmemory,
                      const lt_sequence *sequence, real *dtop)
{
    const size_t width = model->encoder.rnn.width;
    for (size_t t = 0; t < sequence->steps; t++)
        for (size_t b = 0; b < sequence->rows[t]; b++)
            memcpy(dtop + (sequence->start[t] + b) * width,
                   dmemory + (context->start[sequence->sentence[b]] + t) * width, width * sizeof *dtop);
}

void lt_context_summary_backward(const lt_model *model, lt_state *dfinal, const real *dsummary,
                                 const size_t *sentence, size_t sentences)
{
    const lt_rnn *rnn = &model->encoder.rnn;
    const size_t hidden = rnn->hidden, directions = rnn->width / hidden;
    for (size_t d = 0; d < directions; d++) {
        real *dh = dfinal->part[lt_rnn_part(rnn->layers - 1, d, 0)];
        for (size_t b = 0; b < sentences; b++)
            model->weights.backend->add(dh + b * hidden, dsummary + (sentence[b] * directions + d) * hidden,
                                        hidden);
    }
}

/* Reads the sources span by span, or all at once where a layer reads them backwards. */
static bool read_sources(const lt_model *model, lt_arena *scratch, const lt_sequence *source, lt_state *final,
                         lt_context *context)
{
    const bool spans = model->options.encoder.bidirectional == LT_FORWARD_ONLY;
    lt_encoder_saved saved;
    for (size_t t = 0, end; t < source->steps; t = end) {
        end = spans ? lt_sequence_span_end(source, t) : source->steps;
        lt_arena_reset(scratch);
        lt_sequence span = lt_sequence_span(scratch, source, t, end);
        if (!span.start ||
            !lt_encoder_forward(&model->encoder, &model->weights, scratch, &span, final, t == 0, &saved))
            return false;
        lt_context_fill(model, context, &span, t, saved.rnn.top);
    }
    return true;
}

bool lt_network_read(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                     const size_t *members, size_t count, lt_sequence *source, lt_state *final,
                     lt_context *context)
{
    lt_phase_enter(LT_PHASE_ENCODER);
    *source = lt_sequence_source(arena, batch, members, count, model->options.encoder.reverse_source,
                                 (lt_randomness){0});
    lt_rnn_describe_state(&model->encoder.rnn, final);
    if (!source->ids || !lt_state_take(final, arena, count, true) ||
        !lt_context_take(model, arena, batch, members, count, context) ||
        !read_sources(model, scratch, source, final, context))
        return false;
    lt_context_summarise(model, context, final, source->sentence);
    return true;
}

bool lt_network_encode(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                       const size_t *members, size_t count, const size_t *order, lt_state *state,
                       lt_context *context)
{
    lt_sequence source;
    lt_state final;
    lt_bridge_saved saved;
    size_t *where = lt_arena_take(arena, 2 * count, sizeof *where), *index = where + count;
    if (!where || !lt_network_read(model, arena, scratch, batch, members, count, &source, &final, context))
        return false;
    lt_phase_enter(LT_PHASE_DECODER);
    lt_decoder_describe_state(&model->decoder, context, state);
    if (!lt_state_take(state, arena, count, true)) return false;
    lt_order_index(index, order, source.sentence, where, count);
    return lt_bridge_forward(&model->bridge, &model->weights, arena, state, &final, index, count, &saved) &&
           lt_decoder_prepare(&model->decoder, &model->weights, arena, context);
}

typedef struct weighed {
    size_t length, member;
} weighed;

static int heavier_first(const void *a, const void *b)
{
    const weighed *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? 1 : -1;
    return x->member < y->member ? -1 : x->member > y->member;
}

bool lt_network_deal(lt_arena *arena, const lt_batch *batch, size_t workers, size_t *members, size_t *first)
{
    weighed *sorted = lt_arena_take(arena, batch->size, sizeof *sorted);
    if (!sorted) return false;
    for (size_t b = 0; b < batch->size; b++)
        sorted[b] = (weighed){batch->src_length[b] + (batch->trg_length ? batch->trg_length[b] : 0), b};
    qsort(sorted, batch->size, sizeof *sorted, heavier_first);
    size_t at = 0;
    for (size_t w = 0; w < workers; w++) {
        first[w] = at;
        for (size_t i = 0; i < batch->size; i++) {
            size_t round = i / workers,
                   place = i % workers; /* there and back, so that no worker gets all the longer ones */
            if ((round % 2 ? workers - 1 - place : place) == w) members[at++] = sorted[i].member;
        }
    }
    first[workers] = at;
    return true;
}

typedef struct run_task {
    lt_network_part part;
    const void *context;
    const size_t *members, *first;
    lt_arena *arenas; /* (workers, 2) */
} run_task;

static void run_part(void *argument, size_t w)
{
    const run_task *task = argument;
    const size_t count = task->first[w + 1] - task->first[w];
    if (count > 0)
        task->part(task->context, &task->arenas[2 * w], &task->arenas[2 * w + 1],
                   task->members + task->first[w], count);
}

lt_status lt_network_run(const lt_batch *batch, lt_pool *pool, lt_network_part part, const void *context,
                         lt_error *error)
{
    const size_t workers = lt_pool_workers(pool);
    lt_arena arena = {0};
    lt_arena *arenas = lt_arena_take_zeroed(&arena, 2 * workers, sizeof *arenas);
    size_t *members = lt_arena_take(&arena, batch->size, sizeof *members);
    size_t *first = lt_arena_take(&arena, workers + 1, sizeof *first);
    lt_status status = lt_arena_check(&arena, error);
    if (status == LT_OK && !lt_network_deal(&arena, batch, workers, members, first))
        status = lt_arena_check(&arena, error);
    run_task task = {part, context, members, first, arenas};
    if (status == LT_OK) lt_pool_run(pool, run_part, &task);
    for (size_t i = 0; arenas && i < 2 * workers; i++) {
        if (status == LT_OK) status = lt_arena_check(&arenas[i], error);
        lt_arena_clear(&arenas[i]);
    }
    lt_arena_clear(&arena);
    return status;
}

static lt_status check_ids(const int32_t *ids, size_t length, size_t vocabulary, const char *side,
                           size_t sentence, lt_error *error)
{
    for (size_t i = 0; i < length; i++)
        if (ids[i] < 0 || (size_t)ids[i] >= vocabulary)
            return lt_fail(error, LT_ERROR_FORMAT,
                           "%s piece id %d (sentence %zu of the batch) is outside the vocabulary of %zu",
                           side, ids[i], sentence, vocabulary);
    return LT_OK;
}

static lt_status check_class(const int32_t *ids, size_t length, size_t classes, size_t text, lt_error *error)
{
    if (length == 1 && ids[0] >= 0 && (size_t)ids[0] < classes) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT,
                   "text %zu of the batch has %zu classes, the first %d; one of %zu wanted", text, length,
                   length ? ids[0] : -1, classes);
}

lt_status lt_network_check_batch(const lt_model *model, const lt_batch *batch, bool with_target,
                                 lt_error *error)
{
    if (with_target && !batch->trg) return lt_fail(error, LT_ERROR_USAGE, "the batch has no targets");
    for (size_t b = 0; b < batch->size; b++) {
        LT_TRY(check_ids(batch->src[b], batch->src_length[b], model->src_vocab, "source", b, error));
        if (with_target && model->classifier.classes)
            LT_TRY(check_class(batch->trg[b], batch->trg_length[b], model->classifier.classes, b, error));
        else if (with_target)
            LT_TRY(check_ids(batch->trg[b], batch->trg_length[b], model->trg_vocab, "target", b, error));
    }
    return LT_OK;
}
