/* words.h: characters and words of text in any language, as far as comparing sentences needs them: simple
 * case folding, no tables of Unicode. Private to corpora/. */
#ifndef LT_CORPORA_WORDS_H
#define LT_CORPORA_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

unsigned lt_lower(unsigned codepoint);    /* Latin, Greek, Cyrillic; all else as it is */
bool lt_is_upper(unsigned codepoint);     /* a capital of these scripts */
bool lt_is_word(unsigned codepoint);      /* a letter or a digit */
bool lt_is_ideograph(unsigned codepoint); /* written without spaces: a word by itself */
size_t lt_characters(const char *bytes, size_t length);

/* The lower-cased words of a text, one behind another. */
typedef struct lt_words {
    const char *at, *end;
} lt_words;
/* The next word as a hash; false at the end. A byte that is not UTF-8 divides words. */
bool lt_words_next(lt_words *words, uint64_t *hash);

#endif
