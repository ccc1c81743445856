#include "corpora/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "corpora/words.h"

/* ---- lines ---- */

/* What is left out of text: soft hyphen, zero-width space, byte order mark. */
static size_t invisible(const char *at, size_t left)
{
    if (left >= 2 && memcmp(at, "\xC2\xAD", 2) == 0) return 2;
    return left >= 3 && (memcmp(at, "\xE2\x80\x8B", 3) == 0 || memcmp(at, "\xEF\xBB\xBF", 3) == 0) ? 3 : 0;
}

/* Spaces, wide, narrow and no-break, and the dot U+22C5 by which some translators show a no-break space. */
static size_t space(const char *at, size_t left)
{
    if (left && (*at == ' ' || *at == '\t')) return 1;
    if (left >= 2 && memcmp(at, "\xC2\xA0", 2) == 0) return 2;
    return left >= 3 && (memcmp(at, "\xE2\x80\xAF", 3) == 0 || memcmp(at, "\xE2\x8B\x85", 3) == 0) ? 3 : 0;
}

static void trim(lt_line *line)
{
    size_t size;
    while ((size = space(line->bytes, line->length)) > 0) line->bytes += size, line->length -= size;
    while (line->length && memchr(" \t\r", line->bytes[line->length - 1], 3)) line->length--;
}

/* Is this of a script that has no spaces, or a mark of it? */
static bool is_wide(unsigned c)
{
    return lt_is_ideograph(c) || (c >= 0x3000 && c <= 0x30FF) || (c >= 0xFF00 && c <= 0xFF65);
}

/* Where a line ends and the next begins with characters of such a script, no space was there. */
static bool joins_without_space(const lt_text *text, const lt_line *line)
{
    unsigned last = 0, first = 0;
    if (text->length < 3) return false;
    lt_utf8_next(text->data + text->length - 3, 3, &last);
    lt_utf8_next(line->bytes, line->length, &first);
    return is_wide(last) && is_wide(first);
}

/* Appends a line to the last block, with one space between words. */
static lt_status append(lt_blocks *blocks, const lt_line *line, lt_error *error)
{
    lt_block *block = &blocks->items[blocks->count - 1];
    lt_text *text = &blocks->text;
    bool gap = block->span.length > 0 && !joins_without_space(text, line);
    for (size_t i = 0; i < line->length;) {
        size_t left = line->length - i, blank = space(line->bytes + i, left);
        size_t skip = blank ? blank : invisible(line->bytes + i, left);
        if (skip) {
            gap = gap || blank;
            i += skip;
            continue;
        }
        if (gap && text->length > block->span.begin) LT_TRY(lt_text_append(text, " ", 1, error));
        gap = false;
        LT_TRY(lt_text_append(text, line->bytes + i++, 1, error));
    }
    block->span.length = text->length - block->span.begin;
    return LT_OK;
}

static lt_status begin(lt_blocks *blocks, lt_block_kind kind, size_t paragraph, lt_error *error)
{
    if (blocks->count == blocks->capacity) {
        size_t capacity = blocks->capacity ? blocks->capacity * 2 : 32;
        lt_block *items = realloc(blocks->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu paragraphs", capacity);
        blocks->items = items;
        blocks->capacity = capacity;
    }
    blocks->items[blocks->count++] =
        (lt_block){.kind = kind, .paragraph = paragraph, .span = {.begin = blocks->text.length}};
    return LT_OK;
}

/* ---- lists ---- */

/* "1." "12)" "(3)" "a)": the length of a number that begins an item, or 0. */
static size_t number_length(const lt_line *line)
{
    size_t i = 0;
    bool open = line->length && line->bytes[0] == '(';
    if (open) i++;
    size_t start = i;
    while (i < line->length && i < start + 2 && line->bytes[i] >= '0' && line->bytes[i] <= '9') i++;
    bool letter = i == start && i < line->length && line->bytes[i] >= 'a' && line->bytes[i] <= 'z';
    if (letter) i++;
    if (i == start || i >= line->length) return 0;
    return line->bytes[i] == ')' || (line->bytes[i] == '.' && !open && !letter) ? i + 1 : 0;
}

/* The length of what marks the line as an item, with the spaces behind it; 0 where it is none. */
static size_t bullet_length(const lt_line *line)
{
    static const char *const bullets[] = {"*", "-", "+", "o", "--", "**", "->", "=>", ">",
                                          "•", "·", "°", "–", "—",  "‣",  "◦",  "#",  "~"};
    size_t length = number_length(line);
    for (size_t i = 0; i < sizeof bullets / sizeof *bullets && !length; i++) {
        size_t size = strlen(bullets[i]);
        if (line->length > size && memcmp(line->bytes, bullets[i], size) == 0 &&
            space(line->bytes + size, line->length - size))
            length = size;
    }
    if (!length || length >= line->length || !space(line->bytes + length, line->length - length)) return 0;
    size_t size;
    while ((size = space(line->bytes + length, line->length - length)) > 0) length += size;
    return length < line->length ? length : 0;
}

/* At the margin a "-" may as well be a dash that a line break brought there: it begins an item only where a
 * list can begin or is going on. */
static bool list_may_begin(const lt_blocks *blocks, size_t paragraph)
{
    const lt_block *last = &blocks->items[blocks->count - 1];
    if (last->paragraph != paragraph || last->kind == LT_BLOCK_ITEM) return true;
    return last->kind == LT_BLOCK_TEXT && last->span.length &&
           blocks->text.data[blocks->text.length - 1] == ':';
}

/* A line at the margin behind an item that is further in: part of it if it begins with a small letter. */
static bool starts_small(const lt_line *line)
{
    unsigned c = 0;
    lt_utf8_next(line->bytes, line->length, &c);
    return lt_is_word(c) && !lt_is_upper(c) && !(c >= '0' && c <= '9');
}

static bool goes_on(const lt_block *last, size_t paragraph, size_t indent, const lt_line *line)
{
    if (last->paragraph != paragraph) return false;
    if (last->kind != LT_BLOCK_ITEM) return (last->kind == LT_BLOCK_TEXT) == (indent == 0);
    return indent > last->indent || (indent == 0 && (last->indent == 0 || starts_small(line)));
}

static lt_status read_line(lt_blocks *blocks, lt_line line, size_t *paragraph, lt_error *error)
{
    const char *start = line.bytes;
    trim(&line);
    if (line.length == 0 || (line.length == 1 && *line.bytes == '.')) {
        *paragraph += blocks->items[blocks->count - 1].paragraph == *paragraph;
        return LT_OK;
    }
    size_t indent = (size_t)(line.bytes - start) - (line.bytes > start), bullet = bullet_length(&line);
    if (bullet && (indent || list_may_begin(blocks, *paragraph))) {
        LT_TRY(begin(blocks, LT_BLOCK_ITEM, *paragraph, error));
        blocks->items[blocks->count - 1].indent = indent;
        for (; bullet; bullet = bullet_length(&line)) line.bytes += bullet, line.length -= bullet;
        return append(blocks, &line, error);
    }
    if (!goes_on(&blocks->items[blocks->count - 1], *paragraph, indent, &line))
        LT_TRY(begin(blocks, indent ? LT_BLOCK_DISPLAY : LT_BLOCK_TEXT, *paragraph, error));
    return append(blocks, &line, error);
}

/* Items without the comma or semicolon that only says that another follows. */
static void drop_separators(lt_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++) {
        lt_span *span = &blocks->items[i].span;
        if (blocks->items[i].kind != LT_BLOCK_ITEM) continue;
        const char *text = blocks->text.data + span->begin;
        while (span->length > 1 && memchr(";, ", text[span->length - 1], 3)) span->length--;
    }
}

lt_status lt_blocks_read(lt_blocks *blocks, const lt_line *description, lt_error *error)
{
    const char *at = description->bytes, *end = at + description->length;
    size_t paragraph = 0;
    blocks->count = blocks->text.length = 0;
    LT_TRY(begin(blocks, LT_BLOCK_SYNOPSIS, 0, error));
    for (bool first = true; at < end; first = false) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        lt_line line = {at, (size_t)(stop - at)};
        if (first) {
            trim(&line);
            LT_TRY(append(blocks, &line, error));
            paragraph = 1;
        } else {
            LT_TRY(read_line(blocks, line, &paragraph, error));
        }
        at = stop + (stop < end);
    }
    drop_separators(blocks);
    return LT_OK;
}

void lt_blocks_clear(lt_blocks *blocks)
{
    lt_text_clear(&blocks->text);
    free(blocks->items);
    *blocks = (lt_blocks){0};
}
