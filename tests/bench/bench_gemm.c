/* bench_gemm: GFLOP/s of one core in the products that training and decoding are made of: rows times a packed
 * weight, for each backend this processor runs, in each of its precisions, and for OpenBLAS, which packs the
 * weight on every call; and, as rows tall, the sums over rows that weight gradients are.
 * Interleaved rounds, the best of each. The weights take turns, so that they come from where they come from
 * in training: the outer caches.
 *
 * usage: bench_gemm [ROWS...] */
#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/backend/backend.h"

enum { WEIGHTS = 4, ROUNDS = 9, CONTESTANTS = 16, MOST_ROWS = 1024 };

static const struct {
    size_t n, k;
    const char *what;
} shapes[] = {{2048, 512, "recurrent, forward"}, {512, 2048, "recurrent, backward"}, {4000, 256, "output"}};

/* backend NULL: OpenBLAS. */
typedef struct contestant {
    const lt_backend *backend;
    int precision;
    double best;
} contestant;

static float *weights[WEIGHTS], *packed[WEIGHTS], *x, *y;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* one thread: others may want the core, too */
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* y (m, n) = x W^T, or, `gradient`, W (n, k) += x^T y with x (m, n), y (m, k). */
static void multiply(const contestant *c, size_t w, bool gradient, size_t m, size_t n, size_t k)
{
    const lt_packing *p = c->backend ? c->backend->packing[c->precision] : NULL;
    if (p && gradient)
        p->gemm_tn(weights[w], k, x, n, y, k, m, n, k);
    else if (p)
        p->gemm(y, n, x, k, packed[w], NULL, m, n, k, false);
    else if (gradient)
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)n, (int)k, (int)m, 1, x, (int)n, y, (int)k,
                    1, weights[w], (int)k);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)m, (int)n, (int)k, 1, x, (int)k, weights[w],
                    (int)k, 0, y, (int)n);
}

/* GFLOP/s of one round over all weights. */
static double measure(const contestant *c, bool gradient, size_t m, size_t n, size_t k)
{
    size_t times = 1 + (size_t)(2e8 / (2.0 * (double)(m * n * k) * WEIGHTS));
    double began = now();
    for (size_t i = 0; i < times; i++)
        for (size_t w = 0; w < WEIGHTS; w++) multiply(c, w, gradient, m, n, k);
    return 2.0 * (double)(m * n * k * WEIGHTS * times) / (now() - began) / 1e9;
}

/* Those that take part, `*count` of them. */
static void gather(contestant list[CONTESTANTS], size_t *count, bool gradient)
{
    *count = 0;
    for (const lt_backend *const *b = lt_backend_all(); *b; b++)
        for (int p = 0; p < LT_PRECISIONS && *b != &lt_backend_ref; p++)
            if ((*b)->packing[p] && (!gradient || (*b)->packing[p]->gemm_tn) && *count < CONTESTANTS - 1)
                list[(*count)++] = (contestant){*b, p, 0};
    list[(*count)++] = (contestant){0};
}

static void compare(size_t m, size_t n, size_t k, const char *what, bool gradient)
{
    contestant list[CONTESTANTS];
    size_t count;
    gather(list, &count, gradient);
    for (size_t round = 0; round < ROUNDS; round++)
        for (contestant *c = list; c < list + count; c++) {
            for (size_t w = 0; w < WEIGHTS && c->backend && !gradient; w++)
                c->backend->packing[c->precision]->pack(packed[w], weights[w], k, false, n, k, 0, n);
            double rate = measure(c, gradient, m, n, k);
            if (rate > c->best) c->best = rate;
        }
    printf("%4zu rows x %4zu x %4zu, %s%s", m, n, k, what, gradient ? ", gradient" : "");
    for (const contestant *c = list; c < list + count; c++)
        printf("  %s %s %5.1f", c->backend ? c->backend->name : "openblas", lt_precision_names[c->precision],
               c->best);
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
            for (int gradient = 0; gradient < 2; gradient++)
                compare(m, shapes[s].n, shapes[s].k, shapes[s].what, gradient);
        }
    return 0;
}
