#include "corpora/dataset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/id_file.h"

void lt_dataset_lengths(const lt_dataset *dataset, size_t pair, size_t *src_length, size_t *trg_length)
{
    const size_t *start = dataset->start + 2 * pair;
    *src_length = start[1] - start[0];
    *trg_length = start[2] - start[1];
}

const int32_t *lt_dataset_src(const lt_dataset *dataset, size_t pair, size_t *length)
{
    const size_t *start = dataset->start + 2 * pair;
    assert(!dataset->file);
    *length = start[1] - start[0];
    return dataset->ids.items + start[0];
}

const int32_t *lt_dataset_trg(const lt_dataset *dataset, size_t pair, size_t *length)
{
    const size_t *start = dataset->start + 2 * pair + 1;
    assert(!dataset->file);
    *length = start[1] - start[0];
    return dataset->ids.items + start[0];
}

/* ---- in memory and in the file ---- */

lt_status lt_dataset_copy(const lt_dataset *dataset, size_t pair, int32_t *ids, lt_error *error)
{
    const size_t *start = dataset->start + 2 * pair;
    if (dataset->file) return lt_id_file_read(dataset->file, ids, start[0], start[2] - start[0], error);
    memcpy(ids, dataset->ids.items + start[0], (start[2] - start[0]) * sizeof *ids);
    return LT_OK;
}

void lt_dataset_expect(const lt_dataset *dataset, size_t pair)
{
    const size_t *start = dataset->start + 2 * pair;
    if (dataset->file) lt_id_file_expect(dataset->file, start[0], start[2] - start[0]);
}

lt_status lt_dataset_spill(lt_dataset *dataset, lt_error *error)
{
    if (!dataset->file) LT_TRY(lt_id_file_create(&dataset->file, error));
    LT_TRY(lt_id_file_append(dataset->file, dataset->ids.items, dataset->ids.count, error));
    dataset->in_file += dataset->ids.count;
    dataset->ids.count = 0;
    return LT_OK;
}

/* ---- adding ---- */

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

static lt_status keep(lt_dataset *dataset, const int32_t *src, size_t src_length, const int32_t *trg,
                      size_t trg_length, lt_error *error)
{
    LT_TRY(reserve(dataset, error));
    LT_TRY(lt_ids_append(&dataset->ids, src, src_length, error));
    lt_status status = lt_ids_append(&dataset->ids, trg, trg_length, error);
    if (status != LT_OK) {
        dataset->ids.count -= src_length;
        return status;
    }
    size_t *start = dataset->start + 2 * dataset->pairs++;
    start[1] = start[0] + src_length;
    start[2] = start[1] + trg_length;
    return LT_OK;
}

lt_status lt_dataset_put(lt_dataset *dataset, const int32_t *ids, size_t src_length, size_t trg_length,
                         size_t max_length, lt_error *error)
{
    bool empty = src_length == 0 || trg_length == 0,
         too_long = src_length > max_length || trg_length > max_length;
    const int32_t *trg = ids + src_length;
    if (max_length && (empty || too_long)) {
        dataset->counts.empty += empty;
        dataset->counts.too_long += !empty;
    } else {
        LT_TRY(keep(dataset, ids, src_length, trg, trg_length, error));
        dataset->counts.src_unknown += unknown(ids, src_length);
        dataset->counts.trg_unknown += unknown(trg, trg_length);
        dataset->src_tokens += src_length;
        dataset->trg_tokens += trg_length;
    }
    dataset->counts.read++;
    return LT_OK;
}

lt_status lt_dataset_put_labelled(lt_dataset *dataset, const int32_t *ids, size_t length, int32_t label,
                                  size_t max_length, bool leave_empty, lt_error *error)
{
    assert(dataset->pairs == 0 || dataset->labelled);
    bool too_long = max_length && length > max_length, empty = length == 0;
    dataset->labelled = true;
    if (too_long) length = max_length;
    if (!empty || !leave_empty) {
        LT_TRY(keep(dataset, ids, length, &label, 1, error));
        dataset->counts.src_unknown += unknown(ids, length);
        dataset->src_tokens += length;
    }
    dataset->counts.read++;
    dataset->counts.empty += empty;
    dataset->counts.too_long += too_long;
    return LT_OK;
}

lt_status lt_dataset_add(lt_dataset *dataset, const lt_tokenizers *tokenizers, const lt_line *src,
                         const lt_line *trg, size_t max_length, lt_error *error)
{
    lt_ids *line = &dataset->line;
    line->count = 0;
    LT_TRY(lt_tokenizer_encode(tokenizers->src, line, src->bytes, src->length, error));
    size_t middle = line->count;
    LT_TRY(lt_tokenizer_encode(tokenizers->trg, line, trg->bytes, trg->length, error));
    return lt_dataset_put(dataset, line->items, middle, line->count - middle, max_length, error);
}

lt_status lt_dataset_add_labelled(lt_dataset *dataset, const lt_tokenizer *tokenizer, const lt_line *text,
                                  int32_t label, size_t max_length, bool leave_empty, lt_error *error)
{
    dataset->line.count = 0;
    LT_TRY(lt_tokenizer_encode(tokenizer, &dataset->line, text->bytes, text->length, error));
    return lt_dataset_put_labelled(dataset, dataset->line.items, dataset->line.count, label, max_length,
                                   leave_empty, error);
}

void lt_dataset_reset(lt_dataset *dataset)
{
    dataset->ids.count = dataset->in_file = dataset->pairs = 0;
    dataset->src_tokens = dataset->trg_tokens = 0;
    dataset->counts = (lt_dataset_counts){0};
    if (dataset->file) lt_id_file_rewind(dataset->file);
}

void lt_dataset_clear(lt_dataset *dataset)
{
    lt_ids_clear(&dataset->ids);
    lt_ids_clear(&dataset->line);
    lt_id_file_free(dataset->file);
    free(dataset->start);
    *dataset = (lt_dataset){0};
}
