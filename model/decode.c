/* decode.c: the decoder as the search sees it: rows of states, one step at a time, of one model or several.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/phase.h"
#include "model/choose.h"
#include "model/ensemble.h"
#include "model/network.h"

enum { BLOCK = 48 }; /* rows whose logits are computed and searched while they are in the cache */

/* What each model of the ensemble has of its own. */
typedef struct component {
    const lt_model *model;
    lt_context context;           /* of the sources */
    lt_state state, next;         /* (rows_max, .) */
    lt_attention_saved attention; /* of the last step */
    lt_linear_part *parts;        /* with lists, (sentences): what the output layer has for each */
    const real *readout;          /* (rows, R) of the step at hand */
} component;

struct lt_decoder {
    component components[LT_ENSEMBLE_MAX];
    size_t count;                               /* of the models */
    double log_weights[LT_ENSEMBLE_MAX];        /* of each of several */
    lt_arena batch;                             /* what lives from start to start: the states */
    lt_arena step;                              /* what one step needs */
    size_t *sentence, *next_sentence, *parents; /* (rows_max) whose hypothesis a row is */
    const real *alpha;                          /* (rows, longest) of the last step; NULL: no attention */
    size_t rows, rows_max, k, sentences;
    const lt_output_lists *lists; /* NULL: all of the vocabulary */
    size_t widest;                /* the most logits of a row */
    const lt_choosing *choosing;  /* NULL: the best ones */
    lt_phase_account account;
};

lt_status lt_decoder_create_ensemble(lt_decoder **out, const lt_ensemble *ensemble, lt_error *error)
{
    *out = NULL;
    LT_TRY(lt_ensemble_check(ensemble, error));
    *out = calloc(1, sizeof **out);
    if (!*out) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a decoder");
    (*out)->count = ensemble->count;
    for (size_t i = 0; i < ensemble->count; i++) (*out)->components[i].model = ensemble->models[i];
    lt_ensemble_log_weights(ensemble, (*out)->log_weights);
    return LT_OK;
}

lt_status lt_decoder_create(lt_decoder **out, const lt_model *model, lt_error *error)
{
    return lt_decoder_create_ensemble(out, &(lt_ensemble){.models = &model, .count = 1}, error);
}

void lt_decoder_free(lt_decoder *decoder)
{
    if (!decoder) return;
    lt_arena_clear(&decoder->batch);
    lt_arena_clear(&decoder->step);
    free(decoder);
}

/* `members` (B) are 0, 1, ... */
static lt_status encode(lt_decoder *decoder, component *one, const lt_batch *batch, const size_t *members,
                        lt_error *error)
{
    lt_state encoded;
    if (!lt_network_encode(one->model, &decoder->batch, &decoder->step, batch, members, batch->size, members,
                           &encoded, &one->context)) {
        LT_TRY(lt_arena_check(&decoder->batch, error));
        return lt_arena_check(&decoder->step, error);
    }
    one->state = one->next = encoded;
    if (!lt_state_take(&one->state, &decoder->batch, decoder->rows_max, false) ||
        !lt_state_take(&one->next, &decoder->batch, decoder->rows_max, false))
        return lt_arena_check(&decoder->batch, error);
    lt_state_gather(&one->state, &encoded, members, batch->size);
    return LT_OK;
}

static lt_status start(lt_decoder *decoder, const lt_batch *batch, size_t rows_max, size_t k, lt_error *error)
{
    const lt_model *model = decoder->components[0].model;
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
    decoder->alpha = NULL; /* it was the arena's */
    size_t *members = lt_arena_take(&decoder->batch, batch->size, sizeof *members);
    decoder->sentence = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    decoder->next_sentence = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    decoder->parents = lt_arena_take(&decoder->batch, rows_max, sizeof *members);
    LT_TRY(lt_arena_check(&decoder->batch, error));
    for (size_t b = 0; b < batch->size; b++) members[b] = decoder->sentence[b] = b;
    for (size_t i = 0; batch->size > 0 && i < decoder->count; i++)
        LT_TRY(encode(decoder, &decoder->components[i], batch, members, error));
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

static lt_status take_parts(lt_decoder *decoder, component *one, const lt_output_lists *lists,
                            lt_error *error)
{
    const lt_model *model = one->model;
    one->parts = lt_arena_take(&decoder->batch, decoder->sentences, sizeof *one->parts);
    for (size_t b = 0; one->parts && b < decoder->sentences; b++)
        if (!lt_linear_take_part(&one->parts[b], &decoder->batch, &model->decoder.output, &model->weights,
                                 lists->ids + lists->start[b], lists->start[b + 1] - lists->start[b]))
            break;
    return lt_arena_check(&decoder->batch, error);
}

static lt_status restrict_to(lt_decoder *decoder, const lt_output_lists *lists, lt_error *error)
{
    decoder->widest = 0;
    for (size_t b = 0; b < decoder->sentences; b++) {
        size_t count = lists->start[b + 1] - lists->start[b];
        LT_TRY(
            check_list(lists->ids + lists->start[b], count, decoder->components[0].model->trg_vocab, error));
        if (count > decoder->widest) decoder->widest = count;
    }
    for (size_t i = 0; i < decoder->count; i++)
        LT_TRY(take_parts(decoder, &decoder->components[i], lists, error));
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

/* The columns of the k largest of row (count) as ids of `best`, best first, ties to the lower column; returns
 * how many. Column v is piece ids[v], or v where that is NULL. Blocks without anything above the worst kept
 * are skipped. */
static size_t best_columns(const real *row, size_t count, const int32_t *ids, bool allow_unk, size_t k,
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
    return kept;
}

/* From columns to pieces; what is missing to k is filled up. */
static void name_columns(lt_candidate *best, size_t kept, const int32_t *ids, size_t k)
{
    for (size_t i = 0; ids && i < kept; i++) best[i].id = ids[best[i].id];
    for (size_t i = kept; i < k; i++) best[i] = (lt_candidate){LT_EOS, -INFINITY};
}

static void best_of_row(const real *row, size_t count, const int32_t *ids, real lse, bool allow_unk, size_t k,
                        lt_candidate *best)
{
    const size_t kept = best_columns(row, count, ids, allow_unk, k, best);
    for (size_t i = 0; i < kept; i++) best[i].log_probability = (float)(row[best[i].id] - lse);
    name_columns(best, kept, ids, k);
}

/* The log-probability of a column of several models' logits, which are `stride` apart and their lse BLOCK. */
static real mean_of_column(const lt_decoder *decoder, const real *logits, size_t stride, const real *lse,
                           size_t column)
{
    real own[LT_ENSEMBLE_MAX];
    for (size_t c = 0; c < decoder->count; c++) own[c] = logits[c * stride + column] - lse[c * BLOCK];
    return lt_ensemble_log_mean(own, 1, decoder->log_weights, decoder->count);
}

/* The same of several models, whose logits of the row are `stride` apart and their lse BLOCK. The order of
 * log-probabilities is that of the mixed row but for its rounding. */
static void best_of_rows(const lt_decoder *decoder, const real *logits, size_t stride, const real *lse,
                         const real *mixed, size_t count, const int32_t *ids, bool allow_unk,
                         lt_candidate *best)
{
    const size_t kept = best_columns(mixed, count, ids, allow_unk, decoder->k, best);
    for (size_t i = 0; i < kept; i++) {
        lt_candidate one = {best[i].id, -INFINITY};
        if (isfinite(mixed[one.id])) /* else it is banned */
            one.log_probability = (float)mean_of_column(decoder, logits, stride, lse, (size_t)one.id);
        size_t at = i;
        for (; at > 0 && (one.log_probability > best[at - 1].log_probability ||
                          (one.log_probability == best[at - 1].log_probability && one.id < best[at - 1].id));
             at--)
            best[at] = best[at - 1];
        best[at] = one;
    }
    name_columns(best, kept, ids, decoder->k);
}

/* The rows' parents become the state. */
static void gather(lt_decoder *decoder, const uint32_t *parents, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        decoder->parents[r] = parents[r];
        decoder->next_sentence[r] = decoder->sentence[parents[r]];
    }
    for (size_t i = 0; i < decoder->count; i++) {
        component *one = &decoder->components[i];
        lt_state_gather(&one->next, &one->state, decoder->parents, rows);
        lt_state state = one->state;
        one->state = one->next;
        one->next = state;
    }
    size_t *sentence = decoder->sentence;
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

static void ban(const lt_decoder *decoder, size_t r, real *row, size_t count, const int32_t *ids,
                bool allow_unk)
{
    const lt_choosing *how = decoder->choosing;
    if (how && how->banned_start)
        lt_choose_ban(row, count, ids, allow_unk, how->banned + how->banned_start[r],
                      how->banned_start[r + 1] - how->banned_start[r]);
}

/* The candidates (k) of row `r` of the step. */
static void choose(const lt_decoder *decoder, size_t r, real *row, size_t count, const int32_t *ids, real lse,
                   bool allow_unk, const lt_draw_room *room, lt_candidate *candidates)
{
    const lt_choosing *how = decoder->choosing;
    ban(decoder, r, row, count, ids, allow_unk);
    if (how && how->draws)
        candidates[0] = lt_choose_draw(decoder->components[0].model->weights.backend, row, count, ids, lse,
                                       allow_unk, how, how->draws[r], room);
    else
        best_of_row(row, count, ids, lse, allow_unk, decoder->k, candidates);
}

/* The same of several models; see best_of_rows(). */
static void choose_mixed(const lt_decoder *decoder, size_t r, const real *logits, size_t stride,
                         const real *lse, real *mixed, size_t count, const int32_t *ids, bool allow_unk,
                         const lt_draw_room *room, lt_candidate *candidates)
{
    const lt_choosing *how = decoder->choosing;
    const lt_backend *backend = decoder->components[0].model->weights.backend;
    lt_ensemble_mix(backend, mixed, mixed + decoder->widest, logits, stride, decoder->log_weights,
                    decoder->count, count);
    if (how) /* what is banned has the logarithm of 0, as in a row of logits */
        for (size_t v = 0; v < count; v++) mixed[v] = mixed[v] > 0 ? (real)log(mixed[v]) : -(real)INFINITY;
    ban(decoder, r, mixed, count, ids, allow_unk);
    if (!how || !how->draws) {
        best_of_rows(decoder, logits, stride, lse, mixed, count, ids, allow_unk, candidates);
        return;
    }
    candidates[0] = lt_choose_draw(backend, mixed, count, ids, 0, allow_unk, how, how->draws[r], room);
    size_t column = ids ? 0 : (size_t)candidates[0].id;
    while (ids && ids[column] != candidates[0].id) column++; /* an end of sentence, too, is on every list */
    if (isfinite(candidates[0].log_probability))
        candidates[0].log_probability = (float)mean_of_column(decoder, logits, stride, lse, column);
}

static bool take_draw_room(lt_decoder *decoder, lt_draw_room *room)
{
    if (!decoder->choosing || !decoder->choosing->draws) return true;
    room->p = lt_arena_take(&decoder->step, decoder->widest, sizeof *room->p);
    room->order = lt_arena_take(&decoder->step, decoder->widest, sizeof *room->order);
    return room->p && room->order;
}

/* logits (n, width) and lse (n) of rows `first` and behind it, all of sentence b where there are lists. */
static void logits_of(const lt_decoder *decoder, const component *one, size_t first, size_t n, size_t b,
                      size_t width, real *logits, real *lse)
{
    const lt_linear *output = &one->model->decoder.output;
    const lt_weights *weights = &one->model->weights;
    const real *x = one->readout + first * output->in;
    if (decoder->lists)
        lt_linear_forward_part(&one->parts[b], output, weights, logits, x, n);
    else
        lt_linear_forward(output, weights, logits, x, n, false);
    weights->backend->log_sum_exp(lse, logits, width, n, width);
}

static bool candidates_of(lt_decoder *decoder, size_t rows, bool allow_unk, lt_candidate *candidates)
{
    const size_t models = decoder->count, stride = BLOCK * decoder->widest, k = decoder->k;
    const lt_output_lists *lists = decoder->lists;
    lt_phase_enter(LT_PHASE_OUTPUT);
    real *logits = lt_arena_take(&decoder->step, models * stride, sizeof *logits);
    real *lse = lt_arena_take(&decoder->step, models * BLOCK, sizeof *lse);
    real *mixed = models > 1 ? lt_arena_take(&decoder->step, 2 * decoder->widest, sizeof *mixed) : NULL;
    lt_draw_room room = {0};
    if (!logits || !lse || (models > 1 && !mixed) || !take_draw_room(decoder, &room)) return false;
    for (size_t first = 0, end; first < rows; first = end) {
        end = block_end(decoder, first, rows);
        const size_t n = end - first, b = decoder->sentence[first];
        const int32_t *ids = lists ? lists->ids + lists->start[b] : NULL;
        const size_t width = lists ? lists->start[b + 1] - lists->start[b] : decoder->widest;
        for (size_t i = 0; i < models; i++)
            logits_of(decoder, &decoder->components[i], first, n, b, width, logits + i * stride,
                      lse + i * BLOCK);
        for (size_t r = 0; r < n; r++) {
            real *row = logits + r * width;
            lt_candidate *best = candidates + (first + r) * k;
            if (models == 1)
                choose(decoder, first + r, row, width, ids, lse[r], allow_unk, &room, best);
            else
                choose_mixed(decoder, first + r, row, stride, lse + r, mixed, width, ids, allow_unk, &room,
                             best);
        }
    }
    return true;
}

/* alpha (rows, longest) of several models: the weighed mean of those that have attention, in the order in
 * which the first model of all reads the sources. False: out of memory. */
static bool mix_alpha(lt_decoder *decoder, size_t rows)
{
    const component *all = decoder->components;
    const size_t longest = all[0].context.longest, *lengths = all[0].context.length;
    const bool reversed = all[0].model->options.encoder.reverse_source;
    /* by the greatest of their weights: beside a model without attention all may be next to nothing */
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < decoder->count; i++)
        if (all[i].attention.alpha) most = fmax(most, decoder->log_weights[i]);
    for (size_t i = 0; i < decoder->count; i++)
        if (all[i].attention.alpha) sum += exp(decoder->log_weights[i] - most);
    decoder->alpha = NULL;
    if (most == -INFINITY) return true; /* none has any */
    real *alpha = lt_arena_take_zeroed(&decoder->step, rows * longest, sizeof *alpha);
    if (!alpha) return false;
    for (size_t i = 0; i < decoder->count; i++) {
        if (!all[i].attention.alpha) continue;
        const real weight = (real)(exp(decoder->log_weights[i] - most) / sum);
        const bool turned = all[i].model->options.encoder.reverse_source != reversed;
        for (size_t r = 0; r < rows; r++) {
            /* the end of sentence is read last in either order */
            const size_t end = lengths[decoder->sentence[r]] - 1;
            for (size_t s = 0; s <= end; s++)
                alpha[r * longest + s] +=
                    weight * all[i].attention.alpha[r * longest + (turned && s < end ? end - 1 - s : s)];
        }
    }
    decoder->alpha = alpha;
    return true;
}

static lt_status step(lt_decoder *decoder, size_t rows, const uint32_t *parents, const int32_t *tokens,
                      bool allow_unk, lt_candidate *candidates, lt_error *error)
{
    const size_t vocabulary = decoder->components[0].model->trg_vocab;
    if (rows > decoder->rows_max)
        return lt_fail(error, LT_ERROR_USAGE, "a step of %zu rows, but lt_decoder_start() was told %zu", rows,
                       decoder->rows_max);
    if (decoder->choosing && decoder->choosing->draws && decoder->k != 1)
        return lt_fail(error, LT_ERROR_USAGE, "a row has one drawn candidate, not %zu", decoder->k);
    for (size_t r = 0; r < rows; r++)
        if (parents[r] >= decoder->rows || tokens[r] < 0 || (size_t)tokens[r] >= vocabulary)
            return lt_fail(error, LT_ERROR_USAGE, "row %zu continues row %u of %zu with piece %d of %zu", r,
                           parents[r], decoder->rows, tokens[r], vocabulary);
    gather(decoder, parents, rows);
    lt_arena_reset(&decoder->step);
    lt_sequence sequence = lt_sequence_step(&decoder->step, tokens, decoder->sentence, rows);
    if (!sequence.ids) return lt_arena_check(&decoder->step, error);
    for (size_t i = 0; i < decoder->count; i++) {
        component *one = &decoder->components[i];
        lt_decoder_saved saved;
        if (!lt_decoder_forward(&one->model->decoder, &one->model->weights, &decoder->step, &sequence,
                                &one->context, &one->state, &saved))
            return lt_arena_check(&decoder->step, error);
        one->readout = saved.readout;
        one->attention = saved.attention;
    }
    decoder->alpha = decoder->components[0].attention.alpha;
    if (!candidates_of(decoder, rows, allow_unk, candidates) ||
        (decoder->count > 1 && !mix_alpha(decoder, rows)))
        return lt_arena_check(&decoder->step, error);
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
    const lt_context *context = &decoder->components[0].context;
    *length = context->length[decoder->sentence[row]];
    return decoder->alpha ? decoder->alpha + row * context->longest : NULL;
}
