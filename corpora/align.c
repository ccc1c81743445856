#include <math.h>

#include "corpora/blocks.h"
#include "corpora/words.h"

enum {
    SLACK = 12,       /* characters by which lengths may differ whatever their ratio */
    WHOLE_MOST = 400, /* characters of a text of several sentences that is kept in one piece */
};

bool lt_lengths_agree(size_t src, size_t trg, double expected, double most)
{
    double a = (double)src * sqrt(expected), b = (double)trg / sqrt(expected);
    return fmax(a, b) + SLACK <= (fmin(a, b) + SLACK) * most;
}

static lt_line line_of(const lt_blocks *blocks, const lt_block *block, const lt_span *within)
{
    const char *bytes = (blocks->text.data ? blocks->text.data : "") + block->span.begin;
    return within ? (lt_line){bytes + within->begin, within->length} : (lt_line){bytes, block->span.length};
}

static bool agree(const lt_aligner *a, const lt_line *src, const lt_line *trg)
{
    return lt_lengths_agree(lt_characters(src->bytes, src->length), lt_characters(trg->bytes, trg->length),
                            a->expected, a->most);
}

/* Do the sentences of two blocks correspond, as far as their number and their lengths tell? */
static bool sentences_agree(const lt_aligner *a, const lt_block *src, const lt_block *trg)
{
    if (a->src_sentences.count != a->trg_sentences.count) return false;
    for (size_t i = 0; i < a->src_sentences.count; i++) {
        lt_line s = line_of(&a->src, src, &a->src_sentences.items[i]);
        lt_line t = line_of(&a->trg, trg, &a->trg_sentences.items[i]);
        if (!agree(a, &s, &t)) return false;
    }
    return true;
}

static lt_status align_block(lt_aligner *a, const lt_block *src, const lt_block *trg, lt_error *error)
{
    lt_line s = line_of(&a->src, src, NULL), t = line_of(&a->trg, trg, NULL);
    if (src->kind == LT_BLOCK_DISPLAY) return a->counts.displays++, LT_OK;
    if (src->kind == LT_BLOCK_SYNOPSIS) return a->pair(a->context, &s, &t, error);
    LT_TRY(lt_sentences_split(&a->src_sentences, s.bytes, s.length, a->src_language, error));
    LT_TRY(lt_sentences_split(&a->trg_sentences, t.bytes, t.length, a->trg_language, error));
    if (!sentences_agree(a, src, trg)) {
        bool one = a->src_sentences.count == 1 && a->trg_sentences.count == 1;
        bool fits =
            lt_characters(s.bytes, s.length) <= WHOLE_MOST && lt_characters(t.bytes, t.length) <= WHOLE_MOST;
        if (!one) *(fits ? &a->counts.whole : &a->counts.too_long) += 1;
        return one || fits ? a->pair(a->context, &s, &t, error) : LT_OK;
    }
    for (size_t i = 0; i < a->src_sentences.count; i++) {
        s = line_of(&a->src, src, &a->src_sentences.items[i]);
        t = line_of(&a->trg, trg, &a->trg_sentences.items[i]);
        LT_TRY(a->pair(a->context, &s, &t, error));
    }
    return LT_OK;
}

/* Behind the last block of the paragraph that `begin` is in. */
static size_t paragraph_end(const lt_blocks *blocks, size_t begin)
{
    size_t end = begin;
    while (end < blocks->count && blocks->items[end].paragraph == blocks->items[begin].paragraph) end++;
    return end;
}

static bool same_kinds(const lt_block *src, size_t src_count, const lt_block *trg, size_t trg_count)
{
    if (src_count != trg_count) return false;
    for (size_t i = 0; i < src_count; i++)
        if (src[i].kind != trg[i].kind) return false;
    return true;
}

static size_t paragraphs(const lt_blocks *blocks)
{
    return blocks->items[blocks->count - 1].paragraph;
}

lt_status lt_align(lt_aligner *aligner, const lt_line *src, const lt_line *trg, lt_error *error)
{
    lt_blocks *s = &aligner->src, *t = &aligner->trg;
    LT_TRY(lt_blocks_read(s, src, error));
    LT_TRY(lt_blocks_read(t, trg, error));
    /* where " ." stands may differ around lists: the blocks in their order decide first */
    bool all = same_kinds(s->items, s->count, t->items, t->count);
    if (!all && paragraphs(s) != paragraphs(t)) {
        aligner->counts.paragraphs++;
        return align_block(aligner, s->items, t->items, error);
    }
    for (size_t i = 0, j = 0; i < s->count && j < t->count;) {
        size_t i_end = all ? i + 1 : paragraph_end(s, i), j_end = all ? j + 1 : paragraph_end(t, j);
        if (same_kinds(s->items + i, i_end - i, t->items + j, j_end - j))
            for (size_t k = 0; k < i_end - i; k++)
                LT_TRY(align_block(aligner, &s->items[i + k], &t->items[j + k], error));
        else
            aligner->counts.lists++;
        i = i_end;
        j = j_end;
    }
    return LT_OK;
}

void lt_aligner_clear(lt_aligner *aligner)
{
    lt_blocks_clear(&aligner->src);
    lt_blocks_clear(&aligner->trg);
    lt_spans_clear(&aligner->src_sentences);
    lt_spans_clear(&aligner->trg_sentences);
}
