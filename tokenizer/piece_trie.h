/* piece_trie.h: which pieces a text begins with. Private to tokenizer/. */
#ifndef LT_PIECE_TRIE_H
#define LT_PIECE_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"
#include "tokenizer/sentencepiece_shim.h"

/* A node stands for the bytes on the way to it. */
typedef struct lt_trie_node {
    uint32_t first; /* of its children, which stand one behind the other, by their bytes */
    uint16_t children;
    uint8_t byte; /* the last one on the way */
    int32_t id;   /* of the piece that ends here; -1: none does */
} lt_trie_node;

/* Immutable once built. Node 0 is the root. All zeros is an empty one, to be cleared only. */
typedef struct lt_piece_trie {
    lt_trie_node *nodes;
    size_t count;
} lt_piece_trie;

/* Of all normal pieces of a model (lt_spm_normal()). */
lt_status lt_piece_trie_build(lt_piece_trie *trie, const lt_spm *spm, lt_error *error);
void lt_piece_trie_clear(lt_piece_trie *trie);

/* The node that `byte` leads to from another; NULL where no piece goes on so. */
const lt_trie_node *lt_piece_trie_next(const lt_piece_trie *trie, const lt_trie_node *node, char byte);

#endif
