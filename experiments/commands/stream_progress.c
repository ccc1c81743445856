#include "experiments/commands/stream_progress.h"

#include <stdio.h>
#include <unistd.h>

#include "model/base/clock.h"

lt_stream_progress lt_stream_progress_begin(void)
{
    return (lt_stream_progress){.terminal = isatty(STDERR_FILENO), .told_at = lt_seconds()};
}

void lt_stream_progress_tell(void *context, size_t lines, double seconds)
{
    lt_stream_progress *p = context;
    double time = lt_seconds(), every = p->terminal ? 0.2 : 10;
    if (time - p->told_at < every) return;
    p->told_at = time;
    p->drawn = p->terminal;
    fprintf(stderr, "%s%zu lines, %.1f sentences/s%s", p->terminal ? "\r" : "", lines,
            (double)lines / seconds, p->terminal ? "\033[K" : "\n");
}

void lt_stream_progress_end(const lt_stream_progress *progress)
{
    if (progress->drawn) fprintf(stderr, "\r\033[K");
}

lt_status lt_stream_tell_input(const lt_reader *reader, lt_error *error)
{
    lt_text remarks = {0};
    lt_status status = lt_reader_remarks(reader, &remarks, error);
    if (status == LT_OK && remarks.length) fputs(remarks.data, stderr);
    lt_text_clear(&remarks);
    return status;
}
