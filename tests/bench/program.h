/* program.h: another program run to its end, with what it said and what it used. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include "model/base/text.h"

typedef struct program_use {
    double seconds, processor_seconds; /* start-up included */
    double peak_rss;                   /* MiB */
} program_use;

/* Runs `command` (NULL-terminated; looked up in PATH) and appends its standard error to `notes`. LT_ERROR_IO,
 * with what it said, where it cannot be run or fails. */
lt_status program_run(const char *const *command, lt_text *notes, program_use *use, lt_error *error);

#endif
