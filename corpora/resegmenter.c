#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/dataset.h"
#include "corpora/interrupted.h"
#include "model/base/rng.h"

enum { SRC, TRG, SIDES };
enum { BLOCK_PAIRS = 8192, BLOCK_IDS = 1 << 20 }; /* at a time */
enum { SEGMENT = 0x7365676D /* "segm" */ };       /* purpose of random streams */

/* A worker's pairs of the block, one after the other. */
typedef struct share {
    lt_ids ids;
    lt_ids best; /* of the pair that is being drawn */
    lt_resegmenter_counts counts;
    lt_error error;
} share;

struct lt_resegmenter {
    const lt_dataset *best;
    lt_dataset drawn;
    lt_resegmenter_setting setting;
    lt_sampler *samplers[SIDES]; /* NULL: the side is never drawn */
    double shares_of[SIDES];     /* of the lines */
    bool ready;                  /* `drawn` is of `epoch` */
    uint64_t epoch;
    lt_resegmenter_counts counts;
    /* the block */
    size_t first, count;      /* pairs */
    size_t (*lengths)[SIDES]; /* (BLOCK_PAIRS) in ids, as drawn */
    size_t workers;
    share *shares; /* (workers) */
};

static lt_status create_samplers(lt_resegmenter *r, lt_error *error)
{
    const lt_tokenizers *tokenizers = r->setting.tokenizers;
    const lt_regularization_options *o = r->setting.options;
    const lt_tokenizer *of[SIDES] = {tokenizers->src, tokenizers->trg};
    r->shares_of[SRC] = o->src;
    r->shares_of[TRG] = r->best->labelled ? 0 : o->trg;
    for (int side = 0; side < SIDES; side++) {
        if (!(r->shares_of[side] > 0)) continue;
        double alpha = lt_tokenizer_type(of[side]) == LT_TOKENIZER_BPE ? o->dropout : o->alpha;
        LT_TRY(lt_sampler_create(&r->samplers[side], of[side], alpha, error));
    }
    return LT_OK;
}

lt_status lt_resegmenter_create(lt_resegmenter **resegmenter, const lt_dataset *dataset,
                                const lt_resegmenter_setting *setting, lt_error *error)
{
    size_t workers = setting->pool ? lt_pool_workers(setting->pool) : 1;
    lt_resegmenter *r = *resegmenter = calloc(1, sizeof *r);
    if (r)
        *r = (lt_resegmenter){.best = dataset,
                              .setting = *setting,
                              .workers = workers,
                              .lengths = malloc(BLOCK_PAIRS * sizeof *r->lengths),
                              .shares = calloc(workers, sizeof *r->shares)};
    lt_status status = r && r->lengths && r->shares
                           ? create_samplers(r, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for segmenting text anew");
    if (status == LT_OK) return LT_OK;
    lt_resegmenter_free(r);
    *resegmenter = NULL;
    return status;
}

void lt_resegmenter_free(lt_resegmenter *r)
{
    if (!r) return;
    for (size_t w = 0; r->shares && w < r->workers; w++) {
        lt_ids_clear(&r->shares[w].ids);
        lt_ids_clear(&r->shares[w].best);
    }
    for (int side = 0; side < SIDES; side++) lt_sampler_free(r->samplers[side]);
    lt_dataset_clear(&r->drawn);
    free(r->lengths);
    free(r->shares);
    free(r);
}

const lt_dataset *lt_resegmenter_dataset(const lt_resegmenter *resegmenter)
{
    return &resegmenter->drawn;
}

const lt_resegmenter_counts *lt_resegmenter_get_counts(const lt_resegmenter *resegmenter)
{
    return &resegmenter->counts;
}

/* ---- the workers' part ---- */

/* Appends what a side of a pair is in this epoch. */
static lt_status draw_side(const lt_resegmenter *r, share *own, size_t pair, int side, const int32_t *best,
                           size_t count, lt_error *error)
{
    size_t before = own->ids.count, most = r->setting.max_length;
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(r->setting.seed, SEGMENT, r->epoch, SIDES * pair + (size_t)side));
    if (!r->samplers[side] || lt_rng_uniform(&rng) >= r->shares_of[side])
        return lt_ids_append(&own->ids, best, count, error);
    LT_TRY(lt_sampler_draw(r->samplers[side], &own->ids, best, count, lt_rng_u64(&rng), error));
    own->counts.drawn[side]++;
    if (!most || own->ids.count - before <= most) return LT_OK;
    own->counts.too_long[side]++;
    own->ids.count = r->best->labelled ? before + most : before;
    return r->best->labelled ? LT_OK : lt_ids_append(&own->ids, best, count, error);
}

static lt_status draw_pair(const lt_resegmenter *r, share *own, size_t pair, size_t lengths[SIDES],
                           lt_error *error)
{
    size_t count[SIDES];
    lt_dataset_lengths(r->best, pair, &count[SRC], &count[TRG]);
    LT_TRY(lt_ids_reserve(&own->best, count[SRC] + count[TRG], error));
    LT_TRY(lt_dataset_copy(r->best, pair, own->best.items, error));
    for (int side = 0; side < SIDES; side++) {
        size_t before = own->ids.count;
        const int32_t *best = own->best.items + (side == TRG ? count[SRC] : 0);
        LT_TRY(draw_side(r, own, pair, side, best, count[side], error));
        lengths[side] = own->ids.count - before;
    }
    return LT_OK;
}

static void draw_share(void *argument, size_t w)
{
    lt_resegmenter *r = argument;
    share *own = &r->shares[w];
    size_t begin, end;
    lt_share(r->count, 1, r->workers, w, &begin, &end);
    own->ids.count = 0;
    own->error = (lt_error){0};
    for (size_t i = begin; i < end; i++)
        if (draw_pair(r, own, r->first + i, r->lengths[i], &own->error) != LT_OK) return;
}

/* ---- the caller's ---- */

/* How many pairs from r->first on are drawn at a time. */
static size_t block_of(const lt_resegmenter *r)
{
    size_t count = 0, left = r->best->pairs - r->first;
    for (size_t ids = 0; count < left && count < BLOCK_PAIRS && ids < BLOCK_IDS; count++) {
        size_t src, trg;
        lt_dataset_lengths(r->best, r->first + count, &src, &trg);
        ids += src + trg;
    }
    return count;
}

static lt_status put(lt_resegmenter *r, lt_error *error)
{
    lt_dataset *drawn = &r->drawn;
    for (size_t w = 0; w < r->workers; w++) {
        const int32_t *ids = r->shares[w].ids.items;
        size_t begin, end;
        lt_share(r->count, 1, r->workers, w, &begin, &end);
        for (size_t i = begin; i < end; i++) {
            size_t src = r->lengths[i][SRC], trg = r->lengths[i][TRG];
            if (r->best->labelled)
                LT_TRY(lt_dataset_put_labelled(drawn, ids, src, ids[src], 0, false, error));
            else
                LT_TRY(lt_dataset_put(drawn, ids, src, trg, 0, error));
            ids += src + trg;
        }
    }
    if (!r->setting.memory || drawn->ids.count * sizeof *drawn->ids.items <= r->setting.memory) return LT_OK;
    return lt_dataset_spill(drawn, error);
}

static lt_status draw_block(lt_resegmenter *r, lt_error *error)
{
    LT_TRY(lt_check_interrupted(r->setting.signal, "", error));
    r->count = block_of(r);
    if (r->setting.pool)
        lt_pool_run(r->setting.pool, draw_share, r);
    else
        draw_share(r, 0);
    for (size_t w = 0; w < r->workers; w++) {
        if (r->shares[w].error.code == LT_OK) continue;
        if (error) *error = r->shares[w].error;
        return r->shares[w].error.code;
    }
    LT_TRY(put(r, error));
    r->first += r->count;
    return LT_OK;
}

static void sum_counts(lt_resegmenter *r)
{
    r->counts = (lt_resegmenter_counts){0};
    for (size_t w = 0; w < r->workers; w++)
        for (int side = 0; side < SIDES; side++) {
            r->counts.drawn[side] += r->shares[w].counts.drawn[side];
            r->counts.too_long[side] += r->shares[w].counts.too_long[side];
        }
}

lt_status lt_resegmenter_epoch(lt_resegmenter *r, uint64_t epoch, lt_error *error)
{
    if (r->ready && r->epoch == epoch) return LT_OK;
    r->ready = false;
    r->epoch = epoch;
    r->first = 0;
    for (size_t w = 0; w < r->workers; w++) r->shares[w].counts = (lt_resegmenter_counts){0};
    lt_dataset_reset(&r->drawn);
    while (r->first < r->best->pairs) LT_TRY(draw_block(r, error));
    if (r->drawn.file) { /* it is one or the other: in memory, or in the file */
        LT_TRY(lt_dataset_spill(&r->drawn, error));
        lt_ids_clear(&r->drawn.ids);
    }
    sum_counts(r);
    r->ready = true;
    return LT_OK;
}
