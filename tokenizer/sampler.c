/* sampler.c: segmentations drawn anew of what was encoded already. */
#include <stdlib.h>
#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

struct lt_sampler {
    const lt_tokenizer *tokenizer;
    double dropout;      /* of bpe */
    lt_lattice *lattice; /* of unigram, else NULL */
};

lt_status lt_sampler_create(lt_sampler **sampler, const lt_tokenizer *tokenizer, double alpha,
                            lt_error *error)
{
    *sampler = NULL;
    LT_TRY(lt_sampling_check(tokenizer, alpha, error));
    if (tokenizer->facts.special)
        return lt_fail(error, LT_ERROR_USAGE,
                       "the tokenizer has user-defined or unused pieces: its segmentations cannot be drawn; "
                       "a model of 'latimer tokenizer train' has none");
    lt_sampler *s = calloc(1, sizeof *s);
    if (!s) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a sampler");
    *s = (lt_sampler){.tokenizer = tokenizer, .dropout = alpha};
    lt_status status = LT_OK;
    if (tokenizer->facts.type == LT_TOKENIZER_UNIGRAM)
        status = lt_lattice_create(&s->lattice, tokenizer, alpha, error);
    if (status == LT_OK)
        *sampler = s;
    else
        lt_sampler_free(s);
    return status;
}

void lt_sampler_free(lt_sampler *sampler)
{
    if (!sampler) return;
    lt_lattice_free(sampler->lattice);
    free(sampler);
}

/* The byte that a piece such as <0xE3> stands for; -1: it is none. */
static int byte_of(const lt_tokenizer *t, const char *piece)
{
    if (!t->facts.byte_fallback || strlen(piece) != 6 || memcmp(piece, "<0x", 3) != 0) return -1;
    return (int)strtol(piece + 3, NULL, 16);
}

/* Appends what a piece was cut from. */
static lt_status append_text(const lt_tokenizer *t, lt_text *text, int32_t id, lt_error *error)
{
    const char *piece = lt_spm_piece(t->spm, (size_t)id);
    if (lt_spm_normal(t->spm, (size_t)id)) return lt_text_append(text, piece, strlen(piece), error);
    int byte = byte_of(t, piece);
    char own = byte < 0 ? LT_UNREADABLE : (char)byte;
    return lt_text_append(text, &own, 1, error);
}

lt_status lt_sampler_draw(const lt_sampler *sampler, lt_ids *ids, const int32_t *from, size_t count,
                          uint64_t seed, lt_error *error)
{
    const lt_tokenizer *t = sampler->tokenizer;
    lt_text text = {0};
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(seed, 0, 0, 0));
    lt_status status = LT_OK;
    for (size_t i = 0; i < count && status == LT_OK; i++) status = append_text(t, &text, from[i], error);
    if (status == LT_OK && text.length)
        status = sampler->lattice
                     ? lt_lattice_draw(sampler->lattice, ids, text.data, text.length, &rng, error)
                     : lt_bpe_dropout(t, ids, text.data, text.length, sampler->dropout, &rng, error);
    lt_text_clear(&text);
    return status;
}
