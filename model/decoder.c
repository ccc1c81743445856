#include "model/decoder.h"

#include "model/dropout.h"

bool lt_decoder_forward(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_rnn_state *state, lt_decoder_saved *saved)
{
    const lt_rnn *rnn = &decoder->rnn;
    const real *x = lt_embedding_forward(&decoder->embedding, weights, arena, sequence);
    if (!x || !lt_rnn_forward(rnn, weights, arena, sequence, x, state, false, decoder->dropout, &saved->rnn))
        return false;
    saved->dropped = saved->rnn.y[rnn->layers - 1];
    if (sequence->keys && decoder->output_dropout > 0) {
        real *dropped = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof *dropped);
        if (!dropped || !lt_dropout(weights->backend, arena, sequence, dropped, saved->dropped,
                                    LT_SITE_OUTPUT, decoder->output_dropout, rnn->hidden))
            return false;
        saved->dropped = dropped;
    }
    saved->readout = saved->dropped;
    if (decoder->projected) {
        saved->readout = lt_arena_take(arena, sequence->total * decoder->projection.out, sizeof(real));
        if (!saved->readout) return false;
        lt_linear_forward(&decoder->projection, weights, saved->readout, saved->dropped, sequence->total,
                          false);
    }
    return true;
}

bool lt_decoder_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, real *dreadout, lt_rnn_state *dstate,
                         const lt_decoder_saved *saved)
{
    const lt_rnn *rnn = &decoder->rnn;
    real *dy = dreadout;
    if (decoder->projected) {
        dy = lt_arena_take(arena, sequence->total * rnn->hidden, sizeof *dy);
        if (!dy) return false;
        lt_linear_backward_weight(&decoder->projection, weights, gradients, dreadout, saved->dropped,
                                  sequence->total);
        lt_linear_backward_input(&decoder->projection, weights, dy, dreadout, sequence->total, false);
    }
    if (sequence->keys && decoder->output_dropout > 0 &&
        !lt_dropout(weights->backend, arena, sequence, dy, dy, LT_SITE_OUTPUT, decoder->output_dropout,
                    rnn->hidden))
        return false;
    *dstate = lt_rnn_state_take(rnn, arena, sequence->batch, true);
    for (size_t l = 0; l < rnn->layers; l++)
        if (!dstate->h[l] || !dstate->c[l]) return false;
    real *dx = lt_rnn_backward(rnn, weights, gradients, arena, sequence, dy, dstate, false, decoder->dropout,
                               &saved->rnn);
    return dx && lt_embedding_backward(&decoder->embedding, weights, gradients, arena, sequence, dx);
}
