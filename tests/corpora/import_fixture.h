/* import_fixture.h: an import of one or two files of the test's folder, and what came of it. */
#ifndef IMPORT_FIXTURE_H
#define IMPORT_FIXTURE_H

#include "tests/corpora/corpora_fixture.h"

static lt_import_options options;
static lt_import_report report;
static volatile sig_atomic_t signal_met;

static inline int start(void **state)
{
    lt_options_clear(&options, lt_import_table);
    options = (lt_import_options){0};
    signal_met = 0;
    if (lt_options_defaults(&options, lt_import_table, &error) != LT_OK) return -1;
    options.src = strdup("en");
    options.trg = strdup("de");
    return make_folder(state);
}

static inline int finish(void **state)
{
    lt_options_clear(&options, lt_import_table);
    options = (lt_import_options){0};
    return remove_folder(state);
}

#define importing(test) cmocka_unit_test_setup_teardown(test, start, finish)

/* Imports one file, or two where `second` is not NULL, as "out". */
static inline lt_status import_files(const char *one, const char *second)
{
    static lt_strings files; /* the report points into it */
    lt_strings_clear(&files);
    error = (lt_error){0};
    assert_ok(lt_strings_add(&files, in(one), &error));
    if (second) assert_ok(lt_strings_add(&files, in(second), &error));
    return lt_corpus_import(in("out"), &files, &options, &signal_met, &report, &error);
}

static inline void assert_corpus(const char *src, const char *trg)
{
    assert_holds("out.en", src);
    assert_holds("out.de", trg);
}

/* `others` is how many files the test made itself. */
static inline void assert_no_output(size_t others)
{
    assert_int_equal(files_in(folder), others);
    assert_false(lt_file_exists(in("out.en")) || lt_file_exists(in("out.de")));
}

static inline void assert_first(lt_import_matter matter, size_t count, const char *name, size_t line)
{
    assert_int_equal(report.matters[matter].count, count);
    assert_string_equal(report.matters[matter].path, in(name));
    assert_int_equal(report.matters[matter].line, line);
}

/* Every pair that was read was written or dropped for one reason. */
static inline void assert_adds_up(void)
{
    size_t sum = report.written;
    for (size_t i = 0; i < LT_IMPORT_DROPS; i++) sum += report.matters[i].count;
    assert_int_equal(sum, report.read);
}

#define TMX(body)                                                                                            \
    "<?xml version=\"1.0\"?>\n<tmx version=\"1.4\"><header srclang=\"en\"/><body>\n" body "\n</body></"      \
    "tmx>\n"
#define TU(en, de)                                                                                           \
    "<tu><tuv xml:lang=\"en\"><seg>" en "</seg></tuv><tuv xml:lang=\"de\"><seg>" de "</seg></tuv></tu>\n"

#endif
