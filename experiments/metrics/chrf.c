/* chrF and chrF++ (Popovic 2015, 2017): F-score of character n-grams, and of word n-grams where word_order >
 * 0. */
#include "experiments/metrics/internal.h"

#include <string.h>

enum { HYP, REF }; /* counters of an n-gram */

static bool is_ascii_punctuation(uint32_t c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

/* Adds a word, one punctuation mark at its end or else at its beginning standing apart. */
static lt_status add_parted(lt_metric *metric, lt_tokens *words, const uint32_t *word, size_t length,
                            lt_error *error)
{
    size_t first = length;
    if (length > 1 && is_ascii_punctuation(word[length - 1]))
        first = length - 1;
    else if (length > 1 && is_ascii_punctuation(word[0]))
        first = 1;
    LT_TRY(lt_tokens_add_word(words, &metric->words, word, first, error));
    return first < length ? lt_tokens_add_word(words, &metric->words, word + first, length - first, error)
                          : LT_OK;
}

static lt_status read_line(lt_metric *metric, lt_tokens *chars, lt_tokens *words, const lt_metric_line *line,
                           lt_error *error)
{
    lt_codes *text = &metric->text;
    size_t position = 0, begin, length;
    chars->length = words->length = 0;
    LT_TRY(lt_codes_decode(text, line, &metric->malformed, error));
    if (metric->options.chrf_lowercase) LT_TRY(lt_codes_lower(text, error));
    for (size_t i = 0; i < text->length; i++)
        if (metric->options.chrf_whitespace || !lt_is_space(text->data[i]))
            LT_TRY(lt_tokens_add(chars, text->data[i], error));
    while (metric->options.chrf_word_order && lt_next_word(text, &position, &begin, &length))
        LT_TRY(add_parted(metric, words, text->data + begin, length, error));
    return LT_OK;
}

static lt_status count_hypothesis(lt_grams *grams, const lt_tokens *hyp, size_t orders, lt_error *error)
{
    LT_TRY(lt_grams_reset(grams, error));
    for (size_t i = 0; i < hyp->length; i++) {
        uint32_t id = LT_NO_GRAM;
        for (size_t n = 0; n < orders && i + n < hyp->length; n++) {
            id = lt_grams_add(grams, id, hyp->data[i + n]);
            if (id == LT_NO_GRAM)
                return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the n-grams of a line");
            grams->counts[HYP][id]++;
        }
    }
    return LT_OK;
}

/* stats (orders, 3): n-grams of the hypothesis (0 where the reference has none), of the reference, in common
 */
static void match_reference(lt_grams *grams, const lt_tokens *hyp, const lt_tokens *ref, size_t orders,
                            double *stats)
{
    for (size_t n = 0; n < orders; n++) {
        stats[3 * n] = hyp->length > n && ref->length > n ? (double)(hyp->length - n) : 0;
        stats[3 * n + 1] = ref->length > n ? (double)(ref->length - n) : 0;
        stats[3 * n + 2] = 0;
    }
    if (grams->count) memset(grams->counts[REF], 0, grams->count * sizeof *grams->counts[REF]);
    for (size_t i = 0; i < ref->length; i++) {
        uint32_t id = LT_NO_GRAM;
        for (size_t n = 0; n < orders && i + n < ref->length; n++) {
            id = lt_grams_find(grams, id, ref->data[i + n]);
            if (id == LT_NO_GRAM) break; /* no longer one is there either */
            if (grams->counts[REF][id]++ < grams->counts[HYP][id]) stats[3 * n + 2]++;
        }
    }
}

lt_status lt_chrf_segment(lt_metric *metric, double *stats, const lt_metric_line *hypothesis,
                          const lt_metric_line *references, size_t count, lt_error *error)
{
    size_t chars = (size_t)metric->options.chrf_char_order, words = (size_t)metric->options.chrf_word_order;
    double row[LT_METRIC_STATS_MAX], best = -1;
    LT_TRY(lt_grams_reset(&metric->words, error));
    LT_TRY(read_line(metric, &metric->hyp_chars, &metric->hyp, hypothesis, error));
    LT_TRY(count_hypothesis(&metric->grams, &metric->hyp_chars, chars, error));
    LT_TRY(count_hypothesis(&metric->word_grams, &metric->hyp, words, error));
    for (size_t r = 0; r < count; r++) {
        LT_TRY(read_line(metric, &metric->ref_chars, &metric->ref, &references[r], error));
        match_reference(&metric->grams, &metric->hyp_chars, &metric->ref_chars, chars, row);
        match_reference(&metric->word_grams, &metric->hyp, &metric->ref, words, row + 3 * chars);
        double score = lt_chrf_score(&metric->options, row);
        if (score <= best) continue;
        best = score;
        memcpy(stats, row, 3 * (chars + words) * sizeof *row);
    }
    return LT_OK;
}

/* By default precision and recall are averaged over the orders both sides have, then F is taken; with
 * eps_smoothing, as in the author's own chrF++ program, F is averaged over all orders, empty ones counting as
 * 1e-16. */
double lt_chrf_score(const lt_metric_options *options, const double *stats)
{
    const double epsilon = 1e-16, factor = (double)(options->chrf_beta * options->chrf_beta);
    int64_t orders = options->chrf_char_order + options->chrf_word_order;
    double sum = 0, precision = 0, recall = 0, effective = 0;
    for (int64_t n = 0; n < orders; n++) {
        double hyp = stats[3 * n], ref = stats[3 * n + 1], match = stats[3 * n + 2];
        double p = hyp > 0 ? match / hyp : epsilon, r = ref > 0 ? match / ref : epsilon;
        double denominator = factor * p + r;
        sum += denominator > 0 ? (1 + factor) * p * r / denominator : epsilon;
        if (hyp > 0 && ref > 0) precision += p, recall += r, effective++;
    }
    if (options->chrf_eps_smoothing) return 100 * sum / (double)orders;
    if (effective == 0 || precision + recall == 0) return 0;
    precision /= effective, recall /= effective;
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall);
}
