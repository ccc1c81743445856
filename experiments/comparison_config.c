/* comparison_config.c: in what two runs differ beside their scores. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/comparison.h"

/* One (key, run, value). */
typedef struct fact {
    char *key, *value;
    size_t run, order; /* of facts with the same key and run the last counts */
} fact;

typedef struct facts {
    fact *items;
    size_t count, capacity;
    size_t run;
    const char *prefix; /* of keys without a dot */
} facts;

static lt_status add(facts *all, char *key, const char *value, lt_error *error)
{
    if (key && all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 256;
        fact *items = realloc(all->items, capacity * sizeof *items);
        if (items) all->items = items, all->capacity = capacity;
    }
    char *copy = strdup(value ? value : "");
    if (!key || !copy || all->count == all->capacity) {
        free(key), free(copy);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the configurations");
    }
    all->items[all->count] = (fact){key, copy, all->run, all->count};
    all->count++;
    return LT_OK;
}

static lt_status add_param(void *context, const lt_store_param *param, lt_error *error)
{
    facts *all = context;
    char *key;
    if (strcmp(param->key, "name") == 0 || strcmp(param->key, LT_STORE_PARAMETERS) == 0)
        return LT_OK; /* shown anyway */
    if (asprintf(&key, "%s%s", strchr(param->key, '.') ? "" : all->prefix, param->key) < 0) key = NULL;
    return add(all, key, param->value, error);
}

static lt_status add_dataset(void *context, const lt_store_dataset *d, lt_error *error)
{
    char *key;
    if (!d->sha256) return LT_OK;
    if (asprintf(&key, "SHA-256 of %s data %s%s%s", d->role, d->name, d->language ? "." : "",
                 d->language ? d->language : "") < 0)
        key = NULL;
    return add(context, key, d->sha256, error);
}

/* A run that began from another's parameters has learnt from that one's data, too. */
static lt_status add_beginning(void *context, const lt_store_origin *o, lt_error *error)
{
    LT_TRY(add(context, strdup("SHA-256 of the checkpoint begun from"), o->sha256, error));
    return add(context, strdup("vocabulary begun with"), o->vocabulary, error);
}

static lt_status add_decoding(void *context, const lt_store_decoding *d, lt_error *error)
{
    return d->checkpoint_sha256
               ? add(context, strdup("SHA-256 of the checkpoint"), d->checkpoint_sha256, error)
               : LT_OK;
}

typedef struct origin {
    facts *all;
    char parent[LT_RUN_ID];
} origin;

static lt_status add_origin(void *context, const lt_store_run *run, lt_error *error)
{
    origin *from = context;
    snprintf(from->parent, sizeof from->parent, "%s", run->parent ? run->parent : "");
    LT_TRY(add(from->all, strdup("git revision"), run->git_revision, error));
    return add(from->all, strdup("build"), run->build, error);
}

/* A training's keys; a decoding's are its training's, with its own decoding options over them. */
static lt_status add_run(facts *all, lt_store *store, const lt_compared_run *run, lt_error *error)
{
    origin from = {.all = all};
    LT_TRY(lt_store_runs(store, &(lt_store_filter){.kinds = LT_RUN_ANY, .id = run->id}, add_origin, &from,
                         error));
    const char *training = run->kind == LT_RUN_DECODING ? from.parent : run->id;
    all->prefix = "";
    if (*training) {
        LT_TRY(lt_store_read_params(store, training, add_param, all, error));
        LT_TRY(lt_store_read_datasets(store, training, add_dataset, all, error));
        LT_TRY(lt_store_read_origin(store, training, add_beginning, all, error));
    }
    if (run->kind == LT_RUN_TRAINING) return LT_OK;
    all->prefix = "decoding.";
    LT_TRY(lt_store_read_params(store, run->id, add_param, all, error));
    return lt_store_read_decoding(store, run->id, add_decoding, all, error);
}

static int by_key(const void *a, const void *b)
{
    const fact *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order) return order;
    if (x->run != y->run) return x->run < y->run ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Facts [begin, end) have one key: keeps them where the runs differ. */
static lt_status take_key(lt_comparison *c, const facts *all, size_t begin, size_t end, lt_error *error)
{
    const char **values = calloc(c->runs, sizeof *values);
    if (!values) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the configurations");
    for (size_t i = begin; i < end; i++) values[all->items[i].run] = all->items[i].value;
    bool differ = false;
    for (size_t r = 1; r < c->runs; r++) differ = differ || !same(values[0], values[r]);
    lt_status status = LT_OK;
    if (differ) {
        lt_difference *more = realloc(c->difference, (c->differences + 1) * sizeof *more);
        if (more) c->difference = more;
        lt_difference new = {more ? strdup(all->items[begin].key) : NULL, calloc(c->runs, sizeof(char *))};
        bool room = more && new.key &&new.values;
        for (size_t r = 0; room && r < c->runs; r++) room = !values[r] || (new.values[r] = strdup(values[r]));
        if (more) more[c->differences++] = new;
        if (!room) status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for the configurations");
    }
    free(values);
    return status;
}

lt_status lt_compare_configurations(lt_comparison *c, lt_store *store, lt_error *error)
{
    facts all = {0};
    lt_status status = LT_OK;
    for (all.run = 0; status == LT_OK && all.run < c->runs; all.run++)
        status = add_run(&all, store, &c->run[all.run], error);
    if (all.count) qsort(all.items, all.count, sizeof *all.items, by_key);
    for (size_t begin = 0, end; status == LT_OK && begin < all.count; begin = end) {
        for (end = begin + 1; end < all.count && strcmp(all.items[begin].key, all.items[end].key) == 0;)
            end++;
        status = take_key(c, &all, begin, end, error);
    }
    for (size_t i = 0; i < all.count; i++) free(all.items[i].key), free(all.items[i].value);
    free(all.items);
    return status;
}
