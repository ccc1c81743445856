#include "experiments/stream.h"

#include <stdlib.h>
#include <string.h>

#include "model/base/clock.h"

/* A block is what is sorted and translated at a time: this many batches a worker, and no more than so many
 * bytes. */
enum { BLOCK_BATCHES = 16, BLOCK_BYTES = 1 << 24, WAIT_MILLISECONDS = 200 };

typedef struct stream {
    const lt_stream_setting *setting;
    lt_translator *translator;
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
        int number = s->setting->signal ? *s->setting->signal : 0;
        if (number) return lt_fail_signal(error, number, " after %zu lines", s->done);
        if (lt_reader_ready(s->setting->reader, WAIT_MILLISECONDS)) return LT_OK;
    }
}

static lt_status read_block(stream *s, bool *end, lt_error *error)
{
    lt_line line;
    *end = false;
    s->lines = s->text.length = 0;
    while (s->lines < s->lines_max && s->text.length < BLOCK_BYTES) {
        if (s->lines > 0 && !lt_reader_ready(s->setting->reader, 0)) break;
        LT_TRY(wait_for_input(s, error));
        LT_TRY(lt_reader_next(s->setting->reader, &line, end, error));
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

static lt_status append_word_scores(lt_text *out, const lt_translation *translation, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, " ||| WordScores="));
    for (size_t i = 0; i < translation->pieces; i++)
        LT_TRY(lt_text_appendf(out, error, " %.6f", (double)translation->of_pieces[i]));
    return LT_OK;
}

static lt_status append_alignment(lt_text *out, const lt_translation *translation, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, " ||| "));
    for (size_t i = 0; i < translation->pairs; i++) {
        const lt_word_pair *pair = &translation->alignment[i];
        LT_TRY(lt_text_appendf(out, error, "%s%u-%u", i ? " " : "", pair->src, pair->trg));
    }
    return LT_OK;
}

static lt_status write_translation(void *context, size_t line, const lt_translation *translations,
                                   size_t count, lt_error *error)
{
    stream *s = context;
    const lt_stream_setting *setting = s->setting;
    if (setting->keep)
        LT_TRY(lt_hypotheses_add(setting->keep, translations[0].text, translations[0].length, error));
    for (size_t i = 0; i < count; i++) {
        const lt_translation *one = &translations[i];
        if (setting->n_best) LT_TRY(lt_text_appendf(&s->out, error, "%zu ||| ", s->done + line));
        LT_TRY(lt_text_append(&s->out, one->text, one->length, error));
        if (setting->alignment) LT_TRY(append_alignment(&s->out, one, error));
        if (setting->word_scores) LT_TRY(append_word_scores(&s->out, one, error));
        if (setting->n_best)
            LT_TRY(
                lt_text_appendf(&s->out, error, " ||| F0=%.6f ||| %.6f", one->log_probability, one->score));
        LT_TRY(lt_text_append(&s->out, "\n", 1, error));
    }
    return LT_OK;
}

static lt_status write_block(stream *s, lt_error *error)
{
    FILE *out = s->setting->out;
    lt_sha256_update(&s->hash, s->out.data, s->out.length);
    if (fwrite(s->out.data, 1, s->out.length, out) != s->out.length || fflush(out) != 0)
        return lt_fail_errno(error, "cannot write the translations behind line %zu", s->done);
    s->done += s->lines;
    s->out.length = 0;
    return LT_OK;
}

/* ---- all ---- */

static lt_status prepare(stream *s, lt_error *error)
{
    const lt_stream_setting *setting = s->setting;
    const lt_translator_setting of_translator = {.options = setting->options,
                                                 .n_best = setting->n_best ? setting->n_best : 1,
                                                 .figures = setting->n_best > 0,
                                                 .pieces = setting->word_scores,
                                                 .alignment = setting->alignment,
                                                 .signal = setting->signal};
    s->lines_max = (size_t)setting->options->mini_batch * lt_pool_workers(setting->run->pool) * BLOCK_BATCHES;
    s->offset = malloc((s->lines_max + 1) * sizeof *s->offset);
    s->line = malloc(s->lines_max * sizeof *s->line);
    if (!s->offset || !s->line)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", s->lines_max);
    lt_sha256_init(&s->hash);
    return lt_translator_create(&s->translator, setting->run->model, &setting->run->tokenizers,
                                &of_translator, setting->run->pool, error);
}

static lt_status translate_all(stream *s, lt_stream_result *result, lt_error *error)
{
    const lt_stream_setting *setting = s->setting;
    for (bool end = false; !end;) {
        LT_TRY(read_block(s, &end, error));
        if (s->lines == 0) continue;
        double began = lt_seconds();
        LT_TRY(lt_translator_run(s->translator, s->line, s->lines, write_translation, s, error));
        result->seconds += lt_seconds() - began;
        LT_TRY(write_block(s, error));
        if (setting->progress) setting->progress(setting->progress_context, s->done, result->seconds);
    }
    return setting->keep ? lt_hypotheses_finish(setting->keep, error) : LT_OK;
}

lt_status lt_stream_translate(const lt_stream_setting *setting, lt_stream_result *result, lt_error *error)
{
    stream s = {.setting = setting};
    *result = (lt_stream_result){0};
    lt_status status = prepare(&s, error);
    if (status == LT_OK) status = translate_all(&s, result, error);
    if (s.translator) result->counts = *lt_translator_get_counts(s.translator);
    lt_sha256_hex(&s.hash, result->output_sha256);
    lt_translator_free(s.translator);
    lt_text_clear(&s.text);
    lt_text_clear(&s.out);
    free(s.offset);
    free(s.line);
    return status;
}
