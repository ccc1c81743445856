#include <assert.h>
#include <stdlib.h>

#include "corpora/corpora.h"
#include "model/base/rng.h"

struct lt_batcher {
    const lt_dataset *dataset;
    size_t batch_tokens;
    uint64_t seed;
    size_t *order;   /* (pairs) */
    size_t *begin;   /* (pairs + 1): where each batch starts in `order` */
    size_t *shuffle; /* (pairs): the order of the batches */
    size_t batches;
    uint64_t epoch;  /* whose order it is, where there are batches */
    size_t expected; /* up to which batch the dataset was told that they will be read */
    int32_t *ids;    /* (room) of the batch that was handed out last */
    size_t room;
    const int32_t **src, **trg; /* (the largest batch) what lt_batcher_get() hands out */
    size_t *src_length, *trg_length;
};

enum { AHEAD = 8 }; /* batches */

enum { ORDER_PAIRS = 1, ORDER_BATCHES = 2 }; /* purposes of random streams */

lt_status lt_batcher_create(lt_batcher **batcher, const lt_dataset *dataset, size_t batch_tokens,
                            uint64_t seed, lt_error *error)
{
    assert(batch_tokens > 0);
    size_t pairs = dataset->pairs, widest = pairs < batch_tokens ? pairs : batch_tokens;
    lt_batcher *b = *batcher = calloc(1, sizeof *b);
    if (b) {
        *b = (lt_batcher){.dataset = dataset,
                          .batch_tokens = batch_tokens,
                          .seed = seed,
                          .order = malloc((pairs + 1) * sizeof *b->order),
                          .begin = malloc((pairs + 1) * sizeof *b->begin),
                          .shuffle = malloc((pairs + 1) * sizeof *b->shuffle),
                          .src = malloc((widest + 1) * sizeof *b->src),
                          .trg = malloc((widest + 1) * sizeof *b->trg),
                          .src_length = malloc((widest + 1) * sizeof *b->src_length),
                          .trg_length = malloc((widest + 1) * sizeof *b->trg_length)};
    }
    if (b && b->order && b->begin && b->shuffle && b->src && b->trg && b->src_length && b->trg_length)
        return LT_OK;
    lt_batcher_free(b);
    *batcher = NULL;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the order of %zu sentence pairs", pairs);
}

void lt_batcher_free(lt_batcher *batcher)
{
    if (!batcher) return;
    free(batcher->order);
    free(batcher->begin);
    free(batcher->shuffle);
    free(batcher->ids);
    free(batcher->src);
    free(batcher->trg);
    free(batcher->src_length);
    free(batcher->trg_length);
    free(batcher);
}

/* What batches are measured by: target tokens or, where the target is a class, those of the text. Ends of
 * sentence count. */
static size_t target_tokens(const lt_dataset *dataset, size_t pair, size_t *source)
{
    size_t src, trg;
    lt_dataset_lengths(dataset, pair, &src, &trg);
    if (source) *source = src + 1;
    return (dataset->labelled ? src : trg) + 1;
}

/* By target length, then source length, then the pair's number: a total order, so that every sort gives the
 * same. */
static int by_length(const void *a, const void *b, void *context)
{
    const lt_dataset *dataset = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b, src_x, src_y;
    size_t trg_x = target_tokens(dataset, x, &src_x), trg_y = target_tokens(dataset, y, &src_y);
    if (trg_x != trg_y) return trg_x < trg_y ? -1 : 1;
    if (src_x != src_y) return src_x < src_y ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Sorts order[from, to) and cuts it into batches. */
static void cut_pool(lt_batcher *batcher, size_t from, size_t to)
{
    qsort_r(batcher->order + from, to - from, sizeof *batcher->order, by_length, (void *)batcher->dataset);
    size_t tokens = 0, of_source = 0;
    for (size_t i = from; i < to; i++) {
        size_t source, own = target_tokens(batcher->dataset, batcher->order[i], &source);
        if (i == from || tokens + own > batcher->batch_tokens ||
            of_source + source > LT_BATCHER_SOURCE * batcher->batch_tokens) {
            batcher->begin[batcher->batches++] = i;
            tokens = of_source = 0;
        }
        tokens += own;
        of_source += source;
    }
}

lt_status lt_batcher_epoch(lt_batcher *batcher, uint64_t epoch, size_t *batches, lt_error *error)
{
    (void)error; /* nothing here can fail today */
    *batches = batcher->batches;
    if (batcher->batches > 0 && batcher->epoch == epoch) return LT_OK;
    lt_rng rng;
    size_t pairs = batcher->dataset->pairs, pool = LT_BATCHER_POOL * batcher->batch_tokens;
    for (size_t i = 0; i < pairs; i++) batcher->order[i] = i;
    lt_rng_init(&rng, lt_stream(batcher->seed, ORDER_PAIRS, epoch, 0));
    lt_rng_shuffle(&rng, batcher->order, pairs);
    batcher->batches = 0;
    for (size_t from = 0, to = 0; from < pairs; from = to) {
        for (size_t tokens = 0; to < pairs && tokens < pool; to++)
            tokens += target_tokens(batcher->dataset, batcher->order[to], NULL);
        cut_pool(batcher, from, to);
    }
    batcher->begin[batcher->batches] = pairs;
    for (size_t i = 0; i < batcher->batches; i++) batcher->shuffle[i] = i;
    lt_rng_init(&rng, lt_stream(batcher->seed, ORDER_BATCHES, epoch, 0));
    lt_rng_shuffle(&rng, batcher->shuffle, batcher->batches);
    batcher->epoch = epoch;
    batcher->expected = 0;
    *batches = batcher->batches;
    return LT_OK;
}

/* The pairs of batch `index`: how many, and the first of them in `order`. */
static size_t members(const lt_batcher *batcher, size_t index, const size_t **first)
{
    size_t which = batcher->shuffle[index], begin = batcher->begin[which];
    *first = batcher->order + begin;
    return batcher->begin[which + 1] - begin;
}

/* Says that the batches after `index` will be read; each is said once. */
static void expect(lt_batcher *batcher, size_t index)
{
    size_t last = index + AHEAD < batcher->batches ? index + AHEAD : batcher->batches - 1;
    if (batcher->expected <= index || batcher->expected > last + 1) batcher->expected = index + 1;
    for (; batcher->expected <= last; batcher->expected++) {
        const size_t *pair;
        for (size_t left = members(batcher, batcher->expected, &pair); left > 0; left--)
            lt_dataset_expect(batcher->dataset, *pair++);
    }
}

/* Room for the ids of a batch, and how long they are. */
static lt_status measure(lt_batcher *batcher, const size_t *pair, size_t size, lt_error *error)
{
    size_t ids = 0;
    for (size_t i = 0; i < size; i++) {
        lt_dataset_lengths(batcher->dataset, pair[i], &batcher->src_length[i], &batcher->trg_length[i]);
        ids += batcher->src_length[i] + batcher->trg_length[i];
    }
    if (ids <= batcher->room) return LT_OK;
    int32_t *grown = realloc(batcher->ids, ids * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a batch of %zu ids", ids);
    batcher->ids = grown;
    batcher->room = ids;
    return LT_OK;
}

lt_status lt_batcher_get(lt_batcher *batcher, size_t index, lt_batch *batch, lt_error *error)
{
    assert(index < batcher->batches);
    const size_t *pair, size = members(batcher, index, &pair);
    expect(batcher, index);
    LT_TRY(measure(batcher, pair, size, error));
    int32_t *ids = batcher->ids;
    for (size_t i = 0; i < size; i++) {
        LT_TRY(lt_dataset_copy(batcher->dataset, pair[i], ids, error));
        batcher->src[i] = ids;
        batcher->trg[i] = ids + batcher->src_length[i];
        ids += batcher->src_length[i] + batcher->trg_length[i];
    }
    *batch = (lt_batch){size, batcher->src, batcher->src_length, batcher->trg, batcher->trg_length};
    return LT_OK;
}
