#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

#define PART_MAX ((size_t)64 << 10)
#define IDS_MAX ((size_t)16 << 10) /* decoded at once: the library takes some 200 bytes for each */

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
    lt_status status = lt_utf8_clean(&storage, &parts.text, &parts.length, bytes, NULL, error);
    while (status == LT_OK && lt_tokenizer_next_part(&parts, PART_MAX)) {
        size_t start = ids->count;
        status = lt_spm_encode(tokenizer->spm, ids, parts.part, parts.part_length, parts.continues, error);
        /* what is unknown in a row is one <unk>, over a cut as elsewhere */
        if (start > first && ids->count > start && ids->items[start] == LT_UNK &&
            ids->items[start - 1] == LT_UNK)
            memmove(&ids->items[start], &ids->items[start + 1], (--ids->count - start) * sizeof *ids->items);
    }
    /* the library does not take a text that says "</s>" by its name; this is what callers rely on */
    for (size_t i = first; i < ids->count; i++)
        if (ids->items[i] < LT_UNK) ids->items[i] = LT_UNK;
    lt_text_clear(&storage);
    return status;
}

/* Makes the text from `start` on one line. Where bytes stand for an unknown word, the mark of its beginning
 * (U+2581) is still there. */
static void clean_line(lt_text *text, size_t start)
{
    static const char mark[] = "\xE2\x96\x81";
    size_t to = start;
    for (size_t from = start; from < text->length;) {
        bool marked = text->length - from >= 3 && memcmp(text->data + from, mark, 3) == 0;
        char c = marked ? ' ' : text->data[from];
        if (!marked || from > start) text->data[to++] = c == '\n' || c == '\r' || c == '\0' ? ' ' : c;
        from += marked ? 3 : 1;
    }
    text->length = to;
    text->data[to] = '\0';
}

/* Is it a piece for the second or a later byte of a character? */
static bool continues_character(const lt_tokenizer *t, int32_t id)
{
    if (!t->facts.byte_fallback || lt_spm_normal(t->spm, (size_t)id)) return false;
    const char *piece = lt_spm_piece(t->spm, (size_t)id); /* "<0x80>" to "<0xBF>" */
    return strncmp(piece, "<0x", 3) == 0 && strchr("89AB", piece[3]);
}

/* Many ids, some at a time. Before each lot but the first stands an <unk>, whose text is taken away again:
 * the library drops the space a text begins with. */
static lt_status decode_by_lots(const lt_tokenizer *t, lt_text *text, const lt_ids *ids, lt_error *error)
{
    lt_text lot_text = {0};
    lt_ids lot = {0};
    lt_status status;
    size_t guard;
    LT_GOTO(status, lt_ids_add(&lot, LT_UNK, error), done);
    LT_GOTO(status, lt_spm_decode(t->spm, &lot_text, lot.items, 1, error), done);
    guard = lot_text.length;
    for (size_t at = 0, end; at < ids->count; at = end) {
        end = ids->count - at > IDS_MAX ? at + IDS_MAX : ids->count;
        while (end < ids->count && end > at + 1 && continues_character(t, ids->items[end])) end--;
        lot.count = lot_text.length = 0;
        if (at) LT_GOTO(status, lt_ids_add(&lot, LT_UNK, error), done);
        for (size_t i = at; i < end; i++) LT_GOTO(status, lt_ids_add(&lot, ids->items[i], error), done);
        LT_GOTO(status, lt_spm_decode(t->spm, &lot_text, lot.items, lot.count, error), done);
        size_t skip = at ? guard : 0;
        LT_GOTO(status, lt_text_append(text, lot_text.data + skip, lot_text.length - skip, error), done);
    }
done:
    lt_text_clear(&lot_text);
    lt_ids_clear(&lot);
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
        status = kept.count > IDS_MAX ? decode_by_lots(tokenizer, text, &kept, error)
                                      : lt_spm_decode(tokenizer->spm, text, kept.items, kept.count, error);
    if (status == LT_OK)
        clean_line(text, first);
    else if (text->data)
        text->length = first, text->data[first] = '\0';
    lt_ids_clear(&kept);
    return status;
}
