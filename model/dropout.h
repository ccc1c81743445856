/* dropout.h: inverted dropout (Srivastava 2014) whose mask is a pure function of (seed, update, sentence,
 * step, site, unit).
 *
 * No mask is stored: the backward pass asks the same function of the same numbers. Masks do not depend on the
 * number of workers. */
#ifndef LT_DROPOUT_H
#define LT_DROPOUT_H

#include "model/backend/backend.h"
#include "model/sequence.h"

/* Where in the network; each site has masks of its own. The input of layer l, stack d is LT_SITE_LAYER + 2 l
 * + d; zoneout of layer l, direction d, LT_SITE_ZONEOUT + 4 l + 2 d for h and 1 more for c. */
enum {
    LT_SITE_WORD = 1,
    LT_SITE_EMBEDDING = 2,
    LT_SITE_OUTPUT = 3,
    LT_SITE_MEMORY = 4,
    LT_SITE_LAYER = 16,
    LT_SITE_ZONEOUT = 256
};

/* Rows [begin, begin + rows) of the sequence: y (rows, n) = x masked, and scaled by 1 / (1 - p); y may be x.
 * Called on gradients it is the backward pass. With variational dropout the mask is the same at every step of
 * a sentence (Gal & Ghahramani 2016). False: out of memory. */
bool lt_dropout_rows(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, size_t begin,
                     size_t rows, real *y, const real *x, uint64_t site, double p, size_t n);

/* The same for all rows. */
bool lt_dropout(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, real *y,
                const real *x, uint64_t site, double p, size_t n);

/* Word dropout (Sennrich, Haddow & Birch 2016, WMT): x (N, n) in place, whole rows at once, p a token. */
void lt_dropout_words(const lt_sequence *sequence, real *x, double p, size_t n);

/* Zoneout (Krueger 2017): a unit of `now` (rows, n) keeps its value `before` with probability p; without
 * `keys` (rows), outside of training, it is the mean of the two cases. */
void lt_zoneout(real *now, const real *before, const uint64_t *keys, uint64_t site, double p, size_t rows,
                size_t n);

/* d (rows, n): in, the gradient of what lt_zoneout() made, with `keys` or without; out, of `now` before. past
 * (rows, n): out, of `before`. */
void lt_zoneout_backward(real *d, real *past, const uint64_t *keys, uint64_t site, double p, size_t rows,
                         size_t n);

#endif
