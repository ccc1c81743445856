#include "experiments/commands/compare_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/chart.h"
#include "model/base/file.h"

/* What the chart points into. */
typedef struct curves {
    lt_chart_series *series; /* (runs) */
    lt_chart_point *points;  /* of all */
    lt_strings names;
    size_t count;
} curves;

/* Two decodings of one training have one curve. */
static bool drawn_before(const lt_comparison *c, size_t r)
{
    for (size_t k = 0; k < r; k++)
        if (strcmp(c->run[k].training, c->run[r].training) == 0) return true;
    return false;
}

/* The figure that all of them are judged by. */
static lt_status find_figure(const lt_comparison *c, const char **figure, lt_error *error)
{
    *figure = NULL;
    for (size_t r = 0; r < c->runs; r++) {
        const char *name = c->run[r].best_name;
        if (!name) continue;
        if (*figure && strcmp(*figure, name) != 0)
            return lt_fail(error, LT_ERROR_USAGE,
                           "%s and %s do not go into one picture: the runs are judged by different figures "
                           "(training.early_stopping.metric)",
                           *figure, name);
        *figure = name;
    }
    return *figure ? LT_OK : lt_fail(error, LT_ERROR_USAGE, "none of the runs was validated");
}

static lt_status name_curve(curves *all, const lt_compared_run *run, lt_error *error)
{
    lt_text name = {0};
    lt_status status = lt_text_appendf(&name, error, "%s %.8s", run->experiment, run->training);
    if (status == LT_OK) status = lt_strings_add(&all->names, name.data, error);
    lt_text_clear(&name);
    return status;
}

static lt_status note_no_times(lt_strings *notes, const lt_compared_run *run, lt_error *error)
{
    lt_text note = {0};
    lt_status status =
        lt_text_appendf(&note, error,
                        "no curve of %.8s: when it was validated is not in the database, as of "
                        "runs of older versions",
                        run->training);
    if (status == LT_OK) status = lt_strings_add(notes, note.data, error);
    lt_text_clear(&note);
    return status;
}

static lt_status take_curves(curves *all, const lt_comparison *c, lt_strings *notes, lt_error *error)
{
    size_t most = 1;
    for (size_t r = 0; r < c->runs; r++) most += c->run[r].points;
    all->series = calloc(c->runs, sizeof *all->series);
    all->points = calloc(most, sizeof *all->points);
    if (!all->series || !all->points) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the curves");
    lt_chart_point *next = all->points;
    for (size_t r = 0; r < c->runs; r++) {
        const lt_compared_run *run = &c->run[r];
        if (!run->points || drawn_before(c, r)) continue;
        lt_chart_point *first = next;
        for (size_t i = 0; i < run->points; i++)
            if (isfinite(run->curve[i].seconds))
                *next++ = (lt_chart_point){run->curve[i].seconds / 60, run->curve[i].score};
        if (next == first) {
            LT_TRY(note_no_times(notes, run, error));
            continue;
        }
        LT_TRY(name_curve(all, run, error));
        all->series[all->count++] =
            (lt_chart_series){all->names.items[all->names.count - 1], (size_t)(next - first), first};
    }
    return all->count ? LT_OK
                      : lt_fail(error, LT_ERROR_USAGE,
                                "when the runs were validated is not in the database: they are of an older "
                                "version");
}

lt_status lt_curves_write(const lt_comparison *c, const char *path, lt_strings *notes, lt_error *error)
{
    const char *figure;
    curves all = {0};
    lt_text picture = {0};
    lt_status status = find_figure(c, &figure, error);
    if (status == LT_OK) status = take_curves(&all, c, notes, error);
    if (status == LT_OK) {
        const lt_chart chart = {.title = "Validation",
                                .x_label = "minutes of training",
                                .y_label = figure,
                                .count = all.count,
                                .series = all.series};
        status = lt_chart_svg(&picture, &chart, error);
    }
    if (status == LT_OK)
        status = lt_file_write(path, picture.data, picture.length, error);
    else
        lt_error_context(error, "no curves for %s", path);
    lt_text_clear(&picture);
    lt_strings_clear(&all.names);
    free(all.series);
    free(all.points);
    return status;
}
