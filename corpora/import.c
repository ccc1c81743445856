#include "corpora/import.h"

#include <string.h>
#include <strings.h>

#include "corpora/interrupted.h"
#include "corpora/spaces.h"

static const char *const format_names[] = {"auto", "tsv", "plain", "tmx", NULL};

#define FIELD(name) .key = #name, .offset = offsetof(lt_import_options, name)

const lt_option lt_import_table[] = {
    {FIELD(src), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The source language: the suffix of the file that is written. In TMX the variant of this "
             "language, in letters of any case; en is also en-US."},
    {FIELD(trg), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The target language, likewise."},
    {FIELD(format), .type = LT_OPTION_CHOICE, .default_value = "auto", .choices = format_names,
     .help =
         "What the files are. auto goes by their names, .gz and .zst left aside: .tmx is TMX; .tsv and .tab "
         "are TSV, and so is .txt where it comes alone; two files of other names are plain text, a sentence "
         "a line, the source first."},
    {FIELD(src_column), .type = LT_OPTION_INTEGER, .default_value = "1", .minimum = 1, .maximum = 10000,
     .help = "TSV: the column of the source text."},
    {FIELD(trg_column), .type = LT_OPTION_INTEGER, .default_value = "2", .minimum = 1, .maximum = 10000,
     .help = "TSV: the column of the target text."},
    {FIELD(columns), .type = LT_OPTION_INTEGER, .default_value = "0", .minimum = 0, .maximum = 10000,
     .help = "TSV: how many columns a line must have; others are dropped. 0: at least the two wanted."},
    {FIELD(deduplicate), .type = LT_OPTION_BOOL, .default_value = "false",
     .help = "Of pairs that are the same on both sides, byte for byte, only the first is kept."},
    {0},
};

/* ---- what the formats call ---- */

const char *lt_import_name(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

void lt_import_note(lt_import *import, lt_import_matter what, const char *path, size_t line)
{
    struct lt_import_count *c = &import->report->matters[what];
    if (c->count++ > 0) return;
    c->path = path;
    c->line = line;
}

void lt_import_drop(lt_import *import, lt_import_matter why, const char *path, size_t line)
{
    import->report->read++;
    lt_import_note(import, why, path, line);
}

lt_status lt_import_interrupted(const lt_import *import, lt_error *error)
{
    return lt_check_interrupted(import->signal, "; nothing was written", error);
}

static lt_status write_line(lt_atomic_file *file, const char *text, size_t length, lt_error *error)
{
    if (fwrite(text, 1, length, file->stream) == length && fputc('\n', file->stream) != EOF) return LT_OK;
    return lt_fail_errno(error, "cannot write %s", file->temporary);
}

lt_status lt_import_pair(lt_import *import, const lt_import_side *src, const lt_import_side *trg, size_t line,
                         lt_error *error)
{
    const lt_import_side *sides[2] = {src, trg};
    const char *text[2], *bad = NULL;
    size_t length[2];
    for (int i = 0; i < 2; i++) {
        bool repaired;
        length[i] = sides[i]->text.length;
        if (lt_blank(sides[i]->text.bytes, length[i])) {
            lt_import_drop(import, LT_IMPORT_EMPTY, sides[i]->path, line);
            return LT_OK;
        }
        LT_TRY(
            lt_utf8_clean(&import->cleaned[i], &text[i], &length[i], sides[i]->text.bytes, &repaired, error));
        if (repaired && !bad) bad = sides[i]->path;
    }
    if (import->options->deduplicate) {
        bool added;
        LT_TRY(lt_hashes_add(&import->seen, lt_hash_pair(text[0], length[0], text[1], length[1]), &added,
                             error));
        if (!added) {
            lt_import_drop(import, LT_IMPORT_DUPLICATE, src->path, line);
            return LT_OK;
        }
    }
    if (bad) lt_import_note(import, LT_IMPORT_REPAIRED, bad, line);
    LT_TRY(write_line(&import->out.src, text[0], length[0], error));
    LT_TRY(write_line(&import->out.trg, text[1], length[1], error));
    import->report->read++;
    import->report->written++;
    return LT_OK;
}

/* ---- formats ---- */

/* Does the name end like this, a packing's ending left aside? */
static bool named(const char *path, const char *ending)
{
    size_t length = strlen(path), own = strlen(ending);
    if (length > 3 && strcmp(path + length - 3, ".gz") == 0) length -= 3;
    if (length > 4 && strcmp(path + length - 4, ".zst") == 0) length -= 4;
    return length > own && strncasecmp(path + length - own, ending, own) == 0;
}

static lt_status format_of(int *format, const lt_strings *files, size_t index,
                           const lt_import_options *options, lt_error *error)
{
    const char *path = files->items[index];
    *format = options->format;
    if (*format != LT_IMPORT_AUTO) return LT_OK;
    if (named(path, ".tmx"))
        *format = LT_IMPORT_TMX;
    else if (named(path, ".tsv") || named(path, ".tab") || (files->count == 1 && named(path, ".txt")))
        *format = LT_IMPORT_TSV;
    else if (files->count == 2 && !named(files->items[1 - index], ".tmx") &&
             !named(files->items[1 - index], ".tsv") && !named(files->items[1 - index], ".tab"))
        *format = LT_IMPORT_PLAIN;
    else
        return lt_fail(error, LT_ERROR_USAGE,
                       "%s: the name does not say what it is; give --format tsv, plain or tmx (plain: two "
                       "files, the source first)",
                       lt_import_name(path));
    return LT_OK;
}

static lt_status check_language(const char *key, const char *language, lt_error *error)
{
    if (!language || !*language)
        return lt_fail(error, LT_ERROR_USAGE, "which language is it? Give --%s LANGUAGE, as in --%s en", key,
                       key);
    if (strchr(language, '/'))
        return lt_fail(error, LT_ERROR_USAGE, "--%s: '%.100s' cannot be the suffix of a file's name", key,
                       language);
    return LT_OK;
}

static lt_status check(const lt_strings *files, const lt_import_options *options, lt_error *error)
{
    LT_TRY(check_language("src", options->src, error));
    LT_TRY(check_language("trg", options->trg, error));
    if (strcasecmp(options->src, options->trg) == 0)
        return lt_fail(error, LT_ERROR_USAGE, "--src and --trg are both '%.100s'", options->src);
    if (options->src_column == options->trg_column)
        return lt_fail(error, LT_ERROR_USAGE, "--src-column and --trg-column are both %lld",
                       (long long)options->src_column);
    if (options->columns &&
        (options->columns < options->src_column || options->columns < options->trg_column))
        return lt_fail(
            error, LT_ERROR_USAGE, "with --columns %lld there is no column %lld", (long long)options->columns,
            (long long)(options->columns < options->src_column ? options->src_column : options->trg_column));
    size_t standard = 0;
    for (size_t i = 0; i < files->count; i++) standard += strcmp(files->items[i], "-") == 0;
    if (standard > 1) return lt_fail(error, LT_ERROR_USAGE, "standard input (-) can be read only once");
    if (options->format == LT_IMPORT_PLAIN && files->count != 2)
        return lt_fail(error, LT_ERROR_USAGE,
                       "plain text is two files, that of the source first, and here are %zu", files->count);
    int format;
    for (size_t i = 0; i < files->count; i++) LT_TRY(format_of(&format, files, i, options, error));
    return LT_OK;
}

static lt_status import_files(lt_import *import, const lt_strings *files, lt_error *error)
{
    for (size_t i = 0; i < files->count; i++) {
        int format;
        LT_TRY(format_of(&format, files, i, import->options, error));
        if (format == LT_IMPORT_PLAIN)
            return lt_import_plain(import, files->items[0], files->items[1], error);
        LT_TRY((format == LT_IMPORT_TSV ? lt_import_tsv : lt_import_tmx)(import, files->items[i], error));
    }
    return LT_OK;
}

/* ---- the report ---- */

static lt_status describe(const lt_import_report *report, const char *between, lt_text *out, lt_error *error)
{
    static const char *const words[LT_IMPORT_MATTERS] = {
        [LT_IMPORT_EMPTY] = "dropped %zu: a side is empty",
        [LT_IMPORT_COLUMNS] = "dropped %zu: a wrong number of columns",
        [LT_IMPORT_LANGUAGE] = "dropped %zu: a unit without one of the two languages",
        [LT_IMPORT_ENTITY] = "dropped %zu: text that needs an entity which is not in the file",
        [LT_IMPORT_DUPLICATE] = "dropped %zu: the same pair was there before",
        [LT_IMPORT_REPAIRED] = "repaired %zu: NUL or invalid UTF-8, now U+FFFD",
        [LT_IMPORT_CARRIAGE_RETURN] = "repaired %zu: a line that ended in CR LF, the CR removed",
        [LT_IMPORT_BYTE_ORDER_MARK] = "repaired %zu: a file that began with a byte-order mark, now removed",
        [LT_IMPORT_VARIANT] =
            "not taken %zu: a further variant in a language of which the unit has one already",
    };
    size_t begin = out->length;
    for (size_t i = 0; i < LT_IMPORT_MATTERS; i++) {
        const struct lt_import_count *c = &report->matters[i];
        if (c->count == 0) continue;
        if (out->length > begin) LT_TRY(lt_text_appendf(out, error, "%s", between));
        char start[256];
        snprintf(start, sizeof start, words[i], c->count);
        LT_TRY(lt_text_appendf(out, error, "%s (the first is %s:%zu", start, c->path, c->line));
        if (i == LT_IMPORT_COLUMNS) LT_TRY(lt_text_appendf(out, error, ", which has %zu", report->columns));
        LT_TRY(lt_text_appendf(out, error, ")"));
    }
    return LT_OK;
}

lt_status lt_import_describe(const lt_import_report *report, lt_text *out, lt_error *error)
{
    size_t begin = out->length;
    LT_TRY(describe(report, "\n", out, error));
    return out->length > begin ? lt_text_append(out, "\n", 1, error) : LT_OK;
}

/* ---- the whole ---- */

static lt_status check_result(const lt_import_report *report, lt_error *error)
{
    if (report->written) return LT_OK;
    if (report->read == 0)
        return lt_fail(error, LT_ERROR_FORMAT, "there is not one sentence pair to read; nothing was written");
    lt_text why = {0};
    lt_status status = describe(report, "; ", &why, error);
    if (status == LT_OK)
        status = lt_fail(error, LT_ERROR_FORMAT,
                         "of the %zu sentence pairs read none is left, and nothing was written: %s",
                         report->read, why.data);
    lt_text_clear(&why);
    return status;
}

lt_status lt_corpus_import(const char *prefix, const lt_strings *files, const lt_import_options *options,
                           const volatile sig_atomic_t *signal, lt_import_report *report, lt_error *error)
{
    lt_import import = {.options = options, .signal = signal, .report = report};
    *report = (lt_import_report){0};
    LT_TRY(check(files, options, error));
    LT_TRY(lt_twins_open(&import.out, prefix, options->src, options->trg, error));
    lt_status status = import_files(&import, files, error);
    if (status == LT_OK) status = check_result(report, error);
    if (status == LT_OK) status = lt_twins_commit(&import.out, error);
    lt_twins_abort(&import.out);
    lt_hashes_clear(&import.seen);
    lt_text_clear(&import.cleaned[0]);
    lt_text_clear(&import.cleaned[1]);
    return status;
}
