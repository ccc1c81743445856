#include "experiments/averaging.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/file.h"

static lt_status snapshot_path(const lt_averaging *a, uint64_t update, char **path, lt_error *error)
{
    char name[64];
    snprintf(name, sizeof name, "snapshot-%llu.safetensors", (unsigned long long)update);
    *path = lt_path_join(a->folder, name);
    return *path ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path of %s", name);
}

/* The validation before that of `update`; 0: there was none. */
static uint64_t before(const lt_averaging *a, uint64_t update)
{
    const uint64_t every = (uint64_t)a->options->validate_every;
    return (update - 1) / every * every;
}

static lt_status save_snapshot(const lt_averaging *a, uint64_t update, lt_error *error)
{
    char *path;
    LT_TRY(snapshot_path(a, update, &path, error));
    lt_status status = lt_checkpoint_save(path, a->model, NULL, NULL, NULL, error);
    free(path);
    return status;
}

/* sum (size) += the weights of a snapshot. */
static lt_status add_snapshot(const lt_averaging *a, uint64_t update, double *sum, lt_error *error)
{
    char *path;
    LT_TRY(snapshot_path(a, update, &path, error));
    lt_status status = lt_checkpoint_restore(path, a->model, NULL, NULL, error);
    if (status != LT_OK)
        lt_error_context(error, "training.average.checkpoints takes the mean of the last %lld validations",
                         (long long)a->options->average.checkpoints);
    const real *values = lt_model_values(a->model);
    for (size_t i = 0; status == LT_OK && i < lt_model_size(a->model); i++) sum[i] += (double)values[i];
    free(path);
    return status;
}

/* The update of a snapshot's file name; 0: it is none. */
static uint64_t update_of(const char *name)
{
    unsigned long long update = 0;
    int end = 0;
    sscanf(name, "snapshot-%llu.safetensors%n", &update, &end);
    return end > 0 && !name[end] ? update : 0;
}

/* What no mean needs any more: all that are older than `oldest`. */
static lt_status remove_older(const lt_averaging *a, uint64_t oldest, lt_error *error)
{
    DIR *folder = opendir(a->folder);
    if (!folder) return lt_fail_errno(error, "cannot read %s", a->folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        const uint64_t update = update_of(entry->d_name);
        if (update > 0 && update < oldest) unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    return LT_OK;
}

/* The model becomes the mean of the snapshots up to `update`'s, from behind `restarted` on: the weights
 * before that were given up. */
static lt_status take_mean(const lt_averaging *a, uint64_t update, uint64_t restarted, lt_error *error)
{
    const size_t size = lt_model_size(a->model);
    double *sum = calloc(size, sizeof *sum);
    if (!sum) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the mean of %zu weights", size);
    int64_t count = 0;
    uint64_t oldest = update;
    lt_status status = LT_OK;
    for (uint64_t u = update;
         (!count || u > restarted) && count < a->options->average.checkpoints && status == LT_OK;
         u = before(a, u), count++) {
        status = add_snapshot(a, u, sum, error);
        oldest = u;
    }
    if (status == LT_OK) status = remove_older(a, oldest, error);
    real *values = lt_model_values(a->model);
    for (size_t i = 0; status == LT_OK && i < size; i++) values[i] = (real)(sum[i] / (double)count);
    free(sum);
    return status;
}

static bool over_checkpoints(const lt_averaging *a)
{
    return a->options->average.checkpoints > 1;
}

lt_status lt_averaging_begin(lt_averaging *a, uint64_t update, uint64_t restarted, lt_error *error)
{
    if (a->options->average.decay > 0) lt_learner_swap_average(a->learner);
    if (!over_checkpoints(a) || update == 0) return LT_OK;
    const size_t bytes = lt_model_size(a->model) * sizeof *a->held;
    LT_TRY(save_snapshot(a, update, error));
    a->held = malloc(bytes);
    if (!a->held) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the weights of the moment");
    memcpy(a->held, lt_model_values(a->model), bytes);
    if (take_mean(a, update, restarted, error) != LT_OK) {
        lt_averaging_end(a);
        return error->code;
    }
    lt_model_pack(a->model, NULL);
    return LT_OK;
}

void lt_averaging_end(lt_averaging *a)
{
    if (a->options->average.decay > 0) lt_learner_swap_average(a->learner);
    if (!a->held) return;
    memcpy(lt_model_values(a->model), a->held, lt_model_size(a->model) * sizeof *a->held);
    lt_model_pack(a->model, NULL);
    free(a->held);
    a->held = NULL;
}
