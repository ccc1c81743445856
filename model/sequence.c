#include "model/sequence.h"

#include <stdlib.h>

#include "model/base/rng.h"

typedef struct row {
    size_t length, member;
} row;

static int longer_first(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? 1 : -1;
    return x->member < y->member ? -1 : x->member > y->member;
}

typedef struct layout {
    lt_sequence sequence;
    size_t *rows, *start, *sentence;
    int32_t *ids, *targets;
    uint64_t *keys, *mask_keys;
} layout;

/* Sorts the rows and makes room; false when out of memory. Every length counts the end of sentence, so it is
 * at least 1. */
static bool lay_out(layout *l, lt_arena *arena, const size_t *lengths, const size_t *members, size_t count,
                    bool with_targets, lt_randomness randomness)
{
    row *sorted = lt_arena_take(arena, count, sizeof *sorted);
    l->sentence = lt_arena_take(arena, count, sizeof *l->sentence);
    if (!sorted || !l->sentence) return false;
    size_t total = 0;
    for (size_t i = 0; i < count; i++) {
        sorted[i] = (row){lengths[members[i]] + 1, i};
        total += sorted[i].length;
    }
    qsort(sorted, count, sizeof *sorted, longer_first);
    size_t steps = count ? sorted[0].length : 0;
    l->rows = lt_arena_take_zeroed(arena, steps, sizeof *l->rows);
    l->start = lt_arena_take(arena, steps, sizeof *l->start);
    l->ids = lt_arena_take(arena, total, sizeof *l->ids);
    if (with_targets) l->targets = lt_arena_take(arena, total, sizeof *l->targets);
    if (randomness.stream) l->keys = l->mask_keys = lt_arena_take(arena, total, sizeof *l->keys);
    if (randomness.stream && randomness.variational)
        l->mask_keys = lt_arena_take(arena, total, sizeof *l->keys);
    if (!l->rows || !l->start || !l->ids || (with_targets && !l->targets) ||
        (randomness.stream && (!l->keys || !l->mask_keys)))
        return false;
    size_t alive = count, at = 0;
    for (size_t t = 0; t < steps; t++) {
        while (sorted[alive - 1].length <= t) alive--;
        l->rows[t] = alive;
        l->start[t] = at;
        at += alive;
    }
    for (size_t b = 0; b < count; b++) l->sentence[b] = sorted[b].member;
    l->sequence = (lt_sequence){.batch = count,
                                .steps = steps,
                                .total = total,
                                .rows = l->rows,
                                .start = l->start,
                                .sentence = l->sentence,
                                .ids = l->ids,
                                .targets = l->targets,
                                .keys = l->keys,
                                .mask_keys = l->mask_keys};
    return true;
}

static void fill_keys(layout *l, const size_t *members, lt_randomness randomness, uint64_t side)
{
    if (!randomness.stream) return;
    for (size_t t = 0; t < l->sequence.steps; t++)
        for (size_t b = 0; b < l->rows[t]; b++) {
            size_t n = l->start[t] + b, member = members[l->sentence[b]];
            if (randomness.variational)
                l->mask_keys[n] = lt_stream(randomness.stream, side, member, SIZE_MAX);
            l->keys[n] = lt_stream(randomness.stream, side, member, t);
        }
}

lt_sequence lt_sequence_source(lt_arena *arena, const lt_batch *batch, const size_t *members, size_t count,
                               bool reverse, lt_randomness randomness)
{
    layout l = {0};
    if (!lay_out(&l, arena, batch->src_length, members, count, false, randomness)) return (lt_sequence){0};
    for (size_t b = 0; b < count; b++) {
        size_t member = members[l.sentence[b]], length = batch->src_length[member];
        const int32_t *ids = batch->src[member];
        for (size_t t = 0; t < length; t++) l.ids[l.start[t] + b] = ids[reverse ? length - 1 - t : t];
        l.ids[l.start[length] + b] = LT_EOS;
    }
    fill_keys(&l, members, randomness, 1);
    return l.sequence;
}

lt_sequence lt_sequence_target(lt_arena *arena, const lt_batch *batch, const size_t *members, size_t count,
                               lt_randomness randomness)
{
    layout l = {0};
    if (!lay_out(&l, arena, batch->trg_length, members, count, true, randomness)) return (lt_sequence){0};
    for (size_t b = 0; b < count; b++) {
        size_t member = members[l.sentence[b]], length = batch->trg_length[member];
        const int32_t *ids = batch->trg[member];
        for (size_t t = 0; t <= length; t++) {
            l.ids[l.start[t] + b] = t == 0 ? LT_BOS : ids[t - 1];
            l.targets[l.start[t] + b] = t == length ? LT_EOS : ids[t];
        }
    }
    fill_keys(&l, members, randomness, 2);
    return l.sequence;
}

lt_sequence lt_sequence_step(lt_arena *arena, const int32_t *ids, const size_t *sentence, size_t rows)
{
    size_t *counts = lt_arena_take(arena, 2, sizeof *counts);
    if (!counts) return (lt_sequence){0};
    counts[0] = rows;
    counts[1] = 0;
    return (lt_sequence){.batch = rows,
                         .steps = 1,
                         .total = rows,
                         .rows = counts,
                         .start = counts + 1,
                         .sentence = sentence,
                         .ids = ids};
}

size_t *lt_sequence_mirror(lt_arena *arena, const lt_sequence *sequence)
{
    size_t *mirror = lt_arena_take(arena, sequence->total, sizeof *mirror), length = sequence->steps;
    for (size_t b = 0; mirror && b < sequence->batch; b++) {
        while (sequence->rows[length - 1] <= b) length--; /* rows are sorted, longest first */
        for (size_t t = 0; t < length; t++)
            mirror[sequence->start[t] + b] = sequence->start[length - 1 - t] + b;
    }
    return mirror;
}

size_t lt_sequence_span_end(const lt_sequence *sequence, size_t begin)
{
    size_t end = begin, tokens = 0;
    while (end < sequence->steps && (end == begin || tokens + sequence->rows[end] <= LT_SPAN_TOKENS))
        tokens += sequence->rows[end++];
    return end;
}

lt_sequence lt_sequence_span(lt_arena *arena, const lt_sequence *sequence, size_t begin, size_t end)
{
    size_t *start = lt_arena_take(arena, end - begin, sizeof *start), first = sequence->start[begin];
    if (!start) return (lt_sequence){0};
    for (size_t t = begin; t < end; t++) start[t - begin] = sequence->start[t] - first;
    return (lt_sequence){.batch = sequence->rows[begin],
                         .steps = end - begin,
                         .total = start[end - 1 - begin] + sequence->rows[end - 1],
                         .rows = sequence->rows + begin,
                         .start = start,
                         .sentence = sequence->sentence,
                         .ids = sequence->ids + first,
                         .targets = sequence->targets ? sequence->targets + first : NULL,
                         .keys = sequence->keys ? sequence->keys + first : NULL,
                         .mask_keys = sequence->mask_keys ? sequence->mask_keys + first : NULL};
}
