#include "experiments/metrics/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const lt_metric_names[] = {"bleu", "chrf", "ter", "accuracy", "macro_f1", NULL};

static const char *const tokenizers[] = {"13a", "intl", "char", "zh", "none", NULL};
static const char *const smoothings[] = {"exp", "floor", "add-k", "none", NULL};

#define FIELD(name) .offset = offsetof(lt_metric_options, name)

const lt_option lt_metric_option_table[] = {
    {.key = "tokenize",
     .type = LT_OPTION_CHOICE,
     FIELD(tokenize),
     .default_value = "13a",
     .choices = tokenizers,
     .help = "BLEU: how text is split into words."},
    {.key = "smooth_method",
     .letter = 's',
     .type = LT_OPTION_CHOICE,
     FIELD(smooth_method),
     .default_value = "exp",
     .choices = smoothings,
     .help = "BLEU: what stands for a precision of 0."},
    {.key = "smooth_value",
     .type = LT_OPTION_REAL,
     FIELD(smooth_value),
     .default_value = "-1",
     .minimum = -1,
     .maximum = 1e6,
     .help = "BLEU: the value of floor and add-k; negative: 0.1 for floor, 1 for add-k."},
    {.key = "lowercase",
     .type = LT_OPTION_BOOL,
     FIELD(lowercase),
     .default_value = "false",
     .help = "BLEU: ignore case."},
    {.key = "effective_order",
     .type = LT_OPTION_BOOL,
     FIELD(effective_order),
     .default_value = "false",
     .help =
         "BLEU: leave out the orders for which the hypothesis is too short. Always so at sentence level."},
    {.key = "chrf_char_order",
     .type = LT_OPTION_INTEGER,
     FIELD(chrf_char_order),
     .default_value = "6",
     .minimum = 1,
     .maximum = LT_METRIC_MAX_ORDER,
     .help = "chrF: the longest character n-grams."},
    {.key = "chrf_word_order",
     .type = LT_OPTION_INTEGER,
     FIELD(chrf_word_order),
     .default_value = "0",
     .minimum = 0,
     .maximum = LT_METRIC_MAX_ORDER,
     .help = "chrF: the longest word n-grams; 2 is chrF++."},
    {.key = "chrf_beta",
     .type = LT_OPTION_INTEGER,
     FIELD(chrf_beta),
     .default_value = "2",
     .minimum = 0,
     .maximum = 1000,
     .help = "chrF: the weight of recall against precision."},
    {.key = "chrf_whitespace",
     .type = LT_OPTION_BOOL,
     FIELD(chrf_whitespace),
     .default_value = "false",
     .help = "chrF: white space is part of character n-grams."},
    {.key = "chrf_lowercase",
     .type = LT_OPTION_BOOL,
     FIELD(chrf_lowercase),
     .default_value = "false",
     .help = "chrF: ignore case."},
    {.key = "chrf_eps_smoothing",
     .type = LT_OPTION_BOOL,
     FIELD(chrf_eps_smoothing),
     .default_value = "false",
     .help =
         "chrF: average F over all orders, as the chrF++ program does, in place of those both sides have."},
    {.key = "ter_normalized",
     .type = LT_OPTION_BOOL,
     FIELD(ter_normalized),
     .default_value = "false",
     .help = "TER: split punctuation from words."},
    {.key = "ter_no_punct",
     .type = LT_OPTION_BOOL,
     FIELD(ter_no_punct),
     .default_value = "false",
     .help = "TER: remove punctuation."},
    {.key = "ter_asian_support",
     .type = LT_OPTION_BOOL,
     FIELD(ter_asian_support),
     .default_value = "false",
     .help = "TER: split ideographs and treat Asian punctuation too, where normalized or no_punct is on."},
    {.key = "ter_case_sensitive",
     .type = LT_OPTION_BOOL,
     FIELD(ter_case_sensitive),
     .default_value = "false",
     .help = "TER: heed case."},
    {0},
};

static lt_status check(lt_metric_kind kind, const lt_metric_options *options, lt_error *error)
{
    if (kind >= LT_METRIC_OF_TEXT) {
        if (options->classes >= 1 && options->classes <= LT_CLASSES_MAX) return LT_OK;
        return lt_fail(error, LT_ERROR_USAGE, "%s: %lld classes; 1 to %d wanted", lt_metric_names[kind],
                       (long long)options->classes, LT_CLASSES_MAX);
    }
    if (options->chrf_char_order < 1 || options->chrf_char_order > LT_METRIC_MAX_ORDER ||
        options->chrf_word_order < 0 || options->chrf_word_order > LT_METRIC_MAX_ORDER ||
        options->chrf_beta < 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "chrF: char_order must be 1 to %d, word_order 0 to %d, beta 0 or more",
                       LT_METRIC_MAX_ORDER, LT_METRIC_MAX_ORDER);
    bool valued = options->smooth_method == LT_SMOOTH_FLOOR || options->smooth_method == LT_SMOOTH_ADD_K;
    if (options->smooth_value >= 0 && !valued)
        return lt_fail(error, LT_ERROR_USAGE,
                       "smooth_value %g: smooth_method %s takes no value; floor and add-k do",
                       options->smooth_value, smoothings[options->smooth_method]);
    return LT_OK;
}

static void set_title(lt_metric *metric)
{
    static const char *const titles[] = {"BLEU", NULL, "TER", "accuracy", "macro-F1"};
    if (metric->kind == LT_METRIC_CHRF) {
        int length =
            snprintf(metric->title, sizeof metric->title, "chrF%lld", (long long)metric->options.chrf_beta);
        for (int64_t n = 0; n < metric->options.chrf_word_order; n++) metric->title[length++] = '+';
    } else
        strcpy(metric->title, titles[metric->kind]);
}

lt_status lt_metric_create(lt_metric **out, lt_metric_kind kind, const lt_metric_options *options,
                           lt_error *error)
{
    *out = NULL;
    lt_metric *metric = calloc(1, sizeof *metric);
    if (!metric) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a metric");
    metric->kind = kind;
    lt_status status = LT_OK;
    if (options)
        metric->options = *options;
    else
        status = lt_options_defaults(&metric->options, lt_metric_option_table, error);
    if (status == LT_OK) status = check(kind, &metric->options, error);
    if (status != LT_OK) {
        free(metric);
        return status;
    }
    set_title(metric);
    *out = metric;
    return LT_OK;
}

void lt_metric_free(lt_metric *metric)
{
    if (!metric) return;
    lt_codes_clear(&metric->text);
    lt_codes_clear(&metric->spare);
    lt_grams_clear(&metric->words);
    lt_grams_clear(&metric->grams);
    lt_grams_clear(&metric->word_grams);
    lt_tokens_clear(&metric->hyp);
    lt_tokens_clear(&metric->ref);
    lt_tokens_clear(&metric->hyp_chars);
    lt_tokens_clear(&metric->ref_chars);
    lt_ter_work_free(metric->ter);
    free(metric->present);
    free(metric);
}

lt_metric_kind lt_metric_which(const lt_metric *metric)
{
    return metric->kind;
}
const char *lt_metric_title(const lt_metric *metric)
{
    return metric->title;
}
bool lt_metric_higher_is_better(const lt_metric *metric)
{
    return metric->kind != LT_METRIC_TER;
}
size_t lt_metric_malformed(const lt_metric *metric)
{
    return metric->malformed;
}
size_t lt_metric_without_reference(const lt_metric *metric)
{
    return metric->without_reference;
}
size_t lt_metric_references(const lt_metric *metric)
{
    return metric->fewest == metric->most ? metric->most : 0;
}

size_t lt_metric_stats_count(const lt_metric *metric)
{
    switch (metric->kind) {
    case LT_METRIC_BLEU:
        return 2 * LT_BLEU_ORDER + 2;
    case LT_METRIC_CHRF:
        return 3 * (size_t)(metric->options.chrf_char_order + metric->options.chrf_word_order);
    case LT_METRIC_MACRO_F1:
        return 3 * (size_t)metric->options.classes;
    default:
        return 2;
    }
}

/* The references that are not blank, or one that is, in metric->present; `*count` becomes their number. */
static lt_status select_references(lt_metric *metric, const lt_metric_line *references, size_t *count,
                                   lt_error *error)
{
    size_t kept = 0;
    if (*count > metric->present_room) {
        lt_metric_line *present = realloc(metric->present, *count * sizeof *present);
        if (!present) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu references", *count);
        metric->present = present;
        metric->present_room = *count;
    }
    for (size_t r = 0; r < *count; r++)
        if (!lt_line_is_blank(&references[r])) metric->present[kept++] = references[r];
    if (kept == 0) {
        metric->present[kept++] = references[0];
        metric->without_reference++;
    }
    if (metric->most == 0 || kept < metric->fewest) metric->fewest = kept;
    if (kept > metric->most) metric->most = kept;
    *count = kept;
    return LT_OK;
}

lt_status lt_metric_segment(lt_metric *metric, double *stats, const lt_metric_line *hypothesis,
                            const lt_metric_line *references, size_t count, lt_error *error)
{
    static lt_status (*const segment[])(lt_metric *, double *, const lt_metric_line *, const lt_metric_line *,
                                        size_t,
                                        lt_error *) = {lt_bleu_segment, lt_chrf_segment, lt_ter_segment};
    assert(metric->kind < LT_METRIC_OF_TEXT);
    if (count == 0) return lt_fail(error, LT_ERROR_USAGE, "%s: a segment needs a reference", metric->title);
    LT_TRY(select_references(metric, references, &count, error));
    return segment[metric->kind](metric, stats, hypothesis, metric->present, count, error);
}

void lt_metric_score_of(const lt_metric *metric, const double *stats, lt_metric_score *score)
{
    *score = (lt_metric_score){0};
    switch (metric->kind) {
    case LT_METRIC_BLEU:
        lt_bleu_score(metric, stats, score);
        break;
    case LT_METRIC_CHRF:
        score->score = lt_chrf_score(&metric->options, stats);
        break;
    case LT_METRIC_ACCURACY:
        score->score = lt_accuracy_score(stats);
        break;
    case LT_METRIC_MACRO_F1:
        score->score = lt_macro_f1_score((size_t)metric->options.classes, stats);
        break;
    default:
        lt_ter_score(stats, score);
    }
}

lt_status lt_metric_corpus(lt_metric *metric, lt_metric_score *score, double *total, double *rows,
                           const lt_metric_line *hypotheses, const lt_metric_line *references,
                           size_t segments, size_t count, lt_error *error)
{
    double sum[LT_METRIC_STATS_MAX] = {0}, row[LT_METRIC_STATS_MAX];
    size_t width = lt_metric_stats_count(metric);
    lt_metric_line *lines = calloc(count ? count : 1, sizeof *lines);
    if (!lines) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu references", count);
    lt_status status = LT_OK;
    for (size_t i = 0; i < segments && status == LT_OK; i++) {
        for (size_t r = 0; r < count; r++) lines[r] = references[r * segments + i];
        status = lt_metric_segment(metric, row, &hypotheses[i], lines, count, error);
        if (status != LT_OK) break;
        for (size_t k = 0; k < width; k++) sum[k] += row[k];
        if (rows) memcpy(rows + i * width, row, width * sizeof *row);
    }
    free(lines);
    LT_TRY(status);
    if (total) memcpy(total, sum, width * sizeof *sum);
    if (score) lt_metric_score_of(metric, sum, score);
    return LT_OK;
}

static const char *yes(bool flag)
{
    return flag ? "yes" : "no";
}

static lt_status smoothing_signature(lt_text *out, const lt_metric_options *options, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, "smooth:%s", smoothings[options->smooth_method]));
    if (options->smooth_method != LT_SMOOTH_FLOOR && options->smooth_method != LT_SMOOTH_ADD_K) return LT_OK;
    double standard = options->smooth_method == LT_SMOOTH_FLOOR ? 0.1 : 1;
    return lt_text_appendf(out, error, "[%.2f]",
                           options->smooth_value >= 0 ? options->smooth_value : standard);
}

lt_status lt_metric_signature(lt_text *out, const lt_metric *metric, size_t references, const char *extra,
                              lt_error *error)
{
    const lt_metric_options *o = &metric->options;
    if (metric->kind >= LT_METRIC_OF_TEXT)
        return lt_text_appendf(out, error, "classes:%lld|%s%sversion:latimer-" LATIMER_VERSION,
                               (long long)o->classes, extra ? extra : "", extra ? "|" : "");
    if (references)
        LT_TRY(lt_text_appendf(out, error, "nrefs:%zu|", references));
    else
        LT_TRY(lt_text_appendf(out, error, "nrefs:var|"));
    if (extra) LT_TRY(lt_text_appendf(out, error, "%s|", extra));
    switch (metric->kind) {
    case LT_METRIC_BLEU:
        LT_TRY(lt_text_appendf(out, error, "case:%s|eff:%s|tok:%s|", o->lowercase ? "lc" : "mixed",
                               yes(o->effective_order), tokenizers[o->tokenize]));
        LT_TRY(smoothing_signature(out, o, error));
        break;
    case LT_METRIC_CHRF:
        LT_TRY(lt_text_appendf(out, error, "case:%s|eff:%s|nc:%d|nw:%d|space:%s",
                               o->chrf_lowercase ? "lc" : "mixed", yes(!o->chrf_eps_smoothing),
                               (int)o->chrf_char_order, (int)o->chrf_word_order, yes(o->chrf_whitespace)));
        break;
    default:
        LT_TRY(lt_text_appendf(out, error, "case:%s|tok:tercom|norm:%s|punct:%s|asian:%s",
                               o->ter_case_sensitive ? "mixed" : "lc", yes(o->ter_normalized),
                               yes(!o->ter_no_punct), yes(o->ter_asian_support)));
    }
    return lt_text_appendf(out, error, "|version:latimer-" LATIMER_VERSION);
}

lt_status lt_metric_verbose(lt_text *out, const lt_metric *metric, const lt_metric_score *score,
                            lt_error *error)
{
    const double *p = score->precisions;
    if (metric->kind != LT_METRIC_BLEU) return LT_OK;
    double ratio = score->ref_length > 0 ? score->hyp_length / score->ref_length : 0;
    return lt_text_appendf(
        out, error, "%.1f/%.1f/%.1f/%.1f (BP = %.3f ratio = %.3f hyp_len = %.0f ref_len = %.0f)", p[0], p[1],
        p[2], p[3], score->brevity_penalty, ratio, score->hyp_length, score->ref_length);
}
