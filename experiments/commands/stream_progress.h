/* stream_progress.h: how far a stream of lines has come, on standard error. */
#ifndef LT_STREAM_PROGRESS_H
#define LT_STREAM_PROGRESS_H

#include "corpora/corpora.h"

typedef struct lt_stream_progress {
    bool terminal, drawn;
    double told_at;
} lt_stream_progress;

lt_stream_progress lt_stream_progress_begin(void);
/* As lt_stream_files wants it: `context` is the lt_stream_progress. */
void lt_stream_progress_tell(void *context, size_t lines, double seconds);
void lt_stream_progress_end(const lt_stream_progress *progress);

/* What was odd in the lines that were read. */
lt_status lt_stream_tell_input(const lt_reader *reader, lt_error *error);

#endif
