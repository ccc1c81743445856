/* bench_gemm: GFLOP/s of one core in the products that training and decoding are made of: rows times a packed
 * weight, for each backend this processor runs and for OpenBLAS, which packs the weight on every call.
 * Interleaved rounds, the best of each. The weights take turns, so that they come from where they come from
 * in training: the outer caches.
 *
 * usage: bench_gemm [ROWS...] */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/backend/backend.h"

enum { WEIGHTS = 4, ROUNDS = 15, BACKENDS = 6, MOST_ROWS = 512 };

static const struct {
    size_t n, k;
    const char *what;
} shapes[] = {{2048, 512, "recurrent, forward"}, {512, 2048, "recurrent, backward"}, {4000, 256, "output"}};

static float *weights[WEIGHTS], *packed[WEIGHTS], *x, *y;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void multiply(const lt_backend *backend, const float *w, const float *p, size_t m, size_t n, size_t k)
{
    if (backend)
        backend->packing[LT_FLOAT32]->gemm(y, n, x, k, p, NULL, m, n, k, false);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, x, (int)k, w, (int)k,
                    0, y, (int)n);
}

/* GFLOP/s of one round over all weights. */
static double measure(const lt_backend *backend, size_t m, size_t n, size_t k)
{
    size_t times = 1 + (size_t)(2e8 / (2.0 * (double)(m * n * k) * WEIGHTS));
    double began = now();
    for (size_t i = 0; i < times; i++)
        for (size_t w = 0; w < WEIGHTS; w++) multiply(backend, weights[w], packed[w], m, n, k);
    return 2.0 * (double)(m * n * k * WEIGHTS * times) / (now() - began) / 1e9;
}

static void compare(size_t m, size_t n, size_t k, const char *what)
{
    const lt_backend *const *all = lt_backend_all();
    double best[BACKENDS] = {0};
    size_t count = 0;
    while (all[count] && all[count] != &lt_backend_ref) count++;
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t b = 0; b <= count; b++) {
            const lt_backend *backend = b < count ? all[b] : NULL;
            for (size_t w = 0; w < WEIGHTS && backend; w++)
                backend->packing[LT_FLOAT32]->pack(packed[w], weights[w], k, false, n, k, 0, n);
            double rate = measure(backend, m, n, k);
            if (rate > best[b]) best[b] = rate;
        }
    printf("%4zu rows x %4zu x %4zu, %-20s", m, n, k, what);
    for (size_t b = 0; b <= count; b++) printf("  %s %5.1f", b < count ? all[b]->name : "openblas", best[b]);
    printf("\n");
    fflush(stdout);
}

static float *random_block(size_t n)
{
    float *block = aligned_alloc(64, (n * sizeof(float) + 63) / 64 * 64);
    for (size_t i = 0; block && i < n; i++) block[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return block;
}

int main(int argc, char **argv)
{
    const char *usual[] = {"5", "20", "32", "64", "160"};
    const char *const *rows = argc > 1 ? (const char *const *)argv + 1 : usual;
    size_t count = argc > 1 ? (size_t)argc - 1 : sizeof usual / sizeof *usual;
    enum { LARGEST = 4096 * 2048 };
    for (size_t w = 0; w < WEIGHTS; w++) {
        weights[w] = random_block(LARGEST);
        packed[w] = random_block(LARGEST);
        if (!weights[w] || !packed[w]) return 1;
    }
    x = random_block(MOST_ROWS * 4096);
    y = random_block(MOST_ROWS * 4096);
    if (!x || !y) return 1;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (size_t r = 0; r < count; r++) {
            size_t m = (size_t)atol(rows[r]);
            if (m < 1 || m > MOST_ROWS) return 2;
            compare(m, shapes[s].n, shapes[s].k, shapes[s].what);
        }
    return 0;
}
