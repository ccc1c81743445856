/* embedding.h: a row of a table for each token, with its dropout. */
#ifndef LT_EMBEDDING_H
#define LT_EMBEDDING_H

#include "model/linear.h"
#include "model/sequence.h"

typedef struct lt_embedding {
    size_t table; /* offset of (V, E) in the parameters */
    size_t width; /* E */
    double dropout, word_dropout;
} lt_embedding;

/* x (N, E), taken from the arena; NULL: out of memory. Dropout where the sequence has keys. */
real *lt_embedding_forward(const lt_embedding *embedding, const lt_weights *weights, lt_arena *arena,
                           const lt_sequence *sequence);

/* gradients of the table's rows += dx (N, E), which is spoiled. */
bool lt_embedding_backward(const lt_embedding *embedding, const lt_weights *weights, real *gradients,
                           lt_arena *arena, const lt_sequence *sequence, real *dx);

#endif
