#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/training_state.h"

static lt_training_options options_of(int metric)
{
    return (lt_training_options){.optimizer = {.learning_rate = 0.8},
                                 .max_epochs = 10,
                                 .early_stopping = {metric, 3},
                                 .decay = {LT_DECAY_PLATEAU, 0.5, 2, false, 0.3}};
}

static bool validate(lt_training_state *state, const lt_training_options *options, double loss, double bleu,
                     bool *decayed)
{
    const double scores[LT_WATCHES] = {[LT_WATCH_LOSS] = loss, [LT_WATCH_BLEU] = bleu};
    state->update += 10;
    return lt_training_state_validate(state, options, scores, decayed);
}

static void the_best_is_by_the_metric(void **unused)
{
    (void)unused;
    bool decayed;
    lt_training_state state;
    lt_training_options options = options_of(LT_WATCH_BLEU);
    lt_training_state_init(&state);
    assert_true(validate(&state, &options, 5, 0, &decayed)); /* the first always is */
    assert_false(validate(&state, &options, 5, 0, &decayed));
    assert_true(validate(&state, &options, 6, 1, &decayed));
    options = options_of(LT_WATCH_LOSS);
    lt_training_state_init(&state);
    assert_true(validate(&state, &options, 5, NAN, &decayed));
    assert_true(validate(&state, &options, 4, NAN, &decayed));
    assert_false(validate(&state, &options, 4, NAN, &decayed));
    assert_int_equal(state.best_update, 20);
    assert_int_equal(state.validated, 30);
}

/* Parameters of another training are the best until something is better. */
static void the_start_may_be_the_best(void **unused)
{
    (void)unused;
    bool decayed;
    lt_error error = {0};
    lt_metadata metadata = {0};
    lt_training_state state, loaded;
    lt_training_options options = options_of(LT_WATCH_BLEU);
    const double scores[LT_WATCHES] = {[LT_WATCH_BLEU] = 20};
    lt_training_state_init(&state);
    assert_true(lt_training_state_validate(&state, &options, scores, &decayed));
    assert_true(state.start_validated);
    assert_false(validate(&state, &options, 1, 19, &decayed));
    assert_int_equal(state.best_update, 0);
    assert_int_equal(lt_training_state_save(&state, false, &metadata, &error), LT_OK);
    assert_int_equal(lt_training_state_load(&loaded, &metadata, &error), LT_OK);
    assert_false(validate(&loaded, &options, 1, 20, &decayed));
    assert_int_equal(loaded.stale, 2);
    assert_true(validate(&loaded, &options, 1, 21, &decayed));
    lt_metadata_clear(&metadata);
}

static void stopping_and_decay_count_stale_validations(void **unused)
{
    (void)unused;
    bool decayed;
    lt_training_state state;
    lt_training_options options = options_of(LT_WATCH_BLEU);
    lt_training_state_init(&state);
    validate(&state, &options, 1, 20, &decayed);
    validate(&state, &options, 1, 19, &decayed);
    assert_false(decayed);
    assert_true(lt_training_state_learning_rate(&state, &options) == 0.8);
    validate(&state, &options, 1, 19, &decayed);
    assert_true(decayed);
    assert_true(lt_training_state_learning_rate(&state, &options) == 0.4);
    assert_null(lt_training_state_over(&state, &options));
    validate(&state, &options, 1, 19, &decayed);
    assert_false(decayed);
    assert_string_equal(lt_training_state_over(&state, &options), "early_stopping");
    validate(&state, &options, 1, 19, &decayed);
    assert_true(decayed);
    assert_true(fabs(lt_training_state_learning_rate(&state, &options) - 0.3) < 1e-15); /* the minimum */
    validate(&state, &options, 1, 19, &decayed);
    validate(&state, &options, 1, 19, &decayed);
    assert_false(decayed);
    validate(&state, &options, 1, 21, &decayed);
    assert_null(lt_training_state_over(&state, &options));
    assert_int_equal(state.stale, 0);
}

/* While BLEU is 0, a lower loss is progress. */
static void equal_scores_go_by_the_loss(void **unused)
{
    (void)unused;
    bool decayed;
    lt_training_state state;
    lt_training_options options = options_of(LT_WATCH_BLEU);
    lt_training_state_init(&state);
    assert_true(validate(&state, &options, 6, 0, &decayed));
    assert_true(validate(&state, &options, 5, 0, &decayed));
    assert_false(validate(&state, &options, 5, 0, &decayed));
    assert_false(validate(&state, &options, 5.5, 0, &decayed));
    assert_int_equal(state.stale, 2);
    assert_true(validate(&state, &options, 7, 0.1, &decayed));
    assert_false(validate(&state, &options, 1, 0, &decayed));
}

static void every_limit_ends_training(void **unused)
{
    (void)unused;
    lt_training_state state;
    lt_training_options options = {.max_epochs = 2, .max_updates = 50, .max_minutes = 1.5};
    lt_training_state_init(&state);
    assert_null(lt_training_state_over(&state, &options));
    state.epoch = 1, state.position = 5;
    assert_true(lt_training_state_fraction(&state, &options, 10) == 0.75);
    state.epoch = 2;
    assert_string_equal(lt_training_state_over(&state, &options), "max_epochs");
    state.epoch = 0, state.update = 50;
    assert_string_equal(lt_training_state_over(&state, &options), "max_updates");
    state.update = 1, state.seconds = 90;
    assert_string_equal(lt_training_state_over(&state, &options), "max_minutes");
    assert_true(lt_training_state_fraction(&state, &options, 10) == 1);
}

static void warm_up_rises_to_the_full_rate(void **unused)
{
    (void)unused;
    lt_training_state state;
    lt_training_options options = {.optimizer = {.learning_rate = 1}, .warmup = 4};
    lt_training_state_init(&state);
    static const double wanted[] = {0.25, 0.5, 0.75, 1, 1};
    for (; state.update < 5; state.update++)
        assert_true(lt_training_state_learning_rate(&state, &options) == wanted[state.update]);
}

/* Checkpoints from before the loss of a report went over a resume. */
static void an_older_checkpoint_loads(void **unused)
{
    (void)unused;
    static const char *const newer[] = {"progress.report_tokens", "progress.report_loss"};
    lt_error error = {0};
    lt_metadata metadata = {0}, older = {0};
    lt_training_state again, state = {3, 17, 100, .scale = 1, .report_loss = 5, .report_tokens = 9};
    assert_int_equal(lt_training_state_save(&state, true, &metadata, &error), LT_OK);
    for (size_t i = 0; i < metadata.keys.count; i++)
        if (strcmp(metadata.keys.items[i], newer[0]) && strcmp(metadata.keys.items[i], newer[1]))
            assert_int_equal(
                lt_metadata_set(&older, metadata.keys.items[i], metadata.values.items[i], &error), LT_OK);
    assert_int_equal(older.keys.count, metadata.keys.count - 2);
    assert_int_equal(lt_training_state_load(&again, &older, &error), LT_OK);
    state.report_loss = 0, state.report_tokens = 0;
    assert_memory_equal(&state, &again, sizeof state);
    lt_metadata_clear(&metadata);
    lt_metadata_clear(&older);
}

static void what_is_saved_loads_to_the_bit(void **unused)
{
    (void)unused;
    lt_error error = {0};
    lt_metadata metadata = {0};
    lt_training_state again, state = {3, 17, 1u << 20, 1ull << 60, 5,   1 << 20, 77, -1.0 / 3, 4, 1,
                                      9, 6,  2,        0.25,       0.1, 1e5 / 7, 99, 123.456,  1};
    assert_int_equal(lt_training_state_save(&state, true, &metadata, &error), LT_OK);
    assert_int_equal(lt_training_state_load(&again, &metadata, &error), LT_OK);
    assert_memory_equal(&state, &again, sizeof state);
    assert_int_equal(lt_metadata_set(&metadata, "progress.update", "12x", &error), LT_OK);
    assert_int_equal(lt_training_state_load(&again, &metadata, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "progress.update"));
    assert_int_equal(lt_metadata_set(&metadata, "progress.update", "1", &error), LT_OK);
    assert_int_equal(lt_training_state_load(&again, &metadata, &error), LT_ERROR_FORMAT);
    lt_metadata_clear(&metadata);
    assert_int_equal(lt_training_state_load(&again, &metadata, &error), LT_ERROR_FORMAT);
}

static void linear_decay_ends_at_the_last_update(void **state)
{
    (void)state;
    lt_training_options options = {.optimizer = {.learning_rate = 1},
                                   .warmup = 4,
                                   .max_updates = 104,
                                   .decay = {.type = LT_DECAY_LINEAR, .minimum = 0.1}};
    lt_training_state s;
    lt_training_state_init(&s);
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.25);
    s.update = 4;
    assert_true(lt_training_state_learning_rate(&s, &options) == 1);
    s.update = 54;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.5);
    s.update = 103;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.1);
    s.update = 200; /* a run that went on behind it */
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.1);
}

static void inverse_sqrt_decay_begins_at_the_end_of_warm_up(void **state)
{
    (void)state;
    lt_training_options options = {.optimizer = {.learning_rate = 1},
                                   .warmup = 100,
                                   .decay = {.type = LT_DECAY_INVERSE_SQRT, .minimum = 0.05}};
    lt_training_state s;
    lt_training_state_init(&s);
    s.update = 49;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.5);
    s.update = 99;
    assert_true(lt_training_state_learning_rate(&s, &options) == 1);
    s.update = 399;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.5);
    s.update = 999999;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.05);
    options.warmup = 0; /* from the first update on */
    s.update = 3;
    assert_true(lt_training_state_learning_rate(&s, &options) == 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverse_sqrt_decay_begins_at_the_end_of_warm_up),
        cmocka_unit_test(linear_decay_ends_at_the_last_update),
        cmocka_unit_test(the_best_is_by_the_metric),
        cmocka_unit_test(the_start_may_be_the_best),
        cmocka_unit_test(stopping_and_decay_count_stale_validations),
        cmocka_unit_test(equal_scores_go_by_the_loss),
        cmocka_unit_test(every_limit_ends_training),
        cmocka_unit_test(warm_up_rises_to_the_full_rate),
        cmocka_unit_test(what_is_saved_loads_to_the_bit),
        cmocka_unit_test(an_older_checkpoint_loads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
