/* decoder.h: target tokens, a state and the sources' context in, readouts and the next state out. One
 * function for training, scoring and search: they differ in the number of time steps of the sequence they
 * pass. */
#ifndef LT_DECODER_H
#define LT_DECODER_H

#include "model/attention.h"
#include "model/embedding.h"
#include "model/rnn.h"

typedef struct lt_decoder_net {
    lt_embedding embedding;
    lt_rnn rnn;
    lt_attention attention;
    lt_linear combine;     /* (H, D + H) of the context vector and the top output (Luong 2015, equation 5) */
    bool input_feeding;    /* the attentional vector goes into layer 0 at the next step (Luong 2015, 3.3) */
    bool every_step;       /* layer 0 sees the sources' summary at every step (Cho 2014) */
    double output_dropout; /* on what the output layer reads */
    bool projected; /* a projection brings the readout from H to E: output tied to an embedding with E != H */
    lt_linear projection; /* (E, H) */
    lt_linear output;     /* (V, H) or (V, E), with the bias */
} lt_decoder_net;

typedef struct lt_decoder_saved {
    lt_rnn_saved rnn;
    lt_attention_saved attention;
    real *fed;         /* (N, H) what was fed back at each step, with input feeding */
    real *joined;      /* (N, D + H) the context vector and the top output, with attention */
    real *attentional; /* (N, H) tanh(W_c joined) */
    real *dropped;     /* (N, H) that, or the top layer's output, after dropout */
    real *readout;     /* (N, R) what the output layer reads: R = output.in */
} lt_decoder_saved;

/* The parts of the decoder's state behind those of its stack: what is fed back (H), the coverage (longest
 * source). */
void lt_decoder_describe_state(const lt_decoder_net *decoder, const lt_context *context, lt_state *state);

/* What the decoder precomputes of a context's memory and summary. False: out of memory. */
bool lt_decoder_prepare(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        lt_context *context);

/* saved->readout (N, R). `state` (B, .): in, before the sequence; out, after it. False: out of memory. */
bool lt_decoder_forward(const lt_decoder_net *decoder, const lt_weights *weights, lt_arena *arena,
                        const lt_sequence *sequence, const lt_context *context, lt_state *state,
                        lt_decoder_saved *saved);

/* `dreadout` (N, R), spoiled. `dstate`: out, the gradient of the initial state. `gradient`: of the context's
 * memory and summary, added to; its keys may be scratch. False: out of memory. */
bool lt_decoder_backward(const lt_decoder_net *decoder, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *sequence, const lt_context *context,
                         real *dreadout, lt_state *dstate, lt_context_gradient *gradient,
                         const lt_decoder_saved *saved);

#endif
