#include <stdlib.h>
#include <string.h>

#include "corpora/blocks.h"
#include "corpora/corpora.h"
#include "corpora/hashes.h"
#include "corpora/interrupted.h"
#include "corpora/spaces.h"
#include "corpora/twin_files.h"
#include "corpora/words.h"

#define FIELD(name) .key = #name, .offset = offsetof(lt_clean_options, name)

const lt_option lt_clean_table[] = {
    {FIELD(src), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The source language: the suffix of the file that is read and of the one that is written."},
    {FIELD(trg), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The target language, likewise."},
    {FIELD(max_words), .type = LT_OPTION_INTEGER, .default_value = "200", .minimum = 0, .maximum = 1e9,
     .help =
         "Pairs with more words (what lies between white space) on a side are dropped; 0: none for that."},
    {FIELD(max_ratio), .type = LT_OPTION_REAL, .default_value = "3.0", .minimum = 0, .maximum = 1e9,
     .help = "Pairs of which one side has more than so many times the characters of the other are dropped, "
             "12 being "
             "added to both, for short lines vary; 0: none for that."},
    {FIELD(identical), .type = LT_OPTION_BOOL, .default_value = "false",
     .help = "Keep pairs whose sides are the same text."},
    {FIELD(duplicates), .type = LT_OPTION_BOOL, .default_value = "false",
     .help = "Keep pairs that were there before, byte for byte."},
    {0},
};

/* What passed all but the judge and is not written yet. */
typedef struct block {
    lt_text text;
    size_t start[2 * LT_CLEAN_BLOCK + 1]; /* of source 0, target 0, source 1, ... in `text` */
    size_t number[LT_CLEAN_BLOCK];        /* the pairs' lines */
    size_t count;
    lt_line src[LT_CLEAN_BLOCK], trg[LT_CLEAN_BLOCK];
    bool good[LT_CLEAN_BLOCK];
} block;

typedef struct cleaning {
    const lt_clean_options *options;
    const lt_clean_judge *judge; /* may be NULL */
    lt_clean_report *report;
    lt_hashes seen;
    lt_twin_files out;
    block *block;
} cleaning;

/* ---- one pair ---- */

static bool damaged(const lt_line *line)
{
    return !lt_utf8_valid(line->bytes, line->length) || memchr(line->bytes, '\0', line->length);
}

static bool too_long(const lt_line *line, int64_t most)
{
    const char *word;
    size_t at = 0, length;
    int64_t words = 0;
    while (words <= most && lt_take_word(line->bytes, line->length, &at, &word, &length)) words++;
    return words > most;
}

/* Without white space at either end. */
static lt_line trimmed(lt_line line)
{
    for (size_t n; (n = lt_space_at(line.bytes, line.length)) > 0;) line.bytes += n, line.length -= n;
    size_t end = 0, at = 0, length;
    const char *word, *begin = line.bytes;
    while (lt_take_word(begin, line.length, &at, &word, &length)) end = (size_t)(word - begin) + length;
    line.length = end;
    return line;
}

static bool same_text(const lt_line *src, const lt_line *trg)
{
    lt_line a = trimmed(*src), b = trimmed(*trg);
    return a.length == b.length && memcmp(a.bytes, b.bytes, a.length) == 0;
}

/* LT_CLEAN_MATTERS: the pair may stay. */
static lt_status why_not(cleaning *c, const lt_line *src, const lt_line *trg, lt_clean_matter *why,
                         lt_error *error)
{
    const lt_clean_options *o = c->options;
    bool added = true;
    *why = LT_CLEAN_MATTERS;
    if (damaged(src) || damaged(trg))
        *why = LT_CLEAN_DAMAGED;
    else if (lt_blank(src->bytes, src->length) || lt_blank(trg->bytes, trg->length))
        *why = LT_CLEAN_EMPTY;
    else if (o->max_words && (too_long(src, o->max_words) || too_long(trg, o->max_words)))
        *why = LT_CLEAN_TOO_LONG;
    else if (o->max_ratio > 0 && !lt_lengths_agree(lt_characters(src->bytes, src->length),
                                                   lt_characters(trg->bytes, trg->length), 1, o->max_ratio))
        *why = LT_CLEAN_UNEVEN;
    else if (!o->identical && same_text(src, trg))
        *why = LT_CLEAN_IDENTICAL;
    else if (!o->duplicates) {
        LT_TRY(lt_hashes_add(&c->seen, lt_hash_pair(src->bytes, src->length, trg->bytes, trg->length), &added,
                             error));
        if (!added) *why = LT_CLEAN_DUPLICATE;
    }
    return LT_OK;
}

static void drop(cleaning *c, lt_clean_matter why, size_t line)
{
    struct lt_clean_count *count = &c->report->matters[why];
    if (count->count++ == 0) count->line = line;
}

/* ---- a block ---- */

static lt_status write_line(const lt_atomic_file *file, const lt_line *line, lt_error *error)
{
    if (fwrite(line->bytes, 1, line->length, file->stream) == line->length &&
        fputc('\n', file->stream) != EOF)
        return LT_OK;
    return lt_fail_errno(error, "cannot write %s", file->temporary);
}

static lt_status finish_block(cleaning *c, lt_error *error)
{
    block *b = c->block;
    for (size_t i = 0; i < b->count; i++) {
        const size_t *start = b->start + 2 * i;
        b->src[i] = (lt_line){b->text.data + start[0], start[1] - start[0] - 1};
        b->trg[i] = (lt_line){b->text.data + start[1], start[2] - start[1] - 1};
        b->good[i] = true;
    }
    if (c->judge && b->count)
        LT_TRY(c->judge->judge(c->judge->context, b->src, b->trg, b->count, b->good, error));
    for (size_t i = 0; i < b->count; i++) {
        if (!b->good[i]) {
            drop(c, LT_CLEAN_JUDGED, b->number[i]);
            continue;
        }
        LT_TRY(write_line(&c->out.src, &b->src[i], error));
        LT_TRY(write_line(&c->out.trg, &b->trg[i], error));
        c->report->written++;
    }
    b->count = b->text.length = 0;
    return LT_OK;
}

/* A line has a NUL behind it. */
static lt_status keep(cleaning *c, const lt_line *src, const lt_line *trg, size_t number, lt_error *error)
{
    block *b = c->block;
    size_t *start = b->start + 2 * b->count;
    start[0] = b->text.length;
    LT_TRY(lt_text_append(&b->text, src->bytes, src->length + 1, error));
    start[1] = b->text.length;
    LT_TRY(lt_text_append(&b->text, trg->bytes, trg->length + 1, error));
    start[2] = b->text.length;
    b->number[b->count++] = number;
    return b->count == LT_CLEAN_BLOCK || b->text.length > 1 << 24 ? finish_block(c, error) : LT_OK;
}

/* ---- all ---- */

static lt_status read_all(cleaning *c, lt_pairs *pairs, const volatile sig_atomic_t *signal, lt_error *error)
{
    for (;;) {
        lt_line src, trg;
        lt_clean_matter why;
        bool end;
        LT_TRY(lt_check_interrupted(signal, "; nothing was written", error));
        LT_TRY(lt_pairs_next(pairs, &src, &trg, &end, error));
        if (end) return finish_block(c, error);
        size_t number = ++c->report->read;
        LT_TRY(why_not(c, &src, &trg, &why, error));
        if (why == LT_CLEAN_MATTERS)
            LT_TRY(keep(c, &src, &trg, number, error));
        else
            drop(c, why, number);
    }
}

static lt_status open_pairs(lt_pairs *pairs, const char *from, const lt_clean_options *options,
                            lt_error *error)
{
    char *src = NULL, *trg = NULL;
    lt_status status = lt_corpus_path(&src, from, options->src, error);
    if (status == LT_OK) status = lt_corpus_path(&trg, from, options->trg, error);
    if (status == LT_OK) status = lt_pairs_open(pairs, src, trg, error);
    free(src);
    free(trg);
    return status;
}

static lt_status check(const lt_clean_options *options, lt_error *error)
{
    if (!options->src || !*options->src || !options->trg || !*options->trg)
        return lt_fail(error, LT_ERROR_USAGE,
                       "which languages are they? Give --src and --trg, as in --src en");
    if (strcmp(options->src, options->trg) == 0)
        return lt_fail(error, LT_ERROR_USAGE, "--src and --trg are both '%.100s'", options->src);
    return LT_OK;
}

lt_status lt_clean_describe(const lt_clean_report *report, const lt_clean_judge *judge, const char *between,
                            lt_text *out, lt_error *error)
{
    const char *const words[LT_CLEAN_MATTERS] = {
        [LT_CLEAN_DAMAGED] = "NUL or invalid UTF-8",
        [LT_CLEAN_EMPTY] = "a side is empty",
        [LT_CLEAN_TOO_LONG] = "a side has too many words",
        [LT_CLEAN_UNEVEN] = "the lengths of the sides are out of proportion",
        [LT_CLEAN_IDENTICAL] = "both sides are the same",
        [LT_CLEAN_DUPLICATE] = "the same pair was there before",
        [LT_CLEAN_JUDGED] = judge ? judge->reason : "",
    };
    size_t begin = out->length;
    for (size_t i = 0; i < LT_CLEAN_MATTERS; i++) {
        const struct lt_clean_count *c = &report->matters[i];
        if (c->count == 0) continue;
        LT_TRY(lt_text_appendf(out, error, "%sdropped %zu: %s (the first is line %zu)",
                               out->length > begin ? between : "", c->count, words[i], c->line));
    }
    return LT_OK;
}

static lt_status nothing_left(const char *from, const lt_clean_report *report, const lt_clean_judge *judge,
                              lt_error *error)
{
    lt_text why = {0};
    if (report->read == 0)
        return lt_fail(error, LT_ERROR_FORMAT, "%s has not one pair; nothing was written", from);
    lt_status status = lt_clean_describe(report, judge, "; ", &why, error);
    if (status == LT_OK)
        status = lt_fail(error, LT_ERROR_FORMAT,
                         "of the %zu pairs of %s none is left, and nothing was written: %s", report->read,
                         from, why.data);
    lt_text_clear(&why);
    return status;
}

lt_status lt_corpus_clean(const char *from, const char *to, const lt_clean_options *options,
                          const lt_clean_judge *judge, const volatile sig_atomic_t *signal,
                          lt_clean_report *report, lt_error *error)
{
    cleaning c = {.options = options, .judge = judge, .report = report};
    lt_pairs pairs = {0};
    *report = (lt_clean_report){0};
    LT_TRY(check(options, error));
    LT_TRY(open_pairs(&pairs, from, options, error));
    lt_status status = lt_twins_open(&c.out, to, options->src, options->trg, error);
    if (status == LT_OK && !(c.block = calloc(1, sizeof *c.block)))
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for a block of pairs");
    if (status == LT_OK) status = read_all(&c, &pairs, signal, error);
    if (status == LT_OK && report->written == 0) status = nothing_left(from, report, judge, error);
    if (status == LT_OK) status = lt_twins_commit(&c.out, error);
    lt_twins_abort(&c.out);
    lt_pairs_close(&pairs);
    lt_hashes_clear(&c.seen);
    if (c.block) lt_text_clear(&c.block->text);
    free(c.block);
    return status;
}
