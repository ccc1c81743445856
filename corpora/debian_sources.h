/* debian_sources.h: the files a corpus of package descriptions is made of, and what is to be said of them.
 * Private to corpora/. */
#ifndef LT_CORPORA_DEBIAN_SOURCES_H
#define LT_CORPORA_DEBIAN_SOURCES_H

#include "corpora/apt.h"
#include "corpora/corpora.h"

/* All zeros is an empty list. */
typedef struct lt_debian_sources {
    struct lt_debian_source {
        char *name;
        char sha256[LT_SHA256_HEX];
    } * items;
    size_t count;
} lt_debian_sources;

lt_status lt_debian_sources_add(lt_debian_sources *sources, const char *name, const lt_text *text,
                                lt_error *error);
/* Appends "Made by latimer ... of" and the files with their SHA-256. */
lt_status lt_debian_sources_describe(const lt_debian_sources *sources, lt_text *out, lt_error *error);
void lt_debian_sources_clear(lt_debian_sources *sources);

/* Appends where the text is from and under what licences it is, for a notice. */
lt_status lt_debian_origin(lt_text *out, lt_error *error);

/* Is a language named as Debian names them: "de", "pt_BR"? */
enum { LT_LANGUAGE_MAX = 16 };
bool lt_is_debian_language(const char *code, size_t length);

/* Fetches what is not in the cache of the `count` languages, and gives `visit` each of their files. */
lt_status lt_debian_fetch_files(const lt_debian_options *options, const char *const *languages, size_t count,
                                lt_debian_note note, void *note_context, lt_apt_visit visit, void *context,
                                lt_error *error);

#endif
