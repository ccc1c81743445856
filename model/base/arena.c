#include "model/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/memory.h"

enum { ALIGNMENT = 64, SMALLEST_BLOCK = 1 << 20 };

struct lt_arena_block {
    lt_arena_block *next;
    size_t size, used;
    char *bytes;
};

static bool add_block(lt_arena *arena, size_t size)
{
    lt_arena_block *block = malloc(sizeof *block);
    char *bytes = block ? lt_block(size) : NULL;
    if (!bytes) {
        free(block);
        return false;
    }
    *block = (lt_arena_block){arena->blocks, size, 0, bytes};
    arena->blocks = block;
    return true;
}

void *lt_arena_take(lt_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2) {
        arena->wanted = SIZE_MAX;
        return NULL;
    }
    bytes = bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    lt_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes) {
        size_t grown = arena->used / 2 / ALIGNMENT * ALIGNMENT;
        size_t wanted = grown > bytes ? grown : bytes;
        if (wanted < SMALLEST_BLOCK) wanted = SMALLEST_BLOCK;
        if (!add_block(arena, wanted) && !add_block(arena, bytes)) {
            arena->wanted = bytes;
            return NULL;
        }
        block = arena->blocks;
    }
    void *piece = block->bytes + block->used;
    block->used += bytes;
    arena->used += bytes;
    return piece;
}

void *lt_arena_take_zeroed(lt_arena *arena, size_t count, size_t size)
{
    void *piece = lt_arena_take(arena, count, size);
    if (piece) memset(piece, 0, count * size);
    return piece;
}

lt_status lt_arena_check(const lt_arena *arena, lt_error *error)
{
    if (arena->wanted == 0) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MEMORY,
        "out of memory: %zu bytes more after %zu bytes of activations; use a smaller batch or model",
        arena->wanted, arena->used);
}

void lt_arena_reset(lt_arena *arena)
{
    if (arena->blocks && arena->blocks->next) {
        size_t total = 0;
        for (lt_arena_block *block = arena->blocks; block; block = block->next) total += block->size;
        lt_arena_clear(arena);
        add_block(arena, total); /* where this fails the next take tries again */
    }
    if (arena->blocks) arena->blocks->used = 0;
    arena->used = 0;
    arena->wanted = 0;
}

void lt_arena_clear(lt_arena *arena)
{
    while (arena->blocks) {
        lt_arena_block *next = arena->blocks->next;
        free(arena->blocks->bytes);
        free(arena->blocks);
        arena->blocks = next;
    }
    *arena = (lt_arena){0};
}
