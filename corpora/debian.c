#include "corpora/debian.h"

#include <stdlib.h>
#include <string.h>

#include "corpora/blocks.h"
#include "corpora/families.h"
#include "corpora/hashes.h"
#include "corpora/words.h"

const lt_option lt_debian_table[] = {
    {.key = "pair",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_debian_options, pair),
     .value = "SRC-TRG",
     .help = "Source and target language, as en-de, fr-en or en-pt_BR: a parallel corpus."},
    {.key = "languages",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_debian_options, languages),
     .value = "A,B,...",
     .help = "In place of --pair: two languages or more, as en,de,fr, for sentences labelled with their "
             "language."},
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_debian_options, output),
     .letter = 'o',
     .value = "DIR",
     .required = true,
     .help = "The folder the corpus is written to; it is made where it is not there."},
    {.key = "cache",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_debian_options, cache),
     .value = "DIR",
     .help =
         "Where apt keeps what it fetched, for the next run and the next pair. Without it: the folder apt "
         "in the output folder."},
    {.key = "sources",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_debian_options, sources),
     .value = "FILE",
     .help =
         "Apt sources to use in place of the system's (the format of sources.list, or of .sources where the "
         "name ends so)."},
    {.key = "refresh",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(lt_debian_options, refresh),
     .default_value = "false",
     .help = "Ask for newer files though the cache is complete. The corpus changes with them."},
    {.key = "dev_lines",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(lt_debian_options, dev_lines),
     .default_value = "1000",
     .minimum = 1,
     .maximum = 1e6,
     .help = "Lines of dev (with --languages: of each language); fewer where dev and test would take more "
             "than a fifth."},
    {.key = "test_lines",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(lt_debian_options, test_lines),
     .default_value = "2000",
     .minimum = 1,
     .maximum = 1e6,
     .help = "Lines of test; as for dev."},
    {.key = "train_lines",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(lt_debian_options, train_lines),
     .default_value = "20000",
     .minimum = 1,
     .maximum = 1e9,
     .help = "With --languages: lines of train of each language, at most, so that none drowns the others."},
    {.key = "max_ratio",
     .type = LT_OPTION_REAL,
     .offset = offsetof(lt_debian_options, max_ratio),
     .default_value = "1.8",
     .minimum = 1.1,
     .maximum = 100,
     .help = "With --pair: pairs are left out when one side is more than this many times as long as the "
             "other, after the two "
             "languages' usual lengths and a few characters."},
    {.key = "seed",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(lt_debian_options, seed),
     .default_value = "1",
     .help = "Which packages are in dev and test, and the order of the lines. Equal files, seeds and options "
             "give equal corpora."},
    {0},
};

/* ---- the languages ---- */

static lt_status read_pair(lt_debian *debian, lt_error *error)
{
    const char *pair = debian->options->pair, *dash = pair ? strchr(pair, '-') : NULL;
    if (!pair)
        return lt_fail(error, LT_ERROR_USAGE,
                       "which languages? Give --pair SRC-TRG, as --pair en-de, or --languages A,B,...");
    size_t length = dash ? (size_t)(dash - pair) : 0;
    if (!dash || !lt_is_debian_language(pair, length) || !lt_is_debian_language(dash + 1, strlen(dash + 1)))
        return lt_fail(
            error, LT_ERROR_USAGE,
            "--pair: '%.100s' is not two languages as Debian names them with a '-' between, as en-de "
            "or en-pt_BR",
            pair);
    memcpy(debian->src_language, pair, length);
    strcpy(debian->trg_language, dash + 1);
    if (strcmp(debian->src_language, debian->trg_language) == 0)
        return lt_fail(error, LT_ERROR_USAGE, "--pair: '%.100s' is the same language twice", pair);
    debian->src.language = debian->src_language;
    debian->trg.language = debian->trg_language;
    return LT_OK;
}

lt_status lt_debian_create(lt_debian **debian, const lt_debian_options *options, lt_error *error)
{
    *debian = NULL;
    lt_debian *d = calloc(1, sizeof *d);
    if (!d) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a corpus");
    d->options = options;
    lt_status status = read_pair(d, error);
    if (status == LT_OK)
        *debian = d;
    else
        lt_debian_free(d);
    return status;
}

void lt_debian_free(lt_debian *debian)
{
    if (!debian) return;
    lt_descriptions_clear(&debian->src);
    lt_descriptions_clear(&debian->trg);
    lt_debian_sources_clear(&debian->sources);
    lt_text_clear(&debian->lines);
    free(debian->pairs);
    free(debian);
}

lt_status lt_debian_add(lt_debian *debian, const char *language, const char *name, lt_text *text,
                        lt_error *error)
{
    LT_TRY(lt_debian_sources_add(&debian->sources, name, text, error));
    bool is_src = strcmp(language, debian->src_language) == 0;
    return lt_descriptions_add(is_src ? &debian->src : &debian->trg, name, text, error);
}

/* ---- building ---- */

/* A pair that is kept: where its sides are in the text of lines. */
typedef struct kept_pair {
    size_t begin, src_length, trg_length, description;
} kept_pair;

typedef struct builder {
    lt_debian *debian;
    lt_aligner aligner;
    lt_families families;
    lt_hashes seen;
    size_t description; /* number of the one at hand */
    size_t src_characters, trg_characters;
    kept_pair *kept;
    size_t count, capacity;
} builder;

static lt_status keep_pair(builder *b, const lt_line *src, const lt_line *trg, lt_error *error)
{
    if (b->count == b->capacity) {
        size_t capacity = b->capacity ? b->capacity * 2 : 4096;
        kept_pair *kept = realloc(b->kept, capacity * sizeof *kept);
        if (!kept) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pairs", capacity);
        b->kept = kept;
        b->capacity = capacity;
    }
    lt_text *lines = &b->debian->lines;
    b->kept[b->count++] = (kept_pair){lines->length, src->length, trg->length, b->description};
    LT_TRY(lt_text_append(lines, src->bytes, src->length, error));
    return lt_text_append(lines, trg->bytes, trg->length, error);
}

static lt_status take_pair(void *context, const lt_line *src, const lt_line *trg, lt_error *error)
{
    builder *b = context;
    lt_debian_counts *c = &b->debian->counts;
    size_t *const left_out[] = {
        [LT_DAMAGED] = &c->damaged,
        [LT_NO_WORDS] = &c->no_words,
        [LT_UNTRANSLATED] = &c->untranslated,
        [LT_UNEVEN] = &c->uneven,
    };
    c->candidates++;
    lt_verdict verdict = lt_debian_judge(src, trg, b->aligner.expected, b->aligner.most);
    if (verdict != LT_GOOD) return ++*left_out[verdict], LT_OK;
    bool is_new;
    uint64_t hash = lt_hash_pair(src->bytes, src->length, trg->bytes, trg->length);
    LT_TRY(lt_hashes_add(&b->seen, hash, &is_new, error));
    if (!is_new) return c->duplicates++, LT_OK;
    return keep_pair(b, src, trg, error);
}

typedef lt_status (*match_task)(builder *b, size_t src, size_t src_count, size_t trg, size_t trg_count,
                                lt_error *error);

/* Calls `task` for each original that is described in both languages, with the descriptions of both. */
static lt_status each_match(builder *b, match_task task, lt_error *error)
{
    lt_descriptions *src = &b->debian->src, *trg = &b->debian->trg;
    b->description = 0;
    for (size_t i = 0, j = 0; i < src->count && j < trg->count;) {
        size_t m = lt_descriptions_same(src, i), n = lt_descriptions_same(trg, j);
        int order = memcmp(src->items[i].md5, trg->items[j].md5, LT_MD5_SIZE);
        if (order == 0) {
            LT_TRY(task(b, i, m, j, n, error));
            b->description++;
        }
        i += order <= 0 ? m : 0;
        j += order >= 0 ? n : 0;
    }
    return LT_OK;
}

/* Which packages the description belongs to, and how long it is in the two languages. */
static lt_status survey(builder *b, size_t src, size_t src_count, size_t trg, size_t trg_count,
                        lt_error *error)
{
    lt_description *s = b->debian->src.items + src, *t = b->debian->trg.items + trg;
    for (size_t i = 0; i < src_count; i++)
        LT_TRY(lt_families_add(&b->families, &s[i].package, b->description, error));
    for (size_t i = 0; i < trg_count; i++)
        LT_TRY(lt_families_add(&b->families, &t[i].package, b->description, error));
    b->src_characters += lt_characters(s->text.bytes, s->text.length);
    b->trg_characters += lt_characters(t->text.bytes, t->text.length);
    return LT_OK;
}

static lt_status align(builder *b, size_t src, size_t src_count, size_t trg, size_t trg_count,
                       lt_error *error)
{
    (void)src_count;
    (void)trg_count;
    return lt_align(&b->aligner, &b->debian->src.items[src].text, &b->debian->trg.items[trg].text, error);
}

/* The kept pairs, with the groups of their packages, to the parts. */
static lt_status split(builder *b, const size_t *group, const uint64_t *keys, size_t groups, lt_error *error)
{
    lt_debian *d = b->debian;
    lt_debian_counts *c = &d->counts;
    d->pairs = calloc(b->count ? b->count : 1, sizeof *d->pairs);
    if (!d->pairs) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pairs", b->count);
    d->count = b->count;
    for (size_t i = 0; i < b->count; i++) {
        const kept_pair *k = &b->kept[i];
        const char *src = d->lines.data + k->begin;
        d->pairs[i] = (lt_split_pair){.src = {src, k->src_length},
                                      .trg = {src + k->src_length, k->trg_length},
                                      .group = group[k->description]};
    }
    const size_t wanted[LT_PARTS] = {
        [LT_DEV] = (size_t)d->options->dev_lines, [LT_TEST] = (size_t)d->options->test_lines};
    lt_split_counts s;
    LT_TRY(lt_split(d->pairs, d->count, keys, groups, 1, wanted, &s, error));
    c->near_dev = s.near_duplicates[LT_DEV];
    c->near_test = s.near_duplicates[LT_TEST];
    c->surplus = s.surplus;
    c->train_families = s.groups[LT_TRAIN];
    c->dev_families = s.groups[LT_DEV];
    c->test_families = s.groups[LT_TEST];
    return LT_OK;
}

static lt_status align_all(builder *b, lt_error *error)
{
    lt_debian *d = b->debian;
    lt_debian_counts *c = &d->counts;
    LT_TRY(each_match(b, survey, error));
    c->matched = b->description;
    b->aligner.expected = c->matched ? (double)b->trg_characters / (double)b->src_characters : 1;
    b->aligner.most = d->options->max_ratio;
    LT_TRY(each_match(b, align, error));
    const lt_align_counts *a = &b->aligner.counts;
    c->paragraphs_differ = a->paragraphs;
    c->lists_differ = a->lists;
    c->displays = a->displays;
    c->whole = a->whole;
    c->too_long = a->too_long;
    return LT_OK;
}

static lt_status count_parts(lt_debian *debian, lt_error *error)
{
    lt_debian_counts *c = &debian->counts;
    for (size_t i = 0; i < debian->count; i++) {
        lt_part part = debian->pairs[i].part;
        c->train += part == LT_TRAIN;
        c->dev += part == LT_DEV;
        c->test += part == LT_TEST;
    }
    c->kept = c->train + c->dev + c->test;
    if (c->train && c->dev && c->test) return LT_OK;
    return lt_fail(
        error, LT_ERROR_FORMAT,
        "too little is described in both %s and %s for a corpus: of %zu and %zu descriptions %zu are of "
        "the same originals, and %zu pairs of lines came of them",
        debian->src_language, debian->trg_language, c->src_descriptions, c->trg_descriptions, c->matched,
        debian->count);
}

lt_status lt_debian_build(lt_debian *debian, lt_error *error)
{
    builder b = {.debian = debian};
    b.aligner = (lt_aligner){.src_language = debian->src_language,
                             .trg_language = debian->trg_language,
                             .pair = take_pair,
                             .context = &b};
    size_t *group = NULL, groups = 0;
    uint64_t *keys = NULL;
    lt_status status;
    lt_descriptions_sort(&debian->src);
    lt_descriptions_sort(&debian->trg);
    debian->counts = (lt_debian_counts){.src_descriptions = debian->src.count,
                                        .trg_descriptions = debian->trg.count,
                                        .damaged_stanzas = debian->src.damaged + debian->trg.damaged};
    LT_GOTO(status, align_all(&b, error), done);
    LT_GOTO(status,
            lt_families_tie(&b.families, b.description, (uint64_t)debian->options->seed, &group, &keys,
                            &groups, error),
            done);
    debian->counts.families = groups;
    LT_GOTO(status, split(&b, group, keys, groups, error), done);
    status = count_parts(debian, error);
done:
    lt_aligner_clear(&b.aligner);
    lt_families_clear(&b.families);
    lt_hashes_clear(&b.seen);
    free(b.kept);
    free(group);
    free(keys);
    return status;
}

const lt_debian_counts *lt_debian_get_counts(const lt_debian *debian)
{
    return &debian->counts;
}
