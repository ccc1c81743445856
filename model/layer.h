/* layer.h: one recurrent layer in one direction. It runs forwards in a time of its own: a layer that reads
 * backwards is given its input the other way round (rnn.c). */
#ifndef LT_LAYER_H
#define LT_LAYER_H

#include "model/cell.h"
#include "model/sequence.h"

/* What a layer is made of. */
typedef struct lt_layer_shape {
    const lt_cell *cell;
    size_t input; /* width of what comes from below */
    size_t fed,
        constant;  /* columns of W behind it: what is fed back at each step, what stays the same at all */
    size_t hidden; /* H */
    int initialization; /* LT_START_* */
    double forget_bias, zoneout_h, zoneout_c;
} lt_layer_shape;

typedef struct lt_layer {
    const lt_cell *cell;
    size_t hidden;
    lt_linear input;    /* W (G·H, input), with the bias unless the cell adds it */
    lt_linear fed;      /* (G·H, fed) and */
    lt_linear constant; /* (G·H, constant): the columns behind it; `in` is 0 where there are none */
    lt_cell_weights weights;
    double forget_bias, zoneout_h, zoneout_c;
    uint64_t site; /* of its zoneout masks */
} lt_layer;

/* What forward keeps for backward, step after step in the layer's time; memory of the arena. */
typedef struct lt_layer_saved {
    const real *x;         /* (N, input) what went in */
    real *gates;           /* (N, G·H) */
    real *kept;            /* (N, kept) or NULL */
    real *h_prev;          /* (N, H) */
    real *c_prev;          /* (N, H) or NULL */
    real *h;               /* (N, H) what came out */
    real *past_h, *past_c; /* (B, H) scratch of zoneout's backward pass */
} lt_layer_saved;

/* Adds "<side>.rnn.weight_ih_l<index><suffix>" ... to `params`. */
lt_status lt_layer_init(lt_layer *layer, lt_weights *weights, lt_params *params, const lt_layer_shape *shape,
                        const char *side, size_t index, const char *suffix, lt_error *error);
/* After lt_params_allocate(): sets what does not start at one value throughout. */
void lt_layer_start(const lt_layer *layer, real *values);

/* Room for a sequence whose input is `x` (N, input), which may still be empty. False: out of memory. */
bool lt_layer_take(const lt_layer *layer, lt_arena *arena, const lt_sequence *sequence, const real *x,
                   lt_layer_saved *saved);

/* gates [begin, begin + rows) = W x + b. */
void lt_layer_project(const lt_layer *layer, const lt_weights *weights, size_t begin, size_t rows,
                      lt_layer_saved *saved);

/* Step t: saved->h at t, and h, c (B, H) brought forward: in, of the step before; out, of this one. `zero`:
 * they are all zero. */
void lt_layer_step(const lt_layer *layer, const lt_weights *weights, const lt_sequence *sequence, size_t t,
                   real *h, real *c, bool zero, lt_layer_saved *saved);

/* Step t backwards: `dy` (rows, H) the gradient of what came out, spoiled; dh, dc (B, H): in, those of h and
 * c from the step behind; out, of the ones before. saved->gates at t gets the gradient of W x + b. */
void lt_layer_step_backward(const lt_layer *layer, const lt_weights *weights, real *gradients,
                            const lt_sequence *sequence, size_t t, real *dy, real *dh, real *dc, bool zero,
                            const lt_layer_saved *saved);

/* After all steps: the gradients of W, U and b. */
void lt_layer_finish(const lt_layer *layer, const lt_weights *weights, real *gradients, size_t total,
                     const lt_layer_saved *saved);

#endif
