#include "experiments/commands/find_run.h"

#include <stdlib.h>
#include <string.h>

#include "experiments/run_folder.h"
#include "model/base/file.h"

const char *const lt_checkpoint_choices[] = {"best", "last", NULL};
const char lt_precision_help[] =
    "In which numbers the matrix products are taken. int8: more than twice as fast and in less memory, at a "
    "small loss, with the weights that 'latimer quantize' wrote or, where it has not, the checkpoint's, "
    "rounded while they are read; these products are the same on every processor. bfloat16: operands rounded "
    "to 8 significant bits, faster only where the processor has instructions for it. Sums, states and "
    "everything else are float32 in any.";
const char *const lt_checkpoint_files[] = {LT_RUN_BEST, LT_RUN_LAST};

static lt_status keep_folder(void *context, const lt_store_run *run, lt_error *error)
{
    lt_found_run *found = context;
    found->folder = strdup(run->folder ? run->folder : "");
    return found->folder ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

static lt_status look_up(lt_found_run *found, const char *text, const char *db, lt_error *error)
{
    lt_store *store;
    LT_TRY(lt_store_open(&store, db, LT_STORE_READ, error));
    lt_status status = lt_store_find_run(store, text, LT_RUN_TRAINING, found->id, error);
    lt_store_filter filter = {.kinds = LT_RUN_TRAINING, .id = found->id};
    if (status == LT_OK && *found->id && !found->folder)
        status = lt_store_runs(store, &filter, keep_folder, found, error);
    lt_store_close(store);
    return status;
}

lt_status lt_find_run(lt_found_run *found, const char *text, const char *db, lt_error *error)
{
    *found = (lt_found_run){0};
    bool folder = lt_store_is_run_folder(text);
    if (folder) {
        found->folder = strdup(text);
        if (!found->folder) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        if (!lt_file_exists(db)) return LT_OK;
    } else if (!lt_file_exists(db)) {
        return lt_fail(
            error, LT_ERROR_USAGE,
            "'%.300s' is not the folder of a run, and there is no database %s to look it up in; give the "
            "folder, or the database with --db",
            text, db);
    }
    lt_error trouble = {0};
    /* by its place: a folder ./toy need not be of the experiment toy */
    char *place = folder ? realpath(text, NULL) : NULL;
    lt_status status = look_up(found, place ? place : text, db, &trouble);
    free(place);
    if (status != LT_OK && folder) { /* the folder alone is enough */
        *found->id = '\0';
        return LT_OK;
    }
    if (status == LT_OK && !lt_store_is_run_folder(found->folder))
        status =
            lt_fail(&trouble, LT_ERROR_IO,
                    "the folder of run %.8s, %s, is not there any more; if it was moved, give its new path",
                    found->id, found->folder);
    if (status != LT_OK) {
        *error = trouble;
        free(found->folder);
        *found = (lt_found_run){0};
    }
    return status;
}

void lt_tell_model(const lt_run_model *run, bool quiet)
{
    if (!quiet && run->remarks.length) fputs(run->remarks.data, stderr);
}
