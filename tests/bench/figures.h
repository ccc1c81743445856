/* figures.h: what a benchmark found, as one JSON object: printed as a table, written as a line of a file.
 *
 * A record has texts and numbers that say what was measured ("task", "data", "attention", "precision",
 * "threads", "mini_batch", "beam"), and figures: objects with "median" and "best" of several repetitions
 * under "figures", "peak_rss_mib", and the phases with their seconds (of threads), GFLOP, and shares. */
#ifndef BENCH_FIGURES_H
#define BENCH_FIGURES_H

#include <jansson.h>

#include "model/base/phase.h"
#include "model/base/status.h"

/* "figures"[name] = {"median", "best"} of amount / seconds, `repetitions` times; sorts `seconds`. */
void figures_add_rate(json_t *record, const char *name, double amount, double *seconds, size_t repetitions);

/* GFLOP/s and its share of `peak` (GFLOP/s, of all threads; 0: not known), and "phases": `phases` are the
 * sums over the repetitions, which took `seconds` each. */
void figures_add_phases(json_t *record, const lt_phases *phases, double *seconds, size_t repetitions,
                        size_t threads, double peak);

/* The largest of this process, in MiB. */
double figures_peak_rss(void);

/* Processor time of all threads of this process, in seconds: steadier than the clock on a busy machine. */
double figures_processor_seconds(void);

void figures_print(const json_t *record);

/* One line of a new file; `path` may be NULL: nowhere. */
lt_status figures_write(const json_t *record, const char *path, lt_error *error);

#endif
