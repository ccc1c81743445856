/* file_set.h: the files of a corpus, written all or none. Private to corpora/. */
#ifndef LT_CORPORA_FILE_SET_H
#define LT_CORPORA_FILE_SET_H

#include "model/base/file.h"

/* Opens <folder>/<name>. */
lt_status lt_files_open(lt_atomic_file *file, const char *folder, const char *name, lt_error *error);
/* `bytes` and a line feed; a failure may also show at the commit. */
lt_status lt_files_line(lt_atomic_file *file, const char *bytes, size_t length, lt_error *error);
/* No file takes its name before all are written: a full disk leaves the old ones. Those that were not opened
 * (all zeros) are passed over. */
lt_status lt_files_commit(lt_atomic_file *files, size_t count, lt_error *error);
void lt_files_abort(lt_atomic_file *files, size_t count); /* no effect after commit */

#endif
