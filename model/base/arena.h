/* arena.h: memory for one step, taken in order and given back all at once.
 *
 * An arena grows while it learns how much a step needs and then allocates no more: lt_arena_reset() joins
 * what was added into one block. Every piece is aligned to 64 bytes. A failed allocation is remembered, so
 * that a step can take all it needs and ask once: lt_arena_check(). */
#ifndef LT_BASE_ARENA_H
#define LT_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/status.h"

typedef struct lt_arena_block lt_arena_block;

/* In the caller's storage; all zeros is an empty arena. */
typedef struct lt_arena {
    lt_arena_block *blocks; /* newest first */
    size_t used;            /* bytes handed out since the last reset */
    size_t wanted;          /* the size of the allocation that failed, or 0 */
} lt_arena;

/* `count` items of `size` bytes, not cleared; valid until the next reset. NULL when out of memory (or count *
 * size overflows). */
void *lt_arena_take(lt_arena *arena, size_t count, size_t size);
void *lt_arena_take_zeroed(lt_arena *arena, size_t count, size_t size);
/* LT_ERROR_MEMORY if any take failed since the last reset. */
lt_status lt_arena_check(const lt_arena *arena, lt_error *error);
void lt_arena_reset(lt_arena *arena); /* gives everything back, keeps the memory */
void lt_arena_clear(lt_arena *arena); /* frees */

#endif
