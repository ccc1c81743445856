/* gradient_norms.c: how much of the loss's gradient arrives at the states of the encoder, step by step. */
#include <math.h>
#include <stdlib.h>

#include "model/passage.h"

/* Sentences that go through the network together. They are the same ones for any number of workers, so that
 * each figure has the same bits. */
enum { TOGETHER = 16 };

typedef struct worker_state {
    lt_arena arena;
    real *gradients; /* (size) of the weights; nobody reads them */
    bool complete;   /* it did not run out of memory */
} worker_state;

typedef struct norm_task {
    const lt_model *model;
    const lt_batch *batch;
    size_t distances, workers;
    double *norm;         /* (B, distances) */
    worker_state *worker; /* (workers) */
} norm_task;

/* norm of the sentences [begin, end) from what backward traced: of row b at step t, |dL/dh|^2. */
static void put_norms(const norm_task *task, const lt_sequence *source, const double *trace, size_t begin)
{
    for (size_t b = 0; b < source->batch; b++) {
        double *norm = task->norm + (begin + source->sentence[b]) * task->distances;
        size_t length = 0;
        while (length < source->steps && b < source->rows[length]) length++;
        for (size_t k = 0; k < task->distances; k++)
            norm[k] = k < length ? sqrt(trace[source->start[length - 1 - k] + b]) : (double)NAN;
    }
}

static bool trace_sentences(const norm_task *task, worker_state *worker, size_t begin, size_t end)
{
    lt_arena *arena = &worker->arena;
    lt_passage p;
    lt_loss_sums sums;
    lt_arena_reset(arena);
    size_t *members = lt_arena_take(arena, end - begin, sizeof *members);
    for (size_t i = begin; members && i < end; i++) members[i - begin] = i;
    if (!members || !lt_passage_begin(task->model, arena, task->batch, members, end - begin, 0, &p) ||
        !lt_passage_encode(task->model, arena, &p) || !lt_passage_decode(task->model, arena, &p))
        return false;
    double *trace = p.encoder.rnn.trace = lt_arena_take(arena, p.source.total, sizeof *trace);
    if (!trace || !lt_passage_backward(task->model, arena, worker->gradients, 0, &sums, &p)) return false;
    put_norms(task, &p.source, trace, begin);
    return true;
}

static void trace_share(void *argument, size_t w)
{
    const norm_task *task = argument;
    worker_state *worker = &task->worker[w];
    worker->complete = true;
    for (size_t begin = w * TOGETHER; worker->complete && begin < task->batch->size;
         begin += task->workers * TOGETHER) {
        size_t left = task->batch->size - begin;
        worker->complete = trace_sentences(task, worker, begin, begin + (left < TOGETHER ? left : TOGETHER));
    }
}

static lt_status check_finite(const norm_task *task, lt_error *error)
{
    for (size_t b = 0; b < task->batch->size; b++)
        for (size_t k = 0; k < task->distances && k <= task->batch->src_length[b]; k++)
            if (!isfinite(task->norm[b * task->distances + k]))
                return lt_fail(error, LT_ERROR_NUMERIC,
                               "pair %zu: the gradient %zu steps before the end of the source is not finite: "
                               "the model's weights are too large; use another checkpoint",
                               b + 1, k);
    return LT_OK;
}

lt_status lt_model_gradient_norms(const lt_model *model, lt_pool *pool, const lt_batch *batch,
                                  size_t distances, double *norm, lt_error *error)
{
    LT_TRY(lt_network_check_batch(model, batch, true, error));
    const size_t workers = lt_pool_workers(pool);
    norm_task task = {model, batch, distances, workers, norm, calloc(workers, sizeof *task.worker)};
    bool complete = task.worker != NULL;
    for (size_t w = 0; complete && w < workers; w++)
        complete = (task.worker[w].gradients = lt_reals(model->params.size)) != NULL;
    lt_status status = LT_OK;
    if (complete)
        lt_pool_run(pool, trace_share, &task);
    else
        status = lt_fail(error, LT_ERROR_MEMORY,
                         "out of memory for the gradients of %zu parameters, once for each of %zu workers",
                         model->params.size, workers);
    for (size_t w = 0; task.worker && w < workers; w++) {
        worker_state *worker = &task.worker[w];
        if (status == LT_OK && !worker->complete) status = lt_arena_check(&worker->arena, error);
        lt_arena_clear(&worker->arena);
        free(worker->gradients);
    }
    free(task.worker);
    return status == LT_OK ? check_finite(&task, error) : status;
}
