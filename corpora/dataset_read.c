/* A corpus as a dataset: read and put by the caller, encoded by all workers, a block of lines at a time. */
#include <assert.h>
#include <stdlib.h>

#include "corpora/dataset.h"
#include "corpora/interrupted.h"

enum { BLOCK_PAIRS = 8192, BLOCK_BYTES = 4 << 20 };

/* A worker's pairs of the block, one after the other. */
typedef struct share {
    lt_ids ids;
    lt_error error;
    size_t failed; /* the pair it happened with */
} share;

typedef struct block {
    const lt_dataset_setting *setting;
    size_t workers;
    lt_text text;                    /* of both sides, or of the texts alone; a NUL behind each */
    size_t *begin;                   /* (2 * BLOCK_PAIRS + 1) in `text` */
    int32_t *label;                  /* (BLOCK_PAIRS) */
    size_t *src_length, *trg_length; /* (BLOCK_PAIRS) in ids */
    size_t count;
    share *shares; /* (workers) */
} block;

static lt_status block_init(block *b, const lt_dataset_setting *setting, lt_error *error)
{
    size_t workers = setting->pool ? lt_pool_workers(setting->pool) : 1;
    *b = (block){.setting = setting,
                 .workers = workers,
                 .begin = malloc((2 * BLOCK_PAIRS + 1) * sizeof *b->begin),
                 .label = malloc(BLOCK_PAIRS * sizeof *b->label),
                 .src_length = malloc(BLOCK_PAIRS * sizeof *b->src_length),
                 .trg_length = malloc(BLOCK_PAIRS * sizeof *b->trg_length),
                 .shares = calloc(workers, sizeof *b->shares)};
    if (b->begin && b->label && b->src_length && b->trg_length && b->shares) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %d pairs at a time", BLOCK_PAIRS);
}

static void block_clear(block *b)
{
    for (size_t w = 0; b->shares && w < b->workers; w++) lt_ids_clear(&b->shares[w].ids);
    lt_text_clear(&b->text);
    free(b->begin);
    free(b->label);
    free(b->src_length);
    free(b->trg_length);
    free(b->shares);
}

static lt_status at_line(const lt_reader *reader, size_t before, lt_error *error)
{
    return lt_error_context(error, "%s:%zu", lt_reader_path(reader),
                            lt_reader_get_counts(reader)->lines - before);
}

/* ---- the caller's part ---- */

static lt_status take_line(block *b, size_t place, const lt_line *line, lt_error *error)
{
    b->begin[place] = b->text.length;
    LT_TRY(lt_text_append(&b->text, line->bytes, line->length + 1, error));
    b->begin[place + 1] = b->text.length;
    return LT_OK;
}

static lt_status fill(block *b, lt_pairs *pairs, bool *end, lt_error *error)
{
    const lt_dataset_setting *s = b->setting;
    *end = false;
    for (b->count = b->text.length = 0; b->count < BLOCK_PAIRS && b->text.length < BLOCK_BYTES; b->count++) {
        static const lt_line nothing = {"", 0};
        lt_line src, trg;
        LT_TRY(lt_pairs_next(pairs, &src, &trg, end, error));
        if (*end) return LT_OK;
        if (s->label && s->label(s->context, &trg, &b->label[b->count], error) != LT_OK)
            return at_line(pairs->trg, 0, error);
        LT_TRY(take_line(b, 2 * b->count, &src, error));
        LT_TRY(take_line(b, 2 * b->count + 1, s->label ? &nothing : &trg, error));
    }
    return LT_OK;
}

static lt_status put(const block *b, lt_dataset *dataset, lt_error *error)
{
    const lt_dataset_setting *s = b->setting;
    for (size_t w = 0; w < b->workers; w++) {
        const int32_t *ids = b->shares[w].ids.items;
        size_t begin, end;
        lt_share(b->count, 1, b->workers, w, &begin, &end);
        for (size_t i = begin; i < end; i++) {
            if (s->label)
                LT_TRY(lt_dataset_put_labelled(dataset, ids, b->src_length[i], b->label[i], s->max_length,
                                               s->max_length > 0, error));
            else
                LT_TRY(
                    lt_dataset_put(dataset, ids, b->src_length[i], b->trg_length[i], s->max_length, error));
            ids += b->src_length[i] + b->trg_length[i];
        }
    }
    if (!s->memory || dataset->ids.count * sizeof *dataset->ids.items <= s->memory) return LT_OK;
    return lt_dataset_spill(dataset, error);
}

/* ---- the workers' ---- */

static lt_status encode_side(const block *b, lt_ids *ids, const lt_tokenizer *tokenizer, size_t place,
                             size_t *length, lt_error *error)
{
    size_t before = ids->count, begin = b->begin[place];
    lt_status status =
        lt_tokenizer_encode(tokenizer, ids, b->text.data + begin, b->begin[place + 1] - begin - 1, error);
    *length = ids->count - before;
    return status;
}

static void encode_share(void *argument, size_t w)
{
    block *b = argument;
    const lt_tokenizers *tokenizers = b->setting->tokenizers;
    share *own = &b->shares[w];
    size_t begin, end;
    lt_share(b->count, 1, b->workers, w, &begin, &end);
    own->ids.count = 0;
    own->error = (lt_error){0};
    for (size_t i = begin; i < end && own->error.code == LT_OK; i++) {
        own->failed = i;
        b->trg_length[i] = 0;
        if (encode_side(b, &own->ids, tokenizers->src, 2 * i, &b->src_length[i], &own->error) == LT_OK &&
            !b->setting->label)
            encode_side(b, &own->ids, tokenizers->trg, 2 * i + 1, &b->trg_length[i], &own->error);
    }
}

static lt_status encode(block *b, const lt_pairs *pairs, lt_error *error)
{
    if (b->setting->pool)
        lt_pool_run(b->setting->pool, encode_share, b);
    else
        encode_share(b, 0);
    for (size_t w = 0; w < b->workers; w++) { /* the first of them is the earliest in the file, too */
        if (b->shares[w].error.code == LT_OK) continue;
        *error = b->shares[w].error;
        return at_line(pairs->src, b->count - 1 - b->shares[w].failed, error);
    }
    return LT_OK;
}

/* ---- all ---- */

lt_status lt_dataset_read(lt_dataset *dataset, lt_pairs *pairs, const lt_dataset_setting *setting,
                          lt_error *error)
{
    block b;
    bool end = false;
    lt_status status = block_init(&b, setting, error);
    while (status == LT_OK && !end) {
        LT_GOTO(status, lt_check_interrupted(setting->signal, "", error), done);
        LT_GOTO(status, fill(&b, pairs, &end, error), done);
        LT_GOTO(status, encode(&b, pairs, error), done);
        LT_GOTO(status, put(&b, dataset, error), done);
    }
    if (status == LT_OK && dataset->file) { /* it is one or the other: in memory, or in the file */
        status = lt_dataset_spill(dataset, error);
        lt_ids_clear(&dataset->ids);
    }
done:
    block_clear(&b);
    return status;
}
