/* latimer tune: chooses a run's decoding options on its validation set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "experiments/commands/command.h"
#include "experiments/commands/decoding_record.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/stream_progress.h"
#include "experiments/run_folder.h"
#include "experiments/tuned.h"
#include "experiments/tuning.h"

typedef struct tune_options {
    char *src;
    lt_strings ref, grid;
    int metric, checkpoint, precision;
    double min_gain;
    bool record, forget;
    lt_decoding_options decoding;
} tune_options;

static const char *const metrics[] = {"bleu", "chrf", "ter", NULL}; /* by lt_metric_kind */

#define FIELD(name) .offset = offsetof(tune_options, name)

static const lt_option table[] = {
    {.key = "src",
     .type = LT_OPTION_STRING,
     FIELD(src),
     .value = "FILE",
     .help = "Choose on this text, with --ref, in place of the validation set the run was trained with. Take "
             "none "
             "that is to be reported: what was chosen on it scores too well there."},
    {.key = "ref",
     .type = LT_OPTION_LIST,
     FIELD(ref),
     .letter = 'r',
     .value = "FILE",
     .help = "With --src: its reference translation. Several references: repeat the option."},
    {.key = "metric",
     .type = LT_OPTION_CHOICE,
     FIELD(metric),
     .default_value = "bleu",
     .choices = metrics,
     .letter = 'm',
     .help = "What settings are compared by: the highest BLEU or chrF, or the lowest TER."},
    {.key = "min_gain",
     .type = LT_OPTION_REAL,
     FIELD(min_gain),
     .default_value = "0.05",
     .minimum = 0,
     .maximum = 100,
     .help = "Differences of less count as noise: among values of a key that are that near to the best, the "
             "cheapest beam and of any other key the value nearest to the run's own is taken."},
    {.key = "grid",
     .type = LT_OPTION_LIST,
     FIELD(grid),
     .value = "KEY=V1,V2",
     .help =
         "The values to try of a decoding option, also of one that is not searched otherwise; the run's own "
         "value is always among them. Repeat for other keys. Unless given: beam_size=1,2,4,5,8,12, "
         "normalize=0,0.2,0.4,0.6,0.8,1,1.2,1.5,2, and where there is attention "
         "coverage_penalty=0,0.01,0.02,0.05,0.1,0.2."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     FIELD(checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models translates."},
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     FIELD(precision),
     .default_value = "float32",
     .choices = lt_precision_names,
     .help = lt_precision_help},
    {.key = "record",
     .type = LT_OPTION_BOOL,
     FIELD(record),
     .default_value = "true",
     .help = "Record the run's own setting and the chosen one in the database."},
    {.key = "forget",
     .type = LT_OPTION_BOOL,
     FIELD(forget),
     .default_value = "false",
     .help = "Only remove what was chosen before: the run decodes as its experiment has it again."},
    {.key = "decoding",
     .type = LT_OPTION_GROUP,
     FIELD(decoding),
     .group = lt_decoding_table,
     .help =
         "Held as given in every setting, not searched; the rest is as the experiment has it (shown are its "
         "defaults)"},
    {0},
};

/* A setting that was tried. */
typedef struct trial {
    lt_decoding_options options;
    lt_text described; /* all options that make a translation */
    lt_stream_result result;
    lt_hypotheses hypotheses;
    double score, ratio; /* by the metric; words of the translations per word of the reference */
} trial;

typedef struct work {
    const tune_options *options;
    const lt_common_options *common;
    const volatile sig_atomic_t *signal;
    lt_found_run found;
    lt_run_model run;
    lt_metadata metadata; /* the checkpoint's */
    char *source, *set;
    char source_sha256[LT_SHA256_HEX];
    lt_strings ref;
    lt_decoding_record references; /* holds them, and records nothing */
    lt_metric_line *lines;         /* theirs: (references, segments) */
    size_t segments;
    lt_metric *metric, *bleu; /* the latter for lengths */
    lt_strings pinned, keys;  /* options given; those and the searched ones */
    lt_tuning_space space;
    trial *trials; /* (count); the first is the run's own setting */
    size_t count, chosen;
    lt_tuning_score *known; /* (knowns) of the space's points */
    size_t knowns;
} work;

/* ---- opening ---- */

static lt_status check_set(work *w, lt_error *error)
{
    static const char *const keys[] = {"corpus.dev.src", "corpus.dev.trg"};
    char reference[LT_SHA256_HEX];
    if (w->options->src) return LT_OK;
    lt_decoding_record_hash(&w->references, reference);
    for (size_t i = 0; i < 2; i++) {
        const char *was = lt_metadata_get(&w->metadata, keys[i]), *is = i ? reference : w->source_sha256;
        if (!was || strcmp(was, is) != 0)
            return lt_fail(
                error, LT_ERROR_MISMATCH,
                "data.dev: %s is not the file the run was validated on: its SHA-256 was %s and is %s "
                "now; put that file back, or give a set by --src FILE --ref FILE",
                i ? w->ref.items[0] : w->source, was ? was : "(nothing)", is);
    }
    return LT_OK;
}

/* The files of the run's own validation set, or those given. */
static lt_status find_set(work *w, lt_error *error)
{
    const tune_options *o = w->options;
    const lt_data_options *data = &w->run.experiment.data;
    if ((o->src != NULL) != (o->ref.count > 0))
        return lt_fail(error, LT_ERROR_USAGE, "--src and --ref go together: a text and its reference");
    if (o->src && strcmp(o->src, "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--src -: the text is read once for every setting, and standard input only once");
    for (size_t i = 0; i < o->ref.count; i++) LT_TRY(lt_strings_add(&w->ref, o->ref.items[i], error));
    if (o->src) {
        w->source = strdup(o->src);
        return w->source ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    }
    char *reference = NULL;
    lt_status status = lt_corpus_path(&w->source, data->dev, data->src, error);
    if (status == LT_OK) status = lt_corpus_path(&reference, data->dev, data->trg, error);
    if (status == LT_OK) status = lt_strings_add(&w->ref, reference, error);
    free(reference);
    if (status == LT_OK) return LT_OK;
    return lt_error_context(error, "data.dev (or give a set by --src FILE --ref FILE)");
}

static lt_status open_set(work *w, lt_error *error)
{
    lt_lines source = {0};
    lt_text remarks = {0}, name = {0};
    LT_TRY(find_set(w, error));
    LT_TRY(lt_decoding_record_references(&w->references, &w->ref, w->source, error));
    LT_TRY(lt_decoding_record_lines(&w->references, &w->lines, error));
    w->segments = w->references.references[0].count;
    lt_status status = lt_lines_load(&source, w->source, &remarks, error);
    if (status == LT_OK) memcpy(w->source_sha256, source.sha256, sizeof w->source_sha256);
    if (status == LT_OK && remarks.length && !w->common->quiet) fputs(remarks.data, stderr);
    lt_lines_clear(&source);
    lt_text_clear(&remarks);
    const char *set = w->options->src ? w->references.set : lt_set_name(w->run.experiment.data.dev);
    if (status == LT_OK) status = lt_utf8_repair(&name, set, strlen(set), NULL, error);
    w->set = name.data;
    return status == LT_OK ? check_set(w, error) : status;
}

/* Which keys are fixed, which searched, and from where. */
static lt_status open_space(work *w, lt_error *error)
{
    const lt_model_options *model = lt_model_get_options(w->run.model);
    lt_decoding_options start = w->run.experiment.decoding;
    for (const lt_option *option = lt_decoding_table; option->key; option++)
        if (lt_was_given(w->common, option->key) && lt_tuning_matters(option->key))
            LT_TRY(lt_strings_add(&w->pinned, option->key, error));
    LT_TRY(lt_decoding_override(&start, &w->options->decoding, &w->common->given, error));
    LT_TRY(lt_tuning_space_init(&w->space, &start, &w->options->grid, &w->pinned,
                                model->decoder.attention != LT_ATTENTION_NONE, error));
    for (size_t i = 0; i < w->pinned.count; i++) LT_TRY(lt_strings_add(&w->keys, w->pinned.items[i], error));
    for (size_t i = 0; i < w->space.count; i++)
        LT_TRY(lt_strings_add(&w->keys, w->space.axes[i].option->key, error));
    return LT_OK;
}

static lt_status open_all(work *w, const char *run, lt_error *error)
{
    const tune_options *o = w->options;
    LT_TRY(lt_find_run(&w->found, run, w->common->db, error));
    if (access(w->found.folder, W_OK) != 0) /* now, not after all settings */
        return lt_fail_errno(error, "the choice could not be written into %s", w->found.folder);
    LT_TRY(lt_run_model_open(&w->run, w->found.folder, lt_checkpoint_files[o->checkpoint], LT_TASK_TRANSLATE,
                             (size_t)w->common->threads, o->precision, o->record ? LT_RUN_FOR_RECORD : 0,
                             error));
    lt_tell_model(&w->run, w->common->quiet);
    LT_TRY(lt_checkpoint_describe(w->run.path, &w->metadata, error));
    LT_TRY(open_space(w, error));
    LT_TRY(open_set(w, error));
    LT_TRY(lt_metric_create(&w->metric, (lt_metric_kind)o->metric, NULL, error));
    return lt_metric_create(&w->bleu, LT_METRIC_BLEU, NULL, error);
}

/* ---- the table ---- */

/* So wide is the longest setting: each key with the longest of its values. */
static int width_of_settings(const work *w)
{
    size_t width = 0;
    for (size_t i = 0; i < w->space.count; i++) {
        size_t longest = 0;
        const lt_strings *values = &w->space.axes[i].values;
        for (size_t v = 0; v < values->count; v++)
            if (strlen(values->items[v]) > longest) longest = strlen(values->items[v]);
        width += strlen(w->space.axes[i].option->key) + 2 + longest;
    }
    for (size_t i = 0; i < w->pinned.count; i++) width += strlen(w->pinned.items[i]) + 6;
    return (int)width;
}

static void print_heading(const work *w)
{
    printf("%-*s  %7s  %6s  %6s  %11s\n", width_of_settings(w), "setting", lt_metric_title(w->metric), "gain",
           "length", "sentences/s");
    fflush(stdout);
}

static double speed_of(const trial *t)
{
    return t->result.seconds > 0 ? (double)t->result.counts.lines / t->result.seconds : 0;
}

/* Over the run's own setting; positive is better, also where less is. */
static double gain_of(const work *w, const trial *t)
{
    const double difference = t->score - w->trials[0].score;
    return lt_metric_higher_is_better(w->metric) ? difference : -difference;
}

static lt_status print_trial(const work *w, const trial *t, lt_error *error)
{
    lt_text setting = {0};
    lt_status status = lt_decoding_list(&setting, &t->options, &w->keys, error);
    if (status == LT_OK)
        printf("%-*s  %7.2f  %+6.2f  %6.3f  %11.1f\n", width_of_settings(w), setting.data, t->score,
               gain_of(w, t), t->ratio, speed_of(t));
    lt_text_clear(&setting);
    if (fflush(stdout) != 0 && status == LT_OK)
        status = lt_fail_errno(error, "cannot write the table of settings");
    return status;
}

/* ---- trying ---- */

static lt_status decode(work *w, trial *t, lt_error *error)
{
    lt_reader *reader = NULL;
    lt_stream_progress p = lt_stream_progress_begin();
    LT_TRY(lt_reader_open(&reader, w->source, error));
    const lt_stream_setting setting = {
        .run = &w->run,
        .options = &t->options,
        .files = {.reader = reader,
                  .keep = &t->hypotheses,
                  .signal = w->signal,
                  .progress = w->common->quiet || !p.terminal ? NULL : lt_stream_progress_tell,
                  .progress_context = &p}};
    lt_status status = lt_stream_translate(&setting, &t->result, error);
    lt_stream_progress_end(&p);
    lt_reader_close(reader);
    if (status == LT_OK && t->hypotheses.count != w->segments)
        status = lt_fail(error, LT_ERROR_MISMATCH, "%s has changed: it has %zu lines and had %zu", w->source,
                         t->hypotheses.count, w->segments);
    return status;
}

static lt_status score(const work *w, trial *t, lt_error *error)
{
    lt_metric_score by_metric, by_bleu;
    LT_TRY(lt_metric_corpus(w->metric, &by_metric, NULL, NULL, t->hypotheses.lines, w->lines, w->segments,
                            w->references.count, error));
    LT_TRY(lt_metric_corpus(w->bleu, &by_bleu, NULL, NULL, t->hypotheses.lines, w->lines, w->segments,
                            w->references.count, error));
    t->score = by_metric.score;
    t->ratio = by_bleu.ref_length > 0 ? by_bleu.hyp_length / by_bleu.ref_length : 0;
    return LT_OK;
}

/* Tries `options`, unless a setting that gives the same translations was tried: `*which` is the trial's
 * number. */
static lt_status try_setting(work *w, const lt_decoding_options *options, size_t *which, lt_error *error)
{
    trial *grown = realloc(w->trials, (w->count + 1) * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu settings", w->count + 1);
    w->trials = grown;
    trial *t = &w->trials[w->count];
    *t = (trial){.options = *options};
    lt_status status = lt_decoding_describe(&t->described, options, error);
    for (*which = 0; status == LT_OK && *which < w->count; (*which)++)
        if (strcmp(w->trials[*which].described.data, t->described.data) == 0) {
            lt_text_clear(&t->described);
            return LT_OK;
        }
    *which = w->count++;
    if (status == LT_OK) status = decode(w, t, error);
    if (status == LT_OK) status = score(w, t, error);
    return status == LT_OK ? print_trial(w, t, error) : status;
}

static lt_status add_score(work *w, const lt_tuning_point *point, double value, lt_error *error)
{
    lt_tuning_score *grown = realloc(w->known, (w->knowns + 1) * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu settings", w->knowns + 1);
    w->known = grown;
    w->known[w->knowns++] = (lt_tuning_score){*point, lt_metric_higher_is_better(w->metric) ? value : -value};
    return LT_OK;
}

static lt_status try_all(work *w, lt_error *error)
{
    lt_decoding_options own = w->run.experiment.decoding, start = own;
    lt_tuning_point point;
    size_t which;
    LT_TRY(lt_decoding_override(&start, &w->options->decoding, &w->common->given, error));
    own.mini_batch = start.mini_batch,
    own.mini_batch_words = start.mini_batch_words; /* change no translation */
    print_heading(w);
    LT_TRY(try_setting(w, &own, &which, error));
    while (!lt_tuning_next(&point, &w->space, w->known, w->knowns, w->options->min_gain)) {
        LT_TRY(lt_tuning_apply(&start, &w->space, &point, error));
        LT_TRY(try_setting(w, &start, &which, error));
        LT_TRY(add_score(w, &point, w->trials[which].score, error));
    }
    LT_TRY(lt_tuning_apply(&start, &w->space, &point, error));
    return try_setting(w, &start, &w->chosen, error); /* it is among them */
}

/* ---- what becomes of it ---- */

static lt_status tell_choice(const work *w, lt_error *error)
{
    const trial *t = &w->trials[w->chosen];
    lt_text setting = {0};
    lt_status status = lt_decoding_list(&setting, &t->options, &w->keys, error);
    if (status == LT_OK && !w->common->quiet)
        fprintf(stderr,
                "chosen of %zu settings: %s, %s %.2f on %s, a gain of %+.2f on the run's own%s; written to "
                "%s/" LT_RUN_TUNED "\n",
                w->count, setting.data, lt_metric_title(w->metric), t->score, w->set, gain_of(w, t),
                w->chosen ? "" : " (the same)", w->run.folder);
    lt_text_clear(&setting);
    return status;
}

static lt_status write_choice(const work *w, lt_error *error)
{
    const trial *t = &w->trials[w->chosen];
    lt_text signature = {0};
    char date[32], reference[LT_SHA256_HEX];
    time_t seconds = time(NULL);
    struct tm parts;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
    lt_decoding_record_hash(&w->references, reference);
    lt_status status =
        lt_metric_signature(&signature, w->metric, lt_metric_references(w->metric), NULL, error);
    const lt_tuned tuned = {.tuned = {.date = date,
                                      .checkpoint = (char *)w->run.checkpoint,
                                      .checksum = (char *)lt_checkpoint_checksum(&w->metadata),
                                      .update = (int64_t)w->run.update,
                                      .precision = w->run.precision,
                                      .set = w->set,
                                      .source_sha256 = (char *)w->source_sha256,
                                      .reference_sha256 = reference,
                                      .settings = (int64_t)w->count,
                                      .metric = (char *)metrics[w->options->metric],
                                      .score = t->score,
                                      .own_score = w->trials[0].score,
                                      .signature = signature.data},
                            .decoding = t->options,
                            .keys = w->keys};
    if (status == LT_OK) status = lt_tuned_write(&tuned, w->run.folder, error);
    lt_text_clear(&signature);
    return status;
}

/* ---- the record ---- */

/* The settings as measurements of the chosen one's record: its "updates" are their numbers, from 1. */
static lt_status record_trials(const work *w, lt_store *store, const char *id, lt_error *error)
{
    enum { FIGURES = 3 };
    lt_store_metric row[LT_TUNING_AXES + FIGURES];
    char names[LT_TUNING_AXES][128], name[32];
    snprintf(name, sizeof name, "dev.%s", metrics[w->options->metric]);
    for (size_t i = 0; i < w->count; i++) {
        const trial *t = &w->trials[i];
        for (size_t a = 0; a < w->space.count; a++) {
            lt_text value = {0};
            const lt_option *option = w->space.axes[a].option;
            LT_TRY(lt_option_format(&value, &t->options, option, error));
            snprintf(names[a], sizeof names[a], "%s", option->key);
            bool flag = option->type == LT_OPTION_BOOL;
            row[a] = (lt_store_metric){names[a],
                                       flag ? strcmp(value.data, "true") == 0 : strtod(value.data, NULL)};
            lt_text_clear(&value);
        }
        lt_store_metric *figures = row + w->space.count;
        figures[0] = (lt_store_metric){name, t->score};
        figures[1] = (lt_store_metric){"length_ratio", t->ratio};
        figures[2] = (lt_store_metric){"sentences_per_second", speed_of(t)};
        LT_TRY(lt_store_metrics(store, id, (int64_t)i + 1, row, w->space.count + FIGURES, error));
    }
    return LT_OK;
}

/* Reads the source once more, for a record says what was read. */
static lt_status read_source(lt_reader **reader, const work *w, lt_error *error)
{
    lt_line line;
    LT_TRY(lt_reader_open(reader, w->source, error));
    for (bool end = false; !end;) LT_TRY(lt_reader_next(*reader, &line, &end, error));
    return LT_OK;
}

static lt_status record_trial(work *w, const trial *t, bool with_trials, lt_error *error)
{
    lt_decoding_record record = {0};
    lt_reader *reader = NULL;
    lt_error trouble = {0};
    const lt_decoding_setting setting = {.run = &w->run,
                                         .training = *w->found.id ? w->found.id : NULL,
                                         .options = &t->options,
                                         .table = lt_decoding_table,
                                         .described = t->described.data,
                                         .db = w->common->db,
                                         .set = w->set,
                                         .input = w->source,
                                         .quiet = w->common->quiet};
    lt_status status = read_source(&reader, w, error);
    if (status == LT_OK) status = lt_decoding_record_references(&record, &w->ref, w->source, error);
    if (status == LT_OK) status = lt_decoding_record_begin(&record, &setting, error);
    if (status == LT_OK && record.store && with_trials &&
        record_trials(w, record.store, record.id, &trouble) != LT_OK)
        fprintf(stderr, "the settings are not recorded: %s\n", trouble.message);
    if (status == LT_OK)
        status = lt_decoding_record_end(&record, status, reader, &t->result, &t->hypotheses, error);
    lt_decoding_record_clear(&record);
    lt_reader_close(reader);
    return status;
}

/* ---- the command ---- */

static lt_status tune(work *w, const char *run, lt_error *error)
{
    LT_TRY(open_all(w, run, error));
    lt_status status = try_all(w, error);
    if (status == LT_ERROR_INTERRUPTED)
        return lt_error_context(error, "setting %zu; nothing was chosen", w->count);
    LT_TRY(status);
    LT_TRY(write_choice(w, error));
    LT_TRY(tell_choice(w, error));
    if (!w->options->record) return LT_OK;
    if (w->chosen) LT_TRY(record_trial(w, &w->trials[0], false, error));
    return record_trial(w, &w->trials[w->chosen], true, error);
}

static lt_status forget(const lt_common_options *common, const char *run, lt_error *error)
{
    static const char *const allowed[] = {"forget", "db", "threads", "quiet", "verbose"};
    lt_found_run found;
    bool was_there;
    for (size_t i = 0; i < common->given.count; i++) {
        size_t a = 0, count = sizeof allowed / sizeof *allowed;
        while (a < count && strcmp(allowed[a], common->given.items[i]) != 0) a++;
        if (a == count)
            return lt_fail(error, LT_ERROR_USAGE, "--forget chooses nothing: leave out the option for %s",
                           common->given.items[i]);
    }
    LT_TRY(lt_find_run(&found, run, common->db, error));
    lt_status status = lt_tuned_forget(found.folder, &was_there, error);
    if (status == LT_OK && !common->quiet)
        fprintf(stderr,
                was_there ? "removed %s/" LT_RUN_TUNED "\n"
                          : "nothing was chosen for %s: it has no " LT_RUN_TUNED "\n",
                found.folder);
    free(found.folder);
    return status;
}

static void clear(work *w)
{
    for (size_t i = 0; i < w->count; i++) {
        lt_text_clear(&w->trials[i].described);
        lt_hypotheses_clear(&w->trials[i].hypotheses);
    }
    free(w->trials);
    free(w->known);
    lt_tuning_space_clear(&w->space);
    lt_strings_clear(&w->pinned);
    lt_strings_clear(&w->keys);
    lt_strings_clear(&w->ref);
    lt_metric_free(w->metric);
    lt_metric_free(w->bleu);
    free(w->lines);
    lt_decoding_record_clear(&w->references);
    free(w->source);
    free(w->set);
    lt_metadata_clear(&w->metadata);
    lt_run_model_clear(&w->run);
    free(w->found.folder);
}

static lt_status run_tune(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                          lt_error *error)
{
    const tune_options *o = arguments;
    if (o->forget) return forget(common, operands->items[0], error);
    work w = {.options = o, .common = common, .signal = lt_catch_signals()};
    lt_status status = tune(&w, operands->items[0], error);
    clear(&w);
    return status;
}

const lt_command lt_command_tune = {
    .name = "tune",
    .usage = "RUN [options]",
    .summary = "chooses a run's beam size, length normalisation and penalties on its validation set",
    .description =
        "Translates the validation set the run was trained with under one setting after another, prints the\n"
        "score of each, and writes the one chosen to decoding.yaml in the run's folder: from then on "
        "'latimer\n"
        "translate RUN' decodes by it. What stands on the command line comes first, then decoding.yaml, then "
        "the\n"
        "experiment; 'translate --no-tuned' goes without it, --forget removes it. The tests that 'latimer "
        "train'\n"
        "makes at its end, also of a run that is resumed, are as the experiment has it.\n"
        "\n"
        "The search goes key by key: all values of one, the others held; then, as long as anything changes, "
        "those\n"
        "next to the values chosen. It takes some 20 translations of the set. A score is exactly what "
        "'translate'\n"
        "gives with that setting. The columns are the score, its gain over the run's own setting, the "
        "words of\n"
        "the translations per word of the reference, and the speed.\n"
        "\n"
        "The best of many scores on a set is better than the setting is: a part of the gain is luck, of "
        "small "
        "sets the\n"
        "larger. Report the score of a set that nothing was chosen on.\n"
        "\n"
        "A choice was made for one checkpoint. When training goes on and the checkpoint is another, it still "
        "counts,\n"
        "and 'translate' says so; tune again. In the database are the run's own setting and the chosen one, "
        "each a\n"
        "decoding with its translations and scores; 'latimer show' lists with the latter all that were "
        "tried.",
    .table = table,
    .size = sizeof(tune_options),
    .least = 1,
    .most = 1,
    .run = run_tune,
};
