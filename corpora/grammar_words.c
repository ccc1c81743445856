/* Words of one side with the keys they were written under. */
#include "corpora/grammar.h"

#include <assert.h>
#include <string.h>

void lt_words_init(lt_words *words)
{
    words->length = words->count = 0;
    words->text[0] = '\0';
    words->comma = words->overflow = false;
}

static void append(lt_words *words, const char *bytes, size_t length)
{
    if (words->length + length >= LT_WORDS_BYTES) {
        words->overflow = true;
        return;
    }
    memcpy(words->text + words->length, bytes, length);
    words->length += length;
    words->text[words->length] = '\0';
}

static void add_word(lt_words *words, const char *bytes, size_t length, int key)
{
    if (words->count == LT_WORDS_MAX) {
        words->overflow = true;
        return;
    }
    if (words->comma && words->count) append(words, ",", 1);
    words->comma = false;
    if (words->count) append(words, " ", 1);
    append(words, bytes, length);
    memset(words->keys[words->count], 0, sizeof words->keys[0]);
    words->keys[words->count][0] = (uint16_t)key;
    words->count++;
}

void lt_words_add(lt_words *words, const char *text, int key)
{
    while (*text) {
        size_t length = strcspn(text, " ");
        add_word(words, text, length, key);
        text += length + (text[length] == ' ');
    }
}

void lt_words_key(lt_words *words, int key)
{
    if (words->overflow) return;
    assert(words->count);
    uint16_t *keys = words->keys[words->count - 1];
    for (size_t i = 0; i < LT_WORD_KEYS; i++) {
        if (keys[i] == key) return;
        if (keys[i]) continue;
        keys[i] = (uint16_t)key;
        return;
    }
}

void lt_words_phrase(lt_words *words, const char *tagged, int key)
{
    while (*tagged) {
        size_t length = strcspn(tagged, " "), text = length;
        int tag = 0;
        if (length > 2 && tagged[length - 2] == '/') {
            tag = tagged[length - 1] - '0';
            text = length - 2;
        }
        add_word(words, tagged, text, key + tag);
        tagged += length + (tagged[length] == ' ');
    }
}

void lt_words_attach(lt_words *words, const char *suffix)
{
    append(words, suffix, strlen(suffix));
}

void lt_words_comma(lt_words *words)
{
    words->comma = true;
}

void lt_words_end(lt_words *words, const char *mark)
{
    unsigned char *first = (unsigned char *)words->text;
    words->comma = false;
    append(words, mark, strlen(mark));
    if (first[0] >= 'a' && first[0] <= 'z')
        first[0] = (unsigned char)(first[0] - 'a' + 'A');
    else if (first[0] == 0xC3 && first[1] >= 0xA0 && first[1] != 0xB7) /* the lower half of Latin-1 */
        first[1] = (unsigned char)(first[1] - 0x20);
}

static bool aligned(const uint16_t *src, const uint16_t *trg)
{
    for (size_t i = 0; i < LT_WORD_KEYS && src[i]; i++)
        for (size_t j = 0; j < LT_WORD_KEYS && trg[j]; j++)
            if (src[i] == trg[j]) return true;
    return false;
}

/* The decimal digits of a number below 1000; printf would take most of the time of a corpus. */
static char *put_number(char *at, size_t number)
{
    if (number >= 100) *at++ = (char)('0' + number / 100);
    if (number >= 10) *at++ = (char)('0' + number / 10 % 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

lt_status lt_words_align(lt_text *out, const lt_words *src, const lt_words *trg, lt_error *error)
{
    char item[16];
    bool first = true;
    for (size_t i = 0; i < src->count; i++)
        for (size_t j = 0; j < trg->count; j++) {
            if (!aligned(src->keys[i], trg->keys[j])) continue;
            char *at = item;
            if (!first) *at++ = ' ';
            at = put_number(at, i);
            *at++ = '-';
            at = put_number(at, j);
            LT_TRY(lt_text_append(out, item, (size_t)(at - item), error));
            first = false;
        }
    return LT_OK;
}
