#include "tokenizer/piece_trie.h"

#include <stdlib.h>
#include <string.h>

/* The pieces in the order of their bytes. */
typedef struct entry {
    const char *text;
    size_t length;
    int32_t id;
} entry;

/* The entries [begin, end) that go through a node, which is `depth` bytes from the root. */
typedef struct span {
    size_t begin, end, depth;
} span;

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->text, ((const entry *)b)->text);
}

/* `*nodes` gets how many there are at most: the root, and one a byte. */
static entry *sorted_entries(const lt_spm *spm, size_t *count, size_t *nodes)
{
    size_t pieces = lt_spm_size(spm);
    entry *entries = malloc((pieces + 1) * sizeof *entries);
    *count = 0;
    *nodes = 1;
    for (size_t id = 0; entries && id < pieces; id++) {
        if (!lt_spm_normal(spm, id)) continue;
        const char *text = lt_spm_piece(spm, id);
        entries[*count] = (entry){text, strlen(text), (int32_t)id};
        *nodes += entries[(*count)++].length;
    }
    if (entries) qsort(entries, *count, sizeof *entries, by_bytes);
    return entries;
}

/* Appends the children of node `n`. */
static void grow(lt_piece_trie *trie, span *spans, const entry *entries, size_t n)
{
    span s = spans[n];
    lt_trie_node *node = &trie->nodes[n];
    node->id = -1;
    node->first = (uint32_t)trie->count;
    for (; s.begin < s.end && entries[s.begin].length == s.depth; s.begin++) node->id = entries[s.begin].id;
    for (size_t from = s.begin, to; from < s.end; from = to) {
        uint8_t byte = (uint8_t)entries[from].text[s.depth];
        for (to = from; to < s.end && (uint8_t)entries[to].text[s.depth] == byte;) to++;
        spans[trie->count] = (span){from, to, s.depth + 1};
        trie->nodes[trie->count++].byte = byte;
        node->children++;
    }
}

lt_status lt_piece_trie_build(lt_piece_trie *trie, const lt_spm *spm, lt_error *error)
{
    size_t count, most;
    entry *entries = sorted_entries(spm, &count, &most);
    span *spans = malloc(most * sizeof *spans);
    lt_status status = LT_OK;
    *trie = (lt_piece_trie){.nodes = calloc(most, sizeof *trie->nodes), .count = 1};
    if (entries && spans && trie->nodes && most <= UINT32_MAX) {
        spans[0] = (span){0, count, 0};
        for (size_t n = 0; n < trie->count; n++) grow(trie, spans, entries, n);
    } else {
        lt_piece_trie_clear(trie);
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for an index of %zu bytes of pieces", most);
    }
    free(spans);
    free(entries);
    return status;
}

void lt_piece_trie_clear(lt_piece_trie *trie)
{
    free(trie->nodes);
    *trie = (lt_piece_trie){0};
}

const lt_trie_node *lt_piece_trie_next(const lt_piece_trie *trie, const lt_trie_node *node, char byte)
{
    const lt_trie_node *low = trie->nodes + node->first, *high = low + node->children;
    while (low < high) {
        const lt_trie_node *middle = low + (high - low) / 2;
        if (middle->byte == (uint8_t)byte) return middle;
        if (middle->byte < (uint8_t)byte)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
