/* source.h: the bytes of a file, decompressed as they are read. Private to corpora/. */
#ifndef LT_CORPORA_SOURCE_H
#define LT_CORPORA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/status.h"

typedef struct lt_source lt_source;

/* Opens `path`, or standard input for "-"; gzip and Zstandard are recognised by their first bytes. */
lt_status lt_source_open(lt_source **source, const char *path, lt_error *error);
void lt_source_close(lt_source *source); /* NULL is fine */
/* Would lt_source_read() give something (or the end) at once? Waits up to `milliseconds` for that. */
bool lt_source_ready(const lt_source *source, int milliseconds);
/* Up to `size` bytes into `out`; *got is 0 at the end only. LT_ERROR_FORMAT for a damaged or cut-off file. */
lt_status lt_source_read(lt_source *source, char *out, size_t size, size_t *got, lt_error *error);

#endif
