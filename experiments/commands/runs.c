/* latimer runs: the runs of the database, newest first. */
#include <stdio.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/table.h"
#include "experiments/store.h"
#include "experiments/store_json.h"

typedef struct runs_options {
    char *experiment, *sweep;
    int status;
    bool decodings, json;
    int64_t limit;
} runs_options;

static const char *const statuses[] = {"any", "running", "finished", "stopped", "failed", "dead", NULL};

static const lt_option table_of_options[] = {
    {.key = "experiment",
     .type = LT_OPTION_STRING,
     .offset = offsetof(runs_options, experiment),
     .letter = 'e',
     .value = "NAME",
     .help = "Only the runs of this experiment."},
    {.key = "sweep",
     .type = LT_OPTION_STRING,
     .offset = offsetof(runs_options, sweep),
     .value = "NAME",
     .help = "Only the runs of this sweep."},
    {.key = "status",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(runs_options, status),
     .default_value = "any",
     .choices = statuses,
     .letter = 's',
     .help = "Only runs of this status."},
    {.key = "decodings",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(runs_options, decodings),
     .default_value = "false",
     .help = "Decodings too, not only trainings."},
    {.key = "limit",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(runs_options, limit),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e9,
     .letter = 'l',
     .help = "At most so many, the newest; 0: all."},
    {.key = "json",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(runs_options, json),
     .default_value = "false",
     .help = "A JSON array in place of the table."},
    {0},
};

typedef struct listing {
    lt_store *store;
    lt_table table;
    json_t *array; /* or NULL */
    bool decodings, points;
} listing;

/* The tests' BLEU or, of a classifier, macro-F1, each with its set's name. */
static lt_status join_scores(void *context, const lt_store_scored *scored, lt_error *error)
{
    lt_text *text = context;
    if (strcmp(scored->metric, "bleu") != 0 && strcmp(scored->metric, "macro_f1") != 0) return LT_OK;
    return lt_text_appendf(text, error, "%s%.2f %s", text->length ? ", " : "", scored->score,
                           scored->dataset);
}

static lt_status keep_ensemble(void *context, const lt_store_param *param, lt_error *error)
{
    if (strcmp(param->key, LT_STORE_ENSEMBLE) != 0 || !param->value) return LT_OK;
    return lt_text_appendf(context, error, "%s", param->value);
}

/* "training", "decoding of 1f0e4d2c", "ensemble of 2: 1f0e4d2c 77a1b2c3". */
static lt_status add_kind(listing *list, const lt_store_run *run, lt_error *error)
{
    lt_text models = {0};
    lt_status status = LT_OK;
    if (run->kind == LT_RUN_DECODING)
        status = lt_store_read_params(list->store, run->id, keep_ensemble, &models, error);
    if (status == LT_OK && models.length)
        status = lt_table_cell(&list->table, error, "ensemble of %s", models.data);
    else if (status == LT_OK)
        status = lt_table_cell(&list->table, error, run->parent ? "decoding of %.8s" : "%s",
                               run->parent                    ? run->parent
                               : run->kind == LT_RUN_TRAINING ? "training"
                                                              : "decoding");
    lt_text_clear(&models);
    return status;
}

static lt_status add_row(listing *list, const lt_store_run *run, lt_error *error)
{
    lt_table *table = &list->table;
    lt_text scores = {0};
    char started[32], duration[32];
    lt_format_time(started, sizeof started, run->started);
    lt_format_duration(duration, sizeof duration, run->duration);
    LT_TRY(lt_table_cell(table, error, "%.8s", run->id));
    LT_TRY(lt_table_cell(table, error, "%s", run->experiment));
    if (list->points) LT_TRY(lt_table_cell(table, error, "%s", run->point ? run->point : "-"));
    if (list->decodings) LT_TRY(add_kind(list, run, error));
    LT_TRY(lt_table_cell(table, error, "%s", run->status_name));
    LT_TRY(lt_table_cell(table, error, "%s", started));
    LT_TRY(lt_table_cell(table, error, "%s", duration));
    LT_TRY(run->kind == LT_RUN_TRAINING ? lt_table_cell(table, error, "%lld", (long long)run->step)
                                        : lt_table_cell(table, error, "-"));
    LT_TRY(run->best_name ? lt_table_cell(table, error, "%.4g %s", run->best, run->best_name)
                          : lt_table_cell(table, error, "-"));
    lt_status status = lt_store_read_evaluations(list->store, run->id, join_scores, &scores, error);
    if (status == LT_OK) status = lt_table_cell(table, error, "%s", scores.length ? scores.data : "-");
    lt_text_clear(&scores);
    return status;
}

/* "ensemble": "2: 1f0e4d2c 77a1b2c3", of a decoding by several models alone. */
static lt_status json_ensemble(void *context, const lt_store_param *param, lt_error *error)
{
    if (strcmp(param->key, LT_STORE_ENSEMBLE) != 0) return LT_OK;
    return lt_json_set(context, "ensemble", lt_json_text(param->value), error);
}

static lt_status collect_score(void *context, const lt_store_scored *scored, lt_error *error)
{
    return lt_json_add(context, lt_json_scored(scored), error);
}

static lt_status add_object(listing *list, const lt_store_run *run, lt_error *error)
{
    json_t *object = lt_json_run(run), *scores = json_array();
    lt_status status = lt_json_add(list->array, object, error);
    if (status == LT_OK) status = lt_json_set(object, "evaluations", scores, error);
    if (status == LT_OK && run->kind == LT_RUN_DECODING)
        status = lt_store_read_params(list->store, run->id, json_ensemble, object, error);
    if (status != LT_OK) return status;
    return lt_store_read_evaluations(list->store, run->id, collect_score, scores, error);
}

static lt_status add_run(void *context, const lt_store_run *run, lt_error *error)
{
    listing *list = context;
    return list->array ? add_object(list, run, error) : add_row(list, run, error);
}

static lt_status run_runs(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                          lt_error *error)
{
    (void)operands;
    const runs_options *options = arguments;
    bool points = options->sweep;
    listing list = {.decodings = options->decodings,
                    .points = points,
                    .table.align = options->decodings || points ? "lllllrrll" : "llllrrll"};
    if (options->decodings && options->sweep)
        return lt_fail(error, LT_ERROR_USAGE, "--decodings: a sweep has trainings only; drop it, or --sweep");
    lt_store_filter filter = {.kinds = options->decodings ? LT_RUN_ANY : LT_RUN_TRAINING,
                              .experiment = options->experiment,
                              .sweep = options->sweep,
                              .status = options->status ? statuses[options->status] : NULL,
                              .limit = options->limit};
    LT_TRY(lt_store_open(&list.store, common->db, LT_STORE_READ, error));
    lt_status status = LT_OK;
    if (options->json && !(list.array = json_array()))
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    else if (!options->json)
        status = lt_table_heading(
            &list.table,
            points               ? "id|experiment|point|status|started|duration|updates|dev best|test score"
            : options->decodings ? "id|experiment|kind|status|started|duration|updates|dev best|test score"
                                 : "id|experiment|status|started|duration|updates|dev best|test score",
            error);
    if (status == LT_OK) status = lt_store_runs(list.store, &filter, add_run, &list, error);
    if (status == LT_OK && options->json)
        status = lt_json_print(stdout, list.array, error);
    else if (status == LT_OK && lt_table_rows(&list.table))
        lt_table_print(&list.table, false, stdout);
    else if (status == LT_OK && !common->quiet)
        fprintf(stderr, "no such runs in %s%s\n", common->db,
                options->decodings ? "" : " (trainings; --decodings lists decodings, too)");
    json_decref(list.array);
    lt_table_clear(&list.table);
    lt_store_close(list.store);
    return status;
}

const lt_command lt_command_runs = {
    .name = "runs",
    .usage = "[options]",
    .summary = "lists the runs of the database, newest first",
    .description =
        "Shows of each run the first 8 digits of its id, its experiment, status, start, duration, updates,\n"
        "best validation and the BLEU of its tests (of a classifier: macro-F1). A run whose process is gone "
        "is\n"
        "shown as dead. A run on another machine cannot be asked: it counts as dead after 10 minutes without "
        "a\n"
        "sign of life.",
    .table = table_of_options,
    .size = sizeof(runs_options),
    .run = run_runs,
};
