#include <stdlib.h>
#include <string.h>

#include "corpora/blocks.h"
#include "corpora/debian.h"
#include "corpora/words.h"

bool lt_debian_is_sound(const lt_line *line, bool *has_letter)
{
    *has_letter = false;
    for (size_t i = 0; i < line->length;) {
        unsigned c;
        size_t size = lt_utf8_next(line->bytes + i, line->length - i, &c);
        if (!size || c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFD || c == 0x2028 || c == 0x2029)
            return false;
        *has_letter = *has_letter || (lt_is_word(c) && !(c >= '0' && c <= '9'));
        i += size;
    }
    static const char *const notes[] = {"<trans", "NdT", "NDT", "N.d.T", "Anm. d."};
    for (size_t i = 0; i < sizeof notes / sizeof *notes; i++)
        if (memmem(line->bytes, line->length, notes[i], strlen(notes[i]))) return false;
    return true;
}

enum { WORDS_MOST = 512 };

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static size_t sorted_words(uint64_t words[WORDS_MOST], const lt_line *line)
{
    lt_words all = {line->bytes, line->bytes + line->length};
    size_t count = 0;
    while (count < WORDS_MOST && lt_words_next(&all, &words[count])) count++;
    qsort(words, count, sizeof *words, compare_hashes);
    return count;
}

/* Are the words of both sides the same, or of longer sides five in six? */
static bool is_untranslated(const lt_line *src, const lt_line *trg)
{
    uint64_t s[WORDS_MOST], t[WORDS_MOST];
    size_t m = sorted_words(s, src), n = sorted_words(t, trg), common = 0;
    for (size_t i = 0, j = 0; i < m && j < n;) {
        common += s[i] == t[j];
        bool first = s[i] <= t[j], second = t[j] <= s[i];
        i += first;
        j += second;
    }
    size_t longer = m > n ? m : n;
    return longer < 6 ? common == longer : common * 6 >= longer * 5;
}

lt_verdict lt_debian_judge(const lt_line *src, const lt_line *trg, double expected, double most)
{
    bool src_letter, trg_letter;
    if (!lt_debian_is_sound(src, &src_letter) || !lt_debian_is_sound(trg, &trg_letter)) return LT_DAMAGED;
    if (!src_letter || !trg_letter) return LT_NO_WORDS;
    if (is_untranslated(src, trg)) return LT_UNTRANSLATED;
    size_t s = lt_characters(src->bytes, src->length), t = lt_characters(trg->bytes, trg->length);
    return lt_lengths_agree(s, t, expected, most) ? LT_GOOD : LT_UNEVEN;
}
