#include "corpora/hashes.h"

#include <stdlib.h>

#include "model/base/rng.h"

/* FNV-1a (Fowler, Noll & Vo), mixed: its low bits alone would be poor. */
uint64_t lt_hash(const void *bytes, size_t length, uint64_t seed)
{
    uint64_t h = 0xCBF29CE484222325u ^ lt_mix64(seed);
    for (size_t i = 0; i < length; i++) h = (h ^ ((const unsigned char *)bytes)[i]) * 0x100000001B3u;
    return lt_mix64(h);
}

uint64_t lt_hash_pair(const void *src, size_t src_length, const void *trg, size_t trg_length)
{
    return lt_hash(trg, trg_length, lt_hash(src, src_length, 1));
}

/* Where `hash` is or would be; the set is never full. */
static uint64_t *find(uint64_t *slots, size_t capacity, uint64_t hash)
{
    size_t i = hash & (capacity - 1);
    while (slots[i] && slots[i] != hash) i = (i + 1) & (capacity - 1);
    return &slots[i];
}

static lt_status grow(lt_hashes *set, lt_error *error)
{
    size_t capacity = set->capacity ? set->capacity * 2 : 1024;
    uint64_t *slots = calloc(capacity, sizeof *slots);
    if (!slots) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a set of %zu hashes", capacity);
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i]) *find(slots, capacity, set->slots[i]) = set->slots[i];
    free(set->slots);
    set->slots = slots;
    set->capacity = capacity;
    return LT_OK;
}

lt_status lt_hashes_add(lt_hashes *set, uint64_t hash, bool *added, lt_error *error)
{
    if (set->count * 3 >= set->capacity * 2) LT_TRY(grow(set, error));
    if (hash == 0) hash = 1; /* 0 is a free slot */
    uint64_t *slot = find(set->slots, set->capacity, hash);
    bool new = *slot == 0;
    *slot = hash;
    set->count += new;
    if (added) *added = new;
    return LT_OK;
}

bool lt_hashes_has(const lt_hashes *set, uint64_t hash)
{
    return set->capacity && *find(set->slots, set->capacity, hash ? hash : 1);
}

void lt_hashes_clear(lt_hashes *set)
{
    free(set->slots);
    *set = (lt_hashes){0};
}
