/* store_query.c: reading what was recorded. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "experiments/store_private.h"
#include "model/base/file.h"
#include "model/base/text.h"

/* ---- finding a run ---- */

#define CANDIDATES_SHOWN 5

/* Looks among the ids that begin with `prefix`. Sets `count`, `id` to the newest, and lists some in `list`.
 */
static lt_status match_prefix(lt_store *store, const char *prefix, lt_run_kind kinds, size_t *count,
                              char id[LT_RUN_ID], lt_text *list, lt_error *error)
{
    sqlite3_stmt *statement;
    *count = 0;
    size_t length = strlen(prefix);
    if (length == 0 || length >= LT_RUN_ID || strspn(prefix, "0123456789abcdef") != length) return LT_OK;
    LT_TRY(
        lt_sql_start(store, &statement,
                     "SELECT runs.id, name, kind FROM runs JOIN experiments ON experiments.id = experiment_id"
                     " WHERE runs.id >= ?1 AND runs.id < ?1 || 'g' AND (CASE kind WHEN 'training' THEN 1"
                     " ELSE 2 END & ?2) ORDER BY started_ms DESC, runs.rowid DESC",
                     error, "ti", prefix, (int64_t)kinds));
    lt_status status;
    bool row;
    while ((status = lt_sql_next(store, statement, &row, error)) == LT_OK && row) {
        if ((*count)++ == 0) snprintf(id, LT_RUN_ID, "%s", lt_sql_text(statement, 0));
        if (*count <= CANDIDATES_SHOWN)
            status = lt_text_appendf(list, error, "%s%s (%s of %s)", *count > 1 ? ", " : "",
                                     lt_sql_text(statement, 0), lt_sql_text(statement, 2),
                                     lt_sql_text(statement, 1));
        if (status != LT_OK) break;
    }
    lt_sql_done(statement);
    return status;
}

/* The first column of the first row of a query with one text parameter; empty where there is no row. */
static lt_status first_id(lt_store *store, const char *sql, const char *value, char id[LT_RUN_ID],
                          lt_error *error)
{
    sqlite3_stmt *statement;
    bool row = false;
    lt_status status = lt_sql_start(store, &statement, sql, error, "t", value);
    if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
    snprintf(id, LT_RUN_ID, "%s", row ? lt_sql_text(statement, 0) : "");
    lt_sql_done(statement);
    return status;
}

bool lt_store_is_run_folder(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    char *file = lt_path_join(path, "experiment.yaml");
    bool is = file && lt_file_exists(file);
    free(file);
    return is;
}

/* A run's directory: by its place, else (it was moved or copied) by the id its name ends with. */
static lt_status match_folder(lt_store *store, const char *path, char id[LT_RUN_ID], lt_error *error)
{
    id[0] = '\0';
    char *full = realpath(path, NULL);
    if (!full) return lt_fail_errno(error, "cannot find the run directory %s", path);
    lt_status status = first_id(
        store, "SELECT id FROM runs WHERE folder = ? AND kind = 'training' ORDER BY started_ms DESC LIMIT 1",
        full, id, error);
    size_t length = strlen(full), count = 0;
    lt_text list = {0};
    if (status == LT_OK && !id[0] && length > 9 && full[length - 9] == '-')
        status = match_prefix(store, full + length - 8, LT_RUN_TRAINING, &count, id, &list, error);
    if (count > 1) id[0] = '\0';
    lt_text_clear(&list);
    free(full);
    return status;
}

/* An experiment's latest finished training; where none has finished its latest. */
static lt_status match_name(lt_store *store, const char *name, char id[LT_RUN_ID], lt_error *error)
{
    return first_id(store,
                    "SELECT runs.id FROM runs JOIN experiments ON experiments.id = experiment_id"
                    " WHERE name = ? AND kind = 'training'"
                    " ORDER BY status = 'finished' DESC, started_ms DESC, runs.rowid DESC LIMIT 1",
                    name, id, error);
}

lt_status lt_store_find_run(lt_store *store, const char *text, lt_run_kind kinds, char id[LT_RUN_ID],
                            lt_error *error)
{
    size_t count;
    char named[LT_RUN_ID] = "";
    lt_text list = {0};
    lt_status status = match_prefix(store, text, kinds, &count, id, &list, error);
    /* A name in full goes before the beginning of an id: "bad" may be either. */
    bool whole = count == 1 && strcmp(id, text) == 0;
    if (status == LT_OK && !whole && (kinds & LT_RUN_TRAINING))
        status = match_name(store, text, named, error);
    if (named[0]) {
        memcpy(id, named, LT_RUN_ID);
    } else if (status == LT_OK && count != 1) {
        id[0] = '\0';
        if (lt_store_is_run_folder(text) && (kinds & LT_RUN_TRAINING))
            status = match_folder(store, text, id, error);
        else if (count > 1)
            status = lt_fail(error, LT_ERROR_USAGE, "'%s' is the beginning of %zu run ids: %s%s", text, count,
                             list.data, count > CANDIDATES_SHOWN ? ", ..." : "");
        else
            status = lt_fail(error, LT_ERROR_USAGE,
                             "'%s' is no %s in the database %s (a run's id, the beginning of one, an "
                             "experiment's name) nor a run's directory; 'latimer runs' lists them",
                             text,
                             kinds == LT_RUN_TRAINING   ? "training"
                             : kinds == LT_RUN_DECODING ? "decoding"
                                                        : "run",
                             store->path);
    }
    lt_text_clear(&list);
    return status;
}

/* ---- runs ---- */

static lt_run_status status_of(sqlite3_stmt *statement, const char *name, char *note, size_t size)
{
    if (strcmp(name, "finished") == 0) return LT_RUN_FINISHED;
    if (strcmp(name, "stopped") == 0) return LT_RUN_STOPPED;
    if (strcmp(name, "failed") == 0) return LT_RUN_FAILED;
    lt_process process = {.pid = sqlite3_column_int64(statement, 11),
                          .start = sqlite3_column_int64(statement, 19)};
    const char *host = lt_sql_text(statement, 10), *boot = lt_sql_text(statement, 18);
    snprintf(process.host, sizeof process.host, "%s", host ? host : "");
    snprintf(process.boot, sizeof process.boot, "%s", boot ? boot : "");
    bool alive = lt_process_alive(&process, sqlite3_column_int64(statement, 9), note, size);
    return alive ? LT_RUN_RUNNING : LT_RUN_DEAD;
}

/* What was spent up to the last record of it, and what has passed since; of older versions all from the
 * beginning. */
static int64_t duration_of(sqlite3_stmt *statement, const lt_store_run *run)
{
    int64_t until = run->ended ? run->ended : run->heartbeat;
    if (sqlite3_column_type(statement, 25) == SQLITE_NULL) return until - run->started;
    int64_t since = until - sqlite3_column_int64(statement, 26);
    return (int64_t)(sqlite3_column_double(statement, 25) * 1000) + (since > 0 ? since : 0);
}

static lt_status give_run(sqlite3_stmt *statement, const lt_store_filter *filter, lt_store_run_row row,
                          void *context, int64_t *given, lt_error *error)
{
    char note[512] = "";
    lt_store_run run = {
        .id = lt_sql_text(statement, 0),
        .experiment = lt_sql_text(statement, 1),
        .kind = strcmp(lt_sql_text(statement, 2), "training") == 0 ? LT_RUN_TRAINING : LT_RUN_DECODING,
        .parent = lt_sql_text(statement, 3),
        .status_name = lt_sql_text(statement, 4),
        .status_note = lt_sql_known(statement, 5),
        .started = sqlite3_column_int64(statement, 7),
        .ended = sqlite3_column_int64(statement, 8),
        .heartbeat = sqlite3_column_int64(statement, 9),
        .host = lt_sql_known(statement, 10),
        .pid = sqlite3_column_int64(statement, 11),
        .command = lt_sql_known(statement, 12),
        .seed = sqlite3_column_int64(statement, 13),
        .git_revision = lt_sql_known(statement, 14),
        .build = lt_sql_known(statement, 15),
        .folder = lt_sql_known(statement, 16),
        .step = sqlite3_column_int64(statement, 17),
        .best_name = lt_sql_known(statement, 20),
        .best = sqlite3_column_double(statement, 21),
        .best_step = sqlite3_column_int64(statement, 22),
        .sweep = lt_sql_known(statement, 23),
        .point = lt_sql_known(statement, 24), /* 25 and 26 are duration_of()'s */
    };
    run.duration = duration_of(statement, &run);
    run.status = status_of(statement, run.status_name, note, sizeof note);
    if (run.status == LT_RUN_DEAD) run.status_name = "dead";
    if (note[0]) run.status_note = note;
    if (filter->status && strcmp(filter->status, run.status_name) != 0) return LT_OK;
    (*given)++;
    return row(context, &run, error);
}

lt_status lt_store_runs(lt_store *store, const lt_store_filter *filter, lt_store_run_row row, void *context,
                        lt_error *error)
{
    sqlite3_stmt *statement;
    LT_TRY(lt_sql_start(store, &statement,
                        "SELECT r.id, e.name, r.kind, r.parent_id, r.status, r.message, r.experiment_id, "
                        "r.started_ms, r.ended_ms,"
                        " r.heartbeat_ms, r.host, r.pid, r.command, r.seed, r.git_revision, r.build, "
                        "r.folder, r.step, r.boot,"
                        " r.process_start, c.score_name, c.score, c.step, s.name, p.label, w.value, w.at_ms"
                        " FROM runs r JOIN experiments e ON e.id = r.experiment_id"
                        " LEFT JOIN checkpoints c ON c.run_id = r.id AND c.name = 'best' AND c.step ="
                        "  (SELECT max(step) FROM checkpoints WHERE run_id = r.id AND name = 'best')"
                        " LEFT JOIN metrics w ON w.run_id = r.id AND w.name = '" LT_STORE_SECONDS
                        "' AND w.step ="
                        "  (SELECT step FROM metrics WHERE run_id = r.id AND name = '" LT_STORE_SECONDS "'"
                        "   ORDER BY step DESC LIMIT 1)"
                        " LEFT JOIN sweep_runs m ON m.run_id = r.id LEFT JOIN sweeps s ON s.id = m.sweep_id"
                        " LEFT JOIN sweep_points p ON p.sweep_id = m.sweep_id AND p.position = m.position"
                        " WHERE (?1 IS NULL OR r.id = ?1) AND (?2 IS NULL OR e.name = ?2) AND (?3 IS NULL OR "
                        "r.parent_id = ?3)"
                        " AND (CASE r.kind WHEN 'training' THEN 1 ELSE 2 END & ?4)"
                        " AND (?5 IS NULL OR s.name = ?5)"
                        " ORDER BY r.started_ms DESC, r.rowid DESC",
                        error, "tttit", filter->id, filter->experiment, filter->parent,
                        (int64_t)(filter->kinds ? filter->kinds : LT_RUN_TRAINING), filter->sweep));
    lt_status status = LT_OK;
    int64_t given = 0;
    for (bool more = true; status == LT_OK && (filter->limit == 0 || given < filter->limit);) {
        LT_GOTO(status, lt_sql_next(store, statement, &more, error), done);
        if (!more) break;
        status = give_run(statement, filter, row, context, &given, error);
    }
done:
    lt_sql_done(statement);
    return status;
}

/* ---- what belongs to a run ---- */

/* Calls give(statement, ...) for each row of a query on one run. */
typedef struct row_query {
    lt_status (*give)(const struct row_query *query, sqlite3_stmt *statement, lt_error *error);
    void *context;
    union {
        lt_store_param_row param;
        lt_store_metric_row metric;
        lt_store_checkpoint_row checkpoint;
        lt_store_dataset_row dataset;
        lt_store_decoding_row decoding;
        lt_store_scored_row scored;
    } row;
} row_query;

static lt_status each(lt_store *store, const char *sql, const char *id, const row_query *query,
                      lt_error *error)
{
    sqlite3_stmt *statement;
    bool more = true;
    lt_status status = lt_sql_start(store, &statement, sql, error, "t", id);
    while (status == LT_OK && (status = lt_sql_next(store, statement, &more, error)) == LT_OK && more)
        status = query->give(query, statement, error);
    lt_sql_done(statement);
    return status;
}

static double real_of(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? __builtin_nan("")
                                                                 : sqlite3_column_double(statement, column);
}

/* An integer, -1 where it is not known. */
static int64_t integer_of(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL ? -1
                                                                 : sqlite3_column_int64(statement, column);
}

static lt_status give_param(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_param param = {lt_sql_text(statement, 0), lt_sql_text(statement, 1)};
    return query->row.param(query->context, &param, error);
}

lt_status lt_store_read_params(lt_store *store, const char *id, lt_store_param_row row, void *context,
                               lt_error *error)
{
    row_query query = {give_param, context, {.param = row}};
    return each(store, "SELECT key, value FROM params WHERE run_id = ? ORDER BY key", id, &query, error);
}

static lt_status give_metric(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_metric metric = {lt_sql_text(statement, 1), real_of(statement, 2)};
    return query->row.metric(query->context, sqlite3_column_int64(statement, 0), &metric, error);
}

lt_status lt_store_read_metrics(lt_store *store, const char *id, lt_store_metric_row row, void *context,
                                lt_error *error)
{
    row_query query = {give_metric, context, {.metric = row}};
    return each(store, "SELECT step, name, value FROM metrics WHERE run_id = ? ORDER BY step, name", id,
                &query, error);
}

static lt_status give_checkpoint(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_checkpoint checkpoint = {lt_sql_text(statement, 0),  sqlite3_column_int64(statement, 1),
                                      lt_sql_known(statement, 2), lt_sql_known(statement, 3),
                                      integer_of(statement, 4),   lt_sql_known(statement, 5),
                                      real_of(statement, 6)};
    return query->row.checkpoint(query->context, &checkpoint, error);
}

lt_status lt_store_read_checkpoints(lt_store *store, const char *id, lt_store_checkpoint_row row,
                                    void *context, lt_error *error)
{
    row_query query = {give_checkpoint, context, {.checkpoint = row}};
    return each(store,
                "SELECT name, step, path, sha256, bytes, score_name, score FROM checkpoints WHERE run_id = ?"
                " ORDER BY step, name",
                id, &query, error);
}

static lt_status give_dataset(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_dataset dataset = {lt_sql_text(statement, 0),  lt_sql_text(statement, 1),
                                lt_sql_known(statement, 2), lt_sql_known(statement, 3),
                                lt_sql_known(statement, 4), integer_of(statement, 5)};
    return query->row.dataset(query->context, &dataset, error);
}

lt_status lt_store_read_datasets(lt_store *store, const char *id, lt_store_dataset_row row, void *context,
                                 lt_error *error)
{
    row_query query = {give_dataset, context, {.dataset = row}};
    return each(store,
                "SELECT role, name, language, path, sha256, lines FROM datasets WHERE run_id = ? ORDER BY id",
                id, &query, error);
}

static lt_status give_decoding(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_decoding decoding = {lt_sql_known(statement, 0),
                                  lt_sql_known(statement, 1),
                                  lt_sql_known(statement, 2),
                                  lt_sql_known(statement, 3),
                                  {lt_sql_known(statement, 4), lt_sql_known(statement, 5),
                                   integer_of(statement, 6), real_of(statement, 7), real_of(statement, 8)}};
    return query->row.decoding(query->context, &decoding, error);
}

lt_status lt_store_read_decoding(lt_store *store, const char *id, lt_store_decoding_row row, void *context,
                                 lt_error *error)
{
    row_query query = {give_decoding, context, {.decoding = row}};
    return each(
        store,
        "SELECT checkpoint, checkpoint_sha256, input, output, input_sha256, output_sha256, lines, seconds,"
        " sentences_per_second FROM decodings WHERE run_id = ?",
        id, &query, error);
}

/* ---- evaluations ---- */

static lt_status give_scored(const row_query *query, sqlite3_stmt *statement, lt_error *error)
{
    lt_store_scored scored = {.evaluation = sqlite3_column_int64(statement, 0),
                              .dataset = lt_sql_text(statement, 1),
                              .source_sha256 = lt_sql_known(statement, 2),
                              .reference_sha256 = lt_sql_known(statement, 3),
                              .decoding = lt_sql_known(statement, 4),
                              .step = integer_of(statement, 5),
                              .segments = (size_t)sqlite3_column_int64(statement, 6),
                              .metric = lt_sql_text(statement, 7),
                              .score = real_of(statement, 8),
                              .detail = lt_sql_known(statement, 9),
                              .signature = lt_sql_text(statement, 10),
                              .offset = (size_t)sqlite3_column_int64(statement, 11),
                              .width = (size_t)sqlite3_column_int64(statement, 12)};
    return query->row.scored(query->context, &scored, error);
}

/* Test sets that differ in a number at the end are in its order: test_d5 before test_d10. */
lt_status lt_store_read_evaluations(lt_store *store, const char *id, lt_store_scored_row row, void *context,
                                    lt_error *error)
{
    row_query query = {give_scored, context, {.scored = row}};
    return each(
        store,
        "SELECT e.id, dataset, source_sha256, reference_sha256, decoding, step, segments, metric, score,"
        " detail, signature, first, width FROM evaluations e JOIN scores s ON s.evaluation_id = e.id"
        " WHERE run_id = ? AND complete"
        " ORDER BY rtrim(dataset, '0123456789'), length(dataset), dataset, e.id, position",
        id, &query, error);
}

/* Reads a JSON array of numbers into `values`, grown as needed. */
static lt_status parse_statistics(const char *text, double **values, size_t *count, size_t *capacity,
                                  lt_error *error)
{
    *count = 0;
    bool well = *text == '[';
    for (const char *p = text + 1; well && *p != ']';) {
        char *end;
        double value = strtod(p, &end);
        well = end > p && (*end == ',' || *end == ']');
        if (*count == *capacity) {
            size_t more = *capacity ? *capacity * 2 : 64;
            double *larger = realloc(*values, more * sizeof *larger);
            if (!larger) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu statistics", more);
            *values = larger, *capacity = more;
        }
        (*values)[(*count)++] = value;
        p = *end == ',' ? end + 1 : end;
    }
    if (well) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT, "'%.100s' is not an array of numbers", text);
}

lt_status lt_store_read_segments(lt_store *store, int64_t evaluation, lt_store_segment_row row, void *context,
                                 lt_error *error)
{
    sqlite3_stmt *statement;
    double *values = NULL;
    size_t count, capacity = 0;
    bool more = true;
    lt_status status = lt_sql_start(
        store, &statement,
        "SELECT line, hypothesis, statistics FROM segments WHERE evaluation_id = ? ORDER BY line", error, "i",
        evaluation);
    while (status == LT_OK && (status = lt_sql_next(store, statement, &more, error)) == LT_OK && more) {
        status = parse_statistics(lt_sql_text(statement, 2), &values, &count, &capacity, error);
        if (status != LT_OK) {
            lt_error_context(error, "%s, evaluation %lld, line %lld", store->path, (long long)evaluation,
                             (long long)sqlite3_column_int64(statement, 0));
            break;
        }
        lt_store_segment segment = {.line = (size_t)sqlite3_column_int64(statement, 0),
                                    .hypothesis = lt_sql_text(statement, 1),
                                    .statistics = values,
                                    .count = count};
        segment.length = (size_t)sqlite3_column_bytes(statement, 1);
        status = row(context, &segment, error);
    }
    lt_sql_done(statement);
    free(values);
    return status;
}
