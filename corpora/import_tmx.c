/* TMX 1.4b (LISA OSCAR, 2005): <tu> units of <tuv> variants, one a language, each with the text in <seg>. */
#include <expat.h>
#include <string.h>
#include <strings.h>

#include "corpora/import.h"
#include "corpora/source.h"

enum { CHUNK = 1 << 16, MARKUP_MAX = 1 << 26 };

typedef enum level { OUTSIDE, UNIT, VARIANT, SEGMENT } level;

typedef struct tmx {
    lt_import *import;
    const char *path;
    XML_Parser parser;
    lt_error *error;
    lt_status status; /* what went wrong in a handler */
    bool rooted;
    level level;
    /* the unit */
    size_t line;      /* where it begins */
    lt_text text[2];  /* of the source and of the target language */
    bool found[2];    /* a variant in it was met */
    bool unreadable;  /* text is missing: an entity that is not in the file */
    int side;         /* of the variant: 0, 1, or -1 for what is not taken */
    bool segment_met; /* the variant had one */
    /* the segment */
    lt_text inside; /* an element a byte: what it says is kept ('k') or dropped ('d') */
    bool space;     /* white space came and no text behind it yet */
} tmx;

/* ---- failing ---- */

static void stop(tmx *t, lt_status status)
{
    if (t->status == LT_OK && status != LT_OK) {
        t->status = status;
        XML_StopParser(t->parser, XML_FALSE);
    }
}

/* Fills the error with file:line:column and what `format` makes of `name`. */
static lt_status fail_here(const tmx *t, lt_status code, const char *format, const char *name)
{
    char what[256];
    snprintf(what, sizeof what, format, name);
    return lt_fail(t->error, code, "%s:%lu:%lu: %s", t->path,
                   (unsigned long)XML_GetCurrentLineNumber(t->parser),
                   (unsigned long)XML_GetCurrentColumnNumber(t->parser) + 1, what);
}

static lt_status explain(const tmx *t)
{
    enum XML_Error code = XML_GetErrorCode(t->parser);
    if (code == XML_ERROR_NO_MEMORY)
        return lt_fail(t->error, LT_ERROR_MEMORY, "out of memory for reading %s", t->path);
    return fail_here(t, LT_ERROR_FORMAT, "cannot be read as XML: %s; nothing was written",
                     XML_ErrorString(code));
}

/* ---- languages ---- */

/* How much of `language` is what is wanted: "en" is of "en", "EN-us" and "en_US", not of "eng"; 0 is no. */
static size_t match(const char *language, const char *wanted)
{
    size_t length = strlen(wanted);
    bool same = strncasecmp(language, wanted, length) == 0;
    return same && strchr("-_", language[length]) ? length : 0; /* its NUL, too */
}

static const char *language_of(const char **attributes)
{
    const char *old = ""; /* TMX before 1.4: lang */
    for (; *attributes; attributes += 2) {
        if (strcmp(attributes[0], "xml:lang") == 0) return attributes[1];
        if (strcmp(attributes[0], "lang") == 0) old = attributes[1];
    }
    return old;
}

/* The side a language is of; where it is of both ("pt-BR" of pt and pt-BR), of the one that says more. */
static int side_of(const tmx *t, const char *language)
{
    size_t src = match(language, t->import->options->src), trg = match(language, t->import->options->trg);
    return src == 0 && trg == 0 ? -1 : src < trg;
}

/* ---- structure ---- */

static void begin_unit(tmx *t)
{
    t->line = XML_GetCurrentLineNumber(t->parser);
    t->unreadable = false;
    for (int side = 0; side < 2; side++) {
        t->text[side].length = 0;
        t->found[side] = false;
    }
}

static void begin_variant(tmx *t, const char **attributes)
{
    t->side = side_of(t, language_of(attributes));
    t->segment_met = false;
    if (t->side >= 0 && t->found[t->side]) {
        lt_import_note(t->import, LT_IMPORT_VARIANT, t->path, XML_GetCurrentLineNumber(t->parser));
        t->side = -1;
    }
    if (t->side >= 0) t->found[t->side] = true;
}

/* A second segment of a variant joins the first behind a space. */
static void begin_segment(tmx *t)
{
    t->space = t->segment_met;
    t->segment_met = true;
    t->inside.length = 0;
}

static void end_unit(tmx *t)
{
    lt_import_side sides[2];
    for (int side = 0; side < 2; side++) {
        const lt_text *text = &t->text[side];
        sides[side] = (lt_import_side){t->path, {text->length ? text->data : "", text->length}};
    }
    if (!t->found[0] || !t->found[1])
        lt_import_drop(t->import, LT_IMPORT_LANGUAGE, t->path, t->line);
    else if (t->unreadable)
        lt_import_drop(t->import, LT_IMPORT_ENTITY, t->path, t->line);
    else
        stop(t, lt_import_pair(t->import, &sides[0], &sides[1], t->line, t->error));
}

static bool keeping(const tmx *t)
{
    size_t depth = t->inside.length;
    return t->level == SEGMENT && t->side >= 0 && (depth == 0 || t->inside.data[depth - 1] == 'k');
}

/* Native codes are dropped; text in them that is to be translated (<sub>) stands by itself; whatever else
 * there is (<hi>) marks text that is kept if what is around it is. */
static void begin_inline(tmx *t, const char *name)
{
    static const char *const codes[] = {"bpt", "ept", "it", "ph", "ut"};
    bool sub = strcmp(name, "sub") == 0, kept = sub || keeping(t);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(name, codes[i]) == 0) kept = false;
    if (sub) t->space = true;
    stop(t, lt_text_append(&t->inside, kept ? "k" : "d", 1, t->error));
}

static void end_inline(tmx *t, const char *name)
{
    t->inside.length--;
    if (strcmp(name, "sub") == 0) t->space = true;
}

/* ---- handlers ---- */

static const char *const names[] = {[UNIT] = "tu", [VARIANT] = "tuv", [SEGMENT] = "seg"};

static level level_of(const char *name)
{
    for (level l = UNIT; l <= SEGMENT; l++)
        if (strcmp(name, names[l]) == 0) return l;
    return OUTSIDE;
}

static void XMLCALL on_begin(void *context, const char *name, const char **attributes)
{
    tmx *t = context;
    if (t->status != LT_OK) return; /* expat may still call after it was told to stop */
    if (!t->rooted && strcmp(name, "tmx") != 0)
        stop(t,
             fail_here(t, LT_ERROR_FORMAT, "this is not TMX: it begins with <%.40s>, not with <tmx>", name));
    t->rooted = true;
    if (t->level == SEGMENT) {
        begin_inline(t, name);
        return;
    }
    level wanted = level_of(name);
    if (wanted == OUTSIDE) return;
    if (wanted != t->level + 1) {
        stop(t, fail_here(t, LT_ERROR_FORMAT, "<%.40s> in the wrong place: <seg> stands in <tuv>, in <tu>",
                          name));
        return;
    }
    t->level = wanted;
    if (wanted == UNIT) begin_unit(t);
    if (wanted == VARIANT) begin_variant(t, attributes);
    if (wanted == SEGMENT) begin_segment(t);
}

static void XMLCALL on_end(void *context, const char *name)
{
    tmx *t = context;
    if (t->status != LT_OK) return;
    if (t->level == SEGMENT && t->inside.length) {
        end_inline(t, name);
    } else if (t->level != OUTSIDE && level_of(name) == t->level) {
        if (t->level == UNIT) end_unit(t);
        t->level--;
    }
}

static void XMLCALL on_text(void *context, const char *bytes, int length)
{
    tmx *t = context;
    if (t->status != LT_OK || !keeping(t)) return;
    lt_text *out = &t->text[t->side];
    for (int i = 0, from = 0; i <= length; i++) {
        bool white = i < length && strchr(" \t\r\n", bytes[i]); /* XML has no NUL */
        if (i < length && !white) continue;
        if (i > from && t->space && out->length) stop(t, lt_text_append(out, " ", 1, t->error));
        if (i > from) stop(t, lt_text_append(out, bytes + from, (size_t)(i - from), t->error));
        t->space = white || (t->space && i == from);
        from = i + 1;
    }
}

/* Text that is elsewhere: expat would leave it out without a word. Nothing is ever fetched. */
static void XMLCALL on_skipped(void *context, const char *name, int parameter)
{
    (void)name;
    (void)parameter;
    tmx *t = context;
    if (keeping(t)) t->unreadable = true;
}

static int XMLCALL on_external(XML_Parser parser, const char *entities, const char *base, const char *system,
                               const char *public)
{
    (void)entities;
    (void)base;
    (void)system;
    (void)public;
    on_skipped(XML_GetUserData(parser), NULL, 0);
    return XML_STATUS_OK;
}

/* ---- a file ---- */

/* Reads up to `size` bytes into the parser. */
static lt_status feed(tmx *t, lt_source *source, size_t size, bool *end)
{
    char *buffer = XML_GetBuffer(t->parser, (int)size);
    if (!buffer) return explain(t);
    size_t length = 0;
    for (size_t got = 1; length < size && got > 0; length += got)
        LT_TRY(lt_source_read(source, buffer + length, size - length, &got, t->error));
    *end = length < size;
    enum XML_Status parsed = XML_ParseBuffer(t->parser, (int)length, *end);
    LT_TRY(t->status);
    return parsed == XML_STATUS_OK ? LT_OK : explain(t);
}

/* A tag or comment that is not complete is scanned from its beginning each time: as long as the parser stays
 * where it is, the pieces double, or the time would grow with the square of its length. */
static lt_status parse_all(tmx *t, lt_source *source)
{
    XML_Index before = -1;
    size_t size = CHUNK;
    for (bool end = false; !end;) {
        LT_TRY(lt_import_interrupted(t->import, t->error));
        LT_TRY(feed(t, source, size, &end));
        XML_Index at = XML_GetCurrentByteIndex(t->parser);
        size = at == before ? size * 2 : CHUNK;
        before = at;
        if (size > MARKUP_MAX)
            return fail_here(t, LT_ERROR_FORMAT, "a tag or comment of more than %s", "64 MiB");
    }
    return LT_OK;
}

lt_status lt_import_tmx(lt_import *import, const char *path, lt_error *error)
{
    tmx t = {.import = import, .path = lt_import_name(path), .error = error};
    lt_source *source;
    LT_TRY(lt_source_open(&source, path, error));
    lt_status status;
    t.parser = XML_ParserCreate(NULL);
    if (t.parser) {
        XML_SetUserData(t.parser, &t);
        XML_SetElementHandler(t.parser, on_begin, on_end);
        XML_SetCharacterDataHandler(t.parser, on_text);
        XML_SetSkippedEntityHandler(t.parser, on_skipped);
        XML_SetExternalEntityRefHandler(t.parser, on_external);
        status = parse_all(&t, source);
        XML_ParserFree(t.parser);
    } else {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", path);
    }
    lt_source_close(source);
    lt_text_clear(&t.text[0]);
    lt_text_clear(&t.text[1]);
    lt_text_clear(&t.inside);
    return status;
}
