/* sweep_members.h: the trainings of a sweep, and how each stands. */
#ifndef LT_SWEEP_MEMBERS_H
#define LT_SWEEP_MEMBERS_H

#include <sys/types.h>

#include "experiments/sweep.h"

typedef enum lt_member_state {
    LT_MEMBER_NEW,       /* not begun */
    LT_MEMBER_BEGUN,     /* stopped, killed or failed: to go on with from its folder */
    LT_MEMBER_FINISHED,  /* and kept */
    LT_MEMBER_ELSEWHERE, /* another process trains it */
    LT_MEMBER_TRAINING,  /* a child of this process does */
    LT_MEMBER_FAILED,    /* in this sweep; `note` says why */
    LT_MEMBER_STOPPED,   /* the same: stopped by a signal */
} lt_member_state;

typedef struct lt_member {
    size_t point; /* of the sweep */
    int64_t seed;
    lt_member_state state;
    bool tried;         /* by this process: once is enough */
    char id[LT_RUN_ID]; /* of its run; empty: none yet */
    char *folder;       /* where it was begun; or NULL */
    char *note;         /* of a failure; or NULL */
    pid_t child;
    double began; /* when the child was started */
} lt_member;

/* All seeds of all points, in the order in which they are trained: each seed's points together, so that there
 * is a first table early. `*members` (points times seeds) is freed by lt_members_free(). */
lt_status lt_members_create(lt_member **members, const lt_sweep *sweep, lt_error *error);
void lt_members_free(lt_member *members, const lt_sweep *sweep);

/* How they stand in the sweep of this id, by the store and, for runs it has no record of, the folders in
 * `runs`. Members that a child trains, and those that were tried, stay as they are. */
lt_status lt_members_look(lt_member *members, const lt_sweep *sweep, lt_store *store, int64_t id,
                          const char *runs, lt_error *error);

#endif
