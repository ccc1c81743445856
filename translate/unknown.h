/* unknown.h: unknown pieces of a translation become words of its line. Private to translate/. */
#ifndef LT_UNKNOWN_H
#define LT_UNKNOWN_H

#include "corpora/corpora.h"
#include "tokenizer/tokenizer.h"

/* Bytes of a word that is still put into a translation. */
enum { LT_REPLACED_MAX = 1000 };

/* As lt_tokenizer_decode_words(), but each unknown piece is, between blanks, the word of `line` that goes
 * with the source piece at `looked_at` (count), of several the first (Luong, Sutskever, Le, Vinyals & Zaremba
 * 2015; by attention: Jean et al. 2015). `src` (src_pieces) are the words of the line's pieces. A word is
 * taken as it stands, NUL and malformed UTF-8 as U+FFFD. A piece that goes with no word, or with one of over
 * LT_REPLACED_MAX bytes, stays what the tokenizer makes of unknown pieces. */
lt_status lt_decode_replaced(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                             const int32_t *ids, const int32_t *looked_at, size_t count, lt_line line,
                             const lt_piece_words *src, size_t src_pieces, lt_error *error);

#endif
