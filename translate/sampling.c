#include <math.h>
#include <stdlib.h>

#include "model/base/arena.h"
#include "model/base/rng.h"
#include "translate/alignment.h"
#include "translate/bans.h"
#include "translate/search.h"

/* One translation being drawn. */
typedef struct sample {
    lt_ids ids, looked_at;
    double log_probability;
    bool cut;
} sample;

typedef struct sampling {
    const lt_decoding_options *options;
    const lt_batch *batch;
    lt_arena arena;
    size_t wanted, rows, steps;
    size_t *limit, *minimum; /* (B) pieces */
    uint64_t *source;        /* (B) a hash of its pieces */
    sample *samples;         /* (B * wanted) by sentence */
    size_t *live;            /* (B * wanted) the sample of each row of the coming step, ascending */
    uint32_t *parents;       /* (B * wanted) and its row in the last one */
    int32_t *tokens;         /* (B * wanted) */
    double *draws;           /* (B * wanted) */
    lt_candidate *drawn;     /* (B * wanted) */
    lt_bans bans;
    lt_choosing choosing;
    bool alignment, reversed, allow_unk;
} sampling;

static uint64_t hash_of(const int32_t *ids, size_t length)
{
    uint64_t hash = lt_mix64(length + 0x9E3779B97F4A7C15u);
    for (size_t i = 0; i < length; i++) hash = lt_mix64(hash ^ ((uint64_t)ids[i] + 0xD1B54A32D192ED03u));
    return hash;
}

static lt_status begin(sampling *s, lt_decoder *decoder, const lt_output_lists *lists, lt_error *error)
{
    const size_t size = s->batch->size, rows = size * s->wanted;
    s->limit = lt_arena_take(&s->arena, size, sizeof *s->limit);
    s->minimum = lt_arena_take(&s->arena, size, sizeof *s->minimum);
    s->source = lt_arena_take(&s->arena, size, sizeof *s->source);
    s->samples = lt_arena_take_zeroed(&s->arena, rows, sizeof *s->samples);
    s->live = lt_arena_take(&s->arena, rows, sizeof *s->live);
    s->parents = lt_arena_take(&s->arena, rows, sizeof *s->parents);
    s->tokens = lt_arena_take(&s->arena, rows, sizeof *s->tokens);
    s->draws = lt_arena_take(&s->arena, rows, sizeof *s->draws);
    s->drawn = lt_arena_take(&s->arena, rows, sizeof *s->drawn);
    if (lt_bans_needed(s->options))
        s->choosing.banned_start = s->bans.start = lt_arena_take(&s->arena, rows + 1, sizeof *s->bans.start);
    LT_TRY(lt_arena_check(&s->arena, error));
    for (size_t b = 0; b < size; b++) {
        s->limit[b] = lt_search_limit(s->options, s->batch->src_length[b]);
        s->minimum[b] = lt_minimum_length(s->options, s->batch->src_length[b]);
        s->source[b] = hash_of(s->batch->src[b], s->batch->src_length[b]);
    }
    for (size_t r = 0; r < rows; r++) {
        s->live[r] = r;
        s->parents[r] = (uint32_t)(r / s->wanted);
        s->tokens[r] = LT_BOS;
    }
    s->rows = rows;
    s->choosing.draws = s->draws;
    LT_TRY(lt_decoder_start(decoder, s->batch, rows, 1, error));
    lt_decoder_choose(decoder, &s->choosing);
    return lists ? lt_decoder_restrict(decoder, lists, error) : LT_OK;
}

/* By what each row draws, and what it must not draw. */
static lt_status prepare(sampling *s, lt_error *error)
{
    if (s->bans.start) lt_bans_begin(&s->bans);
    for (size_t r = 0; r < s->rows; r++) {
        const size_t at = s->live[r], b = at / s->wanted;
        lt_rng rng;
        lt_rng_init(&rng,
                    lt_stream((uint64_t)s->options->sampling_seed, s->source[b], at % s->wanted, s->steps));
        s->draws[r] = lt_rng_uniform(&rng);
        if (s->bans.start)
            LT_TRY(
                lt_bans_add(&s->bans, s->options, s->minimum[b], s->samples[at].ids.items, s->steps, error));
    }
    s->choosing.banned = s->bans.ids.items;
    return LT_OK;
}

/* What row `r` has drawn becomes part of its sample; does it go on? */
static lt_status take(const sampling *s, const lt_decoder *decoder, size_t r, bool *goes_on, lt_error *error)
{
    sample *one = &s->samples[s->live[r]];
    const lt_candidate *drawn = &s->drawn[r];
    one->log_probability += (double)drawn->log_probability;
    *goes_on = false;
    if (!isfinite(one->log_probability))
        return lt_fail(error, LT_ERROR_NUMERIC,
                       "the model gives no piece of a translation a finite probability: its weights are too "
                       "large; use another checkpoint");
    if (drawn->id == LT_EOS) return LT_OK;
    LT_TRY(lt_ids_add(&one->ids, drawn->id, error));
    if (s->alignment) {
        const bool unknown = drawn->id == LT_UNK && s->options->replace_unk;
        LT_TRY(lt_ids_add(&one->looked_at, lt_most_looked_at(decoder, r, s->reversed, unknown), error));
    }
    one->cut = one->ids.count == s->limit[s->live[r] / s->wanted];
    *goes_on = !one->cut;
    return LT_OK;
}

static lt_status step(sampling *s, lt_decoder *decoder, lt_error *error)
{
    LT_TRY(prepare(s, error));
    LT_TRY(lt_decoder_step(decoder, s->rows, s->parents, s->tokens, s->allow_unk, s->drawn, error));
    size_t rows = 0;
    for (size_t r = 0; r < s->rows; r++) {
        bool goes_on;
        LT_TRY(take(s, decoder, r, &goes_on, error));
        if (!goes_on) continue;
        s->live[rows] = s->live[r];
        s->parents[rows] = (uint32_t)r;
        s->tokens[rows++] = s->drawn[r].id;
    }
    s->rows = rows;
    s->steps++;
    return LT_OK;
}

static lt_status collect(const sampling *s, lt_search_result *result, lt_error *error)
{
    result->ids.count = result->looked_at.count = result->count = 0;
    for (size_t i = 0; i < s->batch->size * s->wanted; i++) {
        const sample *one = &s->samples[i];
        lt_hypothesis found = {.sentence = i / s->wanted,
                               .begin = result->ids.count,
                               .length = one->ids.count,
                               .log_probability = one->log_probability,
                               .cut = one->cut};
        found.score = found.log_probability / pow((double)(found.length + 1), s->options->normalize);
        LT_TRY(lt_ids_append(&result->ids, one->ids.items, one->ids.count, error));
        LT_TRY(lt_ids_append(&result->looked_at, one->looked_at.items, one->looked_at.count, error));
        LT_TRY(lt_search_result_add(result, found, error));
    }
    return LT_OK;
}

lt_status lt_sample(lt_search_result *result, lt_decoder *decoder, const lt_model *model,
                    const lt_batch *batch, const lt_output_lists *lists, const lt_decoding_options *options,
                    size_t wanted, bool alignment, lt_error *error)
{
    sampling s = {.options = options,
                  .batch = batch,
                  .wanted = wanted,
                  .choosing = {.temperature = options->temperature,
                               .top_k = (size_t)options->top_k,
                               .top_p = options->top_p},
                  .alignment = alignment,
                  .allow_unk = options->allow_unk || options->replace_unk,
                  .reversed = lt_model_get_options(model)->encoder.reverse_source};
    lt_status status = begin(&s, decoder, lists, error);
    while (status == LT_OK && s.rows > 0) status = step(&s, decoder, error);
    if (status == LT_OK) status = collect(&s, result, error);
    for (size_t i = 0; s.samples && i < batch->size * wanted; i++) {
        lt_ids_clear(&s.samples[i].ids);
        lt_ids_clear(&s.samples[i].looked_at);
    }
    lt_arena_clear(&s.arena);
    lt_ids_clear(&s.bans.ids);
    return status;
}
