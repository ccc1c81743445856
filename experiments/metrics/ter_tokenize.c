/* tercom's normalizer, as sacreBLEU (Post 2018) has it. */
#include "experiments/metrics/internal.h"

/* Characters that stand alone with asian_support: CJK ideographs, strokes, radicals, compatibility forms, and
 * what is enclosed (U+3200..3F22 in sacreBLEU, where U+3200..32FF was meant: published scores depend on it).
 */
static bool is_asian(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x31C0 && c <= 0x31EF) ||
           (c >= 0x2E80 && c <= 0x2EFF) || (c >= 0x3200 && c <= 0x3F22) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0xFE30 && c <= 0xFE4F);
}

static bool is_asian_punctuation(uint32_t c)
{
    return c == 0x3001 || c == 0x3002 || (c >= 0x3008 && c <= 0x3011) || (c >= 0x3014 && c <= 0x301F) ||
           (c >= 0xFF61 && c <= 0xFF65) || c == 0x30FB || c == 0xFF0E || c == 0xFF0C || c == 0xFF1F ||
           c == 0xFF1A || c == 0xFF1B || c == 0xFF01 || c == 0xFF02 || c == 0xFF08 || c == 0xFF09;
}

static bool is_dropped_punctuation(uint32_t c)
{
    return c == '.' || c == ',' || c == '?' || c == ':' || c == ';' || c == '!' || c == '"' || c == '(' ||
           c == ')';
}

static lt_status normalize(lt_codes *text, lt_codes *spare, bool asian, lt_error *error)
{
    LT_TRY(lt_codes_replace(spare, text, "\n-", "", error));
    LT_TRY(lt_codes_replace(text, spare, "\n", " ", error));
    LT_TRY(lt_codes_entities(text, spare, error));
    LT_TRY(lt_codes_pad(spare, text, error));
    LT_TRY(lt_codes_surround(text, spare, lt_is_western_punctuation, error));
    LT_TRY(lt_codes_replace(spare, text, "'s ", " 's ", error));
    lt_codes_swap(text, spare);
    LT_TRY(lt_codes_western(text, spare, error));
    if (!asian) return LT_OK;
    /* The rules for runs of kana ask for a run at the very beginning of the line, where by now there is a
     * space. */
    LT_TRY(lt_codes_surround(spare, text, is_asian, error));
    return lt_codes_surround(text, spare, is_asian_punctuation, error);
}

lt_status lt_ter_tokenize(lt_metric *metric, lt_error *error)
{
    const lt_metric_options *options = &metric->options;
    lt_codes *text = &metric->text, *spare = &metric->spare;
    if (!options->ter_case_sensitive) LT_TRY(lt_codes_lower(text, error));
    if (options->ter_normalized) LT_TRY(normalize(text, spare, options->ter_asian_support, error));
    if (!options->ter_no_punct) return LT_OK;
    LT_TRY(lt_codes_remove(spare, text, is_dropped_punctuation, error));
    lt_codes_swap(text, spare);
    if (!options->ter_asian_support) return LT_OK;
    LT_TRY(lt_codes_remove(spare, text, is_asian_punctuation, error));
    lt_codes_swap(text, spare);
    return LT_OK;
}
