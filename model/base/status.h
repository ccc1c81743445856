/* status.h: what every function that can fail returns, and the record that says why.
 *
 * A function that can fail returns lt_status and takes an `lt_error *` last. On failure it fills the record
 * by lt_fail() and returns the code; the message says what failed, where (file:line where there is one), why,
 * and what to do. Libraries never print and never exit; the command line prints `error->message` once, and
 * exits with lt_exit_status(). Programmer errors (broken preconditions) assert. */
#ifndef LT_BASE_STATUS_H
#define LT_BASE_STATUS_H

typedef enum lt_status {
    LT_OK = 0,
    LT_ERROR_USAGE,       /* wrong command line, configuration or option: exit 2 */
    LT_ERROR_IO,          /* the system said no: missing file, full disk, permission: exit 1 */
    LT_ERROR_FORMAT,      /* the file is there but is not what it should be: exit 1 */
    LT_ERROR_MISMATCH,    /* two things that must agree do not (line counts, SHA-256, signatures): exit 1 */
    LT_ERROR_MEMORY,      /* out of memory: exit 1 */
    LT_ERROR_LIBRARY,     /* SentencePiece, SQLite, ... reported a failure: exit 1 */
    LT_ERROR_NUMERIC,     /* NaN or infinity where a finite number is required: exit 1 */
    LT_ERROR_INTERRUPTED, /* stopped by SIGINT or SIGTERM after saving: exit 130 or 143 */
} lt_status;

#define LT_ERROR_MESSAGE_MAX 2048

/* One failure. In the caller's storage; all zeros is "no failure". */
typedef struct lt_error {
    lt_status code;
    int signal; /* with LT_ERROR_INTERRUPTED: which */
    char message[LT_ERROR_MESSAGE_MAX];
} lt_error;

/* Fills `error` (may be NULL) and returns `code`, so that `return lt_fail(error, ...)` works. Long messages
 * are cut. */
lt_status lt_fail(lt_error *error, lt_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As lt_fail(), with ": strerror(errno)" behind the message; LT_ERROR_IO, or LT_ERROR_MEMORY for ENOMEM. */
lt_status lt_fail_errno(lt_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts "<context>: " before the message of an error that is already filled; returns its code. */
lt_status lt_error_context(lt_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* LT_ERROR_INTERRUPTED by signal `number`: the message is "stopped by SIGINT" and what the format gives. */
lt_status lt_fail_signal(lt_error *error, int number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The process's exit status for a code: 0, 1, 2, or 128 + signal. */
int lt_exit_status(const lt_error *error);

/* Evaluates an lt_status expression once; on failure returns it from the calling function. */
#define LT_TRY(expression)                                                                                   \
    do {                                                                                                     \
        lt_status lt_try_status_ = (expression);                                                             \
        if (lt_try_status_ != LT_OK) return lt_try_status_;                                                  \
    } while (0)

/* The same for functions with a clean-up label: sets `status` and jumps. */
#define LT_GOTO(status, expression, label)                                                                   \
    do {                                                                                                     \
        (status) = (expression);                                                                             \
        if ((status) != LT_OK) goto label;                                                                   \
    } while (0)

#endif
