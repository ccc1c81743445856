#include "corpora/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { INPUT_SIZE = 1 << 17 };

typedef enum packing { PLAIN, GZIP, ZSTANDARD } packing;

struct lt_source {
    char *path; /* as messages say it */
    int descriptor;
    packing packing;
    bool ended;     /* the descriptor has no more */
    bool inside;    /* a compressed member was begun and not ended */
    bool inflating; /* `gzip` was set up */
    z_stream gzip;
    ZSTD_DStream *zstandard;
    size_t begin, end; /* what is left of `input` */
    unsigned char input[INPUT_SIZE];
};

/* Reads on until `input` holds `wanted` bytes or the file ends. */
static lt_status fill(lt_source *source, size_t wanted, lt_error *error)
{
    if (source->begin > 0) {
        memmove(source->input, source->input + source->begin, source->end - source->begin);
        source->end -= source->begin;
        source->begin = 0;
    }
    while (source->end < wanted && !source->ended) {
        ssize_t n = read(source->descriptor, source->input + source->end, INPUT_SIZE - source->end);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return lt_fail_errno(error, "cannot read %s", source->path);
        source->ended = n == 0;
        source->end += (size_t)n;
    }
    return LT_OK;
}

typedef struct magic {
    packing packing;
    size_t length;
    unsigned char bytes[4], mask[4];
} magic;

/* RFC 1952, 2.3.1; RFC 8878, 3.1.1 and 3.1.2: a file may begin with a skippable frame, as pzstd writes it. */
static const magic magics[] = {
    {GZIP, 2, {0x1F, 0x8B}, {0xFF, 0xFF}},
    {ZSTANDARD, 4, {0x28, 0xB5, 0x2F, 0xFD}, {0xFF, 0xFF, 0xFF, 0xFF}},
    {ZSTANDARD, 4, {0x50, 0x2A, 0x4D, 0x18}, {0xF0, 0xFF, 0xFF, 0xFF}},
};
enum { MAGICS = sizeof magics / sizeof *magics };

/* Do the first bytes, as many as there are of them, look like this? */
static bool begins_like(const lt_source *source, const magic *m)
{
    for (size_t i = 0; i < m->length && i < source->end; i++)
        if ((source->input[i] & m->mask[i]) != m->bytes[i]) return false;
    return true;
}

/* Reads the first bytes one after another and no more of them than it takes: a terminal or a pipe may wait
 * for the answer to a line of two bytes. */
static lt_status recognise(lt_source *source, lt_error *error)
{
    bool open = true; /* more bytes would tell more */
    for (size_t wanted = 1; open && !source->ended; wanted++) {
        LT_TRY(fill(source, wanted, error));
        open = false;
        for (size_t i = 0; i < MAGICS; i++) {
            if (!begins_like(source, &magics[i])) continue;
            if (source->end >= magics[i].length)
                source->packing = magics[i].packing;
            else
                open = true;
        }
    }
    return LT_OK;
}

static bool named_as_packed(const char *path)
{
    const char *dot = strrchr(path, '.');
    return dot && (strcmp(dot, ".gz") == 0 || strcmp(dot, ".zst") == 0);
}

static lt_status damaged(const lt_source *source, const char *why, lt_error *error)
{
    return lt_fail(error, LT_ERROR_FORMAT, "%s: the compressed file is damaged (%s); get it again",
                   source->path, why);
}

static lt_status begin_packing(lt_source *source, lt_error *error)
{
    LT_TRY(recognise(source, error));
    if (source->packing == PLAIN && source->ended && source->end < 4 && named_as_packed(source->path))
        return damaged(source, "it was cut off in its first bytes", error);
    bool memory = true;
    if (source->packing == GZIP) memory = source->inflating = inflateInit2(&source->gzip, 15 + 16) == Z_OK;
    if (source->packing == ZSTANDARD) memory = (source->zstandard = ZSTD_createDStream()) != NULL;
    if (memory) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", source->path);
}

lt_status lt_source_open(lt_source **source, const char *path, lt_error *error)
{
    *source = NULL;
    bool standard = strcmp(path, "-") == 0;
    lt_source *s = calloc(1, sizeof *s);
    if (s) s->path = strdup(standard ? "standard input" : path);
    if (!s || !s->path) {
        free(s);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", path);
    }
    struct stat status;
    s->descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    lt_status result = LT_OK;
    if (s->descriptor < 0)
        result = lt_fail_errno(error, "cannot open %s", path);
    else if (fstat(s->descriptor, &status) == 0 && S_ISDIR(status.st_mode))
        result = lt_fail(error, LT_ERROR_IO, "cannot read %s: it is a folder", s->path);
    if (result == LT_OK) result = begin_packing(s, error);
    if (result == LT_OK)
        *source = s;
    else
        lt_source_close(s);
    return result;
}

void lt_source_close(lt_source *source)
{
    if (!source) return;
    if (source->inflating) inflateEnd(&source->gzip);
    ZSTD_freeDStream(source->zstandard);
    if (source->descriptor > STDIN_FILENO) close(source->descriptor);
    free(source->path);
    free(source);
}

bool lt_source_ready(const lt_source *source, int milliseconds)
{
    struct pollfd wanted = {.fd = source->descriptor, .events = POLLIN};
    return source->begin < source->end || source->ended || poll(&wanted, 1, milliseconds) > 0;
}

/* One call of inflate(): a gzip file may have several members, one behind another. */
static lt_status read_gzip(lt_source *source, char *out, size_t size, size_t *got, lt_error *error)
{
    z_stream *z = &source->gzip;
    if (!source->inside && inflateReset(z) != Z_OK) return damaged(source, "no gzip member", error);
    source->inside = true;
    z->next_in = source->input + source->begin;
    z->avail_in = (uInt)(source->end - source->begin);
    z->next_out = (Bytef *)out;
    z->avail_out = (uInt)size;
    int code = inflate(z, Z_NO_FLUSH);
    source->begin = source->end - z->avail_in;
    *got = size - z->avail_out;
    if (code == Z_STREAM_END)
        source->inside = false;
    else if (code != Z_OK && code != Z_BUF_ERROR)
        return damaged(source, z->msg ? z->msg : "no gzip member", error);
    return LT_OK;
}

static lt_status read_zstandard(lt_source *source, char *out, size_t size, size_t *got, lt_error *error)
{
    ZSTD_inBuffer in = {source->input + source->begin, source->end - source->begin, 0};
    ZSTD_outBuffer to = {out, size, 0};
    size_t code = ZSTD_decompressStream(source->zstandard, &to, &in);
    if (ZSTD_isError(code)) return damaged(source, ZSTD_getErrorName(code), error);
    source->inside = code != 0;
    source->begin += in.pos;
    *got = to.pos;
    return LT_OK;
}

static void take_plain(lt_source *source, char *out, size_t size, size_t *got)
{
    *got = source->end - source->begin < size ? source->end - source->begin : size;
    memcpy(out, source->input + source->begin, *got);
    source->begin += *got;
}

lt_status lt_source_read(lt_source *source, char *out, size_t size, size_t *got, lt_error *error)
{
    *got = 0;
    if (size > INPUT_SIZE) size = INPUT_SIZE;
    while (*got == 0) {
        if (source->begin == source->end) LT_TRY(fill(source, 1, error));
        bool empty = source->begin == source->end;
        if (empty && !source->inside) return LT_OK;
        if (source->packing == PLAIN) {
            take_plain(source, out, size, got);
        } else {
            /* A decoder may still hold output when the input is used up: only a call that gives nothing more
             * tells that the file was cut off. */
            LT_TRY(source->packing == GZIP ? read_gzip(source, out, size, got, error)
                                           : read_zstandard(source, out, size, got, error));
            if (empty && *got == 0 && source->inside) return damaged(source, "it was cut off", error);
        }
    }
    return LT_OK;
}
