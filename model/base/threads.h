/* threads.h: our own workers, started once. */
#ifndef LT_BASE_THREADS_H
#define LT_BASE_THREADS_H

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

/* The processors this process may run on. */
size_t lt_processors(void);

/* Worker w's share [*begin, *end) of `count` items, in whole multiples of `grain` (but the last). */
void lt_share(size_t count, size_t grain, size_t workers, size_t worker, size_t *begin, size_t *end);

#endif
