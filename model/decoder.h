/* decoder.h: target tokens and a state in, readouts and the next state out. One function for training,
 * scoring and search: they differ in the number of time steps of the sequence they pass. */
#ifndef LT_DECODER_H
#define LT_DECODER_H

#include "model/embedding.h"
#include "model/rnn.h"

typedef struct lt_decoder_net {
    lt_embedding embedding;
    lt_rnn rnn;
    double dropout;        /* between layers */
    double output_dropout; /* on the top layer's output */
    bool projected; /* a projection brings the readout from H to E: output tied to an embedding with E != H */
    lt_linear projection; /* (E, H) */
    lt_linear output;     /* (V, H) or (V, E), with the bias */
} lt_decoder_net;

typedef struct lt_decoder_saved {
    lt_rnn_saved rnn;
    real *dropped; /* (N, H) the top layer's output after dropout, or that output itself */
    real *readout; /* (N, R) what the output layer reads: R = output.in */
} lt_decoder_saved;

/* saved->readout (N, R). `state` (B, H) a layer: in, before the sequence; out, after it. False: out of
 * memory. */
bool lt_decoder_forward(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, lt_rnn_state *state, lt_decoder_saved *saved);

/* `dreadout` (N, R), spoiled. `dstate`: out, the gradient of the initial state. False: out of memory. */
bool lt_decoder_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, real *dreadout, lt_rnn_state *dstate,
                         const lt_decoder_saved *saved);

#endif
