/* latimer compare: runs side by side, with significance, from the database alone. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/choose_metrics.h"
#include "experiments/commands/command.h"
#include "experiments/commands/compare_curves.h"
#include "experiments/commands/compare_lengths.h"
#include "experiments/commands/table.h"
#include "experiments/comparison.h"
#include "experiments/store.h"
#include "experiments/store_json.h"
#include "model/base/file.h"

typedef struct compare_options {
    char *test;
    lt_strings metrics;
    int method;
    int64_t samples, seed;
    bool different_data, different_signatures, json, md, by_length;
    char *lengths, *source, *curves;
} compare_options;

/* What --lengths says. */
typedef struct classes {
    size_t lengths[LT_LENGTHS_MOST], count;
} classes;

static const char *const methods[] = {"bootstrap", "randomization", NULL};

#define FIELD(name) .offset = offsetof(compare_options, name)

static const lt_option table_of_options[] = {
    {.key = "test", .type = LT_OPTION_STRING, FIELD(test), .value = "SET", .help = "Only this test set."},
    {.key = "metric",
     .type = LT_OPTION_LIST,
     FIELD(metrics),
     .default_value = "[bleu, chrf, ter, accuracy, macro_f1]",
     .letter = 'm',
     .value = "NAME",
     .help = "Only this metric: bleu, chrf, ter; of classifiers accuracy, macro_f1."},
    {.key = "method",
     .type = LT_OPTION_CHOICE,
     FIELD(method),
     .default_value = "bootstrap",
     .choices = methods,
     .help = "The significance test: paired bootstrap resampling as sacreBLEU does it (with 95% intervals; "
             "its p is half of a two-sided one or less), or paired approximate randomization (two-sided)."},
    {.key = "samples",
     .type = LT_OPTION_INTEGER,
     FIELD(samples),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e7,
     .letter = 'n',
     .help = "Resamples or trials; 0: 1000 for the bootstrap, 10000 for randomization."},
    {.key = "seed",
     .type = LT_OPTION_INTEGER,
     FIELD(seed),
     .default_value = "12345",
     .minimum = 0,
     .maximum = 9e15,
     .help = "Of the significance test: the same seed gives the same p."},
    {.key = "different-data",
     .type = LT_OPTION_BOOL,
     FIELD(different_data),
     .default_value = "false",
     .help = "Compare scores of different references or sources, too, without significance."},
    {.key = "different-signatures",
     .type = LT_OPTION_BOOL,
     FIELD(different_signatures),
     .default_value = "false",
     .help = "Compare scores of different metric options, too, without significance."},
    {.key = "by_length",
     .type = LT_OPTION_BOOL,
     FIELD(by_length),
     .default_value = "false",
     .help = "Also the scores of short and of long sentences: by words of the source, between white space. "
             "The source text is read again, as the database does not have it."},
    {.key = "lengths",
     .type = LT_OPTION_STRING,
     FIELD(lengths),
     .default_value = "5,10,15,20,30",
     .value = "A,B,...",
     .help = "With --by-length: the most words of each class but the last."},
    {.key = "source",
     .type = LT_OPTION_STRING,
     FIELD(source),
     .value = "FILE",
     .help = "With --by-length: the source text, where it is not any more where the runs read it."},
    {.key = "curves",
     .type = LT_OPTION_STRING,
     FIELD(curves),
     .value = "FILE",
     .help = "Also a picture, SVG: how the figure that each training is judged by on dev went, against the "
             "minutes it had taken, from reading the corpus on; what lay between a stop and --resume is not "
             "counted. The runs then need no test set in common."},
    {.key = "json",
     .type = LT_OPTION_BOOL,
     FIELD(json),
     .default_value = "false",
     .help = "One JSON object with everything, in place of the tables."},
    {.key = "md", .type = LT_OPTION_BOOL, FIELD(md), .default_value = "false", .help = "Markdown tables."},
    {0},
};

/* ---- tables ---- */

static lt_status score_cells(lt_table *table, const lt_compared_score *score, bool first, lt_error *error)
{
    if (!score->known) {
        for (int i = 0; i < 3; i++) LT_TRY(lt_table_cell(table, error, "-"));
        return LT_OK;
    }
    LT_TRY(isnan(score->interval)
               ? lt_table_cell(table, error, "%.2f", score->score)
               : lt_table_cell(table, error, "%.2f ± %.2f", score->score, score->interval));
    LT_TRY(first ? lt_table_cell(table, error, "-") : lt_table_cell(table, error, "%+.2f", score->delta));
    return isnan(score->p_value)
               ? lt_table_cell(table, error, "-")
               : lt_table_cell(table, error, "%.4f%s", score->p_value, score->p_value < 0.05 ? " *" : "  ");
}

/* The experiment and, of what is no training, what it is. */
static lt_status name_cell(lt_table *table, const lt_compared_run *run, lt_error *error)
{
    if (run->models > 1)
        return lt_table_cell(table, error, "%s (ensemble of %d)", run->experiment, run->models);
    return lt_table_cell(table, error, "%s%s", run->experiment,
                         run->kind == LT_RUN_DECODING ? " (decoding)" : "");
}

static lt_status fill_set(lt_table *table, const lt_comparison *c, const lt_compared_set *set,
                          lt_error *error)
{
    LT_TRY(lt_table_heading(table, "run|experiment", error));
    for (size_t m = 0; m < set->count; m++) {
        LT_TRY(lt_table_cell(table, error, "%s", set->metrics[m].title));
        LT_TRY(lt_table_heading(table, "delta|p", error));
    }
    for (size_t r = 0; r < c->runs; r++) {
        LT_TRY(lt_table_cell(table, error, "%.8s", c->run[r].id));
        LT_TRY(name_cell(table, &c->run[r], error));
        for (size_t m = 0; m < set->count; m++)
            LT_TRY(score_cells(table, &set->metrics[m].scores[r],
                               r == lt_comparison_baseline(&set->metrics[m]), error));
    }
    return LT_OK;
}

/* "dev.bleu" is "bleu" in a column of its own. */
static const char *figure_name(const char *name)
{
    return strncmp(name, "dev.", 4) == 0 ? name + 4 : name;
}

static lt_status run_cells(lt_table *table, const lt_compared_run *run, lt_error *error)
{
    char duration[32];
    lt_format_duration(duration, sizeof duration, run->duration);
    LT_TRY(lt_table_cell(table, error, "%.8s", run->id));
    LT_TRY(name_cell(table, run, error));
    LT_TRY(lt_table_cell(table, error, "%s", run->parameters ? run->parameters : "-"));
    LT_TRY(isnan(run->words_per_second) ? lt_table_cell(table, error, "-")
                                        : lt_table_cell(table, error, "%.0f", run->words_per_second));
    LT_TRY(run->step ? lt_table_cell(table, error, "%lld", (long long)run->step)
                     : lt_table_cell(table, error, "-"));
    LT_TRY(run->duration ? lt_table_cell(table, error, "%s", duration) : lt_table_cell(table, error, "-"));
    return run->best_name ? lt_table_cell(table, error, "%s %.2f", figure_name(run->best_name), run->best)
                          : lt_table_cell(table, error, "-");
}

static lt_status print_runs(const lt_comparison *c, bool md, lt_error *error)
{
    lt_table table = {.align = "llrrrrr"};
    lt_status status =
        lt_table_heading(&table, "run|experiment|parameters|words/s|updates|duration|best on dev", error);
    for (size_t r = 0; r < c->runs && status == LT_OK; r++) status = run_cells(&table, &c->run[r], error);
    if (status == LT_OK) {
        lt_table_print(&table, md, stdout);
        putchar('\n');
    }
    lt_table_clear(&table);
    return status;
}

/* Each signature once, with the run where they differ. */
static void print_signatures(const lt_comparison *c, const lt_compared_set *set, bool md)
{
    if (md) putchar('\n');
    for (size_t m = 0; m < set->count; m++) {
        const lt_compared_metric *metric = &set->metrics[m];
        const char *before = NULL;
        for (size_t r = 0; r < c->runs; r++) {
            const char *signature = metric->scores[r].signature;
            if (!signature || (before && strcmp(before, signature) == 0)) continue;
            printf(md ? "- %s%s%.8s: `%s`\n" : "%s%s%.8s: %s\n", metric->title, before ? " of " : "",
                   before ? c->run[r].id : "", signature);
            before = signature;
        }
    }
}

static lt_status print_sets(const lt_comparison *c, const compare_options *options, const classes *by,
                            lt_error *error)
{
    static const char align[] = "llrrrrrrrrrrrrrrr";
    for (size_t s = 0; s < c->sets; s++) {
        const lt_compared_set *set = &c->set[s];
        char columns[sizeof align];
        snprintf(columns, sizeof columns, "%.*s", (int)(2 + 3 * set->count), align);
        lt_table table = {.align = columns};
        lt_status status = fill_set(&table, c, set, error);
        if (status == LT_OK) {
            printf(options->md ? "%s### %s (%zu segments)\n\n" : "%s%s (%zu segments)\n", s ? "\n" : "",
                   set->name, set->segments);
            lt_table_print(&table, options->md, stdout);
            print_signatures(c, set, options->md);
        }
        lt_table_clear(&table);
        LT_TRY(status);
        if (by->count) LT_TRY(lt_lengths_print(c, set, by->lengths, by->count, options->md, error));
    }
    if (!c->sets) return LT_OK;
    printf(
        "\ndelta: to the first run that has a score; p: paired %s, %zu samples, seed %lld; *: p < 0.05%s\n",
        options->method ? "approximate randomization, two-sided" : "bootstrap as in sacreBLEU", c->samples,
        (long long)options->seed, options->method ? "" : "; ±: 95% interval");
    return LT_OK;
}

static lt_status print_differences(const lt_comparison *c, bool md, lt_error *error)
{
    if (c->differences == 0)
        return printf("\nNothing known differs between the runs but their scores.\n"), LT_OK;
    char *align = malloc(c->runs + 2);
    if (!align) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    memset(align, 'l', c->runs + 1);
    align[c->runs + 1] = '\0';
    lt_table table = {.align = align};
    lt_status status = lt_table_cell(&table, error, "differs");
    for (size_t r = 0; r < c->runs && status == LT_OK; r++)
        status = lt_table_cell(&table, error, "%.8s", c->run[r].id);
    for (size_t i = 0; i < c->differences && status == LT_OK; i++) {
        const lt_difference *d = &c->difference[i];
        bool hash = strncmp(d->key, "SHA-256", 7) == 0;
        status = lt_table_cell(&table, error, "%s", d->key);
        for (size_t r = 0; r < c->runs && status == LT_OK; r++)
            status = lt_table_cell(&table, error, "%.*s", hash ? 16 : 200, d->values[r] ? d->values[r] : "-");
    }
    if (status == LT_OK) {
        putchar('\n');
        lt_table_print(&table, md, stdout);
    }
    lt_table_clear(&table);
    free(align);
    return status;
}

/* ---- JSON ---- */

static json_t *json_metric(const lt_comparison *c, const lt_compared_metric *metric)
{
    json_t *scores = json_array();
    size_t first = lt_comparison_baseline(metric);
    for (size_t r = 0; r < c->runs; r++) {
        const lt_compared_score *score = &metric->scores[r];
        double none = NAN, value = score->known ? score->score : none;
        double delta = score->known && r != first ? score->delta : none;
        json_array_append_new(
            scores, json_pack("{ss so so so so so so}", "run", c->run[r].id, "score", lt_json_real(value),
                              "delta", lt_json_real(delta), "interval", lt_json_real(score->interval),
                              "p_value", lt_json_real(score->p_value), "significant",
                              isnan(score->p_value) ? json_null() : json_boolean(score->p_value < 0.05),
                              "signature", lt_json_text(score->signature)));
    }
    return json_pack("{ss ss so}", "metric", lt_metric_names[metric->kind], "title", metric->title, "scores",
                     scores);
}

static json_t *json_set(const lt_comparison *c, const lt_compared_set *set, const classes *by)
{
    json_t *metrics = json_array();
    for (size_t m = 0; m < set->count; m++) json_array_append_new(metrics, json_metric(c, &set->metrics[m]));
    json_t *lengths = by->count ? lt_lengths_json(c, set, by->lengths, by->count) : NULL;
    return json_pack("{so sI so so so so*}", "name", lt_json_text(set->name), "segments",
                     (json_int_t)set->segments, "source_sha256", lt_json_text(set->source_sha256),
                     "reference_sha256", lt_json_text(set->reference_sha256), "metrics", metrics, "by_length",
                     lengths);
}

static json_t *json_difference(const lt_comparison *c, const lt_difference *difference)
{
    json_t *values = json_array();
    for (size_t r = 0; r < c->runs; r++) json_array_append_new(values, lt_json_text(difference->values[r]));
    return json_pack("{so so}", "key", lt_json_text(difference->key), "values", values);
}

static json_t *json_curve(const lt_compared_run *run)
{
    json_t *curve = json_array();
    for (size_t i = 0; i < run->points; i++)
        json_array_append_new(curve, json_pack("{sI so so}", "update", (json_int_t)run->curve[i].update,
                                               "seconds", lt_json_real(run->curve[i].seconds), "score",
                                               lt_json_real(run->curve[i].score)));
    return curve;
}

static json_t *json_run(const lt_compared_run *run)
{
    return json_pack(
        "{ss so ss ss si so so so so so so so}", "id", run->id, "experiment", lt_json_text(run->experiment),
        "kind", run->kind == LT_RUN_TRAINING ? "training" : "decoding", "status",
        lt_run_status_names[run->status], "models", run->models, "parameters",
        run->parameters ? json_integer(atoll(run->parameters)) : json_null(), "words_per_second",
        lt_json_real(run->words_per_second), "updates", run->step ? json_integer(run->step) : json_null(),
        "duration_ms", run->duration ? json_integer(run->duration) : json_null(), "best_name",
        lt_json_text(run->best_name), "best", lt_json_real(run->best_name ? run->best : NAN), "curve",
        json_curve(run));
}

static lt_status print_json(const lt_comparison *c, const compare_options *options, const classes *by,
                            lt_error *error)
{
    json_t *runs = json_array(), *sets = json_array(), *differences = json_array(), *notes = json_array();
    for (size_t r = 0; r < c->runs; r++) json_array_append_new(runs, json_run(&c->run[r]));
    for (size_t s = 0; s < c->sets; s++) json_array_append_new(sets, json_set(c, &c->set[s], by));
    for (size_t i = 0; i < c->differences; i++)
        json_array_append_new(differences, json_difference(c, &c->difference[i]));
    for (size_t i = 0; i < c->notes.count; i++) json_array_append_new(notes, lt_json_text(c->notes.items[i]));
    json_t *all = json_pack("{so so ss sI sI so so}", "runs", runs, "test_sets", sets, "method",
                            methods[options->method], "samples", (json_int_t)c->samples, "seed",
                            (json_int_t)options->seed, "differences", differences, "notes", notes);
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_status status = lt_json_print(stdout, all, error);
    json_decref(all);
    return status;
}

/* ---- the command ---- */

static lt_status find_runs(lt_store *store, const lt_strings *operands, char (*ids)[LT_RUN_ID],
                           const char **pointers, lt_error *error)
{
    for (size_t i = 0; i < operands->count; i++) {
        LT_TRY(lt_store_find_run(store, operands->items[i], LT_RUN_ANY, ids[i], error));
        if (!ids[i][0])
            return lt_fail(
                error, LT_ERROR_USAGE,
                "the run in %s is not in the database %s: compare it with the database it was made with",
                operands->items[i], lt_store_path(store));
        pointers[i] = ids[i];
        for (size_t k = 0; k < i; k++)
            if (strcmp(ids[k], ids[i]) == 0)
                return lt_fail(
                    error, LT_ERROR_USAGE,
                    "'%s' and '%s' are the same run, %s; other runs of an experiment go by their ids, which "
                    "'latimer runs' lists",
                    operands->items[k], operands->items[i], ids[i]);
    }
    return LT_OK;
}

typedef struct named {
    size_t all, finished;
} named;

static lt_status count_run(void *context, const lt_store_run *run, lt_error *error)
{
    (void)error;
    named *count = context;
    count->all++;
    count->finished += run->status == LT_RUN_FINISHED;
    return LT_OK;
}

/* A name stands for one run: where there are others, of other seeds for one, that is said. */
static lt_status note_others(lt_store *store, const lt_strings *operands, char (*ids)[LT_RUN_ID],
                             lt_strings *notes, lt_error *error)
{
    for (size_t i = 0; i < operands->count; i++) {
        named count = {0};
        const lt_store_filter filter = {.kinds = LT_RUN_TRAINING, .experiment = operands->items[i]};
        LT_TRY(lt_store_runs(store, &filter, count_run, &count, error));
        if (count.all < 2) continue;
        LT_TRY(lt_strings_addf(
            notes, error,
            "'%s' is taken for %.8s, the latest %sof its %zu runs, of which %zu finished; the "
            "others go by their ids (latimer runs --experiment %s)",
            operands->items[i], ids[i], count.finished ? "finished one " : "", count.all, count.finished,
            operands->items[i]));
    }
    return LT_OK;
}

static lt_status print_comparison(const lt_comparison *c, const compare_options *options, const classes *by,
                                  const lt_common_options *common, lt_error *error)
{
    if (options->json) return print_json(c, options, by, error);
    LT_TRY(print_runs(c, options->md, error));
    LT_TRY(print_sets(c, options, by, error));
    LT_TRY(print_differences(c, options->md, error));
    for (size_t i = 0; !common->quiet && i < c->notes.count; i++)
        fprintf(stderr, "note: %s\n", c->notes.items[i]);
    return LT_OK;
}

static lt_status run_compare(const void *arguments, const lt_common_options *common,
                             const lt_strings *operands, lt_error *error)
{
    const compare_options *options = arguments;
    classes by = {0};
    lt_comparison_options wanted = {.test = options->test,
                                    .randomization = options->method == 1,
                                    .samples = (size_t)options->samples,
                                    .seed = (uint64_t)options->seed,
                                    .different_data = options->different_data,
                                    .different_signatures = options->different_signatures,
                                    .sets_optional = options->curves != NULL,
                                    .source = options->source};
    if (options->curves && strcmp(options->curves, "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--curves -: the tables go to standard output; name a file for the picture");
    if (options->json && options->md)
        return lt_fail(error, LT_ERROR_USAGE, "--json and --md exclude each other");
    if (!options->by_length && (lt_was_given(common, "lengths") || lt_was_given(common, "source")))
        return lt_fail(error, LT_ERROR_USAGE, "--lengths and --source mean nothing without --by-length");
    LT_TRY(lt_choose_metrics(wanted.metrics, &options->metrics, error));
    if (options->by_length) {
        LT_TRY(lt_lengths_parse(by.lengths, &by.count, options->lengths ? options->lengths : "", error));
        wanted.lengths = by.lengths;
        wanted.length_count = by.count;
    }
    lt_store *store;
    LT_TRY(lt_store_open(&store, common->db, LT_STORE_READ, error));
    lt_comparison comparison = {0};
    lt_text picture = {0};
    char(*ids)[LT_RUN_ID] = calloc(operands->count, sizeof *ids);
    const char **pointers = calloc(operands->count, sizeof *pointers);
    lt_status status = ids && pointers ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) status = find_runs(store, operands, ids, pointers, error);
    if (status == LT_OK) status = lt_compare(&comparison, store, pointers, operands->count, &wanted, error);
    if (status == LT_OK) status = note_others(store, operands, ids, &comparison.notes, error);
    if (status == LT_OK && options->curves) status = lt_curves_draw(&picture, &comparison, error);
    if (status == LT_OK) status = print_comparison(&comparison, options, &by, common, error);
    if (status == LT_OK && options->curves)
        status = lt_file_write(options->curves, picture.data, picture.length, error);
    lt_text_clear(&picture);
    lt_comparison_clear(&comparison);
    free(ids);
    free(pointers);
    lt_store_close(store);
    return status;
}

const lt_command lt_command_compare = {
    .name = "compare",
    .usage = "RUN RUN... [options]",
    .summary = "compares runs: their scores, deltas, significance, and what differs",
    .description =
        "Each RUN is a training or a decoding: its id or the beginning of one, an experiment's name (its\n"
        "latest finished run; a note says where there are others), or a run directory. The first is the\n"
        "baseline. All scores are computed again from the segments in the database. Runs scored on "
        "different\n"
        "data or with different signatures are refused, unless an option allows it. The first table shows "
        "how\n"
        "large, fast and good on dev the runs are, the last one in which settings and data they differ;\n"
        "--curves FILE draws how they got there.",
    .table = table_of_options,
    .size = sizeof(compare_options),
    .least = 2,
    .most = 1000,
    .run = run_compare,
};
