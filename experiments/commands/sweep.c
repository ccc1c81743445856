/* latimer sweep: a grid of experiments, each with several seeds, trained, recorded and summed up. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/choose_metrics.h"
#include "experiments/commands/command.h"
#include "experiments/commands/provenance.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/sweep_table.h"
#include "experiments/commands/table.h"
#include "experiments/store_sweep.h"
#include "experiments/sweep_members.h"
#include "experiments/sweep_run.h"
#include "model/base/file.h"
#include "model/base/threads.h"

typedef struct sweep_options {
    lt_strings grid, ablate, set, metrics;
    int64_t seeds, jobs;
    char *name, *runs, *summary;
    bool dry_run, json, md;
} sweep_options;

#define FIELD(name) .offset = offsetof(sweep_options, name)

static const lt_option table_of_options[] = {
    {.key = "grid",
     .type = LT_OPTION_LIST,
     FIELD(grid),
     .letter = 'g',
     .value = "KEY=V1,V2,...",
     .help = "Values of one key of the experiment file. Several --grid: all combinations, the last one's "
             "values varying fastest. A value with a comma in it stands in quotes, and a list in brackets: "
             "--grid 'data.train=[small],[small,large]'."},
    {.key = "ablate",
     .type = LT_OPTION_LIST,
     FIELD(ablate),
     .letter = 'a',
     .value = "KEY=VALUE",
     .help = "The experiment as it is, and with this change alone; several --ablate: each alone, for what "
             "each ingredient is worth. A change of two keys at once is written 'KEY=VALUE;KEY=VALUE'. With "
             "--grid, too: these points, then the grid's."},
    {.key = "seeds",
     .type = LT_OPTION_INTEGER,
     FIELD(seeds),
     .default_value = "3",
     .minimum = 1,
     .maximum = 1000,
     .letter = 'n',
     .help = "Each point is trained with so many seeds: the experiment's own, and those behind it. More may "
             "be wanted later, of the same sweep."},
    {.key = "set",
     .type = LT_OPTION_LIST,
     FIELD(set),
     .letter = 's',
     .value = "KEY=VALUE",
     .help = "Overrides one key of the experiment file for all points, as train's --set does."},
    {.key = "name",
     .type = LT_OPTION_STRING,
     FIELD(name),
     .value = "NAME",
     .help = "Of the sweep: by it a repeated command finds what is done. Without it: the experiment's name "
             "and 8 digits of a hash of the points. With it, points may be added later."},
    {.key = "jobs",
     .type = LT_OPTION_INTEGER,
     FIELD(jobs),
     .default_value = "1",
     .minimum = 1,
     .maximum = 256,
     .letter = 'j',
     .help = "Trainings at a time, each with its share of --threads; one that goes on keeps the threads it "
             "was begun with, for the same bits."},
    {.key = "runs",
     .type = LT_OPTION_STRING,
     FIELD(runs),
     .default_value = "runs",
     .value = "DIR",
     .help = "Where the folders of new runs are made."},
    {.key = "dry_run",
     .type = LT_OPTION_BOOL,
     FIELD(dry_run),
     .default_value = "false",
     .help = "Checks everything, lists the runs and how they stand, and does nothing."},
    {.key = "summary",
     .type = LT_OPTION_STRING,
     FIELD(summary),
     .value = "NAME",
     .help = "Trains nothing: prints the summary of the sweep of this name as far as it is, also while it "
             "runs."},
    {.key = "metric",
     .type = LT_OPTION_LIST,
     FIELD(metrics),
     .default_value = "[bleu, accuracy, macro_f1]",
     .letter = 'm',
     .value = "NAME",
     .help = "In the summary, of the test sets: bleu, chrf, ter; of classifiers accuracy, macro_f1."},
    {.key = "json",
     .type = LT_OPTION_BOOL,
     FIELD(json),
     .default_value = "false",
     .help = "The summary as one JSON object with everything, in place of the table."},
    {.key = "md", .type = LT_OPTION_BOOL, FIELD(md), .default_value = "false", .help = "A Markdown table."},
    {0},
};

/* ---- the summary ---- */

static lt_status print_summary(const sweep_options *options, const lt_common_options *common,
                               const char *name, lt_error *error)
{
    lt_store *store;
    lt_sweep_summary summary = {0};
    lt_summary_options wanted = {.seed = LT_SIGNIFICANCE_SEED};
    LT_TRY(lt_choose_metrics(wanted.metrics, &options->metrics, error));
    LT_TRY(lt_store_open(&store, common->db, LT_STORE_READ, error));
    lt_status status = lt_sweep_summarize(&summary, store, name, &wanted, error);
    if (status == LT_OK)
        status = options->json ? lt_sweep_print_json(&summary, error)
                               : lt_sweep_print_table(&summary, options->md, error);
    for (size_t i = 0; status == LT_OK && !options->json && !common->quiet && i < summary.notes.count; i++)
        fprintf(stderr, "note: %s\n", summary.notes.items[i]);
    lt_sweep_summary_clear(&summary);
    lt_store_close(store);
    return status;
}

/* ---- what would be done ---- */

static lt_status list_members(const lt_sweep *sweep, const lt_member *members, lt_error *error)
{
    static const char *const states[] = {[LT_MEMBER_NEW] = "to be trained",
                                         [LT_MEMBER_BEGUN] = "to go on with",
                                         [LT_MEMBER_FINISHED] = "finished",
                                         [LT_MEMBER_ELSEWHERE] = "running"};
    lt_table table = {.align = "rlrll"};
    lt_status status = lt_table_heading(&table, "nr|point|seed|experiment|state", error);
    for (size_t i = 0; i < sweep->count * (size_t)sweep->seeds && status == LT_OK; i++) {
        const lt_member *member = &members[i];
        const lt_sweep_point *point = &sweep->points[member->point];
        status = lt_table_cell(&table, error, "%zu", i + 1);
        if (status == LT_OK) status = lt_table_cell(&table, error, "%s", point->label);
        if (status == LT_OK) status = lt_table_cell(&table, error, "%lld", (long long)member->seed);
        if (status == LT_OK) status = lt_table_cell(&table, error, "%s", point->run);
        if (status == LT_OK) status = lt_table_cell(&table, error, "%s", states[member->state]);
    }
    if (status == LT_OK) {
        printf("sweep %s: %zu points, %lld seeds\n", sweep->name, sweep->count, (long long)sweep->seeds);
        lt_table_print(&table, false, stdout);
    }
    lt_table_clear(&table);
    return status;
}

static lt_status dry_run(const lt_sweep *sweep, const sweep_options *options, const lt_common_options *common,
                         lt_error *error)
{
    lt_store *store = NULL;
    lt_member *members = NULL;
    int64_t id = 0;
    lt_status status = lt_members_create(&members, sweep, error);
    if (status == LT_OK && lt_file_exists(common->db)) {
        status = lt_store_open(&store, common->db, LT_STORE_READ, error);
        if (status == LT_OK) status = lt_store_sweep_find(store, sweep->name, &id, error);
        if (status == LT_OK && id) status = lt_sweep_check_stored(sweep, store, id, error);
        if (status == LT_OK && id) status = lt_members_look(members, sweep, store, id, options->runs, error);
    }
    if (status == LT_OK) status = list_members(sweep, members, error);
    lt_members_free(members, sweep);
    lt_store_close(store);
    return status;
}

/* ---- training ---- */

static lt_status share_threads(size_t *threads, const sweep_options *options, const lt_common_options *common,
                               lt_error *error)
{
    size_t all = common->threads ? (size_t)common->threads : lt_processors();
    *threads = options->jobs == 1 ? (size_t)common->threads : all / (size_t)options->jobs;
    if ((size_t)options->jobs <= all) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "--jobs %lld: so many trainings want a thread each, and there %s %zu; lower it, or raise "
                   "--threads",
                   (long long)options->jobs, all == 1 ? "is" : "are", all);
}

static lt_status train(const lt_sweep *sweep, size_t threads, const sweep_options *options,
                       const lt_common_options *common, lt_error *error)
{
    lt_text command = {0};
    lt_error late = {0};
    LT_TRY(lt_command_line(&command, error));
    lt_sweep_setting setting = {.sweep = sweep,
                                .db = common->db,
                                .runs = options->runs,
                                .command = command.data,
                                .jobs = (size_t)options->jobs,
                                .threads = threads,
                                .quiet = common->quiet,
                                .verbose = common->verbose,
                                .messages = common->quiet ? NULL : stderr,
                                .warnings = stderr,
                                .signal = lt_catch_signals()};
    if (!common->quiet)
        fprintf(stderr, "sweep %s: %zu points, %lld seeds\n", sweep->name, sweep->count,
                (long long)sweep->seeds);
    lt_status status = lt_sweep_run(&setting, error);
    lt_text_clear(&command);
    if (status != LT_OK && status != LT_ERROR_IO) return status;
    /* where runs have failed the others have a summary all the same */
    if (print_summary(options, common, sweep->name, &late) != LT_OK && status == LT_OK) *error = late;
    return status != LT_OK ? status : late.code;
}

/* ---- the command ---- */

static lt_status check_options(const sweep_options *options, const lt_common_options *common,
                               const lt_strings *operands, lt_error *error)
{
    static const char *const of_training[] = {"grid", "ablate", "seeds",   "set", "name",
                                              "jobs", "runs",   "dry_run", NULL};
    static const char *const of_summary[] = {"metric", "json", "md", NULL};
    if (options->json && options->md)
        return lt_fail(error, LT_ERROR_USAGE, "--json and --md exclude each other");
    for (size_t i = 0; options->dry_run && of_summary[i]; i++)
        if (lt_was_given(common, of_summary[i]))
            return lt_fail(error, LT_ERROR_USAGE, "--%s is of the summary, and --dry-run prints none",
                           of_summary[i]);
    if (!options->summary)
        return operands->count
                   ? LT_OK
                   : lt_fail(error, LT_ERROR_USAGE, "an EXPERIMENT.yaml is wanted, or --summary NAME");
    if (operands->count)
        return lt_fail(error, LT_ERROR_USAGE, "--summary trains nothing: '%.200s' has no place beside it",
                       operands->items[0]);
    for (size_t i = 0; of_training[i]; i++)
        if (lt_was_given(common, of_training[i]))
            return lt_fail(error, LT_ERROR_USAGE, "--%s means nothing with --summary, which trains nothing",
                           of_training[i]);
    return LT_OK;
}

static lt_status run_sweep(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const sweep_options *options = arguments;
    lt_summary_options metrics = {0};
    lt_sweep sweep = {0};
    size_t threads;
    LT_TRY(check_options(options, common, operands, error));
    LT_TRY(lt_choose_metrics(metrics.metrics, &options->metrics, error)); /* not only at the end */
    if (options->summary) return print_summary(options, common, options->summary, error);
    LT_TRY(share_threads(&threads, options, common, error));
    lt_sweep_request request = {.path = operands->items[0],
                                .set = &options->set,
                                .grid = &options->grid,
                                .ablate = &options->ablate,
                                .seeds = options->seeds,
                                .name = options->name};
    lt_status status = lt_sweep_plan(&sweep, &request, error);
    if (status == LT_OK && sweep.notes.length && !common->quiet) fputs(sweep.notes.data, stderr);
    if (status == LT_OK)
        status = options->dry_run ? dry_run(&sweep, options, common, error)
                                  : train(&sweep, threads, options, common, error);
    lt_sweep_clear(&sweep);
    return status;
}

const lt_command lt_command_sweep = {
    .name = "sweep",
    .usage = "EXPERIMENT.yaml [--grid KEY=V1,V2,...]... [options]   |   latimer sweep --summary NAME",
    .summary = "trains a grid of experiments with several seeds each: means and significance",
    .description =
        "Every point of the grid is trained with every seed, as a run like any other, recorded under the\n"
        "sweep's name; seed by seed, so that a first table is there early. All points are checked before "
        "the\n"
        "first training. The list of the runs is in the database, which a sweep cannot do without.\n"
        "\n"
        "A run that fails does not end the sweep; it is told at the end, and the exit status is 1. SIGINT "
        "and\n"
        "SIGTERM are passed on to the trainings, which save. The same command goes on: finished runs are\n"
        "kept; stopped, killed and failed ones are resumed, missing ones made. More seeds may be wanted "
        "then.\n"
        "\n"
        "The summary on standard output has of each point the mean and the sample standard deviation over "
        "its\n"
        "seeds, of the best score on dev and of each test set; the difference to the first point; and p. "
        "With\n"
        "two seeds or more on both sides that is of Welch's t-test (two-sided): would other seeds differ, "
        "too?\n"
        "With one it is that of 'compare --method randomization', marked r: would other sentences?\n"
        "Three seeds show only what is large beside the deviation.",
    .table = table_of_options,
    .size = sizeof(sweep_options),
    .most = 1,
    .run = run_sweep,
};
