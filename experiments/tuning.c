#include "experiments/tuning.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is searched unless the user says otherwise. A key the table of options does not have is left out. */
static const struct candidate {
    const char *key, *values;
    bool costly, attention; /* wants a model with attention */
} candidates[] = {
    {"beam_size", "1,2,4,5,8,12", true, false},
    {"normalize", "0,0.2,0.4,0.6,0.8,1,1.2,1.5,2", false, false},
    {"coverage_penalty", "0,0.01,0.02,0.05,0.1,0.2", false, true},
};
enum { CANDIDATES = sizeof candidates / sizeof *candidates };

/* ---- the space ---- */

bool lt_tuning_matters(const char *key)
{
    return strcmp(key, "mini_batch") != 0 && strcmp(key, "mini_batch_words") != 0;
}

static const lt_option *find_option(const char *key)
{
    for (const lt_option *option = lt_decoding_table; option->key; option++)
        if (strcmp(option->key, key) == 0) return option;
    return NULL;
}

static bool is_number(const lt_option *option)
{
    return option->type == LT_OPTION_INTEGER || option->type == LT_OPTION_REAL;
}

/* Adds a value in its place, once. */
static lt_status add_value(lt_tuning_axis *axis, const lt_decoding_options *from, lt_error *error)
{
    lt_text text = {0};
    lt_strings *values = &axis->values;
    lt_status status = lt_option_format(&text, from, axis->option, error);
    if (status == LT_OK && !lt_strings_has(values, text.data)) {
        status = lt_strings_add(values, text.data, error);
        for (size_t i = values->count - 1;
             status == LT_OK && i > 0 && is_number(axis->option) &&
             strtod(values->items[i - 1], NULL) > strtod(values->items[i], NULL);
             i--) {
            char *lower = values->items[i];
            values->items[i] = values->items[i - 1];
            values->items[i - 1] = lower;
        }
    }
    lt_text_clear(&text);
    return status;
}

static lt_status add_values(lt_tuning_axis *axis, const char *list, const lt_decoding_options *own,
                            lt_error *error)
{
    char key[128], value[128];
    snprintf(key, sizeof key, "--grid %s", axis->option->key);
    for (;; list++) {
        lt_decoding_options scratch = *own;
        size_t length = strcspn(list, ",");
        snprintf(value, sizeof value, "%.*s", (int)(length < 127 ? length : 127), list);
        LT_TRY(lt_option_parse(&scratch, axis->option, key, value, error));
        LT_TRY(add_value(axis, &scratch, error));
        list += length;
        if (!*list) return LT_OK;
    }
}

static lt_status add_axis(lt_tuning_space *space, const lt_option *option, const char *values, bool costly,
                          const lt_decoding_options *own, lt_error *error)
{
    if (!is_number(option) && option->type != LT_OPTION_BOOL && option->type != LT_OPTION_CHOICE)
        return lt_fail(error, LT_ERROR_USAGE, "--grid %s: only numbers, flags and choices can be searched",
                       option->key);
    if (space->count == LT_TUNING_AXES)
        return lt_fail(error, LT_ERROR_USAGE, "--grid %s: no more than %d keys can be searched", option->key,
                       LT_TUNING_AXES);
    lt_tuning_axis *axis = &space->axes[space->count++];
    *axis = (lt_tuning_axis){.option = option, .costly = costly};
    LT_TRY(add_values(axis, values, own, error));
    LT_TRY(add_value(axis, own, error));
    lt_text text = {0};
    lt_status status = lt_option_format(&text, own, option, error);
    while (status == LT_OK && strcmp(axis->values.items[axis->own], text.data) != 0) axis->own++;
    lt_text_clear(&text);
    return status;
}

/* The values of an item "key=v1,v2" if it is this key's. */
static const char *values_of(const char *item, const char *key)
{
    size_t length = strlen(key);
    return strncmp(item, key, length) == 0 && item[length] == '=' ? item + length + 1 : NULL;
}

static const char *find_grid(const lt_strings *grid, const char *key)
{
    const char *values = NULL;
    for (size_t i = 0; !values && i < grid->count; i++) values = values_of(grid->items[i], key);
    return values;
}

/* Is it "key=...", of a key that may be searched, and no other item's? Sets `*option` to the key's. */
static lt_status check_grid(const lt_strings *grid, size_t index, const lt_strings *pinned,
                            const lt_option **option, lt_error *error)
{
    char key[128];
    const char *item = grid->items[index];
    size_t length = strcspn(item, "=");
    lt_decoding_options scratch;
    void *base;
    if (!item[length])
        return lt_fail(error, LT_ERROR_USAGE,
                       "--grid %s: a key and its values wanted, as in --grid normalize=0.5,1", item);
    snprintf(key, sizeof key, "%.*s", (int)(length < 127 ? length : 127), item);
    *option = lt_options_find(&scratch, lt_decoding_table, key, &base, error);
    if (!*option) return lt_error_context(error, "--grid %s", item);
    if (!lt_tuning_matters(key))
        return lt_fail(error, LT_ERROR_USAGE,
                       "--grid %s: it never changes a translation, so that there is nothing to choose by",
                       key);
    static const char *const drawing[] = {"sampling", "temperature", "top_k", "top_p", "sampling_seed"};
    for (size_t i = 0; i < sizeof drawing / sizeof *drawing; i++)
        if (strcmp(key, drawing[i]) == 0)
            return lt_fail(
                error, LT_ERROR_USAGE,
                "--grid %s: it is of translations that are drawn, which score by chance; nothing can be "
                "chosen by it",
                key);
    if (lt_strings_has(pinned, key))
        return lt_fail(error, LT_ERROR_USAGE,
                       "--grid %s: the option for the same key fixes its value; give one of the two", key);
    if (find_grid(grid, key) != item + length + 1)
        return lt_fail(error, LT_ERROR_USAGE, "--grid %s: given twice; separate values by commas", key);
    return LT_OK;
}

static const struct candidate *find_candidate(const char *key)
{
    for (size_t i = 0; i < CANDIDATES; i++)
        if (strcmp(candidates[i].key, key) == 0) return &candidates[i];
    return NULL;
}

/* What is drawn at random scores by chance. */
static lt_status check_searched(const lt_decoding_options *own, lt_error *error)
{
    const lt_option *option = find_option("sampling");
    if (!option || !*(const bool *)((const char *)own + option->offset)) return LT_OK;
    return lt_fail(
        error, LT_ERROR_USAGE,
        "decoding.sampling: translations that are drawn score by chance, and nothing can be chosen "
        "by it; give --no-sampling");
}

lt_status lt_tuning_space_init(lt_tuning_space *space, const lt_decoding_options *own, const lt_strings *grid,
                               const lt_strings *pinned, bool attention, lt_error *error)
{
    *space = (lt_tuning_space){0};
    const lt_option *option;
    LT_TRY(check_searched(own, error));
    for (size_t i = 0; i < grid->count; i++) {
        LT_TRY(check_grid(grid, i, pinned, &option, error));
        const struct candidate *candidate = find_candidate(option->key);
        if (candidate && candidate->attention && !attention)
            return lt_fail(error, LT_ERROR_USAGE,
                           "--grid %s: it comes from attention, and this model has none "
                           "(model.decoder.attention: none)",
                           option->key);
    }
    for (size_t i = 0; i < CANDIDATES; i++) {
        const struct candidate *c = &candidates[i];
        const char *values = find_grid(grid, c->key);
        option = find_option(c->key);
        if (!option || lt_strings_has(pinned, c->key) || (c->attention && !attention)) continue;
        LT_TRY(add_axis(space, option, values ? values : c->values, c->costly, own, error));
    }
    for (size_t i = 0; i < grid->count; i++) {
        LT_TRY(check_grid(grid, i, pinned, &option, error));
        if (find_candidate(option->key)) continue;
        LT_TRY(add_axis(space, option, values_of(grid->items[i], option->key), false, own, error));
    }
    if (space->count) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "every key is fixed by an option, and nothing is left to choose; leave one out, or give "
                   "--grid KEY=VALUE,VALUE");
}

void lt_tuning_space_clear(lt_tuning_space *space)
{
    for (size_t i = 0; i < space->count; i++) lt_strings_clear(&space->axes[i].values);
    *space = (lt_tuning_space){0};
}

lt_status lt_tuning_apply(lt_decoding_options *options, const lt_tuning_space *space,
                          const lt_tuning_point *point, lt_error *error)
{
    for (size_t i = 0; i < space->count; i++) {
        const lt_tuning_axis *axis = &space->axes[i];
        LT_TRY(lt_option_parse(options, axis->option, axis->option->key, axis->values.items[point->at[i]],
                               error));
    }
    return LT_OK;
}

/* One value of each of two axes, which may be the same one. */
static lt_status check_pair(const lt_tuning_axis *a, const char *value, const lt_tuning_axis *b,
                            const char *other, const lt_decoding_options *own, const lt_model_options *model,
                            lt_error *error)
{
    lt_decoding_options options = *own;
    LT_TRY(lt_option_parse(&options, a->option, a->option->key, value, error));
    LT_TRY(lt_option_parse(&options, b->option, b->option->key, other, error));
    if (lt_decoding_options_check(&options, model, error) == LT_OK) return LT_OK;
    if (a == b) return lt_error_context(error, "--grid %s=%s", a->option->key, value);
    return lt_error_context(error, "--grid %s=%s with %s=%s", a->option->key, value, b->option->key, other);
}

static lt_status check_axes(const lt_tuning_axis *a, const lt_tuning_axis *b, const lt_decoding_options *own,
                            const lt_model_options *model, lt_error *error)
{
    for (size_t i = 0; i < a->values.count; i++)
        for (size_t j = a == b ? i : 0; j < (a == b ? i + 1 : b->values.count); j++)
            LT_TRY(check_pair(a, a->values.items[i], b, b->values.items[j], own, model, error));
    return LT_OK;
}

lt_status lt_tuning_check(const lt_tuning_space *space, const lt_decoding_options *own,
                          const lt_model_options *model, lt_error *error)
{
    const lt_tuning_axis *axes = space->axes;
    LT_TRY(lt_decoding_options_check(own, model, error));
    for (size_t i = 0; i < space->count; i++) LT_TRY(check_axes(&axes[i], &axes[i], own, model, error));
    for (size_t i = 0; i < space->count; i++)
        for (size_t j = 0; j < i; j++) LT_TRY(check_axes(&axes[i], &axes[j], own, model, error));
    return LT_OK;
}

/* ---- the search ---- */

typedef struct walk {
    const lt_tuning_space *space;
    const lt_tuning_score *known;
    size_t count;
    const lt_tuning_rule *rule;
} walk;

static const lt_tuning_score *find_score(const walk *w, const lt_tuning_point *point)
{
    size_t bytes = w->space->count * sizeof *point->at;
    for (size_t i = 0; i < w->count; i++)
        if (memcmp(w->known[i].point.at, point->at, bytes) == 0) return &w->known[i];
    return NULL;
}

/* Is `one`, which is no better, about as good as `best`? */
static bool as_good(const walk *w, const lt_tuning_score *one, const lt_tuning_score *best)
{
    const lt_tuning_rule *rule = w->rule;
    const double behind = best->score - one->score;
    if (!(behind > 0) || behind < rule->min_gain) return true;
    if (!(rule->errors > 0)) return false;
    return behind < rule->errors * rule->error_between(rule->context, (size_t)(one - w->known),
                                                       (size_t)(best - w->known));
}

/* The lower, the more it is preferred among settings that are as good. */
static size_t rank(const lt_tuning_axis *axis, size_t at)
{
    if (axis->costly) return at;
    return at > axis->own ? 2 * (at - axis->own) + 1 : 2 * (axis->own - at);
}

/* Moves `best` along one axis, within [from, to], where everything is known: to what scores better, or as
 * much and is preferred, so that the search ends whatever the standard errors are. */
static void choose(const walk *w, lt_tuning_point *best, size_t axis, size_t from, size_t to)
{
    const lt_tuning_axis *a = &w->space->axes[axis];
    lt_tuning_point line = *best;
    const lt_tuning_score *held = find_score(w, best), *top = held;
    size_t chosen = best->at[axis];
    for (line.at[axis] = from; line.at[axis] <= to; line.at[axis]++) {
        const lt_tuning_score *one = find_score(w, &line);
        if (one->score > top->score) top = one;
    }
    bool good = as_good(w, held, top); /* may it stay? */
    for (line.at[axis] = from; line.at[axis] <= to; line.at[axis]++) {
        const lt_tuning_score *one = find_score(w, &line);
        if (one->score < held->score || !as_good(w, one, top)) continue;
        if (rank(a, line.at[axis]) > rank(a, best->at[axis]) && as_good(w, held, one)) continue;
        if (!good || rank(a, line.at[axis]) < rank(a, chosen)) chosen = line.at[axis];
        good = true;
    }
    best->at[axis] = chosen;
}

bool lt_tuning_next(lt_tuning_point *point, const lt_tuning_space *space, const lt_tuning_score *known,
                    size_t count, const lt_tuning_rule *rule)
{
    const walk w = {space, known, count, rule};
    lt_tuning_point best = {0};
    for (size_t i = 0; i < space->count; i++) best.at[i] = space->axes[i].own;
    *point = best;
    if (!find_score(&w, point)) return false;
    for (size_t round = 0;; round++) {
        lt_tuning_point before = best;
        for (size_t i = 0; i < space->count; i++) {
            size_t at = best.at[i], last = space->axes[i].values.count - 1;
            size_t from = round && at > 0 ? at - 1 : round ? at : 0, to = round && at < last ? at + 1 : last;
            *point = best;
            for (point->at[i] = from; point->at[i] <= to; point->at[i]++)
                if (!find_score(&w, point)) return false;
            choose(&w, &best, i, from, to);
        }
        *point = best;
        if (memcmp(&before, &best, sizeof best) == 0) return true;
    }
}
