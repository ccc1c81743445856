#include "experiments/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* The length of the file without an unfinished last line. */
static off_t complete_length(int descriptor, off_t length)
{
    char buffer[4096];
    while (length > 0) {
        size_t wanted = length < (off_t)sizeof buffer ? (size_t)length : sizeof buffer;
        ssize_t got = pread(descriptor, buffer, wanted, length - (off_t)wanted);
        if (got != (ssize_t)wanted) return -1;
        for (size_t i = wanted; i > 0; i--, length--)
            if (buffer[i - 1] == '\n') return length;
    }
    return 0;
}

lt_status lt_log_open(lt_log *log, const char *path, lt_error *error)
{
    struct stat info;
    *log = (lt_log){.descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666),
                    .path = strdup(path)};
    lt_status status = LT_OK;
    if (!log->path)
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the name of %s", path);
    else if (log->descriptor < 0 || fstat(log->descriptor, &info) != 0)
        status = lt_fail_errno(error, "cannot write %s", path);
    if (status == LT_OK && S_ISREG(info.st_mode)) {
        off_t complete = complete_length(log->descriptor, info.st_size);
        if (complete < 0 || (complete < info.st_size && ftruncate(log->descriptor, complete) != 0))
            status = lt_fail_errno(error, "cannot repair the last line of %s", path);
    }
    if (status != LT_OK) lt_log_close(log);
    return status;
}

void lt_log_close(lt_log *log)
{
    if (log->descriptor >= 0) close(log->descriptor);
    free(log->path);
    *log = (lt_log){.descriptor = -1};
}

/* JSON has no NaN or infinity. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* Text of the operating system need not be UTF-8; JSON must be. */
static json_t *text(const char *bytes)
{
    lt_text repaired = {0};
    if (!bytes) return json_null();
    json_t *value = json_string(bytes);
    if (!value && lt_utf8_repair(&repaired, bytes, strlen(bytes), NULL, NULL) == LT_OK)
        value = json_string(repaired.data);
    lt_text_clear(&repaired);
    return value;
}

static void set(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value); /* a failure shows as a missing key; see write_line() */
}

static void set_count(json_t *object, const char *key, uint64_t value)
{
    set(object, key, json_integer((json_int_t)value));
}

static void describe_origin(json_t *line, const lt_store_origin *origin)
{
    set(line, "run", text(origin->run));
    set(line, "folder", text(origin->folder));
    set(line, "checkpoint", text(origin->checkpoint));
    set(line, "sha256", text(origin->sha256));
    set(line, "of_update", json_integer(origin->step));
    set(line, "vocabulary", text(origin->vocabulary));
    set(line, "partial", json_boolean(origin->partial));
}

static void describe_dataset(json_t *line, const lt_store_dataset *dataset)
{
    set(line, "role", text(dataset->role));
    set(line, "name", text(dataset->name));
    set(line, "language", text(dataset->language));
    set(line, "path", text(dataset->path));
    set(line, "sha256", text(dataset->sha256));
    set(line, "lines", json_integer(dataset->lines));
}

static void describe_started(json_t *line, const lt_event_started *started)
{
    set(line, "resumed", json_boolean(started->resumed));
    set_count(line, "parameters", started->parameters);
    set_count(line, "src_vocab", started->src_vocab);
    if (started->classes)
        set_count(line, "classes", started->classes);
    else
        set_count(line, "trg_vocab", started->trg_vocab);
    set_count(line, "pairs", started->pairs);
    set_count(line, "batches", started->batches);
    set_count(line, "threads", started->threads);
}

static void describe_update(json_t *line, const lt_event_update *update)
{
    set(line, "loss", number(update->mean_loss));
    set(line, "gradient_norm", number(update->gradient_norm));
    set(line, "learning_rate", number(update->learning_rate));
    if (update->sampling_probability > 0)
        set(line, "sampling_probability", number(update->sampling_probability));
    set(line, "words_per_second", number(update->words_per_second));
}

static void describe_validation(json_t *line, const lt_event_validation *validation)
{
    set(line, "loss", number(validation->scores[LT_WATCH_LOSS]));
    if (isfinite(validation->scores[LT_WATCH_BLEU]))
        set(line, "perplexity", number(exp(validation->scores[LT_WATCH_LOSS])));
    for (int i = 0; i < LT_WATCHES; i++)
        if (i != LT_WATCH_LOSS && isfinite(validation->scores[i]))
            set(line, lt_watch_names[i], number(validation->scores[i]));
    set(line, "best", json_boolean(validation->best));
    set(line, "decayed", json_boolean(validation->decayed));
    set(line, "learning_rate", number(validation->learning_rate));
    set_count(line, "stale", validation->stale);
    set(line, "seconds", number(validation->seconds));
}

static void describe_checkpoint(json_t *line, const lt_store_checkpoint *checkpoint)
{
    set(line, "name", text(checkpoint->name));
    set(line, "path", text(checkpoint->path));
    set(line, "sha256", text(checkpoint->sha256));
    set(line, "bytes", json_integer(checkpoint->bytes));
}

static void describe_test(json_t *line, const lt_store_evaluation *test)
{
    set(line, "dataset", text(test->dataset));
    set(line, "segments", json_integer((json_int_t)test->segments));
    set(line, "decoding", text(test->decoding));
    json_t *scores = json_array();
    for (size_t i = 0; i < test->metrics; i++) {
        json_t *score = json_object();
        set(score, "metric", text(test->scores[i].metric));
        set(score, "score", number(test->scores[i].score));
        set(score, "detail", text(test->scores[i].detail));
        set(score, "signature", text(test->scores[i].signature));
        json_array_append_new(scores, score);
    }
    set(line, "scores", scores);
}

static void describe_ended(json_t *line, const lt_event_ended *ended)
{
    set(line, "status", text(lt_run_status_names[ended->status]));
    set(line, "reason", text(ended->reason));
    set(line, "seconds", number(ended->seconds));
}

static json_t *begin_line(const char *event)
{
    char stamp[32];
    struct timespec now;
    struct tm utc;
    json_t *line = json_object();
    clock_gettime(CLOCK_REALTIME, &now);
    size_t length = strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
    snprintf(stamp + length, sizeof stamp - length, ".%03ldZ", now.tv_nsec / 1000000);
    set(line, "time", text(stamp));
    set(line, "event", text(event));
    return line;
}

/* One write() a line: lines of a process that is killed are complete, or the last one is cut at the next
 * opening. */
static lt_status write_line(lt_log *log, json_t *line, lt_error *error)
{
    char *bytes = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(10)) : NULL;
    size_t length = bytes ? strlen(bytes) : 0;
    json_decref(line);
    if (!bytes) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a line of %s", log->path);
    bytes[length++] = '\n'; /* in the terminator's place */
    ssize_t written;
    do written = write(log->descriptor, bytes, length);
    while (written < 0 && errno == EINTR);
    free(bytes);
    if (written == (ssize_t)length) return LT_OK;
    if (written >= 0) errno = ENOSPC;
    return lt_fail_errno(error, "cannot write %s", log->path);
}

lt_status lt_log_event(lt_log *log, const lt_event *event, lt_error *error)
{
    static const char *const names[] = {"origin",     "dataset", "started", "update", "validation",
                                        "checkpoint", "test",    "note",    "ended"};
    if (event->kind == LT_EVENT_UPDATE && !event->as.progress.report) return LT_OK;
    json_t *line = begin_line(names[event->kind]);
    set_count(line, "epoch", event->epoch);
    set_count(line, "update", event->update);
    switch (event->kind) {
    case LT_EVENT_ORIGIN:
        describe_origin(line, &event->as.origin);
        break;
    case LT_EVENT_DATASET:
        describe_dataset(line, &event->as.dataset);
        break;
    case LT_EVENT_STARTED:
        describe_started(line, &event->as.started);
        break;
    case LT_EVENT_UPDATE:
        describe_update(line, &event->as.progress);
        break;
    case LT_EVENT_VALIDATION:
        describe_validation(line, &event->as.validation);
        break;
    case LT_EVENT_CHECKPOINT:
        describe_checkpoint(line, &event->as.checkpoint);
        break;
    case LT_EVENT_TEST:
        describe_test(line, &event->as.test);
        break;
    case LT_EVENT_NOTE:
        set(line, "text", text(event->as.note));
        break;
    case LT_EVENT_ENDED:
        describe_ended(line, &event->as.ended);
        break;
    }
    return write_line(log, line, error);
}

lt_status lt_log_run(lt_log *log, const char *id, const char *command, size_t threads, lt_error *error)
{
    json_t *line = begin_line("run");
    set(line, "id", text(id));
    set(line, "command", text(command));
    set(line, "version", text(LATIMER_VERSION));
    set_count(line, "threads", threads);
    set_count(line, "process", (uint64_t)getpid());
    return write_line(log, line, error);
}

size_t lt_log_threads(const lt_log *log)
{
    char line[1 << 16];
    const ssize_t got = pread(log->descriptor, line, sizeof line, 0);
    const char *end = got > 0 ? memchr(line, '\n', (size_t)got) : NULL;
    json_t *first = end ? json_loadb(line, (size_t)(end - line), 0, NULL) : NULL;
    const json_int_t threads = json_integer_value(json_object_get(first, "threads"));
    json_decref(first);
    return threads > 0 ? (size_t)threads : 0;
}
