#include "experiments/evaluation.h"

#include <stdlib.h>

#include "experiments/confusion.h"

static lt_status score(lt_evaluation *e, lt_metric_kind kind, const lt_metric_line *hypotheses,
                       const lt_metric_line *references, size_t segments, size_t count, lt_error *error)
{
    lt_metric *metric = NULL;
    lt_metric_score result;
    lt_status status;
    LT_GOTO(status, lt_metric_create(&metric, kind, NULL, error), done);
    size_t width = lt_metric_stats_count(metric);
    e->statistics[kind] = calloc(segments * width, sizeof **e->statistics);
    if (!e->statistics[kind]) {
        status =
            lt_fail(error, LT_ERROR_MEMORY, "out of memory for the statistics of %zu segments", segments);
        goto done;
    }
    LT_GOTO(status,
            lt_metric_corpus(metric, &result, NULL, e->statistics[kind], hypotheses, references, segments,
                             count, error),
            done);
    LT_GOTO(status,
            lt_metric_signature(&e->signatures[kind], metric, lt_metric_references(metric), NULL, error),
            done);
    e->without_reference = lt_metric_without_reference(metric);
    LT_GOTO(status, lt_text_append(&e->details[kind], "", 0, error), done);
    LT_GOTO(status, lt_metric_verbose(&e->details[kind], metric, &result, error), done);
    e->scores[kind] = (lt_store_score){.metric = lt_metric_names[kind],
                                       .score = result.score,
                                       .detail = e->details[kind].data,
                                       .signature = e->signatures[kind].data,
                                       .width = width,
                                       .statistics = e->statistics[kind]};
done:
    lt_metric_free(metric);
    return status;
}

/* What the record says beside the scores. */
static lt_status describe(lt_evaluation *evaluation, const char *dataset, const lt_metric_line *hypotheses,
                          size_t segments, lt_error *error)
{
    *evaluation = (lt_evaluation){0};
    if (segments == 0)
        return lt_fail(error, LT_ERROR_USAGE, "%s has no lines; there is nothing to score", dataset);
    evaluation->hypotheses = calloc(segments, sizeof *evaluation->hypotheses);
    evaluation->lengths = calloc(segments, sizeof *evaluation->lengths);
    if (!evaluation->hypotheses || !evaluation->lengths)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu segments", segments);
    for (size_t i = 0; i < segments; i++) {
        evaluation->hypotheses[i] = hypotheses[i].bytes;
        evaluation->lengths[i] = hypotheses[i].length;
    }
    evaluation->record = (lt_store_evaluation){.dataset = dataset,
                                               .step = -1,
                                               .segments = segments,
                                               .hypotheses = evaluation->hypotheses,
                                               .lengths = evaluation->lengths,
                                               .scores = evaluation->scores};
    return LT_OK;
}

lt_status lt_evaluate(lt_evaluation *evaluation, const char *dataset, const lt_metric_line *hypotheses,
                      const lt_metric_line *references, size_t segments, size_t count, lt_error *error)
{
    LT_TRY(describe(evaluation, dataset, hypotheses, segments, error));
    for (int kind = 0; kind < LT_METRIC_OF_TEXT; kind++)
        LT_TRY(score(evaluation, (lt_metric_kind)kind, hypotheses, references, segments, count, error));
    evaluation->record.metrics = LT_METRIC_OF_TEXT;
    return LT_OK;
}

/* ---- labels ---- */

static lt_status score_labels(lt_evaluation *e, lt_metric_kind kind, const lt_labels *labels,
                              const lt_metric_line *predicted, const lt_metric_line *references,
                              size_t segments, lt_error *error)
{
    const lt_metric_options options = {.classes = (int64_t)labels->names.count};
    lt_metric *metric = NULL;
    lt_metric_score result;
    char names[16];
    double total[LT_METRIC_STATS_MAX] = {0};
    lt_status status;
    LT_GOTO(status, lt_metric_create(&metric, kind, &options, error), done);
    size_t width = lt_metric_stats_count(metric);
    double *rows = e->statistics[kind] = calloc(segments * width, sizeof *rows);
    if (!rows) {
        status =
            lt_fail(error, LT_ERROR_MEMORY, "out of memory for the statistics of %zu segments", segments);
        goto done;
    }
    for (size_t i = 0; i < segments; i++) {
        const lt_line one = {predicted[i].bytes, predicted[i].length};
        const lt_line other = {references[i].bytes, references[i].length};
        lt_metric_class(metric, rows + i * width, (size_t)lt_labels_find(labels, &other),
                        (size_t)lt_labels_find(labels, &one));
        for (size_t k = 0; k < width; k++) total[k] += rows[i * width + k];
    }
    lt_metric_score_of(metric, total, &result);
    lt_labels_signature(names, labels);
    LT_GOTO(status, lt_metric_signature(&e->signatures[kind], metric, 1, names, error), done);
    e->scores[e->record.metrics++] = (lt_store_score){.metric = lt_metric_names[kind],
                                                      .score = result.score,
                                                      .detail = e->details[kind].data,
                                                      .signature = e->signatures[kind].data,
                                                      .width = width,
                                                      .statistics = rows};
done:
    lt_metric_free(metric);
    return status;
}

lt_status lt_evaluate_labels(lt_evaluation *evaluation, const char *dataset, const lt_labels *labels,
                             const lt_metric_line *predicted, const lt_metric_line *references,
                             size_t segments, lt_error *error)
{
    lt_confusion confusion = {0};
    LT_TRY(describe(evaluation, dataset, predicted, segments, error));
    lt_status status = lt_confusion_count(&confusion, labels, predicted, references, segments, error);
    if (status == LT_OK)
        status = lt_confusion_write(&evaluation->details[LT_METRIC_MACRO_F1], &confusion, labels, error);
    lt_confusion_clear(&confusion);
    for (int kind = LT_METRIC_OF_TEXT; kind < LT_METRIC_KINDS && status == LT_OK; kind++)
        status =
            score_labels(evaluation, (lt_metric_kind)kind, labels, predicted, references, segments, error);
    return status;
}

void lt_evaluation_clear(lt_evaluation *evaluation)
{
    free(evaluation->hypotheses);
    free(evaluation->lengths);
    for (int kind = 0; kind < LT_METRIC_KINDS; kind++) {
        free(evaluation->statistics[kind]);
        lt_text_clear(&evaluation->signatures[kind]);
        lt_text_clear(&evaluation->details[kind]);
    }
    *evaluation = (lt_evaluation){0};
}
