/* table.h: rows of cells, printed in aligned columns or as Markdown. */
#ifndef LT_TABLE_H
#define LT_TABLE_H

#include <stdint.h>
#include <stdio.h>

#include "model/base/text.h"

typedef struct lt_table {
    const char *align; /* one letter a column: l left, r right; the caller's */
    lt_strings cells;  /* row after row; the first row is the heading */
} lt_table;

/* The next cell, formatted; control characters are shown as '?'. */
lt_status lt_table_cell(lt_table *table, lt_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The next cells, one a word of `words`, split at '|': "id|status". */
lt_status lt_table_heading(lt_table *table, const char *words, lt_error *error);
size_t lt_table_rows(const lt_table *table); /* without the heading */
void lt_table_print(const lt_table *table, bool markdown, FILE *out);
void lt_table_clear(lt_table *table);

/* "2026-11-23 20:44" in local time; "-" for 0. */
void lt_format_time(char *out, size_t size, int64_t ms);
/* "0:12:34" (hours, minutes, seconds). */
void lt_format_duration(char *out, size_t size, int64_t ms);

#endif
