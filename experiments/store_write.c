/* store_write.c: what happened, as it happens. One call is one short transaction. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "experiments/store_private.h"
#include "model/base/text.h"

const char *const lt_run_status_names[] = {"running", "finished", "stopped", "failed", "dead"};

lt_status lt_store_new_id(char id[LT_RUN_ID], lt_error *error)
{
    unsigned char bytes[(LT_RUN_ID - 1) / 2];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return lt_fail_errno(error, "the system gives no random numbers for a run id");
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(id + 2 * i, 3, "%02x", bytes[i]);
    return LT_OK;
}

/* A statement on a run that must exist: none changed means that there is none. */
static lt_status changed_one(lt_store *store, const char *id, lt_error *error)
{
    if (sqlite3_changes(store->db) > 0) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "there is no run %s in the database %s", id, store->path);
}

/* ---- runs ---- */

/* The folder as an absolute path, so that it means the same from everywhere; as given where it does not exist
 * yet. */
static char *absolute(const char *folder)
{
    return folder && *folder ? realpath(folder, NULL) : NULL;
}

/* The row that trainings and decodings share. */
static lt_status insert_run(lt_store *store, const char *kind, const char *parent,
                            const lt_store_new_run *run, lt_error *error)
{
    lt_process self;
    lt_process_self(&self);
    int64_t now = lt_now_ms();
    LT_TRY(lt_sql_run(store, "INSERT INTO experiments (name) VALUES (?) ON CONFLICT DO NOTHING", error, "t",
                      run->experiment));
    char *folder = absolute(run->folder);
    lt_status status = lt_sql_run(
        store,
        "INSERT INTO runs (id, experiment_id, kind, parent_id, status, started_ms, heartbeat_ms, host, boot, "
        "pid,"
        " process_start, command, seed, git_revision, build, folder)"
        " SELECT ?1, id, ?3, ?4, 'running', ?5, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14"
        " FROM experiments WHERE name = ?2",
        error, "ttttittiitittt", run->id, run->experiment, kind, parent, now, self.host, self.boot, self.pid,
        self.start, run->command, run->seed, run->git_revision, run->build, folder ? folder : run->folder);
    free(folder);
    return status;
}

lt_status lt_store_run_begin(lt_store *store, const lt_store_new_run *run, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    return lt_sql_end(store, insert_run(store, "training", NULL, run, error), error);
}

/* LT_ERROR_MISMATCH where another process holds the run. */
static lt_status must_be_free(lt_store *store, const char *id, lt_error *error)
{
    sqlite3_stmt *statement;
    bool row = false;
    char note[512];
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT status, host, boot, pid, process_start, heartbeat_ms FROM runs"
                                    " WHERE id = ? AND kind = 'training'",
                                    error, "t", id);
    if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
    if (status == LT_OK && !row)
        status =
            lt_fail(error, LT_ERROR_USAGE, "there is no training %s in the database %s", id, store->path);
    else if (status == LT_OK && strcmp(lt_sql_text(statement, 0), "running") == 0 &&
             lt_process_other_holds(statement, 1, note, sizeof note))
        status = lt_fail(error, LT_ERROR_MISMATCH, "run %s is still running (%s): stop it first", id, note);
    lt_sql_done(statement);
    return status;
}

lt_status lt_store_run_resume(lt_store *store, const char *id, const char *command, const char *folder,
                              lt_error *error)
{
    lt_process self;
    lt_process_self(&self);
    LT_TRY(lt_sql_begin(store, error));
    lt_status status = must_be_free(store, id, error);
    char *place = absolute(folder);
    if (status == LT_OK)
        status = lt_sql_run(store,
                            "UPDATE runs SET status = 'running', message = NULL, ended_ms = NULL,"
                            " heartbeat_ms = ?2, host = ?3, boot = ?4, pid = ?5, process_start = ?6,"
                            " command = coalesce(?7, command), folder = coalesce(?8, folder) WHERE id = ?1",
                            error, "tittiitt", id, lt_now_ms(), self.host, self.boot, self.pid, self.start,
                            command, place);
    free(place);
    return lt_sql_end(store, status, error);
}

static lt_status end_run(lt_store *store, const char *id, lt_run_status status, const char *message,
                         lt_error *error)
{
    LT_TRY(lt_sql_run(store,
                      "UPDATE runs SET status = ?2, message = ?3, ended_ms = ?4, heartbeat_ms = ?4"
                      " WHERE id = ?1",
                      error, "ttti", id, lt_run_status_names[status], message, lt_now_ms()));
    return changed_one(store, id, error);
}

lt_status lt_store_run_end(lt_store *store, const char *id, lt_run_status status, const char *message,
                           lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    return lt_sql_end(store, end_run(store, id, status, message, error), error);
}

lt_status lt_store_heartbeat(lt_store *store, const char *id, int64_t step, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status =
        lt_sql_run(store, "UPDATE runs SET heartbeat_ms = ?2, step = max(step, ?3) WHERE id = ?1", error,
                   "tii", id, lt_now_ms(), step);
    if (status == LT_OK) status = changed_one(store, id, error);
    return lt_sql_end(store, status, error);
}

lt_status lt_store_rewind(lt_store *store, const char *id, int64_t step, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status =
        lt_sql_run(store, "DELETE FROM metrics WHERE run_id = ? AND step > ?", error, "ti", id, step);
    if (status == LT_OK)
        status =
            lt_sql_run(store, "DELETE FROM checkpoints WHERE run_id = ? AND step > ?", error, "ti", id, step);
    if (status == LT_OK)
        status =
            lt_sql_run(store, "UPDATE runs SET step = min(step, ?2) WHERE id = ?1", error, "ti", id, step);
    if (status == LT_OK) status = changed_one(store, id, error);
    return lt_sql_end(store, status, error);
}

/* ---- what belongs to a run ---- */

static lt_status insert_params(lt_store *store, const char *id, const lt_store_param *params, size_t count,
                               lt_error *error)
{
    for (size_t i = 0; i < count; i++)
        LT_TRY(lt_sql_run(store,
                          "INSERT INTO params (run_id, key, value) VALUES (?, ?, ?)"
                          " ON CONFLICT DO UPDATE SET value = excluded.value",
                          error, "ttt", id, params[i].key, params[i].value));
    return LT_OK;
}

lt_status lt_store_params(lt_store *store, const char *id, const lt_store_param *params, size_t count,
                          lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    return lt_sql_end(store, insert_params(store, id, params, count, error), error);
}

static lt_status insert_metrics(lt_store *store, const char *id, int64_t step, const lt_store_metric *metrics,
                                size_t count, lt_error *error)
{
    int64_t now = lt_now_ms();
    for (size_t i = 0; i < count; i++)
        LT_TRY(lt_sql_run(store,
                          "INSERT INTO metrics (run_id, step, name, value, at_ms) VALUES (?, ?, ?, ?, ?)"
                          " ON CONFLICT DO UPDATE SET value = excluded.value, at_ms = excluded.at_ms",
                          error, "titri", id, step, metrics[i].name, metrics[i].value, now));
    return lt_sql_run(store, "UPDATE runs SET heartbeat_ms = ?2, step = max(step, ?3) WHERE id = ?1", error,
                      "tii", id, now, step);
}

lt_status lt_store_metrics(lt_store *store, const char *id, int64_t step, const lt_store_metric *metrics,
                           size_t count, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    return lt_sql_end(store, insert_metrics(store, id, step, metrics, count, error), error);
}

lt_status lt_store_add_checkpoint(lt_store *store, const char *id, const lt_store_checkpoint *checkpoint,
                                  lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status =
        lt_sql_run(store,
                   "INSERT OR REPLACE INTO checkpoints (run_id, step, name, path, sha256, bytes, score_name, "
                   "score, at_ms)"
                   " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                   error, "titttitri", id, checkpoint->step, checkpoint->name, checkpoint->path,
                   checkpoint->sha256, checkpoint->bytes, checkpoint->score_name,
                   checkpoint->score_name ? checkpoint->score : (double)NAN, lt_now_ms());
    return lt_sql_end(store, status, error);
}

lt_status lt_store_add_dataset(lt_store *store, const char *id, const lt_store_dataset *dataset,
                               lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status = lt_sql_run(
        store,
        "INSERT INTO datasets (run_id, role, name, language, path, sha256, lines) VALUES (?, ?, ?, ?, ?, ?, "
        "?)"
        " ON CONFLICT DO UPDATE SET path = excluded.path, sha256 = excluded.sha256, lines = excluded.lines",
        error, "tttttti", id, dataset->role, dataset->name, dataset->language ? dataset->language : "",
        dataset->path, dataset->sha256, dataset->lines);
    return lt_sql_end(store, status, error);
}

/* ---- decodings ---- */

lt_status lt_store_decoding_begin(lt_store *store, const lt_store_new_decoding *decoding, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_store_new_run run = {.id = decoding->id,
                            .experiment = decoding->experiment,
                            .command = decoding->command,
                            .build = decoding->build,
                            .folder = decoding->folder};
    sqlite3_stmt *statement = NULL;
    lt_status status = LT_OK;
    if (decoding->training) {
        bool row = false;
        status = lt_sql_start(store, &statement,
                              "SELECT name, seed, git_revision FROM runs JOIN experiments"
                              " ON experiments.id = experiment_id WHERE runs.id = ? AND kind = 'training'",
                              error, "t", decoding->training);
        if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
        if (status == LT_OK && !row)
            status = lt_fail(error, LT_ERROR_USAGE, "there is no training %s in the database %s",
                             decoding->training, store->path);
        else if (status == LT_OK) {
            run.experiment = (const char *)sqlite3_column_text(statement, 0);
            run.seed = sqlite3_column_int64(statement, 1);
            run.git_revision = (const char *)sqlite3_column_text(statement, 2);
        }
    }
    if (status == LT_OK) status = insert_run(store, "decoding", decoding->training, &run, error);
    lt_sql_done(statement);
    if (status == LT_OK)
        status = lt_sql_run(store,
                            "INSERT INTO decodings (run_id, checkpoint, checkpoint_sha256, input, output)"
                            " VALUES (?, ?, ?, ?, ?)",
                            error, "ttttt", decoding->id, decoding->checkpoint, decoding->checkpoint_sha256,
                            decoding->input, decoding->output);
    return lt_sql_end(store, status, error);
}

lt_status lt_store_decoding_end(lt_store *store, const char *id, const lt_store_decoding_result *result,
                                lt_run_status ended, const char *message, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    lt_status status = LT_OK;
    if (result)
        status = lt_sql_run(store,
                            "UPDATE decodings SET input_sha256 = ?2, output_sha256 = ?3, lines = ?4,"
                            " seconds = ?5, sentences_per_second = ?6 WHERE run_id = ?1",
                            error, "tttirr", id, result->input_sha256, result->output_sha256, result->lines,
                            result->seconds, result->sentences_per_second);
    if (status == LT_OK) status = end_run(store, id, ended, message, error);
    return lt_sql_end(store, status, error);
}

/* ---- evaluations ---- */

#define SEGMENTS_AT_ONCE 2000 /* a transaction of some ten milliseconds */

static lt_status insert_evaluation(lt_store *store, const char *id, const lt_store_evaluation *e,
                                   int64_t *evaluation, lt_error *error)
{
    LT_TRY(lt_sql_run(
        store,
        "INSERT INTO evaluations (run_id, dataset, source_sha256, reference_sha256, decoding, step,"
        " segments, at_ms, complete) VALUES (?, ?, ?, ?, ?, nullif(?, -1), ?, ?, 0)",
        error, "tttttiii", id, e->dataset, e->source_sha256, e->reference_sha256, e->decoding, e->step,
        (int64_t)e->segments, lt_now_ms()));
    *evaluation = sqlite3_last_insert_rowid(store->db);
    size_t first = 0;
    for (size_t i = 0; i < e->metrics; i++) {
        const lt_store_score *score = &e->scores[i];
        LT_TRY(
            lt_sql_run(store,
                       "INSERT INTO scores (evaluation_id, position, metric, score, detail, signature, first,"
                       " width) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       error, "iitrttii", *evaluation, (int64_t)i, score->metric, score->score, score->detail,
                       score->signature, (int64_t)first, (int64_t)score->width));
        first += score->width;
    }
    return LT_OK;
}

/* A segment's statistics of all metrics as a JSON array; counts stay whole numbers. */
static lt_status statistics_text(lt_text *out, const lt_store_evaluation *e, size_t segment, lt_error *error)
{
    out->length = 0;
    LT_TRY(lt_text_append(out, "[", 1, error));
    for (size_t i = 0; i < e->metrics; i++)
        for (size_t j = 0; j < e->scores[i].width; j++) {
            double value = e->scores[i].statistics[segment * e->scores[i].width + j];
            const char *comma = i + j ? "," : "";
            if (!isfinite(value))
                return lt_fail(error, LT_ERROR_NUMERIC, "statistic %zu of %s in segment %zu is not finite", j,
                               e->scores[i].metric, segment);
            if (value == floor(value) && fabs(value) < 1e15)
                LT_TRY(lt_text_appendf(out, error, "%s%lld", comma, (long long)value));
            else
                LT_TRY(lt_text_appendf(out, error, "%s%.17g", comma, value));
        }
    return lt_text_append(out, "]", 1, error);
}

static lt_status insert_segments(lt_store *store, const lt_store_evaluation *e, int64_t evaluation,
                                 size_t begin, size_t end, lt_text *text, lt_error *error)
{
    for (size_t i = begin; i < end; i++) {
        sqlite3_stmt *statement;
        bool row;
        size_t length = e->lengths ? e->lengths[i] : strlen(e->hypotheses[i]);
        LT_TRY(statistics_text(text, e, i, error));
        lt_status status = lt_sql_start(
            store, &statement,
            "INSERT INTO segments (evaluation_id, line, statistics, hypothesis) VALUES (?, ?, ?, ?)", error,
            "iitx", evaluation, (int64_t)i, text->data);
        if (status == LT_OK && sqlite3_bind_text64(statement, 4, e->hypotheses[i], length, SQLITE_STATIC,
                                                   SQLITE_UTF8) != SQLITE_OK)
            status = lt_sql_fail(store, "write", error);
        if (status == LT_OK) status = lt_sql_next(store, statement, &row, error);
        lt_sql_done(statement);
        LT_TRY(status);
    }
    return LT_OK;
}

/* The last piece: what it replaces goes, and it becomes visible. */
static lt_status complete_evaluation(lt_store *store, const char *id, const lt_store_evaluation *e,
                                     int64_t evaluation, lt_error *error)
{
    LT_TRY(lt_sql_run(store,
                      "DELETE FROM evaluations WHERE run_id = ?1 AND dataset = ?2 AND id <> ?4"
                      " AND reference_sha256 IS ?3",
                      error, "ttti", id, e->dataset, e->reference_sha256, evaluation));
    return lt_sql_run(store, "UPDATE evaluations SET complete = 1 WHERE id = ?", error, "i", evaluation);
}

lt_status lt_store_add_evaluation(lt_store *store, const char *id, const lt_store_evaluation *e,
                                  lt_error *error)
{
    lt_text text = {0};
    lt_status status = LT_OK;
    int64_t evaluation = 0;
    size_t next = 0;
    do {
        size_t begin = next,
               end = e->segments - begin > SEGMENTS_AT_ONCE ? begin + SEGMENTS_AT_ONCE : e->segments;
        LT_GOTO(status, lt_sql_begin(store, error), done);
        if (begin == 0) status = insert_evaluation(store, id, e, &evaluation, error);
        if (status == LT_OK) status = insert_segments(store, e, evaluation, begin, end, &text, error);
        if (status == LT_OK && end == e->segments)
            status = complete_evaluation(store, id, e, evaluation, error);
        LT_GOTO(status, lt_sql_end(store, status, error), done);
        next = end;
    } while (next < e->segments);
done:
    /* pieces already written stay invisible; take them away where that still works */
    if (status != LT_OK && next > 0)
        lt_sql_run(store, "DELETE FROM evaluations WHERE id = ? AND complete = 0", NULL, "i", evaluation);
    lt_text_clear(&text);
    return status;
}
