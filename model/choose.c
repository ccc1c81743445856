#include "model/choose.h"

#include <math.h>

static int32_t id_of(const int32_t *ids, size_t v)
{
    return ids ? ids[v] : (int32_t)v;
}

static bool may_be_chosen(int32_t id, bool allow_unk)
{
    return id != LT_PAD && id != LT_BOS && (id != LT_UNK || allow_unk);
}

/* The column of piece `id`, or `count` where there is none. */
static size_t column_of(size_t count, const int32_t *ids, int32_t id)
{
    size_t low = 0, high = count;
    if (!ids) return (size_t)id < count ? (size_t)id : count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && ids[low] == id ? low : count;
}

static bool anything_left(const real *row, size_t count, const int32_t *ids, bool allow_unk)
{
    for (size_t v = 0; v < count; v++)
        if (isfinite(row[v]) && may_be_chosen(id_of(ids, v), allow_unk)) return true;
    return false;
}

void lt_choose_ban(real *row, size_t count, const int32_t *ids, bool allow_unk, const int32_t *banned,
                   size_t bans)
{
    size_t end = count;
    real logit_of_end = 0;
    for (size_t i = 0; i < bans; i++) {
        const size_t v = column_of(count, ids, banned[i]);
        if (v == count) continue;
        if (banned[i] == LT_EOS && end == count) end = v, logit_of_end = row[v];
        row[v] = -(real)INFINITY;
    }
    if (end < count && !anything_left(row, count, ids, allow_unk)) row[end] = logit_of_end;
}

/* ---- drawing ---- */

/* p = softmax(row / temperature) over what may be chosen. */
static void temper(const lt_backend *backend, real *p, const real *row, size_t count, const int32_t *ids,
                   bool allow_unk, double temperature)
{
    const real scale = (real)(1 / temperature);
    for (size_t v = 0; v < count; v++) p[v] = row[v] * scale;
    for (size_t v = 0; v < count && id_of(ids, v) < LT_RESERVED; v++)
        if (!may_be_chosen(id_of(ids, v), allow_unk)) p[v] = -(real)INFINITY;
    backend->softmax(p, count);
}

/* Of columns a and b, does a come first: the more probable, of equals the lower? */
static bool comes_first(const real *p, uint32_t a, uint32_t b)
{
    return p[a] > p[b] || (p[a] == p[b] && a < b);
}

static void sift_down(uint32_t *heap, size_t count, size_t at, const real *p)
{
    const uint32_t moving = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && comes_first(p, heap[child + 1], heap[child])) child++;
        if (!comes_first(p, heap[child], moving)) break;
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

/* The columns that are kept, most probable first, from order[count - 1] downwards: so many as returned, with
 * the probability `mass` together. A heap gives them one by one, so that few of many are not sorted. */
static size_t keep(const real *p, size_t count, const lt_choosing *how, uint32_t *order, double *mass)
{
    const size_t most = how->top_k && how->top_k < count ? how->top_k : count;
    double all = 0, wanted = HUGE_VAL;
    for (size_t v = 0; v < count; v++) order[v] = (uint32_t)v, all += (double)p[v];
    if (most == count && how->top_p < 1) wanted = how->top_p * all;
    for (size_t at = count / 2; at-- > 0;) sift_down(order, count, at, p);
    size_t kept = 0;
    for (*mass = 0; kept < most && *mass < wanted; kept++) {
        const uint32_t first = order[0];
        const size_t last = count - 1 - kept;
        order[0] = order[last];
        order[last] = first;
        sift_down(order, last, 0, p);
        *mass += (double)p[first];
    }
    if (most == count || how->top_p >= 1) return kept;
    const double nucleus = how->top_p * *mass; /* of the top_k */
    size_t within = 0;
    for (*mass = 0; within < kept && *mass < nucleus; within++) *mass += (double)p[order[count - 1 - within]];
    return within;
}

/* The column at which the sum of the probabilities passes draw * mass. Of rounding the last one bears the
 * cost. With `order`, over the `kept` columns from its end; without, over all. `count` where none has any. */
static size_t pass(const real *p, size_t count, const uint32_t *order, size_t kept, double mass, double draw)
{
    const double until = draw * mass;
    size_t last = count;
    double sum = 0;
    for (size_t i = 0; i < kept; i++) {
        const size_t v = order ? order[count - 1 - i] : i;
        if (!(p[v] > 0)) continue;
        last = v;
        sum += (double)p[v];
        if (sum > until) break;
    }
    return last;
}

lt_candidate lt_choose_draw(const lt_backend *backend, const real *row, size_t count, const int32_t *ids,
                            real lse, bool allow_unk, const lt_choosing *how, double draw,
                            const lt_draw_room *room)
{
    real *p = room->p;
    const bool some = (how->top_k > 0 && how->top_k < count) || how->top_p < 1;
    double mass = 0;
    size_t kept = count;
    temper(backend, p, row, count, ids, allow_unk, how->temperature);
    if (some)
        kept = keep(p, count, how, room->order, &mass);
    else
        for (size_t v = 0; v < count; v++) mass += (double)p[v];
    const size_t v = pass(p, count, some ? room->order : NULL, kept, mass, draw);
    if (v == count) return (lt_candidate){LT_EOS, -INFINITY};
    return (lt_candidate){id_of(ids, v), (float)(row[v] - lse)};
}
