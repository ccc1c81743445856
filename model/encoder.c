#include "model/encoder.h"

bool lt_encoder_forward(const lt_encoder *encoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_rnn_state *state, bool zero_state,
                        lt_encoder_saved *saved)
{
    const real *x = lt_embedding_forward(&encoder->embedding, weights, arena, sequence);
    return x && lt_rnn_forward(&encoder->rnn, weights, arena, sequence, x, state, zero_state,
                               encoder->dropout, &saved->rnn);
}

bool lt_encoder_backward(const lt_encoder *encoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, lt_rnn_state *dstate,
                         const lt_encoder_saved *saved)
{
    real *dy = lt_arena_take_zeroed(arena, sequence->total * encoder->rnn.hidden, sizeof *dy);
    real *dx = dy ? lt_rnn_backward(&encoder->rnn, weights, gradients, arena, sequence, dy, dstate, true,
                                    encoder->dropout, &saved->rnn)
                  : NULL;
    return dx && lt_embedding_backward(&encoder->embedding, weights, gradients, arena, sequence, dx);
}
