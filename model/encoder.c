#include "model/encoder.h"

bool lt_encoder_forward(const lt_encoder *encoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_state *state, bool zero, lt_encoder_saved *saved)
{
    const real *x = lt_embedding_forward(&encoder->embedding, weights, arena, sequence);
    return x && lt_rnn_forward(&encoder->rnn, weights, arena, sequence, x, NULL, state, zero, &saved->rnn);
}

bool lt_encoder_backward(const lt_encoder *encoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, real *dtop, lt_state *dstate,
                         const lt_encoder_saved *saved)
{
    if (!dtop) dtop = lt_arena_take_zeroed(arena, sequence->total * encoder->rnn.width, sizeof *dtop);
    real *dx = dtop ? lt_rnn_backward(&encoder->rnn, weights, gradients, arena, sequence, dtop, dstate, true,
                                      &saved->rnn)
                    : NULL;
    return dx && lt_embedding_backward(&encoder->embedding, weights, gradients, arena, sequence, dx);
}
