/* hashes.h: sets of 64-bit hashes, for what is too much to keep. Private to corpora/.
 *
 * Two different texts have the same hash once in 2^64: among ten million, a wrong "seen before" has a
 * probability of about 3e-6. */
#ifndef LT_CORPORA_HASHES_H
#define LT_CORPORA_HASHES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"

/* The same on every machine. */
uint64_t lt_hash(const void *bytes, size_t length, uint64_t seed);
/* Of a sentence pair; where one side ends and the other begins counts. */
uint64_t lt_hash_pair(const void *src, size_t src_length, const void *trg, size_t trg_length);

/* All zeros is an empty set. */
typedef struct lt_hashes {
    uint64_t *slots; /* (capacity), 0 is free */
    size_t count, capacity;
} lt_hashes;

/* `*added` (may be NULL) is false when it was there. */
lt_status lt_hashes_add(lt_hashes *set, uint64_t hash, bool *added, lt_error *error);
bool lt_hashes_has(const lt_hashes *set, uint64_t hash);
void lt_hashes_clear(lt_hashes *set);

#endif
