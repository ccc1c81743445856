/* TER (Snover et al. 2006): rows, scores, and the greedy search for shifts. ter_edits.c has the edit
 * distance. */
#include "experiments/metrics/ter_edits.h"

#include <stdlib.h>
#include <string.h>

/* tercom's limits. */
enum { LONGEST_SHIFT = 10, FARTHEST_SHIFT = 50, MOST_CANDIDATES = 1000 };

static lt_status words_of(lt_metric *metric, lt_tokens *tokens, const lt_metric_line *line, lt_error *error)
{
    tokens->length = 0;
    LT_TRY(lt_codes_decode(&metric->text, line, &metric->malformed, error));
    LT_TRY(lt_ter_tokenize(metric, error));
    return lt_tokens_split(tokens, &metric->words, &metric->text, error);
}

lt_status lt_ter_segment(lt_metric *metric, double *stats, const lt_metric_line *hypothesis,
                         const lt_metric_line *references, size_t count, lt_error *error)
{
    size_t best = SIZE_MAX, lengths = 0;
    LT_TRY(lt_grams_reset(&metric->words, error));
    LT_TRY(words_of(metric, &metric->hyp, hypothesis, error));
    for (size_t r = 0; r < count; r++) {
        size_t edits;
        LT_TRY(words_of(metric, &metric->ref, &references[r], error));
        LT_TRY(lt_ter_edits(&metric->ter, &edits, &metric->hyp, &metric->ref, error));
        lengths += metric->ref.length;
        if (edits < best) best = edits;
    }
    stats[0] = (double)best;
    stats[1] = (double)lengths / (double)count;
    return LT_OK;
}

void lt_ter_score(const double *stats, lt_metric_score *score)
{
    score->edits = stats[0];
    score->ref_length = stats[1];
    if (stats[1] > 0)
        score->score = 100 * stats[0] / stats[1];
    else
        score->score = stats[0] > 0 ? 100 : 0;
}

/* ---- shifts ---- */

typedef struct candidate {
    bool there;
    int64_t gain; /* edits saved */
    size_t length, start, target;
} candidate;

/* tercom's order: the most saved, then the longest, then the leftmost, then the nearest to the left. */
static bool better(const candidate *a, const candidate *b)
{
    if (!b->there) return true;
    if (a->gain != b->gain) return a->gain > b->gain;
    if (a->length != b->length) return a->length > b->length;
    if (a->start != b->start) return a->start < b->start;
    return a->target < b->target;
}

/* Moving words[start, start + length) to `target` rotates a window: [*low, *high) becomes, from *middle on,
 * its second part and then its first. A target inside the words or right behind them means as many places to
 * the right. */
static void window_of(const candidate *shift, size_t words, size_t *low, size_t *middle, size_t *high)
{
    size_t end = shift->start + shift->length;
    if (shift->target < shift->start) {
        *low = shift->target, *middle = shift->start, *high = end;
        return;
    }
    *low = shift->start, *middle = end;
    *high = shift->target > end ? shift->target : shift->target + shift->length;
    if (*high > words) *high = words;
}

static void rotate(uint32_t *out, const uint32_t *words, size_t low, size_t middle, size_t high)
{
    memcpy(out + low, words + middle, (high - middle) * sizeof *out);
    memcpy(out + low + (high - middle), words + low, (middle - low) * sizeof *out);
}

static void try_target(lt_ter_work *work, candidate *best, size_t start, size_t length, size_t target)
{
    candidate shift = {true, 0, length, start, target};
    size_t low, middle, high;
    window_of(&shift, work->hyp_length, &low, &middle, &high);
    rotate(work->shifted, work->hyp, low, middle, high);
    shift.gain = (int64_t)lt_ter_distance(work) - (int64_t)lt_ter_distance_shifted(work, low, high);
    memcpy(work->shifted + low, work->hyp + low, (high - low) * sizeof *work->hyp);
    if (better(&shift, best)) *best = shift;
}

/* Tries the words hyp[start, start + length), found at ref[at], before and behind each word aligned with what
 * they match. */
static void try_targets(lt_ter_work *work, candidate *best, size_t start, size_t at, size_t length)
{
    size_t previous = SIZE_MAX;
    for (size_t k = 0; k <= length; k++) {
        size_t target = at + k == 0 ? 0 : work->align[at + k - 1];
        if (target == previous) continue;
        previous = target;
        try_target(work, best, start, length, target);
        work->candidates++;
    }
}

static bool any(const uint8_t *wrong, size_t begin, size_t length)
{
    return memchr(wrong + begin, 1, length) != NULL;
}

/* Is it worth a try: some of the words are wrong where they are, and where they match the reference is not
 * yet right? */
static void try_match(lt_ter_work *work, candidate *best, size_t start, size_t at, size_t length)
{
    if (!any(work->hyp_wrong, start, length) || !any(work->ref_wrong, at, length)) return;
    size_t aligned = work->align[at]; /* behind this many words of the hypothesis */
    if (aligned >= start + 1 && aligned < start + length + 1) return;
    try_targets(work, best, start, at, length);
}

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void find_best(lt_ter_work *work, candidate *best)
{
    size_t hyps = work->hyp_length, refs = work->ref_length;
    for (size_t start = 0; start < hyps; start++) {
        if (!any(work->hyp_wrong, start, at_most(LONGEST_SHIFT, hyps - start))) continue;
        size_t first = start > FARTHEST_SHIFT ? start - FARTHEST_SHIFT : 0;
        for (size_t at = first; at < refs && at <= start + FARTHEST_SHIFT; at++) {
            size_t longest = at_most(LONGEST_SHIFT, at_most(hyps - start, refs - at));
            for (size_t k = 0; k < longest && work->hyp[start + k] == work->ref[at + k]; k++) {
                try_match(work, best, start, at, k + 1);
                if (work->candidates >= MOST_CANDIDATES) return;
            }
        }
    }
}

lt_status lt_ter_edits(lt_ter_work **kept, size_t *edits, const lt_tokens *hyp, const lt_tokens *ref,
                       lt_error *error)
{
    size_t shifts = 0, low, middle, high;
    *edits = hyp->length;
    if (ref->length == 0) return LT_OK;
    LT_TRY(lt_ter_work_begin(kept, hyp, ref, error));
    lt_ter_work *work = *kept;
    for (;;) {
        candidate best = {0};
        lt_ter_align(work);
        find_best(work, &best);
        if (work->candidates >= MOST_CANDIDATES || !best.there || best.gain <= 0) break;
        window_of(&best, work->hyp_length, &low, &middle, &high);
        rotate(work->shifted, work->hyp, low, middle, high);
        memcpy(work->hyp + low, work->shifted + low, (high - low) * sizeof *work->hyp);
        lt_ter_update(work, low);
        shifts++;
    }
    *edits = shifts + lt_ter_distance(work);
    return LT_OK;
}
