#include "tests/bench/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/base/clock.h"

static lt_status read_all(int descriptor, lt_text *notes, lt_error *error)
{
    char block[4096];
    for (ssize_t got; (got = read(descriptor, block, sizeof block)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return lt_fail_errno(error, "cannot read what a program says");
        LT_TRY(lt_text_append(notes, block, (size_t)got, error));
    }
    return lt_text_append(notes, "", 0, error);
}

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + 1e-6 * (double)time.tv_usec;
}

lt_status program_run(const char *const *command, lt_text *notes, program_use *use, lt_error *error)
{
    int ends[2], result;
    struct rusage usage;
    if (pipe(ends) != 0) return lt_fail_errno(error, "cannot make a pipe");
    double began = lt_seconds();
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execvp(command[0], (char *const *)command);
        _exit(127);
    }
    close(ends[1]);
    lt_status status =
        child < 0 ? lt_fail_errno(error, "cannot start %s", command[0]) : read_all(ends[0], notes, error);
    close(ends[0]);
    if (child < 0) return status;
    if (wait4(child, &result, 0, &usage) != child) return lt_fail_errno(error, "%s is lost", command[0]);
    *use = (program_use){.seconds = lt_seconds() - began,
                         .processor_seconds = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime),
                         .peak_rss = (double)usage.ru_maxrss / 1024};
    if (status == LT_OK && (!WIFEXITED(result) || WEXITSTATUS(result) != 0))
        return lt_fail(error, LT_ERROR_IO, "%s %s failed (%s %d): %s", command[0],
                       command[1] ? command[1] : "", WIFEXITED(result) ? "exit status" : "signal",
                       WIFEXITED(result) ? WEXITSTATUS(result) : WTERMSIG(result),
                       notes->data ? notes->data : "");
    return status;
}
