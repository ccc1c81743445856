/* cell.h: what a recurrent cell is to the time loop. Adding one is one file, one line in cells.c and one in
 * model_options.c's table. */
#ifndef LT_CELL_H
#define LT_CELL_H

#include "model/linear.h"

enum { LT_CELL_TENSORS_MAX = 3 };

/* The layer a step belongs to, as a cell sees it: its sizes and where its parameters are. */
typedef struct lt_cell_weights {
    size_t hidden;                       /* H */
    lt_linear recurrent;                 /* U, or the rows of U that come before the cell's `split` */
    lt_linear candidate;                 /* the rows of U behind it */
    size_t bias;                         /* offset of bias_l{k} (G·H) */
    size_t tensors[LT_CELL_TENSORS_MAX]; /* offsets of the cell's own tensors */
} lt_cell_weights;

/* One time step of one layer. The time loop has computed W x (+ b, unless the cell adds it itself); the
 * recurrent products are the cell's. */
typedef struct lt_cell_step {
    size_t rows;
    bool first;  /* h_prev and c_prev are all zero: products with them may be left out */
    real *gates; /* (rows, G·H) forward: in, W x + b; out, what backward needs of it. backward: in, that; out,
                    the gradient of W x + b */
    real *
        kept; /* (rows, kept) forward: out, what else backward needs; backward: in, and the cell's to spoil */
    const real *h_prev, *c_prev; /* (rows, H); c_prev is NULL where the cell has no c */
    real *h, *c;                 /* (rows, H) forward: out */
    real *dh;                    /* (rows, H) backward: in, the whole gradient of h; spoiled */
    real *dc;                    /* (rows, H) backward: in, of c; out, of c_prev */
    real *dh_prev;               /* (rows, H) backward: out; not asked for where `first` */
    real *gradients;             /* backward: the model's block, for what is not a product's weight */
} lt_cell_step;

/* A parameter only this cell has: "<side>.rnn.<name>_l{k}", (rows·H) or (rows, H). */
typedef struct lt_cell_tensor {
    const char *name; /* NULL: no more */
    size_t rows;
    bool matrix;
    double start[2]; /* what the first row of H starts at, and what the others do */
} lt_cell_tensor;

typedef struct lt_cell {
    const char *name;
    size_t gates; /* G */
    size_t split; /* gates whose recurrent product is `recurrent`; the rest is `candidate`'s */
    size_t kept_hidden, kept_scalar; /* kept = kept_hidden · H + kept_scalar */
    bool has_c;
    bool adds_bias;  /* the cell adds bias_l{k} itself */
    int forget_gate; /* the gate whose bias starts at forget_bias, or -1 */
    lt_cell_tensor tensors[LT_CELL_TENSORS_MAX + 1];
    void (*forward)(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *step);
    void (*backward)(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *step);
    /* The gradients of U from all steps at once: gates (N, G·H) and kept (N, kept) as the backward steps left
     * them, h_prev (N, H). */
    void (*finish)(const lt_cell_weights *cell, const lt_weights *weights, real *gradients, const real *gates,
                   const real *kept, const real *h_prev, size_t total);
} lt_cell;

extern const lt_cell lt_cell_rnn, lt_cell_lstm, lt_cell_lstm_peephole, lt_cell_lstm_coupled,
    lt_cell_lstm_layernorm, lt_cell_gru, lt_cell_gru_reset_after;

extern const lt_cell *const lt_cells[]; /* by LT_CELL_* */

/* `finish` where the gradient of W x + b is that of U h' too. */
void lt_cell_finish_shared(const lt_cell_weights *cell, const lt_weights *weights, real *gradients,
                           const real *gates, const real *kept, const real *h_prev, size_t total);

#endif
