/* A small batch and small models, for the tests of this folder. */
#ifndef NETWORK_FIXTURE_H
#define NETWORK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/base/rng.h"
#include "model/model.h"

enum { FIXTURE_MAX = 64, FIXTURE_LENGTH = 24 };

typedef struct fixture_batch {
    int32_t src_ids[FIXTURE_MAX][FIXTURE_LENGTH], trg_ids[FIXTURE_MAX][FIXTURE_LENGTH];
    const int32_t *src[FIXTURE_MAX], *trg[FIXTURE_MAX];
    size_t src_length[FIXTURE_MAX], trg_length[FIXTURE_MAX];
    lt_batch batch;
} fixture_batch;

/* `count` numbers in -1 .. 1; free() them. */
static inline float *numbers(size_t count, uint64_t seed)
{
    lt_rng rng;
    float *x = malloc((count + 1) * sizeof *x);
    lt_rng_init(&rng, lt_stream(seed, 0, 0, 0));
    for (size_t i = 0; i < count; i++) x[i] = (float)(lt_rng_uniform(&rng) * 2 - 1);
    return x;
}

/* `size` pairs of random lengths 0..longest and random ids. */
static inline void fixture_batch_init(fixture_batch *f, size_t size, size_t longest, size_t vocabulary,
                                      uint64_t seed)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(seed, 1, 2, 3));
    for (size_t b = 0; b < size; b++) {
        f->src_length[b] = lt_rng_below(&rng, longest + 1);
        f->trg_length[b] = lt_rng_below(&rng, longest + 1);
        for (size_t i = 0; i < longest; i++) {
            f->src_ids[b][i] = (int32_t)(LT_RESERVED + lt_rng_below(&rng, vocabulary - LT_RESERVED));
            f->trg_ids[b][i] = (int32_t)(LT_RESERVED + lt_rng_below(&rng, vocabulary - LT_RESERVED));
        }
        f->src[b] = f->src_ids[b];
        f->trg[b] = f->trg_ids[b];
    }
    f->batch = (lt_batch){size, f->src, f->src_length, f->trg, f->trg_length};
}

/* Makes texts of the pairs: each target is one id, the class. */
static inline void fixture_batch_label(fixture_batch *f, size_t classes, uint64_t seed)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(seed, 4, 5, 6));
    for (size_t b = 0; b < f->batch.size; b++) {
        f->trg_length[b] = 1;
        f->trg_ids[b][0] = (int32_t)lt_rng_below(&rng, classes);
    }
}

static inline lt_model_options fixture_options(int64_t layers, int64_t hidden, int64_t embedding, int tied)
{
    lt_error error = {0};
    lt_model_options options = {0};
    assert_int_equal(lt_options_defaults(&options, lt_model_table, &error), LT_OK);
    options.encoder.layers = options.decoder.layers = layers;
    options.encoder.hidden = options.decoder.hidden = hidden;
    options.encoder.embedding = options.decoder.embedding = embedding;
    options.tied_embeddings = tied;
    return options;
}

#define assert_ok(expression)                                                                                \
    do {                                                                                                     \
        lt_status fixture_status_ = (expression);                                                            \
        if (fixture_status_ != LT_OK)                                                                        \
            fail_msg("%s: status %d: %s", #expression, fixture_status_, error.message);                      \
    } while (0)

#endif
