/* program.h: another program, run to its end. Private to corpora/. */
#ifndef LT_CORPORA_PROGRAM_H
#define LT_CORPORA_PROGRAM_H

#include "model/base/status.h"
#include "model/base/text.h"

/* Runs arguments[0], looked for in $PATH, in the C locale and with an empty standard input. What it writes is
 * appended to `out` and `errors`. `*exit_status` is its exit status, or 128 + the signal that ended it.
 * LT_ERROR_IO where it cannot be run, LT_ERROR_FORMAT where it writes more than `limit` bytes. It ends with
 * us. */
lt_status lt_program_run(const lt_strings *arguments, size_t limit, lt_text *out, lt_text *errors,
                         int *exit_status, lt_error *error);

#endif
