#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/sentences.h"

/* The sentences of `text` must be those that '|' divides in `marked`, which is the text with bars for the
 * spaces between sentences (and bars added where there is none, in scripts without spaces). */
static void check(const char *language, const char *marked)
{
    char text[1024] = "";
    size_t length = 0, expected = 1;
    bool spaced = (unsigned char)marked[0] < 0xE3;
    for (const char *m = marked; *m; m++) {
        expected += *m == '|';
        if (*m != '|')
            text[length++] = *m;
        else if (spaced)
            text[length++] = ' ';
    }
    lt_spans spans = {0};
    lt_error error = {0};
    assert_int_equal(lt_sentences_split(&spans, text, length, language, &error), LT_OK);
    char found[2048] = "";
    for (size_t i = 0; i < spans.count; i++) {
        if (i) strcat(found, "|");
        strncat(found, text + spans.items[i].begin, spans.items[i].length);
    }
    assert_string_equal(found, marked);
    assert_int_equal(spans.count, expected);
    lt_spans_clear(&spans);
}

static void sentences_end_at_their_marks(void **state)
{
    (void)state;
    check("en", "It runs.|It stops!|Does it start?|It does");
    check("en", "One.|2 are more.|\"Quoted.\"|(In parentheses.)|Last.");
    check("de", "Es läuft.|Überall.|»Zitat.«|„Noch eins.“|Ende.");
    check("fr", "Il marche.|À côté.|École.");
    check("ru", "Он работает.|Это всё.");
    check("zh_CN", "它可以运行。|它可以停止！|是吗？|是。");
}

static void abbreviations_do_not_end_them(void **state)
{
    (void)state;
    check("en", "Formats, e.g. PNG and i.e. GIF, vs. JPEG, cf. RFC 5.");
    check("de", "Formate, z.B. PNG und d. h. GIF, u. a. JPEG, bzw. TIFF.");
    check("en", "Written by J. Smith and D. E. Knuth in the U.S. Army.|It works.");
    check("en", "Bindings for C.|They are small.");
    check("it", "Strumenti, ad es. PNG, p.es. GIF.|Altri.");
    check("en", "Needs Dr. Watson, vol. 2, no. 3, fig. 4.");
    check("en", "Disks, tapes, etc.|It reads them.");
}

static void numbers_versions_and_ellipses(void **state)
{
    (void)state;
    check("en", "Version 1.2.3 of GTK 2.0 and ASP.NET.|It replaces 1.1.|New.");
    check("de", "Am 3. Oktober erschien Version 2.0.|Am 4. Mai nicht.");
    check("en", "There are 3.|Others follow.");
    check("en", "1. First point of all");
    check("en", "Formats (PNG, GIF, ...) Are read, and more... in time.");
    check("en", "And so on...|New one…|Last.");
    check("de", "Formate (PNG, GIF, usw.) Dateien und mehr.");
}

static void parentheses_and_small_letters(void **state)
{
    (void)state;
    check("en", "It reads (slowly. Very slowly. Really) all of it.|Then it stops.");
    check("en", "A smiley :-( here.|It goes on.");
    check("en", "It is a tool.|p0f supports this.|dpkg does not.");
    check("en", "For max. speed and min. size.");
    check("en", "1) one.|2) Two");
}

static void odd_texts_lose_nothing(void **state)
{
    (void)state;
    check("en", ".");
    check("en", "... . .. ! ?");
    check("en", "A. \x80\xFF.|B");
    lt_spans spans = {0};
    assert_int_equal(lt_sentences_split(&spans, "", 0, "en", NULL), LT_OK);
    assert_int_equal(spans.count, 0);
    lt_spans_clear(&spans);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_end_at_their_marks),  cmocka_unit_test(abbreviations_do_not_end_them),
        cmocka_unit_test(numbers_versions_and_ellipses), cmocka_unit_test(parentheses_and_small_letters),
        cmocka_unit_test(odd_texts_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
