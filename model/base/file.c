#include "model/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lt_status lt_file_read(lt_text *out, const char *path, size_t limit, lt_error *error)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) return lt_fail_errno(error, "cannot open %s", path);
    lt_status status = LT_OK;
    size_t total = 0, n;
    char buffer[1 << 16];
    while (status == LT_OK && (n = fread(buffer, 1, sizeof buffer, stream)) > 0) {
        total += n;
        if (total > limit)
            status =
                lt_fail(error, LT_ERROR_FORMAT, "%s is larger than the %zu bytes allowed here", path, limit);
        else
            status = lt_text_append(out, buffer, n, error);
    }
    if (status == LT_OK && ferror(stream)) status = lt_fail_errno(error, "cannot read %s", path);
    if (status == LT_OK) status = lt_text_append(out, "", 0, error);
    fclose(stream);
    return status;
}

lt_status lt_atomic_open(lt_atomic_file *file, const char *path, lt_error *error)
{
    struct stat info;
    *file = (lt_atomic_file){0};
    bool exists = stat(path, &info) == 0;
    if (exists && S_ISDIR(info.st_mode))
        return lt_fail(error, LT_ERROR_IO, "cannot write %s: it is a folder", path);
    file->direct = exists && !S_ISREG(info.st_mode);
    file->path = realpath(path, NULL); /* behind a symbolic link: the link stays one */
    if (!file->path) file->path = strdup(path);
    if (file->path &&
        asprintf(&file->temporary, file->direct ? "%s" : "%s.tmp.%ld", file->path, (long)getpid()) < 0)
        file->temporary = NULL;
    if (!file->path || !file->temporary) {
        lt_atomic_abort(file);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", path);
    }
    file->stream = fopen(file->temporary, "wb");
    if (!file->stream) {
        lt_status status = lt_fail_errno(error, "cannot write %s", path);
        lt_atomic_abort(file);
        return status;
    }
    return LT_OK;
}

static lt_status sync_folder(const char *path, lt_error *error)
{
    char *folder = strdup(path);
    if (!folder) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the folder of %s", path);
    char *slash = strrchr(folder, '/');
    if (slash == folder)
        folder[1] = '\0';
    else if (slash)
        *slash = '\0';
    int descriptor = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    lt_status status = LT_OK;
    if (descriptor < 0 || (fsync(descriptor) != 0 && errno != EINVAL))
        status = lt_fail_errno(error, "cannot sync the folder of %s", path);
    if (descriptor >= 0) close(descriptor);
    free(folder);
    return status;
}

lt_status lt_atomic_commit(lt_atomic_file *file, lt_error *error)
{
    bool written = fflush(file->stream) == 0 && !ferror(file->stream) &&
                   (file->direct || fsync(fileno(file->stream)) == 0);
    int number = errno;
    if (fclose(file->stream) != 0 && written) written = false, number = errno;
    file->stream = NULL;
    lt_status status = LT_OK;
    if (!written) {
        errno = number;
        status = lt_fail_errno(error, "cannot write %s", file->temporary);
    } else if (file->direct) {
        lt_atomic_abort(file);
        return LT_OK;
    } else if (rename(file->temporary, file->path) != 0) {
        status = lt_fail_errno(error, "cannot rename %s to %s", file->temporary, file->path);
    } else {
        free(file->temporary);
        file->temporary = NULL;
        status = sync_folder(file->path, error);
    }
    lt_atomic_abort(file);
    return status;
}

void lt_atomic_abort(lt_atomic_file *file)
{
    if (file->stream) fclose(file->stream);
    if (file->temporary && !file->direct) unlink(file->temporary);
    free(file->temporary);
    free(file->path);
    *file = (lt_atomic_file){0};
}

lt_status lt_file_write(const char *path, const void *bytes, size_t length, lt_error *error)
{
    lt_atomic_file file;
    LT_TRY(lt_atomic_open(&file, path, error));
    if (fwrite(bytes, 1, length, file.stream) != length) {
        lt_status status = lt_fail_errno(error, "cannot write %s", file.temporary);
        lt_atomic_abort(&file);
        return status;
    }
    return lt_atomic_commit(&file, error);
}

lt_status lt_make_folders(const char *path, lt_error *error)
{
    char *copy = strdup(path);
    if (!copy) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path %s", path);
    lt_status status = LT_OK;
    for (char *p = copy + 1; status == LT_OK && *copy; p++) {
        if (*p != '/' && *p != '\0') continue;
        char end = *p;
        *p = '\0';
        struct stat info;
        if (mkdir(copy, 0777) != 0 && !(errno == EEXIST && stat(copy, &info) == 0 && S_ISDIR(info.st_mode)))
            status = lt_fail_errno(error, "cannot make the folder %s", copy);
        *p = end;
        if (end == '\0') break;
    }
    free(copy);
    return status;
}

bool lt_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

char *lt_path_join(const char *folder, const char *name)
{
    if (name[0] == '/' || folder[0] == '\0') return strdup(name);
    char *path;
    size_t length = strlen(folder);
    return asprintf(&path, "%s%s%s", folder, folder[length - 1] == '/' ? "" : "/", name) < 0 ? NULL : path;
}

_Static_assert(sizeof(struct sha256_ctx) <= sizeof(lt_sha256), "lt_sha256 holds nettle's state");

void lt_sha256_init(lt_sha256 *state)
{
    sha256_init((struct sha256_ctx *)state);
}

void lt_sha256_update(lt_sha256 *state, const void *bytes, size_t length)
{
    sha256_update((struct sha256_ctx *)state, length, bytes);
}

void lt_sha256_hex(lt_sha256 *state, char hex[LT_SHA256_HEX])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest((struct sha256_ctx *)state, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

void lt_sha256_bytes(const void *bytes, size_t length, char hex[LT_SHA256_HEX])
{
    lt_sha256 state;
    lt_sha256_init(&state);
    lt_sha256_update(&state, bytes, length);
    lt_sha256_hex(&state, hex);
}

lt_status lt_sha256_file(const char *path, char hex[LT_SHA256_HEX], lt_error *error)
{
    FILE *stream = fopen(path, "rb");
    if (!stream) return lt_fail_errno(error, "cannot open %s", path);
    lt_sha256 state;
    lt_sha256_init(&state);
    char buffer[1 << 16];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, stream)) > 0) lt_sha256_update(&state, buffer, n);
    lt_status status = ferror(stream) ? lt_fail_errno(error, "cannot read %s", path) : LT_OK;
    fclose(stream);
    lt_sha256_hex(&state, hex);
    return status;
}
