/* text.h: a growable byte string. In the caller's storage; all zeros is an empty, valid one. */
#ifndef LT_BASE_TEXT_H
#define LT_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "model/base/status.h"

typedef struct lt_text {
    char *data;      /* always NUL-terminated once anything was appended; may hold NUL bytes itself */
    size_t length;   /* bytes, without the terminator */
    size_t capacity; /* bytes */
} lt_text;

void lt_text_clear(lt_text *text); /* frees, back to zeros */
lt_status lt_text_append(lt_text *text, const void *bytes, size_t length, lt_error *error);
/* Appends `length` bytes of no particular value, for the caller to fill in. */
lt_status lt_text_extend(lt_text *text, size_t length, lt_error *error);
lt_status lt_text_appendf(lt_text *text, lt_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A list of NUL-terminated strings it owns. All zeros is an empty one. */
typedef struct lt_strings {
    char **items;
    size_t count, capacity;
} lt_strings;

/* One more at the end: a copy of `item`, or what printf() would print. LT_ERROR_MEMORY; the list is as it was
 * then. */
lt_status lt_strings_add(lt_strings *strings, const char *item, lt_error *error);
lt_status lt_strings_addv(lt_strings *strings, lt_error *error, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
lt_status lt_strings_addf(lt_strings *strings, lt_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool lt_strings_has(const lt_strings *strings, const char *item);
void lt_strings_clear(lt_strings *strings);

/* Length of the well-formed UTF-8 character at `bytes` (1-4), or 0 where it is malformed (overlong,
 * surrogate, cut).
 * `*codepoint` (may be NULL) gets its value. Source: The Unicode Standard, table 3-7. */
size_t lt_utf8_next(const char *bytes, size_t length, unsigned *codepoint);
bool lt_utf8_valid(const char *bytes, size_t length);
/* Appends `bytes` with every malformed byte replaced by U+FFFD; returns how many in `*replaced` (may be
 * NULL). */
lt_status lt_utf8_repair(lt_text *out, const char *bytes, size_t length, size_t *replaced, lt_error *error);
/* Points *text at `bytes` as they can be taken by what knows no NUL: themselves, or a repaired copy in
 * `storage` (which is overwritten), NUL and malformed bytes being U+FFFD there. `*length` is read and set;
 * `*repaired` (may be NULL) says whether any were. */
lt_status lt_utf8_clean(lt_text *storage, const char **text, size_t *length, const char *bytes,
                        bool *repaired, lt_error *error);

#endif
