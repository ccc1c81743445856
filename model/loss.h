/* loss.h: the output layer and the cross-entropy, in blocks of rows, so that the (N, V) logits never exist as
 * a whole. */
#ifndef LT_LOSS_H
#define LT_LOSS_H

#include "model/linear.h"
#include "model/sequence.h"

typedef struct lt_loss_sums {
    double loss, nll; /* nats, summed over the tokens in the order of the sequence */
} lt_loss_sums;

/* Forward and backward in one pass. `readout` (N, R) in; `dreadout` (N, R) out: the gradient of the summed
 * loss. The output layer's gradients are added to `gradients`. `smoothing` as
 * lt_optimizer_options.label_smoothing. False: out of memory. */
bool lt_loss_forward_backward(const lt_linear *output, const lt_weights *weights, real *gradients,
                              lt_arena *arena, const lt_sequence *sequence, const real *readout,
                              real *dreadout, double smoothing, lt_loss_sums *sums);

/* log_probability (N): of each token's target. False: out of memory. */
bool lt_loss_score(const lt_linear *output, const lt_weights *weights, lt_arena *arena,
                   const lt_sequence *sequence, const real *readout, real *log_probability);

/* Rows whose logits are computed at a time. */
enum { LT_LOSS_BLOCK = 192 };

#endif
