#include "model/linear.h"

void lt_linear_init(lt_linear *linear, lt_weights *weights, const lt_params *params, int weight, int bias)
{
    const lt_parameter *w = &params->list[weight];
    const lt_backend *backend = weights->backend;
    linear->out = w->rows;
    linear->in = w->columns;
    linear->weight = w->offset;
    linear->bias = bias == LT_NO_PARAMETER ? SIZE_MAX : params->list[bias].offset;
    linear->forward = weights->packed_size;
    weights->packed_size += (backend->packed_size(w->rows, w->columns) + 15) / 16 * 16;
    linear->backward = weights->packed_size;
    weights->packed_size += (backend->packed_size(w->columns, w->rows) + 15) / 16 * 16;
}

void lt_linear_pack(const lt_linear *linear, const lt_weights *weights, size_t worker, size_t workers)
{
    const lt_backend *backend = weights->backend;
    const real *w = weights->values + linear->weight;
    size_t begin, end, out = linear->out, in = linear->in;
    lt_share(out, backend->pack_grain, workers, worker, &begin, &end);
    backend->pack(weights->packed + linear->forward, w, in, false, out, in, begin, end);
    lt_share(in, backend->pack_grain, workers, worker, &begin, &end);
    backend->pack(weights->packed + linear->backward, w, in, true, in, out, begin, end);
}

void lt_linear_forward(const lt_linear *linear, const lt_weights *weights, real *y, const real *x,
                       size_t rows, bool accumulate)
{
    const real *bias = linear->bias == SIZE_MAX || accumulate ? NULL : weights->values + linear->bias;
    weights->backend->gemm_packed(y, linear->out, x, linear->in, weights->packed + linear->forward, bias,
                                  rows, linear->out, linear->in, accumulate);
}

void lt_linear_backward_input(const lt_linear *linear, const lt_weights *weights, real *dx, const real *dy,
                              size_t rows, bool accumulate)
{
    weights->backend->gemm_packed(dx, linear->in, dy, linear->out, weights->packed + linear->backward, NULL,
                                  rows, linear->in, linear->out, accumulate);
}

void lt_linear_backward_weight(const lt_linear *linear, const lt_weights *weights, real *gradients,
                               const real *dy, const real *x, size_t rows)
{
    const lt_backend *backend = weights->backend;
    backend->gemm_tn(gradients + linear->weight, linear->in, dy, linear->out, x, linear->in, rows,
                     linear->out, linear->in);
    if (linear->bias != SIZE_MAX)
        backend->sum_rows(gradients + linear->bias, dy, linear->out, rows, linear->out);
}
