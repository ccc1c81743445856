#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/base/options.h"

typedef struct inner {
    int64_t beam;
    double norm;
} inner;

typedef struct sample {
    bool flag, kept;
    int64_t count;
    double rate;
    char *name, *unset;
    int cell;
    lt_strings files, metrics;
    inner group;
} sample;

static const char *const cells[] = {"rnn", "lstm", "gru", NULL};
static const lt_option inner_table[] = {{.key = "beam_size",
                                         .letter = 'b',
                                         .type = LT_OPTION_INTEGER,
                                         .offset = offsetof(inner, beam),
                                         .default_value = "5",
                                         .minimum = 1,
                                         .maximum = 1000,
                                         .help = "Hypotheses."},
                                        {.key = "normalize",
                                         .type = LT_OPTION_REAL,
                                         .offset = offsetof(inner, norm),
                                         .default_value = "1.0",
                                         .maximum = INFINITY,
                                         .help = "Exponent."},
                                        {0}};
static const lt_option table[] = {
    {.key = "flag",
     .letter = 'f',
     .type = LT_OPTION_BOOL,
     .offset = offsetof(sample, flag),
     .default_value = "false"},
    {.key = "kept",
     .letter = 'k',
     .type = LT_OPTION_BOOL,
     .offset = offsetof(sample, kept),
     .default_value = "true"},
    {.key = "count",
     .letter = 'n',
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(sample, count),
     .default_value = "-7"},
    {.key = "rate",
     .type = LT_OPTION_REAL,
     .offset = offsetof(sample, rate),
     .default_value = "0.1",
     .minimum = 0,
     .maximum = 1},
    {.key = "name", .type = LT_OPTION_STRING, .offset = offsetof(sample, name), .default_value = "x y"},
    {.key = "unset", .type = LT_OPTION_STRING, .offset = offsetof(sample, unset)},
    {.key = "cell",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(sample, cell),
     .default_value = "lstm",
     .choices = cells},
    {.key = "files",
     .type = LT_OPTION_LIST,
     .offset = offsetof(sample, files),
     .default_value = "[a, \"b, \\\"c\"]"},
    {.key = "metrics",
     .letter = 'm',
     .type = LT_OPTION_LIST,
     .offset = offsetof(sample, metrics),
     .remainder = true},
    {.key = "decoding",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(sample, group),
     .group = inner_table,
     .help = "Decoding"},
    {0}};

static lt_error error;

static int setup(void **state)
{
    sample *options = calloc(1, sizeof *options);
    error = (lt_error){0};
    if (lt_options_defaults(options, table, &error) != LT_OK) return -1;
    *state = options;
    return 0;
}

static int teardown(void **state)
{
    lt_options_clear(*state, table);
    free(*state);
    return 0;
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("'%s' does not contain '%s'", text, part);
}

static void defaults_fill_every_type(void **state)
{
    sample *o = *state;
    assert_false(o->flag);
    assert_true(o->kept);
    assert_int_equal(o->count, -7);
    assert_true(o->rate == 0.1);
    assert_string_equal(o->name, "x y");
    assert_null(o->unset);
    assert_int_equal(o->cell, 1);
    assert_int_equal(o->files.count, 2);
    assert_string_equal(o->files.items[1], "b, \"c");
    assert_int_equal(o->group.beam, 5);
    assert_true(o->group.norm == 1.0);
}

static lt_status set(sample *o, const char *key, const char *text)
{
    void *base = NULL;
    const lt_option *option = lt_options_find(o, table, key, &base, &error);
    return option ? lt_option_parse(base, option, key, text, &error) : error.code;
}

static void bad_values_are_refused_and_named(void **state)
{
    static const struct {
        const char *key, *text, *message;
    } cases[] = {
        {"flag", "yes", "true or false"},
        {"count", "", "a whole number"},
        {"count", "1.5", "'1.5'"},
        {"count", " 1", "a whole number"},
        {"count", "99999999999999999999", "count"},
        {"rate", "nan", "a number from 0 to 1"},
        {"rate", "1.01", "from 0 to 1"},
        {"rate", "0x1p-3", "rate"},
        {"rate", "1e", "rate"},
        {"cell", "lstn", "did you mean 'lstm'? Wanted: one of rnn, lstm, gru"},
        {"cell", "", "one of rnn, lstm, gru"},
        {"decoding.beam_size", "0",
         "decoding.beam_size: '0' is not a valid value; wanted: a whole number from 1 to 1000"},
        {"decoding.normalize", "-1", "at least 0"},
        {"decoding", "5", "a group of keys"},
        {"files", "[a", ""},
        {"files", "[\"a]", "a list of strings"},
        {"files", "[a] b]", "a list of strings"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        error = (lt_error){0};
        lt_status status = set(*state, cases[i].key, cases[i].text);
        if (!*cases[i].message) continue; /* "[a" is a plain item */
        assert_int_equal(status, LT_ERROR_USAGE);
        assert_contains(error.message, cases[i].message);
        assert_contains(error.message, cases[i].key);
    }
    assert_int_equal(((sample *)*state)->group.beam, 5); /* refused values change nothing */
}

static void bounds_are_inclusive(void **state)
{
    assert_int_equal(set(*state, "rate", "1"), LT_OK);
    assert_int_equal(set(*state, "rate", "0"), LT_OK);
    assert_int_equal(set(*state, "decoding.beam_size", "1000"), LT_OK);
    assert_int_equal(set(*state, "decoding.beam_size", "1001"), LT_ERROR_USAGE);
    assert_int_equal(set(*state, "count", "-9223372036854775808"), LT_OK);
    assert_true(((sample *)*state)->count == INT64_MIN);
}

static void unknown_keys_get_the_choices_of_their_group(void **state)
{
    assert_int_equal(set(*state, "decoding.beam_sise", "1"), LT_ERROR_USAGE);
    assert_string_equal(error.message,
                        "unknown key 'decoding.beam_sise'; did you mean 'beam_size'? Valid keys of decoding: "
                        "beam_size, normalize");
    assert_int_equal(set(*state, "zzzz", "1"), LT_ERROR_USAGE);
    assert_contains(error.message, "unknown key 'zzzz'. Valid keys: flag, kept");
    assert_int_equal(set(*state, "normalize", "1"), LT_ERROR_USAGE);
    assert_contains(error.message,
                    "unknown key 'normalize'; did you mean 'decoding.normalize'? Valid keys: flag");
    assert_int_equal(set(*state, "rate.x", "1"), LT_ERROR_USAGE);
    assert_contains(error.message, "'rate' is a value");
}

static void formatted_values_read_back(void **state)
{
    static const double reals[] = {0, 0.1, 1, 1e-9, 1.0 / 3, 0.30000000000000004, 5e-324};
    sample *o = *state;
    void *base;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        lt_text text = {0};
        o->rate = reals[i];
        const lt_option *option = lt_options_find(o, table, "rate", &base, &error);
        assert_int_equal(lt_option_format(&text, base, option, &error), LT_OK);
        o->rate = -1;
        assert_int_equal(lt_option_parse(base, option, "rate", text.data, &error), LT_OK);
        assert_true(o->rate == reals[i]);
        lt_text_clear(&text);
    }
    lt_text text = {0};
    const lt_option *files = lt_options_find(o, table, "files", &base, &error);
    assert_int_equal(lt_option_format(&text, base, files, &error), LT_OK);
    assert_string_equal(text.data, "[\"a\", \"b, \\\"c\"]");
    assert_int_equal(lt_option_parse(base, files, "files", text.data, &error), LT_OK);
    assert_int_equal(o->files.count, 2);
    assert_string_equal(o->files.items[1], "b, \"c");
    assert_int_equal(lt_option_parse(base, files, "files", "more", &error), LT_OK);
    assert_int_equal(o->files.count, 3);
    assert_int_equal(lt_option_parse(base, files, "files", "[]", &error), LT_OK);
    assert_int_equal(o->files.count, 0);
    lt_text_clear(&text);
}

static void near_words_are_suggested_far_ones_not(void **state)
{
    (void)state;
    static const char *const words[] = {"hidden", "train", "translate", "b", NULL};
    assert_string_equal(lt_did_you_mean("hiden", words), "hidden");
    assert_string_equal(lt_did_you_mean("Hidden", words), "hidden");
    assert_string_equal(lt_did_you_mean("tarin", words), "train");
    assert_string_equal(lt_did_you_mean("trans", words), "train");
    assert_string_equal(lt_did_you_mean("hidden-size", words), "hidden");
    assert_string_equal(lt_did_you_mean("ref", (const char *const[]){"record", "reference", NULL}),
                        "reference");
    assert_string_equal(lt_did_you_mean("reference", (const char *const[]){"set", "ref", NULL}), "ref");
    assert_null(lt_did_you_mean("quux", words));
    assert_null(lt_did_you_mean("x", words));
    assert_null(lt_did_you_mean("", words));
}

static lt_status parse(sample *o, lt_strings *operands, const char *const *arguments)
{
    int argc = 0;
    while (arguments[argc]) argc++;
    error = (lt_error){0};
    return lt_options_arguments(o, table, operands, NULL, argc, (char **)arguments, &error);
}

static void the_command_line_forms(void **state)
{
    sample *o = *state;
    lt_strings operands = {0};
    const char *arguments[] = {"ref1",        "-m",     "bleu", "chrf", "-fb",     "7",  "--no-kept",
                               "--count=-3",  "--rate", "0.5",  "-",    "--files", "x",  "--files=y",
                               "--beam_size", "9",      "-n4",  "--",   "--flag",  "-z", NULL};
    assert_int_equal(parse(o, &operands, arguments), LT_OK);
    assert_true(o->flag);
    assert_false(o->kept);
    assert_int_equal(o->count, 4);
    assert_true(o->rate == 0.5);
    assert_int_equal(o->group.beam, 9);
    assert_int_equal(o->metrics.count, 2);
    assert_int_equal(o->files.count, 2); /* the default is replaced */
    assert_string_equal(o->files.items[0], "x");
    assert_int_equal(operands.count, 4);
    assert_string_equal(operands.items[1], "-");
    assert_string_equal(operands.items[2], "--flag");
    lt_strings_clear(&operands);
}

static void the_command_line_errors(void **state)
{
    static const struct {
        const char *arguments[3], *message;
    } cases[] = {
        {{"--beem-size", "3"}, "unknown option '--beem-size'; did you mean '--beam-size'?"},
        {{"--xyzzy"}, "unknown option '--xyzzy'"},
        {{"--count"}, "--count wants a value (a whole number)"},
        {{"--flag=maybe"}, "--flag: 'maybe'"},
        {{"--no-count"}, "unknown option '--no-count'"},
        {{"-x"}, "unknown option '-x'"},
        {{"-b"}, "--beam-size wants a value"},
        {{"--beam-size=0"}, "--beam-size: '0'"},
        {{"--cell", "gru2"}, "did you mean 'gru'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lt_strings operands = {0};
        assert_int_equal(parse(*state, &operands, cases[i].arguments), LT_ERROR_USAGE);
        assert_contains(error.message, cases[i].message);
        lt_strings_clear(&operands);
    }
}

static void help_has_defaults_and_fits(void **state)
{
    (void)state;
    lt_text help = {0};
    assert_int_equal(lt_options_help(&help, table, &error), LT_OK);
    assert_contains(help.data, "-b, --beam-size N");
    assert_contains(help.data, "A whole number from 1 to 1000. Default: 5.");
    assert_contains(help.data, "One of rnn, lstm, gru. Default: lstm.");
    assert_contains(help.data, "--[no-]kept");
    assert_contains(help.data, "\nDecoding:\n");
    for (const char *line = help.data; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 100);
    lt_text_clear(&help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_fill_every_type, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_values_are_refused_and_named, setup, teardown),
        cmocka_unit_test_setup_teardown(bounds_are_inclusive, setup, teardown),
        cmocka_unit_test_setup_teardown(unknown_keys_get_the_choices_of_their_group, setup, teardown),
        cmocka_unit_test_setup_teardown(formatted_values_read_back, setup, teardown),
        cmocka_unit_test_setup_teardown(near_words_are_suggested_far_ones_not, setup, teardown),
        cmocka_unit_test_setup_teardown(the_command_line_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(the_command_line_errors, setup, teardown),
        cmocka_unit_test_setup_teardown(help_has_defaults_and_fits, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
