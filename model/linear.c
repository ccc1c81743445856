#include "model/linear.h"

#include "model/base/phase.h"

void lt_linear_init_part(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight,
                         size_t row, size_t rows, size_t column, size_t columns)
{
    const lt_parameter *w = &params->list[weight];
    const lt_backend *backend = weights->backend;
    *linear = (lt_linear){.out = rows, .in = columns, .stride = w->columns, .bias = SIZE_MAX};
    linear->weight = w->offset + row * w->columns + column;
    linear->forward = weights->packed_size;
    weights->packed_size += (backend->packed_size(rows, columns) + 15) / 16 * 16;
    linear->backward = weights->packed_size;
    weights->packed_size += (backend->packed_size(columns, rows) + 15) / 16 * 16;
}

void lt_linear_init(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight, int bias)
{
    const lt_parameter *w = &params->list[weight];
    lt_linear_init_part(linear, weights, params, weight, 0, w->rows, 0, w->columns);
    if (bias != LT_NO_PARAMETER) linear->bias = params->list[bias].offset;
}

void lt_linear_pack(const lt_linear *linear, const lt_weights *weights, size_t worker, size_t workers)
{
    const lt_backend *backend = weights->backend;
    const real *w = weights->values + linear->weight;
    size_t begin, end, out = linear->out, in = linear->in;
    lt_share(out, backend->pack_grain, workers, worker, &begin, &end);
    backend->pack(weights->packed + linear->forward, w, linear->stride, false, out, in, begin, end);
    lt_share(in, backend->pack_grain, workers, worker, &begin, &end);
    backend->pack(weights->packed + linear->backward, w, linear->stride, true, in, out, begin, end);
}

void lt_linear_forward_ld(const lt_linear *linear, const lt_weights *weights, real *y, size_t ldy,
                          const real *x, size_t ldx, size_t rows, bool accumulate)
{
    lt_phase_product(rows, linear->out, linear->in);
    const real *bias = linear->bias == SIZE_MAX || accumulate ? NULL : weights->values + linear->bias;
    weights->backend->gemm_packed(y, ldy, x, ldx, weights->packed + linear->forward, bias, rows, linear->out,
                                  linear->in, accumulate);
}

void lt_linear_backward_input_ld(const lt_linear *linear, const lt_weights *weights, real *dx, size_t lddx,
                                 const real *dy, size_t lddy, size_t rows, bool accumulate)
{
    lt_phase_product(rows, linear->in, linear->out);
    weights->backend->gemm_packed(dx, lddx, dy, lddy, weights->packed + linear->backward, NULL, rows,
                                  linear->in, linear->out, accumulate);
}

void lt_linear_backward_weight_ld(const lt_linear *linear, const lt_weights *weights, real *gradients,
                                  const real *dy, size_t lddy, const real *x, size_t ldx, size_t rows)
{
    const lt_backend *backend = weights->backend;
    lt_phase_product(linear->out, linear->in, rows);
    backend->gemm_tn(gradients + linear->weight, linear->stride, dy, lddy, x, ldx, rows, linear->out,
                     linear->in);
    if (linear->bias != SIZE_MAX) backend->sum_rows(gradients + linear->bias, dy, lddy, rows, linear->out);
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
