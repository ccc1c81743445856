#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "tokenizer/tokenizer_private.h"

/* ---- lists ---- */

lt_status lt_ranges_add(lt_ranges *ranges, size_t begin, size_t end, lt_error *error)
{
    if (ranges->count == ranges->capacity) {
        size_t capacity = ranges->capacity ? ranges->capacity * 2 : 64;
        lt_range *items = realloc(ranges->items, capacity * sizeof *items);
        if (!items)
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the places of %zu pieces", capacity);
        ranges->items = items;
        ranges->capacity = capacity;
    }
    ranges->items[ranges->count++] = (lt_range){begin, end};
    return LT_OK;
}

static lt_status add_words(lt_word_list *words, lt_piece_words one, lt_error *error)
{
    if (words->count == words->capacity) {
        size_t capacity = words->capacity ? words->capacity * 2 : 64;
        lt_piece_words *items = realloc(words->items, capacity * sizeof *items);
        if (!items)
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the words of %zu pieces", capacity);
        words->items = items;
        words->capacity = capacity;
    }
    words->items[words->count++] = one;
    return LT_OK;
}

void lt_word_list_clear(lt_word_list *words)
{
    free(words->items);
    *words = (lt_word_list){0};
}

/* ---- words ---- */

/* One word of a text, or the text's end. */
typedef struct word {
    uint32_t index;
    size_t begin, end; /* both the text's length behind the last word */
} word;

/* Bytes of the blank at `at`, or 0. */
static size_t blank_at(const char *text, size_t length, size_t at, bool marks)
{
    const char c = text[at];
    if (c == ' ' || (c >= '\t' && c <= '\r') || (marks && c == '\0')) return 1;
    return marks && length - at >= 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0 ? 3 : 0;
}

static void find_word(word *w, const char *text, size_t length, size_t from, bool marks)
{
    size_t blank;
    w->begin = from;
    while (w->begin < length && (blank = blank_at(text, length, w->begin, marks)) > 0) w->begin += blank;
    w->end = w->begin;
    while (w->end < length && blank_at(text, length, w->end, marks) == 0) w->end++;
}

static void next_word(word *w, const char *text, size_t length, bool marks)
{
    find_word(w, text, length, w->end, marks);
    w->index++;
}

lt_status lt_words_of_ranges(lt_word_list *words, const lt_ranges *ranges, const char *text, size_t length,
                             bool marks, lt_error *error)
{
    word at = {0};
    find_word(&at, text, length, 0, marks);
    for (size_t i = 0; i < ranges->count; i++) {
        const lt_range *range = &ranges->items[i];
        if (range->begin > length) {
            LT_TRY(add_words(words, (lt_piece_words){0}, error));
            continue;
        }
        while (at.begin < length && at.end <= range->begin) next_word(&at, text, length, marks);
        lt_piece_words found = {at.index, at.index};
        for (word last = at; last.begin < length; next_word(&last, text, length, marks)) {
            const uint32_t count = found.end - found.first;
            if (count == LT_PIECE_WORDS_MAX || (count > 0 && last.begin >= range->end)) break;
            found.end++;
            if (last.end >= range->end) break; /* the next word, which may be long, is not looked for */
        }
        LT_TRY(add_words(words, found, error));
    }
    return LT_OK;
}
