#define LT_LANES 8
#define LT_TILE_ROWS 6
#define LT_TILE_VECTORS 2
#define LT_BACKEND_SYMBOL lt_backend_avx2
#define LT_BACKEND_NAME "avx2"
#include "model/backend/cpu.h"
#include "model/backend/cpu_kernels.h"
