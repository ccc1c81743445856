#include "corpora/id_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct lt_id_file {
    int descriptor;
    size_t count;
    char *folder;
};

static const char advice[] = "the ids of a large corpus are kept there while it is trained on; set TMPDIR to "
                             "a folder of a disk with room";

/* Not every file system has files that never had a name. */
static int open_nameless(const char *folder)
{
    char *path;
    int descriptor = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (descriptor >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return descriptor;
    if (asprintf(&path, "%s/latimer.XXXXXX", folder) < 0) return -1;
    descriptor = mkostemp(path, O_CLOEXEC);
    if (descriptor >= 0) unlink(path);
    free(path);
    return descriptor;
}

lt_status lt_id_file_create(lt_id_file **out, lt_error *error)
{
    const char *folder = getenv("TMPDIR");
    lt_id_file *file = *out = calloc(1, sizeof *file);
    if (file) file->folder = strdup(folder && *folder ? folder : "/tmp");
    if (!file || !file->folder) {
        free(file);
        *out = NULL;
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a temporary file");
    }
    file->descriptor = open_nameless(file->folder);
    if (file->descriptor >= 0) return LT_OK;
    lt_status status = lt_fail_errno(error, "cannot make a temporary file in %s (%s)", file->folder, advice);
    lt_id_file_free(file);
    *out = NULL;
    return status;
}

void lt_id_file_free(lt_id_file *file)
{
    if (!file) return;
    if (file->descriptor >= 0) close(file->descriptor);
    free(file->folder);
    free(file);
}

void lt_id_file_rewind(lt_id_file *file)
{
    file->count = 0;
}

lt_status lt_id_file_append(lt_id_file *file, const int32_t *ids, size_t count, lt_error *error)
{
    const char *from = (const char *)ids;
    for (size_t done = 0, bytes = count * sizeof *ids; done < bytes;) {
        ssize_t written =
            pwrite(file->descriptor, from + done, bytes - done, (off_t)(file->count * sizeof *ids + done));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0)
            return lt_fail_errno(error, "cannot write a temporary file in %s (%s)", file->folder, advice);
        done += (size_t)written;
    }
    file->count += count;
    return LT_OK;
}

lt_status lt_id_file_read(const lt_id_file *file, int32_t *ids, size_t first, size_t count, lt_error *error)
{
    char *to = (char *)ids;
    for (size_t done = 0, bytes = count * sizeof *ids; done < bytes;) {
        errno = EIO; /* what an early end means here */
        ssize_t got = pread(file->descriptor, to + done, bytes - done, (off_t)(first * sizeof *ids + done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return lt_fail_errno(error, "cannot read the temporary file in %s that holds the training data",
                                 file->folder);
        done += (size_t)got;
    }
    return LT_OK;
}

void lt_id_file_expect(const lt_id_file *file, size_t first, size_t count)
{
    posix_fadvise(file->descriptor, (off_t)(first * sizeof(int32_t)), (off_t)(count * sizeof(int32_t)),
                  POSIX_FADV_WILLNEED);
}
