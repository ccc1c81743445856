/* comparison_lengths.c: scores of a test set's short and long sentences. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/comparison.h"

size_t lt_count_words(const char *text, size_t length)
{
    size_t words = 0;
    bool within = false;
    for (size_t i = 0; i < length; i++) {
        bool blank = text[i] != '\0' && strchr(" \t\n\v\f\r", text[i]);
        words += !blank && !within;
        within = !blank;
    }
    return words;
}

/* ---- the source text ---- */

typedef struct search {
    const char *sha256;
    lt_strings paths; /* files that were this text when they were read */
    char parent[LT_RUN_ID];
} search;

static lt_status add_dataset(void *context, const lt_store_dataset *d, lt_error *error)
{
    search *s = context;
    bool found = d->path && d->sha256 && strcmp(d->sha256, s->sha256) == 0;
    return found ? lt_strings_add(&s->paths, d->path, error) : LT_OK;
}

static lt_status add_input(void *context, const lt_store_decoding *d, lt_error *error)
{
    search *s = context;
    bool found = d->input && d->result.input_sha256 && strcmp(d->result.input_sha256, s->sha256) == 0;
    return found ? lt_strings_add(&s->paths, d->input, error) : LT_OK;
}

static lt_status keep_parent(void *context, const lt_store_run *run, lt_error *error)
{
    (void)error;
    search *s = context;
    snprintf(s->parent, sizeof s->parent, "%s", run->parent ? run->parent : "");
    return LT_OK;
}

static lt_status list_paths(search *s, lt_store *store, const lt_comparison *c, lt_error *error)
{
    for (size_t r = 0; r < c->runs; r++) {
        const char *id = c->run[r].id;
        LT_TRY(lt_store_read_datasets(store, id, add_dataset, s, error));
        LT_TRY(lt_store_read_decoding(store, id, add_input, s, error));
        LT_TRY(
            lt_store_runs(store, &(lt_store_filter){.kinds = LT_RUN_ANY, .id = id}, keep_parent, s, error));
        if (*s->parent) LT_TRY(lt_store_read_datasets(store, s->parent, add_dataset, s, error));
    }
    return LT_OK;
}

/* The first of the files that still is this text; false where none is. */
static bool load_text(lt_lines *lines, const search *s)
{
    for (size_t i = 0; i < s->paths.count; i++) {
        lt_text remarks = {0};
        const char *path = s->paths.items[i];
        *lines = (lt_lines){0};
        bool read = lt_file_exists(path) && lt_lines_load(lines, path, &remarks, NULL) == LT_OK;
        lt_text_clear(&remarks);
        if (read && strcmp(lines->sha256, s->sha256) == 0) return true;
        lt_lines_clear(lines);
    }
    return false;
}

static lt_status find_text(lt_lines *lines, const lt_compared_set *set, lt_store *store,
                           const lt_comparison *c, const char *first, lt_error *error)
{
    search s = {.sha256 = set->source_sha256};
    lt_status status;
    if (!set->source_sha256)
        return lt_fail(error, LT_ERROR_USAGE,
                       "%s: its source text is not known, and so there are no lengths to go by", set->name);
    LT_GOTO(status, first ? lt_strings_add(&s.paths, first, error) : LT_OK, done);
    LT_GOTO(status, list_paths(&s, store, c, error), done);
    if (load_text(lines, &s)) goto done;
    const char *last = s.paths.count ? s.paths.items[s.paths.count - 1] : "any file known";
    if (first)
        status = lt_fail(error, LT_ERROR_IO,
                         "%s: its source text, of SHA-256 %.16s, is neither in %s, which --source names, nor "
                         "any more where the runs read it: is it another text, or a changed one?",
                         set->name, s.sha256, first);
    else
        status = lt_fail(
            error, LT_ERROR_IO,
            "%s: its source text, of SHA-256 %.16s, is not in %s any more: give the file with --source",
            set->name, s.sha256, last);
done:
    lt_strings_clear(&s.paths);
    return status;
}

/* ---- classes ---- */

lt_status lt_compare_read_lengths(lt_comparison *c, lt_compared_set *set, lt_store *store,
                                  const lt_comparison_options *options, lt_error *error)
{
    lt_lines lines = {0};
    lt_status status;
    LT_GOTO(status, find_text(&lines, set, store, c, options->source, error), done);
    if (lines.count != set->segments) {
        status = lt_fail(error, LT_ERROR_FORMAT, "%s: %zu segments of a source of %zu lines", set->name,
                         set->segments, lines.count);
        goto done;
    }
    set->class_of = calloc(set->segments + 1, sizeof *set->class_of);
    set->class_segments = calloc(options->length_count + 1, sizeof *set->class_segments);
    if (!set->class_of || !set->class_segments) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lengths", set->segments);
        goto done;
    }
    for (size_t i = 0; i < set->segments; i++) {
        size_t words = lt_count_words(lines.items[i].bytes, lines.items[i].length), at = 0;
        while (at < options->length_count && words > options->lengths[at]) at++;
        set->class_of[i] = at;
        set->class_segments[at]++;
    }
done:
    lt_lines_clear(&lines);
    return status;
}

lt_status lt_compare_by_length(lt_compared_score *score, const lt_compared_set *set, const lt_metric *metric,
                               const double *rows, size_t classes, lt_error *error)
{
    size_t width = lt_metric_stats_count(metric);
    double *totals = calloc(classes * width, sizeof *totals);
    score->by_length = calloc(classes, sizeof *score->by_length);
    if (!totals || !score->by_length) {
        free(totals);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu scores", classes);
    }
    for (size_t i = 0; i < set->segments; i++)
        for (size_t k = 0; k < width; k++) totals[set->class_of[i] * width + k] += rows[i * width + k];
    for (size_t at = 0; at < classes; at++) {
        lt_metric_score result;
        lt_metric_score_of(metric, totals + at * width, &result);
        score->by_length[at] = set->class_segments[at] ? result.score : NAN;
    }
    free(totals);
    return LT_OK;
}
