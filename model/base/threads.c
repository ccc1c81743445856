#include "model/base/threads.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct worker_start {
    lt_pool *pool;
    size_t index;
} worker_start;

struct lt_pool {
    size_t workers;
    pthread_t *threads;   /* (workers - 1) */
    worker_start *starts; /* (workers - 1) */
    size_t running;       /* threads that were started */
    pthread_mutex_t mutex;
    pthread_cond_t begin, done;
    unsigned long round; /* of work; a worker that has not seen it yet has work to do */
    size_t pending;      /* workers still busy with this round */
    bool quit;
    void (*task)(void *, size_t);
    void *argument;
};

static void *worker_main(void *start)
{
    lt_pool *pool = ((worker_start *)start)->pool;
    size_t index = ((worker_start *)start)->index;
    unsigned long seen = 0;
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        while (pool->round == seen && !pool->quit) pthread_cond_wait(&pool->begin, &pool->mutex);
        if (pool->quit) break;
        seen = pool->round;
        pthread_mutex_unlock(&pool->mutex);
        pool->task(pool->argument, index);
        pthread_mutex_lock(&pool->mutex);
        if (--pool->pending == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

size_t lt_processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        int count = CPU_COUNT(&set);
        if (count > 0) return (size_t)count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

lt_status lt_pool_create(lt_pool **out, size_t workers, lt_error *error)
{
    if (workers == 0) workers = lt_processors();
    lt_pool *pool = calloc(1, sizeof *pool);
    if (pool) {
        pool->workers = workers;
        pthread_mutex_init(&pool->mutex, NULL);
        pthread_cond_init(&pool->begin, NULL);
        pthread_cond_init(&pool->done, NULL);
        pool->threads = calloc(workers, sizeof *pool->threads);
        pool->starts = calloc(workers, sizeof *pool->starts);
    }
    if (!pool || !pool->threads || !pool->starts) {
        lt_pool_free(pool);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu workers", workers);
    }
    for (size_t i = 0; i + 1 < workers; i++) {
        pool->starts[i] = (worker_start){pool, i + 1};
        int number = pthread_create(&pool->threads[i], NULL, worker_main, &pool->starts[i]);
        if (number != 0) {
            lt_pool_free(pool);
            return lt_fail(error, LT_ERROR_MEMORY, "cannot start worker %zu of %zu: %s", i + 1, workers,
                           strerror(number));
        }
        pool->running++;
    }
    *out = pool;
    return LT_OK;
}

void lt_pool_free(lt_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->mutex);
    pool->quit = true;
    pthread_cond_broadcast(&pool->begin);
    pthread_mutex_unlock(&pool->mutex);
    for (size_t i = 0; i < pool->running; i++) pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->done);
    pthread_cond_destroy(&pool->begin);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->starts);
    free(pool->threads);
    free(pool);
}

size_t lt_pool_workers(const lt_pool *pool)
{
    return pool->workers;
}

void lt_pool_run(lt_pool *pool, void (*task)(void *, size_t), void *argument)
{
    if (pool->workers > 1) {
        pthread_mutex_lock(&pool->mutex);
        pool->task = task;
        pool->argument = argument;
        pool->pending = pool->workers - 1;
        pool->round++;
        pthread_cond_broadcast(&pool->begin);
        pthread_mutex_unlock(&pool->mutex);
    }
    task(argument, 0);
    if (pool->workers > 1) {
        pthread_mutex_lock(&pool->mutex);
        while (pool->pending > 0) pthread_cond_wait(&pool->done, &pool->mutex);
        pthread_mutex_unlock(&pool->mutex);
    }
}

void lt_aside_begin(lt_aside *aside, void *(*task)(void *), void *argument)
{
    aside->running = pthread_create(&aside->thread, NULL, task, argument) == 0;
    if (!aside->running) task(argument);
}

void lt_aside_end(lt_aside *aside)
{
    if (aside->running) pthread_join(aside->thread, NULL);
    aside->running = false;
}

void lt_share(size_t count, size_t grain, size_t workers, size_t worker, size_t *begin, size_t *end)
{
    size_t grains = (count + grain - 1) / grain;
    size_t first = grains * worker / workers, last = grains * (worker + 1) / workers;
    *begin = first * grain < count ? first * grain : count;
    *end = last * grain < count ? last * grain : count;
}
