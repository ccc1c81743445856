/* store_private.h: what the store's own files share. Nobody else includes it. */
#ifndef LT_STORE_PRIVATE_H
#define LT_STORE_PRIVATE_H

#include <sqlite3.h>
#include <stdio.h>

#include "experiments/store.h"

struct lt_store {
    sqlite3 *db;
    char *path;
    size_t count; /* prepared statements kept for their next use */
    struct {
        const char *sql; /* a string literal: told apart by its address */
        sqlite3_stmt *statement;
    } statements[64];
};

/* ---- statements (store.c) ---- */

/* Fills `error` from the connection's last failure: what was done, the file, why, what to do about it. */
lt_status lt_sql_fail(lt_store *store, const char *what, lt_error *error);

/* A statement ready to be stepped, its parameters bound in order after `types`: t text (const char *, NULL is
 * NULL), i integer (int64_t), r real (double; NaN is NULL), x bound by the caller. `sql` is a string literal.
 * To be given back by lt_sql_done(). */
lt_status lt_sql_start(lt_store *store, sqlite3_stmt **statement, const char *sql, lt_error *error,
                       const char *types, ...);
/* *row says whether there is another row. */
lt_status lt_sql_next(lt_store *store, sqlite3_stmt *statement, bool *row, lt_error *error);
void lt_sql_done(sqlite3_stmt *statement);

/* The text of a column of the row at hand, which lives until the next one; NULL where there is none. */
const char *lt_sql_text(sqlite3_stmt *statement, int column);
/* The same, NULL where an empty text was stored, too. */
const char *lt_sql_known(sqlite3_stmt *statement, int column);

/* Start, step to the end, done: for statements without rows. */
lt_status lt_sql_run(lt_store *store, const char *sql, lt_error *error, const char *types, ...);
/* SQL without parameters, perhaps several statements. */
lt_status lt_sql_script(lt_store *store, const char *sql, lt_error *error);
/* The first column of the only row. */
lt_status lt_sql_integer(lt_store *store, const char *sql, int64_t *value, lt_error *error);

/* BEGIN IMMEDIATE: the write lock is taken at once, so that waiting for it is possible. */
lt_status lt_sql_begin(lt_store *store, lt_error *error);
/* Commits where `status` is LT_OK, rolls back otherwise; returns `status` or the commit's failure. */
lt_status lt_sql_end(lt_store *store, lt_status status, lt_error *error);

/* ---- schema (store_schema.c) ---- */

/* Brings a new or older database to the present schema. LT_ERROR_FORMAT for one that is newer. */
lt_status lt_schema_migrate(lt_store *store, lt_error *error);
/* The version this program writes. */
int lt_schema_version(void);
/* The same with any list of scripts, for tests: steps[v] leads from version v to v + 1, up to `newest`. All
 * of them are one transaction: after a failure the database is as before. */
lt_status lt_schema_apply(lt_store *store, const char *const *steps, int newest, lt_error *error);

/* Step of the migrations that makes the tables of sweeps (store_sweep.c). */
extern const char lt_schema_sweeps[];

/* ---- processes (store_process.c) ---- */

typedef struct lt_process {
    char host[256];
    char boot[128]; /* the boot and the process namespace: pids mean something only within one */
    int64_t pid;
    int64_t start; /* clock ticks after boot: tells a reused pid from the one meant */
} lt_process;

/* This process. What the system does not tell stays empty. */
void lt_process_self(lt_process *process);
/* Is a run that says "running" still running? Asks the system where the process is one of ours to ask, else
 * goes by the age of its last heartbeat; `note` says which. */
bool lt_process_alive(const lt_process *process, int64_t heartbeat, char *note, size_t size);
/* Does another process than this one hold what the row is of? Its columns from `column` on are host, boot,
 * pid, process_start and heartbeat_ms; `note` says who does. */
bool lt_process_other_holds(sqlite3_stmt *statement, int column, char *note, size_t size);
int64_t lt_now_ms(void);

#endif
