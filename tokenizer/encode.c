#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

#define PART_MAX ((size_t)64 << 10)

lt_status lt_tokenizer_repair(lt_text *storage, const char **text, size_t *length, const char *bytes,
                              bool *repaired, lt_error *error)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    size_t end = *length;
    bool whole = (end == 0 || !memchr(bytes, 0, end)) && lt_utf8_valid(bytes, end);
    if (repaired) *repaired = !whole;
    *text = bytes;
    if (whole) return LT_OK;
    storage->length = 0;
    for (size_t start = 0;;) {
        const char *nul = start < end ? memchr(bytes + start, 0, end - start) : NULL;
        size_t stop = nul ? (size_t)(nul - bytes) : end;
        LT_TRY(lt_utf8_repair(storage, bytes + start, stop - start, NULL, error));
        if (!nul) break;
        LT_TRY(lt_text_append(storage, replacement, sizeof replacement - 1, error));
        start = stop + 1;
    }
    *text = storage->data;
    *length = storage->length;
    return LT_OK;
}

size_t lt_tokenizer_part(const char *text, size_t length, size_t *skip)
{
    *skip = 0;
    if (length <= PART_MAX) return length;
    /* each part begins a word of its own (the library puts its mark there): a cut at a space changes nothing
     */
    const char *space = memrchr(text, ' ', PART_MAX);
    if (space) {
        size_t cut = (size_t)(space - text);
        while (cut + *skip < length && text[cut + *skip] == ' ') ++*skip;
        return cut;
    }
    size_t cut = PART_MAX;
    while ((text[cut] & 0xC0) == 0x80) cut--;
    return cut;
}

lt_status lt_tokenizer_encode(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              lt_error *error)
{
    lt_text storage = {0};
    const char *text;
    size_t first = ids->count, skip;
    lt_status status = lt_tokenizer_repair(&storage, &text, &length, bytes, NULL, error);
    for (size_t at = 0; status == LT_OK && at < length; at += skip) {
        size_t part = lt_tokenizer_part(text + at, length - at, &skip);
        if (part) status = lt_spm_encode(tokenizer->spm, ids, text + at, part, error);
        at += part;
    }
    /* a word model takes a text that says "</s>" by its name */
    for (size_t i = first; i < ids->count; i++)
        if (ids->items[i] < LT_UNK) ids->items[i] = LT_UNK;
    lt_text_clear(&storage);
    return status;
}

lt_status lt_tokenizer_decode(const lt_tokenizer *tokenizer, lt_text *text, const int32_t *ids, size_t count,
                              lt_error *error)
{
    lt_ids kept = {0};
    lt_status status = LT_OK;
    size_t first = text->length, pieces = lt_tokenizer_size(tokenizer);
    for (size_t i = 0; i < count && status == LT_OK; i++) {
        if (ids[i] < 0 || (size_t)ids[i] >= pieces)
            status = lt_fail(error, LT_ERROR_FORMAT,
                             "id %ld (the %zuth) is out of range: the tokenizer has the ids 0 to %zu",
                             (long)ids[i], i + 1, pieces - 1);
        else if (ids[i] >= LT_UNK)
            status = lt_ids_add(&kept, ids[i], error);
    }
    if (status == LT_OK)
        status = kept.count ? lt_spm_decode(tokenizer->spm, text, kept.items, kept.count, error)
                            : lt_text_append(text, "", 0, error);
    for (size_t i = first; status == LT_OK && i < text->length; i++)
        if (text->data[i] == '\n' || text->data[i] == '\r' || text->data[i] == '\0') text->data[i] = ' ';
    lt_ids_clear(&kept);
    return status;
}
