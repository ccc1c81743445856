#include "experiments/trainer.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#include "experiments/averaging.h"
#include "model/base/clock.h"
#include "model/base/file.h"

enum { REPORT_EVERY = 50 }; /* updates */

/* One lt_trainer_run(). */
typedef struct run {
    const lt_trainer *trainer;
    const lt_training_options *options;
    lt_training_state *state;
    lt_averaging averaging;
    size_t batches;              /* of the epoch in order; 0: none is */
    double clock;                /* up to where state->seconds counts */
    double began, fraction_then; /* of this process */
    /* since the last report, by this process: what the speed is of (the loss is in the state) */
    double report_clock;
    size_t tokens;
} run;

static void advance_clock(run *r)
{
    double time = lt_seconds();
    r->state->seconds += time - r->clock;
    r->clock = time;
}

static lt_status emit(const run *r, lt_event *event, lt_error *error)
{
    bool between =
        r->state->position == 0 && r->state->update > 0; /* what is said is still of the epoch just ended */
    event->epoch = r->state->epoch + !between;
    event->update = r->state->update;
    event->skipped = r->state->skipped;
    return r->trainer->listener ? r->trainer->listener(r->trainer->listener_context, event, error) : LT_OK;
}

/* A note of `text`, which it clears; `status` is how writing that went. */
static lt_status emit_note(const run *r, lt_text *text, lt_status status, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_NOTE, .as.note = text->data};
    if (status == LT_OK) status = emit(r, &event, error);
    lt_text_clear(text);
    return status;
}

/* ---- whose checkpoint is it ---- */

const char *const *lt_trainer_free_keys(int decay)
{
    static const char *const keys[] = {
        "training.max_updates", /* first, for where the learning rate goes by it */
        "name",
        "data.folder",
        "data.train",
        "data.dev",
        "data.test",
        "training.max_epochs",
        "training.max_minutes",
        "training.checkpoint_every",
        "training.max_skipped",
        "training.early_stopping.patience",
        "tokenizer.model",
        "labels", /* they are the training data's, which has its hash */
        NULL,
    };
    return decay == LT_DECAY_LINEAR ? keys + 1 : keys;
}

/* The progress changes, the limits may; corpora are known by their hashes, wherever they lie. */
static bool may_change(const char *key, const lt_metadata *of)
{
    const char *decay = lt_metadata_get(of, "training.decay.type");
    const bool linear = decay && strcmp(decay, "linear") == 0;
    const char *const *free_key = lt_trainer_free_keys(linear ? LT_DECAY_LINEAR : LT_DECAY_NONE);
    for (; *free_key; free_key++)
        if (strcmp(*free_key, key) == 0) return true;
    return strncmp(key, "progress.", 9) == 0;
}

/* Is it what a training without the key had: an experiment's key that is newer than the checkpoint, at its
 * default? */
static lt_status is_default(bool *same, const char *key, const char *value, lt_error *error)
{
    lt_experiment defaults = {0};
    lt_text text = {0};
    lt_error none;
    void *base;
    *same = false;
    lt_status status = lt_options_defaults(&defaults, lt_experiment_table, error);
    const lt_option *option = lt_options_find(&defaults, lt_experiment_table, key, &base, &none);
    if (status == LT_OK && option && option->type != LT_OPTION_GROUP) {
        status = lt_option_format(&text, base, option, error);
        *same = status == LT_OK && strcmp(text.data ? text.data : "", value) == 0;
    }
    lt_text_clear(&text);
    lt_options_clear(&defaults, lt_experiment_table);
    return status;
}

/* Appends the keys of `a` that `b` has otherwise or, with `only_missing`, not at all. */
static lt_status differences(lt_text *out, const lt_metadata *a, const lt_metadata *b, bool only_missing,
                             lt_error *error)
{
    for (size_t i = 0; i < a->keys.count; i++) {
        const char *key = a->keys.items[i], *mine = a->values.items[i], *other = lt_metadata_get(b, key);
        bool differs = other ? !only_missing && strcmp(mine, other) != 0 : true;
        if (!differs || may_change(key, a)) continue;
        bool newer = false;
        if (!other && !only_missing) LT_TRY(is_default(&newer, key, mine, error));
        if (newer) continue;
        const char *before = only_missing ? mine
                             : other      ? other
                                          : "(nothing)",
                   *after = only_missing ? "(nothing)" : mine;
        LT_TRY(lt_text_appendf(out, error, "%s%s was %s and is %s now", out->length ? "; " : "", key, before,
                               after));
    }
    return LT_OK;
}

/* The part of a checkpoint's metadata that an identity speaks of. */
static lt_status identity_part(lt_metadata *part, const lt_metadata *metadata, lt_error *error)
{
    for (size_t i = 0; i < metadata->keys.count; i++)
        if (strncmp(metadata->keys.items[i], "corpus.", 7) == 0 ||
            strncmp(metadata->keys.items[i], "init.", 5) == 0)
            LT_TRY(lt_metadata_set(part, metadata->keys.items[i], metadata->values.items[i], error));
    return LT_OK;
}

lt_status lt_trainer_check_identity(const char *path, const lt_metadata *identity, lt_error *error)
{
    lt_metadata metadata = {0}, part = {0};
    lt_text text = {0};
    lt_status status = lt_checkpoint_describe(path, &metadata, error);
    if (status == LT_OK) status = differences(&text, identity, &metadata, false, error);
    if (status == LT_OK) status = identity_part(&part, &metadata, error);
    if (status == LT_OK) status = differences(&text, &part, identity, true, error);
    if (status == LT_OK && text.length)
        status =
            lt_fail(error, LT_ERROR_MISMATCH,
                    "%s cannot be gone on with: %s. Resume with what it was trained with, or start a new "
                    "run%s",
                    path, text.data,
                    strstr(text.data, "training.max_updates was ")
                        ? "; by training.decay.type linear the learning rate falls to its end there, and "
                          "--init begins another from these weights"
                        : "");
    lt_metadata_clear(&metadata);
    lt_metadata_clear(&part);
    lt_text_clear(&text);
    return status;
}

/* ---- checkpoints ---- */

static lt_status announce_checkpoint(run *r, const char *name, const char *path, const char *sha256,
                                     lt_error *error)
{
    struct stat info = {0};
    if (stat(path, &info) != 0) return lt_fail_errno(error, "cannot find %s just written", path);
    bool best = strcmp(name, "best") == 0;
    int metric = r->options->early_stopping.metric;
    double score = r->state->best_score;
    char score_name[32];
    snprintf(score_name, sizeof score_name, "dev.%s", lt_watch_names[metric]);
    const char *slash = strrchr(path, '/');
    lt_event event = {.kind = LT_EVENT_CHECKPOINT,
                      .as.checkpoint = {.name = name,
                                        .step = (int64_t)r->state->update,
                                        .path = slash ? slash + 1 : path,
                                        .sha256 = sha256,
                                        .bytes = info.st_size,
                                        .score_name = best ? score_name : NULL,
                                        .score = metric == LT_WATCH_LOSS ? -score : score}};
    return emit(r, &event, error);
}

static lt_status save(run *r, const char *name, lt_error *error)
{
    const lt_trainer *t = r->trainer;
    bool last = strcmp(name, "last") == 0;
    const char *path = last ? t->last_path : t->best_path;
    char sha256[LT_SHA256_HEX];
    lt_metadata metadata = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; status == LT_OK && i < t->identity->keys.count; i++)
        status = lt_metadata_set(&metadata, t->identity->keys.items[i], t->identity->values.items[i], error);
    if (status == LT_OK)
        status = lt_training_state_save(r->state, last && r->options->max_minutes > 0, &metadata, error);
    if (status == LT_OK)
        status = lt_checkpoint_save(path, t->model, last ? t->learner : NULL, &metadata, sha256, error);
    lt_metadata_clear(&metadata);
    return status == LT_OK ? announce_checkpoint(r, name, path, sha256, error) : status;
}

lt_status lt_trainer_resume(const lt_trainer *trainer, lt_training_state *state, lt_error *error)
{
    lt_metadata metadata = {0};
    LT_TRY(lt_trainer_check_identity(trainer->last_path, trainer->identity, error));
    lt_status status =
        lt_checkpoint_restore(trainer->last_path, trainer->model, trainer->learner, &metadata, error);
    if (status == LT_OK && lt_training_state_load(state, &metadata, error) != LT_OK)
        status = lt_error_context(error, "%s", trainer->last_path);
    lt_metadata_clear(&metadata);
    return status;
}

/* ---- validating ---- */

static bool validation_due(const run *r)
{
    const lt_training_state *s = r->state;
    if (s->update == 0) return r->trainer->begun_elsewhere && !s->start_validated;
    return s->update % (uint64_t)r->options->validate_every == 0 && s->validated != s->update;
}

/* Scores the model as it is now, decides what follows from that, and keeps it where it is the best. */
static lt_status judge(run *r, double began, bool *decayed, lt_error *error)
{
    int metric = r->options->early_stopping.metric;
    lt_event event = {.kind = LT_EVENT_VALIDATION};
    lt_event_validation *v = &event.as.validation;
    for (int i = 0; i < LT_WATCHES; i++) v->scores[i] = NAN;
    LT_TRY(r->trainer->task.validate(r->trainer->task.context, v->scores, error));
    if (!isfinite(v->scores[LT_WATCH_LOSS]) || !isfinite(v->scores[metric]))
        return lt_fail(error, LT_ERROR_NUMERIC,
                       "the validation after update %llu gives loss %g and %s %g; the model is broken: "
                       "start again with a "
                       "lower training.learning_rate or training.clip_norm",
                       (unsigned long long)r->state->update, v->scores[LT_WATCH_LOSS], lt_watch_names[metric],
                       v->scores[metric]);
    v->best = lt_training_state_validate(r->state, r->options, v->scores, &v->decayed);
    *decayed = v->decayed;
    v->learning_rate = lt_training_state_learning_rate(r->state, r->options);
    v->stale = r->state->stale;
    v->seconds = lt_seconds() - began;
    advance_clock(r);
    LT_TRY(emit(r, &event, error));
    return v->best ? save(r, "best", error) : LT_OK;
}

/* Goes on from the best weights, with an optimizer that knows nothing (Denkowski & Neubig 2017, 3.2). */
static lt_status reload(run *r, lt_error *error)
{
    lt_text note = {0};
    LT_TRY(lt_checkpoint_restore(r->trainer->best_path, r->trainer->model, NULL, NULL, error));
    lt_learner_restart(r->trainer->learner);
    r->state->restarted = r->state->update;
    lt_status status =
        lt_text_appendf(&note, error, "the weights of update %llu are back, and the optimizer begins anew",
                        (unsigned long long)r->state->best_update);
    return emit_note(r, &note, status, error);
}

static lt_status validate(run *r, lt_error *error)
{
    double began = lt_seconds();
    bool decayed = false;
    LT_TRY(lt_averaging_begin(&r->averaging, r->state->update, r->state->restarted, error));
    lt_status status = judge(r, began, &decayed, error);
    lt_averaging_end(&r->averaging);
    if (status != LT_OK) return status;
    if (decayed && r->options->decay.reload) LT_TRY(reload(r, error));
    LT_TRY(save(r, "last", error));
    r->report_clock += lt_seconds() - began; /* words/s are of training */
    return LT_OK;
}

/* ---- updating ---- */

static lt_status announce_update(run *r, const lt_update_report *report, double rate, lt_error *error)
{
    lt_training_state *s = r->state;
    double time = lt_seconds();
    lt_event event = {
        .kind = LT_EVENT_UPDATE,
        .as.progress = {.loss = report->loss,
                        .gradient_norm = report->gradient_norm,
                        .learning_rate = rate,
                        .sampling_probability = 1 - lt_scheduled_sampling_reference(
                                                        &r->options->scheduled_sampling, s->update - 1),
                        .report = s->update % REPORT_EVERY == 0 || validation_due(r) ||
                                  lt_training_state_over(s, r->options),
                        .mean_loss = s->report_loss / (double)s->report_tokens,
                        .words_per_second = (double)r->tokens / fmax(time - r->report_clock, 1e-9),
                        .fraction = lt_training_state_fraction(s, r->options, r->batches)}};
    lt_event_update *u = &event.as.progress;
    if (u->fraction > r->fraction_then)
        u->seconds_left = (time - r->began) * (1 - u->fraction) / (u->fraction - r->fraction_then);
    if (u->report) {
        s->report_loss = 0;
        s->report_tokens = r->tokens = 0;
        r->report_clock = time;
    }
    return emit(r, &event, error);
}

static lt_status order_epoch(run *r, lt_error *error)
{
    const lt_trainer_task *task = &r->trainer->task;
    LT_TRY(task->begin_epoch(task->context, r->state->epoch, &r->batches, error));
    if (r->batches == 0)
        return lt_fail(error, LT_ERROR_USAGE, "there is nothing to train on: no batch in an epoch");
    if (r->state->position < r->batches) return LT_OK;
    return lt_fail(error, LT_ERROR_MISMATCH,
                   "the checkpoint stands at batch %llu of an epoch that has %zu; it belongs to other data",
                   (unsigned long long)r->state->position, r->batches);
}

/* The batches of one update, up to the end of the epoch. */
static lt_status gather(run *r, lt_error *error)
{
    const lt_trainer *t = r->trainer;
    lt_training_state *s = r->state;
    lt_batch batch;
    for (int64_t i = 0; i < r->options->accumulate && s->position < r->batches; i++, s->position++) {
        LT_TRY(t->task.batch(t->task.context, s->position, &batch, error));
        LT_TRY(lt_learner_gather(t->learner, &batch, s->update, error));
    }
    return LT_OK;
}

/* An update that cannot be made: `error` says why, and is overcome unless there were too many in a row. */
static lt_status skip(run *r, lt_error *error)
{
    lt_training_state *s = r->state;
    const uint64_t most = (uint64_t)r->options->max_skipped;
    if (s->skipped_in_row >= most) {
        lt_error_context(
            error,
            "update %llu (epoch %llu) was not made, nor were %llu before it (training.max_skipped), "
            "and training stops; start again with a lower "
            "training.learning_rate or training.clip_norm",
            (unsigned long long)s->update + 1, (unsigned long long)s->epoch + 1,
            (unsigned long long)s->skipped_in_row);
        return error->code;
    }
    s->skipped++;
    s->skipped_in_row++;
    lt_text note = {0};
    lt_error own = {0};
    lt_status status = lt_text_appendf(
        &note, &own, "update %llu is not made with these batches (%llu skipped so far, %llu in a row): %s",
        (unsigned long long)s->update + 1, (unsigned long long)s->skipped,
        (unsigned long long)s->skipped_in_row, error->message);
    status = emit_note(r, &note, status, &own);
    *error = own;
    return status;
}

static void count(run *r, const lt_update_report *report)
{
    lt_training_state *s = r->state;
    s->update++;
    s->skipped_in_row = 0;
    s->src_tokens += report->src_tokens;
    s->trg_tokens += report->trg_tokens;
    s->report_loss += report->loss * (double)report->trg_tokens;
    s->report_tokens += report->trg_tokens;
    r->tokens += report->src_tokens + report->trg_tokens;
}

static lt_status update(run *r, lt_error *error)
{
    const lt_trainer *t = r->trainer;
    lt_training_state *s = r->state;
    lt_update_report report = {0};
    if (r->batches == 0) LT_TRY(order_epoch(r, error));
    LT_TRY(gather(r, error));
    double rate = lt_training_state_learning_rate(s, r->options);
    lt_status status =
        lt_learner_step(t->learner, s->update, s->update + 1 - s->restarted, rate, &report, error);
    if (status == LT_ERROR_NUMERIC) LT_TRY(skip(r, error));
    if (status != LT_OK && status != LT_ERROR_NUMERIC) return status;
    if (status == LT_OK) count(r, &report);
    advance_clock(r);
    if (s->position == r->batches) {
        s->epoch++;
        s->position = 0;
    }
    if (status == LT_OK) LT_TRY(announce_update(r, &report, rate, error));
    if (s->position == 0) r->batches = 0;
    return LT_OK;
}

/* ---- the loop ---- */

static lt_status stop_by_signal(run *r, int number, lt_error *error)
{
    LT_TRY(save(r, "last", error));
    return lt_fail_signal(error, number, " at update %llu; saved, --resume goes on",
                          (unsigned long long)r->state->update);
}

/* What comes next: a validation that is due, or an update. `*reason` is set when training is over. */
static lt_status next(run *r, const char **reason, lt_error *error)
{
    uint64_t every = (uint64_t)r->options->checkpoint_every;
    if (validation_due(r)) return validate(r, error);
    *reason = lt_training_state_over(r->state, r->options);
    if (*reason && r->state->skipped > 0 && r->state->update == 0)
        return lt_fail(error, LT_ERROR_NUMERIC,
                       "none of %llu updates could be made, and there is no model; start again with a lower "
                       "training.learning_rate or training.clip_norm",
                       (unsigned long long)r->state->skipped);
    if (*reason) return r->state->validated != r->state->update ? validate(r, error) : LT_OK;
    LT_TRY(update(r, error));
    if (!every || r->state->update % every != 0 || validation_due(r)) return LT_OK;
    if (r->state->skipped_in_row > 0) return LT_OK; /* weights that cannot be gone on with replace nothing */
    return save(r, "last", error);
}

static lt_status tell_skipped(const run *r, lt_error *error)
{
    lt_text note = {0};
    if (r->state->skipped == 0) return LT_OK;
    lt_status status = lt_text_appendf(
        &note, error,
        "%llu updates in all were skipped: their loss or gradient was not finite, or far worse than guessing",
        (unsigned long long)r->state->skipped);
    return emit_note(r, &note, status, error);
}

lt_status lt_trainer_run(const lt_trainer *trainer, lt_training_state *state, const char **reason,
                         lt_error *error)
{
    double time = lt_seconds();
    run r = {.trainer = trainer,
             .options = trainer->options,
             .state = state,
             .averaging = {trainer->options, trainer->model, trainer->learner, trainer->folder, NULL},
             .clock = time,
             .began = time,
             .report_clock = time};
    *reason = NULL;
    r.fraction_then = state->update ? -1 : 0;
    if (validation_due(&r) && state->update == 0) LT_TRY(save(&r, "last", error));
    while (!*reason) {
        int number = trainer->signal ? *trainer->signal : 0;
        if (number) return stop_by_signal(&r, number, error);
        if (r.fraction_then < 0 && r.batches)
            r.fraction_then = lt_training_state_fraction(state, r.options, r.batches);
        lt_status status = next(&r, reason, error);
        if (status == LT_ERROR_INTERRUPTED)
            return stop_by_signal(&r, trainer->signal ? *trainer->signal : SIGINT, error);
        if (status != LT_OK) return status;
    }
    return tell_skipped(&r, error);
}
