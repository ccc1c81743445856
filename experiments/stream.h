/* stream.h: text answered while it comes in: lines of a file or a pipe, to lines of another, in order.
 *
 * It goes in blocks of many lines, or of fewer where the input makes a pause: a line that was typed is
 * answered at once. The output does not depend on that. Memory does not grow with the input, but for `keep`.
 */
#ifndef LT_STREAM_H
#define LT_STREAM_H

#include <signal.h>
#include <stdio.h>

#include "experiments/decoding.h"
#include "experiments/run_model.h"
#include "model/base/file.h"

/* Where lines come from and go to. */
typedef struct lt_stream_files {
    lt_reader *reader;                   /* read to its end */
    FILE *out;                           /* written and, after each block, flushed; NULL: nowhere */
    lt_hypotheses *keep;                 /* gets the best answer to every line; NULL: they are not kept */
    const volatile sig_atomic_t *signal; /* not 0: give up, LT_ERROR_INTERRUPTED */
    /* Called after each block; NULL: nobody asks. */
    void (*progress)(void *context, size_t lines, double seconds);
    void *progress_context;
} lt_stream_files;

typedef struct lt_stream_result {
    lt_translator_counts counts; /* of a classifier src_cut are the texts that were cut */
    double seconds;              /* of answering; waiting for input is not counted */
    lt_phases phases; /* of a translator: where the time of the network went, summed over the threads */
    char output_sha256[LT_SHA256_HEX];
} lt_stream_result;

/* ---- any kind of answer (stream.c) ---- */

/* Appends to `out` what is to be written for these lines, before which there were `done`. */
typedef lt_status (*lt_stream_answer)(void *context, const lt_line *lines, size_t count, size_t done,
                                      lt_text *out, lt_error *error);

/* Blocks of at most `block` lines. Fills the result but for its counts. */
lt_status lt_stream_run(const lt_stream_files *files, size_t block, lt_stream_answer answer, void *context,
                        lt_stream_result *result, lt_error *error);

/* ---- translations (stream_translate.c) ---- */

typedef struct lt_stream_setting {
    const lt_run_model *run;
    const lt_ensemble *ensemble; /* the models that translate together, the run's first; NULL: it alone */
    const lt_decoding_options *options;
    size_t n_best;                 /* 0: the best alone, as plain text; else Moses n-best lines */
    bool word_scores;              /* behind each translation, the log-probability of each of its pieces */
    bool alignment;                /* which of its words go with which of the line, too: "0-0 1-2" */
    const lt_shortlist *shortlist; /* NULL: translations are made of all pieces */
    lt_stream_files files;
} lt_stream_setting;

lt_status lt_stream_translate(const lt_stream_setting *setting, lt_stream_result *result, lt_error *error);

/* ---- labels (stream_classify.c) ---- */

typedef struct lt_labelling_setting {
    const lt_run_model *run; /* of a classifier */
    size_t mini_batch;       /* texts at a time */
    size_t n_best;           /* labels a line, the most probable first, with tabs between; at least 1 */
    bool probabilities;      /* behind each of them a tab and its probability */
    lt_stream_files files;
} lt_labelling_setting;

lt_status lt_stream_classify(const lt_labelling_setting *setting, lt_stream_result *result, lt_error *error);

#endif
