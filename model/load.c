/* load.c: a checkpoint's tensors read in one pass over the file: each piece is checked and used while it is
 * in the cache, by all workers at once. What a worker checks is its own copy, not a map of the file, which
 * may change or end under its feet. */
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "model/base/memory.h"
#include "model/checkpoint.h"

enum { PIECE = 1 << 18 }; /* bytes: of the second-level cache's size */

/* Rows of a tensor, or bytes between the tensors that are wanted. */
typedef struct piece {
    uint64_t at, bytes;      /* in the file's data */
    const lt_wanted *tensor; /* NULL: only for the checksum */
    size_t begin, end;       /* rows */
    uint32_t crc;
    bool cut, strange; /* the file ended before it; it has a value that is not finite */
    size_t where;      /* which: an index into the tensor */
    int error;         /* errno */
} piece;

typedef struct load {
    const lt_safetensors *file;
    piece *pieces;
    size_t count, capacity, bytes_max;
    unsigned char **buffers; /* (workers) */
    atomic_size_t next;
    bool sums; /* the file has a CRC */
} load;

/* ---- what is to be read ---- */

static bool add(load *l, const piece *new)
{
    if (l->count == l->capacity) {
        size_t capacity = l->capacity ? l->capacity * 2 : 256;
        piece *pieces = realloc(l->pieces, capacity * sizeof *pieces);
        if (!pieces) return false;
        l->pieces = pieces;
        l->capacity = capacity;
    }
    l->pieces[l->count++] = *new;
    if (new->bytes > l->bytes_max) l->bytes_max = (size_t) new->bytes;
    return true;
}

static size_t width_of(const lt_wanted *tensor)
{
    return tensor->columns ? tensor->columns : 1;
}

/* Whole rows, as many as the layout of matrices wants together. */
static bool add_tensor(load *l, const lt_wanted *tensor, uint64_t at)
{
    const size_t width = width_of(tensor), row = width * sizeof(float);
    const size_t grain = tensor->weights ? tensor->weights->packing->grain : 1;
    size_t most = PIECE / row / grain * grain;
    if (most == 0) most = grain;
    for (size_t begin = 0, section = 0, end; begin < tensor->rows; begin = end) {
        if (begin == section)
            section = tensor->weights
                          ? lt_weights_section(tensor->weights, tensor->offset, tensor->rows, width, begin)
                          : tensor->rows;
        end = section - begin > most ? begin + most : section;
        const piece new = {.at = at + begin * row,
                           .bytes = (end - begin) * row,
                           .tensor = tensor,
                           .begin = begin,
                           .end = end};
        if (!add(l, &new)) return false;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const piece *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* What lies between the pieces is in the checksum, too. */
static bool add_rest(load *l)
{
    uint64_t at = 0;
    const size_t wanted = l->count;
    qsort(l->pieces, wanted, sizeof *l->pieces, by_place);
    for (size_t i = 0; i <= wanted; i++) {
        const uint64_t next = i < wanted ? l->pieces[i].at : l->file->bytes;
        const uint64_t behind = i < wanted ? next + l->pieces[i].bytes : next;
        for (; at < next; at += PIECE) {
            const piece rest = {.at = at, .bytes = next - at < PIECE ? next - at : PIECE};
            if (!add(l, &rest)) return false;
        }
        at = behind;
    }
    qsort(l->pieces, l->count, sizeof *l->pieces, by_place);
    return true;
}

/* ---- reading ---- */

static bool read_bytes(int descriptor, unsigned char *to, uint64_t at, piece *p)
{
    for (uint64_t done = 0; done < p->bytes;) {
        ssize_t n = pread(descriptor, to + done, p->bytes - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) p->error = errno;
        if (n == 0) p->cut = true;
        if (n <= 0) return false;
        done += (uint64_t)n;
    }
    return true;
}

/* The same values as reals, in the same place. */
static real *as_reals(unsigned char *bytes, size_t count)
{
    if (sizeof(real) != sizeof(float))
        for (size_t i = count; i-- > 0;) {
            float narrow;
            memcpy(&narrow, bytes + i * sizeof narrow, sizeof narrow);
            real wide = (real)narrow;
            memcpy(bytes + i * sizeof wide, &wide, sizeof wide);
        }
    return (real *)(void *)bytes;
}

static void check_finite(piece *p, const real *values, size_t count)
{
    int strange = 0;
    for (size_t i = 0; i < count; i++) strange |= !(values[i] - values[i] == 0);
    p->strange = strange;
    for (size_t i = 0; strange && i < count; i++)
        if (!isfinite(values[i])) {
            p->where = p->begin * width_of(p->tensor) + i;
            return;
        }
}

static void read_piece(const load *l, piece *p, unsigned char *buffer)
{
    if (!p->tensor && !l->sums) return;
    if (!read_bytes(fileno(l->file->stream), buffer, l->file->data + p->at, p)) return;
    if (l->sums) p->crc = (uint32_t)crc32_z(0, buffer, p->bytes);
    const lt_wanted *tensor = p->tensor;
    if (!tensor) return;
    const size_t width = width_of(tensor), count = (p->end - p->begin) * width;
    const real *values = as_reals(buffer, count);
    check_finite(p, values, count);
    if (tensor->values) memcpy(tensor->values + p->begin * width, values, count * sizeof *values);
    if (tensor->weights)
        lt_weights_pack_rows(tensor->weights, tensor->offset, tensor->rows, width, values, p->begin, p->end);
}

static void read_pieces(void *argument, size_t worker)
{
    load *l = argument;
    for (size_t i; (i = atomic_fetch_add(&l->next, 1)) < l->count;)
        read_piece(l, &l->pieces[i], l->buffers[worker]);
}

/* ---- all ---- */

static lt_status plan(load *l, const lt_wanted *wanted, size_t count, lt_error *error)
{
    bool room = true;
    for (size_t i = 0; room && i < count; i++) {
        uint64_t at;
        LT_TRY(lt_safetensors_find(l->file, wanted[i].name, wanted[i].rows, wanted[i].columns, &at, error));
        room = add_tensor(l, &wanted[i], at);
    }
    if (room && add_rest(l)) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", l->file->path);
}

static lt_status run(load *l, lt_pool *pool, lt_error *error)
{
    const size_t workers = pool ? lt_pool_workers(pool) : 1,
                 size = l->bytes_max / sizeof(float) * sizeof(real);
    l->buffers = calloc(workers, sizeof *l->buffers);
    bool room = l->buffers;
    for (size_t w = 0; room && w < workers; w++) room = (l->buffers[w] = lt_block(size + sizeof(real)));
    if (!room)
        lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", l->file->path);
    else if (pool)
        lt_pool_run(pool, read_pieces, l);
    else
        read_pieces(l, 0);
    for (size_t w = 0; l->buffers && w < workers; w++) free(l->buffers[w]);
    free(l->buffers);
    return room ? LT_OK : LT_ERROR_MEMORY;
}

/* A damaged file is said to be that, whatever its values look like. */
static lt_status judge(const load *l, const lt_metadata *metadata, lt_error *error)
{
    uint32_t crc = lt_safetensors_crc(metadata);
    for (size_t i = 0; i < l->count; i++) {
        const piece *p = &l->pieces[i];
        errno = p->error;
        if (p->error) return lt_fail_errno(error, "cannot read %s", l->file->path);
        if (p->cut)
            return lt_fail(
                error, LT_ERROR_FORMAT,
                "%s is not a whole safetensors file: its data is cut off. Use another checkpoint or "
                "copy it again",
                l->file->path);
        crc = (uint32_t)crc32_combine(crc, p->crc, (z_off_t)p->bytes);
    }
    if (l->sums) LT_TRY(lt_safetensors_compare(l->file, metadata, crc, error));
    for (size_t i = 0; i < l->count; i++)
        if (l->pieces[i].strange)
            return lt_fail(error, LT_ERROR_FORMAT, "%s: tensor %s holds a value that is not finite at %zu",
                           l->file->path, l->pieces[i].tensor->name, l->pieces[i].where);
    return LT_OK;
}

lt_status lt_safetensors_load(const lt_safetensors *file, const lt_metadata *metadata,
                              const lt_wanted *wanted, size_t count, lt_pool *pool, lt_error *error)
{
    load l = {.file = file};
    LT_TRY(lt_safetensors_verify(file, metadata, &l.sums, error));
    lt_status status = plan(&l, wanted, count, error);
    if (status == LT_OK) status = run(&l, pool, error);
    if (status == LT_OK) status = judge(&l, metadata, error);
    free(l.pieces);
    return status;
}
