/* classify.c: the classes of texts, by a model that is a classifier: encoder and classifier, forward only. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/network.h"

typedef struct classify_task {
    const lt_model *model;
    const lt_batch *batch;
    const size_t *members, *first;
    float *log_probability;
    lt_arena *arenas; /* (workers, 2): what lives throughout, and what a span needs */
} classify_task;

static bool classify_members(const classify_task *task, lt_arena *arena, lt_arena *scratch,
                             const size_t *members, size_t count)
{
    const lt_model *model = task->model;
    const size_t classes = model->classifier.classes;
    lt_sequence text;
    lt_state final;
    lt_context context;
    real *rows = lt_arena_take(arena, count * classes, sizeof *rows);
    if (!rows ||
        !lt_network_read(model, arena, scratch, task->batch, members, count, &text, &final, &context) ||
        !lt_classifier_forward(&model->classifier, &model->weights, arena, rows, context.summary, count))
        return false;
    for (size_t b = 0; b < count; b++) {
        float *out = task->log_probability + members[b] * classes;
        for (size_t c = 0; c < classes; c++) out[c] = (float)rows[b * classes + c];
    }
    return true;
}

static void classify_share(void *argument, size_t w)
{
    const classify_task *task = argument;
    size_t count = task->first[w + 1] - task->first[w];
    if (count > 0)
        classify_members(task, &task->arenas[2 * w], &task->arenas[2 * w + 1], task->members + task->first[w],
                         count);
}

lt_status lt_model_classify(const lt_model *model, lt_pool *pool, const lt_batch *batch,
                            float *log_probability, lt_error *error)
{
    assert(model->classifier.classes > 0);
    lt_batch texts = {.size = batch->size, .src = batch->src, .src_length = batch->src_length};
    LT_TRY(lt_network_check_batch(model, &texts, false, error));
    size_t workers = lt_pool_workers(pool);
    lt_arena arena = {0};
    lt_arena *arenas = lt_arena_take_zeroed(&arena, 2 * workers, sizeof *arenas);
    size_t *members = lt_arena_take(&arena, batch->size, sizeof *members);
    size_t *first = lt_arena_take(&arena, workers + 1, sizeof *first);
    lt_status status = lt_arena_check(&arena, error);
    if (status == LT_OK && !lt_network_deal(&arena, &texts, workers, members, first))
        status = lt_arena_check(&arena, error);
    if (status == LT_OK) {
        classify_task task = {model, &texts, members, first, log_probability, arenas};
        lt_pool_run(pool, classify_share, &task);
    }
    for (size_t i = 0; arenas && i < 2 * workers; i++) {
        if (status == LT_OK) status = lt_arena_check(&arenas[i], error);
        lt_arena_clear(&arenas[i]);
    }
    lt_arena_clear(&arena);
    return status;
}
