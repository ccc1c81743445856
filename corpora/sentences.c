#include "corpora/sentences.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "corpora/words.h"
#include "model/base/text.h"

lt_status lt_spans_add(lt_spans *spans, size_t begin, size_t length, lt_error *error)
{
    if (spans->count == spans->capacity) {
        size_t capacity = spans->capacity ? spans->capacity * 2 : 16;
        lt_span *items = realloc(spans->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu sentences", capacity);
        spans->items = items;
        spans->capacity = capacity;
    }
    spans->items[spans->count++] = (lt_span){begin, length};
    return LT_OK;
}

void lt_spans_clear(lt_spans *spans)
{
    free(spans->items);
    *spans = (lt_spans){0};
}

/* ---- what marks an end ---- */

static bool starts(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    return length >= size && memcmp(text, word, size) == 0;
}

/* The length of the first of `marks` (NULL-terminated) that the text starts with, or 0. */
static size_t one_of(const char *text, size_t length, const char *const *marks)
{
    for (; *marks; marks++)
        if (starts(text, length, *marks)) return strlen(*marks);
    return 0;
}

static const char *const terminators[] = {".", "!", "?", "…", "؟", "।", NULL};
static const char *const full_terminators[] = {"。", "｡", "！", "？", NULL};
/* A byte that one of these begins with: what spares nearly all the comparisons. */
static bool may_terminate(char c)
{
    return c == '.' || c == '!' || c == '?' || (unsigned char)c >= 0xD8;
}

static const char *const closers[] = {")", "]", "\"", "'",  "”",  "’",  "“",
                                      "‘", "»", "«",  "」", "』", "）", NULL};
static const char *const openers[] = {"(", "[", "\"", "'", "„", "“", "‚", "‘",
                                      "«", "»", "`",  "¿", "¡", "<", NULL};

/* What never ends a sentence, without its full stop, in lower case. */
static const char *const abbreviations[] = {
    "approx", "cf",   "ca",   "vs",    "viz",   "dr",    "mr",   "mrs",  "ms",    "prof", "st",
    "fig",    "eq",   "ver",  "vers",  "vol",   "no",    "nr",   "nos",  "pp",    "ed",   "eds",
    "esp",    "incl", "resp", "inkl",  "bzw",   "vgl",   "ggf",  "evtl", "evt",   "sog",  "bspw",
    "zzgl",   "abb",  "bd",   "max",   "min",   "ff",    "env",  "ex",   "cad",   "art",  "num",
    "núm",    "pag",  "es",   "sig",   "dott",  "cosid", "tzv",  "např", "tj",    "mj",   "np",
    "tzn",    "bijv", "resp", "f.eks", "bl.a",  "t.ex",  "p.ex", "p.ej", "ad.es", "z.b",  "d.h",
    "u.a",    "o.ä",  "s.o",  "v.a",   "i.d.r", "yahoo", "jr",   NULL,
};

/* Languages in which "3." is an ordinal. */
static const char *const ordinal_languages[] = {"de", "da", "nb", "nn", "no", "fi", "et", "cs", "sk",
                                                "hu", "pl", "hr", "sl", "sr", "lv", "tr", NULL};

typedef struct scan {
    const char *text;
    size_t length;
    bool ordinals;
    size_t begin;   /* of the sentence */
    size_t depth;   /* of open parentheses */
    size_t closing; /* closing ones that are still to come */
} scan;

static bool is_letter(char c)
{
    return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "e.g", "U.S", "z.B": parts of one or two letters with full stops between. */
static bool dotted_letters(const char *word, size_t length)
{
    size_t part = 0, parts = 1;
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '.')
            parts++, part = 0;
        else if (!is_letter(word[i]) || ++part > 2)
            return false;
    }
    return parts > 1;
}

static bool is_abbreviation(const char *word, size_t length)
{
    if (dotted_letters(word, length)) return true;
    for (const char *const *a = abbreviations; *a; a++)
        if (strlen(*a) == length && strncasecmp(word, *a, length) == 0) return true;
    return false;
}

static bool all_digits(const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (word[i] < '0' || word[i] > '9') return false;
    return length > 0;
}

/* A single letter: an initial ("by J. Smith", "z. B.") unless it is the name of a language or a system that
 * ends a sentence ("written in C. It"). */
static bool is_initial(const scan *s, size_t word, size_t length)
{
    if (length != 1 || !is_letter(s->text[word])) return false;
    if (!strchr("CDRXBVT", s->text[word]) || word < s->begin + 2) return true;
    size_t before = word - 1;
    while (before > s->begin && s->text[before - 1] != ' ') before--;
    static const char *const names[] = {"by ", "von ", "par ", "da ", "di ",
                                        "de ", "and ", "und ", "et ", NULL};
    bool capital = s->text[before] >= 'A' && s->text[before] <= 'Z';
    return capital || one_of(s->text + before, s->length - before, names) > 0;
}

/* "etc)." and the like: lists in parentheses go on behind them. */
static bool is_and_so_on(const char *word, size_t length)
{
    static const char *const words[] = {"etc", "usw", "ecc", "itd", "atd", "osv", NULL};
    for (const char *const *w = words; *w; w++)
        if (strlen(*w) == length && strncasecmp(word, *w, length) == 0) return true;
    return false;
}

/* Does what follows the space at `next` look like the start of a sentence? A small letter does where `small`:
 * many a name of a program begins with one. */
static bool starts_sentence(const scan *s, size_t next, bool small)
{
    size_t size;
    while ((size = one_of(s->text + next, s->length - next, openers)) > 0) next += size;
    unsigned c = 0;
    if (!lt_utf8_next(s->text + next, s->length - next, &c)) return false;
    bool caseless = c >= 0x590 && lt_is_word(c) && c < 0x1E00;
    return lt_is_upper(c) || (c >= '0' && c <= '9') || caseless || lt_is_ideograph(c) ||
           (small && lt_is_word(c));
}

enum { LONG_WORD = 4 }; /* bytes; a full stop behind it and a small letter make a new sentence, too */

/* Does the full stop at `stop` end a sentence, as far as the word before it tells? `closed`: a parenthesis
 * ends behind it. `*long_word`: it can hardly be an abbreviation. */
static bool word_allows(const scan *s, size_t stop, bool closed, bool *long_word)
{
    size_t word = stop, size;
    while (word > s->begin && s->text[word - 1] != ' ') word--;
    while (word < stop && (size = one_of(s->text + word, stop - word, openers)) > 0) word += size;
    size_t length = stop - word;
    *long_word =
        length >= LONG_WORD && (lt_is_word((unsigned char)s->text[stop - 1]) || is_letter(s->text[stop - 1]));
    if (closed && is_and_so_on(s->text + word, length)) return false;
    if (all_digits(s->text + word, length) && length <= 2) return !s->ordinals && word > s->begin;
    return !is_abbreviation(s->text + word, length) && !is_initial(s, word, length);
}

static void count_parenthesis(scan *s, char c)
{
    if (c == '(') s->depth++;
    if (c != ')') return;
    s->closing--;
    if (s->depth) s->depth--;
}

/* At a terminator: goes behind it, its like, and what closes; true if the sentence ends there. */
static bool ends_here(scan *s, size_t *at)
{
    size_t stop = *at, size, count = 0;
    bool full = false, closed = false;
    for (;;) {
        const char *rest = s->text + *at;
        size_t left = s->length - *at;
        if ((size = one_of(rest, left, full_terminators)) > 0)
            full = true;
        else if ((size = one_of(rest, left, terminators)) == 0)
            break;
        *at += size;
        count += size;
    }
    while ((size = one_of(s->text + *at, s->length - *at, closers)) > 0) {
        closed = closed || s->text[*at] == ')';
        count_parenthesis(s, s->text[*at]);
        *at += size;
    }
    if (s->depth && s->closing) return false;
    if (full) return *at < s->length;
    if (*at >= s->length || s->text[*at] != ' ') return false;
    if (count > 1) return !closed && starts_sentence(s, *at + 1, false); /* an ellipsis, "?!" */
    bool long_word = false, stands = word_allows(s, stop, closed, &long_word);
    return stands && starts_sentence(s, *at + 1, long_word && s->text[stop] == '.');
}

lt_status lt_sentences_split(lt_spans *out, const char *text, size_t length, const char *language,
                             lt_error *error)
{
    scan s = {.text = text, .length = length};
    for (const char *const *o = ordinal_languages; *o; o++)
        s.ordinals = s.ordinals || (strncmp(language, *o, 2) == 0 && (!language[2] || language[2] == '_'));
    for (size_t i = 0; i < length; i++) s.closing += text[i] == ')';
    out->count = 0;
    for (size_t i = 0; i < length;) {
        if (!may_terminate(text[i]) ||
            (!one_of(text + i, length - i, terminators) && !one_of(text + i, length - i, full_terminators))) {
            count_parenthesis(&s, text[i++]);
            continue;
        }
        if (!ends_here(&s, &i)) continue;
        LT_TRY(lt_spans_add(out, s.begin, i - s.begin, error));
        while (i < length && text[i] == ' ') i++;
        s.begin = i;
        s.depth = 0;
    }
    if (s.begin < length) LT_TRY(lt_spans_add(out, s.begin, length - s.begin, error));
    return LT_OK;
}
