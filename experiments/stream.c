#include "experiments/stream.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/clock.h"

/* A block has no more than so many bytes. */
enum { BLOCK_BYTES = 1 << 24, WAIT_MILLISECONDS = 200 };

typedef struct stream {
    const lt_stream_files *files;
    lt_text text;   /* of the block at hand */
    size_t *offset; /* (lines_max + 1) */
    lt_line *line;  /* (lines_max) */
    size_t lines, lines_max;
    size_t done; /* lines of the blocks before */
    lt_text out; /* what the block gives */
    lt_sha256 hash;
} stream;

/* ---- a block of input ---- */

static lt_status wait_for_input(const stream *s, lt_error *error)
{
    for (;;) {
        int number = s->files->signal ? *s->files->signal : 0;
        if (number) return lt_fail_signal(error, number, " after %zu lines", s->done);
        if (lt_reader_ready(s->files->reader, WAIT_MILLISECONDS)) return LT_OK;
    }
}

static lt_status read_block(stream *s, bool *end, lt_error *error)
{
    lt_line line;
    *end = false;
    s->lines = s->text.length = 0;
    while (s->lines < s->lines_max && s->text.length < BLOCK_BYTES) {
        if (s->lines > 0 && !lt_reader_ready(s->files->reader, 0)) break;
        LT_TRY(wait_for_input(s, error));
        LT_TRY(lt_reader_next(s->files->reader, &line, end, error));
        if (*end) break;
        s->offset[s->lines++] = s->text.length;
        LT_TRY(lt_text_append(&s->text, line.bytes, line.length + 1, error)); /* with the NUL behind it */
        s->offset[s->lines] = s->text.length;
    }
    for (size_t i = 0; i < s->lines; i++)
        s->line[i] = (lt_line){s->text.data + s->offset[i], s->offset[i + 1] - s->offset[i] - 1};
    return LT_OK;
}

/* ---- a block of output ---- */

static lt_status write_block(stream *s, lt_error *error)
{
    FILE *out = s->files->out;
    lt_sha256_update(&s->hash, s->out.data, s->out.length);
    if (out && (fwrite(s->out.data, 1, s->out.length, out) != s->out.length || fflush(out) != 0))
        return lt_fail_errno(error, "cannot write the output behind line %zu", s->done);
    s->done += s->lines;
    s->out.length = 0;
    return LT_OK;
}

/* ---- all ---- */

static lt_status answer_all(stream *s, lt_stream_answer answer, void *context, lt_stream_result *result,
                            lt_error *error)
{
    const lt_stream_files *files = s->files;
    for (bool end = false; !end;) {
        LT_TRY(read_block(s, &end, error));
        if (s->lines == 0) continue;
        double began = lt_seconds();
        LT_TRY(answer(context, s->line, s->lines, s->done, &s->out, error));
        result->seconds += lt_seconds() - began;
        LT_TRY(write_block(s, error));
        if (files->progress) files->progress(files->progress_context, s->done, result->seconds);
    }
    return files->keep ? lt_hypotheses_finish(files->keep, error) : LT_OK;
}

lt_status lt_stream_run(const lt_stream_files *files, size_t block, lt_stream_answer answer, void *context,
                        lt_stream_result *result, lt_error *error)
{
    stream s = {.files = files,
                .lines_max = block,
                .offset = malloc((block + 1) * sizeof *s.offset),
                .line = malloc(block * sizeof *s.line)};
    *result = (lt_stream_result){0};
    lt_sha256_init(&s.hash);
    lt_status status = s.offset && s.line
                           ? answer_all(&s, answer, context, result, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", block);
    lt_sha256_hex(&s.hash, result->output_sha256);
    lt_text_clear(&s.text);
    lt_text_clear(&s.out);
    free(s.offset);
    free(s.line);
    return status;
}
