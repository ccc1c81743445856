/* attention.h: what the decoder sees of the sources, and how a target position looks at it. */
#ifndef LT_ATTENTION_H
#define LT_ATTENTION_H

#include "model/linear.h"
#include "model/sequence.h"

/* The sources as the decoder sees them, sentence after sentence without padding. Which sentence a row of the
 * decoder's sequence belongs to is what sequence->sentence says. Memory of an arena. */
typedef struct lt_context {
    size_t sentences, total, longest; /* B; N: the sum of the lengths; S: the longest length */
    const size_t *start, *length;     /* (B) a sentence's positions are [start, start + length) */
    real *memory;                     /* (N, D) the encoder's outputs; NULL where there is no attention */
    real *keys;                       /* (N, A) what scores are computed with; may be `memory` itself */
    real *summary;      /* (B, D) the top layer's final h; NULL unless it is seen at every step */
    real *summary_sums; /* (B, G·H) what it adds to the sums of the decoder's layer 0 */
} lt_context;

/* The gradient of the parts above that are not NULL. */
typedef struct lt_context_gradient {
    real *memory, *keys, *summary;
} lt_context_gradient;

typedef struct lt_attention {
    int kind;      /* LT_ATTENTION_*; NONE: there is none */
    size_t query;  /* H, the width of the decoder's output */
    size_t memory; /* D */
    size_t width;  /* A, of a key */
    double scale;  /* of the score */
    lt_linear key; /* general: W (H, D); additive: W_k (A, D) */
    lt_linear mix; /* additive: W_q (A, H) */
    size_t v;      /* additive: offset of v (A) */
    bool covers;   /* the score also sees the sum of the earlier steps' alpha (Tu 2016; See 2017) */
    size_t
        coverage; /* offset of its weight: (A) inside the tanh for additive, else (1), added to the score */
} lt_attention;

/* What forward keeps for backward. */
typedef struct lt_attention_saved {
    real *alpha;    /* (N, S) of each target token; behind its source's length nothing */
    real *mixed;    /* (N, A) W_q q, additive only; backward leaves its gradient there */
    real *coverage; /* (N, S) the sum of alpha before the token, or NULL */
    real *work;     /* (A) scratch */
} lt_attention_saved;

/* Adds "attention.weight" ... to `params`. */
lt_status lt_attention_init(lt_attention *attention, lt_weights *weights, lt_params *params, int kind,
                            bool covers, size_t query, size_t memory, int initialization, lt_error *error);

/* context->keys of context->memory. False: out of memory. */
bool lt_attention_keys(const lt_attention *attention, const lt_weights *weights, lt_arena *arena,
                       lt_context *context);
/* After all steps went backwards: gradient->memory += what gradient->keys brings; and the gradients of W, W_k
 * and W_q. query (N, H), of the sequence's `total` tokens. */
void lt_attention_end_backward(const lt_attention *attention, const lt_weights *weights, real *gradients,
                               const lt_context *context, const lt_context_gradient *gradient,
                               const real *query, size_t total, const lt_attention_saved *saved);

/* Room for a sequence of target tokens. False: out of memory. */
bool lt_attention_take(const lt_attention *attention, lt_arena *arena, const lt_sequence *sequence,
                       const lt_context *context, lt_attention_saved *saved);

/* Steps [begin, end) of the sequence: `seen` (N, ld), its first D columns: sum_s alpha_s m_s. query (N, H).
 * coverage (B, S): in, the sum of alpha of the steps before; out, with these; NULL where the attention does
 * not cover. */
void lt_attention_forward(const lt_attention *attention, const lt_weights *weights, const lt_context *context,
                          const lt_sequence *sequence, size_t begin, size_t end, real *seen, size_t ld,
                          const real *query, real *coverage, lt_attention_saved *saved);

/* The same steps backwards: dseen (N, ld). dquery (N, H) and `gradient` are added to. dcoverage (B, S): in,
 * the gradient of the sum that the steps behind see; out, of what these see. False: out of memory. */
bool lt_attention_backward(const lt_attention *attention, const lt_weights *weights, real *gradients,
                           lt_arena *arena, const lt_context *context, const lt_context_gradient *gradient,
                           const lt_sequence *sequence, size_t begin, size_t end, const real *dseen,
                           size_t ld, const real *query, real *dquery, real *dcoverage,
                           const lt_attention_saved *saved);

#endif
