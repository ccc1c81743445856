#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "corpora/corpora.h"
#include "corpora/source.h"

enum { CHUNK = 1 << 16 };

struct lt_reader {
    lt_source *source;
    char *path;
    lt_reader_counts counts;
    lt_sha256 hash;
    lt_text line; /* a line that spans chunks */
    bool ended;
    size_t begin, end; /* what is left of `chunk` */
    char chunk[CHUNK + 1];
};

lt_status lt_corpus_path(char **path, const char *prefix, const char *suffix, lt_error *error)
{
    static const char *const packings[] = {"", ".gz", ".zst"};
    *path = NULL;
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        char *name;
        if (asprintf(&name, "%s.%s%s", prefix, suffix, packings[i]) < 0) {
            free(*path);
            *path = NULL;
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s.%s", prefix, suffix);
        }
        if (!lt_file_exists(name)) {
            free(name);
        } else if (!*path) {
            *path = name;
        } else {
            lt_fail(error, LT_ERROR_USAGE, "there are both %s and %s; remove one of them", *path, name);
            free(name);
            free(*path);
            *path = NULL;
            return LT_ERROR_USAGE;
        }
    }
    if (*path) return LT_OK;
    return lt_fail(error, LT_ERROR_IO,
                   "there is no file %s.%s (nor .gz, nor .zst): check the prefix and the suffix", prefix,
                   suffix);
}

lt_status lt_reader_open(lt_reader **reader, const char *path, lt_error *error)
{
    lt_reader *r = *reader = NULL;
    r = calloc(1, sizeof *r);
    if (r) r->path = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (!r || !r->path) {
        free(r);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", path);
    }
    lt_sha256_init(&r->hash);
    lt_status status = lt_source_open(&r->source, path, error);
    if (status != LT_OK) {
        lt_reader_close(r);
        return status;
    }
    *reader = r;
    return LT_OK;
}

void lt_reader_close(lt_reader *reader)
{
    if (!reader) return;
    lt_source_close(reader->source);
    lt_text_clear(&reader->line);
    free(reader->path);
    free(reader);
}

static void count_line(lt_reader *reader, const lt_line *line)
{
    lt_reader_counts *c = &reader->counts;
    c->lines++;
    if (memchr(line->bytes, '\0', line->length) && c->with_nul++ == 0) c->first_with_nul = c->lines;
    if (!lt_utf8_valid(line->bytes, line->length) && c->malformed++ == 0) c->first_malformed = c->lines;
}

/* The rest of the line that starts in this chunk, or all of the chunk when the line goes on. */
static bool take_line(lt_reader *reader, size_t *length)
{
    char *from = reader->chunk + reader->begin;
    char *stop = memchr(from, '\n', reader->end - reader->begin);
    *length = stop ? (size_t)(stop - from) : reader->end - reader->begin;
    if (stop) *stop = '\0';
    reader->begin += *length + (stop != NULL);
    return stop != NULL;
}

static lt_status next_chunk(lt_reader *reader, lt_error *error)
{
    reader->begin = 0;
    LT_TRY(lt_source_read(reader->source, reader->chunk, CHUNK, &reader->end, error));
    reader->ended = reader->end == 0;
    lt_sha256_update(&reader->hash, reader->chunk, reader->end);
    return LT_OK;
}

lt_status lt_reader_next(lt_reader *reader, lt_line *line, bool *end, lt_error *error)
{
    *line = (lt_line){"", 0};
    *end = false;
    bool complete = false, begun = false; /* begun: `line` holds the first part of a line that spans chunks */
    reader->line.length = 0;
    while (!complete) {
        if (reader->begin == reader->end && !reader->ended) LT_TRY(next_chunk(reader, error));
        if (reader->ended) {
            *end = !begun;
            break;
        }
        char *from = reader->chunk + reader->begin;
        size_t length;
        complete = take_line(reader, &length);
        if (complete && !begun) {
            *line = (lt_line){from, length};
            break;
        }
        begun = true;
        LT_TRY(lt_text_append(&reader->line, from, length, error));
    }
    if (begun) *line = (lt_line){reader->line.data, reader->line.length};
    if (!*end) count_line(reader, line);
    return LT_OK;
}

bool lt_reader_ready(const lt_reader *reader, int milliseconds)
{
    return reader->ended || reader->begin < reader->end || lt_source_ready(reader->source, milliseconds);
}

const char *lt_reader_path(const lt_reader *reader)
{
    return reader->path;
}

const lt_reader_counts *lt_reader_get_counts(const lt_reader *reader)
{
    return &reader->counts;
}

void lt_reader_sha256(lt_reader *reader, char hex[LT_SHA256_HEX])
{
    lt_sha256 hash = reader->hash;
    lt_sha256_hex(&hash, hex);
}

lt_status lt_reader_remarks(const lt_reader *reader, lt_text *out, lt_error *error)
{
    const lt_reader_counts *c = &reader->counts;
    if (c->with_nul)
        LT_TRY(lt_text_appendf(
            out, error, "%s: %zu line%s with NUL bytes (the first is %s:%zu), read as U+FFFD\n", reader->path,
            c->with_nul, c->with_nul == 1 ? "" : "s", reader->path, c->first_with_nul));
    if (c->malformed)
        LT_TRY(lt_text_appendf(
            out, error,
            "%s: %zu line%s of invalid UTF-8 (the first is %s:%zu); the bad bytes are read as "
            "U+FFFD\n",
            reader->path, c->malformed, c->malformed == 1 ? "" : "s", reader->path, c->first_malformed));
    return LT_OK;
}

/* ---- two in step ---- */

lt_status lt_pairs_open(lt_pairs *pairs, const char *src_path, const char *trg_path, lt_error *error)
{
    *pairs = (lt_pairs){0};
    if (strcmp(src_path, "-") == 0 && strcmp(trg_path, "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE, "only one of the two sides can be standard input");
    LT_TRY(lt_reader_open(&pairs->src, src_path, error));
    lt_status status = lt_reader_open(&pairs->trg, trg_path, error);
    if (status != LT_OK) lt_pairs_close(pairs);
    return status;
}

void lt_pairs_close(lt_pairs *pairs)
{
    lt_reader_close(pairs->src);
    lt_reader_close(pairs->trg);
    *pairs = (lt_pairs){0};
}

static lt_status uneven(lt_pairs *pairs, lt_reader *longer, lt_error *error)
{
    lt_line line;
    for (bool end = false; !end;) LT_TRY(lt_reader_next(longer, &line, &end, error));
    return lt_fail(error, LT_ERROR_MISMATCH,
                   "%s has %zu lines and %s has %zu: line i of one must go with line i of the other",
                   pairs->src->path, pairs->src->counts.lines, pairs->trg->path, pairs->trg->counts.lines);
}

lt_status lt_pairs_next(lt_pairs *pairs, lt_line *src, lt_line *trg, bool *end, lt_error *error)
{
    bool src_end, trg_end;
    LT_TRY(lt_reader_next(pairs->src, src, &src_end, error));
    LT_TRY(lt_reader_next(pairs->trg, trg, &trg_end, error));
    *end = src_end && trg_end;
    if (src_end == trg_end) return LT_OK;
    return uneven(pairs, src_end ? pairs->trg : pairs->src, error);
}

/* ---- all in memory ---- */

static lt_status keep_line(lt_lines *lines, size_t **offsets, size_t *room, const lt_line *line,
                           lt_error *error)
{
    if (lines->count + 1 >= *room) {
        size_t more = *room ? *room * 2 : 1024;
        size_t *grown = realloc(*offsets, more * sizeof *grown);
        if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", more);
        *offsets = grown;
        *room = more;
    }
    (*offsets)[lines->count++] = lines->text.length;
    (*offsets)[lines->count] = lines->text.length + line->length + 1;
    return lt_text_append(&lines->text, line->bytes, line->length + 1, error); /* with the NUL behind it */
}

lt_status lt_lines_load(lt_lines *lines, const char *path, lt_text *remarks, lt_error *error)
{
    *lines = (lt_lines){0};
    lt_reader *reader;
    LT_TRY(lt_reader_open(&reader, path, error));
    size_t *offsets = NULL, room = 0;
    lt_status status = LT_OK;
    lt_line line;
    for (;;) {
        bool end;
        LT_GOTO(status, lt_reader_next(reader, &line, &end, error), done);
        if (end) break;
        LT_GOTO(status, keep_line(lines, &offsets, &room, &line, error), done);
    }
    lines->items = malloc((lines->count ? lines->count : 1) * sizeof *lines->items);
    if (!lines->items) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", lines->count);
        goto done;
    }
    for (size_t i = 0; i < lines->count; i++)
        lines->items[i] = (lt_line){lines->text.data + offsets[i], offsets[i + 1] - offsets[i] - 1};
    lt_reader_sha256(reader, lines->sha256);
    if (remarks) status = lt_reader_remarks(reader, remarks, error);
done:
    free(offsets);
    lt_reader_close(reader);
    if (status != LT_OK) lt_lines_clear(lines);
    return status;
}

void lt_lines_clear(lt_lines *lines)
{
    lt_text_clear(&lines->text);
    free(lines->items);
    *lines = (lt_lines){0};
}
