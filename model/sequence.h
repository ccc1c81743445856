/* sequence.h: sentences laid out for the time loop, time-major and without padding.
 *
 * Rows are sorted by length, longest first, so that the rows alive at step t are the first rows[t], and a
 * block of the previous step starts with the same sentences. Everything that has one row a token is (N, .), N
 * = total. */
#ifndef LT_SEQUENCE_H
#define LT_SEQUENCE_H

#include "model/base/arena.h"
#include "model/batch.h"
#include "model/model.h"

typedef struct lt_sequence {
    size_t batch;              /* B rows */
    size_t steps;              /* T, of the longest */
    size_t total;              /* N: the sum of rows[] */
    const size_t *rows;        /* (T) rows alive at step t, never growing */
    const size_t *start;       /* (T) where step t begins in the (N, .) matrices */
    const size_t *sentence;    /* (B) the row's place in the list of members it was made from */
    const int32_t *ids;        /* (N) what goes in */
    const int32_t *targets;    /* (N) what should come out, or NULL */
    const uint64_t *keys;      /* (N) a random key of each token, for dropout, or NULL */
    const uint64_t *mask_keys; /* (N) the keys of unit dropout: `keys`, or one for all tokens of a sentence */
} lt_sequence;

/* Where dropout's random numbers come from: the name of the stream, 0 for none, and whether the masks of
 * units are the same at all steps. */
typedef struct lt_randomness {
    uint64_t stream;
    bool variational;
} lt_randomness;

/* The members' sources with EOS behind, reversed before it if `reverse` (Sutskever 2014, 3.3). `members` are
 * indices into the batch. Memory is the arena's: ask
 * lt_arena_check() afterwards; NULL fields mean that it ran out. */
lt_sequence lt_sequence_source(lt_arena *arena, const lt_batch *batch, const size_t *members, size_t count,
                               bool reverse, lt_randomness randomness);

/* The members' targets: BOS y_1 .. y_n goes in, y_1 .. y_n EOS should come out. */
lt_sequence lt_sequence_target(lt_arena *arena, const lt_batch *batch, const size_t *members, size_t count,
                               lt_randomness randomness);

/* One step of `rows` rows: what the search feeds. `ids` and `sentence` (rows) are borrowed. */
lt_sequence lt_sequence_step(lt_arena *arena, const int32_t *ids, const size_t *sentence, size_t rows);

/* The rows of a sequence in the other direction of time: entry n, of row b at step t, is where row b's step
 * (its length - 1 - t) stands. Its own inverse. NULL: out of memory. */
size_t *lt_sequence_mirror(lt_arena *arena, const lt_sequence *sequence);

/* Long sequences are gone through in spans of steps where nothing has to be kept for a backward pass: what is
 * between is the rows' state alone. */
enum { LT_SPAN_TOKENS = 256 };

/* The step behind the span that begins at step `begin`: as many steps as have LT_SPAN_TOKENS, at least one.
 */
size_t lt_sequence_span_end(const lt_sequence *sequence, size_t begin);

/* Steps [begin, end) as a sequence of its own, of the rows alive at `begin`. It borrows from `sequence`;
 * `start` is NULL when the arena ran out. */
lt_sequence lt_sequence_span(lt_arena *arena, const lt_sequence *sequence, size_t begin, size_t end);

#endif
