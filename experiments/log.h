/* log.h: log.jsonl, a run's own record: one event a line, as JSON. */
#ifndef LT_LOG_H
#define LT_LOG_H

#include "experiments/events.h"

typedef struct lt_log {
    int descriptor; /* -1: closed */
    char *path;
} lt_log;

/* Opens for appending. A last line without its end, left by a process that was killed in the middle of it, is
 * cut off. */
lt_status lt_log_open(lt_log *log, const char *path, lt_error *error);
void lt_log_close(lt_log *log);

/* Appends `event`, with the time, in one write. Updates are only written when they are to be reported. */
lt_status lt_log_event(lt_log *log, const lt_event *event, lt_error *error);

/* Appends {"time":..., "event":"run", "id":..., "command":..., "threads":...}: who writes what follows. */
lt_status lt_log_run(lt_log *log, const char *id, const char *command, size_t threads, lt_error *error);

/* The threads that the run was begun with, as its first line says; 0: it does not. */
size_t lt_log_threads(const lt_log *log);

#endif
