/* latimer score: BLEU, chrF and TER of a file against references, and paired tests between several files. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/decoding.h"
#include "experiments/metrics/metrics.h"
#include "model/base/file.h"

enum { MAX_METRICS = LT_METRIC_KINDS };

typedef struct score_options {
    lt_strings input, metrics;
    bool json, sentence_level, score_only, confidence, paired_bs, paired_ar;
    int64_t width, confidence_n, paired_bs_n, paired_ar_n, seed;
    lt_metric_options metric;
} score_options;

#define FIELD(name) .offset = offsetof(score_options, name)
#define FLAG(name_, letter_, help_)                                                                          \
    {                                                                                                        \
        .key = #name_, .letter = letter_, .type = LT_OPTION_BOOL, FIELD(name_), .default_value = "false",    \
        .help = help_                                                                                        \
    }
#define NUMBER(name_, letter_, default_, least, most_, help_)                                                \
    {                                                                                                        \
        .key = #name_, .letter = letter_, .type = LT_OPTION_INTEGER, FIELD(name_),                           \
        .default_value = default_, .minimum = least, .maximum = most_, .help = help_                         \
    }

static const lt_option table[] = {
    {.key = "input",
     .letter = 'i',
     .type = LT_OPTION_LIST,
     FIELD(input),
     .value = "HYP",
     .remainder = true,
     .help = "The hypothesis, '-' for standard input (the default). Several: a table of them all."},
    {.key = "metrics",
     .letter = 'm',
     .type = LT_OPTION_LIST,
     FIELD(metrics),
     .default_value = "bleu",
     .value = "METRIC",
     .remainder = true,
     .help = "bleu, chrf, ter: one or more."},
    FLAG(json, 0, "JSON: an object for one metric, a list for several; scores to 6 decimals."),
    FLAG(sentence_level, 0,
         "One line for each segment, of one metric. BLEU is taken over the effective order."),
    FLAG(score_only, 'b', "Only the scores."),
    NUMBER(width, 'w', "2", 0, 12, "Decimals of scores in text."),
    FLAG(confidence, 0, "The 95% confidence interval of one file's scores, by bootstrap resampling."),
    NUMBER(confidence_n, 0, "1000", 1, 1e7, "Resamples for --confidence."),
    FLAG(paired_bs, 0, "Test every further file against the first by paired bootstrap resampling."),
    NUMBER(paired_bs_n, 0, "1000", 1, 1e7, "Resamples for --paired-bs."),
    FLAG(paired_ar, 0, "Test every further file against the first by paired approximate randomization."),
    NUMBER(paired_ar_n, 0, "10000", 1, 1e7, "Trials for --paired-ar."),
    NUMBER(seed, 0, "12345", 0, 9e15, "Where the resamples and trials come from."),
    {.key = "metric",
     .type = LT_OPTION_GROUP,
     FIELD(metric),
     .group = lt_metric_option_table,
     .help = "The metrics"},
    {0},
};

/* ---- input ---- */

typedef struct lines {
    const char *name;
    lt_lines read;
    lt_metric_line *items; /* the same, as the metrics take them */
    size_t count;
} lines;

static lt_status read_lines(lines *file, const char *name, lt_error *error)
{
    file->name = strcmp(name, "-") == 0 ? "standard input" : name;
    LT_TRY(lt_lines_load(&file->read, name, NULL, error));
    file->count = file->read.count;
    return lt_lines_as_metric(&file->items, &file->read, error);
}

static void clear_lines(lines *file)
{
    lt_lines_clear(&file->read);
    free(file->items);
}

static lt_status check_counts(const lines *a, const lines *b, lt_error *error)
{
    if (a->count == b->count) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "%s has %zu line(s) but %s has %zu; a hypothesis and its references must have as many lines", a->name,
        a->count, b->name, b->count);
}

/* ---- the work at hand ---- */

typedef struct job {
    const score_options *options;
    const lt_common_options *common;
    lines *files; /* systems, then references */
    size_t systems, references, segments;
    lt_metric_line *reference_lines; /* (references, segments) */
    lt_metric *metrics[MAX_METRICS];
    size_t metric_count;
    json_t *json; /* a list */
} job;

static lt_status create_metrics(job *work, lt_error *error)
{
    const lt_strings *names = &work->options->metrics;
    lt_metric_options options = work->options->metric;
    if (work->options->sentence_level) options.effective_order = true;
    for (size_t i = 0; i < names->count; i++) {
        size_t kind = 0;
        while (lt_metric_names[kind] && strcasecmp(lt_metric_names[kind], names->items[i])) kind++;
        if (!lt_metric_names[kind]) {
            const char *near = lt_did_you_mean(names->items[i], lt_metric_names);
            return lt_fail(error, LT_ERROR_USAGE, "--metrics: '%s' is none of bleu, chrf, ter%s%s%s",
                           names->items[i], near ? "; did you mean '" : "", near ? near : "",
                           near ? "'?" : "");
        }
        if (kind >= LT_METRIC_OF_TEXT)
            return lt_fail(
                error, LT_ERROR_USAGE,
                "--metrics: %s is of labels, not of text; 'latimer classify --reference' scores them",
                lt_metric_names[kind]);
        for (size_t k = 0; k < work->metric_count; k++)
            if (lt_metric_which(work->metrics[k]) == (lt_metric_kind)kind)
                return lt_fail(error, LT_ERROR_USAGE, "--metrics: %s is named twice", lt_metric_names[kind]);
        LT_TRY(lt_metric_create(&work->metrics[work->metric_count], (lt_metric_kind)kind, &options, error));
        work->metric_count++;
    }
    return LT_OK;
}

static lt_status read_files(job *work, const lt_strings *references, lt_error *error)
{
    const lt_strings *input = &work->options->input;
    work->references = references->count;
    work->systems = input->count ? input->count : 1;
    work->files = calloc(work->systems + work->references, sizeof *work->files);
    if (!work->files) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    size_t standard = input->count == 0;
    for (size_t i = 0; i < input->count; i++) standard += strcmp(input->items[i], "-") == 0;
    for (size_t i = 0; i < references->count; i++) standard += strcmp(references->items[i], "-") == 0;
    if (standard > 1)
        return lt_fail(error, LT_ERROR_USAGE,
                       "standard input can be read once only; name the hypothesis with -i");
    for (size_t i = 0; i < work->systems + work->references; i++) {
        const char *name = i >= work->systems ? references->items[i - work->systems]
                           : input->count     ? input->items[i]
                                              : "-";
        LT_TRY(read_lines(&work->files[i], name, error));
        if (i) LT_TRY(check_counts(&work->files[0], &work->files[i], error));
    }
    work->segments = work->files[0].count;
    if (work->segments == 0) return lt_fail(error, LT_ERROR_FORMAT, "%s has no lines", work->files[0].name);
    work->reference_lines = calloc(work->references * work->segments, sizeof *work->reference_lines);
    if (!work->reference_lines) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    for (size_t r = 0; r < work->references; r++)
        memcpy(work->reference_lines + r * work->segments, work->files[work->systems + r].items,
               work->segments * sizeof *work->reference_lines);
    return LT_OK;
}

static double rounded(double value)
{
    return round(value * 1e6) / 1e6;
}

static void set_number(json_t *object, const char *key, double value)
{
    json_object_set_new(object, key, json_real(rounded(value)));
}

/* nrefs, case, ... each under its own key, as sacreBLEU does. */
static void set_signature(json_t *object, const char *signature)
{
    json_object_set_new(object, "signature", json_string(signature));
    for (const char *field = signature; *field;) {
        size_t length = strcspn(field, "|"), key = strcspn(field, ":");
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)key, field);
        json_object_set_new(object, name, json_stringn(field + key + 1, length - key - 1));
        field += length + (field[length] == '|');
    }
}

static json_t *score_json(const lt_metric *metric, const lt_metric_score *score, const char *signature,
                          const char *verbose)
{
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(lt_metric_title(metric)));
    set_number(object, "score", score->score);
    set_signature(object, signature);
    if (*verbose) json_object_set_new(object, "verbose_score", json_string(verbose));
    if (lt_metric_which(metric) == LT_METRIC_BLEU) {
        json_t *precisions = json_array();
        for (size_t n = 0; n < LT_BLEU_ORDER; n++)
            json_array_append_new(precisions, json_real(rounded(score->precisions[n])));
        json_object_set_new(object, "precisions", precisions);
        set_number(object, "brevity_penalty", score->brevity_penalty);
        set_number(object, "hyp_len", score->hyp_length);
        set_number(object, "ref_len", score->ref_length);
    }
    if (lt_metric_which(metric) == LT_METRIC_TER) {
        set_number(object, "edits", score->edits);
        set_number(object, "ref_len", score->ref_length);
    }
    return object;
}

/* Prints, or adds to the JSON list, one score; `test` may be NULL. */
static lt_status put_score(job *work, const lt_metric *metric, const lt_metric_score *score,
                           const char *extra, const char *system, const lt_significance *test, size_t which,
                           lt_error *error)
{
    const score_options *o = work->options;
    lt_text signature = {0}, verbose = {0};
    lt_status status;
    int width = (int)o->width;
    LT_GOTO(status, lt_metric_signature(&signature, metric, lt_metric_references(metric), extra, error),
            done);
    LT_GOTO(status, lt_text_append(&verbose, "", 0, error), done);
    LT_GOTO(status, lt_metric_verbose(&verbose, metric, score, error), done);
    bool interval = test && !o->paired_ar, p_value = test && which == 1 && work->systems > 1;
    if (work->json) {
        json_t *object = score_json(metric, score, signature.data, verbose.data);
        if (work->systems > 1) json_object_set_new(object, "system", json_string(system));
        if (interval) {
            set_number(object, "confidence_mean", test->mean[which]);
            set_number(object, "confidence", test->interval[which]);
        }
        if (p_value) {
            set_number(object, "difference", test->difference);
            set_number(object, "p_value", test->p_value);
        }
        if (json_array_append_new(work->json, object))
            status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (work->systems > 1) printf("%s\t", system);
    if (!o->score_only) printf("%s|%s = ", lt_metric_title(metric), signature.data);
    printf("%.*f", width, score->score);
    if (interval) printf(" (mean = %.*f +/- %.*f)", width, test->mean[which], width, test->interval[which]);
    if (p_value) printf(" (difference = %+.*f p = %.4f)", width, test->difference, test->p_value);
    if (!o->score_only && verbose.length) printf(" %s", verbose.data);
    putchar('\n');
done:
    lt_text_clear(&signature);
    lt_text_clear(&verbose);
    return status;
}

static lt_status sentences(job *work, lt_error *error)
{
    lt_metric *metric = work->metrics[0];
    double stats[LT_METRIC_STATS_MAX];
    lt_metric_score score;
    lt_metric_line *references = calloc(work->references, sizeof *references);
    if (!references) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_status status = LT_OK;
    for (size_t i = 0; i < work->segments && status == LT_OK; i++) {
        for (size_t r = 0; r < work->references; r++)
            references[r] = work->reference_lines[r * work->segments + i];
        status =
            lt_metric_segment(metric, stats, &work->files[0].items[i], references, work->references, error);
        if (status != LT_OK) break;
        lt_metric_score_of(metric, stats, &score);
        status = put_score(work, metric, &score, NULL, work->files[0].name, NULL, 0, error);
    }
    free(references);
    return status;
}

/* Scores every system by one metric and, where asked for, tests it. */
static lt_status corpus(job *work, lt_metric *metric, lt_error *error)
{
    const score_options *o = work->options;
    size_t width = lt_metric_stats_count(metric), size = work->segments * width;
    bool paired = o->paired_bs || o->paired_ar;
    size_t samples = (size_t)(o->paired_ar   ? o->paired_ar_n
                              : o->paired_bs ? o->paired_bs_n
                                             : o->confidence_n);
    char extra[96] = "";
    double *rows = calloc(2 * size, sizeof *rows); /* the first system's, and the one at hand */
    if (!rows)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the statistics of %zu segments",
                       work->segments);
    if (paired || o->confidence)
        snprintf(extra, sizeof extra, "%s:%zu|seed:%lld", o->paired_ar ? "ar" : "bs", samples,
                 (long long)o->seed);
    lt_status status = LT_OK;
    for (size_t s = 0; s < work->systems && status == LT_OK; s++) {
        lt_metric_score score;
        lt_significance test;
        double *mine = s ? rows + size : rows;
        LT_GOTO(status,
                lt_metric_corpus(metric, &score, NULL, mine, work->files[s].items, work->reference_lines,
                                 work->segments, work->references, error),
                done);
        uint64_t seed = (uint64_t)o->seed;
        if (s == 0 && (o->paired_bs || o->confidence))
            status = lt_bootstrap_interval(&test, metric, rows, work->segments, samples, seed, error);
        else if (s && o->paired_bs)
            status = lt_paired_bootstrap(&test, metric, rows, mine, work->segments, samples, seed, error);
        else if (s && o->paired_ar)
            status = lt_paired_randomization(&test, metric, rows, mine, work->segments, samples, seed, error);
        if (status != LT_OK) break;
        bool tested = o->paired_bs || o->confidence || (s && o->paired_ar);
        status = put_score(work, metric, &score, *extra ? extra : NULL, work->files[s].name,
                           tested ? &test : NULL, s > 0, error);
    }
done:
    free(rows);
    return status;
}

static lt_status check_options(const score_options *o, lt_error *error)
{
    size_t systems = o->input.count ? o->input.count : 1;
    bool paired = o->paired_bs || o->paired_ar;
    if (o->paired_bs && o->paired_ar)
        return lt_fail(error, LT_ERROR_USAGE, "--paired-bs and --paired-ar exclude each other");
    if (paired && systems < 2)
        return lt_fail(error, LT_ERROR_USAGE, "--paired-%s compares files; give two or more with -i",
                       o->paired_bs ? "bs" : "ar");
    if (o->confidence && systems > 1)
        return lt_fail(error, LT_ERROR_USAGE, "--confidence is for one file; use --paired-bs for several");
    if (o->sentence_level && (systems > 1 || o->metrics.count > 1 || paired || o->confidence))
        return lt_fail(error, LT_ERROR_USAGE, "--sentence-level takes one file and one metric, and no tests");
    return LT_OK;
}

static void warn(const job *work)
{
    for (size_t i = 0; i < work->metric_count && !work->common->quiet; i++) {
        const lt_metric *metric = work->metrics[i];
        if (lt_metric_malformed(metric))
            fprintf(stderr, "score: %s: %zu bytes that are no UTF-8 were read as U+FFFD\n",
                    lt_metric_title(metric), lt_metric_malformed(metric));
        if (lt_metric_without_reference(metric))
            fprintf(stderr, "score: %s: %zu segments have only empty references (sacreBLEU refuses these)\n",
                    lt_metric_title(metric), lt_metric_without_reference(metric));
    }
}

static lt_status print_json(const job *work, lt_error *error)
{
    const json_t *what = json_array_size(work->json) == 1 && !work->options->sentence_level
                             ? json_array_get(work->json, 0)
                             : work->json;
    char *text = json_dumps(what, JSON_INDENT(1) | JSON_REAL_PRECISION(15));
    if (!text) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the JSON of the scores");
    puts(text);
    free(text);
    return LT_OK;
}

static lt_status run(const void *options, const lt_common_options *common, const lt_strings *operands,
                     lt_error *error)
{
    job work = {.options = options, .common = common};
    lt_status status;
    LT_TRY(check_options(work.options, error));
    LT_GOTO(status, create_metrics(&work, error), done);
    LT_GOTO(status, read_files(&work, operands, error), done);
    if (work.options->json && !(work.json = json_array())) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (work.options->sentence_level) LT_GOTO(status, sentences(&work, error), done);
    for (size_t i = 0; i < work.metric_count && !work.options->sentence_level; i++)
        LT_GOTO(status, corpus(&work, work.metrics[i], error), done);
    if (work.json) LT_GOTO(status, print_json(&work, error), done);
    warn(&work);
done:
    json_decref(work.json);
    for (size_t i = 0; i < work.metric_count; i++) lt_metric_free(work.metrics[i]);
    for (size_t i = 0; work.files && i < work.systems + work.references; i++) clear_lines(&work.files[i]);
    free(work.files);
    free(work.reference_lines);
    return status;
}

const lt_command lt_command_score = {
    .name = "score",
    .usage = "REF... [-i HYP...] [-m bleu chrf ter] [options]",
    .summary = "scores hypotheses against references: BLEU, chrF, TER, as sacreBLEU does",
    .description =
        "References come first, one file each; the hypothesis is -i or standard input. Lines are ended by\n"
        "line feeds alone. Several hypotheses may be tested against the first: --paired-bs, --paired-ar.",
    .table = table,
    .size = sizeof(score_options),
    .least = 1,
    .most = 100,
    .run = run,
};
