#include "model/base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lt_status reserve(lt_text *text, size_t extra, lt_error *error)
{
    if (extra > SIZE_MAX / 4 - text->length)
        return lt_fail(error, LT_ERROR_MEMORY, "text of %zu bytes", extra);
    size_t needed = text->length + extra + 1;
    if (needed <= text->capacity) return LT_OK;
    size_t capacity = text->capacity ? text->capacity : 64;
    while (capacity < needed) capacity *= 2;
    char *data = realloc(text->data, capacity);
    if (!data) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a text of %zu bytes", capacity);
    text->data = data;
    text->capacity = capacity;
    return LT_OK;
}

void lt_text_clear(lt_text *text)
{
    free(text->data);
    *text = (lt_text){0};
}

lt_status lt_text_extend(lt_text *text, size_t length, lt_error *error)
{
    LT_TRY(reserve(text, length, error));
    text->length += length;
    text->data[text->length] = '\0';
    return LT_OK;
}

lt_status lt_text_append(lt_text *text, const void *bytes, size_t length, lt_error *error)
{
    LT_TRY(reserve(text, length, error));
    if (length) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
    return LT_OK;
}

lt_status lt_text_appendf(lt_text *text, lt_error *error, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    lt_status status = length < 0 ? lt_fail(error, LT_ERROR_FORMAT, "cannot format '%s'", format)
                                  : reserve(text, (size_t)length, error);
    if (status == LT_OK) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    return status;
}

/* Takes `item`, which is on the heap, or frees it. */
static lt_status give(lt_strings *strings, char *item, lt_error *error)
{
    if (strings->count == strings->capacity) {
        size_t capacity = strings->capacity ? strings->capacity * 2 : 8;
        char **items = realloc(strings->items, capacity * sizeof *items);
        if (!items) {
            free(item);
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a list of %zu strings", capacity);
        }
        strings->items = items;
        strings->capacity = capacity;
    }
    strings->items[strings->count++] = item;
    return LT_OK;
}

lt_status lt_strings_add(lt_strings *strings, const char *item, lt_error *error)
{
    char *copy = strdup(item);
    if (!copy)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a string of %zu bytes", strlen(item));
    return give(strings, copy, error);
}

lt_status lt_strings_addv(lt_strings *strings, lt_error *error, const char *format, va_list arguments)
{
    char *item;
    if (vasprintf(&item, format, arguments) < 0)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a string");
    return give(strings, item, error);
}

lt_status lt_strings_addf(lt_strings *strings, lt_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lt_status status = lt_strings_addv(strings, error, format, arguments);
    va_end(arguments);
    return status;
}

bool lt_strings_has(const lt_strings *strings, const char *item)
{
    for (size_t i = 0; i < strings->count; i++)
        if (strcmp(strings->items[i], item) == 0) return true;
    return false;
}

void lt_strings_clear(lt_strings *strings)
{
    for (size_t i = 0; i < strings->count; i++) free(strings->items[i]);
    free(strings->items);
    *strings = (lt_strings){0};
}

size_t lt_utf8_next(const char *bytes, size_t length, unsigned *codepoint)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (length == 0) return 0;
    unsigned c = b[0], low = 0x80, high = 0xBF;
    size_t n;
    if (c < 0x80)
        n = 1;
    else if (c >= 0xC2 && c <= 0xDF)
        n = 2, c &= 0x1F;
    else if (c >= 0xE0 && c <= 0xEF) {
        if (c == 0xE0) low = 0xA0;
        if (c == 0xED) high = 0x9F;
        n = 3, c &= 0x0F;
    } else if (c >= 0xF0 && c <= 0xF4) {
        if (c == 0xF0) low = 0x90;
        if (c == 0xF4) high = 0x8F;
        n = 4, c &= 0x07;
    } else
        return 0;
    if (n > length) return 0;
    for (size_t i = 1; i < n; i++) {
        if (b[i] < low || b[i] > high) return 0;
        c = c << 6 | (b[i] & 0x3Fu);
        low = 0x80, high = 0xBF;
    }
    if (codepoint) *codepoint = c;
    return n;
}

bool lt_utf8_valid(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t n = lt_utf8_next(bytes + i, length - i, NULL);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

lt_status lt_utf8_repair(lt_text *out, const char *bytes, size_t length, size_t *replaced, lt_error *error)
{
    size_t count = 0, start = 0, i = 0;
    while (i < length) {
        size_t n = lt_utf8_next(bytes + i, length - i, NULL);
        if (n) {
            i += n;
            continue;
        }
        LT_TRY(lt_text_append(out, bytes + start, i - start, error));
        LT_TRY(lt_text_append(out, "\xEF\xBF\xBD", 3, error));
        count++;
        start = ++i;
    }
    LT_TRY(lt_text_append(out, bytes + start, length - start, error));
    if (replaced) *replaced = count;
    return LT_OK;
}

lt_status lt_utf8_clean(lt_text *storage, const char **text, size_t *length, const char *bytes,
                        bool *repaired, lt_error *error)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t end = *length;
    bool whole = (end == 0 || !memchr(bytes, 0, end)) && lt_utf8_valid(bytes, end);
    if (repaired) *repaired = !whole;
    *text = bytes;
    if (whole) return LT_OK;
    storage->length = 0;
    for (size_t start = 0;;) {
        const char *nul = start < end ? memchr(bytes + start, 0, end - start) : NULL;
        size_t stop = nul ? (size_t)(nul - bytes) : end;
        LT_TRY(lt_utf8_repair(storage, bytes + start, stop - start, NULL, error));
        if (!nul) break;
        LT_TRY(lt_text_append(storage, replacement, sizeof replacement - 1, error));
        start = stop + 1;
    }
    *text = storage->data;
    *length = storage->length;
    return LT_OK;
}
