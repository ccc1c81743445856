/* threads.h: our own workers, started once. */
#ifndef LT_BASE_THREADS_H
#define LT_BASE_THREADS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/base/status.h"

typedef struct lt_pool lt_pool;

/* `workers` >= 1; the calling thread is worker 0, so that a pool of 1 starts no thread. 0: as many as there
 * are processors this process may run on. */
lt_status lt_pool_create(lt_pool **pool, size_t workers, lt_error *error);
void lt_pool_free(lt_pool *pool);
size_t lt_pool_workers(const lt_pool *pool);

/* Calls task(argument, worker) once for every worker 0..workers-1 and returns when all are done. Not
 * reentrant. */
void lt_pool_run(lt_pool *pool, void (*task)(void *argument, size_t worker), void *argument);

/* One task beside the caller's own work. All zeros: there is none. */
typedef struct lt_aside {
    pthread_t thread;
    bool running;
} lt_aside;

/* Begins task(argument) in a thread of its own; where none can be started it is done before this returns. The
 * argument must live until lt_aside_end(), which waits for the task and may be called without one. */
void lt_aside_begin(lt_aside *aside, void *(*task)(void *argument), void *argument);
void lt_aside_end(lt_aside *aside);

/* The processors this process may run on. */
size_t lt_processors(void);

/* Worker w's share [*begin, *end) of `count` items, in whole multiples of `grain` (but the last). */
void lt_share(size_t count, size_t grain, size_t workers, size_t worker, size_t *begin, size_t *end);

#endif
