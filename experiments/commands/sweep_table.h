/* sweep_table.h: the summary of a sweep, printed. */
#ifndef LT_SWEEP_TABLE_H
#define LT_SWEEP_TABLE_H

#include "experiments/sweep_summary.h"

/* One row a point; below it what the figures and marks mean, and the metrics' signatures. */
lt_status lt_sweep_print_table(const lt_sweep_summary *summary, bool markdown, lt_error *error);
lt_status lt_sweep_print_json(const lt_sweep_summary *summary, lt_error *error);

#endif
