/* The LSTM with a forget gate (Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000), gates in
 * PyTorch's order.
 *
 *   i = sigmoid(W_i x + U_i h' + b_i)      f = sigmoid(W_f x + U_f h' + b_f)
 *   g = tanh   (W_g x + U_g h' + b_g)      o = sigmoid(W_o x + U_o h' + b_o)
 *   c = f c' + i g                         h = o tanh(c)
 *
 * Backward, with dh the gradient of h and dc that of c from the later step:
 *   dc += dh o (1 - tanh(c)^2)
 *   di = dc g i (1 - i)    df = dc c' f (1 - f)    dg = dc i (1 - g^2)    do = dh tanh(c) o (1 - o)    dc' =
 * dc f */
#include "model/cell.h"

static void forward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    if (!s->first) lt_linear_forward(&cell->recurrent, weights, s->gates, s->h_prev, s->rows, true);
    weights->backend->lstm_forward(s->gates, s->c, s->kept, s->h, s->c_prev, s->rows, cell->hidden);
}

static void backward(const lt_cell_weights *cell, const lt_weights *weights, const lt_cell_step *s)
{
    weights->backend->lstm_backward(s->gates, s->dc, s->dh, s->kept, s->c_prev, s->rows, cell->hidden);
    if (!s->first) lt_linear_backward_input(&cell->recurrent, weights, s->dh_prev, s->gates, s->rows, false);
}

/* kept: tanh(c) */
const lt_cell lt_cell_lstm = {
    .name = "lstm",
    .gates = 4,
    .split = 4,
    .kept_hidden = 1,
    .has_c = true,
    .forget_gate = 1,
    .forward = forward,
    .backward = backward,
    .finish = lt_cell_finish_shared,
};
