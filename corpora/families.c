#include "corpora/families.h"

#include <stdlib.h>
#include <string.h>

#include "corpora/hashes.h"
#include "corpora/words.h"
#include "model/base/rng.h"

/* Parts of names that tell what a package is for, not what it is of. */
static const char *const general[] = {
    "python", "python2", "python3", "py",   "ruby", "node", "golang", "php",   "r",        "cran",
    "bioc",   "haskell", "ghc",     "rust", "js",   "lua",  "ocaml",  "fonts", "font",     "ttf",
    "otf",    "xfonts",  "gir1.2",  "gir",  "task", "elpa", "github", "gopkg", "gopkg.in", "gitlab",
    "erlang", "perl",    "java",    "mono", "cli",  "qml",  "module", "lib",   NULL,
};

static bool is_general(const char *part, size_t length)
{
    for (const char *const *g = general; *g; g++)
        if (strlen(*g) == length && memcmp(*g, part, length) == 0) return true;
    return false;
}

static void drop_lib(const char **part, size_t *length)
{
    if (*length > 4 && memcmp(*part, "lib", 3) == 0) *part += 3, *length -= 3;
}

/* "boost1.74", "ssl3t64" and "gtk2.0" without what is behind the letters; at least two characters stay. */
static size_t without_version(const char *part, size_t length)
{
    size_t end = length;
    if (end > 4 && memcmp(part + end - 3, "t64", 3) == 0) end -= 3;
    while (end > 2 && strchr("0123456789.+", part[end - 1])) end--;
    return end;
}

lt_status lt_family_name(lt_text *out, const lt_line *package, lt_error *error)
{
    const char *at = package->bytes, *end = at + package->length, *name = at;
    size_t length = 0;
    for (bool first = true; at < end; first = false) {
        const char *stop = memchr(at, '-', (size_t)(end - at));
        if (!stop) stop = end;
        const char *part = at;
        size_t size = (size_t)(stop - at);
        if (first) drop_lib(&part, &size);
        if (first || !is_general(part, size)) name = part, length = size;
        if (size && !is_general(part, size)) break;
        at = stop + (stop < end);
    }
    return lt_text_append(out, name, without_version(name, length), error);
}

lt_status lt_families_add(lt_families *families, const lt_line *package, size_t index, lt_error *error)
{
    if (families->count == families->capacity) {
        size_t capacity = families->capacity ? families->capacity * 2 : 4096;
        lt_membership *items = realloc(families->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu packages", capacity);
        families->items = items;
        families->capacity = capacity;
    }
    families->items[families->count++] = (lt_membership){families->names.length, index};
    LT_TRY(lt_family_name(&families->names, package, error));
    return lt_text_append(&families->names, "", 1, error);
}

static int compare(const void *a, const void *b, void *names)
{
    const lt_membership *x = a, *y = b;
    int order = strcmp((char *)names + x->family, (char *)names + y->family);
    return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* The first description of the set that `i` is in; the way there gets shorter. */
static size_t root(size_t *parent, size_t i)
{
    for (; parent[i] != i; i = parent[i]) parent[i] = parent[parent[i]];
    return i;
}

/* Descriptions of one family are one set. */
static void tie(const lt_families *families, size_t *parent)
{
    const char *names = families->names.data;
    for (size_t i = 1; i < families->count; i++) {
        const lt_membership *last = &families->items[i - 1], *item = &families->items[i];
        if (strcmp(names + last->family, names + item->family) != 0) continue;
        size_t a = root(parent, last->index), b = root(parent, item->index);
        parent[a < b ? b : a] = a < b ? a : b;
    }
}

lt_status lt_families_tie(lt_families *families, size_t descriptions, uint64_t seed, size_t **group,
                          uint64_t **keys, size_t *groups, lt_error *error)
{
    enum { NONE = -1 };
    size_t room = descriptions ? descriptions : 1;
    size_t *parent = malloc(room * sizeof *parent);
    *group = malloc(room * sizeof **group);
    *keys = calloc(room, sizeof **keys);
    *groups = 0;
    if (!parent || !*group || !*keys) {
        free(parent);
        free(*group);
        free(*keys);
        *group = NULL;
        *keys = NULL;
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the packages of %zu descriptions",
                       descriptions);
    }
    for (size_t i = 0; i < descriptions; i++) parent[i] = i, (*group)[i] = (size_t)NONE;
    if (families->count)
        qsort_r(families->items, families->count, sizeof *families->items, compare, families->names.data);
    tie(families, parent);
    /* in the order of the alphabet, so that the first family of a set that is met gives its key */
    for (size_t i = 0; i < families->count; i++) {
        const char *name = families->names.data + families->items[i].family;
        size_t r = root(parent, families->items[i].index);
        if ((*group)[r] != (size_t)NONE) continue;
        (*keys)[*groups] = lt_stream(seed, lt_hash(name, strlen(name), 0), 0, 0);
        (*group)[r] = (*groups)++;
    }
    for (size_t i = 0; i < descriptions; i++) (*group)[i] = (*group)[root(parent, i)];
    free(parent);
    return LT_OK;
}

void lt_families_clear(lt_families *families)
{
    lt_text_clear(&families->names);
    free(families->items);
    *families = (lt_families){0};
}
