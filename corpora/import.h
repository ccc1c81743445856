/* import.h: what the formats share. Private to corpora/. */
#ifndef LT_CORPORA_IMPORT_H
#define LT_CORPORA_IMPORT_H

#include "corpora/corpora.h"
#include "corpora/hashes.h"
#include "corpora/twin_files.h"

typedef struct lt_import {
    const lt_import_options *options;
    const volatile sig_atomic_t *signal; /* may be NULL */
    lt_import_report *report;
    lt_twin_files out;
    lt_hashes seen;     /* pairs, with `deduplicate` */
    lt_text cleaned[2]; /* repaired text */
} lt_import;

/* One side of a pair and the file it is from. */
typedef struct lt_import_side {
    const char *path;
    lt_line text;
} lt_import_side;

/* Each line or unit that is read goes through one of these two. */
lt_status lt_import_pair(lt_import *import, const lt_import_side *src, const lt_import_side *trg, size_t line,
                         lt_error *error);
void lt_import_drop(lt_import *import, lt_import_matter why, const char *path, size_t line);

/* Counts what drops nothing. */
void lt_import_note(lt_import *import, lt_import_matter what, const char *path, size_t line);
/* LT_ERROR_INTERRUPTED when the caller's signal is set. */
lt_status lt_import_interrupted(const lt_import *import, lt_error *error);
/* The path as messages say it: "standard input" for "-". Lives as long as `path`. */
const char *lt_import_name(const char *path);

lt_status lt_import_tsv(lt_import *import, const char *path, lt_error *error);
lt_status lt_import_plain(lt_import *import, const char *src_path, const char *trg_path, lt_error *error);
lt_status lt_import_tmx(lt_import *import, const char *path, lt_error *error);

#endif
