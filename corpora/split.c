#include "corpora/split.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/hashes.h"
#include "corpora/words.h"
#include "model/base/rng.h"

enum {
    ROUNDS = 12,    /* of choosing more groups until enough lines stay */
    HELD_SHARE = 5, /* dev and test together: at most a fifth of a kind */
    LARGE = 20,     /* a group over a twentieth of dev or test, and a few pairs, stays in train */
    FEW = 10,
};

/* ---- near-duplicates ---- */

/* Calls for each window of a text; stops when it says so. */
typedef lt_status (*window_task)(void *context, uint64_t hash, bool *stop, lt_error *error);

/* How many words a window of this text has: in scripts without spaces a word is a character. */
static size_t window_of(const lt_line *line)
{
    size_t wide = 0, all = 0;
    for (size_t i = 0, size; i < line->length; i += size ? size : 1) {
        unsigned c = 0;
        size = lt_utf8_next(line->bytes + i, line->length - i, &c);
        wide += lt_is_ideograph(c);
        all += size && lt_is_word(c);
    }
    return 2 * wide > all ? LT_WIDE_WINDOW : LT_WINDOW;
}

static lt_status each_window(const lt_line *line, uint64_t side, window_task task, void *context,
                             lt_error *error)
{
    uint64_t recent[LT_WIDE_WINDOW], word;
    size_t count = 0, window = window_of(line);
    bool stop = false;
    lt_words words = {line->bytes, line->bytes + line->length};
    while (!stop && lt_words_next(&words, &word)) {
        recent[count++ % window] = word;
        if (count < window) continue;
        uint64_t hash = side;
        for (size_t i = 0; i < window; i++) hash = lt_mix64(hash * 31 + recent[(count + i) % window]);
        LT_TRY(task(context, hash, &stop, error));
    }
    if (count == 0 || count >= window) return LT_OK;
    uint64_t hash = side + count;
    for (size_t i = 0; i < count; i++) hash = lt_mix64(hash * 31 + recent[i]);
    return task(context, hash, &stop, error);
}

static lt_status remember(void *context, uint64_t hash, bool *stop, lt_error *error)
{
    (void)stop;
    return lt_hashes_add(context, hash, NULL, error);
}

typedef struct search {
    lt_hashes *known;
    bool found;
} search;

static lt_status search_window(void *context, uint64_t hash, bool *stop, lt_error *error)
{
    (void)error;
    search *s = context;
    s->found = *stop = lt_hashes_has(s->known, hash);
    return LT_OK;
}

enum { SRC_SIDE = 0x100, TRG_SIDE = 0x200 };

static lt_status known_pair(lt_hashes *known, const lt_split_pair *pair, bool *found, lt_error *error)
{
    search s = {.known = known};
    LT_TRY(each_window(&pair->src, SRC_SIDE, search_window, &s, error));
    if (!s.found) LT_TRY(each_window(&pair->trg, TRG_SIDE, search_window, &s, error));
    *found = s.found;
    return LT_OK;
}

static lt_status know_pair(lt_hashes *known, const lt_split_pair *pair, lt_error *error)
{
    LT_TRY(each_window(&pair->src, SRC_SIDE, remember, known, error));
    return each_window(&pair->trg, TRG_SIDE, remember, known, error);
}

/* ---- the choice of groups ---- */

typedef struct group {
    uint64_t key;
    size_t index, size, first; /* size: pairs; first: where they begin in the order of groups */
    lt_part part;
} group;

static int compare_groups(const void *a, const void *b)
{
    const group *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Orders the groups by key and the pairs by group. */
static lt_status order_pairs(lt_split_pair *pairs, size_t count, group *list, size_t groups,
                             const uint64_t *keys, lt_error *error)
{
    size_t *at = calloc(groups, sizeof *at);
    lt_split_pair *copy = malloc(count * sizeof *copy);
    if (!at || !copy) {
        free(at);
        free(copy);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for splitting %zu pairs", count);
    }
    for (size_t i = 0; i < groups; i++) list[i] = (group){.key = keys[i], .index = i};
    for (size_t i = 0; i < count; i++) list[pairs[i].group].size++;
    qsort(list, groups, sizeof *list, compare_groups);
    for (size_t i = 0, first = 0; i < groups; first += list[i++].size)
        list[i].first = at[list[i].index] = first;
    memcpy(copy, pairs, count * sizeof *copy);
    for (size_t i = 0; i < count; i++) pairs[at[copy[i].group]++] = copy[i];
    free(at);
    free(copy);
    return LT_OK;
}

/* Pairs of a kind, by part. */
typedef struct tally {
    size_t of[LT_PARTS];
} tally;

typedef struct plan {
    size_t kinds;
    const size_t *wanted;      /* (LT_PARTS) of each kind */
    size_t all[LT_KINDS_MOST]; /* how many there are */
    tally aim[LT_KINDS_MOST];  /* how many to choose */
    tally stay[LT_KINDS_MOST]; /* how many of these are no near-duplicates */
} plan;

/* No kind is to give more than its share. */
static void limit(size_t of[LT_PARTS], size_t count)
{
    size_t most = count / HELD_SHARE, all = of[LT_DEV] + of[LT_TEST];
    if (all <= most) return;
    for (lt_part p = LT_DEV; p <= LT_TEST; p++) of[p] = (size_t)((double)of[p] * (double)most / (double)all);
}

static void plan_init(plan *p, const lt_split_pair *pairs, size_t count, size_t kinds,
                      const size_t wanted[LT_PARTS])
{
    *p = (plan){.kinds = kinds, .wanted = wanted};
    for (size_t i = 0; i < count; i++) p->all[pairs[i].kind]++;
    for (size_t k = 0; k < kinds; k++) {
        memcpy(p->aim[k].of, wanted, sizeof p->aim[k].of);
        limit(p->aim[k].of, p->all[k]);
    }
}

static bool is_full(const plan *p, const tally chosen[LT_KINDS_MOST], lt_part part)
{
    for (size_t k = 0; k < p->kinds; k++)
        if (chosen[k].of[part] < p->aim[k].of[part]) return false;
    return true;
}

/* Groups in order: to test, then to dev, until each has of each kind as many pairs as the plan says. */
static void choose(lt_split_pair *pairs, group *list, size_t groups, const plan *p, lt_split_counts *counts)
{
    static const lt_part turn[] = {LT_TEST, LT_DEV, LT_TRAIN};
    tally chosen[LT_KINDS_MOST] = {0};
    size_t t = 0;
    *counts = (lt_split_counts){0};
    for (size_t i = 0; i < groups; i++) {
        while (turn[t] != LT_TRAIN && is_full(p, chosen, turn[t])) t++;
        bool large = turn[t] != LT_TRAIN && list[i].size > FEW + p->kinds * p->wanted[turn[t]] / LARGE;
        list[i].part = large ? LT_TRAIN : turn[t];
        counts->large_groups += large;
        counts->groups[list[i].part] += list[i].size > 0;
        for (size_t k = list[i].first; k < list[i].first + list[i].size; k++) {
            pairs[k].part = list[i].part;
            chosen[pairs[k].kind].of[list[i].part]++;
        }
    }
}

/* Takes the near-duplicates out of dev and test. */
static lt_status sift(lt_split_pair *pairs, size_t count, lt_split_counts *counts, plan *p, lt_error *error)
{
    lt_hashes known = {0};
    lt_status status = LT_OK;
    memset(p->stay, 0, sizeof p->stay);
    for (size_t i = 0; i < count; i++)
        if (pairs[i].part == LT_TRAIN) LT_GOTO(status, know_pair(&known, &pairs[i], error), done);
    for (size_t i = 0; i < count; i++) {
        bool found;
        if (pairs[i].part == LT_TRAIN) continue;
        LT_GOTO(status, known_pair(&known, &pairs[i], &found, error), done);
        LT_GOTO(status, know_pair(&known, &pairs[i], error), done);
        *(found ? &counts->near_duplicates[pairs[i].part] : &p->stay[pairs[i].kind].of[pairs[i].part]) += 1;
        if (found) pairs[i].part = LT_LEFT_OUT;
    }
done:
    lt_hashes_clear(&known);
    return status;
}

/* How many pairs of a kind to choose next, after `stay` of `aim` stayed: false where there is nothing to
 * gain. */
static bool aim_higher(size_t aim[LT_PARTS], const size_t stay[LT_PARTS], const size_t wanted[LT_PARTS],
                       size_t count)
{
    size_t next[LT_PARTS] = {0};
    for (lt_part p = LT_DEV; p <= LT_TEST; p++) {
        double kept = stay[p] && aim[p] ? (double)stay[p] / (double)aim[p] : 0.1;
        next[p] = stay[p] >= wanted[p] ? aim[p] : (size_t)((double)wanted[p] / kept * 1.02) + 1;
        if (next[p] < aim[p]) next[p] = aim[p] + 1;
    }
    limit(next, count);
    bool higher = next[LT_DEV] > aim[LT_DEV] || next[LT_TEST] > aim[LT_TEST];
    if (higher) memcpy(aim, next, sizeof next);
    return higher;
}

static bool plan_higher(plan *p)
{
    bool higher = false;
    for (size_t k = 0; k < p->kinds; k++)
        higher |= aim_higher(p->aim[k].of, p->stay[k].of, p->wanted, p->all[k]);
    return higher;
}

static void drop_surplus(lt_split_pair *pairs, size_t count, const size_t wanted[LT_PARTS],
                         lt_split_counts *counts)
{
    tally kept[LT_KINDS_MOST] = {0};
    for (size_t i = 0; i < count; i++) {
        lt_part part = pairs[i].part;
        if (part == LT_TRAIN || part == LT_LEFT_OUT || kept[pairs[i].kind].of[part]++ < wanted[part])
            continue;
        pairs[i].part = LT_LEFT_OUT;
        counts->surplus++;
    }
}

lt_status lt_split(lt_split_pair *pairs, size_t count, const uint64_t *keys, size_t groups, size_t kinds,
                   const size_t wanted[LT_PARTS], lt_split_counts *counts, lt_error *error)
{
    assert(kinds >= 1 && kinds <= LT_KINDS_MOST);
    plan p;
    *counts = (lt_split_counts){0};
    if (count == 0) return LT_OK;
    group *list = calloc(groups, sizeof *list);
    if (!list) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for splitting %zu groups", groups);
    plan_init(&p, pairs, count, kinds, wanted);
    lt_status status = order_pairs(pairs, count, list, groups, keys, error);
    for (size_t round = 0; status == LT_OK && round < ROUNDS; round++) {
        choose(pairs, list, groups, &p, counts);
        status = sift(pairs, count, counts, &p, error);
        if (status == LT_OK && !plan_higher(&p)) break;
    }
    if (status == LT_OK) drop_surplus(pairs, count, wanted, counts);
    free(list);
    return status;
}
