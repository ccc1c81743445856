#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "experiments/experiment.h"
#include "model/base/file.h"
#include "tests/folder.h"

static char file[96];
static lt_error error;

#define MINIMAL "data:\n  src: en\n  trg: de\n  train: [a/train]\n  dev: /abs/dev\n"

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    snprintf(file, sizeof file, "%s/small.yaml", folder);
    return 0;
}

static lt_status load(lt_experiment *experiment, const char *text, const char *const *sets)
{
    lt_strings overrides = {0};
    *experiment = (lt_experiment){0};
    error = (lt_error){0};
    assert_int_equal(lt_file_write(file, text, strlen(text), &error), LT_OK);
    for (; sets && *sets; sets++) assert_int_equal(lt_strings_add(&overrides, *sets, &error), LT_OK);
    lt_status status = lt_experiment_load(experiment, file, &overrides, &error);
    lt_strings_clear(&overrides);
    return status;
}

/* Loading `text` with one --set (or NULL) must fail with a message that begins or goes on like this. */
static void refuse(const char *text, const char *set, const char *message)
{
    lt_experiment experiment;
    const char *sets[] = {set, NULL};
    if (load(&experiment, text, sets) != LT_ERROR_USAGE) fail_msg("accepted: %s%s", text, set ? set : "");
    if (!strstr(error.message, message) || (*message == ':' && strncmp(error.message, file, strlen(file))))
        fail_msg("%s\n  gives:  %s\n  wanted: %s", text, error.message, message);
    lt_experiment_clear(&experiment);
}

static void a_minimal_file_gets_every_default(void **state)
{
    (void)state;
    lt_experiment e;
    char path[128];
    if (load(&e, MINIMAL, NULL) != LT_OK) fail_msg("%s", error.message);
    assert_string_equal(e.name, "small");
    assert_int_equal(e.seed, 1);
    snprintf(path, sizeof path, "%s/a/train", folder);
    assert_string_equal(e.data.train.items[0], path);
    assert_string_equal(e.data.dev, "/abs/dev");
    assert_int_equal(e.data.test.count, 0);
    assert_int_equal(e.training.optimizer.optimizer, LT_OPTIMIZER_ADAM);
    assert_true(e.training.optimizer.learning_rate == 0.001);
    assert_true(e.training.optimizer.epsilon == 1e-8);
    assert_int_equal(e.training.early_stopping.patience, 10);
    assert_int_equal(e.model.encoder.layers, 2);
#ifdef LT_HAS_TRANSLATE
    assert_int_equal(e.decoding.beam_size, 5);
#endif
    lt_experiment_clear(&e);
}

static void an_unset_name_is_the_files(void **state)
{
    (void)state;
    for (const char *const *unset = (const char *const[]){"name=", "name=null", NULL}; *unset; unset++) {
        lt_experiment e;
        if (load(&e, MINIMAL "name: mine\n", (const char *[]){*unset, NULL}) != LT_OK)
            fail_msg("%s: %s", *unset, error.message);
        assert_string_equal(e.name, "small");
        lt_experiment_clear(&e);
    }
}

static void overrides_win_and_their_paths_start_here(void **state)
{
    (void)state;
    lt_experiment e;
    char here[4096], path[4200];
    const char *sets[] = {
        "training.learning_rate=5e-4", "data.test=[x/one, x/two]", "data.dev=./dev",    "name=other",
        "model.encoder.layers=3",      "model.decoder.layers=3",   "data.train=single", NULL};
    if (load(&e, MINIMAL "name: mine\n", sets) != LT_OK) fail_msg("%s", error.message);
    assert_non_null(getcwd(here, sizeof here));
    assert_string_equal(e.name, "other");
    assert_true(e.training.optimizer.learning_rate == 5e-4);
    assert_int_equal(e.model.encoder.layers, 3);
    assert_int_equal(e.data.test.count, 2);
    snprintf(path, sizeof path, "%s/x/two", here);
    assert_string_equal(e.data.test.items[1], path);
    snprintf(path, sizeof path, "%s/dev", here);
    assert_string_equal(e.data.dev, path);
    assert_int_equal(e.data.train.count, 1);
    lt_experiment_clear(&e);
}

static void prefixes_start_from_the_data_folder(void **state)
{
    (void)state;
    lt_experiment e;
    char here[4096], path[4200];
    assert_non_null(getcwd(here, sizeof here));
    if (load(&e, MINIMAL "  folder: corpus\n", NULL) != LT_OK) fail_msg("%s", error.message);
    snprintf(path, sizeof path, "%s/corpus/a/train", folder);
    assert_string_equal(e.data.train.items[0], path);
    assert_string_equal(e.data.dev, "/abs/dev");
    lt_experiment_clear(&e);
    const char *sets[] = {"data.test=one", "data.folder=./elsewhere", NULL};
    if (load(&e, MINIMAL "  folder: corpus\n", sets) != LT_OK) fail_msg("%s", error.message);
    snprintf(path, sizeof path, "%s/elsewhere/a/train", here);
    assert_string_equal(e.data.train.items[0], path);
    snprintf(path, sizeof path, "%s/elsewhere/one", here);
    assert_string_equal(e.data.test.items[0], path);
    snprintf(path, sizeof path, "%s/elsewhere", here);
    assert_string_equal(e.data.folder, path);
    lt_experiment_clear(&e);
    sets[1] = NULL; /* no folder given: a prefix as the shell completes it */
    if (load(&e, MINIMAL "  folder: corpus\n", sets) != LT_OK) fail_msg("%s", error.message);
    snprintf(path, sizeof path, "%s/one", here);
    assert_string_equal(e.data.test.items[0], path);
    lt_experiment_clear(&e);
}

static void wrong_files_are_refused_with_their_place(void **state)
{
    (void)state;
    refuse(MINIMAL "trainig: {}\n", NULL, ":6:1: unknown key 'trainig'; did you mean 'training'?");
    refuse(MINIMAL "model:\n  encoder:\n    layers: 0\n", NULL,
           ":8:13: model.encoder.layers: '0' is not a valid value; wanted: a whole number from 1");
    refuse(MINIMAL "training: {optimizer: adma}\n", NULL,
           ":6:23: training.optimizer: 'adma' is not a valid value; did you mean 'adam'? Wanted: one of sgd, "
           "adagrad");
    refuse(MINIMAL "data: {}\n", NULL, ":6:1: duplicate key 'data': it stands in line 1 already");
    refuse(MINIMAL "training: {early_stopping: {patience: 1, metric: bleurt}}\n", NULL,
           ":6:50: training.early_stopping.metric: 'bleurt' is not a valid value; did you mean 'bleu'?");
}

static void wrong_overrides_are_named(void **state)
{
    (void)state;
    refuse(MINIMAL, "seed", "--set seed: KEY=VALUE wanted");
    refuse(MINIMAL, "=1", "--set =1: KEY=VALUE wanted");
    refuse(MINIMAL, "sed=1", "--set sed=1: unknown key 'sed'; did you mean 'seed'?");
    refuse(MINIMAL, "model.encoder.laiers=1",
           "unknown key 'model.encoder.laiers'; did you mean 'layers'? Valid keys of model.encoder");
    refuse(MINIMAL, "cell=gru",
           "unknown key 'cell'; did you mean 'model.encoder.cell' or 'model.decoder.cell'? Valid keys: name");
    refuse(MINIMAL, "model.bidirectional=true",
           "did you mean 'model.encoder.bidirectional'? Valid keys of model");
    refuse(MINIMAL, "seed=-1",
           "--set seed=-1: seed: '-1' is not a valid value; wanted: a whole number of at least 0");
    refuse(MINIMAL, "model.encoder=x",
           "--set model.encoder=x: model.encoder: 'x' is not a valid value; wanted: a group of keys");
    refuse(MINIMAL, "seed.x=1", "'seed' is a value");
    refuse(MINIMAL, "data.dev=a\xFF", "not valid UTF-8");
}

static void rules_between_keys(void **state)
{
    (void)state;
    refuse("", NULL, "small.yaml: 'data.src' is missing and has no default.");
    refuse("data: {src: en, trg: de, dev: x}\n", NULL, "'data.train' is missing");
    refuse("data: {src: en, trg: de, train: [], dev: x}\n", NULL, "'data.train' is missing");
    refuse(MINIMAL, "data.dev=", "'data.dev' is missing");
    refuse(MINIMAL, "data.train=", "data.train: an empty prefix is that of no file");
    refuse(MINIMAL, "data.test=[a/t, \"\"]", "data.test: an empty prefix is that of no file");
    refuse(MINIMAL, "data.trg=en", "data.src and data.trg are both 'en'");
    refuse(MINIMAL, "data.trg=x/de", "data.trg: 'x/de' is a path");
    refuse(MINIMAL, "data.test=[a/t, b/t]", "two sets are called 't'");
    refuse(MINIMAL, "name=../x", "name: '../x' cannot name a folder");
    refuse(MINIMAL, "name=a b", "cannot name a folder");
    refuse(MINIMAL "training: {max_epochs: 0, early_stopping: {patience: 0}}\n", NULL,
           "training would never end");
    refuse(MINIMAL, "training.momentum=0.9", "training.momentum: 0.9 has no meaning with optimizer adam");
    refuse(MINIMAL "training: {decay: {type: linear}}\n", NULL,
           "training.decay.type: linear ends at training.max_updates, which is 0");
    refuse(MINIMAL "training: {decay: {type: plateau, minimum: 1}}\n", NULL,
           "training.decay.minimum: 1 is above");
}

static void missing_and_oversized_files(void **state)
{
    (void)state;
    lt_experiment e = {0};
    assert_int_equal(lt_experiment_load(&e, "/none/x.yaml", NULL, &error), LT_ERROR_IO);
    assert_string_equal(error.message, "cannot open /none/x.yaml: No such file or directory");
    lt_experiment_clear(&e);
    size_t size = (1 << 20) + 2;
    char *text = malloc(size);
    memset(text, '#', size - 1);
    text[size - 1] = '\0';
    assert_int_equal(load(&e, text, NULL), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "larger than the 1048576 bytes"));
    free(text);
    lt_experiment_clear(&e);
}

static void what_is_dumped_loads_to_the_same(void **state)
{
    (void)state;
    lt_experiment e, again;
    lt_text text = {0}, differences = {0};
    const char *sets[] = {"training.learning_rate=0.3333333333333333", "data.test=[\"x, y\", z]",
                          "seed=9007199254740992", "training.clip_norm=1e300", NULL};
    if (load(&e, MINIMAL, sets) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(lt_experiment_dump(&text, &e, &error), LT_OK);
    if (load(&again, text.data, NULL) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(lt_experiment_differences(&differences, &e, &again, NULL, &error), LT_OK);
    assert_int_equal(differences.length, 0);
    assert_string_equal(again.name, "small");
    assert_int_equal(again.data.test.count, 2);
    again.seed = 7;
    again.training.max_epochs = 99;
    const char *except[] = {"training.max_epochs", NULL};
    assert_int_equal(lt_experiment_differences(&differences, &e, &again, except, &error), LT_OK);
    assert_string_equal(differences.data, "seed: 9007199254740992, not 7");
    lt_text_clear(&differences);
    lt_text_clear(&text);
    lt_experiment_clear(&e);
    lt_experiment_clear(&again);
}

#define CLASSIFY "task: classify\n" MINIMAL

/* Keys that say nothing for a classifier are refused where they were given, and are not dumped; the metric
 * that is watched has a default of its own. */
static void a_classifier_has_keys_of_its_own(void **state)
{
    (void)state;
    lt_experiment e, again;
    lt_text text = {0};
    if (load(&e, CLASSIFY, NULL) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(e.task, LT_TASK_CLASSIFY);
    assert_int_equal(e.training.early_stopping.metric, LT_WATCH_ACCURACY);
    assert_int_equal(lt_experiment_dump(&text, &e, &error), LT_OK);
    assert_null(strstr(text.data, "decoder:"));
    assert_null(strstr(text.data, "beam_size"));
    assert_null(strstr(text.data, "joint"));
    assert_non_null(strstr(text.data, "encoder:"));
    if (load(&again, text.data, NULL) != LT_OK) fail_msg("%s", error.message);
    assert_int_equal(again.task, LT_TASK_CLASSIFY);
    assert_int_equal(again.training.early_stopping.metric, LT_WATCH_ACCURACY);
    lt_text_clear(&text);
    lt_experiment_clear(&e);
    lt_experiment_clear(&again);
    refuse(CLASSIFY "model:\n  decoder: {layers: 1}\n", NULL,
           ":8:13: model.decoder.layers has no meaning with task: classify: a classifier has no decoder");
    refuse(MINIMAL "tokenizer: {joint: true}\ntask: classify\n", NULL,
           ":6:13: tokenizer.joint has no meaning with task: classify");
    refuse(CLASSIFY, "model.tied_embeddings=none",
           "--set model.tied_embeddings=none: model.tied_embeddings has no");
    refuse(CLASSIFY, "model.dropout.target_word=0", "there are no target words");
    refuse(CLASSIFY, "decoding.beam_size=2", "decoding.beam_size has no meaning");
    refuse(MINIMAL "decoding: {beam_size: 2}\n", "task=classify", ":6:12: decoding.beam_size has no meaning");
    refuse(CLASSIFY, "training.early_stopping.metric=bleu", "bleu is of translations and task is classify");
    refuse(MINIMAL, "training.early_stopping.metric=macro_f1", "macro_f1 is of labels and task is translate");
    refuse(MINIMAL, "task=clasify", "did you mean 'classify'?");
}

/* `message` "": nothing is wrong. A run that was trained so can be read in any case. */
static void unread(const char *training, const char *message)
{
    char text[1000];
    lt_experiment e;
    snprintf(text, sizeof text, "%straining: {%s}\n", MINIMAL, training);
    if (load(&e, text, NULL) != LT_OK) fail_msg("%s", error.message);
    lt_status status = lt_experiment_check_unread(&e, &error);
    assert_int_equal(status, *message ? LT_ERROR_USAGE : LT_OK);
    if (*message && !strstr(error.message, message)) fail_msg("%s", error.message);
    lt_experiment_clear(&e);
}

static void keys_that_nothing_reads_are_named(void **state)
{
    (void)state;
    unread("decay: {factor: 0.7}",
           "training.decay.factor: 0.7 has no effect with training.decay.type: none; it is of plateau");
    unread("decay: {type: linear, patience: 2}, warmup: 1, max_updates: 9",
           "training.decay.patience: 2 has no effect with training.decay.type: linear");
    unread("decay: {minimum: 0.1}", "training.decay.minimum");
    unread("optimizer: sgd, beta1: 0.5", "training.beta1: 0.5 has no effect with training.optimizer: sgd");
    unread("optimizer: adagrad, beta2: 0.5", "training.beta2");
    unread("optimizer: sgd, epsilon: 0.5", "training.epsilon");
    unread("decay: {type: plateau, factor: 0.7, patience: 2, minimum: 0.0001}, beta1: 0.5, epsilon: 0.5", "");
    unread("optimizer: adagrad, epsilon: 0.5", "");
}

static void keys_that_no_model_of_these_layers_reads_are_named(void **state)
{
    (void)state;
#define GRUS "encoder: {cell: gru, layers: 1}, decoder: {cell: gru, layers: 1}, "
    static const char *const keys[][2] = {
        {GRUS "dropout: {rnn: 0.3}", "model.dropout.rnn: 0.3 has no effect with one layer a side"},
        {"encoder: {layers: 1}, decoder: {layers: 2}, dropout: {rnn: 0.3}", ""},
        {"encoder: {layers: 2}, decoder: {layers: 1}, dropout: {rnn: 0.3}", ""},
        {GRUS "forget_bias: 0", "model.forget_bias: 0 has no effect without an LSTM"},
        {"encoder: {cell: rnn}, decoder: {cell: gru_reset_after}, forget_bias: 0", "model.forget_bias"},
        {"encoder: {cell: lstm_coupled}, decoder: {cell: gru}, forget_bias: 0", ""},
        {"encoder: {cell: gru}, decoder: {cell: lstm}, forget_bias: 0", ""},
        {GRUS "forget_bias: 1", ""},
        {"encoder: {residual_from: 3}", "model.encoder.residual_from: 3 has no effect without `residual`"},
        {"decoder: {residual_from: 3}", "model.decoder.residual_from"},
        {"encoder: {layers: 4, residual: true, residual_from: 3}", ""},
        {GRUS "dropout: {variational: true, rnn: 0.3}", "model.dropout.variational: true has no effect"},
        {"encoder: {layers: 2}, decoder: {layers: 1}, dropout: {variational: true, rnn: 0.3}", ""},
        {"dropout: {variational: true}", "model.dropout.variational: true has no effect"},
        {"dropout: {variational: true, zoneout_h: 0.1}", "model.dropout.variational: true has no effect"},
        {"dropout: {variational: true, output: 0.1}", ""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        char text[1000];
        lt_experiment e;
        lt_text notes = {0};
        snprintf(text, sizeof text, "%smodel: {%s}\n", MINIMAL, keys[i][0]);
        if (load(&e, text, NULL) != LT_OK) fail_msg("%s", error.message);
        assert_int_equal(lt_experiment_note_unread(&notes, &e, &error), LT_OK);
        if (!*keys[i][1] && notes.length) fail_msg("%s", notes.data);
        if (*keys[i][1] && (!notes.data || !strstr(notes.data, keys[i][1])))
            fail_msg("%s: %s", keys[i][0], notes.data ? notes.data : "no note");
        lt_text_clear(&notes);
        lt_experiment_clear(&e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_minimal_file_gets_every_default),
        cmocka_unit_test(overrides_win_and_their_paths_start_here),
        cmocka_unit_test(an_unset_name_is_the_files),
        cmocka_unit_test(prefixes_start_from_the_data_folder),
        cmocka_unit_test(keys_that_nothing_reads_are_named),
        cmocka_unit_test(keys_that_no_model_of_these_layers_reads_are_named),
        cmocka_unit_test(wrong_files_are_refused_with_their_place),
        cmocka_unit_test(wrong_overrides_are_named),
        cmocka_unit_test(rules_between_keys),
        cmocka_unit_test(a_classifier_has_keys_of_its_own),
        cmocka_unit_test(missing_and_oversized_files),
        cmocka_unit_test(what_is_dumped_loads_to_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, remove_folder);
}
