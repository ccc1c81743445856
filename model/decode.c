/* decode.c: the decoder as the search sees it: rows of states, one step at a time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/phase.h"
#include "model/choose.h"
#include "model/network.h"

enum { BLOCK = 48 }; /* rows whose logits are computed and searched while they are in the cache */

struct lt_decoder {
    const lt_model *model;
    lt_arena batch;                             /* what lives from start to start: the states */
    lt_arena step;                              /* what one step needs */
    lt_context context;                         /* of the sources */
    lt_state state, next;                       /* (rows_max, .) */
    size_t *sentence, *next_sentence, *parents; /* (rows_max) whose hypothesis a row is */
    lt_attention_saved attention;               /* of the last step */
    size_t rows, rows_max, k, sentences;
    const lt_output_lists *lists; /* NULL: all of the vocabulary */
    lt_linear_part *parts;        /* with lists, (sentences): what the output layer has for each */
    size_t widest;                /* the most logits of a row */
    const lt_choosing *choosing;  /* NULL: the best ones */
    lt_phase_account account;
};

lt_status lt_decoder_create(lt_decoder **out, const lt_model *model, lt_error *error)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a decoder");
    (*out)->model = model;
    return LT_OK;
}

void lt_decoder_free(lt_decoder *decoder)
{
    if (!decoder) return;
    lt_arena_clear(&decoder->batch);
    lt_arena_clear(&decoder->step);
    free(decoder);
}

static lt_status start(lt_decoder *decoder, const lt_batch *batch, size_t rows_max, size_t k, lt_error *error)
{
    const lt_model *model = decoder->model;
    LT_TRY(lt_network_check_batch(model, batch, false, error));
    if (k == 0 || k > model->trg_vocab - 2)
        return lt_fail(error, LT_ERROR_USAGE,
                       "%zu candidates a row: the vocabulary of %zu pieces allows 1 to %zu", k,
                       model->trg_vocab, model->trg_vocab - 2);
    if (rows_max < batch->size) rows_max = batch->size;
    lt_arena_reset(&decoder->batch);
    lt_arena_reset(&decoder->step);
    decoder->rows = batch->size;
    decoder->rows_max = rows_max;
    decoder->k = k;
    decoder->sentences = batch->size;
    decoder->lists = NULL;
    decoder->choosing = NULL;
    decoder->widest = model->trg_vocab;
    decoder->attention = (lt_attention_saved){0}; /* it was the arena's */
    size_t *members = lt_arena_take(&decoder->batch, batch->size, sizeof *members);
    decoder->sentence = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    decoder->next_sentence = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    decoder->parents = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    LT_TRY(lt_arena_check(&decoder->batch, error));
    for (size_t b = 0; b < batch->size; b++) members[b] = decoder->sentence[b] = b;
    if (batch->size == 0) return LT_OK;
    lt_state encoded;
    if (!lt_network_encode(model, &decoder->batch, &decoder->step, batch, members, batch->size, members,
                           &encoded, &decoder->context)) {
        LT_TRY(lt_arena_check(&decoder->batch, error));
        return lt_arena_check(&decoder->step, error);
    }
    decoder->state = decoder->next = encoded;
    if (!lt_state_take(&decoder->state, &decoder->batch, rows_max, false) ||
        !lt_state_take(&decoder->next, &decoder->batch, rows_max, false))
        return lt_arena_check(&decoder->batch, error);
    lt_state_gather(&decoder->state, &encoded, members, batch->size);
    return LT_OK;
}

lt_status lt_decoder_start(lt_decoder *decoder, const lt_batch *batch, size_t rows_max, size_t k,
                           lt_error *error)
{
    lt_phase_open(&decoder->account, LT_PHASE_DATA);
    lt_status status = start(decoder, batch, rows_max, k, error);
    lt_phase_close();
    return status;
}

static lt_status check_list(const int32_t *ids, size_t count, size_t vocabulary, lt_error *error)
{
    bool ends = false;
    for (size_t i = 0; i < count; i++) {
        ends |= ids[i] == LT_EOS;
        if (ids[i] < (i ? ids[i - 1] + 1 : 0) || (size_t)ids[i] >= vocabulary)
            return lt_fail(error, LT_ERROR_USAGE,
                           "a list of output pieces has %d in place %zu: it must ascend and stay below %zu",
                           ids[i], i, vocabulary);
    }
    return ends ? LT_OK
                : lt_fail(error, LT_ERROR_USAGE, "a list of output pieces is without the end of sentence");
}

static lt_status restrict_to(lt_decoder *decoder, const lt_output_lists *lists, lt_error *error)
{
    const lt_model *model = decoder->model;
    decoder->parts = lt_arena_take(&decoder->batch, decoder->sentences, sizeof *decoder->parts);
    LT_TRY(lt_arena_check(&decoder->batch, error));
    decoder->widest = 0;
    for (size_t b = 0; b < decoder->sentences; b++) {
        const int32_t *ids = lists->ids + lists->start[b];
        size_t count = lists->start[b + 1] - lists->start[b];
        LT_TRY(check_list(ids, count, model->trg_vocab, error));
        if (!lt_linear_take_part(&decoder->parts[b], &decoder->batch, &model->decoder.output, &model->weights,
                                 ids, count))
            return lt_arena_check(&decoder->batch, error);
        if (count > decoder->widest) decoder->widest = count;
    }
    decoder->lists = lists;
    return LT_OK;
}

lt_status lt_decoder_restrict(lt_decoder *decoder, const lt_output_lists *lists, lt_error *error)
{
    lt_phase_open(&decoder->account, LT_PHASE_OUTPUT);
    lt_status status = restrict_to(decoder, lists, error);
    lt_phase_close();
    return status;
}

void lt_decoder_choose(lt_decoder *decoder, const lt_choosing *choosing)
{
    decoder->choosing = choosing;
}

/* The k largest of row (count), best first, ties to the lower id; column v is piece ids[v], or v where that
 * is NULL. Blocks without anything above the worst kept are skipped. */
static void best_of_row(const real *row, size_t count, const int32_t *ids, real lse, bool allow_unk, size_t k,
                        lt_candidate *best)
{
    size_t kept = 0;
    real worst = -(real)INFINITY;
    for (size_t block = 0; block < count; block += 64) {
        size_t end = count - block < 64 ? count : block + 64;
        int any = 0;
        for (size_t v = block; v < end; v++) any |= row[v] > worst;
        if (!any && kept == k) continue;
        for (size_t v = block; v < end; v++) {
            int32_t id = ids ? ids[v] : (int32_t)v;
            if ((kept == k && !(row[v] > worst)) || id == LT_PAD || id == LT_BOS ||
                (id == LT_UNK && !allow_unk))
                continue;
            size_t at = kept < k ? kept++ : k - 1;
            for (; at > 0 && row[v] > row[best[at - 1].id]; at--) best[at] = best[at - 1];
            best[at].id = (int32_t)v;
            worst = row[best[kept - 1].id];
        }
    }
    for (size_t i = 0; i < kept; i++) {
        best[i].log_probability = (float)(row[best[i].id] - lse);
        if (ids) best[i].id = ids[best[i].id];
    }
    for (size_t i = kept; i < k; i++) best[i] = (lt_candidate){LT_EOS, -INFINITY};
}

/* The rows' parents become the state. */
static void gather(lt_decoder *decoder, const uint32_t *parents, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        decoder->parents[r] = parents[r];
        decoder->next_sentence[r] = decoder->sentence[parents[r]];
    }
    lt_state_gather(&decoder->next, &decoder->state, decoder->parents, rows);
    lt_state state = decoder->state;
    size_t *sentence = decoder->sentence;
    decoder->state = decoder->next;
    decoder->next = state;
    decoder->sentence = decoder->next_sentence;
    decoder->next_sentence = sentence;
    decoder->rows = rows;
}

/* Where the rows end that are computed together with row `first`: those of one sentence where it has a list.
 */
static size_t block_end(const lt_decoder *decoder, size_t first, size_t rows)
{
    size_t end = rows - first < BLOCK ? rows : first + BLOCK, r = first + 1;
    if (!decoder->lists) return end;
    while (r < end && decoder->sentence[r] == decoder->sentence[first]) r++;
    return r;
}

/* The candidates (k) of row `r` of the step. */
static void choose(const lt_decoder *decoder, size_t r, real *row, size_t count, const int32_t *ids, real lse,
                   bool allow_unk, const lt_draw_room *room, lt_candidate *candidates)
{
    const lt_choosing *how = decoder->choosing;
    if (how && how->banned_start)
        lt_choose_ban(row, count, ids, allow_unk, how->banned + how->banned_start[r],
                      how->banned_start[r + 1] - how->banned_start[r]);
    if (how && how->draws)
        candidates[0] = lt_choose_draw(decoder->model->weights.backend, row, count, ids, lse, allow_unk, how,
                                       how->draws[r], room);
    else
        best_of_row(row, count, ids, lse, allow_unk, decoder->k, candidates);
}

static bool take_draw_room(lt_decoder *decoder, lt_draw_room *room)
{
    if (!decoder->choosing || !decoder->choosing->draws) return true;
    room->p = lt_arena_take(&decoder->step, decoder->widest, sizeof *room->p);
    room->order = lt_arena_take(&decoder->step, decoder->widest, sizeof *room->order);
    return room->p && room->order;
}

static bool candidates_of(lt_decoder *decoder, const real *readout, size_t rows, bool allow_unk,
                          lt_candidate *candidates)
{
    const lt_model *model = decoder->model;
    const lt_linear *output = &model->decoder.output;
    const lt_output_lists *lists = decoder->lists;
    lt_phase_enter(LT_PHASE_OUTPUT);
    real *logits = lt_arena_take(&decoder->step, BLOCK * decoder->widest, sizeof *logits);
    real *lse = lt_arena_take(&decoder->step, BLOCK, sizeof *lse);
    lt_draw_room room = {0};
    if (!logits || !lse || !take_draw_room(decoder, &room)) return false;
    for (size_t first = 0, end; first < rows; first = end) {
        end = block_end(decoder, first, rows);
        size_t n = end - first, b = decoder->sentence[first], width = output->out;
        const real *x = readout + first * output->in;
        if (lists) {
            width = decoder->parts[b].count;
            lt_linear_forward_part(&decoder->parts[b], output, &model->weights, logits, x, n);
        } else {
            lt_linear_forward(output, &model->weights, logits, x, n, false);
        }
        model->weights.backend->log_sum_exp(lse, logits, width, n, width);
        for (size_t r = 0; r < n; r++)
            choose(decoder, first + r, logits + r * width, width, lists ? lists->ids + lists->start[b] : NULL,
                   lse[r], allow_unk, &room, candidates + (first + r) * decoder->k);
    }
    return true;
}

static lt_status step(lt_decoder *decoder, size_t rows, const uint32_t *parents, const int32_t *tokens,
                      bool allow_unk, lt_candidate *candidates, lt_error *error)
{
    const lt_model *model = decoder->model;
    if (rows > decoder->rows_max)
        return lt_fail(error, LT_ERROR_USAGE, "a step of %zu rows, but lt_decoder_start() was told %zu", rows,
                       decoder->rows_max);
    if (decoder->choosing && decoder->choosing->draws && decoder->k != 1)
        return lt_fail(error, LT_ERROR_USAGE, "a row has one drawn candidate, not %zu", decoder->k);
    for (size_t r = 0; r < rows; r++)
        if (parents[r] >= decoder->rows || tokens[r] < 0 || (size_t)tokens[r] >= model->trg_vocab)
            return lt_fail(error, LT_ERROR_USAGE, "row %zu continues row %u of %zu with piece %d of %zu", r,
                           parents[r], decoder->rows, tokens[r], model->trg_vocab);
    gather(decoder, parents, rows);
    lt_arena_reset(&decoder->step);
    lt_sequence sequence = lt_sequence_step(&decoder->step, tokens, decoder->sentence, rows);
    lt_decoder_saved saved;
    if (!sequence.ids ||
        !lt_decoder_forward(&model->decoder, &model->weights, &decoder->step, &sequence, &decoder->context,
                            &decoder->state, &saved) ||
        !candidates_of(decoder, saved.readout, rows, allow_unk, candidates))
        return lt_arena_check(&decoder->step, error);
    decoder->attention = saved.attention;
    return LT_OK;
}

lt_status lt_decoder_step(lt_decoder *decoder, size_t rows, const uint32_t *parents, const int32_t *tokens,
                          bool allow_unk, lt_candidate *candidates, lt_error *error)
{
    lt_phase_open(&decoder->account, LT_PHASE_DECODER);
    lt_status status = step(decoder, rows, parents, tokens, allow_unk, candidates, error);
    lt_phase_close();
    return status;
}

lt_phases lt_decoder_phases(const lt_decoder *decoder)
{
    return decoder->account.sums;
}

const real *lt_decoder_alignment(const lt_decoder *decoder, size_t row, size_t *length)
{
    *length = decoder->context.length[decoder->sentence[row]];
    return decoder->attention.alpha ? decoder->attention.alpha + row * decoder->context.longest : NULL;
}
