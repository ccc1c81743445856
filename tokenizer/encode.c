#include <stdlib.h>
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

/* `ranges` (may be NULL): empty; gets where in the line each id stands. */
static lt_status encode_parts(const lt_tokenizer *tokenizer, lt_ids *ids, lt_ranges *ranges, lt_parts *parts,
                              lt_error *error)
{
    const size_t first = ids->count;
    while (lt_tokenizer_next_part(parts, PART_MAX)) {
        const size_t start = ids->count, offset = (size_t)(parts->part - parts->text);
        LT_TRY(lt_spm_encode(tokenizer->spm, ids, ranges, parts->part, parts->part_length, parts->continues,
                             error));
        lt_range *own = ranges && start < ids->count ? ranges->items + (start - first) : NULL;
        for (size_t i = 0; own && i < ids->count - start; i++) own[i].begin += offset, own[i].end += offset;
        /* what is unknown in a row is one <unk>, over a cut as elsewhere */
        if (start > first && ids->count > start && ids->items[start] == LT_UNK &&
            ids->items[start - 1] == LT_UNK) {
            memmove(&ids->items[start], &ids->items[start + 1], (--ids->count - start) * sizeof *ids->items);
            if (!own) continue;
            own[-1].end = own[0].end;
            memmove(own, own + 1, (ids->count - start) * sizeof *own);
            ranges->count--;
        }
    }
    /* the library does not take a text that says "</s>" by its name; this is what callers rely on */
    for (size_t i = first; i < ids->count; i++)
        if (ids->items[i] < LT_UNK) ids->items[i] = LT_UNK;
    return LT_OK;
}

lt_status lt_tokenizer_encode_words(const lt_tokenizer *tokenizer, lt_ids *ids, lt_word_list *words,
                                    const char *bytes, size_t length, lt_error *error)
{
    lt_text storage = {0};
    lt_parts parts = {.length = length};
    lt_ranges ranges = {0};
    lt_status status = lt_utf8_clean(&storage, &parts.text, &parts.length, bytes, NULL, error);
    if (status == LT_OK) status = encode_parts(tokenizer, ids, words ? &ranges : NULL, &parts, error);
    if (status == LT_OK && words)
        status = lt_words_of_ranges(words, &ranges, parts.text, parts.length, false, error);
    free(ranges.items);
    lt_text_clear(&storage);
    return status;
}

lt_status lt_tokenizer_encode(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              lt_error *error)
{
    return lt_tokenizer_encode_words(tokenizer, ids, NULL, bytes, length, error);
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
static lt_status decode_by_lots(const lt_tokenizer *t, lt_text *text, lt_ranges *ranges, const lt_ids *ids,
                                lt_error *error)
{
    lt_text lot_text = {0};
    lt_ids lot = {0};
    lt_ranges lot_ranges = {0};
    const size_t first = text->length;
    lt_status status;
    size_t guard;
    LT_GOTO(status, lt_ids_add(&lot, LT_UNK, error), done);
    LT_GOTO(status, lt_spm_decode(t->spm, &lot_text, NULL, lot.items, 1, error), done);
    guard = lot_text.length;
    for (size_t at = 0, end; at < ids->count; at = end) {
        end = ids->count - at > IDS_MAX ? at + IDS_MAX : ids->count;
        while (end < ids->count && end > at + 1 && continues_character(t, ids->items[end])) end--;
        lot.count = lot_text.length = lot_ranges.count = 0;
        if (at) LT_GOTO(status, lt_ids_add(&lot, LT_UNK, error), done);
        for (size_t i = at; i < end; i++) LT_GOTO(status, lt_ids_add(&lot, ids->items[i], error), done);
        LT_GOTO(status,
                lt_spm_decode(t->spm, &lot_text, ranges ? &lot_ranges : NULL, lot.items, lot.count, error),
                done);
        const size_t skip = at ? guard : 0, before = text->length - first;
        for (size_t i = at > 0; i < lot_ranges.count; i++) {
            const lt_range *range = &lot_ranges.items[i];
            LT_GOTO(status,
                    lt_ranges_add(ranges, range->begin - skip + before, range->end - skip + before, error),
                    done);
        }
        LT_GOTO(status, lt_text_append(text, lot_text.data + skip, lot_text.length - skip, error), done);
    }
done:
    lt_text_clear(&lot_text);
    lt_ids_clear(&lot);
    free(lot_ranges.items);
    return status;
}

/* The ids that have a text: no reserved one but <unk>. */
static lt_status keep_readable(const lt_tokenizer *tokenizer, lt_ids *kept, const int32_t *ids, size_t count,
                               lt_error *error)
{
    const size_t pieces = lt_tokenizer_size(tokenizer);
    for (size_t i = 0; i < count; i++) {
        if (ids[i] < 0 || (size_t)ids[i] >= pieces)
            return lt_fail(error, LT_ERROR_FORMAT,
                           "id %ld (the %zuth) is out of range: the tokenizer has the ids 0 to %zu",
                           (long)ids[i], i + 1, pieces - 1);
        if (ids[i] >= LT_UNK) LT_TRY(lt_ids_add(kept, ids[i], error));
    }
    return LT_OK;
}

/* `ranges` are the readable ids'; each of the others gets one behind the text, so that there is one for each
 * id. */
static lt_status spread(lt_ranges *ranges, const int32_t *ids, size_t count, lt_error *error)
{
    size_t readable = ranges->count;
    while (ranges->count < count) LT_TRY(lt_ranges_add(ranges, SIZE_MAX, SIZE_MAX, error));
    for (size_t i = count; i-- > readable;)
        ranges->items[i] = ids[i] >= LT_UNK ? ranges->items[--readable] : (lt_range){SIZE_MAX, SIZE_MAX};
    return LT_OK;
}

lt_status lt_tokenizer_decode_words(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                                    const int32_t *ids, size_t count, lt_error *error)
{
    lt_ids kept = {0};
    lt_ranges ranges = {0}, *wanted = words ? &ranges : NULL;
    const size_t first = text->length;
    lt_status status = keep_readable(tokenizer, &kept, ids, count, error);
    if (status == LT_OK)
        status = kept.count > IDS_MAX
                     ? decode_by_lots(tokenizer, text, wanted, &kept, error)
                     : lt_spm_decode(tokenizer->spm, text, wanted, kept.items, kept.count, error);
    if (status == LT_OK && words) status = spread(&ranges, ids, count, error);
    if (status == LT_OK && words)
        status = lt_words_of_ranges(words, &ranges, text->data + first, text->length - first, true, error);
    if (status == LT_OK)
        clean_line(text, first);
    else if (text->data)
        text->length = first, text->data[first] = '\0';
    free(ranges.items);
    lt_ids_clear(&kept);
    return status;
}

lt_status lt_tokenizer_decode(const lt_tokenizer *tokenizer, lt_text *text, const int32_t *ids, size_t count,
                              lt_error *error)
{
    return lt_tokenizer_decode_words(tokenizer, text, NULL, ids, count, error);
}
