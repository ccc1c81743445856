#include "model/params.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    size_t bytes = (size * sizeof(real) + 63) / 64 * 64;
    real *block = aligned_alloc(64, bytes ? bytes : 64);
    if (block) memset(block, 0, bytes);
    return block;
}

lt_status lt_params_allocate(lt_params *params, uint64_t seed, lt_error *error)
{
    params->values = lt_reals(params->size);
    if (!params->values)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu parameters; use a smaller model",
                       params->size);
    for (size_t i = 0; i < params->count; i++) {
        lt_rng rng;
        lt_rng_init(&rng, lt_stream(seed, 0x696E6974 /* "init" */, i, 0));
        real *value = params->values + params->list[i].offset;
        double scale = params->init[i].scale;
        for (size_t j = 0; j < params->list[i].size; j++) {
            switch (params->init[i].kind) {
            case LT_INIT_UNIFORM:
                value[j] = (real)((2 * lt_rng_uniform(&rng) - 1) * scale);
                break;
            case LT_INIT_NORMAL:
                value[j] = (real)(lt_rng_normal(&rng) * scale);
                break;
            case LT_INIT_CONSTANT:
                value[j] = (real)scale;
                break;
            }
        }
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
