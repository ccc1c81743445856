#include "experiments/run_model.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run_folder.h"

static lt_status load_checkpoint(lt_run_model *run, const char *path, int purposes, lt_metadata *metadata,
                                 lt_error *error)
{
    if (!lt_file_exists(path))
        return lt_fail(
            error, LT_ERROR_IO,
            "%s has no %s: no checkpoint was written yet, or it was not copied along; train on with "
            "'latimer train --resume %s'",
            run->folder, run->checkpoint, run->folder);
    LT_TRY(purposes & LT_RUN_FOR_GRADIENTS
               ? lt_checkpoint_load(path, &run->model, metadata, error)
               : lt_checkpoint_apply(path, &run->model, metadata, LT_FLOAT32, run->pool, error));
    const char *update = lt_metadata_get(metadata, LT_METADATA_UPDATE);
    run->update = update ? strtoull(update, NULL, 10) : 0;
    return LT_OK;
}

static void *take_hash(void *argument)
{
    lt_run_model *run = argument;
    run->hash.status = lt_sha256_file(run->path, run->hash.hex, &run->hash.error);
    return NULL;
}

lt_status lt_run_model_sha256(lt_run_model *run, const char **hex, lt_error *error)
{
    lt_aside_end(&run->hash.aside);
    *hex = run->hash.hex;
    if (run->hash.status != LT_OK) *error = run->hash.error;
    return run->hash.status;
}

static lt_status check_size(const char *path, const char *side, size_t pieces, size_t vocabulary,
                            lt_error *error)
{
    if (pieces == vocabulary) return LT_OK;
    return lt_fail(error, LT_ERROR_MISMATCH,
                   "the %s tokenizer has %zu pieces, but the model in %s was trained with %zu; put back the "
                   "tokenizer it was trained with",
                   side, pieces, path, vocabulary);
}

static lt_status load_tokenizers(lt_run_model *run, const char *path, const lt_metadata *metadata,
                                 lt_error *error)
{
    LT_TRY(lt_tokenizers_load(&run->tokenizers, run->folder,
                              lt_metadata_get(metadata, LT_METADATA_SRC_TOKENIZER),
                              lt_metadata_get(metadata, LT_METADATA_TRG_TOKENIZER), error));
    LT_TRY(check_size(path, "source", lt_tokenizer_size(run->tokenizers.src), lt_model_src_vocab(run->model),
                      error));
    if (run->experiment.task == LT_TASK_CLASSIFY) return LT_OK;
    return check_size(path, "target", lt_tokenizer_size(run->tokenizers.trg), lt_model_trg_vocab(run->model),
                      error);
}

static lt_status check_task(const lt_run_model *run, int task, lt_error *error)
{
    if (run->experiment.task == task) return LT_OK;
    if (task == LT_TASK_TRANSLATE)
        return lt_fail(error, LT_ERROR_USAGE,
                       "the run in %s is a classifier (task: classify): it gives labels and no translations; "
                       "see 'latimer classify'",
                       run->folder);
    return lt_fail(error, LT_ERROR_USAGE,
                   "the run in %s is a translator (task: translate): it gives translations and no labels; a "
                   "classifier is trained with 'task: classify' in the experiment file",
                   run->folder);
}

/* The file has the same as the checkpoint says, and as many as the model has classes. */
static lt_status load_labels(lt_run_model *run, const lt_metadata *metadata, lt_error *error)
{
    lt_text text = {0};
    const char *wanted = lt_metadata_get(metadata, LT_METADATA_LABELS);
    char *path = lt_path_join(run->folder, LT_RUN_LABELS);
    lt_status status =
        path ? lt_file_read(&text, path, 1 << 20, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK && lt_labels_read(&run->labels, text.data, text.length, error) != LT_OK)
        status = lt_error_context(error, "%s", path);
    if (status == LT_OK && (!wanted || strcmp(text.data, wanted) != 0 ||
                            run->labels.names.count != lt_model_classes(run->model)))
        status = lt_fail(error, LT_ERROR_MISMATCH,
                         "%s has other labels than the model was trained with; put back the file that was "
                         "written in training",
                         path);
    lt_text_clear(&text);
    free(path);
    return status;
}

lt_status lt_run_model_open(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                            size_t threads, int purposes, lt_error *error)
{
    *run = (lt_run_model){
        .folder = strdup(folder), .checkpoint = checkpoint, .path = lt_path_join(folder, checkpoint)};
    lt_metadata metadata = {0};
    char *experiment = lt_path_join(folder, LT_RUN_EXPERIMENT);
    const char *path = run->path;
    lt_status status = LT_OK;
    if (!run->folder || !experiment || !path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK) status = lt_experiment_load(&run->experiment, experiment, NULL, error);
    if (status == LT_OK) status = check_task(run, task, error);
    if (status == LT_OK && purposes & LT_RUN_FOR_RECORD) lt_aside_begin(&run->hash.aside, take_hash, run);
    if (status == LT_OK) status = lt_pool_create(&run->pool, threads, error);
    if (status == LT_OK) status = load_checkpoint(run, path, purposes, &metadata, error);
    if (status == LT_OK) status = load_tokenizers(run, path, &metadata, error);
    if (status == LT_OK && task == LT_TASK_CLASSIFY) status = load_labels(run, &metadata, error);
    lt_metadata_clear(&metadata);
    free(experiment);
    return status;
}

void lt_run_model_clear(lt_run_model *run)
{
    lt_aside_end(&run->hash.aside);
    lt_model_free(run->model);
    lt_tokenizers_clear(&run->tokenizers);
    lt_labels_clear(&run->labels);
    if (run->pool) lt_pool_free(run->pool);
    lt_experiment_clear(&run->experiment);
    free(run->folder);
    free(run->path);
    *run = (lt_run_model){0};
}
