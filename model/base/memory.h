/* memory.h: large blocks of memory. */
#ifndef LT_MEMORY_H
#define LT_MEMORY_H

#include <stddef.h>

/* `bytes` aligned to 64, what is in them unspecified; free() them. A block of megabytes asks for huge pages
 * where the system has them (Linux, madvise(2)): matrices whose rows stand a page apart cost fewer look-ups.
 * NULL: out of memory. */
void *lt_block(size_t bytes);

/* The same without huge pages, for a block of which much is never written to: that takes no memory. */
void *lt_block_sparse(size_t bytes);
/* The wish for huge pages for a part of such a block, all of which is going to be written to. */
void lt_block_dense(void *begin, size_t bytes);

#endif
