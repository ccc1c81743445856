/* BLEU (Papineni et al. 2002): counts clipped by the most any reference has, the length of the closest
 * reference. */
#include "experiments/metrics/internal.h"

#include <math.h>
#include <string.h>

enum { CURRENT, MOST }; /* counters of an n-gram: in the text being counted; the most in one reference */

static lt_status words_of(lt_metric *metric, lt_tokens *tokens, const lt_metric_line *line, lt_error *error)
{
    tokens->length = 0;
    LT_TRY(lt_codes_decode(&metric->text, line, &metric->malformed, error));
    LT_TRY(lt_bleu_tokenize(metric, error));
    return lt_tokens_split(tokens, &metric->words, &metric->text, error);
}

static lt_status count_reference(lt_metric *metric, lt_error *error)
{
    lt_grams *grams = &metric->grams;
    const lt_tokens *ref = &metric->ref;
    if (grams->count) memset(grams->counts[CURRENT], 0, grams->count * sizeof *grams->counts[CURRENT]);
    for (size_t i = 0; i < ref->length; i++) {
        uint32_t id = LT_NO_GRAM;
        for (size_t n = 0; n < LT_BLEU_ORDER && i + n < ref->length; n++) {
            id = lt_grams_add(grams, id, ref->data[i + n]);
            if (id == LT_NO_GRAM)
                return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the n-grams of a reference");
            if (++grams->counts[CURRENT][id] > grams->counts[MOST][id]) grams->counts[MOST][id]++;
        }
    }
    return LT_OK;
}

static void count_matches(lt_metric *metric, double *correct, double *total)
{
    lt_grams *grams = &metric->grams;
    const lt_tokens *hyp = &metric->hyp;
    for (size_t n = 0; n < LT_BLEU_ORDER; n++) {
        correct[n] = 0;
        total[n] = hyp->length > n ? (double)(hyp->length - n) : 0;
    }
    if (grams->count) memset(grams->counts[CURRENT], 0, grams->count * sizeof *grams->counts[CURRENT]);
    for (size_t i = 0; i < hyp->length; i++) {
        uint32_t id = LT_NO_GRAM;
        for (size_t n = 0; n < LT_BLEU_ORDER && i + n < hyp->length; n++) {
            id = lt_grams_find(grams, id, hyp->data[i + n]);
            if (id == LT_NO_GRAM) break; /* no longer one is there either */
            if (grams->counts[CURRENT][id]++ < grams->counts[MOST][id]) correct[n]++;
        }
    }
}

/* Of two equally close lengths the shorter. */
static size_t closer(size_t length, size_t best, size_t hyp)
{
    size_t distance = length > hyp ? length - hyp : hyp - length;
    size_t least = best > hyp ? best - hyp : hyp - best;
    return distance < least || (distance == least && length < best) ? length : best;
}

lt_status lt_bleu_segment(lt_metric *metric, double *stats, const lt_metric_line *hypothesis,
                          const lt_metric_line *references, size_t count, lt_error *error)
{
    size_t closest = 0;
    LT_TRY(lt_grams_reset(&metric->words, error));
    LT_TRY(lt_grams_reset(&metric->grams, error));
    LT_TRY(words_of(metric, &metric->hyp, hypothesis, error));
    for (size_t r = 0; r < count; r++) {
        LT_TRY(words_of(metric, &metric->ref, &references[r], error));
        LT_TRY(count_reference(metric, error));
        closest = r == 0 ? metric->ref.length : closer(metric->ref.length, closest, metric->hyp.length);
    }
    count_matches(metric, stats, stats + LT_BLEU_ORDER);
    stats[2 * LT_BLEU_ORDER] = (double)metric->hyp.length;
    stats[2 * LT_BLEU_ORDER + 1] = (double)closest;
    return LT_OK;
}

static double smoothing_value(const lt_metric_options *options)
{
    if (options->smooth_value >= 0) return options->smooth_value;
    return options->smooth_method == LT_SMOOTH_FLOOR ? 0.1 : 1.0;
}

/* Fills score->precisions; returns how many orders the mean is taken over. */
static int precisions_of(const lt_metric_options *options, const double *stats, double *precisions)
{
    double halves = 1, value = smoothing_value(options);
    int order = LT_BLEU_ORDER;
    for (int n = 0; n < LT_BLEU_ORDER; n++) {
        double correct = stats[n], total = stats[LT_BLEU_ORDER + n];
        if (options->smooth_method == LT_SMOOTH_ADD_K && n > 0) correct += value, total += value;
        if (total == 0) break;
        if (options->effective_order) order = n + 1;
        if (correct == 0 && options->smooth_method == LT_SMOOTH_EXP)
            correct = 1 / (halves *= 2);
        else if (correct == 0 && options->smooth_method == LT_SMOOTH_FLOOR)
            correct = value;
        precisions[n] = 100 * correct / total;
    }
    return order;
}

void lt_bleu_score(const lt_metric *metric, const double *stats, lt_metric_score *score)
{
    double logs = 0;
    bool any = false;
    score->hyp_length = stats[2 * LT_BLEU_ORDER];
    score->ref_length = stats[2 * LT_BLEU_ORDER + 1];
    score->brevity_penalty = 1;
    if (score->hyp_length < score->ref_length)
        score->brevity_penalty = score->hyp_length > 0 ? exp(1 - score->ref_length / score->hyp_length) : 0;
    for (int n = 0; n < LT_BLEU_ORDER; n++) any |= stats[n] > 0;
    if (!any) return; /* smoothing does not make something of nothing */
    int order = precisions_of(&metric->options, stats, score->precisions);
    for (int n = 0; n < order; n++) {
        if (score->precisions[n] == 0) return;
        logs += log(score->precisions[n]);
    }
    score->score = score->brevity_penalty * exp(logs / order);
}
