#include <sys/resource.h>

#include "tests/corpora/import_fixture.h"

/* ---- units ---- */

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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
