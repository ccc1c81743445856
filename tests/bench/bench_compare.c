/* bench_compare: records of the benchmarks (figures.h), a line of JSON each, put side by side: what latimer
 * reached in every case, what PyTorch did, and the ratio. Records of the same case are rounds: the table has
 * the best of them and, behind it, the ratio of the medians.
 *
 * usage: bench_compare RECORDS [JSON]      RECORDS: a file; JSON: where all of it goes as one object */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/figures.h"
#include "tests/bench/setting.h"

enum { CASES_MAX = 256, ROUNDS_MAX = 64 };

/* One program's rounds of a case. */
typedef struct side {
    double medians[ROUNDS_MAX], best;
    size_t rounds;
    double peak_rss, share; /* of the peak, the best; 0: not known */
} side;

typedef struct comparison {
    const json_t *first; /* a record of the case */
    side ours, theirs;
} comparison;

static const char *text(const json_t *record, const char *key)
{
    const char *found = json_string_value(json_object_get(record, key));
    return found ? found : "";
}

static long long number(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

static bool is_ours(const json_t *record)
{
    return strcmp(text(record, "program"), "latimer") == 0;
}

/* The peer's figures stand beside every precision of ours: `any_precision`. */
static bool same_case(const json_t *a, const json_t *b, bool any_precision)
{
    static const char *const texts[] = {"task", "data", "attention"};
    static const char *const numbers[] = {"threads", "mini_batch", "beam"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(text(a, texts[i]), text(b, texts[i])) != 0) return false;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (number(a, numbers[i]) != number(b, numbers[i])) return false;
    return any_precision || strcmp(text(a, "precision"), text(b, "precision")) == 0;
}

static const char *unit(const json_t *record)
{
    return strcmp(text(record, "task"), "training") == 0 ? "tokens_per_second" : "sentences_per_second";
}

static double figure(const json_t *record, const char *name, const char *which)
{
    return json_number_value(
        json_object_get(json_object_get(json_object_get(record, "figures"), name), which));
}

static void add_round(side *s, const json_t *record)
{
    double best = figure(record, unit(record), "best"), share = figure(record, "share_of_peak", "best");
    double rss = json_number_value(json_object_get(record, "peak_rss_mib"));
    if (s->rounds == ROUNDS_MAX) return;
    s->medians[s->rounds++] = figure(record, unit(record), "median");
    if (best > s->best) s->best = best;
    if (share > s->share) s->share = share;
    if (rss > s->peak_rss) s->peak_rss = rss;
}

/* The cases of ours, in the order of their first records, with the peer's rounds. */
static size_t compare(const json_t *records, comparison *cases)
{
    size_t count = 0, i, c;
    json_t *record;
    json_array_foreach((json_t *)records, i, record)
    {
        if (!is_ours(record)) continue;
        for (c = 0; c < count && !same_case(cases[c].first, record, false); c++) continue;
        if (c == CASES_MAX) continue;
        if (c == count) cases[count++] = (comparison){.first = record};
        add_round(&cases[c].ours, record);
    }
    json_array_foreach((json_t *)records, i, record) for (c = 0; c < count && !is_ours(record);
                                                          c++) if (same_case(cases[c].first, record, true))
        add_round(&cases[c].theirs, record);
    return count;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double middle(side *s)
{
    if (s->rounds == 0) return 0;
    qsort(s->medians, s->rounds, sizeof *s->medians, ascending);
    return (s->medians[(s->rounds - 1) / 2] + s->medians[s->rounds / 2]) / 2;
}

static json_t *describe(side *s)
{
    return json_pack("{s:f, s:f, s:f, s:I}", "best", s->best, "median", middle(s), "peak_rss_mib",
                     s->peak_rss, "rounds", (json_int_t)s->rounds);
}

static json_t *put_in_order(comparison *c)
{
    const json_t *r = c->first;
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "task", text(r, "task"), "data",
                             text(r, "data"), "attention", text(r, "attention"), "precision",
                             text(r, "precision"), "threads", (json_int_t)number(r, "threads"), "mini_batch",
                             (json_int_t)number(r, "mini_batch"), "beam", (json_int_t)number(r, "beam"),
                             "unit", unit(r));
    json_object_set_new(line, "latimer", describe(&c->ours));
    if (c->ours.share > 0) json_object_set_new(line, "share_of_peak", json_real(c->ours.share));
    if (c->theirs.rounds == 0) return line;
    json_object_set_new(line, "pytorch", describe(&c->theirs));
    json_object_set_new(line, "ratio_of_best", json_real(c->ours.best / c->theirs.best));
    json_object_set_new(line, "ratio_of_medians", json_real(middle(&c->ours) / middle(&c->theirs)));
    return line;
}

static void print_case(comparison *c)
{
    const json_t *r = c->first;
    char what[128];
    bool training = strcmp(text(r, "task"), "training") == 0;
    snprintf(what, sizeof what, "%s %s, attention %s, %s", text(r, "task"), text(r, "data"),
             text(r, "attention"), text(r, "precision"));
    printf("%-52s %3lld %5lld %4lld %10.1f %s", what, number(r, "threads"), number(r, "mini_batch"),
           number(r, "beam"), c->ours.best, training ? "tok/s " : "sent/s");
    printf(" %5.1f%% %6.0f", 100 * c->ours.share, c->ours.peak_rss);
    if (c->theirs.rounds)
        printf(" %10.1f %6.0f %7.2f %7.2f", c->theirs.best, c->theirs.peak_rss, c->ours.best / c->theirs.best,
               middle(&c->ours) / middle(&c->theirs));
    printf("\n");
}

static lt_status read_records(json_t *records, const char *path, lt_error *error)
{
    json_error_t bad;
    FILE *file = fopen(path, "r");
    if (!file) return lt_fail_errno(error, "cannot open %s", path);
    size_t line = 1;
    lt_status status = LT_OK;
    for (int c; status == LT_OK && (c = getc(file)) != EOF; line++) {
        ungetc(c, file);
        json_t *record = json_loadf(file, JSON_DISABLE_EOF_CHECK, &bad);
        if (!record) status = lt_fail(error, LT_ERROR_FORMAT, "%s: record %zu: %s", path, line, bad.text);
        if (record) json_array_append_new(records, record);
        while ((c = getc(file)) == '\n') continue;
        if (c != EOF) ungetc(c, file);
    }
    fclose(file);
    if (status == LT_OK && json_array_size(records) == 0)
        return lt_fail(error, LT_ERROR_FORMAT, "%s: there is no record in it", path);
    return status;
}

static lt_status run(const char *path, const char *json, lt_error *error)
{
    static comparison cases[CASES_MAX];
    json_t *records = json_array(), *lines = json_array();
    lt_status status = read_records(records, path, error);
    if (status == LT_OK) {
        size_t count = compare(records, cases);
        printf("%-52s %3s %5s %4s %17s %6s %6s %10s %6s %7s %7s\n", "", "thr", "batch", "beam", "latimer",
               "peak", "MiB", "PyTorch", "MiB", "ratio", "medians");
        for (size_t c = 0; c < count; c++) {
            print_case(&cases[c]);
            json_array_append_new(lines, put_in_order(&cases[c]));
        }
        json_t *all = json_pack("{s:O, s:O}", "comparisons", lines, "records", records);
        status = figures_write(all, json, error);
        json_decref(all);
    }
    json_decref(records);
    json_decref(lines);
    return status;
}

int main(int argc, char **argv)
{
    lt_error error = {0};
    if (argc < 2 || argc > 3) {
        fprintf(stderr, "bench_compare: usage: bench_compare RECORDS [JSON]\n");
        return 2;
    }
    return bench_end(argv[0], run(argv[1], argc > 2 ? argv[2] : NULL, &error), &error);
}
