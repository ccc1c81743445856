/* choose.h: the next piece from one row of logits, where it is not simply the best ones. Private to model/.
 *
 * A row has `count` logits; column v is piece ids[v], ascending, or v where ids is NULL. */
#ifndef LT_CHOOSE_H
#define LT_CHOOSE_H

#include "model/backend/backend.h"
#include "model/model.h"

/* Makes the logits of `banned` (bans) -infinity; those that have no column are none. The end of sentence, if
 * it is among them, stays where nothing else that may be chosen has a finite logit. */
void lt_choose_ban(real *row, size_t count, const int32_t *ids, bool allow_unk, const int32_t *banned,
                   size_t bans);

/* What lt_choose_draw() works in. */
typedef struct lt_draw_room {
    real *p;         /* (count) */
    uint32_t *order; /* (count) */
} lt_draw_room;

/* One piece, drawn by `draw` in [0, 1) as `how` says: softmax(row / temperature), of which the top_k most
 * probable pieces are kept (Fan, Lewis & Dauphin 2018), and of these the smallest set of most probable ones
 * that has top_p of their probability (Holtzman et al. 2020). PAD and BOS are never drawn, UNK only with
 * `allow_unk`. Its log-probability is row[v] - lse. Where nothing can be drawn, an end of sentence of
 * log-probability -infinity. */
lt_candidate lt_choose_draw(const lt_backend *backend, const real *row, size_t count, const int32_t *ids,
                            real lse, bool allow_unk, const lt_choosing *how, double draw,
                            const lt_draw_room *room);

#endif
