/* internal.h: what the metrics share and nobody else sees. */
#ifndef LT_METRICS_INTERNAL_H
#define LT_METRICS_INTERNAL_H

#include "experiments/metrics/metrics.h"

/* ---- codes.c: text as code points ---- */

typedef struct lt_codes {
    uint32_t *data;
    size_t length, capacity;
} lt_codes;

lt_status lt_codes_reserve(lt_codes *codes, size_t capacity,
                           lt_error *error); /* room for `capacity` in all */
void lt_codes_clear(lt_codes *codes);
/* Code points of a line without the white space at its end; malformed bytes become U+FFFD and are added to
 * `*malformed`. */
lt_status lt_codes_decode(lt_codes *out, const lt_metric_line *line, size_t *malformed, lt_error *error);
lt_status lt_codes_lower(lt_codes *codes, lt_error *error); /* Unicode's full mapping, with final sigma */
bool lt_is_space(uint32_t code); /* Python's str.isspace(): bidi WS, B, S or category Zs */
size_t lt_codes_strip(const lt_codes *codes,
                      size_t *begin); /* length without white space at either end, and where it begins */

/* Rewriting, from `in` to `out` (different buffers), which is overwritten. */
typedef bool (*lt_code_class)(uint32_t code);
lt_status lt_codes_replace(lt_codes *out, const lt_codes *in, const char *ascii, const char *by,
                           lt_error *error);
lt_status lt_codes_surround(lt_codes *out, const lt_codes *in, lt_code_class class, lt_error *error);
lt_status lt_codes_remove(lt_codes *out, const lt_codes *in, lt_code_class class, lt_error *error);
/* Where a code of `first` stands before one of `second`: a space between them, and one before or after the
 * pair. */
typedef enum lt_side { LT_BEFORE_PAIR, LT_AFTER_PAIR } lt_side;
lt_status lt_codes_part(lt_codes *out, const lt_codes *in, lt_code_class first, lt_code_class second,
                        lt_side side, lt_error *error);
lt_status lt_codes_pad(lt_codes *out, const lt_codes *in, lt_error *error); /* a space at either end */
lt_status lt_codes_entities(lt_codes *text, lt_codes *spare,
                            lt_error *error); /* &quot; &amp; &lt; &gt;, in this order */
lt_status lt_codes_western(lt_codes *text, lt_codes *spare,
                           lt_error *error);   /* mteval's and tercom's common rules */
bool lt_is_western_punctuation(uint32_t code); /* the first of them */
bool lt_is_ascii_digit(uint32_t code);
static inline void lt_codes_swap(lt_codes *a, lt_codes *b)
{
    lt_codes held = *a;
    *a = *b;
    *b = held;
}

bool lt_line_is_blank(const lt_metric_line *line); /* nothing but white space */

/* The words between white space: next one from `*position` on; false at the end. */
bool lt_next_word(const lt_codes *codes, size_t *position, size_t *begin, size_t *length);

/* ---- grams.c: dense numbers for pairs, exact (no two pairs share one) ---- */

#define LT_NO_GRAM UINT32_MAX

/* Numbers pairs (prefix, item). An n-gram is the pair of its first n - 1 items' number and its last item. */
typedef struct lt_grams {
    struct lt_gram_slot {
        uint32_t stamp, id;
    } * slots;
    size_t capacity, mask; /* slots there; slots in use, less 1 */
    uint32_t stamp;        /* slots with another one are empty */
    uint64_t *keys;        /* (room) */
    uint32_t *counts[2];   /* (room) two counters for each number, for the caller */
    size_t count, room;
} lt_grams;

lt_status lt_grams_reset(lt_grams *grams, lt_error *error);
/* The pair's number; a new one has its counters at 0. LT_NO_GRAM: out of memory or of numbers. */
uint32_t lt_grams_add(lt_grams *grams, uint32_t prefix, uint32_t item);
uint32_t lt_grams_find(const lt_grams *grams, uint32_t prefix, uint32_t item); /* LT_NO_GRAM: not there */
void lt_grams_clear(lt_grams *grams);

/* A sequence of word or character numbers. */
typedef struct lt_tokens {
    uint32_t *data;
    size_t length, capacity;
} lt_tokens;

lt_status lt_tokens_add(lt_tokens *tokens, uint32_t token, lt_error *error);
void lt_tokens_clear(lt_tokens *tokens);
/* Adds the number of the word codes[begin, begin + length) to `tokens`; equal words have equal numbers until
 * `words` is reset. */
lt_status lt_tokens_add_word(lt_tokens *tokens, lt_grams *words, const uint32_t *codes, size_t length,
                             lt_error *error);
lt_status lt_tokens_split(lt_tokens *tokens, lt_grams *words, const lt_codes *codes,
                          lt_error *error); /* appends all words */

/* ---- the metrics ---- */

typedef struct lt_ter_work lt_ter_work;

struct lt_metric {
    lt_metric_kind kind;
    lt_metric_options options;
    char title[32];
    size_t malformed, without_reference;
    size_t fewest, most;               /* references of a segment; most 0: no segment yet */
    lt_codes text, spare;              /* the line at hand, and what it is rewritten into */
    lt_grams words, grams, word_grams; /* of the segment at hand */
    lt_tokens hyp, ref;                /* the hypothesis and one reference, as words */
    lt_tokens hyp_chars, ref_chars;
    lt_metric_line *present; /* the references of the segment that count */
    size_t present_room;
    lt_ter_work *ter;
};

lt_status lt_bleu_tokenize(lt_metric *metric, lt_error *error); /* metric->text, in place */
lt_status lt_ter_tokenize(lt_metric *metric, lt_error *error);

lt_status lt_bleu_segment(lt_metric *, double *, const lt_metric_line *, const lt_metric_line *, size_t,
                          lt_error *);
lt_status lt_chrf_segment(lt_metric *, double *, const lt_metric_line *, const lt_metric_line *, size_t,
                          lt_error *);
lt_status lt_ter_segment(lt_metric *, double *, const lt_metric_line *, const lt_metric_line *, size_t,
                         lt_error *);
void lt_bleu_score(const lt_metric *metric, const double *stats, lt_metric_score *score);
double lt_chrf_score(const lt_metric_options *options, const double *stats);
void lt_ter_score(const double *stats, lt_metric_score *score);
double lt_accuracy_score(const double *stats);
double lt_macro_f1_score(size_t classes, const double *stats);

/* Edits (shifts included) that turn hyp into ref (tercom's search, within its limits). */
lt_status lt_ter_edits(lt_ter_work **work, size_t *edits, const lt_tokens *hyp, const lt_tokens *ref,
                       lt_error *error);
void lt_ter_work_free(lt_ter_work *work);

#endif
