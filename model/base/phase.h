/* phase.h: where the time of a computation goes: encoder, decoder, attention, output layer, optimizer, data.
 *
 * A thread that computes on behalf of an account charges to it, from lt_phase_open() to lt_phase_close(), its
 * time and the floating point operations of its matrix products. Where no account is open the other calls do
 * nothing, and none of them reaches into a result. An account belongs to one thread at a time; whoever has
 * one for each worker adds them up. */
#ifndef LT_BASE_PHASE_H
#define LT_BASE_PHASE_H

#include <stddef.h>

/* The forward and the backward pass of a phase are counted together. */
typedef enum lt_phase {
    LT_PHASE_DATA,      /* dealing sentences out to workers, laying them out */
    LT_PHASE_ENCODER,   /* its embedding, too */
    LT_PHASE_DECODER,   /* its embedding and its recurrent layers; what lies between encoder and decoder */
    LT_PHASE_ATTENTION, /* keys, scores, what is seen, and what becomes of it and the top output */
    LT_PHASE_OUTPUT,    /* output layer and loss or, in decoding, the best pieces */
    LT_PHASE_OPTIMIZER, /* adding the workers' gradients, clipping, the step, laying the weights out anew */
    LT_PHASES
} lt_phase;

extern const char *const lt_phase_names[LT_PHASES]; /* "data", "encoder" ... */

typedef struct lt_phases {
    double seconds[LT_PHASES];    /* of threads: two that work for a second make two */
    double operations[LT_PHASES]; /* of matrix products: 2 m n k for (m, k) times (k, n) */
} lt_phases;

void lt_phases_add(lt_phases *sum, const lt_phases *more);

/* In the caller's storage; all zeros is an empty one. `sums` is up to date between close and open. */
typedef struct lt_phase_account {
    lt_phases sums;
    lt_phase now;
    double since;                   /* when the time not charged yet began */
    struct lt_phase_account *outer; /* the one this thread charged to before */
} lt_phase_account;

/* From here on this thread charges to `account`, beginning with `phase`; an account that was open waits. */
void lt_phase_open(lt_phase_account *account, lt_phase phase);
/* Closes the account opened last; the one that waited goes on. */
void lt_phase_close(void);

/* What follows is of this phase. Returns the phase before, to go back to. */
lt_phase lt_phase_enter(lt_phase phase);
/* A product of (m, k) and (k, n) in the phase at hand, or as many operations otherwise. */
void lt_phase_product(size_t m, size_t n, size_t k);

#endif
