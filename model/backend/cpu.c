/* cpu.c: which of the backends this processor runs, and OpenBLAS at one thread. */
#include "model/backend/cpu.h"

#include <cblas.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "model/backend/int8.h"

static const lt_backend *available[6]; /* fastest first, NULL-terminated */
static const lt_backend *best;
#if defined(__x86_64__)
static lt_backend avx512; /* lt_backend_avx512 with what this processor can do beyond it */
#endif
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    size_t n = 0;
    openblas_set_num_threads(1); /* our own workers split the work */
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")) {
        if (__builtin_cpu_supports("avx512bf16") && __builtin_cpu_supports("avx512vnni"))
            available[n++] = &lt_backend_avx512bf16;
        avx512 = lt_backend_avx512;
        if (__builtin_cpu_supports("avx512vnni")) avx512.packing[LT_INT8] = &lt_int8_vnni;
        available[n++] = &avx512;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) available[n++] = &lt_backend_avx2;
#endif
    available[n++] = &lt_backend_sse2;
    available[n++] = &lt_backend_ref;
    best = available[0];
    const char *wanted = getenv("LATIMER_BACKEND");
    for (size_t i = 0; wanted && i < n; i++)
        if (strcmp(wanted, available[i]->name) == 0) best = available[i];
}

const lt_backend *lt_backend_best(void)
{
    pthread_once(&once, choose);
    return best;
}

const lt_backend *const *lt_backend_all(void)
{
    pthread_once(&once, choose);
    return available;
}
