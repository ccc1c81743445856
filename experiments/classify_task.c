/* classify_task.c: what is the classifier's of a training: texts and labels, accuracy and macro-F1. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/confusion.h"
#include "experiments/run_folder.h"
#include "experiments/text_task.h"

enum { MINI_BATCH = 64 };

static lt_status at_line(const lt_reader *reader, lt_error *error)
{
    return lt_error_context(error, "%s:%zu", lt_reader_path(reader), lt_reader_get_counts(reader)->lines);
}

/* ---- labels ---- */

/* Adds those of a file to `labels` or, with `check`, wants them to be there. */
static lt_status read_labels(lt_labels *labels, const lt_experiment *experiment, const char *prefix,
                             bool check, lt_error *error)
{
    char *path;
    lt_reader *reader = NULL;
    LT_TRY(lt_corpus_path(&path, prefix, experiment->data.trg, error));
    lt_status status = lt_reader_open(&reader, path, error);
    for (bool end = false; status == LT_OK;) {
        lt_line line;
        int32_t class;
        status = lt_reader_next(reader, &line, &end, error);
        if (status != LT_OK || end) break;
        status = check ? lt_labels_class(labels, &line, &class, error) : lt_labels_add(labels, &line, error);
        if (status != LT_OK) at_line(reader, error);
    }
    lt_reader_close(reader);
    free(path);
    return status;
}

static lt_status collect_labels(lt_labels *labels, const lt_experiment *experiment, lt_error *error)
{
    for (size_t i = 0; i < experiment->data.train.count; i++)
        LT_TRY(read_labels(labels, experiment, experiment->data.train.items[i], false, error));
    if (labels->names.count > 1) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "data.train: all texts have the same label%s%s%s: there is nothing to tell apart",
                   labels->names.count ? ", '" : "", labels->names.count ? labels->names.items[0] : "",
                   labels->names.count ? "'" : "");
}

lt_status lt_classify_check_labels(const lt_experiment *experiment, lt_error *error)
{
    lt_labels labels = {0};
    lt_status status = collect_labels(&labels, experiment, error);
    if (status == LT_OK) status = read_labels(&labels, experiment, experiment->data.dev, true, error);
    for (size_t i = 0; i < experiment->data.test.count && status == LT_OK; i++)
        status = read_labels(&labels, experiment, experiment->data.test.items[i], true, error);
    lt_labels_clear(&labels);
    return status;
}

/* labels.txt of the run, and what its checkpoints say. */
static lt_status prepare(lt_text_task *task, lt_error *error)
{
    lt_text text = {0};
    char *path = lt_path_join(task->folder, LT_RUN_LABELS);
    lt_status status = path ? collect_labels(&task->labels, task->experiment, error)
                            : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) status = lt_labels_write(&text, &task->labels, error);
    if (status == LT_OK) status = lt_metadata_set(&task->identity, LT_METADATA_LABELS, text.data, error);
    if (status == LT_OK && !lt_file_exists(path)) status = lt_file_write(path, text.data, text.length, error);
    lt_text_clear(&text);
    free(path);
    return status;
}

/* ---- data ---- */

static lt_status class_of(void *context, const lt_line *line, int32_t *class, lt_error *error)
{
    const lt_text_task *task = context;
    return lt_labels_class(&task->labels, line, class, error);
}

static lt_status add_dev(lt_text_task *task, const lt_line *src, const lt_line *trg, lt_error *error)
{
    int32_t class;
    LT_TRY(lt_labels_class(&task->labels, trg, &class, error));
    return lt_dataset_add_labelled(&task->dev, task->tokenizers.src, src, class,
                                   (size_t)task->experiment->data.max_length, false, error);
}

static lt_status check(const lt_text_task *task, const char *path, const lt_lines *trg, lt_error *error)
{
    for (size_t i = 0; i < trg->count; i++) {
        int32_t class;
        if (lt_labels_class(&task->labels, &trg->items[i], &class, error) != LT_OK)
            return lt_error_context(error, "%s:%zu", path, i + 1);
    }
    return LT_OK;
}

/* ---- validation ---- */

/* Log-probabilities of a data set's classes, (pairs, C), in new memory. */
static lt_status classify(const lt_text_task *task, const lt_dataset *dataset, float **rows, lt_error *error)
{
    size_t classes = task->labels.names.count;
    *rows = malloc((dataset->pairs * classes + 1) * sizeof **rows);
    if (!*rows) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu texts", dataset->pairs);
    lt_status status = lt_classify(task->model, task->pool, dataset, MINI_BATCH, task->signal, *rows, error);
    if (status == LT_OK) return LT_OK;
    free(*rows);
    *rows = NULL;
    return status;
}

static lt_status validate(void *context, double scores[LT_WATCHES], lt_error *error)
{
    const lt_text_task *task = context;
    const lt_dataset *dev = &task->dev;
    size_t classes = task->labels.names.count, length;
    lt_confusion confusion = {0};
    float *rows;
    double loss = 0;
    LT_TRY(classify(task, dev, &rows, error));
    lt_status status = lt_confusion_init(&confusion, classes, error);
    for (size_t i = 0; i < dev->pairs && status == LT_OK; i++) {
        size_t reference = (size_t)*lt_dataset_trg(dev, i, &length);
        loss -= (double)rows[i * classes + reference];
        lt_confusion_add(&confusion, reference, lt_best_class(rows + i * classes, classes));
    }
    if (status == LT_OK) {
        scores[LT_WATCH_LOSS] = loss / (double)dev->pairs;
        scores[LT_WATCH_ACCURACY] = lt_confusion_accuracy(&confusion);
        scores[LT_WATCH_MACRO_F1] = lt_confusion_macro_f1(&confusion);
    }
    lt_confusion_clear(&confusion);
    free(rows);
    return status;
}

/* ---- tests ---- */

static lt_status answer(const lt_text_task *task, const lt_lines *src, lt_hypotheses *answers,
                        lt_error *error)
{
    size_t classes = task->labels.names.count, most = (size_t)task->experiment->data.max_length;
    lt_dataset texts = {0};
    float *rows = NULL;
    lt_status status = LT_OK;
    for (size_t i = 0; i < src->count && status == LT_OK; i++)
        status = lt_dataset_add_labelled(&texts, task->tokenizers.src, &src->items[i], 0, most, false, error);
    if (status == LT_OK) status = classify(task, &texts, &rows, error);
    for (size_t i = 0; i < src->count && status == LT_OK; i++) {
        const char *label = task->labels.names.items[lt_best_class(rows + i * classes, classes)];
        status = lt_hypotheses_add(answers, label, strlen(label), error);
    }
    if (status == LT_OK) status = lt_hypotheses_finish(answers, error);
    free(rows);
    lt_dataset_clear(&texts);
    return status;
}

static lt_status evaluate(const lt_text_task *task, lt_evaluation *evaluation, const char *set,
                          const lt_hypotheses *answers, const lt_metric_line *references, lt_error *error)
{
    return lt_evaluate_labels(evaluation, set, &task->labels, answers->lines, references, answers->count,
                              error);
}

static lt_status describe(const lt_text_task *task, lt_text *out, lt_error *error)
{
    return lt_text_appendf(out, error, "max_length=%lld", (long long)task->experiment->data.max_length);
}

const lt_task_kind lt_classify_task = {.unit = "texts",
                                       .other = "label",
                                       .prepare = prepare,
                                       .label = class_of,
                                       .add_dev = add_dev,
                                       .check = check,
                                       .validate = validate,
                                       .answer = answer,
                                       .evaluate = evaluate,
                                       .describe = describe};
