/* ibm1.c: lexical translation probabilities t(f|e) by IBM Model 1 (Brown, Della Pietra, Della Pietra & Mercer
 * 1993, section 4.2): each target piece f of a pair came from one of its source pieces e, any of them alike,
 * with probability t(f|e). The source's end of sentence stands in each pair once and is their empty word e_0.
 *
 *   expected count   c(f|e) = sum over pairs, over f's places i and e's places there:  t(f|e) / Z_i
 *   where            Z_i = sum over the source's places j:  t(f_i|e_j)
 *   maximisation     t(f|e) = c(f|e) / sum_f' c(f'|e)
 *
 * EM is usually done pair by pair, looking t(f|e) up for each (i, j). Here it goes source piece by source
 * piece over an index of the pairs each is in: one row of t lies open in full width, the Z_i of all target
 * places stay in memory, and nothing is looked up. The new row adds itself to the next iteration's Z_i at
 * once, so that one sweep is one iteration. Sums are taken in one fixed order. */
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"

/* Of a row the most probable so many are kept, and none below this: what cannot come to anything. */
enum { ROW_MOST = 1024 };
#define LEAST_PROBABILITY 1e-7f

typedef struct em {
    const lt_dataset *dataset;
    lt_translation_table *table;
    size_t *first;         /* (src_vocab + 1) where in `pairs_of` those of a source piece begin */
    uint32_t *pairs_of;    /* (source pieces and ends) the pair of each occurrence, by source piece */
    size_t *place;         /* (pairs) the first of a pair's target places */
    float *inverse, *next; /* (target places) 1 / Z_i; and the coming iteration's Z_i */
    float *t;              /* (trg_vocab) the open row; zeros between rows */
    double *count;         /* (trg_vocab) c(.|e); zeros between rows */
    lt_lexical *items;     /* (trg_vocab) the row being made */
} em;

static void free_em(em *m)
{
    free(m->first);
    free(m->pairs_of);
    free(m->place);
    free(m->inverse);
    free(m->next);
    free(m->t);
    free(m->count);
    free(m->items);
}

static lt_status allocate(em *m, lt_error *error)
{
    const lt_dataset *d = m->dataset;
    size_t src = m->table->src_vocab, trg = m->table->trg_vocab;
    m->first = calloc(src + 2, sizeof *m->first);
    m->pairs_of = malloc((d->src_tokens + d->pairs + 1) * sizeof *m->pairs_of);
    m->place = malloc((d->pairs + 1) * sizeof *m->place);
    m->inverse = malloc((d->trg_tokens + 1) * sizeof *m->inverse);
    m->next = malloc((d->trg_tokens + 1) * sizeof *m->next);
    m->t = calloc(trg, sizeof *m->t);
    m->count = calloc(trg, sizeof *m->count);
    m->items = malloc(trg * sizeof *m->items);
    m->table->rows = calloc(src, sizeof *m->table->rows);
    if (m->first && m->pairs_of && m->place && m->inverse && m->next && m->t && m->count && m->items &&
        m->table->rows)
        return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the lexical statistics of %zu pairs", d->pairs);
}

/* The index, by counting; and Z_i of a uniform t, all of it 1. */
static void index_pairs(em *m)
{
    const lt_dataset *d = m->dataset;
    size_t length, place = 0, *next = m->first + 1; /* next[e] becomes first[e + 1] as e's are put down */
    for (size_t p = 0; p < d->pairs; p++) {
        const int32_t *src = lt_dataset_src(d, p, &length);
        for (size_t j = 0; j < length; j++) next[src[j] + 1]++;
    }
    next[LT_EOS + 1] += d->pairs;
    for (size_t e = 0; e < m->table->src_vocab; e++) next[e + 1] += next[e];
    for (size_t p = 0; p < d->pairs; p++) {
        size_t trg_length;
        const int32_t *src = lt_dataset_src(d, p, &length);
        lt_dataset_trg(d, p, &trg_length);
        for (size_t j = 0; j < length; j++) m->pairs_of[next[src[j]]++] = (uint32_t)p;
        m->pairs_of[next[LT_EOS]++] = (uint32_t)p;
        m->place[p] = place;
        for (size_t i = 0; i < trg_length; i++) m->inverse[place++] = 1 / (float)(length + 1);
    }
}

/* c(.|e): `items` gets the targets that have one, in the order they are met in. */
static size_t expect(em *m, size_t e, bool uniform)
{
    const lt_translation_row *row = &m->table->rows[e];
    size_t kept = row->count, length;
    for (size_t i = 0; i < row->count; i++) {
        m->items[i] = row->items[i];
        m->t[row->items[i].trg] = row->items[i].probability;
    }
    for (size_t at = m->first[e]; at < m->first[e + 1]; at++) {
        const int32_t *trg = lt_dataset_trg(m->dataset, m->pairs_of[at], &length);
        const float *inverse = m->inverse + m->place[m->pairs_of[at]];
        for (size_t i = 0; i < length; i++) {
            if (uniform && m->count[trg[i]] == 0) m->items[kept++].trg = trg[i];
            m->count[trg[i]] += (double)((uniform ? 1 : m->t[trg[i]]) * inverse[i]);
        }
    }
    for (size_t i = 0; i < row->count; i++) m->t[row->items[i].trg] = 0;
    return kept;
}

static int most_probable_first(const void *a, const void *b)
{
    const lt_lexical *x = a, *y = b;
    if (x->probability != y->probability) return x->probability > y->probability ? -1 : 1;
    return x->trg < y->trg ? -1 : x->trg > y->trg;
}

/* t(.|e) of the `kept` targets counted in `items`; the row replaces the old one. */
static lt_status maximise(em *m, size_t e, size_t kept, lt_error *error)
{
    lt_translation_row *row = &m->table->rows[e];
    double total = 0, sum = 0;
    size_t most = 0;
    for (size_t i = 0; i < kept; i++) total += m->count[m->items[i].trg];
    for (size_t i = 0; i < kept; i++) {
        double *count = &m->count[m->items[i].trg];
        float probability = total > 0 ? (float)(*count / total) : 0;
        *count = 0;
        if (probability >= LEAST_PROBABILITY) m->items[most++] = (lt_lexical){m->items[i].trg, probability};
    }
    qsort(m->items, most, sizeof *m->items, most_probable_first);
    if (most > ROW_MOST) most = ROW_MOST;
    for (size_t i = 0; i < most; i++) sum += (double)m->items[i].probability;
    lt_lexical *items = malloc((most + 1) * sizeof *items);
    if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu translations of a piece", most);
    for (size_t i = 0; i < most; i++)
        items[i] = (lt_lexical){m->items[i].trg, (float)((double)m->items[i].probability / sum)};
    free(row->items);
    *row = (lt_translation_row){items, most};
    return LT_OK;
}

/* The new row's part in the Z_i of its pairs. */
static void add_to_next(em *m, size_t e)
{
    const lt_translation_row *row = &m->table->rows[e];
    size_t length;
    for (size_t i = 0; i < row->count; i++) m->t[row->items[i].trg] = row->items[i].probability;
    for (size_t at = m->first[e]; at < m->first[e + 1]; at++) {
        const int32_t *trg = lt_dataset_trg(m->dataset, m->pairs_of[at], &length);
        float *next = m->next + m->place[m->pairs_of[at]];
        for (size_t i = 0; i < length; i++) next[i] += m->t[trg[i]];
    }
    for (size_t i = 0; i < row->count; i++) m->t[row->items[i].trg] = 0;
}

static lt_status iterate(em *m, size_t iteration, const lt_ibm1_options *options, lt_error *error)
{
    size_t places = m->dataset->trg_tokens;
    memset(m->next, 0, places * sizeof *m->next);
    for (size_t e = 0; e < m->table->src_vocab; e++) {
        int signal = options->signal ? *options->signal : 0;
        if (signal) return lt_fail_signal(error, signal, " while counting translations");
        if (m->first[e] == m->first[e + 1]) continue;
        LT_TRY(maximise(m, e, expect(m, e, iteration == 0), error));
        add_to_next(m, e);
    }
    /* a place none of whose pieces kept its target belongs to nobody */
    for (size_t i = 0; i < places; i++) m->inverse[i] = m->next[i] > 0 ? 1 / m->next[i] : 0;
    return LT_OK;
}

lt_status lt_ibm1_train(lt_translation_table *table, const lt_dataset *dataset, size_t src_vocab,
                        size_t trg_vocab, const lt_ibm1_options *options, lt_error *error)
{
    *table = (lt_translation_table){.src_vocab = src_vocab, .trg_vocab = trg_vocab};
    em m = {.dataset = dataset, .table = table};
    if (dataset->pairs > UINT32_MAX)
        return lt_fail(error, LT_ERROR_USAGE, "lexical statistics of %zu pairs: %lu are the most",
                       dataset->pairs, (unsigned long)UINT32_MAX);
    lt_status status = allocate(&m, error);
    if (status == LT_OK) {
        index_pairs(&m);
        for (size_t i = 0; status == LT_OK && i < options->iterations; i++)
            status = iterate(&m, i, options, error);
    }
    free_em(&m);
    return status;
}

void lt_translation_table_clear(lt_translation_table *table)
{
    for (size_t e = 0; table->rows && e < table->src_vocab; e++) free(table->rows[e].items);
    free(table->rows);
    *table = (lt_translation_table){0};
}

lt_status lt_translation_table_write(const lt_translation_table *table, const lt_tokenizers *tokenizers,
                                     FILE *stream, lt_error *error)
{
    for (size_t e = 0; e < table->src_vocab; e++)
        for (size_t i = 0; i < table->rows[e].count; i++)
            fprintf(stream, "%s %s %.7g\n", lt_tokenizer_piece(tokenizers->src, e),
                    lt_tokenizer_piece(tokenizers->trg, (size_t)table->rows[e].items[i].trg),
                    (double)table->rows[e].items[i].probability);
    return ferror(stream) ? lt_fail_errno(error, "cannot write the translation table") : LT_OK;
}
