/* latimer train: an experiment file into a trained, tested and recorded run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/provenance.h"
#include "experiments/commands/signals.h"
#include "experiments/run_folder.h"
#include "experiments/trainer.h"
#include "experiments/training.h"
#include "model/base/file.h"

typedef struct train_options {
    lt_strings set;
    char *resume, *runs, *init, *run_id;
    int init_checkpoint, init_vocabulary;
    bool init_partial, dump_config;
} train_options;

static const lt_option table[] = {
    {.key = "set",
     .type = LT_OPTION_LIST,
     .offset = offsetof(train_options, set),
     .letter = 's',
     .value = "KEY=VALUE",
     .help =
         "Overrides one key of the experiment file, as in --set training.learning_rate=0.001, or a list, "
         "as in --set 'data.test=[one, two]'; data sets start from a data.folder that is given so, or else "
         "from the current folder."},
    {.key = "resume",
     .type = LT_OPTION_STRING,
     .offset = offsetof(train_options, resume),
     .letter = 'r',
     .value = "RUN",
     .help =
         "Goes on with a run that was stopped, killed, or has reached its limits: an id, a unique prefix "
         "of one, an experiment's name (its latest finished run, else its latest), or the run's folder. "
         "Without --threads it has as many as before. Without an EXPERIMENT.yaml the run's own "
         "is used; "
         "with one, "
         "only limits and paths may differ from it (and not training.max_updates where "
         "training.decay.type is linear, for the learning rate goes by it: --init begins another run from "
         "these weights). What differs is kept in the run's experiment.yaml."},
    {.key = "runs",
     .type = LT_OPTION_STRING,
     .offset = offsetof(train_options, runs),
     .default_value = "runs",
     .value = "DIR",
     .help = "Where the folder of a new run is made."},
    {.key = "init",
     .type = LT_OPTION_STRING,
     .offset = offsetof(train_options, init),
     .letter = 'i',
     .value = "RUN",
     .help =
         "Begins with the parameters of another run (an id, a unique prefix of one, an experiment's name, or "
         "its folder) in place of random ones, to adapt it to other data. The model must have the same "
         "architecture, dropout aside; the optimizer, the learning rate and the counts of updates begin "
         "anew. "
         "They are validated before the first update. The other run is read once and may go then."},
    {.key = "init_checkpoint",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(train_options, init_checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "With --init: which of that run's checkpoints."},
    {.key = "init_vocabulary",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(train_options, init_vocabulary),
     .default_value = "keep",
     .choices = lt_vocabulary_names,
     .help =
         "With --init. keep: the new run has that run's tokenizers, whatever the experiment's tokenizer keys "
         "say. new: tokenizers are trained on the new data by those keys; embeddings and output rows of "
         "pieces "
         "that both vocabularies have are carried over, those of other pieces begin at random."},
    {.key = "init_partial",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(train_options, init_partial),
     .default_value = "false",
     .help =
         "With --init: the model may have another architecture; only parameters whose name and shape both "
         "models have are taken over, and the others begin at random. So a classifier can begin with a "
         "translator's encoder."},
    {.key = "run_id",
     .type = LT_OPTION_STRING,
     .offset = offsetof(train_options, run_id),
     .value = "ID",
     .help =
         "The id of a new run, for a program that has to know it beforehand, as 'latimer sweep' does: 32 "
         "hexadecimal digits. Without it a random one. With --resume: of a run that the database does not "
         "know."},
    {.key = "dump_config",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(train_options, dump_config),
     .default_value = "false",
     .help = "Prints the resolved experiment (without a file, the defaults), each key explained, and does "
             "nothing else."},
    {0},
};

static lt_status print_config(const lt_experiment *experiment, lt_error *error)
{
    lt_text text = {0};
    lt_status status = lt_experiment_dump(&text, experiment, error);
    if (status == LT_OK) fwrite(text.data, 1, text.length, stdout);
    lt_text_clear(&text);
    return status;
}

static lt_status print_defaults(lt_error *error)
{
    lt_experiment experiment = {0};
    lt_status status = lt_options_defaults(&experiment, lt_experiment_table, error);
    if (status == LT_OK) status = print_config(&experiment, error);
    lt_experiment_clear(&experiment);
    return status;
}

static lt_status train(const train_options *options, const lt_common_options *common,
                       const lt_experiment *experiment, const lt_found_run *resumed, lt_origin *origin,
                       lt_error *error)
{
    lt_text command = {0};
    lt_training_result result = {0};
    LT_TRY(lt_command_line(&command, error));
    lt_training_setting setting = {.experiment = experiment,
                                   .runs = options->runs,
                                   .resume = resumed->folder,
                                   .id = *resumed->id ? resumed->id : options->run_id,
                                   .origin = lt_origin_is(origin) ? origin : NULL,
                                   .db = common->db,
                                   .threads = (size_t)common->threads,
                                   .command = command.data,
                                   .git_revision = lt_git_revision(),
                                   .build = lt_build(),
                                   .progress = common->quiet ? NULL : stderr,
                                   .verbose = common->verbose,
                                   .warnings = stderr,
                                   .signal = lt_catch_signals()};
    lt_status status = lt_training_run(&setting, &result, error);
    if (result.folder && status == LT_OK) printf("%s\n", result.folder);
    if (result.folder && status != LT_OK && !common->quiet)
        fprintf(stderr, "the run's folder is %s%s%s\n", result.folder,
                status == LT_ERROR_IO ? "; with the cause gone, it goes on by --resume " : "",
                status == LT_ERROR_IO ? result.folder : "");
    free(result.folder);
    lt_text_clear(&command);
    return status;
}

static lt_status check_init(const train_options *options, const lt_common_options *common, lt_error *error)
{
    static const char *const keys[] = {"init_checkpoint", "init_vocabulary", "init_partial"};
    static const char *const names[] = {"--init-checkpoint", "--init-vocabulary", "--init-partial"};
    if (options->init && options->resume)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "--init is for a new run, and --resume goes on with one as it was begun; give one of them");
    for (size_t i = 0; !options->init && i < sizeof keys / sizeof *keys; i++)
        if (lt_was_given(common, keys[i]))
            return lt_fail(error, LT_ERROR_USAGE, "%s means nothing without --init RUN", names[i]);
    return LT_OK;
}

/* What a new run is to begin from, or a resumed one began from, if anything; the experiment fitted to it. */
static lt_status find_origin(lt_origin *origin, const train_options *options, const lt_common_options *common,
                             const lt_found_run *resumed, lt_experiment *experiment, lt_error *error)
{
    lt_found_run source = {0};
    if (options->resume) {
        LT_TRY(lt_origin_reopen(origin, resumed->folder, error));
    } else if (options->init) {
        lt_status status = lt_find_run(&source, options->init, common->db, error);
        if (status == LT_OK)
            status = lt_origin_open(origin, source.folder, *source.id ? source.id : NULL,
                                    lt_checkpoint_files[options->init_checkpoint], options->init_vocabulary,
                                    options->init_partial, error);
        free(source.folder);
        if (status != LT_OK) return lt_error_context(error, "--init %s", options->init);
    }
    return lt_origin_is(origin) ? lt_origin_fit(origin, experiment, error) : LT_OK;
}

/* Is there a run of this id? One without a database is not known. */
static lt_status check_new_id(const char *id, const lt_common_options *common, lt_error *error)
{
    lt_store *store;
    lt_error none = {0};
    char found[LT_RUN_ID] = "";
    if (lt_store_open(&store, common->db, LT_STORE_READ, &none) != LT_OK) return LT_OK;
    lt_store_find_run(store, id, LT_RUN_ANY, found, &none);
    lt_store_close(store);
    if (strcmp(found, id) != 0) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "--run-id: there is a run %s already; --resume goes on with it",
                   id);
}

static lt_status check_run_id(const char *id, const lt_common_options *common, const lt_found_run *resumed,
                              lt_error *error)
{
    if (!id) return LT_OK;
    if (strlen(id) != LT_RUN_ID - 1 || strspn(id, "0123456789abcdef") != LT_RUN_ID - 1)
        return lt_fail(error, LT_ERROR_USAGE, "--run-id: '%.100s' is no id: %d digits of 0-9a-f wanted", id,
                       LT_RUN_ID - 1);
    if (!resumed->folder) return check_new_id(id, common, error);
    if (!*resumed->id || strcmp(resumed->id, id) == 0) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "--run-id: the run to resume is %s already", resumed->id);
}

/* A resumed run keeps its name, and before its first checkpoint, which has it all, also what it was begun
 * with. */
static lt_status keep_beginning(lt_experiment *experiment, const char *folder, lt_error *error)
{
    lt_experiment begun = {0};
    lt_text text = {0};
    char *path = lt_path_join(folder, LT_RUN_EXPERIMENT), *last = lt_path_join(folder, LT_RUN_LAST);
    lt_status status = path && last ? lt_experiment_load(&begun, path, NULL, error)
                                    : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK && !lt_file_exists(last))
        status = lt_experiment_differences(&text, experiment, &begun,
                                           lt_trainer_free_keys(begun.training.decay.type), error);
    if (status == LT_OK && text.length)
        status = lt_fail(
            error, LT_ERROR_MISMATCH,
            "%s, which has no checkpoint yet, was begun with another experiment: %s. Resume with what "
            "it was begun with, or start a new run",
            folder, text.data);
    if (status == LT_OK) {
        free(experiment->name);
        experiment->name = begun.name;
        begun.name = NULL;
    }
    lt_experiment_clear(&begun);
    lt_text_clear(&text);
    free(path);
    free(last);
    return status;
}

static lt_status run_train(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const train_options *options = arguments;
    lt_experiment experiment = {0};
    lt_found_run resumed = {0};
    lt_origin origin = {0};
    char *own = NULL;
    lt_status status = LT_OK;
    LT_TRY(check_init(options, common, error));
    bool nothing = !options->resume && operands->count == 0;
    if (nothing && options->dump_config && options->set.count == 0) return print_defaults(error);
    if (nothing) return lt_fail(error, LT_ERROR_USAGE, "an EXPERIMENT.yaml is wanted, or --resume RUN");
    if (options->resume) LT_GOTO(status, lt_find_run(&resumed, options->resume, common->db, error), done);
    LT_GOTO(status, check_run_id(options->run_id, common, &resumed, error), done);
    if (operands->count == 0) {
        own = lt_path_join(resumed.folder, LT_RUN_EXPERIMENT);
        if (!own) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        if (status != LT_OK) goto done;
    }
    const char *path = own ? own : operands->items[0];
    LT_GOTO(status, lt_experiment_load(&experiment, path, &options->set, error), done);
    if (!options->resume) LT_GOTO(status, lt_experiment_check_unread(&experiment, error), done);
    LT_GOTO(status, find_origin(&origin, options, common, &resumed, &experiment, error), done);
    if (options->resume) LT_GOTO(status, keep_beginning(&experiment, resumed.folder, error), done);
    status = options->dump_config ? print_config(&experiment, error)
                                  : train(options, common, &experiment, &resumed, &origin, error);
done:
    lt_origin_clear(&origin);
    lt_experiment_clear(&experiment);
    free(resumed.folder);
    free(own);
    return status;
}

const lt_command lt_command_train = {
    .name = "train",
    .usage = "EXPERIMENT.yaml [--init RUN] [options]   |   latimer train --resume RUN [options]",
    .summary = "trains, validates, tests and records an experiment",
    .description =
        "Makes a run: a folder runs/<name>-<id> with the resolved experiment, the tokenizer, the best and "
        "the\n"
        "last checkpoint, a log and the translations of the test sets; and its record in the database. The\n"
        "folder alone is enough to translate. Its path is printed on standard output at the end.\n"
        "\n"
        "SIGINT and SIGTERM save and stop (exit status 130, 143); --resume goes on as if the run had never "
        "been\n"
        "stopped, bit for bit, also after it was killed (from its last checkpoint). 'latimer train FILE\n"
        "--dump-config' prints every key of an experiment file with its meaning and its value.\n"
        "\n"
        "The training text is encoded once, by all threads. More than four million pieces of it are kept in "
        "a\n"
        "temporary file without a name in $TMPDIR (or /tmp), four bytes a piece, and read a batch at a "
        "time;\n"
        "24 bytes a pair stay in memory. Where that folder is itself in memory, set TMPDIR to one on a disk.",
    .table = table,
    .size = sizeof(train_options),
    .most = 1,
    .run = run_train,
};
