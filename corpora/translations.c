#include "corpora/translations.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef struct parser {
    lt_descriptions *to;
    const char *name;
    const char *at, *end;
    size_t line;         /* number of the next one */
    size_t first_damage; /* line */
    size_t whole;        /* stanzas */
} parser;

static bool next_line(parser *p, lt_line *line)
{
    if (p->at == p->end) return false;
    const char *stop = memchr(p->at, '\n', (size_t)(p->end - p->at));
    if (!stop) stop = p->end;
    *line = (lt_line){p->at, (size_t)(stop - p->at)};
    if (line->length && line->bytes[line->length - 1] == '\r') line->length--;
    p->at = stop + (stop < p->end);
    p->line++;
    return true;
}

/* The value of a field, without the spaces before it, if the line has that field. */
static bool field(const lt_line *line, const char *key, lt_line *value)
{
    size_t length = strlen(key);
    if (line->length <= length || line->bytes[length] != ':' || strncasecmp(line->bytes, key, length) != 0)
        return false;
    *value = (lt_line){line->bytes + length + 1, line->length - length - 1};
    while (value->length && (*value->bytes == ' ' || *value->bytes == '\t')) value->bytes++, value->length--;
    return true;
}

static bool read_md5(unsigned char md5[LT_MD5_SIZE], const lt_line *hex)
{
    if (hex->length != 2 * LT_MD5_SIZE) return false;
    for (size_t i = 0; i < hex->length; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = memchr(digits, hex->bytes[i], 16);
        if (!digit) return false;
        md5[i / 2] = (unsigned char)(md5[i / 2] << 4 | (digit - digits));
    }
    return true;
}

static lt_status keep(lt_descriptions *d, const lt_description *item, lt_error *error)
{
    if (d->count == d->capacity) {
        size_t capacity = d->capacity ? d->capacity * 2 : 4096;
        lt_description *items = realloc(d->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu descriptions", capacity);
        d->items = items;
        d->capacity = capacity;
    }
    d->items[d->count++] = *item;
    return LT_OK;
}

/* What is behind the first line of a description: goes to the end of the lines that begin with a space. */
static void extend(parser *p, lt_line *text)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t')) {
        lt_line line;
        next_line(p, &line);
        text->length = (size_t)(line.bytes + line.length - text->bytes);
    }
}

/* One stanza, and the empty lines before it; *end where there is none left. */
static lt_status stanza(parser *p, const char *key, bool *end, lt_error *error)
{
    lt_description item = {0};
    lt_line line = {0}, md5 = {0};
    size_t start = 0;
    bool damaged = false;
    while (next_line(p, &line)) {
        if (line.length == 0 && start) break;
        if (line.length == 0) continue;
        if (!start) start = p->line - 1;
        if (field(&line, key, &item.text))
            extend(p, &item.text);
        else if (!field(&line, "Package", &item.package) && !field(&line, "Description-md5", &md5))
            damaged = damaged || !memchr(line.bytes, ':', line.length);
    }
    *end = start == 0;
    if (*end) return LT_OK;
    if (damaged || !item.package.length || !item.text.length || !read_md5(item.md5, &md5)) {
        p->to->damaged++;
        if (!p->first_damage) p->first_damage = start;
        return LT_OK;
    }
    p->whole++;
    return keep(p->to, &item, error);
}

lt_status lt_descriptions_add(lt_descriptions *descriptions, const char *name, lt_text *text, lt_error *error)
{
    char key[64];
    snprintf(key, sizeof key, "Description-%s", descriptions->language);
    lt_text *texts = realloc(descriptions->texts, (descriptions->files + 1) * sizeof *texts);
    if (!texts) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", name);
    descriptions->texts = texts;
    texts[descriptions->files++] = *text;
    parser p = {.to = descriptions, .name = name, .at = text->data, .line = 1};
    p.end = p.at + text->length;
    *text = (lt_text){0};
    for (bool end = false; !end;) LT_TRY(stanza(&p, key, &end, error));
    if (p.whole || !p.first_damage) return LT_OK;
    return lt_fail(
        error, LT_ERROR_FORMAT,
        "%s:%zu: not a stanza of Package, Description-md5 and %s, and there is no other in the file: "
        "it is damaged or in another language; get it again",
        name, p.first_damage, key);
}

static int compare_lines(const lt_line *a, const lt_line *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = common ? memcmp(a->bytes, b->bytes, common) : 0;
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare(const void *a, const void *b)
{
    const lt_description *x = a, *y = b;
    int order = memcmp(x->md5, y->md5, LT_MD5_SIZE);
    if (!order) order = compare_lines(&x->package, &y->package);
    return order ? order : compare_lines(&x->text, &y->text);
}

void lt_descriptions_sort(lt_descriptions *descriptions)
{
    if (descriptions->count)
        qsort(descriptions->items, descriptions->count, sizeof *descriptions->items, compare);
}

size_t lt_descriptions_same(const lt_descriptions *descriptions, size_t begin)
{
    const lt_description *items = descriptions->items;
    size_t end = begin + 1;
    while (end < descriptions->count && memcmp(items[begin].md5, items[end].md5, LT_MD5_SIZE) == 0) end++;
    return end - begin;
}

void lt_descriptions_clear(lt_descriptions *descriptions)
{
    for (size_t i = 0; i < descriptions->files; i++) lt_text_clear(&descriptions->texts[i]);
    free(descriptions->texts);
    free(descriptions->items);
    *descriptions = (lt_descriptions){.language = descriptions->language};
}
