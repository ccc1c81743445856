/* stream_classify.c: lines in, labels out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/stream.h"

/* What is sorted and classified at a time. */
enum { BLOCK_LINES = 4096 };

typedef struct labelling {
    const lt_labelling_setting *setting;
    lt_translator_counts *counts;
    float *rows;   /* (BLOCK_LINES, C) log-probabilities */
    size_t *order; /* (C) */
} labelling;

static int likelier_first(const void *a, const void *b, void *context)
{
    const float *row = context;
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    if (row[x] != row[y]) return row[x] > row[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

static lt_status write_labels(labelling *l, const float *row, lt_text *out, lt_error *error)
{
    const lt_labelling_setting *s = l->setting;
    const lt_strings *names = &s->run->labels.names;
    for (size_t c = 0; c < names->count; c++) l->order[c] = c;
    qsort_r(l->order, names->count, sizeof *l->order, likelier_first, (void *)row);
    for (size_t i = 0; i < s->n_best && i < names->count; i++) {
        LT_TRY(lt_text_appendf(out, error, "%s%s", i ? "\t" : "", names->items[l->order[i]]));
        if (s->probabilities) LT_TRY(lt_text_appendf(out, error, "\t%.6f", exp((double)row[l->order[i]])));
    }
    if (s->files.keep)
        LT_TRY(lt_hypotheses_add(s->files.keep, names->items[l->order[0]], strlen(names->items[l->order[0]]),
                                 error));
    return lt_text_append(out, "\n", 1, error);
}

static lt_status encode(const labelling *l, lt_dataset *texts, const lt_line *lines, size_t count,
                        size_t done, lt_error *error)
{
    const lt_run_model *run = l->setting->run;
    for (size_t i = 0; i < count; i++) {
        size_t cut = texts->counts.too_long;
        LT_TRY(lt_dataset_add_labelled(texts, run->tokenizers.src, &lines[i], 0,
                                       (size_t)run->experiment.data.max_length, false, error));
        if (texts->counts.too_long > cut && l->counts->src_cut++ == 0)
            l->counts->first_src_cut = done + i + 1;
    }
    l->counts->lines += count;
    l->counts->empty += texts->counts.empty;
    return LT_OK;
}

static lt_status classify_block(void *context, const lt_line *lines, size_t count, size_t done, lt_text *out,
                                lt_error *error)
{
    labelling *l = context;
    const lt_labelling_setting *s = l->setting;
    size_t classes = s->run->labels.names.count;
    lt_dataset texts = {0};
    lt_status status = encode(l, &texts, lines, count, done, error);
    if (status == LT_OK)
        status =
            lt_classify(s->run->model, s->run->pool, &texts, s->mini_batch, s->files.signal, l->rows, error);
    for (size_t i = 0; i < count && status == LT_OK; i++)
        status = write_labels(l, l->rows + i * classes, out, error);
    lt_dataset_clear(&texts);
    return status;
}

lt_status lt_stream_classify(const lt_labelling_setting *setting, lt_stream_result *result, lt_error *error)
{
    size_t classes = setting->run->labels.names.count;
    lt_translator_counts counts = {0};
    labelling l = {setting, &counts, malloc(BLOCK_LINES * classes * sizeof *l.rows),
                   malloc(classes * sizeof *l.order)};
    *result = (lt_stream_result){0};
    lt_status status = l.rows && l.order
                           ? lt_stream_run(&setting->files, BLOCK_LINES, classify_block, &l, result, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu labels", classes);
    result->counts = counts;
    free(l.rows);
    free(l.order);
    return status;
}
