#include "model/dropout.h"

#include "model/base/rng.h"

static uint64_t site_key(const lt_sequence *sequence, size_t row, uint64_t site)
{
    return lt_mix64(sequence->keys[row] + site * 0x9E3779B97F4A7C15u);
}

bool lt_dropout(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, real *y,
                const real *x, uint64_t site, double p, size_t n)
{
    uint64_t *keys = lt_arena_take(arena, sequence->total, sizeof *keys);
    if (!keys) return false;
    for (size_t row = 0; row < sequence->total; row++) keys[row] = site_key(sequence, row, site);
    backend->dropout(y, x, keys, p, sequence->total, n);
    return true;
}

void lt_dropout_words(const lt_sequence *sequence, real *x, double p, size_t n)
{
    uint32_t threshold = (uint32_t)(p * 4294967296.0);
    real keep = (real)(1 / (1 - p));
    for (size_t row = 0; row < sequence->total; row++) {
        real factor = lt_dropout_bits(site_key(sequence, row, LT_SITE_WORD), 0) >= threshold ? keep : 0;
        for (size_t j = 0; j < n; j++) x[row * n + j] *= factor;
    }
}
