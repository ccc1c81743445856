/* coverage.h: how much of its source each hypothesis has looked at. Private to translate/.
 *
 * Wu et al. 2016, eq. 14: cp = beta * sum_i log(min(sum_j alpha_ij, 1)), over the source's pieces i, its end
 * of sentence not among them, and the steps j of the translation, the one that ends it among them: at most 0.
 */
#ifndef LT_COVERAGE_H
#define LT_COVERAGE_H

#include "model/base/arena.h"
#include "model/model.h"

typedef struct lt_coverage {
    double beta;      /* 0: nothing is kept */
    size_t longest;   /* S, of the batch's sources, their ends not counted */
    real *now, *next; /* (rows, S) the sums of alpha, of a step's rows and of the coming one's */
} lt_coverage;

/* All zero, for batches of `rows` rows at most. In `arena`, which says whether there was memory. */
void lt_coverage_take(lt_coverage *coverage, lt_arena *arena, double beta, const lt_batch *batch,
                      size_t rows);

/* Row `row` has looked as `decoder` says it did in the last step. */
void lt_coverage_look(lt_coverage *coverage, const lt_decoder *decoder, size_t row);

/* Row `to` of the coming step continues row `from` of the last one; the coming step begins. */
void lt_coverage_continue(lt_coverage *coverage, size_t to, size_t from);
void lt_coverage_advance(lt_coverage *coverage);

/* cp of row `row`, whose source has `length` pieces; 0 where beta is. */
double lt_coverage_penalty(const lt_coverage *coverage, size_t row, size_t length);

#endif
