/* stream_translate.c: lines in, translations out. */
#include "experiments/stream.h"

/* What is sorted and translated at a time: this many batches a worker. */
enum { BLOCK_BATCHES = 16 };

typedef struct translating {
    const lt_stream_setting *setting;
    lt_translator *translator;
    lt_text *out;
    size_t done;
} translating;

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
    translating *t = context;
    const lt_stream_setting *setting = t->setting;
    lt_hypotheses *keep = setting->files.keep;
    if (keep) LT_TRY(lt_hypotheses_add(keep, translations[0].text, translations[0].length, error));
    for (size_t i = 0; i < count; i++) {
        const lt_translation *one = &translations[i];
        if (setting->n_best) LT_TRY(lt_text_appendf(t->out, error, "%zu ||| ", t->done + line));
        LT_TRY(lt_text_append(t->out, one->text, one->length, error));
        if (setting->alignment) LT_TRY(append_alignment(t->out, one, error));
        if (setting->word_scores) LT_TRY(append_word_scores(t->out, one, error));
        if (setting->n_best)
            LT_TRY(lt_text_appendf(t->out, error, " ||| F0=%.6f ||| %.6f", one->log_probability, one->score));
        LT_TRY(lt_text_append(t->out, "\n", 1, error));
    }
    return LT_OK;
}

static lt_status translate_block(void *context, const lt_line *lines, size_t count, size_t done, lt_text *out,
                                 lt_error *error)
{
    translating *t = context;
    t->out = out;
    t->done = done;
    return lt_translator_run(t->translator, lines, count, write_translation, t, error);
}

lt_status lt_stream_translate(const lt_stream_setting *setting, lt_stream_result *result, lt_error *error)
{
    translating t = {.setting = setting};
    const lt_translator_setting of_translator = {.options = setting->options,
                                                 .n_best = setting->n_best ? setting->n_best : 1,
                                                 .figures = setting->n_best > 0,
                                                 .pieces = setting->word_scores,
                                                 .alignment = setting->alignment,
                                                 .shortlist = setting->shortlist,
                                                 .signal = setting->files.signal};
    size_t block = (size_t)setting->options->mini_batch * lt_pool_workers(setting->run->pool) * BLOCK_BATCHES;
    const lt_model *model = setting->run->model;
    const lt_ensemble alone = {.models = &model, .count = 1};
    *result = (lt_stream_result){0};
    LT_TRY(lt_translator_create_ensemble(&t.translator, setting->ensemble ? setting->ensemble : &alone,
                                         &setting->run->tokenizers, &of_translator, setting->run->pool,
                                         error));
    lt_status status = lt_stream_run(&setting->files, block, translate_block, &t, result, error);
    result->counts = *lt_translator_get_counts(t.translator);
    result->phases = lt_translator_phases(t.translator);
    lt_translator_free(t.translator);
    return status;
}
