/* store_schema.c: the tables, and how a database of an older latimer becomes one of this. */
#include "experiments/store_private.h"

/* Version 1. Times are ms since 1970; hashes are lower-case SHA-256. */
static const char version_1[] =
    "CREATE TABLE experiments (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  name TEXT NOT NULL UNIQUE\n"
    ") STRICT;\n"
    "CREATE TABLE runs (\n"
    "  id TEXT PRIMARY KEY CHECK (length(id) = 32 AND id NOT GLOB '*[^0-9a-f]*'),\n"
    "  experiment_id INTEGER NOT NULL REFERENCES experiments (id),\n"
    "  kind TEXT NOT NULL CHECK (kind IN ('training', 'decoding')),\n"
    "  parent_id TEXT REFERENCES runs (id),\n" /* of a decoding: the training; NULL: not in this file */
    "  status TEXT NOT NULL CHECK (status IN ('running', 'finished', 'stopped', 'failed')),\n"
    "  message TEXT,\n" /* why it ended */
    "  started_ms INTEGER NOT NULL,\n"
    "  ended_ms INTEGER,\n"
    "  heartbeat_ms INTEGER NOT NULL,\n"
    "  host TEXT, boot TEXT, pid INTEGER NOT NULL, process_start INTEGER NOT NULL,\n"
    "  command TEXT, seed INTEGER, git_revision TEXT, build TEXT, folder TEXT,\n"
    "  step INTEGER NOT NULL DEFAULT 0,\n" /* the last update heard of */
    "  CHECK (kind = 'decoding' OR parent_id IS NULL)\n"
    ") STRICT;\n"
    "CREATE INDEX runs_by_experiment ON runs (experiment_id, started_ms);\n"
    "CREATE INDEX runs_by_parent ON runs (parent_id, started_ms) WHERE parent_id IS NOT NULL;\n"
    "CREATE INDEX runs_by_start ON runs (started_ms);\n"
    "CREATE TABLE params (\n"
    "  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  key TEXT NOT NULL,\n"
    "  value TEXT,\n"
    "  PRIMARY KEY (run_id, key)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE metrics (\n"
    "  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  step INTEGER NOT NULL,\n"
    "  name TEXT NOT NULL,\n"
    "  value REAL,\n" /* NULL: not a number */
    "  at_ms INTEGER NOT NULL,\n"
    "  PRIMARY KEY (run_id, step, name)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE checkpoints (\n"
    "  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  step INTEGER NOT NULL,\n"
    "  name TEXT NOT NULL,\n" /* best, last: a later row of a name replaced the file of the earlier */
    "  path TEXT, sha256 TEXT, bytes INTEGER,\n"
    "  score_name TEXT, score REAL,\n"
    "  at_ms INTEGER NOT NULL,\n"
    "  PRIMARY KEY (run_id, step, name)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE datasets (\n"
    "  id INTEGER PRIMARY KEY,\n"
    "  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  role TEXT NOT NULL, name TEXT NOT NULL, language TEXT NOT NULL,\n"
    "  path TEXT, sha256 TEXT, lines INTEGER,\n"
    "  UNIQUE (run_id, role, name, language)\n"
    ") STRICT;\n"
    "CREATE TABLE decodings (\n"
    "  run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  checkpoint TEXT, checkpoint_sha256 TEXT,\n"
    "  input TEXT, output TEXT, input_sha256 TEXT, output_sha256 TEXT,\n"
    "  lines INTEGER, seconds REAL, sentences_per_second REAL\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE evaluations (\n" /* one output of a run against one reference */
    "  id INTEGER PRIMARY KEY,\n"
    "  run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,\n"
    "  dataset TEXT NOT NULL, source_sha256 TEXT, reference_sha256 TEXT,\n"
    "  decoding TEXT,\n" /* its options */
    "  step INTEGER,\n"
    "  segments INTEGER NOT NULL,\n"
    "  at_ms INTEGER NOT NULL,\n"
    "  complete INTEGER NOT NULL CHECK (complete IN (0, 1))\n"
    ") STRICT;\n"
    "CREATE INDEX evaluations_by_run ON evaluations (run_id, dataset);\n"
    "CREATE TABLE scores (\n" /* one metric of an evaluation */
    "  evaluation_id INTEGER NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,\n"
    "  position INTEGER NOT NULL,\n"
    "  metric TEXT NOT NULL, score REAL, detail TEXT, signature TEXT NOT NULL,\n"
    "  first INTEGER NOT NULL, width INTEGER NOT NULL,\n" /* which of a segment's statistics are its own */
    "  PRIMARY KEY (evaluation_id, position)\n"
    ") STRICT, WITHOUT ROWID;\n"
    "CREATE TABLE segments (\n"
    "  evaluation_id INTEGER NOT NULL REFERENCES evaluations (id) ON DELETE CASCADE,\n"
    "  line INTEGER NOT NULL,\n" /* from 0 */
    "  hypothesis TEXT NOT NULL,\n"
    "  statistics TEXT NOT NULL,\n" /* a JSON array of numbers, so that any tool can sum them */
    "  PRIMARY KEY (evaluation_id, line)\n"
    ") STRICT, WITHOUT ROWID;\n";

/* What a training that did not begin from random parameters began from: another training's checkpoint. That
 * one need not be in this file. */
static const char origins[] = "CREATE TABLE origins (\n"
                              "  run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,\n"
                              "  source_id TEXT, folder TEXT,\n" /* the other training */
                              "  checkpoint TEXT, sha256 TEXT, step INTEGER,\n"
                              "  vocabulary TEXT, partial INTEGER NOT NULL CHECK (partial IN (0, 1))\n"
                              ") STRICT, WITHOUT ROWID;\n";

/* migrations[v] leads from version v to v + 1. A released one is never edited: a change is one more entry. */
static const char *const migrations[] = {
    version_1,
    origins,
    lt_schema_sweeps,
};

int lt_schema_version(void)
{
    return (int)(sizeof migrations / sizeof *migrations);
}

static lt_status check_version(lt_store *store, int newest, int64_t *version, lt_error *error)
{
    LT_TRY(lt_sql_integer(store, "PRAGMA user_version", version, error));
    if (*version > newest)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s was written by a newer latimer (schema %lld; this one knows up to %d): use that "
                       "latimer, or another file with --db",
                       store->path, (long long)*version, newest);
    return LT_OK;
}

lt_status lt_schema_apply(lt_store *store, const char *const *steps, int newest, lt_error *error)
{
    int64_t version;
    LT_TRY(check_version(store, newest, &version, error));
    if (version == newest) return LT_OK;
    LT_TRY(lt_sql_begin(store, error));
    char header[128];
    lt_status status =
        check_version(store, newest, &version, error); /* another process may have been first */
    for (int64_t v = version; status == LT_OK && v < newest; v++)
        status = lt_sql_script(store, steps[v], error);
    snprintf(header, sizeof header, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
             LT_STORE_APPLICATION, newest);
    if (status == LT_OK && version < newest) status = lt_sql_script(store, header, error);
    status = lt_sql_end(store, status, error);
    if (status != LT_OK && version > 0)
        lt_error_context(error, "bringing the database from schema %lld to %d (nothing was changed)",
                         (long long)version, newest);
    return status;
}

lt_status lt_schema_migrate(lt_store *store, lt_error *error)
{
    return lt_schema_apply(store, migrations, lt_schema_version(), error);
}
