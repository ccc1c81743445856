#include "experiments/run_model.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run_folder.h"

static lt_status load_checkpoint(lt_run_model *run, const char *path, lt_metadata *metadata, lt_error *error)
{
    if (!lt_file_exists(path))
        return lt_fail(
            error, LT_ERROR_IO,
            "%s has no %s: no checkpoint was written yet, or it was not copied along; train on with "
            "'latimer train --resume %s'",
            run->folder, run->checkpoint, run->folder);
    LT_TRY(lt_checkpoint_load(path, &run->model, metadata, error));
    const char *update = lt_metadata_get(metadata, LT_METADATA_UPDATE);
    run->update = update ? strtoull(update, NULL, 10) : 0;
    return lt_sha256_file(path, run->checkpoint_sha256, error);
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
    return check_size(path, "target", lt_tokenizer_size(run->tokenizers.trg), lt_model_trg_vocab(run->model),
                      error);
}

lt_status lt_run_model_open(lt_run_model *run, const char *folder, const char *checkpoint, size_t threads,
                            lt_error *error)
{
    *run = (lt_run_model){.folder = strdup(folder), .checkpoint = checkpoint};
    lt_metadata metadata = {0};
    char *experiment = lt_path_join(folder, LT_RUN_EXPERIMENT), *path = lt_path_join(folder, checkpoint);
    lt_status status = LT_OK;
    if (!run->folder || !experiment || !path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK) status = lt_experiment_load(&run->experiment, experiment, NULL, error);
    if (status == LT_OK) status = load_checkpoint(run, path, &metadata, error);
    if (status == LT_OK) status = load_tokenizers(run, path, &metadata, error);
    if (status == LT_OK) status = lt_pool_create(&run->pool, threads, error);
    if (status == LT_OK) lt_model_pack(run->model, run->pool);
    lt_metadata_clear(&metadata);
    free(experiment);
    free(path);
    return status;
}

void lt_run_model_clear(lt_run_model *run)
{
    lt_model_free(run->model);
    lt_tokenizers_clear(&run->tokenizers);
    if (run->pool) lt_pool_free(run->pool);
    lt_experiment_clear(&run->experiment);
    free(run->folder);
    *run = (lt_run_model){0};
}
