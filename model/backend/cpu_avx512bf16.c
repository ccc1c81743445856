/* cpu_avx512.c with the dot products of AVX512-BF16: bfloat16 at twice the rate of float32. */
#define LT_LANES 16
#define LT_TILE_ROWS 8
#define LT_TILE_VECTORS 3
#define LT_INT8_PACKING lt_int8_vnni
#define LT_BACKEND_SYMBOL lt_backend_avx512bf16
#define LT_BACKEND_NAME "avx512bf16"
#include "model/backend/cpu.h"
#include "model/backend/cpu_kernels.h"
