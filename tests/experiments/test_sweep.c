/* Points of a sweep as experiments: names, checks, and whether they are still what they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/store_sweep.h"
#include "experiments/sweep.h"
#include "experiments/sweep_members.h"
#include "model/base/file.h"
#include "tests/folder.h"
#include "tests/ok.h"

static char file[96];
static lt_error error;
static lt_sweep sweep;

#define LIST(...) ((const char *const[]){__VA_ARGS__, NULL})

static void write_experiment(const char *more)
{
    lt_text text = {0};
    OK(lt_text_appendf(&text, &error,
                       "seed: 5\ndata: {src: en, trg: de, train: [x], dev: x}\n"
                       "model: {dropout: {rnn: 0.25}}\n%s",
                       more));
    OK(lt_file_write(file, text.data, text.length, &error));
    lt_text_clear(&text);
}

static int set_up(void **state)
{
    if (make_folder(state) != 0) return -1;
    char name[128];
    error = (lt_error){0};
    sweep = (lt_sweep){0};
    snprintf(file, sizeof file, "%s/toy.yaml", folder);
    write_experiment("");
    for (int i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "%s/x.%s", folder, i ? "de" : "en");
        OK(lt_file_write(name, "a\n", 2, &error));
    }
    return 0;
}

static int tear_down(void **state)
{
    lt_sweep_clear(&sweep);
    return remove_folder(state);
}

static lt_strings strings_of(const char *const *items)
{
    lt_strings strings = {0};
    for (; items && *items; items++) OK(lt_strings_add(&strings, *items, &error));
    return strings;
}

static lt_status plan(const char *const *grid, const char *const *ablate, const char *const *set,
                      const char *name)
{
    lt_strings g = strings_of(grid), a = strings_of(ablate), s = strings_of(set);
    lt_sweep_clear(&sweep);
    lt_sweep_request request = {file, &s, &g, &a, 2, name};
    error = (lt_error){0};
    lt_status status = lt_sweep_plan(&sweep, &request, &error);
    lt_strings_clear(&g);
    lt_strings_clear(&a);
    lt_strings_clear(&s);
    return status;
}

static void refuse(const char *const *grid, const char *const *ablate, const char *const *set,
                   const char *wanted)
{
    assert_int_equal(plan(grid, ablate, set, NULL), LT_ERROR_USAGE);
    if (strncmp(error.message, wanted, strlen(wanted)) != 0)
        fail_msg("'%s' does not begin with '%s'", error.message, wanted);
}

static void points_are_named_by_what_is_special(void **state)
{
    (void)state;
    OK(plan(LIST("model.decoder.cell=gru,lstm", "training.learning_rate=1e-2,0.001"), NULL, NULL, NULL));
    assert_int_equal(sweep.count, 4);
    assert_int_equal(sweep.first_seed, 5);
    assert_string_equal(sweep.points[0].label, "decoder.cell=gru, learning_rate=0.01");
    assert_string_equal(sweep.points[0].run, "toy-decoder.cell-gru+learning_rate-0.01");
    assert_string_equal(sweep.points[3].label, "decoder.cell=lstm, learning_rate=0.001");
    assert_string_equal(sweep.points[3].settings.data,
                        "model.decoder.cell=lstm\ntraining.learning_rate=0.001\n");
    assert_non_null(strstr(sweep.points[0].experiment.data, "learning_rate: 0.01\n"));
    assert_int_equal(strncmp(sweep.name, "toy-", 4), 0);
    char name[64];
    snprintf(name, sizeof name, "%s", sweep.name);
    OK(plan(LIST("model.decoder.cell=gru,lstm", "training.learning_rate=0.01,1e-3"), NULL, NULL, NULL));
    assert_string_equal(sweep.name, name); /* the same points, written otherwise */
    OK(plan(LIST("model.decoder.cell=gru,rnn", "training.learning_rate=0.01,1e-3"), NULL, NULL, NULL));
    assert_string_not_equal(sweep.name, name);
    OK(plan(NULL, LIST("tokenizer.vocab_size=50"), LIST("name=other"), "mine"));
    assert_string_equal(sweep.name, "mine");
    assert_string_equal(sweep.points[0].label, "base");
    assert_string_equal(sweep.points[0].run, "other-base");
    assert_string_equal(sweep.points[1].label, "tokenizer.vocab_size=50");
}

static void assert_run_name(const char *label, const char *wanted)
{
    lt_text name = {0};
    OK(lt_sweep_run_name(&name, "toy", label, &error));
    if (wanted[strlen(wanted) - 1] == '-') /* and a hash behind it */
        assert_true(name.length == strlen(wanted) + 8 && strncmp(name.data, wanted, strlen(wanted)) == 0);
    else
        assert_string_equal(name.data, wanted);
    lt_text_clear(&name);
}

static void run_names_are_safe_and_short(void **state)
{
    (void)state;
    char label[300], wanted[128];
    assert_run_name("a.b=-1, c=x+y", "toy-a.b--1+c-x+y");
    assert_run_name("data.train=[a/b, c]", "toy-data.train-_a_b+c_-");
    assert_run_name("s=é", "toy-s-__-");
    memset(label, 'x', 290), label[290] = '\0';
    snprintf(wanted, sizeof wanted, "toy-%.87s-", label);
    assert_run_name(label, wanted);
}

static void the_options_at_fault_are_named(void **state)
{
    (void)state;
    refuse(LIST("model.decoder.cel=gru"), NULL, NULL, "--grid model.decoder.cel=gru: unknown key");
    refuse(LIST("model.decoder.cell=gru,grue"), NULL, NULL, "--grid model.decoder.cell=grue: ");
    refuse(NULL, LIST("model.decoder.hidden=x"), NULL, "--ablate model.decoder.hidden=x: ");
    refuse(LIST("training.learning_rate=1"), NULL, LIST("training.beta1=x"), "--set training.beta1=x: ");
    refuse(LIST("seed=1,2"), NULL, NULL, "--grid seed=1: the seed is no point of its own; --seeds N");
    refuse(NULL, LIST("name=x"), NULL, "--ablate name=x: each point has a name");
    refuse(LIST("training.beta1=0.5"), NULL, LIST("training.beta1=0.6"),
           "--grid training.beta1=0.5: --set training.beta1=0.6 sets that key for all points");
    /* a rule between keys */
    refuse(LIST("training.momentum=0,0.5", "training.optimizer=adam"), NULL, NULL,
           "--grid training.momentum=0.5 --grid training.optimizer=adam: ");
    refuse(NULL, LIST("model.dropout.rnn=0.250"), NULL,
           "--ablate: dropout.rnn=0.25 changes nothing, the experiment is so without it");
    refuse(LIST("training.beta1=0.5,0.50"), NULL, NULL,
           "--grid: beta1=0.5 is the same experiment as beta1=0.5");
    lt_strings none = {0};
    lt_sweep_clear(&sweep);
    assert_int_equal(
        lt_sweep_plan(&sweep, &(lt_sweep_request){file, &none, &none, &none, 1LL << 53, NULL}, &error),
        LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "--seeds"));
    assert_int_not_equal(plan(LIST("data.dev=x,y"), NULL, NULL, NULL), LT_OK); /* there is no such file */
    assert_non_null(strstr(error.message, "--grid data.dev=x: data.dev"));
}

static void a_grid_may_have_the_base_of_the_ablations(void **state)
{
    (void)state;
    OK(plan(LIST("model.dropout.rnn=0.1,0.25"), LIST("training.beta1=0.5"), NULL, NULL));
    assert_int_equal(sweep.count, 3);
    assert_string_equal(sweep.points[0].label, "base");
    assert_string_equal(sweep.points[1].label, "beta1=0.5");
    assert_string_equal(sweep.points[2].label, "dropout.rnn=0.1");
}

static void a_changed_experiment_is_found_out(void **state)
{
    (void)state;
    char path[128];
    int64_t id;
    lt_store *store;
    snprintf(path, sizeof path, "%s/x.db", folder);
    OK(plan(LIST("training.beta1=0.5,0.6"), NULL, NULL, "s"));
    OK(lt_sweep_check_unchanged(&sweep, 1, &error));
    OK(lt_store_open(&store, path, LT_STORE_WRITE, &error));
    OK(lt_store_sweep_take(store, "s", NULL, &id, &error));
    for (size_t i = 0; i < 2; i++) {
        const lt_sweep_point *p = &sweep.points[i];
        OK(lt_store_sweep_add_point(
            store, id, &(lt_store_point){p->label, p->settings.data, p->experiment.data}, &error));
    }
    OK(lt_sweep_check_stored(&sweep, store, id, &error));
    write_experiment("training: {max_updates: 7}\n");
    assert_int_equal(lt_sweep_check_unchanged(&sweep, 1, &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "training.max_updates: 0, not 7"));
    OK(plan(LIST("training.beta1=0.6,0.7"), NULL, NULL, "s"));
    assert_int_equal(lt_sweep_check_stored(&sweep, store, id, &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, "beta1=0.6: training.max_updates: 7, not 0"));
    OK(plan(LIST("training.beta1=0.7"), NULL, NULL, "s")); /* another point says nothing of those there are */
    OK(lt_sweep_check_stored(&sweep, store, id, &error));
    lt_store_close(store);
}

static void members_go_seed_by_seed(void **state)
{
    (void)state;
    lt_member *members;
    OK(plan(LIST("training.beta1=0.5,0.6,0.7"), NULL, NULL, NULL));
    OK(lt_members_create(&members, &sweep, &error));
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(members[i].point, i % 3);
        assert_int_equal(members[i].seed, 5 + i / 3);
    }
    lt_members_free(members, &sweep);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(points_are_named_by_what_is_special), TEST(run_names_are_safe_and_short),
        TEST(the_options_at_fault_are_named),      TEST(a_grid_may_have_the_base_of_the_ablations),
        TEST(a_changed_experiment_is_found_out),   TEST(members_go_seed_by_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
