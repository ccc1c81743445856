/* latimer tokenizer train|encode|decode: the SentencePiece side by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "model/base/rng.h"
#include "model/batch.h"
#include "tokenizer/tokenizer.h"

/* ---- train ---- */

typedef struct train_options {
    char *output;
    lt_tokenizer_options model;
} train_options;

static const lt_option train_table[] = {
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(train_options, output),
     .letter = 'o',
     .value = "MODEL",
     .required = true,
     .help = "The file the model is written to; it is complete or not there."},
    {.key = "model",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(train_options, model),
     .group = LT_TOKENIZER_MODEL_TABLE},
    {0},
};

/* The lines of several files, one behind the other. */
typedef struct files {
    const lt_strings *paths;
    size_t at;
    lt_reader *reader;
    bool quiet;
} files;

/* Ends a file: what was odd in it goes to standard error. */
static lt_status close_file(files *f, lt_error *error)
{
    lt_text remarks = {0};
    lt_status status = lt_reader_remarks(f->reader, &remarks, error);
    if (status == LT_OK && remarks.length && !f->quiet) fputs(remarks.data, stderr);
    lt_text_clear(&remarks);
    lt_reader_close(f->reader);
    f->reader = NULL;
    return status;
}

static lt_status next_line(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    files *f = context;
    lt_line line;
    for (;;) {
        *end = !f->reader && f->at == f->paths->count;
        if (*end) return LT_OK;
        if (!f->reader) LT_TRY(lt_reader_open(&f->reader, f->paths->items[f->at++], error));
        bool file_ended;
        LT_TRY(lt_reader_next(f->reader, &line, &file_ended, error));
        if (!file_ended) break;
        LT_TRY(close_file(f, error));
    }
    *bytes = line.bytes;
    *length = line.length;
    return LT_OK;
}

static void report_training(const lt_tokenizer_training *report, const lt_tokenizer *tokenizer,
                            const train_options *options)
{
    fprintf(stderr, "read %zu line%s", report->lines, report->lines == 1 ? "" : "s");
    if (report->too_long)
        fprintf(stderr, "; left out %zu longer than %d bytes", report->too_long, LT_TOKENIZER_LINE_MAX);
    if (report->drawn + report->too_long < report->lines)
        fprintf(stderr, "; trained on %zu, drawn at random (--training-text %lld)", report->drawn,
                (long long)options->model.training_text);
    if (report->malformed) fprintf(stderr, "; NUL or invalid UTF-8 replaced in %zu", report->malformed);
    size_t pieces = lt_tokenizer_size(tokenizer);
    fprintf(stderr, "\n%s: %zu pieces", options->output, pieces);
    if (pieces < (size_t)options->model.vocab_size)
        fprintf(stderr, " (the text gives no more; %lld were wanted)", (long long)options->model.vocab_size);
    fprintf(stderr, ", SHA-256 %s\n", lt_tokenizer_sha256(tokenizer));
}

static lt_status run_train(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const train_options *options = arguments;
    files f = {.paths = operands, .quiet = common->quiet};
    lt_tokenizer_training report;
    lt_tokenizer *tokenizer = NULL;
    lt_text model = {0};
    lt_atomic_file probe;
    if (!options->output)
        return lt_fail(error, LT_ERROR_USAGE, "where is the model to be written? Give -o MODEL");
    LT_TRY(lt_atomic_open(&probe, options->output, error)); /* better said before the training than after */
    lt_atomic_abort(&probe);
    lt_status status = lt_tokenizer_train(&model, &options->model, next_line, &f, &report, error);
    lt_reader_close(f.reader);
    if (status == LT_OK)
        status = lt_tokenizer_parse(&tokenizer, model.data, model.length, options->output, NULL, error);
    if (status == LT_OK) status = lt_file_write(options->output, model.data, model.length, error);
    if (status == LT_OK && !common->quiet) report_training(&report, tokenizer, options);
    lt_tokenizer_free(tokenizer);
    lt_text_clear(&model);
    return status;
}

const lt_command lt_command_tokenizer_train = {
    .name = "tokenizer train",
    .usage = "FILE... -o MODEL [options]",
    .summary = "trains a SentencePiece model on text",
    .description =
        "Reads the files (plain, .gz or .zst; - is standard input) one behind the other, a sentence a line,\n"
        "and writes one model of them all. Equal text and options give an equal file. A text too small for\n"
        "the vocabulary wanted gives a smaller one. 'latimer train' does this by itself, by the same "
        "options\n"
        "in the experiment file.",
    .table = train_table,
    .size = sizeof(train_options),
    .least = 1,
    .most = SIZE_MAX,
    .run = run_train,
};

/* ---- lines in, lines out ---- */

typedef struct stream_options {
    char *input, *output;
    bool ids;
} stream_options;

#define STREAM_TABLE(ids_help)                                                                               \
    {.key = "input",                                                                                         \
     .type = LT_OPTION_STRING,                                                                               \
     .offset = offsetof(stream_options, input),                                                              \
     .default_value = "-",                                                                                   \
     .letter = 'i',                                                                                          \
     .value = "FILE",                                                                                        \
     .help = "What to read: plain, .gz or .zst; - is standard input."},                                      \
        {.key = "output",                                                                                    \
         .type = LT_OPTION_STRING,                                                                           \
         .offset = offsetof(stream_options, output),                                                         \
         .default_value = "-",                                                                               \
         .letter = 'o',                                                                                      \
         .value = "FILE",                                                                                    \
         .help = "Where to write; - is standard output."},                                                   \
    {                                                                                                        \
        .key = "ids", .type = LT_OPTION_BOOL, .offset = offsetof(stream_options, ids),                       \
        .default_value = "false", .help = ids_help                                                           \
    }

/* What is done to a line: appends what comes of it, its ends of line included. */
typedef struct stream {
    const lt_tokenizer *tokenizer;
    const void *options; /* the command's */
    const char *path;    /* of the input */
    size_t number;       /* of the line, from 1 */
    lt_ids ids;
    lt_text word;
} stream;
typedef lt_status (*line_task)(stream *s, lt_text *out, const lt_line *line, lt_error *error);

static lt_status each_line(stream *s, FILE *out, line_task task, lt_reader *reader, lt_error *error)
{
    lt_text text = {0};
    lt_line line;
    bool end;
    lt_status status;
    for (s->number = 1;; s->number++) {
        LT_GOTO(status, lt_reader_next(reader, &line, &end, error), done);
        if (end) break;
        text.length = s->ids.count = 0;
        status = task(s, &text, &line, error);
        if (status != LT_OK) {
            lt_error_context(error, "%s:%zu", s->path, s->number);
            goto done;
        }
        if (fwrite(text.data, 1, text.length, out) != text.length) {
            status = lt_fail_errno(error, "cannot write");
            goto done;
        }
    }
done:
    lt_text_clear(&text);
    return status;
}

static lt_status open_and_run(stream *s, const stream_options *options, line_task task, lt_reader *reader,
                              lt_error *error)
{
    if (strcmp(options->output, "-") == 0) return each_line(s, stdout, task, reader, error);
    lt_atomic_file file;
    LT_TRY(lt_atomic_open(&file, options->output, error));
    lt_status status = each_line(s, file.stream, task, reader, error);
    if (status == LT_OK) return lt_atomic_commit(&file, error);
    lt_atomic_abort(&file);
    return status;
}

static lt_status run_stream(const void *options, const char *model, line_task task, bool quiet,
                            lt_error *error)
{
    const stream_options *in_out = options; /* every command's options begin with these */
    stream s = {.options = options, .path = in_out->input};
    files f = {.quiet = quiet};
    lt_tokenizer *tokenizer;
    LT_TRY(lt_tokenizer_load(&tokenizer, model, NULL, error));
    s.tokenizer = tokenizer;
    lt_status status = lt_reader_open(&f.reader, in_out->input, error);
    if (status == LT_OK) status = open_and_run(&s, in_out, task, f.reader, error);
    if (status == LT_OK) status = close_file(&f, error);
    lt_reader_close(f.reader);
    lt_ids_clear(&s.ids);
    lt_text_clear(&s.word);
    lt_tokenizer_free(tokenizer);
    return status;
}

/* ---- encode ---- */

enum { SAMPLE_NBEST = 64 };

typedef struct encode_options {
    stream_options stream; /* first */
    int64_t nbest, seed;
    bool sample;
    double alpha;
} encode_options;

static const lt_option encode_table[] = {
    STREAM_TABLE("Numbers in place of pieces."),
    {.key = "nbest",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(encode_options, nbest),
     .default_value = "0",
     .minimum = 0,
     .maximum = LT_TOKENIZER_NBEST_MAX,
     .help = "The N best segmentations of each line, best first, as 'line ||| pieces ||| log-probability', "
             "lines from 0; of a line over 16 KiB the best only. 0: just the pieces of the best. With "
             "--sample: how many are drawn from, 0 being 64. Unigram models only."},
    {.key = "sample",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(encode_options, sample),
     .default_value = "false",
     .help = "A segmentation drawn at random for each line. Unigram and bpe models only."},
    {.key = "alpha",
     .type = LT_OPTION_REAL,
     .offset = offsetof(encode_options, alpha),
     .default_value = "0.1",
     .minimum = 0,
     .maximum = 1e6,
     .help = "With --sample. Unigram: a segmentation of probability P is drawn in proportion to P^alpha. "
             "Bpe: the probability with which a merge is dropped, at most 1."},
    {.key = "seed",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(encode_options, seed),
     .default_value = "1",
     .help = "With --sample: equal seeds draw equally. A line's draw depends on its number, too."},
    {0},
};

/* Appends ids or pieces with spaces between. A piece with a newline in it would break the line. */
static lt_status append_ids(const stream *s, lt_text *out, const int32_t *ids, size_t count, lt_error *error)
{
    const stream_options *options = s->options;
    size_t start = out->length;
    for (size_t i = 0; i < count; i++) {
        if (i) LT_TRY(lt_text_append(out, " ", 1, error));
        if (options->ids) {
            LT_TRY(lt_text_appendf(out, error, "%ld", (long)ids[i]));
        } else {
            const char *piece = lt_tokenizer_piece(s->tokenizer, (size_t)ids[i]);
            LT_TRY(lt_text_append(out, piece, strlen(piece), error));
        }
    }
    for (size_t i = start; i < out->length; i++)
        if (out->data[i] == '\n') out->data[i] = ' ';
    return LT_OK;
}

typedef struct nbest_line {
    const stream *stream;
    lt_text *out;
} nbest_line;

static lt_status append_segmentation(void *context, const int32_t *ids, size_t count, double score,
                                     lt_error *error)
{
    nbest_line *l = context;
    LT_TRY(lt_text_appendf(l->out, error, "%zu ||| ", l->stream->number - 1));
    LT_TRY(append_ids(l->stream, l->out, ids, count, error));
    return lt_text_appendf(l->out, error, " ||| %.4f\n", score);
}

static lt_status encode_line(stream *s, lt_text *out, const lt_line *line, lt_error *error)
{
    const encode_options *o = s->options;
    if (o->nbest && !o->sample) {
        nbest_line l = {.stream = s, .out = out};
        return lt_tokenizer_nbest(s->tokenizer, line->bytes, line->length, (size_t)o->nbest,
                                  append_segmentation, &l, error);
    }
    if (o->sample)
        LT_TRY(lt_tokenizer_sample(s->tokenizer, &s->ids, line->bytes, line->length,
                                   o->nbest ? (size_t)o->nbest : SAMPLE_NBEST, o->alpha,
                                   lt_stream((uint64_t)o->seed, s->number, 0, 0), error));
    else
        LT_TRY(lt_tokenizer_encode(s->tokenizer, &s->ids, line->bytes, line->length, error));
    LT_TRY(append_ids(s, out, s->ids.items, s->ids.count, error));
    return lt_text_append(out, "\n", 1, error);
}

static lt_status run_encode(const void *options, const lt_common_options *common, const lt_strings *operands,
                            lt_error *error)
{
    return run_stream(options, operands->items[0], encode_line, common->quiet, error);
}

const lt_command lt_command_tokenizer_encode = {
    .name = "tokenizer encode",
    .usage = "MODEL [options]",
    .summary = "cuts text into pieces, or their ids, line by line",
    .description =
        "Writes one line for each line read, whatever its bytes: its pieces, or with --ids their numbers,\n"
        "with spaces between. NUL and invalid UTF-8 are read as U+FFFD; what the model does not know is\n"
        "<unk>, unless it falls back to bytes.",
    .table = encode_table,
    .size = sizeof(encode_options),
    .least = 1,
    .most = 1,
    .run = run_encode,
};

/* ---- decode ---- */

static const lt_option decode_table[] = {
    STREAM_TABLE("The lines are numbers, not pieces."),
    {0},
};

static lt_status parse_word(stream *s, const char *word, size_t length, lt_error *error)
{
    const stream_options *options = s->options;
    int32_t id = LT_UNK;
    s->word.length = 0;
    LT_TRY(lt_text_append(&s->word, word, length, error));
    if (options->ids) {
        char *end;
        long number = strtol(s->word.data, &end, 10);
        bool digits = strspn(s->word.data, "0123456789") == length && length;
        if (!digits || (size_t)number >= lt_tokenizer_size(s->tokenizer))
            return lt_fail(error, LT_ERROR_FORMAT, "'%.40s' is not an id of this model (0 to %zu)",
                           s->word.data, lt_tokenizer_size(s->tokenizer) - 1);
        id = (int32_t)number;
    } else if (strlen(s->word.data) == length) {
        id = lt_tokenizer_id(s->tokenizer, s->word.data);
    }
    return lt_ids_add(&s->ids, id, error);
}

static lt_status decode_line(stream *s, lt_text *out, const lt_line *line, lt_error *error)
{
    const char *at = line->bytes, *end = at + line->length;
    while (at < end) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        if (!space) space = end;
        if (space > at) LT_TRY(parse_word(s, at, (size_t)(space - at), error));
        at = space + (space < end);
    }
    LT_TRY(lt_tokenizer_decode(s->tokenizer, out, s->ids.items, s->ids.count, error));
    return lt_text_append(out, "\n", 1, error);
}

static lt_status run_decode(const void *options, const lt_common_options *common, const lt_strings *operands,
                            lt_error *error)
{
    return run_stream(options, operands->items[0], decode_line, common->quiet, error);
}

const lt_command lt_command_tokenizer_decode = {
    .name = "tokenizer decode",
    .usage = "MODEL [options]",
    .summary = "puts pieces, or ids, together as text, line by line",
    .description =
        "Writes one line for each line read: the text of its pieces, or with --ids of its numbers, which\n"
        "spaces divide. A piece the model does not have is unknown; a number it does not have is an error.",
    .table = decode_table,
    .size = sizeof(stream_options),
    .least = 1,
    .most = 1,
    .run = run_decode,
};
