#include "model/base/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *field_of(const void *options, const lt_option *option)
{
    return (char *)options + option->offset;
}

static bool bounded(const lt_option *option)
{
    return option->minimum < option->maximum;
}

static char lower(char c)
{
    return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

/* Optimal string alignment distance: insert, delete, replace, swap of neighbours cost 1 each. */
static size_t edit_distance(const char *a, const char *b)
{
    enum { LONGEST = 64 };
    size_t n = strlen(a), m = strlen(b), rows[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST) return SIZE_MAX;
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++) last[j] = before[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            bool same = lower(a[i - 1]) == lower(b[j - 1]);
            size_t best = last[j - 1] + !same;
            if (last[j] + 1 < best) best = last[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *free_row = before;
        before = last, last = row, row = free_row;
    }
    return last[m];
}

const char *lt_did_you_mean(const char *word, const char *const *candidates)
{
    const char *nearest = NULL;
    size_t length = strlen(word), least = SIZE_MAX;
    size_t allowed = length <= 3 ? 1 : length <= 8 ? 2 : 3;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(word, *candidates);
        /* "--hidden-size" for "hidden", "--ref" for "reference": one word begins with the other */
        size_t shorter = strlen(*candidates) < length ? strlen(*candidates) : length;
        bool begins = shorter >= 3 && strncasecmp(word, *candidates, shorter) == 0;
        if (begins && distance > allowed) distance = allowed;
        if (distance <= allowed && distance < least && (begins || distance < strlen(*candidates)))
            least = distance, nearest = *candidates;
    }
    return nearest;
}

void lt_option_wanted(char *out, size_t size, const lt_option *option)
{
    const char *kind = option->type == LT_OPTION_INTEGER ? "a whole number" : "a number";
    switch (option->type) {
    case LT_OPTION_BOOL:
        snprintf(out, size, "true or false");
        return;
    case LT_OPTION_STRING:
        snprintf(out, size, "a string");
        return;
    case LT_OPTION_LIST:
        snprintf(out, size, "a list of strings");
        return;
    case LT_OPTION_GROUP:
        snprintf(out, size, "a group of keys");
        return;
    case LT_OPTION_INTEGER:
    case LT_OPTION_REAL:
        if (!bounded(option))
            snprintf(out, size, "%s", kind);
        else if (isinf(option->maximum) || option->maximum >= 0x1p53)
            snprintf(out, size, "%s of at least %.15g", kind, option->minimum);
        else if (isinf(option->minimum))
            snprintf(out, size, "%s of at most %.15g", kind, option->maximum);
        else
            snprintf(out, size, "%s from %.15g to %.15g", kind, option->minimum, option->maximum);
        return;
    case LT_OPTION_CHOICE:
        break;
    }
    size_t used = (size_t)snprintf(out, size, "one of ");
    for (const char *const *choice = option->choices; *choice && used < size; choice++)
        used +=
            (size_t)snprintf(out + used, size - used, "%s%s", choice == option->choices ? "" : ", ", *choice);
}

static lt_status refuse(const lt_option *option, const char *key, const char *text, lt_error *error)
{
    char wanted[1024];
    lt_option_wanted(wanted, sizeof wanted, option);
    const char *near = option->type == LT_OPTION_CHOICE ? lt_did_you_mean(text, option->choices) : NULL;
    if (near)
        return lt_fail(error, LT_ERROR_USAGE,
                       "%s: '%.200s' is not a valid value; did you mean '%s'? Wanted: %s", key, text, near,
                       wanted);
    return lt_fail(error, LT_ERROR_USAGE, "%s: '%.200s' is not a valid value; wanted: %s", key, text, wanted);
}

static bool within(const lt_option *option, double value)
{
    return !bounded(option) || (value >= option->minimum && value <= option->maximum);
}

static bool parse_integer(const lt_option *option, const char *text, int64_t *value)
{
    char *end;
    const char *digits = text + (*text == '-' || *text == '+');
    if (!isdigit((unsigned char)*digits)) return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (*end || errno || !within(option, (double)number)) return false;
    *value = number;
    return true;
}

static bool parse_real(const lt_option *option, const char *text, double *value)
{
    char *end;
    if (!*text || text[strspn(text, "0123456789+-.eE")]) return false; /* no hexadecimal, nan, inf, spaces */
    double number = strtod(text, &end);
    if (*end || !isfinite(number) || !within(option, number)) return false;
    *value = number;
    return true;
}

static lt_status parse_string(char **field, const char *text, lt_error *error)
{
    char *copy = strdup(text);
    if (!copy)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a string of %zu bytes", strlen(text));
    free(*field);
    *field = copy;
    return LT_OK;
}

/* One item of a flow list, from `*at` up to its ',' or ']': plain, or in double quotes with \\ and \"
 * escaped. */
static bool next_item(const char **at, char *item)
{
    const char *c = *at + strspn(*at, " \t");
    if (*c == '"') {
        for (c++; *c && *c != '"'; *item++ = *c++)
            if (*c == '\\' && c[1]) c++;
        if (*c++ != '"') return false;
        c += strspn(c, " \t");
    } else {
        char *begin = item;
        while (*c && *c != ',' && *c != ']') *item++ = *c++;
        while (item > begin && (item[-1] == ' ' || item[-1] == '\t')) item--;
    }
    *item = '\0';
    *at = c;
    return *c == ',' || *c == ']';
}

static lt_status parse_list(lt_strings *field, const lt_option *option, const char *key, const char *text,
                            lt_error *error)
{
    size_t length = strlen(text);
    if (length < 2 || text[0] != '[' || text[length - 1] != ']') return lt_strings_add(field, text, error);
    lt_strings items = {0};
    lt_status status = LT_OK;
    char *item = malloc(length);
    if (!item) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a list of %zu bytes", length);
    const char *at = text + 1;
    bool empty = at[strspn(at, " \t")] == ']';
    while (status == LT_OK && !empty) {
        if (!next_item(&at, item))
            status = refuse(option, key, text, error);
        else
            status = lt_strings_add(&items, item, error);
        if (*at++ == ']') break;
    }
    free(item);
    if (status == LT_OK && !empty && *at) status = refuse(option, key, text, error);
    if (status != LT_OK) {
        lt_strings_clear(&items);
        return status;
    }
    lt_strings_clear(field);
    *field = items;
    return LT_OK;
}

lt_status lt_option_parse(void *options, const lt_option *option, const char *key, const char *text,
                          lt_error *error)
{
    void *field = field_of(options, option);
    switch (option->type) {
    case LT_OPTION_BOOL:
        if (strcmp(text, "true") && strcmp(text, "false")) return refuse(option, key, text, error);
        *(bool *)field = *text == 't';
        return LT_OK;
    case LT_OPTION_INTEGER:
        return parse_integer(option, text, field) ? LT_OK : refuse(option, key, text, error);
    case LT_OPTION_REAL:
        return parse_real(option, text, field) ? LT_OK : refuse(option, key, text, error);
    case LT_OPTION_STRING:
        return parse_string(field, text, error);
    case LT_OPTION_LIST:
        return parse_list(field, option, key, text, error);
    case LT_OPTION_GROUP:
        return refuse(option, key, text, error);
    case LT_OPTION_CHOICE:
        break;
    }
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) {
            *(int *)field = i;
            return LT_OK;
        }
    return refuse(option, key, text, error);
}

lt_status lt_options_defaults(void *options, const lt_option *table, lt_error *error)
{
    for (const lt_option *option = table; option->key; option++) {
        if (option->type == LT_OPTION_GROUP)
            LT_TRY(lt_options_defaults(field_of(options, option), option->group, error));
        else if (option->default_value)
            LT_TRY(lt_option_parse(options, option, option->key, option->default_value, error));
    }
    return LT_OK;
}

/* Appends where below `table` (whose own name is `parent`) there is a `key`: "'a.key' or 'b.key'". */
static void find_elsewhere(char *out, size_t size, const lt_option *table, const char *parent,
                           const char *key)
{
    for (const lt_option *option = table; option->key; option++) {
        char name[256];
        size_t used = strlen(out);
        snprintf(name, sizeof name, "%s%s%s", parent, *parent ? "." : "", option->key);
        if (strcmp(option->key, key) == 0)
            snprintf(out + used, size - used, "%s'%s'", used ? " or " : "", name);
        if (option->type == LT_OPTION_GROUP) find_elsewhere(out, size, option->group, name, key);
    }
}

/* The message of an unknown key: the nearest valid one, and all valid ones; where none is near, those of the
 * same name elsewhere below `root`. */
static lt_status unknown_key(const lt_option *root, const lt_option *table, const char *parent,
                             const char *key, lt_error *error)
{
    const char *names[128];
    char valid[1024] = "", guess[512] = "";
    size_t count = 0, used = 0;
    for (const lt_option *option = table; option->key && count < 127; option++) {
        names[count++] = option->key;
        if (used < sizeof valid)
            used +=
                (size_t)snprintf(valid + used, sizeof valid - used, "%s%s", used ? ", " : "", option->key);
    }
    names[count] = NULL;
    const char *near = lt_did_you_mean(key, names);
    if (near)
        snprintf(guess, sizeof guess, "'%s'", near);
    else
        find_elsewhere(guess, sizeof guess, root, "", key);
    return lt_fail(error, LT_ERROR_USAGE, "unknown key '%s%s%.200s'%s%s%s Valid keys%s%s: %s", parent,
                   *parent ? "." : "", key, *guess ? "; did you mean " : "", guess, *guess ? "?" : ".",
                   *parent ? " of " : "", parent, valid);
}

const lt_option *lt_options_find(void *options, const lt_option *table, const char *dotted, void **base,
                                 lt_error *error)
{
    char parent[256] = "", key[256];
    const lt_option *root = table;
    for (const char *at = dotted;;) {
        size_t length = strcspn(at, ".");
        snprintf(key, sizeof key, "%.*s", (int)(length < 255 ? length : 255), at);
        const lt_option *option = table;
        while (option->key && strcmp(option->key, key)) option++;
        if (!option->key) {
            unknown_key(root, table, parent, key, error);
            return NULL;
        }
        if (!at[length]) {
            *base = options;
            return option;
        }
        if (option->type != LT_OPTION_GROUP) {
            lt_fail(error, LT_ERROR_USAGE, "unknown key '%.200s': '%.*s' is a value, it has no keys", dotted,
                    (int)(at - dotted + (ptrdiff_t)length), dotted);
            return NULL;
        }
        options = field_of(options, option);
        table = option->group;
        at += length + 1;
        snprintf(parent, sizeof parent, "%.*s", (int)(at - dotted - 1), dotted);
    }
}

static lt_status format_real(lt_text *out, double value, lt_error *error)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    size_t digits = strcspn(text, ".e"); /* "1e-09" would be a string to YAML 1.1: 1.0e-09 */
    return lt_text_appendf(out, error, "%.*s%s%s", (int)digits, text, text[digits] == '.' ? "" : ".0",
                           text + digits);
}

static lt_status format_list(lt_text *out, const lt_strings *list, lt_error *error)
{
    LT_TRY(lt_text_append(out, "[", 1, error));
    for (size_t i = 0; i < list->count; i++) {
        LT_TRY(lt_text_appendf(out, error, "%s\"", i ? ", " : ""));
        for (const char *c = list->items[i]; *c; c++) {
            if (*c == '"' || *c == '\\') LT_TRY(lt_text_append(out, "\\", 1, error));
            LT_TRY(lt_text_append(out, c, 1, error));
        }
        LT_TRY(lt_text_append(out, "\"", 1, error));
    }
    return lt_text_append(out, "]", 1, error);
}

lt_status lt_option_format(lt_text *out, const void *options, const lt_option *option, lt_error *error)
{
    const void *field = field_of(options, option);
    switch (option->type) {
    case LT_OPTION_BOOL:
        return lt_text_appendf(out, error, "%s", *(const bool *)field ? "true" : "false");
    case LT_OPTION_INTEGER:
        return lt_text_appendf(out, error, "%lld", (long long)*(const int64_t *)field);
    case LT_OPTION_REAL:
        return format_real(out, *(const double *)field, error);
    case LT_OPTION_STRING: {
        const char *string = *(char *const *)field;
        return lt_text_append(out, string ? string : "", string ? strlen(string) : 0, error);
    }
    case LT_OPTION_CHOICE:
        return lt_text_appendf(out, error, "%s", option->choices[*(const int *)field]);
    case LT_OPTION_LIST:
        return format_list(out, field, error);
    case LT_OPTION_GROUP:
        break;
    }
    assert(!"a group has no value of its own");
    return LT_OK;
}

static lt_status each(const void *options, const lt_option *table, const char *prefix,
                      lt_option_visitor visit, void *context, lt_error *error)
{
    for (const lt_option *option = table; option->key; option++) {
        char dotted[256];
        snprintf(dotted, sizeof dotted, "%s%s%s", prefix, *prefix ? "." : "", option->key);
        if (option->type == LT_OPTION_GROUP)
            LT_TRY(each(field_of(options, option), option->group, dotted, visit, context, error));
        else
            LT_TRY(visit(context, dotted, option, options, error));
    }
    return LT_OK;
}

lt_status lt_options_each(const void *options, const lt_option *table, lt_option_visitor visit, void *context,
                          lt_error *error)
{
    return each(options, table, "", visit, context, error);
}

void lt_options_clear(void *options, const lt_option *table)
{
    for (const lt_option *option = table; option->key; option++) {
        void *field = field_of(options, option);
        if (option->type == LT_OPTION_GROUP) lt_options_clear(field, option->group);
        if (option->type == LT_OPTION_LIST) lt_strings_clear(field);
        if (option->type == LT_OPTION_STRING) {
            free(*(char **)field);
            *(char **)field = NULL;
        }
    }
}
