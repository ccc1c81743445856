/* Segmentations other than the best one: n-best, and drawn at random. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/rng.h"
#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

#define NBEST_LINE_MAX                                                                                       \
    ((size_t)16 << 10) /* a longer line: the time for its n-best grows faster than its length */
#define NBEST_PART_MAX ((size_t)1 << 10)
enum { WORD_MAX = 256 }; /* characters among which merges are looked for, at most */

static const char *const type_names[] = {[LT_TOKENIZER_UNIGRAM] = "unigram",
                                         [LT_TOKENIZER_BPE] = "bpe",
                                         [LT_TOKENIZER_CHAR] = "char",
                                         [LT_TOKENIZER_WORD] = "word"};

/* ---- n-best ---- */

static lt_status check_nbest(size_t nbest, lt_error *error)
{
    if (nbest >= 1 && nbest <= LT_TOKENIZER_NBEST_MAX) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "nbest is %zu; it must be from 1 to %d", nbest,
                   LT_TOKENIZER_NBEST_MAX);
}

/* The best segmentation of a line, part by part. */
typedef struct joined {
    lt_ids ids;
    double score;
} joined;

static lt_status join(void *context, const int32_t *ids, size_t count, double score, lt_error *error)
{
    joined *whole = context;
    whole->score += score;
    for (size_t i = 0; i < count; i++) LT_TRY(lt_ids_add(&whole->ids, ids[i], error));
    return LT_OK;
}

static lt_status best_by_parts(const lt_tokenizer *t, const char *text, size_t length,
                               lt_segmentation_visitor visit, void *context, lt_error *error)
{
    joined whole = {0};
    lt_parts parts = {.text = text, .length = length};
    lt_status status = LT_OK;
    while (status == LT_OK && lt_tokenizer_next_part(&parts, NBEST_PART_MAX))
        status = lt_spm_nbest(t->spm, parts.part, parts.part_length, parts.continues, 1, join, &whole, error);
    if (status == LT_OK) status = visit(context, whole.ids.items, whole.ids.count, whole.score, error);
    lt_ids_clear(&whole.ids);
    return status;
}

lt_status lt_tokenizer_nbest(const lt_tokenizer *tokenizer, const char *bytes, size_t length, size_t nbest,
                             lt_segmentation_visitor visit, void *context, lt_error *error)
{
    if (tokenizer->facts.type != LT_TOKENIZER_UNIGRAM)
        return lt_fail(error, LT_ERROR_USAGE,
                       "only a unigram tokenizer has n-best segmentations; this one is of type %s",
                       type_names[tokenizer->facts.type]);
    LT_TRY(check_nbest(nbest, error));
    lt_text storage = {0};
    const char *text;
    lt_status status = lt_utf8_clean(&storage, &text, &length, bytes, NULL, error);
    if (status == LT_OK)
        status = length > NBEST_LINE_MAX
                     ? best_by_parts(tokenizer, text, length, visit, context, error)
                     : lt_spm_nbest(tokenizer->spm, text, length, false, nbest, visit, context, error);
    lt_text_clear(&storage);
    return status;
}

/* ---- unigram: one of the n best ---- */

typedef struct candidates {
    lt_ids ids; /* of all, one behind the other */
    size_t count, capacity;
    struct candidate {
        size_t start, length;
        double score;
    } * items;
} candidates;

static lt_status collect(void *context, const int32_t *ids, size_t count, double score, lt_error *error)
{
    candidates *c = context;
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 16;
        struct candidate *items = realloc(c->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu segmentations", capacity);
        c->items = items;
        c->capacity = capacity;
    }
    c->items[c->count++] = (struct candidate){.start = c->ids.count, .length = count, .score = score};
    for (size_t i = 0; i < count; i++) LT_TRY(lt_ids_add(&c->ids, ids[i], error));
    return LT_OK;
}

/* Draws with probability proportional to P^alpha = exp(alpha score); the first has the highest score. */
static const struct candidate *draw(const candidates *c, double alpha, lt_rng *rng)
{
    double total = 0, best = c->items[0].score;
    for (size_t i = 0; i < c->count; i++) total += exp(alpha * (c->items[i].score - best));
    double left = lt_rng_uniform(rng) * total;
    for (size_t i = 0; i + 1 < c->count; i++) {
        left -= exp(alpha * (c->items[i].score - best));
        if (left < 0) return &c->items[i];
    }
    return &c->items[c->count - 1];
}

static lt_status sample_unigram(const lt_tokenizer *t, lt_ids *ids, const lt_parts *parts, size_t nbest,
                                double alpha, lt_rng *rng, lt_error *error)
{
    candidates c = {0};
    lt_status status =
        lt_spm_nbest(t->spm, parts->part, parts->part_length, parts->continues, nbest, collect, &c, error);
    if (status == LT_OK && c.count) {
        const struct candidate *drawn = draw(&c, alpha, rng);
        for (size_t i = 0; status == LT_OK && i < drawn->length; i++)
            status = lt_ids_add(ids, c.ids.items[drawn->start + i], error);
    }
    lt_ids_clear(&c.ids);
    free(c.items);
    return status;
}

/* ---- bpe: dropout ---- */

/* A word as it is merged. */
typedef struct word {
    const char *text;
    size_t count;
    struct symbol {
        size_t start, length;
        int32_t joined; /* the piece this one and the next make, or LT_UNK */
    } symbols[WORD_MAX];
} word;

/* What is cut from a line next: a word with the mark before it, or as much of it as WORD_MAX allows. */
static size_t take_word(word *w, const char *text, size_t length)
{
    size_t at = 0;
    w->text = text;
    for (w->count = 0; at < length && w->count < WORD_MAX; w->count++) {
        size_t size = lt_utf8_next(text + at, length - at, NULL);
        if (size == 0) size = 1;
        if (w->count && size == 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0) break;
        w->symbols[w->count] = (struct symbol){.start = at, .length = size};
        at += size;
    }
    return at;
}

static void look_up(const lt_tokenizer *t, word *w, size_t i)
{
    struct symbol *s = &w->symbols[i];
    s->joined = LT_UNK;
    if (i + 1 >= w->count) return;
    int32_t id = lt_spm_id(t->spm, w->text + s->start, s->length + w->symbols[i + 1].length);
    if (lt_spm_normal(t->spm, (size_t)id)) s->joined = id;
}

/* Algorithm 1 of Provilkov et al. 2020: of the possible merges each is dropped with probability alpha, the
 * best of the others is made, until none is left. */
static void merge(const lt_tokenizer *t, word *w, double alpha, lt_rng *rng)
{
    for (size_t i = 0; i < w->count; i++) look_up(t, w, i);
    for (;;) {
        size_t best = w->count;
        float best_score = 0;
        for (size_t i = 0; i + 1 < w->count; i++) {
            int32_t id = w->symbols[i].joined;
            if (id == LT_UNK || lt_rng_uniform(rng) < alpha) continue;
            float score = lt_spm_score(t->spm, (size_t)id);
            if (best == w->count || score > best_score) best = i, best_score = score;
        }
        if (best == w->count) return;
        w->symbols[best].length += w->symbols[best + 1].length;
        w->count--;
        memmove(&w->symbols[best + 1], &w->symbols[best + 2], (w->count - best - 1) * sizeof *w->symbols);
        look_up(t, w, best);
        if (best) look_up(t, w, best - 1);
    }
}

/* The ids of the symbols: as the library does, unknown ones in bytes, or one <unk> for all in a row. */
static lt_status append_word(const lt_tokenizer *t, lt_ids *ids, const word *w, bool *unknown,
                             lt_error *error)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct symbol *s = &w->symbols[i];
        int32_t id = lt_spm_id(t->spm, w->text + s->start, s->length);
        bool known = lt_spm_normal(t->spm, (size_t)id);
        if (known) {
            LT_TRY(lt_ids_add(ids, id, error));
        } else if (t->facts.byte_fallback) {
            for (size_t b = 0; b < s->length; b++) {
                char name[8];
                snprintf(name, sizeof name, "<0x%02X>", (unsigned char)w->text[s->start + b]);
                LT_TRY(lt_ids_add(ids, lt_spm_id(t->spm, name, strlen(name)), error));
            }
        } else if (!*unknown) {
            LT_TRY(lt_ids_add(ids, LT_UNK, error));
        }
        *unknown = !known;
    }
    return LT_OK;
}

static lt_status sample_bpe(const lt_tokenizer *t, lt_ids *ids, const lt_parts *parts, double alpha,
                            lt_rng *rng, lt_error *error)
{
    lt_text normalized = {0};
    word *w = malloc(sizeof *w);
    bool unknown = false;
    lt_status status =
        w ? lt_spm_normalize(t->spm, &normalized, parts->part, parts->part_length, parts->continues, error)
          : lt_fail(error, LT_ERROR_MEMORY, "out of memory for a word");
    for (size_t at = 0; status == LT_OK && at < normalized.length;) {
        at += take_word(w, normalized.data + at, normalized.length - at);
        merge(t, w, alpha, rng);
        status = append_word(t, ids, w, &unknown, error);
    }
    lt_text_clear(&normalized);
    free(w);
    return status;
}

/* ---- either ---- */

static lt_status check_sample(const lt_tokenizer *t, size_t nbest, double alpha, lt_error *error)
{
    bool bpe = t->facts.type == LT_TOKENIZER_BPE;
    if (!bpe && t->facts.type != LT_TOKENIZER_UNIGRAM)
        return lt_fail(error, LT_ERROR_USAGE,
                       "a tokenizer of type %s has one segmentation of a text only; nothing can be drawn",
                       type_names[t->facts.type]);
    if (!(alpha >= 0 && alpha <= (bpe ? 1 : 1e6)))
        return lt_fail(error, LT_ERROR_USAGE, "alpha is %g; it must be from 0 to %s", alpha,
                       bpe ? "1: it is the probability of dropping a merge" : "1000000");
    return bpe ? LT_OK : check_nbest(nbest, error);
}

lt_status lt_tokenizer_sample(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              size_t nbest, double alpha, uint64_t seed, lt_error *error)
{
    LT_TRY(check_sample(tokenizer, nbest, alpha, error));
    lt_text storage = {0};
    lt_parts parts = {.length = length};
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(seed, 0, 0, 0));
    lt_status status = lt_utf8_clean(&storage, &parts.text, &parts.length, bytes, NULL, error);
    while (status == LT_OK && lt_tokenizer_next_part(&parts, NBEST_PART_MAX))
        status = tokenizer->facts.type == LT_TOKENIZER_BPE
                     ? sample_bpe(tokenizer, ids, &parts, alpha, &rng, error)
                     : sample_unigram(tokenizer, ids, &parts, nbest, alpha, &rng, error);
    lt_text_clear(&storage);
    return status;
}
