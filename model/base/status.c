#include "model/base/status.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

lt_status lt_fail(lt_error *error, lt_status code, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->code = code;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return code;
}

lt_status lt_fail_errno(lt_error *error, const char *format, ...)
{
    int number = errno;
    lt_status code = number == ENOMEM ? LT_ERROR_MEMORY : LT_ERROR_IO;
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        int length = vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        error->code = code;
        if (length >= 0 && (size_t)length < sizeof error->message)
            snprintf(error->message + length, sizeof error->message - (size_t)length, ": %s",
                     strerror(number));
    }
    return code;
}

lt_status lt_error_context(lt_error *error, const char *format, ...)
{
    char context[LT_ERROR_MESSAGE_MAX], message[LT_ERROR_MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    memcpy(message, error->message, sizeof message);
    size_t used = strlen(context);
    if (used > sizeof context - 3) used = sizeof context - 3;
    memcpy(error->message, context, used);
    memcpy(error->message + used, ": ", 2);
    size_t rest = strnlen(message, sizeof message - used - 3);
    memcpy(error->message + used + 2, message, rest);
    error->message[used + 2 + rest] = '\0';
    return error->code;
}

lt_status lt_fail_signal(lt_error *error, int number, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        int length = snprintf(error->message, sizeof error->message, "stopped by %s",
                              number == SIGINT    ? "SIGINT"
                              : number == SIGTERM ? "SIGTERM"
                                                  : "a signal");
        vsnprintf(error->message + length, sizeof error->message - (size_t)length, format, arguments);
        va_end(arguments);
        error->code = LT_ERROR_INTERRUPTED;
        error->signal = number;
    }
    return LT_ERROR_INTERRUPTED;
}

int lt_exit_status(const lt_error *error)
{
    switch (error->code) {
    case LT_OK:
        return 0;
    case LT_ERROR_USAGE:
        return 2;
    case LT_ERROR_INTERRUPTED:
        return 128 + error->signal;
    default:
        return 1;
    }
}
