/* ter_edits.h: the edit distance under tercom's beam, kept as a matrix so that a shift costs little to
 * evaluate. */
#ifndef LT_METRICS_TER_EDITS_H
#define LT_METRICS_TER_EDITS_H

#include "experiments/metrics/internal.h"

/* Row i of the matrix is about the first i words of the hypothesis; it holds columns low..high-1, the beam.
 */
typedef struct lt_ter_row {
    size_t low, high, offset;
} lt_ter_row;

struct lt_ter_work {
    const uint32_t *ref;     /* (ref_length) the caller's */
    uint32_t *hyp, *shifted; /* (hyp_length) the hypothesis as shifted so far; the same, for one more shift */
    size_t hyp_length, ref_length;
    size_t candidates; /* shifts tried in all */
    size_t *align;     /* (ref_length) how many words of the hypothesis precede or make up this one's match */
    uint8_t *hyp_wrong, *ref_wrong; /* 1: not matched by an equal word */
    lt_ter_row *rows;               /* (hyp_length + 1) */
    uint32_t *costs;                /* cells of all rows */
    uint8_t *operations;
    uint32_t *rolling[2]; /* one row each */
    size_t hyp_room, ref_room, cell_room, row_room;
};

/* Copies the hypothesis and fills the matrix; `*work` is created the first time. `ref` must stay. */
lt_status lt_ter_work_begin(lt_ter_work **work, const lt_tokens *hyp, const lt_tokens *ref, lt_error *error);
void lt_ter_update(lt_ter_work *work, size_t changed); /* after hyp[changed...] changed */
size_t lt_ter_distance(const lt_ter_work *work);
/* With `shifted` in place of `hyp`; they differ in [low, high) only. */
size_t lt_ter_distance_shifted(const lt_ter_work *work, size_t low, size_t high);
void lt_ter_align(lt_ter_work *work); /* fills align, hyp_wrong, ref_wrong from the matrix */

#endif
