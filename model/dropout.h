/* dropout.h: inverted dropout (Srivastava 2014) whose mask is a pure function of (seed, update, sentence,
 * step, site, unit).
 *
 * No mask is stored: the backward pass asks the same function of the same numbers. Masks do not depend on the
 * number of workers. */
#ifndef LT_DROPOUT_H
#define LT_DROPOUT_H

#include "model/backend/backend.h"
#include "model/sequence.h"

/* Where in the network; each site has masks of its own. Layer l's input is LT_SITE_LAYER + l. */
enum { LT_SITE_WORD = 1, LT_SITE_EMBEDDING = 2, LT_SITE_OUTPUT = 3, LT_SITE_LAYER = 16 };

/* y (N, n) = x masked, and scaled by 1 / (1 - p); y may be x. Called on gradients it is the backward pass.
 * False: out of memory. */
bool lt_dropout(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, real *y,
                const real *x, uint64_t site, double p, size_t n);

/* Word dropout (Sennrich, Haddow & Birch 2016, WMT): x (N, n) in place, whole rows at once, p a token. */
void lt_dropout_words(const lt_sequence *sequence, real *x, double p, size_t n);

#endif
