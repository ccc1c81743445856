#include "corpora/hashes.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/rng.h"

uint64_t lt_hash(const void *bytes, size_t length, uint64_t seed)
{
    const char *at = bytes;
    uint64_t hash = lt_mix64(seed ^ lt_mix64(length + 0x9E3779B97F4A7C15u)), block;
    for (; length >= sizeof block; at += sizeof block, length -= sizeof block) {
        memcpy(&block, at, sizeof block);
        hash = lt_mix64(hash + 0x9E3779B97F4A7C15u) ^ lt_mix64(block + 0xD1B54A32D192ED03u);
    }
    block = 0;
    if (length) memcpy(&block, at, length);
    return lt_mix64(lt_mix64(hash + 0x9E3779B97F4A7C15u) ^ block);
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
    *added = *slot == 0;
    *slot = hash;
    set->count += *added;
    return LT_OK;
}

void lt_hashes_clear(lt_hashes *set)
{
    free(set->slots);
    *set = (lt_hashes){0};
}
