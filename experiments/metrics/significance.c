#include "experiments/metrics/internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/rng.h"

/* Each resample and each trial has its own stream, named by its number. */
enum { STREAM_BOOTSTRAP = 0x6273, STREAM_RANDOMIZATION = 0x6172 };

static const double ROUNDING =
    1e-9; /* points of score: differences that are equal but for the order of summation */

static double score_of(const lt_metric *metric, const double *stats)
{
    lt_metric_score score;
    lt_metric_score_of(metric, stats, &score);
    return score.score;
}

static double score_of_rows(const lt_metric *metric, const double *rows, size_t segments)
{
    size_t width = lt_metric_stats_count(metric);
    double sum[LT_METRIC_STATS_MAX] = {0};
    for (size_t i = 0; i < segments; i++)
        for (size_t k = 0; k < width; k++) sum[k] += rows[i * width + k];
    return score_of(metric, sum);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts `scores`. The interval leaves out a fortieth of them at either end. */
static void summarise(double *mean, double *interval, double *scores, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += scores[i];
    *mean = sum / (double)count;
    qsort(scores, count, sizeof *scores, ascending);
    *interval = (scores[count - count / 40 - 1] - scores[count / 40]) / 2;
}

/* Of `count` pairs of scores, the standard deviation of the difference. */
static double deviation_of(const double *one, const double *other, size_t count)
{
    double mean = 0, sum = 0;
    for (size_t i = 0; i < count; i++) mean += (other[i] - one[i]) / (double)count;
    for (size_t i = 0; i < count; i++) sum += pow(other[i] - one[i] - mean, 2);
    return count > 1 ? sqrt(sum / (double)(count - 1)) : 0;
}

static double p_value(size_t extreme, size_t samples)
{
    return (double)(extreme + 1) / (double)(samples + 1);
}

static void begin(lt_significance *result, const lt_metric *metric, const double *baseline,
                  const double *system, size_t segments, size_t samples)
{
    *result = (lt_significance){.samples = samples, .p_value = 1};
    result->score[0] = score_of_rows(metric, baseline, segments);
    result->score[1] = score_of_rows(metric, system, segments);
    result->difference = result->score[1] - result->score[0];
}

/* Scores both systems on one resample of the segments, with replacement. */
static void resample(double scores[2], const lt_metric *metric, const double *const rows[2], size_t systems,
                     size_t segments, uint64_t stream)
{
    size_t width = lt_metric_stats_count(metric);
    double sums[2][LT_METRIC_STATS_MAX] = {{0}};
    lt_rng rng;
    lt_rng_init(&rng, stream);
    for (size_t n = 0; n < segments; n++) {
        size_t i = (size_t)lt_rng_below(&rng, segments);
        for (size_t s = 0; s < systems; s++)
            for (size_t k = 0; k < width; k++) sums[s][k] += rows[s][i * width + k];
    }
    for (size_t s = 0; s < systems; s++) scores[s] = score_of(metric, sums[s]);
}

static lt_status bootstrap(lt_significance *result, const lt_metric *metric, const double *const rows[2],
                           size_t systems, size_t segments, size_t samples, uint64_t seed, lt_error *error)
{
    if (segments == 0 || samples == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "bootstrap: %zu segments and %zu samples; both must be at least 1", segments, samples);
    begin(result, metric, rows[0], rows[systems - 1], segments, samples);
    double *scores = calloc(samples, 3 * sizeof *scores);
    if (!scores) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu samples", samples);
    double *differences = scores + 2 * samples, mean = 0;
    for (size_t n = 0; n < samples; n++) {
        double pair[2] = {0};
        resample(pair, metric, rows, systems, segments, lt_stream(seed, STREAM_BOOTSTRAP, n, 0));
        scores[n] = pair[0];
        scores[samples + n] = pair[1];
        differences[n] = fabs(pair[1] - pair[0]);
        mean += differences[n] / (double)samples;
    }
    if (systems == 2) result->deviation = deviation_of(scores, scores + samples, samples);
    for (size_t s = 0; s < systems; s++)
        summarise(&result->mean[s], &result->interval[s], scores + s * samples, samples);
    size_t extreme = 0;
    for (size_t n = 0; n < samples; n++)
        extreme += differences[n] - mean >= fabs(result->difference) - ROUNDING;
    if (systems == 2) result->p_value = p_value(extreme, samples);
    free(scores);
    return LT_OK;
}

lt_status lt_paired_bootstrap(lt_significance *result, const lt_metric *metric, const double *baseline,
                              const double *system, size_t segments, size_t samples, uint64_t seed,
                              lt_error *error)
{
    const double *const rows[2] = {baseline, system};
    LT_TRY(bootstrap(result, metric, rows, 2, segments, samples, seed, error));
    /* A difference of 0 is not evidence of one, whatever the resamples. */
    if (fabs(result->difference) <= ROUNDING) result->p_value = 1;
    return LT_OK;
}

lt_status lt_bootstrap_interval(lt_significance *result, const lt_metric *metric, const double *rows,
                                size_t segments, size_t samples, uint64_t seed, lt_error *error)
{
    const double *const both[2] = {rows, rows};
    return bootstrap(result, metric, both, 1, segments, samples, seed, error);
}

/* What changes when a segment is swapped, for the segments where anything does: system - baseline. (changed,
 * width) */
static size_t differences_of(double *out, const double *baseline, const double *system, size_t segments,
                             size_t width)
{
    size_t changed = 0;
    for (size_t i = 0; i < segments; i++) {
        const double *a = baseline + i * width, *b = system + i * width;
        bool equal = true;
        for (size_t k = 0; k < width; k++) equal &= a[k] == b[k];
        if (equal) continue;
        for (size_t k = 0; k < width; k++) out[changed * width + k] = b[k] - a[k];
        changed++;
    }
    return changed;
}

/* The sum of a random half of the rows; one random bit a row. */
static void sum_of_half(double *sum, const double *rows, size_t count, size_t width, uint64_t stream)
{
    uint64_t bits = 0;
    lt_rng rng;
    lt_rng_init(&rng, stream);
    memset(sum, 0, width * sizeof *sum);
    for (size_t i = 0; i < count; i++, bits >>= 1) {
        if (i % 64 == 0) bits = lt_rng_u64(&rng);
        double taken = (double)(bits & 1); /* no branch: half of them would be mispredicted */
        for (size_t k = 0; k < width; k++) sum[k] += taken * rows[i * width + k];
    }
}

lt_status lt_paired_randomization(lt_significance *result, const lt_metric *metric, const double *baseline,
                                  const double *system, size_t segments, size_t samples, uint64_t seed,
                                  lt_error *error)
{
    size_t width = lt_metric_stats_count(metric), extreme = 0;
    double sums[2][LT_METRIC_STATS_MAX] = {{0}}, moved[LT_METRIC_STATS_MAX], shuffled[2][LT_METRIC_STATS_MAX];
    if (segments == 0 || samples == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "randomization: %zu segments and %zu trials; both must be at least 1", segments,
                       samples);
    begin(result, metric, baseline, system, segments, samples);
    double *differences = calloc(segments * width, sizeof *differences);
    if (!differences) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu segments", segments);
    size_t changed = differences_of(differences, baseline, system, segments, width);
    for (size_t i = 0; i < segments * width; i++) {
        sums[0][i % width] += baseline[i];
        sums[1][i % width] += system[i];
    }
    for (size_t n = 0; n < samples; n++) {
        sum_of_half(moved, differences, changed, width, lt_stream(seed, STREAM_RANDOMIZATION, n, 0));
        for (size_t k = 0; k < width; k++) {
            shuffled[0][k] = sums[0][k] + moved[k];
            shuffled[1][k] = sums[1][k] - moved[k];
        }
        double difference = fabs(score_of(metric, shuffled[1]) - score_of(metric, shuffled[0]));
        extreme += difference >= fabs(result->difference) - ROUNDING;
    }
    result->p_value = p_value(extreme, samples);
    free(differences);
    return LT_OK;
}
