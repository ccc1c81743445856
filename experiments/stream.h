/* stream.h: text translated while it comes in: lines of a file or a pipe, to lines of another, in order. */
#ifndef LT_STREAM_H
#define LT_STREAM_H

#include <signal.h>
#include <stdio.h>

#include "experiments/decoding.h"
#include "experiments/run_model.h"
#include "model/base/file.h"

typedef struct lt_stream_setting {
    const lt_run_model *run;
    const lt_decoding_options *options;
    size_t n_best;       /* 0: the best alone, as plain text; else Moses n-best lines */
    bool word_scores;    /* behind each translation, the log-probability of each of its pieces */
    bool alignment;      /* which words go with which, too: "0-0 1-2" */
    lt_reader *reader;   /* read to its end */
    FILE *out;           /* written and, after each block, flushed */
    lt_hypotheses *keep; /* gets the best translation of every line; NULL: they are not kept */
    const volatile sig_atomic_t *signal; /* not 0: give up, LT_ERROR_INTERRUPTED */
    /* Called after each block; NULL: nobody asks. */
    void (*progress)(void *context, size_t lines, double seconds);
    void *progress_context;
} lt_stream_setting;

typedef struct lt_stream_result {
    lt_translator_counts counts;
    double seconds; /* of translating; waiting for input is not counted */
    char output_sha256[LT_SHA256_HEX];
} lt_stream_result;

/* Translates in blocks of many lines, or of fewer where the input makes a pause: a line that was typed is
 * answered at once. The output does not depend on that. Memory does not grow with the input, but for `keep`.
 */
lt_status lt_stream_translate(const lt_stream_setting *setting, lt_stream_result *result, lt_error *error);

#endif
