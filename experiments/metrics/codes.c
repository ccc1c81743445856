#include "experiments/metrics/internal.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>

lt_status lt_codes_reserve(lt_codes *codes, size_t capacity, lt_error *error)
{
    if (capacity <= codes->capacity) return LT_OK;
    if (capacity > SIZE_MAX / 16)
        return lt_fail(error, LT_ERROR_MEMORY, "a line of %zu characters is too long", capacity);
    size_t grown = codes->capacity * 2 > capacity ? codes->capacity * 2 : capacity;
    uint32_t *data = realloc(codes->data, grown * sizeof *data);
    if (!data) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a line of %zu characters", grown);
    codes->data = data;
    codes->capacity = grown;
    return LT_OK;
}

void lt_codes_clear(lt_codes *codes)
{
    free(codes->data);
    *codes = (lt_codes){0};
}

bool lt_is_space(uint32_t c)
{
    if (c < 0x80) return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

lt_status lt_codes_decode(lt_codes *out, const lt_metric_line *line, size_t *malformed, lt_error *error)
{
    out->length = 0;
    LT_TRY(lt_codes_reserve(out, line->length + 1, error));
    for (size_t i = 0; i < line->length;) {
        unsigned code = 0xFFFD;
        size_t n = lt_utf8_next(line->bytes + i, line->length - i, &code);
        if (n == 0) code = 0xFFFD, n = 1, ++*malformed;
        out->data[out->length++] = code;
        i += n;
    }
    while (out->length && lt_is_space(out->data[out->length - 1])) out->length--;
    return LT_OK;
}

bool lt_line_is_blank(const lt_metric_line *line)
{
    for (size_t i = 0; i < line->length;) {
        unsigned code;
        size_t n = lt_utf8_next(line->bytes + i, line->length - i, &code);
        if (n == 0 || !lt_is_space(code)) return false;
        i += n;
    }
    return true;
}

lt_status lt_codes_lower(lt_codes *codes, lt_error *error)
{
    bool ascii = true;
    for (size_t i = 0; i < codes->length && ascii; i++) ascii = codes->data[i] < 0x80;
    if (ascii) {
        for (size_t i = 0; i < codes->length; i++)
            if (codes->data[i] >= 'A' && codes->data[i] <= 'Z') codes->data[i] += 'a' - 'A';
        return LT_OK;
    }
    size_t length = 0;
    uint32_t *lower = u32_tolower(codes->data, codes->length, NULL, NULL, NULL, &length);
    if (!lower) return lt_fail_errno(error, "cannot lowercase a line of %zu characters", codes->length);
    lt_status status = lt_codes_reserve(codes, length, error);
    if (status == LT_OK) {
        memcpy(codes->data, lower, length * sizeof *lower);
        codes->length = length;
    }
    free(lower);
    return status;
}

size_t lt_codes_strip(const lt_codes *codes, size_t *begin)
{
    size_t end = codes->length, start = 0;
    while (end && lt_is_space(codes->data[end - 1])) end--;
    while (start < end && lt_is_space(codes->data[start])) start++;
    *begin = start;
    return end - start;
}

/* ---- rewriting: no rule makes more than three codes of one ---- */

static lt_status begin_rewrite(lt_codes *out, const lt_codes *in, lt_error *error)
{
    out->length = 0;
    return lt_codes_reserve(out, 3 * in->length + 2, error);
}

static void put(lt_codes *out, uint32_t code)
{
    out->data[out->length++] = code;
}

lt_status lt_codes_replace(lt_codes *out, const lt_codes *in, const char *ascii, const char *by,
                           lt_error *error)
{
    size_t wanted = strlen(ascii), i = 0;
    LT_TRY(begin_rewrite(out, in, error));
    while (i < in->length) {
        size_t n = 0;
        while (n < wanted && i + n < in->length && in->data[i + n] == (unsigned char)ascii[n]) n++;
        if (n == wanted) {
            for (const char *c = by; *c; c++) put(out, (unsigned char)*c);
            i += wanted;
        } else
            put(out, in->data[i++]);
    }
    return LT_OK;
}

lt_status lt_codes_surround(lt_codes *out, const lt_codes *in, lt_code_class class, lt_error *error)
{
    LT_TRY(begin_rewrite(out, in, error));
    for (size_t i = 0; i < in->length; i++) {
        bool apart = class(in->data[i]);
        if (apart) put(out, ' ');
        put(out, in->data[i]);
        if (apart) put(out, ' ');
    }
    return LT_OK;
}

lt_status lt_codes_remove(lt_codes *out, const lt_codes *in, lt_code_class class, lt_error *error)
{
    LT_TRY(begin_rewrite(out, in, error));
    for (size_t i = 0; i < in->length; i++)
        if (!class(in->data[i])) put(out, in->data[i]);
    return LT_OK;
}

/* As a regular expression's substitution does, it goes on behind the pair: the second of one is never the
 * first of another. */
lt_status lt_codes_part(lt_codes *out, const lt_codes *in, lt_code_class first, lt_code_class second,
                        lt_side side, lt_error *error)
{
    LT_TRY(begin_rewrite(out, in, error));
    for (size_t i = 0; i < in->length; i++) {
        bool pair = i + 1 < in->length && first(in->data[i]) && second(in->data[i + 1]);
        if (pair && side == LT_BEFORE_PAIR) put(out, ' ');
        put(out, in->data[i]);
        if (!pair) continue;
        put(out, ' ');
        put(out, in->data[++i]);
        if (side == LT_AFTER_PAIR) put(out, ' ');
    }
    return LT_OK;
}

lt_status lt_codes_pad(lt_codes *out, const lt_codes *in, lt_error *error)
{
    LT_TRY(begin_rewrite(out, in, error));
    put(out, ' ');
    if (in->length) memcpy(out->data + out->length, in->data, in->length * sizeof *in->data);
    out->length += in->length;
    put(out, ' ');
    return LT_OK;
}

static bool contains(const lt_codes *codes, uint32_t code)
{
    for (size_t i = 0; i < codes->length; i++)
        if (codes->data[i] == code) return true;
    return false;
}

lt_status lt_codes_entities(lt_codes *text, lt_codes *spare, lt_error *error)
{
    static const char *const entities[][2] = {{"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
    if (!contains(text, '&')) return LT_OK;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        LT_TRY(lt_codes_replace(spare, text, entities[i][0], entities[i][1], error));
        lt_codes_swap(text, spare);
    }
    return LT_OK;
}

/* ---- the rules of mteval-v13a, which tercom's normalizer shares ---- */

/* ASCII punctuation and the space, without ' , - . */
bool lt_is_western_punctuation(uint32_t c)
{
    return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

bool lt_is_ascii_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}
static bool is_no_digit(uint32_t c)
{
    return !lt_is_ascii_digit(c);
}
static bool is_point(uint32_t c)
{
    return c == '.' || c == ',';
}
static bool is_dash(uint32_t c)
{
    return c == '-';
}

/* What remains behind the punctuation rule: points unless between digits, dashes behind digits. */
lt_status lt_codes_western(lt_codes *text, lt_codes *spare, lt_error *error)
{
    LT_TRY(lt_codes_part(spare, text, is_no_digit, is_point, LT_AFTER_PAIR, error));
    LT_TRY(lt_codes_part(text, spare, is_point, is_no_digit, LT_BEFORE_PAIR, error));
    LT_TRY(lt_codes_part(spare, text, lt_is_ascii_digit, is_dash, LT_AFTER_PAIR, error));
    lt_codes_swap(text, spare);
    return LT_OK;
}

bool lt_next_word(const lt_codes *codes, size_t *position, size_t *begin, size_t *length)
{
    size_t i = *position;
    while (i < codes->length && lt_is_space(codes->data[i])) i++;
    *begin = i;
    while (i < codes->length && !lt_is_space(codes->data[i])) i++;
    *position = i;
    *length = i - *begin;
    return *length > 0;
}
