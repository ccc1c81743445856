#include "model/base/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64, HUGE = 2 << 20 };

void *lt_block(size_t bytes)
{
    const size_t alignment = bytes >= HUGE ? HUGE : ALIGNMENT;
    if (bytes > (size_t)-1 - alignment) return NULL;
    bytes = bytes ? (bytes + alignment - 1) / alignment * alignment : alignment;
    void *block = aligned_alloc(alignment, bytes);
#ifdef MADV_HUGEPAGE
    if (block && alignment == HUGE) (void)madvise(block, bytes, MADV_HUGEPAGE); /* only a wish */
#endif
    return block;
}
