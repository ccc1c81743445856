/* bpe_dropout.c: byte-pair encoding that forgets some of its merges (Provilkov, Emelianenko & Voita 2020),
 * and the ids of what is no piece. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

enum { WORD_MAX = 256 }; /* characters among which merges are looked for, at most */

/* A word as it is merged. */
typedef struct word {
    const char *text;
    size_t count;
    struct symbol {
        size_t start, length;
        int32_t joined; /* the piece this one and the next make, or LT_UNK */
        float score;    /* of it */
    } symbols[WORD_MAX];
} word;

/* What is cut from a line next: a word with the mark before it, or as much of it as WORD_MAX allows. */
static size_t take_word(word *w, const char *text, size_t length)
{
    size_t at = 0;
    w->text = text;
    for (w->count = 0; at < length && w->count < WORD_MAX; w->count++) {
        size_t size = lt_utf8_next(text + at, length - at, NULL);
        if (size == 0) size = 1;
        if (w->count && size == 3 && memcmp(text + at, "\xE2\x96\x81", 3) == 0) break;
        w->symbols[w->count] = (struct symbol){.start = at, .length = size};
        at += size;
    }
    return at;
}

static void look_up(const lt_tokenizer *t, word *w, size_t i)
{
    struct symbol *s = &w->symbols[i];
    s->joined = LT_UNK;
    if (i + 1 >= w->count) return;
    int32_t id = lt_spm_id(t->spm, w->text + s->start, s->length + w->symbols[i + 1].length);
    if (!lt_spm_normal(t->spm, (size_t)id)) return;
    s->joined = id;
    s->score = lt_spm_score(t->spm, (size_t)id);
}

/* Algorithm 1 of Provilkov et al. 2020: of the possible merges each is dropped with probability `dropout`,
 * the best of the others is made, until none is left. What was dropped may be made at the next step. (The
 * library drops a merge once for all when it is its turn: with the same probability it gives shorter pieces.)
 */
static void merge(const lt_tokenizer *t, word *w, double dropout, lt_rng *rng)
{
    for (size_t i = 0; i < w->count; i++) look_up(t, w, i);
    for (;;) {
        size_t best = w->count;
        float best_score = 0;
        for (size_t i = 0; i + 1 < w->count; i++) {
            const struct symbol *s = &w->symbols[i];
            if (s->joined == LT_UNK || lt_rng_uniform(rng) < dropout) continue;
            if (best == w->count || s->score > best_score) best = i, best_score = s->score;
        }
        if (best == w->count) return;
        w->symbols[best].length += w->symbols[best + 1].length;
        w->count--;
        memmove(&w->symbols[best + 1], &w->symbols[best + 2], (w->count - best - 1) * sizeof *w->symbols);
        look_up(t, w, best);
        if (best) look_up(t, w, best - 1);
    }
}

lt_status lt_append_unknown(const lt_tokenizer *t, lt_ids *ids, const char *text, size_t length,
                            bool *unknown, lt_error *error)
{
    bool in_bytes = t->facts.byte_fallback && *text != LT_UNREADABLE;
    for (size_t i = 0; in_bytes && i < length; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", (unsigned char)text[i]);
        LT_TRY(lt_ids_add(ids, lt_spm_id(t->spm, name, strlen(name)), error));
    }
    if (!in_bytes && !*unknown) LT_TRY(lt_ids_add(ids, LT_UNK, error));
    *unknown = !in_bytes;
    return LT_OK;
}

static lt_status append_word(const lt_tokenizer *t, lt_ids *ids, const word *w, bool *unknown,
                             lt_error *error)
{
    for (size_t i = 0; i < w->count; i++) {
        const struct symbol *s = &w->symbols[i];
        int32_t id = lt_spm_id(t->spm, w->text + s->start, s->length);
        if (!lt_spm_normal(t->spm, (size_t)id)) {
            LT_TRY(lt_append_unknown(t, ids, w->text + s->start, s->length, unknown, error));
            continue;
        }
        LT_TRY(lt_ids_add(ids, id, error));
        *unknown = false;
    }
    return LT_OK;
}

lt_status lt_bpe_dropout(const lt_tokenizer *t, lt_ids *ids, const char *text, size_t length, double dropout,
                         lt_rng *rng, lt_error *error)
{
    word *w = malloc(sizeof *w);
    bool unknown = false;
    lt_status status = w ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory for a word");
    for (size_t at = 0; status == LT_OK && at < length;) {
        at += take_word(w, text + at, length - at);
        merge(t, w, dropout, rng);
        status = append_word(t, ids, w, &unknown, error);
    }
    free(w);
    return status;
}
