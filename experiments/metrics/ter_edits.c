#include "experiments/metrics/ter_edits.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BEAM = 25 }; /* tercom's */
enum { UNDEFINED, SAME, SUBSTITUTE, DELETE, INSERT };
static const uint32_t UNREACHED = 1u << 30;

static bool grow(void *field, size_t count, size_t size)
{
    if (count > SIZE_MAX / 2 / size) return false;
    void *data = realloc(*(void **)field, count ? count * size : 1);
    if (data) *(void **)field = data;
    return data != NULL;
}

static lt_status reserve(lt_ter_work *work, size_t hyps, size_t refs, lt_error *error)
{
    bool done = true;
    if (hyps + 1 > work->hyp_room) {
        size_t room = 2 * hyps + 64;
        done = grow(&work->hyp, room, sizeof *work->hyp) &&
               grow(&work->shifted, room, sizeof *work->shifted) && grow(&work->hyp_wrong, room, 1) &&
               grow(&work->rows, room, sizeof *work->rows);
        if (done) work->hyp_room = room;
    }
    if (done && refs + 1 > work->ref_room) {
        size_t room = 2 * refs + 64;
        done = grow(&work->align, room, sizeof *work->align) && grow(&work->ref_wrong, room, 1);
        if (done) work->ref_room = room;
    }
    if (done) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for TER of a segment of %zu and %zu words", hyps,
                   refs);
}

/* The beam follows the diagonal; it widens where the lengths differ so much that rows would not overlap. */
static void lay_out(lt_ter_work *work, size_t *cells, size_t *widest)
{
    size_t n = work->hyp_length, m = work->ref_length;
    double ratio = n ? (double)m / (double)n : 1;
    double beam = BEAM < ratio / 2 ? ceil(ratio / 2 + BEAM) : BEAM;
    work->rows[0] = (lt_ter_row){0, m + 1, 0};
    *cells = *widest = m + 1;
    for (size_t i = 1; i <= n; i++) {
        double diagonal = floor((double)i * ratio);
        size_t low = diagonal > beam ? (size_t)(diagonal - beam) : 0;
        size_t high = i < n && diagonal + beam < (double)(m + 1) ? (size_t)(diagonal + beam) : m + 1;
        work->rows[i] = (lt_ter_row){low, high, *cells};
        *cells += high - low;
        if (high - low > *widest) *widest = high - low;
    }
}

static lt_status reserve_cells(lt_ter_work *work, size_t cells, size_t widest, lt_error *error)
{
    bool done = true;
    if (cells > work->cell_room) {
        done = grow(&work->costs, cells + cells / 2, sizeof *work->costs) &&
               grow(&work->operations, cells + cells / 2, 1);
        if (done) work->cell_room = cells + cells / 2;
    }
    if (done && widest > work->row_room) {
        done = grow(&work->rolling[0], 2 * widest, sizeof(uint32_t)) &&
               grow(&work->rolling[1], 2 * widest, sizeof(uint32_t));
        if (done) work->row_room = 2 * widest;
    }
    if (done) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for TER of a segment of %zu and %zu words",
                   work->hyp_length, work->ref_length);
}

/* One row from the one before it. Of equally cheap operations the first: same or substitute, delete, insert.
 * `operations` may be NULL. */
static void compute_row(uint32_t *costs, uint8_t *operations, const lt_ter_work *work, size_t i,
                        uint32_t word, const uint32_t *before)
{
    const lt_ter_row *row = &work->rows[i], *above = row - 1;
    for (size_t j = row->low; j < row->high; j++) {
        uint32_t best = UNREACHED, cost;
        uint8_t operation = UNDEFINED;
        if (j > above->low && j <= above->high) {
            bool same = word == work->ref[j - 1];
            cost = before[j - 1 - above->low] + !same;
            if (cost < best) best = cost, operation = same ? SAME : SUBSTITUTE;
        }
        if (j >= above->low && j < above->high) {
            cost = before[j - above->low] + 1;
            if (cost < best) best = cost, operation = DELETE;
        }
        if (j > row->low) {
            cost = costs[j - 1 - row->low] + 1;
            if (cost < best) best = cost, operation = INSERT;
        }
        costs[j - row->low] = best;
        if (operations) operations[j - row->low] = operation;
    }
}

void lt_ter_update(lt_ter_work *work, size_t changed)
{
    for (size_t i = changed + 1; i <= work->hyp_length; i++)
        compute_row(work->costs + work->rows[i].offset, work->operations + work->rows[i].offset, work, i,
                    work->hyp[i - 1], work->costs + work->rows[i - 1].offset);
}

lt_status lt_ter_work_begin(lt_ter_work **kept, const lt_tokens *hyp, const lt_tokens *ref, lt_error *error)
{
    size_t cells, widest;
    if (!*kept) *kept = calloc(1, sizeof **kept);
    if (!*kept) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for TER");
    lt_ter_work *work = *kept;
    if (hyp->length + ref->length >= UNREACHED)
        return lt_fail(error, LT_ERROR_MEMORY, "a segment of %zu words is too long for TER", hyp->length);
    LT_TRY(reserve(work, hyp->length, ref->length, error));
    work->ref = ref->data;
    work->ref_length = ref->length;
    work->hyp_length = hyp->length;
    work->candidates = 0;
    if (hyp->length) {
        memcpy(work->hyp, hyp->data, hyp->length * sizeof *hyp->data);
        memcpy(work->shifted, hyp->data, hyp->length * sizeof *hyp->data);
    }
    lay_out(work, &cells, &widest);
    LT_TRY(reserve_cells(work, cells, widest, error));
    for (size_t j = 0; j <= ref->length; j++) {
        work->costs[j] = (uint32_t)j;
        work->operations[j] = INSERT;
    }
    lt_ter_update(work, 0);
    return LT_OK;
}

size_t lt_ter_distance(const lt_ter_work *work)
{
    const lt_ter_row *last = &work->rows[work->hyp_length];
    return work->costs[last->offset + work->ref_length - last->low];
}

/* Do two rows differ by a constant? Every later row of equal words then differs by it too: a row is a minimum
 * of sums of the one before. */
static bool parallel(const uint32_t *a, const uint32_t *b, size_t width)
{
    uint32_t ahead = a[0] - b[0]; /* modulo 2^32 */
    for (size_t j = 0; j < width; j++)
        if (a[j] - b[j] != ahead || a[j] == UNREACHED || b[j] == UNREACHED) return false;
    return true;
}

size_t lt_ter_distance_shifted(const lt_ter_work *work, size_t low, size_t high)
{
    size_t n = work->hyp_length;
    const uint32_t *before = work->costs + work->rows[low].offset;
    for (size_t i = low + 1; i <= n; i++) {
        const lt_ter_row *row = &work->rows[i];
        uint32_t *costs = work->rolling[i & 1];
        compute_row(costs, NULL, work, i, work->shifted[i - 1], before);
        const uint32_t *unshifted = work->costs + row->offset;
        if (i >= high && parallel(costs, unshifted, row->high - row->low))
            return lt_ter_distance(work) + costs[0] - unshifted[0];
        before = costs;
    }
    return before[work->ref_length - work->rows[n].low];
}

void lt_ter_align(lt_ter_work *work)
{
    size_t i = work->hyp_length, j = work->ref_length;
    while (i || j) {
        const lt_ter_row *row = &work->rows[i];
        assert(j >= row->low && j < row->high);
        uint8_t operation = work->operations[row->offset + j - row->low];
        assert(operation != UNDEFINED);
        if (operation == DELETE) {
            work->hyp_wrong[--i] = 1;
            continue;
        }
        work->ref_wrong[--j] = operation != SAME;
        work->align[j] = i;
        if (operation == INSERT) continue;
        work->hyp_wrong[--i] = operation != SAME;
    }
}

void lt_ter_work_free(lt_ter_work *work)
{
    if (!work) return;
    free(work->hyp);
    free(work->shifted);
    free(work->align);
    free(work->hyp_wrong);
    free(work->ref_wrong);
    free(work->rows);
    free(work->costs);
    free(work->operations);
    free(work->rolling[0]);
    free(work->rolling[1]);
    free(work);
}
