#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/corpora/corpora_fixture.h"

static lt_import_options options;
static lt_import_report report;
static volatile sig_atomic_t signal_met;

static int start(void **state)
{
    lt_options_clear(&options, lt_import_table);
    options = (lt_import_options){0};
    signal_met = 0;
    if (lt_options_defaults(&options, lt_import_table, &error) != LT_OK) return -1;
    options.src = strdup("en");
    options.trg = strdup("de");
    return make_folder(state);
}

static int finish(void **state)
{
    lt_options_clear(&options, lt_import_table);
    options = (lt_import_options){0};
    return remove_folder(state);
}

#define importing(test) cmocka_unit_test_setup_teardown(test, start, finish)

/* Imports one file, or two where `second` is not NULL, as "out". */
static lt_status import_files(const char *one, const char *second)
{
    static lt_strings files; /* the report points into it */
    lt_strings_clear(&files);
    error = (lt_error){0};
    assert_ok(lt_strings_add(&files, in(one), &error));
    if (second) assert_ok(lt_strings_add(&files, in(second), &error));
    return lt_corpus_import(in("out"), &files, &options, &signal_met, &report, &error);
}

static void assert_corpus(const char *src, const char *trg)
{
    assert_holds("out.en", src);
    assert_holds("out.de", trg);
}

/* `others` is how many files the test made itself. */
static void assert_no_output(size_t others)
{
    assert_int_equal(files_in_folder(), others);
    assert_false(lt_file_exists(in("out.en")) || lt_file_exists(in("out.de")));
}

static void assert_first(lt_import_matter matter, size_t count, const char *name, size_t line)
{
    assert_int_equal(report.matters[matter].count, count);
    assert_string_equal(report.matters[matter].path, in(name));
    assert_int_equal(report.matters[matter].line, line);
}

/* Every pair that was read was written or dropped for one reason. */
static void assert_adds_up(void)
{
    size_t sum = report.written;
    for (size_t i = 0; i < LT_IMPORT_DROPS; i++) sum += report.matters[i].count;
    assert_int_equal(sum, report.read);
}

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
    assert_int_equal(files_in_folder(), 3);
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

/* ---- TMX ---- */

#define TMX(body)                                                                                            \
    "<?xml version=\"1.0\"?>\n<tmx version=\"1.4\"><header srclang=\"en\"/><body>\n" body "\n</body></"      \
    "tmx>\n"
#define TU(en, de)                                                                                           \
    "<tu><tuv xml:lang=\"en\"><seg>" en "</seg></tuv><tuv xml:lang=\"de\"><seg>" de "</seg></tuv></tu>\n"

static void units_become_pairs(void **state)
{
    (void)state;
    put("a.tmx", TMX(TU("one &amp; <![CDATA[<two>]]> &#x1F600;", "eins &lt;") TU("b", "c")));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("one & <two> \xF0\x9F\x98\x80\nb\n", "eins <\nc\n");
    assert_int_equal(report.read, 2);
    assert_adds_up();
}

static void languages_match_by_prefix_in_any_case(void **state)
{
    (void)state;
    put("a.tmx", TMX("<tu><tuv xml:lang='DE_at'><seg>d1</seg></tuv><tuv lang='EN-us'><seg>e1</seg></tuv></tu>"
                     "<tu><tuv xml:lang='eng'><seg>no</seg></tuv><tuv xml:lang='de'><seg>d2</seg></tuv></tu>"
                     "<tu><tuv xml:lang='fr'><seg>f</seg></tuv><tuv xml:lang='en'><seg>e3</seg></tuv>"
                     "<tuv xml:lang='de'><seg>d3</seg></tuv></tu>"
                     "<tu><tuv lang='en' xml:lang='de'><seg>d4</seg></tuv><tuv xml:lang='en'><seg>e4</seg>"
                     "</tuv></tu>"
                     "<tu><tuv><seg>e5</seg></tuv><tuv xml:lang='de'><seg>d5</seg></tuv></tu>"));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("e1\ne3\ne4\n", "d1\nd3\nd4\n");
    assert_first(LT_IMPORT_LANGUAGE, 2, "a.tmx", 3);
    assert_adds_up();
}

static void a_region_is_told_from_its_language(void **state)
{
    (void)state;
    strcpy(options.src, "pt");
    free(options.trg);
    options.trg = strdup("pt-BR");
    put("a.tmx",
        TMX("<tu><tuv xml:lang='pt-br'><seg>b</seg></tuv><tuv xml:lang='pt'><seg>p</seg></tuv></tu>"
            "<tu><tuv xml:lang='pt-PT'><seg>q</seg></tuv><tuv xml:lang='pt-BR'><seg>c</seg></tuv></tu>"));
    assert_ok(import_files("a.tmx", NULL));
    assert_holds("out.pt", "p\nq\n");
    assert_holds("out.pt-BR", "b\nc\n");
}

static void the_first_variant_of_a_language_is_taken(void **state)
{
    (void)state;
    put("a.tmx",
        TMX("<tu><tuv xml:lang='en-GB'><seg>colour</seg></tuv>\n<tuv xml:lang='en-US'><seg>color</seg>"
            "</tuv><tuv xml:lang='de'><seg>Farbe</seg></tuv></tu>"));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("colour\n", "Farbe\n");
    assert_first(LT_IMPORT_VARIANT, 1, "a.tmx", 4);
}

static void units_without_text_are_counted(void **state)
{
    (void)state;
    put("a.tmx", TMX(TU("a", "x") TU(" \n ", "y") "<tu><tuv xml:lang='en'/><tuv xml:lang='de'><seg>z</seg>"
                                                  "</tuv></tu>\n<tu></tu>\n" TU("<ph>only code</ph>", "w")));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("a\n", "x\n");
    assert_first(LT_IMPORT_EMPTY, 3, "a.tmx", 4);
    assert_first(LT_IMPORT_LANGUAGE, 1, "a.tmx", 7);
    assert_adds_up();
}

static void codes_are_dropped_and_marked_text_is_kept(void **state)
{
    (void)state;
    put("a.tmx", TMX(TU("<bpt i='1'>&lt;b></bpt>bold<ept i='1'>&lt;/b></ept> <it pos='begin'>{</it>x"
                        "<ut>u</ut><ph/>",
                        "a <hi>high <hi>er</hi></hi>er <mrk>m</mrk>")
                         TU("fig<ph>{\\alt <sub>A  cat<bpt>(<sub>deep</sub>)</bpt></sub>}</ph>ure",
                            "<ph><hi>code</hi></ph>text<ph>}</ph>")));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("bold x\nfig A cat deep ure\n", "a high erer m\ntext\n");
}

static void white_space_becomes_single_spaces(void **state)
{
    (void)state;
    put("a.tmx", TMX(TU("\n  one\t\ttwo\r\n <hi> three</hi>  \n", "a&#10;&#13;&#9;b\xC2\xA0 c&#x2028;d")));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("one two three\n", "a b\xC2\xA0 c\xE2\x80\xA8"
                                     "d\n");
}

static void text_outside_segments_is_not_taken(void **state)
{
    (void)state;
    put("a.tmx",
        TMX("<tu><note>n</note><prop type='p'>p</prop>t<tuv xml:lang='en'><prop type='q'>q</prop>u<seg>a"
            "</seg>v<note>w</note></tuv><tuv xml:lang='de'><seg>b</seg><seg>c</seg></tuv></tu>z"));
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("a\n", "b c\n");
}

static void other_encodings_are_read(void **state)
{
    (void)state;
    static const char text[] = TMX(TU("caf\xE9", "x"));
    lt_text utf16 = {0};
    assert_ok(lt_text_append(&utf16, "\xFF\xFE", 2, &error));
    for (size_t i = 0; i < sizeof text - 1; i++)
        assert_ok(lt_text_append(&utf16, (const char[]){text[i], 0}, 2, &error));
    put_bytes("a.tmx", utf16.data, utf16.length);
    lt_text_clear(&utf16);
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("caf\xC3\xA9\n", "x\n");
    put("b.tmx", "<?xml version='1.0' encoding='ISO-8859-1'?><tmx><body>" TU("\xE9", "y") "</body></tmx>");
    assert_ok(import_files("b.tmx", NULL));
    assert_corpus("\xC3\xA9\n", "y\n");
}

static void compressed_tmx_is_read(void **state)
{
    (void)state;
    lt_text text = {0}, packed = {0};
    assert_ok(lt_text_appendf(&text, &error, "<tmx><body>"));
    for (int i = 0; i < 20000; i++)
        assert_ok(lt_text_appendf(&text, &error, TU("sentence %d", "Satz %d"), i, i));
    assert_ok(lt_text_appendf(&text, &error, "</body></tmx>"));
    add_zstandard(&packed, text.data, text.length);
    put_bytes("a.tmx.zst", packed.data, packed.length);
    assert_ok(import_files("a.tmx.zst", NULL));
    assert_int_equal(report.written, 20000);
    put_bytes("b.tmx.zst", packed.data, packed.length - 5);
    assert_int_equal(import_files("b.tmx.zst", NULL), LT_ERROR_FORMAT);
    assert_message("b.tmx.zst: the compressed file is damaged");
    lt_text_clear(&text);
    lt_text_clear(&packed);
}

static void malformed_xml_is_an_error_with_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *place, *why;
    } cases[] = {
        {TMX(TU("a", "b") "<tu><tuv></tu>"), "a.tmx:4:12:", "mismatched tag"},
        {TMX(TU("a", "b\xFF")), "a.tmx:3:", "not well-formed (invalid token)"},
        {TMX(TU("a", "&nbsp;")), "a.tmx:3:", "undefined entity"},
        {TMX(TU("a", "b")) "x", "a.tmx:6:1:", "junk after document element"},
        {"<tmx><body>" TU("a", "b"), "a.tmx:2:1:", "no element found"},
        {"", "a.tmx:1:1:", "no element found"},
        {"plain text", "a.tmx:1:1:", "syntax error"},
        {"<?xml version='1.0' encoding='klingon'?><tmx/>", "a.tmx:1:", "unknown encoding"},
        {"<html><body>" TU("a", "b") "</body></html>", "a.tmx:1:1:", "it begins with <html>, not with <tmx>"},
        {TMX("<tu>\n <tu></tu></tu>"), "a.tmx:4:2:", "<tu> in the wrong place"},
        {TMX("<tu><seg>x</seg></tu>"), "a.tmx:3:5:", "<seg> in the wrong place"},
        {TMX("<tuv xml:lang='en'/>"), "a.tmx:3:1:", "<tuv> in the wrong place"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put("a.tmx", cases[i].text);
        assert_int_equal(import_files("a.tmx", NULL), LT_ERROR_FORMAT);
        assert_message(cases[i].place);
        assert_message(cases[i].why);
        assert_no_output(1);
    }
}

static void text_that_is_elsewhere_is_not_lost_silently(void **state)
{
    (void)state;
    put("secret", "SECRET");
    char text[2048];
    snprintf(text, sizeof text,
             "<!DOCTYPE tmx SYSTEM 'tmx14.dtd' [<!ENTITY here 'inside'><!ENTITY there SYSTEM 'file://%s'>]>\n"
             "<tmx><body>%s%s%s%s</body></tmx>",
             in("secret"), TU("a &here;", "b"), TU("c", "&there; d"), TU("e &fromdtd;", "f"),
             TU("<ph>&fromdtd;</ph>g", "h"));
    put("a.tmx", text);
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("a inside\ng\n", "b\nh\n");
    assert_first(LT_IMPORT_ENTITY, 2, "a.tmx", 3);
    assert_adds_up();
}

/* ---- hostile XML ---- */

/* Ten entities of ten of the one before: ten thousand million bytes. */
static void entities_that_explode_are_refused(void **state)
{
    (void)state;
    lt_text text = {0};
    assert_ok(lt_text_appendf(&text, &error, "<!DOCTYPE tmx [<!ENTITY e0 'ha ha ha ha'>"));
    for (int i = 1; i < 10; i++) {
        assert_ok(lt_text_appendf(&text, &error, "<!ENTITY e%d '", i));
        for (int j = 0; j < 10; j++) assert_ok(lt_text_appendf(&text, &error, "&e%d;", i - 1));
        assert_ok(lt_text_appendf(&text, &error, "'>"));
    }
    assert_ok(lt_text_appendf(&text, &error, "]><tmx><body>%s</body></tmx>", TU("&e9;", "b")));
    put("a.tmx", text.data);
    lt_text_clear(&text);
    struct rlimit before, limit;
    getrlimit(RLIMIT_CPU, &before);
    limit = (struct rlimit){60, before.rlim_max};
    setrlimit(RLIMIT_CPU, &limit);
    assert_int_equal(import_files("a.tmx", NULL), LT_ERROR_FORMAT);
    setrlimit(RLIMIT_CPU, &before);
    assert_message("amplification");
    assert_no_output(1);
}

static void an_entity_that_holds_itself_is_refused(void **state)
{
    (void)state;
    put("a.tmx",
        "<!DOCTYPE tmx [<!ENTITY a '&b;'><!ENTITY b '&a;'>]><tmx><body>" TU("&a;", "b") "</body></tmx>");
    assert_int_equal(import_files("a.tmx", NULL), LT_ERROR_FORMAT);
    assert_message("recursive entity");
    assert_no_output(1);
}

static void deep_nesting_is_only_depth(void **state)
{
    (void)state;
    enum { DEPTH = 100000 };
    lt_text text = {0};
    assert_ok(lt_text_appendf(&text, &error, "<tmx><body><tu><tuv xml:lang='en'><seg>"));
    for (int i = 0; i < DEPTH; i++) assert_ok(lt_text_append(&text, "<hi>", 4, &error));
    assert_ok(lt_text_append(&text, "x", 1, &error));
    for (int i = 0; i < DEPTH; i++) assert_ok(lt_text_append(&text, "</hi>", 5, &error));
    assert_ok(lt_text_appendf(&text, &error,
                              "</seg></tuv><tuv xml:lang='de'><seg>y</seg></tuv></tu></body></tmx>"));
    put("a.tmx", text.data);
    lt_text_clear(&text);
    assert_ok(import_files("a.tmx", NULL));
    assert_corpus("x\n", "y\n");
}

/* A comment, a tag and a text of megabytes, over many pieces of the file. */
static void long_markup_and_text_are_read(void **state)
{
    (void)state;
    enum { LENGTH = 3000000 };
    lt_text filler = {0}, text = {0};
    assert_ok(lt_text_extend(&filler, LENGTH, &error));
    memset(filler.data, 'x', LENGTH);
    assert_ok(lt_text_appendf(&text, &error,
                              "<tmx><body><!--%s--><tu tuid='%s'><tuv xml:lang='en'><seg>%s</seg>"
                              "</tuv><tuv xml:lang='de'><seg>y</seg></tuv></tu></body></tmx>",
                              filler.data, filler.data, filler.data));
    put_bytes("a.tmx", text.data, text.length);
    assert_ok(import_files("a.tmx", NULL));
    assert_ok(lt_text_append(&filler, "\n", 1, &error));
    assert_corpus(filler.data, "y\n");
    lt_text_clear(&filler);
    lt_text_clear(&text);
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
    assert_int_equal(files_in_folder(), 3);
    put("b.tmx", TMX(TU("a", "b")));
    assert_ok(import_files("b.tmx", NULL));
    assert_corpus("a\n", "b\n");
    assert_int_equal(files_in_folder(), 4);
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
    assert_int_equal(files_in_folder(), 2);
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
    assert_int_equal(files_in_folder(), 2);
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
        importing(units_become_pairs),
        importing(languages_match_by_prefix_in_any_case),
        importing(a_region_is_told_from_its_language),
        importing(the_first_variant_of_a_language_is_taken),
        importing(units_without_text_are_counted),
        importing(codes_are_dropped_and_marked_text_is_kept),
        importing(white_space_becomes_single_spaces),
        importing(text_outside_segments_is_not_taken),
        importing(other_encodings_are_read),
        importing(compressed_tmx_is_read),
        importing(malformed_xml_is_an_error_with_its_place),
        importing(text_that_is_elsewhere_is_not_lost_silently),
        importing(entities_that_explode_are_refused),
        importing(an_entity_that_holds_itself_is_refused),
        importing(deep_nesting_is_only_depth),
        importing(long_markup_and_text_are_read),
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
