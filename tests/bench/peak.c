#include "tests/bench/peak.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "model/base/clock.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

const char *const peak_names[PEAK_KINDS] = {"float32", "bfloat16", "int8"};

/* Enough independent sums to hide the latency of two units, few enough for 16 registers. */
enum { SUMS = 12, STEPS = 1 << 20, ROUNDS = 24 };

static volatile float float_sink;

/* One of the ways to multiply: `run` does STEPS * SUMS instructions of `operations` each. */
typedef struct method {
    const char *instructions;
    void (*run)(void);
    double operations;
} method;

typedef float lanes __attribute__((vector_size(16)));

static void run_plain(void)
{
    lanes sum[SUMS] = {0}, x = {float_sink, 1, 2, 3}, y = {4, 5, float_sink, 6};
    float total = 0;
    for (int i = 0; i < STEPS; i++) {
        for (int s = 0; s < SUMS; s++) sum[s] += x * y;
        __asm__ volatile("" : "+m"(sum), "+m"(x)); /* the sums may be of anything: nothing can be left out */
    }
    for (int s = 0; s < SUMS; s++) total += sum[s][0];
    float_sink = total;
}

#if defined(__x86_64__)

/* A function of SUMS running sums; `step` adds to `sum` from x and y. The empty assembly makes them other
 * values than they are, as far as the compiler knows: each must be computed, and by itself. */
#define RUN(name, isa, vector, start, step)                                                                  \
    __attribute__((target(isa))) static void name(void)                                                      \
    {                                                                                                        \
        vector s0 = start, s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;                                      \
        vector s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0, x = start, y = start;                 \
        __asm__ volatile("" : "+x"(s0), "+x"(s1), "+x"(s2), "+x"(s3), "+x"(s4), "+x"(s5));                   \
        __asm__ volatile("" : "+x"(s6), "+x"(s7), "+x"(s8), "+x"(s9), "+x"(s10), "+x"(s11));                 \
        for (int i = 0; i < STEPS; i++) {                                                                    \
            __asm__ volatile("" : "+x"(x), "+x"(y));                                                         \
            step(s0), step(s1), step(s2), step(s3), step(s4), step(s5);                                      \
            step(s6), step(s7), step(s8), step(s9), step(s10), step(s11);                                    \
        }                                                                                                    \
        __asm__ volatile("" ::"x"(s0), "x"(s1), "x"(s2), "x"(s3), "x"(s4), "x"(s5));                         \
        __asm__ volatile("" ::"x"(s6), "x"(s7), "x"(s8), "x"(s9), "x"(s10), "x"(s11));                       \
    }

#define ADD_AVX2(sum) sum = _mm256_fmadd_ps(x, y, sum)
RUN(run_avx2, "avx2,fma", __m256, _mm256_setzero_ps(), ADD_AVX2)
#define ADD_AVX512(sum) sum = _mm512_fmadd_ps(x, y, sum)
RUN(run_avx512, "avx512f", __m512, _mm512_setzero_ps(), ADD_AVX512)

/* vpmaddubsw: pairs of products in 16 bits; vpmaddwd, with ones in practice: pairs of those in 32; and their
 * sum. The products are of the sum itself, or the compiler would see that they are always the same. */
#define ADD_INT8_AVX2(sum) sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(sum, y), x))
RUN(run_int8_avx2, "avx2", __m256i, _mm256_setzero_si256(), ADD_INT8_AVX2)
#define ADD_VNNI(sum) sum = _mm512_dpbusd_epi32(sum, x, y)
RUN(run_vnni, "avx512f,avx512vnni", __m512i, _mm512_setzero_si512(), ADD_VNNI)

#define ADD_BF16(sum) sum = _mm512_dpbf16_ps(sum, (__m512bh)x, (__m512bh)y)
RUN(run_bf16, "avx512f,avx512bf16", __m512, _mm512_setzero_ps(), ADD_BF16)

#endif

static const method *find_method(peak_kind kind)
{
    static const method plain = {"plain", run_plain, 8};
#if defined(__x86_64__)
    static const method avx2 = {"avx2", run_avx2, 16}, avx512 = {"avx512", run_avx512, 32};
    static const method bf16 = {"avx512-bf16", run_bf16, 64}, vnni = {"avx512-vnni", run_vnni, 128};
    static const method int8 = {"avx2", run_int8_avx2, 64};
    bool wide = __builtin_cpu_supports("avx512f"), half = __builtin_cpu_supports("avx2");
    if (kind == PEAK_FLOAT32 && wide) return &avx512;
    if (kind == PEAK_FLOAT32 && half && __builtin_cpu_supports("fma")) return &avx2;
    if (kind == PEAK_BFLOAT16 && wide && __builtin_cpu_supports("avx512bf16")) return &bf16;
    if (kind == PEAK_INT8 && wide && __builtin_cpu_supports("avx512vnni")) return &vnni;
    if (kind == PEAK_INT8 && half) return &int8;
#endif
    return kind == PEAK_FLOAT32 ? &plain : NULL;
}

const char *peak_instructions(peak_kind kind)
{
    const method *m = find_method(kind);
    return m ? m->instructions : NULL;
}

static void *run_thread(void *argument)
{
    ((const method *)argument)->run();
    return NULL;
}

double peak_measure(peak_kind kind, size_t threads)
{
    const method *m = find_method(kind);
    double best = 0;
    if (!m || threads == 0) return 0;
    pthread_t *handles = malloc(threads * sizeof *handles);
    for (int round = 0; handles && round < ROUNDS; round++) {
        double began = lt_seconds();
        size_t started = 0;
        while (started + 1 < threads && pthread_create(&handles[started], NULL, run_thread, (void *)m) == 0)
            started++;
        m->run();
        for (size_t t = 0; t < started; t++) pthread_join(handles[t], NULL);
        double rate = (double)(started + 1) * SUMS * STEPS * m->operations / (lt_seconds() - began) / 1e9;
        if (rate > best) best = rate;
    }
    free(handles);
    return best;
}
