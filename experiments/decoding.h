/* decoding.h: whole sets translated in memory: for validation, tests, and decodings that are to be scored. */
#ifndef LT_DECODING_H
#define LT_DECODING_H

#include <signal.h>

#include "experiments/metrics/metrics.h"
#include "translate/translate.h"

/* The best translation of every line. All zeros is an empty one. */
typedef struct lt_hypotheses {
    lt_text text;          /* one after another, each with a NUL */
    size_t *start;         /* (count + 1) */
    lt_metric_line *lines; /* (count) point into text, once lt_hypotheses_finish() was called */
    size_t count, capacity;
} lt_hypotheses;

lt_status lt_hypotheses_add(lt_hypotheses *hypotheses, const char *bytes, size_t length, lt_error *error);
lt_status lt_hypotheses_finish(lt_hypotheses *hypotheses, lt_error *error);
void lt_hypotheses_clear(lt_hypotheses *hypotheses);

/* Translates all of `source` and finishes `hypotheses`. `counts` may be NULL. LT_ERROR_INTERRUPTED when
 * *signal. */
lt_status lt_decode_lines(lt_hypotheses *hypotheses, const lt_model *model, const lt_tokenizers *tokenizers,
                          const lt_decoding_options *options, lt_pool *pool, const lt_lines *source,
                          const volatile sig_atomic_t *signal, lt_translator_counts *counts, lt_error *error);

/* Puts the values of those keys of lt_decoding_table that are among `keys` from `by` into `options`; other
 * words in `keys` mean nothing. */
lt_status lt_decoding_override(lt_decoding_options *options, const lt_decoding_options *by,
                               const lt_strings *keys, lt_error *error);

/* Appends the values of those keys: "beam_size=5 normalize=1", in the table's order. */
lt_status lt_decoding_list(lt_text *out, const lt_decoding_options *options, const lt_strings *keys,
                           lt_error *error);

/* `lines` as the metrics take them, in new memory the caller frees. */
lt_status lt_lines_as_metric(lt_metric_line **out, const lt_lines *lines, lt_error *error);

#endif
