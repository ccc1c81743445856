#include "experiments/sweep_members.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/store_sweep.h"
#include "model/base/file.h"

lt_status lt_members_create(lt_member **members, const lt_sweep *sweep, lt_error *error)
{
    size_t seeds = (size_t)sweep->seeds;
    *members = calloc(sweep->count * seeds, sizeof **members);
    if (!*members) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu runs", sweep->count * seeds);
    for (size_t s = 0; s < seeds; s++)
        for (size_t p = 0; p < sweep->count; p++) {
            lt_member *member = &(*members)[s * sweep->count + p];
            member->point = p;
            member->seed = sweep->first_seed + (int64_t)s;
        }
    return LT_OK;
}

void lt_members_free(lt_member *members, const lt_sweep *sweep)
{
    for (size_t i = 0; members && i < sweep->count * (size_t)sweep->seeds; i++)
        free(members[i].folder), free(members[i].note);
    free(members);
}

/* ---- how they stand ---- */

typedef struct looking {
    lt_member *members;
    const lt_sweep *sweep;
} looking;

static lt_status take_entry(void *context, const lt_store_sweep_run *run, lt_error *error)
{
    (void)error;
    looking *l = context;
    for (size_t i = 0; i < l->sweep->count * (size_t)l->sweep->seeds; i++) {
        lt_member *member = &l->members[i];
        if (member->seed != run->seed || strcmp(l->sweep->points[member->point].label, run->label) != 0)
            continue;
        if (member->state == LT_MEMBER_TRAINING || member->tried) return LT_OK;
        snprintf(member->id, sizeof member->id, "%s", run->run);
    }
    return LT_OK;
}

static lt_status keep_folder(lt_member *member, const char *folder, lt_error *error)
{
    free(member->folder);
    member->folder = strdup(folder);
    return member->folder ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

/* What is recorded of its run. A run whose folder is gone is made anew, unless it is finished. */
static lt_status take_record(void *context, const lt_store_run *run, lt_error *error)
{
    lt_member *member = context;
    if (run->folder) LT_TRY(keep_folder(member, run->folder, error));
    bool there = member->folder && lt_store_is_run_folder(member->folder);
    member->state = run->status == LT_RUN_FINISHED  ? LT_MEMBER_FINISHED
                    : run->status == LT_RUN_RUNNING ? LT_MEMBER_ELSEWHERE
                    : there                         ? LT_MEMBER_BEGUN
                                                    : LT_MEMBER_NEW;
    if (member->state == LT_MEMBER_NEW) *member->id = '\0';
    return LT_OK;
}

/* Killed before it was recorded, it may have left its folder. */
static lt_status look_for_folder(lt_member *member, const char *name, const char *runs, lt_error *error)
{
    lt_text leaf = {0};
    lt_status status = lt_text_appendf(&leaf, error, "%s-%.8s", name, member->id);
    char *path = status == LT_OK ? lt_path_join(runs, leaf.data) : NULL;
    lt_text_clear(&leaf);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (lt_store_is_run_folder(path)) {
        member->state = LT_MEMBER_BEGUN;
        status = keep_folder(member, path, error);
    } else {
        *member->id = '\0';
    }
    free(path);
    return status;
}

lt_status lt_members_look(lt_member *members, const lt_sweep *sweep, lt_store *store, int64_t id,
                          const char *runs, lt_error *error)
{
    looking l = {members, sweep};
    LT_TRY(lt_store_sweep_runs(store, id, take_entry, &l, error));
    for (size_t i = 0; i < sweep->count * (size_t)sweep->seeds; i++) {
        lt_member *member = &members[i];
        if (member->state == LT_MEMBER_TRAINING || member->tried || !*member->id) continue;
        lt_store_filter filter = {.id = member->id};
        member->state = LT_MEMBER_NEW;
        free(member->folder);
        member->folder = NULL;
        LT_TRY(lt_store_runs(store, &filter, take_record, member, error));
        if (member->state == LT_MEMBER_NEW && *member->id)
            LT_TRY(look_for_folder(member, sweep->points[member->point].run, runs, error));
    }
    return LT_OK;
}
