/* latimer rescore: the log-probability of each given translation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/run_ensemble.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/use_tuned.h"
#include "experiments/run_model.h"

enum { BLOCK_PAIRS = 4096 }; /* scored at a time: what bounds the memory */

typedef struct rescore_options {
    char *output, *weights;
    int64_t max_length;
    int checkpoint, precision;
    bool tuned, summary;
} rescore_options;

static const lt_option table[] = {
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(rescore_options, output),
     .default_value = "-",
     .letter = 'o',
     .value = "FILE",
     .help = "Where the scores go; - is standard output. A file is complete or not there."},
    {.key = "max_length",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(rescore_options, max_length),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000000,
     .help = "Of a source line of more pieces only the first so many are read, as in translating; 0: as the "
             "run has it, see --tuned."},
    {.key = "tuned",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(rescore_options, tuned),
     .default_value = "true",
     .help = "Cut sources as 'latimer translate' does: as 'latimer tune' chose, where it chose that (of "
             "several runs "
             "only where --tuned is given), else as the run's experiment has it. --no-tuned: as the "
             "experiment has it."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(rescore_options, checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models scores; of several runs, each one's."},
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(rescore_options, precision),
     .default_value = "float32",
     .choices = lt_precision_names,
     .help = lt_precision_help},
    {.key = "weights",
     .type = LT_OPTION_STRING,
     .offset = offsetof(rescore_options, weights),
     .value = "W,W,...",
     .help = lt_weights_help},
    {.key = "summary",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(rescore_options, summary),
     .default_value = "false",
     .help =
         "At the end, the sum, the cross-entropy in nats per piece and the perplexity go to standard error."},
    {0},
};

typedef struct work {
    const rescore_options *options;
    lt_run_ensemble runs;
    const lt_run_model *run; /* the first of them */
    size_t max_length;       /* source pieces */
    lt_pairs pairs;
    lt_atomic_file file;
    FILE *out;
    lt_dataset block;
    double scores[BLOCK_PAIRS];
    const volatile sig_atomic_t *signal;
    /* so far */
    double sum;
    size_t lines, pieces;
} work;

static lt_status find_max_length(work *w, const lt_common_options *common, lt_error *error)
{
    lt_decoding_options decoding = w->run->experiment.decoding;
    if (w->options->tuned) LT_TRY(lt_use_tuned(&decoding, w->run, w->runs.count, common, false, error));
    w->max_length = (size_t)(w->options->max_length ? w->options->max_length : decoding.max_length);
    return LT_OK;
}

static lt_status read_block(work *w, bool *end, lt_error *error)
{
    lt_line src, trg;
    lt_dataset_clear(&w->block);
    while (w->block.pairs < BLOCK_PAIRS) {
        LT_TRY(lt_pairs_next(&w->pairs, &src, &trg, end, error));
        if (*end) return LT_OK;
        LT_TRY(lt_dataset_add(&w->block, &w->run->tokenizers, &src, &trg, 0, error));
    }
    return LT_OK;
}

static lt_status score_block(work *w, lt_error *error)
{
    LT_TRY(lt_rescore_ensemble(&w->runs.ensemble, w->run->pool, &w->block, w->max_length, w->scores, error));
    for (size_t i = 0; i < w->block.pairs; i++) {
        w->sum += w->scores[i];
        if (fprintf(w->out, "%.6f\n", w->scores[i]) < 0)
            return lt_fail_errno(error, "cannot write the score of line %zu", w->lines + i + 1);
    }
    w->lines += w->block.pairs;
    w->pieces += w->block.trg_tokens + w->block.pairs;
    return LT_OK;
}

static lt_status score_all(work *w, lt_error *error)
{
    for (bool end = false; !end;) {
        int number = *w->signal;
        if (number) return lt_fail_signal(error, number, " after %zu lines", w->lines);
        LT_TRY(read_block(w, &end, error));
        LT_TRY(score_block(w, error));
    }
    return LT_OK;
}

static lt_status tell(const work *w, bool quiet, lt_error *error)
{
    lt_text remarks = {0};
    lt_status status = lt_reader_remarks(w->pairs.src, &remarks, error);
    if (status == LT_OK) status = lt_reader_remarks(w->pairs.trg, &remarks, error);
    if (status == LT_OK && remarks.length && !quiet) fputs(remarks.data, stderr);
    lt_text_clear(&remarks);
    if (w->options->summary && w->pieces)
        fprintf(stderr,
                "%zu lines, %zu pieces: log-probability %.4f, cross-entropy %.6f nats per piece, perplexity "
                "%.4f\n",
                w->lines, w->pieces, w->sum, -w->sum / (double)w->pieces, exp(-w->sum / (double)w->pieces));
    return status;
}

static lt_status open_runs(work *w, const lt_strings *operands, const lt_common_options *common,
                           lt_error *error)
{
    const rescore_options *o = w->options;
    const lt_run_ensemble_setting setting = {.db = common->db,
                                             .checkpoint = lt_checkpoint_files[o->checkpoint],
                                             .weights = o->weights,
                                             .threads = (size_t)common->threads,
                                             .precision = o->precision,
                                             .quiet = common->quiet};
    LT_TRY(lt_run_ensemble_open(&w->runs, operands->items, operands->count - 2, &setting, error));
    w->run = &w->runs.runs[0];
    return LT_OK;
}

static lt_status run_rescore(const void *arguments, const lt_common_options *common,
                             const lt_strings *operands, lt_error *error)
{
    const rescore_options *o = arguments;
    const char *src = operands->items[operands->count - 2], *trg = operands->items[operands->count - 1];
    if (strcmp(src, "-") == 0 && strcmp(trg, "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE, "SRC and TRG cannot both be standard input");
    work *w = calloc(1, sizeof *w);
    if (!w) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    w->options = o;
    w->out = stdout;
    w->signal = lt_catch_signals();
    bool to_file = strcmp(o->output, "-") != 0;
    lt_status status;
    LT_GOTO(status, open_runs(w, operands, common, error), done);
    LT_GOTO(status, find_max_length(w, common, error), done);
    LT_GOTO(status, lt_pairs_open(&w->pairs, src, trg, error), done);
    if (to_file) LT_GOTO(status, lt_atomic_open(&w->file, o->output, error), done);
    if (to_file) w->out = w->file.stream;
    LT_GOTO(status, score_all(w, error), done);
    if (to_file) LT_GOTO(status, lt_atomic_commit(&w->file, error), done);
    status = tell(w, common->quiet, error);
done:
    lt_atomic_abort(&w->file);
    lt_dataset_clear(&w->block);
    lt_pairs_close(&w->pairs);
    lt_run_ensemble_clear(&w->runs);
    free(w);
    return status;
}

const lt_command lt_command_rescore = {
    .name = "rescore",
    .usage = "RUN... SRC TRG [options]",
    .summary = "the log-probability of each given translation, a line each",
    .description =
        "Reads line i of TRG as a translation of line i of SRC (plain, .gz or .zst) and writes "
        "its log-probability\n"
        "under the run's model: natural logarithm, the end of sentence included. 'latimer "
        "translate --n-best'\n"
        "gives the same figure, F0, for the same text, to the last digit. Files of unequal length "
        "are an error.\n"
        "\n"
        "The last two operands are the files. Several runs before them score together, as they "
        "translate\n"
        "together: of each piece it is the mean of their probabilities (see --weights, and 'latimer "
        "translate').\n"
        "Nothing is recorded in the database.",
    .table = table,
    .size = sizeof(rescore_options),
    .least = 3,
    .most = LT_ENSEMBLE_MAX + 2,
    .run = run_rescore,
};
