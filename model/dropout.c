#include "model/dropout.h"

#include "model/base/rng.h"

static uint64_t site_key(uint64_t key, uint64_t site)
{
    return lt_mix64(key + site * 0x9E3779B97F4A7C15u);
}

static uint32_t threshold_of(double p)
{
    return (uint32_t)(p * 4294967296.0);
}

bool lt_dropout_rows(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, size_t begin,
                     size_t rows, real *y, const real *x, uint64_t site, double p, size_t n)
{
    uint64_t *keys = lt_arena_take(arena, rows, sizeof *keys);
    if (!keys) return false;
    for (size_t row = 0; row < rows; row++) keys[row] = site_key(sequence->mask_keys[begin + row], site);
    backend->dropout(y, x, keys, p, rows, n);
    return true;
}

bool lt_dropout(const lt_backend *backend, lt_arena *arena, const lt_sequence *sequence, real *y,
                const real *x, uint64_t site, double p, size_t n)
{
    return lt_dropout_rows(backend, arena, sequence, 0, sequence->total, y, x, site, p, n);
}

void lt_dropout_words(const lt_sequence *sequence, real *x, double p, size_t n)
{
    real keep = (real)(1 / (1 - p));
    for (size_t row = 0; row < sequence->total; row++) {
        uint64_t key = site_key(sequence->keys[row], LT_SITE_WORD);
        real factor = lt_dropout_bits(key, 0) >= threshold_of(p) ? keep : 0;
        for (size_t j = 0; j < n; j++) x[row * n + j] *= factor;
    }
}

void lt_zoneout(real *now, const real *before, const uint64_t *keys, uint64_t site, double p, size_t rows,
                size_t n)
{
    const real old = (real)p;
    const uint32_t threshold = threshold_of(p);
    for (size_t r = 0; r < rows; r++, now += n, before += n) {
        if (!keys) {
            for (size_t j = 0; j < n; j++) now[j] = old * before[j] + (1 - old) * now[j];
            continue;
        }
        const uint64_t key = site_key(keys[r], site);
        for (size_t j = 0; j < n; j++) now[j] = lt_dropout_bits(key, j) >= threshold ? now[j] : before[j];
    }
}

void lt_zoneout_backward(real *d, real *past, const uint64_t *keys, uint64_t site, double p, size_t rows,
                         size_t n)
{
    const real old = (real)p;
    const uint32_t threshold = threshold_of(p);
    for (size_t r = 0; r < rows; r++, d += n, past += n) {
        if (!keys) {
            for (size_t j = 0; j < n; j++) past[j] = old * d[j], d[j] *= 1 - old;
            continue;
        }
        const uint64_t key = site_key(keys[r], site);
        for (size_t j = 0; j < n; j++) {
            const bool renewed = lt_dropout_bits(key, j) >= threshold;
            past[j] = renewed ? 0 : d[j];
            d[j] = renewed ? d[j] : 0;
        }
    }
}
