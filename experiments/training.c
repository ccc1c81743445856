#include "experiments/training.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/log.h"
#include "experiments/progress.h"
#include "experiments/recorder.h"
#include "experiments/run_folder.h"
#include "experiments/text_task.h"
#include "experiments/trainer.h"
#include "model/base/clock.h"
#include "model/base/file.h"

typedef struct training {
    const lt_training_setting *setting;
    lt_run_folder folder;
    char *best_path, *last_path;
    char id[LT_RUN_ID];
    lt_log log;
    size_t threads;
    lt_progress progress;
    lt_recorder recorder;
    lt_text_task task;
    lt_pool *pool;
    lt_model *model;
    lt_learner *learner;
    double began;
} training;

/* ---- events to whoever wants them ---- */

/* A warning that reaches the screen and the log, and not the database it may be about. */
static lt_status warn(training *t, const char *message, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_NOTE, .as.note = message};
    if (t->setting->progress)
        lt_progress_event(&t->progress, &event);
    else if (t->setting->warnings)
        fprintf(t->setting->warnings, "%s\n", message);
    return lt_log_event(&t->log, &event, error);
}

/* The log is the record that training does not go without; the database may come back later. */
static lt_status listen(void *context, const lt_event *event, lt_error *error)
{
    training *t = context;
    lt_error trouble = {0};
    if (t->setting->progress) lt_progress_event(&t->progress, event);
    LT_TRY(lt_log_event(&t->log, event, error));
    if (lt_recorder_event(&t->recorder, event, &trouble) == LT_OK) return LT_OK;
    lt_error_context(&trouble, "not recorded (training goes on, and " LT_RUN_LOG " has everything)");
    return warn(t, trouble.message, error);
}

static lt_status say(training *t, const char *text, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_NOTE, .as.note = text};
    return listen(t, &event, error);
}

/* ---- beginning ---- */

static lt_status write_experiment(const training *t, lt_error *error)
{
    lt_text text = {0};
    char *path = lt_run_folder_file(&t->folder, LT_RUN_EXPERIMENT);
    lt_status status = path ? lt_experiment_dump(&text, t->setting->experiment, error)
                            : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) status = lt_file_write(path, text.data, text.length, error);
    lt_text_clear(&text);
    free(path);
    return status;
}

/* A resumed run goes on with the limits and paths it was given, also when it is resumed again. */
static lt_status keep_experiment(const training *t, lt_error *error)
{
    lt_text old = {0}, text = {0};
    char *path = lt_run_folder_file(&t->folder, LT_RUN_EXPERIMENT);
    lt_status status =
        path ? lt_file_read(&old, path, SIZE_MAX, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) status = lt_experiment_dump(&text, t->setting->experiment, error);
    if (status == LT_OK && (old.length != text.length || memcmp(old.data, text.data, text.length) != 0))
        status = lt_file_write(path, text.data, text.length, error);
    lt_text_clear(&old);
    lt_text_clear(&text);
    free(path);
    return status;
}

/* A folder without an experiment is no run: what it began from is there before. */
static lt_status write_beginning(const training *t, lt_error *error)
{
    if (t->setting->origin) LT_TRY(lt_origin_write(t->setting->origin, t->folder.path, error));
    return write_experiment(t, error);
}

static void remove_folder(training *t)
{
    char *origin = lt_run_folder_file(&t->folder, LT_RUN_INIT);
    if (origin) unlink(origin);
    free(origin);
    rmdir(t->folder.path);
    lt_run_folder_close(&t->folder);
}

/* What the bits depend on beside the experiment, in every checkpoint. */
#define THREADS "progress.threads"
#define KERNELS "progress.kernels"
enum { THREADS_MAX = 1024 };

/* Those of its last checkpoint or, before there is any, those that the run was begun with; 0: not known. */
static size_t threads_before(const training *t)
{
    lt_metadata before = {0};
    lt_error unread = {0};
    size_t threads = lt_log_threads(&t->log);
    if (lt_checkpoint_describe(t->last_path, &before, &unread) ==
        LT_OK) { /* what is wrong with it, loading tells */
        const char *text = lt_metadata_get(&before, THREADS);
        if (text) threads = strtoul(text, NULL, 10);
    }
    lt_metadata_clear(&before);
    return threads <= THREADS_MAX ? threads : 0;
}

/* As many as were asked for; a resumed training that was asked for nothing has as many as before, as its bits
 * depend on that; else one a core. */
static size_t threads_of(const training *t)
{
    size_t threads = t->setting->threads;
    if (threads == 0 && t->setting->resume) threads = threads_before(t);
    return threads > 0 ? threads : lt_processors();
}

static lt_status take_folder(training *t, lt_error *error)
{
    const lt_training_setting *s = t->setting;
    if (s->id)
        strncpy(t->id, s->id, sizeof t->id - 1);
    else
        LT_TRY(lt_store_new_id(t->id, error)); /* a folder the database does not know becomes a run of it */
    if (s->resume) {
        LT_TRY(lt_run_folder_open(&t->folder, s->resume, error));
    } else {
        LT_TRY(lt_run_folder_create(&t->folder, s->runs, s->experiment->name, t->id, error));
        if (write_beginning(t, error) != LT_OK) {
            remove_folder(t);
            return error->code;
        }
    }
    t->best_path = lt_run_folder_file(&t->folder, LT_RUN_BEST);
    t->last_path = lt_run_folder_file(&t->folder, LT_RUN_LAST);
    char *log_path = lt_run_folder_file(&t->folder, LT_RUN_LOG);
    lt_status status = t->best_path && t->last_path && log_path
                           ? lt_log_open(&t->log, log_path, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    free(log_path);
    if (status != LT_OK) return status;
    t->threads = threads_of(t);
    return lt_log_run(&t->log, t->id, s->command, t->threads, error);
}

/* `update` is what a resumed training stands at. */
static lt_status begin_record(training *t, uint64_t update, lt_error *error)
{
    const lt_training_setting *s = t->setting;
    lt_store_new_run run = {.id = t->id,
                            .experiment = s->experiment->name,
                            .command = s->command,
                            .git_revision = s->git_revision,
                            .build = s->build,
                            .folder = t->folder.path,
                            .seed = s->experiment->seed};
    lt_error trouble = {0};
    lt_status status = s->resume
                           ? lt_recorder_resume(&t->recorder, s->db, &run, s->experiment, update, &trouble)
                           : lt_recorder_begin(&t->recorder, s->db, &run, s->experiment, &trouble);
    if (status == LT_OK) return LT_OK;
    if (status == LT_ERROR_MISMATCH) {
        *error = trouble;
        return status;
    }
    lt_error_context(&trouble, "this run is not recorded in the database (" LT_RUN_LOG " has everything)");
    return warn(t, trouble.message, error);
}

/* What it begins or began from, once there is a record. */
static lt_status tell_origin(training *t, lt_error *error)
{
    const lt_origin *origin = t->setting->origin;
    if (!origin) return LT_OK;
    lt_event event = {.kind = LT_EVENT_ORIGIN, .as.origin = lt_origin_record(origin)};
    LT_TRY(listen(t, &event, error));
    return origin->note.length ? say(t, origin->note.data, error) : LT_OK;
}

/* ---- training ---- */

static lt_status emit_started(training *t, const lt_training_state *state, bool resumed, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_STARTED,
                      .epoch = state->epoch + 1,
                      .update = state->update,
                      .as.started = {.resumed = resumed,
                                     .parameters = lt_model_parameter_total(t->model),
                                     .src_vocab = lt_model_src_vocab(t->model),
                                     .trg_vocab = lt_model_trg_vocab(t->model),
                                     .classes = lt_model_classes(t->model),
                                     .pairs = t->task.train.pairs,
                                     .batches = t->task.batches,
                                     .threads = lt_pool_workers(t->pool)}};
    return listen(t, &event, error);
}

static lt_status describe_machine(training *t, lt_error *error)
{
    char threads[32];
    snprintf(threads, sizeof threads, "%zu", lt_pool_workers(t->pool));
    LT_TRY(lt_metadata_set(&t->task.identity, THREADS, threads, error));
    return lt_metadata_set(&t->task.identity, KERNELS, lt_model_backend(t->model), error);
}

/* Resumed otherwise than it was begun, a training is as good, but not the same to the last bit: that is said.
 */
static lt_status note_machine(training *t, lt_error *error)
{
    lt_metadata before = {0};
    lt_text note = {0};
    lt_status status = lt_checkpoint_describe(t->last_path, &before, error);
    static const char *const keys[] = {THREADS, KERNELS};
    static const char *const names[] = {"threads", "kernels"};
    for (size_t i = 0; status == LT_OK && i < sizeof keys / sizeof *keys; i++) {
        const char *was = lt_metadata_get(&before, keys[i]),
                   *is = lt_metadata_get(&t->task.identity, keys[i]);
        if (was && strcmp(was, is) != 0)
            status = lt_text_appendf(&note, error, "%s: %s, not %s as before; ", names[i], is, was);
    }
    if (status == LT_OK && note.length) {
        status =
            lt_text_appendf(&note, error, "what follows is not the same to the last bit as if never stopped");
        if (status == LT_OK) status = say(t, note.data, error);
    }
    lt_metadata_clear(&before);
    lt_text_clear(&note);
    return status;
}

/* Each line of `told`, which is taken apart, as a note. */
static lt_status say_lines(training *t, lt_text *told, lt_error *error)
{
    lt_status status = LT_OK;
    for (char *line = told->data, *end; status == LT_OK && line && (end = strchr(line, '\n'));
         line = end + 1) {
        *end = '\0';
        status = say(t, line, error);
    }
    return status;
}

/* The parameters of what it begins from, each line of what is said of them a note. A resumed run has its own.
 */
static lt_status take_over(training *t, lt_error *error)
{
    lt_origin *origin = t->setting->origin;
    lt_text told = {0};
    if (!origin || lt_file_exists(t->last_path)) return LT_OK;
    if (!origin->model)
        return lt_fail(error, LT_ERROR_IO, "%s, which was there a moment ago, is gone", t->last_path);
    lt_status status = lt_origin_apply(origin, t->model, &t->task.tokenizers, &t->task.labels, &told, error);
    if (status == LT_OK) status = say_lines(t, &told, error);
    lt_text_clear(&told);
    return status;
}

static lt_status note_unread(training *t, lt_error *error)
{
    lt_text notes = {0};
    lt_status status = lt_experiment_note_unread(&notes, t->setting->experiment, error);
    if (status == LT_OK) status = say_lines(t, &notes, error);
    lt_text_clear(&notes);
    return status;
}

static lt_status build(training *t, lt_error *error)
{
    const lt_experiment *e = t->setting->experiment;
    size_t src_vocab = lt_tokenizer_size(t->task.tokenizers.src);
    if (e->task == LT_TASK_CLASSIFY)
        LT_TRY(lt_classifier_create(&t->model, &e->model, src_vocab, t->task.labels.names.count,
                                    (uint64_t)e->seed, error));
    else
        LT_TRY(lt_model_create(&t->model, &e->model, src_vocab, lt_tokenizer_size(t->task.tokenizers.trg),
                               (uint64_t)e->seed, error));
    t->task.model = t->model;
    LT_TRY(take_over(t, error));
    LT_TRY(lt_text_task_lay_out(&t->task, true, error));
    LT_TRY(
        lt_learner_create(&t->learner, t->model, &e->training.optimizer, t->pool, (uint64_t)e->seed, error));
    if (e->training.average.decay > 0)
        LT_TRY(lt_learner_keep_average(t->learner, e->training.average.decay, error));
    lt_learner_schedule_sampling(t->learner, &e->training.scheduled_sampling);
    return describe_machine(t, error);
}

static lt_status note_emulation(training *t, lt_error *error)
{
    lt_text note = {0};
    if (!lt_model_emulates(t->model)) return LT_OK;
    lt_status status = lt_text_appendf(
        &note, error,
        "training.precision: %s is no faster than float32 here: the kernels for %s round to it "
        "and compute in float32",
        lt_precision_names[t->setting->experiment->training.precision], lt_model_backend(t->model));
    if (status == LT_OK) status = say(t, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status loop(training *t, const char **reason, lt_error *error)
{
    lt_training_state state;
    lt_trainer trainer = {.options = &t->setting->experiment->training,
                          .model = t->model,
                          .learner = t->learner,
                          .identity = &t->task.identity,
                          .best_path = t->best_path,
                          .last_path = t->last_path,
                          .folder = t->folder.path,
                          .task = lt_text_task_functions(&t->task),
                          .listener = listen,
                          .listener_context = t,
                          .signal = t->setting->signal,
                          .begun_elsewhere = t->setting->origin != NULL};
    bool resumed = t->setting->resume && lt_file_exists(t->last_path);
    lt_training_state_init(&state);
    if (resumed) LT_TRY(lt_trainer_resume(&trainer, &state, error));
    if (t->setting->resume) {
        LT_TRY(begin_record(t, state.update, error)); /* refused, it stays as it was */
        LT_TRY(keep_experiment(t, error));
        LT_TRY(tell_origin(t, error));
        if (!resumed) LT_TRY(note_unread(t, error)); /* else it was said */
    }
    LT_TRY(emit_started(t, &state, resumed, error));
    if (resumed) LT_TRY(note_machine(t, error));
    LT_TRY(note_emulation(t, error));
    return lt_trainer_run(&trainer, &state, reason, error);
}

/* The tests are of the best checkpoint as it lies on disk. */
static lt_status test_best(training *t, lt_error *error)
{
    if (t->setting->experiment->data.test.count == 0) return LT_OK;
    lt_metadata metadata = {0};
    lt_training_state state = {0};
    lt_status status = lt_checkpoint_restore(t->best_path, t->model, NULL, &metadata, error);
    if (status == LT_OK) status = lt_training_state_load(&state, &metadata, error);
    lt_metadata_clear(&metadata);
    if (status != LT_OK) return status;
    LT_TRY(lt_text_task_lay_out(&t->task, false, error));
    return lt_text_task_test(&t->task, state.update, error);
}

/* Reads the text, cut by the tokenizers that are kept from what it begins from, or by its own. */
static lt_status prepare(training *t, lt_error *error)
{
    const lt_origin *origin = t->setting->origin;
    const bool kept = origin && origin->options.vocabulary == LT_VOCABULARY_KEEP;
    t->task.given_tokenizers = kept;
    if (kept && origin->model)
        LT_TRY(lt_origin_give_tokenizers(origin, t->folder.path, t->setting->experiment->task, error));
    LT_TRY(lt_text_task_open(&t->task, error));
    return origin ? lt_origin_identify(origin, &t->task.identity, error) : LT_OK;
}

static lt_status train(training *t, const char **reason, lt_error *error)
{
    LT_TRY(lt_pool_create(&t->pool, t->threads, error));
    t->task = (lt_text_task){.experiment = t->setting->experiment,
                             .folder = t->folder.path,
                             .listener = listen,
                             .listener_context = t,
                             .signal = t->setting->signal,
                             .pool = t->pool};
    if (!t->setting->resume) {
        LT_TRY(tell_origin(t, error));
        LT_TRY(note_unread(t, error));
    }
    LT_TRY(prepare(t, error));
    LT_TRY(build(t, error));
    LT_TRY(loop(t, reason, error));
    return test_best(t, error);
}

/* ---- the whole ---- */

static lt_status end(training *t, lt_status status, const char *reason, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_ENDED,
                      .as.ended = {.status = status == LT_OK                  ? LT_RUN_FINISHED
                                             : status == LT_ERROR_INTERRUPTED ? LT_RUN_STOPPED
                                                                              : LT_RUN_FAILED,
                                   .reason = status == LT_OK ? reason : error->message,
                                   .seconds = lt_seconds() - t->began}};
    if (status == LT_OK) return listen(t, &event, error);
    lt_error ignored = {0}; /* the first failure is the one to tell */
    listen(t, &event, &ignored);
    return status;
}

static void clear(training *t)
{
    lt_learner_free(t->learner);
    lt_model_free(t->model);
    lt_text_task_clear(&t->task);
    lt_pool_free(t->pool);
    lt_recorder_close(&t->recorder);
    lt_log_close(&t->log);
    lt_run_folder_close(&t->folder);
    free(t->best_path);
    free(t->last_path);
}

lt_status lt_training_run(const lt_training_setting *setting, lt_training_result *result, lt_error *error)
{
    training t = {.setting = setting, .folder.lock = -1, .log.descriptor = -1, .began = lt_seconds()};
    t.recorder.began = t.began;
    const char *reason = NULL;
    *result = (lt_training_result){0};
    LT_TRY(lt_text_task_check_files(setting->experiment, error));
    if (setting->progress) lt_progress_init(&t.progress, setting->progress, setting->verbose);
    lt_status status = take_folder(&t, error);
    if (status == LT_OK && !setting->resume) status = begin_record(&t, 0, error);
    if (status == LT_OK) {
        status = train(&t, &reason, error);
        status = end(&t, status, reason, error);
    }
    if (t.folder.path) result->folder = strdup(t.folder.path);
    memcpy(result->id, t.id, sizeof result->id);
    if (setting->progress) lt_progress_finish(&t.progress);
    clear(&t);
    return status;
}
