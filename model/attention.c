/* Attention over the true length of each source:
 *
 *   score_s = q . k_s · scale  or, additive,  v . tanh(W_q q + k_s)      k = m, W m or W_k m
 *   alpha   = softmax(score)                                              seen = sum_s alpha_s m_s
 *
 * with coverage cov_s, the sum of alpha_s at the earlier steps: + w cov_s on the score, or + w cov_s inside
 * the tanh.
 *
 * Backward:
 *   dalpha_s = dseen . m_s + dcov_s (from later steps)      dm_s += alpha_s dseen
 *   dscore_s = alpha_s (dalpha_s - sum_j alpha_j dalpha_j)
 *   dq += dscore_s scale k_s       dk_s += dscore_s scale q        dw += dscore_s cov_s     dcov_s +=
 * dscore_s w additive, u = tanh(..): da = dscore_s v (1 - u^2);  dv += dscore_s u;  dk_s += da;  d(W_q q) +=
 * da; dw += da cov_s;  dcov_s += da . w */
#include "model/attention.h"

#include <math.h>
#include <string.h>

#include "model/base/phase.h"

lt_status lt_attention_init(lt_attention *a, lt_weights *weights, lt_params *params, int kind, bool covers,
                            size_t query, size_t memory, int initialization, lt_error *error)
{
    const bool additive = kind == LT_ATTENTION_ADDITIVE;
    *a = (lt_attention){
        .kind = kind, .query = query, .memory = memory, .width = query, .scale = 1, .covers = covers};
    lt_init w = lt_init_matrix(initialization, memory, query, false);
    lt_init square = lt_init_matrix(initialization, query, query, false);
    lt_init vector = {LT_INIT_UNIFORM, 1 / sqrt((double)query)};
    int place;
    if (kind == LT_ATTENTION_NONE) return LT_OK;
    if (kind == LT_ATTENTION_SCALED_DOT) a->scale = 1 / sqrt((double)memory);
    if (kind == LT_ATTENTION_GENERAL || additive) {
        LT_TRY(lt_params_add(params, &place, query, memory, w, error,
                             additive ? "attention.key.weight" : "attention.weight"));
        LT_TRY(lt_linear_init(&a->key, weights, params, place, LT_NO_PARAMETER, error));
    }
    if (additive) {
        LT_TRY(lt_params_add(params, &place, query, query, square, error, "attention.query.weight"));
        LT_TRY(lt_linear_init(&a->mix, weights, params, place, LT_NO_PARAMETER, error));
        LT_TRY(lt_params_add(params, &place, query, 0, vector, error, "attention.v"));
        a->v = params->list[place].offset;
    }
    if (covers) {
        LT_TRY(lt_params_add(params, &place, additive ? query : 1, 0, vector, error, "attention.coverage"));
        a->coverage = params->list[place].offset;
    }
    return LT_OK;
}

bool lt_attention_keys(const lt_attention *attention, const lt_weights *weights, lt_arena *arena,
                       lt_context *context)
{
    context->keys = context->memory;
    if (attention->key.in == 0) return true;
    context->keys = lt_arena_take(arena, context->total * attention->width, sizeof(real));
    if (!context->keys) return false;
    lt_linear_forward(&attention->key, weights, context->keys, context->memory, context->total, false);
    return true;
}

void lt_attention_end_backward(const lt_attention *attention, const lt_weights *weights, real *gradients,
                               const lt_context *context, const lt_context_gradient *gradient,
                               const real *query, size_t total, const lt_attention_saved *saved)
{
    if (saved->mixed)
        lt_linear_backward_weight(&attention->mix, weights, gradients, saved->mixed, query, total);
    if (attention->key.in == 0) return; /* the keys' gradient is the memory's */
    lt_linear_backward_weight(&attention->key, weights, gradients, gradient->keys, context->memory,
                              context->total);
    lt_linear_backward_input(&attention->key, weights, gradient->memory, gradient->keys, context->total,
                             true);
}

bool lt_attention_take(const lt_attention *attention, lt_arena *arena, const lt_sequence *sequence,
                       const lt_context *context, lt_attention_saved *saved)
{
    const size_t n = sequence->total * context->longest;
    *saved = (lt_attention_saved){.alpha = lt_arena_take(arena, n, sizeof(real)),
                                  .work = lt_arena_take(arena, attention->width, sizeof(real))};
    if (attention->kind == LT_ATTENTION_ADDITIVE)
        saved->mixed = lt_arena_take(arena, sequence->total * attention->width, sizeof(real));
    if (attention->covers) saved->coverage = lt_arena_take(arena, n, sizeof(real));
    return saved->alpha && saved->work && (saved->mixed || attention->kind != LT_ATTENTION_ADDITIVE) &&
           (saved->coverage || !attention->covers);
}

/* u (A) = tanh(W_q q + k_s + w cov_s) */
static void additive_unit(const lt_attention *a, const lt_weights *weights, real *u, const real *mixed,
                          const real *key, real covered)
{
    for (size_t j = 0; j < a->width; j++) u[j] = mixed[j] + key[j];
    if (a->covers) weights->backend->axpy(u, covered, weights->values + a->coverage, a->width);
    weights->backend->tanh(u, a->width);
}

/* alpha (S) of one target token; `work` (A) is scratch of the additive score. */
static void weigh(const lt_attention *a, const lt_weights *weights, const real *keys, size_t length,
                  real *alpha, const real *query, const real *covered, real *work)
{
    const lt_backend *backend = weights->backend;
    lt_phase_product(1, length, a->width);
    for (size_t s = 0; s < length; s++, keys += a->width) {
        if (a->kind == LT_ATTENTION_ADDITIVE) {
            additive_unit(a, weights, work, query, keys, covered ? covered[s] : 0);
            alpha[s] = backend->dot(work, weights->values + a->v, a->width);
            continue;
        }
        alpha[s] = backend->dot(query, keys, a->width) * (real)a->scale;
        if (covered) alpha[s] += weights->values[a->coverage] * covered[s];
    }
    backend->softmax(alpha, length);
}

void lt_attention_forward(const lt_attention *a, const lt_weights *weights, const lt_context *context,
                          const lt_sequence *sequence, size_t begin, size_t end, real *seen, size_t ld,
                          const real *query, real *coverage, lt_attention_saved *saved)
{
    const size_t longest = context->longest, memory = a->memory;
    const lt_backend *backend = weights->backend;
    const size_t first = sequence->start[begin], last = sequence->start[end - 1] + sequence->rows[end - 1];
    if (saved->mixed)
        lt_linear_forward(&a->mix, weights, saved->mixed + first * a->width, query + first * a->query,
                          last - first, false);
    for (size_t t = begin; t < end; t++)
        for (size_t b = 0; b < sequence->rows[t]; b++) {
            const size_t n = sequence->start[t] + b, sentence = sequence->sentence[b];
            const size_t at = context->start[sentence], length = context->length[sentence];
            const real *q = saved->mixed ? saved->mixed + n * a->width : query + n * a->query;
            real *alpha = saved->alpha + n * longest, *y = seen + n * ld;
            real *before = coverage ? coverage + b * longest : NULL;
            if (before) memcpy(saved->coverage + n * longest, before, length * sizeof *before);
            weigh(a, weights, context->keys + at * a->width, length, alpha, q, before, saved->work);
            lt_phase_product(1, memory, length);
            memset(y, 0, memory * sizeof *y);
            for (size_t s = 0; s < length; s++)
                backend->axpy(y, alpha[s], context->memory + (at + s) * memory, memory);
            if (before) backend->add(before, alpha, length);
        }
}

/* What one token's backward pass works on. */
typedef struct token {
    size_t at, length; /* its source's positions */
    const real *alpha, *covered, *query;
    real *dscore;    /* (S) */
    real *dquery;    /* (A) */
    real *dcoverage; /* (S) or NULL */
} token;

/* dscore from dalpha, which is taken from dseen (D) and, with coverage, from the later steps. */
static void scores_backward(const lt_attention *a, const lt_backend *backend, const lt_context *context,
                            const lt_context_gradient *gradient, const token *k, const real *dseen)
{
    const size_t memory = a->memory;
    lt_phase_product(2, k->length, memory); /* of dalpha and of dm */
    for (size_t s = 0; s < k->length; s++) {
        k->dscore[s] = backend->dot(dseen, context->memory + (k->at + s) * memory, memory);
        if (k->dcoverage) k->dscore[s] += k->dcoverage[s];
        backend->axpy(gradient->memory + (k->at + s) * memory, k->alpha[s], dseen, memory);
    }
    const real mean = backend->dot(k->alpha, k->dscore, k->length);
    for (size_t s = 0; s < k->length; s++) k->dscore[s] = k->alpha[s] * (k->dscore[s] - mean);
}

static void product_backward(const lt_attention *a, const lt_weights *weights, real *gradients,
                             const lt_context *context, const lt_context_gradient *gradient, const token *k)
{
    const lt_backend *backend = weights->backend;
    lt_phase_product(2, k->length, a->width); /* of dq and of dk */
    for (size_t s = 0; s < k->length; s++) {
        const real d = k->dscore[s] * (real)a->scale;
        backend->axpy(k->dquery, d, context->keys + (k->at + s) * a->width, a->width);
        backend->axpy(gradient->keys + (k->at + s) * a->width, d, k->query, a->width);
        if (!a->covers) continue;
        gradients[a->coverage] += k->dscore[s] * k->covered[s];
        k->dcoverage[s] += k->dscore[s] * weights->values[a->coverage];
    }
}

/* `work` (A) is scratch. */
static void additive_backward(const lt_attention *a, const lt_weights *weights, real *gradients,
                              const lt_context *context, const lt_context_gradient *gradient, const token *k,
                              real *work)
{
    const lt_backend *backend = weights->backend;
    const real *v = weights->values + a->v;
    for (size_t s = 0; s < k->length; s++) {
        const real d = k->dscore[s];
        additive_unit(a, weights, work, k->query, context->keys + (k->at + s) * a->width,
                      k->covered ? k->covered[s] : 0);
        backend->axpy(gradients + a->v, d, work, a->width);
        for (size_t j = 0; j < a->width; j++) work[j] = d * v[j] * (1 - work[j] * work[j]);
        backend->add(k->dquery, work, a->width);
        backend->add(gradient->keys + (k->at + s) * a->width, work, a->width);
        if (!a->covers) continue;
        backend->axpy(gradients + a->coverage, k->covered[s], work, a->width);
        k->dcoverage[s] += backend->dot(work, weights->values + a->coverage, a->width);
    }
}

bool lt_attention_backward(const lt_attention *a, const lt_weights *weights, real *gradients, lt_arena *arena,
                           const lt_context *context, const lt_context_gradient *gradient,
                           const lt_sequence *sequence, size_t begin, size_t end, const real *dseen,
                           size_t ld, const real *query, real *dquery, real *dcoverage,
                           const lt_attention_saved *saved)
{
    const size_t longest = context->longest;
    const size_t first = sequence->start[begin], last = sequence->start[end - 1] + sequence->rows[end - 1];
    const bool additive = a->kind == LT_ATTENTION_ADDITIVE;
    real *dscore = lt_arena_take(arena, longest, sizeof *dscore),
         *work = lt_arena_take(arena, a->width, sizeof *work);
    real *dmixed = additive ? lt_arena_take(arena, a->width, sizeof *dmixed) : NULL;
    if (!dscore || !work || (additive && !dmixed)) return false;
    for (size_t t = end; t-- > begin;)
        for (size_t b = 0; b < sequence->rows[t]; b++) {
            const size_t n = sequence->start[t] + b, sentence = sequence->sentence[b];
            const token k = {
                .at = context->start[sentence],
                .length = context->length[sentence],
                .alpha = saved->alpha + n * longest,
                .covered = a->covers ? saved->coverage + n * longest : NULL,
                .query = additive ? saved->mixed + n * a->width : query + n * a->query,
                .dscore = dscore,
                .dquery = additive ? dmixed : dquery + n * a->query,
                .dcoverage = dcoverage ? dcoverage + b * longest : NULL,
            };
            scores_backward(a, weights->backend, context, gradient, &k, dseen + n * ld);
            if (!additive) {
                product_backward(a, weights, gradients, context, gradient, &k);
                continue;
            }
            memset(dmixed, 0, a->width * sizeof *dmixed);
            additive_backward(a, weights, gradients, context, gradient, &k, work);
            memcpy(saved->mixed + n * a->width, dmixed, a->width * sizeof *dmixed);
        }
    if (additive)
        lt_linear_backward_input(&a->mix, weights, dquery + first * a->query, saved->mixed + first * a->width,
                                 last - first, true);
    return true;
}
