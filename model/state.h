/* state.h: what is carried from one step to the next: a list of matrices with a row for each sentence or
 * hypothesis. Nobody but who put a matrix there needs to know what it holds. */
#ifndef LT_STATE_H
#define LT_STATE_H

#include <stdbool.h>

#include "model/base/arena.h"
#include "model/model.h"

enum { LT_STATE_PARTS_MAX = 160 };

typedef struct lt_state {
    size_t count;
    real *part[LT_STATE_PARTS_MAX]; /* (rows, width), or NULL where the width is 0 */
    size_t width[LT_STATE_PARTS_MAX];
} lt_state;

/* Memory for `rows` rows of every part, by the widths and the count that are set; zeroed if `zeroed`. False:
 * out of memory. */
bool lt_state_take(lt_state *state, lt_arena *arena, size_t rows, bool zeroed);

/* Row r of each part of `to` = row index[r] of the part in `from`; the parts have the same widths. */
void lt_state_gather(lt_state *to, const lt_state *from, const size_t *index, size_t rows);

/* index (B): where in `from_order` each entry of `to_order` stands; both list the numbers 0..B-1. `where` is
 * scratch, (B). With it lt_state_gather() brings rows from one order into another. */
void lt_order_index(size_t *index, const size_t *to_order, const size_t *from_order, size_t *where,
                    size_t batch);

#endif
