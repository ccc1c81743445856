#include "corpora/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pipes from the child: what it writes, its messages, and the errno of an exec that failed. */
enum { OUT, ERRORS, EXEC, PIPES };

typedef struct child {
    pid_t process;
    int read[PIPES], write[PIPES]; /* -1: closed */
} child;

static void close_end(int *end)
{
    if (*end >= 0) close(*end);
    *end = -1;
}

static lt_status open_pipes(child *c, const char *name, lt_error *error)
{
    for (int i = 0; i < PIPES; i++) c->read[i] = c->write[i] = -1;
    for (int i = 0; i < PIPES; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return lt_fail_errno(error, "cannot make a pipe for %s", name);
        c->read[i] = ends[0];
        c->write[i] = ends[1];
    }
    return LT_OK;
}

/* Our environment with LC_ALL=C in front: the caller frees the array, not what it points to. */
static const char **c_locale(void)
{
    size_t count = 0, kept = 1;
    while (environ[count]) count++;
    const char **copy = calloc(count + 2, sizeof *copy);
    if (!copy) return NULL;
    copy[0] = "LC_ALL=C";
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "LC_ALL=", 7) && strncmp(environ[i], "LANGUAGE=", 9))
            copy[kept++] = environ[i];
    return copy;
}

/* In the child; only what is safe between fork and exec. */
static void become(const child *c, char **arguments, const char **environment, pid_t parent)
{
    int empty = open("/dev/null", O_RDONLY);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    if (getppid() == parent && empty >= 0 && dup2(empty, 0) >= 0 && dup2(c->write[OUT], 1) >= 0 &&
        dup2(c->write[ERRORS], 2) >= 0)
        execvpe(arguments[0], arguments, (char **)environment);
    int number = errno;
    ssize_t ignored = write(c->write[EXEC], &number, sizeof number);
    (void)ignored;
    _exit(127);
}

static lt_status start(child *c, char **arguments, lt_error *error)
{
    const char **environment = c_locale();
    if (!environment) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for running %s", arguments[0]);
    pid_t parent = getpid();
    c->process = fork();
    if (c->process == 0) become(c, arguments, environment, parent);
    free(environment);
    if (c->process < 0) return lt_fail_errno(error, "cannot run %s", arguments[0]);
    for (int i = 0; i < PIPES; i++) close_end(&c->write[i]);
    int number = 0;
    ssize_t got;
    do got = read(c->read[EXEC], &number, sizeof number);
    while (got < 0 && errno == EINTR);
    if (got == (ssize_t)sizeof number) {
        errno = number;
        return lt_fail_errno(error, "cannot run %s", arguments[0]);
    }
    return LT_OK;
}

/* Takes what one pipe has; closes it at its end. */
static lt_status take(child *c, int which, lt_text *text, size_t limit, const char *name, lt_error *error)
{
    char buffer[1 << 16];
    ssize_t got = read(c->read[which], buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return LT_OK;
    if (got < 0) return lt_fail_errno(error, "cannot read what %s writes", name);
    if (got == 0) close_end(&c->read[which]);
    if (text->length + (size_t)got > limit)
        return lt_fail(error, LT_ERROR_FORMAT, "%s writes more than the %zu bytes expected", name, limit);
    return lt_text_append(text, buffer, (size_t)got, error);
}

static lt_status listen_to(child *c, lt_text *out, lt_text *errors, size_t limit, const char *name,
                           lt_error *error)
{
    while (c->read[OUT] >= 0 || c->read[ERRORS] >= 0) {
        struct pollfd ends[] = {{.fd = c->read[OUT], .events = POLLIN},
                                {.fd = c->read[ERRORS], .events = POLLIN}};
        if (poll(ends, 2, -1) < 0 && errno != EINTR) return lt_fail_errno(error, "cannot wait for %s", name);
        if (ends[0].revents) LT_TRY(take(c, OUT, out, limit, name, error));
        if (ends[1].revents) LT_TRY(take(c, ERRORS, errors, limit, name, error));
    }
    return LT_OK;
}

static void wait_for(child *c, bool stop, int *exit_status)
{
    int how = 0;
    if (c->process <= 0) return;
    if (stop) kill(c->process, SIGTERM);
    while (waitpid(c->process, &how, 0) < 0 && errno == EINTR) {
    }
    *exit_status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
}

lt_status lt_program_run(const lt_strings *arguments, size_t limit, lt_text *out, lt_text *errors,
                         int *exit_status, lt_error *error)
{
    child c = {0};
    *exit_status = 0;
    char **list = calloc(arguments->count + 1, sizeof *list);
    if (!list) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for running %s", arguments->items[0]);
    memcpy(list, arguments->items, arguments->count * sizeof *list);
    lt_status status = open_pipes(&c, list[0], error);
    if (status == LT_OK) status = start(&c, list, error);
    if (status == LT_OK) status = listen_to(&c, out, errors, limit, list[0], error);
    for (int i = 0; i < PIPES; i++) close_end(&c.read[i]), close_end(&c.write[i]);
    wait_for(&c, status != LT_OK, exit_status);
    free(list);
    return status;
}
