/* cell.h: what a recurrent cell is to the time loop. Adding one is one file, and one line in model.c's and
 * one in model_options.c's table. */
#ifndef LT_CELL_H
#define LT_CELL_H

#include "model/backend/backend.h"

/* One time step of one layer. The sums W x + U h + b are computed by the time loop; the cell does the rest.
 */
typedef struct lt_cell_step {
    size_t rows, hidden;
    real *gates; /* (rows, G, H) forward: in sums, out activations; backward: in activations, out gradients of
                    the sums */
    real *h;     /* (rows, H) forward: out */
    real *c;     /* (rows, H) forward: out */
    const real *c_prev; /* (rows, H) */
    real *tanh_c;       /* (rows, H) forward: out, kept; backward: in */
    const real *dh;     /* (rows, H) backward: in, the whole gradient of h */
    real *dc;           /* (rows, H) backward: in, of c; out, of c_prev */
} lt_cell_step;

typedef struct lt_cell {
    const char *name;
    size_t gates;    /* G */
    int forget_gate; /* the gate whose bias starts at 1 (Gers, Schmidhuber & Cummins 2000; Jozefowicz 2015),
                        or -1 */
    void (*forward)(const lt_backend *backend, const lt_cell_step *step);
    void (*backward)(const lt_backend *backend, const lt_cell_step *step);
} lt_cell;

extern const lt_cell lt_cell_lstm;

#endif
