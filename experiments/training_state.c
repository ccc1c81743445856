#include "experiments/training_state.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void lt_training_state_init(lt_training_state *state)
{
    *state = (lt_training_state){.scale = 1};
}

#define FIELD(name) .key = "progress." #name, .offset = offsetof(lt_training_state, name)

/* The saved fields: counts first, then reals. `seconds` is apart; what older checkpoints lack is `newer`, and
 * 0. */
static const struct {
    const char *key;
    size_t offset;
    bool newer;
} counts[] =
    {
        {FIELD(epoch)},
        {FIELD(position)},
        {FIELD(update)},
        {FIELD(src_tokens)},
        {FIELD(trg_tokens)},
        {FIELD(validated)},
        {FIELD(best_update)},
        {FIELD(stale)},
        {FIELD(decay_stale)},
        {FIELD(report_tokens), .newer = true},
        {FIELD(restarted), .newer = true},
        {FIELD(skipped), .newer = true},
        {FIELD(skipped_in_row), .newer = true},
        {FIELD(start_validated), .newer = true},
},
  reals[] = {
      {FIELD(best_score)},
      {FIELD(best_loss), .newer = true},
      {FIELD(scale)},
      {FIELD(report_loss), .newer = true},
};
enum { COUNTS = sizeof counts / sizeof *counts, REALS = sizeof reals / sizeof *reals };

static lt_status save_real(lt_metadata *metadata, const char *key, double value, lt_error *error)
{
    char text[64];
    snprintf(text, sizeof text, "%a", value);
    return lt_metadata_set(metadata, key, text, error);
}

lt_status lt_training_state_save(const lt_training_state *state, bool with_seconds, lt_metadata *metadata,
                                 lt_error *error)
{
    for (size_t i = 0; i < COUNTS; i++) {
        char text[32];
        unsigned long long value = *(const uint64_t *)((const char *)state + counts[i].offset);
        snprintf(text, sizeof text, "%llu", value);
        LT_TRY(lt_metadata_set(metadata, counts[i].key, text, error));
    }
    for (size_t i = 0; i < REALS; i++)
        LT_TRY(save_real(metadata, reals[i].key, *(const double *)((const char *)state + reals[i].offset),
                         error));
    return with_seconds ? save_real(metadata, "progress.seconds", state->seconds, error) : LT_OK;
}

static lt_status load_real(double *value, const lt_metadata *metadata, const char *key, lt_error *error)
{
    const char *text = lt_metadata_get(metadata, key);
    char *end = NULL;
    *value = text ? strtod(text, &end) : 0;
    if (text && *text && !*end && isfinite(*value)) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT, "the metadata has no valid '%s'", key);
}

lt_status lt_training_state_load(lt_training_state *state, const lt_metadata *metadata, lt_error *error)
{
    lt_training_state_init(state);
    for (size_t i = 0; i < COUNTS; i++) {
        const char *text = lt_metadata_get(metadata, counts[i].key);
        char *end = NULL;
        if (!text && counts[i].newer) continue;
        errno = 0;
        unsigned long long value = text ? strtoull(text, &end, 10) : 0;
        if (!text || *text < '0' || *text > '9' || *end || errno)
            return lt_fail(error, LT_ERROR_FORMAT, "the metadata has no valid '%s'", counts[i].key);
        *(uint64_t *)((char *)state + counts[i].offset) = value;
    }
    for (size_t i = 0; i < REALS; i++) {
        if (reals[i].newer && !lt_metadata_get(metadata, reals[i].key)) continue;
        LT_TRY(load_real((double *)((char *)state + reals[i].offset), metadata, reals[i].key, error));
    }
    if (lt_metadata_get(metadata, "progress.seconds"))
        LT_TRY(load_real(&state->seconds, metadata, "progress.seconds", error));
    bool sane = state->scale > 0 && state->scale <= 1 && state->validated <= state->update &&
                state->best_update <= state->update && state->restarted <= state->update &&
                state->skipped_in_row <= state->skipped;
    if (sane) return LT_OK;
    return lt_fail(
        error, LT_ERROR_FORMAT,
        "the metadata's training progress contradicts itself (update %llu, validated %llu, best %llu)",
        (unsigned long long)state->update, (unsigned long long)state->validated,
        (unsigned long long)state->best_update);
}

bool lt_training_state_validate(lt_training_state *state, const lt_training_options *options,
                                const double scores[LT_WATCHES], bool *decayed)
{
    int metric = options->early_stopping.metric;
    double score = metric == LT_WATCH_LOSS ? -scores[metric] : scores[metric];
    bool first = state->best_update == 0 && !state->start_validated;
    const double loss = scores[LT_WATCH_LOSS];
    bool best = first || score > state->best_score ||
                (score == state->best_score && loss < state->best_loss); /* BLEU is 0 at first, and equal */
    state->validated = state->update;
    if (state->update == 0) state->start_validated = 1;
    *decayed = false;
    if (best) {
        state->best_score = score;
        state->best_loss = loss;
        state->best_update = state->update;
        state->stale = state->decay_stale = 0;
        return true;
    }
    state->stale++;
    state->decay_stale++;
    const lt_decay_options *decay = &options->decay;
    if (decay->type == LT_DECAY_PLATEAU && state->decay_stale >= (uint64_t)decay->patience) {
        double floor = fmin(1, decay->minimum / options->optimizer.learning_rate);
        *decayed = state->scale > floor;
        state->scale = fmax(fmax(state->scale * decay->factor, floor), 1e-30);
        state->decay_stale = 0;
    }
    return false;
}

double lt_training_state_learning_rate(const lt_training_state *state, const lt_training_options *options)
{
    double rate = options->optimizer.learning_rate * state->scale, warmup = (double)options->warmup;
    double step = (double)state->update + 1;
    if (step < warmup) return rate * step / warmup;
    if (options->decay.type == LT_DECAY_INVERSE_SQRT)
        return fmax(rate * sqrt(fmax(warmup, 1) / step), fmin(rate, options->decay.minimum));
    if (options->decay.type != LT_DECAY_LINEAR) return rate;
    double left =
        ((double)options->max_updates - (double)state->update) / ((double)options->max_updates - warmup);
    return fmax(rate * fmin(left, 1), fmin(rate, options->decay.minimum));
}

const char *lt_training_state_over(const lt_training_state *state, const lt_training_options *options)
{
    const lt_early_stopping_options *early = &options->early_stopping;
    if (early->patience && state->stale >= (uint64_t)early->patience) return "early_stopping";
    if (options->max_epochs && state->epoch >= (uint64_t)options->max_epochs) return "max_epochs";
    if (options->max_updates && state->update >= (uint64_t)options->max_updates) return "max_updates";
    if (options->max_minutes > 0 && state->seconds >= 60 * options->max_minutes) return "max_minutes";
    return NULL;
}

double lt_training_state_fraction(const lt_training_state *state, const lt_training_options *options,
                                  size_t batches)
{
    double fraction = 0,
           epochs = (double)state->epoch + (batches ? (double)state->position / (double)batches : 0);
    if (options->max_epochs) fraction = fmax(fraction, epochs / (double)options->max_epochs);
    if (options->max_updates) fraction = fmax(fraction, (double)state->update / (double)options->max_updates);
    if (options->max_minutes > 0) fraction = fmax(fraction, state->seconds / (60 * options->max_minutes));
    return fmin(fraction, 1);
}
