/* latimer translate: text in, translations out, line by line; each use is recorded as a decoding run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/commands/command.h"
#include "experiments/commands/decoding_record.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/run_ensemble.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/stream_progress.h"
#include "experiments/commands/use_tuned.h"
#include "experiments/run_folder.h"
#include "experiments/stream.h"

typedef struct translate_options {
    char *input, *output, *set, *weights;
    int64_t n_best;
    bool word_scores, alignment, shortlist, tuned, record;
    int checkpoint, precision;
    lt_strings ref;
    lt_decoding_options decoding;
} translate_options;

#define FIELD(name) .offset = offsetof(translate_options, name)

static const lt_option table[] = {
    {.key = "input",
     .type = LT_OPTION_STRING,
     FIELD(input),
     .default_value = "-",
     .letter = 'i',
     .value = "FILE",
     .help = "What to translate, a sentence a line: plain, .gz or .zst; - is standard input."},
    {.key = "output",
     .type = LT_OPTION_STRING,
     FIELD(output),
     .default_value = "-",
     .letter = 'o',
     .value = "FILE",
     .help = "Where the translations go; - is standard output. A file is complete or not there."},
    {.key = "n_best",
     .type = LT_OPTION_INTEGER,
     FIELD(n_best),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000,
     .help =
         "The N best translations of each line, in Moses' format: 'line ||| translation ||| F0=log P ||| "
         "score', lines from 0; score is log P / length^normalize, to which a coverage penalty, where "
         "there is "
         "one, is added. No text is listed twice, so there may be fewer; with --sampling N samples, "
         "equal ones "
         "too. N is at most the beam size. They are in the order of the search; log P is of the pieces that "
         "the "
         "tokenizer cuts the text into, as 'latimer rescore' gives it, and where the search came to the same "
         "text by others, scores need not fall. 0: just the best one, as plain text."},
    {.key = "word_scores",
     .type = LT_OPTION_BOOL,
     FIELD(word_scores),
     .default_value = "false",
     .help = "Adds ' ||| WordScores= ...' behind each translation: the log-probability of each of its pieces "
             "and of the end of sentence."},
    {.key = "alignment",
     .type = LT_OPTION_BOOL,
     FIELD(alignment),
     .default_value = "false",
     .help =
         "Adds ' ||| 0-0 1-2 ...' behind each translation, before the word scores: the words of the line and "
         "of its translation that go together, source-target, from 0, words being what stands between spaces "
         "(or other white space of ASCII) in either line as it is. Two words go together where the model, "
         "choosing some piece of the translated one, looked at a piece of the other more than at anything "
         "else; a word for which it looked at the end of sentence goes with none. Alignments come from "
         "attention: a model without it is an error."},
    {.key = "shortlist",
     .type = LT_OPTION_BOOL,
     FIELD(shortlist),
     .default_value = "false",
     .help = "A faster search: a line's translation is made of the target pieces that are on its list, which "
             "'latimer shortlist RUN' must have counted before. Probabilities are normalised over the list; "
             "the figures of --n-best and --word-scores are over all pieces, as always and as 'latimer "
             "rescore' gives them, so that they need not be in the order of the search."},
    {.key = "tuned",
     .type = LT_OPTION_BOOL,
     FIELD(tuned),
     .default_value = "true",
     .help =
         "Decode as 'latimer tune' has chosen for this run, where it has: by the file decoding.yaml in its "
         "folder. --no-tuned: as the experiment has it. What stands on the command line comes before "
         "either. It was chosen for that run alone: several runs are decoded by the first one's choice only "
         "where "
         "--tuned is given. It is of a search, and left aside with --sampling; "
         "--n-best N takes a beam of N where the one chosen is less and the experiment's is not."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     FIELD(checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models translates; of several runs, each one's."},
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     FIELD(precision),
     .default_value = "float32",
     .choices = lt_precision_names,
     .help = lt_precision_help},
    {.key = "weights", .type = LT_OPTION_STRING, FIELD(weights), .value = "W,W,...", .help = lt_weights_help},
    {.key = "ref",
     .type = LT_OPTION_LIST,
     FIELD(ref),
     .letter = 'r',
     .value = "FILE",
     .help =
         "A reference translation of the input: the translations are scored (BLEU, chrF, TER) and the scores "
         "recorded segment by segment, so that 'latimer compare' can put decodings side by side. Several "
         "references: repeat the option."},
    {.key = "set",
     .type = LT_OPTION_STRING,
     FIELD(set),
     .value = "NAME",
     .help = "With --ref: what the test set is called in the record. Unless given, the first reference's "
             "file name "
             "without its language suffix, as a training calls it."},
    {.key = "record",
     .type = LT_OPTION_BOOL,
     FIELD(record),
     .default_value = "true",
     .help = "Record this decoding in the database, under the training it used."},
    {.key = "decoding",
     .type = LT_OPTION_GROUP,
     FIELD(decoding),
     .group = lt_decoding_table,
     .help = "How it is searched; unless given, as tuned or as the run's experiment has it (shown are an "
             "experiment's defaults)"},
    {0},
};

/* ---- options ---- */

/* The experiment's decoding options, with what was tuned and what stood on the command line in their place.
 */
static lt_status resolve(lt_decoding_options *resolved, const lt_run_ensemble *runs,
                         const translate_options *options, const lt_common_options *common, lt_error *error)
{
    const lt_run_model *run = &runs->runs[0];
    const bool drawn = options->decoding.sampling && lt_was_given(common, "sampling");
    *resolved = run->experiment.decoding;
    if (drawn) resolved->coverage_penalty = 0; /* as what was chosen, it is of a search */
    if (options->tuned && !drawn)
        LT_TRY(lt_use_tuned(resolved, run, runs->count, common, !common->quiet, error));
    /* A beam that was chosen is for the one best: it must not be in the way of what the run's own allows. */
    if (options->n_best > resolved->beam_size && options->n_best <= run->experiment.decoding.beam_size)
        resolved->beam_size = options->n_best;
    return lt_decoding_override(resolved, &options->decoding, &common->given, error);
}

static lt_status check_options(const translate_options *options, const lt_decoding_options *decoding,
                               const lt_ensemble *ensemble, lt_error *error)
{
    if (options->alignment && !lt_ensemble_attends(ensemble))
        return lt_fail(error, LT_ERROR_USAGE,
                       "--alignment: alignments come from attention, and %s "
                       "(model.decoder.attention: none)",
                       ensemble->count == 1 ? "this model has none" : "none of these models has any");
    LT_TRY(lt_decoding_check_ensemble(decoding, ensemble, error));
    if (options->n_best > decoding->beam_size)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--n-best %lld: a beam of %lld holds no more than that many translations; add "
                       "--beam-size %lld",
                       (long long)options->n_best, (long long)decoding->beam_size,
                       (long long)options->n_best);
    if (options->set && options->ref.count == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--set names the test set that --ref scores; give --ref FILE too");
    return LT_OK;
}

/* ---- progress ---- */

static void tell_counts(const lt_decoding_options *decoding, size_t vocabulary,
                        const lt_stream_result *result)
{
    const lt_translator_counts *c = &result->counts;
    fprintf(stderr, "translated %zu line%s in %.2f s: %.1f sentences/s", c->lines, c->lines == 1 ? "" : "s",
            result->seconds, result->seconds > 0 ? (double)c->lines / result->seconds : 0);
    if (c->empty) fprintf(stderr, "; %zu without text gave empty lines", c->empty);
    if (c->src_cut)
        fprintf(
            stderr,
            "; of %zu only the first %lld pieces were translated (the first is line %zu; see --max-length)",
            c->src_cut, (long long)decoding->max_length, c->first_src_cut);
    if (c->trg_cut)
        fprintf(stderr, "; %zu translation%s cut at the length limit (see --max-length-factor)", c->trg_cut,
                c->trg_cut == 1 ? " was" : "s were");
    if (c->listed)
        fprintf(stderr, "; of %zu target pieces %.0f were on a line's list on average", vocabulary,
                (double)c->listed / (double)(c->lines - c->empty));
    fprintf(stderr, "\n");
}

/* With --verbose; tests/bench/bench_translate.c reads these lines. */
static void tell_phases(const lt_stream_result *result)
{
    const lt_phases *phases = &result->phases;
    fprintf(stderr,
            "%zu lines took %.6f s; of which the threads had, and operations of their matrix products:\n",
            result->counts.lines, result->seconds);
    for (int p = 0; p < LT_PHASES; p++)
        if (phases->seconds[p] > 0)
            fprintf(stderr, "  phase %s: %.6f s, %.6f GFLOP\n", lt_phase_names[p], phases->seconds[p],
                    phases->operations[p] / 1e9);
}

/* ---- the work ---- */

typedef struct work {
    const translate_options *options;
    const lt_common_options *common;
    lt_run_ensemble runs;
    lt_run_model *run; /* the first of them */
    lt_decoding_options decoding;
    lt_shortlist *shortlist; /* NULL: none */
    char shortlisted[64];    /* which one: first:best:sha256 */
    lt_text described;
    lt_reader *reader;
    lt_atomic_file file;
    lt_decoding_record record;
    lt_hypotheses hypotheses;
} work;

static lt_status load_shortlist(work *w, const char *path, lt_error *error)
{
    const char *folder = w->run->folder;
    if (!lt_file_exists(path))
        return lt_fail(error, LT_ERROR_USAGE,
                       "--shortlist: the run has none yet; count it by 'latimer shortlist %s'", folder);
    lt_status status = lt_shortlist_load(&w->shortlist, path, &w->run->tokenizers, error);
    if (status != LT_OK)
        return lt_error_context(error, "--shortlist (count it anew by 'latimer shortlist %s')", folder);
    const lt_shortlist_options *o = lt_shortlist_get_options(w->shortlist);
    snprintf(w->shortlisted, sizeof w->shortlisted, "%lld:%lld:%.8s", (long long)o->first, (long long)o->best,
             lt_shortlist_sha256(w->shortlist));
    return LT_OK;
}

static lt_status open_shortlist(work *w, lt_error *error)
{
    if (!w->options->shortlist) return LT_OK;
    char *path = lt_path_join(w->run->folder, LT_RUN_SHORTLIST);
    lt_status status =
        path ? load_shortlist(w, path, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    free(path);
    return status;
}

/* How it is searched, in words. */
static lt_status describe(work *w, lt_error *error)
{
    LT_TRY(lt_decoding_describe(&w->described, &w->decoding, error));
    return w->shortlist ? lt_text_appendf(&w->described, error, " shortlist=%s", w->shortlisted) : LT_OK;
}

static lt_status open_runs(work *w, const lt_strings *names, lt_error *error)
{
    const translate_options *o = w->options;
    const lt_run_ensemble_setting setting = {.db = w->common->db,
                                             .checkpoint = lt_checkpoint_files[o->checkpoint],
                                             .weights = o->weights,
                                             .threads = (size_t)w->common->threads,
                                             .precision = o->precision,
                                             .purposes = o->record ? LT_RUN_FOR_RECORD : 0,
                                             .quiet = w->common->quiet};
    LT_TRY(lt_run_ensemble_open(&w->runs, names->items, names->count, &setting, error));
    w->run = &w->runs.runs[0];
    return LT_OK;
}

static lt_status open_all(work *w, const lt_strings *names, lt_error *error)
{
    const translate_options *o = w->options;
    LT_TRY(open_runs(w, names, error));
    LT_TRY(resolve(&w->decoding, &w->runs, o, w->common, error));
    LT_TRY(check_options(o, &w->decoding, &w->runs.ensemble, error));
    LT_TRY(open_shortlist(w, error));
    LT_TRY(lt_reader_open(&w->reader, o->input, error));
    LT_TRY(lt_decoding_record_references(&w->record, &o->ref, o->input, error));
    if (strcmp(o->output, "-") != 0) LT_TRY(lt_atomic_open(&w->file, o->output, error));
    LT_TRY(describe(w, error));
    const lt_decoding_setting setting = {.run = w->run,
                                         .ensemble = &w->runs,
                                         .training = *w->runs.found[0].id ? w->runs.found[0].id : NULL,
                                         .options = &w->decoding,
                                         .table = lt_decoding_table,
                                         .described = w->described.data,
                                         .shortlist = w->shortlist ? w->shortlisted : NULL,
                                         .db = o->record ? w->common->db : NULL,
                                         .set = o->set,
                                         .input = o->input,
                                         .output = o->output,
                                         .quiet = w->common->quiet};
    return lt_decoding_record_begin(&w->record, &setting, error);
}

static lt_status translate(work *w, lt_stream_result *result, lt_error *error)
{
    bool to_file = strcmp(w->options->output, "-") != 0;
    bool seen = !to_file && isatty(STDOUT_FILENO); /* the translations themselves are the progress */
    lt_stream_progress p = lt_stream_progress_begin();
    const lt_stream_setting setting = {
        .run = w->run,
        .ensemble = &w->runs.ensemble,
        .options = &w->decoding,
        .n_best = (size_t)w->options->n_best,
        .word_scores = w->options->word_scores,
        .alignment = w->options->alignment,
        .shortlist = w->shortlist,
        .files = {.reader = w->reader,
                  .out = to_file ? w->file.stream : stdout,
                  .keep = w->options->ref.count ? &w->hypotheses : NULL,
                  .signal = lt_catch_signals(),
                  .progress = w->common->quiet || seen ? NULL : lt_stream_progress_tell,
                  .progress_context = &p}};
    lt_status status = lt_stream_translate(&setting, result, error);
    lt_stream_progress_end(&p);
    if (status == LT_OK && to_file) status = lt_atomic_commit(&w->file, error);
    return status;
}

static lt_status run_translate(const void *arguments, const lt_common_options *common,
                               const lt_strings *operands, lt_error *error)
{
    work w = {.options = arguments, .common = common};
    lt_stream_result result = {0};
    lt_status status = open_all(&w, operands, error);
    if (status == LT_OK) {
        status = translate(&w, &result, error);
        if (status == LT_OK && !common->quiet) {
            status = lt_stream_tell_input(w.reader, error);
            tell_counts(&w.decoding, lt_model_trg_vocab(w.run->model), &result);
            if (common->verbose) tell_phases(&result);
        }
        status = lt_decoding_record_end(&w.record, status, w.reader, &result, &w.hypotheses, error);
    }
    lt_atomic_abort(&w.file);
    lt_decoding_record_clear(&w.record);
    lt_hypotheses_clear(&w.hypotheses);
    lt_text_clear(&w.described);
    lt_shortlist_free(w.shortlist);
    lt_reader_close(w.reader);
    lt_run_ensemble_clear(&w.runs);
    return status;
}

const lt_command lt_command_translate = {
    .name = "translate",
    .usage = "RUN... [options]",
    .summary = "translates standard input or a file, one output line per input line",
    .description =
        "RUN is a run's id or a unique prefix of one, an experiment's name (its latest finished run), or a "
        "run's\n"
        "folder, which is enough by itself: no database is needed.\n"
        "\n"
        "Several RUNs translate together, as an ensemble: at every step the probability of a piece is the "
        "mean "
        "of\n"
        "theirs (see --weights). Their models may be of any architecture; their tokenizers must be the same, "
        "as\n"
        "those of runs with the same data and 'tokenizer' section are. Decoding options and the shortlist "
        "are "
        "the\n"
        "first run's, and the record is under it and names the others. Time and memory are the sum of "
        "theirs.\n"
        "\n"
        "Every input line gives one output line (with --n-best: one or more), whatever its bytes; an empty "
        "or\n"
        "blank one gives an empty one; NUL and invalid UTF-8 are read as U+FFFD and counted. A translation "
        "depends\n"
        "on its line, the model and the options alone, not on the lines around it, --mini-batch or "
        "--threads.\n"
        "Input from a pipe or a terminal is translated as it comes.\n"
        "\n"
        "Unless --no-record is given, each use is a decoding run in the database: options, SHA-256 of input "
        "and\n"
        "output, lines, sentences/s, and with --ref its scores. 'latimer runs --decodings' lists them.",
    .table = table,
    .size = sizeof(translate_options),
    .least = 1,
    .most = LT_ENSEMBLE_MAX,
    .run = run_translate,
};
