#include "experiments/metrics/internal.h"

#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 256 }; /* slots a reset table begins with: a short line stays in the first-level cache */

static uint64_t key_of(uint32_t prefix, uint32_t item)
{
    return (uint64_t)prefix << 32 | item;
}

static size_t slot_of(uint64_t key, size_t mask)
{
    key *= 0x9E3779B97F4A7C15u; /* Fibonacci hashing (Knuth vol. 3, 6.4): the upper bits are the mixed ones */
    return (size_t)(key >> 32 ^ key >> 52) & mask;
}

static void forget_slots(lt_grams *grams)
{
    if (++grams->stamp == 0) {
        memset(grams->slots, 0, grams->capacity * sizeof *grams->slots);
        grams->stamp = 1;
    }
}

static bool enlarge_slots(lt_grams *grams, size_t size)
{
    if (size > grams->capacity) {
        struct lt_gram_slot *slots = calloc(size, sizeof *slots);
        if (!slots) return false;
        free(grams->slots);
        grams->slots = slots;
        grams->capacity = size;
    }
    forget_slots(grams);
    grams->mask = size - 1;
    for (size_t id = 0; id < grams->count; id++) {
        size_t i = slot_of(grams->keys[id], grams->mask);
        while (grams->slots[i].stamp == grams->stamp) i = (i + 1) & grams->mask;
        grams->slots[i] = (struct lt_gram_slot){grams->stamp, (uint32_t)id};
    }
    return true;
}

static bool enlarge_room(lt_grams *grams)
{
    size_t room = grams->room ? grams->room * 2 : SMALLEST;
    uint64_t *keys = realloc(grams->keys, room * sizeof *keys);
    if (!keys) return false;
    grams->keys = keys;
    for (int k = 0; k < 2; k++) {
        uint32_t *counts = realloc(grams->counts[k], room * sizeof *counts);
        if (!counts) return false;
        grams->counts[k] = counts;
    }
    grams->room = room;
    return true;
}

lt_status lt_grams_reset(lt_grams *grams, lt_error *error)
{
    grams->count = 0;
    if (!enlarge_slots(grams, SMALLEST)) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for n-grams");
    return LT_OK;
}

uint32_t lt_grams_find(const lt_grams *grams, uint32_t prefix, uint32_t item)
{
    uint64_t key = key_of(prefix, item);
    for (size_t i = slot_of(key, grams->mask); grams->slots[i].stamp == grams->stamp;
         i = (i + 1) & grams->mask)
        if (grams->keys[grams->slots[i].id] == key) return grams->slots[i].id;
    return LT_NO_GRAM;
}

uint32_t lt_grams_add(lt_grams *grams, uint32_t prefix, uint32_t item)
{
    if (grams->count * 2 > grams->mask && !enlarge_slots(grams, (grams->mask + 1) * 4)) return LT_NO_GRAM;
    uint64_t key = key_of(prefix, item);
    size_t i = slot_of(key, grams->mask);
    for (; grams->slots[i].stamp == grams->stamp; i = (i + 1) & grams->mask)
        if (grams->keys[grams->slots[i].id] == key) return grams->slots[i].id;
    if (grams->count == LT_NO_GRAM || (grams->count == grams->room && !enlarge_room(grams)))
        return LT_NO_GRAM;
    uint32_t id = (uint32_t)grams->count++;
    grams->slots[i] = (struct lt_gram_slot){grams->stamp, id};
    grams->keys[id] = key;
    grams->counts[0][id] = grams->counts[1][id] = 0;
    return id;
}

void lt_grams_clear(lt_grams *grams)
{
    free(grams->slots);
    free(grams->keys);
    free(grams->counts[0]);
    free(grams->counts[1]);
    *grams = (lt_grams){0};
}

lt_status lt_tokens_add(lt_tokens *tokens, uint32_t token, lt_error *error)
{
    if (tokens->length == tokens->capacity) {
        size_t capacity = tokens->capacity ? tokens->capacity * 2 : 64;
        uint32_t *data = realloc(tokens->data, capacity * sizeof *data);
        if (!data) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a line of %zu words", capacity);
        tokens->data = data;
        tokens->capacity = capacity;
    }
    tokens->data[tokens->length++] = token;
    return LT_OK;
}

void lt_tokens_clear(lt_tokens *tokens)
{
    free(tokens->data);
    *tokens = (lt_tokens){0};
}

/* A word's number is that of its last character behind the number of those before: a trie kept as pairs. */
lt_status lt_tokens_add_word(lt_tokens *tokens, lt_grams *words, const uint32_t *codes, size_t length,
                             lt_error *error)
{
    uint32_t id = LT_NO_GRAM;
    for (size_t i = 0; i < length; i++) {
        id = lt_grams_add(words, id, codes[i]);
        if (id == LT_NO_GRAM)
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the words of a segment");
    }
    return lt_tokens_add(tokens, id, error);
}

lt_status lt_tokens_split(lt_tokens *tokens, lt_grams *words, const lt_codes *codes, lt_error *error)
{
    size_t position = 0, begin, length;
    while (lt_next_word(codes, &position, &begin, &length))
        LT_TRY(lt_tokens_add_word(tokens, words, codes->data + begin, length, error));
    return LT_OK;
}
