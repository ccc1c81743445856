/* Training in a process of its own. The library ends the process it is in where it meets a text it cannot use
 * (without a word, with a likelihood that is not a number, ...): that must not be the process of whoever
 * called us.
 *
 * Over one socket go the lines (length, bytes), END_OF_LINES, and back a header and the model or the message.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tokenizer/tokenizer_private.h"

#define END_OF_LINES UINT32_MAX
#define BLOCK ((size_t)64 << 10)
enum { CHILD_SOCKET = 3 };

typedef struct header {
    int32_t status;
    uint64_t length;
} header;

/* ---- bytes over the socket ---- */

static bool send_all(int socket, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length) {
        ssize_t sent = send(socket, at, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0) return false;
        at += sent;
        length -= (size_t)sent;
    }
    return true;
}

static bool receive_all(int socket, void *bytes, size_t length)
{
    char *at = bytes;
    while (length) {
        ssize_t received = recv(socket, at, length, 0);
        if (received < 0 && errno == EINTR) continue;
        if (received <= 0) return false;
        at += received;
        length -= (size_t)received;
    }
    return true;
}

/* ---- the child ---- */

typedef struct inbox {
    int socket;
    lt_text block; /* received, from `at` on not yet used */
    size_t at;
    lt_text line;
} inbox;

static bool take(inbox *in, void *bytes, size_t length)
{
    char *out = bytes;
    while (length) {
        if (in->at == in->block.length) {
            ssize_t received = recv(in->socket, in->block.data, BLOCK, 0);
            if (received < 0 && errno == EINTR) continue;
            if (received <= 0) return false;
            in->at = 0;
            in->block.length = (size_t)received;
        }
        size_t some = in->block.length - in->at < length ? in->block.length - in->at : length;
        memcpy(out, in->block.data + in->at, some);
        in->at += some;
        out += some;
        length -= some;
    }
    return true;
}

static lt_status next_received(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    inbox *in = context;
    uint32_t size;
    if (!take(in, &size, sizeof size)) return lt_fail(error, LT_ERROR_IO, "the lines were cut off");
    *end = size == END_OF_LINES;
    if (*end) return LT_OK;
    if (size >= in->line.capacity) {
        char *grown = realloc(in->line.data, (size_t)size + 1);
        if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a line of %u bytes", size);
        in->line.data = grown;
        in->line.capacity = (size_t)size + 1;
    }
    if (!take(in, in->line.data, size)) return lt_fail(error, LT_ERROR_IO, "the lines were cut off");
    *bytes = in->line.data;
    *length = size;
    return LT_OK;
}

/* Leaves the child nothing of its parent's but memory: were the library to end it, the streams it inherited
 * would be written out a second time. What it says goes to `said`. */
static bool detach(int socket, int said)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    socket = fcntl(socket, F_DUPFD, 64); /* clear of the numbers that are given away below */
    said = fcntl(said, F_DUPFD, 64);
    int null = open("/dev/null", O_RDWR);
    return socket >= 0 && said >= 0 && null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 &&
           dup2(said, 2) == 2 && dup2(socket, CHILD_SOCKET) == CHILD_SOCKET &&
           close_range(CHILD_SOCKET + 1, ~0u, 0) == 0;
}

static void run_child(int socket, int said, const lt_strings *settings)
{
    static lt_error error;
    lt_text model = {0};
    inbox in = {.socket = CHILD_SOCKET, .block.data = malloc(BLOCK)};
    if (!in.block.data || !detach(socket, said)) return;
    lt_status status = lt_spm_train(&model, settings, next_received, &in, &error);
    const char *bytes = status == LT_OK ? model.data : error.message;
    header head = {.status = status, .length = status == LT_OK ? model.length : strlen(error.message)};
    if (send_all(CHILD_SOCKET, &head, sizeof head)) send_all(CHILD_SOCKET, bytes, head.length);
}

/* ---- the parent ---- */

/* Sends every line. *gone says that the child takes no more; why, it will say itself. */
static lt_status send_lines(int socket, lt_tokenizer_lines next, void *context, bool *gone, lt_error *error)
{
    lt_text block = {0};
    lt_status status = LT_OK;
    bool end = false;
    while (status == LT_OK && !end && !*gone) {
        const char *bytes = NULL;
        size_t length = 0;
        LT_GOTO(status, next(context, &bytes, &length, &end, error), done);
        uint32_t size = end ? END_OF_LINES : (uint32_t)length;
        LT_GOTO(status, lt_text_append(&block, &size, sizeof size, error), done);
        if (!end) LT_GOTO(status, lt_text_append(&block, bytes, length, error), done);
        if (end || block.length > BLOCK) {
            *gone = !send_all(socket, block.data, block.length);
            block.length = 0;
        }
    }
done:
    lt_text_clear(&block);
    return status;
}

/* Gets the model, or the child's failure. *gone says that it ended without either. */
static lt_status receive_result(int socket, lt_text *model, bool *gone, lt_error *error)
{
    header head;
    *gone = true;
    if (!receive_all(socket, &head, sizeof head)) return LT_OK;
    char *bytes = malloc(head.length + 1);
    if (!bytes) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the model");
    lt_status status = LT_OK;
    if (receive_all(socket, bytes, head.length)) {
        *gone = false;
        bytes[head.length] = '\0';
        status = head.status == LT_OK ? lt_text_append(model, bytes, head.length, error)
                                      : lt_fail(error, (lt_status)head.status, "%s", bytes);
    }
    free(bytes);
    return status;
}

/* Why the child is gone: its last words, or the signal. */
static lt_status last_words(int said, int how, lt_error *error)
{
    char words[512];
    ssize_t length = pread(said, words, sizeof words - 1, 0);
    words[length > 0 ? length : 0] = '\0';
    words[strcspn(words, "\n")] = '\0';
    const char *why = *words ? words : "it does not say why";
    if (WIFSIGNALED(how) && (WTERMSIG(how) == SIGINT || WTERMSIG(how) == SIGTERM)) {
        if (error) error->signal = WTERMSIG(how);
        return lt_fail(error, LT_ERROR_INTERRUPTED, "interrupted");
    }
    if (WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL)
        return lt_fail(error, LT_ERROR_MEMORY,
                       "the training was killed; if the memory ran out, train on a part of the text");
    if (strstr(words, "[!sentences_.empty()]") || strstr(words, "[!required_chars_.empty()]"))
        return lt_fail(error, LT_ERROR_USAGE,
                       "nothing is left of the text when it is normalised: it has no words");
    if (WIFSIGNALED(how))
        return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece crashed in training (signal %d): %s",
                       WTERMSIG(how), why);
    return lt_fail(error, LT_ERROR_LIBRARY, "SentencePiece gave up the training: %s", why);
}

static lt_status supervise(pid_t child, int socket, int said, lt_text *model, lt_tokenizer_lines next,
                           void *context, lt_error *error)
{
    bool gone = false;
    int how = 0;
    lt_status status = send_lines(socket, next, context, &gone, error);
    if (status == LT_OK) status = receive_result(socket, model, &gone, error);
    if (status != LT_OK) kill(child, SIGKILL);
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) continue;
    return status == LT_OK && gone ? last_words(said, how, error) : status;
}

lt_status lt_train_apart(lt_text *model, const lt_strings *settings, lt_tokenizer_lines next, void *context,
                         lt_error *error)
{
    int sockets[2] = {-1, -1}, said = memfd_create("said", MFD_CLOEXEC);
    lt_status status = LT_OK;
    if (said < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) {
        status = lt_fail_errno(error, "cannot start the training of the tokenizer");
        goto done;
    }
    pid_t child = fork();
    if (child == 0) {
        run_child(sockets[1], said, settings);
        _exit(1);
    }
    if (child < 0) {
        status = lt_fail_errno(error, "cannot start a process for the training of the tokenizer");
        goto done;
    }
    close(sockets[1]);
    sockets[1] = -1;
    status = supervise(child, sockets[0], said, model, next, context, error);
done:
    for (size_t i = 0; i < 2; i++)
        if (sockets[i] >= 0) close(sockets[i]);
    if (said >= 0) close(said);
    return status;
}
