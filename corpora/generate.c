/* A corpus from the grammar: sentences drawn, sorted into sets, and written. */
#include "corpora/corpora.h"

#include <stdlib.h>
#include <string.h>

#include "corpora/file_set.h"
#include "corpora/grammar.h"
#include "model/base/rng.h"

const char *const lt_generated_names[LT_GENERATED_SETS] = {"train", "dev", "test"};

enum {
    HELD_OUT_OF = 8,     /* one sentence in so many is held out of train, on each side */
    DRAWS_MAX = 1 << 17, /* for one pair: more means that there are no new ones */
    TICK_PAIRS = 1 << 14,
};

/* ---- which set ---- */

/* FNV-1a (Fowler, Noll & Vo), mixed. */
static uint64_t hash_of(const char *bytes, size_t length)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++) h = (h ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return lt_mix64(h);
}

static bool is_held_out(uint64_t hash)
{
    return hash % HELD_OUT_OF == 0;
}

/* Both sides must agree on whether the pair is held out; dev or test is then up to the English. Pairs on
 * which they do not agree are in no set. */
static bool english_belongs(uint64_t hash, lt_generated_set set)
{
    if (set == LT_GENERATED_TRAIN) return !is_held_out(hash);
    return is_held_out(hash) && (hash >> 32 & 1) == (set == LT_GENERATED_TEST);
}

/* ---- sentences seen ---- */

/* Hashes of the English sentences of dev or test; open addressing, 0 is an empty place. */
typedef struct seen {
    uint64_t *places; /* NULL: nothing is kept, everything is new */
    size_t mask;
} seen;

static lt_status seen_create(seen *s, int64_t count, lt_error *error)
{
    size_t places = 16;
    while (places < (size_t)count * 2) places *= 2;
    s->mask = places - 1;
    s->places = calloc(places, sizeof *s->places);
    if (s->places) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %lld different sentences", (long long)count);
}

/* False where it was there already. */
static bool seen_add(seen *s, uint64_t hash)
{
    if (!s->places) return true;
    if (!hash) hash = 1;
    size_t at = (size_t)lt_mix64(hash) & s->mask;
    for (; s->places[at]; at = (at + 1) & s->mask)
        if (s->places[at] == hash) return false;
    s->places[at] = hash;
    return true;
}

/* ---- one pair ---- */

typedef struct draft {
    lt_plan plan;
    lt_words en, de;
} draft;

static bool good_length(const lt_words *words, const lt_generate_options *options)
{
    return !words->overflow && words->count >= LT_GENERATE_WORDS_MIN &&
           words->count <= (size_t)options->max_words;
}

/* Draws pair `index`: sentences until one belongs to the set and is new. */
static lt_status draw(draft *d, const lt_generate_options *options, lt_generated_set set, uint64_t index,
                      seen *known, lt_error *error)
{
    lt_rng rng;
    lt_rng_init(&rng, lt_stream((uint64_t)options->seed, set, index, 0));
    for (int draws = 0; draws < DRAWS_MAX; draws++) {
        lt_plan_draw(&d->plan, (size_t)options->max_words, &rng);
        lt_english_sentence(&d->en, &d->plan);
        uint64_t hash = hash_of(d->en.text, d->en.length);
        if (!good_length(&d->en, options) || !english_belongs(hash, set)) continue;
        lt_german_sentence(&d->de, &d->plan);
        bool out = is_held_out(hash_of(d->de.text, d->de.length));
        if (!good_length(&d->de, options) || out != (set != LT_GENERATED_TRAIN)) continue;
        if (seen_add(known, hash)) return LT_OK;
    }
    return lt_fail(
        error, LT_ERROR_USAGE,
        "pair %llu of %s: of %d sentences none was new and had at most %lld words; want fewer pairs "
        "there, or allow longer sentences",
        (unsigned long long)index + 1, lt_generated_names[set], DRAWS_MAX, (long long)options->max_words);
}

lt_status lt_generate_pair(lt_generated *pair, const lt_generate_options *options, lt_generated_set set,
                           uint64_t index, lt_error *error)
{
    seen nothing = {0};
    draft *d = calloc(1, sizeof *d);
    if (!d) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a sentence");
    pair->en.length = pair->de.length = pair->alignment.length = 0;
    lt_status status;
    LT_GOTO(status, draw(d, options, set, index, &nothing, error), done);
    LT_GOTO(status, lt_text_append(&pair->en, d->en.text, d->en.length, error), done);
    LT_GOTO(status, lt_text_append(&pair->de, d->de.text, d->de.length, error), done);
    pair->en_words = d->en.count;
    pair->de_words = d->de.count;
    status = lt_words_align(&pair->alignment, &d->en, &d->de, error);
done:
    free(d);
    return status;
}

void lt_generated_clear(lt_generated *pair)
{
    lt_text_clear(&pair->en);
    lt_text_clear(&pair->de);
    lt_text_clear(&pair->alignment);
}

/* ---- files ---- */

enum { ENGLISH, GERMAN, ALIGNMENT, FILES };
static const char *const suffixes[FILES] = {"en", "de", "align"};

typedef struct job {
    const lt_generate_options *options;
    lt_generate_tick tick;
    void *context;
    lt_generate_report *report;
    lt_atomic_file files[LT_GENERATED_SETS][FILES];
    lt_text alignment;
    draft draft;
} job;

static size_t file_count(const job *j)
{
    return j->options->alignments ? FILES : ALIGNMENT;
}

static lt_status open_files(job *j, const char *folder, lt_error *error)
{
    LT_TRY(lt_make_folders(folder, error));
    for (size_t set = 0; set < LT_GENERATED_SETS; set++)
        for (size_t i = 0; i < file_count(j); i++) {
            char name[32];
            snprintf(name, sizeof name, "%s.%s", lt_generated_names[set], suffixes[i]);
            LT_TRY(lt_files_open(&j->files[set][i], folder, name, error));
        }
    return LT_OK;
}

static lt_status write_pair(job *j, lt_generated_set set, lt_error *error)
{
    const lt_words *en = &j->draft.en, *de = &j->draft.de;
    lt_generate_report *report = j->report;
    LT_TRY(lt_files_line(&j->files[set][ENGLISH], en->text, en->length, error));
    LT_TRY(lt_files_line(&j->files[set][GERMAN], de->text, de->length, error));
    if (j->options->alignments) {
        j->alignment.length = 0;
        LT_TRY(lt_words_align(&j->alignment, en, de, error));
        LT_TRY(lt_files_line(&j->files[set][ALIGNMENT], j->alignment.data, j->alignment.length, error));
    }
    report->pairs[set]++;
    report->en_words[set] += en->count;
    report->de_words[set] += de->count;
    if (en->count > report->longest) report->longest = en->count;
    if (de->count > report->longest) report->longest = de->count;
    return LT_OK;
}

static lt_status tick(const job *j, lt_error *error)
{
    int signal = j->tick ? j->tick(j->context, j->report) : 0;
    if (!signal) return LT_OK;
    return lt_fail_signal(error, signal, "; nothing was written");
}

static lt_status write_set(job *j, lt_generated_set set, int64_t count, lt_error *error)
{
    seen known = {0};
    bool unique = set != LT_GENERATED_TRAIN;
    lt_status status = unique ? seen_create(&known, count, error) : LT_OK;
    for (int64_t i = 0; status == LT_OK && i < count; i++) {
        LT_GOTO(status, draw(&j->draft, j->options, set, (uint64_t)i, &known, error), done);
        LT_GOTO(status, write_pair(j, set, error), done);
        if (i % TICK_PAIRS == 0 || unique) status = tick(j, error);
    }
done:
    free(known.places);
    return status;
}

lt_status lt_corpus_generate(const char *folder, const lt_generate_options *options,
                             lt_generate_tick tick_each, void *context, lt_generate_report *report,
                             lt_error *error)
{
    lt_status status;
    job *j = calloc(1, sizeof *j);
    if (!j) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the generator");
    *report = (lt_generate_report){0};
    *j = (job){.options = options, .tick = tick_each, .context = context, .report = report};
    LT_GOTO(status, open_files(j, folder, error), done);
    LT_GOTO(status, write_set(j, LT_GENERATED_DEV, options->dev, error), done);
    LT_GOTO(status, write_set(j, LT_GENERATED_TEST, options->test, error), done);
    LT_GOTO(status, write_set(j, LT_GENERATED_TRAIN, options->pairs, error), done);
    status = lt_files_commit(j->files[0], LT_GENERATED_SETS * FILES, error);
done:
    lt_files_abort(j->files[0], LT_GENERATED_SETS * FILES);
    lt_text_clear(&j->alignment);
    free(j);
    return status;
}
