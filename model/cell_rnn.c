/* The simple recurrent network (Elman 1990).
 *
 *   h = tanh(W x + U h' + b)
 *
 * Backward: da = dh (1 - h^2), kept where the sums were; dh' = da U. */
#include <string.h>

#include "model/cell.h"

static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t n = s->rows * cell->hidden;
    if (!s->first) lt_linear_forward(&cell->recurrent, weights, s->gates, s->h_prev, s->rows, true);
    weights->backend->tanh(s->gates, n);
    memcpy(s->h, s->gates, n * sizeof *s->h);
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    const size_t n = s->rows * cell->hidden;
    for (size_t j = 0; j < n; j++) s->gates[j] = s->dh[j] * (1 - s->gates[j] * s->gates[j]);
    if (!s->first) lt_linear_backward_input(&cell->recurrent, weights, s->dh_prev, s->gates, s->rows, false);
}

const lt_cell lt_cell_rnn = {
    .name = "rnn",
    .gates = 1,
    .split = 1,
    .forget_gate = -1,
    .forward = forward,
    .backward = backward,
    .finish = lt_cell_finish_shared,
};
