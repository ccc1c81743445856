#include "corpora/words.h"

#include <stdlib.h>

#include "model/base/rng.h"
#include "model/base/text.h"

unsigned lt_lower(unsigned c)
{
    if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    if (c < 0x100) return c >= 0xC0 && c <= 0xDE && c != 0xD7 ? c + 32 : c;
    /* Latin Extended-A: pairs, the capital first; it is odd in two stretches */
    if (c <= 0x137) return c == 0x130 ? 'i' : c | 1;
    if (c <= 0x148) return c >= 0x139 && c & 1 ? c + 1 : c;
    if (c <= 0x177) return c >= 0x14A ? c | 1 : c;
    if (c <= 0x17E) return c == 0x178 ? 0xFF : c >= 0x179 && c & 1 ? c + 1 : c;
    if (c >= 0x391 && c <= 0x3A9) return c + 32;
    if (c >= 0x400 && c <= 0x40F) return c + 80;
    if (c >= 0x410 && c <= 0x42F) return c + 32;
    return c;
}

bool lt_is_upper(unsigned c)
{
    return lt_lower(c) != c;
}

bool lt_is_ideograph(unsigned c)
{
    return (c >= 0x3041 && c <= 0x30FF && c != 0x30FB) || (c >= 0x3400 && c <= 0x9FFF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF);
}

bool lt_is_word(unsigned c)
{
    if (c < 0x80) return (c >= '0' && c <= '9') || (lt_lower(c) >= 'a' && lt_lower(c) <= 'z');
    static const unsigned marks[][2] = {
        {0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},     {0xBB, 0xBF},     {0xD7, 0xD7},
        {0xF7, 0xF7},     {0x589, 0x58A},   {0x5BE, 0x5BE},   {0x60C, 0x60C},   {0x61B, 0x61F},
        {0x66A, 0x66D},   {0x6D4, 0x6D4},   {0x964, 0x965},   {0x2000, 0x206F}, {0x20A0, 0x20CF},
        {0x2190, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020}, {0x30FB, 0x30FB}, {0xE000, 0xF8FF},
        {0xFE30, 0xFE4F}, {0xFF00, 0xFF0F}, {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65},
        {0xFFFD, 0xFFFD},
    };
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (c <= marks[i][1]) return c < marks[i][0];
    return true;
}

size_t lt_characters(const char *bytes, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}

bool lt_words_next(lt_words *words, uint64_t *hash)
{
    uint64_t h = 0;
    bool inside = false;
    while (words->at < words->end) {
        unsigned c = 0;
        size_t size = lt_utf8_next(words->at, (size_t)(words->end - words->at), &c);
        bool word = size && lt_is_word(c), alone = word && lt_is_ideograph(c);
        if (inside && (!word || alone)) break;
        words->at += size ? size : 1;
        if (!word) continue;
        h = lt_mix64(h * 31 + lt_lower(c) + 1);
        inside = true;
        if (alone) break;
    }
    *hash = h;
    return inside;
}
