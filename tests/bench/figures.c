#include "tests/bench/figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "model/base/file.h"

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(const double *sorted, size_t n)
{
    return (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
}

static json_t *member(json_t *object, const char *key)
{
    json_t *found = json_object_get(object, key);
    if (!found) json_object_set_new(object, key, found = json_object());
    return found;
}

void figures_add_rate(json_t *record, const char *name, double amount, double *seconds, size_t repetitions)
{
    qsort(seconds, repetitions, sizeof *seconds, ascending);
    json_object_set_new(
        member(record, "figures"), name,
        json_pack("{s:f, s:f}", "median", amount / median(seconds, repetitions), "best", amount / *seconds));
}

void figures_add_phases(json_t *record, const lt_phases *phases, double *seconds, size_t repetitions,
                        size_t threads, double peak)
{
    double operations = 0, busy = 0, all = 0;
    json_t *list = member(record, "phases");
    for (size_t i = 0; i < repetitions; i++) all += seconds[i] * (double)threads;
    for (int p = 0; p < LT_PHASES; p++) {
        double took = phases->seconds[p], gflop = phases->operations[p] / 1e9;
        double rate = took > 0 ? gflop / took * (double)threads : 0;
        json_object_set_new(list, lt_phase_names[p],
                            json_pack("{s:f, s:f, s:f, s:f, s:f}", "seconds", took, "share_of_time",
                                      took / all, "gflop", gflop, "gflops", rate, "share_of_peak",
                                      peak > 0 ? rate / peak : 0));
        operations += gflop;
        busy += took;
    }
    json_object_set_new(list, "other",
                        json_pack("{s:f, s:f, s:f, s:f, s:f}", "seconds", all - busy, "share_of_time",
                                  1 - busy / all, "gflop", 0.0, "gflops", 0.0, "share_of_peak", 0.0));
    figures_add_rate(record, "gflops", operations / (double)repetitions, seconds, repetitions);
    if (peak <= 0) return;
    json_object_set_new(record, "peak_gflops", json_real(peak));
    figures_add_rate(record, "share_of_peak", operations / (double)repetitions / peak, seconds, repetitions);
}

double figures_peak_rss(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

double figures_processor_seconds(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void print_phases(const json_t *phases)
{
    const char *name;
    json_t *phase;
    printf("  %-26s %10s %10s %10s %10s\n", "phase", "seconds", "of time", "GFLOP/s", "of peak");
    json_object_foreach((json_t *)phases, name, phase)
    {
        double rate = json_real_value(json_object_get(phase, "gflops"));
        printf("  %-26s %10.3f %9.1f%%", name, json_real_value(json_object_get(phase, "seconds")),
               100 * json_real_value(json_object_get(phase, "share_of_time")));
        if (rate > 0)
            printf(" %10.1f %9.1f%%", rate, 100 * json_real_value(json_object_get(phase, "share_of_peak")));
        printf("\n");
    }
}

void figures_print(const json_t *record)
{
    const char *name, *between = "";
    json_t *value;
    json_object_foreach((json_t *)record, name, value)
    {
        if (json_is_string(value)) printf("%s%s %s", between, name, json_string_value(value));
        if (json_is_integer(value)) printf("%s%s %lld", between, name, (long long)json_integer_value(value));
        if (json_is_string(value) || json_is_integer(value)) between = ", ";
    }
    printf("\n  %-26s %10s %10s\n", "", "median", "best");
    json_object_foreach(json_object_get(record, "figures"), name, value)
    {
        double middle = json_real_value(json_object_get(value, "median"));
        double best = json_real_value(json_object_get(value, "best"));
        printf(middle < 10 ? "  %-26s %10.3f %10.3f\n" : "  %-26s %10.1f %10.1f\n", name, middle, best);
    }
    json_object_foreach((json_t *)record, name, value) if (json_is_real(value))
        printf("  %-26s %10.2f\n", name, json_real_value(value));
    if (json_object_get(record, "phases")) print_phases(json_object_get(record, "phases"));
}

lt_status figures_write(const json_t *record, const char *path, lt_error *error)
{
    if (!path) return LT_OK;
    char *line = json_dumps(record, JSON_COMPACT | JSON_REAL_PRECISION(6));
    if (!line) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for what was measured");
    size_t length = strlen(line);
    line[length] = '\n'; /* in the place of the NUL, which lt_file_write() does not need */
    lt_status status = lt_file_write(path, line, length + 1, error);
    free(line);
    return status;
}
