/* passage.h: some sentences of a batch on their way through the network, forwards and backwards. What an
 * update is made of, and what looks at gradients without one. */
#ifndef LT_PASSAGE_H
#define LT_PASSAGE_H

#include "model/network.h"

/* Memory of an arena. Rows of encoder and decoder are sorted by length, each by its own. */
typedef struct lt_passage {
    lt_sequence source, target;
    lt_state final, state; /* of the encoder behind the sources, of the decoder before the targets */
    lt_state dfinal, dstate;
    size_t *index; /* (B) the source's row of a target's row */
    lt_context context;
    lt_context_gradient dcontext;
    lt_encoder_saved encoder;
    lt_bridge_saved bridge;
    lt_decoder_saved decoder;
} lt_passage;

/* Lays out the sentences `members` (count) of the batch; `stream` names their dropout masks, 0: no dropout.
 * False, as below: out of memory. */
bool lt_passage_begin(const lt_model *model, lt_arena *arena, const lt_batch *batch, const size_t *members,
                      size_t count, uint64_t stream, lt_passage *passage);

/* Up to the decoder's first step: its state, and its context. */
bool lt_passage_encode(const lt_model *model, lt_arena *arena, lt_passage *passage);

/* From there up to what the output layer reads. */
bool lt_passage_decode(const lt_model *model, lt_arena *arena, lt_passage *passage);

/* The output layer, the loss (with label smoothing), and all the way back: the gradient of the summed loss is
 * added to `gradients`. Once; it spoils what forward saved. */
bool lt_passage_backward(const lt_model *model, lt_arena *arena, real *gradients, double smoothing,
                         lt_loss_sums *sums, lt_passage *passage);

#endif
