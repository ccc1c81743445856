#include <stdlib.h>

#include "corpora/corpora.h"
#include "corpora/hashes.h"
#include "corpora/interrupted.h"
#include "corpora/spaces.h"

const int lt_percentiles[LT_PERCENTILES] = {5, 25, 50, 75, 95, 99};

enum { LENGTH_MAX = 1 << 20 }; /* longer lines share a place */

/* ---- lengths ---- */

/* How many lines there are of each length. */
typedef struct lengths {
    size_t *lines; /* (capacity) */
    size_t capacity, count;
    lt_length_stats *stats;
} lengths;

static lt_status count_length(lengths *l, size_t length, size_t line, lt_error *error)
{
    size_t place = length < LENGTH_MAX ? length : LENGTH_MAX;
    if (place >= l->capacity) {
        size_t capacity = l->capacity ? l->capacity : 256;
        while (capacity <= place) capacity *= 2;
        size_t *grown = realloc(l->lines, capacity * sizeof *grown);
        if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for lines of %zu words", length);
        for (size_t i = l->capacity; i < capacity; i++) grown[i] = 0;
        l->lines = grown;
        l->capacity = capacity;
    }
    l->lines[place]++;
    l->count++;
    l->stats->total += length;
    if (length > l->stats->longest || l->stats->longest_line == 0) {
        l->stats->longest = length;
        l->stats->longest_line = line;
    }
    return LT_OK;
}

/* Nearest rank: the smallest length that `percent` of the lines do not exceed. */
static void finish_lengths(lengths *l)
{
    lt_length_stats *s = l->stats;
    size_t lines = l->count;
    s->mean = lines ? (double)s->total / (double)lines : 0;
    for (size_t p = 0; lines && p < LT_PERCENTILES; p++) {
        size_t rank = (lines / 100) * (size_t)lt_percentiles[p] +
                      ((lines % 100) * (size_t)lt_percentiles[p] + 99) / 100;
        size_t seen = l->lines[0], length = 0;
        while (seen < rank) seen += l->lines[++length];
        s->percentile[p] = length < LENGTH_MAX ? length : s->longest;
    }
    free(l->lines);
}

/* ---- a side ---- */

typedef struct side {
    lt_side_stats *stats;
    const lt_tokenizer *tokenizer; /* may be NULL */
    lengths words, characters, pieces;
    lt_hashes types;
    lt_ids ids;
} side;

static side begin_side(lt_side_stats *stats, const lt_tokenizer *tokenizer)
{
    return (side){.stats = stats,
                  .tokenizer = tokenizer,
                  .words = {.stats = &stats->words},
                  .characters = {.stats = &stats->characters},
                  .pieces = {.stats = &stats->pieces}};
}

static size_t count_characters(const lt_line *line)
{
    size_t count = 0;
    for (size_t i = 0; i < line->length; count++) {
        size_t n = lt_utf8_next(line->bytes + i, line->length - i, NULL);
        i += n ? n : 1;
    }
    return count;
}

static lt_status count_words(side *s, const lt_line *line, size_t *count, lt_error *error)
{
    const char *word;
    size_t at = 0, length;
    for (*count = 0; lt_take_word(line->bytes, line->length, &at, &word, &length); ++*count) {
        bool added;
        LT_TRY(lt_hashes_add(&s->types, lt_hash(word, length, 0), &added, error));
    }
    return LT_OK;
}

static lt_status count_pieces(side *s, const lt_line *line, size_t number, lt_error *error)
{
    s->ids.count = 0;
    LT_TRY(lt_tokenizer_encode(s->tokenizer, &s->ids, line->bytes, line->length, error));
    for (size_t i = 0; i < s->ids.count; i++) s->stats->unknown += s->ids.items[i] == LT_UNK;
    return count_length(&s->pieces, s->ids.count, number, error);
}

static lt_status count_line(side *s, const lt_line *line, size_t number, lt_error *error)
{
    size_t words;
    LT_TRY(count_words(s, line, &words, error));
    LT_TRY(count_length(&s->words, words, number, error));
    LT_TRY(count_length(&s->characters, count_characters(line), number, error));
    if (s->tokenizer) LT_TRY(count_pieces(s, line, number, error));
    s->stats->bytes += line->length;
    s->stats->empty += words == 0;
    return LT_OK;
}

static void end_side(side *s, lt_reader *reader)
{
    s->stats->counts = *lt_reader_get_counts(reader);
    lt_reader_sha256(reader, s->stats->sha256);
    s->stats->types = s->types.count;
    finish_lengths(&s->words);
    finish_lengths(&s->characters);
    finish_lengths(&s->pieces);
    lt_hashes_clear(&s->types);
    lt_ids_clear(&s->ids);
}

/* ---- both ---- */

static lt_status read_pairs(lt_pairs *pairs, side *src, side *trg, lt_hashes *seen, size_t *duplicates,
                            const volatile sig_atomic_t *signal, lt_error *error)
{
    lt_line a, b;
    for (bool end = false;;) {
        bool added;
        LT_TRY(lt_check_interrupted(signal, "", error));
        LT_TRY(lt_pairs_next(pairs, &a, &b, &end, error));
        if (end) return LT_OK;
        size_t number = lt_reader_get_counts(pairs->src)->lines;
        LT_TRY(count_line(src, &a, number, error));
        LT_TRY(count_line(trg, &b, number, error));
        LT_TRY(lt_hashes_add(seen, lt_hash_pair(a.bytes, a.length, b.bytes, b.length), &added, error));
        *duplicates += !added;
    }
}

lt_status lt_corpus_describe(lt_corpus_stats *stats, const char *src_path, const char *trg_path,
                             const lt_tokenizers *tokenizers, const volatile sig_atomic_t *signal,
                             lt_error *error)
{
    lt_pairs pairs;
    lt_hashes seen = {0};
    *stats = (lt_corpus_stats){0};
    LT_TRY(lt_pairs_open(&pairs, src_path, trg_path, error));
    side src = begin_side(&stats->src, tokenizers ? tokenizers->src : NULL);
    side trg = begin_side(&stats->trg, tokenizers ? tokenizers->trg : NULL);
    lt_status status = read_pairs(&pairs, &src, &trg, &seen, &stats->duplicates, signal, error);
    end_side(&src, pairs.src);
    end_side(&trg, pairs.trg);
    lt_hashes_clear(&seen);
    lt_pairs_close(&pairs);
    return status;
}
