#include "model/params.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/memory.h"
#include "model/base/rng.h"

lt_status lt_params_add(lt_params *params, int *index, size_t rows, size_t columns, lt_init init,
                        lt_error *error, const char *format, ...)
{
    if (params->count == params->capacity) {
        size_t capacity = params->capacity ? params->capacity * 2 : 32;
        lt_parameter *list = realloc(params->list, capacity * sizeof *list);
        if (list) params->list = list;
        lt_init *inits = list ? realloc(params->init, capacity * sizeof *inits) : NULL;
        if (!inits)
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a list of %zu tensors", capacity);
        params->init = inits;
        params->capacity = capacity;
    }
    lt_parameter *parameter = &params->list[params->count];
    *parameter = (lt_parameter){.rows = rows, .columns = columns, .offset = params->size};
    parameter->size = columns ? rows * columns : rows;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(parameter->name, sizeof parameter->name, format, arguments);
    va_end(arguments);
    params->init[params->count] = init;
    params->size += (parameter->size + 15) / 16 * 16;
    *index = (int)params->count++;
    return LT_OK;
}

real *lt_reals(size_t size)
{
    real *block = lt_block(size * sizeof *block);
    if (block) memset(block, 0, size * sizeof *block);
    return block;
}

lt_init lt_init_matrix(int start, size_t in, size_t hidden, bool recurrent)
{
    if (start == LT_START_UNIFORM) return (lt_init){LT_INIT_UNIFORM, 1 / sqrt((double)hidden)};
    if (start == LT_START_ORTHOGONAL && recurrent) return (lt_init){LT_INIT_ORTHOGONAL, 1};
    return (lt_init){LT_INIT_UNIFORM, sqrt(6 / (double)(in + hidden))};
}

static double dot(const double *x, const double *y, size_t n)
{
    double lanes[8] = {0};
    size_t j = 0;
    for (; j + 8 <= n; j += 8)
        for (size_t lane = 0; lane < 8; lane++) lanes[lane] += x[j + lane] * y[j + lane];
    for (; j < n; j++) lanes[0] += x[j] * y[j];
    return ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
}

/* w (n, n): a random matrix with orthogonal rows of length `scale`: normal numbers, made so by Gram & Schmidt
 * (each row is freed from those above it twice, which keeps them orthogonal to the last bits). `rows` (n, n)
 * is scratch. */
static void orthogonal(real *w, size_t n, double scale, lt_rng *rng, double *rows)
{
    for (size_t i = 0; i < n * n; i++) rows[i] = lt_rng_normal(rng);
    for (size_t i = 0; i < n; i++) {
        double *row = rows + i * n;
        for (size_t pass = 0; pass < 2; pass++)
            for (size_t k = 0; k < i; k++) {
                const double *above = rows + k * n;
                double along = dot(row, above, n);
                for (size_t j = 0; j < n; j++) row[j] -= along * above[j];
            }
        double length = sqrt(dot(row, row, n));
        for (size_t j = 0; j < n; j++) row[j] /= length;
    }
    for (size_t i = 0; i < n * n; i++) w[i] = (real)(rows[i] * scale);
}

static bool fill(const lt_parameter *parameter, lt_init init, real *value, lt_rng *rng)
{
    if (init.kind == LT_INIT_ORTHOGONAL) {
        size_t n = parameter->columns;
        double *rows = malloc(n * n * sizeof *rows);
        for (size_t block = 0; rows && block < parameter->rows; block += n)
            orthogonal(value + block * n, n, init.scale, rng, rows);
        free(rows);
        return rows != NULL;
    }
    for (size_t j = 0; j < parameter->size; j++)
        value[j] = (real)(init.kind == LT_INIT_UNIFORM  ? (2 * lt_rng_uniform(rng) - 1) * init.scale
                          : init.kind == LT_INIT_NORMAL ? lt_rng_normal(rng) * init.scale
                                                        : init.scale);
    return true;
}

static lt_status allocated(const lt_params *params, lt_error *error)
{
    if (params->values) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu parameters; use a smaller model",
                   params->size);
}

lt_status lt_params_allocate(lt_params *params, lt_error *error)
{
    params->values = lt_reals(params->size);
    return allocated(params, error);
}

lt_status lt_params_allocate_sparse(lt_params *params, lt_error *error)
{
    params->values = lt_block_sparse(params->size * sizeof(real));
    params->sparse = true;
    return allocated(params, error);
}

lt_status lt_params_start(lt_params *params, uint64_t seed, lt_error *error)
{
    for (size_t i = 0; i < params->count; i++) {
        const lt_parameter *parameter = &params->list[i];
        lt_rng rng;
        lt_rng_init(&rng, lt_stream(seed, 0x696E6974 /* "init" */, i, 0));
        if (!fill(parameter, params->init[i], params->values + parameter->offset, &rng))
            return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the start of %s; use a smaller model",
                           parameter->name);
    }
    return LT_OK;
}

void lt_params_clear(lt_params *params)
{
    free(params->list);
    free(params->init);
    free(params->values);
    *params = (lt_params){0};
}
