#include "experiments/decoding.h"

#include <stdlib.h>

lt_status lt_hypotheses_add(lt_hypotheses *hypotheses, const char *bytes, size_t length, lt_error *error)
{
    if (hypotheses->count + 1 >= hypotheses->capacity) {
        size_t capacity = hypotheses->capacity ? hypotheses->capacity * 2 : 1024;
        size_t *start = realloc(hypotheses->start, capacity * sizeof *start);
        if (!start) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu translations", capacity);
        hypotheses->start = start;
        hypotheses->capacity = capacity;
    }
    hypotheses->start[hypotheses->count++] = hypotheses->text.length;
    LT_TRY(lt_text_append(&hypotheses->text, bytes, length, error));
    LT_TRY(lt_text_append(&hypotheses->text, "", 1, error));
    hypotheses->start[hypotheses->count] = hypotheses->text.length;
    return LT_OK;
}

lt_status lt_hypotheses_finish(lt_hypotheses *hypotheses, lt_error *error)
{
    size_t count = hypotheses->count;
    hypotheses->lines = malloc((count + 1) * sizeof *hypotheses->lines);
    if (!hypotheses->lines)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu translations", count);
    for (size_t i = 0; i < count; i++)
        hypotheses->lines[i] = (lt_metric_line){hypotheses->text.data + hypotheses->start[i],
                                                hypotheses->start[i + 1] - hypotheses->start[i] - 1};
    return LT_OK;
}

void lt_hypotheses_clear(lt_hypotheses *hypotheses)
{
    lt_text_clear(&hypotheses->text);
    free(hypotheses->start);
    free(hypotheses->lines);
    *hypotheses = (lt_hypotheses){0};
}

static lt_status keep_best(void *context, size_t line, const lt_translation *translations, size_t count,
                           lt_error *error)
{
    (void)line, (void)count;
    return lt_hypotheses_add(context, translations[0].text, translations[0].length, error);
}

lt_status lt_decode_lines(lt_hypotheses *hypotheses, const lt_model *model, const lt_tokenizers *tokenizers,
                          const lt_decoding_options *options, lt_pool *pool, const lt_lines *source,
                          const volatile sig_atomic_t *signal, lt_translator_counts *counts, lt_error *error)
{
    lt_translator *translator;
    lt_translator_setting setting = {.options = options, .n_best = 1, .signal = signal};
    *hypotheses = (lt_hypotheses){0};
    LT_TRY(lt_translator_create(&translator, model, tokenizers, &setting, pool, error));
    lt_status status =
        lt_translator_run(translator, source->items, source->count, keep_best, hypotheses, error);
    if (status == LT_OK) status = lt_hypotheses_finish(hypotheses, error);
    if (counts) *counts = *lt_translator_get_counts(translator);
    lt_translator_free(translator);
    return status;
}

lt_status lt_lines_as_metric(lt_metric_line **out, const lt_lines *lines, lt_error *error)
{
    *out = malloc((lines->count + 1) * sizeof **out);
    if (!*out) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines", lines->count);
    for (size_t i = 0; i < lines->count; i++)
        (*out)[i] = (lt_metric_line){lines->items[i].bytes, lines->items[i].length};
    return LT_OK;
}

/* ---- some of the options ---- */

lt_status lt_decoding_override(lt_decoding_options *options, const lt_decoding_options *by,
                               const lt_strings *keys, lt_error *error)
{
    for (const lt_option *option = lt_decoding_table; option->key; option++) {
        if (!lt_strings_has(keys, option->key)) continue;
        lt_text value = {0};
        lt_status status = lt_option_format(&value, by, option, error);
        if (status == LT_OK) status = lt_option_parse(options, option, option->key, value.data, error);
        lt_text_clear(&value);
        LT_TRY(status);
    }
    return LT_OK;
}

lt_status lt_decoding_list(lt_text *out, const lt_decoding_options *options, const lt_strings *keys,
                           lt_error *error)
{
    bool first = true;
    for (const lt_option *option = lt_decoding_table; option->key; option++) {
        if (!lt_strings_has(keys, option->key)) continue;
        LT_TRY(lt_text_appendf(out, error, "%s%s=", first ? "" : " ", option->key));
        LT_TRY(lt_option_format(out, options, option, error));
        first = false;
    }
    return LT_OK;
}
