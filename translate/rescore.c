#include <stdlib.h>

#include "translate/translate.h"

enum { RESCORE_TOKENS = 4096 }; /* of a batch, both sides together: what bounds the memory */

typedef struct by_length {
    size_t pair, length; /* of the target */
    size_t tokens;       /* of both sides, ends of sentence included */
} by_length;

static int compare(const void *a, const void *b)
{
    const by_length *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? 1 : -1;
    return x->pair < y->pair ? -1 : x->pair > y->pair;
}

typedef struct scoring {
    by_length *order;
    const int32_t **src, **trg;
    size_t *src_length, *trg_length;
    double *scores;
} scoring;

static lt_status score_batch(const lt_ensemble *ensemble, lt_pool *pool, const lt_dataset *dataset,
                             size_t max_length, const scoring *s, size_t begin, size_t end,
                             double *log_probability, lt_error *error)
{
    for (size_t i = begin; i < end; i++) {
        size_t pair = s->order[i].pair, at = i - begin;
        s->src[at] = lt_dataset_src(dataset, pair, &s->src_length[at]);
        s->trg[at] = lt_dataset_trg(dataset, pair, &s->trg_length[at]);
        if (max_length && s->src_length[at] > max_length) s->src_length[at] = max_length;
    }
    lt_batch batch = {end - begin, s->src, s->src_length, s->trg, s->trg_length};
    LT_TRY(lt_ensemble_score(ensemble, pool, &batch, s->scores, NULL, error));
    for (size_t i = begin; i < end; i++) log_probability[s->order[i].pair] = s->scores[i - begin];
    return LT_OK;
}

static lt_status score_all(const lt_ensemble *ensemble, lt_pool *pool, const lt_dataset *dataset,
                           size_t max_length, const scoring *s, double *log_probability, lt_error *error)
{
    size_t begin = 0, tokens = 0;
    for (size_t i = 0; i < dataset->pairs; i++) {
        if (i > begin && tokens + s->order[i].tokens > RESCORE_TOKENS) {
            LT_TRY(score_batch(ensemble, pool, dataset, max_length, s, begin, i, log_probability, error));
            begin = i;
            tokens = 0;
        }
        tokens += s->order[i].tokens;
    }
    if (begin == dataset->pairs) return LT_OK;
    return score_batch(ensemble, pool, dataset, max_length, s, begin, dataset->pairs, log_probability, error);
}

lt_status lt_rescore_ensemble(const lt_ensemble *ensemble, lt_pool *pool, const lt_dataset *dataset,
                              size_t max_length, double *log_probability, lt_error *error)
{
    size_t n = dataset->pairs + 1;
    scoring s = {malloc(n * sizeof *s.order),      malloc(n * sizeof *s.src),
                 malloc(n * sizeof *s.trg),        malloc(n * sizeof *s.src_length),
                 malloc(n * sizeof *s.trg_length), malloc(n * sizeof *s.scores)};
    lt_status status = LT_OK;
    if (s.order && s.src && s.trg && s.src_length && s.trg_length && s.scores) {
        for (size_t i = 0; i < dataset->pairs; i++) {
            size_t src_length, trg_length;
            lt_dataset_src(dataset, i, &src_length);
            lt_dataset_trg(dataset, i, &trg_length);
            if (max_length && src_length > max_length) src_length = max_length;
            s.order[i] = (by_length){i, trg_length, src_length + trg_length + 2};
        }
        qsort(s.order, dataset->pairs, sizeof *s.order, compare);
        status = score_all(ensemble, pool, dataset, max_length, &s, log_probability, error);
    } else {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for scoring %zu pairs", dataset->pairs);
    }
    free(s.order);
    free(s.src);
    free(s.trg);
    free(s.src_length);
    free(s.trg_length);
    free(s.scores);
    return status;
}

lt_status lt_rescore(const lt_model *model, lt_pool *pool, const lt_dataset *dataset, size_t max_length,
                     double *log_probability, lt_error *error)
{
    const lt_ensemble alone = {.models = &model, .count = 1};
    return lt_rescore_ensemble(&alone, pool, dataset, max_length, log_probability, error);
}
