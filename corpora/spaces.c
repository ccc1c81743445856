#include "corpora/spaces.h"

#include "model/base/text.h"

/* The Unicode Standard, PropList.txt: White_Space. */
static bool white(unsigned c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

size_t lt_space_at(const char *bytes, size_t length)
{
    unsigned c;
    size_t n = lt_utf8_next(bytes, length, &c);
    return n && white(c) ? n : 0;
}

bool lt_take_word(const char *bytes, size_t length, size_t *at, const char **word, size_t *word_length)
{
    size_t i = *at, n;
    while (i < length && (n = lt_space_at(bytes + i, length - i)) > 0) i += n;
    size_t begin = i;
    while (i < length && lt_space_at(bytes + i, length - i) == 0) {
        n = lt_utf8_next(bytes + i, length - i, NULL);
        i += n ? n : 1;
    }
    *at = i;
    *word = bytes + begin;
    *word_length = i - begin;
    return i > begin;
}

bool lt_blank(const char *bytes, size_t length)
{
    const char *word;
    size_t at = 0, word_length;
    return !lt_take_word(bytes, length, &at, &word, &word_length);
}
