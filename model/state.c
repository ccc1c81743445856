#include "model/state.h"

#include <assert.h>
#include <string.h>

bool lt_state_take(lt_state *state, lt_arena *arena, size_t rows, bool zeroed)
{
    assert(state->count <= LT_STATE_PARTS_MAX);
    for (size_t i = 0; i < state->count; i++) {
        state->part[i] = NULL;
        if (state->width[i] == 0) continue;
        state->part[i] = zeroed ? lt_arena_take_zeroed(arena, rows * state->width[i], sizeof(real))
                                : lt_arena_take(arena, rows * state->width[i], sizeof(real));
        if (!state->part[i]) return false;
    }
    return true;
}

void lt_state_gather(lt_state *to, const lt_state *from, const size_t *index, size_t rows)
{
    for (size_t i = 0; i < to->count; i++) {
        assert(to->width[i] == from->width[i]);
        for (size_t r = 0; to->width[i] && r < rows; r++)
            memcpy(to->part[i] + r * to->width[i], from->part[i] + index[r] * to->width[i],
                   to->width[i] * sizeof(real));
    }
}

void lt_order_index(size_t *index, const size_t *to_order, const size_t *from_order, size_t *where,
                    size_t batch)
{
    for (size_t b = 0; b < batch; b++) where[from_order[b]] = b;
    for (size_t b = 0; b < batch; b++) index[b] = where[to_order[b]];
}
