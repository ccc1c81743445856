#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/recorder.h"
#include "experiments/store_private.h"
#include "model/base/clock.h"
#include "tests/folder.h"

static char db[96];
static lt_error error;
static lt_experiment experiment;

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    snprintf(db, sizeof db, "%s/latimer.db", folder);
    error = (lt_error){0};
    experiment = (lt_experiment){0};
    return lt_options_defaults(&experiment, lt_experiment_table, &error);
}

static int tear_down(void **state)
{
    lt_experiment_clear(&experiment);
    return remove_folder(state);
}

static lt_store_new_run new_run(char id[LT_RUN_ID])
{
    assert_int_equal(lt_store_new_id(id, &error), LT_OK);
    return (lt_store_new_run){
        .id = id, .experiment = "small", .command = "latimer train", .folder = folder, .seed = 1};
}

static lt_status show_run(void *context, const lt_store_run *run, lt_error *failure)
{
    (void)failure;
    lt_run_status *status = context;
    *status = run->status;
    assert_string_equal(run->experiment, "small");
    return LT_OK;
}

static lt_status sum_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *failure)
{
    (void)failure;
    if (strcmp(metric->name, "train.loss") == 0) *(double *)context += (double)step * metric->value;
    return LT_OK;
}

static lt_status check_rare(void *context, int64_t step, const lt_store_metric *metric, lt_error *failure)
{
    (void)failure;
    int *found = context;
    if (strcmp(metric->name, "skipped_updates") == 0) assert_true(step == 20 && metric->value == 3), ++*found;
    if (strcmp(metric->name, "sampling_probability") == 0)
        assert_true(step == 20 && metric->value == 0.25), ++*found;
    return LT_OK;
}

static lt_status last_seconds(void *context, int64_t step, const lt_store_metric *metric, lt_error *failure)
{
    (void)failure, (void)step;
    if (strcmp(metric->name, LT_STORE_SECONDS) == 0) *(double *)context = metric->value;
    return LT_OK;
}

static lt_status find_param(void *context, const lt_store_param *param, lt_error *failure)
{
    (void)failure;
    if (strcmp(param->key, "training.learning_rate") == 0) *(double *)context = atof(param->value);
    return LT_OK;
}

static lt_event update_event(uint64_t update, bool report)
{
    return (lt_event){
        .kind = LT_EVENT_UPDATE, .update = update, .as.progress = {.report = report, .mean_loss = 2}};
}

static void events_become_rows(void **state)
{
    (void)state;
    char id[LT_RUN_ID];
    lt_recorder recorder = {0};
    lt_store_new_run run = new_run(id);
    if (lt_recorder_begin(&recorder, db, &run, &experiment, &error) != LT_OK) fail_msg("%s", error.message);
    lt_event events[] = {
        update_event(9, false),
        update_event(10, true),
        {.kind = LT_EVENT_VALIDATION, .update = 10, .as.validation = {.scores = {20, 2, NAN, NAN}}},
        {.kind = LT_EVENT_CHECKPOINT,
         .update = 10,
         .as.checkpoint = {.name = "best", .step = 10, .path = "best.safetensors", .sha256 = "00"}},
        {.kind = LT_EVENT_NOTE, .as.note = "n"},
        {.kind = LT_EVENT_UPDATE,
         .update = 20,
         .skipped = 3,
         .as.progress = {.report = true, .mean_loss = 2, .sampling_probability = 0.25}},
        {.kind = LT_EVENT_ENDED, .update = 20, .as.ended = {LT_RUN_STOPPED, "stopped by SIGTERM", 1}},
    };
    for (size_t i = 0; i < sizeof events / sizeof *events; i++)
        if (lt_recorder_event(&recorder, &events[i], &error) != LT_OK) fail_msg("%zu: %s", i, error.message);
    lt_run_status status;
    double sum = 0, rate = 0;
    lt_store_filter filter = {.id = id};
    assert_int_equal(lt_store_runs(recorder.store, &filter, show_run, &status, &error), LT_OK);
    assert_int_equal(status, LT_RUN_STOPPED);
    assert_int_equal(lt_store_read_metrics(recorder.store, id, sum_metric, &sum, &error), LT_OK);
    assert_true(sum == 60);
    int found = 0;
    assert_int_equal(lt_store_read_metrics(recorder.store, id, check_rare, &found, &error), LT_OK);
    assert_int_equal(found, 2);
    assert_int_equal(lt_store_read_params(recorder.store, id, find_param, &rate, &error), LT_OK);
    assert_true(rate == 0.001);
    lt_recorder_close(&recorder);

    /* resumed at update 10: what came later is forgotten */
    if (lt_recorder_resume(&recorder, db, &run, &experiment, 10, &error) != LT_OK)
        fail_msg("%s", error.message);
    sum = 0;
    assert_int_equal(lt_store_read_metrics(recorder.store, id, sum_metric, &sum, &error), LT_OK);
    assert_true(sum == 20);
    assert_int_equal(lt_store_runs(recorder.store, &filter, show_run, &status, &error), LT_OK);
    assert_int_equal(status, LT_RUN_RUNNING);
    lt_recorder_close(&recorder);
}

/* 110 s of a first process up to update 13, and 20 s more that are lost with their updates; then 7 s of a
 * second. */
static void age_by_an_hour(void)
{
    lt_store *store;
    assert_int_equal(lt_store_open(&store, db, LT_STORE_WRITE, &error), LT_OK);
    assert_int_equal(lt_sql_script(store,
                                   "UPDATE metrics SET at_ms = at_ms - 3600000;"
                                   "UPDATE runs SET started_ms = started_ms - 3600000,"
                                   " heartbeat_ms = heartbeat_ms - 3600000",
                                   &error),
                     LT_OK);
    lt_store_close(store);
}

static lt_status keep_duration(void *context, const lt_store_run *run, lt_error *failure)
{
    (void)failure;
    *(int64_t *)context = run->duration;
    return LT_OK;
}

static int64_t duration_of(lt_store *store, const char *id)
{
    int64_t duration = -1;
    assert_int_equal(lt_store_runs(store, &(lt_store_filter){.id = id}, keep_duration, &duration, &error),
                     LT_OK);
    return duration;
}

static void the_time_of_all_processes_is_counted(void **state)
{
    (void)state;
    char id[LT_RUN_ID];
    double now = lt_seconds(), seconds = -1;
    lt_recorder recorder = {.began = now - 100};
    lt_store_new_run run = new_run(id);
    assert_int_equal(lt_recorder_begin(&recorder, db, &run, &experiment, &error), LT_OK);
    lt_event event = {
        .kind = LT_EVENT_VALIDATION, .update = 10, .as.validation = {.scores = {20, 2, NAN, NAN}}};
    assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    recorder.began -= 10; /* stopped after 110 s, between two reports */
    event = (lt_event){.kind = LT_EVENT_CHECKPOINT,
                       .update = 13,
                       .as.checkpoint = {.name = "last", .step = 13, .path = "l", .sha256 = "00"}};
    assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    recorder.began -= 20;
    event = update_event(20, true);
    assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    lt_recorder_close(&recorder);

    age_by_an_hour();
    recorder = (lt_recorder){.began = lt_seconds() - 7};
    assert_int_equal(lt_recorder_resume(&recorder, db, &run, &experiment, 13, &error), LT_OK);
    assert_in_range(duration_of(recorder.store, id), 110000, 110000 + 60000); /* the hour is in none of it */
    event = update_event(15, true);
    assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    assert_int_equal(lt_store_read_metrics(recorder.store, id, last_seconds, &seconds, &error), LT_OK);
    double most = 117 + lt_seconds() - now; /* of a slow machine */
    if (seconds < 117 || seconds > most) fail_msg("%f s", seconds);
    lt_recorder_close(&recorder);
}

static void a_run_of_another_database_is_added_on_resuming(void **state)
{
    (void)state;
    char id[LT_RUN_ID];
    lt_recorder recorder = {0};
    lt_store_new_run run = new_run(id);
    if (lt_recorder_resume(&recorder, db, &run, &experiment, 10, &error) != LT_OK)
        fail_msg("%s", error.message);
    lt_event event = update_event(11, true);
    double seconds = -1;
    assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    assert_int_equal(lt_store_read_metrics(recorder.store, id, last_seconds, &seconds, &error), LT_OK);
    assert_true(isnan(seconds)); /* what the ten updates before took is not known */
    lt_recorder_close(&recorder);
}

static void a_database_that_cannot_be_written_is_told_once(void **state)
{
    (void)state;
    char id[LT_RUN_ID], nowhere[128];
    lt_recorder recorder = {0};
    lt_store_new_run run = new_run(id);
    snprintf(nowhere, sizeof nowhere, "%s/none/latimer.db", folder);
    assert_int_not_equal(lt_recorder_begin(&recorder, nowhere, &run, &experiment, &error), LT_OK);
    lt_event event = update_event(1, true);
    assert_int_equal(lt_recorder_event(&recorder, &event, &error),
                     LT_OK); /* nothing is recorded, nothing fails */
    lt_recorder_close(&recorder);

    assert_int_equal(lt_recorder_begin(&recorder, db, &run, &experiment, &error), LT_OK);
    strcpy(recorder.id, "gone"); /* no such run: every write of it fails */
    assert_int_not_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    for (int i = 0; i < 3; i++) assert_int_equal(lt_recorder_event(&recorder, &event, &error), LT_OK);
    const lt_event note = {.kind = LT_EVENT_NOTE}, quiet = update_event(2, false);
    recorder.failed_at = 0; /* long ago: it may be tried again */
    assert_int_equal(lt_recorder_event(&recorder, &note, &error), LT_OK); /* nothing of them is written */
    assert_int_equal(lt_recorder_event(&recorder, &quiet, &error), LT_OK);
    assert_true(recorder.failing);
    lt_event ended = {.kind = LT_EVENT_ENDED, .as.ended = {LT_RUN_FINISHED, "max_epochs", 1}};
    assert_int_not_equal(lt_recorder_event(&recorder, &ended, &error),
                         LT_OK); /* lost: that is said in any case */
    strcpy(recorder.id, id);
    assert_int_equal(lt_recorder_event(&recorder, &ended, &error), LT_OK);
    assert_false(recorder.failing);
    lt_recorder_close(&recorder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(events_become_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_time_of_all_processes_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_run_of_another_database_is_added_on_resuming, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_database_that_cannot_be_written_is_told_once, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
