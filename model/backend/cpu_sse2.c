/* The plainest of the vector backends: what every x86-64 processor has, and, elsewhere, whatever 16-byte
 * vectors are. */
#define LT_LANES 4
#define LT_TILE_ROWS 4
#define LT_TILE_VECTORS 2
#define LT_INT8_PACKING lt_int8_sse2
#define LT_BACKEND_SYMBOL lt_backend_sse2
#define LT_BACKEND_NAME "sse2"
#include "model/backend/cpu.h"
#include "model/backend/cpu_kernels.h"
