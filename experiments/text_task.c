#include "experiments/text_task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/run_model.h"

lt_status lt_text_task_note(const lt_text_task *task, const char *note, lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_NOTE, .as.note = note};
    return task->listener(task->listener_context, &event, error);
}

static lt_status interrupted(const lt_text_task *task, lt_error *error)
{
    int number = task->signal ? *task->signal : 0;
    if (!number) return LT_OK;
    return lt_fail_signal(error, number, " before training began; --resume goes on");
}

/* ---- files ---- */

typedef struct side_paths {
    char *src, *trg;
} side_paths;

static void clear_paths(side_paths *paths)
{
    free(paths->src);
    free(paths->trg);
    *paths = (side_paths){0};
}

static lt_status find_paths(side_paths *paths, const lt_experiment *experiment, const char *prefix,
                            lt_error *error)
{
    *paths = (side_paths){0};
    LT_TRY(lt_corpus_path(&paths->src, prefix, experiment->data.src, error));
    return lt_corpus_path(&paths->trg, prefix, experiment->data.trg, error);
}

/* A file that is not there: a folder that was not named, more often than not; or a prefix given by --set as
 * if it were the experiment file's. */
static lt_status add_folder(const lt_experiment *experiment, lt_error *error)
{
    const lt_error told = *error;
    return lt_fail(error, told.code,
                   "%s (data.folder is %s; --set data.folder=FOLDER names another; a prefix given by "
                   "--set starts from a data.folder given so, or from the current folder)",
                   told.message, experiment->data.folder);
}

/* Both files of a set are there, can be read to the end, and have as many lines as each other. */
static lt_status check_prefix(const lt_experiment *experiment, const char *key, const char *prefix,
                              lt_error *error)
{
    side_paths paths;
    lt_pairs pairs = {0};
    lt_line src, trg;
    lt_status status = find_paths(&paths, experiment, prefix, error);
    if (status != LT_OK) add_folder(experiment, error);
    if (status == LT_OK) status = lt_pairs_open(&pairs, paths.src, paths.trg, error);
    for (bool end = false; status == LT_OK && !end;) status = lt_pairs_next(&pairs, &src, &trg, &end, error);
    lt_pairs_close(&pairs);
    clear_paths(&paths);
    return status == LT_OK ? LT_OK : lt_error_context(error, "%s", key);
}

lt_status lt_text_task_check_files(const lt_experiment *experiment, lt_error *error)
{
    const lt_data_options *data = &experiment->data;
    for (size_t i = 0; i < data->train.count; i++)
        LT_TRY(check_prefix(experiment, "data.train", data->train.items[i], error));
    LT_TRY(check_prefix(experiment, "data.dev", data->dev, error));
    for (size_t i = 0; i < data->test.count; i++)
        LT_TRY(check_prefix(experiment, "data.test", data->test.items[i], error));
    return experiment->task == LT_TASK_CLASSIFY ? lt_classify_check_labels(experiment, error) : LT_OK;
}

static lt_status emit_dataset(const lt_text_task *task, const char *role, const char *prefix,
                              const char *language, const char *path, const char *sha256, size_t lines,
                              lt_error *error)
{
    lt_event event = {.kind = LT_EVENT_DATASET,
                      .as.dataset = {role, lt_set_name(prefix), language, path, sha256, (int64_t)lines}};
    return task->listener(task->listener_context, &event, error);
}

/* ---- tokenizers ---- */

/* The training text of one side, or of both: file after file. */
typedef struct training_text {
    const lt_text_task *task;
    const char *suffix[2]; /* which files of each prefix; the second may be NULL */
    size_t file;           /* the next one */
    lt_reader *reader;
} training_text;

static lt_status open_next_file(training_text *text, bool *end, lt_error *error)
{
    const lt_strings *prefixes = &text->task->experiment->data.train;
    size_t sides = text->suffix[1] ? 2 : 1, side = text->file / prefixes->count;
    *end = side >= sides;
    if (*end) return LT_OK;
    char *path;
    LT_TRY(lt_corpus_path(&path, prefixes->items[text->file % prefixes->count], text->suffix[side], error));
    text->file++;
    lt_status status = lt_reader_open(&text->reader, path, error);
    free(path);
    return status;
}

static lt_status next_line(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    training_text *text = context;
    lt_line line;
    *end = false;
    LT_TRY(interrupted(text->task, error));
    for (;;) {
        if (!text->reader) {
            LT_TRY(open_next_file(text, end, error));
            if (*end) return LT_OK;
        }
        bool file_end;
        LT_TRY(lt_reader_next(text->reader, &line, &file_end, error));
        if (!file_end) break;
        lt_reader_close(text->reader);
        text->reader = NULL;
    }
    *bytes = line.bytes;
    *length = line.length;
    return LT_OK;
}

static lt_status note_tokenizer(const lt_text_task *task, const char *name,
                                const lt_tokenizer_training *report, lt_error *error)
{
    lt_text note = {0};
    lt_status status = lt_text_appendf(&note, error, "trained %s on %zu lines", name, report->lines);
    if (status == LT_OK && report->too_long)
        status = lt_text_appendf(&note, error, ", %zu lines of over %d bytes left out", report->too_long,
                                 LT_TOKENIZER_LINE_MAX);
    if (status == LT_OK && report->drawn + report->too_long < report->lines)
        status = lt_text_appendf(&note, error, ", of which %zu were drawn (tokenizer.training_text: %lld MB)",
                                 report->drawn, (long long)task->experiment->tokenizer.training_text);
    if (status == LT_OK && report->malformed)
        status = lt_text_appendf(&note, error, ", bad bytes in %zu lines read as U+FFFD", report->malformed);
    if (status == LT_OK) status = lt_text_task_note(task, note.data, error);
    lt_text_clear(&note);
    return status;
}

/* A small text gives fewer pieces than were wanted. */
static lt_status note_vocabulary(const lt_text_task *task, const char *name, const lt_tokenizer *tokenizer,
                                 lt_error *error)
{
    size_t pieces = lt_tokenizer_size(tokenizer);
    long long wanted = (long long)task->experiment->tokenizer.vocab_size;
    if (pieces == (size_t)wanted || task->given_tokenizers) return LT_OK;
    lt_text note = {0};
    lt_status status = lt_text_appendf(
        &note, error, "%s has %zu pieces: the text gives no more, tokenizer.vocab_size is %lld", name, pieces,
        wanted);
    if (status == LT_OK) status = lt_text_task_note(task, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status train_tokenizer(const lt_text_task *task, const char *name, const char *suffix,
                                 const char *other_suffix, lt_error *error)
{
    char *path = lt_path_join(task->folder, name);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path of %s", name);
    lt_status status = LT_OK;
    lt_text model = {0};
    lt_tokenizer_training report = {0};
    training_text text = {.task = task, .suffix = {suffix, other_suffix}};
    if (!lt_file_exists(path)) {
        status = lt_tokenizer_train(&model, &task->experiment->tokenizer, next_line, &text, &report, error);
        if (status == LT_OK) status = lt_file_write(path, model.data, model.length, error);
        if (status == LT_OK) status = note_tokenizer(task, name, &report, error);
    }
    lt_reader_close(text.reader);
    lt_text_clear(&model);
    free(path);
    return status;
}

static lt_status open_tokenizers(lt_text_task *task, lt_error *error)
{
    const lt_data_options *data = &task->experiment->data;
    bool text_only = task->experiment->task == LT_TASK_CLASSIFY;
    bool one = text_only || task->experiment->tokenizer.joint;
    if (one) {
        LT_TRY(train_tokenizer(task, LT_TOKENIZER_JOINT, data->src, text_only ? NULL : data->trg, error));
    } else {
        LT_TRY(train_tokenizer(task, LT_TOKENIZER_SRC, data->src, NULL, error));
        LT_TRY(train_tokenizer(task, LT_TOKENIZER_TRG, data->trg, NULL, error));
    }
    LT_TRY(lt_tokenizers_load(&task->tokenizers, task->folder, NULL, NULL, error));
    LT_TRY(note_vocabulary(task, one ? LT_TOKENIZER_JOINT : LT_TOKENIZER_SRC, task->tokenizers.src, error));
    return one ? LT_OK : note_vocabulary(task, LT_TOKENIZER_TRG, task->tokenizers.trg, error);
}

/* ---- data ---- */

static lt_status note_reader(const lt_text_task *task, const lt_reader *reader, lt_error *error)
{
    lt_text note = {0};
    lt_status status = lt_reader_remarks(reader, &note, error);
    if (status == LT_OK && note.length) {
        note.data[note.length - 1] = '\0'; /* the last newline */
        status = lt_text_task_note(task, note.data, error);
    }
    lt_text_clear(&note);
    return status;
}

static lt_status report_reader(const lt_text_task *task, const char *role, const char *prefix,
                               const char *language, lt_reader *reader, lt_sha256 *hash, lt_error *error)
{
    char sha256[LT_SHA256_HEX];
    lt_reader_sha256(reader, sha256);
    lt_sha256_update(hash, sha256, sizeof sha256);
    LT_TRY(note_reader(task, reader, error));
    return emit_dataset(task, role, prefix, language, lt_reader_path(reader), sha256,
                        lt_reader_get_counts(reader)->lines, error);
}

/* What the record calls a training set: a/train and b/train are "train" and "train (2)". */
static lt_status name_train_set(lt_text *name, const lt_strings *prefixes, size_t index, lt_error *error)
{
    const char *own = lt_set_name(prefixes->items[index]);
    size_t number = 1;
    for (size_t i = 0; i < index; i++) number += strcmp(lt_set_name(prefixes->items[i]), own) == 0;
    return lt_text_appendf(name, error, number > 1 ? "%s (%zu)" : "%s", own, number);
}

/* More ids than these are kept in a temporary file: 24 bytes a pair stay in memory, whatever its length. */
#define MEMORY_OF_IDS ((size_t)16 << 20)

static lt_status read_pairs(lt_text_task *task, lt_pairs *pairs, lt_error *error)
{
    const lt_dataset_setting setting = {.tokenizers = &task->tokenizers,
                                        .max_length = (size_t)task->experiment->data.max_length,
                                        .memory = task->in_memory ? 0 : MEMORY_OF_IDS,
                                        .pool = task->pool,
                                        .label = task->kind->label,
                                        .context = task,
                                        .signal = task->signal};
    lt_status status = lt_dataset_read(&task->train, pairs, &setting, error);
    return status == LT_ERROR_INTERRUPTED ? interrupted(task, error) : status;
}

static lt_status read_train_file(lt_text_task *task, size_t index, lt_sha256 *src_hash, lt_sha256 *trg_hash,
                                 lt_error *error)
{
    const lt_data_options *data = &task->experiment->data;
    side_paths paths = {0};
    lt_pairs pairs = {0};
    lt_text name = {0};
    lt_status status;
    LT_GOTO(status, name_train_set(&name, &data->train, index, error), done);
    LT_GOTO(status, find_paths(&paths, task->experiment, data->train.items[index], error), done);
    LT_GOTO(status, lt_pairs_open(&pairs, paths.src, paths.trg, error), done);
    LT_GOTO(status, read_pairs(task, &pairs, error), done);
    LT_GOTO(status, report_reader(task, "train", name.data, data->src, pairs.src, src_hash, error), done);
    LT_GOTO(status, report_reader(task, "train", name.data, data->trg, pairs.trg, trg_hash, error), done);
done:
    lt_pairs_close(&pairs);
    clear_paths(&paths);
    lt_text_clear(&name);
    return status;
}

static lt_status note_train(const lt_text_task *task, lt_error *error)
{
    const lt_dataset *train = &task->train;
    const lt_dataset_counts *c = &train->counts;
    lt_text note = {0};
    lt_status status;
    long long most = (long long)task->experiment->data.max_length;
    if (train->labelled)
        status = lt_text_appendf(&note, error,
                                 "training on %zu of %zu texts, %zu pieces; left out: %zu without text; cut: "
                                 "%zu of over %lld pieces; unknown: %zu pieces",
                                 train->pairs, c->read, train->src_tokens, c->empty, c->too_long, most,
                                 c->src_unknown);
    else
        status =
            lt_text_appendf(&note, error,
                            "training on %zu of %zu pairs, %zu + %zu pieces; left out: %zu with an empty "
                            "side, %zu with over %lld pieces on a side; unknown: %zu + %zu pieces",
                            train->pairs, c->read, train->src_tokens, train->trg_tokens, c->empty,
                            c->too_long, most, c->src_unknown, c->trg_unknown);
    if (status == LT_OK) status = lt_text_task_note(task, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status identify(lt_text_task *task, const char *key, lt_sha256 *hash, lt_error *error)
{
    char sha256[LT_SHA256_HEX];
    lt_sha256_hex(hash, sha256);
    return lt_metadata_set(&task->identity, key, sha256, error);
}

static lt_status read_train(lt_text_task *task, lt_error *error)
{
    const lt_experiment *experiment = task->experiment;
    lt_sha256 src_hash, trg_hash;
    LT_TRY(task->kind->prepare(task, error));
    lt_sha256_init(&src_hash);
    lt_sha256_init(&trg_hash);
    for (size_t i = 0; i < experiment->data.train.count; i++) {
        LT_TRY(interrupted(task, error));
        LT_TRY(read_train_file(task, i, &src_hash, &trg_hash, error));
    }
    LT_TRY(note_train(task, error));
    if (task->train.pairs == 0)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "data.train: none is left of %zu %s read (%zu empty, %zu over data.max_length = %lld pieces)%s",
            task->train.counts.read, task->kind->unit, task->train.counts.empty, task->train.counts.too_long,
            (long long)experiment->data.max_length,
            task->train.counts.too_long ? "; raise data.max_length" : "");
    LT_TRY(identify(task, "corpus.train.src", &src_hash, error));
    return identify(task, "corpus.train.trg", &trg_hash, error);
}

static lt_status note_regularization(const lt_text_task *task, lt_error *error)
{
    const lt_dataset *best = &task->train, *drawn = lt_resegmenter_dataset(task->resegmenter);
    const lt_resegmenter_counts *c = lt_resegmenter_get_counts(task->resegmenter);
    bool labelled = best->labelled;
    long long most = (long long)task->experiment->data.max_length;
    lt_text note = {0};
    lt_status status =
        lt_text_appendf(&note, error,
                        "each epoch is segmented anew (tokenizer.regularization); the first: "
                        "%zu source lines, %+.1f %% pieces",
                        c->drawn[0], 100 * ((double)drawn->src_tokens / (double)best->src_tokens - 1));
    if (status == LT_OK && !labelled)
        status = lt_text_appendf(&note, error, ", %zu target lines, %+.1f %% pieces", c->drawn[1],
                                 100 * ((double)drawn->trg_tokens / (double)best->trg_tokens - 1));
    if (status == LT_OK)
        status =
            lt_text_appendf(&note, error, "; %s: %zu of over %lld pieces",
                            labelled ? "cut" : "left as they were", c->too_long[0] + c->too_long[1], most);
    if (status == LT_OK) status = lt_text_task_note(task, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status make_resegmenter(lt_text_task *task, lt_error *error)
{
    const lt_experiment *experiment = task->experiment;
    const lt_resegmenter_setting setting = {.tokenizers = &task->tokenizers,
                                            .options = &experiment->tokenizer.regularization,
                                            .max_length = (size_t)experiment->data.max_length,
                                            .memory = MEMORY_OF_IDS,
                                            .seed = (uint64_t)experiment->seed,
                                            .pool = task->pool,
                                            .signal = task->signal};
    LT_TRY(lt_resegmenter_create(&task->resegmenter, &task->train, &setting, error));
    lt_status status = lt_resegmenter_epoch(task->resegmenter, 0, error);
    if (status != LT_OK) return status == LT_ERROR_INTERRUPTED ? interrupted(task, error) : status;
    return note_regularization(task, error);
}

static lt_status make_batches(lt_text_task *task, lt_error *error)
{
    const lt_experiment *experiment = task->experiment;
    const lt_regularization_options *regularization = &experiment->tokenizer.regularization;
    if (regularization->src > 0 || regularization->trg > 0) LT_TRY(make_resegmenter(task, error));
    const lt_dataset *train = task->resegmenter ? lt_resegmenter_dataset(task->resegmenter) : &task->train;
    LT_TRY(lt_batcher_create(&task->batcher, train, (size_t)experiment->training.batch_tokens,
                             (uint64_t)experiment->seed, error));
    return lt_batcher_epoch(task->batcher, 0, &task->batches, error);
}

lt_status lt_text_task_load_set(const lt_text_task *task, const char *role, const char *prefix, bool tell,
                                lt_lines *src, lt_lines *trg, lt_error *error)
{
    const lt_data_options *data = &task->experiment->data;
    side_paths paths;
    lt_text remarks = {0};
    *src = *trg = (lt_lines){0};
    lt_status status;
    LT_GOTO(status, find_paths(&paths, task->experiment, prefix, error), done);
    LT_GOTO(status, lt_lines_load(src, paths.src, &remarks, error), done);
    LT_GOTO(status, lt_lines_load(trg, paths.trg, &remarks, error), done);
    if (src->count != trg->count)
        status = lt_fail(
            error, LT_ERROR_MISMATCH,
            "%s has %zu lines and %s has %zu: line i of the second must be the %s of line i of the first",
            paths.src, src->count, paths.trg, trg->count, task->kind->other);
    else if (src->count == 0)
        status = lt_fail(error, LT_ERROR_USAGE, "data.%s: %s has no lines", role, paths.src);
    if (status == LT_OK) status = task->kind->check(task, paths.trg, trg, error);
    if (status == LT_OK && tell && remarks.length) {
        remarks.data[remarks.length - 1] = '\0'; /* the last newline */
        status = lt_text_task_note(task, remarks.data, error);
    }
    if (status == LT_OK && tell)
        status = emit_dataset(task, role, prefix, data->src, paths.src, src->sha256, src->count, error);
    if (status == LT_OK && tell)
        status = emit_dataset(task, role, prefix, data->trg, paths.trg, trg->sha256, trg->count, error);
done:
    clear_paths(&paths);
    lt_text_clear(&remarks);
    return status;
}

static lt_status read_dev(lt_text_task *task, lt_error *error)
{
    LT_TRY(lt_text_task_load_set(task, "dev", task->experiment->data.dev, true, &task->dev_src,
                                 &task->dev_trg, error));
    LT_TRY(lt_metadata_set(&task->identity, "corpus.dev.src", task->dev_src.sha256, error));
    LT_TRY(lt_metadata_set(&task->identity, "corpus.dev.trg", task->dev_trg.sha256, error));
    for (size_t i = 0; i < task->dev_src.count; i++)
        LT_TRY(task->kind->add_dev(task, &task->dev_src.items[i], &task->dev_trg.items[i], error));
    return LT_OK;
}

/* The test sets go into the record now, with what is odd in them; they are read again when they are
 * translated. */
static lt_status tell_tests(const lt_text_task *task, lt_error *error)
{
    const lt_strings *sets = &task->experiment->data.test;
    lt_status status = LT_OK;
    for (size_t i = 0; status == LT_OK && i < sets->count; i++) {
        lt_lines src, trg;
        status = lt_text_task_load_set(task, "test", sets->items[i], true, &src, &trg, error);
        lt_lines_clear(&src);
        lt_lines_clear(&trg);
    }
    return status;
}

static lt_status identify_option(void *context, const char *dotted, const lt_option *option, const void *base,
                                 lt_error *error)
{
    lt_text value = {0};
    lt_status status = lt_option_format(&value, base, option, error);
    if (status == LT_OK) status = lt_metadata_set(context, dotted, value.data ? value.data : "", error);
    lt_text_clear(&value);
    return status;
}

lt_status lt_text_task_open(lt_text_task *task, lt_error *error)
{
    task->kind = task->experiment->task == LT_TASK_CLASSIFY ? &lt_classify_task : &lt_translate_task;
    LT_TRY(lt_experiment_each(task->experiment, identify_option, &task->identity, error));
    LT_TRY(open_tokenizers(task, error));
    LT_TRY(lt_metadata_set(&task->identity, LT_METADATA_SRC_TOKENIZER,
                           lt_tokenizer_sha256(task->tokenizers.src), error));
    LT_TRY(lt_metadata_set(&task->identity, LT_METADATA_TRG_TOKENIZER,
                           lt_tokenizer_sha256(task->tokenizers.trg), error));
    LT_TRY(read_train(task, error));
    LT_TRY(make_batches(task, error));
    LT_TRY(read_dev(task, error));
    return tell_tests(task, error);
}

lt_status lt_text_task_reread(lt_text_task *task, const lt_metadata *trained, lt_error *error)
{
    static const char *const keys[] = {"corpus.train.src", "corpus.train.trg"};
    task->kind = &lt_translate_task;
    task->in_memory = true;
    LT_TRY(lt_tokenizers_load(&task->tokenizers, task->folder,
                              lt_metadata_get(trained, LT_METADATA_SRC_TOKENIZER),
                              lt_metadata_get(trained, LT_METADATA_TRG_TOKENIZER), error));
    LT_TRY(read_train(task, error));
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *was = lt_metadata_get(trained, keys[i]), *is = lt_metadata_get(&task->identity, keys[i]);
        if (!was || strcmp(was, is) != 0)
            return lt_fail(error, LT_ERROR_MISMATCH,
                           "the training data are not what the run was trained on: %s was %s and is %s now; "
                           "put back the files that data.train of %s/experiment.yaml names",
                           keys[i], was ? was : "(nothing)", is, task->folder);
    }
    return LT_OK;
}

void lt_text_task_clear(lt_text_task *task)
{
    lt_tokenizers_clear(&task->tokenizers);
    lt_labels_clear(&task->labels);
    lt_batcher_free(task->batcher);
    lt_resegmenter_free(task->resegmenter);
    lt_dataset_clear(&task->train);
    lt_dataset_clear(&task->dev);
    lt_lines_clear(&task->dev_src);
    lt_lines_clear(&task->dev_trg);
    lt_metadata_clear(&task->identity);
    *task = (lt_text_task){0};
}

/* ---- the task ---- */

static lt_status begin_epoch(void *context, uint64_t epoch, size_t *batches, lt_error *error)
{
    lt_text_task *task = context;
    if (task->resegmenter) LT_TRY(lt_resegmenter_epoch(task->resegmenter, epoch, error));
    return lt_batcher_epoch(task->batcher, epoch, batches, error);
}

static lt_status batch(void *context, size_t position, lt_batch *batch, lt_error *error)
{
    lt_text_task *task = context;
    return lt_batcher_get(task->batcher, position, batch, error);
}

lt_status lt_text_task_lay_out(lt_text_task *task, bool learns, lt_error *error)
{
    int precision = learns ? task->experiment->training.precision : LT_FLOAT32;
    LT_TRY(lt_model_set_precision(task->model, precision, learns, error));
    lt_model_pack(task->model, task->pool);
    return LT_OK;
}

/* What learns in another precision is scored in that of those who will use it. */
static lt_status validate(void *context, double scores[LT_WATCHES], lt_error *error)
{
    lt_text_task *task = context;
    if (task->experiment->training.precision == LT_FLOAT32) return task->kind->validate(task, scores, error);
    LT_TRY(lt_text_task_lay_out(task, false, error));
    lt_status status = task->kind->validate(task, scores, error);
    lt_error second = {0};
    if (lt_text_task_lay_out(task, true, status == LT_OK ? error : &second) == LT_OK) return status;
    return status == LT_OK ? error->code : status;
}

lt_trainer_task lt_text_task_functions(lt_text_task *task)
{
    return (lt_trainer_task){task, begin_epoch, batch, validate};
}
