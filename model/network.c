#include "model/network.h"

#include <stdlib.h>
#include <string.h>

void lt_state_reorder(const lt_rnn *rnn, lt_rnn_state *to, const size_t *to_order, const lt_rnn_state *from,
                      const size_t *from_order, size_t *where, size_t batch)
{
    const size_t bytes = rnn->hidden * sizeof(real);
    for (size_t b = 0; b < batch; b++) where[from_order[b]] = b;
    for (size_t l = 0; l < rnn->layers; l++)
        for (size_t b = 0; b < batch; b++) {
            size_t source = where[to_order[b]];
            memcpy(to->h[l] + b * rnn->hidden, from->h[l] + source * rnn->hidden, bytes);
            memcpy(to->c[l] + b * rnn->hidden, from->c[l] + source * rnn->hidden, bytes);
        }
}

bool lt_network_encode(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                       const size_t *members, size_t count, const size_t *order, lt_rnn_state *state)
{
    lt_sequence source =
        lt_sequence_source(arena, batch, members, count, model->options.encoder.reverse_source, 0);
    lt_encoder_saved saved;
    lt_rnn_state final = lt_rnn_state_take(&model->encoder.rnn, arena, count, true);
    size_t *where = lt_arena_take(arena, count, sizeof *where);
    *state = lt_rnn_state_take(&model->decoder.rnn, arena, count, false);
    if (!source.ids || !where || arena->wanted) return false;
    for (size_t t = 0, end; t < source.steps; t = end) {
        end = lt_sequence_span_end(&source, t);
        lt_arena_reset(scratch);
        lt_sequence span = lt_sequence_span(scratch, &source, t, end);
        if (!span.start ||
            !lt_encoder_forward(&model->encoder, &model->weights, scratch, &span, &final, t == 0, &saved))
            return false;
    }
    lt_state_reorder(&model->encoder.rnn, state, order, &final, source.sentence, where, count);
    return true;
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
