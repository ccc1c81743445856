/* translate_task.c: what is the translator's of a training: pairs, BLEU by beam search, tests by every
 * metric. */
#include <math.h>
#include <stdlib.h>

#include "experiments/text_task.h"

static lt_status prepare(lt_text_task *task, lt_error *error)
{
    (void)task, (void)error;
    return LT_OK;
}

static lt_status add_dev(lt_text_task *task, const lt_line *src, const lt_line *trg, lt_error *error)
{
    return lt_dataset_add(&task->dev, &task->tokenizers, src, trg, 0, error);
}

static lt_status check(const lt_text_task *task, const char *path, const lt_lines *trg, lt_error *error)
{
    (void)task, (void)path, (void)trg, (void)error;
    return LT_OK; /* any line may be a translation */
}

/* ---- validation ---- */

static lt_status dev_loss(const lt_text_task *task, double *loss, lt_error *error)
{
    const lt_dataset *dev = &task->dev;
    double *scores = malloc(dev->pairs * sizeof *scores), sum = 0;
    if (!scores) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu scores", dev->pairs);
    lt_status status = lt_rescore(task->model, task->pool, dev, 0, scores, error);
    for (size_t i = 0; status == LT_OK && i < dev->pairs; i++) sum -= scores[i];
    *loss = sum / (double)(dev->trg_tokens + dev->pairs);
    free(scores);
    return status;
}

static lt_status dev_bleu(const lt_text_task *task, double *bleu, lt_error *error)
{
    lt_hypotheses hypotheses = {0};
    lt_metric_line *references = NULL;
    lt_metric *metric = NULL;
    lt_metric_score score;
    lt_status status;
    LT_GOTO(status,
            lt_decode_lines(&hypotheses, task->model, &task->tokenizers, &task->experiment->decoding,
                            task->pool, &task->dev_src, task->signal, NULL, error),
            done);
    LT_GOTO(status, lt_lines_as_metric(&references, &task->dev_trg, error), done);
    LT_GOTO(status, lt_metric_create(&metric, LT_METRIC_BLEU, NULL, error), done);
    LT_GOTO(status,
            lt_metric_corpus(metric, &score, NULL, NULL, hypotheses.lines, references, hypotheses.count, 1,
                             error),
            done);
    *bleu = score.score;
done:
    lt_metric_free(metric);
    free(references);
    lt_hypotheses_clear(&hypotheses);
    return status;
}

static lt_status validate(void *context, double scores[LT_WATCHES], lt_error *error)
{
    const lt_text_task *task = context;
    LT_TRY(dev_loss(task, &scores[LT_WATCH_LOSS], error));
    return dev_bleu(task, &scores[LT_WATCH_BLEU], error);
}

/* ---- tests ---- */

static lt_status answer(const lt_text_task *task, const lt_lines *src, lt_hypotheses *answers,
                        lt_error *error)
{
    return lt_decode_lines(answers, task->model, &task->tokenizers, &task->experiment->decoding, task->pool,
                           src, task->signal, NULL, error);
}

static lt_status note_blank_references(const lt_text_task *task, const lt_evaluation *evaluation,
                                       lt_error *error)
{
    lt_text note = {0};
    if (evaluation->without_reference == 0) return LT_OK;
    lt_status status = lt_text_appendf(
        &note, error, "test %s: %zu of %zu lines have an empty reference (sacreBLEU refuses these)",
        evaluation->record.dataset, evaluation->without_reference, evaluation->record.segments);
    if (status == LT_OK) status = lt_text_task_note(task, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status evaluate(const lt_text_task *task, lt_evaluation *evaluation, const char *set,
                          const lt_hypotheses *answers, const lt_metric_line *references, lt_error *error)
{
    LT_TRY(lt_evaluate(evaluation, set, answers->lines, references, answers->count, 1, error));
    return note_blank_references(task, evaluation, error);
}

static lt_status describe(const lt_text_task *task, lt_text *out, lt_error *error)
{
    return lt_decoding_describe(out, &task->experiment->decoding, error);
}

const lt_task_kind lt_translate_task = {.unit = "pairs",
                                        .other = "translation",
                                        .prepare = prepare,
                                        .add_dev = add_dev,
                                        .check = check,
                                        .validate = validate,
                                        .answer = answer,
                                        .evaluate = evaluate,
                                        .describe = describe};
