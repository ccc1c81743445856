/* decode.c: the decoder as the search sees it: rows of states, one step at a time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/phase.h"
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
    size_t rows, rows_max, k;
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

/* The k largest of row (V), best first, ties to the lower id. Blocks without anything above the worst kept
 * are skipped. */
static void best_of_row(const real *row, size_t vocabulary, real lse, bool allow_unk, size_t k,
                        lt_candidate *best)
{
    size_t kept = 0;
    real worst = -(real)INFINITY;
    for (size_t block = 0; block < vocabulary; block += 64) {
        size_t end = vocabulary - block < 64 ? vocabulary : block + 64;
        int any = 0;
        for (size_t v = block; v < end; v++) any |= row[v] > worst;
        if (!any && kept == k) continue;
        for (size_t v = block; v < end; v++) {
            if ((kept == k && !(row[v] > worst)) || v == LT_PAD || v == LT_BOS || (v == LT_UNK && !allow_unk))
                continue;
            size_t at = kept < k ? kept++ : k - 1;
            for (; at > 0 && row[v] > row[best[at - 1].id]; at--) best[at] = best[at - 1];
            best[at].id = (int32_t)v;
            worst = row[best[kept - 1].id];
        }
    }
    for (size_t i = 0; i < kept; i++) best[i].log_probability = (float)(row[best[i].id] - lse);
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

static bool candidates_of(lt_decoder *decoder, const real *readout, size_t rows, bool allow_unk,
                          lt_candidate *candidates)
{
    const lt_model *model = decoder->model;
    const lt_linear *output = &model->decoder.output;
    const size_t vocabulary = output->out;
    lt_phase_enter(LT_PHASE_OUTPUT);
    real *logits = lt_arena_take(&decoder->step, BLOCK * vocabulary, sizeof *logits);
    real *lse = lt_arena_take(&decoder->step, BLOCK, sizeof *lse);
    if (!logits || !lse) return false;
    for (size_t first = 0; first < rows; first += BLOCK) {
        size_t n = rows - first < BLOCK ? rows - first : BLOCK;
        lt_linear_forward(output, &model->weights, logits, readout + first * output->in, n, false);
        model->weights.backend->log_sum_exp(lse, logits, vocabulary, n, vocabulary);
        for (size_t r = 0; r < n; r++)
            best_of_row(logits + r * vocabulary, vocabulary, lse[r], allow_unk, decoder->k,
                        candidates + (first + r) * decoder->k);
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
