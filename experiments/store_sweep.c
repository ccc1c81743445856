#include "experiments/store_sweep.h"

#include <string.h>

#include "experiments/store_private.h"

/* A run's id has no foreign key: it is entered before the run is, and a run need not be recorded at all. */
const char lt_schema_sweeps[] =
    "CREATE TABLE sweeps (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL UNIQUE CHECK (name <> ''),\n"
    "  command TEXT,\n"
    "  created_ms INTEGER NOT NULL,\n"
    "  heartbeat_ms INTEGER NOT NULL,\n"
    "  host TEXT, boot TEXT, pid INTEGER, process_start INTEGER\n" /* who works at it; pid NULL: nobody */
    ") STRICT;\n"
    "CREATE TABLE sweep_points (\n"
    "  sweep_id INTEGER NOT NULL REFERENCES sweeps (id) ON DELETE CASCADE,\n"
    "  position INTEGER NOT NULL,\n"
    "  label TEXT NOT NULL,\n"
    "  settings TEXT NOT NULL,\n"
    "  experiment TEXT NOT NULL,\n"
    "  PRIMARY KEY (sweep_id, position),\n"
    "  UNIQUE (sweep_id, label)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE sweep_runs (\n"
    "  sweep_id INTEGER NOT NULL,\n"
    "  position INTEGER NOT NULL,\n"
    "  seed INTEGER NOT NULL,\n"
    "  run_id TEXT NOT NULL UNIQUE CHECK (length(run_id) = 32 AND run_id NOT GLOB '*[^0-9a-f]*'),\n"
    "  seconds REAL NOT NULL DEFAULT 0,\n" /* of earlier versions: the runs' own metrics have it */
    "  message TEXT,\n"
    "  PRIMARY KEY (sweep_id, position, seed),\n"
    "  FOREIGN KEY (sweep_id, position) REFERENCES sweep_points (sweep_id, position) ON DELETE CASCADE\n"
    ") STRICT, WITHOUT ROWID;\n";

/* ---- sweeps ---- */

lt_status lt_store_sweep_find(lt_store *store, const char *name, int64_t *sweep, lt_error *error)
{
    sqlite3_stmt *statement;
    bool row = false;
    lt_status status =
        lt_sql_start(store, &statement, "SELECT id FROM sweeps WHERE name = ?", error, "t", name);
    if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
    *sweep = row ? sqlite3_column_int64(statement, 0) : 0;
    lt_sql_done(statement);
    return status;
}

lt_status lt_store_sweep_names(lt_store *store, lt_store_sweep_name_row row, void *context, lt_error *error)
{
    sqlite3_stmt *statement;
    bool more = true;
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT name FROM sweeps ORDER BY created_ms DESC, id DESC", error, "");
    while (status == LT_OK && (status = lt_sql_next(store, statement, &more, error)) == LT_OK && more)
        status = row(context, lt_sql_text(statement, 0), error);
    lt_sql_done(statement);
    return status;
}

/* LT_ERROR_MISMATCH where another process works at it. */
static lt_status must_be_free(lt_store *store, const char *name, lt_error *error)
{
    sqlite3_stmt *statement;
    bool row = false;
    char note[512];
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT host, boot, pid, process_start, heartbeat_ms FROM sweeps"
                                    " WHERE name = ? AND pid IS NOT NULL",
                                    error, "t", name);
    if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
    if (row && lt_process_other_holds(statement, 0, note, sizeof note))
        status = lt_fail(error, LT_ERROR_MISMATCH, "the sweep %s is being worked at (%s): stop that first",
                         name, note);
    lt_sql_done(statement);
    return status;
}

static lt_status take(lt_store *store, const char *name, const char *command, lt_error *error)
{
    lt_process self;
    lt_process_self(&self);
    LT_TRY(must_be_free(store, name, error));
    return lt_sql_run(
        store,
        "INSERT INTO sweeps (name, command, created_ms, heartbeat_ms, host, boot, pid,"
        " process_start) VALUES (?1, ?2, ?3, ?3, ?4, ?5, ?6, ?7)"
        " ON CONFLICT (name) DO UPDATE SET command = ?2, heartbeat_ms = ?3, host = ?4, boot = ?5,"
        " pid = ?6, process_start = ?7",
        error, "ttittii", name, command, lt_now_ms(), self.host, self.boot, self.pid, self.start);
}

lt_status lt_store_sweep_take(lt_store *store, const char *name, const char *command, int64_t *sweep,
                              lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status = take(store, name, command, error);
    if (status == LT_OK) status = lt_store_sweep_find(store, name, sweep, error);
    return lt_sql_end(store, status, error);
}

lt_status lt_store_sweep_heartbeat(lt_store *store, int64_t sweep, lt_error *error)
{
    return lt_sql_run(store, "UPDATE sweeps SET heartbeat_ms = ?2 WHERE id = ?1", error, "ii", sweep,
                      lt_now_ms());
}

lt_status lt_store_sweep_release(lt_store *store, int64_t sweep, lt_error *error)
{
    return lt_sql_run(store, "UPDATE sweeps SET heartbeat_ms = ?2, pid = NULL WHERE id = ?1", error, "ii",
                      sweep, lt_now_ms());
}

/* ---- points ---- */

lt_status lt_store_sweep_add_point(lt_store *store, int64_t sweep, const lt_store_point *point,
                                   lt_error *error)
{
    return lt_sql_run(store,
                      "INSERT INTO sweep_points (sweep_id, position, label, settings, experiment)"
                      " SELECT ?1, coalesce((SELECT max(position) + 1 FROM sweep_points WHERE sweep_id = ?1),"
                      " 0), ?2, ?3, ?4 WHERE true ON CONFLICT (sweep_id, label) DO NOTHING",
                      error, "ittt", sweep, point->label, point->settings ? point->settings : "",
                      point->experiment);
}

lt_status lt_store_sweep_points(lt_store *store, int64_t sweep, lt_store_point_row row, void *context,
                                lt_error *error)
{
    sqlite3_stmt *statement;
    bool more = true;
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT label, settings, experiment FROM sweep_points WHERE sweep_id = ?"
                                    " ORDER BY position",
                                    error, "i", sweep);
    while (status == LT_OK && (status = lt_sql_next(store, statement, &more, error)) == LT_OK && more) {
        lt_store_point point = {lt_sql_text(statement, 0), lt_sql_text(statement, 1),
                                lt_sql_text(statement, 2)};
        status = row(context, &point, error);
    }
    lt_sql_done(statement);
    return status;
}

/* ---- runs ---- */

lt_status lt_store_sweep_add_run(lt_store *store, int64_t sweep, const char *label, int64_t seed,
                                 const char *run, lt_error *error)
{
    LT_TRY(
        lt_sql_run(store,
                   "INSERT INTO sweep_runs (sweep_id, position, seed, run_id)"
                   " SELECT sweep_id, position, ?3, ?4 FROM sweep_points WHERE sweep_id = ?1 AND label = ?2"
                   " ON CONFLICT (sweep_id, position, seed) DO UPDATE SET run_id = excluded.run_id,"
                   " message = NULL",
                   error, "itit", sweep, label, seed, run));
    if (sqlite3_changes(store->db) > 0) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "there is no point %s in this sweep of the database %s", label,
                   store->path);
}

lt_status lt_store_sweep_note_run(lt_store *store, const char *run, const char *message, lt_error *error)
{
    return lt_sql_run(store, "UPDATE sweep_runs SET message = ?2 WHERE run_id = ?1", error, "tt", run,
                      message);
}

lt_status lt_store_sweep_runs(lt_store *store, int64_t sweep, lt_store_sweep_run_row row, void *context,
                              lt_error *error)
{
    sqlite3_stmt *statement;
    bool more = true;
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT label, run_id, seed, message FROM sweep_runs JOIN sweep_points"
                                    " USING (sweep_id, position) WHERE sweep_id = ? ORDER BY position, seed",
                                    error, "i", sweep);
    while (status == LT_OK && (status = lt_sql_next(store, statement, &more, error)) == LT_OK && more) {
        lt_store_sweep_run run = {lt_sql_text(statement, 0), lt_sql_text(statement, 1),
                                  sqlite3_column_int64(statement, 2), lt_sql_text(statement, 3)};
        status = row(context, &run, error);
    }
    lt_sql_done(statement);
    return status;
}
