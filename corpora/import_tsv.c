/* Lines: columns of one file, or the lines of two. */
#include <string.h>

#include "corpora/import.h"

/* Takes away what an editor left in a line that is no text: the byte-order mark of the first line and the
 * carriage return of CR LF. */
static lt_status strip(lt_import *import, lt_line *line, const char *path, size_t number, lt_error *error)
{
    if (number == 1 && line->length >= 2 &&
        (memcmp(line->bytes, "\xFF\xFE", 2) == 0 || memcmp(line->bytes, "\xFE\xFF", 2) == 0))
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s is UTF-16, and UTF-8 is wanted; 'iconv -f UTF-16 -t UTF-8' makes it so", path);
    if (number == 1 && line->length >= 3 && memcmp(line->bytes, "\xEF\xBB\xBF", 3) == 0) {
        lt_import_note(import, LT_IMPORT_BYTE_ORDER_MARK, path, number);
        line->bytes += 3;
        line->length -= 3;
    }
    if (line->length && line->bytes[line->length - 1] == '\r') {
        lt_import_note(import, LT_IMPORT_CARRIAGE_RETURN, path, number);
        line->length--;
    }
    return LT_OK;
}

/* ---- TSV ---- */

/* Finds the two columns; returns how many there are in all. */
static size_t split(lt_import_side *src, lt_import_side *trg, const lt_line *line,
                    const lt_import_options *options)
{
    const char *at = line->bytes, *end = at + line->length;
    for (size_t column = 1;; column++) {
        const char *tab = memchr(at, '\t', (size_t)(end - at));
        lt_line cell = {at, (size_t)((tab ? tab : end) - at)};
        if (column == (size_t)options->src_column) src->text = cell;
        if (column == (size_t)options->trg_column) trg->text = cell;
        if (!tab) return column;
        at = tab + 1;
    }
}

static lt_status import_line(lt_import *import, const char *path, lt_line *line, size_t number,
                             lt_error *error)
{
    const lt_import_options *o = import->options;
    size_t least = (size_t)(o->src_column > o->trg_column ? o->src_column : o->trg_column);
    lt_import_side src = {.path = path}, trg = {.path = path};
    LT_TRY(strip(import, line, path, number, error));
    size_t columns = split(&src, &trg, line, o);
    if (columns >= least && (o->columns == 0 || columns == (size_t)o->columns))
        return lt_import_pair(import, &src, &trg, number, error);
    if (import->report->matters[LT_IMPORT_COLUMNS].count == 0) import->report->columns = columns;
    lt_import_drop(import, LT_IMPORT_COLUMNS, path, number);
    return LT_OK;
}

lt_status lt_import_tsv(lt_import *import, const char *path, lt_error *error)
{
    lt_reader *reader;
    lt_line line;
    bool end = false;
    LT_TRY(lt_reader_open(&reader, path, error));
    lt_status status = LT_OK;
    while (status == LT_OK) {
        LT_GOTO(status, lt_import_interrupted(import, error), done);
        LT_GOTO(status, lt_reader_next(reader, &line, &end, error), done);
        if (end) break;
        status = import_line(import, lt_import_name(path), &line, lt_reader_get_counts(reader)->lines, error);
    }
done:
    lt_reader_close(reader);
    return status;
}

/* ---- two plain files ---- */

lt_status lt_import_plain(lt_import *import, const char *src_path, const char *trg_path, lt_error *error)
{
    lt_pairs pairs;
    lt_import_side src = {.path = lt_import_name(src_path)}, trg = {.path = lt_import_name(trg_path)};
    bool end = false;
    LT_TRY(lt_pairs_open(&pairs, src_path, trg_path, error));
    lt_status status = LT_OK;
    for (size_t number = 1; status == LT_OK; number++) {
        LT_GOTO(status, lt_import_interrupted(import, error), done);
        LT_GOTO(status, lt_pairs_next(&pairs, &src.text, &trg.text, &end, error), done);
        if (end) break;
        LT_GOTO(status, strip(import, &src.text, src.path, number, error), done);
        LT_GOTO(status, strip(import, &trg.text, trg.path, number, error), done);
        status = lt_import_pair(import, &src, &trg, number, error);
    }
done:
    lt_pairs_close(&pairs);
    return status;
}
