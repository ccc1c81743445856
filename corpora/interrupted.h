/* interrupted.h: long work that a signal may stop. Private to corpora/. */
#ifndef LT_CORPORA_INTERRUPTED_H
#define LT_CORPORA_INTERRUPTED_H

#include <signal.h>
#include <stddef.h>

#include "model/base/status.h"

/* LT_ERROR_INTERRUPTED when `*signal` (may be NULL) is not 0; `consequence` stands in the message. */
static inline lt_status lt_check_interrupted(const volatile sig_atomic_t *signal, const char *consequence,
                                             lt_error *error)
{
    int number = signal ? (int)*signal : 0;
    return number ? lt_fail_signal(error, number, "%s", consequence) : LT_OK;
}

#endif
