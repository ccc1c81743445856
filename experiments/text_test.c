/* The test sets of a training, translated or classified by its best model. */
#include <stdlib.h>

#include "experiments/evaluation.h"
#include "experiments/run_folder.h"
#include "experiments/text_task.h"
#include "model/base/file.h"

/* hyp/<set>.<suffix>: the translations or labels, a line each. */
static lt_status write_hypotheses(const lt_text_task *task, const char *set, const lt_hypotheses *hypotheses,
                                  lt_error *error)
{
    lt_text text = {0};
    char *folder = lt_path_join(task->folder, LT_RUN_HYPOTHESES), *name = NULL, *path = NULL;
    lt_status status = LT_OK;
    if (folder && asprintf(&name, "%s.%s", set, task->experiment->data.trg) >= 0)
        path = lt_path_join(folder, name);
    if (!path) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the answers of %s", set);
    if (status == LT_OK) status = lt_make_folders(folder, error);
    for (size_t i = 0; i < hypotheses->count && status == LT_OK; i++) {
        status = lt_text_append(&text, hypotheses->lines[i].bytes, hypotheses->lines[i].length, error);
        if (status == LT_OK) status = lt_text_append(&text, "\n", 1, error);
    }
    if (status == LT_OK) status = lt_file_write(path, text.data, text.length, error);
    free(folder);
    free(name);
    free(path);
    lt_text_clear(&text);
    return status;
}

static lt_status report_test(const lt_text_task *task, const char *set, const lt_lines *src,
                             const lt_lines *trg, const lt_hypotheses *hypotheses, uint64_t update,
                             lt_error *error)
{
    lt_evaluation evaluation = {0};
    lt_text decoding = {0};
    lt_metric_line *references = NULL;
    lt_status status;
    LT_GOTO(status, lt_lines_as_metric(&references, trg, error), done);
    LT_GOTO(status, task->kind->evaluate(task, &evaluation, set, hypotheses, references, error), done);
    LT_GOTO(status, task->kind->describe(task, &decoding, error), done);
    lt_event event = {.kind = LT_EVENT_TEST, .update = update, .as.test = evaluation.record};
    event.as.test.source_sha256 = src->sha256;
    event.as.test.reference_sha256 = trg->sha256;
    event.as.test.decoding = decoding.data;
    event.as.test.step = (int64_t)update;
    status = task->listener(task->listener_context, &event, error);
done:
    free(references);
    lt_text_clear(&decoding);
    lt_evaluation_clear(&evaluation);
    return status;
}

static lt_status test_set(const lt_text_task *task, const char *prefix, uint64_t update, lt_error *error)
{
    lt_lines src, trg;
    lt_hypotheses hypotheses = {0};
    const char *set = lt_set_name(prefix);
    lt_status status = lt_text_task_load_set(task, "test", prefix, false, &src, &trg, error);
    if (status == LT_OK) status = task->kind->answer(task, &src, &hypotheses, error);
    if (status == LT_OK) status = write_hypotheses(task, set, &hypotheses, error);
    if (status == LT_OK) status = report_test(task, set, &src, &trg, &hypotheses, update, error);
    lt_hypotheses_clear(&hypotheses);
    lt_lines_clear(&src);
    lt_lines_clear(&trg);
    return status;
}

lt_status lt_text_task_test(lt_text_task *task, uint64_t update, lt_error *error)
{
    const lt_strings *sets = &task->experiment->data.test;
    for (size_t i = 0; i < sets->count; i++) LT_TRY(test_set(task, sets->items[i], update, error));
    return LT_OK;
}
