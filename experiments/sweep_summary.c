#include "experiments/sweep_summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/comparison.h"
#include "experiments/store_sweep.h"

const char *const lt_summary_test_names[] = {"none", "welch", "randomization"};

static lt_status out_of_memory(lt_error *error)
{
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the summary");
}

static lt_status copy(char **to, const char *text, lt_error *error)
{
    *to = text ? strdup(text) : NULL;
    return *to || !text ? LT_OK : out_of_memory(error);
}

/* ---- points and runs ---- */

static lt_status take_point(void *context, const lt_store_point *stored, lt_error *error)
{
    lt_sweep_summary *s = context;
    lt_summary_point *points = realloc(s->point, (s->points + 1) * sizeof *points);
    if (!points) return out_of_memory(error);
    s->point = points;
    lt_summary_point *point = &points[s->points++];
    *point = (lt_summary_point){0};
    LT_TRY(copy(&point->label, stored->label, error));
    return copy(&point->settings, stored->settings, error);
}

static lt_status take_member(void *context, const lt_store_sweep_run *stored, lt_error *error)
{
    lt_sweep_summary *s = context;
    size_t i = 0;
    while (i < s->points && strcmp(s->point[i].label, stored->label) != 0) i++;
    if (i == s->points) return LT_OK; /* added just now */
    lt_summary_point *point = &s->point[i];
    lt_summary_run *runs = realloc(point->runs, (point->count + 1) * sizeof *runs);
    if (!runs) return out_of_memory(error);
    point->runs = runs;
    lt_summary_run *run = &runs[point->count++];
    *run = (lt_summary_run){.seed = stored->seed, .status = "missing"};
    snprintf(run->id, sizeof run->id, "%s", stored->run);
    return copy(&run->note, stored->message, error);
}

static lt_status take_record(void *context, const lt_store_run *record, lt_error *error)
{
    lt_summary_run *run = context;
    run->status = lt_run_status_names[record->status];
    run->best = record->best;
    run->duration = record->duration;
    if (record->status_note && record->status != LT_RUN_FINISHED) {
        free(run->note);
        LT_TRY(copy(&run->note, record->status_note, error));
    }
    return copy(&run->best_name, record->best_name, error);
}

/* Of a side's files one hash after the other. */
static lt_status take_dataset(void *context, const lt_store_dataset *dataset, lt_error *error)
{
    lt_summary_run *run = context;
    char **to = strcmp(dataset->role, "train") == 0 ? &run->train
                : strcmp(dataset->role, "dev") == 0 ? &run->dev
                                                    : NULL;
    char *all;
    if (!to || !dataset->sha256) return LT_OK;
    if (asprintf(&all, "%s%s", *to ? *to : "", dataset->sha256) < 0) return out_of_memory(error);
    free(*to);
    *to = all;
    return LT_OK;
}

static bool finished(const lt_summary_run *run)
{
    return strcmp(run->status, "finished") == 0;
}

static lt_status read_records(lt_sweep_summary *s, lt_store *store, lt_error *error)
{
    for (size_t p = 0; p < s->points; p++) {
        lt_summary_point *point = &s->point[p];
        double *minutes = calloc(point->count + 1, sizeof *minutes);
        if (!minutes) return out_of_memory(error);
        lt_status status = LT_OK;
        for (size_t r = 0; r < point->count && status == LT_OK; r++) {
            lt_summary_run *run = &point->runs[r];
            status = lt_store_runs(store, &(lt_store_filter){.id = run->id}, take_record, run, error);
            if (status == LT_OK) status = lt_store_read_datasets(store, run->id, take_dataset, run, error);
            if (finished(run)) minutes[point->finished++] = (double)run->duration / 60000;
        }
        point->minutes = lt_moments_of(minutes, point->finished);
        free(minutes);
        LT_TRY(status);
    }
    return LT_OK;
}

/* ---- columns ---- */

/* One more column, and an empty cell in it for every point. */
static lt_status add_column(lt_sweep_summary *s, lt_error *error)
{
    size_t c = s->columns;
    lt_summary_column *columns = realloc(s->column, (c + 1) * sizeof *columns);
    if (!columns) return out_of_memory(error);
    s->column = columns;
    columns[c] = (lt_summary_column){0};
    for (size_t p = 0; p < s->points; p++) {
        lt_summary_cell *cells = realloc(s->point[p].cells, (c + 1) * sizeof *cells);
        if (!cells) return out_of_memory(error);
        s->point[p].cells = cells;
        cells[c] = (lt_summary_cell){.delta = NAN, .p_value = NAN, .holm = NAN};
    }
    s->columns++;
    for (size_t p = 0; p < s->points; p++) {
        const lt_summary_point *point = &s->point[p];
        double *values = point->cells[c].values = calloc(point->count + 1, sizeof *values);
        if (!values) return out_of_memory(error);
        for (size_t r = 0; r < point->count; r++) values[r] = NAN;
    }
    return LT_OK;
}

/* The column of a set (NULL: dev) and a metric; a new one where there is none. */
static lt_status column_of(lt_sweep_summary *s, const char *set, const char *metric, size_t *found,
                           lt_error *error)
{
    for (size_t c = 0; c < s->columns; c++) {
        const lt_summary_column *column = &s->column[c];
        bool same = set && column->set ? strcmp(set, column->set) == 0 && strcmp(metric, column->metric) == 0
                                       : !set && !column->set;
        if (same) return *found = c, LT_OK;
    }
    LT_TRY(add_column(s, error));
    *found = s->columns - 1;
    LT_TRY(copy(&s->column[*found].set, set, error));
    return copy(&s->column[*found].metric, metric, error);
}

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

static lt_status take_best(lt_sweep_summary *s, lt_error *error)
{
    for (size_t p = 0; p < s->points; p++)
        for (size_t r = 0; r < s->point[p].count; r++) {
            const lt_summary_run *run = &s->point[p].runs[r];
            size_t c;
            if (!finished(run) || !run->best_name) continue;
            LT_TRY(column_of(s, NULL, run->best_name, &c, error));
            lt_summary_column *column = &s->column[c];
            if (!column->title) {
                LT_TRY(copy(&column->title, run->best_name, error));
                if (strncmp(column->title, "dev.", 4) == 0) column->title[3] = ' ';
                LT_TRY(copy(&column->source_sha256, run->dev, error));
            }
            bool chosen_alike = strcmp(column->metric, run->best_name) == 0;
            if (chosen_alike && same_text(column->source_sha256, run->dev))
                s->point[p].cells[c].values[r] = run->best;
            else if (chosen_alike)
                LT_TRY(lt_strings_addf(
                    &s->notes, error,
                    "%s, seed %lld: its dev set is not the first run's, and its score is left out",
                    s->point[p].label, (long long)run->seed));
            else
                LT_TRY(lt_strings_addf(
                    &s->notes, error, "%s, seed %lld: the best on dev was chosen by %s, not %s",
                    s->point[p].label, (long long)run->seed, run->best_name, column->metric));
        }
    return LT_OK;
}

typedef struct taking {
    lt_sweep_summary *summary;
    const lt_summary_options *options;
    size_t point, run;
} taking;

static lt_status title_column(lt_summary_column *column, int kind, const lt_store_scored *scored,
                              lt_error *error)
{
    lt_metric_options options = {0};
    lt_metric *metric = NULL;
    lt_status status = lt_signature_options(&options, (lt_metric_kind)kind, scored->signature, error);
    if (status == LT_OK) status = lt_metric_create(&metric, (lt_metric_kind)kind, &options, error);
    if (status == LT_OK) status = copy(&column->title, lt_metric_title(metric), error);
    if (status == LT_OK) status = copy(&column->signature, scored->signature, error);
    if (status == LT_OK) status = copy(&column->source_sha256, scored->source_sha256, error);
    if (status == LT_OK) status = copy(&column->reference_sha256, scored->reference_sha256, error);
    lt_metric_free(metric);
    lt_options_clear(&options, lt_metric_option_table);
    return status;
}

static lt_status take_score(void *context, const lt_store_scored *scored, lt_error *error)
{
    taking *t = context;
    lt_sweep_summary *s = t->summary;
    int kind = 0;
    size_t c;
    while (lt_metric_names[kind] && strcmp(lt_metric_names[kind], scored->metric) != 0) kind++;
    if (!lt_metric_names[kind] || !t->options->metrics[kind]) return LT_OK;
    LT_TRY(column_of(s, scored->dataset, scored->metric, &c, error));
    if (!s->column[c].title) LT_TRY(title_column(&s->column[c], kind, scored, error));
    const lt_summary_column *column = &s->column[c];
    const lt_summary_point *point = &s->point[t->point];
    bool data = same_text(column->source_sha256, scored->source_sha256) &&
                same_text(column->reference_sha256, scored->reference_sha256);
    if (data && strcmp(column->signature, scored->signature) == 0) {
        point->cells[c].values[t->run] = scored->score;
        return LT_OK;
    }
    return lt_strings_addf(&s->notes, error,
                           "%s, seed %lld: %s on %s was scored %s than in the first run, and is left out",
                           point->label, (long long)point->runs[t->run].seed, column->title, scored->dataset,
                           data ? "with other options" : "on other data");
}

static lt_status take_scores(lt_sweep_summary *s, lt_store *store, const lt_summary_options *options,
                             lt_error *error)
{
    taking t = {s, options, 0, 0};
    for (t.point = 0; t.point < s->points; t.point++)
        for (t.run = 0; t.run < s->point[t.point].count; t.run++) {
            const lt_summary_run *run = &s->point[t.point].runs[t.run];
            if (finished(run)) LT_TRY(lt_store_read_evaluations(store, run->id, take_score, &t, error));
        }
    return LT_OK;
}

/* ---- significance ---- */

/* One run of each point, of the first seed that both were scored with. */
static bool common_seed(const lt_summary_point *a, const lt_summary_point *b, size_t c, size_t *of_a,
                        size_t *of_b)
{
    for (*of_a = 0; *of_a < a->count; ++*of_a)
        for (*of_b = 0; *of_b < b->count; ++*of_b)
            if (a->runs[*of_a].seed == b->runs[*of_b].seed && !isnan(a->cells[c].values[*of_a]) &&
                !isnan(b->cells[c].values[*of_b]))
                return true;
    return false;
}

/* One run with one: the mean over some seeds beside another's single one would be of the seeds, too. */
static lt_status compare_pair(lt_sweep_summary *s, lt_store *store, size_t p, size_t c, uint64_t seed,
                              lt_error *error)
{
    size_t a, b;
    const lt_summary_column *column = &s->column[c];
    lt_summary_point *base = &s->point[0], *point = &s->point[p];
    if (!common_seed(base, point, c, &a, &b)) return LT_OK;
    point->cells[c].delta = point->cells[c].values[b] - base->cells[c].values[a];
    if (!column->set) return LT_OK; /* dev has no segments */
    lt_comparison comparison = {0};
    lt_comparison_options options = {.test = column->set, .seed = seed, .randomization = true};
    for (int kind = 0; lt_metric_names[kind]; kind++)
        options.metrics[kind] = strcmp(lt_metric_names[kind], column->metric) == 0;
    const char *const ids[] = {base->runs[a].id, point->runs[b].id};
    lt_status status = lt_compare(&comparison, store, ids, 2, &options, error);
    if (status == LT_OK) {
        point->cells[c].p_value = comparison.set[0].metrics[0].scores[1].p_value;
        point->cells[c].test = LT_TEST_RANDOMIZATION;
    }
    lt_comparison_clear(&comparison);
    return status;
}

static lt_status test_column(lt_sweep_summary *s, lt_store *store, size_t c, uint64_t seed, double *p,
                             double *adjusted, lt_error *error)
{
    const lt_summary_cell *base = &s->point[0].cells[c];
    p[0] = NAN;
    for (size_t i = 1; i < s->points; i++) {
        lt_summary_cell *cell = &s->point[i].cells[c];
        if (base->moments.count > 1 && cell->moments.count > 1) {
            cell->delta = cell->moments.mean - base->moments.mean;
            cell->p_value = lt_welch_p(&base->moments, &cell->moments);
            cell->test = LT_TEST_WELCH;
        } else {
            LT_TRY(compare_pair(s, store, i, c, seed, error));
        }
        p[i] = cell->p_value;
    }
    lt_holm(adjusted, p, s->points);
    for (size_t i = 0; i < s->points; i++) s->point[i].cells[c].holm = adjusted[i];
    return LT_OK;
}

/* The moments of what there is among a cell's values. */
static lt_status fill_moments(lt_summary_cell *cell, size_t count, lt_error *error)
{
    size_t known = 0;
    double *values = calloc(count + 1, sizeof *values);
    if (!values) return out_of_memory(error);
    for (size_t r = 0; r < count; r++)
        if (!isnan(cell->values[r])) values[known++] = cell->values[r];
    cell->moments = lt_moments_of(values, known);
    free(values);
    return LT_OK;
}

static lt_status compare_points(lt_sweep_summary *s, lt_store *store, uint64_t seed, lt_error *error)
{
    double *p = calloc(s->points, 2 * sizeof *p);
    lt_status status = p ? LT_OK : out_of_memory(error);
    for (size_t c = 0; c < s->columns && status == LT_OK; c++) {
        for (size_t i = 0; i < s->points && status == LT_OK; i++)
            status = fill_moments(&s->point[i].cells[c], s->point[i].count, error);
        if (status == LT_OK) status = test_column(s, store, c, seed, p, p + s->points, error);
    }
    free(p);
    return status;
}

/* ---- all ---- */

/* The files were another text when this run was trained: its difference to the base is not its point's alone.
 */
static lt_status note_other_data(lt_sweep_summary *s, lt_error *error)
{
    const char *first = NULL;
    for (size_t p = 0; p < s->points; p++) {
        const lt_summary_point *point = &s->point[p];
        if (strncmp(point->settings, "data.", 5) == 0 || strstr(point->settings, "\ndata.")) continue;
        for (size_t r = 0; r < point->count; r++) {
            const lt_summary_run *run = &point->runs[r];
            if (!finished(run) || !run->train) continue;
            if (!first) first = run->train;
            if (strcmp(first, run->train) != 0)
                LT_TRY(lt_strings_addf(
                    &s->notes, error,
                    "%s, seed %lld: its training data are not the first run's: the files have changed",
                    point->label, (long long)run->seed));
        }
    }
    return LT_OK;
}

static lt_status note_unfinished(lt_sweep_summary *s, lt_error *error)
{
    for (size_t p = 0; p < s->points; p++)
        for (size_t r = 0; r < s->point[p].count; r++) {
            const lt_summary_run *run = &s->point[p].runs[r];
            if (!finished(run))
                LT_TRY(lt_strings_addf(&s->notes, error, "%s, seed %lld: %s%s%s", s->point[p].label,
                                       (long long)run->seed, run->status, run->note ? ": " : "",
                                       run->note ? run->note : ""));
        }
    return LT_OK;
}

static lt_status list_name(void *context, const char *name, lt_error *error)
{
    lt_text *list = context;
    if (list->length > 400) return LT_OK;
    return lt_text_appendf(list, error, "%s%s", list->length ? ", " : "", name);
}

static lt_status find(lt_store *store, const char *name, int64_t *id, lt_error *error)
{
    lt_text list = {0};
    LT_TRY(lt_store_sweep_find(store, name, id, error));
    if (*id) return LT_OK;
    lt_status status = lt_store_sweep_names(store, list_name, &list, error);
    if (status == LT_OK)
        status = lt_fail(error, LT_ERROR_USAGE, "there is no sweep '%.200s' in the database %s%s%s", name,
                         lt_store_path(store), list.length ? "; it has " : ", nor any other",
                         list.length ? list.data : "");
    lt_text_clear(&list);
    return status;
}

lt_status lt_sweep_summarize(lt_sweep_summary *s, lt_store *store, const char *name,
                             const lt_summary_options *options, lt_error *error)
{
    int64_t id;
    *s = (lt_sweep_summary){0};
    LT_TRY(find(store, name, &id, error));
    LT_TRY(copy(&s->name, name, error));
    LT_TRY(lt_store_sweep_points(store, id, take_point, s, error));
    LT_TRY(lt_store_sweep_runs(store, id, take_member, s, error));
    LT_TRY(read_records(s, store, error));
    LT_TRY(take_best(s, error));
    LT_TRY(take_scores(s, store, options, error));
    if (s->points) LT_TRY(compare_points(s, store, options->seed, error));
    LT_TRY(note_other_data(s, error));
    return note_unfinished(s, error);
}

static void clear_run(lt_summary_run *run)
{
    free(run->note), free(run->best_name), free(run->train), free(run->dev);
}

static void clear_point(lt_summary_point *point, size_t columns)
{
    for (size_t r = 0; r < point->count; r++) clear_run(&point->runs[r]);
    for (size_t c = 0; point->cells && c < columns; c++) free(point->cells[c].values);
    free(point->runs), free(point->cells), free(point->label), free(point->settings);
}

void lt_sweep_summary_clear(lt_sweep_summary *s)
{
    for (size_t p = 0; p < s->points; p++) clear_point(&s->point[p], s->columns);
    for (size_t c = 0; c < s->columns; c++) {
        lt_summary_column *column = &s->column[c];
        free(column->set), free(column->metric), free(column->title);
        free(column->signature), free(column->source_sha256), free(column->reference_sha256);
    }
    free(s->point), free(s->column), free(s->name);
    lt_strings_clear(&s->notes);
    *s = (lt_sweep_summary){0};
}
