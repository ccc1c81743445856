/* bench_peak: what the processor could do at most, in 10^9 operations a second: multiply-adds on registers,
 * of one thread and of several together.
 *
 * usage: bench_peak [THREADS]      as many as there are processors unless given */
#include <stdio.h>
#include <stdlib.h>

#include "model/base/threads.h"
#include "tests/bench/peak.h"

int main(int argc, char **argv)
{
    long threads = argc > 1 ? atol(argv[1]) : (long)lt_processors();
    if (argc > 2 || threads < 1 || threads > 1024) {
        fprintf(stderr, "bench_peak: usage: bench_peak [THREADS], THREADS from 1 to 1024\n");
        return 2;
    }
    printf("%-10s %-12s %12s %10ld %s\n", "", "instructions", "1 thread", threads, "together");
    for (int kind = 0; kind < PEAK_KINDS; kind++) {
        const char *instructions = peak_instructions(kind);
        if (instructions)
            printf("%-10s %-12s %12.1f %10.1f Gop/s\n", peak_names[kind], instructions, peak_measure(kind, 1),
                   peak_measure(kind, (size_t)threads));
        else
            printf("%-10s this processor has no instruction for it\n", peak_names[kind]);
    }
    return 0;
}
