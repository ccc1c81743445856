/* pages.h: large blocks of memory, in large pages where the system has them. */
#ifndef LT_BASE_PAGES_H
#define LT_BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* A block of `bytes`, not set to anything, that begins at a multiple of 64; free() it. NULL: out of memory.
 * What is not written to takes no memory until then, a large page (2 MiB) at a time where `dense`: touching
 * new memory in ordinary pages takes longer than reading a file into it. */
void *lt_pages_take(size_t bytes, bool dense);

/* The same for a part of a block that is not dense: this part of it will be written to, all of it. */
void lt_pages_dense(void *begin, size_t bytes);

#endif
