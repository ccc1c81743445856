#include "model/weights.h"

#include <stdlib.h>

#include "model/base/memory.h"
#include "model/base/threads.h"

const char *const lt_precision_names[] = {"float32", "bfloat16", "int8", NULL};

lt_status lt_weights_add(lt_weights *weights, const lt_layout *layout, size_t *index, lt_error *error)
{
    if (weights->count == weights->capacity) {
        size_t capacity = weights->capacity ? weights->capacity * 2 : 32;
        lt_layout *list = realloc(weights->list, capacity * sizeof *list);
        if (!list) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu matrices", capacity);
        weights->list = list;
        weights->capacity = capacity;
    }
    *index = weights->count;
    weights->list[weights->count++] = *layout;
    return LT_OK;
}

/* Bytes of a laid-out (n, k) matrix, such that the next one begins well. */
static size_t room(const lt_packing *packing, size_t n, size_t k)
{
    return (packing->size(n, k) + 63) / 64 * 64;
}

lt_status lt_weights_take(lt_weights *weights, int precision, bool learns, lt_error *error)
{
    const lt_packing *packing = weights->backend->packing[precision];
    if (!packing || (learns && !packing->gemm_tn))
        return lt_fail(error, LT_ERROR_USAGE, "nothing %s in %s with the kernels for %s",
                       packing ? "learns" : "is computed", lt_precision_names[precision],
                       weights->backend->name);
    size_t size = 64;
    for (size_t i = 0; i < weights->count; i++) {
        const lt_layout *w = &weights->list[i];
        size += room(packing, w->out, w->in) + (learns ? room(packing, w->in, w->out) : 0);
    }
    unsigned char *packed = lt_block(size);
    if (!packed)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu bytes of weights; use a smaller model",
                       size);
    free(weights->packed);
    weights->packed = packed;
    weights->packing = packing;
    weights->learns = learns;
    size = 0;
    for (size_t i = 0; i < weights->count; i++) {
        lt_layout *w = &weights->list[i];
        w->forward = size;
        size += room(packing, w->out, w->in);
        w->backward = size;
        if (learns) size += room(packing, w->in, w->out);
    }
    return LT_OK;
}

void lt_weights_pack(const lt_weights *weights, size_t worker, size_t workers)
{
    const lt_packing *packing = weights->packing;
    for (size_t i = 0; i < weights->count; i++) {
        const lt_layout *layout = &weights->list[i];
        const real *w = weights->values + layout->weight;
        size_t begin, end, out = layout->out, in = layout->in;
        lt_share(out, packing->grain, workers, worker, &begin, &end);
        packing->pack(weights->packed + layout->forward, w, layout->stride, false, out, in, begin, end);
        if (!weights->learns) continue;
        lt_share(in, packing->grain, workers, worker, &begin, &end);
        packing->pack(weights->packed + layout->backward, w, layout->stride, true, in, out, begin, end);
    }
}

/* The rows [*row, *end) and the first column of a matrix within the tensor at `offset`; false: it is of
 * another one. */
static bool within(const lt_layout *w, size_t offset, size_t rows, size_t columns, size_t *row, size_t *end,
                   size_t *column)
{
    if (w->weight < offset || w->weight >= offset + rows * columns) return false;
    *row = (w->weight - offset) / columns;
    *end = *row + w->out;
    *column = (w->weight - offset) % columns;
    return true;
}

size_t lt_weights_section(const lt_weights *weights, size_t offset, size_t rows, size_t columns, size_t begin)
{
    size_t section = rows, row, end, column;
    for (size_t i = 0; i < weights->count; i++) {
        if (!within(&weights->list[i], offset, rows, columns, &row, &end, &column)) continue;
        if (row > begin && row < section) section = row;
        if (end > begin && end < section) section = end;
    }
    return section;
}

void lt_weights_pack_rows(const lt_weights *weights, size_t offset, size_t rows, size_t columns,
                          const real *w, size_t begin, size_t end)
{
    size_t row, last, column;
    for (size_t i = 0; i < weights->count; i++) {
        const lt_layout *layout = &weights->list[i];
        if (!within(layout, offset, rows, columns, &row, &last, &column) || row >= end || last <= begin)
            continue;
        /* Where the matrix would begin, were more of it there than these rows. */
        const real *first = (const real *)((uintptr_t)(w + column) - (begin - row) * columns * sizeof *w);
        weights->packing->pack(weights->packed + layout->forward, first, layout->stride, false, layout->out,
                               layout->in, begin - row, (end < last ? end : last) - row);
    }
}

bool lt_weights_have(const lt_weights *weights, size_t offset, size_t rows, size_t columns)
{
    size_t row, end, column;
    for (size_t i = 0; i < weights->count; i++)
        if (within(&weights->list[i], offset, rows, columns, &row, &end, &column)) return true;
    return false;
}

void lt_weights_clear(lt_weights *weights)
{
    free(weights->list);
    free(weights->packed);
    *weights = (lt_weights){0};
}
