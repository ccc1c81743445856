#include "experiments/origin.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run_folder.h"
#include "experiments/run_model.h"
#include "experiments/yaml.h"
#include "model/base/file.h"

const char *const lt_vocabulary_names[] = {"keep", "new", NULL};

#define FIELD(field) .key = #field, .offset = offsetof(lt_origin_options, field)

static const lt_option table[] = {
    {FIELD(run), .type = LT_OPTION_STRING, .help = "The id of the run that this one began from."},
    {FIELD(folder), .type = LT_OPTION_STRING, .help = "The folder of that run, as it was then."},
    {FIELD(checkpoint), .type = LT_OPTION_STRING, .help = "Which of its checkpoints."},
    {FIELD(sha256), .type = LT_OPTION_STRING, .help = "SHA-256 of that file."},
    {FIELD(update), .type = LT_OPTION_INTEGER, .default_value = "-1", .minimum = -1, .maximum = 1e15,
     .help = "The update it was of."},
    {FIELD(vocabulary), .type = LT_OPTION_CHOICE, .default_value = "keep", .choices = lt_vocabulary_names,
     .help =
         "keep: that run's tokenizers; new: trained on this run's data, and the pieces that both have keep "
         "their rows."},
    {FIELD(partial), .type = LT_OPTION_BOOL, .default_value = "false",
     .help = "Only parameters whose name and shape both models have were taken over."},
    {0},
};

enum { FILE_SIZE_MAX = 1 << 16 };

bool lt_origin_is(const lt_origin *origin)
{
    return origin->options.sha256 != NULL;
}

void lt_origin_clear(lt_origin *origin)
{
    lt_options_clear(&origin->options, table);
    lt_text_clear(&origin->note);
    lt_model_free(origin->model);
    lt_tokenizers_clear(&origin->tokenizers);
    lt_labels_clear(&origin->labels);
    free(origin->settings);
    *origin = (lt_origin){0};
}

/* ---- reading it ---- */

static lt_status copy_text(char **out, const char *text, lt_error *error)
{
    free(*out);
    *out = strdup(text);
    return *out ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

/* Its tokenizers, and the labels of a classifier, as the checkpoint says they are. */
static lt_status load_vocabulary(lt_origin *origin, const lt_metadata *metadata, lt_error *error)
{
    const char *labels = lt_metadata_get(metadata, LT_METADATA_LABELS);
    LT_TRY(lt_tokenizers_load(&origin->tokenizers, origin->options.folder,
                              lt_metadata_get(metadata, LT_METADATA_SRC_TOKENIZER),
                              lt_metadata_get(metadata, LT_METADATA_TRG_TOKENIZER), error));
    const size_t classes = lt_model_classes(origin->model);
    const bool fits =
        lt_tokenizer_size(origin->tokenizers.src) == lt_model_src_vocab(origin->model) &&
        (classes || lt_tokenizer_size(origin->tokenizers.trg) == lt_model_trg_vocab(origin->model));
    if (!fits)
        return lt_fail(
            error, LT_ERROR_MISMATCH,
            "the tokenizers in %s have other pieces than the model in its %s was trained with; put "
            "back those it was trained with",
            origin->options.folder, origin->options.checkpoint);
    if (!classes) return LT_OK;
    if (labels) LT_TRY(lt_labels_read(&origin->labels, labels, strlen(labels), error));
    if (origin->labels.names.count == classes) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT, "%s of %s does not say what labels its %zu classes are",
                   origin->options.checkpoint, origin->options.folder, classes);
}

/* The checkpoint may be written anew while it is read: its run may still be trained. */
static lt_status load_model(lt_origin *origin, const char *path, lt_metadata *metadata, lt_error *error)
{
    char before[LT_SHA256_HEX], after[LT_SHA256_HEX];
    LT_TRY(lt_sha256_file(path, before, error));
    LT_TRY(lt_checkpoint_load(path, &origin->model, metadata, error));
    LT_TRY(lt_sha256_file(path, after, error));
    if (strcmp(before, after) != 0)
        return lt_fail(error, LT_ERROR_MISMATCH,
                       "%s was replaced while it was read: its run is being trained; try again", path);
    const char *update = lt_metadata_get(metadata, LT_METADATA_UPDATE);
    origin->options.update = update ? (int64_t)strtoll(update, NULL, 10) : -1;
    return copy_text(&origin->options.sha256, after, error);
}

static lt_status load(lt_origin *origin, lt_error *error)
{
    const lt_origin_options *o = &origin->options;
    lt_metadata metadata = {0};
    char *path = lt_path_join(o->folder, o->checkpoint);
    lt_status status = path ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK && !lt_file_exists(path))
        status =
            lt_fail(error, LT_ERROR_IO,
                    "%s has no %s to begin from: no checkpoint was written yet, or it was not copied along",
                    o->folder, o->checkpoint);
    if (status == LT_OK) status = load_model(origin, path, &metadata, error);
    if (status == LT_OK) status = load_vocabulary(origin, &metadata, error);
    lt_metadata_clear(&metadata);
    free(path);
    return status;
}

lt_status lt_origin_open(lt_origin *origin, const char *folder, const char *run, const char *checkpoint,
                         int vocabulary, bool partial, lt_error *error)
{
    lt_origin_options *o = &origin->options;
    *origin = (lt_origin){.options = {.vocabulary = vocabulary, .partial = partial}};
    o->folder = realpath(folder, NULL);
    if (!o->folder) return lt_fail_errno(error, "cannot find the run's folder %s", folder);
    if (run) LT_TRY(copy_text(&o->run, run, error));
    LT_TRY(copy_text(&o->checkpoint, checkpoint, error));
    LT_TRY(copy_text(&origin->settings, o->folder, error));
    return load(origin, error);
}

/* ---- what a run's folder says of it ---- */

lt_status lt_origin_write(const lt_origin *origin, const char *folder, lt_error *error)
{
    lt_text text = {0};
    char *path = lt_path_join(folder, LT_RUN_INIT);
    lt_status status = path ? lt_yaml_dump(&text, &origin->options, table, NULL, error)
                            : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) status = lt_file_write(path, text.data, text.length, error);
    lt_text_clear(&text);
    free(path);
    return status;
}

static lt_status read_options(lt_origin_options *options, const char *path, lt_error *error)
{
    lt_text text = {0};
    lt_status status = lt_file_read(&text, path, FILE_SIZE_MAX, error);
    if (status == LT_OK) status = lt_options_defaults(options, table, error);
    if (status == LT_OK)
        status = lt_yaml_load(options, table, text.data ? text.data : "", text.length, path, NULL, error);
    if (status == LT_OK && (!options->sha256 || !options->folder || !options->checkpoint))
        status =
            lt_fail(error, LT_ERROR_FORMAT,
                    "%s does not say what the run began from; put back the file that was written when it "
                    "was begun",
                    path);
    lt_text_clear(&text);
    return status;
}

/* Of a run that was stopped before it had taken anything over: as it was to begin. */
static lt_status load_again(lt_origin *origin, const char *folder, lt_error *error)
{
    char wanted[LT_SHA256_HEX];
    const lt_origin_options *o = &origin->options;
    snprintf(wanted, sizeof wanted, "%s", o->sha256);
    lt_status status = load(origin, error);
    if (status == LT_OK && strcmp(o->sha256, wanted) != 0)
        status = lt_fail(error, LT_ERROR_MISMATCH, "%s/%s has SHA-256 %s now, not %s", o->folder,
                         o->checkpoint, o->sha256, wanted);
    if (status == LT_OK) return LT_OK;
    lt_error_context(
        error,
        "%s was stopped before it had a checkpoint, and what it was to begin from is not there as it "
        "was; begin a new run with --init",
        folder);
    return status;
}

lt_status lt_origin_reopen(lt_origin *origin, const char *folder, lt_error *error)
{
    *origin = (lt_origin){0};
    char *path = lt_path_join(folder, LT_RUN_INIT), *last = lt_path_join(folder, LT_RUN_LAST);
    lt_status status = path && last ? copy_text(&origin->settings, folder, error)
                                    : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK && lt_file_exists(path)) {
        status = read_options(&origin->options, path, error);
        if (status == LT_OK && !lt_file_exists(last)) status = load_again(origin, folder, error);
    }
    free(path);
    free(last);
    return status;
}

lt_status lt_origin_identify(const lt_origin *origin, lt_metadata *identity, lt_error *error)
{
    const lt_origin_options *o = &origin->options;
    LT_TRY(lt_metadata_set(identity, "init.sha256", o->sha256, error));
    LT_TRY(lt_metadata_set(identity, "init.vocabulary", lt_vocabulary_names[o->vocabulary], error));
    return lt_metadata_set(identity, "init.partial", o->partial ? "true" : "false", error);
}

lt_store_origin lt_origin_record(const lt_origin *origin)
{
    const lt_origin_options *o = &origin->options;
    return (lt_store_origin){.run = o->run,
                             .folder = o->folder,
                             .checkpoint = o->checkpoint,
                             .sha256 = o->sha256,
                             .step = o->update,
                             .vocabulary = lt_vocabulary_names[o->vocabulary],
                             .partial = o->partial};
}

/* ---- does the experiment fit ---- */

/* What makes a vocabulary; what else stands in the group is of training. */
static void take_vocabulary(lt_tokenizer_options *to, const lt_tokenizer_options *from, bool sides)
{
    to->type = from->type;
    to->vocab_size = from->vocab_size;
    if (sides) to->joint = from->joint;
    to->character_coverage = from->character_coverage;
    to->byte_fallback = from->byte_fallback;
    to->normalization = from->normalization;
    to->training_text = from->training_text;
}

static lt_status keep_vocabulary(lt_origin *origin, lt_experiment *experiment, const lt_experiment *settings,
                                 lt_error *error)
{
    lt_experiment kept = *experiment; /* borrows its strings */
    lt_text differences = {0};
    take_vocabulary(&kept.tokenizer, &settings->tokenizer, experiment->task == LT_TASK_TRANSLATE);
    lt_status status = lt_experiment_differences(&differences, &kept, experiment, NULL, error);
    if (status == LT_OK && differences.length)
        status = lt_text_appendf(&origin->note, error,
                                 "the vocabulary is kept as it is in the run this one begins from: %s; "
                                 "--init-vocabulary new would train a tokenizer by the experiment's settings",
                                 differences.data);
    lt_text_clear(&differences);
    if (status != LT_OK) return status;
    experiment->tokenizer = kept.tokenizer;
    return lt_experiment_validate(experiment, error) == LT_OK
               ? LT_OK
               : lt_error_context(error, "with the vocabulary of the run in %s", origin->options.folder);
}

static lt_status check_task(const lt_origin *origin, const lt_experiment *experiment, lt_error *error)
{
    const int task = lt_model_classes(origin->model) ? LT_TASK_CLASSIFY : LT_TASK_TRANSLATE;
    if (task == experiment->task) return LT_OK;
    if (!origin->options.partial)
        return lt_fail(error, LT_ERROR_USAGE,
                       "the experiment has task: %s, but the run in %s has task: %s: only the encoder can be "
                       "taken over; --init-partial does that",
                       lt_task_names[experiment->task], origin->options.folder, lt_task_names[task]);
    if (task == LT_TASK_TRANSLATE || origin->options.vocabulary == LT_VOCABULARY_NEW) return LT_OK;
    return lt_fail(
        error, LT_ERROR_USAGE,
        "the run in %s is a classifier, which has no tokenizer for a target; use --init-vocabulary new",
        origin->options.folder);
}

static lt_status check_architecture(const lt_origin *origin, const lt_experiment *experiment, lt_error *error)
{
    lt_experiment there = *experiment;
    lt_text differences = {0};
    there.model = *lt_model_get_options(origin->model);
    there.model.dropout = experiment->model.dropout; /* what is no parameter, or only says how one starts */
    there.model.initialization = experiment->model.initialization;
    there.model.forget_bias = experiment->model.forget_bias;
    if (!there.model.encoder.residual && !experiment->model.encoder.residual)
        there.model.encoder.residual_from = experiment->model.encoder.residual_from;
    if (!there.model.decoder.residual && !experiment->model.decoder.residual)
        there.model.decoder.residual_from = experiment->model.decoder.residual_from;
    lt_status status = lt_experiment_differences(&differences, experiment, &there, NULL, error);
    if (status == LT_OK && differences.length)
        status = lt_fail(
            error, LT_ERROR_USAGE,
            "the experiment's model has another architecture than the one in %s/%s: %s. Set these "
            "keys as they are there, or take over only the parameters whose name and shape both have, "
            "with --init-partial",
            origin->options.folder, origin->options.checkpoint, differences.data);
    lt_text_clear(&differences);
    return status;
}

lt_status lt_origin_fit(lt_origin *origin, lt_experiment *experiment, lt_error *error)
{
    if (origin->model) LT_TRY(check_task(origin, experiment, error));
    if (origin->options.vocabulary == LT_VOCABULARY_KEEP) {
        lt_experiment settings = {0};
        char *path = lt_path_join(origin->settings, LT_RUN_EXPERIMENT);
        lt_status status = path ? lt_experiment_load(&settings, path, NULL, error)
                                : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        if (status == LT_OK) status = keep_vocabulary(origin, experiment, &settings, error);
        lt_experiment_clear(&settings);
        free(path);
        LT_TRY(status);
    }
    return origin->model && !origin->options.partial ? check_architecture(origin, experiment, error) : LT_OK;
}
