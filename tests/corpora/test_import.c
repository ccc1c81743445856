#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/corpora/import_fixture.h"

/* ---- TSV ---- */

static void two_columns_become_two_files(void **state)
{
    (void)state;
    put("a.tsv", "one\teins\n two  words \tzwei \"Worte\"\textra\nlast\tletzte");
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("one\n two  words \nlast\n", "eins\nzwei \"Worte\"\nletzte\n");
    assert_int_equal(report.read, 3);
    assert_int_equal(report.written, 3);
    for (size_t i = 0; i < LT_IMPORT_MATTERS; i++) assert_int_equal(report.matters[i].count, 0);
    assert_int_equal(files_in(folder), 3);
}

static void columns_can_be_chosen(void **state)
{
    (void)state;
    options.src_column = 4;
    options.trg_column = 2;
    put("a.tsv", "1\teins\t2\tone\n3\tzwei\t4\ttwo\n");
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("one\ntwo\n", "eins\nzwei\n");
}

static void what_is_dropped_is_counted_by_reason(void **state)
{
    (void)state;
    put("a.tsv", "a\tx\n"
                 "\ty\n"          /* 2: empty */
                 "alone\n"        /* 3: columns */
                 "b\t \xC2\xA0\n" /* 4: empty, a no-break space */
                 "\n"             /* 5: columns */
                 "c\tz\n");
    put("b.tsv", "d\t\n");
    assert_ok(import_files("a.tsv", "b.tsv"));
    assert_corpus("a\nc\n", "x\nz\n");
    assert_int_equal(report.read, 7);
    assert_adds_up();
    assert_first(LT_IMPORT_EMPTY, 3, "a.tsv", 2);
    assert_first(LT_IMPORT_COLUMNS, 2, "a.tsv", 3);
    assert_int_equal(report.columns, 1);
    lt_text text = {0};
    assert_ok(lt_import_describe(&report, &text, &error));
    char wanted[1024];
    snprintf(wanted, sizeof wanted,
             "dropped 3: a side is empty (the first is %s:2)\n"
             "dropped 2: a wrong number of columns (the first is %s:3, which has 1)\n",
             in("a.tsv"), in("a.tsv"));
    assert_string_equal(text.data, wanted);
    lt_text_clear(&text);
}

static void an_exact_number_of_columns_can_be_wanted(void **state)
{
    (void)state;
    options.columns = 2;
    put("a.tsv", "a\tx\nb\ty\tz\nc\n");
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("a\n", "x\n");
    assert_first(LT_IMPORT_COLUMNS, 2, "a.tsv", 2);
    assert_int_equal(report.columns, 3);
}

static void nul_and_invalid_utf8_are_repaired(void **state)
{
    (void)state;
    static const char text[] = "a\0b\tx\nc\ty\xFF\nboth\xC3\ty\0\ng\tok\xC3\xA9\n";
    put_bytes("a.tsv", text, sizeof text - 1);
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("a\xEF\xBF\xBD"
                  "b\nc\nboth\xEF\xBF\xBD\ng\n",
                  "x\ny\xEF\xBF\xBD\ny\xEF\xBF\xBD\nok\xC3\xA9\n");
    assert_first(LT_IMPORT_REPAIRED, 3, "a.tsv", 1);
    assert_adds_up();
}

static void what_editors_leave_is_taken_away(void **state)
{
    (void)state;
    put("a.tsv", "\xEF\xBB\xBFone\teins\r\nt\rwo\tzwei\r\n\xEF\xBB\xBFthree\tdrei\n");
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("one\nt\rwo\n\xEF\xBB\xBFthree\n", "eins\nzwei\ndrei\n");
    assert_first(LT_IMPORT_BYTE_ORDER_MARK, 1, "a.tsv", 1);
    assert_first(LT_IMPORT_CARRIAGE_RETURN, 2, "a.tsv", 1);
    put_bytes("b.tsv",
              "\xFF\xFE"
              "a\0\t\0b\0\n\0",
              10);
    assert_int_equal(import_files("b.tsv", NULL), LT_ERROR_FORMAT);
    assert_message("b.tsv is UTF-16");
    assert_message("iconv");
}

static void duplicates_are_dropped_when_asked(void **state)
{
    (void)state;
    put("a.tsv", "a\tx\na\ty\nb\tx\na\tx\nab\tx\na\tbx\na\tx\n");
    assert_ok(import_files("a.tsv", NULL));
    assert_int_equal(report.written, 7);
    options.deduplicate = true;
    assert_ok(import_files("a.tsv", NULL));
    assert_corpus("a\na\nb\nab\na\n", "x\ny\nx\nx\nbx\n");
    assert_first(LT_IMPORT_DUPLICATE, 2, "a.tsv", 4);
    assert_adds_up();
    assert_ok(import_files("a.tsv", "a.tsv")); /* over files, too */
    assert_int_equal(report.written, 5);
    assert_int_equal(report.matters[LT_IMPORT_DUPLICATE].count, 9);
}

static void many_pairs_are_told_apart(void **state)
{
    (void)state;
    enum { PAIRS = 50000 };
    lt_text text = {0};
    for (int twice = 0; twice < 2; twice++)
        for (int i = 0; i < PAIRS; i++) assert_ok(lt_text_appendf(&text, &error, "s%d\tt%d\n", i, i / 3));
    put_bytes("a.tsv", text.data, text.length);
    lt_text_clear(&text);
    options.deduplicate = true;
    assert_ok(import_files("a.tsv", NULL));
    assert_int_equal(report.written, PAIRS);
    assert_int_equal(report.matters[LT_IMPORT_DUPLICATE].count, PAIRS);
}

/* ---- plain ---- */

static void two_plain_files_go_in_step(void **state)
{
    (void)state;
    lt_text packed = {0};
    add_gzip(&packed, "one\n\nthree\r\n", 12);
    put_bytes("a.en.gz", packed.data, packed.length);
    lt_text_clear(&packed);
    put("a.de", "eins\nzwei\ndr\xFF"
                "ei");
    assert_ok(import_files("a.en.gz", "a.de"));
    assert_corpus("one\nthree\n", "eins\ndr\xEF\xBF\xBD"
                                  "ei\n");
    assert_first(LT_IMPORT_EMPTY, 1, "a.en.gz", 2);
    assert_first(LT_IMPORT_REPAIRED, 1, "a.de", 3);
    assert_first(LT_IMPORT_CARRIAGE_RETURN, 1, "a.en.gz", 3);
    put("b.de", "eins\n");
    assert_int_equal(import_files("a.en.gz", "b.de"), LT_ERROR_MISMATCH);
    assert_message("has 3 lines");
    assert_corpus("one\nthree\n", "eins\ndr\xEF\xBF\xBD"
                                  "ei\n"); /* what was there stays */
}

/* ---- output ---- */

static void a_failure_leaves_what_was_there(void **state)
{
    (void)state;
    put("out.en", "old\n");
    put("out.de", "alt\n");
    put("a.tmx", TMX(TU("a", "b")) "x");
    assert_int_equal(import_files("a.tmx", NULL), LT_ERROR_FORMAT);
    assert_corpus("old\n", "alt\n");
    assert_int_equal(files_in(folder), 3);
    put("b.tmx", TMX(TU("a", "b")));
    assert_ok(import_files("b.tmx", NULL));
    assert_corpus("a\n", "b\n");
    assert_int_equal(files_in(folder), 4);
}

static void a_corpus_can_be_imported_over_itself(void **state)
{
    (void)state;
    put("out.en", "a\n\nc\n");
    put("out.de", "x\ny\nz\n");
    assert_ok(import_files("out.en", "out.de"));
    assert_corpus("a\nc\n", "x\nz\n");
}

static void nothing_left_is_an_error(void **state)
{
    (void)state;
    put("a.tsv", "a\n\tb\n");
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_FORMAT);
    assert_message("of the 2 sentence pairs read none is left");
    assert_message("dropped 1: a side is empty");
    assert_message("; dropped 1: a wrong number of columns");
    assert_null(strchr(error.message, '\n'));
    put("b.tsv", "");
    assert_int_equal(import_files("b.tsv", NULL), LT_ERROR_FORMAT);
    assert_message("not one sentence pair");
    assert_no_output(2);
}

static void a_name_that_is_taken_is_refused(void **state)
{
    (void)state;
    put("a.tsv", "a\tb\n");
    put("out.de.gz", "");
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    assert_message("out.de.gz already");
    unlink(in("out.de.gz"));
    assert_int_equal(mkdir(in("out.de"), 0777), 0);
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_IO);
    assert_message("out.de: it is a folder");
    assert_int_equal(files_in(folder), 2);
}

/* A file that may not grow stands for a full disk: the second one does not fit. */
static void a_full_disk_leaves_neither_file(void **state)
{
    (void)state;
    struct rlimit before, limit;
    lt_text text = {0};
    for (int i = 0; i < 1000; i++) assert_ok(lt_text_appendf(&text, &error, "a\tmuch longer text %d\n", i));
    put_bytes("a.tsv", text.data, text.length);
    lt_text_clear(&text);
    put("out.en", "old\n");
    getrlimit(RLIMIT_FSIZE, &before);
    limit = (struct rlimit){8192, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    lt_status status = import_files("a.tsv", NULL);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, LT_ERROR_IO);
    assert_message("cannot write");
    assert_holds("out.en", "old\n");
    assert_int_equal(files_in(folder), 2);
}

static void a_signal_stops_it(void **state)
{
    (void)state;
    put("a.tsv", "a\tb\n");
    put("b.tmx", TMX(TU("a", "b")));
    signal_met = SIGTERM;
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_INTERRUPTED);
    assert_int_equal(error.signal, SIGTERM);
    assert_int_equal(import_files("b.tmx", NULL), LT_ERROR_INTERRUPTED);
    assert_int_equal(import_files("a.tsv", "a.tsv"), LT_ERROR_INTERRUPTED);
    assert_no_output(2);
}

/* ---- options ---- */

static void the_format_goes_by_the_name(void **state)
{
    (void)state;
    put("a", "a\tx\n");
    put("a.txt", "a\tx\n");
    put("b.txt", "b\ty\n");
    put("c.TMX", TMX(TU("c", "z")));
    assert_ok(import_files("a.txt", NULL));
    assert_corpus("a\n", "x\n");
    assert_ok(import_files("a.txt", "b.txt"));
    assert_corpus("a\tx\n", "b\ty\n");
    assert_ok(import_files("c.TMX", NULL));
    assert_corpus("c\n", "z\n");
    assert_int_equal(import_files("a", NULL), LT_ERROR_USAGE);
    assert_message("give --format tsv, plain or tmx");
    assert_int_equal(import_files("a", "c.TMX"), LT_ERROR_USAGE);
    options.format = LT_IMPORT_TSV;
    assert_ok(import_files("a", "b.txt"));
    assert_corpus("a\nb\n", "x\ny\n");
    options.format = LT_IMPORT_PLAIN;
    assert_int_equal(import_files("a", NULL), LT_ERROR_USAGE);
    assert_message("two files");
}

static void wrong_options_are_said(void **state)
{
    (void)state;
    put("a.tsv", "a\tb\n");
    options.src_column = 2;
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    assert_message("both 2");
    options.src_column = 3;
    options.columns = 2;
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    assert_message("there is no column 3");
    strcpy(options.src, "DE");
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    strcpy(options.src, "/x");
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    free(options.src);
    options.src = NULL;
    assert_int_equal(import_files("a.tsv", NULL), LT_ERROR_USAGE);
    assert_message("Give --src");
    assert_int_equal(import_files("none.tsv", NULL), LT_ERROR_USAGE);
    options.src = strdup("en");
    options.columns = 0;
    assert_int_equal(import_files("none.tsv", NULL), LT_ERROR_IO);
    assert_no_output(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        importing(two_columns_become_two_files),
        importing(columns_can_be_chosen),
        importing(what_is_dropped_is_counted_by_reason),
        importing(an_exact_number_of_columns_can_be_wanted),
        importing(nul_and_invalid_utf8_are_repaired),
        importing(what_editors_leave_is_taken_away),
        importing(duplicates_are_dropped_when_asked),
        importing(many_pairs_are_told_apart),
        importing(two_plain_files_go_in_step),
        importing(a_failure_leaves_what_was_there),
        importing(a_corpus_can_be_imported_over_itself),
        importing(nothing_left_is_an_error),
        importing(a_name_that_is_taken_is_refused),
        importing(a_full_disk_leaves_neither_file),
        importing(a_signal_stops_it),
        importing(the_format_goes_by_the_name),
        importing(wrong_options_are_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
