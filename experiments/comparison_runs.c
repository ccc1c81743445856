/* comparison_runs.c: what is told of the runs beside their scores: size, speed, the best validation, how it
 * went. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/comparison.h"

typedef struct speeds {
    double *items;
    size_t count, capacity;
} speeds;

/* A training's metrics as they are read. */
typedef struct reading {
    lt_compared_run *run;
    speeds speeds;
    lt_curve_point now; /* of the update that is read */
} reading;

static lt_status add_speed(speeds *all, double speed, lt_error *error)
{
    if (!isfinite(speed)) return LT_OK;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 256;
        double *items = realloc(all->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the speeds");
        all->items = items, all->capacity = capacity;
    }
    all->items[all->count++] = speed;
    return LT_OK;
}

/* The update that was read goes into the curve, where it was validated. */
static lt_status finish_point(reading *r, lt_error *error)
{
    if (isnan(r->now.score)) return LT_OK;
    lt_curve_point *curve = realloc(r->run->curve, (r->run->points + 1) * sizeof *curve);
    if (!curve) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the validations");
    curve[r->run->points++] = r->now;
    r->run->curve = curve;
    return LT_OK;
}

static lt_status take_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *error)
{
    reading *r = context;
    if (step != r->now.update) {
        LT_TRY(finish_point(r, error));
        r->now = (lt_curve_point){step, NAN, NAN};
    }
    if (strcmp(metric->name, LT_STORE_SECONDS) == 0) r->now.seconds = metric->value;
    if (r->run->figure && strcmp(metric->name, r->run->figure) == 0) r->now.score = metric->value;
    if (strcmp(metric->name, "words_per_second") != 0) return LT_OK;
    return add_speed(&r->speeds, metric->value, error);
}

static int compare_reals(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle one, as what ran beside slows some reports down; of an even number the lower of two. */
static double median(speeds *all)
{
    if (!all->count) return NAN;
    qsort(all->items, all->count, sizeof *all->items, compare_reals);
    return all->items[(all->count - 1) / 2];
}

static lt_status keep_parameters(void *context, const lt_store_param *param, lt_error *error)
{
    lt_compared_run *run = context;
    if (strcmp(param->key, LT_STORE_ENSEMBLE) == 0 && param->value) run->models = atoi(param->value);
    if (strcmp(param->key, "training.early_stopping.metric") == 0 && param->value && !run->figure &&
        asprintf(&run->figure, "dev.%s", param->value) < 0) {
        run->figure = NULL;
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    }
    if (strcmp(param->key, LT_STORE_PARAMETERS) != 0 || !param->value || run->parameters) return LT_OK;
    run->parameters = strdup(param->value);
    return run->parameters ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

static lt_status keep_training(void *context, const lt_store_run *run, lt_error *error)
{
    lt_compared_run *into = context;
    if (run->kind != LT_RUN_TRAINING) return LT_OK;
    into->step = run->step;
    into->duration = run->duration;
    if (!run->best_name) return LT_OK;
    into->best = run->best;
    into->best_name = strdup(run->best_name);
    return into->best_name ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

static lt_status keep_parent(void *context, const lt_store_run *run, lt_error *error)
{
    (void)error;
    lt_compared_run *into = context;
    snprintf(into->training, sizeof into->training, "%s", run->parent ? run->parent : "");
    return LT_OK;
}

/* What is one training's is not an ensemble's: there were several. Its parameters are of all, as recorded
 * with it. */
static void forget_training(lt_compared_run *run)
{
    free(run->best_name);
    run->best_name = NULL;
    run->words_per_second = NAN;
    run->step = run->duration = 0;
}

static lt_status describe_run(lt_compared_run *run, lt_store *store, lt_error *error)
{
    reading r = {.run = run, .now = {-1, NAN, NAN}};
    run->words_per_second = NAN;
    run->models = 1;
    if (run->kind == LT_RUN_TRAINING)
        snprintf(run->training, sizeof run->training, "%s", run->id);
    else
        LT_TRY(lt_store_runs(store, &(lt_store_filter){.kinds = LT_RUN_ANY, .id = run->id}, keep_parent, run,
                             error));
    if (run->kind == LT_RUN_DECODING)
        LT_TRY(lt_store_read_params(store, run->id, keep_parameters, run, error));
    if (!*run->training) return LT_OK;
    LT_TRY(lt_store_runs(store, &(lt_store_filter){.kinds = LT_RUN_TRAINING, .id = run->training},
                         keep_training, run, error));
    LT_TRY(lt_store_read_params(store, run->training, keep_parameters, run, error));
    lt_status status = lt_store_read_metrics(store, run->training, take_metric, &r, error);
    if (status == LT_OK) status = finish_point(&r, error);
    if (status == LT_OK) run->words_per_second = median(&r.speeds);
    if (run->models > 1) forget_training(run);
    free(r.speeds.items);
    return status;
}

lt_status lt_compare_describe_runs(lt_comparison *c, lt_store *store, lt_error *error)
{
    for (size_t r = 0; r < c->runs; r++) LT_TRY(describe_run(&c->run[r], store, error));
    return LT_OK;
}
