/* match.c: the pieces that two vocabularies have in common. */
#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

/* The id in `other` of the piece `id`; -1: it has none. A byte <0x41> is no piece of text that reads so. */
static int32_t counterpart(const lt_tokenizer *tokenizer, const lt_tokenizer *other, size_t id)
{
    const char *piece = lt_spm_piece(tokenizer->spm, id);
    const int32_t found = lt_spm_id(other->spm, piece, strlen(piece));
    if (found < LT_RESERVED) return -1;
    return lt_spm_normal(tokenizer->spm, id) == lt_spm_normal(other->spm, (size_t)found) ? found : -1;
}

size_t lt_tokenizer_match(const lt_tokenizer *tokenizer, const lt_tokenizer *other, int32_t *ids)
{
    const size_t pieces = lt_tokenizer_size(tokenizer);
    size_t matched = LT_RESERVED;
    for (int32_t id = 0; id < LT_RESERVED; id++) ids[id] = id;
    for (size_t id = LT_RESERVED; id < pieces; id++) {
        ids[id] = counterpart(tokenizer, other, id);
        matched += ids[id] >= 0;
    }
    return matched;
}
