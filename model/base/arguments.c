/* The command line's side of option tables: parsing argv and the help text. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/base/options.h"

/* One option of the table or of a group in it, with the struct that holds its field. */
typedef struct entry {
    const lt_option *option;
    void *base;
    bool seen;
} entry;

typedef struct entries {
    entry *items;
    size_t count;
} entries;

static size_t count_options(const lt_option *table)
{
    size_t count = 0;
    for (; table->key; table++) count += table->type == LT_OPTION_GROUP ? count_options(table->group) : 1;
    return count;
}

static void flatten(entries *all, void *options, const lt_option *table)
{
    for (; table->key; table++) {
        if (table->type == LT_OPTION_GROUP)
            flatten(all, (char *)options + table->offset, table->group);
        else
            all->items[all->count++] = (entry){table, options, false};
    }
}

static bool same_name(const char *key, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!key[i] || (key[i] == '_' ? '-' : key[i]) != (word[i] == '_' ? '-' : word[i])) return false;
    return key[length] == '\0';
}

static entry *find_long(const entries *all, const char *word, size_t length)
{
    for (size_t i = 0; i < all->count; i++)
        if (same_name(all->items[i].option->key, word, length)) return &all->items[i];
    return NULL;
}

static entry *find_short(const entries *all, char letter)
{
    for (size_t i = 0; i < all->count; i++)
        if (all->items[i].option->letter == letter) return &all->items[i];
    return NULL;
}

/* "--beam-size" for the key beam_size. */
static void spell(char *out, size_t size, const lt_option *option)
{
    snprintf(out, size, "--%s", option->key);
    for (char *c = out; *c; c++)
        if (*c == '_') *c = '-';
}

static lt_status unknown_option(const entries *all, const char *word, size_t length, lt_error *error)
{
    char name[128];
    snprintf(name, sizeof name, "%.*s", (int)(length < 127 ? length : 127), word);
    const char **names = calloc(all->count + 2, sizeof *names);
    if (!names) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < all->count; i++) names[i] = all->items[i].option->key;
    names[all->count] = "help";
    const char *near = lt_did_you_mean(name, names);
    free(names);
    if (!near) return lt_fail(error, LT_ERROR_USAGE, "unknown option '--%s'; --help lists the options", name);
    char spelled[128];
    spell(spelled, sizeof spelled, &(lt_option){.key = near});
    return lt_fail(error, LT_ERROR_USAGE, "unknown option '--%s'; did you mean '%s'?", name, spelled);
}

static lt_status assign(entry *found, const char *text, lt_error *error)
{
    char name[128];
    spell(name, sizeof name, found->option);
    if (found->option->type == LT_OPTION_LIST && !found->seen)
        lt_strings_clear((lt_strings *)((char *)found->base + found->option->offset));
    found->seen = true;
    return lt_option_parse(found->base, found->option, name, text, error);
}

static bool looks_like_option(const char *argument)
{
    return argument[0] == '-' && argument[1] != '\0';
}

/* The value of an option that wants one: `attached` ("=VALUE", "-kVALUE") or the arguments that follow
 * argv[*at]. */
static lt_status take_value(entry *found, const char *attached, int argc, char **argv, int *at,
                            lt_error *error)
{
    char name[128];
    spell(name, sizeof name, found->option);
    if (!attached && *at + 1 >= argc) {
        char wanted[1024];
        bool text = found->option->type == LT_OPTION_STRING || found->option->type == LT_OPTION_LIST;
        lt_option_wanted(wanted, sizeof wanted, found->option);
        return lt_fail(error, LT_ERROR_USAGE, "%s wants a value (%s)", name,
                       text && found->option->value ? found->option->value : wanted);
    }
    LT_TRY(assign(found, attached ? attached : argv[++*at], error));
    if (found->option->type != LT_OPTION_LIST || !found->option->remainder) return LT_OK;
    while (*at + 1 < argc && !looks_like_option(argv[*at + 1])) LT_TRY(assign(found, argv[++*at], error));
    return LT_OK;
}

static lt_status parse_long(const entries *all, int argc, char **argv, int *at, lt_error *error)
{
    const char *word = argv[*at] + 2;
    size_t length = strcspn(word, "=");
    const char *attached = word[length] ? word + length + 1 : NULL;
    entry *found = find_long(all, word, length);
    bool negated = !found && length > 3 && strncmp(word, "no-", 3) == 0;
    if (negated) {
        found = find_long(all, word + 3, length - 3);
        if (found && (found->option->type != LT_OPTION_BOOL || attached)) found = NULL;
    }
    if (!found) return unknown_option(all, word, length, error);
    if (found->option->type == LT_OPTION_BOOL)
        return assign(found, attached ? attached : negated ? "false" : "true", error);
    return take_value(found, attached, argc, argv, at, error);
}

static lt_status parse_short(const entries *all, int argc, char **argv, int *at, lt_error *error)
{
    for (const char *c = argv[*at] + 1; *c; c++) {
        entry *found = find_short(all, *c);
        if (!found)
            return lt_fail(error, LT_ERROR_USAGE, "unknown option '-%c'; --help lists the options", *c);
        if (found->option->type != LT_OPTION_BOOL)
            return take_value(found, c[1] ? c + 1 : NULL, argc, argv, at, error);
        LT_TRY(assign(found, "true", error));
    }
    return LT_OK;
}

lt_status lt_options_arguments(void *options, const lt_option *table, lt_strings *operands, lt_strings *given,
                               int argc, char **argv, lt_error *error)
{
    lt_status status = LT_OK;
    entries all = {calloc(count_options(table) + 1, sizeof(entry)), 0};
    if (!all.items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    flatten(&all, options, table);
    bool ended = false;
    for (int i = 0; i < argc && status == LT_OK; i++) {
        if (ended || !looks_like_option(argv[i]))
            status = lt_strings_add(operands, argv[i], error);
        else if (strcmp(argv[i], "--") == 0)
            ended = true;
        else if (argv[i][1] == '-')
            status = parse_long(&all, argc, argv, &i, error);
        else
            status = parse_short(&all, argc, argv, &i, error);
    }
    for (size_t i = 0; given && i < all.count && status == LT_OK; i++)
        if (all.items[i].seen) status = lt_strings_add(given, all.items[i].option->key, error);
    free(all.items);
    return status;
}

enum { WIDTH = 100, TEXT_COLUMN = 30 };

/* Appends `words` wrapped between TEXT_COLUMN and WIDTH, starting at column `*column`. */
static lt_status wrap(lt_text *out, const char *words, size_t *column, lt_error *error)
{
    while (*(words += strspn(words, " \n"))) {
        size_t length = strcspn(words, " \n"), seen = 0;
        for (size_t i = 0; i < length; i++) seen += (words[i] & 0xC0) != 0x80; /* columns, not bytes */
        if (*column > TEXT_COLUMN && *column + 1 + seen > WIDTH) {
            LT_TRY(lt_text_appendf(out, error, "\n%*s", TEXT_COLUMN, ""));
            *column = TEXT_COLUMN;
        }
        bool first = *column == TEXT_COLUMN;
        LT_TRY(lt_text_appendf(out, error, "%s%.*s", first ? "" : " ", (int)length, words));
        *column += seen + !first;
        words += length;
    }
    return LT_OK;
}

static const char *placeholder(const lt_option *option)
{
    if (option->value) return option->value;
    switch (option->type) {
    case LT_OPTION_INTEGER:
        return "N";
    case LT_OPTION_REAL:
        return "X";
    case LT_OPTION_CHOICE:
        return "NAME";
    default:
        return "TEXT";
    }
}

/* The facts of the table behind the help sentence: choices or bounds, then the default. */
static lt_status facts(lt_text *out, const lt_option *option, lt_error *error)
{
    char wanted[1024];
    lt_option_wanted(wanted, sizeof wanted, option);
    bool numeric = option->type == LT_OPTION_INTEGER || option->type == LT_OPTION_REAL;
    const char *value = option->default_value;
    if (option->type == LT_OPTION_CHOICE || (numeric && option->minimum < option->maximum)) {
        wanted[0] = (char)toupper((unsigned char)wanted[0]);
        LT_TRY(lt_text_appendf(out, error, " %s.", wanted));
    }
    if (option->type == LT_OPTION_LIST && option->remainder)
        LT_TRY(lt_text_appendf(out, error, " Takes all values up to the next option."));
    else if (option->type == LT_OPTION_LIST)
        LT_TRY(lt_text_appendf(out, error, " Can be given many times."));
    if (option->type == LT_OPTION_BOOL) value = value && strcmp(value, "true") == 0 ? "on" : "off";
    if (!value || !*value)
        return lt_text_appendf(out, error, option->required ? " Required." : " Default: none.");
    return lt_text_appendf(out, error, " Default: %s.", value);
}

static lt_status help_entry(lt_text *out, const lt_option *option, lt_error *error)
{
    char name[160], key[128];
    spell(key, sizeof key, option);
    bool flag = option->type == LT_OPTION_BOOL;
    bool negatable = flag && option->default_value && strcmp(option->default_value, "true") == 0;
    int length = snprintf(name, sizeof name, "  %c%c%c %s%s%s%s%s", option->letter ? '-' : ' ',
                          option->letter ? option->letter : ' ', option->letter ? ',' : ' ',
                          negatable ? "--[no-]" : "", negatable ? key + 2 : key, flag ? "" : " ",
                          flag ? "" : placeholder(option),
                          option->type == LT_OPTION_LIST && option->remainder ? "..." : "");
    LT_TRY(lt_text_appendf(out, error, "%s", name));
    size_t column = (size_t)length;
    if (column + 2 > TEXT_COLUMN)
        LT_TRY(lt_text_appendf(out, error, "\n%*s", TEXT_COLUMN, ""));
    else
        LT_TRY(lt_text_appendf(out, error, "%*s", (int)(TEXT_COLUMN - column), ""));
    column = TEXT_COLUMN;
    lt_text words = {0};
    lt_status status = lt_text_appendf(&words, error, "%s", option->help ? option->help : "");
    if (status == LT_OK) status = facts(&words, option, error);
    if (status == LT_OK) status = wrap(out, words.data, &column, error);
    lt_text_clear(&words);
    if (status == LT_OK) status = lt_text_append(out, "\n", 1, error);
    return status;
}

lt_status lt_options_help(lt_text *out, const lt_option *table, lt_error *error)
{
    for (; table->key; table++) {
        if (table->type != LT_OPTION_GROUP) {
            LT_TRY(help_entry(out, table, error));
            continue;
        }
        if (table->help) LT_TRY(lt_text_appendf(out, error, "%s%s:\n", out->length ? "\n" : "", table->help));
        LT_TRY(lt_options_help(out, table->group, error));
    }
    return LT_OK;
}
