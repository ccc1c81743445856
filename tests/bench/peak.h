/* peak.h: what the processor could do at most: multiply-adds on registers alone, no memory touched. */
#ifndef BENCH_PEAK_H
#define BENCH_PEAK_H

#include <stddef.h>

typedef enum peak_kind {
    PEAK_FLOAT32,
    PEAK_BFLOAT16, /* products of bfloat16, sums in float32 */
    PEAK_INT8,     /* products of unsigned and signed bytes, sums in 32 bits */
    PEAK_KINDS
} peak_kind;

extern const char *const peak_names[PEAK_KINDS]; /* "float32" ... */

/* 10^9 operations a second (a multiply-add is two) of `threads` threads together, the best of several short
 * rounds, by the widest vectors this processor has. 0: it has no instruction for the kind. */
double peak_measure(peak_kind kind, size_t threads);

/* What is multiplied with: "avx2", "avx512" ... NULL: nothing. */
const char *peak_instructions(peak_kind kind);

#endif
