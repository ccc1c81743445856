/* store_process.c: which process holds a run, and whether it still lives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "experiments/store_private.h"

int64_t lt_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Start time of a process in clock ticks after boot (proc(5), stat field 22); 0: no such process, or it only
 * waits to be reaped; -1: the system does not say. */
static int64_t start_of(int64_t pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *stream = fopen(path, "r");
    if (!stream) return access("/proc/self/stat", R_OK) == 0 ? 0 : -1;
    size_t length = fread(line, 1, sizeof line - 1, stream);
    fclose(stream);
    line[length] = '\0';
    char *field = strrchr(line, ')'); /* the name before it may hold anything, spaces and parentheses too */
    if (!field) return length ? -1 : 0;
    char state = field[1] ? field[2] : '\0';
    if (state == 'Z' || state == 'X') return 0;
    field++;
    for (int i = 3; i < 22 && field; i++) field = strchr(field + 1, ' ');
    return field ? strtoll(field, NULL, 10) : -1;
}

void lt_process_self(lt_process *process)
{
    *process = (lt_process){.pid = getpid()};
    if (gethostname(process->host, sizeof process->host - 1) != 0) process->host[0] = '\0';
    char boot[64] = "", space[48] = "";
    FILE *stream = fopen("/proc/sys/kernel/random/boot_id", "r");
    if (stream) {
        if (!fgets(boot, sizeof boot, stream)) boot[0] = '\0';
        boot[strcspn(boot, "\n")] = '\0';
        fclose(stream);
    }
    ssize_t length = readlink("/proc/self/ns/pid", space, sizeof space - 1);
    space[length > 0 ? length : 0] = '\0';
    if (boot[0] && space[0]) snprintf(process->boot, sizeof process->boot, "%s %s", boot, space);
    int64_t start = start_of(process->pid);
    process->start = start > 0 ? start : 0;
}

/* "12 s", "5 min", "3 h", "2 days" */
static void age_text(char *out, size_t size, int64_t ms)
{
    int64_t s = ms < 0 ? 0 : ms / 1000;
    if (s < 120)
        snprintf(out, size, "%lld s", (long long)s);
    else if (s < 7200)
        snprintf(out, size, "%lld min", (long long)(s / 60));
    else if (s < 172800)
        snprintf(out, size, "%lld h", (long long)(s / 3600));
    else
        snprintf(out, size, "%lld days", (long long)(s / 86400));
}

bool lt_process_alive(const lt_process *process, int64_t heartbeat, char *note, size_t size)
{
    static lt_process self; /* the host and boot do not change */
    if (!self.pid) lt_process_self(&self);
    if (process->boot[0] && strcmp(process->boot, self.boot) == 0) {
        int64_t start = start_of(process->pid);
        if (start >= 0) {
            bool alive = start > 0 && (process->start == 0 || process->start == start);
            snprintf(note, size, alive ? "process %lld" : "process %lld is gone", (long long)process->pid);
            return alive;
        }
    }
    int64_t age = lt_now_ms() - heartbeat;
    bool alive = age < LT_STORE_SILENCE_MS;
    char text[32];
    age_text(text, sizeof text, age);
    bool here = process->host[0] && strcmp(process->host, self.host) == 0;
    snprintf(note, size, "process %lld on %s%s cannot be asked from here; last heard of %s ago%s",
             (long long)process->pid, process->host[0] ? process->host : "an unknown host",
             here ? " (before a reboot or in a container)" : "", text, alive ? "" : ": taken for dead");
    return alive;
}

bool lt_process_other_holds(sqlite3_stmt *statement, int column, char *note, size_t size)
{
    const char *host = lt_sql_text(statement, column), *boot = lt_sql_text(statement, column + 1);
    lt_process self, holder = {.pid = sqlite3_column_int64(statement, column + 2),
                               .start = sqlite3_column_int64(statement, column + 3)};
    snprintf(holder.host, sizeof holder.host, "%s", host ? host : "");
    snprintf(holder.boot, sizeof holder.boot, "%s", boot ? boot : "");
    lt_process_self(&self);
    if (holder.pid == self.pid && holder.start == self.start && strcmp(holder.boot, self.boot) == 0)
        return false;
    return lt_process_alive(&holder, sqlite3_column_int64(statement, column + 4), note, size);
}
