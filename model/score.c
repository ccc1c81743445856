/* score.c: the log-probability of given translations. */
#include <stdlib.h>

#include "model/ensemble.h"
#include "model/network.h"

typedef struct score_task {
    const lt_ensemble *ensemble;
    double log_weights[LT_ENSEMBLE_MAX]; /* of each of several models */
    const lt_batch *batch;
    double *log_probability; /* (B) */
    float *of_pieces;        /* NULL, or all sentences' tokens one behind another */
    const size_t *place;     /* (B) where a sentence's begin there */
} score_task;

/* The log-probabilities of all target tokens, (N); span by span, so that memory does not grow with the
 * target's length. */
static bool score_tokens(const lt_model *model, lt_arena *scratch, const lt_sequence *target,
                         const lt_context *context, lt_state *state, real *tokens)
{
    lt_decoder_saved saved;
    for (size_t t = 0, end; t < target->steps; t = end) {
        end = lt_sequence_span_end(target, t);
        lt_arena_reset(scratch);
        lt_sequence span = lt_sequence_span(scratch, target, t, end);
        if (!span.start ||
            !lt_decoder_forward(&model->decoder, &model->weights, scratch, &span, context, state, &saved) ||
            !lt_loss_score(&model->decoder.output, &model->weights, scratch, &span, saved.readout,
                           tokens + target->start[t]))
            return false;
    }
    return true;
}

/* tokens (count, N), of which row i is model i's: row 0 becomes all of theirs together. */
static void mix_tokens(const score_task *task, real *tokens, size_t total)
{
    for (size_t n = 0; task->ensemble->count > 1 && n < total; n++)
        tokens[n] = lt_ensemble_log_mean(tokens + n, total, task->log_weights, task->ensemble->count);
}

/* Token log-probabilities are added in the order of the sentence, as the search adds them, so that both get
 * the same sum. */
static bool score_members(const void *argument, lt_arena *arena, lt_arena *scratch, const size_t *members,
                          size_t count)
{
    const score_task *task = argument;
    const size_t models = task->ensemble->count;
    lt_sequence target = lt_sequence_target(arena, task->batch, members, count, (lt_randomness){0});
    lt_state state;
    lt_context context;
    real *tokens = lt_arena_take(arena, models * target.total, sizeof *tokens);
    if (!target.ids || !tokens) return false;
    for (size_t i = 0; i < models; i++) {
        const lt_model *model = task->ensemble->models[i];
        if (!lt_network_encode(model, arena, scratch, task->batch, members, count, target.sentence, &state,
                               &context) ||
            !score_tokens(model, scratch, &target, &context, &state, tokens + i * target.total))
            return false;
    }
    mix_tokens(task, tokens, target.total);
    for (size_t b = 0; b < count; b++) {
        size_t member = members[target.sentence[b]];
        double sum = 0;
        for (size_t t = 0; t < target.steps && b < target.rows[t]; t++) {
            real token = tokens[target.start[t] + b];
            sum += (double)token;
            if (task->of_pieces) task->of_pieces[task->place[member] + t] = (float)token;
        }
        task->log_probability[member] = sum;
    }
    return true;
}

lt_status lt_ensemble_score(const lt_ensemble *ensemble, lt_pool *pool, const lt_batch *batch,
                            double *log_probability, float *of_pieces, lt_error *error)
{
    LT_TRY(lt_ensemble_check(ensemble, error));
    LT_TRY(lt_network_check_batch(ensemble->models[0], batch, true, error));
    size_t *place = malloc((batch->size + 1) * sizeof *place), tokens = 0;
    if (!place) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for scoring %zu pairs", batch->size);
    for (size_t b = 0; b < batch->size; b++) {
        place[b] = tokens;
        tokens += batch->trg_length[b] + 1;
    }
    score_task task = {ensemble, {0}, batch, log_probability, of_pieces, place};
    lt_ensemble_log_weights(ensemble, task.log_weights);
    lt_status status = lt_network_run(batch, pool, score_members, &task, error);
    free(place);
    return status;
}

lt_status lt_model_score(const lt_model *model, lt_pool *pool, const lt_batch *batch, double *log_probability,
                         float *of_pieces, lt_error *error)
{
    const lt_ensemble alone = {.models = &model, .count = 1};
    return lt_ensemble_score(&alone, pool, batch, log_probability, of_pieces, error);
}
