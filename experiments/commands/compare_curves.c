#include "experiments/commands/compare_curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/chart.h"

/* What the chart points into. */
typedef struct curves {
    lt_chart_series *series; /* (runs) */
    lt_chart_point *points;  /* of all */
    lt_strings names;
    size_t count;
    const lt_compared_run *first; /* that is drawn: what the others must be judged by, too */
} curves;

/* Two decodings of one training have one curve. */
static bool drawn_before(const lt_comparison *c, size_t r)
{
    for (size_t k = 0; k < r; k++)
        if (strcmp(c->run[k].training, c->run[r].training) == 0) return true;
    return false;
}

static lt_status judged_alike(curves *all, const lt_compared_run *run, lt_error *error)
{
    if (!all->first) all->first = run;
    if (strcmp(all->first->figure, run->figure) == 0) return LT_OK;
    return lt_fail(
        error, LT_ERROR_USAGE,
        "--curves: %.8s is judged by %s and %.8s by %s (training.early_stopping.metric), which do not go "
        "into one picture; compare runs that are judged alike, or leave --curves out",
        all->first->training, all->first->figure, run->training, run->figure);
}

/* The points of run `r`, if there are any, from `next` on; returns behind them. */
static lt_status take_curve(curves *all, lt_chart_point **next, lt_comparison *c, size_t r, lt_error *error)
{
    const lt_compared_run *run = &c->run[r];
    lt_chart_point *first = *next;
    if (!*run->training)
        return lt_strings_addf(&c->notes, error, "no curve of %.8s: its training is not in this database",
                               run->id);
    if (run->models > 1)
        LT_TRY(lt_strings_addf(&c->notes, error, "of the ensemble %.8s the curve is its first model's alone",
                               run->id));
    if (drawn_before(c, r)) return LT_OK;
    if (!run->points)
        return lt_strings_addf(&c->notes, error, "no curve of %.8s: it was not validated", run->training);
    for (size_t i = 0; i < run->points; i++)
        if (isfinite(run->curve[i].seconds))
            *(*next)++ = (lt_chart_point){run->curve[i].seconds / 60, run->curve[i].score};
    size_t count = (size_t)(*next - first);
    if (count < run->points)
        LT_TRY(lt_strings_addf(
            &c->notes, error,
            "%zu of the %zu validations of %.8s are not drawn: their times were not recorded, as "
            "by older versions",
            run->points - count, run->points, run->training));
    if (!count) return LT_OK;
    LT_TRY(judged_alike(all, run, error));
    LT_TRY(lt_strings_addf(&all->names, error, "%s %.8s", run->experiment, run->training));
    all->series[all->count++] = (lt_chart_series){all->names.items[all->names.count - 1], count, first};
    return LT_OK;
}

static lt_status take_curves(curves *all, lt_comparison *c, lt_error *error)
{
    size_t most = 1;
    for (size_t r = 0; r < c->runs; r++) most += c->run[r].points;
    all->series = calloc(c->runs, sizeof *all->series);
    all->points = calloc(most, sizeof *all->points);
    if (!all->series || !all->points) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the curves");
    lt_chart_point *next = all->points;
    for (size_t r = 0; r < c->runs; r++) LT_TRY(take_curve(all, &next, c, r, error));
    return all->count ? LT_OK
                      : lt_fail(error, LT_ERROR_USAGE, "--curves: there are none (%s)",
                                c->notes.items[c->notes.count - 1]);
}

lt_status lt_curves_draw(lt_text *picture, lt_comparison *c, lt_error *error)
{
    curves all = {0};
    lt_status status = take_curves(&all, c, error);
    if (status == LT_OK) {
        const lt_chart chart = {.title = "Validation",
                                .x_label = "minutes of training",
                                .y_label = all.first->figure,
                                .count = all.count,
                                .series = all.series};
        status = lt_chart_svg(picture, &chart, error);
    }
    lt_strings_clear(&all.names);
    free(all.series);
    free(all.points);
    return status;
}
