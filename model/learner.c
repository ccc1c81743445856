/* learner.c: one update: each worker's share forwards and backwards, the sum of their gradients, one step. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/clock.h"
#include "model/base/phase.h"
#include "model/base/rng.h"
#include "model/network.h"
#include "model/optimizer.h"
#include "model/passage.h"
#include "model/scheduled_sampling.h"

typedef struct worker_state {
    lt_arena arena, scratch;
    real *gradients; /* (size) zero between updates */
    lt_loss_sums sums;
    size_t src_tokens, trg_tokens, own_inputs;
    lt_input_sampling sampling;
    bool complete; /* it did not run out of memory */
    lt_phase_account account;
} worker_state;

struct lt_learner {
    lt_model *model;
    lt_pool *pool;
    lt_optimizer optimizer;
    uint64_t seed;
    lt_scheduled_sampling_options sampling;
    size_t workers;
    worker_state *worker;      /* (workers) */
    real **gradients;          /* (workers) */
    lt_arena arena;            /* who takes which sentence */
    lt_phases shared;          /* what is not on a worker's account */
    lt_update_report gathered; /* sums over the parts of the coming update; of `loss` too */
    uint64_t parts;            /* how many those are */
};

lt_status lt_learner_create(lt_learner **out, lt_model *model, const lt_optimizer_options *options,
                            lt_pool *pool, uint64_t seed, lt_error *error)
{
    if (!model->weights.learns)
        return lt_fail(error, LT_ERROR_USAGE,
                       "the model's weights are laid out for decoding only; call "
                       "lt_model_set_precision() with `learns` first");
    lt_learner *learner = calloc(1, sizeof *learner);
    if (!learner) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a learner");
    learner->model = model;
    learner->pool = pool;
    learner->seed = seed;
    learner->workers = lt_pool_workers(pool);
    lt_status status;
    LT_GOTO(
        status,
        lt_optimizer_init(&learner->optimizer, options, model->weights.backend, model->params.size, error),
        fail);
    learner->worker = calloc(learner->workers, sizeof *learner->worker);
    learner->gradients = calloc(learner->workers, sizeof *learner->gradients);
    bool complete = learner->worker && learner->gradients;
    for (size_t w = 0; complete && w < learner->workers; w++) {
        learner->worker[w].gradients = learner->gradients[w] = lt_reals(model->params.size);
        complete = learner->gradients[w] != NULL;
    }
    if (!complete) {
        status = lt_fail(error, LT_ERROR_MEMORY,
                         "out of memory for the gradients of %zu parameters, once for each of %zu workers",
                         model->params.size, learner->workers);
        goto fail;
    }
    lt_model_pack(model, pool);
    *out = learner;
    return LT_OK;
fail:
    lt_learner_free(learner);
    return status;
}

void lt_learner_free(lt_learner *learner)
{
    if (!learner) return;
    for (size_t w = 0; learner->worker && w < learner->workers; w++) {
        lt_arena_clear(&learner->worker[w].arena);
        lt_arena_clear(&learner->worker[w].scratch);
        free(learner->worker[w].gradients);
    }
    free(learner->worker);
    free(learner->gradients);
    lt_arena_clear(&learner->arena);
    lt_optimizer_clear(&learner->optimizer);
    free(learner);
}

void lt_learner_schedule_sampling(lt_learner *learner, const lt_scheduled_sampling_options *options)
{
    learner->sampling = *options;
}

size_t lt_learner_kept(const lt_learner *learner, real *kept[LT_KEPT_MAX], const char *names[LT_KEPT_MAX])
{
    return lt_optimizer_kept(&learner->optimizer, kept, names);
}

/* ---- the moving average ---- */

lt_status lt_learner_keep_average(lt_learner *learner, double decay, lt_error *error)
{
    return lt_optimizer_keep_average(&learner->optimizer, learner->model->params.values, decay, error);
}

void lt_learner_swap_average(lt_learner *learner)
{
    real *values = learner->model->params.values, *average = learner->optimizer.average;
    assert(average);
    for (size_t i = 0; i < learner->model->params.size; i++) {
        const real one = values[i];
        values[i] = average[i];
        average[i] = one;
    }
    lt_model_pack(learner->model, learner->pool);
}

void lt_learner_restart(lt_learner *learner)
{
    lt_optimizer_restart(&learner->optimizer, learner->model->params.values);
}

/* ---- gathering ---- */

typedef struct update_task {
    lt_learner *learner;
    const lt_batch *batch;
    const size_t *members, *first;
    uint64_t stream; /* of this update's dropout masks */
    lt_input_sampling sampling;
} update_task;

static bool learn_members(const lt_model *model, worker_state *worker, const lt_batch *batch,
                          const size_t *members, size_t count, uint64_t stream, double smoothing)
{
    lt_passage p;
    if (!lt_passage_begin(model, &worker->arena, batch, members, count, stream, &p)) return false;
    worker->src_tokens = p.source.total;
    worker->trg_tokens = p.target.total;
    return lt_passage_encode(model, &worker->arena, &p) &&
           lt_passage_sample_inputs(model, &worker->arena, &worker->scratch, &worker->sampling, members, &p,
                                    &worker->own_inputs) &&
           lt_passage_decode(model, &worker->arena, &p) &&
           lt_passage_backward(model, &worker->arena, worker->gradients, smoothing, &worker->sums, &p);
}

/* The same over texts and their classes. */
static bool learn_texts(const lt_model *model, worker_state *worker, const lt_batch *batch,
                        const size_t *members, size_t count, uint64_t stream, double smoothing)
{
    lt_arena *arena = &worker->arena;
    const lt_weights *weights = &model->weights;
    const lt_randomness randomness = {stream, model->options.dropout.variational};
    lt_sequence text =
        lt_sequence_source(arena, batch, members, count, model->options.encoder.reverse_source, randomness);
    int32_t *classes = lt_arena_take(arena, count, sizeof *classes);
    real *dsummary = lt_arena_take(arena, count * model->encoder.rnn.width, sizeof *dsummary);
    lt_state final, dfinal;
    lt_context context;
    lt_encoder_saved saved;
    lt_rnn_describe_state(&model->encoder.rnn, &final);
    dfinal = final;
    if (!text.ids || !classes || !dsummary || !lt_state_take(&final, arena, count, true) ||
        !lt_state_take(&dfinal, arena, count, true) ||
        !lt_context_take(model, arena, batch, members, count, &context))
        return false;
    lt_phase_enter(LT_PHASE_ENCODER);
    if (!lt_encoder_forward(&model->encoder, weights, arena, &text, &final, true, &saved)) return false;
    lt_context_summarise(model, &context, &final, text.sentence);
    for (size_t b = 0; b < count; b++) classes[b] = batch->trg[members[b]][0];
    worker->src_tokens = text.total;
    worker->trg_tokens = count;
    lt_phase_enter(LT_PHASE_OUTPUT);
    if (!lt_classifier_learn(&model->classifier, weights, worker->gradients, arena, &text, dsummary,
                             context.summary, classes, smoothing, &worker->sums))
        return false;
    lt_phase_enter(LT_PHASE_ENCODER);
    lt_context_summary_backward(model, &dfinal, dsummary, text.sentence, count);
    return lt_encoder_backward(&model->encoder, weights, worker->gradients, arena, &text, NULL, &dfinal,
                               &saved);
}

static void learn_share(void *argument, size_t w)
{
    const update_task *task = argument;
    lt_learner *learner = task->learner;
    worker_state *worker = &learner->worker[w];
    size_t count = task->first[w + 1] - task->first[w];
    lt_arena_reset(&worker->arena);
    lt_arena_reset(&worker->scratch);
    worker->sums = (lt_loss_sums){0};
    worker->src_tokens = worker->trg_tokens = worker->own_inputs = 0;
    worker->sampling = task->sampling;
    worker->complete = true;
    if (count == 0) return;
    lt_phase_open(&worker->account, LT_PHASE_DATA);
    worker->complete = (learner->model->classifier.classes ? learn_texts : learn_members)(
        learner->model, worker, task->batch, task->members + task->first[w], count, task->stream,
        learner->optimizer.options.label_smoothing);
    lt_phase_close();
}

/* Gradients are zero again, and nothing is gathered. */
static void forget(lt_learner *learner)
{
    for (size_t w = 0; w < learner->workers; w++)
        memset(learner->gradients[w], 0, learner->model->params.size * sizeof(real));
    learner->gathered = (lt_update_report){0};
    learner->parts = 0;
}

static lt_status collect(lt_learner *learner, lt_error *error)
{
    lt_update_report *sums = &learner->gathered;
    for (size_t w = 0; w < learner->workers; w++) {
        const worker_state *worker = &learner->worker[w];
        if (!worker->complete) {
            LT_TRY(lt_arena_check(&worker->scratch, error));
            return lt_arena_check(&worker->arena, error);
        }
        sums->loss += worker->sums.loss;
        sums->nll += worker->sums.nll;
        sums->src_tokens += worker->src_tokens;
        sums->trg_tokens += worker->trg_tokens;
        sums->own_inputs += worker->own_inputs;
    }
    learner->parts++;
    return LT_OK;
}

lt_status lt_learner_gather(lt_learner *learner, const lt_batch *batch, uint64_t update, lt_error *error)
{
    const double began = lt_seconds();
    LT_TRY(lt_network_check_batch(learner->model, batch, true, error));
    if (batch->size == 0) return lt_fail(error, LT_ERROR_USAGE, "an update needs at least one sentence pair");
    lt_arena_reset(&learner->arena);
    size_t *members = lt_arena_take(&learner->arena, batch->size, sizeof *members);
    size_t *first = lt_arena_take(&learner->arena, learner->workers + 1, sizeof *first);
    if (!members || !first || !lt_network_deal(&learner->arena, batch, learner->workers, members, first))
        return lt_arena_check(&learner->arena, error);
    const lt_dropout_options *d = &learner->model->options.dropout;
    bool random = d->embedding > 0 || d->rnn > 0 || d->output > 0 || d->memory > 0 || d->source_word > 0 ||
                  d->target_word > 0 || d->zoneout_h > 0 || d->zoneout_c > 0;
    update_task task = {learner,
                        batch,
                        members,
                        first,
                        random ? lt_stream(learner->seed, 0x64726F70 /* "drop" */, update, learner->parts) | 1
                               : 0,
                        lt_input_sampling_of(&learner->sampling, learner->seed, update, learner->parts)};
    learner->shared.seconds[LT_PHASE_DATA] += lt_seconds() - began;
    lt_pool_run(learner->pool, learn_share, &task);
    lt_status status = collect(learner, error);
    if (status != LT_OK) forget(learner);
    return status;
}

/* ---- stepping ---- */

/* May the step be made? */
static lt_status check_update(const lt_learner *learner, const lt_update_report *report, double learning_rate,
                              lt_error *error)
{
    const lt_model *model = learner->model;
    const double outcomes =
        (double)(model->classifier.classes ? model->classifier.classes : model->trg_vocab);
    const double most = LT_DIVERGED * log(outcomes) + 10;
    if (isfinite(report->loss) && isfinite(report->gradient_norm) && report->loss <= most) return LT_OK;
    return lt_fail(error, LT_ERROR_NUMERIC,
                   "the loss is %g and the gradient norm %g, with learning rate %g; parameters are unchanged",
                   report->loss, report->gradient_norm, learning_rate);
}

lt_status lt_learner_step(lt_learner *learner, uint64_t update, uint64_t step, double learning_rate,
                          lt_update_report *report, lt_error *error)
{
    const double began = lt_seconds();
    if (learner->parts == 0) return lt_fail(error, LT_ERROR_USAGE, "nothing was gathered for a step");
    *report = learner->gathered;
    report->loss /= (double)report->trg_tokens;
    double scale = 1 / (double)report->trg_tokens, clip = learner->optimizer.options.clip_norm;
    report->gradient_norm =
        sqrt(lt_optimizer_reduce(&learner->optimizer, learner->pool, learner->gradients, learner->workers)) *
        scale;
    if (check_update(learner, report, learning_rate, error) != LT_OK) {
        forget(learner);
        return error->code;
    }
    if (clip > 0 && report->gradient_norm > clip) scale *= clip / report->gradient_norm;
    lt_optimizer_step(&learner->optimizer, learner->pool, learner->model->params.values,
                      learner->gradients[0], scale, learning_rate, step, update);
    learner->gathered = (lt_update_report){0};
    learner->parts = 0;
    lt_model_pack(learner->model, learner->pool);
    learner->shared.seconds[LT_PHASE_OPTIMIZER] +=
        (lt_seconds() - began) * (double)learner->workers; /* all of them take part */
    return LT_OK;
}

lt_status lt_learner_update(lt_learner *learner, const lt_batch *batch, uint64_t update, double learning_rate,
                            lt_update_report *report, lt_error *error)
{
    LT_TRY(lt_learner_gather(learner, batch, update, error));
    return lt_learner_step(learner, update, update + 1, learning_rate, report, error);
}

lt_phases lt_learner_phases(const lt_learner *learner)
{
    lt_phases sum = learner->shared;
    for (size_t w = 0; w < learner->workers; w++) lt_phases_add(&sum, &learner->worker[w].account.sums);
    return sum;
}
