#include "experiments/commands/use_tuned.h"

#include <stdio.h>
#include <stdlib.h>

#include "experiments/decoding.h"
#include "experiments/run_folder.h"
#include "experiments/tuned.h"
#include "model/base/file.h"

static lt_status tell_stale(const lt_tuned *tuned, const lt_run_model *run, lt_error *error)
{
    lt_metadata metadata = {0};
    lt_status status = lt_checkpoint_describe(run->path, &metadata, error);
    if (status == LT_OK && lt_tuned_elsewhere(tuned, &metadata))
        fprintf(stderr,
                "these were chosen with another checkpoint (%s of update %lld) than %s of update %llu; "
                "'latimer tune %s' chooses anew\n",
                tuned->tuned.checkpoint ? tuned->tuned.checkpoint : "one", (long long)tuned->tuned.update,
                run->checkpoint, (unsigned long long)run->update, run->folder);
    if (status == LT_OK && tuned->tuned.checksum && tuned->tuned.precision != run->precision)
        fprintf(stderr, "these were chosen in %s, and this is %s: scores may differ a little\n",
                lt_precision_names[tuned->tuned.precision], lt_precision_names[run->precision]);
    lt_metadata_clear(&metadata);
    return status;
}

static lt_status tell_options(const lt_tuned *tuned, const lt_run_model *run, const lt_strings *given,
                              lt_error *error)
{
    lt_strings standing = {0};
    lt_text words = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; status == LT_OK && i < tuned->keys.count; i++)
        if (!lt_strings_has(given, tuned->keys.items[i]))
            status = lt_strings_add(&standing, tuned->keys.items[i], error);
    if (status == LT_OK) status = lt_decoding_list(&words, &tuned->decoding, &standing, error);
    if (status == LT_OK && words.length) {
        fprintf(stderr, "%s as tuned (%s/" LT_RUN_TUNED "; --no-tuned: as the experiment has it)\n",
                words.data, run->folder);
        status = tell_stale(tuned, run, error);
    }
    lt_strings_clear(&standing);
    lt_text_clear(&words);
    return status;
}

/* Of the first run of an ensemble. */
static void tell_aside(const lt_run_model *run)
{
    char *path = lt_path_join(run->folder, LT_RUN_TUNED);
    if (path && lt_file_exists(path))
        fprintf(stderr, "%s was chosen for that run alone and is left aside; --tuned decodes all by it\n",
                path);
    free(path);
}

lt_status lt_use_tuned(lt_decoding_options *options, const lt_run_model *run, size_t runs,
                       const lt_common_options *common, bool tell, lt_error *error)
{
    lt_tuned tuned;
    if (runs > 1 && !lt_was_given(common, "tuned")) {
        if (tell) tell_aside(run);
        return LT_OK;
    }
    lt_status status = lt_tuned_read(&tuned, run->folder, error);
    if (status != LT_OK)
        lt_error_context(error, "--tuned (--no-tuned goes without, 'latimer tune %s --forget' removes it)",
                         run->folder);
    if (status == LT_OK) status = lt_decoding_override(options, &tuned.decoding, &tuned.keys, error);
    if (status == LT_OK && tell) status = tell_options(&tuned, run, &common->given, error);
    lt_tuned_clear(&tuned);
    return status;
}
