/* lattice.c: a segmentation drawn from all that a unigram model has of a text, by forward filtering and
 * backward sampling (Kudo 2018, section 3.3; Scott 2002). */
#include <math.h>
#include <stdlib.h>

#include "model/batch.h"
#include "tokenizer/piece_trie.h"
#include "tokenizer/tokenizer_private.h"

#define UNKNOWN_PENALTY 10 /* the library's: what <unk> scores below the least likely piece */

struct lt_lattice {
    const lt_tokenizer *tokenizer;
    lt_piece_trie trie;
    double *weights; /* (V) alpha log P(piece); of LT_UNK that of a character that is no piece */
};

/* A piece in the text. */
typedef struct edge {
    size_t begin, end; /* bytes */
    size_t next; /* the edge before this one with the same end; then, of a drawn one, the one behind it */
    int32_t id;
} edge;

#define NO_EDGE SIZE_MAX

typedef struct paths {
    double *forward; /* (length + 1) log of the summed weights of all ways to a byte; -inf: none */
    size_t *last;    /* (length + 1) of the edges that end there */
    edge *edges;
    size_t count, capacity;
} paths;

lt_status lt_lattice_create(lt_lattice **lattice, const lt_tokenizer *tokenizer, double alpha,
                            lt_error *error)
{
    size_t pieces = lt_spm_size(tokenizer->spm);
    double least = 0;
    lt_lattice *l = *lattice = calloc(1, sizeof *l);
    if (l) l->weights = calloc(pieces, sizeof *l->weights);
    lt_status status = l && l->weights
                           ? lt_piece_trie_build(&l->trie, tokenizer->spm, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pieces", pieces);
    if (status != LT_OK) {
        lt_lattice_free(l);
        *lattice = NULL;
        return status;
    }
    l->tokenizer = tokenizer;
    for (size_t id = 0; id < pieces; id++) {
        if (!lt_spm_normal(tokenizer->spm, id)) continue;
        double score = (double)lt_spm_score(tokenizer->spm, id);
        least = fmin(least, score);
        l->weights[id] = alpha * score;
    }
    l->weights[LT_UNK] = alpha * (least - UNKNOWN_PENALTY);
    return LT_OK;
}

void lt_lattice_free(lt_lattice *lattice)
{
    if (!lattice) return;
    lt_piece_trie_clear(&lattice->trie);
    free(lattice->weights);
    free(lattice);
}

/* ---- forward ---- */

static lt_status paths_init(paths *p, size_t length, lt_error *error)
{
    *p = (paths){.forward = malloc((length + 1) * sizeof *p->forward),
                 .last = malloc((length + 1) * sizeof *p->last)};
    if (!p->forward || !p->last)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the segmentations of %zu bytes", length);
    for (size_t i = 0; i <= length; i++) p->forward[i] = -INFINITY, p->last[i] = NO_EDGE;
    p->forward[0] = 0;
    return LT_OK;
}

static void paths_clear(paths *p)
{
    free(p->forward);
    free(p->last);
    free(p->edges);
}

/* log(e^a + e^b) */
static double log_sum(double a, double b)
{
    double low = fmin(a, b), high = fmax(a, b);
    return low == -INFINITY ? high : high + log1p(exp(low - high));
}

static lt_status add_edge(paths *p, size_t begin, size_t end, int32_t id, double weight, lt_error *error)
{
    if (p->count == p->capacity) {
        size_t capacity = p->capacity ? 2 * p->capacity : 512;
        edge *edges = realloc(p->edges, capacity * sizeof *edges);
        if (!edges) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pieces", capacity);
        p->edges = edges;
        p->capacity = capacity;
    }
    p->edges[p->count] = (edge){.begin = begin, .end = end, .next = p->last[end], .id = id};
    p->last[end] = p->count++;
    p->forward[end] = log_sum(p->forward[end], p->forward[begin] + weight);
    return LT_OK;
}

/* All pieces that begin at a byte; a character that is none by itself is one <unk>. */
static lt_status add_edges(const lt_lattice *l, paths *p, const char *text, size_t length, size_t begin,
                           lt_error *error)
{
    size_t size = lt_utf8_next(text + begin, length - begin, NULL);
    const lt_trie_node *node = l->trie.nodes;
    bool single = false;
    if (size == 0) size = 1;
    for (size_t end = begin; end < length && (node = lt_piece_trie_next(&l->trie, node, text[end]));) {
        end++;
        if (node->id < 0) continue;
        single |= end == begin + size;
        LT_TRY(add_edge(p, begin, end, node->id, l->weights[node->id], error));
    }
    return single ? LT_OK : add_edge(p, begin, begin + size, LT_UNK, l->weights[LT_UNK], error);
}

/* ---- backward ---- */

/* One of the edges that end at a byte, in proportion to the weights of all ways through it. */
static size_t draw_edge(const lt_lattice *l, const paths *p, size_t end, lt_rng *rng)
{
    double left = lt_rng_uniform(rng), most = -1;
    size_t likeliest = NO_EDGE;
    for (size_t i = p->last[end]; i != NO_EDGE; i = p->edges[i].next) {
        const edge *e = &p->edges[i];
        double probability = exp(p->forward[e->begin] + l->weights[e->id] - p->forward[end]);
        if (probability > left) return i;
        left -= probability;
        if (probability > most) most = probability, likeliest = i;
    }
    return likeliest; /* the probabilities were rounded to less than 1 in all */
}

/* From the last byte to the first; the edges drawn are linked in the text's order. */
static size_t draw_way(const lt_lattice *l, paths *p, size_t length, lt_rng *rng)
{
    size_t first = NO_EDGE;
    for (size_t end = length; end > 0; end = p->edges[first].begin) {
        size_t drawn = draw_edge(l, p, end, rng);
        p->edges[drawn].next = first;
        first = drawn;
    }
    return first;
}

lt_status lt_lattice_draw(const lt_lattice *l, lt_ids *ids, const char *text, size_t length, lt_rng *rng,
                          lt_error *error)
{
    paths p;
    bool unknown = false;
    lt_status status = paths_init(&p, length, error);
    for (size_t at = 0; status == LT_OK && at < length; at++)
        if (p.forward[at] > -INFINITY) status = add_edges(l, &p, text, length, at, error);
    size_t i = status == LT_OK ? draw_way(l, &p, length, rng) : NO_EDGE;
    for (; status == LT_OK && i != NO_EDGE; i = p.edges[i].next) {
        const edge *e = &p.edges[i];
        bool known = e->id != LT_UNK;
        status =
            known ? lt_ids_add(ids, e->id, error)
                  : lt_append_unknown(l->tokenizer, ids, text + e->begin, e->end - e->begin, &unknown, error);
        if (known) unknown = false;
    }
    paths_clear(&p);
    return status;
}
