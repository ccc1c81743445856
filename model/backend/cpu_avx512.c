#define LT_LANES 16
#define LT_TILE_ROWS 8
#define LT_TILE_VECTORS 3
#define LT_INT8_PACKING lt_int8_avx512
#define LT_BACKEND_SYMBOL lt_backend_avx512
#define LT_BACKEND_NAME "avx512"
#include "model/backend/cpu.h"
#include "model/backend/cpu_kernels.h"
