#include "experiments/run_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/base/file.h"

static lt_status take(lt_run_folder *folder, const char *path, lt_error *error)
{
    *folder = (lt_run_folder){strdup(path), open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    lt_status status = LT_OK;
    if (!folder->path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", path);
    else if (folder->lock < 0)
        status = lt_fail_errno(error, "cannot open the run folder %s", path);
    else if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        status = lt_fail(error, LT_ERROR_MISMATCH,
                         "%s is being trained by another process; stop that one first", path);
    if (status != LT_OK) lt_run_folder_close(folder);
    return status;
}

lt_status lt_run_folder_create(lt_run_folder *folder, const char *parent, const char *name, const char *id,
                               lt_error *error)
{
    char *path = NULL, *leaf = NULL;
    *folder = (lt_run_folder){.lock = -1};
    LT_TRY(lt_make_folders(parent, error));
    if (asprintf(&leaf, "%s-%.8s", name, id) < 0) leaf = NULL;
    path = leaf ? lt_path_join(parent, leaf) : NULL;
    lt_status status = LT_OK;
    if (!path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of a run folder");
    else if (mkdir(path, 0777) != 0)
        status = lt_fail_errno(error, "cannot make the run folder %s", path);
    if (status == LT_OK) status = take(folder, path, error);
    free(leaf);
    free(path);
    return status;
}

/* "last.safetensors.tmp.4711" */
static bool is_temporary(const char *name)
{
    const char *mark = strstr(name, ".tmp.");
    return mark && mark[5] && mark[5 + strspn(mark + 5, "0123456789")] == '\0';
}

static void sweep(const char *path)
{
    DIR *listing = path ? opendir(path) : NULL;
    for (struct dirent *entry; listing && (entry = readdir(listing));)
        if (is_temporary(entry->d_name)) unlinkat(dirfd(listing), entry->d_name, 0);
    if (listing) closedir(listing);
}

lt_status lt_run_folder_open(lt_run_folder *folder, const char *path, lt_error *error)
{
    *folder = (lt_run_folder){.lock = -1};
    LT_TRY(take(folder, path, error));
    if (faccessat(folder->lock, LT_RUN_EXPERIMENT, F_OK, 0) != 0) {
        lt_run_folder_close(folder);
        return lt_fail(error, LT_ERROR_USAGE, "%s is not the folder of a run: it has no " LT_RUN_EXPERIMENT,
                       path);
    }
    char *hypotheses = lt_run_folder_file(folder, LT_RUN_HYPOTHESES);
    sweep(folder->path);
    sweep(hypotheses);
    free(hypotheses);
    return LT_OK;
}

void lt_run_folder_close(lt_run_folder *folder)
{
    if (folder->lock >= 0) close(folder->lock);
    free(folder->path);
    *folder = (lt_run_folder){.lock = -1};
}

char *lt_run_folder_file(const lt_run_folder *folder, const char *name)
{
    return lt_path_join(folder->path, name);
}
