/* latimer corpus import: aligned text of other formats as the two files latimer reads. */
#include <stdio.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "experiments/commands/signals.h"

typedef struct import_options {
    char *output;
    lt_import_options import;
} import_options;

static const lt_option table[] = {
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(import_options, output),
     .letter = 'o',
     .value = "PREFIX",
     .required = true,
     .help = "Writes PREFIX.SRC and PREFIX.TRG, a sentence a line: both, complete, or neither."},
    {.key = "import",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(import_options, import),
     .group = lt_import_table},
    {0},
};

static lt_status tell(const import_options *options, const lt_import_report *report, lt_error *error)
{
    lt_text text = {0};
    lt_status status = lt_import_describe(report, &text, error);
    if (status == LT_OK)
        fprintf(stderr, "read %zu, wrote %zu sentence pair%s to %s.%s and %s.%s\n%s", report->read,
                report->written, report->written == 1 ? "" : "s", options->output, options->import.src,
                options->output, options->import.trg, text.length ? text.data : "");
    lt_text_clear(&text);
    return status;
}

static lt_status run_import(const void *arguments, const lt_common_options *common,
                            const lt_strings *operands, lt_error *error)
{
    const import_options *options = arguments;
    lt_import_report report;
    if (!options->output || !*options->output)
        return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o PREFIX");
    LT_TRY(lt_corpus_import(options->output, operands, &options->import, lt_catch_signals(), &report, error));
    return common->quiet ? LT_OK : tell(options, &report, error);
}

const lt_command lt_command_corpus_import = {
    .name = "corpus import",
    .usage = "FILE... -o PREFIX --src LANGUAGE --trg LANGUAGE [options]",
    .summary = "TSV, pairs of plain files or TMX into a corpus",
    .description =
        "Reads TSV files, two plain files with a sentence a line, or TMX files (each plain, .gz or .zst; -\n"
        "is standard input) and writes the pairs as PREFIX.SRC and PREFIX.TRG. Pairs with an empty side,\n"
        "lines with a wrong number of columns and units without one of the languages are dropped, NUL and\n"
        "invalid UTF-8 become U+FFFD; each is counted and said on standard error with the first place.\n"
        "TSV has no quotes. Of TMX, native codes (<bpt>, <ept>, <it>, <ph>, <ut>) are left out, and white\n"
        "space becomes single spaces; the text of other formats stays as it is.",
    .table = table,
    .size = sizeof(import_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run_import,
};
