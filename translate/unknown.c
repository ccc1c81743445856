#include "translate/unknown.h"

#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The bytes of word `index` of a text; false where there are fewer. */
static bool find_word(const char *text, size_t length, size_t index, size_t *begin, size_t *end)
{
    for (*end = 0;; index--) {
        for (*begin = *end; *begin < length && is_blank(text[*begin]);) ++*begin;
        if (*begin == length) return false;
        for (*end = *begin; *end < length && !is_blank(text[*end]);) ++*end;
        if (index == 0) return true;
    }
}

static size_t count_words(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += !is_blank(text[i]) && (i == 0 || is_blank(text[i - 1]));
    return count;
}

/* Is what divides the fields of an n-best list in it? */
static bool has_bars(const char *word, size_t length)
{
    return memmem(word, length, "|||", 3) != NULL;
}

/* Appends words [first, end) of a line with a blank between any two; LT_REPLACED_MAX bytes at most and no
 * "|||", else none: `text` is then as it was. */
static lt_status append_words(lt_text *text, lt_line line, uint32_t first, uint32_t end, lt_error *error)
{
    lt_text storage = {0};
    const size_t start = text->length;
    size_t begin, stop, taken = 0;
    lt_status status = LT_OK;
    for (uint32_t w = first; w < end && status == LT_OK; w++) {
        const bool found = find_word(line.bytes, line.length, w, &begin, &stop);
        taken += found ? stop - begin + 1 : 0;
        if (!found || taken > LT_REPLACED_MAX + 1 || has_bars(line.bytes + begin, stop - begin)) {
            text->length = start;
            break;
        }
        const char *word;
        size_t length = stop - begin;
        status = lt_utf8_clean(&storage, &word, &length, line.bytes + begin, NULL, error);
        if (status == LT_OK && w > first) status = lt_text_append(text, " ", 1, error);
        if (status == LT_OK) status = lt_text_append(text, word, length, error);
    }
    lt_text_clear(&storage);
    return status;
}

/* The text and the words of one unknown piece: the line's words `src`, or what the tokenizer says. */
static lt_status decode_unknown(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                                lt_line line, lt_piece_words src, lt_error *error)
{
    const size_t start = text->length;
    LT_TRY(append_words(text, line, src.first, src.end, error));
    const size_t end = text->length;
    LT_TRY(lt_tokenizer_decode_words(tokenizer, text, words, &(int32_t){LT_UNK}, 1, error));
    if (end == start) return LT_OK;
    text->length = end;
    if (words) words->items[words->count - 1] = (lt_piece_words){0, src.end - src.first};
    return LT_OK;
}

/* Takes away the spaces that the text from `start` begins and ends with. */
static void trim(lt_text *text, size_t start)
{
    size_t begin = start;
    while (begin < text->length && text->data[begin] == ' ') begin++;
    while (text->length > begin && text->data[text->length - 1] == ' ') text->length--;
    if (text->length > start) memmove(text->data + start, text->data + begin, text->length - begin);
    text->length -= begin - start;
    if (text->data) text->data[text->length] = '\0';
}

/* Where the run of pieces ends that begins at `from`: one unknown piece, or known ones. */
static size_t run_end(const int32_t *ids, size_t from, size_t count)
{
    size_t end = from + 1;
    while (ids[from] != LT_UNK && end < count && ids[end] != LT_UNK) end++;
    return end;
}

static bool has_unknown(const int32_t *ids, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == LT_UNK) return true;
    return false;
}

lt_status lt_decode_replaced(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                             const int32_t *ids, const int32_t *looked_at, size_t count, lt_line line,
                             const lt_piece_words *src, size_t src_pieces, lt_error *error)
{
    const size_t begin = text->length;
    if (!has_unknown(ids, count)) return lt_tokenizer_decode_words(tokenizer, text, words, ids, count, error);
    for (size_t i = 0, end; i < count; i = end) {
        end = run_end(ids, i, count);
        if (text->length > begin) LT_TRY(lt_text_append(text, " ", 1, error));
        const size_t start = text->length, first = words ? words->count : 0;
        const uint32_t before = words ? (uint32_t)count_words(text->data + begin, start - begin) : 0;
        const size_t at = (size_t)looked_at[i];
        if (ids[i] == LT_UNK)
            LT_TRY(decode_unknown(tokenizer, text, words, line,
                                  at < src_pieces ? src[at] : (lt_piece_words){0}, error));
        else
            LT_TRY(lt_tokenizer_decode_words(tokenizer, text, words, ids + i, end - i, error));
        trim(text, start);
        for (size_t w = first; words && w < words->count; w++)
            words->items[w].first += before, words->items[w].end += before;
        if (text->length == start && start > begin) text->length--; /* nothing to see: no blank before it */
    }
    return LT_OK;
}
