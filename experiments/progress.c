#include "experiments/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/base/clock.h"

static const double REDRAW_SECONDS = 0.2, PLAIN_SECONDS = 10;

void lt_progress_init(lt_progress *progress, FILE *stream, bool verbose)
{
    const char *terminal = getenv("TERM");
    *progress = (lt_progress){.stream = stream, .verbose = verbose, .drawn_at = -1e9, .printed_at = -1e9};
    progress->terminal = isatty(fileno(stream)) && !(terminal && strcmp(terminal, "dumb") == 0);
}

void lt_progress_finish(lt_progress *progress)
{
    if (progress->drawn) fputc('\n', progress->stream);
    progress->drawn = false;
    fflush(progress->stream);
}

void lt_progress_duration(char *out, size_t size, double seconds)
{
    if (!(seconds >= 0) || seconds > 1e9) seconds = 0;
    long s = lround(seconds);
    if (s >= 3600)
        snprintf(out, size, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%ld:%02ld", s / 60, s % 60);
}

static void show_update(lt_progress *p, const lt_event *event)
{
    const lt_event_update *update = &event->as.progress;
    double time = lt_seconds();
    bool due = p->terminal ? time - p->drawn_at >= REDRAW_SECONDS || update->report
                           : update->report && time - p->printed_at >= PLAIN_SECONDS;
    if (!due) return;
    char left[32] = "";
    if (update->fraction > 0) {
        char duration[24];
        lt_progress_duration(duration, sizeof duration, update->seconds_left);
        snprintf(left, sizeof left, ", ETA %s", duration);
    }
    char line[200];
    snprintf(line, sizeof line, "epoch %llu, update %llu: loss %.4f, %.0f words/s%s",
             (unsigned long long)event->epoch, (unsigned long long)event->update, update->mean_loss,
             update->words_per_second, left);
    if (!p->terminal)
        fprintf(p->stream, "%s\n", line);
    else
        fprintf(p->stream, "\r%s\033[K", line); /* no spaces: they would wrap on a narrow terminal */
    p->drawn = p->terminal;
    p->drawn_at = p->printed_at = time;
    fflush(p->stream);
}

static void show_validation(lt_progress *p, const lt_event *event)
{
    const lt_event_validation *v = &event->as.validation;
    const double *scores = v->scores;
    fprintf(p->stream, "update %llu: validation loss %.4f", (unsigned long long)event->update,
            scores[LT_WATCH_LOSS]);
    if (isfinite(scores[LT_WATCH_BLEU]))
        fprintf(p->stream, ", perplexity %.2f, BLEU %.2f", exp(scores[LT_WATCH_LOSS]), scores[LT_WATCH_BLEU]);
    if (isfinite(scores[LT_WATCH_ACCURACY]))
        fprintf(p->stream, ", accuracy %.2f, macro-F1 %.2f", scores[LT_WATCH_ACCURACY],
                scores[LT_WATCH_MACRO_F1]);
    if (v->best) fprintf(p->stream, " (best so far)");
    if (!v->best) fprintf(p->stream, " (no better for %zu)", v->stale);
    if (v->decayed) fprintf(p->stream, "; learning rate now %.3g", v->learning_rate);
    fputc('\n', p->stream);
}

static void show_started(lt_progress *p, const lt_event *event)
{
    const lt_event_started *s = &event->as.started;
    fprintf(p->stream, "%s at update %llu: %zu parameters, ", s->resumed ? "resumed" : "started",
            (unsigned long long)event->update, s->parameters);
    if (s->classes)
        fprintf(p->stream, "vocabulary %zu, %zu labels, %zu texts", s->src_vocab, s->classes, s->pairs);
    else
        fprintf(p->stream, "vocabularies %zu and %zu, %zu pairs", s->src_vocab, s->trg_vocab, s->pairs);
    fprintf(p->stream, " in %zu batches an epoch, %zu thread%s\n", s->batches, s->threads,
            s->threads == 1 ? "" : "s");
}

static void show_origin(lt_progress *p, const lt_store_origin *origin)
{
    fprintf(p->stream, "begins from %s of %s", origin->checkpoint, origin->folder);
    if (origin->step >= 0) fprintf(p->stream, " (update %lld)", (long long)origin->step);
    fprintf(p->stream, ", vocabulary: %s\n", origin->vocabulary);
}

static void show_test(lt_progress *p, const lt_store_evaluation *test)
{
    fprintf(p->stream, "test %s:", test->dataset);
    for (size_t i = 0; i < test->metrics; i++)
        fprintf(p->stream, "%s %s %.2f", i ? "," : "", test->scores[i].metric, test->scores[i].score);
    fprintf(p->stream, " (%zu lines)\n", test->segments);
}

void lt_progress_event(lt_progress *progress, const lt_event *event)
{
    if (event->kind == LT_EVENT_UPDATE) {
        show_update(progress, event);
        return;
    }
    bool quiet = event->kind == LT_EVENT_DATASET || event->kind == LT_EVENT_CHECKPOINT;
    if (quiet && !progress->verbose) return;
    lt_progress_finish(progress);
    char spent[24];
    switch (event->kind) {
    case LT_EVENT_ORIGIN:
        show_origin(progress, &event->as.origin);
        break;
    case LT_EVENT_DATASET:
        fprintf(progress->stream, "%s data %s: %lld lines\n", event->as.dataset.role, event->as.dataset.path,
                (long long)event->as.dataset.lines);
        break;
    case LT_EVENT_STARTED:
        show_started(progress, event);
        break;
    case LT_EVENT_VALIDATION:
        show_validation(progress, event);
        break;
    case LT_EVENT_CHECKPOINT:
        fprintf(progress->stream, "saved %s (update %llu)\n", event->as.checkpoint.path,
                (unsigned long long)event->update);
        break;
    case LT_EVENT_TEST:
        show_test(progress, &event->as.test);
        break;
    case LT_EVENT_NOTE:
        fprintf(progress->stream, "%s\n", event->as.note);
        break;
    case LT_EVENT_ENDED:
        if (event->as.ended.status != LT_RUN_FINISHED) break; /* the error message says it */
        lt_progress_duration(spent, sizeof spent, event->as.ended.seconds);
        fprintf(progress->stream, "finished (%s) after %s\n", event->as.ended.reason, spent);
        break;
    case LT_EVENT_UPDATE:
        break;
    }
    fflush(progress->stream);
}
