/* rnn.h: a stack of recurrent layers over a sequence: directions, residual connections, dropout between
 * layers. */
#ifndef LT_RNN_H
#define LT_RNN_H

#include "model/layer.h"
#include "model/state.h"

enum { LT_RNN_LAYERS_MAX = 32 };

typedef struct lt_rnn_shape {
    lt_layer_shape layer; /* the first one */
    size_t layers;
    int bidirectional;    /* LT_FORWARD_ONLY ... */
    size_t residual_from; /* the first layer, counted from 1, that adds its input to its output; 0: none */
    double dropout;       /* between layers */
} lt_rnn_shape;

/* One layer of the stack with its one or two directions. */
typedef struct lt_rnn_level {
    lt_layer layer[2];
    bool backward[2]; /* reads from the last step to the first */
    size_t directions;
    bool residual;
} lt_rnn_level;

typedef struct lt_rnn {
    const lt_cell *cell;
    size_t layers, input, hidden;
    size_t width;  /* D, of what comes out of the top */
    bool separate; /* two stacks side by side that meet at the top only; else a level reads all of the one
                      below */
    double dropout;
    lt_rnn_level level[LT_RNN_LAYERS_MAX];
} lt_rnn;

/* What forward keeps for backward; memory of the arena. [l][d]: layer l, direction d. Where the stacks are
 * not separate, [l][0] stands for the whole level. */
typedef struct lt_rnn_saved {
    lt_layer_saved layer[LT_RNN_LAYERS_MAX][2];
    real *y[LT_RNN_LAYERS_MAX][2]; /* what came out, in the order of the sequence */
    size_t *mirror;                /* lt_sequence_mirror(), or NULL where nothing reads backwards */
    real *top;                     /* (N, D) */
    real *past;                    /* step by step: (N, H) the gradient that goes around layer 0, or NULL */
    double *trace; /* unless NULL, (N) backward fills: |dL/dh|^2 of the top layer's first direction */
} lt_rnn_saved;

/* Adds the parameters "<side>.rnn.weight_ih_l0" ... to `params`. After lt_params_allocate(), lt_rnn_start()
 * sets what does not start at one value throughout. */
lt_status lt_rnn_init(lt_rnn *rnn, lt_weights *weights, lt_params *params, const char *side,
                      const lt_rnn_shape *shape, lt_error *error);
void lt_rnn_start(const lt_rnn *rnn, real *values);

/* The parts of a state that are a stack's: h (k = 0) and c (k = 1) of each layer and direction, (B, H), rows
 * in the order of the sequence. */
static inline size_t lt_rnn_part(size_t l, size_t d, size_t k)
{
    return 4 * l + 2 * d + k;
}
/* Sets the widths of these parts and the count. */
void lt_rnn_describe_state(const lt_rnn *rnn, lt_state *state);

/* saved->top (N, D) of `x` (N, input). `state`: in, the initial state (`zero`: all zero, which saves a
 * product); out, each row's final state. `constant` (sentences, G·H), or NULL: what is added to the sums of
 * layer 0 at every step of a row's sentence. Dropout where the sequence has keys. False: out of memory
 * (lt_arena_check() says more). */
bool lt_rnn_forward(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena,
                    const lt_sequence *sequence, const real *x, const real *constant, lt_state *state,
                    bool zero, lt_rnn_saved *saved);

/* dx (N, input), taken from the arena. `dy` (N, D): the gradient of saved->top; spoiled. `dstate`: in, the
 * gradient of the final state; out, of the initial one. Weight gradients are added to `gradients`;
 * saved->layer[0][0].gates is left with the gradient of the sums of layer 0. NULL: out of memory. */
real *lt_rnn_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                      const lt_sequence *sequence, real *dy, lt_state *dstate, bool zero,
                      const lt_rnn_saved *saved);

/* ---- step by step through all layers, for stacks with one direction: where something is fed back ---- */

/* Room for the whole sequence, and layer 0's sums of `x` and `constant`. The caller may add to
 * saved->layer[0][0].gates at step t before it takes it. */
bool lt_rnn_begin(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena, const lt_sequence *sequence,
                  const real *x, const real *constant, lt_rnn_saved *saved);
/* Step t: saved->top at t. */
bool lt_rnn_step(const lt_rnn *rnn, const lt_weights *weights, lt_arena *arena, const lt_sequence *sequence,
                 size_t t, lt_state *state, lt_rnn_saved *saved);
/* Step t backwards: `dy` (rows, H) the gradient of saved->top at t, spoiled. */
bool lt_rnn_step_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                          const lt_sequence *sequence, size_t t, real *dy, lt_state *dstate,
                          const lt_rnn_saved *saved);
/* After all steps: weight gradients, and dx (N, input). NULL: out of memory. */
real *lt_rnn_end_backward(const lt_rnn *rnn, const lt_weights *weights, real *gradients, lt_arena *arena,
                          const lt_sequence *sequence, const lt_rnn_saved *saved);

#endif
