/* bench_start: starts a command N times, its output thrown away, and prints
 * "LEAST_MS MEDIAN_MS PROCESSOR_MS PEAK_MIB": from start to exit, the least processor time, the largest
 * memory.
 *
 * usage: bench_start N COMMAND ARGUMENT...      exit status: 1 where the command failed */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static double milliseconds(struct timeval t)
{
    return 1e3 * (double)t.tv_sec + 1e-3 * (double)t.tv_usec;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Of one start; false: it failed. */
static int start(char **command, double *wall, struct rusage *usage)
{
    int status;
    const double began = now();
    pid_t child = fork();
    if (child < 0) return 0;
    if (child == 0) {
        int nothing = open("/dev/null", O_WRONLY);
        if (nothing < 0 || dup2(nothing, STDOUT_FILENO) < 0) _exit(126);
        execvp(command[0], command);
        _exit(127);
    }
    if (wait4(child, &status, 0, usage) != child) return 0;
    *wall = now() - began;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char **argv)
{
    const int n = argc > 2 ? atoi(argv[1]) : 0;
    if (n < 1) return 2;
    double *wall = malloc((size_t)n * sizeof *wall), processor = 0;
    long peak = 0;
    for (int i = 0; wall && i < n; i++) {
        struct rusage usage;
        if (!start(argv + 2, &wall[i], &usage)) return 1;
        double used = milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
        if (i == 0 || used < processor) processor = used;
        if (usage.ru_maxrss > peak) peak = usage.ru_maxrss;
    }
    if (!wall) return 1;
    qsort(wall, (size_t)n, sizeof *wall, by_size);
    printf("%.1f %.1f %.1f %ld\n", wall[0], wall[n / 2], processor, peak / 1024);
    free(wall);
    return 0;
}
