#include "model/cell.h"

const lt_cell *const lt_cells[] = {
    [LT_CELL_RNN] = &lt_cell_rnn,
    [LT_CELL_LSTM] = &lt_cell_lstm,
    [LT_CELL_LSTM_PEEPHOLE] = &lt_cell_lstm_peephole,
    [LT_CELL_LSTM_COUPLED] = &lt_cell_lstm_coupled,
    [LT_CELL_LSTM_LAYERNORM] = &lt_cell_lstm_layernorm,
    [LT_CELL_GRU] = &lt_cell_gru,
    [LT_CELL_GRU_RESET_AFTER] = &lt_cell_gru_reset_after,
};

void lt_cell_finish_shared(const lt_cell_weights *cell, const lt_weights *weights, real *gradients,
                           const real *gates, const real *kept, const real *h_prev, size_t total)
{
    (void)kept;
    lt_linear_backward_weight(&cell->recurrent, weights, gradients, gates, h_prev, total);
}
