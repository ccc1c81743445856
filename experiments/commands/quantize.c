/* latimer quantize: a run's model as 8-bit integers, in a file of its own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/run_folder.h"
#include "experiments/run_model.h"

typedef struct quantize_options {
    char *output;
    int checkpoint;
} quantize_options;

static const lt_option table[] = {
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(quantize_options, output),
     .letter = 'o',
     .value = "FILE",
     .help = "Where it goes; unless given, " LT_RUN_INT8
             " in the run's folder, where --precision int8 finds it. It is complete or not there."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(quantize_options, checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models."},
    {0},
};

/* What the file says of the checkpoint it is made of; `metadata` is the checkpoint's own. */
static lt_status describe(lt_metadata *metadata, const char *checkpoint, const char *path, lt_error *error)
{
    char sha256[LT_SHA256_HEX];
    const char *checksum = lt_metadata_get(metadata, LT_METADATA_CHECKSUM);
    LT_TRY(lt_sha256_file(path, sha256, error));
    LT_TRY(lt_metadata_set(metadata, LT_METADATA_QUANTIZED, checkpoint, error));
    LT_TRY(lt_metadata_set(metadata, LT_METADATA_QUANTIZED_SHA256, sha256, error));
    return checksum ? lt_metadata_set(metadata, LT_METADATA_QUANTIZED_CHECKSUM, checksum, error) : LT_OK;
}

static double megabytes(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 ? (double)about.st_size / 1e6 : 0;
}

/* The integers in the checkpoint's place would leave nothing to train on, or to quantize, from. */
static lt_status check_output(const char *to, const char *from, lt_error *error)
{
    struct stat a, b;
    if (stat(to, &a) != 0 || stat(from, &b) != 0 || a.st_dev != b.st_dev || a.st_ino != b.st_ino)
        return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "-o %s is the checkpoint itself, which is kept as it is; give another file", to);
}

static lt_status run_quantize(const void *arguments, const lt_common_options *common,
                              const lt_strings *operands, lt_error *error)
{
    const quantize_options *o = arguments;
    const char *checkpoint = lt_checkpoint_files[o->checkpoint];
    const volatile sig_atomic_t *signal = lt_catch_signals(); /* a file that is begun is finished */
    lt_found_run found = {0};
    lt_metadata metadata = {0};
    lt_model *model = NULL;
    char *from = NULL, *to = NULL;
    lt_status status = lt_find_run(&found, operands->items[0], common->db, error);
    if (status == LT_OK) {
        from = lt_path_join(found.folder, checkpoint);
        to = o->output ? strdup(o->output) : lt_path_join(found.folder, LT_RUN_INT8);
        if (!from || !to) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", found.folder);
    }
    if (status == LT_OK) status = check_output(to, from, error);
    if (status == LT_OK) status = lt_checkpoint_load(from, &model, &metadata, error);
    if (status == LT_OK) status = describe(&metadata, checkpoint, from, error);
    if (status == LT_OK && *signal)
        status = lt_fail_signal(error, (int)*signal, " before anything was written to %s", to);
    if (status == LT_OK) status = lt_checkpoint_quantize(to, model, &metadata, error);
    if (status == LT_OK && !common->quiet)
        fprintf(stderr, "%s: %.1f MB of %.1f\n", to, megabytes(to), megabytes(from));
    lt_model_free(model);
    lt_metadata_clear(&metadata);
    free(from);
    free(to);
    free(found.folder);
    return status;
}

const lt_command lt_command_quantize = {
    .name = "quantize",
    .usage = "RUN [-o FILE] [options]",
    .summary = "writes a run's model as 8-bit integers: a quarter of the size, for --precision int8",
    .description =
        "The file holds the matrices and embeddings as 8-bit integers with a scale for each row, everything\n"
        "else as it is (safetensors; the types are I8 and F32). In the run's folder 'latimer translate\n"
        "--precision int8' uses it, and reads nothing of the checkpoint but what tells that the file was "
        "made\n"
        "of this one; a translation is the same as without the file. A folder with the file, the "
        "experiment's\n"
        "file and the tokenizers is enough to translate with --precision int8.",
    .table = table,
    .size = sizeof(quantize_options),
    .least = 1,
    .most = 1,
    .run = run_quantize,
};
