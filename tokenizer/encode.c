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

bool lt_tokenizer_next_part(lt_parts *p, size_t most)
{
    /* the library leaves them out, too; those at the line's ends are for it to judge */
    while (p->next && !p->within && p->next < p->length && p->text[p->next] == ' ') p->next++;
    if (p->next == p->length) return false;
    size_t left = p->length - p->next, cut = left;
    p->part = p->text + p->next;
    p->continues = p->within;
    p->within = false;
    if (left > most) {
        const char *space = memrchr(p->part, ' ', most);
        cut = space ? (size_t)(space - p->part) : most;
        p->within = !space;
        while (p->within && (p->part[cut] & 0xC0) == 0x80) cut--;
    }
    p->part_length = cut;
    p->next += cut;
    return true;
}

lt_status lt_tokenizer_encode(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              lt_error *error)
{
    lt_text storage = {0};
    lt_parts parts = {.length = length};
    size_t first = ids->count;
    lt_status status = lt_tokenizer_repair(&storage, &parts.text, &parts.length, bytes, NULL, error);
    while (status == LT_OK && lt_tokenizer_next_part(&parts, PART_MAX))
        status = lt_spm_encode(tokenizer->spm, ids, parts.part, parts.part_length, parts.continues, error);
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
