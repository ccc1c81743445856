/* Which decoding setting is tried next, which is chosen, and the file that keeps it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/decoding.h"
#include "experiments/metrics/metrics.h"
#include "experiments/run_model.h"
#include "experiments/tuned.h"
#include "experiments/tuning.h"
#include "model/base/file.h"
#include "tests/folder.h"
#include "tests/ok.h"

enum { MOST = 200 };

static lt_error error;

/* ---- the search ---- */

/* Two axes of values 0, 1, 2 ...; the first costs time. */
static lt_tuning_space plane(size_t width, size_t own_x, size_t height, size_t own_y)
{
    lt_tuning_space space = {.count = 2};
    space.axes[0] = (lt_tuning_axis){.values = {.count = width}, .own = own_x, .costly = true};
    space.axes[1] = (lt_tuning_axis){.values = {.count = height}, .own = own_y};
    return space;
}

typedef struct searched {
    lt_tuning_score known[MOST];
    size_t count;
    size_t x, y; /* chosen */
} searched;

typedef double (*landscape)(size_t x, size_t y);

static searched search_by(lt_tuning_space space, landscape score, const lt_tuning_rule *rule)
{
    searched s = {0};
    lt_tuning_point point;
    while (!lt_tuning_next(&point, &space, s.known, s.count, rule)) {
        for (size_t i = 0; i < s.count; i++)
            assert_true(s.known[i].point.at[0] != point.at[0] || s.known[i].point.at[1] != point.at[1]);
        assert_true(point.at[0] < space.axes[0].values.count && point.at[1] < space.axes[1].values.count);
        assert_true(s.count < MOST);
        s.known[s.count++] = (lt_tuning_score){point, score(point.at[0], point.at[1])};
    }
    s.x = point.at[0], s.y = point.at[1];
    return s;
}

static searched search(lt_tuning_space space, landscape score, double min_gain)
{
    const lt_tuning_rule rule = {.min_gain = min_gain};
    return search_by(space, score, &rule);
}

static double flat(size_t x, size_t y)
{
    (void)x, (void)y;
    return 30;
}

/* Best at (3, 6), and to have the best of both they must change together. */
static double hill(size_t x, size_t y)
{
    double dx = (double)x - 3, dy = (double)y - 6;
    return 40 - dx * dx - dy * dy - 0.5 * dx * dy;
}

static double along_y(const double *scores, size_t x, size_t y)
{
    return x == 1 ? scores[y] : 0;
}

static double hardly_better(size_t x, size_t y)
{
    static const double scores[] = {30.04, 30, 30.03, 30.049};
    return along_y(scores, x, y);
}

static double one_is_better(size_t x, size_t y)
{
    static const double scores[] = {29, 30, 30.08, 30.1};
    return along_y(scores, x, y);
}

static double dearer_is_better(size_t x, size_t y)
{
    static const double scores[] = {20, 30.2, 30, 30.22, 30.23};
    return y == 0 ? scores[x] : 0;
}

static double cheaper_is_worse(size_t x, size_t y)
{
    static const double scores[] = {29.98, 29.99, 30, 30.02};
    return y == 0 ? scores[x] : 0;
}

static void begins_with_the_runs_own(void **state)
{
    (void)state;
    lt_tuning_space space = plane(5, 3, 7, 2);
    lt_tuning_point point;
    const lt_tuning_rule rule = {.min_gain = 0.05};
    assert_false(lt_tuning_next(&point, &space, NULL, 0, &rule));
    assert_int_equal(point.at[0], 3);
    assert_int_equal(point.at[1], 2);
}

static void finds_the_top_of_a_hill(void **state)
{
    (void)state;
    for (size_t own_x = 0; own_x < 6; own_x++)
        for (size_t own_y = 0; own_y < 9; own_y++) {
            searched s = search(plane(6, own_x, 9, own_y), hill, 0.05);
            assert_int_equal(s.x, 3);
            assert_int_equal(s.y, 6);
            assert_true(s.count < 6 + 9 + 12);
        }
}

static void what_is_equal_is_cheap_and_near(void **state)
{
    (void)state;
    for (double min_gain = 0; min_gain < 0.1; min_gain += 0.05) {
        searched s = search(plane(5, 3, 7, 2), flat, min_gain);
        assert_int_equal(s.x, 0); /* the cheapest beam */
        assert_int_equal(s.y, 2); /* the run's own */
    }
}

static void noise_changes_nothing(void **state)
{
    (void)state;
    searched s = search(plane(3, 1, 4, 1), hardly_better, 0.05);
    assert_int_equal(s.y, 1);
    s = search(plane(3, 1, 4, 1), hardly_better, 0);
    assert_int_equal(s.y, 3);
    s = search(plane(3, 1, 4, 1), one_is_better, 0.05); /* 2 is as good as 3, and nearer */
    assert_int_equal(s.y, 2);
    s = search(plane(3, 1, 4, 1), one_is_better, 0.01);
    assert_int_equal(s.y, 3);
}

static void a_cheap_beam_must_not_be_worse(void **state)
{
    (void)state;
    searched s = search(plane(5, 2, 1, 0), dearer_is_better, 0.05);
    assert_int_equal(s.x, 1); /* cheaper than 3 and 4, and as good */
    s = search(plane(4, 2, 1, 0), cheaper_is_worse, 0.05);
    assert_int_equal(s.x,
                     2); /* the run's own: those that are cheaper are worse, the dearer one hardly better */
}

/* Between the trial of the run's own setting, which is the first, and another it is 0.04; else 0.01. */
static double error_between(void *asked, size_t one, size_t other)
{
    assert_int_not_equal(one, other);
    ++*(size_t *)asked;
    return one == 0 || other == 0 ? 0.04 : 0.01;
}

static void within_a_standard_error_is_as_good(void **state)
{
    (void)state;
    size_t asked = 0;
    lt_tuning_rule rule = {.min_gain = 0.001, .errors = 1, .error_between = error_between, .context = &asked};
    searched s = search_by(plane(3, 1, 4, 1), hardly_better, &rule); /* 30.049 against the 30 held */
    assert_int_equal(s.y, 3); /* 30.04 is as good and nearer, but not told from the one held */
    assert_true(asked > 0);
    rule.errors = 1.5; /* 0.06 between the one held and the best */
    s = search_by(plane(3, 1, 4, 1), hardly_better, &rule);
    assert_int_equal(s.y, 1);
    rule.min_gain = 0.05; /* without asking for what is within that */
    rule.errors = 0;
    asked = 0;
    s = search_by(plane(3, 1, 4, 1), hardly_better, &rule);
    assert_int_equal(s.y, 1);
    assert_int_equal(asked, 0);
}

/* Scores as those of 30.04, 30.04 and 30.09 with the one held in the middle: the last is told from it, the
 * first is not, and is not told from the last. */
static double one_is_told(size_t x, size_t y)
{
    static const double scores[] = {30.04, 30.04, 30.09};
    return along_y(scores, x, y);
}

static double told_by_the_second(void *context, size_t one, size_t other)
{
    const size_t *y = context; /* of the trials, in the order tried */
    return y[one] == 1 || y[other] == 1 ? 0.03 : 0.06;
}

static void what_is_told_from_nothing_is_not_taken(void **state)
{
    (void)state;
    static size_t y[] = {1, 1, 1, 0, 2, 1, 0, 2}; /* the own, then x = 0 and 2, then the line of y */
    const lt_tuning_rule rule = {.errors = 1, .error_between = told_by_the_second, .context = y};
    searched s = search_by(plane(3, 1, 3, 1), one_is_told, &rule);
    assert_int_equal(s.known[3].point.at[1], 0);
    assert_int_equal(s.y, 2);
}

static double random_landscape(size_t x, size_t y)
{
    uint64_t bits = (x * 31 + y + 7) * 0x9E3779B97F4A7C15u;
    return (double)(bits >> 40 & 7) / 4; /* many equal ones */
}

static void ends_and_never_loses(void **state)
{
    (void)state;
    for (size_t own_x = 0; own_x < 7; own_x++)
        for (size_t own_y = 0; own_y < 8; own_y++)
            for (double min_gain = 0; min_gain < 1; min_gain += 0.3) {
                searched s = search(plane(7, own_x, 8, own_y), random_landscape, min_gain);
                assert_true(random_landscape(s.x, s.y) >= random_landscape(own_x, own_y));
            }
}

static double random_error(void *context, size_t one, size_t other)
{
    const uint64_t seed = *(const uint64_t *)context, low = one < other ? one : other,
                   high = one + other - low;
    return (double)(((low * 131 + high) * 2654435761u + seed * 40503u) >> 7 & 7) / 8;
}

static void ends_whatever_the_standard_errors_are(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++)
        for (size_t own = 0; own < 5; own++) {
            const lt_tuning_rule rule = {.errors = 1, .error_between = random_error, .context = &seed};
            searched s = search_by(plane(7, own, 8, own + 1), random_landscape, &rule);
            assert_true(random_landscape(s.x, s.y) >= random_landscape(own, own + 1));
        }
}

/* ---- the space ---- */

static lt_decoding_options defaults(void)
{
    lt_decoding_options options = {0};
    OK(lt_options_defaults(&options, lt_decoding_table, &error));
    return options;
}

static void values_of(char *out, size_t size, const lt_tuning_axis *axis)
{
    size_t used = (size_t)snprintf(out, size, "%s", axis->option->key);
    for (size_t i = 0; i < axis->values.count; i++)
        used += (size_t)snprintf(out + used, size - used, "%c%s%s", i ? ',' : '=', axis->values.items[i],
                                 i == axis->own ? "*" : "");
}

static void assert_axis(const lt_tuning_axis *axis, const char *wanted)
{
    char found[512];
    values_of(found, sizeof found, axis);
    assert_string_equal(found, wanted);
}

static lt_strings list(const char *one, const char *other)
{
    lt_strings strings = {0};
    if (one) OK(lt_strings_add(&strings, one, &error));
    if (other) OK(lt_strings_add(&strings, other, &error));
    return strings;
}

static void the_runs_own_values_are_among_them(void **state)
{
    (void)state;
    lt_decoding_options own = defaults();
    own.beam_size = 7;
    own.normalize = 0.7;
    lt_tuning_space space;
    lt_strings none = {0}, grid = list("allow_unk=true", "normalize=1.50,1.5,0.70,3");
    OK(lt_tuning_space_init(&space, &own, &none, &none, false, &error));
    assert_int_equal(space.count, 2);
    assert_axis(&space.axes[0], "beam_size=1,2,4,5,7*,8,12");
    assert_axis(&space.axes[1], "normalize=0.0,0.2,0.4,0.6,0.7*,0.8,1.0,1.2,1.5,2.0");
    assert_true(space.axes[0].costly && !space.axes[1].costly);
    lt_tuning_space_clear(&space);
    OK(lt_tuning_space_init(&space, &own, &grid, &none, false, &error));
    assert_int_equal(space.count, 3);
    assert_axis(&space.axes[1], "normalize=0.7*,1.5,3.0");
    assert_axis(&space.axes[2], "allow_unk=true,false*");
    lt_decoding_options applied = own;
    OK(lt_tuning_apply(&applied, &space, &(lt_tuning_point){{6, 2, 0}}, &error));
    assert_int_equal(applied.beam_size, 12);
    assert_true(applied.normalize == 3 && applied.allow_unk);
    lt_tuning_space_clear(&space);
    lt_strings_clear(&grid);
}

static void refused(const char *item, const char *other, const char *pinned, const char *words)
{
    lt_decoding_options own = defaults();
    lt_tuning_space space;
    lt_strings grid = list(item, other), fixed = list(pinned, NULL);
    assert_int_equal(lt_tuning_space_init(&space, &own, &grid, &fixed, false, &error), LT_ERROR_USAGE);
    if (!strstr(error.message, words)) fail_msg("'%s' is not in: %s", words, error.message);
    lt_tuning_space_clear(&space);
    lt_strings_clear(&grid);
    lt_strings_clear(&fixed);
}

static void what_cannot_be_searched_is_refused(void **state)
{
    (void)state;
    refused("normalize", NULL, NULL, "--grid normalize=0.5,1");
    refused("beam_sise=1,2", NULL, NULL, "did you mean 'beam_size'");
    refused("beam_size=1,2,x", NULL, NULL, "--grid beam_size");
    refused("beam_size=0,2", NULL, NULL, "from 1 to 1000");
    refused("normalize=", NULL, NULL, "--grid normalize");
    refused("normalize=1,,2", NULL, NULL, "--grid normalize");
    refused("mini_batch=1,2", NULL, NULL, "never changes a translation");
    refused("normalize=1", "normalize=2", NULL, "given twice");
    refused("normalize=1", NULL, "normalize", "give one of the two");
}

static void options_given_are_not_searched(void **state)
{
    (void)state;
    lt_decoding_options own = defaults();
    lt_tuning_space space;
    lt_strings none = {0}, pinned = list("beam_size", NULL), all = list("beam_size", "normalize");
    OK(lt_tuning_space_init(&space, &own, &none, &pinned, false, &error));
    assert_int_equal(space.count, 1);
    assert_string_equal(space.axes[0].option->key, "normalize");
    lt_tuning_space_clear(&space);
    assert_int_equal(lt_tuning_space_init(&space, &own, &none, &all, false, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "nothing is left to choose"));
    lt_tuning_space_clear(&space);
    lt_strings_clear(&pinned);
    lt_strings_clear(&all);
}

/* ---- the file ---- */

static void write_text(const char *text)
{
    OK(lt_file_write(in("decoding.yaml"), text, strlen(text), &error));
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    bool was_there;
    lt_tuned read, tuned = {.tuned = {.date = "2026-05-01T12:00:00Z",
                                      .checkpoint = "best.safetensors",
                                      .checksum = "crc32:1",
                                      .update = 4000,
                                      .precision = LT_INT8,
                                      .set = "a \"strange\" set: #1",
                                      .settings = 21,
                                      .metric = "ter",
                                      .score = 50.123456789012345,
                                      .own_score = 51,
                                      .signature = "nrefs:1|case:mixed"},
                            .decoding = defaults()};
    tuned.decoding.beam_size = 8;
    tuned.decoding.normalize = 1.2;
    tuned.decoding.max_length = 7; /* is not among the keys */
    tuned.keys = list("normalize", "beam_size");
    OK(lt_tuned_read(&read, folder, &error));
    assert_false(read.there);
    lt_tuned_clear(&read);
    OK(lt_tuned_write(&tuned, folder, &error));
    OK(lt_tuned_read(&read, folder, &error));
    assert_true(read.there);
    assert_int_equal(read.keys.count, 2);
    assert_string_equal(read.tuned.set, tuned.tuned.set);
    assert_string_equal(read.tuned.signature, tuned.tuned.signature);
    assert_null(read.tuned.source_sha256);
    assert_true(read.tuned.score == tuned.tuned.score && read.tuned.update == 4000);
    assert_int_equal(read.tuned.precision, LT_INT8);
    lt_decoding_options options = defaults();
    OK(lt_decoding_override(&options, &read.decoding, &read.keys, &error));
    assert_int_equal(options.beam_size, 8);
    assert_true(options.normalize == 1.2);
    assert_int_equal(options.max_length, 1000);
    lt_tuned_clear(&read);
    lt_strings_clear(&tuned.keys);
    OK(lt_tuned_forget(folder, &was_there, &error));
    assert_true(was_there);
    OK(lt_tuned_forget(folder, &was_there, &error));
    assert_false(was_there);
}

static void another_checkpoint_is_known(void **state)
{
    (void)state;
    lt_tuned tuned = {.tuned.checksum = "crc32:1"}, silent = {0};
    lt_metadata metadata = {0};
    assert_false(lt_tuned_elsewhere(&tuned, &metadata));
    OK(lt_metadata_set(&metadata, LT_METADATA_CHECKSUM, "crc32:2", &error));
    assert_true(lt_tuned_elsewhere(&tuned, &metadata));
    assert_false(lt_tuned_elsewhere(&silent, &metadata));
    OK(lt_metadata_set(&metadata, LT_METADATA_QUANTIZED_CHECKSUM, "crc32:1", &error)); /* made of that one */
    assert_false(lt_tuned_elsewhere(&tuned, &metadata));
    lt_metadata_clear(&metadata);
}

static void a_file_written_by_hand_is_checked(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"decoding: {beam_sise: 3}\n", "did you mean"},  {"decoding: {beam_size: 0}\n", "decoding.yaml:1:"},
        {"decoding: {beam_size: many}\n", "beam_size"},  {"beam_size: 3\n", "beam_size"},
        {"decoding: {beam_size: 3\n", "not valid YAML"},
    };
    lt_tuned tuned;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_text(bad[i][0]);
        assert_int_equal(lt_tuned_read(&tuned, folder, &error), LT_ERROR_USAGE);
        if (!strstr(error.message, bad[i][1])) fail_msg("'%s' is not in: %s", bad[i][1], error.message);
        lt_tuned_clear(&tuned);
    }
    write_text("decoding: {normalize: 0.5}\n");
    OK(lt_tuned_read(&tuned, folder, &error));
    lt_text words = {0};
    OK(lt_tuned_describe(&words, &tuned, &error));
    assert_string_equal(words.data, "normalize=0.5");
    lt_text_clear(&words);
    lt_tuned_clear(&tuned);
    write_text("");
    OK(lt_tuned_read(&tuned, folder, &error));
    assert_int_equal(tuned.keys.count, 0);
    lt_tuned_clear(&tuned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_with_the_runs_own),
        cmocka_unit_test(finds_the_top_of_a_hill),
        cmocka_unit_test(what_is_equal_is_cheap_and_near),
        cmocka_unit_test(noise_changes_nothing),
        cmocka_unit_test(a_cheap_beam_must_not_be_worse),
        cmocka_unit_test(within_a_standard_error_is_as_good),
        cmocka_unit_test(what_is_told_from_nothing_is_not_taken),
        cmocka_unit_test(ends_whatever_the_standard_errors_are),
        cmocka_unit_test(ends_and_never_loses),
        cmocka_unit_test(the_runs_own_values_are_among_them),
        cmocka_unit_test(what_cannot_be_searched_is_refused),
        cmocka_unit_test(options_given_are_not_searched),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(another_checkpoint_is_known),
        cmocka_unit_test(a_file_written_by_hand_is_checked),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
