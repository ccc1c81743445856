#include "corpora/twin_files.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static lt_status check_name(const char *path, lt_error *error)
{
    static const char *const packings[] = {".gz", ".zst"};
    struct stat info;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return lt_fail(error, LT_ERROR_IO, "cannot write %s: it is a folder", path);
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        char *name;
        if (asprintf(&name, "%s%s", path, packings[i]) < 0)
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", path);
        bool there = lt_file_exists(name);
        if (there)
            lt_fail(error, LT_ERROR_USAGE,
                    "there is %s already, beside which %s would be ambiguous; remove it", name, path);
        free(name);
        if (there) return LT_ERROR_USAGE;
    }
    return LT_OK;
}

static lt_status open_side(lt_atomic_file *file, const char *prefix, const char *suffix, lt_error *error)
{
    char *path;
    if (asprintf(&path, "%s.%s", prefix, suffix) < 0)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s.%s", prefix, suffix);
    lt_status status = check_name(path, error);
    if (status == LT_OK) status = lt_atomic_open(file, path, error);
    free(path);
    return status;
}

lt_status lt_twins_open(lt_twin_files *twins, const char *prefix, const char *src, const char *trg,
                        lt_error *error)
{
    *twins = (lt_twin_files){0};
    LT_TRY(open_side(&twins->src, prefix, src, error));
    lt_status status = open_side(&twins->trg, prefix, trg, error);
    if (status != LT_OK) lt_twins_abort(twins);
    return status;
}

void lt_twins_abort(lt_twin_files *twins)
{
    lt_atomic_abort(&twins->src);
    lt_atomic_abort(&twins->trg);
}

/* Everything that can fail for want of room fails here, before any name changes. */
static lt_status flush(const lt_atomic_file *file, lt_error *error)
{
    if (fflush(file->stream) == 0 && !ferror(file->stream) &&
        (file->direct || fsync(fileno(file->stream)) == 0))
        return LT_OK;
    return lt_fail_errno(error, "cannot write %s", file->temporary);
}

/* A second name for the file that is about to be replaced; *kept is NULL where there is none. */
static lt_status keep(char **kept, const lt_atomic_file *file, lt_error *error)
{
    *kept = NULL;
    if (file->direct || !lt_file_exists(file->path)) return LT_OK;
    if (asprintf(kept, "%s.old.%ld", file->path, (long)getpid()) < 0) {
        *kept = NULL;
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", file->path);
    }
    unlink(*kept);
    if (link(file->path, *kept) == 0 || rename(file->path, *kept) == 0) return LT_OK; /* FAT has no links */
    lt_status status = lt_fail_errno(error, "cannot keep the old %s", file->path);
    free(*kept);
    *kept = NULL;
    return status;
}

lt_status lt_twins_commit(lt_twin_files *twins, lt_error *error)
{
    char *path = strdup(twins->src.path), *kept = NULL;
    bool direct = twins->src.direct;
    lt_status status = LT_OK;
    if (!path) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", twins->src.path);
    if (status == LT_OK) status = flush(&twins->src, error);
    if (status == LT_OK) status = flush(&twins->trg, error);
    if (status == LT_OK) status = keep(&kept, &twins->src, error);
    if (status == LT_OK) {
        status = lt_atomic_commit(&twins->src, error);
        if (status == LT_OK) status = lt_atomic_commit(&twins->trg, error);
        if (status != LT_OK && kept)
            rename(kept, path);
        else if (status != LT_OK && !direct)
            unlink(path);
        else if (kept)
            unlink(kept);
    }
    lt_twins_abort(twins);
    free(kept);
    free(path);
    return status;
}
