#include "experiments/tuned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/decoding.h"
#include "experiments/run_folder.h"
#include "experiments/run_model.h"
#include "experiments/yaml.h"
#include "model/base/file.h"

enum { FILE_MAX = 1 << 16 };

#define FIELD(name) .offset = offsetof(lt_tuned_by, name)
#define TEXT(name, words)                                                                                    \
    {                                                                                                        \
        .key = #name, .type = LT_OPTION_STRING, FIELD(name), .help = words                                   \
    }
#define COUNT(name, words)                                                                                   \
    {                                                                                                        \
        .key = #name, .type = LT_OPTION_INTEGER, FIELD(name), .default_value = "0", .help = words            \
    }
#define SCORE(name, words)                                                                                   \
    {                                                                                                        \
        .key = #name, .type = LT_OPTION_REAL, FIELD(name), .default_value = "0", .help = words               \
    }

static const lt_option by_table[] = {
    TEXT(date, "When (UTC)."),
    TEXT(checkpoint, "The model's file."),
    TEXT(checksum, "What that file said of its contents: another model is told by it."),
    COUNT(update, "The model's."),
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     FIELD(precision),
     .default_value = "float32",
     .choices = lt_precision_names,
     .help = "In which it was decoded."},
    TEXT(set, "The validation set."),
    TEXT(source_sha256, "Of its source text."),
    TEXT(reference_sha256, "Of its reference, or of the references' hashes."),
    COUNT(settings, "How many were tried."),
    TEXT(metric, "What they were compared by."),
    SCORE(score, "With the options below."),
    SCORE(own_score, "With the experiment's own."),
    TEXT(signature, "How it was scored."),
    {0},
};

static const lt_option file_table[] = {
    {.key = "tuned",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(lt_tuned, tuned),
     .group = by_table,
     .help = "By what the options were chosen."},
    {.key = "decoding",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(lt_tuned, decoding),
     .group = lt_decoding_table,
     .help = "The options. What is not here is as the experiment has it."},
    {0},
};

static const char heading[] = "# How 'latimer translate' decodes with this run. Written by 'latimer tune'; "
                              "'latimer tune RUN --forget'\n"
                              "# removes it. These options come before those of " LT_RUN_EXPERIMENT
                              " and after those of the command line.\n"
                              "# The score is the best of several on the set they were chosen by, and so too "
                              "good: report another set's.\n";

/* ---- reading ---- */

/* Those keys of the file that are options, without their group's name. */
static lt_status take_keys(lt_tuned *tuned, const lt_yaml_keys *keys, lt_error *error)
{
    static const char group[] = "decoding.";
    for (size_t i = 0; i < keys->dotted.count; i++)
        if (strncmp(keys->dotted.items[i], group, strlen(group)) == 0)
            LT_TRY(lt_strings_add(&tuned->keys, keys->dotted.items[i] + strlen(group), error));
    return LT_OK;
}

static lt_status read_file(lt_tuned *tuned, const char *path, lt_error *error)
{
    lt_text text = {0};
    lt_yaml_keys keys = {0};
    lt_status status = lt_options_defaults(tuned, file_table, error);
    if (status == LT_OK) status = lt_file_read(&text, path, FILE_MAX, error);
    if (status == LT_OK)
        status = lt_yaml_load(tuned, file_table, text.data ? text.data : "", text.length, path, &keys, error);
    if (status == LT_OK) status = take_keys(tuned, &keys, error);
    tuned->there = status == LT_OK;
    lt_text_clear(&text);
    lt_strings_clear(&keys.dotted);
    lt_strings_clear(&keys.places);
    return status;
}

lt_status lt_tuned_read(lt_tuned *tuned, const char *folder, lt_error *error)
{
    *tuned = (lt_tuned){0};
    char *path = lt_path_join(folder, LT_RUN_TUNED);
    lt_status status = path ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK && lt_file_exists(path)) status = read_file(tuned, path, error);
    free(path);
    return status;
}

void lt_tuned_clear(lt_tuned *tuned)
{
    lt_options_clear(tuned, file_table);
    lt_strings_clear(&tuned->keys);
    *tuned = (lt_tuned){0};
}

/* ---- writing ---- */

/* Of the decoding options only those that were chosen. */
static bool is_kept(const void *options, const char *dotted)
{
    const lt_tuned *tuned = options;
    const char *dot = strchr(dotted, '.');
    if (!dot || strncmp(dotted, "decoding.", (size_t)(dot + 1 - dotted)) != 0) return true;
    return lt_strings_has(&tuned->keys, dot + 1);
}

lt_status lt_tuned_write(const lt_tuned *tuned, const char *folder, lt_error *error)
{
    lt_text text = {0};
    char *path = lt_path_join(folder, LT_RUN_TUNED);
    lt_status status = path ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", folder);
    if (status == LT_OK) status = lt_text_append(&text, heading, strlen(heading), error);
    if (status == LT_OK) status = lt_yaml_dump(&text, tuned, file_table, is_kept, error);
    if (status == LT_OK) status = lt_file_write(path, text.data, text.length, error);
    lt_text_clear(&text);
    free(path);
    return status;
}

lt_status lt_tuned_forget(const char *folder, bool *was_there, lt_error *error)
{
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return lt_fail_errno(error, "cannot open the run folder %s", folder);
    lt_status status = LT_OK;
    *was_there = unlinkat(descriptor, LT_RUN_TUNED, 0) == 0;
    if (*was_there ? fsync(descriptor) != 0 : errno != ENOENT)
        status = lt_fail_errno(error, "cannot remove %s/" LT_RUN_TUNED, folder);
    close(descriptor);
    return status;
}

/* ---- what it says ---- */

const char *lt_checkpoint_checksum(const lt_metadata *metadata)
{
    const char *of_source = lt_metadata_get(metadata, LT_METADATA_QUANTIZED_CHECKSUM);
    return of_source ? of_source : lt_metadata_get(metadata, LT_METADATA_CHECKSUM);
}

bool lt_tuned_elsewhere(const lt_tuned *tuned, const lt_metadata *checkpoint)
{
    const char *checksum = lt_checkpoint_checksum(checkpoint);
    return checksum && tuned->tuned.checksum && strcmp(checksum, tuned->tuned.checksum) != 0;
}

lt_status lt_tuned_describe(lt_text *out, const lt_tuned *tuned, lt_error *error)
{
    const lt_tuned_by *by = &tuned->tuned;
    LT_TRY(lt_decoding_list(out, &tuned->decoding, &tuned->keys, error));
    if (!by->metric || !by->set) return LT_OK;
    const double gain = strcmp(by->metric, lt_metric_names[LT_METRIC_TER]) == 0 ? by->own_score - by->score
                                                                                : by->score - by->own_score;
    return lt_text_appendf(
        out, error, " (%s %.2f on %s, a gain of %+.2f on the experiment's own options; %lld settings tried)",
        by->metric, by->score, by->set, gain, (long long)by->settings);
}
