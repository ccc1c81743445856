/* encoder.h: source tokens in; out, the top layer's outputs and each layer's final state. */
#ifndef LT_ENCODER_H
#define LT_ENCODER_H

#include "model/embedding.h"
#include "model/rnn.h"

typedef struct lt_encoder {
    lt_embedding embedding;
    lt_rnn rnn;
} lt_encoder;

typedef struct lt_encoder_saved {
    lt_rnn_saved rnn; /* rnn.top (N, D): the outputs */
} lt_encoder_saved;

/* `state`: in, each row's h and c per layer, in the sequence's order of rows, all zeros where `zero`; out,
 * the final ones. False: out of memory. */
bool lt_encoder_forward(const lt_encoder *encoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_state *state, bool zero, lt_encoder_saved *saved);

/* `dtop` (N, D): the gradient of the outputs, or NULL where it is zero; `dstate`: of the final states; both
 * spoiled. Gradients are added to `gradients`. False: out of memory. */
bool lt_encoder_backward(const lt_encoder *encoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, real *dtop, lt_state *dstate,
                         const lt_encoder_saved *saved);

#endif
