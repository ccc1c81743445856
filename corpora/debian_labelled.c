#include "corpora/debian_labelled.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/blocks.h"
#include "corpora/debian.h"
#include "corpora/families.h"
#include "corpora/words.h"
#include "model/base/rng.h"

enum { WORDS_LEAST = 3 }; /* of a sentence: fewer do not tell a language */

/* ---- the languages ---- */

static lt_status add_language(lt_labelled *l, const char *code, size_t length, lt_error *error)
{
    if (!lt_is_debian_language(code, length))
        return lt_fail(
            error, LT_ERROR_USAGE,
            "--languages: '%.*s' is not a language as Debian names them, as en, de or pt_BR, with commas "
            "between",
            (int)(length > 100 ? 100 : length), code);
    if (l->language_count == LT_LABELLED_MOST)
        return lt_fail(error, LT_ERROR_USAGE, "--languages: more than %d", LT_LABELLED_MOST);
    char *language = l->languages[l->language_count];
    memcpy(language, code, length);
    for (size_t i = 0; i < l->language_count; i++)
        if (strcmp(l->languages[i], language) == 0)
            return lt_fail(error, LT_ERROR_USAGE, "--languages: '%s' is there twice", language);
    l->descriptions[l->language_count++].language = language;
    return LT_OK;
}

static lt_status read_languages(lt_labelled *l, lt_error *error)
{
    for (const char *at = l->options->languages; at;) {
        const char *comma = strchrnul(at, ',');
        LT_TRY(add_language(l, at, (size_t)(comma - at), error));
        at = *comma ? comma + 1 : NULL;
    }
    if (l->language_count >= 2) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "--languages: one language is not enough to tell them apart");
}

lt_status lt_labelled_create(lt_labelled **labelled, const lt_debian_options *options, lt_error *error)
{
    *labelled = NULL;
    lt_labelled *l = calloc(1, sizeof *l);
    if (!l) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a corpus");
    l->options = options;
    lt_status status = read_languages(l, error);
    if (status == LT_OK)
        *labelled = l;
    else
        lt_labelled_free(l);
    return status;
}

void lt_labelled_free(lt_labelled *labelled)
{
    if (!labelled) return;
    for (size_t i = 0; i < labelled->language_count; i++) lt_descriptions_clear(&labelled->descriptions[i]);
    lt_debian_sources_clear(&labelled->sources);
    lt_text_clear(&labelled->lines);
    free(labelled->sentences);
    free(labelled);
}

lt_status lt_labelled_add(lt_labelled *labelled, const char *language, const char *name, lt_text *text,
                          lt_error *error)
{
    size_t i = 0;
    while (i < labelled->language_count && strcmp(labelled->languages[i], language) != 0) i++;
    assert(i < labelled->language_count);
    LT_TRY(lt_debian_sources_add(&labelled->sources, name, text, error));
    return lt_descriptions_add(&labelled->descriptions[i], name, text, error);
}

static lt_status add_file(void *labelled, const char *language, const char *name, lt_text *text,
                          lt_error *error)
{
    return lt_labelled_add(labelled, language, name, text, error);
}

lt_status lt_labelled_fetch(lt_labelled *labelled, lt_debian_note note, void *context, lt_error *error)
{
    const char *languages[LT_LABELLED_MOST];
    for (size_t i = 0; i < labelled->language_count; i++) languages[i] = labelled->languages[i];
    return lt_debian_fetch_files(labelled->options, languages, labelled->language_count, note, context,
                                 add_file, labelled, error);
}

const lt_labelled_counts *lt_labelled_get_counts(const lt_labelled *labelled, size_t index,
                                                 const char **language)
{
    if (index >= labelled->language_count) return NULL;
    if (language) *language = labelled->languages[index];
    return &labelled->counts[index];
}

/* ---- sentences ---- */

typedef struct sentence {
    size_t begin, length; /* in the text of lines */
    uint64_t words;       /* hash of its lower-cased words */
    size_t order;         /* of its coming */
    size_t language, description;
    bool dropped;
} sentence;

typedef struct builder {
    lt_labelled *labelled;
    lt_families families;
    lt_blocks blocks;
    lt_spans spans;
    sentence *items;
    size_t count, capacity;
} builder;

/* Hash of the words of a sentence; how many they are in `*count`. */
static uint64_t words_of(const lt_line *line, size_t *count)
{
    lt_words words = {line->bytes, line->bytes + line->length};
    uint64_t word, hash = 0;
    for (*count = 0; lt_words_next(&words, &word); ++*count) hash = lt_mix64(hash * 31 + word);
    return hash;
}

static lt_status keep(builder *b, const lt_line *line, const sentence *s, lt_error *error)
{
    if (b->count == b->capacity) {
        size_t capacity = b->capacity ? b->capacity * 2 : 4096;
        sentence *items = realloc(b->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu sentences", capacity);
        b->items = items;
        b->capacity = capacity;
    }
    b->items[b->count] = *s;
    b->items[b->count].begin = b->labelled->lines.length;
    b->items[b->count].length = line->length;
    b->items[b->count].order = b->count;
    b->count++;
    return lt_text_append(&b->labelled->lines, line->bytes, line->length, error);
}

static lt_status take_sentence(builder *b, const lt_line *line, size_t language, lt_error *error)
{
    lt_labelled_counts *c = &b->labelled->counts[language];
    bool has_letter;
    size_t words;
    c->sentences++;
    if (!lt_debian_is_sound(line, &has_letter)) return c->damaged++, LT_OK;
    sentence s = {.language = language, .description = b->labelled->originals};
    s.words = words_of(line, &words);
    if (words < WORDS_LEAST || !has_letter) return c->too_short++, LT_OK;
    return keep(b, line, &s, error);
}

static lt_status take_description(builder *b, const lt_description *description, size_t language,
                                  lt_error *error)
{
    b->labelled->counts[language].descriptions++;
    LT_TRY(lt_blocks_read(&b->blocks, &description->text, error));
    for (size_t i = 0; i < b->blocks.count; i++) {
        const lt_block *block = &b->blocks.items[i];
        const char *text = b->blocks.text.data + block->span.begin;
        if (block->kind == LT_BLOCK_DISPLAY || block->span.length == 0) continue;
        LT_TRY(
            lt_sentences_split(&b->spans, text, block->span.length, b->labelled->languages[language], error));
        for (size_t k = 0; k < b->spans.count; k++) {
            lt_line line = {text + b->spans.items[k].begin, b->spans.items[k].length};
            LT_TRY(take_sentence(b, &line, language, error));
        }
    }
    return LT_OK;
}

/* The smallest MD5 that is still to come in any language, or NULL. */
static const unsigned char *next_original(const lt_labelled *l, const size_t *at)
{
    const unsigned char *first = NULL;
    for (size_t i = 0; i < l->language_count; i++) {
        const lt_descriptions *d = &l->descriptions[i];
        if (at[i] < d->count && (!first || memcmp(d->items[at[i]].md5, first, LT_MD5_SIZE) < 0))
            first = d->items[at[i]].md5;
    }
    return first;
}

/* Original by original, the descriptions in all languages; of several in one language the first. */
static lt_status take_all(builder *b, lt_error *error)
{
    lt_labelled *l = b->labelled;
    size_t at[LT_LABELLED_MOST] = {0};
    for (const unsigned char *md5; (md5 = next_original(l, at)); l->originals++)
        for (size_t i = 0; i < l->language_count; i++) {
            const lt_descriptions *d = &l->descriptions[i];
            if (at[i] == d->count || memcmp(d->items[at[i]].md5, md5, LT_MD5_SIZE) != 0) continue;
            LT_TRY(take_description(b, &d->items[at[i]], i, error));
            for (size_t same = lt_descriptions_same(d, at[i]); same; same--)
                LT_TRY(lt_families_add(&b->families, &d->items[at[i]++].package, l->originals, error));
        }
    return LT_OK;
}

static int by_words(const void *a, const void *b)
{
    const sentence *x = a, *y = b;
    if (x->words != y->words) return x->words < y->words ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
    const sentence *x = a, *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* Drops what is there in two languages, whichever it is of, and what was there before in its own. */
static void drop_repeated(builder *b)
{
    if (b->count == 0) return;
    qsort(b->items, b->count, sizeof *b->items, by_words);
    for (size_t begin = 0, end; begin < b->count; begin = end) {
        bool mixed = false;
        for (end = begin + 1; end < b->count && b->items[end].words == b->items[begin].words; end++)
            mixed |= b->items[end].language != b->items[begin].language;
        for (size_t i = begin; i < end; i++) {
            lt_labelled_counts *c = &b->labelled->counts[b->items[i].language];
            b->items[i].dropped = mixed || i > begin;
            c->untranslated += mixed;
            c->duplicates += !mixed && i > begin;
        }
    }
    qsort(b->items, b->count, sizeof *b->items, by_order);
}

/* ---- parts ---- */

static lt_status split(builder *b, lt_error *error)
{
    lt_labelled *l = b->labelled;
    size_t *group = NULL;
    uint64_t *keys = NULL;
    lt_status status;
    l->sentences = calloc(b->count ? b->count : 1, sizeof *l->sentences);
    if (!l->sentences) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu sentences", b->count);
    LT_GOTO(status,
            lt_families_tie(&b->families, l->originals, (uint64_t)l->options->seed, &group, &keys,
                            &l->families, error),
            done);
    for (size_t i = 0; i < b->count; i++) {
        const sentence *s = &b->items[i];
        if (s->dropped) continue;
        l->sentences[l->count++] = (lt_split_pair){.src = {l->lines.data + s->begin, s->length},
                                                   .trg = {"", 0},
                                                   .group = group[s->description],
                                                   .kind = s->language};
    }
    const size_t wanted[LT_PARTS] = {
        [LT_DEV] = (size_t)l->options->dev_lines, [LT_TEST] = (size_t)l->options->test_lines};
    status = lt_split(l->sentences, l->count, keys, l->families, l->language_count, wanted, &l->split, error);
done:
    free(group);
    free(keys);
    return status;
}

static void limit_train(lt_labelled *l)
{
    size_t kept[LT_LABELLED_MOST] = {0};
    for (size_t i = 0; i < l->count; i++) {
        lt_split_pair *s = &l->sentences[i];
        if (s->part != LT_TRAIN || kept[s->kind]++ < (size_t)l->options->train_lines) continue;
        s->part = LT_LEFT_OUT;
        l->counts[s->kind].surplus++;
    }
}

static lt_status count_parts(lt_labelled *l, lt_error *error)
{
    for (size_t i = 0; i < l->count; i++) {
        lt_labelled_counts *c = &l->counts[l->sentences[i].kind];
        lt_part part = l->sentences[i].part;
        *(part == LT_TRAIN  ? &c->train
          : part == LT_DEV  ? &c->dev
          : part == LT_TEST ? &c->test
                            : &c->held_out) += 1;
    }
    for (size_t i = 0; i < l->language_count; i++) {
        lt_labelled_counts *c = &l->counts[i];
        c->held_out -= c->surplus;
        if (!c->train || !c->dev || !c->test)
            return lt_fail(error, LT_ERROR_FORMAT,
                           "too little is described in %s for a corpus: %zu descriptions, %zu sentences, of "
                           "which %zu are in train, %zu in dev, %zu in test",
                           l->languages[i], c->descriptions, c->sentences, c->train, c->dev, c->test);
    }
    return LT_OK;
}

lt_status lt_labelled_build(lt_labelled *labelled, lt_error *error)
{
    builder b = {.labelled = labelled};
    lt_status status;
    for (size_t i = 0; i < labelled->language_count; i++) {
        lt_descriptions_sort(&labelled->descriptions[i]);
        labelled->damaged_stanzas += labelled->descriptions[i].damaged;
    }
    LT_GOTO(status, take_all(&b, error), done);
    drop_repeated(&b);
    LT_GOTO(status, split(&b, error), done);
    limit_train(labelled);
    status = count_parts(labelled, error);
done:
    lt_families_clear(&b.families);
    lt_blocks_clear(&b.blocks);
    lt_spans_clear(&b.spans);
    free(b.items);
    return status;
}
