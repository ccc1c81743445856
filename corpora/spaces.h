/* spaces.h: white space, as the counts of corpora/ see it. Private to corpora/. */
#ifndef LT_CORPORA_SPACES_H
#define LT_CORPORA_SPACES_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the white-space character at `bytes` (the property White_Space of Unicode: no-break spaces and
 * the ideographic one, too), or 0 where there is none. */
size_t lt_space_at(const char *bytes, size_t length);

/* The next word at or behind *at: what lies between white space. False when there is none any more. */
bool lt_take_word(const char *bytes, size_t length, size_t *at, const char **word, size_t *word_length);

/* Is there nothing but white space? */
bool lt_blank(const char *bytes, size_t length);

#endif
