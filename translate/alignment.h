/* alignment.h: from pieces that look at pieces to words that go with words. Private to translate/. */
#ifndef LT_ALIGNMENT_H
#define LT_ALIGNMENT_H

#include "tokenizer/tokenizer.h"
#include "translate/translate.h"

/* Appends to `pairs`, an array of lt_word_pair, each pair of which some piece of the target word looked most
 * at some piece of the source word: sorted by source, then target, none twice. `src` (src_pieces) and `trg`
 * (pieces) are the words of the pieces, `looked_at` (pieces) the source position of each target piece;
 * src_pieces, the end of sentence, gives no pair. `count` gets how many were appended. */
lt_status lt_align_words(lt_text *pairs, size_t *count, const lt_piece_words *src, size_t src_pieces,
                         const lt_piece_words *trg, const int32_t *looked_at, size_t pieces, lt_error *error);

/* The position of row `row`'s source, as the sentence stands, that the decoder looked at most in its last
 * step, of equal ones the first; its length is its end of sentence. `reversed`: the encoder reads it from its
 * end. `words`: the end of sentence is left out, where there is anything else. */
int32_t lt_most_looked_at(const lt_decoder *decoder, size_t row, bool reversed, bool words);

#endif
