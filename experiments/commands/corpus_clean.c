/* latimer corpus clean: what should not be trained on goes, and is counted. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/run_folder.h"
#include "experiments/run_model.h"

typedef struct clean_options {
    char *output, *language_model, *src_language, *trg_language;
    double min_probability;
    lt_clean_options clean;
} clean_options;

#define FIELD(name) .key = #name, .offset = offsetof(clean_options, name)

static const lt_option table[] = {
    {FIELD(output), .type = LT_OPTION_STRING, .letter = 'o', .value = "PREFIX", .required = true,
     .help = "Writes PREFIX.SRC and PREFIX.TRG: both, complete, or neither."},
    {FIELD(clean), .type = LT_OPTION_GROUP, .group = lt_clean_table},
    {FIELD(language_model), .type = LT_OPTION_STRING, .value = "RUN",
     .help = "A classifier whose labels are languages, trained by 'latimer train' with 'task: classify': "
             "pairs are "
             "dropped of which a side is most probably not in its language."},
    {FIELD(src_language), .type = LT_OPTION_STRING, .value = "LABEL",
     .help = "With --language-model: the label that the source must have. Unless given, what --src says."},
    {FIELD(trg_language), .type = LT_OPTION_STRING, .value = "LABEL", .help = "The same of the target."},
    {FIELD(min_probability), .type = LT_OPTION_REAL, .default_value = "0.0", .minimum = 0, .maximum = 1,
     .help = "With --language-model: a side is in its language where that has at least this probability; 0: "
             "where it "
             "is the most probable. Low ones, as 0.1, let short and odd lines pass, high ones only what is "
             "clear."},
    {0},
};

enum { MINI_BATCH = 64 };

/* The languages' judge, and what it found on each side: how often a line was taken for which language. */
typedef struct language_judge {
    const clean_options *options;
    lt_run_model run;
    int32_t wanted[2];
    size_t *taken_for[2]; /* (C) of the lines that were found wrong */
    float *rows;          /* (2 * LT_CLEAN_BLOCK, C) */
    const volatile sig_atomic_t *signal;
} language_judge;

static bool judge_side(language_judge *j, const float *row, size_t side)
{
    size_t classes = j->run.labels.names.count, best = lt_best_class(row, classes),
           wanted = (size_t)j->wanted[side];
    double least = j->options->min_probability;
    if (least > 0 ? exp((double)row[wanted]) >= least : best == wanted) return true;
    j->taken_for[side][best]++;
    return false;
}

static lt_status judge_languages(void *context, const lt_line *src, const lt_line *trg, size_t count,
                                 bool *good, lt_error *error)
{
    language_judge *j = context;
    size_t classes = j->run.labels.names.count;
    lt_dataset texts = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; i < 2 * count && status == LT_OK; i++)
        status = lt_dataset_add_labelled(&texts, j->run.tokenizers.src, i % 2 ? &trg[i / 2] : &src[i / 2], 0,
                                         (size_t)j->run.experiment.data.max_length, false, error);
    if (status == LT_OK)
        status = lt_classify(j->run.model, j->run.pool, &texts, MINI_BATCH, j->signal, j->rows, error);
    for (size_t i = 0; i < count && status == LT_OK; i++) {
        bool one = judge_side(j, j->rows + 2 * i * classes, 0);
        bool other = judge_side(j, j->rows + (2 * i + 1) * classes, 1);
        good[i] = one && other;
    }
    lt_dataset_clear(&texts);
    return status;
}

static lt_status want_language(language_judge *j, size_t side, const char *option, const char *given,
                               const char *suffix, lt_error *error)
{
    const char *label = given ? given : suffix;
    const lt_line line = {label, strlen(label)};
    if (lt_labels_class(&j->run.labels, &line, &j->wanted[side], error) == LT_OK) return LT_OK;
    return lt_error_context(error, "--language-model %s: --%s", j->options->language_model, option);
}

static lt_status open_judge(language_judge *j, const clean_options *o, const lt_common_options *common,
                            lt_error *error)
{
    lt_found_run found;
    j->options = o;
    LT_TRY(lt_find_run(&found, o->language_model, common->db, error));
    lt_status status = lt_run_model_open(&j->run, found.folder, LT_RUN_BEST, LT_TASK_CLASSIFY,
                                         (size_t)common->threads, 0, error);
    free(found.folder);
    LT_TRY(status);
    LT_TRY(want_language(j, 0, "src-language", o->src_language, o->clean.src, error));
    LT_TRY(want_language(j, 1, "trg-language", o->trg_language, o->clean.trg, error));
    size_t classes = j->run.labels.names.count;
    j->rows = malloc(2 * LT_CLEAN_BLOCK * classes * sizeof *j->rows);
    for (size_t side = 0; side < 2; side++) j->taken_for[side] = calloc(classes, sizeof *j->taken_for[side]);
    if (j->rows && j->taken_for[0] && j->taken_for[1]) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu languages", classes);
}

static void clear_judge(language_judge *j)
{
    free(j->rows);
    free(j->taken_for[0]);
    free(j->taken_for[1]);
    lt_run_model_clear(&j->run);
}

/* "  sources that are not en: 17 (de 12, fr 5)" */
static lt_status describe_side(const language_judge *j, size_t side, lt_text *out, lt_error *error)
{
    const lt_strings *names = &j->run.labels.names;
    size_t sum = 0;
    for (size_t c = 0; c < names->count; c++) sum += j->taken_for[side][c];
    LT_TRY(lt_text_appendf(out, error, "  %s that are not %s: %zu", side ? "targets" : "sources",
                           names->items[j->wanted[side]], sum));
    for (size_t c = 0, shown = 0; c < names->count; c++)
        if (j->taken_for[side][c])
            LT_TRY(lt_text_appendf(out, error, "%s%s %zu", shown++ ? ", " : " (", names->items[c],
                                   j->taken_for[side][c]));
    if (sum) LT_TRY(lt_text_appendf(out, error, ")"));
    return lt_text_appendf(out, error, "\n");
}

static lt_status tell(const clean_options *o, const lt_clean_report *report, const lt_clean_judge *judge,
                      lt_error *error)
{
    lt_text text = {0};
    lt_status status = lt_clean_describe(report, judge, "\n", &text, error);
    if (status == LT_OK && text.length) status = lt_text_append(&text, "\n", 1, error);
    for (size_t side = 0; side < 2 && o->language_model && status == LT_OK; side++)
        status = describe_side(judge->context, side, &text, error);
    if (status == LT_OK)
        fprintf(stderr, "read %zu, wrote %zu sentence pair%s to %s.%s and %s.%s\n%s", report->read,
                report->written, report->written == 1 ? "" : "s", o->output, o->clean.src, o->output,
                o->clean.trg, text.length ? text.data : "");
    lt_text_clear(&text);
    return status;
}

static lt_status check_options(const clean_options *o, lt_error *error)
{
    if (!o->output || !*o->output)
        return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o PREFIX");
    if (!o->clean.src || !o->clean.trg)
        return lt_fail(error, LT_ERROR_USAGE,
                       "which languages are they? Give --src and --trg, as in --src en");
    if (!o->language_model && (o->src_language || o->trg_language || o->min_probability > 0))
        return lt_fail(
            error, LT_ERROR_USAGE,
            "--src-language, --trg-language and --min-probability are about what --language-model finds; "
            "give --language-model RUN too");
    return LT_OK;
}

static lt_status run_clean(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const clean_options *o = arguments;
    lt_clean_report report = {0};
    language_judge j = {.signal = lt_catch_signals()};
    const lt_clean_judge judge = {&j, judge_languages, "a side is not in its language"};
    LT_TRY(check_options(o, error));
    lt_status status = o->language_model ? open_judge(&j, o, common, error) : LT_OK;
    if (status == LT_OK) {
        status = lt_corpus_clean(operands->items[0], o->output, &o->clean, o->language_model ? &judge : NULL,
                                 j.signal, &report, error);
        if (status == LT_OK && !common->quiet) status = tell(o, &report, &judge, error);
    }
    clear_judge(&j);
    return status;
}

const lt_command lt_command_corpus_clean = {
    .name = "corpus clean",
    .usage = "PREFIX --src LANGUAGE --trg LANGUAGE -o PREFIX [options]",
    .summary = "drops pairs that should not be trained on, and counts them",
    .description =
        "Reads PREFIX.SRC and PREFIX.TRG (plain, .gz or .zst) and writes the pairs that are kept, byte for "
        "byte\n"
        "and in their order. Dropped, each pair for the first reason that applies, and counted on standard "
        "error:\n"
        "sides with NUL or invalid UTF-8, empty sides, sides with too many words, lengths out of "
        "proportion,\n"
        "sides that are the same, pairs that were there before, and with --language-model pairs of which a\n"
        "side is in another language. The output may have the prefix of the input.",
    .table = table,
    .size = sizeof(clean_options),
    .least = 1,
    .most = 1,
    .run = run_clean,
};
