/* classify.c: the classes of texts, by a model that is a classifier: encoder and classifier, forward only. */
#include <assert.h>

#include "model/network.h"

typedef struct classify_task {
    const lt_model *model;
    const lt_batch *batch;
    float *log_probability; /* (B, C) */
} classify_task;

static bool classify_members(const void *argument, lt_arena *arena, lt_arena *scratch, const size_t *members,
                             size_t count)
{
    const classify_task *task = argument;
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

lt_status lt_model_classify(const lt_model *model, lt_pool *pool, const lt_batch *batch,
                            float *log_probability, lt_error *error)
{
    assert(model->classifier.classes > 0);
    const lt_batch texts = {.size = batch->size, .src = batch->src, .src_length = batch->src_length};
    LT_TRY(lt_network_check_batch(model, &texts, false, error));
    const classify_task task = {model, &texts, log_probability};
    return lt_network_run(&texts, pool, classify_members, &task, error);
}
