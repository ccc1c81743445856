/* latimer tune: chooses a run's decoding options on its validation set. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/commands/signals.h"
#include "experiments/commands/stream_progress.h"
#include "experiments/commands/tune_work.h"
#include "experiments/run_folder.h"
#include "experiments/tuned.h"

static const char *const metrics[] = {"bleu", "chrf", "ter", NULL}; /* by lt_metric_kind */

#define FIELD(name) .offset = offsetof(lt_tune_options, name)

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
     .help = "Differences of less count as none: among values of a key that are that near to the best, the "
             "cheapest beam and of any other key the value nearest to the run's own is taken."},
    {.key = "standard_errors",
     .type = LT_OPTION_REAL,
     FIELD(standard_errors),
     .default_value = "1",
     .minimum = 0,
     .maximum = 100,
     .help =
         "As near to the best is also what is within so many standard errors of it, those of the difference "
         "between the two over resamples of the sentences: a larger set tells smaller differences. 0: "
         "--min-gain alone counts."},
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

/* ---- opening ---- */

static lt_status check_set(lt_tune_work *w, lt_error *error)
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
static lt_status find_set(lt_tune_work *w, lt_error *error)
{
    const lt_tune_options *o = w->options;
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

static lt_status open_set(lt_tune_work *w, lt_error *error)
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
static lt_status open_space(lt_tune_work *w, lt_error *error)
{
    const lt_model_options *model = lt_model_get_options(w->run.model);
    lt_decoding_options start = w->run.experiment.decoding;
    for (const lt_option *option = lt_decoding_table; option->key; option++)
        if (lt_was_given(w->common, option->key) && lt_tuning_matters(option->key))
            LT_TRY(lt_strings_add(&w->pinned, option->key, error));
    LT_TRY(lt_decoding_override(&start, &w->options->decoding, &w->common->given, error));
    LT_TRY(lt_tuning_space_init(&w->space, &start, &w->options->grid, &w->pinned,
                                model->decoder.attention != LT_ATTENTION_NONE, error));
    LT_TRY(lt_tuning_check(&w->space, &start, model, error));
    for (size_t i = 0; i < w->pinned.count; i++) LT_TRY(lt_strings_add(&w->keys, w->pinned.items[i], error));
    for (size_t i = 0; i < w->space.count; i++)
        LT_TRY(lt_strings_add(&w->keys, w->space.axes[i].option->key, error));
    return LT_OK;
}

static lt_status open_all(lt_tune_work *w, const char *run, lt_error *error)
{
    const lt_tune_options *o = w->options;
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
    w->evidence.metric = w->metric;
    return lt_metric_create(&w->bleu, LT_METRIC_BLEU, NULL, error);
}

/* ---- the table ---- */

/* So wide is the longest setting: each key with the longest of its values. */
static int width_of_settings(const lt_tune_work *w)
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

static void print_heading(const lt_tune_work *w)
{
    printf("%-*s  %7s  %6s  %6s  %11s\n", width_of_settings(w), "setting", lt_metric_title(w->metric), "gain",
           "length", "sentences/s");
    fflush(stdout);
}

static lt_status print_trial(const lt_tune_work *w, const lt_tune_trial *t, lt_error *error)
{
    lt_text setting = {0};
    lt_status status = lt_decoding_list(&setting, &t->options, &w->keys, error);
    if (status == LT_OK)
        printf("%-*s  %7.2f  %+6.2f  %6.3f  %11.1f\n", width_of_settings(w), setting.data, t->score,
               lt_tune_gain(w, t), t->ratio, lt_tune_speed(t));
    lt_text_clear(&setting);
    if (fflush(stdout) != 0 && status == LT_OK)
        status = lt_fail_errno(error, "cannot write the table of settings");
    return status;
}

/* ---- trying ---- */

static lt_status decode(lt_tune_work *w, lt_tune_trial *t, lt_error *error)
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

static lt_status score(lt_tune_work *w, lt_tune_trial *t, lt_error *error)
{
    lt_metric_score by_metric, by_bleu;
    double *rows = calloc(w->segments ? w->segments : 1, lt_metric_stats_count(w->metric) * sizeof *rows);
    if (!rows) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu segments", w->segments);
    lt_status status = lt_metric_corpus(w->metric, &by_metric, NULL, rows, t->hypotheses.lines, w->lines,
                                        w->segments, w->references.count, error);
    if (status != LT_OK) free(rows);
    if (status == LT_OK) status = lt_evidence_add(&w->evidence, rows, w->segments, error);
    LT_TRY(status);
    LT_TRY(lt_metric_corpus(w->bleu, &by_bleu, NULL, NULL, t->hypotheses.lines, w->lines, w->segments,
                            w->references.count, error));
    t->score = by_metric.score;
    t->ratio = by_bleu.ref_length > 0 ? by_bleu.hyp_length / by_bleu.ref_length : 0;
    return LT_OK;
}

/* Tries `options`, unless a setting that gives the same translations was tried: `*which` is the trial's
 * number. */
static lt_status try_setting(lt_tune_work *w, const lt_decoding_options *options, size_t *which,
                             lt_error *error)
{
    lt_tune_trial *grown = realloc(w->trials, (w->count + 1) * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu settings", w->count + 1);
    w->trials = grown;
    lt_tune_trial *t = &w->trials[w->count];
    *t = (lt_tune_trial){.options = *options};
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

static lt_status add_score(lt_tune_work *w, const lt_tuning_point *point, size_t which, lt_error *error)
{
    const double value = w->trials[which].score;
    lt_tuning_score *grown = realloc(w->known, (w->knowns + 1) * sizeof *grown);
    if (grown) w->known = grown;
    size_t *trials = realloc(w->known_trial, (w->knowns + 1) * sizeof *trials);
    if (trials) w->known_trial = trials;
    if (!grown || !trials)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu settings", w->knowns + 1);
    w->known_trial[w->knowns] = which;
    w->known[w->knowns++] = (lt_tuning_score){*point, lt_metric_higher_is_better(w->metric) ? value : -value};
    return LT_OK;
}

static double error_between(void *context, size_t one, size_t other)
{
    lt_tune_work *w = context;
    double value = 0;
    if (w->noise_status == LT_OK)
        w->noise_status = lt_evidence_standard_error(&w->evidence, &value, w->known_trial[one],
                                                     w->known_trial[other], &w->noise_error);
    return value;
}

static lt_status try_all(lt_tune_work *w, lt_error *error)
{
    const lt_tuning_rule rule = {w->options->min_gain, w->options->standard_errors, error_between, w};
    lt_decoding_options own = w->run.experiment.decoding, start = own;
    lt_tuning_point point;
    size_t which;
    LT_TRY(lt_decoding_override(&start, &w->options->decoding, &w->common->given, error));
    own.mini_batch = start.mini_batch,
    own.mini_batch_words = start.mini_batch_words; /* change no translation */
    print_heading(w);
    LT_TRY(try_setting(w, &own, &which, error));
    while (!lt_tuning_next(&point, &w->space, w->known, w->knowns, &rule)) {
        LT_TRY(lt_tuning_apply(&start, &w->space, &point, error));
        LT_TRY(try_setting(w, &start, &which, error));
        LT_TRY(add_score(w, &point, which, error));
        if (w->noise_status != LT_OK) break;
    }
    if (w->noise_status != LT_OK) {
        *error = w->noise_error;
        return w->noise_status;
    }
    LT_TRY(lt_tuning_apply(&start, &w->space, &point, error));
    return try_setting(w, &start, &w->chosen, error); /* it is among them */
}

/* ---- the command ---- */

static lt_status tune(lt_tune_work *w, const char *run, lt_error *error)
{
    LT_TRY(open_all(w, run, error));
    lt_status status = try_all(w, error);
    if (status == LT_ERROR_INTERRUPTED)
        return lt_error_context(error, "setting %zu; nothing was chosen", w->count);
    LT_TRY(status);
    return lt_tune_settle(w, error);
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

static void clear(lt_tune_work *w)
{
    for (size_t i = 0; i < w->count; i++) {
        lt_text_clear(&w->trials[i].described);
        lt_hypotheses_clear(&w->trials[i].hypotheses);
    }
    free(w->trials);
    free(w->known);
    free(w->known_trial);
    lt_evidence_clear(&w->evidence);
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
    const lt_tune_options *o = arguments;
    if (o->forget) return forget(common, operands->items[0], error);
    lt_tune_work w = {.options = o, .common = common, .signal = lt_catch_signals()};
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
        "translate RUN' decodes by it, and an ensemble with it where --tuned is given. What stands on the "
        "command\n"
        "line comes first, then decoding.yaml, then the experiment; 'translate --no-tuned' goes without it,\n"
        "--forget removes it. The tests that 'latimer train' makes at its end, also of a run that is "
        "resumed, are\n"
        "as the experiment has it.\n"
        "\n"
        "The search goes key by key: all values of one, the others held; then, as long as anything changes, "
        "those\n"
        "next to the values chosen. It takes some 20 translations of the set. A score is exactly what "
        "'translate'\n"
        "gives with that setting. The columns are the score, its gain over the run's own setting, the "
        "words of\n"
        "the translations per word of the reference, and the speed.\n"
        "\n"
        "A setting that is dearer or farther from the run's own is taken only where the set tells it to be "
        "better,\n"
        "by more than --min-gain and --standard-errors. The p of the gain is two-sided, by paired "
        "randomization; it\n"
        "knows nothing of how many settings were tried. The best of many scores on a set is better than the "
        "setting\n"
        "is: report the score of a set that nothing was chosen on.\n"
        "\n"
        "A choice was made for one checkpoint. When training goes on and the checkpoint is another, it still "
        "counts,\n"
        "and 'translate' says so; tune again. In the database are the run's own setting and the chosen one, "
        "each a\n"
        "decoding with its translations and scores; 'latimer show' lists with the latter all that were "
        "tried.",
    .table = table,
    .size = sizeof(lt_tune_options),
    .least = 1,
    .most = 1,
    .run = run_tune,
};
