#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/store.h"
#include "experiments/store_private.h"
#include "model/base/file.h"
#include "tests/folder.h"
#include "tests/ok.h"

static char path[128];
static lt_error error;
static lt_store *store;

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    error = (lt_error){0};
    store = NULL;
    snprintf(path, sizeof path, "%s/x.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    lt_store_close(store);
    return remove_folder(state);
}

static void begin(const char *id, const char *experiment)
{
    OK(lt_store_run_begin(store,
                          &(lt_store_new_run){.id = id,
                                              .experiment = experiment,
                                              .command = "latimer train x.yaml",
                                              .git_revision = "abc",
                                              .build = "gcc",
                                              .folder = folder,
                                              .seed = 7},
                          &error));
}

#define ID(c) "0123456789abcdef0123456789abcde" c

/* ---- reading back ---- */

static lt_store_run seen[8];
static char seen_text[8][4][600];
static size_t seen_count;

static lt_status see(void *context, const lt_store_run *run, lt_error *e)
{
    (void)context, (void)e;
    size_t i = seen_count++;
    seen[i] = *run;
    snprintf(seen_text[i][0], 600, "%s", run->id);
    snprintf(seen_text[i][1], 600, "%s", run->status_name);
    snprintf(seen_text[i][2], 600, "%s", run->status_note ? run->status_note : "");
    snprintf(seen_text[i][3], 600, "%s", run->best_name ? run->best_name : "");
    return LT_OK;
}

static void look(lt_store_filter filter)
{
    seen_count = 0;
    OK(lt_store_runs(store, &filter, see, NULL, &error));
}

static void ids_are_random_and_hexadecimal(void **state)
{
    (void)state;
    char a[LT_RUN_ID], b[LT_RUN_ID];
    OK(lt_store_new_id(a, &error));
    OK(lt_store_new_id(b, &error));
    assert_int_equal(strlen(a), 32);
    assert_int_equal(strspn(a, "0123456789abcdef"), 32);
    assert_string_not_equal(a, b);
}

static lt_status join_param(void *context, const lt_store_param *param, lt_error *e)
{
    (void)e;
    return lt_text_appendf(context, e, "%s=%s;", param->key, param->value ? param->value : "NULL");
}

static lt_status join_metric(void *context, int64_t step, const lt_store_metric *metric, lt_error *e)
{
    return lt_text_appendf(context, e, "%lld:%s=%g;", (long long)step, metric->name, metric->value);
}

static lt_status join_checkpoint(void *context, const lt_store_checkpoint *c, lt_error *e)
{
    return lt_text_appendf(context, e, "%lld:%s:%s:%s:%lld:%s=%g;", (long long)c->step, c->name, c->path,
                           c->sha256, (long long)c->bytes, c->score_name ? c->score_name : "-", c->score);
}

static lt_status join_dataset(void *context, const lt_store_dataset *d, lt_error *e)
{
    return lt_text_appendf(context, e, "%s:%s.%s:%s:%s:%lld;", d->role, d->name, d->language, d->path,
                           d->sha256, (long long)d->lines);
}

static void a_training_is_read_back_as_written(void **state)
{
    (void)state;
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "first");
    const lt_store_param params[] = {{"model.hidden", "512"}, {"data.src", "en"}};
    OK(lt_store_params(store, ID("1"), params, 2, &error));
    OK(lt_store_params(store, ID("1"), &(lt_store_param){"data.src", "de"}, 1, &error));
    OK(lt_store_metrics(store, ID("1"), 500, (lt_store_metric[]){{"dev.loss", 2.5}, {"dev.bleu", 10.25}}, 2,
                        &error));
    OK(lt_store_metrics(store, ID("1"), 1000, (lt_store_metric[]){{"dev.loss", NAN}}, 1, &error));
    OK(lt_store_metrics(store, ID("1"), 500, (lt_store_metric[]){{"dev.loss", 2.25}}, 1, &error));
    const lt_store_checkpoint best = {"best", 500, "best.safetensors", "aa", 123, "dev.bleu", 10.25};
    const lt_store_checkpoint last = {"last", 1000, "last.safetensors", "bb", 456, NULL, 0};
    OK(lt_store_add_checkpoint(store, ID("1"), &best, &error));
    OK(lt_store_add_checkpoint(store, ID("1"), &last, &error));
    OK(lt_store_add_dataset(store, ID("1"), &(lt_store_dataset){"train", "a/b", "en", "/a/b.en", "cc", 9},
                            &error));
    OK(lt_store_heartbeat(store, ID("1"), 1100, &error));
    OK(lt_store_heartbeat(store, ID("1"), 900, &error));

    lt_store_close(store);
    OK(lt_store_open(&store, path, LT_STORE_READ, &error));
    lt_text text = {0};
    OK(lt_store_read_params(store, ID("1"), join_param, &text, &error));
    OK(lt_store_read_metrics(store, ID("1"), join_metric, &text, &error));
    OK(lt_store_read_checkpoints(store, ID("1"), join_checkpoint, &text, &error));
    OK(lt_store_read_datasets(store, ID("1"), join_dataset, &text, &error));
    assert_string_equal(text.data, "data.src=de;model.hidden=512;"
                                   "500:dev.bleu=10.25;500:dev.loss=2.25;1000:dev.loss=nan;"
                                   "500:best:best.safetensors:aa:123:dev.bleu=10.25;"
                                   "1000:last:last.safetensors:bb:456:-=nan;"
                                   "train:a/b.en:/a/b.en:cc:9;");
    lt_text_clear(&text);
    look((lt_store_filter){0});
    assert_int_equal(seen_count, 1);
    assert_string_equal(seen_text[0][1], "running");
    assert_string_equal(seen_text[0][3], "dev.bleu");
    assert_int_equal(seen[0].seed, 7);
    assert_int_equal(seen[0].step, 1100);
    assert_int_equal(seen[0].best_step, 500);
    assert_true(seen[0].best == 10.25);
    assert_int_equal(seen[0].pid, getpid());
    assert_true(seen[0].started > 1600000000000 && seen[0].ended == 0);
}

static void ends_and_rewinds_are_recorded(void **state)
{
    (void)state;
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "first");
    for (int step = 100; step <= 300; step += 100) {
        OK(lt_store_metrics(store, ID("1"), step, &(lt_store_metric){"dev.loss", step}, 1, &error));
        OK(lt_store_add_checkpoint(store, ID("1"), &(lt_store_checkpoint){.name = "last", .step = step},
                                   &error));
    }
    OK(lt_store_run_end(store, ID("1"), LT_RUN_STOPPED, "SIGINT", &error));
    look((lt_store_filter){0});
    assert_string_equal(seen_text[0][1], "stopped");
    assert_string_equal(seen_text[0][2], "SIGINT");
    assert_true(seen[0].ended >= seen[0].started);
    OK(lt_store_run_resume(store, ID("1"), "again", "/", &error));
    OK(lt_store_rewind(store, ID("1"), 200, &error));
    lt_text text = {0};
    OK(lt_store_read_metrics(store, ID("1"), join_metric, &text, &error));
    assert_string_equal(text.data, "100:dev.loss=100;200:dev.loss=200;");
    lt_text_clear(&text);
    look((lt_store_filter){0});
    assert_string_equal(seen_text[0][1], "running");
    assert_int_equal(seen[0].step, 200);
    assert_int_equal(seen[0].ended, 0);
    assert_int_equal(lt_store_run_end(store, ID("2"), LT_RUN_FINISHED, NULL, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_store_heartbeat(store, ID("2"), 1, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_store_run_resume(store, ID("2"), NULL, NULL, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "no training " ID("2")));
    /* what belongs to a run needs the run */
    assert_int_equal(lt_store_metrics(store, ID("2"), 1, &(lt_store_metric){"a", 1}, 1, &error),
                     LT_ERROR_LIBRARY);
}

/* ---- finding ---- */

static void runs_are_found_by_every_kind_of_name(void **state)
{
    (void)state;
    char id[LT_RUN_ID], place[200], file[256];
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    const char *a = "aaaa0000000000000000000000000001", *b = "aaab0000000000000000000000000002",
               *c = "cccc0000000000000000000000000003";
    begin(a, "one");
    begin(b, "one");
    begin(c, "two");
    OK(lt_store_run_end(store, a, LT_RUN_FINISHED, NULL, &error));
    OK(lt_store_find_run(store, a, LT_RUN_ANY, id, &error));
    assert_string_equal(id, a);
    OK(lt_store_find_run(store, "aaab", LT_RUN_ANY, id, &error));
    assert_string_equal(id, b);
    OK(lt_store_find_run(store, "one", LT_RUN_ANY, id, &error)); /* finished before newer */
    assert_string_equal(id, a);
    OK(lt_store_find_run(store, "two", LT_RUN_TRAINING, id, &error));
    assert_string_equal(id, c);
    assert_int_equal(lt_store_find_run(store, "aa", LT_RUN_ANY, id, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, a));
    assert_non_null(strstr(error.message, b));
    assert_int_equal(lt_store_find_run(store, "three", LT_RUN_ANY, id, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_store_find_run(store, "", LT_RUN_ANY, id, &error), LT_ERROR_USAGE);
    assert_int_equal(lt_store_find_run(store, "aaaa", LT_RUN_DECODING, id, &error), LT_ERROR_USAGE);
    begin("dddd0000000000000000000000000004", "cc"); /* a name that ids may begin with */
    OK(lt_store_find_run(store, "cc", LT_RUN_ANY, id, &error));
    assert_string_equal(id, "dddd0000000000000000000000000004");
    OK(lt_store_find_run(store, "ccc", LT_RUN_ANY, id, &error));
    assert_string_equal(id, c);

    /* by directory: moved, and unknown */
    snprintf(place, sizeof place, "%s/one-aaab0000", folder);
    mkdir(place, 0777);
    assert_int_equal(lt_store_find_run(store, place, LT_RUN_ANY, id, &error),
                     LT_ERROR_USAGE); /* no experiment.yaml */
    snprintf(file, sizeof file, "%s/experiment.yaml", place);
    OK(lt_file_write(file, "x", 1, &error));
    OK(lt_store_find_run(store, place, LT_RUN_ANY, id, &error));
    assert_string_equal(id, b);
    snprintf(file, sizeof file, "%s/one-eeee0000", folder);
    assert_int_equal(rename(place, file), 0);
    OK(lt_store_find_run(store, file, LT_RUN_ANY, id, &error));
    assert_string_equal(id, "");
}

static void decodings_hang_under_their_training(void **state)
{
    (void)state;
    char id[LT_RUN_ID];
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "first");
    lt_store_new_decoding new = {.id = ID("2"), .training = ID("1"), .input = "-", .output = "out"};
    OK(lt_store_decoding_begin(store, &new, &error));
    OK(lt_store_params(store, ID("2"), &(lt_store_param){"beam_size", "5"}, 1, &error));
    OK(lt_store_decoding_end(store, ID("2"), &(lt_store_decoding_result){"in", "out", 10, 2, 5},
                             LT_RUN_FINISHED, NULL, &error));
    new = (lt_store_new_decoding){.id = ID("3"), .experiment = "elsewhere", .input = "-"};
    OK(lt_store_decoding_begin(store, &new, &error));
    new.id = ID("4"), new.training = ID("2");
    assert_int_equal(lt_store_decoding_begin(store, &new, &error), LT_ERROR_USAGE);
    look((lt_store_filter){0});
    assert_int_equal(seen_count, 1);
    look((lt_store_filter){.kinds = LT_RUN_ANY});
    assert_int_equal(seen_count, 3);
    look((lt_store_filter){.kinds = LT_RUN_DECODING, .parent = ID("1")});
    assert_int_equal(seen_count, 1);
    assert_int_equal(seen[0].seed, 7);
    look((lt_store_filter){.kinds = LT_RUN_ANY, .status = "finished"});
    assert_int_equal(seen_count, 1);
    look((lt_store_filter){.kinds = LT_RUN_ANY, .limit = 2});
    assert_int_equal(seen_count, 2);
    OK(lt_store_find_run(store, "elsewhere", LT_RUN_TRAINING, id, &error) == LT_ERROR_USAGE ? LT_OK
                                                                                            : LT_ERROR_IO);
}

/* ---- processes ---- */

static void change(const char *sql)
{
    OK(lt_sql_script(store, sql, &error));
}

static void a_run_without_process_is_dead(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        lt_error e = {0};
        lt_store *own;
        bool ok = lt_store_open(&own, path, LT_STORE_WRITE, &e) == LT_OK &&
                  lt_store_run_begin(own, &(lt_store_new_run){.id = ID("1"), .experiment = "x"}, &e) == LT_OK;
        _exit(!ok); /* without a word, as after SIGKILL */
    }
    int result;
    siginfo_t info;
    waitid(P_PID, child, &info, WEXITED | WNOWAIT);
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    look((lt_store_filter){0}); /* waits to be reaped */
    assert_string_equal(seen_text[0][1], "dead");
    waitpid(child, &result, 0);
    assert_int_equal(result, 0);
    look((lt_store_filter){.status = "dead"});
    assert_int_equal(seen_count, 1);
    assert_non_null(strstr(seen_text[0][2], "is gone"));
    OK(lt_store_run_resume(store, ID("1"), NULL, NULL, &error)); /* a dead one may be taken over */
    look((lt_store_filter){0});
    assert_string_equal(seen_text[0][1], "running");

    char sql[200]; /* our pid, but another process's */
    snprintf(sql, sizeof sql, "UPDATE runs SET process_start = process_start - 1");
    change(sql);
    look((lt_store_filter){0});
    assert_string_equal(seen_text[0][1], "dead");

    snprintf(sql, sizeof sql, "UPDATE runs SET pid = %ld, process_start = 0", (long)getppid());
    change(sql); /* someone else's that lives */
    assert_int_equal(lt_store_run_resume(store, ID("1"), NULL, NULL, &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "still running"));

    change("UPDATE runs SET host = 'elsewhere', boot = 'other', pid = 1");
    look((lt_store_filter){0}); /* fresh: believed */
    assert_string_equal(seen_text[0][1], "running");
    assert_non_null(strstr(seen_text[0][2], "elsewhere"));
    change("UPDATE runs SET heartbeat_ms = heartbeat_ms - 86400000");
    look((lt_store_filter){0});
    assert_string_equal(seen_text[0][1], "dead");
    assert_non_null(strstr(seen_text[0][2], "24 h ago"));
}

static void time_between_a_stop_and_going_on_is_no_duration(void **state)
{
    (void)state;
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "resumed");
    begin(ID("2"), "older");
    OK(lt_store_metrics(store, ID("1"), 100, &(lt_store_metric){LT_STORE_SECONDS, 40}, 1, &error));
    OK(lt_store_metrics(store, ID("1"), 900, &(lt_store_metric){LT_STORE_SECONDS, 90}, 1, &error));
    OK(lt_store_metrics(store, ID("1"), 950, &(lt_store_metric){"dev.loss", 1}, 1, &error));
    OK(lt_store_run_end(store, ID("1"), LT_RUN_FINISHED, NULL, &error));
    OK(lt_store_run_end(store, ID("2"), LT_RUN_FINISHED, NULL, &error));
    change("UPDATE runs SET started_ms = ended_ms - 3600000"); /* an hour ago, and stopped for most of it */
    change(
        "UPDATE metrics SET at_ms = (SELECT ended_ms FROM runs WHERE id = run_id) - 2000 WHERE step = 900");
    look((lt_store_filter){.experiment = "resumed"});
    assert_int_equal(seen[0].duration, 92000); /* the test sets were translated in two seconds */
    look((lt_store_filter){.experiment = "older"});
    assert_int_equal(seen[0].duration, 3600000);
}

static void hammer(int writer)
{
    lt_error e = {0};
    lt_store *own = NULL;
    char id[LT_RUN_ID];
    snprintf(id, sizeof id, "%032x", writer + 1);
    bool ok = lt_store_open(&own, path, LT_STORE_WRITE, &e) == LT_OK &&
              lt_store_run_begin(own, &(lt_store_new_run){.id = id, .experiment = "hammer"}, &e) == LT_OK;
    for (int step = 1; ok && step <= 200; step++)
        ok = lt_store_metrics(own, id, step, (lt_store_metric[]){{"a", step}, {"b", -step}}, 2, &e) == LT_OK;
    ok = ok && lt_store_run_end(own, id, LT_RUN_FINISHED, NULL, &e) == LT_OK;
    lt_store_close(own);
    if (!ok) fprintf(stderr, "writer %d: %s\n", writer, e.message);
    _exit(!ok);
}

static void many_processes_create_and_write_at_once(void **state)
{
    (void)state;
    enum { WRITERS = 6 };
    pid_t children[WRITERS];
    for (int i = 0; i < WRITERS; i++)
        if ((children[i] = fork()) == 0) hammer(i);
    for (int i = 0, result; i < WRITERS; i++) {
        waitpid(children[i], &result, 0);
        assert_int_equal(result, 0);
    }
    OK(lt_store_open(&store, path, LT_STORE_READ, &error));
    look((lt_store_filter){.status = "finished"});
    assert_int_equal(seen_count, WRITERS);
    int64_t count;
    OK(lt_sql_integer(store, "SELECT count(*) FROM metrics", &count, &error));
    assert_int_equal(count, WRITERS * 400);
    OK(lt_sql_integer(store, "SELECT count(*) FROM experiments", &count, &error));
    assert_int_equal(count, 1);
}

/* ---- evaluations ---- */

static size_t segments_seen;

static lt_status check_segment(void *context, const lt_store_segment *segment, lt_error *e)
{
    (void)context, (void)e;
    assert_int_equal(segment->line, segments_seen);
    assert_int_equal(segment->count, 3);
    assert_true(segment->statistics[0] == (double)segments_seen);
    assert_true(segment->statistics[1] == -1.0);
    assert_true(segment->statistics[2] == (double)segments_seen / 3);
    assert_memory_equal(segment->hypothesis, "a\0b\xff", 4);
    assert_int_equal(segment->length, 4);
    segments_seen++;
    return LT_OK;
}

static int64_t last_evaluation;

static lt_status join_scored(void *context, const lt_store_scored *s, lt_error *e)
{
    last_evaluation = s->evaluation;
    return lt_text_appendf(context, e, "%s:%s:%s:%lld:%zu:%s=%g(%s)[%zu+%zu];", s->dataset,
                           s->reference_sha256, s->decoding, (long long)s->step, s->segments, s->metric,
                           s->score, s->signature, s->offset, s->width);
}

static void evaluations_keep_every_segment_exactly(void **state)
{
    (void)state;
    enum { N = 4321 };
    const char **hypotheses = calloc(N, sizeof *hypotheses);
    size_t *lengths = calloc(N, sizeof *lengths);
    double *first = calloc(2 * N, sizeof *first), *second = calloc(N, sizeof *second);
    for (size_t i = 0; i < N; i++) {
        hypotheses[i] = "a\0b\xff", lengths[i] = 4;
        first[2 * i] = (double)i, first[2 * i + 1] = -1, second[i] = (double)i / 3;
    }
    const lt_store_score scores[] = {{"bleu", 12.5, "detail", "sig1", 2, first},
                                     {"ter", 50, NULL, "sig2", 1, second}};
    lt_store_evaluation e = {.dataset = "test",
                             .reference_sha256 = "ref",
                             .decoding = "beam_size=5",
                             .step = -1,
                             .segments = N,
                             .hypotheses = hypotheses,
                             .lengths = lengths,
                             .scores = scores,
                             .metrics = 2};
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "first");
    OK(lt_store_add_evaluation(store, ID("1"), &e, &error));
    OK(lt_store_add_evaluation(store, ID("1"), &e, &error)); /* replaces */
    lt_text text = {0};
    OK(lt_store_read_evaluations(store, ID("1"), join_scored, &text, &error));
    assert_string_equal(text.data, "test:ref:beam_size=5:-1:4321:bleu=12.5(sig1)[0+2];"
                                   "test:ref:beam_size=5:-1:4321:ter=50(sig2)[2+1];");
    segments_seen = 0;
    OK(lt_store_read_segments(store, last_evaluation, check_segment, NULL, &error));
    assert_int_equal(segments_seen, N);
    int64_t count;
    OK(lt_sql_integer(store, "SELECT count(*) FROM segments", &count, &error));
    assert_int_equal(count, N);
    OK(lt_sql_integer(store, "SELECT sum(json_extract(statistics, '$[1]')) FROM segments", &count, &error));
    assert_int_equal(count, -N); /* any tool can add them up */
    /* one that fails half-way leaves nothing, and the old one stays */
    second[N - 1] = NAN;
    assert_int_equal(lt_store_add_evaluation(store, ID("1"), &e, &error), LT_ERROR_NUMERIC);
    OK(lt_sql_integer(store, "SELECT count(*) FROM segments", &count, &error));
    assert_int_equal(count, N);
    lt_text_clear(&text);
    free(hypotheses), free(lengths), free(first), free(second);
}

/* ---- what a training began from ---- */

static lt_status see_origin(void *context, const lt_store_origin *origin, lt_error *e)
{
    (void)e;
    lt_text *text = context;
    return lt_text_appendf(text, &error, "%s %s %s %s %lld %s %d;", origin->run ? origin->run : "?",
                           origin->folder, origin->checkpoint, origin->sha256, (long long)origin->step,
                           origin->vocabulary, origin->partial);
}

static void a_training_says_what_it_began_from(void **state)
{
    (void)state;
    lt_text text = {0};
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    begin(ID("1"), "first");
    begin(ID("2"), "second");
    lt_store_origin origin = {.run = ID("f"), /* of another database */
                              .folder = "/runs/one",
                              .checkpoint = "best.safetensors",
                              .sha256 = "abcd",
                              .step = 60,
                              .vocabulary = "keep"};
    OK(lt_store_set_origin(store, ID("2"), &origin, &error));
    OK(lt_store_read_origin(store, ID("1"), see_origin, &text, &error));
    assert_int_equal(text.length, 0);
    OK(lt_store_read_origin(store, ID("2"), see_origin, &text, &error));
    assert_string_equal(text.data, ID("f") " /runs/one best.safetensors abcd 60 keep 0;");
    origin = (lt_store_origin){.folder = "/runs/two",
                               .checkpoint = "last",
                               .sha256 = "ef",
                               .step = -1,
                               .vocabulary = "new",
                               .partial = true};
    OK(lt_store_set_origin(store, ID("2"), &origin, &error)); /* said again */
    text.length = 0;
    OK(lt_store_read_origin(store, ID("2"), see_origin, &text, &error));
    assert_string_equal(text.data, "? /runs/two last ef -1 new 1;");
    lt_text_clear(&text);
    assert_int_not_equal(lt_store_set_origin(store, ID("9"), &origin, &error), LT_OK); /* no such run */
}

/* ---- migrations ---- */

static void older_schemas_are_migrated_in_one_transaction(void **state)
{
    (void)state;
    const char *const steps[] = {"CREATE TABLE a (x INTEGER) STRICT; INSERT INTO a VALUES (1);",
                                 "ALTER TABLE a ADD COLUMN y INTEGER; UPDATE a SET y = x + 1;",
                                 "CREATE TABLE b (z INTEGER) STRICT; INSERT INTO b SELECT y FROM a;",
                                 "CREATE TABLE c (z INTEGER) STRICT; INSERT INTO c VALUES ('no number');"};
    int64_t value;
    lt_store plain = {.path = "plain"};
    assert_int_equal(sqlite3_open(path, &plain.db), SQLITE_OK);
    OK(lt_schema_apply(&plain, steps, 1, &error));
    OK(lt_schema_apply(&plain, steps, 3, &error));
    OK(lt_sql_integer(&plain, "SELECT z FROM b", &value, &error));
    assert_int_equal(value, 2);
    assert_int_not_equal(lt_schema_apply(&plain, steps, 4, &error), LT_OK);
    assert_non_null(strstr(error.message, "from schema 3 to 4 (nothing was changed)"));
    OK(lt_sql_integer(&plain, "PRAGMA user_version", &value, &error));
    assert_int_equal(value, 3);
    OK(lt_sql_integer(&plain, "SELECT count(*) FROM sqlite_schema WHERE name = 'c'", &value, &error));
    assert_int_equal(value, 0);
    assert_int_equal(lt_schema_apply(&plain, steps, 2, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "newer latimer"));
    for (size_t i = 0; i < plain.count; i++) sqlite3_finalize(plain.statements[i].statement);
    assert_int_equal(sqlite3_close(plain.db), SQLITE_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(ids_are_random_and_hexadecimal),
        TEST(a_training_is_read_back_as_written),
        TEST(ends_and_rewinds_are_recorded),
        TEST(runs_are_found_by_every_kind_of_name),
        TEST(decodings_hang_under_their_training),
        TEST(a_run_without_process_is_dead),
        TEST(time_between_a_stop_and_going_on_is_no_duration),
        TEST(many_processes_create_and_write_at_once),
        TEST(evaluations_keep_every_segment_exactly),
        TEST(a_training_says_what_it_began_from),
        TEST(older_schemas_are_migrated_in_one_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
