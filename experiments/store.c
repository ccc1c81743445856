/* store.c: opening the file, and the few calls all SQL goes through. */
#include "experiments/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "experiments/store_private.h"
#include "model/base/file.h"

/* ---- failures ---- */

/* What to do about it, by SQLite's primary result code. */
static lt_status explain(int result, const char **advice)
{
    switch (result & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        *advice = "another process keeps it locked; try again when that has ended";
        return LT_ERROR_IO;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        *advice =
            "the file or its folder cannot be written to; check the permissions or name another with --db";
        return LT_ERROR_IO;
    case SQLITE_CANTOPEN:
        *advice = "check that the folder exists and may be written to, or name another file with --db";
        return LT_ERROR_IO;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        *advice = "is the disk full? What was recorded before is kept";
        return LT_ERROR_IO;
    case SQLITE_NOTADB:
        *advice = "name latimer's database with --db";
        return LT_ERROR_FORMAT;
    case SQLITE_CORRUPT:
        *advice =
            "the file is damaged: keep a copy, then try 'sqlite3 FILE .recover'; run folders keep log.jsonl";
        return LT_ERROR_FORMAT;
    case SQLITE_NOMEM:
        *advice = "out of memory";
        return LT_ERROR_MEMORY;
    default:
        *advice = NULL;
        return LT_ERROR_LIBRARY;
    }
}

lt_status lt_sql_fail(lt_store *store, const char *what, lt_error *error)
{
    const char *advice;
    int result = sqlite3_extended_errcode(store->db), number = sqlite3_system_errno(store->db);
    lt_status status = explain(result, &advice);
    bool system = status == LT_ERROR_IO && number != 0 && (result & 0xFF) != SQLITE_BUSY;
    return lt_fail(error, status, "cannot %s the database %s: %s%s%s%s%s%s", what, store->path,
                   sqlite3_errmsg(store->db), system ? " (" : "", system ? strerror(number) : "",
                   system ? ")" : "", advice ? "; " : "", advice ? advice : "");
}

/* ---- statements ---- */

static lt_status prepared(lt_store *store, sqlite3_stmt **statement, const char *sql, lt_error *error)
{
    for (size_t i = 0; i < store->count; i++)
        if (store->statements[i].sql == sql && !sqlite3_stmt_busy(store->statements[i].statement)) {
            *statement = store->statements[i].statement;
            return LT_OK;
        }
    size_t most = sizeof store->statements / sizeof *store->statements;
    if (store->count == most) return lt_fail(error, LT_ERROR_LIBRARY, "over %zu statements in use", most);
    if (sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK)
        return lt_sql_fail(store, "use", error);
    store->statements[store->count].sql = sql;
    store->statements[store->count++].statement = *statement;
    return LT_OK;
}

static lt_status bind(lt_store *store, sqlite3_stmt *statement, lt_error *error, const char *types,
                      va_list values)
{
    assert(strlen(types) == (size_t)sqlite3_bind_parameter_count(statement));
    for (int i = 1; *types; types++, i++) {
        int result = SQLITE_MISUSE;
        if (*types == 't')
            result = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
        else if (*types == 'i')
            result = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        else if (*types == 'r')
            result = sqlite3_bind_double(statement, i, va_arg(values, double));
        else if (*types == 'x')
            result = SQLITE_OK;
        if (result != SQLITE_OK) return lt_sql_fail(store, "use", error);
    }
    return LT_OK;
}

static lt_status start(lt_store *store, sqlite3_stmt **statement, const char *sql, lt_error *error,
                       const char *types, va_list values)
{
    *statement = NULL;
    LT_TRY(prepared(store, statement, sql, error));
    return bind(store, *statement, error, types, values);
}

lt_status lt_sql_start(lt_store *store, sqlite3_stmt **statement, const char *sql, lt_error *error,
                       const char *types, ...)
{
    va_list values;
    va_start(values, types);
    lt_status status = start(store, statement, sql, error, types, values);
    va_end(values);
    return status;
}

lt_status lt_sql_next(lt_store *store, sqlite3_stmt *statement, bool *row, lt_error *error)
{
    int result = sqlite3_step(statement);
    *row = result == SQLITE_ROW;
    if (result == SQLITE_ROW || result == SQLITE_DONE) return LT_OK;
    return lt_sql_fail(store, sqlite3_stmt_readonly(statement) ? "read" : "write", error);
}

void lt_sql_done(sqlite3_stmt *statement)
{
    if (!statement) return;
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
}

const char *lt_sql_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

const char *lt_sql_known(sqlite3_stmt *statement, int column)
{
    const char *text = lt_sql_text(statement, column);
    return text && *text ? text : NULL;
}

lt_status lt_sql_run(lt_store *store, const char *sql, lt_error *error, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;
    va_start(values, types);
    lt_status status = start(store, &statement, sql, error, types, values);
    va_end(values);
    for (bool row = true; status == LT_OK && row;) status = lt_sql_next(store, statement, &row, error);
    lt_sql_done(statement);
    return status;
}

lt_status lt_sql_script(lt_store *store, const char *sql, lt_error *error)
{
    return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? LT_OK
                                                                       : lt_sql_fail(store, "write", error);
}

lt_status lt_sql_integer(lt_store *store, const char *sql, int64_t *value, lt_error *error)
{
    sqlite3_stmt *statement;
    bool row = false;
    lt_status status = lt_sql_start(store, &statement, sql, error, "");
    if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
    *value = row ? sqlite3_column_int64(statement, 0) : 0;
    lt_sql_done(statement);
    return status;
}

lt_status lt_sql_begin(lt_store *store, lt_error *error)
{
    return lt_sql_run(store, "BEGIN IMMEDIATE", error, "");
}

lt_status lt_sql_end(lt_store *store, lt_status status, lt_error *error)
{
    if (status == LT_OK) status = lt_sql_run(store, "COMMIT", error, "");
    /* some failures (a full disk) have rolled back already */
    if (status != LT_OK && !sqlite3_get_autocommit(store->db)) lt_sql_run(store, "ROLLBACK", NULL, "");
    return status;
}

/* ---- opening ---- */

/* Looks at the header by itself, so that a file of somebody else's is not touched, not even by SQLite's
 * recovery. An empty file counts as ours: another process may just have created it. */
static bool header_is_ours(const char *path, bool *sqlite, bool *empty)
{
    unsigned char header[100];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t length = descriptor < 0 ? -1 : read(descriptor, header, sizeof header);
    if (descriptor >= 0) close(descriptor);
    *empty = length == 0;
    *sqlite = length >= 16 && memcmp(header, "SQLite format 3", 16) == 0;
    uint32_t application = 0;
    for (int i = 68; *sqlite && length == 100 && i < 72; i++) application = application << 8 | header[i];
    return *empty || application == LT_STORE_APPLICATION;
}

static lt_status check_header(lt_store *store, lt_store_mode mode, lt_error *error)
{
    struct stat info;
    if (stat(store->path, &info) != 0) {
        if (errno != ENOENT) return lt_fail_errno(error, "cannot open the database %s", store->path);
        if (mode == LT_STORE_WRITE) return LT_OK;
        return lt_fail(error, LT_ERROR_IO,
                       "there is no database %s: it is made by the first training; name another with --db",
                       store->path);
    }
    if (!S_ISREG(info.st_mode))
        return lt_fail(error, LT_ERROR_FORMAT, "%s is not a file: name the database with --db", store->path);
    if (access(store->path, R_OK) != 0)
        return lt_fail_errno(error, "cannot read the database %s", store->path);
    bool sqlite, empty, ours;
    char journal[4096];
    snprintf(journal, sizeof journal, "%s-journal", store->path);
    for (int i = 0; !(ours = header_is_ours(store->path, &sqlite, &empty)) && i < 40; i++) {
        if (!lt_file_exists(journal)) break;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* being created just now? */
    }
    if (!ours && !sqlite)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s is not an SQLite database; it is left as it is: name another file with --db",
                       store->path);
    if (!ours)
        return lt_fail(
            error, LT_ERROR_FORMAT,
            "%s is a database of another program; it is left as it is: name another file with --db",
            store->path);
    if (empty && mode == LT_STORE_READ)
        return lt_fail(error, LT_ERROR_IO, "the database %s is empty: no run has been recorded in it",
                       store->path);
    return LT_OK;
}

static lt_status open_with(lt_store *store, const char *name, int flags, lt_error *error)
{
    sqlite3_close(store->db);
    store->db = NULL;
    if (sqlite3_open_v2(name, &store->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL) !=
        SQLITE_OK)
        return store->db ? lt_sql_fail(store, "open", error)
                         : lt_fail(error, LT_ERROR_MEMORY, "out of memory for the database");
    sqlite3_busy_timeout(store->db, LT_STORE_PATIENCE_MS);
    return LT_OK;
}

static void forget_statements(lt_store *store)
{
    for (size_t i = 0; i < store->count; i++) sqlite3_finalize(store->statements[i].statement);
    store->count = 0;
}

/* Switching to WAL wants the file for itself for a moment, and SQLite does not wait for that; a file system
 * without shared memory refuses, and then the rollback journal stays. */
static lt_status set_wal(lt_store *store, lt_error *error)
{
    sqlite3_stmt *statement;
    bool row;
    lt_status status = LT_OK;
    for (int tries = 0; tries < LT_STORE_PATIENCE_MS / 20; tries++) {
        status = lt_sql_start(store, &statement, "PRAGMA journal_mode = WAL", error, "");
        if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
        lt_sql_done(statement);
        if (status == LT_OK || (sqlite3_errcode(store->db) & 0xFF) != SQLITE_BUSY) break;
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return status;
}

static lt_status open_writable(lt_store *store, lt_error *error)
{
    LT_TRY(open_with(store, store->path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, error));
    if (sqlite3_db_readonly(store->db, "main"))
        return lt_fail(error, LT_ERROR_IO,
                       "cannot write the database %s: it is read-only; check its permissions or name another "
                       "file with --db",
                       store->path);
    LT_TRY(lt_sql_script(store, "PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;", error));
    LT_TRY(lt_schema_migrate(store, error));
    return set_wal(store, error);
}

/* A path as an SQLite URI that says the file does not change. */
static char *immutable_uri(const char *path)
{
    char *uri = malloc(3 * strlen(path) + 32), *out = uri;
    if (!uri) return NULL;
    char *full = realpath(path, NULL);
    out += sprintf(out, "file:");
    for (const char *p = full ? full : path; *p; p++)
        out += sprintf(out, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
    free(full);
    sprintf(out, "?immutable=1");
    return uri;
}

static lt_status open_readable(lt_store *store, lt_error *error)
{
    int64_t version;
    /* writable where the system allows it: only then are the log files of WAL taken away at the end */
    LT_TRY(open_with(store, store->path, SQLITE_OPEN_READWRITE, error));
    lt_status status = lt_sql_integer(store, "PRAGMA user_version", &version, error);
    int result = sqlite3_errcode(store->db) & 0xFF;
    if (status != LT_OK && (result == SQLITE_CANTOPEN || result == SQLITE_READONLY)) {
        /* WAL in a folder that cannot be written to: readable all the same when nobody has it open */
        char log[4096];
        struct stat info;
        snprintf(log, sizeof log, "%s-wal", store->path);
        if (stat(log, &info) == 0 && info.st_size > 0) return status;
        char *uri = immutable_uri(store->path);
        if (!uri) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the database's name");
        forget_statements(store);
        status = open_with(store, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, error);
        free(uri);
        if (status == LT_OK) status = lt_sql_integer(store, "PRAGMA user_version", &version, error);
    }
    if (status == LT_OK && version == lt_schema_version())
        return lt_sql_script(store, "PRAGMA query_only = ON", error);
    if (status == LT_OK && version < lt_schema_version()) {
        forget_statements(store);
        status = open_writable(store, error);
        if (status == LT_ERROR_IO)
            lt_error_context(error,
                             "the tables are an older latimer's; once somebody who may write them has to "
                             "run a command of this one");
        return status;
    }
    return status == LT_OK ? lt_schema_migrate(store, error) : status; /* says that it is newer */
}

lt_status lt_store_open(lt_store **store, const char *path, lt_store_mode mode, lt_error *error)
{
    *store = NULL;
    lt_store *new = calloc(1, sizeof *new);
    if (new) new->path = strdup(path);
    if (!new || !new->path) {
        free(new);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the database %s", path);
    }
    lt_status status = check_header(new, mode, error);
    if (status == LT_OK)
        status = mode == LT_STORE_WRITE ? open_writable(new, error) : open_readable(new, error);
    if (status != LT_OK) {
        lt_store_close(new);
        return status;
    }
    *store = new;
    return LT_OK;
}

void lt_store_close(lt_store *store)
{
    if (!store) return;
    forget_statements(store);
    sqlite3_close(store->db);
    free(store->path);
    free(store);
}

const char *lt_store_path(const lt_store *store)
{
    return store->path;
}
