/* bridge.h: the encoder's final states become the decoder's initial ones.
 *
 * Decoder layer l starts from encoder layer e: the layers are matched from the top, and what the decoder has
 * more starts from the encoder's top. A state whose width is right is copied; else, also where the encoder
 * has no c for the decoder's, h_0 = tanh(W h + b) and c_0 = W c + b, with the directions of the encoder side
 * by side. */
#ifndef LT_BRIDGE_H
#define LT_BRIDGE_H

#include "model/rnn.h"

typedef struct lt_bridge_part {
    size_t layer;     /* of the encoder */
    size_t k;         /* its h (0) or c (1) */
    lt_linear linear; /* `in` is 0: a copy */
    bool squashed;    /* tanh on it */
} lt_bridge_part;

typedef struct lt_bridge {
    const lt_rnn *from, *to;
    lt_bridge_part part[LT_RNN_LAYERS_MAX][2]; /* [l][0] h, [l][1] c of decoder layer l */
} lt_bridge;

typedef struct lt_bridge_saved {
    real *x[LT_RNN_LAYERS_MAX][2]; /* (B, directions·H) what went into a linear part, or NULL */
    real *y[LT_RNN_LAYERS_MAX][2]; /* (B, H) what came out */
} lt_bridge_saved;

/* Adds "bridge.h.weight_l0" ... where they are needed. */
lt_status lt_bridge_init(lt_bridge *bridge, lt_weights *weights, lt_params *params, const lt_rnn *from,
                         const lt_rnn *to, int initialization, lt_error *error);

/* Row b of the decoder's parts of `state` from row index[b] of the encoder's `final`. False: out of memory.
 */
bool lt_bridge_forward(const lt_bridge *bridge, const lt_weights *weights, lt_arena *arena, lt_state *state,
                       const lt_state *final, const size_t *index, size_t batch, lt_bridge_saved *saved);

/* dfinal += ...; dstate: of the decoder's parts, spoiled. */
bool lt_bridge_backward(const lt_bridge *bridge, const lt_weights *weights, real *gradients, lt_arena *arena,
                        lt_state *dfinal, lt_state *dstate, const size_t *index, size_t batch,
                        const lt_bridge_saved *saved);

#endif
