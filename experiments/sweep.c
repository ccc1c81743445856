#include "experiments/sweep.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/store_sweep.h"
#include "experiments/sweep_grid.h"
#include "experiments/text_task.h"
#include "experiments/yaml.h"
#include "model/base/file.h"

enum { RUN_NAME_MOST = 100, HASH_DIGITS = 8 };

/* ---- names ---- */

static bool has_key(const char *dotted)
{
    lt_experiment experiment = {0};
    lt_error ignored = {0};
    void *base;
    return lt_options_find(&experiment, lt_experiment_table, dotted, &base, &ignored) != NULL;
}

/* A key as a label has it: "model." and "training." go without saying where they can. */
static const char *short_key(const char *key)
{
    static const char *const groups[] = {"model.", "training."};
    for (size_t i = 0; i < 2; i++) {
        char other[256];
        size_t length = strlen(groups[i]);
        if (strncmp(key, groups[i], length) != 0) continue;
        snprintf(other, sizeof other, "%s%s", groups[1 - i], key + length);
        return has_key(other) || has_key(key + length) ? key : key + length;
    }
    return key;
}

/* Appends "key=value", the value as a dump would have it, so that 1e-3 and 0.001 are the same point; texts
 * and lists, which may be paths, as they were given. */
static lt_status append_label(lt_text *label, lt_experiment *experiment, const char *setting, lt_error *error)
{
    char key[256];
    void *base;
    const char *value = strchr(setting, '=') + 1;
    snprintf(key, sizeof key, "%.*s", (int)(value - 1 - setting), setting);
    const lt_option *option = lt_options_find(experiment, lt_experiment_table, key, &base, error);
    if (!option) return error->code;
    LT_TRY(lt_text_appendf(label, error, "%s%s=", label->length ? ", " : "", short_key(key)));
    if (option->type == LT_OPTION_STRING || option->type == LT_OPTION_LIST)
        return lt_text_append(label, value, strlen(value), error);
    return lt_option_format(label, base, option, error);
}

lt_status lt_sweep_run_name(lt_text *out, const char *experiment, const char *label, lt_error *error)
{
    char hash[LT_SHA256_HEX];
    bool whole = true;
    size_t begin = out->length;
    LT_TRY(lt_text_appendf(out, error, "%s-", experiment));
    for (const char *c = label; *c; c++) {
        char safe = '_';
        if (isalnum((unsigned char)*c) || strchr("._-+", *c))
            safe = *c;
        else if (*c == '=')
            safe = '-';
        else if (*c == ',' && c[1] == ' ')
            safe = '+', c++;
        else
            whole = false;
        LT_TRY(lt_text_append(out, &safe, 1, error));
    }
    if (whole && out->length - begin <= RUN_NAME_MOST) return LT_OK;
    size_t most = RUN_NAME_MOST - HASH_DIGITS - 1;
    if (out->length - begin > most) out->data[out->length = begin + most] = '\0';
    lt_sha256_bytes(label, strlen(label), hash);
    return lt_text_appendf(out, error, "-%.*s", HASH_DIGITS, hash);
}

static lt_status name_sweep(lt_sweep *sweep, const char *given, const char *experiment, lt_error *error)
{
    lt_text labels = {0};
    char hash[LT_SHA256_HEX];
    lt_status status = LT_OK;
    if (given) {
        if (!*given || !lt_utf8_valid(given, strlen(given)))
            return lt_fail(error, LT_ERROR_USAGE, "--name: a sweep's name is text, and not empty");
        sweep->name = strdup(given);
    } else {
        for (size_t i = 0; i < sweep->count && status == LT_OK; i++)
            status = lt_text_appendf(&labels, error, "%s\n", sweep->points[i].label);
        if (status == LT_OK) lt_sha256_bytes(labels.data, labels.length, hash);
        lt_text_clear(&labels);
        if (status == LT_OK && asprintf(&sweep->name, "%s-%.*s", experiment, HASH_DIGITS, hash) < 0)
            sweep->name = NULL;
    }
    if (status == LT_OK && !sweep->name) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    return status;
}

/* ---- checking the settings ---- */

static bool same_key(const char *a, const char *b)
{
    size_t length = strcspn(a, "=");
    return length == strcspn(b, "=") && strncmp(a, b, length) == 0;
}

static lt_status check_settings(const lt_sweep_settings *point, const lt_strings *set, lt_error *error)
{
    for (size_t i = 0; i < point->settings.count; i++) {
        const char *setting = point->settings.items[i];
        if (same_key(setting, "seed="))
            return lt_fail(error, LT_ERROR_USAGE,
                           "%s %.200s: the seed is no point of its own; --seeds N trains each point with N",
                           point->option, setting);
        if (same_key(setting, "name="))
            return lt_fail(error, LT_ERROR_USAGE,
                           "%s %.200s: each point has a name already, made of what is special about it",
                           point->option, setting);
        for (size_t k = 0; k < set->count; k++)
            if (same_key(setting, set->items[k]))
                return lt_fail(error, LT_ERROR_USAGE,
                               "%s %.200s: --set %.200s sets that key for all points; drop one of the two",
                               point->option, setting, set->items[k]);
    }
    return LT_OK;
}

/* "--grid a=b" in place of "--set a=b" where the failure is of a point's own setting; a failure
 * of a --set for all points as it is; any other behind all of the point's settings. */
static lt_status blame(const lt_sweep_settings *point, lt_error *error)
{
    static const char set[] = "--set ";
    lt_text text = {0};
    lt_error own = *error, ignored = {0};
    bool of_set = strncmp(own.message, set, sizeof set - 1) == 0, direct = false;
    for (size_t i = 0; i < point->settings.count && !direct; i++) {
        const char *setting = point->settings.items[i];
        direct = of_set && strncmp(own.message + sizeof set - 1, setting, strnlen(setting, 200)) == 0;
    }
    if (direct) return lt_fail(error, own.code, "%s %s", point->option, own.message + sizeof set - 1);
    for (size_t i = 0; !of_set && i < point->settings.count; i++)
        lt_text_appendf(&text, &ignored, "%s%s %.200s", i ? " " : "", point->option,
                        point->settings.items[i]);
    if (text.length) lt_error_context(error, "%.600s", text.data);
    lt_text_clear(&text);
    return own.code;
}

/* ---- the points ---- */

static lt_status fill_overrides(lt_sweep_point *point, const lt_strings *set,
                                const lt_sweep_settings *settings, lt_error *error)
{
    for (size_t i = 0; i < set->count; i++) LT_TRY(lt_strings_add(&point->overrides, set->items[i], error));
    for (size_t i = 0; i < settings->settings.count; i++) {
        LT_TRY(lt_strings_add(&point->overrides, settings->settings.items[i], error));
        LT_TRY(lt_text_appendf(&point->settings, error, "%s\n", settings->settings.items[i]));
    }
    return LT_OK;
}

/* Names the point and its experiment. */
static lt_status name_point(lt_sweep_point *point, lt_experiment *experiment,
                            const lt_sweep_settings *settings, lt_error *error)
{
    lt_text label = {0}, run = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; i < settings->settings.count && status == LT_OK; i++)
        status = append_label(&label, experiment, settings->settings.items[i], error);
    if (status == LT_OK && !label.length) status = lt_text_append(&label, "base", 4, error);
    if (status == LT_OK) status = lt_sweep_run_name(&run, experiment->name, label.data, error);
    char setting[RUN_NAME_MOST + 16];
    if (status == LT_OK) {
        snprintf(setting, sizeof setting, "name=%s", run.data);
        status = lt_strings_add(&point->overrides, setting, error);
    }
    point->label = label.data;
    point->run = run.data;
    if (status != LT_OK) return status;
    free(experiment->name);
    experiment->name = strdup(point->run);
    return experiment->name ? lt_experiment_validate(experiment, error)
                            : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

/* What the points are told apart by, beside their labels. */
typedef struct planning {
    const lt_sweep_request *request;
    char (*hashes)[LT_SHA256_HEX]; /* of the resolved experiments, without their new names */
    char *experiment;              /* the name of all */
    bool files_checked;            /* of a point that changes none */
} planning;

static lt_status check_files(planning *p, const lt_experiment *experiment, const lt_sweep_settings *settings,
                             lt_error *error)
{
    bool own = false;
    for (size_t i = 0; i < settings->settings.count; i++)
        own = own || strncmp(settings->settings.items[i], "data.", 5) == 0 ||
              strncmp(settings->settings.items[i], "task=", 5) == 0;
    if (!own && p->files_checked) return LT_OK;
    p->files_checked = p->files_checked || !own;
    return lt_text_task_check_files(experiment, error);
}

/* What is said of one point already is not said of another. */
static lt_status note_unread(lt_sweep *sweep, const lt_experiment *experiment, const char *label,
                             lt_error *error)
{
    lt_text notes = {0};
    lt_status status = lt_experiment_note_unread(&notes, experiment, error);
    for (char *line = notes.data, *end; status == LT_OK && line && (end = strchr(line, '\n'));
         line = end + 1) {
        *end = '\0';
        if (!sweep->notes.data || !strstr(sweep->notes.data, line))
            status = lt_text_appendf(&sweep->notes, error, "%s (point %s)\n", line, label);
    }
    lt_text_clear(&notes);
    return status;
}

static lt_status fill_point(lt_sweep *sweep, planning *p, lt_sweep_point *point, lt_experiment *experiment,
                            const lt_sweep_settings *settings, lt_error *error)
{
    lt_text dump = {0};
    LT_TRY(check_settings(settings, p->request->set, error));
    LT_TRY(fill_overrides(point, p->request->set, settings, error));
    if (lt_experiment_load(experiment, sweep->path, &point->overrides, error) != LT_OK ||
        lt_experiment_check_unread(experiment, error) != LT_OK ||
        check_files(p, experiment, settings, error) != LT_OK)
        return blame(settings, error);
    lt_status status = lt_experiment_dump(&dump, experiment, error);
    if (status == LT_OK) lt_sha256_bytes(dump.data, dump.length, p->hashes[sweep->count]);
    lt_text_clear(&dump);
    if (status == LT_OK && !p->experiment && !(p->experiment = strdup(experiment->name)))
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    sweep->first_seed = experiment->seed;
    if (status == LT_OK) status = name_point(point, experiment, settings, error);
    if (status == LT_OK) status = note_unread(sweep, experiment, point->label, error);
    return status == LT_OK ? lt_experiment_dump(&point->experiment, experiment, error) : status;
}

static void clear_point(lt_sweep_point *point)
{
    free(point->label), free(point->run);
    lt_strings_clear(&point->overrides);
    lt_text_clear(&point->settings);
    lt_text_clear(&point->experiment);
    *point = (lt_sweep_point){0};
}

/* Keeps the point behind the others, unless it is one of them: an error, but for a grid that has the base. */
static lt_status keep_point(lt_sweep *sweep, const planning *p, lt_sweep_point *point,
                            const lt_sweep_settings *settings, const lt_sweep_settings *base, lt_error *error)
{
    for (size_t i = 0; i < sweep->count; i++) {
        const lt_sweep_point *twin = &sweep->points[i];
        if (strcmp(p->hashes[i], p->hashes[sweep->count]) != 0) continue;
        bool ablation = strcmp(settings->option, "--ablate") == 0;
        if (i == 0 && base->settings.count == 0 && !ablation) {
            clear_point(point);
            return LT_OK;
        }
        if (i == 0 && base->settings.count == 0)
            return lt_fail(error, LT_ERROR_USAGE,
                           "--ablate: %s changes nothing, the experiment is so without it", point->label);
        return lt_fail(error, LT_ERROR_USAGE, "%s: %s is the same experiment as %s", settings->option,
                       point->label, twin->label);
    }
    sweep->points[sweep->count++] = *point;
    *point = (lt_sweep_point){0};
    return LT_OK;
}

static lt_status make_points(lt_sweep *sweep, planning *p, const lt_sweep_grid *grid, lt_error *error)
{
    lt_status status = LT_OK;
    for (size_t i = 0; i < grid->count && status == LT_OK; i++) {
        lt_experiment experiment = {0};
        lt_sweep_point point = {0};
        status = fill_point(sweep, p, &point, &experiment, &grid->points[i], error);
        if (status == LT_OK) status = keep_point(sweep, p, &point, &grid->points[i], &grid->points[0], error);
        clear_point(&point);
        lt_experiment_clear(&experiment);
    }
    return status;
}

lt_status lt_sweep_plan(lt_sweep *sweep, const lt_sweep_request *request, lt_error *error)
{
    lt_sweep_grid grid = {0};
    planning p = {.request = request};
    lt_status status = lt_sweep_grid_parse(&grid, request->grid, request->ablate, error);
    if (status == LT_OK) {
        *sweep = (lt_sweep){.path = strdup(request->path),
                            .points = calloc(grid.count, sizeof *sweep->points),
                            .seeds = request->seeds};
        p.hashes = calloc(grid.count, sizeof *p.hashes);
        if (!sweep->path || !sweep->points || !p.hashes)
            status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu points", grid.count);
    }
    if (status == LT_OK) status = make_points(sweep, &p, &grid, error);
    if (status == LT_OK && sweep->first_seed > (1LL << 53) - sweep->seeds)
        status = lt_fail(error, LT_ERROR_USAGE, "--seeds %lld: seeds behind %lld are beyond 2^53",
                         (long long)sweep->seeds, (long long)sweep->first_seed);
    if (status == LT_OK) status = name_sweep(sweep, request->name, p.experiment, error);
    lt_sweep_grid_clear(&grid);
    free(p.hashes);
    free(p.experiment);
    return status;
}

void lt_sweep_clear(lt_sweep *sweep)
{
    for (size_t i = 0; i < sweep->count; i++) clear_point(&sweep->points[i]);
    free(sweep->points), free(sweep->name), free(sweep->path);
    lt_text_clear(&sweep->notes);
    *sweep = (lt_sweep){0};
}

/* ---- still the same? ---- */

static lt_status read_dump(lt_experiment *experiment, const char *text, size_t length, lt_error *error)
{
    LT_TRY(lt_options_defaults(experiment, lt_experiment_table, error));
    return lt_yaml_load(experiment, lt_experiment_table, text, length, "the recorded experiment", NULL,
                        error);
}

/* Appends in what `other` differs from the point as planned. */
static lt_status differences(lt_text *out, const lt_sweep_point *point, const lt_experiment *other,
                             lt_error *error)
{
    static const char *const except[] = {"seed", NULL};
    lt_experiment planned = {0};
    lt_status status = read_dump(&planned, point->experiment.data, point->experiment.length, error);
    if (status == LT_OK) status = lt_experiment_differences(out, &planned, other, except, error);
    lt_experiment_clear(&planned);
    return status;
}

lt_status lt_sweep_check_unchanged(const lt_sweep *sweep, size_t i, lt_error *error)
{
    const lt_sweep_point *point = &sweep->points[i];
    lt_experiment now = {0};
    lt_text changed = {0};
    lt_status status = lt_experiment_load(&now, sweep->path, &point->overrides, error);
    if (status == LT_OK) status = differences(&changed, point, &now, error);
    if (status == LT_OK && changed.length)
        status =
            lt_fail(error, LT_ERROR_MISMATCH,
                    "%s was changed while the sweep ran (%.800s): change it back and repeat the command, "
                    "or begin another sweep with --name",
                    sweep->path, changed.data);
    lt_text_clear(&changed);
    lt_experiment_clear(&now);
    return status;
}

static lt_status check_stored(void *context, const lt_store_point *stored, lt_error *error)
{
    const lt_sweep *sweep = context;
    lt_experiment before = {0};
    lt_text changed = {0};
    size_t i = 0;
    while (i < sweep->count && strcmp(sweep->points[i].label, stored->label) != 0) i++;
    if (i == sweep->count) return LT_OK;
    lt_status status = read_dump(&before, stored->experiment, strlen(stored->experiment), error);
    if (status == LT_OK) status = differences(&changed, &sweep->points[i], &before, error);
    if (status == LT_OK && changed.length)
        status = lt_fail(error, LT_ERROR_MISMATCH,
                         "the sweep %s was begun with another experiment (%s: %.800s); begin another sweep "
                         "with --name",
                         sweep->name, stored->label, changed.data);
    lt_text_clear(&changed);
    lt_experiment_clear(&before);
    return status;
}

lt_status lt_sweep_check_stored(const lt_sweep *sweep, lt_store *store, int64_t id, lt_error *error)
{
    return lt_store_sweep_points(store, id, check_stored, (void *)sweep, error);
}
