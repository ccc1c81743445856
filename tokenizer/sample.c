/* Segmentations other than the best one: n-best, and drawn at random from the best. */
#include <math.h>
#include <stdlib.h>

#include "model/base/rng.h"
#include "tokenizer/tokenizer_private.h"

#define NBEST_LINE_MAX                                                                                       \
    ((size_t)16 << 10) /* a longer line: the time for its n-best grows faster than its length */
#define NBEST_PART_MAX ((size_t)1 << 10)

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
                       lt_tokenizer_type_names[tokenizer->facts.type]);
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

static lt_status sample_bpe(const lt_tokenizer *t, lt_ids *ids, const lt_parts *parts, double alpha,
                            lt_rng *rng, lt_error *error)
{
    lt_text normalized = {0};
    lt_status status =
        lt_spm_normalize(t->spm, &normalized, parts->part, parts->part_length, parts->continues, error);
    if (status == LT_OK)
        status = lt_bpe_dropout(t, ids, normalized.data, normalized.length, alpha, rng, error);
    lt_text_clear(&normalized);
    return status;
}

/* ---- either ---- */

lt_status lt_sampling_check(const lt_tokenizer *t, double alpha, lt_error *error)
{
    bool bpe = t->facts.type == LT_TOKENIZER_BPE;
    if (!bpe && t->facts.type != LT_TOKENIZER_UNIGRAM)
        return lt_fail(error, LT_ERROR_USAGE,
                       "a tokenizer of type %s has one segmentation of a text only; nothing can be drawn",
                       lt_tokenizer_type_names[t->facts.type]);
    if (!(alpha >= 0 && alpha <= (bpe ? 1 : 1e6)))
        return lt_fail(error, LT_ERROR_USAGE, "alpha is %g; it must be from 0 to %s", alpha,
                       bpe ? "1: it is the probability of dropping a merge" : "1000000");
    return LT_OK;
}

lt_status lt_tokenizer_sample(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              size_t nbest, double alpha, uint64_t seed, lt_error *error)
{
    LT_TRY(lt_sampling_check(tokenizer, alpha, error));
    if (tokenizer->facts.type == LT_TOKENIZER_UNIGRAM) LT_TRY(check_nbest(nbest, error));
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
