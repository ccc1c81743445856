/* bench_run: runs a command and appends "SECONDS PEAK_MIB" to a file.
 *
 * usage: bench_run FILE COMMAND ARGUMENT...      exit status: the command's */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 3) return 2;
    double began = now();
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) return 1;
    FILE *file = fopen(argv[1], "a");
    if (!file) return 1;
    fprintf(file, "%.2f %ld\n", now() - began, usage.ru_maxrss / 1024);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
