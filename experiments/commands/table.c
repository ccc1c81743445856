#include "experiments/commands/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

lt_status lt_table_cell(lt_table *table, lt_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lt_status status = lt_strings_addv(&table->cells, error, format, arguments);
    va_end(arguments);
    if (status != LT_OK) return status;
    for (char *p = table->cells.items[table->cells.count - 1]; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 127) *p = '?';
    return LT_OK;
}

lt_status lt_table_heading(lt_table *table, const char *words, lt_error *error)
{
    while (*words) {
        size_t length = strcspn(words, "|");
        LT_TRY(lt_table_cell(table, error, "%.*s", (int)length, words));
        words += length + (words[length] == '|');
    }
    return LT_OK;
}

size_t lt_table_rows(const lt_table *table)
{
    size_t rows = table->cells.count / strlen(table->align);
    return rows ? rows - 1 : 0;
}

/* Characters, as far as one is one column. */
static size_t width_of(const char *text)
{
    size_t width = 0, length = strlen(text);
    for (size_t i = 0; i < length; width++) {
        size_t n = lt_utf8_next(text + i, length - i, NULL);
        i += n ? n : 1;
    }
    return width;
}

static size_t column_width(const lt_table *table, size_t columns, size_t column)
{
    size_t widest = 3;
    for (size_t i = column; i < table->cells.count; i += columns) {
        size_t width = width_of(table->cells.items[i]);
        if (width > widest) widest = width;
    }
    return widest;
}

static void print_cell(const char *text, size_t width, char align, bool markdown, bool last, FILE *out)
{
    size_t spaces = width - width_of(text);
    if (align == 'r') fprintf(out, "%*s", (int)spaces, "");
    for (const char *p = text; *p; p++) {
        if (markdown && *p == '|') fputc('\\', out);
        fputc(*p, out);
    }
    if (align != 'r' && (markdown || !last)) fprintf(out, "%*s", (int)spaces, "");
}

void lt_table_print(const lt_table *table, bool markdown, FILE *out)
{
    size_t columns = strlen(table->align), *widths = calloc(columns, sizeof *widths);
    for (size_t c = 0; widths && c < columns; c++) widths[c] = column_width(table, columns, c);
    for (size_t i = 0; i < table->cells.count; i++) {
        size_t c = i % columns;
        bool last = c + 1 == columns;
        if (markdown || c) fputs(markdown ? (c ? " | " : "| ") : "  ", out);
        size_t least = width_of(table->cells.items[i]); /* out of memory: unaligned */
        print_cell(table->cells.items[i], widths ? widths[c] : least, table->align[c], markdown, last, out);
        if (last) fputs(markdown ? " |\n" : "\n", out);
        if (last && markdown && i + 1 == columns) {
            for (size_t k = 0; k < columns; k++) fputs(table->align[k] == 'r' ? "|---:" : "|---", out);
            fputs("|\n", out);
        }
    }
    free(widths);
}

void lt_table_clear(lt_table *table)
{
    lt_strings_clear(&table->cells);
}

void lt_format_time(char *out, size_t size, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms == 0 || !localtime_r(&seconds, &parts) || strftime(out, size, "%Y-%m-%d %H:%M", &parts) == 0)
        snprintf(out, size, "-");
}

void lt_format_duration(char *out, size_t size, int64_t ms)
{
    long long seconds = ms < 0 ? 0 : ms / 1000;
    snprintf(out, size, "%lld:%02lld:%02lld", seconds / 3600, seconds / 60 % 60, seconds % 60);
}
