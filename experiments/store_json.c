#include "experiments/store_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model/base/text.h"

json_t *lt_json_text(const char *text)
{
    if (!text) return json_null();
    json_t *string = json_string(text);
    if (string) return string;
    lt_text repaired = {0};
    if (lt_utf8_repair(&repaired, text, strlen(text), NULL, NULL) == LT_OK)
        string = json_stringn(repaired.data, repaired.length);
    lt_text_clear(&repaired);
    return string;
}

json_t *lt_json_real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *lt_json_time(int64_t ms)
{
    if (ms == 0) return json_null();
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    char text[64];
    size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &parts));
    snprintf(text + length, sizeof text - length, ".%03dZ", (int)(ms % 1000));
    return json_string(text);
}

static json_t *integer(int64_t value)
{
    return value < 0 ? json_null() : json_integer(value);
}

json_t *lt_json_run(const lt_store_run *run)
{
    return json_pack("{so so ss ss so so so so so so so sI so sI sI sI so so so so so so so}", "id",
                     lt_json_text(run->id), "experiment", lt_json_text(run->experiment), "kind",
                     run->kind == LT_RUN_TRAINING ? "training" : "decoding", "status", run->status_name,
                     "note", lt_json_text(run->status_note), "parent", lt_json_text(run->parent), "sweep",
                     lt_json_text(run->sweep), "point", lt_json_text(run->point), "started",
                     lt_json_time(run->started), "ended", lt_json_time(run->ended), "heartbeat",
                     lt_json_time(run->heartbeat), "duration_ms", (json_int_t)run->duration, "host",
                     lt_json_text(run->host), "pid", (json_int_t)run->pid, "seed", (json_int_t)run->seed,
                     "updates", (json_int_t)run->step, "command", lt_json_text(run->command), "git_revision",
                     lt_json_text(run->git_revision), "build", lt_json_text(run->build), "folder",
                     lt_json_text(run->folder), "best_name", lt_json_text(run->best_name), "best",
                     run->best_name ? lt_json_real(run->best) : json_null(), "best_update",
                     run->best_name ? json_integer(run->best_step) : json_null());
}

json_t *lt_json_origin(const lt_store_origin *o)
{
    return json_pack("{so so so so so so sb}", "run", lt_json_text(o->run), "folder", lt_json_text(o->folder),
                     "checkpoint", lt_json_text(o->checkpoint), "sha256", lt_json_text(o->sha256), "update",
                     integer(o->step), "vocabulary", lt_json_text(o->vocabulary), "partial", o->partial);
}

json_t *lt_json_checkpoint(const lt_store_checkpoint *c)
{
    return json_pack("{so sI so so so so so}", "name", lt_json_text(c->name), "update", (json_int_t)c->step,
                     "path", lt_json_text(c->path), "sha256", lt_json_text(c->sha256), "bytes",
                     integer(c->bytes), "score_name", lt_json_text(c->score_name), "score",
                     lt_json_real(c->score));
}

json_t *lt_json_dataset(const lt_store_dataset *d)
{
    return json_pack("{so so so so so so}", "role", lt_json_text(d->role), "name", lt_json_text(d->name),
                     "language", lt_json_text(d->language), "path", lt_json_text(d->path), "sha256",
                     lt_json_text(d->sha256), "lines", integer(d->lines));
}

json_t *lt_json_decoding(const lt_store_decoding *d)
{
    return json_pack("{so so so so so so so so so}", "checkpoint", lt_json_text(d->checkpoint),
                     "checkpoint_sha256", lt_json_text(d->checkpoint_sha256), "input", lt_json_text(d->input),
                     "output", lt_json_text(d->output), "input_sha256", lt_json_text(d->result.input_sha256),
                     "output_sha256", lt_json_text(d->result.output_sha256), "lines",
                     integer(d->result.lines), "seconds", lt_json_real(d->result.seconds),
                     "sentences_per_second", lt_json_real(d->result.sentences_per_second));
}

json_t *lt_json_scored(const lt_store_scored *s)
{
    return json_pack("{so so so so so sI so so so so}", "dataset", lt_json_text(s->dataset), "source_sha256",
                     lt_json_text(s->source_sha256), "reference_sha256", lt_json_text(s->reference_sha256),
                     "decoding", lt_json_text(s->decoding), "update", integer(s->step), "segments",
                     (json_int_t)s->segments, "metric", lt_json_text(s->metric), "score",
                     lt_json_real(s->score), "detail", lt_json_text(s->detail), "signature",
                     lt_json_text(s->signature));
}

lt_status lt_json_add(json_t *array, json_t *value, lt_error *error)
{
    return json_array_append_new(array, value) == 0 ? LT_OK
                                                    : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

lt_status lt_json_set(json_t *object, const char *key, json_t *value, lt_error *error)
{
    return json_object_set_new(object, key, value) == 0 ? LT_OK
                                                        : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

lt_status lt_json_print(FILE *out, const json_t *value, lt_error *error)
{
    if (json_dumpf(value, out, JSON_INDENT(2) | JSON_REAL_PRECISION(12)) == 0 && fputc('\n', out) != EOF)
        return LT_OK;
    return lt_fail_errno(error, "cannot write JSON");
}
