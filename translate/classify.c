#include <stdlib.h>
#include <string.h>

#include "translate/translate.h"

enum { BATCH_TOKENS = 16384 }; /* of a batch at most: bounds the memory of long texts */

typedef struct by_length {
    size_t text, length;
} by_length;

static int longest_first(const void *a, const void *b)
{
    const by_length *x = a, *y = b;
    if (x->length != y->length) return x->length > y->length ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

/* The texts in the order they are taken, and room for a batch. */
typedef struct work {
    by_length *order;
    const int32_t **src;
    size_t *length;
    float *rows; /* (mini_batch, C) */
} work;

static lt_status classify_batch(const lt_model *model, lt_pool *pool, const lt_dataset *dataset,
                                const work *w, size_t begin, size_t end, float *log_probability,
                                lt_error *error)
{
    size_t classes = lt_model_classes(model);
    for (size_t i = begin; i < end; i++)
        w->src[i - begin] = lt_dataset_src(dataset, w->order[i].text, &w->length[i - begin]);
    lt_batch batch = {.size = end - begin, .src = w->src, .src_length = w->length};
    LT_TRY(lt_model_classify(model, pool, &batch, w->rows, error));
    for (size_t i = begin; i < end; i++)
        memcpy(log_probability + w->order[i].text * classes, w->rows + (i - begin) * classes,
               classes * sizeof *log_probability);
    return LT_OK;
}

static lt_status classify_all(const lt_model *model, lt_pool *pool, const lt_dataset *dataset, const work *w,
                              size_t mini_batch, const volatile sig_atomic_t *signal, float *log_probability,
                              lt_error *error)
{
    for (size_t begin = 0, end; begin < dataset->pairs; begin = end) {
        size_t tokens = 0;
        int number = signal ? *signal : 0;
        if (number) return lt_fail_signal(error, number, " while classifying");
        for (end = begin; end < dataset->pairs && end - begin < mini_batch; end++) {
            tokens += w->order[end].length + 1;
            if (end > begin && tokens > BATCH_TOKENS) break;
        }
        LT_TRY(classify_batch(model, pool, dataset, w, begin, end, log_probability, error));
    }
    return LT_OK;
}

lt_status lt_classify(const lt_model *model, lt_pool *pool, const lt_dataset *dataset, size_t mini_batch,
                      const volatile sig_atomic_t *signal, float *log_probability, lt_error *error)
{
    size_t texts = dataset->pairs;
    work w = {malloc((texts + 1) * sizeof *w.order), malloc(mini_batch * sizeof *w.src),
              malloc(mini_batch * sizeof *w.length),
              malloc(mini_batch * lt_model_classes(model) * sizeof *w.rows)};
    lt_status status;
    if (w.order && w.src && w.length && w.rows) {
        for (size_t i = 0; i < texts; i++) {
            w.order[i].text = i;
            lt_dataset_src(dataset, i, &w.order[i].length);
        }
        qsort(w.order, texts, sizeof *w.order, longest_first);
        status = classify_all(model, pool, dataset, &w, mini_batch, signal, log_probability, error);
    } else {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for classifying %zu texts", texts);
    }
    free(w.order);
    free(w.src);
    free(w.length);
    free(w.rows);
    return status;
}

size_t lt_best_class(const float *log_probability, size_t classes)
{
    size_t best = 0;
    for (size_t c = 1; c < classes; c++)
        if (log_probability[c] > log_probability[best]) best = c;
    return best;
}
