#include <assert.h>
#include <stdlib.h>

#include "corpora/corpora.h"

const int32_t *lt_dataset_src(const lt_dataset *dataset, size_t pair, size_t *length)
{
    const size_t *start = dataset->start + 2 * pair;
    *length = start[1] - start[0];
    return dataset->ids.items + start[0];
}

const int32_t *lt_dataset_trg(const lt_dataset *dataset, size_t pair, size_t *length)
{
    const size_t *start = dataset->start + 2 * pair + 1;
    *length = start[1] - start[0];
    return dataset->ids.items + start[0];
}

static lt_status reserve(lt_dataset *dataset, lt_error *error)
{
    if (dataset->pairs < dataset->capacity) return LT_OK;
    size_t capacity = dataset->capacity ? dataset->capacity * 2 : 1024;
    size_t *start = realloc(dataset->start, (2 * capacity + 1) * sizeof *start);
    if (!start) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu sentence pairs", capacity);
    start[2 * dataset->pairs] = dataset->pairs ? start[2 * dataset->pairs] : 0;
    dataset->start = start;
    dataset->capacity = capacity;
    return LT_OK;
}

static size_t unknown(const int32_t *ids, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += ids[i] == LT_UNK;
    return count;
}

static void count_kept(lt_dataset *dataset, size_t src_length, size_t trg_length, const int32_t *ids)
{
    dataset->counts.src_unknown += unknown(ids, src_length);
    dataset->counts.trg_unknown += unknown(ids + src_length, trg_length);
    dataset->src_tokens += src_length;
    dataset->trg_tokens += trg_length;
}

/* Appends the ids of both sides; leaves none when it fails. */
static lt_status encode_pair(lt_ids *ids, size_t *middle, const lt_tokenizers *tokenizers, const lt_line *src,
                             const lt_line *trg, lt_error *error)
{
    size_t begin = ids->count;
    lt_status status = lt_tokenizer_encode(tokenizers->src, ids, src->bytes, src->length, error);
    *middle = ids->count;
    if (status == LT_OK) status = lt_tokenizer_encode(tokenizers->trg, ids, trg->bytes, trg->length, error);
    if (status != LT_OK) ids->count = begin;
    return status;
}

lt_status lt_dataset_add(lt_dataset *dataset, const lt_tokenizers *tokenizers, const lt_line *src,
                         const lt_line *trg, size_t max_length, lt_error *error)
{
    LT_TRY(reserve(dataset, error));
    size_t begin = dataset->ids.count, middle;
    LT_TRY(encode_pair(&dataset->ids, &middle, tokenizers, src, trg, error));
    dataset->counts.read++;
    size_t src_length = middle - begin, trg_length = dataset->ids.count - middle;
    bool empty = src_length == 0 || trg_length == 0,
         too_long = src_length > max_length || trg_length > max_length;
    if (max_length && (empty || too_long)) {
        dataset->counts.empty += empty;
        dataset->counts.too_long += !empty;
        dataset->ids.count = begin;
        return LT_OK;
    }
    count_kept(dataset, src_length, trg_length, dataset->ids.items + begin);
    size_t *start = dataset->start + 2 * dataset->pairs++;
    start[0] = begin;
    start[1] = middle;
    start[2] = dataset->ids.count;
    return LT_OK;
}

lt_status lt_dataset_add_labelled(lt_dataset *dataset, const lt_tokenizer *tokenizer, const lt_line *text,
                                  int32_t label, size_t max_length, bool leave_empty, lt_error *error)
{
    assert(dataset->pairs == 0 || dataset->labelled);
    dataset->labelled = true;
    LT_TRY(reserve(dataset, error));
    size_t begin = dataset->ids.count;
    lt_status status = lt_tokenizer_encode(tokenizer, &dataset->ids, text->bytes, text->length, error);
    size_t length = dataset->ids.count - begin;
    if (status != LT_OK) {
        dataset->ids.count = begin;
        return status;
    }
    dataset->counts.read++;
    dataset->counts.empty += length == 0;
    if (length == 0 && leave_empty) return LT_OK;
    if (max_length && length > max_length) {
        dataset->counts.too_long++;
        length = max_length;
        dataset->ids.count = begin + length;
    }
    count_kept(dataset, length, 0, dataset->ids.items + begin);
    size_t *start = dataset->start + 2 * dataset->pairs;
    start[0] = begin;
    start[1] = begin + length;
    LT_TRY(lt_ids_add(&dataset->ids, label, error));
    start[2] = dataset->ids.count;
    dataset->pairs++;
    return LT_OK;
}

lt_status lt_dataset_read(lt_dataset *dataset, lt_pairs *pairs, const lt_tokenizers *tokenizers,
                          size_t max_length, lt_error *error)
{
    for (;;) {
        lt_line src, trg;
        bool end;
        LT_TRY(lt_pairs_next(pairs, &src, &trg, &end, error));
        if (end) return LT_OK;
        lt_status status = lt_dataset_add(dataset, tokenizers, &src, &trg, max_length, error);
        if (status != LT_OK)
            return lt_error_context(error, "%s:%zu", lt_reader_path(pairs->src),
                                    lt_reader_get_counts(pairs->src)->lines);
    }
}

void lt_dataset_clear(lt_dataset *dataset)
{
    lt_ids_clear(&dataset->ids);
    free(dataset->start);
    *dataset = (lt_dataset){0};
}
