/* translations.h: Debian's Translation files: package descriptions in one language. Private to corpora/.
 *
 * A file is stanzas of "Package:", "Description-md5:" (of the English original) and
 * "Description-<language>:", whose lines behind the first begin with a space. Source: Debian's repository
 * format, "Translation indices". */
#ifndef LT_CORPORA_TRANSLATIONS_H
#define LT_CORPORA_TRANSLATIONS_H

#include "corpora/corpora.h"

enum { LT_MD5_SIZE = 16 };

typedef struct lt_description {
    unsigned char md5[LT_MD5_SIZE];
    lt_line package; /* these point into the file's text and end with it, not with a NUL */
    lt_line text;    /* the synopsis, then the lines as they stand, with '\n' between */
} lt_description;

/* All descriptions in a language. All zeros but the language is an empty list. */
typedef struct lt_descriptions {
    const char *language; /* the caller's */
    lt_text *texts;       /* (files), owned */
    size_t files;
    lt_description *items;
    size_t count, capacity;
    size_t damaged; /* stanzas that lack something, or have it wrong */
} lt_descriptions;

/* Adds a file: `*text` is taken over (and emptied). Text in which no stanza is whole is LT_ERROR_FORMAT with
 * `name` and the first line that is wrong; no text at all is fine. */
lt_status lt_descriptions_add(lt_descriptions *descriptions, const char *name, lt_text *text,
                              lt_error *error);
/* Orders them by MD5, then package, then text. */
void lt_descriptions_sort(lt_descriptions *descriptions);
/* How many of a sorted list, from `begin` on, are of the same original. */
size_t lt_descriptions_same(const lt_descriptions *descriptions, size_t begin);
void lt_descriptions_clear(lt_descriptions *descriptions);

#endif
