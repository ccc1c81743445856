/* shortlist.c: the target pieces a source can be translated with: made, kept in a file, looked up. */
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"

/* Bytes of a file at most; bytes of a header at most. */
#define FILE_MAX ((size_t)1 << 32)
enum { HEADER_MAX = 1024 };

#define FIELD(name) .key = #name, .offset = offsetof(lt_shortlist_options, name)

const lt_option lt_shortlist_table[] = {
    {FIELD(first), .type = LT_OPTION_INTEGER, .default_value = "100", .minimum = 0, .maximum = 1000000,
     .help = "The most frequent target pieces that are on every line's list."},
    {FIELD(best), .type = LT_OPTION_INTEGER, .default_value = "100", .minimum = 1, .maximum = 1000,
     .help = "The most probable translations of each of a line's pieces that are on its list."},
    {0}};

struct lt_shortlist {
    lt_shortlist_options options; /* `first` as it came out */
    char src_sha256[LT_SHA256_HEX], trg_sha256[LT_SHA256_HEX];
    size_t src_vocab, trg_vocab, entries;
    int32_t *body;   /* (src_vocab + first + entries) as the file has it, owned */
    size_t *start;   /* (src_vocab + 1) where a source piece's translations begin in `best`, owned */
    int32_t *common; /* (first) in `body` */
    int32_t *best;   /* (entries) in `body` */
    char sha256[LT_SHA256_HEX];
};

void lt_shortlist_free(lt_shortlist *shortlist)
{
    if (!shortlist) return;
    free(shortlist->body);
    free(shortlist->start);
    free(shortlist);
}

const lt_shortlist_options *lt_shortlist_get_options(const lt_shortlist *shortlist)
{
    return &shortlist->options;
}

const char *lt_shortlist_sha256(const lt_shortlist *shortlist)
{
    return shortlist->sha256;
}

size_t lt_shortlist_size(const lt_shortlist *shortlist)
{
    return shortlist->entries;
}

static size_t body_items(const lt_shortlist *s)
{
    return s->src_vocab + (size_t)s->options.first + s->entries;
}

/* Memory for a body of the sizes that are set. */
static lt_status allocate(lt_shortlist *s, lt_error *error)
{
    s->body = malloc((body_items(s) + 1) * sizeof *s->body);
    s->start = malloc((s->src_vocab + 1) * sizeof *s->start);
    if (!s->body || !s->start)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a shortlist of %zu pieces", body_items(s));
    s->common = s->body + s->src_vocab;
    s->best = s->common + s->options.first;
    return LT_OK;
}

/* ---- the header ---- */

/* All of it but its hash. */
static size_t describe(const lt_shortlist *s, char header[HEADER_MAX])
{
    return (size_t)snprintf(header, HEADER_MAX,
                            "latimer shortlist 1\nsrc_tokenizer %s\ntrg_tokenizer %s\nsrc_vocab %zu\n"
                            "trg_vocab %zu\nfirst %lld\nbest %lld\nentries %zu\n",
                            s->src_sha256, s->trg_sha256, s->src_vocab, s->trg_vocab,
                            (long long)s->options.first, (long long)s->options.best, s->entries);
}

static size_t write_header(const lt_shortlist *s, char header[HEADER_MAX])
{
    size_t length = describe(s, header);
    return length + (size_t)snprintf(header + length, HEADER_MAX - length, "sha256 %s\n\n", s->sha256);
}

static void hash(lt_shortlist *s, char hex[LT_SHA256_HEX])
{
    char header[HEADER_MAX];
    lt_sha256 state;
    lt_sha256_init(&state);
    lt_sha256_update(&state, header, describe(s, header));
    lt_sha256_update(&state, s->body, body_items(s) * sizeof *s->body);
    lt_sha256_hex(&state, hex);
}

/* ---- making one ---- */

static int most_frequent_first(const void *a, const void *b, void *context)
{
    const uint64_t *count = context;
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    if (count[x] != count[y]) return count[x] > count[y] ? -1 : 1;
    return x < y ? -1 : x > y;
}

static lt_status fill_common(lt_shortlist *s, const lt_dataset *dataset, lt_error *error)
{
    size_t pieces = s->trg_vocab - LT_RESERVED, length;
    uint64_t *count = calloc(s->trg_vocab, sizeof *count);
    int32_t *order = malloc((pieces + 1) * sizeof *order);
    if (count && order) {
        for (size_t p = 0; p < dataset->pairs; p++) {
            const int32_t *trg = lt_dataset_trg(dataset, p, &length);
            for (size_t i = 0; i < length; i++) count[trg[i]]++;
        }
        for (size_t i = 0; i < pieces; i++) order[i] = (int32_t)(LT_RESERVED + i);
        qsort_r(order, pieces, sizeof *order, most_frequent_first, count);
        memcpy(s->common, order, (size_t)s->options.first * sizeof *order);
    }
    bool out = !count || !order;
    free(count);
    free(order);
    return out ? lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pieces", pieces) : LT_OK;
}

/* The translations of a piece that are listed go to `best`, unless it is NULL; how many they are. */
static size_t take_best(const lt_translation_row *row, size_t most, int32_t *best)
{
    size_t count = 0;
    for (size_t i = 0; i < row->count && count < most; i++) {
        if (row->items[i].trg < LT_RESERVED) continue;
        if (best) best[count] = row->items[i].trg;
        count++;
    }
    return count;
}

static void sum_starts(lt_shortlist *s)
{
    s->start[0] = 0;
    for (size_t e = 0; e < s->src_vocab; e++) s->start[e + 1] = s->start[e] + (size_t)s->body[e];
}

lt_status lt_shortlist_create(lt_shortlist **shortlist, const lt_translation_table *table,
                              const lt_dataset *dataset, const lt_tokenizers *tokenizers,
                              const lt_shortlist_options *options, lt_error *error)
{
    lt_shortlist *s = *shortlist = calloc(1, sizeof *s);
    if (!s) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a shortlist");
    size_t most = (size_t)options->best;
    s->options = *options;
    s->src_vocab = table->src_vocab;
    s->trg_vocab = table->trg_vocab;
    if ((size_t)options->first > s->trg_vocab - LT_RESERVED)
        s->options.first = (int64_t)(s->trg_vocab - LT_RESERVED);
    memcpy(s->src_sha256, lt_tokenizer_sha256(tokenizers->src), LT_SHA256_HEX);
    memcpy(s->trg_sha256, lt_tokenizer_sha256(tokenizers->trg), LT_SHA256_HEX);
    for (size_t e = 0; e < s->src_vocab; e++) s->entries += take_best(&table->rows[e], most, NULL);
    lt_status status = allocate(s, error);
    if (status == LT_OK) status = fill_common(s, dataset, error);
    int32_t *best = s->best;
    for (size_t e = 0; status == LT_OK && e < s->src_vocab; e++) {
        s->body[e] = (int32_t)take_best(&table->rows[e], most, best);
        best += s->body[e];
    }
    if (status == LT_OK) {
        sum_starts(s);
        hash(s, s->sha256);
    } else {
        lt_shortlist_free(s);
        *shortlist = NULL;
    }
    return status;
}

lt_status lt_shortlist_save(const lt_shortlist *shortlist, const char *path, lt_error *error)
{
    char header[HEADER_MAX];
    lt_atomic_file file;
    size_t length = write_header(shortlist, header);
    LT_TRY(lt_atomic_open(&file, path, error));
    fwrite(header, 1, length, file.stream);
    fwrite(shortlist->body, sizeof *shortlist->body, body_items(shortlist), file.stream);
    return lt_atomic_commit(&file, error);
}

/* ---- reading one ---- */

/* Fills what the header says; `*length` is where the body begins. */
static lt_status read_header(lt_shortlist *s, const lt_text *text, size_t *length, lt_error *error)
{
    int version = 0;
    char header[HEADER_MAX];
    long long first, best;
    const char *data = text->data ? text->data : "";
    if (sscanf(data, "latimer shortlist %d\n", &version) != 1)
        return lt_fail(error, LT_ERROR_FORMAT, "it is no shortlist");
    if (version != 1)
        return lt_fail(error, LT_ERROR_FORMAT, "its version is %d; this latimer reads version 1", version);
    int got = sscanf(data,
                     "latimer shortlist %*d src_tokenizer %64[0-9a-f] trg_tokenizer %64[0-9a-f] "
                     "src_vocab %zu trg_vocab %zu first %lld best %lld entries %zu sha256 %64[0-9a-f]",
                     s->src_sha256, s->trg_sha256, &s->src_vocab, &s->trg_vocab, &first, &best, &s->entries,
                     s->sha256);
    size_t most = FILE_MAX / sizeof *s->body;
    if (got != 8 || s->src_vocab > most || s->trg_vocab > most || s->entries > most ||
        s->trg_vocab < LT_RESERVED || first < 0 || (size_t)first > s->trg_vocab - LT_RESERVED || best < 1)
        return lt_fail(error, LT_ERROR_FORMAT, "its header is damaged");
    s->options = (lt_shortlist_options){first, best};
    *length = write_header(s, header);
    if (*length > text->length || memcmp(data, header, *length) != 0)
        return lt_fail(error, LT_ERROR_FORMAT, "its header is not as it was written");
    size_t wanted = *length + body_items(s) * sizeof *s->body;
    if (text->length != wanted)
        return lt_fail(error, LT_ERROR_FORMAT, "it has %zu bytes where its header says %zu", text->length,
                       wanted);
    return LT_OK;
}

static bool in_range(const lt_shortlist *s)
{
    size_t entries = 0;
    for (size_t e = 0; e < s->src_vocab; e++) {
        if (s->body[e] < 0 || s->body[e] > s->options.best) return false;
        entries += (size_t)s->body[e];
    }
    for (size_t i = s->src_vocab; i < body_items(s); i++)
        if (s->body[i] < LT_RESERVED || (size_t)s->body[i] >= s->trg_vocab) return false;
    return entries == s->entries;
}

static lt_status read_all(lt_shortlist *s, const lt_text *text, lt_error *error)
{
    size_t header = 0;
    char is[LT_SHA256_HEX];
    LT_TRY(read_header(s, text, &header, error));
    LT_TRY(allocate(s, error));
    memcpy(s->body, text->data + header, body_items(s) * sizeof *s->body);
    hash(s, is);
    if (strcmp(is, s->sha256) != 0)
        return lt_fail(error, LT_ERROR_FORMAT, "it is damaged: its SHA-256 is %.16s..., not %.16s...", is,
                       s->sha256);
    if (!in_range(s)) return lt_fail(error, LT_ERROR_FORMAT, "it lists pieces that there are not");
    sum_starts(s);
    return LT_OK;
}

static lt_status check_tokenizer(const char *side, const char *was, const lt_tokenizer *tokenizer,
                                 lt_error *error)
{
    const char *is = lt_tokenizer_sha256(tokenizer);
    if (strcmp(was, is) == 0) return LT_OK;
    return lt_fail(error, LT_ERROR_MISMATCH,
                   "it was made for another %s tokenizer (SHA-256 %.16s..., this one's is %.16s...)", side,
                   was, is);
}

lt_status lt_shortlist_load(lt_shortlist **shortlist, const char *path, const lt_tokenizers *tokenizers,
                            lt_error *error)
{
    lt_text text = {0};
    *shortlist = NULL;
    LT_TRY(lt_file_read(&text, path, FILE_MAX, error));
    lt_shortlist *s = calloc(1, sizeof *s);
    lt_status status =
        s ? read_all(s, &text, error) : lt_fail(error, LT_ERROR_MEMORY, "out of memory for the shortlist");
    if (status == LT_OK) status = check_tokenizer("source", s->src_sha256, tokenizers->src, error);
    if (status == LT_OK) status = check_tokenizer("target", s->trg_sha256, tokenizers->trg, error);
    /* the hash says that these are the sizes that were written, not that they were right */
    if (status == LT_OK && (s->src_vocab != lt_tokenizer_size(tokenizers->src) ||
                            s->trg_vocab != lt_tokenizer_size(tokenizers->trg)))
        status = lt_fail(error, LT_ERROR_FORMAT, "it has other vocabulary sizes than its tokenizers");
    lt_text_clear(&text);
    if (status == LT_OK) {
        *shortlist = s;
        return LT_OK;
    }
    lt_shortlist_free(s);
    return lt_error_context(error, "the shortlist %s", path);
}

/* ---- looking up ---- */

static void mark(uint64_t *marks, const int32_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) marks[(size_t)ids[i] / 64] |= (uint64_t)1 << (ids[i] % 64);
}

lt_status lt_shortlist_pieces(const lt_shortlist *s, const int32_t *src, size_t length, lt_ids *ids,
                              lt_error *error)
{
    size_t words = (s->trg_vocab + 63) / 64;
    uint64_t *marks = calloc(words, sizeof *marks);
    if (!marks) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a shortlist");
    lt_status status = LT_OK;
    mark(marks, (const int32_t[]){LT_PAD, LT_BOS, LT_EOS, LT_UNK}, LT_RESERVED);
    mark(marks, s->common, (size_t)s->options.first);
    for (size_t i = 0; i <= length; i++) {
        size_t e = i < length ? (size_t)src[i] : LT_EOS;
        mark(marks, s->best + s->start[e], s->start[e + 1] - s->start[e]);
    }
    for (size_t w = 0; w < words; w++)
        for (uint64_t left = marks[w]; left && status == LT_OK; left &= left - 1)
            status = lt_ids_add(ids, (int32_t)(w * 64) + __builtin_ctzll(left), error);
    free(marks);
    return status;
}
