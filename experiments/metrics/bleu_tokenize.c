/* The tokenizers of BLEU: mteval-v13a's and mteval-v14's international rules (NIST), characters, and Chinese
 * characters apart with v13a's rules for the rest, as sacreBLEU (Post 2018) applies them. */
#include "experiments/metrics/internal.h"

#include <unictype.h>

static lt_status tokenize_western(lt_codes *text, lt_codes *spare, lt_error *error)
{
    LT_TRY(lt_codes_surround(spare, text, lt_is_western_punctuation, error));
    lt_codes_swap(text, spare);
    return lt_codes_western(text, spare, error);
}

static lt_status tokenize_13a(lt_codes *text, lt_codes *spare, lt_error *error)
{
    static const char *const joins[][2] = {{"<skipped>", ""}, {"-\n", ""}, {"\n", " "}};
    for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
        LT_TRY(lt_codes_replace(spare, text, joins[i][0], joins[i][1], error));
        lt_codes_swap(text, spare);
    }
    LT_TRY(lt_codes_entities(text, spare, error));
    LT_TRY(lt_codes_pad(spare, text, error));
    lt_codes_swap(text, spare);
    return tokenize_western(text, spare, error);
}

static bool is_punctuation(uint32_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_P);
}
static bool is_symbol(uint32_t c)
{
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_S);
}
static bool is_no_number(uint32_t c)
{
    return !uc_is_general_category_withtable(c, UC_CATEGORY_MASK_N);
}

static lt_status tokenize_intl(lt_codes *text, lt_codes *spare, lt_error *error)
{
    LT_TRY(lt_codes_part(spare, text, is_no_number, is_punctuation, LT_AFTER_PAIR, error));
    LT_TRY(lt_codes_part(text, spare, is_punctuation, is_no_number, LT_BEFORE_PAIR, error));
    LT_TRY(lt_codes_surround(spare, text, is_symbol, error));
    lt_codes_swap(text, spare);
    return LT_OK;
}

/* sacreBLEU's ranges, with two of its that were meant for U+20000..2A6D6 and U+2F800..2FA1D but, written with
 * four-digit escapes, cover U+2001..2A6D and U+2F81..2FA1: published scores depend on them. */
static bool is_chinese(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x2001, 0x2A6D}, {0x2E80, 0x2EFF}, {0x2F00, 0x2FDF}, {0x2FF0, 0x2FFF}, {0x3000, 0x303F},
        {0x3100, 0x312F}, {0x31A0, 0x31BF}, {0x31C0, 0x31EF}, {0x3200, 0x33FF}, {0x3400, 0x4DB5},
        {0x4E00, 0x9FBB}, {0xF900, 0xFA2D}, {0xFA30, 0xFA6A}, {0xFA70, 0xFAD9}, {0xFE10, 0xFE1F},
        {0xFE30, 0xFE4F}, {0xFF00, 0xFFEF},
    };
    if (c < ranges[0][0]) return false;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1]) return true;
    return false;
}

/* No padding here: sacreBLEU strips the line first, and a full stop that begins it then stays joined to what
 * follows only if that is a digit. */
static lt_status tokenize_zh(lt_codes *text, lt_codes *spare, lt_error *error)
{
    size_t begin, length = lt_codes_strip(text, &begin);
    lt_codes stripped = {text->data + begin, length, length};
    LT_TRY(lt_codes_surround(spare, &stripped, is_chinese, error));
    lt_codes_swap(text, spare);
    return tokenize_western(text, spare, error);
}

static bool is_any(uint32_t c)
{
    (void)c;
    return true;
}

lt_status lt_bleu_tokenize(lt_metric *metric, lt_error *error)
{
    lt_codes *text = &metric->text, *spare = &metric->spare;
    if (metric->options.lowercase) LT_TRY(lt_codes_lower(text, error));
    switch ((lt_bleu_tokenizer)metric->options.tokenize) {
    case LT_TOKENIZE_13A:
        return tokenize_13a(text, spare, error);
    case LT_TOKENIZE_INTL:
        return tokenize_intl(text, spare, error);
    case LT_TOKENIZE_ZH:
        return tokenize_zh(text, spare, error);
    case LT_TOKENIZE_CHAR:
        LT_TRY(lt_codes_surround(spare, text, is_any, error));
        lt_codes_swap(text, spare);
        return LT_OK;
    case LT_TOKENIZE_NONE:
        break;
    }
    return LT_OK;
}
