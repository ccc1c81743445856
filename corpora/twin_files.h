/* twin_files.h: the two files of a corpus, written both or none. Private to corpora/. */
#ifndef LT_CORPORA_TWIN_FILES_H
#define LT_CORPORA_TWIN_FILES_H

#include "model/base/file.h"

typedef struct lt_twin_files {
    lt_atomic_file src, trg; /* write to their streams */
} lt_twin_files;

/* Opens <prefix>.<src> and <prefix>.<trg>. LT_ERROR_USAGE where a compressed file of the same name would make
 * it unclear which of the two is meant later. */
lt_status lt_twins_open(lt_twin_files *twins, const char *prefix, const char *src, const char *trg,
                        lt_error *error);
/* Both files get their names. When the second cannot, the first goes back to what it was before. */
lt_status lt_twins_commit(lt_twin_files *twins, lt_error *error);
void lt_twins_abort(lt_twin_files *twins); /* no effect after commit */

#endif
