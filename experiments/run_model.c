#include "experiments/run_model.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run_folder.h"

static bool same(const lt_metadata *a, const char *a_key, const lt_metadata *b, const char *b_key)
{
    const char *one = lt_metadata_get(a, a_key), *other = lt_metadata_get(b, b_key);
    return one && other && strcmp(one, other) == 0;
}

/* Was `quantized` made of the run's checkpoint? A file that has no checksum is known by its hash. */
static lt_status made_of(const lt_run_model *run, const lt_metadata *quantized, bool *is, lt_error *error)
{
    char hex[LT_SHA256_HEX];
    const char *wanted = lt_metadata_get(quantized, LT_METADATA_QUANTIZED_SHA256);
    lt_metadata checkpoint = {0};
    lt_status status = lt_checkpoint_describe(run->path, &checkpoint, error);
    if (status == LT_OK && lt_metadata_get(&checkpoint, LT_METADATA_CHECKSUM)) {
        *is = same(quantized, LT_METADATA_QUANTIZED_CHECKSUM, &checkpoint, LT_METADATA_CHECKSUM);
    } else if (status == LT_OK) {
        status = lt_sha256_file(run->path, hex, error);
        *is = status == LT_OK && wanted && strcmp(hex, wanted) == 0;
    }
    lt_metadata_clear(&checkpoint);
    return status;
}

/* The same where there is only `quantized`, by the name of what it was made of. */
static bool made_of_name(const lt_run_model *run, const lt_metadata *quantized)
{
    const char *name = lt_metadata_get(quantized, LT_METADATA_QUANTIZED);
    return name && strcmp(name, run->checkpoint) == 0;
}

/* What is wrong with the file of integers can be mended by the command that wrote it. */
static lt_status damaged_integers(const lt_run_model *run, lt_error *error)
{
    return lt_error_context(error, "--precision int8 ('latimer quantize %s' makes its file anew)",
                            run->folder);
}

/* Takes the file of integers in the checkpoint's place, if there is one that was made of it. */
static lt_status take_integers(lt_run_model *run, lt_error *error)
{
    char *path = lt_path_join(run->folder, LT_RUN_INT8);
    lt_metadata metadata = {0};
    bool is = true;
    lt_status status = LT_OK;
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (lt_file_exists(path)) {
        status = lt_checkpoint_describe(path, &metadata, error);
        if (status != LT_OK) damaged_integers(run, error);
        const char *sha256 = lt_metadata_get(&metadata, LT_METADATA_QUANTIZED_SHA256);
        if (status == LT_OK && (!sha256 || strlen(sha256) != LT_SHA256_HEX - 1))
            status = lt_fail(error, LT_ERROR_FORMAT,
                             "%s was not written by 'latimer quantize': it does not say which checkpoint it "
                             "was made of; move it away",
                             path);
        if (status == LT_OK && lt_file_exists(run->path))
            status = made_of(run, &metadata, &is, error);
        else if (status == LT_OK) /* then its word counts */
            is = made_of_name(run, &metadata);
        if (status == LT_OK && !is)
            status = lt_text_appendf(&run->remarks, error,
                                     "%s was made of another checkpoint than %s, which is read and rounded "
                                     "instead; 'latimer quantize %s --checkpoint %.4s' makes it anew\n",
                                     path, run->checkpoint, run->folder, run->checkpoint);
        if (status == LT_OK && is) {
            memcpy(run->hash.hex, sha256, LT_SHA256_HEX);
            free(run->path);
            run->path = path;
            path = NULL;
        }
    }
    lt_metadata_clear(&metadata);
    free(path);
    return status;
}

static lt_status apply_checkpoint(lt_run_model *run, const char *path, lt_metadata *metadata, lt_error *error)
{
    lt_status status = lt_checkpoint_apply(path, &run->model, metadata, run->precision, run->pool, error);
    const char *name = strrchr(path, '/');
    if (status != LT_OK && name && strcmp(name + 1, LT_RUN_INT8) == 0) damaged_integers(run, error);
    return status;
}

static lt_status load_checkpoint(lt_run_model *run, const char *path, int purposes, lt_metadata *metadata,
                                 lt_error *error)
{
    if (!lt_file_exists(path))
        return lt_fail(
            error, LT_ERROR_IO,
            "%s has no %s: no checkpoint was written yet, or it was not copied along; train on with "
            "'latimer train --resume %s'",
            run->folder, run->checkpoint, run->folder);
    LT_TRY(purposes & LT_RUN_FOR_GRADIENTS ? lt_checkpoint_load(path, &run->model, metadata, error)
                                           : apply_checkpoint(run, path, metadata, error));
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

/* With the workers of `shared` or, where that is NULL, `threads` of its own. */
static lt_status open_model(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                            lt_pool *shared, size_t threads, int precision, int purposes, lt_error *error)
{
    *run = (lt_run_model){.folder = strdup(folder),
                          .checkpoint = checkpoint,
                          .path = lt_path_join(folder, checkpoint),
                          .precision = precision,
                          .pool = shared,
                          .pool_is_borrowed = shared != NULL};
    lt_metadata metadata = {0};
    char *experiment = lt_path_join(folder, LT_RUN_EXPERIMENT);
    lt_status status = LT_OK;
    if (!run->folder || !experiment || !run->path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK) status = lt_experiment_load(&run->experiment, experiment, NULL, error);
    if (status == LT_OK) status = check_task(run, task, error);
    if (status == LT_OK && precision == LT_INT8) status = take_integers(run, error);
    if (status == LT_OK && purposes & LT_RUN_FOR_RECORD && !*run->hash.hex)
        lt_aside_begin(&run->hash.aside, take_hash, run);
    if (status == LT_OK && !shared) status = lt_pool_create(&run->pool, threads, error);
    if (status == LT_OK) status = load_checkpoint(run, run->path, purposes, &metadata, error);
    if (status == LT_OK) status = load_tokenizers(run, run->path, &metadata, error);
    if (status == LT_OK && task == LT_TASK_CLASSIFY) status = load_labels(run, &metadata, error);
    lt_metadata_clear(&metadata);
    free(experiment);
    return status;
}

lt_status lt_run_model_open(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                            size_t threads, int precision, int purposes, lt_error *error)
{
    return open_model(run, folder, checkpoint, task, NULL, threads, precision, purposes, error);
}

lt_status lt_run_model_open_beside(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                                   lt_pool *pool, int precision, int purposes, lt_error *error)
{
    return open_model(run, folder, checkpoint, task, pool, 0, precision, purposes, error);
}

void lt_run_model_clear(lt_run_model *run)
{
    lt_aside_end(&run->hash.aside);
    lt_model_free(run->model);
    lt_tokenizers_clear(&run->tokenizers);
    lt_labels_clear(&run->labels);
    if (run->pool && !run->pool_is_borrowed) lt_pool_free(run->pool);
    lt_experiment_clear(&run->experiment);
    free(run->folder);
    free(run->path);
    lt_text_clear(&run->remarks);
    *run = (lt_run_model){0};
}
