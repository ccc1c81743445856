/* encoder.h: source tokens in, the context out: each layer's final state (Sutskever 2014). */
#ifndef LT_ENCODER_H
#define LT_ENCODER_H

#include "model/embedding.h"
#include "model/rnn.h"

typedef struct lt_encoder {
    lt_embedding embedding;
    lt_rnn rnn;
    double dropout; /* between layers */
} lt_encoder;

typedef struct lt_encoder_saved {
    lt_rnn_saved rnn;
} lt_encoder_saved;

/* `state`: in, each row's h and c per layer (B, H), in the sequence's order of rows, all zeros where
 * `zero_state`; out, the final ones. False: out of memory. */
bool lt_encoder_forward(const lt_encoder *encoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_rnn_state *state, bool zero_state,
                        lt_encoder_saved *saved);

/* `dstate`: the gradient of the final states; spoiled. Gradients are added to `gradients`. False: out of
 * memory. */
bool lt_encoder_backward(const lt_encoder *encoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, lt_rnn_state *dstate,
                         const lt_encoder_saved *saved);

#endif
