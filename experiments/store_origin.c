/* store_origin.c: what a training began from. */
#include "experiments/store_private.h"

static lt_status set_origin(lt_store *store, const char *id, const lt_store_origin *origin, lt_error *error)
{
    return lt_sql_run(store,
                      "INSERT OR REPLACE INTO origins (run_id, source_id, folder, checkpoint, sha256, step,"
                      " vocabulary, partial) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                      error, "tttttiti", id, origin->run, origin->folder, origin->checkpoint, origin->sha256,
                      origin->step, origin->vocabulary, (int64_t)origin->partial);
}

lt_status lt_store_set_origin(lt_store *store, const char *id, const lt_store_origin *origin, lt_error *error)
{
    LT_TRY(lt_sql_begin(store, error));
    return lt_sql_end(store, set_origin(store, id, origin, error), error);
}

lt_status lt_store_read_origin(lt_store *store, const char *id, lt_store_origin_row row, void *context,
                               lt_error *error)
{
    sqlite3_stmt *statement;
    bool there = false;
    lt_status status = lt_sql_start(store, &statement,
                                    "SELECT source_id, folder, checkpoint, sha256, coalesce(step, -1),"
                                    " vocabulary, partial FROM origins WHERE run_id = ?",
                                    error, "t", id);
    if (status == LT_OK) status = lt_sql_next(store, statement, &there, error);
    if (status == LT_OK && there) {
        const lt_store_origin origin = {.run = lt_sql_known(statement, 0),
                                        .folder = lt_sql_known(statement, 1),
                                        .checkpoint = lt_sql_known(statement, 2),
                                        .sha256 = lt_sql_known(statement, 3),
                                        .step = sqlite3_column_int64(statement, 4),
                                        .vocabulary = lt_sql_known(statement, 5),
                                        .partial = sqlite3_column_int64(statement, 6) != 0};
        status = row(context, &origin, error);
    }
    lt_sql_done(statement);
    return status;
}
