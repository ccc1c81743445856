#include "experiments/yaml.h"

#include <assert.h>
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { KEYS_MAX = 128, COMMENT_WIDTH = 110 };

/* ---- reading ---- */
typedef struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; owned */
    bool held;
    const char *name;
    void *root;
    const lt_option *table;
    lt_yaml_keys *keys; /* may be NULL */
    lt_error *error;
} reader;

static lt_status fail_at(reader *r, yaml_mark_t mark, const char *message)
{
    return lt_fail(r->error, LT_ERROR_USAGE, "%s:%zu:%zu: %s", r->name, mark.line + 1, mark.column + 1,
                   message);
}

/* Puts the position before the message of a failed call. */
static lt_status located(reader *r, yaml_mark_t mark, lt_status status)
{
    if (status != LT_OK) lt_error_context(r->error, "%s:%zu:%zu", r->name, mark.line + 1, mark.column + 1);
    return status;
}

static lt_status parser_failure(reader *r)
{
    char message[512];
    if (r->parser.error == YAML_MEMORY_ERROR)
        return lt_fail(r->error, LT_ERROR_MEMORY, "%s: out of memory", r->name);
    const char *problem = r->parser.problem ? r->parser.problem : "unreadable", *context = r->parser.context;
    bool tab = strstr(problem, "cannot start any token") != NULL; /* or one of @ % ` */
    snprintf(message, sizeof message, "not valid YAML: %s%s%s%s", problem, context ? " " : "",
             context ? context : "", tab ? "; is it a tab? Lines are indented with spaces" : "");
    return fail_at(r, r->parser.problem_mark, message);
}

/* The next event, with what we refuse everywhere refused. */
static lt_status next(reader *r)
{
    if (r->held) yaml_event_delete(&r->event);
    r->held = yaml_parser_parse(&r->parser, &r->event);
    if (!r->held) return parser_failure(r);
    const yaml_char_t *anchor = NULL, *tag = NULL;
    switch (r->event.type) {
    case YAML_ALIAS_EVENT:
        return fail_at(r, r->event.start_mark, "aliases (*name) are not supported; write the value out");
    case YAML_SCALAR_EVENT:
        anchor = r->event.data.scalar.anchor, tag = r->event.data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = r->event.data.sequence_start.anchor, tag = r->event.data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = r->event.data.mapping_start.anchor, tag = r->event.data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return fail_at(r, r->event.start_mark, "anchors (&name) are not supported; write the value out");
    if (tag) return fail_at(r, r->event.start_mark, "tags (!name) are not supported; a key's type is fixed");
    return LT_OK;
}

static const char *scalar_text(const reader *r)
{
    return (const char *)r->event.data.scalar.value;
}

static bool scalar_is_plain(const reader *r)
{
    return r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static bool is_null(const reader *r)
{
    const char *text = scalar_text(r);
    return scalar_is_plain(r) && (!*text || strcmp(text, "null") == 0 || strcmp(text, "~") == 0);
}

/* "wants a whole number from 1 to 64, not a list" at the current event. */
static lt_status wrong_type(reader *r, const lt_option *option, const char *dotted, const char *got)
{
    char wanted[1024], message[1400];
    lt_option_wanted(wanted, sizeof wanted, option);
    snprintf(message, sizeof message, "%s: %s wanted, not %s", dotted, wanted, got);
    return fail_at(r, r->event.start_mark, message);
}

static lt_status check_no_nul(reader *r, const char *dotted)
{
    if (strlen(scalar_text(r)) == r->event.data.scalar.length) return LT_OK;
    char message[320];
    snprintf(message, sizeof message, "%.200s: the value has a NUL character in it", dotted);
    return fail_at(r, r->event.start_mark, message);
}

static lt_status read_list(reader *r, void *base, const lt_option *option, const char *dotted)
{
    lt_strings items = {0};
    lt_status status = next(r);
    while (status == LT_OK && r->event.type != YAML_SEQUENCE_END_EVENT) {
        if (r->event.type != YAML_SCALAR_EVENT || is_null(r))
            status = wrong_type(r, option, dotted,
                                r->event.type == YAML_SCALAR_EVENT ? "an empty item" : "a nested one");
        if (status == LT_OK) status = check_no_nul(r, dotted);
        if (status == LT_OK) status = lt_strings_add(&items, scalar_text(r), r->error);
        if (status == LT_OK) status = next(r);
    }
    if (status != LT_OK) {
        lt_strings_clear(&items);
        return status;
    }
    lt_strings *field = (lt_strings *)((char *)base + option->offset);
    lt_strings_clear(field);
    *field = items;
    return LT_OK;
}

static lt_status read_scalar(reader *r, void *base, const lt_option *option, const char *dotted)
{
    bool text = option->type == LT_OPTION_STRING;
    if (r->event.type == YAML_MAPPING_START_EVENT) return wrong_type(r, option, dotted, "keys below it");
    if (r->event.type == YAML_SEQUENCE_START_EVENT) return wrong_type(r, option, dotted, "a list");
    if (is_null(r)) {
        if (!text || option->default_value || option->required)
            return wrong_type(r, option, dotted, "nothing");
        lt_options_clear(base, (const lt_option[]){*option, {0}});
        return LT_OK;
    }
    if (!text && !scalar_is_plain(r) && option->type != LT_OPTION_CHOICE)
        return wrong_type(r, option, dotted, "text in quotes");
    LT_TRY(check_no_nul(r, dotted));
    return located(r, r->event.start_mark, lt_option_parse(base, option, dotted, scalar_text(r), r->error));
}

static lt_status read_mapping(reader *r, void *base, const lt_option *table, const char *prefix);

static lt_status read_value(reader *r, void *base, const lt_option *option, const char *dotted)
{
    if (option->type == LT_OPTION_GROUP) {
        if (r->event.type == YAML_SCALAR_EVENT && is_null(r)) return LT_OK;
        if (r->event.type != YAML_MAPPING_START_EVENT)
            return wrong_type(r, option, dotted, r->event.type == YAML_SCALAR_EVENT ? "a value" : "a list");
        return read_mapping(r, (char *)base + option->offset, option->group, dotted);
    }
    if (option->type == LT_OPTION_LIST) {
        if (r->event.type == YAML_SCALAR_EVENT)
            return wrong_type(r, option, dotted, "a single value; write [value]");
        if (r->event.type == YAML_MAPPING_START_EVENT) return wrong_type(r, option, dotted, "keys below it");
        return read_list(r, base, option, dotted);
    }
    return read_scalar(r, base, option, dotted);
}

/* The entry the current event names as a key of `table`. */
static lt_status read_key(reader *r, const lt_option *table, const char *prefix, char dotted[256],
                          const lt_option **option)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return fail_at(r, r->event.start_mark, "a key must be a plain word");
    const char *key = scalar_text(r);
    LT_TRY(check_no_nul(r, *key ? key : "key"));
    snprintf(dotted, 256, "%s%s%.100s", prefix, *prefix ? "." : "", key);
    for (*option = table; (*option)->key; (*option)++)
        if (strcmp((*option)->key, key) == 0) return LT_OK;
    if (strchr(key, '.'))
        return fail_at(r, r->event.start_mark, "keys are nested here, not joined by dots (--set takes dots)");
    if (strcmp(key, "<<") == 0) return fail_at(r, r->event.start_mark, "merge keys (<<) are not supported");
    void *base;
    *option = lt_options_find(r->root, r->table, dotted, &base, r->error);
    assert(!*option);
    located(r, r->event.start_mark, LT_ERROR_USAGE);
    return LT_ERROR_USAGE;
}

static lt_status note_key(reader *r, const lt_option *option, const char *dotted)
{
    char place[512];
    yaml_mark_t mark = r->event.start_mark;
    if (!r->keys || option->type == LT_OPTION_GROUP) return LT_OK;
    snprintf(place, sizeof place, "%.400s:%zu:%zu", r->name, mark.line + 1, mark.column + 1);
    LT_TRY(lt_strings_add(&r->keys->dotted, dotted, r->error));
    return lt_strings_add(&r->keys->places, place, r->error);
}

static lt_status read_mapping(reader *r, void *base, const lt_option *table, const char *prefix)
{
    size_t lines[KEYS_MAX] = {0}; /* where a key stood, from 1 */
    LT_TRY(next(r));
    while (r->event.type != YAML_MAPPING_END_EVENT) {
        char dotted[256], message[400];
        const lt_option *option = NULL;
        LT_TRY(read_key(r, table, prefix, dotted, &option));
        size_t index = (size_t)(option - table);
        assert(index < KEYS_MAX);
        if (lines[index]) {
            snprintf(message, sizeof message, "duplicate key '%s': it stands in line %zu already", dotted,
                     lines[index]);
            return fail_at(r, r->event.start_mark, message);
        }
        lines[index] = r->event.start_mark.line + 1;
        LT_TRY(note_key(r, option, dotted));
        LT_TRY(next(r));
        LT_TRY(read_value(r, base, option, dotted));
        LT_TRY(next(r));
    }
    return LT_OK;
}

static lt_status read_document(reader *r)
{
    LT_TRY(next(r)); /* stream start */
    LT_TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return LT_OK;
    LT_TRY(next(r));
    bool nothing = r->event.type == YAML_SCALAR_EVENT && is_null(r);
    if (!nothing && r->event.type != YAML_MAPPING_START_EVENT)
        return fail_at(r, r->event.start_mark,
                       "keys wanted ('name: value' lines), not a list or a single value");
    if (!nothing) LT_TRY(read_mapping(r, r->root, r->table, ""));
    LT_TRY(next(r)); /* document end */
    LT_TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return LT_OK;
    return fail_at(r, r->event.start_mark, "a second document ('---') is not supported");
}

/* libyaml would say where a bad byte stands only as an offset. */
static lt_status check_bytes(const char *bytes, size_t length, const char *name, lt_error *error)
{
    size_t line = 1, column = 1;
    for (size_t i = 0; i < length;) {
        unsigned codepoint = 0;
        size_t n = lt_utf8_next(bytes + i, length - i, &codepoint);
        if (n == 0)
            return lt_fail(error, LT_ERROR_USAGE, "%s:%zu:%zu: byte 0x%02x is not valid UTF-8", name, line,
                           column, (unsigned char)bytes[i]);
        if (codepoint == 0)
            return lt_fail(error, LT_ERROR_USAGE, "%s:%zu:%zu: a NUL byte; is this a text file?", name, line,
                           column);
        column++;
        if (codepoint == '\n') line++, column = 1;
        i += n;
    }
    return LT_OK;
}

lt_status lt_yaml_load(void *options, const lt_option *table, const char *bytes, size_t length,
                       const char *name, lt_yaml_keys *keys, lt_error *error)
{
    LT_TRY(check_bytes(bytes, length, name, error));
    reader r = {.name = name, .root = options, .table = table, .keys = keys, .error = error};
    if (!yaml_parser_initialize(&r.parser)) return lt_fail(error, LT_ERROR_MEMORY, "%s: out of memory", name);
    yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)bytes, length);
    lt_status status = read_document(&r);
    if (r.held) yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    return status;
}

/* ---- writing ---- */

/* May it stand without quotes, for every YAML reader? (Ours takes any scalar as text, others guess types.) */
static bool safe_plain(const char *text)
{
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"};
    if (!isalpha((unsigned char)*text) && *text != '/') return false;
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_-./+", *c)) return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0) return false;
    return true;
}

/* What YAML 1.1 lets stand unescaped between double quotes and does not fold. */
static bool printable(unsigned c)
{
    return (c >= 0x20 && c < 0x7F) || (c >= 0xA0 && c < 0x2028) || (c > 0x2029 && c < 0xD800) ||
           (c >= 0xE000 && c < 0xFEFF) || (c > 0xFEFF && c < 0xFFFE) || (c >= 0x10000 && c <= 0x10FFFF);
}

static lt_status dump_string(lt_text *out, const char *text, lt_error *error)
{
    if (safe_plain(text)) return lt_text_appendf(out, error, "%s", text);
    size_t length = strlen(text);
    LT_TRY(lt_text_append(out, "\"", 1, error));
    for (size_t i = 0; i < length;) {
        unsigned c = 0;
        size_t n = lt_utf8_next(text + i, length - i, &c);
        if (n == 0)
            return lt_fail(error, LT_ERROR_USAGE, "'%.200s' is not valid UTF-8 and cannot be written as YAML",
                           text);
        if (c == '"' || c == '\\')
            LT_TRY(lt_text_appendf(out, error, "\\%c", (char)c));
        else if (printable(c))
            LT_TRY(lt_text_append(out, text + i, n, error));
        else
            LT_TRY(lt_text_appendf(out, error, c < 0x100 ? "\\x%02X" : "\\u%04X", c));
        i += n;
    }
    return lt_text_append(out, "\"", 1, error);
}

static lt_status dump_list(lt_text *out, const lt_strings *list, lt_error *error)
{
    LT_TRY(lt_text_append(out, "[", 1, error));
    for (size_t i = 0; i < list->count; i++) {
        if (i) LT_TRY(lt_text_append(out, ", ", 2, error));
        LT_TRY(dump_string(out, list->items[i], error));
    }
    return lt_text_append(out, "]", 1, error);
}

static lt_status dump_comment(lt_text *out, const lt_option *option, int indent, lt_error *error)
{
    lt_text words = {0};
    char wanted[1024];
    lt_option_wanted(wanted, sizeof wanted, option);
    wanted[0] = (char)toupper((unsigned char)wanted[0]);
    lt_status status = lt_text_appendf(&words, error, "%s", option->help ? option->help : "");
    bool numeric = option->type == LT_OPTION_INTEGER || option->type == LT_OPTION_REAL;
    if (status == LT_OK &&
        (option->type == LT_OPTION_CHOICE || (numeric && option->minimum < option->maximum)))
        status = lt_text_appendf(&words, error, " %s.", wanted);
    if (status == LT_OK && option->default_value && option->type != LT_OPTION_GROUP)
        status = lt_text_appendf(&words, error, " Default: %s.", option->default_value);
    size_t column = 0;
    for (const char *word = words.data; status == LT_OK && word && *(word += strspn(word, " \n"));) {
        size_t length = strcspn(word, " \n");
        if (!column || column + 1 + length > COMMENT_WIDTH) {
            status =
                lt_text_appendf(out, error, "%s%*s# %.*s", column ? "\n" : "", indent, "", (int)length, word);
            column = (size_t)indent + 2 + length;
        } else {
            status = lt_text_appendf(out, error, " %.*s", (int)length, word);
            column += 1 + length;
        }
        word += length;
    }
    if (status == LT_OK && column) status = lt_text_append(out, "\n", 1, error);
    lt_text_clear(&words);
    return status;
}

static lt_status dump_value(lt_text *out, const void *base, const lt_option *option, lt_error *error)
{
    const void *field = (const char *)base + option->offset;
    if (option->type == LT_OPTION_LIST) return dump_list(out, field, error);
    if (option->type != LT_OPTION_STRING) return lt_option_format(out, base, option, error);
    const char *text = *(char *const *)field;
    return text ? dump_string(out, text, error) : lt_text_append(out, "null", 4, error);
}

typedef struct dumping {
    lt_text *out;
    const void *root;
    lt_yaml_filter filter;
} dumping;

static lt_status dump(const dumping *d, const void *base, const lt_option *table, const char *prefix,
                      int indent, lt_error *error)
{
    lt_text *out = d->out;
    for (const lt_option *option = table; option->key; option++) {
        char dotted[256];
        snprintf(dotted, sizeof dotted, "%.140s%s%.100s", prefix, *prefix ? "." : "", option->key);
        if (d->filter && !d->filter(d->root, dotted)) continue;
        bool group = option->type == LT_OPTION_GROUP;
        if (group && indent == 0) LT_TRY(lt_text_append(out, "\n", 1, error));
        LT_TRY(dump_comment(out, option, indent, error));
        LT_TRY(lt_text_appendf(out, error, "%*s%s:%s", indent, "", option->key, group ? "\n" : " "));
        if (group)
            LT_TRY(dump(d, (const char *)base + option->offset, option->group, dotted, indent + 2, error));
        else {
            LT_TRY(dump_value(out, base, option, error));
            LT_TRY(lt_text_append(out, "\n", 1, error));
        }
    }
    return LT_OK;
}

lt_status lt_yaml_dump(lt_text *out, const void *options, const lt_option *table, lt_yaml_filter filter,
                       lt_error *error)
{
    dumping d = {out, options, filter};
    return dump(&d, options, table, "", 0, error);
}
