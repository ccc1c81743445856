/* latimer classify: text in, labels out, line by line; each use is recorded as a decoding run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/commands/command.h"
#include "experiments/commands/confusion_table.h"
#include "experiments/commands/decoding_record.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/stream_progress.h"
#include "experiments/store_json.h"
#include "experiments/stream.h"

typedef struct classify_options {
    char *input, *output, *reference, *set;
    int64_t n_best, mini_batch;
    bool probabilities, json, record;
    int checkpoint;
} classify_options;

#define FIELD(name) .key = #name, .offset = offsetof(classify_options, name)

static const lt_option table[] = {
    {FIELD(input), .type = LT_OPTION_STRING, .default_value = "-", .letter = 'i', .value = "FILE",
     .help = "What to classify, a text a line: plain, .gz or .zst; - is standard input."},
    {FIELD(output), .type = LT_OPTION_STRING, .letter = 'o', .value = "FILE",
     .help =
         "Where the labels go; - is standard output, where they go unless --reference is given. A file is "
         "complete or not there."},
    {FIELD(n_best), .type = LT_OPTION_INTEGER, .default_value = "0", .minimum = 0, .maximum = 256,
     .help = "The N most probable labels of each line, the best first, with tabs between them. 0: the best "
             "alone or, "
             "with --probabilities, all."},
    {FIELD(probabilities), .type = LT_OPTION_BOOL, .default_value = "false", .letter = 'p',
     .help =
         "Behind each label a tab and its probability: 'en<TAB>0.998100<TAB>de<TAB>0.001200 ...', so that "
         "'cut -f1' is the label and 'cut -f2' how probable it is."},
    {FIELD(reference), .type = LT_OPTION_STRING, .letter = 'r', .value = "LABELS",
     .help =
         "The right labels, line by line: accuracy, macro-F1 (the mean of the labels' F1, in per cent; a "
         "label "
         "that is in neither file is left out) and the confusion matrix go to standard output, and into the "
         "record. The labels themselves are then written with --output only."},
    {FIELD(set), .type = LT_OPTION_STRING, .value = "NAME",
     .help = "With --reference: what the test set is called in the record. Unless given, the reference's "
             "file name "
             "without its suffix, as a training calls it."},
    {FIELD(json), .type = LT_OPTION_BOOL, .default_value = "false",
     .help = "With --reference: one JSON object in place of the tables."},
    {FIELD(mini_batch), .type = LT_OPTION_INTEGER, .default_value = "64", .minimum = 1, .maximum = 65536,
     .help = "Texts computed at a time. The labels and probabilities do not depend on it."},
    {FIELD(checkpoint), .type = LT_OPTION_CHOICE, .default_value = "best", .choices = lt_checkpoint_choices,
     .help = "Which of the run's models classifies."},
    {FIELD(record), .type = LT_OPTION_BOOL, .default_value = "true",
     .help = "Record this use in the database, under the training whose model it is."},
    {0},
};

/* What the answers depend on beside the model: recorded as decoding.max_length. */
typedef struct reading {
    int64_t max_length;
} reading;

static const lt_option reading_table[] = {
    {.key = "max_length", .type = LT_OPTION_INTEGER, .offset = offsetof(reading, max_length)},
    {0},
};

typedef struct work {
    const classify_options *options;
    const lt_common_options *common;
    lt_found_run found;
    lt_run_model run;
    reading reading;
    char described[48];
    lt_reader *reader;
    lt_atomic_file file;
    lt_decoding_record record;
    lt_hypotheses labels;
} work;

static lt_status check_options(const classify_options *o, lt_error *error)
{
    if (!o->reference && (o->json || o->set))
        return lt_fail(error, LT_ERROR_USAGE,
                       "--%s is about what --reference scores; give --reference LABELS too",
                       o->json ? "json" : "set");
    if (o->reference && o->output && strcmp(o->output, "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "-o -: with --reference standard output has the scores; give a file for the labels");
    return LT_OK;
}

static lt_status load_reference(work *w, lt_error *error)
{
    lt_strings paths = {0};
    if (!w->options->reference) return LT_OK;
    lt_status status = lt_strings_add(&paths, w->options->reference, error);
    if (status == LT_OK) status = lt_decoding_record_references(&w->record, &paths, w->options->input, error);
    w->record.first = w->options->reference; /* `paths` does not live on */
    lt_strings_clear(&paths);
    for (size_t i = 0; status == LT_OK && i < w->record.references[0].count; i++) {
        int32_t class;
        status = lt_labels_class(&w->run.labels, &w->record.references[0].items[i], &class, error);
        if (status != LT_OK) lt_error_context(error, "%s:%zu", w->options->reference, i + 1);
    }
    return status;
}

static lt_status open_all(work *w, const char *run, lt_error *error)
{
    const classify_options *o = w->options;
    LT_TRY(check_options(o, error));
    LT_TRY(lt_find_run(&w->found, run, w->common->db, error));
    LT_TRY(lt_run_model_open(&w->run, w->found.folder, lt_checkpoint_files[o->checkpoint], LT_TASK_CLASSIFY,
                             (size_t)w->common->threads, o->record ? LT_RUN_FOR_RECORD : 0, error));
    LT_TRY(lt_reader_open(&w->reader, o->input, error));
    LT_TRY(load_reference(w, error));
    if (o->output && strcmp(o->output, "-") != 0) LT_TRY(lt_atomic_open(&w->file, o->output, error));
    w->reading.max_length = w->run.experiment.data.max_length;
    snprintf(w->described, sizeof w->described, "max_length=%lld", (long long)w->reading.max_length);
    const lt_decoding_setting setting = {.run = &w->run,
                                         .training = *w->found.id ? w->found.id : NULL,
                                         .options = &w->reading,
                                         .table = reading_table,
                                         .described = w->described,
                                         .labels = &w->run.labels,
                                         .db = o->record ? w->common->db : NULL,
                                         .set = o->set,
                                         .input = o->input,
                                         .output = o->output ? o->output : "-",
                                         .quiet = w->common->quiet};
    return lt_decoding_record_begin(&w->record, &setting, error);
}

static lt_status classify(work *w, lt_stream_result *result, lt_error *error)
{
    const classify_options *o = w->options;
    size_t all = w->run.labels.names.count;
    FILE *out = w->file.stream ? w->file.stream : o->reference ? NULL : stdout;
    bool seen = out == stdout && isatty(STDOUT_FILENO); /* the labels themselves are the progress */
    lt_stream_progress p = lt_stream_progress_begin();
    const lt_labelling_setting setting = {
        .run = &w->run,
        .mini_batch = (size_t)o->mini_batch,
        .n_best = o->n_best          ? (size_t)o->n_best
                  : o->probabilities ? all
                                     : 1,
        .probabilities = o->probabilities,
        .files = {.reader = w->reader,
                  .out = out,
                  .keep = o->reference ? &w->labels : NULL,
                  .signal = lt_catch_signals(),
                  .progress = w->common->quiet || seen ? NULL : lt_stream_progress_tell,
                  .progress_context = &p}};
    lt_status status = lt_stream_classify(&setting, result, error);
    lt_stream_progress_end(&p);
    if (status == LT_OK && w->file.stream) status = lt_atomic_commit(&w->file, error);
    return status;
}

static void tell_counts(const work *w, const lt_stream_result *result)
{
    const lt_translator_counts *c = &result->counts;
    fprintf(stderr, "classified %zu line%s in %.2f s: %.1f lines/s", c->lines, c->lines == 1 ? "" : "s",
            result->seconds, result->seconds > 0 ? (double)c->lines / result->seconds : 0);
    if (c->empty)
        fprintf(stderr, "; %zu without text %s given a label all the same", c->empty,
                c->empty == 1 ? "was" : "were");
    if (c->src_cut)
        fprintf(stderr, "; of %zu only the first %lld pieces were read (the first is line %zu)", c->src_cut,
                (long long)w->reading.max_length, c->first_src_cut);
    fprintf(stderr, "\n");
}

/* ---- scores ---- */

static lt_status print_json(const work *w, const lt_confusion *confusion, lt_error *error)
{
    const lt_labels *labels = &w->run.labels;
    json_t *all = json_pack(
        "{so sI so so so so}", "test_set", lt_json_text(w->record.set), "texts", (json_int_t)w->labels.count,
        "accuracy", lt_json_real(lt_confusion_accuracy(confusion)), "macro_f1",
        lt_json_real(lt_confusion_macro_f1(confusion)), "classes",
        lt_confusion_classes_json(confusion, labels), "confusion", lt_confusion_json(confusion, labels));
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_status status = lt_json_print(stdout, all, error);
    json_decref(all);
    return status;
}

static lt_status print_scores(const work *w, lt_error *error)
{
    lt_confusion confusion = {0};
    lt_metric_line *references = NULL;
    if (!w->options->reference) return LT_OK;
    lt_status status = lt_lines_as_metric(&references, &w->record.references[0], error);
    if (status == LT_OK)
        status = lt_confusion_count(&confusion, &w->run.labels, w->labels.lines, references, w->labels.count,
                                    error);
    if (status == LT_OK && w->options->json)
        status = print_json(w, &confusion, error);
    else if (status == LT_OK) {
        printf("%s: accuracy %.2f, macro-F1 %.2f (%zu texts)\n\n", w->record.set,
               lt_confusion_accuracy(&confusion), lt_confusion_macro_f1(&confusion), w->labels.count);
        status = lt_confusion_print(&confusion, &w->run.labels, stdout, error);
    }
    lt_confusion_clear(&confusion);
    free(references);
    return status;
}

static lt_status run_classify(const void *arguments, const lt_common_options *common,
                              const lt_strings *operands, lt_error *error)
{
    work w = {.options = arguments, .common = common};
    lt_stream_result result = {0};
    lt_status status = open_all(&w, operands->items[0], error);
    if (status == LT_OK) {
        status = classify(&w, &result, error);
        if (status == LT_OK && !common->quiet) {
            status = lt_stream_tell_input(w.reader, error);
            tell_counts(&w, &result);
        }
        status = lt_decoding_record_end(&w.record, status, w.reader, &result, &w.labels, error);
        if (status == LT_OK) status = print_scores(&w, error);
    }
    lt_atomic_abort(&w.file);
    lt_decoding_record_clear(&w.record);
    lt_hypotheses_clear(&w.labels);
    lt_reader_close(w.reader);
    lt_run_model_clear(&w.run);
    free(w.found.folder);
    return status;
}

const lt_command lt_command_classify = {
    .name = "classify",
    .usage = "RUN [options]",
    .summary = "gives each line of standard input or a file a label",
    .description =
        "RUN is a training of an experiment with 'task: classify': its id or a unique prefix of one, the\n"
        "experiment's name (its latest finished run), or the run's folder, which is enough by itself.\n"
        "\n"
        "Every input line gives one output line, whatever its bytes, an empty one too: the most probable "
        "label.\n"
        "Of a line of more than the experiment's data.max_length pieces the first so many are read, and it "
        "is\n"
        "counted. A label depends on its line and the model alone, not on the lines around it, --mini-batch "
        "or\n"
        "--threads. Input from a pipe or a terminal is classified as it comes.\n"
        "\n"
        "With --reference the labels are scored. Unless --no-record is given, each use is a run in the "
        "database,\n"
        "with its scores; 'latimer show' has the confusion matrix, 'latimer compare' puts classifiers side "
        "by "
        "side.",
    .table = table,
    .size = sizeof(classify_options),
    .least = 1,
    .most = 1,
    .run = run_classify,
};
