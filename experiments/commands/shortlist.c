/* latimer shortlist: which target pieces go with which source pieces, counted from a run's training data. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/run_folder.h"
#include "experiments/run_model.h"
#include "experiments/text_task.h"
#include "model/base/clock.h"

typedef struct shortlist_options {
    char *output, *table;
    int64_t iterations;
    int checkpoint;
    lt_shortlist_options shortlist;
} shortlist_options;

#define FIELD(name) .offset = offsetof(shortlist_options, name)

static const lt_option table[] = {
    {.key = "shortlist",
     .type = LT_OPTION_GROUP,
     FIELD(shortlist),
     .group = lt_shortlist_table,
     .help = "What is on a line's list, beside the end of sentence"},
    {.key = "iterations",
     .type = LT_OPTION_INTEGER,
     FIELD(iterations),
     .default_value = "5",
     .minimum = 1,
     .maximum = 100,
     .help = "Of EM."},
    {.key = "output",
     .type = LT_OPTION_STRING,
     FIELD(output),
     .letter = 'o',
     .value = "FILE",
     .help = "Where the shortlist goes. Unless given, the file 'shortlist' of the run's folder, where "
             "'latimer translate --shortlist' finds it."},
    {.key = "table",
     .type = LT_OPTION_STRING,
     FIELD(table),
     .value = "FILE",
     .help = "Write the translation probabilities, too, as text: 'source target probability', the most "
             "probable first; </s> as the source is the empty word. - is standard output."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     FIELD(checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models says what the run was trained on. Both say the same."},
    {0},
};

typedef struct work {
    const shortlist_options *options;
    const lt_common_options *common;
    lt_found_run found;
    lt_experiment experiment;
    lt_metadata metadata; /* of the checkpoint */
    lt_text_task task;
    lt_translation_table table;
    lt_shortlist *shortlist;
} work;

/* What is told while the training data are read. */
static lt_status listen(void *context, const lt_event *event, lt_error *error)
{
    const work *w = context;
    (void)error;
    if (event->kind == LT_EVENT_NOTE && w->common->verbose) fprintf(stderr, "%s\n", event->as.note);
    return LT_OK;
}

/* The run's experiment, and its checkpoint's metadata. */
static lt_status open_run(work *w, const char *run, lt_error *error)
{
    LT_TRY(lt_find_run(&w->found, run, w->common->db, error));
    const char *folder = w->found.folder;
    char *experiment = lt_path_join(folder, LT_RUN_EXPERIMENT),
         *checkpoint = lt_path_join(folder, lt_checkpoint_files[w->options->checkpoint]);
    lt_status status = LT_OK;
    if (!experiment || !checkpoint) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK) status = lt_experiment_load(&w->experiment, experiment, NULL, error);
    if (status == LT_OK && w->experiment.task != LT_TASK_TRANSLATE)
        status = lt_fail(error, LT_ERROR_USAGE,
                         "the run in %s is a classifier (task: classify): it has no target vocabulary that a "
                         "shortlist could shorten",
                         folder);
    if (status == LT_OK) status = lt_checkpoint_describe(checkpoint, &w->metadata, error);
    free(experiment);
    free(checkpoint);
    return status;
}

static lt_status count(work *w, lt_error *error)
{
    const volatile sig_atomic_t *signal = lt_catch_signals();
    w->task = (lt_text_task){.experiment = &w->experiment,
                             .folder = w->found.folder,
                             .listener = listen,
                             .listener_context = w,
                             .signal = signal};
    LT_TRY(lt_text_task_reread(&w->task, &w->metadata, error));
    const lt_ibm1_options em = {(size_t)w->options->iterations, signal};
    LT_TRY(lt_ibm1_train(&w->table, &w->task.train, lt_tokenizer_size(w->task.tokenizers.src),
                         lt_tokenizer_size(w->task.tokenizers.trg), &em, error));
    return lt_shortlist_create(&w->shortlist, &w->table, &w->task.train, &w->task.tokenizers,
                               &w->options->shortlist, error);
}

static lt_status write_table(const work *w, lt_error *error)
{
    const char *path = w->options->table;
    if (!path) return LT_OK;
    if (strcmp(path, "-") == 0)
        return lt_translation_table_write(&w->table, &w->task.tokenizers, stdout, error);
    lt_atomic_file file;
    LT_TRY(lt_atomic_open(&file, path, error));
    lt_status status = lt_translation_table_write(&w->table, &w->task.tokenizers, file.stream, error);
    if (status == LT_OK) status = lt_atomic_commit(&file, error);
    lt_atomic_abort(&file);
    return status;
}

static lt_status write_all(work *w, double began, lt_error *error)
{
    LT_TRY(write_table(w, error));
    char *own = lt_path_join(w->found.folder, LT_RUN_SHORTLIST);
    if (!own) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    const char *path = w->options->output ? w->options->output : own;
    lt_status status = lt_shortlist_save(w->shortlist, path, error);
    if (status == LT_OK && !w->common->quiet)
        fprintf(stderr,
                "counted in %zu pairs in %.1f s: the %lld most frequent of %zu target pieces, and %zu "
                "translations of %zu source pieces; written to %s\n",
                w->task.train.pairs, lt_seconds() - began,
                (long long)lt_shortlist_get_options(w->shortlist)->first, w->table.trg_vocab,
                lt_shortlist_size(w->shortlist), w->table.src_vocab, path);
    free(own);
    return status;
}

static lt_status run_shortlist(const void *arguments, const lt_common_options *common,
                               const lt_strings *operands, lt_error *error)
{
    work w = {.options = arguments, .common = common};
    double began = lt_seconds();
    lt_status status = open_run(&w, operands->items[0], error);
    if (status == LT_OK) status = count(&w, error);
    if (status == LT_OK) status = write_all(&w, began, error);
    lt_shortlist_free(w.shortlist);
    lt_translation_table_clear(&w.table);
    lt_text_task_clear(&w.task);
    lt_metadata_clear(&w.metadata);
    lt_experiment_clear(&w.experiment);
    free(w.found.folder);
    return status;
}

const lt_command lt_command_shortlist = {
    .name = "shortlist",
    .usage = "RUN [options]",
    .summary = "counts which pieces translate which, for 'translate --shortlist'",
    .description =
        "Most of the work of choosing the next piece of a translation goes into the thousands that cannot "
        "come\n"
        "there. A lexical shortlist says which can: the most frequent target pieces, and for each piece of "
        "the\n"
        "line its most probable translations. These are the lexical translation probabilities t(f|e) of IBM "
        "Model 1\n"
        "(Brown et al. 1993), counted in the run's own training data, which must be where they were and as "
        "they\n"
        "were: another text is an error. Run by run it is done once; the file goes with the run's folder.\n"
        "Counting takes one thread, and memory for all training pairs as ids.",
    .table = table,
    .size = sizeof(shortlist_options),
    .least = 1,
    .most = 1,
    .run = run_shortlist,
};
