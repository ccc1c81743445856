#include "model/linear.h"

#include <assert.h>

#include "model/base/phase.h"

lt_status lt_linear_init_part(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight,
                              size_t row, size_t rows, size_t column, size_t columns, lt_error *error)
{
    const lt_parameter *w = &params->list[weight];
    *linear = (lt_linear){.out = rows, .in = columns, .bias = SIZE_MAX};
    const lt_layout layout = {
        .in = columns, .out = rows, .weight = w->offset + row * w->columns + column, .stride = w->columns};
    return lt_weights_add(weights, &layout, &linear->laid_out, error);
}

lt_status lt_linear_init(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight,
                         int bias, lt_error *error)
{
    const lt_parameter *w = &params->list[weight];
    LT_TRY(lt_linear_init_part(linear, weights, params, weight, 0, w->rows, 0, w->columns, error));
    if (bias != LT_NO_PARAMETER) linear->bias = params->list[bias].offset;
    return LT_OK;
}

void lt_linear_forward_ld(const lt_linear *linear, const lt_weights *weights, real *y, size_t ldy,
                          const real *x, size_t ldx, size_t rows, bool accumulate)
{
    lt_phase_product(rows, linear->out, linear->in);
    const real *bias = linear->bias == SIZE_MAX || accumulate ? NULL : weights->values + linear->bias;
    weights->packing->gemm(y, ldy, x, ldx, weights->packed + weights->list[linear->laid_out].forward, bias,
                           rows, linear->out, linear->in, accumulate);
}

void lt_linear_backward_input_ld(const lt_linear *linear, const lt_weights *weights, real *dx, size_t lddx,
                                 const real *dy, size_t lddy, size_t rows, bool accumulate)
{
    assert(weights->learns);
    lt_phase_product(rows, linear->in, linear->out);
    weights->packing->gemm(dx, lddx, dy, lddy, weights->packed + weights->list[linear->laid_out].backward,
                           NULL, rows, linear->in, linear->out, accumulate);
}

void lt_linear_backward_weight_ld(const lt_linear *linear, const lt_weights *weights, real *gradients,
                                  const real *dy, size_t lddy, const real *x, size_t ldx, size_t rows)
{
    const lt_layout *w = &weights->list[linear->laid_out];
    lt_phase_product(linear->out, linear->in, rows);
    weights->packing->gemm_tn(gradients + w->weight, w->stride, dy, lddy, x, ldx, rows, linear->out,
                              linear->in);
    if (linear->bias != SIZE_MAX)
        weights->backend->sum_rows(gradients + linear->bias, dy, lddy, rows, linear->out);
}

void lt_linear_forward(const lt_linear *linear, const lt_weights *weights, real *y, const real *x,
                       size_t rows, bool accumulate)
{
    lt_linear_forward_ld(linear, weights, y, linear->out, x, linear->in, rows, accumulate);
}

void lt_linear_backward_input(const lt_linear *linear, const lt_weights *weights, real *dx, const real *dy,
                              size_t rows, bool accumulate)
{
    lt_linear_backward_input_ld(linear, weights, dx, linear->in, dy, linear->out, rows, accumulate);
}

void lt_linear_backward_weight(const lt_linear *linear, const lt_weights *weights, real *gradients,
                               const real *dy, const real *x, size_t rows)
{
    lt_linear_backward_weight_ld(linear, weights, gradients, dy, linear->out, x, linear->in, rows);
}

bool lt_linear_take_part(lt_linear_part *part, lt_arena *arena, const lt_linear *linear,
                         const lt_weights *weights, const int32_t *outputs, size_t count)
{
    const lt_packing *packing = weights->packing;
    const bool biased = linear->bias != SIZE_MAX;
    *part = (lt_linear_part){.count = count};
    part->packed = lt_arena_take(arena, packing->size(count, linear->in), 1);
    if (biased) part->bias = lt_arena_take(arena, count, sizeof *part->bias);
    if (!part->packed || (biased && !part->bias)) return false;
    packing->gather(part->packed, weights->packed + weights->list[linear->laid_out].forward, outputs, count,
                    linear->out, linear->in);
    for (size_t i = 0; biased && i < count; i++) part->bias[i] = weights->values[linear->bias + outputs[i]];
    return true;
}

void lt_linear_forward_part(const lt_linear_part *part, const lt_linear *linear, const lt_weights *weights,
                            real *y, const real *x, size_t rows)
{
    lt_phase_product(rows, part->count, linear->in);
    weights->packing->gemm(y, part->count, x, linear->in, part->packed, part->bias, rows, part->count,
                           linear->in, false);
}
