/* What the data of a training cost beside the computing: the order of an epoch, and a batch, whose ids come
 * from the temporary file of a large corpus.
 *
 *   bench_data [PAIRS]     random ids, sides of 1 to 40 pieces, batches of 2,000 target tokens */
#include <stdio.h>
#include <stdlib.h>

#include "corpora/dataset.h"
#include "model/base/clock.h"
#include "model/base/rng.h"

enum { LONGEST = 40, BATCH_TOKENS = 2000, BATCHES = 2000, IN_MEMORY = 4 << 20 };

static lt_status fill(lt_dataset *dataset, size_t pairs, lt_error *error)
{
    int32_t ids[2 * LONGEST];
    lt_rng rng;
    lt_rng_init(&rng, 1);
    for (size_t i = 0; i < pairs; i++) {
        size_t src = 1 + lt_rng_below(&rng, LONGEST), trg = 1 + lt_rng_below(&rng, LONGEST);
        for (size_t j = 0; j < src + trg; j++) ids[j] = (int32_t)(4 + lt_rng_below(&rng, 8000));
        LT_TRY(lt_dataset_put(dataset, ids, src, trg, LONGEST, error));
        if (dataset->ids.count > IN_MEMORY || i + 1 == pairs) LT_TRY(lt_dataset_spill(dataset, error));
    }
    return LT_OK;
}

static lt_status measure(size_t pairs, lt_error *error)
{
    lt_dataset dataset = {0};
    lt_batcher *batcher = NULL;
    size_t batches = 0, tokens = 0;
    double filled, ordered, began = lt_seconds();
    lt_status status;
    LT_GOTO(status, fill(&dataset, pairs, error), done);
    LT_GOTO(status, lt_batcher_create(&batcher, &dataset, BATCH_TOKENS, 1, error), done);
    filled = lt_seconds();
    LT_GOTO(status, lt_batcher_epoch(batcher, 0, &batches, error), done);
    ordered = lt_seconds();
    size_t some = batches < BATCHES ? batches : BATCHES;
    for (size_t i = 0; i < some; i++) {
        lt_batch batch;
        LT_GOTO(status, lt_batcher_get(batcher, i, &batch, error), done);
        for (size_t j = 0; j < batch.size; j++) tokens += batch.trg_length[j] + 1;
    }
    printf(
        "%zu pairs: put in %.3f s; epoch ordered in %.3f s, %.2f us of it a batch; a batch read in %.1f us "
        "(%.0f target tokens)\n",
        pairs, filled - began, ordered - filled, 1e6 * (ordered - filled) / (double)batches,
        1e6 * (lt_seconds() - ordered) / (double)some, (double)tokens / (double)some);
done:
    lt_batcher_free(batcher);
    lt_dataset_clear(&dataset);
    return status;
}

int main(int count, char **arguments)
{
    lt_error error = {0};
    size_t pairs = count > 1 ? strtoul(arguments[1], NULL, 10) : 1000000;
    if (pairs > 0 && measure(pairs, &error) == LT_OK) return 0;
    fprintf(stderr, "bench_data: %s\n", pairs > 0 ? error.message : "how many pairs?");
    return 1;
}
