/* rng.h: random numbers that are a pure function of (seed, stream).
 *
 * The generator is SplitMix64 (Steele, Lea & Flood 2014), whose state is one counter: equal seed and stream
 * give equal numbers on every machine. Nothing in latimer carries a generator from one update to the next;
 * each use starts its own stream from the seed and what it is for (epoch, update, layer), so that "the random
 * state" of a run is its progress. */
#ifndef LT_BASE_RNG_H
#define LT_BASE_RNG_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

typedef struct lt_rng {
    uint64_t state;
} lt_rng;

/* A bijective mix of 64 bits (SplitMix64's finaliser). */
static inline uint64_t lt_mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* A stream's name from the seed and up to three numbers (epoch, update, purpose...). */
static inline uint64_t lt_stream(uint64_t seed, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t h = lt_mix64(seed + 0x9E3779B97F4A7C15u);
    h = lt_mix64(h ^ (a + 0x9E3779B97F4A7C15u));
    h = lt_mix64(h ^ (b + 0xD1B54A32D192ED03u));
    return lt_mix64(h ^ (c + 0x8CB92BA72F3D8DD7u));
}

static inline void lt_rng_init(lt_rng *rng, uint64_t stream)
{
    rng->state = stream;
}

static inline uint64_t lt_rng_u64(lt_rng *rng)
{
    return lt_mix64(rng->state += 0x9E3779B97F4A7C15u);
}

/* Uniform in [0, 1), 53 bits. */
static inline double lt_rng_uniform(lt_rng *rng)
{
    return (double)(lt_rng_u64(rng) >> 11) * 0x1p-53;
}

/* Uniform in 0..n-1 without bias (Lemire 2019); n > 0. */
static inline uint64_t lt_rng_below(lt_rng *rng, uint64_t n)
{
    unsigned __int128 product = (unsigned __int128)lt_rng_u64(rng) * n;
    if ((uint64_t)product < n) {
        uint64_t threshold = -n % n;
        while ((uint64_t)product < threshold) product = (unsigned __int128)lt_rng_u64(rng) * n;
    }
    return (uint64_t)(product >> 64);
}

/* Standard normal (Box & Muller 1958, one of the pair). */
static inline double lt_rng_normal(lt_rng *rng)
{
    double u = 1.0 - lt_rng_uniform(rng), v = lt_rng_uniform(rng);
    return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

/* Fisher-Yates over indices. */
static inline void lt_rng_shuffle(lt_rng *rng, size_t *items, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = (size_t)lt_rng_below(rng, i), swap = items[i - 1];
        items[i - 1] = items[j];
        items[j] = swap;
    }
}

#endif
