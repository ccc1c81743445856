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
    const int32_t **src, **trg; /* (the largest batch) what lt_batcher_get() hands out */
    size_t *src_length, *trg_length;
};

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
    free(batcher->src);
    free(batcher->trg);
    free(batcher->src_length);
    free(batcher->trg_length);
    free(batcher);
}

static size_t source_tokens(const lt_dataset *dataset, size_t pair)
{
    size_t length;
    lt_dataset_src(dataset, pair, &length);
    return length + 1;
}

/* What batches are measured by: target tokens or, where the target is a class, those of the text. */
static size_t target_tokens(const lt_dataset *dataset, size_t pair)
{
    size_t length;
    if (dataset->labelled) return source_tokens(dataset, pair);
    lt_dataset_trg(dataset, pair, &length);
    return length + 1; /* its end of sentence */
}

/* By target length, then source length, then the pair's number: a total order, so that every sort gives the
 * same. */
static int by_length(const void *a, const void *b, void *context)
{
    const lt_dataset *dataset = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b, src_x, src_y;
    size_t trg_x = target_tokens(dataset, x), trg_y = target_tokens(dataset, y);
    if (trg_x != trg_y) return trg_x < trg_y ? -1 : 1;
    lt_dataset_src(dataset, x, &src_x);
    lt_dataset_src(dataset, y, &src_y);
    if (src_x != src_y) return src_x < src_y ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* Sorts order[from, to) and cuts it into batches. */
static void cut_pool(lt_batcher *batcher, size_t from, size_t to)
{
    qsort_r(batcher->order + from, to - from, sizeof *batcher->order, by_length, (void *)batcher->dataset);
    size_t tokens = 0, of_source = 0;
    for (size_t i = from; i < to; i++) {
        size_t own = target_tokens(batcher->dataset, batcher->order[i]);
        size_t source = source_tokens(batcher->dataset, batcher->order[i]);
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
    (void)error; /* nothing here can fail today; readers of streamed corpora will */
    lt_rng rng;
    size_t pairs = batcher->dataset->pairs, pool = LT_BATCHER_POOL * batcher->batch_tokens;
    for (size_t i = 0; i < pairs; i++) batcher->order[i] = i;
    lt_rng_init(&rng, lt_stream(batcher->seed, ORDER_PAIRS, epoch, 0));
    lt_rng_shuffle(&rng, batcher->order, pairs);
    batcher->batches = 0;
    for (size_t from = 0, to = 0; from < pairs; from = to) {
        for (size_t tokens = 0; to < pairs && tokens < pool; to++)
            tokens += target_tokens(batcher->dataset, batcher->order[to]);
        cut_pool(batcher, from, to);
    }
    batcher->begin[batcher->batches] = pairs;
    for (size_t i = 0; i < batcher->batches; i++) batcher->shuffle[i] = i;
    lt_rng_init(&rng, lt_stream(batcher->seed, ORDER_BATCHES, epoch, 0));
    lt_rng_shuffle(&rng, batcher->shuffle, batcher->batches);
    *batches = batcher->batches;
    return LT_OK;
}

void lt_batcher_get(lt_batcher *batcher, size_t index, lt_batch *batch)
{
    assert(index < batcher->batches);
    size_t which = batcher->shuffle[index], begin = batcher->begin[which];
    size_t size = batcher->begin[which + 1] - begin;
    for (size_t i = 0; i < size; i++) {
        size_t pair = batcher->order[begin + i];
        batcher->src[i] = lt_dataset_src(batcher->dataset, pair, &batcher->src_length[i]);
        batcher->trg[i] = lt_dataset_trg(batcher->dataset, pair, &batcher->trg_length[i]);
    }
    *batch = (lt_batch){size, batcher->src, batcher->src_length, batcher->trg, batcher->trg_length};
}
