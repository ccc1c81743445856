#include "translate/search.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/arena.h"
#include "translate/alignment.h"
#include "translate/bans.h"
#include "translate/coverage.h"

/* Hypotheses share their beginnings: each piece is a node that knows the one before it. */
typedef struct node {
    uint32_t before; /* NO_NODE at the start */
    int32_t id;
} node;

#define NO_NODE UINT32_MAX

/* A live hypothesis: one row of the decoder's state. */
typedef struct row {
    uint32_t node;
    double log_probability;
} row;

/* One that is complete, or cut at the limit. */
typedef struct finished {
    uint32_t node;
    size_t length; /* pieces, without </s> */
    double log_probability, score, penalty;
    bool cut;
} finished;

/* A continuation that competes for a place in the beam. */
typedef struct choice {
    double log_probability;
    uint32_t row; /* of the step that was made */
    int32_t id;
} choice;

typedef struct sentence {
    size_t limit;       /* target pieces at most, */
    size_t minimum;     /* and at least */
    size_t first, live; /* its rows of the last step */
    finished *ends;     /* (beam_size) best first */
    size_t ended;
} sentence;

typedef struct search {
    const lt_decoding_options *options;
    const lt_batch *batch;
    lt_arena arena;
    size_t beam, wanted, k, steps;
    sentence *sentences; /* (B) */
    row *rows, *next;    /* (B * beam) */
    size_t row_count;
    uint32_t *parents;        /* (B * beam) for the coming step */
    int32_t *tokens;          /* (B * beam) */
    lt_candidate *candidates; /* (B * beam, k) */
    choice *choices;          /* (beam) */
    node *nodes;
    size_t node_count, node_capacity;
    bool alignment, reversed; /* the encoder reads the sources from their ends */
    int32_t *looked_at;       /* (B * beam) with alignment: the source position of each row's last step, */
    int32_t *word_looked_at;  /* (B * beam) the same without the ends of sentence, for unknown pieces, and */
    int32_t *node_looked_at;  /* (node_capacity) of each node */
    bool allow_unk;
    lt_coverage coverage;
    lt_bans bans;
    lt_choosing choosing;
    lt_ids path; /* the pieces of a row */
} search;

size_t lt_search_limit(const lt_decoding_options *options, size_t src_length)
{
    double limit = lt_rounded_up(options->max_length_factor * (double)(src_length + 1));
    return limit < 1 ? 1 : (size_t)limit;
}

static double normalized(const search *s, double log_probability, size_t length)
{
    return log_probability / pow((double)length, s->options->normalize);
}

/* ---- the pieces of hypotheses ---- */

static lt_status grow_nodes(search *s, lt_error *error)
{
    size_t capacity = s->node_capacity ? s->node_capacity * 2 : 4096;
    node *nodes = capacity < NO_NODE ? realloc(s->nodes, capacity * sizeof *nodes) : NULL;
    if (nodes) s->nodes = nodes;
    int32_t *looked_at = NULL;
    if (nodes && s->alignment) {
        looked_at = realloc(s->node_looked_at, capacity * sizeof *looked_at);
        if (looked_at) s->node_looked_at = looked_at;
    }
    if (!nodes || (s->alignment && !looked_at))
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pieces of hypotheses", capacity);
    s->node_capacity = capacity;
    return LT_OK;
}

/* A piece behind `before`, chosen in row `from` of the last step. */
static lt_status add_node(search *s, uint32_t before, int32_t id, uint32_t from, uint32_t *at,
                          lt_error *error)
{
    if (s->node_count == s->node_capacity) LT_TRY(grow_nodes(s, error));
    *at = (uint32_t)s->node_count;
    if (s->alignment)
        s->node_looked_at[s->node_count] =
            s->word_looked_at && id == LT_UNK ? s->word_looked_at[from] : s->looked_at[from];
    s->nodes[s->node_count++] = (node){before, id};
    return LT_OK;
}

/* Where each row looked in the step that was just made. */
static void look(search *s, const lt_decoder *decoder)
{
    for (size_t r = 0; s->alignment && r < s->row_count; r++) {
        s->looked_at[r] = lt_most_looked_at(decoder, r, s->reversed, false);
        if (s->word_looked_at) s->word_looked_at[r] = lt_most_looked_at(decoder, r, s->reversed, true);
    }
    for (size_t r = 0; s->coverage.beta > 0 && r < s->row_count; r++)
        lt_coverage_look(&s->coverage, decoder, r);
}

/* Complete ones before cut ones, then by score; equals keep the order in which they ended. */
static void keep_end(sentence *one, finished end)
{
    size_t at = one->ended++;
    for (; at > 0; at--) {
        const finished *before = &one->ends[at - 1];
        bool better = end.cut != before->cut ? before->cut : end.score > before->score;
        if (!better) break;
        one->ends[at] = *before;
    }
    one->ends[at] = end;
}

/* ---- one step ---- */

/* The best `places` continuations of a sentence's rows, best first; ties go to the earlier row, then the
 * earlier candidate, so that nothing depends on how sentences are batched. */
static size_t choose(const search *s, const sentence *one, size_t places)
{
    size_t kept = 0;
    for (size_t r = one->first; r < one->first + one->live; r++)
        for (size_t c = 0; c < s->k; c++) {
            const lt_candidate *candidate = &s->candidates[r * s->k + c];
            double total = s->rows[r].log_probability + (double)candidate->log_probability;
            if (!isfinite(total) || (kept == places && !(total > s->choices[kept - 1].log_probability)))
                break;
            size_t at = kept < places ? kept++ : places - 1;
            for (; at > 0 && total > s->choices[at - 1].log_probability; at--)
                s->choices[at] = s->choices[at - 1];
            s->choices[at] = (choice){total, (uint32_t)r, candidate->id};
        }
    return kept;
}

/* Can no live hypothesis overtake the `wanted` best ends? Rows are sorted: the first is the best. What it
 * will have covered is not known: its penalty may come to be 0. */
static bool settled(const search *s, const sentence *one, double best_live)
{
    if (one->ended < s->wanted || one->ends[s->wanted - 1].cut) return false;
    return normalized(s, best_live, one->limit + 1) <= one->ends[s->wanted - 1].score;
}

/* The hypothesis of `length` pieces up to node `at` that choice `c` ends. */
static finished finish(const search *s, const choice *c, uint32_t at, size_t length, size_t src_length,
                       bool cut)
{
    const double penalty = lt_coverage_penalty(&s->coverage, c->row, src_length);
    const double score = normalized(s, c->log_probability, length + 1) + penalty;
    return (finished){at, length, c->log_probability, score, penalty, cut};
}

/* Puts a sentence's choices in their places: ends, and rows of the coming step. */
static lt_status place(search *s, sentence *one, size_t chosen, size_t *rows, lt_error *error)
{
    size_t first = *rows, length = s->steps + 1; /* pieces, this one included */
    bool last = length == one->limit;
    const size_t src_length = s->batch->src_length[one - s->sentences];
    for (size_t i = 0; i < chosen; i++) {
        const choice *c = &s->choices[i];
        uint32_t before = s->rows[c->row].node, at = NO_NODE;
        if (c->id == LT_EOS) {
            keep_end(one, finish(s, c, before, length - 1, src_length, false));
            continue;
        }
        LT_TRY(add_node(s, before, c->id, c->row, &at, error));
        if (last) {
            keep_end(one, finish(s, c, at, length, src_length, true));
            continue;
        }
        lt_coverage_continue(&s->coverage, *rows, c->row);
        s->next[*rows] = (row){at, c->log_probability};
        s->parents[*rows] = c->row;
        s->tokens[(*rows)++] = c->id;
    }
    if (*rows > first && settled(s, one, s->next[first].log_probability)) *rows = first;
    one->first = first;
    one->live = *rows - first;
    return LT_OK;
}

/* What the rows of the coming step must not go on with. */
static lt_status ban(search *s, lt_error *error)
{
    lt_bans_begin(&s->bans);
    for (size_t b = 0; b < s->batch->size; b++) {
        const sentence *one = &s->sentences[b];
        for (size_t r = one->first; r < one->first + one->live; r++) {
            uint32_t at = s->rows[r].node;
            if (s->options->no_repeat_ngram > 0)
                for (size_t i = s->steps; i-- > 0; at = s->nodes[at].before)
                    s->path.items[i] = s->nodes[at].id;
            LT_TRY(lt_bans_add(&s->bans, s->options, one->minimum, s->path.items, s->steps, error));
        }
    }
    s->choosing.banned = s->bans.ids.items;
    return lt_ids_add(&s->path, 0, error); /* room for the next step's piece */
}

static lt_status step(search *s, lt_decoder *decoder, lt_error *error)
{
    if (s->bans.start) LT_TRY(ban(s, error));
    LT_TRY(lt_decoder_step(decoder, s->row_count, s->parents, s->tokens, s->allow_unk, s->candidates, error));
    look(s, decoder);
    size_t rows = 0;
    for (size_t b = 0; b < s->batch->size; b++) {
        sentence *one = &s->sentences[b];
        if (one->live == 0) continue;
        size_t chosen = choose(s, one, s->beam - one->ended);
        LT_TRY(place(s, one, chosen, &rows, error));
    }
    row *swap = s->rows;
    s->rows = s->next;
    s->next = swap;
    lt_coverage_advance(&s->coverage);
    s->row_count = rows;
    s->steps++;
    return LT_OK;
}

/* ---- the whole ---- */

static lt_status begin(search *s, lt_decoder *decoder, size_t vocabulary, const lt_output_lists *lists,
                       lt_error *error)
{
    size_t size = s->batch->size, rows = size * s->beam;
    s->k = s->beam < vocabulary - 2 ? s->beam : vocabulary - 2;
    s->sentences = lt_arena_take_zeroed(&s->arena, size, sizeof *s->sentences);
    finished *ends = lt_arena_take(&s->arena, rows, sizeof *ends);
    s->rows = lt_arena_take(&s->arena, rows, sizeof *s->rows);
    s->next = lt_arena_take(&s->arena, rows, sizeof *s->next);
    s->parents = lt_arena_take(&s->arena, rows, sizeof *s->parents);
    s->tokens = lt_arena_take(&s->arena, rows, sizeof *s->tokens);
    s->candidates = lt_arena_take(&s->arena, rows * s->k, sizeof *s->candidates);
    s->choices = lt_arena_take(&s->arena, s->beam, sizeof *s->choices);
    if (s->alignment) s->looked_at = lt_arena_take(&s->arena, rows, sizeof *s->looked_at);
    if (s->alignment && s->options->replace_unk)
        s->word_looked_at = lt_arena_take(&s->arena, rows, sizeof *s->word_looked_at);
    if (lt_bans_needed(s->options))
        s->choosing.banned_start = s->bans.start = lt_arena_take(&s->arena, rows + 1, sizeof *s->bans.start);
    lt_coverage_take(&s->coverage, &s->arena, s->options->coverage_penalty, s->batch, rows);
    LT_TRY(lt_arena_check(&s->arena, error));
    for (size_t b = 0; b < size; b++) {
        s->sentences[b] = (sentence){.limit = lt_search_limit(s->options, s->batch->src_length[b]),
                                     .minimum = lt_minimum_length(s->options, s->batch->src_length[b]),
                                     .first = b,
                                     .live = 1,
                                     .ends = ends + b * s->beam};
        s->rows[b] = (row){NO_NODE, 0};
        s->parents[b] = (uint32_t)b;
        s->tokens[b] = LT_BOS;
    }
    s->row_count = size;
    LT_TRY(lt_decoder_start(decoder, s->batch, rows, s->k, error));
    if (s->bans.start) lt_decoder_choose(decoder, &s->choosing);
    return lists ? lt_decoder_restrict(decoder, lists, error) : LT_OK;
}

lt_status lt_search_result_add(lt_search_result *result, lt_hypothesis hypothesis, lt_error *error)
{
    if (result->count == result->capacity) {
        size_t capacity = result->capacity ? result->capacity * 2 : 64;
        lt_hypothesis *items = realloc(result->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu translations", capacity);
        result->items = items;
        result->capacity = capacity;
    }
    result->items[result->count++] = hypothesis;
    return LT_OK;
}

static lt_status put_result(const search *s, lt_search_result *result, size_t b, const finished *end,
                            lt_error *error)
{
    size_t begin = result->ids.count;
    for (size_t i = 0; i < end->length; i++) {
        LT_TRY(lt_ids_add(&result->ids, 0, error));
        if (s->alignment) LT_TRY(lt_ids_add(&result->looked_at, 0, error));
    }
    uint32_t at = end->node;
    for (size_t i = end->length; i-- > 0; at = s->nodes[at].before) {
        result->ids.items[begin + i] = s->nodes[at].id;
        if (s->alignment) result->looked_at.items[begin + i] = s->node_looked_at[at];
    }
    return lt_search_result_add(
        result,
        (lt_hypothesis){b, begin, end->length, end->log_probability, end->score, end->penalty, end->cut},
        error);
}

static lt_status collect(const search *s, lt_search_result *result, lt_error *error)
{
    result->ids.count = result->looked_at.count = result->count = 0;
    for (size_t b = 0; b < s->batch->size; b++) {
        const sentence *one = &s->sentences[b];
        size_t count = one->ended < s->wanted ? one->ended : s->wanted;
        if (count == 0)
            return lt_fail(error, LT_ERROR_NUMERIC,
                           "the model gives no piece of a translation a finite probability: its weights are "
                           "too large; use another checkpoint");
        for (size_t i = 0; i < count; i++) LT_TRY(put_result(s, result, b, &one->ends[i], error));
    }
    return LT_OK;
}

lt_status lt_search(lt_search_result *result, lt_decoder *decoder, const lt_model *model,
                    const lt_batch *batch, const lt_output_lists *lists, const lt_decoding_options *options,
                    size_t wanted, bool alignment, lt_error *error)
{
    if (options->sampling)
        return lt_sample(result, decoder, model, batch, lists, options, wanted, alignment, error);
    search s = {.options = options,
                .batch = batch,
                .beam = (size_t)options->beam_size,
                .wanted = wanted,
                .alignment = alignment,
                .allow_unk = options->allow_unk || options->replace_unk,
                .reversed = lt_model_get_options(model)->encoder.reverse_source};
    lt_status status = begin(&s, decoder, lt_model_trg_vocab(model), lists, error);
    while (status == LT_OK && s.row_count > 0) status = step(&s, decoder, error);
    if (status == LT_OK) status = collect(&s, result, error);
    lt_arena_clear(&s.arena);
    free(s.nodes);
    free(s.node_looked_at);
    lt_ids_clear(&s.bans.ids);
    lt_ids_clear(&s.path);
    return status;
}

void lt_search_result_clear(lt_search_result *result)
{
    lt_ids_clear(&result->ids);
    lt_ids_clear(&result->looked_at);
    free(result->items);
    *result = (lt_search_result){0};
}
