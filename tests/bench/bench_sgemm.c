/* bench_sgemm: what the machine can do: GFLOP/s of OpenBLAS's single-threaded SGEMM of 1024 x 1024 matrices,
 * one to a thread, for as many threads as given. The best of several rounds: what the machine reaches when it
 * is left alone.
 *
 * usage: bench_sgemm [THREADS]      prints one number */
#include <cblas.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void openblas_set_num_threads(int);

enum { N = 1024, PRODUCTS = 8, ROUNDS = 5 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct product {
    float *a, *b, *c;
} product;

static void *multiply(void *argument)
{
    const product *p = argument;
    for (int i = 0; i < PRODUCTS; i++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, N, N, 1, p->a, N, p->b, N, 0, p->c, N);
    return NULL;
}

static float *random_matrix(void)
{
    float *m = malloc(sizeof(float) * N * N);
    for (size_t i = 0; m && i < (size_t)N * N; i++) m[i] = (float)rand() / (float)RAND_MAX - 0.5f;
    return m;
}

int main(int argc, char **argv)
{
    long threads = argc > 1 ? atol(argv[1]) : sysconf(_SC_NPROCESSORS_ONLN);
    double best = 0;
    if (threads < 1 || threads > 256) return 2;
    openblas_set_num_threads(1);
    product products[256];
    pthread_t handles[256];
    for (long t = 0; t < threads; t++) {
        products[t] = (product){random_matrix(), random_matrix(), random_matrix()};
        if (!products[t].a || !products[t].b || !products[t].c) return 1;
    }
    for (int round = 0; round < ROUNDS; round++) {
        double began = now();
        for (long t = 0; t < threads; t++)
            if (pthread_create(&handles[t], NULL, multiply, &products[t]) != 0) return 1;
        for (long t = 0; t < threads; t++) pthread_join(handles[t], NULL);
        double rate = 2.0 * N * N * N * PRODUCTS * (double)threads / (now() - began) / 1e9;
        if (rate > best) best = rate;
    }
    printf("%.1f\n", best);
    return 0;
}
