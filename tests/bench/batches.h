/* batches.h: batches of sentence pairs as ids, read from a file that other programs read, too.
 *
 * A line is a pair: the ids of the source, a tab, those of the target, with spaces between, without ends of
 * sentence. An empty line ends a batch. */
#ifndef BENCH_BATCHES_H
#define BENCH_BATCHES_H

#include "model/base/text.h"
#include "model/batch.h"

typedef struct batches {
    lt_batch *items; /* (count) */
    size_t count;
    size_t pairs, src_tokens, trg_tokens; /* ends of sentence included */
    /* what the batches point into */
    int32_t *ids;
    const int32_t **sides; /* (2, pairs) sources, then targets */
    size_t *lengths;       /* (2, pairs) */
} batches;

/* LT_ERROR_FORMAT, with the line, for what is no id below `vocabulary`, for a line without a tab and for a
 * file without a pair. The caller clears it, also after a failure. */
lt_status batches_read(batches *all, const char *path, size_t vocabulary, lt_error *error);
void batches_clear(batches *all);

#endif
