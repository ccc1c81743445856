#include "model/base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define LARGE_PAGE ((size_t)2 << 20)

void *lt_pages_take(size_t bytes, bool dense)
{
    const size_t alignment = bytes >= LARGE_PAGE ? LARGE_PAGE : 64;
    if (bytes > SIZE_MAX / 2) return NULL;
    bytes = bytes ? (bytes + alignment - 1) / alignment * alignment : alignment;
    void *block = aligned_alloc(alignment, bytes);
    if (block && dense) lt_pages_dense(block, bytes);
    return block;
}

void lt_pages_dense(void *begin, size_t bytes)
{
    uintptr_t first = ((uintptr_t)begin + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
    uintptr_t end = ((uintptr_t)begin + bytes) / LARGE_PAGE * LARGE_PAGE;
    /* A system without large pages says no, which changes nothing but the speed. */
    if (first < end) (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
}
