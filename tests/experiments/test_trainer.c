/* The loop on a tiny copying task: what is trained is real, only text is missing. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/averaging.h"
#include "experiments/trainer.h"
#include "model/base/file.h"
#include "model/base/rng.h"
#include "tests/folder.h"

enum { PAIRS = 24, LENGTH = 5, VOCAB = 12, BATCH = 4, BATCHES = PAIRS / BATCH };

static lt_error error;

/* What a training can have on top, in which it must be as repeatable. */
enum { PLAIN, MOVING_AVERAGE, CHECKPOINTS, RELOADING, ACCUMULATING, VARIANTS };
static int variant = PLAIN;

typedef struct world {
    lt_training_options options;
    lt_model_options model_options;
    lt_pool *pool;
    lt_model *model;
    lt_learner *learner;
    lt_metadata identity;
    char best[128], last[128];
    int32_t ids[PAIRS][LENGTH];
    size_t length[PAIRS], order[BATCHES];
    const int32_t *src[PAIRS];
    size_t src_length[PAIRS];
    lt_trainer trainer;
    lt_training_state state;
    volatile sig_atomic_t signal;
    uint64_t kill_at, stop_at, fail_at; /* updates; 0: never */
    size_t validations, updates, decays;
    bool constant;     /* BLEU and loss */
    uint64_t break_at; /* an update, and how many times it is broken */
    size_t breaks, broken_at, skips;
    bool broken;
    real value;
    double loss;
    const char *reason;
} world;

static lt_status begin_epoch(void *context, uint64_t epoch, size_t *batches, lt_error *failure)
{
    (void)failure;
    world *w = context;
    lt_rng rng;
    lt_rng_init(&rng, lt_stream(7, epoch, 0, 0));
    for (size_t i = 0; i < BATCHES; i++) w->order[i] = i;
    lt_rng_shuffle(&rng, w->order, BATCHES);
    *batches = BATCHES;
    return LT_OK;
}

static lt_status batch(void *context, size_t position, lt_batch *out, lt_error *failure)
{
    (void)failure;
    world *w = context;
    /* An update is broken by a number that is none, and the next one finds the parameters as they were. */
    real *values = lt_model_values(w->model);
    if (w->broken) values[w->broken_at] = w->value;
    w->broken = w->break_at > 0 && w->state.update + 1 == w->break_at && w->breaks > 0;
    if (w->broken) {
        w->breaks--;
        w->value = values[w->broken_at];
        values[w->broken_at] = NAN;
    }
    if (w->break_at) lt_model_pack(w->model, w->pool);
    size_t first = w->order[position] * BATCH;
    *out = (lt_batch){BATCH, w->src + first, w->src_length + first, w->src + first, w->src_length + first};
    return LT_OK;
}

static lt_status validate(void *context, double watched[LT_WATCHES], lt_error *failure)
{
    world *w = context;
    double scores[PAIRS];
    lt_batch all = {PAIRS, w->src, w->src_length, w->src, w->src_length};
    LT_TRY(lt_model_score(w->model, w->pool, &all, scores, NULL, failure));
    w->loss = 0;
    for (size_t i = 0; i < PAIRS; i++) w->loss -= scores[i] / (PAIRS * (LENGTH + 1));
    watched[LT_WATCH_LOSS] = w->constant ? 1 : w->loss;
    /* one validation in four is the best so far, whatever the model: early stopping and decay have something
     * to count */
    double n = (double)(w->state.update / (uint64_t)w->options.validate_every);
    watched[LT_WATCH_BLEU] = w->constant ? 1 : n + (fmod(n, 4) == 1 ? 3 : 0);
    w->validations++;
    return LT_OK;
}

static lt_status listen_to(void *context, const lt_event *event, lt_error *failure)
{
    world *w = context;
    if (event->kind == LT_EVENT_VALIDATION) w->decays += event->as.validation.decayed;
    if (event->kind == LT_EVENT_NOTE) w->skips += strstr(event->as.note, "skipped so far") != NULL;
    if (event->kind != LT_EVENT_UPDATE) return LT_OK;
    w->updates++;
    if (event->update == w->stop_at) w->signal = SIGTERM;
    if (event->update == w->kill_at) raise(SIGKILL);
    if (event->update == w->fail_at) return lt_fail(failure, LT_ERROR_IO, "nobody listens");
    return LT_OK;
}

static void make_pairs(world *w)
{
    lt_rng rng;
    lt_rng_init(&rng, 42);
    for (size_t i = 0; i < PAIRS; i++) {
        for (size_t j = 0; j < LENGTH; j++)
            w->ids[i][j] = (int32_t)(LT_RESERVED + lt_rng_below(&rng, VOCAB - LT_RESERVED));
        w->src[i] = w->ids[i];
        w->src_length[i] = LENGTH;
    }
}

/* A run that writes to <folder>/<name>.{best,last}. */
static world *create(const char *name)
{
    world *w = calloc(1, sizeof *w);
    error = (lt_error){0};
    make_pairs(w);
    assert_int_equal(lt_options_defaults(&w->model_options, lt_model_table, &error), LT_OK);
    w->model_options.encoder.hidden = w->model_options.decoder.hidden = 16;
    w->model_options.encoder.embedding = w->model_options.decoder.embedding = 8;
    w->model_options.encoder.layers = w->model_options.decoder.layers = 1;
    w->model_options.dropout.embedding = 0.1;
    w->options = (lt_training_options){
        .optimizer = {LT_OPTIMIZER_ADAM, 0.05, 0, 0.9, 0.999, 1e-8, 0, 0.1, 1},
        .max_epochs = 12,
        .validate_every = 5,
        .checkpoint_every = 3,
        .warmup = 4,
        .early_stopping = {LT_WATCH_BLEU, 0},
        .decay = {LT_DECAY_PLATEAU, 0.8, 2, variant == RELOADING, 1e-4},
        .accumulate = variant == ACCUMULATING ? 4 : 1, /* of the six batches of an epoch */
        .average = {variant == MOVING_AVERAGE ? 0.9 : 0, variant == CHECKPOINTS ? 3 : 0},
    };
    assert_int_equal(lt_pool_create(&w->pool, 2, &error), LT_OK);
    assert_int_equal(lt_model_create(&w->model, &w->model_options, VOCAB, VOCAB, 3, &error), LT_OK);
    assert_int_equal(lt_learner_create(&w->learner, w->model, &w->options.optimizer, w->pool, 5, &error),
                     LT_OK);
    if (w->options.average.decay > 0)
        assert_int_equal(lt_learner_keep_average(w->learner, w->options.average.decay, &error), LT_OK);
    assert_int_equal(lt_metadata_set(&w->identity, "seed", "3", &error), LT_OK);
    assert_int_equal(lt_metadata_set(&w->identity, "corpus.train.0.en", "aaaa", &error), LT_OK);
    snprintf(w->best, sizeof w->best, "%s/%s.best", folder, name);
    snprintf(w->last, sizeof w->last, "%s/%s.last", folder, name);
    w->trainer = (lt_trainer){.options = &w->options,
                              .model = w->model,
                              .learner = w->learner,
                              .identity = &w->identity,
                              .best_path = w->best,
                              .last_path = w->last,
                              .folder = folder,
                              .task = {w, begin_epoch, batch, validate},
                              .listener = listen_to,
                              .listener_context = w,
                              .signal = &w->signal};
    lt_training_state_init(&w->state);
    return w;
}

static void destroy(world *w)
{
    lt_learner_free(w->learner);
    lt_model_free(w->model);
    lt_pool_free(w->pool);
    lt_metadata_clear(&w->identity);
    free(w);
}

static lt_status go(world *w)
{
    return lt_trainer_run(&w->trainer, &w->state, &w->reason, &error);
}

static void same_file(const char *a, const char *b)
{
    char one[LT_SHA256_HEX], two[LT_SHA256_HEX];
    if (lt_sha256_file(a, one, &error) || lt_sha256_file(b, two, &error)) fail_msg("%s", error.message);
    if (strcmp(one, two)) fail_msg("%s and %s differ", a, b);
}

static void same_run(const world *a, const world *b)
{
    same_file(a->best, b->best);
    same_file(a->last, b->last);
    assert_memory_equal(lt_model_values(a->model), lt_model_values(b->model),
                        lt_model_size(a->model) * sizeof(real));
}

static void a_run_learns_validates_and_repeats_itself(void **state)
{
    (void)state;
    world *w = create("undisturbed"), *again = create("again");
    if (go(w) != LT_OK) fail_msg("%s", error.message);
    assert_string_equal(w->reason, "max_epochs");
    assert_int_equal(w->updates, 12 * BATCHES);
    assert_int_equal(w->validations, 12 * BATCHES / 5 + 1); /* and one of the last update */
    assert_true(w->loss < 2);                               /* log(VOCAB) = 2.5 is chance */
    assert_true(w->decays > 0);
    assert_int_equal(go(again), LT_OK);
    same_run(w, again);
    destroy(w);
    destroy(again);
}

static void stop_and_go_on(void)
{
    static const uint64_t stops[] = {1, 4, 5, 6, 12, 23};
    world *undisturbed = create("undisturbed");
    assert_int_equal(go(undisturbed), LT_OK);
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        world *w = create("stopped");
        w->stop_at = stops[i];
        assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
        assert_int_equal(lt_exit_status(&error), 143);
        assert_int_equal(w->state.update, stops[i]);
        destroy(w);
        w = create("stopped");
        if (lt_trainer_resume(&w->trainer, &w->state, &error) != LT_OK) fail_msg("%s", error.message);
        assert_int_equal(w->state.update, stops[i]);
        assert_int_equal(go(w), LT_OK);
        same_run(undisturbed, w);
        destroy(w);
    }
    destroy(undisturbed);
}

static void a_stopped_run_goes_on_as_if_it_had_not(void **state)
{
    (void)state;
    for (variant = PLAIN; variant < VARIANTS; variant++) stop_and_go_on();
    variant = PLAIN;
}

/* With a moving average, the best is that average: of the learner's beside what goes on being trained. */
static void the_best_is_the_average(void **state)
{
    (void)state;
    variant = MOVING_AVERAGE;
    world *w = create("averaged");
    w->stop_at = 5; /* before it is validated */
    lt_model *best;
    assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
    world *then = create("averaged"); /* with the weights and the average of update 5 */
    assert_int_equal(lt_trainer_resume(&then->trainer, &then->state, &error), LT_OK);
    assert_int_equal(then->state.update, 5);
    w->signal = 0, w->stop_at = 6;
    assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
    assert_int_equal(w->state.best_update, 5);
    assert_int_equal(lt_checkpoint_load(w->best, &best, NULL, &error), LT_OK);
    const size_t bytes = lt_model_size(best) * sizeof(real);
    assert_memory_not_equal(lt_model_values(best), lt_model_values(then->model), bytes);
    lt_learner_swap_average(then->learner);
    assert_memory_equal(lt_model_values(best), lt_model_values(then->model), bytes);
    lt_model_free(best);
    destroy(then);
    destroy(w);
    variant = PLAIN;
}

/* The mean of the last three validations' weights, checked against the files that are left of them. */
static void the_best_is_the_mean_of_checkpoints(void **state)
{
    (void)state;
    variant = CHECKPOINTS;
    world *w = create("mean");
    w->options.max_epochs = 0;
    w->options.max_updates = 25; /* the validation of update 25 is a best one */
    if (go(w) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(w->state.best_update, 25);
    lt_model *best, *part[3];
    char path[128];
    assert_int_equal(lt_checkpoint_load(w->best, &best, NULL, &error), LT_OK);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/snapshot-%d.safetensors", folder, 25 - 5 * i);
        if (lt_checkpoint_load(path, &part[i], NULL, &error) != LT_OK) fail_msg("%s", error.message);
    }
    snprintf(path, sizeof path, "%s/snapshot-10.safetensors", folder);
    assert_false(lt_file_exists(path));
    for (size_t i = 0; i < lt_model_size(best); i++) {
        double sum = 0;
        for (int j = 0; j < 3; j++) sum += (double)lt_model_values(part[j])[i];
        assert_true(fabs(sum / 3 - (double)lt_model_values(best)[i]) < 1e-6);
    }
    assert_memory_equal(lt_model_values(part[0]), lt_model_values(w->model),
                        lt_model_size(best) * sizeof(real)); /* training goes on from its own weights */
    for (int i = 0; i < 3; i++) lt_model_free(part[i]);
    lt_model_free(best);
    destroy(w);
    variant = PLAIN;
}

/* What a plateau's reload gave up is in no mean behind it. */
static void a_mean_begins_at_a_reload(void **state)
{
    (void)state;
    variant = CHECKPOINTS;
    world *w = create("given_up");
    lt_averaging averaging = {
        .options = &w->options, .model = w->model, .learner = w->learner, .folder = folder};
    real *first = lt_model_values(w->model);
    const uint64_t updates[] = {5, 10, 15};
    const double means[] = {1, 2, 5}; /* of 1; of 1 and 3; of 5 alone, for 10 was given up */
    for (int i = 0; i < 3; i++) {
        *first = (real)(1 + 2 * i);
        assert_int_equal(lt_averaging_begin(&averaging, updates[i], i == 2 ? 10 : 0, &error), LT_OK);
        assert_float_equal(*first, means[i], 1e-6);
        lt_averaging_end(&averaging);
        assert_float_equal(*first, (float)(1 + 2 * i), 1e-6);
    }
    destroy(w);
    variant = PLAIN;
}

static void a_plateau_reloads_the_best(void **state)
{
    (void)state;
    variant = RELOADING;
    world *w = create("reloading");
    w->options.max_epochs = 0;
    w->options.max_updates = 15; /* best at 5, none at 10 and 15: patience 2 */
    if (go(w) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(w->decays, 1);
    assert_int_equal(w->state.best_update, 5);
    assert_int_equal(w->state.restarted, 15);
    lt_model *best;
    assert_int_equal(lt_checkpoint_load(w->best, &best, NULL, &error), LT_OK);
    assert_memory_equal(lt_model_values(best), lt_model_values(w->model), lt_model_size(best) * sizeof(real));
    lt_model_free(best);
    destroy(w);
    variant = PLAIN;
}

static void batches_are_accumulated(void **state)
{
    (void)state;
    variant = ACCUMULATING;
    world *w = create("accumulating");
    assert_int_equal(go(w), LT_OK);
    assert_int_equal(w->state.update, 12 * 2); /* four batches and two, of each epoch */
    assert_int_equal(w->state.epoch, 12);
    assert_true(w->loss < 2.3);
    destroy(w);
    variant = PLAIN;
}

static void bad_updates_are_skipped_and_counted(void **state)
{
    (void)state;
    world *w = create("skipping");
    w->options.max_skipped = 3;
    w->break_at = 10, w->breaks = 3; /* behind update 9, of which there is a checkpoint: not once more */
    w->broken_at = lt_model_size(w->model) / 2;
    if (go(w) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(w->skips, 3);
    assert_int_equal(w->state.skipped, 3);
    assert_int_equal(w->state.skipped_in_row, 0);
    assert_int_equal(w->state.update, 12 * BATCHES - 3);
    assert_true(w->loss < 2);
    destroy(w);
    w = create("stopping");
    w->options.max_skipped = 3;
    w->break_at = 8, w->breaks = 4;
    w->broken_at = lt_model_size(w->model) / 2;
    assert_int_equal(go(w), LT_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "nor were 3 before it"));
    assert_int_equal(w->state.update, 7);
    destroy(w);
}

static void a_killed_run_goes_on_from_its_last_checkpoint(void **state)
{
    (void)state;
    world *undisturbed = create("undisturbed");
    assert_int_equal(go(undisturbed), LT_OK);
    for (uint64_t seed = (uint64_t)getpid(), i = 0; i < 4; i++) {
        lt_rng rng;
        lt_rng_init(&rng, lt_stream(seed, i, 0, 0));
        uint64_t at = 3 + lt_rng_below(&rng, 12 * BATCHES - 4);
        pid_t child = fork();
        if (child == 0) {
            world *w = create("killed");
            w->kill_at = at;
            go(w);
            _exit(1);
        }
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL);
        world *w = create("killed");
        if (at > 3) { /* there is a checkpoint */
            if (lt_trainer_resume(&w->trainer, &w->state, &error) != LT_OK) fail_msg("%s", error.message);
            assert_true(w->state.update < at && w->state.update + 3 >= at);
        }
        if (go(w) != LT_OK) fail_msg("killed at %llu: %s", (unsigned long long)at, error.message);
        same_run(undisturbed, w);
        destroy(w);
    }
    destroy(undisturbed);
}

static void a_finished_run_has_nothing_to_do(void **state)
{
    (void)state;
    world *w = create("done");
    assert_int_equal(go(w), LT_OK);
    destroy(w);
    w = create("done");
    assert_int_equal(lt_trainer_resume(&w->trainer, &w->state, &error), LT_OK);
    assert_int_equal(go(w), LT_OK);
    assert_int_equal(w->updates + w->validations, 0);
    assert_string_equal(w->reason, "max_epochs");
    destroy(w);
}

static void early_stopping_stops(void **state)
{
    (void)state;
    world *w = create("early");
    w->constant = true;
    w->options.early_stopping.patience = 2;
    assert_int_equal(go(w), LT_OK);
    assert_string_equal(w->reason, "early_stopping");
    assert_int_equal(w->state.update, 15);
    assert_int_equal(w->state.best_update, 5);
    destroy(w);
}

/* Stopped before its first update or after some: parameters that another training made are there. */
static void what_is_begun_elsewhere_is_validated_and_saved_first(void **state)
{
    (void)state;
    world *undisturbed = create("elsewhere");
    undisturbed->trainer.begun_elsewhere = undisturbed->constant = true;
    undisturbed->options.early_stopping.patience = 3;
    assert_int_equal(go(undisturbed), LT_OK);
    assert_string_equal(undisturbed->reason, "early_stopping");
    assert_int_equal(undisturbed->validations, 4);
    assert_int_equal(undisturbed->state.update, 15); /* nothing was better than the start */
    assert_int_equal(undisturbed->state.best_update, 0);
    static const uint64_t stops[] = {0, 1, 5, 6};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++) {
        world *w = create("elsewhere_stopped");
        w->trainer.begun_elsewhere = w->constant = true;
        w->options.early_stopping.patience = 3;
        w->stop_at = stops[i];
        if (stops[i] == 0) w->signal = SIGTERM;
        assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
        destroy(w);
        w = create("elsewhere_stopped");
        memset(lt_model_values(w->model), 0,
               lt_model_size(w->model) * sizeof(real)); /* they are not drawn again */
        w->trainer.begun_elsewhere = w->constant = true;
        w->options.early_stopping.patience = 3;
        if (lt_trainer_resume(&w->trainer, &w->state, &error) != LT_OK) fail_msg("%s", error.message);
        assert_int_equal(w->state.update, stops[i]);
        assert_int_equal(go(w), LT_OK);
        same_run(undisturbed, w);
        destroy(w);
    }
    destroy(undisturbed);
}

static void other_data_or_settings_are_refused_by_name(void **state)
{
    (void)state;
    world *w = create("identity");
    w->stop_at = 5;
    assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
    lt_metadata_set(&w->identity, "seed", "4", &error);
    lt_metadata_set(&w->identity, "corpus.train.0.en", "bbbb", &error);
    lt_metadata_set(&w->identity, "training.max_epochs", "99", &error); /* may change */
    assert_int_equal(lt_trainer_resume(&w->trainer, &w->state, &error), LT_ERROR_MISMATCH);
    assert_non_null(
        strstr(error.message, "seed was 3 and is 4 now; corpus.train.0.en was aaaa and is bbbb now"));
    lt_metadata_clear(&w->identity);
    lt_metadata_set(&w->identity, "seed", "3", &error);
    assert_int_equal(lt_trainer_resume(&w->trainer, &w->state, &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "corpus.train.0.en was aaaa and is (nothing) now"));
    destroy(w);
}

/* A training that an older latimer began goes on with a newer one, where its new keys say what was done then.
 */
static void a_newer_key_counts_as_its_default(void **state)
{
    (void)state;
    world *w = create("newer");
    w->stop_at = 5;
    assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
    lt_metadata_set(&w->identity, "task", "translate", &error);
    lt_metadata_set(&w->identity, "training.optimizer", "adam", &error);
    lt_metadata_set(&w->identity, "training.label_smoothing", "0.1", &error);
    if (lt_trainer_resume(&w->trainer, &w->state, &error)) fail_msg("%s", error.message);
    lt_metadata_set(&w->identity, "task", "classify", &error);
    assert_int_equal(lt_trainer_resume(&w->trainer, &w->state, &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "task was (nothing) and is classify now"));
    destroy(w);
}

static void not_a_number_never_reaches_a_checkpoint(void **state)
{
    (void)state;
    char before[LT_SHA256_HEX], after[LT_SHA256_HEX];
    world *w = create("nan");
    w->stop_at = 4;
    assert_int_equal(go(w), LT_ERROR_INTERRUPTED);
    assert_int_equal(lt_sha256_file(w->last, before, &error), LT_OK);
    w->signal = 0;
    lt_model_values(w->model)[lt_model_size(w->model) / 2] = NAN;
    lt_model_pack(w->model, w->pool);
    assert_int_equal(go(w), LT_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "update 5 (epoch 1) was not made, nor were 0 before it"));
    assert_int_equal(lt_sha256_file(w->last, after, &error), LT_OK);
    assert_string_equal(before, after);
    destroy(w);
}

static void failures_around_the_loop_end_it(void **state)
{
    (void)state;
    world *w = create("x");
    w->fail_at = 7;
    assert_int_equal(go(w), LT_ERROR_IO);
    assert_string_equal(error.message, "nobody listens");
    assert_int_equal(w->state.update, 7);
    destroy(w);
    w = create("missing/x");
    assert_int_equal(go(w), LT_ERROR_IO); /* at the first checkpoint */
    assert_non_null(strstr(error.message, "missing/x.last"));
    assert_int_equal(lt_trainer_resume(&w->trainer, &w->state, &error), LT_ERROR_IO);
    destroy(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_learns_validates_and_repeats_itself),
        cmocka_unit_test(a_stopped_run_goes_on_as_if_it_had_not),
        cmocka_unit_test(the_best_is_the_average),
        cmocka_unit_test(the_best_is_the_mean_of_checkpoints),
        cmocka_unit_test(a_mean_begins_at_a_reload),
        cmocka_unit_test(a_plateau_reloads_the_best),
        cmocka_unit_test(batches_are_accumulated),
        cmocka_unit_test(bad_updates_are_skipped_and_counted),
        cmocka_unit_test(a_killed_run_goes_on_from_its_last_checkpoint),
        cmocka_unit_test(a_finished_run_has_nothing_to_do),
        cmocka_unit_test(early_stopping_stops),
        cmocka_unit_test(what_is_begun_elsewhere_is_validated_and_saved_first),
        cmocka_unit_test(other_data_or_settings_are_refused_by_name),
        cmocka_unit_test(a_newer_key_counts_as_its_default),
        cmocka_unit_test(not_a_number_never_reaches_a_checkpoint),
        cmocka_unit_test(failures_around_the_loop_end_it),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
