/* model_walk.h: what SentencePiece does not check of a model before it uses it. */
#ifndef LT_MODEL_WALK_H
#define LT_MODEL_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "model/base/status.h"

#define LT_TOKENIZER_PIECES_MAX (1 << 22) /* of a model that is loaded */

/* What the walk learned. */
typedef struct lt_model_facts {
    size_t pieces;
    int type; /* LT_TOKENIZER_* */
    bool byte_fallback;
    bool special; /* it has user-defined or unused pieces, which latimer's own models do not */
} lt_model_facts;

/* Walks a serialised ModelProto (sentencepiece_model.proto, protocol buffers' wire format). LT_ERROR_FORMAT,
 * with `name` and the offset, for what is cut off, no model, or not one of latimer's. */
lt_status lt_model_walk(lt_model_facts *facts, const void *bytes, size_t length, const char *name,
                        lt_error *error);

/* Checks a normaliser's precompiled table: a length, a double-array trie (Aoe 1989, as Darts stores it), the
 * replacements. The library follows its links without looking; here every one that can be reached is. */
lt_status lt_charsmap_walk(const void *bytes, size_t length, const char *name, lt_error *error);

#endif
