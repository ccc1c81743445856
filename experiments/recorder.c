#include "experiments/recorder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/clock.h"

static const double RETRY_SECONDS = 60; /* a locked database would otherwise hold up every update */

/* ---- the configuration as rows ---- */

typedef struct rows {
    lt_strings keys, values;
} rows;

static lt_status add_row(void *context, const char *dotted, const lt_option *option, const void *base,
                         lt_error *error)
{
    rows *all = context;
    lt_text value = {0};
    lt_status status = lt_option_format(&value, base, option, error);
    if (status == LT_OK) status = lt_strings_add(&all->values, value.data ? value.data : "", error);
    if (status == LT_OK) status = lt_strings_add(&all->keys, dotted, error);
    lt_text_clear(&value);
    return status;
}

static lt_status record_params(lt_recorder *recorder, const lt_experiment *experiment, lt_error *error)
{
    rows all = {0};
    lt_store_param *params = NULL;
    lt_status status = lt_experiment_each(experiment, add_row, &all, error);
    if (status == LT_OK) {
        params = calloc(all.keys.count + 1, sizeof *params);
        if (!params) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; params && i < all.keys.count; i++)
        params[i] = (lt_store_param){all.keys.items[i], all.values.items[i]};
    if (status == LT_OK)
        status = lt_store_params(recorder->store, recorder->id, params, all.keys.count, error);
    free(params);
    lt_strings_clear(&all.keys);
    lt_strings_clear(&all.values);
    return status;
}

/* ---- beginning ---- */

static void init(lt_recorder *recorder, const char *id)
{
    double now = lt_seconds();
    *recorder = (lt_recorder){.failed_at = -1e9,
                              .heartbeat_at = now,
                              .began = recorder->began > 0 ? recorder->began : now,
                              .early = recorder->early};
    strncpy(recorder->id, id, sizeof recorder->id - 1);
}

/* ---- data sets told before the record is opened ---- */

typedef struct lt_early_dataset {
    struct lt_early_dataset *next;
    char *role, *name, *language, *path, *sha256;
    int64_t lines;
} lt_early_dataset;

static void free_early(lt_early_dataset *early)
{
    while (early) {
        lt_early_dataset *next = early->next;
        free(early->role), free(early->name), free(early->language), free(early->path), free(early->sha256);
        free(early);
        early = next;
    }
}

static lt_status keep_early(lt_recorder *recorder, const lt_store_dataset *d, lt_error *error)
{
    lt_early_dataset *new = calloc(1, sizeof *new), **end = &recorder->early;
    if (new)
        *new = (lt_early_dataset){NULL,
                                  strdup(d->role),
                                  strdup(d->name),
                                  strdup(d->language),
                                  strdup(d->path),
                                  strdup(d->sha256),
                                  d->lines};
    if (!new || !new->role || !new->name || !new->language || !new->path || !new->sha256) {
        free_early(new);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the data set %s", d->name);
    }
    while (*end) end = &(*end)->next;
    *end = new;
    return LT_OK;
}

static lt_status record_early(lt_recorder *recorder, lt_error *error)
{
    for (const lt_early_dataset *e = recorder->early; e; e = e->next) {
        const lt_store_dataset dataset = {e->role, e->name, e->language, e->path, e->sha256, e->lines};
        LT_TRY(lt_store_add_dataset(recorder->store, recorder->id, &dataset, error));
    }
    free_early(recorder->early);
    recorder->early = NULL;
    return LT_OK;
}

lt_status lt_recorder_begin(lt_recorder *recorder, const char *db, const lt_store_new_run *run,
                            const lt_experiment *experiment, lt_error *error)
{
    init(recorder, run->id);
    lt_status status = lt_store_open(&recorder->store, db, LT_STORE_WRITE, error);
    if (status == LT_OK) status = lt_store_run_begin(recorder->store, run, error);
    if (status == LT_OK) status = record_params(recorder, experiment, error);
    if (status == LT_OK) status = record_early(recorder, error);
    if (status != LT_OK) lt_recorder_close(recorder);
    return status;
}

static lt_status keep_spent(void *context, int64_t step, const lt_store_metric *metric, lt_error *error)
{
    (void)step, (void)error;
    if (strcmp(metric->name, LT_STORE_SECONDS) == 0) *(double *)context = metric->value;
    return LT_OK;
}

/* The time spent once more, as of now: what passed since the stop belongs to nothing. */
static lt_status record_going_on(lt_recorder *recorder, int64_t step, lt_error *error)
{
    const lt_store_metric metric = {LT_STORE_SECONDS, recorder->spent_before};
    if (isnan(metric.value)) return LT_OK;
    return lt_store_metrics(recorder->store, recorder->id, step, &metric, 1, error);
}

lt_status lt_recorder_resume(lt_recorder *recorder, const char *db, const lt_store_new_run *run,
                             const lt_experiment *experiment, uint64_t step, lt_error *error)
{
    init(recorder, run->id);
    lt_status status = lt_store_open(&recorder->store, db, LT_STORE_WRITE, error);
    if (status == LT_OK) {
        status = lt_store_run_resume(recorder->store, run->id, run->command, run->folder, error);
        if (status == LT_ERROR_USAGE)
            status = lt_store_run_begin(recorder->store, run, error); /* of another database */
    }
    if (status == LT_OK) status = lt_store_rewind(recorder->store, run->id, (int64_t)step, error);
    if (step > 0) recorder->spent_before = NAN; /* unless it is there: of older versions it is not */
    if (status == LT_OK)
        status = lt_store_read_metrics(recorder->store, run->id, keep_spent, &recorder->spent_before, error);
    if (status == LT_OK) status = record_going_on(recorder, (int64_t)step, error);
    if (status == LT_OK) status = record_params(recorder, experiment, error);
    if (status == LT_OK) status = record_early(recorder, error);
    if (status != LT_OK) lt_recorder_close(recorder);
    return status;
}

void lt_recorder_close(lt_recorder *recorder)
{
    lt_store_close(recorder->store);
    recorder->store = NULL;
    free_early(recorder->early);
    recorder->early = NULL;
}

/* ---- events ---- */

/* What was spent on the run until now, over its stops. */
static lt_store_metric spent(const lt_recorder *recorder)
{
    return (lt_store_metric){LT_STORE_SECONDS, recorder->spent_before + lt_seconds() - recorder->began};
}

static bool heartbeat_is_due(const lt_recorder *recorder)
{
    return lt_seconds() - recorder->heartbeat_at >= LT_STORE_HEARTBEAT_MS / 1000.0;
}

static lt_status record_update(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    const lt_event_update *update = &event->as.progress;
    if (update->report) {
        const lt_store_metric metrics[] = {
            {"train.loss", update->mean_loss},
            {"gradient_norm", update->gradient_norm},
            {"learning_rate", update->learning_rate},
            {"words_per_second", update->words_per_second},
            spent(recorder),
            {"sampling_probability", update->sampling_probability}, /* the last: only where there is any */
        };
        size_t count = sizeof metrics / sizeof *metrics - !(update->sampling_probability > 0);
        LT_TRY(
            lt_store_metrics(recorder->store, recorder->id, (int64_t)event->update, metrics, count, error));
    }
    if (!heartbeat_is_due(recorder)) return LT_OK;
    recorder->heartbeat_at = lt_seconds();
    return lt_store_heartbeat(recorder->store, recorder->id, (int64_t)event->update, error);
}

static lt_status record_validation(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    const lt_event_validation *validation = &event->as.validation;
    lt_store_metric metrics[LT_WATCHES + 2];
    char names[LT_WATCHES][32];
    size_t count = 0;
    for (int i = 0; i < LT_WATCHES; i++) {
        if (!isfinite(validation->scores[i])) continue;
        snprintf(names[i], sizeof names[i], "dev.%s", lt_watch_names[i]);
        metrics[count++] = (lt_store_metric){names[i], validation->scores[i]};
    }
    if (isfinite(validation->scores[LT_WATCH_BLEU]))
        metrics[count++] = (lt_store_metric){"dev.perplexity", exp(validation->scores[LT_WATCH_LOSS])};
    metrics[count++] = spent(recorder);
    return lt_store_metrics(recorder->store, recorder->id, (int64_t)event->update, metrics, count, error);
}

/* The time, too: what a run that is stopped between two reports has taken. */
static lt_status record_checkpoint(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    const lt_store_metric metric = spent(recorder);
    LT_TRY(lt_store_add_checkpoint(recorder->store, recorder->id, &event->as.checkpoint, error));
    return lt_store_metrics(recorder->store, recorder->id, event->as.checkpoint.step, &metric, 1, error);
}

static lt_status record_skipped(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    const lt_store_metric metric = {"skipped_updates", (double)event->skipped};
    if (event->skipped <= recorder->skipped) return LT_OK; /* not all events know */
    LT_TRY(lt_store_metrics(recorder->store, recorder->id, (int64_t)event->update, &metric, 1, error));
    recorder->skipped = event->skipped;
    return LT_OK;
}

static lt_status record_started(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    char parameters[32];
    snprintf(parameters, sizeof parameters, "%zu", event->as.started.parameters);
    const lt_store_param param = {LT_STORE_PARAMETERS, parameters};
    LT_TRY(lt_store_params(recorder->store, recorder->id, &param, 1, error));
    return lt_store_heartbeat(recorder->store, recorder->id, (int64_t)event->update, error);
}

static lt_status record(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    lt_store *store = recorder->store;
    const char *id = recorder->id;
    LT_TRY(record_skipped(recorder, event, error));
    switch (event->kind) {
    case LT_EVENT_ORIGIN:
        return lt_store_set_origin(store, id, &event->as.origin, error);
    case LT_EVENT_DATASET:
        return lt_store_add_dataset(store, id, &event->as.dataset, error);
    case LT_EVENT_UPDATE:
        return record_update(recorder, event, error);
    case LT_EVENT_VALIDATION:
        return record_validation(recorder, event, error);
    case LT_EVENT_CHECKPOINT:
        return record_checkpoint(recorder, event, error);
    case LT_EVENT_TEST:
        return lt_store_add_evaluation(store, id, &event->as.test, error);
    case LT_EVENT_ENDED:
        return lt_store_run_end(store, id, event->as.ended.status, event->as.ended.reason, error);
    case LT_EVENT_STARTED:
        return record_started(recorder, event, error);
    case LT_EVENT_NOTE:
        break;
    }
    return LT_OK;
}

/* Is there anything of it to be written? What is not says nothing about whether the database can be. */
static bool concerns(const lt_recorder *recorder, const lt_event *event)
{
    if (event->skipped > recorder->skipped) return true;
    if (event->kind == LT_EVENT_UPDATE) return event->as.progress.report || heartbeat_is_due(recorder);
    return event->kind != LT_EVENT_NOTE;
}

lt_status lt_recorder_event(lt_recorder *recorder, const lt_event *event, lt_error *error)
{
    bool minor = event->kind == LT_EVENT_UPDATE,
         final = event->kind == LT_EVENT_TEST || event->kind == LT_EVENT_ENDED;
    if (!*recorder->id && event->kind == LT_EVENT_DATASET)
        return keep_early(recorder, &event->as.dataset, error);
    if (!recorder->store ||
        (minor && recorder->failing && lt_seconds() - recorder->failed_at < RETRY_SECONDS))
        return LT_OK;
    if (!concerns(recorder, event)) return LT_OK;
    lt_status status = record(recorder, event, error);
    bool news = status != LT_OK && (!recorder->failing || final);
    if (status != LT_OK) recorder->failed_at = lt_seconds();
    recorder->failing = status != LT_OK;
    return news ? status : LT_OK;
}
