#include "model/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE = 2 << 20 };

void *lt_block_sparse(size_t bytes)
{
    const size_t alignment = bytes >= HUGE ? HUGE : ALIGNMENT;
    if (bytes > (size_t)-1 - alignment) return NULL;
    bytes = bytes ? (bytes + alignment - 1) / alignment * alignment : alignment;
    return aligned_alloc(alignment, bytes);
}

void lt_block_dense(void *begin, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    uintptr_t first = ((uintptr_t)begin + HUGE - 1) / HUGE * HUGE,
              end = ((uintptr_t)begin + bytes) / HUGE * HUGE;
    if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE); /* only a wish */
#endif
}

void *lt_block(size_t bytes)
{
    void *block = lt_block_sparse(bytes);
    if (block && bytes >= HUGE) lt_block_dense(block, (bytes + HUGE - 1) / HUGE * HUGE);
    return block;
}
