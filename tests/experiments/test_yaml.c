#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/yaml.h"

typedef struct inner {
    int64_t layers;
    double rate;
    bool deep;
} inner;

typedef struct sample {
    char *name, *model;
    int cell;
    lt_strings files;
    inner encoder;
} sample;

static const char *const cells[] = {"lstm", "gru", NULL};
static const lt_option inner_table[] = {{.key = "layers",
                                         .type = LT_OPTION_INTEGER,
                                         .offset = offsetof(inner, layers),
                                         .default_value = "2",
                                         .minimum = 1,
                                         .maximum = 8,
                                         .help = "Stacked layers."},
                                        {.key = "rate",
                                         .type = LT_OPTION_REAL,
                                         .offset = offsetof(inner, rate),
                                         .default_value = "0.5",
                                         .minimum = 0,
                                         .maximum = INFINITY,
                                         .help = "How fast."},
                                        {.key = "deep",
                                         .type = LT_OPTION_BOOL,
                                         .offset = offsetof(inner, deep),
                                         .default_value = "false",
                                         .help = "Deep."},
                                        {0}};
static const lt_option table[] = {
    {.key = "name",
     .type = LT_OPTION_STRING,
     .offset = offsetof(sample, name),
     .default_value = "x",
     .help = "Its name."},
    {.key = "model", .type = LT_OPTION_STRING, .offset = offsetof(sample, model), .help = "A path."},
    {.key = "cell",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(sample, cell),
     .default_value = "lstm",
     .choices = cells},
    {.key = "files",
     .type = LT_OPTION_LIST,
     .offset = offsetof(sample, files),
     .default_value = "[]",
     .help = "Files."},
    {.key = "encoder",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(sample, encoder),
     .group = inner_table,
     .help = "The encoder."},
    {0}};

static lt_error error;

static lt_status load(sample *options, const char *text, size_t length)
{
    *options = (sample){0};
    error = (lt_error){0};
    assert_int_equal(lt_options_defaults(options, table, &error), LT_OK);
    return lt_yaml_load(options, table, text, length, "f.yaml", NULL, &error);
}

static void values_of_every_type_are_read(void **state)
{
    (void)state;
    sample o;
    const char *text = "# comment\nname: no\nmodel: 'a b'\ncell: gru\nfiles: [a, \"b, c\"]\n"
                       "encoder: {layers: 3, deep: true,\n  rate: 1e-3}\n";
    assert_int_equal(load(&o, text, strlen(text)), LT_OK);
    assert_string_equal(o.name, "no");
    assert_string_equal(o.model, "a b");
    assert_int_equal(o.cell, 1);
    assert_int_equal(o.files.count, 2);
    assert_string_equal(o.files.items[1], "b, c");
    assert_int_equal(o.encoder.layers, 3);
    assert_true(o.encoder.deep);
    assert_true(o.encoder.rate == 1e-3);
    lt_options_clear(&o, table);
}

static void empty_documents_and_groups_keep_the_defaults(void **state)
{
    (void)state;
    static const char *const texts[] = {"",   "# only\n",           "---\n",
                                        "{}", "encoder:\nmodel:\n", "\xEF\xBB\xBFname: x\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        sample o;
        assert_int_equal(load(&o, texts[i], strlen(texts[i])), LT_OK);
        assert_string_equal(o.name, "x");
        assert_null(o.model);
        assert_int_equal(o.encoder.layers, 2);
        lt_options_clear(&o, table);
    }
}

static const struct bad {
    const char *text, *message;
} bad[] = {
    /* unknown keys */
    {"nam: x\n",
     "f.yaml:1:1: unknown key 'nam'; did you mean 'name'? Valid keys: name, model, cell, files, encoder"},
    {"encoder:\n  layers: 1\n  laiers: 2\n", "f.yaml:3:3: unknown key 'encoder.laiers'; did you mean "
                                             "'layers'? Valid keys of encoder: layers, rate, deep"},
    {"encoder: {deep: true, depth: 2}", "f.yaml:1:23: unknown key 'encoder.depth'"},
    {"encoder.layers: 2\n", "f.yaml:1:1: keys are nested here"},
    {"\xC3\xA4: 2\n", "f.yaml:1:1: unknown key '\xC3\xA4'."},
    /* duplicates */
    {"name: a\ncell: gru\nname: b\n", "f.yaml:3:1: duplicate key 'name': it stands in line 1 already"},
    {"encoder:\n  rate: 1\nencoder:\n  rate: 2\n", "f.yaml:3:1: duplicate key 'encoder'"},
    {"encoder: {rate: 1, rate: 1}", "f.yaml:1:20: duplicate key 'encoder.rate'"},
    /* mistyped */
    {"encoder:\n  layers: two\n",
     "f.yaml:2:11: encoder.layers: 'two' is not a valid value; wanted: a whole number from 1 to 8"},
    {"encoder:\n  layers: \"2\"\n",
     "f.yaml:2:11: encoder.layers: a whole number from 1 to 8 wanted, not text in quotes"},
    {"encoder: {layers: 9}", "f.yaml:1:19: encoder.layers: '9' is not a valid value"},
    {"encoder: {layers: 1.5}", "f.yaml:1:19: encoder.layers: '1.5'"},
    {"encoder: {rate: .nan}", "f.yaml:1:17: encoder.rate: '.nan'"},
    {"encoder: {deep: yes}", "f.yaml:1:17: encoder.deep: 'yes' is not a valid value; wanted: true or false"},
    {"cell: lstn\n",
     "f.yaml:1:7: cell: 'lstn' is not a valid value; did you mean 'lstm'? Wanted: one of lstm, gru"},
    {"cell: [lstm]\n", "f.yaml:1:7: cell: one of lstm, gru wanted, not a list"},
    {"name: {a: b}\n", "f.yaml:1:7: name: a string wanted, not keys below it"},
    {"name:\n", "f.yaml:1:6: name: a string wanted, not nothing"},
    {"files: a\n", "f.yaml:1:8: files: a list of strings wanted, not a single value; write [value]"},
    {"files: [a, [b]]\n", "f.yaml:1:12: files: a list of strings wanted, not a nested one"},
    {"files:\n  - a\n  -\n", "f.yaml:3:4: files: a list of strings wanted, not an empty item"},
    {"encoder: 5\n", "f.yaml:1:10: encoder: a group of keys wanted, not a value"},
    {"encoder: [a]\n", "f.yaml:1:10: encoder: a group of keys wanted, not a list"},
    {"name: \"a\\0b\"\n", "f.yaml:1:7: name: the value has a NUL character"},
    {"- a\n", "f.yaml:1:1: keys wanted"},
    {"text", "f.yaml:1:1: keys wanted"},
    {"? [a, b]\n: c\n", "f.yaml:1:3: a key must be a plain word"},
    /* refused parts of YAML */
    {"name: &a x\n", "f.yaml:1:7: anchors (&name) are not supported"},
    {"encoder: &a\n  layers: 1\n", "f.yaml:1:10: anchors"},
    {"name: *a\n", "f.yaml:1:7: aliases (*name) are not supported"},
    {"name: !!str x\n", "f.yaml:1:7: tags (!name) are not supported"},
    {"files: !x [a]\n", "f.yaml:1:8: tags"},
    {"<<: {a: b}\n", "f.yaml:1:1: merge keys"},
    {"name: x\n---\nname: y\n", "f.yaml:2:1: a second document"},
    /* no YAML */
    {"files: [a\n", "f.yaml:2:1: not valid YAML: did not find expected ',' or ']'"},
    {"encoder:\n\tlayers: 2\n", "f.yaml:2:1: not valid YAML: found character that cannot start any token"},
    {"name: x\nmodel: \xC3\xA4\xFFz\n", "f.yaml:2:9: byte 0xff is not valid UTF-8"},
};

static void each_error_has_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample o;
        if (load(&o, bad[i].text, strlen(bad[i].text)) != LT_ERROR_USAGE)
            fail_msg("accepted: %s", bad[i].text);
        if (strncmp(error.message, bad[i].message, strlen(bad[i].message)))
            fail_msg("%s\n  gives:  %s\n  wanted: %s", bad[i].text, error.message, bad[i].message);
        lt_options_clear(&o, table);
    }
    sample o;
    assert_int_equal(load(&o, "name: x\nmo\0", 11), LT_ERROR_USAGE);
    assert_string_equal(error.message, "f.yaml:2:3: a NUL byte; is this a text file?");
    lt_options_clear(&o, table);
}

static void what_is_dumped_loads_to_the_same(void **state)
{
    (void)state;
    static const char *const names[] = {"plain",
                                        "true",
                                        "No",
                                        "null",
                                        "~",
                                        "",
                                        " x ",
                                        "a: b",
                                        "# no",
                                        "\"q\"\\",
                                        "1e3",
                                        "-",
                                        "&a",
                                        "*",
                                        "!t",
                                        "%",
                                        "@",
                                        "[x]",
                                        "tab\there",
                                        "line\nbreak\r",
                                        "\xC2\x85\xE2\x80\xA8\xE2\x80\xA9",
                                        "\xEF\xBB\xBF",
                                        "\x01\x7F",
                                        "\xF0\x9F\x98\x80",
                                        "/a/b.c"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        sample o, again;
        lt_text text = {0}, twice = {0};
        assert_int_equal(load(&o, "", 0), LT_OK);
        free(o.name);
        o.name = strdup(names[i]);
        o.encoder.rate = 1.0 / 3;
        o.model = i % 2 ? strdup(names[i]) : NULL;
        assert_int_equal(lt_strings_add(&o.files, names[i], &error), LT_OK);
        assert_int_equal(lt_strings_add(&o.files, "z, y", &error), LT_OK);
        assert_int_equal(lt_yaml_dump(&text, &o, table, NULL, &error), LT_OK);
        if (load(&again, text.data, text.length) != LT_OK) fail_msg("%s in\n%s", error.message, text.data);
        assert_string_equal(again.name, names[i]);
        assert_true(again.encoder.rate == o.encoder.rate);
        assert_int_equal(!again.model, !o.model);
        assert_int_equal(again.files.count, 2);
        assert_string_equal(again.files.items[0], names[i]);
        assert_int_equal(lt_yaml_dump(&twice, &again, table, NULL, &error), LT_OK);
        assert_string_equal(text.data, twice.data);
        lt_text_clear(&text);
        lt_text_clear(&twice);
        lt_options_clear(&o, table);
        lt_options_clear(&again, table);
    }
}

static void the_dump_explains_itself(void **state)
{
    (void)state;
    sample o;
    lt_text text = {0};
    assert_int_equal(load(&o, "", 0), LT_OK);
    assert_int_equal(lt_yaml_dump(&text, &o, table, NULL, &error), LT_OK);
    assert_string_equal(
        text.data, "# Its name. Default: x.\nname: x\n# A path.\nmodel: null\n"
                   "# One of lstm, gru. Default: lstm.\ncell: lstm\n# Files. Default: [].\nfiles: []\n\n"
                   "# The encoder.\nencoder:\n  # Stacked layers. A whole number from 1 to 8. Default: 2.\n"
                   "  layers: 2\n  # How fast. A number of at least 0. Default: 0.5.\n  rate: 0.5\n"
                   "  # Deep. Default: false.\n  deep: false\n");
    lt_text_clear(&text);
    lt_options_clear(&o, table);
}

/* Nesting as deep as the file is long is refused at its first level, before libyaml's quadratic behaviour
 * shows. */
static void deep_nesting_is_refused_at_once(void **state)
{
    (void)state;
    static const char *const heads[] = {"", "files: ", "files:\n", "encoder: ", "? "};
    size_t length = 1 << 20;
    char *text = malloc(length + 1);
    for (size_t i = 0; i < 5; i++)
        for (const char *c = "[{-?"; *c; c++) {
            memset(text, *c, length);
            if (*c == '-' || *c == '?')
                for (size_t j = 1; j < length; j += 2) text[j] = ' ';
            memcpy(text, heads[i], strlen(heads[i]));
            text[length] = '\0';
            sample o;
            assert_int_equal(load(&o, text, length), LT_ERROR_USAGE);
            lt_options_clear(&o, table);
        }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_type_are_read),
        cmocka_unit_test(empty_documents_and_groups_keep_the_defaults),
        cmocka_unit_test(each_error_has_its_place),
        cmocka_unit_test(what_is_dumped_loads_to_the_same),
        cmocka_unit_test(the_dump_explains_itself),
        cmocka_unit_test(deep_nesting_is_refused_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
