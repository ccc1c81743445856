/* latimer show: everything known of one run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/confusion_table.h"
#include "experiments/commands/show_parameters.h"
#include "experiments/commands/table.h"
#include "experiments/decoding.h"
#include "experiments/store.h"
#include "experiments/store_json.h"
#include "experiments/tuned.h"

typedef struct show_options {
    bool json, parameters;
} show_options;

static const lt_option table_of_options[] = {
    {.key = "json",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(show_options, json),
     .default_value = "false",
     .help = "One JSON object, with every measurement and checkpoint, in place of the tables."},
    {.key = "parameters",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(show_options, parameters),
     .default_value = "false",
     .help = "Also every tensor of the checkpoint with its shape and number of parameters, and the sums of "
             "the parts: recurrent, input, biases, embeddings, attention, output."},
    {0},
};

/* The run, and the training whose model it is: its own, or a decoding's. */
typedef struct shown {
    char id[LT_RUN_ID], training[LT_RUN_ID];
    bool decoding;
    char *folder;
    char parameters[32]; /* as recorded; empty where it was not; of an ensemble those of all its models */
    char ensemble[512];  /* LT_STORE_ENSEMBLE; empty: one model */
    lt_tensor_counts tensors;
} shown;

static lt_status keep_run(void *context, const lt_store_run *run, lt_error *error)
{
    shown *s = context;
    s->decoding = run->kind == LT_RUN_DECODING;
    snprintf(s->training, sizeof s->training, "%s", !s->decoding ? run->id : run->parent ? run->parent : "");
    s->folder = strdup(run->folder ? run->folder : "");
    return s->folder ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

static lt_status keep_parameters(void *context, const lt_store_param *param, lt_error *error)
{
    (void)error;
    shown *s = context;
    if (strcmp(param->key, LT_STORE_PARAMETERS) == 0)
        snprintf(s->parameters, sizeof s->parameters, "%s", param->value ? param->value : "");
    if (strcmp(param->key, LT_STORE_ENSEMBLE) == 0)
        snprintf(s->ensemble, sizeof s->ensemble, "%s", param->value ? param->value : "");
    return LT_OK;
}

/* What is known of the model's size. The checkpoint is read where its tensors are wanted, or where the record
 * is from before it had the sum; only the first must succeed. */
static lt_status read_parameters(shown *s, lt_store *store, bool wanted, lt_error *error)
{
    lt_store_filter filter = {.kinds = LT_RUN_ANY, .id = s->id};
    LT_TRY(lt_store_runs(store, &filter, keep_run, s, error));
    if (*s->training) LT_TRY(lt_store_read_params(store, s->training, keep_parameters, s, error));
    if (strcmp(s->id, s->training) != 0)
        LT_TRY(lt_store_read_params(store, s->id, keep_parameters, s, error));
    if (!wanted && *s->parameters) return LT_OK;
    lt_error trouble = {0};
    lt_status status = lt_tensor_counts_read(&s->tensors, s->folder, &trouble);
    if (status == LT_OK && !*s->ensemble)
        snprintf(s->parameters, sizeof s->parameters, "%zu", s->tensors.total);
    else if (status != LT_OK && wanted) {
        *error = trouble;
        return status;
    }
    return LT_OK;
}

/* ---- JSON ---- */

static lt_status json_param(void *context, const lt_store_param *param, lt_error *error)
{
    return lt_json_set(context, param->key, lt_json_text(param->value), error);
}

static lt_status json_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *error)
{
    return lt_json_add(context,
                       json_pack("{sI so so}", "update", (json_int_t)step, "name", lt_json_text(metric->name),
                                 "value", lt_json_real(metric->value)),
                       error);
}

static lt_status json_checkpoint(void *context, const lt_store_checkpoint *checkpoint, lt_error *error)
{
    return lt_json_add(context, lt_json_checkpoint(checkpoint), error);
}

static lt_status json_dataset(void *context, const lt_store_dataset *dataset, lt_error *error)
{
    return lt_json_add(context, lt_json_dataset(dataset), error);
}

/* What a classifier's macro-F1 is of stands with it. */
static bool has_confusion(const lt_store_scored *scored)
{
    return strcmp(scored->metric, lt_metric_names[LT_METRIC_MACRO_F1]) == 0 && scored->detail;
}

static lt_status json_scored(void *context, const lt_store_scored *scored, lt_error *error)
{
    lt_confusion confusion = {0};
    lt_labels labels = {0};
    json_t *object = lt_json_scored(scored);
    lt_status status = LT_OK;
    if (has_confusion(scored)) status = lt_confusion_read(&confusion, &labels, scored->detail, error);
    if (status == LT_OK && confusion.classes)
        status = lt_json_set(object, "confusion", lt_confusion_json(&confusion, &labels), error);
    if (status == LT_OK && confusion.classes)
        status = lt_json_set(object, "classes", lt_confusion_classes_json(&confusion, &labels), error);
    lt_confusion_clear(&confusion);
    lt_labels_clear(&labels);
    if (status == LT_OK) return lt_json_add(context, object, error);
    json_decref(object);
    return status;
}

static lt_status json_origin(void *context, const lt_store_origin *origin, lt_error *error)
{
    return lt_json_set(context, "begun_from", lt_json_origin(origin), error);
}

static lt_status json_decoding(void *context, const lt_store_decoding *decoding, lt_error *error)
{
    return lt_json_set(context, "decoding", lt_json_decoding(decoding), error);
}

static lt_status json_child(void *context, const lt_store_run *run, lt_error *error)
{
    return lt_json_add(context, lt_json_run(run), error);
}

static lt_status json_run(void *context, const lt_store_run *run, lt_error *error)
{
    json_t **object = context;
    *object = lt_json_run(run);
    return *object ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

/* A new array (or object) under `key`, the object's own. */
static json_t *part(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0 ? value : NULL;
}

static lt_status fill_object(lt_store *store, const char *id, json_t *object, lt_error *error)
{
    json_t *params = part(object, "params", json_object()), *data = part(object, "datasets", json_array());
    json_t *metrics = part(object, "metrics", json_array()),
           *saved = part(object, "checkpoints", json_array());
    json_t *scores = part(object, "evaluations", json_array());
    json_t *children = part(object, "decodings", json_array());
    if (!params || !data || !metrics || !saved || !scores || !children)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    LT_TRY(lt_store_read_origin(store, id, json_origin, object, error));
    LT_TRY(lt_store_read_params(store, id, json_param, params, error));
    LT_TRY(lt_store_read_datasets(store, id, json_dataset, data, error));
    LT_TRY(lt_store_read_metrics(store, id, json_metric, metrics, error));
    LT_TRY(lt_store_read_checkpoints(store, id, json_checkpoint, saved, error));
    LT_TRY(lt_store_read_evaluations(store, id, json_scored, scores, error));
    LT_TRY(lt_store_read_decoding(store, id, json_decoding, object, error));
    return lt_store_runs(store, &(lt_store_filter){.kinds = LT_RUN_DECODING, .parent = id}, json_child,
                         children, error);
}

static lt_status json_parameters(const shown *s, const show_options *options, json_t *object, lt_error *error)
{
    json_t *total = *s->parameters ? json_integer(atoll(s->parameters)) : json_null();
    LT_TRY(lt_json_set(object, "parameters", total, error));
    return options->parameters ? lt_tensor_counts_json(&s->tensors, object, error) : LT_OK;
}

/* What 'latimer tune' chose for the run; null where it has not. */
static lt_status json_tuned(const shown *s, json_t *object, lt_error *error)
{
    lt_tuned tuned;
    lt_text setting = {0};
    lt_status status = lt_tuned_read(&tuned, s->folder, error);
    if (status == LT_OK) status = lt_decoding_list(&setting, &tuned.decoding, &tuned.keys, error);
    const lt_tuned_by *by = &tuned.tuned;
    json_t *about = json_null();
    if (status == LT_OK && tuned.there)
        about = json_pack("{so so so so so so sI so sI}", "decoding", lt_json_text(setting.data), "date",
                          lt_json_text(by->date), "metric", lt_json_text(by->metric), "score",
                          lt_json_real(by->score), "own_score", lt_json_real(by->own_score), "dataset",
                          lt_json_text(by->set), "settings", (json_int_t)by->settings, "checkpoint",
                          lt_json_text(by->checkpoint), "update", (json_int_t)by->update);
    if (status == LT_OK) status = lt_json_set(object, "tuned", about, error);
    lt_text_clear(&setting);
    lt_tuned_clear(&tuned);
    return status;
}

static lt_status show_json(lt_store *store, const shown *s, const show_options *options, lt_error *error)
{
    json_t *object = NULL;
    lt_store_filter filter = {.kinds = LT_RUN_ANY, .id = s->id};
    lt_status status = lt_store_runs(store, &filter, json_run, &object, error);
    if (status == LT_OK) status = json_parameters(s, options, object, error);
    if (status == LT_OK && !s->decoding) status = json_tuned(s, object, error);
    if (status == LT_OK) status = fill_object(store, s->id, object, error);
    if (status == LT_OK) status = lt_json_print(stdout, object, error);
    json_decref(object);
    return status;
}

/* ---- text ---- */

static void print_line(const char *key, const char *value)
{
    if (value) printf("%-13s %s\n", key, value);
}

static lt_status text_run(void *context, const lt_store_run *run, lt_error *error)
{
    (void)context, (void)error;
    char started[32], ended[32], duration[32];
    lt_format_time(started, sizeof started, run->started);
    lt_format_time(ended, sizeof ended, run->ended);
    lt_format_duration(duration, sizeof duration, run->duration);
    print_line("run", run->id);
    print_line("kind", run->kind == LT_RUN_TRAINING ? "training" : "decoding");
    print_line("experiment", run->experiment);
    print_line("of training", run->parent);
    if (run->sweep) printf("%-13s %s, point %s\n", "of sweep", run->sweep, run->point);
    printf("%-13s %s%s%s%s\n", "status", run->status_name, run->status_note ? " (" : "",
           run->status_note ? run->status_note : "", run->status_note ? ")" : "");
    print_line("started", started);
    print_line("ended", run->ended ? ended : NULL);
    print_line("duration", duration);
    if (run->kind == LT_RUN_TRAINING)
        printf("%-13s %lld\n%-13s %lld\n", "updates", (long long)run->step, "seed", (long long)run->seed);
    if (run->best_name)
        printf("%-13s %s %.6g at update %lld\n", "best", run->best_name, run->best,
               (long long)run->best_step);
    printf("%-13s %s, process %lld\n", "host", run->host ? run->host : "unknown", (long long)run->pid);
    print_line("command", run->command);
    print_line("git revision", run->git_revision);
    print_line("build", run->build);
    print_line("folder", run->folder);
    return LT_OK;
}

static lt_status text_origin(void *context, const lt_store_origin *o, lt_error *error)
{
    (void)context, (void)error;
    printf("%-13s %s%s%s", "begun from", o->run ? "run " : "", o->run ? o->run : "", o->run ? ", " : "");
    printf("%s", o->checkpoint);
    if (o->step >= 0) printf(" of update %lld", (long long)o->step);
    printf("; vocabulary: %s%s\n", o->vocabulary, o->partial ? "; partial" : "");
    print_line("its SHA-256", o->sha256);
    print_line("its folder", o->folder);
    return LT_OK;
}

static lt_status text_decoding(void *context, const lt_store_decoding *d, lt_error *error)
{
    (void)context, (void)error;
    print_line("checkpoint", d->checkpoint);
    print_line("its SHA-256", d->checkpoint_sha256);
    print_line("input", d->input);
    print_line("its SHA-256", d->result.input_sha256);
    print_line("output", d->output);
    print_line("its SHA-256", d->result.output_sha256);
    if (d->result.lines >= 0)
        printf("%-13s %lld in %.1f s, %.1f sentences/s\n", "lines", (long long)d->result.lines,
               d->result.seconds, d->result.sentences_per_second);
    return LT_OK;
}

static lt_status row_param(void *context, const lt_store_param *param, lt_error *error)
{
    if (strcmp(param->key, LT_STORE_PARAMETERS) == 0) return LT_OK; /* stands above */
    LT_TRY(lt_table_cell(context, error, "%s", param->key));
    return lt_table_cell(context, error, "%s", param->value ? param->value : "");
}

static lt_status row_dataset(void *context, const lt_store_dataset *d, lt_error *error)
{
    LT_TRY(lt_table_cell(context, error, "%s", d->role));
    LT_TRY(lt_table_cell(context, error, "%s", d->language ? d->language : ""));
    LT_TRY(d->lines < 0 ? lt_table_cell(context, error, "?")
                        : lt_table_cell(context, error, "%lld", (long long)d->lines));
    LT_TRY(lt_table_cell(context, error, "%.16s", d->sha256 ? d->sha256 : "?"));
    return lt_table_cell(context, error, "%s", d->path ? d->path : d->name);
}

static lt_status row_checkpoint(void *context, const lt_store_checkpoint *c, lt_error *error)
{
    LT_TRY(lt_table_cell(context, error, "%s", c->name));
    LT_TRY(lt_table_cell(context, error, "%lld", (long long)c->step));
    LT_TRY(c->score_name ? lt_table_cell(context, error, "%s %.6g", c->score_name, c->score)
                         : lt_table_cell(context, error, "-"));
    LT_TRY(lt_table_cell(context, error, "%.16s", c->sha256 ? c->sha256 : "?"));
    return lt_table_cell(context, error, "%s", c->path ? c->path : "?");
}

static lt_status row_scored(void *context, const lt_store_scored *s, lt_error *error)
{
    LT_TRY(lt_table_cell(context, error, "%s", s->dataset));
    LT_TRY(lt_table_cell(context, error, "%s", s->metric));
    LT_TRY(lt_table_cell(context, error, "%.2f", s->score));
    LT_TRY(lt_table_cell(context, error, "%zu", s->segments));
    LT_TRY(lt_table_cell(context, error, "%s", s->decoding ? s->decoding : "-"));
    return lt_table_cell(context, error, "%s", s->signature);
}

static lt_status print_confusion(void *context, const lt_store_scored *scored, lt_error *error)
{
    (void)context;
    lt_confusion confusion = {0};
    lt_labels labels = {0};
    if (!has_confusion(scored)) return LT_OK;
    lt_status status = lt_confusion_read(&confusion, &labels, scored->detail, error);
    if (status == LT_OK) {
        printf("\nLabels of %s, and what they were taken for\n", scored->dataset);
        status = lt_confusion_print(&confusion, &labels, stdout, error);
    }
    lt_confusion_clear(&confusion);
    lt_labels_clear(&labels);
    return status;
}

static lt_status row_child(void *context, const lt_store_run *run, lt_error *error)
{
    char started[32];
    lt_format_time(started, sizeof started, run->started);
    LT_TRY(lt_table_cell(context, error, "%.8s", run->id));
    LT_TRY(lt_table_cell(context, error, "%s", run->status_name));
    LT_TRY(lt_table_cell(context, error, "%s", started));
    return lt_table_cell(context, error, "%s", run->command ? run->command : "");
}

/* Prints a section that has rows, and clears the table. */
static void section(lt_table *table, const char *title)
{
    if (lt_table_rows(table)) {
        printf("\n%s\n", title);
        lt_table_print(table, false, stdout);
    }
    lt_table_clear(table);
}

/* ---- the validation table: one row an update at which something of "dev." was measured ---- */

typedef struct history {
    lt_strings names; /* of the columns */
    bool rows;        /* second pass: fills the table */
    lt_table *table;
    int64_t step;
    double *values; /* (names) of the present step; NaN: none */
    bool validated;
} history;

static size_t column_of(const history *h, const char *name)
{
    size_t i = 0;
    while (i < h->names.count && strcmp(h->names.items[i], name) != 0) i++;
    return i;
}

static lt_status finish_step(history *h, lt_error *error)
{
    if (h->validated) {
        LT_TRY(lt_table_cell(h->table, error, "%lld", (long long)h->step));
        for (size_t i = 0; i < h->names.count; i++)
            LT_TRY(isnan(h->values[i]) ? lt_table_cell(h->table, error, "-")
                                       : lt_table_cell(h->table, error, "%.6g", h->values[i]));
    }
    for (size_t i = 0; i < h->names.count; i++) h->values[i] = NAN;
    h->validated = false;
    return LT_OK;
}

static lt_status take_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *error)
{
    history *h = context;
    size_t column = column_of(h, metric->name);
    if (!h->rows) return column == h->names.count ? lt_strings_add(&h->names, metric->name, error) : LT_OK;
    if (column == h->names.count) return LT_OK; /* measured since the first pass */
    if (step != h->step) LT_TRY(finish_step(h, error));
    h->step = step;
    h->values[column] = metric->value;
    if (strncmp(metric->name, "dev.", 4) == 0) h->validated = true;
    return LT_OK;
}

/* Of a decoding they are the settings that 'latimer tune' tried before it chose this one. */
static lt_status show_history(lt_store *store, const shown *s, lt_error *error)
{
    const char *id = s->id;
    history h = {0};
    lt_table table = {0};
    char *align = NULL;
    lt_status status = lt_store_read_metrics(store, id, take_metric, &h, error);
    if (status != LT_OK || h.names.count == 0) goto done;
    h.values = calloc(h.names.count, sizeof *h.values);
    align = calloc(h.names.count + 2, 1);
    if (!h.values || !align) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        goto done;
    }
    memset(align, 'r', h.names.count + 1);
    table.align = align, h.table = &table, h.rows = true;
    LT_GOTO(status, lt_table_cell(&table, error, s->decoding ? "setting" : "update"), done);
    for (size_t i = 0; i < h.names.count; i++)
        LT_GOTO(status, lt_table_cell(&table, error, "%s", h.names.items[i]), done);
    LT_GOTO(status, finish_step(&h, error), done);
    LT_GOTO(status, lt_store_read_metrics(store, id, take_metric, &h, error), done);
    LT_GOTO(status, finish_step(&h, error), done);
    section(&table, s->decoding ? "Settings tried" : "Validation");
done:
    lt_table_clear(&table);
    lt_strings_clear(&h.names);
    free(h.values);
    free(align);
    return status;
}

static lt_status show_tables(lt_store *store, const shown *s, lt_table *table, lt_error *error)
{
    const char *id = s->id;
    table->align = "ll";
    LT_TRY(lt_table_heading(table, "key|value", error));
    LT_TRY(lt_store_read_params(store, id, row_param, table, error));
    section(table, "Configuration");
    table->align = "llrll";
    LT_TRY(lt_table_heading(table, "data|language|lines|SHA-256|file", error));
    LT_TRY(lt_store_read_datasets(store, id, row_dataset, table, error));
    section(table, "Data");
    LT_TRY(show_history(store, s, error));
    table->align = "lrlll";
    LT_TRY(lt_table_heading(table, "checkpoint|update|score|SHA-256|file", error));
    LT_TRY(lt_store_read_checkpoints(store, id, row_checkpoint, table, error));
    section(table, "Checkpoints (a later one of a name replaced the earlier)");
    table->align = "llrrll";
    LT_TRY(lt_table_heading(table, "test set|metric|score|segments|decoding|signature", error));
    LT_TRY(lt_store_read_evaluations(store, id, row_scored, table, error));
    section(table, "Scores");
    LT_TRY(lt_store_read_evaluations(store, id, print_confusion, NULL, error));
    table->align = "llll";
    LT_TRY(lt_table_heading(table, "decoding|status|started|command", error));
    lt_store_filter children = {.kinds = LT_RUN_DECODING, .parent = id};
    LT_TRY(lt_store_runs(store, &children, row_child, table, error));
    section(table, "Decodings");
    return LT_OK;
}

/* A file that cannot be read is no reason to show nothing. */
static lt_status print_tuned(const shown *s, lt_error *error)
{
    lt_tuned tuned;
    lt_text words = {0};
    lt_error trouble = {0};
    lt_status status = LT_OK;
    if (lt_tuned_read(&tuned, s->folder, &trouble) != LT_OK)
        print_line("tuned", trouble.message);
    else if (tuned.there)
        status = lt_tuned_describe(&words, &tuned, error);
    if (status == LT_OK) print_line("tuned", words.data);
    lt_text_clear(&words);
    lt_tuned_clear(&tuned);
    return status;
}

static lt_status show_text(lt_store *store, const shown *s, const show_options *options, lt_error *error)
{
    lt_store_filter filter = {.kinds = LT_RUN_ANY, .id = s->id};
    LT_TRY(lt_store_runs(store, &filter, text_run, NULL, error));
    print_line("parameters", *s->parameters ? s->parameters : NULL);
    print_line("ensemble", *s->ensemble ? s->ensemble : NULL);
    LT_TRY(lt_store_read_origin(store, s->id, text_origin, NULL, error));
    if (!s->decoding) LT_TRY(print_tuned(s, error));
    LT_TRY(lt_store_read_decoding(store, s->id, text_decoding, NULL, error));
    if (options->parameters) LT_TRY(lt_tensor_counts_print(&s->tensors, error));
    lt_table table = {0};
    lt_status status = show_tables(store, s, &table, error);
    lt_table_clear(&table);
    return status;
}

static lt_status run_show(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                          lt_error *error)
{
    const show_options *options = arguments;
    lt_store *store;
    shown s = {0};
    LT_TRY(lt_store_open(&store, common->db, LT_STORE_READ, error));
    lt_status status = lt_store_find_run(store, operands->items[0], LT_RUN_ANY, s.id, error);
    if (status == LT_OK && !s.id[0])
        status = lt_fail(error, LT_ERROR_USAGE,
                         "the run in %s is not in the database %s: it was made with another one; its "
                         "experiment.yaml and log.jsonl say what is known of it",
                         operands->items[0], common->db);
    if (status == LT_OK) status = read_parameters(&s, store, options->parameters, error);
    if (status == LT_OK) status = (options->json ? show_json : show_text)(store, &s, options, error);
    lt_tensor_counts_clear(&s.tensors);
    free(s.folder);
    lt_store_close(store);
    return status;
}

const lt_command lt_command_show = {
    .name = "show",
    .usage = "RUN [options]",
    .summary = "shows everything known of one run",
    .description =
        "RUN is a run's id or the beginning of one (a training's or a decoding's), an experiment's name "
        "(its\n"
        "latest finished run), or the path of a run directory. Shows its configuration, data, validations,\n"
        "checkpoints, scores and decodings.",
    .table = table_of_options,
    .size = sizeof(show_options),
    .least = 1,
    .most = 1,
    .run = run_show,
};
