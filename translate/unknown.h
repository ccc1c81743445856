/* unknown.h: unknown pieces of a translation become words of its line. Private to translate/. */
#ifndef LT_UNKNOWN_H
#define LT_UNKNOWN_H

#include "corpora/corpora.h"
#include "tokenizer/tokenizer.h"

/* Bytes of what is still put into a translation. */
enum { LT_REPLACED_MAX = 1000 };

/* As lt_tokenizer_decode_words(), but in the place of each unknown piece stands, between blanks, the word of
 * `line` that goes with the source piece at `looked_at` (count), as Jean et al. 2015 do; of a piece that goes
 * with several (tokenizers make one unknown piece of unknown words in a row) all. `src` (src_pieces) are the
 * words of the line's pieces. They are taken as they stand, NUL and malformed UTF-8 as U+FFFD. A piece that
 * goes with no word, or with more than LT_REPLACED_MAX bytes, stays what the tokenizer makes of it. */
lt_status lt_decode_replaced(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                             const int32_t *ids, const int32_t *looked_at, size_t count, lt_line line,
                             const lt_piece_words *src, size_t src_pieces, lt_error *error);

#endif
