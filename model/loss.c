#include "model/loss.h"

#include <string.h>

bool lt_loss_forward_backward(const lt_linear *output, const lt_weights *weights, real *gradients,
                              lt_arena *arena, const lt_sequence *sequence, const real *readout,
                              real *dreadout, double smoothing, lt_loss_sums *sums)
{
    const size_t vocabulary = output->out, width = output->in;
    real *logits = lt_arena_take(arena, LT_LOSS_BLOCK * vocabulary, sizeof *logits);
    real *loss = lt_arena_take(arena, 2 * LT_LOSS_BLOCK, sizeof *loss), *nll = loss + LT_LOSS_BLOCK;
    if (!logits || !loss) return false;
    *sums = (lt_loss_sums){0};
    for (size_t n = 0; n < sequence->total; n += LT_LOSS_BLOCK) {
        size_t rows = sequence->total - n < LT_LOSS_BLOCK ? sequence->total - n : LT_LOSS_BLOCK;
        const real *x = readout + n * width;
        lt_linear_forward(output, weights, logits, x, rows, false);
        weights->backend->softmax_loss(logits, loss, nll, sequence->targets + n, (real)smoothing, vocabulary,
                                       rows, vocabulary);
        lt_linear_backward_weight(output, weights, gradients, logits, x, rows);
        lt_linear_backward_input(output, weights, dreadout + n * width, logits, rows, false);
        for (size_t r = 0; r < rows; r++) {
            sums->loss += (double)loss[r];
            sums->nll += (double)nll[r];
        }
    }
    return true;
}

bool lt_loss_score(const lt_linear *output, const lt_weights *weights, lt_arena *arena,
                   const lt_sequence *sequence, const real *readout, real *log_probability)
{
    const size_t vocabulary = output->out;
    real *logits = lt_arena_take(arena, LT_LOSS_BLOCK * vocabulary, sizeof *logits);
    real *lse = lt_arena_take(arena, LT_LOSS_BLOCK, sizeof *lse);
    if (!logits || !lse) return false;
    for (size_t n = 0; n < sequence->total; n += LT_LOSS_BLOCK) {
        size_t rows = sequence->total - n < LT_LOSS_BLOCK ? sequence->total - n : LT_LOSS_BLOCK;
        lt_linear_forward(output, weights, logits, readout + n * output->in, rows, false);
        weights->backend->log_sum_exp(lse, logits, vocabulary, rows, vocabulary);
        for (size_t r = 0; r < rows; r++)
            log_probability[n + r] = logits[r * vocabulary + (size_t)sequence->targets[n + r]] - lse[r];
    }
    return true;
}
