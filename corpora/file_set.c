#include "corpora/file_set.h"

#include <stdlib.h>

lt_status lt_files_open(lt_atomic_file *file, const char *folder, const char *name, lt_error *error)
{
    char *path = lt_path_join(folder, name);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", name);
    lt_status status = lt_atomic_open(file, path, error);
    free(path);
    return status;
}

lt_status lt_files_line(lt_atomic_file *file, const char *bytes, size_t length, lt_error *error)
{
    if (fwrite(bytes, 1, length, file->stream) == length && fputc('\n', file->stream) != EOF) return LT_OK;
    return lt_fail_errno(error, "cannot write %s", file->temporary);
}

lt_status lt_files_commit(lt_atomic_file *files, size_t count, lt_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (files[i].stream && (fflush(files[i].stream) != 0 || ferror(files[i].stream)))
            return lt_fail_errno(error, "cannot write %s", files[i].temporary);
    for (size_t i = 0; i < count; i++)
        if (files[i].stream) LT_TRY(lt_atomic_commit(&files[i], error));
    return LT_OK;
}

void lt_files_abort(lt_atomic_file *files, size_t count)
{
    for (size_t i = 0; i < count; i++) lt_atomic_abort(&files[i]);
}
