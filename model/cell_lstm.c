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

static void forward(const lt_backend *backend, const lt_cell_step *s)
{
    backend->lstm_forward(s->gates, s->c, s->tanh_c, s->h, s->c_prev, s->rows, s->hidden);
}

static void backward(const lt_backend *backend, const lt_cell_step *s)
{
    backend->lstm_backward(s->gates, s->dc, s->dh, s->tanh_c, s->c_prev, s->rows, s->hidden);
}

const lt_cell lt_cell_lstm = {
    .name = "lstm",
    .gates = 4,
    .forget_gate = 1,
    .forward = forward,
    .backward = backward,
};
