/* bench_gemm: GFLOP/s of one core in the products that training and decoding are made of: rows times a packed
 * weight, for each backend and precision this processor runs and for OpenBLAS, which packs the weight on
 * every call. Interleaved rounds, the best of each, by the thread's processor time. The weights take turns,
 * so that they come from where they come from in training: the outer caches.
 *
 * usage: bench_gemm [ROWS...] */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/backend/backend.h"

enum { WEIGHTS = 4, ROUNDS = 10, COMPARED = 12, MOST_ROWS = 512 };

static const struct {
    size_t n, k;
    const char *what;
} shapes[] = {{2048, 512, "recurrent, forward"}, {512, 2048, "recurrent, backward"}, {4000, 256, "output"}};

static float *weights[WEIGHTS], *packed[WEIGHTS], *x, *y;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* `packing` NULL: OpenBLAS. */
static void multiply(const lt_packing *packing, const float *w, const float *p, size_t m, size_t n, size_t k)
{
    if (packing)
        packing->gemm(y, n, x, k, p, NULL, m, n, k, false);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, x, (int)k, w, (int)k,
                    0, y, (int)n);
}

/* GFLOP/s, or as many operations on integers, of one round over all weights. */
static double measure(const lt_packing *packing, size_t m, size_t n, size_t k)
{
    size_t times = 1 + (size_t)(1e8 / (2.0 * (double)(m * n * k) * WEIGHTS));
    double began = now();
    for (size_t i = 0; i < times; i++)
        for (size_t w = 0; w < WEIGHTS; w++) multiply(packing, weights[w], packed[w], m, n, k);
    return 2.0 * (double)(m * n * k * WEIGHTS * times) / (now() - began) / 1e9;
}

/* What is compared: each precision of each backend but the oracle, and OpenBLAS last; their number. */
static size_t list(const lt_packing *packings[COMPARED], char names[COMPARED][32])
{
    size_t count = 0;
    for (const lt_backend *const *b = lt_backend_all(); *b && *b != &lt_backend_ref; b++)
        for (int precision = 0; precision < LT_PRECISIONS && count + 1 < COMPARED; precision++) {
            if (!(*b)->packing[precision]) continue;
            packings[count] = (*b)->packing[precision];
            snprintf(names[count++], 32, "%s %s", (*b)->name, lt_precision_names[precision]);
        }
    packings[count] = NULL;
    snprintf(names[count++], 32, "openblas");
    return count;
}

static void compare(size_t m, size_t n, size_t k, const char *what)
{
    const lt_packing *packings[COMPARED];
    char names[COMPARED][32];
    const size_t count = list(packings, names);
    double best[COMPARED] = {0};
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < count; i++) {
            for (size_t w = 0; w < WEIGHTS && packings[i]; w++)
                packings[i]->pack(packed[w], weights[w], k, false, n, k, 0, n);
            double rate = measure(packings[i], m, n, k);
            if (rate > best[i]) best[i] = rate;
        }
    printf("%4zu rows x %4zu x %4zu, %-20s", m, n, k, what);
    for (size_t i = 0; i < count; i++) printf("  %s %5.1f", names[i], best[i]);
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
    const char *usual[] = {"5", "20", "32", "64", "160", "320"};
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
