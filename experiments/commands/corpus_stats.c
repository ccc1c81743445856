/* latimer corpus stats: what is in a corpus. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/table.h"
#include "experiments/store_json.h"

typedef struct stats_options {
    char *src, *trg, *tokenizer;
    bool json;
} stats_options;

#define FIELD(name) .key = #name, .offset = offsetof(stats_options, name)

static const lt_option table[] = {
    {FIELD(src), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The source language: PREFIX.SRC (or .gz, or .zst) is read."},
    {FIELD(trg), .type = LT_OPTION_STRING, .value = "LANGUAGE", .required = true,
     .help = "The target language, likewise."},
    {FIELD(tokenizer), .type = LT_OPTION_STRING, .value = "MODEL",
     .help = "A SentencePiece model, or a folder with the tokenizers of a run: pieces and unknown ones are "
             "counted, too."},
    {FIELD(json), .type = LT_OPTION_BOOL, .default_value = "false", .help = "JSON in place of tables."},
    {0},
};

/* One side, as it is shown. */
typedef struct shown {
    const char *language, *path;
    const lt_side_stats *stats;
    bool pieces;
} shown;

static double ratio(size_t trg, size_t src)
{
    return src ? (double)trg / (double)src : NAN;
}

static double unknown_share(const lt_side_stats *s)
{
    return s->unknown ? ratio(s->unknown, s->pieces.total) : 0;
}

/* ---- JSON ---- */

static json_t *json_lengths(const lt_length_stats *s)
{
    json_t *percentiles = json_object();
    for (size_t i = 0; i < LT_PERCENTILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", lt_percentiles[i]);
        json_object_set_new(percentiles, name, json_integer((json_int_t)s->percentile[i]));
    }
    return json_pack("{sI sf so sI sI}", "total", (json_int_t)s->total, "mean", s->mean, "percentiles",
                     percentiles, "longest", (json_int_t)s->longest, "longest_line",
                     (json_int_t)s->longest_line);
}

/* Lines that are wrong, and the number of the first or null. */
static json_t *json_wrong(size_t count, size_t first)
{
    return json_pack("{sI so}", "lines", (json_int_t)count, "first",
                     count ? json_integer((json_int_t)first) : json_null());
}

static lt_status json_side(json_t **out, const shown *side, lt_error *error)
{
    const lt_side_stats *s = side->stats;
    *out =
        json_pack("{so so sI sI sI sI so so so so ss}", "language", lt_json_text(side->language), "file",
                  lt_json_text(side->path), "lines", (json_int_t)s->counts.lines, "empty_lines",
                  (json_int_t)s->empty, "bytes", (json_int_t)s->bytes, "distinct_words", (json_int_t)s->types,
                  "words", json_lengths(&s->words), "characters", json_lengths(&s->characters), "with_nul",
                  json_wrong(s->counts.with_nul, s->counts.first_with_nul), "invalid_utf8",
                  json_wrong(s->counts.malformed, s->counts.first_malformed), "sha256", s->sha256);
    if (!*out) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (!side->pieces) return LT_OK;
    LT_TRY(lt_json_set(*out, "pieces", json_lengths(&s->pieces), error));
    LT_TRY(lt_json_set(*out, "unknown_pieces", json_integer((json_int_t)s->unknown), error));
    return lt_json_set(*out, "unknown_share", lt_json_real(unknown_share(s)), error);
}

static json_t *json_ratio(size_t trg, size_t src)
{
    return lt_json_real(ratio(trg, src));
}

static lt_status print_json(const shown *src, const shown *trg, const lt_corpus_stats *stats, lt_error *error)
{
    const lt_side_stats *a = &stats->src, *b = &stats->trg;
    json_t *one = NULL, *other = NULL, *ratios = json_object(), *all = json_object();
    lt_status status;
    LT_GOTO(status, json_side(&one, src, error), done);
    LT_GOTO(status, json_side(&other, trg, error), done);
    LT_GOTO(status, lt_json_set(ratios, "words", json_ratio(b->words.total, a->words.total), error), done);
    LT_GOTO(status,
            lt_json_set(ratios, "characters", json_ratio(b->characters.total, a->characters.total), error),
            done);
    if (src->pieces)
        LT_GOTO(status, lt_json_set(ratios, "pieces", json_ratio(b->pieces.total, a->pieces.total), error),
                done);
    LT_GOTO(status, lt_json_set(all, "pairs", json_integer((json_int_t)a->counts.lines), error), done);
    LT_GOTO(status, lt_json_set(all, "duplicate_pairs", json_integer((json_int_t)stats->duplicates), error),
            done);
    LT_GOTO(status, lt_json_set(all, "length_ratio", json_incref(ratios), error), done);
    LT_GOTO(status, lt_json_set(all, "src", json_incref(one), error), done);
    LT_GOTO(status, lt_json_set(all, "trg", json_incref(other), error), done);
    status = lt_json_print(stdout, all, error);
done:
    json_decref(one);
    json_decref(other);
    json_decref(ratios);
    json_decref(all);
    return status;
}

/* ---- tables ---- */

static lt_status count_row(lt_table *t, const char *name, size_t src, size_t trg, lt_error *error)
{
    LT_TRY(lt_table_cell(t, error, "%s", name));
    LT_TRY(lt_table_cell(t, error, "%zu", src));
    return lt_table_cell(t, error, "%zu", trg);
}

static lt_status fill_counts(lt_table *t, const shown *src, const shown *trg, lt_error *error)
{
    const lt_side_stats *a = src->stats, *b = trg->stats;
    LT_TRY(lt_table_cell(t, error, " "));
    LT_TRY(lt_table_cell(t, error, "%s", src->language));
    LT_TRY(lt_table_cell(t, error, "%s", trg->language));
    LT_TRY(count_row(t, "lines", a->counts.lines, b->counts.lines, error));
    LT_TRY(count_row(t, "empty lines", a->empty, b->empty, error));
    LT_TRY(count_row(t, "words", a->words.total, b->words.total, error));
    LT_TRY(count_row(t, "distinct words", a->types, b->types, error));
    LT_TRY(count_row(t, "characters", a->characters.total, b->characters.total, error));
    LT_TRY(count_row(t, "bytes", a->bytes, b->bytes, error));
    if (src->pieces) {
        LT_TRY(count_row(t, "pieces", a->pieces.total, b->pieces.total, error));
        LT_TRY(count_row(t, "unknown pieces", a->unknown, b->unknown, error));
        LT_TRY(lt_table_cell(t, error, "share of unknown"));
        LT_TRY(lt_table_cell(t, error, "%.4f %%", 100 * unknown_share(a)));
        LT_TRY(lt_table_cell(t, error, "%.4f %%", 100 * unknown_share(b)));
    }
    LT_TRY(count_row(t, "lines with NUL", a->counts.with_nul, b->counts.with_nul, error));
    return count_row(t, "lines of invalid UTF-8", a->counts.malformed, b->counts.malformed, error);
}

static lt_status lengths_row(lt_table *t, const char *language, const char *unit, const lt_length_stats *s,
                             lt_error *error)
{
    LT_TRY(lt_table_cell(t, error, "%s", language));
    LT_TRY(lt_table_cell(t, error, "%s", unit));
    LT_TRY(lt_table_cell(t, error, "%.2f", s->mean));
    for (size_t i = 0; i < LT_PERCENTILES; i++) LT_TRY(lt_table_cell(t, error, "%zu", s->percentile[i]));
    LT_TRY(lt_table_cell(t, error, "%zu", s->longest));
    return lt_table_cell(t, error, "%zu", s->longest_line);
}

static lt_status fill_lengths(lt_table *t, const shown *src, const shown *trg, lt_error *error)
{
    const shown *sides[] = {src, trg};
    LT_TRY(lt_table_heading(t, "side|length in|mean", error));
    for (size_t i = 0; i < LT_PERCENTILES; i++) LT_TRY(lt_table_cell(t, error, "%d %%", lt_percentiles[i]));
    LT_TRY(lt_table_heading(t, "longest|in line", error));
    for (size_t i = 0; i < 2; i++) {
        LT_TRY(lengths_row(t, sides[i]->language, "words", &sides[i]->stats->words, error));
        LT_TRY(lengths_row(t, sides[i]->language, "characters", &sides[i]->stats->characters, error));
        if (sides[i]->pieces)
            LT_TRY(lengths_row(t, sides[i]->language, "pieces", &sides[i]->stats->pieces, error));
    }
    return LT_OK;
}

static void print_pairs(const lt_corpus_stats *stats, bool pieces)
{
    const lt_side_stats *a = &stats->src, *b = &stats->trg;
    size_t pairs = a->counts.lines;
    printf("duplicate pairs: %zu (%.2f %%)\n", stats->duplicates,
           pairs ? 100 * ratio(stats->duplicates, pairs) : 0);
    if (a->words.total == 0) return;
    printf("length ratio, target to source: %.4f in words, %.4f in characters",
           ratio(b->words.total, a->words.total), ratio(b->characters.total, a->characters.total));
    if (pieces && a->pieces.total) printf(", %.4f in pieces", ratio(b->pieces.total, a->pieces.total));
    printf("\n");
}

static void print_file(const shown *side)
{
    const lt_reader_counts *c = &side->stats->counts;
    printf("%s: SHA-256 of the text %s\n", side->path, side->stats->sha256);
    if (c->with_nul) printf("%s:%zu: the first line with NUL\n", side->path, c->first_with_nul);
    if (c->malformed) printf("%s:%zu: the first line of invalid UTF-8\n", side->path, c->first_malformed);
}

static lt_status print_tables(const shown *src, const shown *trg, const lt_corpus_stats *stats,
                              lt_error *error)
{
    lt_table counts = {.align = "lrr"}, lengths = {.align = "llrrrrrrrrr"};
    lt_status status = fill_counts(&counts, src, trg, error);
    if (status == LT_OK) status = fill_lengths(&lengths, src, trg, error);
    if (status == LT_OK) {
        lt_table_print(&counts, false, stdout);
        printf("\n");
        lt_table_print(&lengths, false, stdout);
        printf("\n");
        print_pairs(stats, src->pieces);
        print_file(src);
        print_file(trg);
    }
    lt_table_clear(&counts);
    lt_table_clear(&lengths);
    return status;
}

/* ---- the command ---- */

static lt_status load_tokenizers(lt_tokenizers *tokenizers, const char *path, lt_error *error)
{
    struct stat info;
    if (!path) return LT_OK;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return lt_tokenizers_load(tokenizers, path, NULL, NULL, error);
    LT_TRY(lt_tokenizer_load(&tokenizers->src, path, NULL, error));
    tokenizers->trg = tokenizers->src;
    return LT_OK;
}

static lt_status run_stats(const void *arguments, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    (void)common;
    const stats_options *o = arguments;
    if (!o->src || !o->trg)
        return lt_fail(error, LT_ERROR_USAGE,
                       "which languages are they? Give --src and --trg, as in --src en");
    lt_corpus_stats stats;
    lt_tokenizers tokenizers = {0};
    char *src_path = NULL, *trg_path = NULL;
    lt_status status;
    LT_GOTO(status, lt_corpus_path(&src_path, operands->items[0], o->src, error), done);
    LT_GOTO(status, lt_corpus_path(&trg_path, operands->items[0], o->trg, error), done);
    LT_GOTO(status, load_tokenizers(&tokenizers, o->tokenizer, error), done);
    LT_GOTO(status,
            lt_corpus_describe(&stats, src_path, trg_path, o->tokenizer ? &tokenizers : NULL,
                               lt_catch_signals(), error),
            done);
    bool pieces = o->tokenizer != NULL;
    shown src = {o->src, src_path, &stats.src, pieces}, trg = {o->trg, trg_path, &stats.trg, pieces};
    status = (o->json ? print_json : print_tables)(&src, &trg, &stats, error);
done:
    lt_tokenizers_clear(&tokenizers);
    free(src_path);
    free(trg_path);
    return status;
}

const lt_command lt_command_corpus_stats = {
    .name = "corpus stats",
    .usage = "PREFIX --src LANGUAGE --trg LANGUAGE [options]",
    .summary = "lines, words, lengths, duplicates and damage of a corpus",
    .description =
        "Reads PREFIX.SRC and PREFIX.TRG (plain, .gz or .zst) once and prints what is in them on standard\n"
        "output. A word is what lies between white space, an empty line one without a word; a character is\n"
        "a Unicode code point; bytes are without the line feeds. A percentile is the length that so many\n"
        "of the lines do not exceed. Equal text has an equal SHA-256 however it is packed.",
    .table = table,
    .size = sizeof(stats_options),
    .least = 1,
    .most = 1,
    .run = run_stats,
};
