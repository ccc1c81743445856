#include "experiments/sweep_run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "experiments/store_sweep.h"
#include "experiments/sweep_members.h"
#include "model/base/clock.h"

enum { POLL_NS = 50000000 };          /* how long a child's end or a signal may go unnoticed */
static const double LOOK_SECONDS = 1; /* between looks at runs that other processes train */

typedef struct running {
    const lt_sweep_setting *setting;
    const lt_sweep *sweep;
    lt_store *store;
    int64_t id;
    lt_member *members;
    size_t count, at_work; /* members; children */
    int sent;              /* the signal that was passed on; 0: none yet */
    double heartbeat_at, looked_at;
    bool waiting_told;
} running;

/* ---- messages ---- */

static void tell(const running *r, FILE *out, const lt_member *member, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void tell(const running *r, FILE *out, const lt_member *member, const char *format, ...)
{
    if (!out) return;
    va_list values;
    va_start(values, format);
    fprintf(out, "[%zu/%zu] %s, seed %lld: ", (size_t)(member - r->members) + 1, r->count,
            r->sweep->points[member->point].label, (long long)member->seed);
    vfprintf(out, format, values);
    fputc('\n', out);
    va_end(values);
}

/* ---- a child ---- */

static lt_status add_pair(lt_strings *words, const char *option, const char *value, lt_error *error)
{
    LT_TRY(lt_strings_add(words, option, error));
    return lt_strings_add(words, value, error);
}

/* The words of its command line. */
static lt_status write_command(const running *r, const lt_member *member, lt_strings *words, lt_error *error)
{
    const lt_sweep_setting *s = r->setting;
    const lt_sweep_point *point = &r->sweep->points[member->point];
    char number[64];
    LT_TRY(add_pair(words, "latimer", "train", error));
    if (member->state == LT_MEMBER_BEGUN) { /* with as many threads as before: its bits depend on them */
        LT_TRY(add_pair(words, "--resume", member->folder, error));
    } else {
        LT_TRY(lt_strings_add(words, r->sweep->path, error));
        for (size_t i = 0; i < point->overrides.count; i++)
            LT_TRY(add_pair(words, "--set", point->overrides.items[i], error));
        snprintf(number, sizeof number, "seed=%lld", (long long)member->seed);
        LT_TRY(add_pair(words, "--set", number, error));
        LT_TRY(add_pair(words, "--runs", s->runs, error));
        snprintf(number, sizeof number, "%zu", s->threads);
        if (s->threads) LT_TRY(add_pair(words, "--threads", number, error));
    }
    LT_TRY(add_pair(words, "--run-id", member->id, error));
    LT_TRY(add_pair(words, "--db", s->db, error));
    if (s->quiet || s->jobs > 1) return lt_strings_add(words, "--quiet", error);
    return s->verbose ? lt_strings_add(words, "--verbose", error) : LT_OK;
}

/* Becomes the training; only what is safe between fork() and exec(). A terminal's signals are the parent's to
 * pass on: two of a kind would end the training at once. */
static void become(char **words, pid_t parent)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    signal(SIGTTOU, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (setpgid(0, 0) != 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
        getppid() != parent)
        _exit(1);
    execv("/proc/self/exe", words);
    _exit(127);
}

static lt_status start(running *r, lt_member *member, lt_error *error)
{
    lt_strings words = {0};
    lt_status status = LT_OK;
    bool begun = member->state == LT_MEMBER_BEGUN;
    if (!begun) {
        LT_TRY(lt_sweep_check_unchanged(r->sweep, member->point, error));
        LT_TRY(lt_store_new_id(member->id, error));
        LT_TRY(lt_store_sweep_add_run(r->store, r->id, r->sweep->points[member->point].label, member->seed,
                                      member->id, error));
    }
    LT_GOTO(status, write_command(r, member, &words, error), done);
    LT_GOTO(status, lt_strings_add(&words, "", error), done);
    free(words.items[--words.count]);
    words.items[words.count] = NULL; /* as execv() wants it */
    tell(r, r->setting->messages, member, begun ? "goes on in %s" : "trains as %s",
         begun ? member->folder : r->sweep->points[member->point].run);
    pid_t parent = getpid();
    fflush(NULL); /* what is buffered is not the child's to write */
    member->child = fork();
    if (member->child == 0) become(words.items, parent);
    if (member->child < 0) {
        status = lt_fail_errno(error, "cannot start a training");
        goto done;
    }
    setpgid(member->child, member->child); /* here too: whoever is first */
    member->state = LT_MEMBER_TRAINING;
    member->tried = true;
    member->began = lt_seconds();
    r->at_work++;
done:
    lt_strings_clear(&words);
    return status;
}

/* ---- its end ---- */

typedef struct recorded {
    bool known;
    lt_run_status status;
    char note[512];
} recorded;

static lt_status take_record(void *context, const lt_store_run *run, lt_error *error)
{
    (void)error;
    recorded *into = context;
    into->known = true;
    into->status = run->status;
    snprintf(into->note, sizeof into->note, "%s", run->status_note ? run->status_note : "");
    return LT_OK;
}

static void describe_end(char *out, size_t size, int status)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, size, "ended with exit status %d", WEXITSTATUS(status));
}

/* How a child that has ended left its run, in `note`. What it could not record itself is recorded for it. */
static lt_member_state judge(running *r, const lt_member *member, int status, char *note, size_t size)
{
    recorded record = {0};
    lt_error trouble = {0};
    lt_store_filter filter = {.id = member->id};
    describe_end(note, size, status);
    if (lt_store_runs(r->store, &filter, take_record, &record, &trouble) != LT_OK) {
        snprintf(note, size, "its record cannot be read: %.800s", trouble.message);
        return LT_MEMBER_FAILED;
    }
    if (!record.known) {
        size_t used = strlen(note);
        snprintf(note + used, size - used, ", and it is not recorded in the database");
        return LT_MEMBER_FAILED;
    }
    if (record.status == LT_RUN_FINISHED) return LT_MEMBER_FINISHED;
    if (record.status == LT_RUN_RUNNING) return LT_MEMBER_ELSEWHERE;
    if (record.status == LT_RUN_DEAD)
        lt_store_run_end(r->store, member->id, LT_RUN_FAILED, note, &trouble);
    else
        snprintf(note, size, "%s", record.note);
    return record.status == LT_RUN_STOPPED ? LT_MEMBER_STOPPED : LT_MEMBER_FAILED;
}

static void end(running *r, lt_member *member, int status)
{
    char note[1024];
    lt_error trouble = {0};
    r->at_work--;
    member->child = 0;
    member->state = judge(r, member, status, note, sizeof note);
    bool bad = member->state == LT_MEMBER_FAILED || member->state == LT_MEMBER_STOPPED;
    free(member->note);
    member->note = bad ? strdup(note) : NULL;
    if (member->state == LT_MEMBER_ELSEWHERE) member->tried = false;
    if (lt_store_sweep_note_run(r->store, member->id, member->state == LT_MEMBER_FAILED ? note : NULL,
                                &trouble) != LT_OK)
        tell(r, r->setting->warnings, member, "what became of it is not recorded: %s", trouble.message);
    if (member->state == LT_MEMBER_FAILED)
        tell(r, r->setting->warnings, member, "failed: %s", note);
    else if (bad)
        tell(r, r->setting->messages, member, "%s", note);
    else
        tell(r, r->setting->messages, member, "finished after %.1f minutes",
             (lt_seconds() - member->began) / 60);
}

static void reap(running *r)
{
    for (size_t i = 0; i < r->count; i++) {
        int status;
        lt_member *member = &r->members[i];
        if (member->state == LT_MEMBER_TRAINING && waitpid(member->child, &status, WNOHANG) == member->child)
            end(r, member, status);
    }
}

/* ---- all of them ---- */

static void send_signal(running *r, int number)
{
    r->sent = number;
    for (size_t i = 0; i < r->count; i++)
        if (r->members[i].state == LT_MEMBER_TRAINING) kill(r->members[i].child, number);
}

static lt_member *next_of(const running *r, lt_member_state one, lt_member_state other)
{
    for (size_t i = 0; i < r->count; i++) {
        lt_member *member = &r->members[i];
        if ((member->state == one || member->state == other) && !member->tried) return member;
    }
    return NULL;
}

/* That this process is at it. */
static void beat(running *r)
{
    lt_error ignored = {0}; /* it is of no use to tell; what matters is written, and said, elsewhere */
    if (lt_seconds() - r->heartbeat_at < LT_STORE_HEARTBEAT_MS / 1000.0) return;
    r->heartbeat_at = lt_seconds();
    lt_store_sweep_heartbeat(r->store, r->id, &ignored);
}

/* Nothing is left to do but what another process does: is it done? */
static lt_status look_elsewhere(running *r, const lt_member *member, lt_error *error)
{
    if (!r->waiting_told)
        tell(r, r->setting->messages, member, "another process trains it; waiting for that");
    r->waiting_told = true;
    if (lt_seconds() - r->looked_at < LOOK_SECONDS) return LT_OK;
    r->looked_at = lt_seconds();
    return lt_members_look(r->members, r->sweep, r->store, r->id, r->setting->runs, error);
}

static lt_status work(running *r, lt_error *error)
{
    lt_status status = LT_OK;
    for (;;) {
        reap(r);
        beat(r);
        int wish = *r->setting->signal ? *r->setting->signal : status != LT_OK ? SIGTERM : 0;
        if (wish && !r->sent) send_signal(r, wish);
        if (wish && !r->at_work) return status;
        lt_member *next = wish ? NULL : next_of(r, LT_MEMBER_NEW, LT_MEMBER_BEGUN);
        if (next && r->at_work < r->setting->jobs) {
            status = start(r, next, error);
            continue;
        }
        if (!wish && !r->at_work) {
            const lt_member *other = next_of(r, LT_MEMBER_ELSEWHERE, LT_MEMBER_ELSEWHERE);
            if (!other) return LT_OK;
            status = look_elsewhere(r, other, error);
        }
        nanosleep(&(struct timespec){.tv_nsec = POLL_NS}, NULL);
    }
}

/* ---- the sweep ---- */

static lt_status record_points(running *r, lt_error *error)
{
    LT_TRY(lt_sweep_check_stored(r->sweep, r->store, r->id, error));
    for (size_t i = 0; i < r->sweep->count; i++) {
        const lt_sweep_point *planned = &r->sweep->points[i];
        const lt_store_point point = {planned->label, planned->settings.data, planned->experiment.data};
        LT_TRY(lt_store_sweep_add_point(r->store, r->id, &point, error));
    }
    return lt_members_look(r->members, r->sweep, r->store, r->id, r->setting->runs, error);
}

static lt_status report(const running *r, lt_error *error)
{
    size_t bad = 0, finished = 0;
    const lt_member *first = NULL;
    for (size_t i = 0; i < r->count; i++) {
        lt_member_state state = r->members[i].state;
        finished += state == LT_MEMBER_FINISHED;
        bad += state == LT_MEMBER_FAILED || state == LT_MEMBER_STOPPED;
        if (!first && (state == LT_MEMBER_FAILED || state == LT_MEMBER_STOPPED)) first = &r->members[i];
    }
    if (*r->setting->signal)
        return lt_fail_signal(error, *r->setting->signal,
                              ", %zu of %zu runs are finished; the same command goes on with the sweep %s",
                              finished, r->count, r->sweep->name);
    if (!bad) return LT_OK;
    return lt_fail(error, LT_ERROR_IO,
                   "%zu of %zu runs failed or were stopped, the first of them %s, seed %lld: %s; the same "
                   "command tries them again",
                   bad, r->count, r->sweep->points[first->point].label, (long long)first->seed,
                   first->note ? first->note : "");
}

lt_status lt_sweep_run(const lt_sweep_setting *setting, lt_error *error)
{
    lt_error ignored = {0};
    running r = {.setting = setting,
                 .sweep = setting->sweep,
                 .count = setting->sweep->count * (size_t)setting->sweep->seeds,
                 .heartbeat_at = lt_seconds()};
    lt_status status = lt_members_create(&r.members, r.sweep, error);
    if (status == LT_OK && lt_store_open(&r.store, setting->db, LT_STORE_WRITE, error) != LT_OK)
        status = lt_error_context(error, "a sweep keeps the list of its runs in the database, and cannot do "
                                         "without one");
    if (status == LT_OK) status = lt_store_sweep_take(r.store, r.sweep->name, setting->command, &r.id, error);
    if (status == LT_OK) {
        status = record_points(&r, error);
        if (status == LT_OK) status = work(&r, error);
        if (status == LT_OK) status = report(&r, error);
        lt_store_sweep_release(r.store, r.id, &ignored);
    }
    lt_members_free(r.members, r.sweep);
    lt_store_close(r.store);
    return status;
}
