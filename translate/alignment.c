#include "translate/alignment.h"

#include <assert.h>
#include <stdlib.h>

static int source_first(const void *a, const void *b)
{
    const lt_word_pair *x = a, *y = b;
    if (x->src != y->src) return x->src < y->src ? -1 : 1;
    return x->trg < y->trg ? -1 : x->trg > y->trg;
}

static lt_status add_pairs(lt_text *pairs, lt_piece_words src, lt_piece_words trg, lt_error *error)
{
    for (uint32_t s = src.first; s < src.end; s++)
        for (uint32_t t = trg.first; t < trg.end; t++) {
            const lt_word_pair pair = {s, t};
            LT_TRY(lt_text_append(pairs, &pair, sizeof pair, error));
        }
    return LT_OK;
}

lt_status lt_align_words(lt_text *pairs, size_t *count, const lt_piece_words *src, size_t src_pieces,
                         const lt_piece_words *trg, const int32_t *looked_at, size_t pieces, lt_error *error)
{
    const size_t begin = pairs->length;
    *count = 0;
    for (size_t i = 0; i < pieces; i++) {
        const size_t at = (size_t)looked_at[i];
        assert(at <= src_pieces);
        if (at < src_pieces) LT_TRY(add_pairs(pairs, src[at], trg[i], error));
    }
    if (pairs->length == begin) return LT_OK;
    lt_word_pair *found = (lt_word_pair *)(pairs->data + begin);
    const size_t all = (pairs->length - begin) / sizeof *found;
    qsort(found, all, sizeof *found, source_first);
    for (size_t i = 0; i < all; i++)
        if (*count == 0 || source_first(&found[i], &found[*count - 1]) != 0) found[(*count)++] = found[i];
    pairs->length = begin + *count * sizeof *found;
    return LT_OK;
}

int32_t lt_most_looked_at(const lt_decoder *decoder, size_t row, bool reversed, bool words)
{
    size_t length, best = 0;
    const real *alpha = lt_decoder_alignment(decoder, row, &length);
    const size_t end = length - 1; /* the end of sentence is read last in either order */
    real most = -1;
    for (size_t i = 0; i < (words && end > 0 ? end : length); i++) {
        real one = alpha[reversed && i < end ? end - 1 - i : i];
        if (one > most) most = one, best = i;
    }
    return (int32_t)best;
}
