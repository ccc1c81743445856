#include "model/embedding.h"

#include <string.h>

#include "model/dropout.h"

real *lt_embedding_forward(const lt_embedding *embedding, const lt_weights *weights, lt_arena *arena,
                           const lt_sequence *sequence)
{
    const size_t width = embedding->width;
    real *x = lt_arena_take(arena, sequence->total * width, sizeof *x);
    if (!x) return NULL;
    for (size_t n = 0; n < sequence->total; n++)
        memcpy(x + n * width, weights->values + embedding->table + (size_t)sequence->ids[n] * width,
               width * sizeof *x);
    if (!sequence->keys) return x;
    if (embedding->word_dropout > 0) lt_dropout_words(sequence, x, embedding->word_dropout, width);
    if (embedding->dropout > 0 &&
        !lt_dropout(weights->backend, arena, sequence, x, x, LT_SITE_EMBEDDING, embedding->dropout, width))
        return NULL;
    return x;
}

bool lt_embedding_backward(const lt_embedding *embedding, const lt_weights *weights, real *gradients,
                           lt_arena *arena, const lt_sequence *sequence, real *dx)
{
    const size_t width = embedding->width;
    if (sequence->keys && embedding->dropout > 0 &&
        !lt_dropout(weights->backend, arena, sequence, dx, dx, LT_SITE_EMBEDDING, embedding->dropout, width))
        return false;
    if (sequence->keys && embedding->word_dropout > 0)
        lt_dropout_words(sequence, dx, embedding->word_dropout, width);
    for (size_t n = 0; n < sequence->total; n++)
        weights->backend->add(gradients + embedding->table + (size_t)sequence->ids[n] * width, dx + n * width,
                              width);
    return true;
}
