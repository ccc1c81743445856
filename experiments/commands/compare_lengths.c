#include "experiments/commands/compare_lengths.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/table.h"
#include "experiments/store_json.h"

lt_status lt_lengths_parse(size_t lengths[LT_LENGTHS_MOST], size_t *count, const char *text, lt_error *error)
{
    *count = 0;
    for (const char *at = text; at;) {
        size_t length = strcspn(at, ","), digits = strspn(at, "0123456789");
        unsigned long value = strtoul(at, NULL, 10);
        if (length == 0 || digits != length || length > 9 || value == 0)
            return lt_fail(error, LT_ERROR_USAGE,
                           "--lengths: '%.*s' is not a number of words; they stand with commas between, as "
                           "5,10,15",
                           (int)(length > 100 ? 100 : length), at);
        if (*count && value <= lengths[*count - 1])
            return lt_fail(error, LT_ERROR_USAGE, "--lengths: %lu is not more than %zu, which is before it",
                           value, lengths[*count - 1]);
        if (*count == LT_LENGTHS_MOST)
            return lt_fail(error, LT_ERROR_USAGE, "--lengths: more than %d", LT_LENGTHS_MOST);
        lengths[(*count)++] = value;
        at = at[length] ? at + length + 1 : NULL;
    }
    return LT_OK;
}

/* Words of a class: from `*least` to `*most`; of the last there is no most, 0. The first begins with lines
 * that have none. */
static void bounds(const size_t *lengths, size_t count, size_t index, size_t *least, size_t *most)
{
    *least = index ? lengths[index - 1] + 1 : 0;
    *most = index < count ? lengths[index] : 0;
}

static lt_status class_cell(lt_table *table, const size_t *lengths, size_t count, size_t index,
                            lt_error *error)
{
    size_t least, most;
    bounds(lengths, count, index, &least, &most);
    return most ? lt_table_cell(table, error, "%zu-%zu", least, most)
                : lt_table_cell(table, error, "%zu+", least);
}

static double score_at(const lt_compared_score *score, size_t index)
{
    return score->by_length ? score->by_length[index] : NAN;
}

static lt_status score_cell(lt_table *table, double value, bool sign, lt_error *error)
{
    if (isnan(value)) return lt_table_cell(table, error, "-");
    return sign ? lt_table_cell(table, error, "%+.2f", value) : lt_table_cell(table, error, "%.2f", value);
}

static lt_status fill_table(lt_table *table, const lt_comparison *c, const lt_compared_set *set,
                            const lt_compared_metric *metric, const size_t *lengths, size_t count,
                            lt_error *error)
{
    const size_t baseline = lt_comparison_baseline(metric);
    LT_TRY(lt_table_heading(table, "words|sentences", error));
    for (size_t r = 0; r < c->runs; r++) {
        LT_TRY(lt_table_cell(table, error, "%.8s", c->run[r].id));
        if (r) LT_TRY(lt_table_cell(table, error, "delta"));
    }
    for (size_t i = 0; i <= count; i++) {
        LT_TRY(class_cell(table, lengths, count, i, error));
        LT_TRY(lt_table_cell(table, error, "%zu", set->class_segments[i]));
        for (size_t r = 0; r < c->runs; r++) {
            double value = score_at(&metric->scores[r], i), first = score_at(&metric->scores[baseline], i);
            LT_TRY(score_cell(table, value, false, error));
            if (r) LT_TRY(score_cell(table, r != baseline ? value - first : NAN, true, error));
        }
    }
    return LT_OK;
}

lt_status lt_lengths_print(const lt_comparison *c, const lt_compared_set *set, const size_t *lengths,
                           size_t count, bool markdown, lt_error *error)
{
    char *align = malloc(2 * c->runs + 2);
    if (!align) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    memset(align, 'r', 2 * c->runs + 1);
    align[2 * c->runs + 1] = '\0';
    lt_status status = LT_OK;
    for (size_t m = 0; m < set->count && status == LT_OK; m++) {
        lt_table table = {.align = align};
        status = fill_table(&table, c, set, &set->metrics[m], lengths, count, error);
        if (status == LT_OK) {
            printf(markdown ? "\n#### %s of %s by words of the source\n\n"
                            : "\n%s of %s by words of the source\n",
                   set->metrics[m].title, set->name);
            lt_table_print(&table, markdown, stdout);
        }
        lt_table_clear(&table);
    }
    free(align);
    return status;
}

static json_t *class_scores(const lt_comparison *c, const lt_compared_set *set, size_t index)
{
    json_t *metrics = json_array();
    for (size_t m = 0; m < set->count; m++) {
        const lt_compared_metric *metric = &set->metrics[m];
        const size_t baseline = lt_comparison_baseline(metric);
        json_t *scores = json_array();
        for (size_t r = 0; r < c->runs; r++) {
            double value = score_at(&metric->scores[r], index),
                   first = score_at(&metric->scores[baseline], index);
            json_array_append_new(scores,
                                  json_pack("{ss so so}", "run", c->run[r].id, "score", lt_json_real(value),
                                            "delta", lt_json_real(r != baseline ? value - first : NAN)));
        }
        json_array_append_new(
            metrics, json_pack("{ss so}", "metric", lt_metric_names[metric->kind], "scores", scores));
    }
    return metrics;
}

json_t *lt_lengths_json(const lt_comparison *c, const lt_compared_set *set, const size_t *lengths,
                        size_t count)
{
    json_t *classes = json_array();
    for (size_t i = 0; i <= count; i++) {
        size_t least, most;
        bounds(lengths, count, i, &least, &most);
        json_array_append_new(
            classes, json_pack("{sI so sI so}", "least_words", (json_int_t)least, "most_words",
                               most ? json_integer((json_int_t)most) : json_null(), "segments",
                               (json_int_t)set->class_segments[i], "metrics", class_scores(c, set, i)));
    }
    return classes;
}
