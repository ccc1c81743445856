/* sentences.h: where sentences end. Private to corpora/. */
#ifndef LT_CORPORA_SENTENCES_H
#define LT_CORPORA_SENTENCES_H

#include <stddef.h>

#include "model/base/status.h"

typedef struct lt_span {
    size_t begin, length; /* bytes */
} lt_span;

/* All zeros is an empty list. */
typedef struct lt_spans {
    lt_span *items;
    size_t count, capacity;
} lt_spans;

lt_status lt_spans_add(lt_spans *spans, size_t begin, size_t length, lt_error *error);
void lt_spans_clear(lt_spans *spans);

/* Replaces `out` by the sentences of a text whose words single spaces divide; they have no space at either
 * end and leave nothing out. A sentence ends at . ! ? or an ellipsis, with what closes behind it, where a
 * space and a capital, a digit or a letter without case follow; not behind an abbreviation ("e.g.", "z. B.",
 * "J. Smith"), not within parentheses, and in languages that write ordinals so, not behind a number ("3.
 * Oktober"). The full stops of Chinese and Japanese need no space. */
lt_status lt_sentences_split(lt_spans *out, const char *text, size_t length, const char *language,
                             lt_error *error);

#endif
