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

/* Puts word `index` of the line in the place of all behind `start`. */
static lt_status replace(lt_text *text, size_t start, lt_line line, size_t index, lt_error *error)
{
    lt_text storage = {0};
    const char *word;
    size_t begin, end;
    if (!find_word(line.bytes, line.length, index, &begin, &end) || end - begin > LT_REPLACED_MAX)
        return LT_OK;
    size_t length = end - begin;
    lt_status status = lt_utf8_clean(&storage, &word, &length, line.bytes + begin, NULL, error);
    text->length = start;
    if (status == LT_OK) status = lt_text_append(text, word, length, error);
    lt_text_clear(&storage);
    return status;
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
        LT_TRY(lt_tokenizer_decode_words(tokenizer, text, words, ids + i, end - i, error));
        const size_t at = (size_t)looked_at[i];
        if (ids[i] == LT_UNK && at < src_pieces && src[at].first < src[at].end)
            LT_TRY(replace(text, start, line, src[at].first, error));
        trim(text, start);
        for (size_t w = first; words && w < words->count; w++)
            words->items[w].first += before, words->items[w].end += before;
        if (text->length == start && start > begin) text->length--; /* nothing to see: no blank before it */
    }
    return LT_OK;
}
