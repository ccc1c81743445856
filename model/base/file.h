/* file.h: whole files, atomic replacement, folders, SHA-256. */
#ifndef LT_BASE_FILE_H
#define LT_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/base/status.h"
#include "model/base/text.h"

/* Appends the whole file to `out`. LT_ERROR_IO with the path; files over `limit` bytes are LT_ERROR_FORMAT.
 */
lt_status lt_file_read(lt_text *out, const char *path, size_t limit, lt_error *error);

/* A file that is complete under its name or not there: written as `<path>.tmp.<pid>`, then fsync, rename,
 * fsync of the folder. On any failure (a full disk at close, too) the temporary file is removed and the old
 * file stays. What is no regular file (a device, a pipe) is written directly. */
typedef struct lt_atomic_file {
    FILE *stream; /* write here */
    char *path, *temporary;
    bool direct; /* `path` is a device or a pipe: written as it is */
} lt_atomic_file;

lt_status lt_atomic_open(lt_atomic_file *file, const char *path, lt_error *error);
lt_status lt_atomic_commit(lt_atomic_file *file, lt_error *error); /* closes also when it fails */
void lt_atomic_abort(lt_atomic_file *file);                        /* no effect after commit */
lt_status lt_file_write(const char *path, const void *bytes, size_t length,
                        lt_error *error); /* the three above */

lt_status lt_make_folders(const char *path, lt_error *error); /* mkdir -p */
bool lt_file_exists(const char *path);

/* "<folder>/<name>" in a new string, or `name` itself when it is absolute; NULL when out of memory. */
char *lt_path_join(const char *folder, const char *name);

/* SHA-256 (FIPS 180-4) as 64 hexadecimal digits and a NUL. */
#define LT_SHA256_HEX 65
typedef struct lt_sha256 {
    uint64_t opaque[32];
} lt_sha256;
void lt_sha256_init(lt_sha256 *state);
void lt_sha256_update(lt_sha256 *state, const void *bytes, size_t length);
void lt_sha256_hex(lt_sha256 *state, char hex[LT_SHA256_HEX]);
void lt_sha256_bytes(const void *bytes, size_t length, char hex[LT_SHA256_HEX]);
lt_status lt_sha256_file(const char *path, char hex[LT_SHA256_HEX], lt_error *error);

#endif
