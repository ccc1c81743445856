/* apt.h: Translation files through apt, which knows the system's sources, checks signatures, keeps what it
 * has and goes on where it was interrupted. Private to corpora/. */
#ifndef LT_CORPORA_APT_H
#define LT_CORPORA_APT_H

#include "corpora/corpora.h"

/* apt with a state folder of its own. All zeros is "not open". */
typedef struct lt_apt {
    char *folder;
    lt_strings options; /* of every apt command */
} lt_apt;

/* `folder` is made; `sources` may be NULL: the system's. */
lt_status lt_apt_open(lt_apt *apt, const char *folder, const char *sources, lt_error *error);
void lt_apt_close(lt_apt *apt);

/* Fetches the Translation files of these languages (NULL-terminated), or newer ones. */
lt_status lt_apt_update(lt_apt *apt, const char *const *languages, lt_error *error);
/* Was lt_apt_update() done for this language, and are there files of it still? */
lt_status lt_apt_has(lt_apt *apt, const char *language, bool *has, lt_error *error);

/* Gives `visit` each file there is of a language, decompressed, in a settled order; it may take the text. */
typedef lt_status (*lt_apt_visit)(void *context, const char *language, const char *name, lt_text *text,
                                  lt_error *error);
lt_status lt_apt_read(lt_apt *apt, const char *language, lt_apt_visit visit, void *context, lt_error *error);

/* LT_ERROR_USAGE: there is nothing in this language; the message lists what there is. */
lt_status lt_apt_no_language(lt_apt *apt, const char *language, lt_error *error);

#endif
