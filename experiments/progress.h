/* progress.h: a training's events for the eyes: one line that is redrawn on a terminal, plain lines
 * elsewhere. */
#ifndef LT_PROGRESS_H
#define LT_PROGRESS_H

#include <stdio.h>

#include "experiments/events.h"

typedef struct lt_progress {
    FILE *stream;    /* borrowed */
    bool terminal;   /* redraw with \r */
    bool verbose;    /* datasets and checkpoints, too */
    bool drawn;      /* an unfinished line is on the screen */
    double drawn_at; /* seconds, monotonic */
    double printed_at;
} lt_progress;

/* `stream` is usually stderr; whether it is a terminal decides the form. */
void lt_progress_init(lt_progress *progress, FILE *stream, bool verbose);

/* Shows one event. A stream that cannot be written to is nothing training could not do without. */
void lt_progress_event(lt_progress *progress, const lt_event *event);

/* Ends the redrawn line, so that something else can be printed. */
void lt_progress_finish(lt_progress *progress);

/* "1:02:03" or "4:05". */
void lt_progress_duration(char *out, size_t size, double seconds);

#endif
