#include "translate/coverage.h"

#include <float.h>
#include <math.h>
#include <string.h>

void lt_coverage_take(lt_coverage *coverage, lt_arena *arena, double beta, const lt_batch *batch, size_t rows)
{
    *coverage = (lt_coverage){.beta = beta};
    if (!(beta > 0)) return;
    for (size_t b = 0; b < batch->size; b++)
        if (batch->src_length[b] > coverage->longest) coverage->longest = batch->src_length[b];
    coverage->now = lt_arena_take_zeroed(arena, rows * coverage->longest, sizeof(real));
    coverage->next = lt_arena_take(arena, rows * coverage->longest, sizeof(real));
}

void lt_coverage_look(lt_coverage *coverage, const lt_decoder *decoder, size_t row)
{
    size_t length;
    if (!(coverage->beta > 0)) return;
    const real *alpha = lt_decoder_alignment(decoder, row, &length);
    real *sum = coverage->now + row * coverage->longest;
    for (size_t i = 0; i + 1 < length; i++) sum[i] += alpha[i]; /* in whichever order the source was read */
}

void lt_coverage_continue(lt_coverage *coverage, size_t to, size_t from)
{
    const size_t longest = coverage->longest;
    if (coverage->beta > 0)
        memcpy(coverage->next + to * longest, coverage->now + from * longest, longest * sizeof(real));
}

void lt_coverage_advance(lt_coverage *coverage)
{
    real *swap = coverage->now;
    coverage->now = coverage->next;
    coverage->next = swap;
}

double lt_coverage_penalty(const lt_coverage *coverage, size_t row, size_t length)
{
    double sum = 0;
    if (!(coverage->beta > 0)) return 0;
    const real *covered = coverage->now + row * coverage->longest;
    for (size_t i = 0; i < length; i++)
        if (covered[i] < 1) sum += log(covered[i] > FLT_MIN ? (double)covered[i] : FLT_MIN);
    return coverage->beta * sum;
}
