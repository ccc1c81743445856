/* cpu.h: the vectorised backends, one an instruction set (cpu_kernels.h). Private to the backends. */
#ifndef LT_BACKEND_CPU_H
#define LT_BACKEND_CPU_H

#include "model/backend/backend.h"

extern const lt_backend lt_backend_sse2;
#if defined(__x86_64__)
extern const lt_backend lt_backend_avx2;
extern const lt_backend lt_backend_avx512;
extern const lt_backend lt_backend_avx512bf16;
#endif

#endif
