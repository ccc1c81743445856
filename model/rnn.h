/* rnn.h: a stack of recurrent layers over a sequence: the time loop, forwards and backwards. */
#ifndef LT_RNN_H
#define LT_RNN_H

#include "model/cell.h"
#include "model/linear.h"
#include "model/sequence.h"

enum { LT_RNN_LAYERS_MAX = 32 };

typedef struct lt_rnn {
    const lt_cell *cell;
    size_t layers, input, hidden;
    lt_linear input_weight[LT_RNN_LAYERS_MAX];  /* (G·H, input or H), with the bias */
    lt_linear hidden_weight[LT_RNN_LAYERS_MAX]; /* (G·H, H) */
} lt_rnn;

/* The state of each layer, (B, H) each, in the order of the sequence's rows. Backward: its gradient. */
typedef struct lt_rnn_state {
    real *h[LT_RNN_LAYERS_MAX], *c[LT_RNN_LAYERS_MAX];
} lt_rnn_state;

/* What forward keeps for backward; memory of the arena. */
typedef struct lt_rnn_saved {
    const real *x[LT_RNN_LAYERS_MAX]; /* (N, input or H) what went into the layer */
    real *gates[LT_RNN_LAYERS_MAX];   /* (N, G, H) activations */
    real *h_prev[LT_RNN_LAYERS_MAX];  /* (N, H) */
    real *c_prev[LT_RNN_LAYERS_MAX];  /* (N, H) */
    real *tanh_c[LT_RNN_LAYERS_MAX];  /* (N, H) */
    real *y[LT_RNN_LAYERS_MAX];       /* (N, H) what came out */
} lt_rnn_saved;

/* Adds the parameters "<side>.rnn.weight_ih_l0" ... to `params`. After lt_params_allocate(), lt_rnn_start()
 * sets the biases that do not start at 0. */
lt_status lt_rnn_init(lt_rnn *rnn, lt_weights *weights, lt_params *params, const char *side,
                      const lt_cell *cell, size_t layers, size_t input, size_t hidden, lt_error *error);
void lt_rnn_start(const lt_rnn *rnn, real *values);

/* (B, H) matrices for every layer; zeroed if `zeroed`. */
lt_rnn_state lt_rnn_state_take(const lt_rnn *rnn, lt_arena *arena, size_t batch, bool zeroed);

/* y, the top layer's output (N, H), in saved->y[layers - 1]. `x` (N, input). `state`: in, the initial state
 * (`zero_state` says that it is all zero, which saves a product); out, each row's final state. `dropout` is
 * the probability between layers, used where the sequence has keys. False: out of memory (lt_arena_check()
 * says more). */
bool lt_rnn_forward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                    const lt_sequence *sequence, const real *x, lt_rnn_state *state, bool zero_state,
                    double dropout, lt_rnn_saved *saved);

/* dx (N, input), taken from the arena. `dy` (N, H): the gradient of y; spoiled. `dstate`: in, the gradient of
 * the final state; out, of the initial one. Weight gradients are added to `gradients`. NULL: out of memory.
 */
real *lt_rnn_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                      const lt_sequence *sequence, real *dy, lt_rnn_state *dstate, bool zero_state,
                      double dropout, const lt_rnn_saved *saved);

#endif
