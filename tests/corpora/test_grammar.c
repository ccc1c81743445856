/* The grammar by itself: plans made by hand against what a German and an English speaker would write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "corpora/grammar.h"

static lt_plan plan;
static lt_words en, de;

static const lt_noun *noun(const char *word)
{
    for (size_t i = 0; i < lt_lexicon_nouns_count; i++)
        if (strcmp(lt_lexicon_nouns[i].en, word) == 0) return &lt_lexicon_nouns[i];
    fail_msg("no noun %s", word);
    return NULL;
}

static const lt_adjective *adjective(const char *word)
{
    for (size_t i = 0; i < lt_lexicon_adjectives_count; i++)
        if (strcmp(lt_lexicon_adjectives[i].en, word) == 0) return &lt_lexicon_adjectives[i];
    fail_msg("no adjective %s", word);
    return NULL;
}

/* By its German infinitive with the prefix. */
static const lt_verb *verb(const char *word, lt_frame frame)
{
    char whole[64];
    for (size_t i = 0; i < lt_lexicon_verbs_count; i++) {
        const lt_verb *v = &lt_lexicon_verbs[i];
        snprintf(whole, sizeof whole, "%s%s", v->de_prefix, v->infinitive);
        if (v->frame == frame && strcmp(whole, word) == 0) return v;
    }
    fail_msg("no verb %s", word);
    return NULL;
}

static lt_np *np(lt_determiner determiner, const char *quality, const char *word, bool plural)
{
    lt_np *out = lt_plan_np(&plan);
    out->kind = NP_NOUN;
    out->determiner = determiner;
    out->noun = noun(word);
    out->plural = plural;
    if (*quality) out->adjective[0] = adjective(quality);
    return out;
}

static lt_clause *clause(const char *german, lt_frame frame, lt_tense tense, lt_np *subject, lt_np *object)
{
    lt_clause *out = lt_plan_clause(&plan);
    out->verb = verb(german, frame);
    out->tense = tense;
    out->subject = subject;
    out->object = object;
    return out;
}

static void begin(void)
{
    memset(&plan, 0, sizeof plan);
    plan.mark = ".";
}

static void written(lt_clause *first, const char *english, const char *german)
{
    plan.first = first;
    lt_english_sentence(&en, &plan);
    lt_german_sentence(&de, &plan);
    assert_string_equal(en.text, english);
    assert_string_equal(de.text, german);
}

/* ---- noun phrases ---- */

static void articles_adjectives_and_nouns_agree(void **state)
{
    (void)state;
    static const struct {
        lt_determiner determiner;
        const char *quality, *word;
        bool plural;
        const char *forms[CASES];
    } cases[] = {
        {THE, "old", "man", false, {"der alte Mann", "den alten Mann", "dem alten Mann", "des alten Mannes"}},
        {A,
         "old",
         "man",
         false,
         {"ein alter Mann", "einen alten Mann", "einem alten Mann", "eines alten Mannes"}},
        {THE,
         "young",
         "student",
         false,
         {"der junge Student", "den jungen Studenten", "dem jungen Studenten", "des jungen Studenten"}},
        {THIS,
         "sad",
         "woman",
         false,
         {"diese traurige Frau", "diese traurige Frau", "dieser traurigen Frau", "dieser traurigen Frau"}},
        {A,
         "small",
         "child",
         false,
         {"ein kleines Kind", "ein kleines Kind", "einem kleinen Kind", "eines kleinen Kindes"}},
        {THE,
         "small",
         "child",
         true,
         {"die kleinen Kinder", "die kleinen Kinder", "den kleinen Kindern", "der kleinen Kinder"}},
        {MANY,
         "new",
         "car",
         true,
         {"viele neue Autos", "viele neue Autos", "vielen neuen Autos", "vieler neuer Autos"}},
        {BARE,
         "cold",
         "coffee",
         false,
         {"kalter Kaffee", "kalten Kaffee", "kaltem Kaffee", "kalten Kaffees"}},
        {BARE, "cold", "milk", false, {"kalte Milch", "kalte Milch", "kalter Milch", "kalter Milch"}},
        {NO,
         "expensive",
         "book",
         true,
         {"keine teuren Bücher", "keine teuren Bücher", "keinen teuren Büchern", "keiner teuren Bücher"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int c = 0; c < CASES; c++) {
            begin();
            lt_words_init(&de);
            lt_german_np(&de, np(cases[i].determiner, cases[i].quality, cases[i].word, cases[i].plural),
                         (lt_case)c);
            assert_string_equal(de.text, cases[i].forms[c]);
        }
}

static void prepositions_contract_only_with_the_article(void **state)
{
    (void)state;
    begin();
    lt_words_init(&de);
    lt_german_pp(&de, "in", 1, np(THE, "old", "house", false), DATIVE);
    lt_german_pp(&de, "zu", 1, np(THE, "", "church", false), DATIVE);
    lt_german_pp(&de, "in", 1, np(A, "", "garden", false), DATIVE);
    lt_german_pp(&de, "von", 1, np(THE, "", "girl", true), DATIVE);
    assert_string_equal(de.text, "im alten Haus zur Kirche in einem Garten von den Mädchen");
}

static void owners_stand_where_each_language_wants_them(void **state)
{
    (void)state;
    begin();
    lt_np *dog = np(THE, "old", "dog", false);
    dog->owner = np(THE, "", "neighbour", false);
    dog->owner_first = true;
    lt_clause *sleeps = clause("schlafen", INTRANSITIVE, PRESENT, dog, NULL);
    written(sleeps, "The neighbour's old dog sleeps.", "Der alte Hund des Nachbarn schläft.");
    dog->owner_first = false;
    written(sleeps, "The old dog of the neighbour sleeps.", "Der alte Hund des Nachbarn schläft.");
    dog->owner = lt_plan_np(&plan);
    dog->owner->kind = NP_NAME;
    dog->owner->name = &lt_lexicon_people[0];
    dog->owner_first = true;
    written(sleeps, "Anna's old dog sleeps.", "Annas alter Hund schläft.");
}

/* ---- verbs ---- */

static void verbs_agree_in_person_and_number(void **state)
{
    (void)state;
    static const struct {
        lt_person_form person;
        const char *english, *german;
    } cases[] = {
        {I_, "I am tired.", "Ich bin müde."},    {YOU, "You are tired.", "Sie sind müde."},
        {HE, "He is tired.", "Er ist müde."},    {SHE, "She is tired.", "Sie ist müde."},
        {WE, "We are tired.", "Wir sind müde."}, {THEY, "They are tired.", "Sie sind müde."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        lt_clause *is = clause("sein", COPULA, PRESENT, lt_draw_pronoun(&plan, cases[i].person), NULL);
        is->predicate = adjective("tired");
        written(is, cases[i].english, cases[i].german);
    }
    begin();
    written(clause("sammeln", TRANSITIVE, PRESENT, lt_draw_pronoun(&plan, I_), np(BARE, "", "coin", true)),
            "I collect coins.", "Ich sammle Münzen.");
    begin();
    written(clause("lesen", TRANSITIVE, PAST, np(THE, "", "child", true), np(A, "long", "letter", false)),
            "The children read a long letter.", "Die Kinder lasen einen langen Brief.");
    begin();
    written(clause("ausruhen", INTRANSITIVE, PRESENT, lt_draw_pronoun(&plan, WE), NULL), "We rest.",
            "Wir ruhen uns aus.");
}

static void tenses_and_voices(void **state)
{
    (void)state;
    begin();
    lt_np *woman = np(THE, "", "woman", false), *man = np(THE, "", "man", false);
    lt_clause *calls = clause("anrufen", TRANSITIVE, PRESENT, woman, man);
    written(calls, "The woman calls the man.", "Die Frau ruft den Mann an.");
    calls->tense = PERFECT;
    written(calls, "The woman has called the man.", "Die Frau hat den Mann angerufen.");
    calls->tense = FUTURE;
    written(calls, "The woman will call the man.", "Die Frau wird den Mann anrufen.");
    calls->tense = PRESENT;
    calls->progressive = true;
    calls->negated = true;
    written(calls, "The woman is not calling the man.", "Die Frau ruft den Mann nicht an.");
    calls->progressive = calls->negated = false;
    calls->passive = true;
    written(calls, "The woman is called by the man.", "Die Frau wird vom Mann angerufen.");
    calls->tense = PERFECT;
    written(calls, "The woman has been called by the man.", "Die Frau ist vom Mann angerufen worden.");
    calls->tense = PAST;
    calls->modal = &lt_lexicon_modals[0];
    written(calls, "The woman could be called by the man.", "Die Frau konnte vom Mann angerufen werden.");
}

static void an_indefinite_object_is_denied_by_kein(void **state)
{
    (void)state;
    begin();
    lt_clause *buys =
        clause("kaufen", TRANSITIVE, PRESENT, lt_draw_pronoun(&plan, HE), np(A, "red", "car", false));
    buys->negated = true;
    written(buys, "He does not buy a red car.", "Er kauft kein rotes Auto.");
    buys->modal = &lt_lexicon_modals[0];
    written(buys, "He cannot buy a red car.", "Er kann kein rotes Auto kaufen.");
}

/* ---- order ---- */

static void the_finite_verb_is_second(void **state)
{
    (void)state;
    begin();
    lt_clause *gives =
        clause("geben", DITRANSITIVE, PAST, np(THE, "", "teacher", false), np(THE, "new", "book", false));
    gives->recipient = np(MANY, "", "child", true);
    gives->time = (lt_time){.kind = TIME_AGO, .number = 3, .phrase = &(lt_pair_phrase){"days", "Tagen", 0}};
    written(gives, "The teacher gave many children the new book three days ago.",
            "Der Lehrer gab vor drei Tagen vielen Kindern das neue Buch.");
    gives->front = FRONT_TIME;
    written(gives, "Three days ago, the teacher gave many children the new book.",
            "Vor drei Tagen gab der Lehrer vielen Kindern das neue Buch.");
    gives->recipient = lt_draw_pronoun(&plan, I_);
    written(gives, "Three days ago, the teacher gave me the new book.",
            "Vor drei Tagen gab mir der Lehrer das neue Buch.");
    gives->front = FRONT_QUESTION;
    gives->time.kind = NO_TIME;
    plan.mark = "?";
    written(gives, "Did the teacher give me the new book?", "Gab mir der Lehrer das neue Buch?");
}

static void the_finite_verb_is_last(void **state)
{
    (void)state;
    static const lt_pair_phrase because = {"because", "weil", 0};
    begin();
    lt_clause *sleeps = clause("einschlafen", INTRANSITIVE, PAST, lt_draw_pronoun(&plan, SHE), NULL);
    lt_clause *reads =
        clause("lesen", TRANSITIVE, PLUPERFECT, lt_draw_pronoun(&plan, SHE), np(THE, "", "novel", false));
    reads->mood = SUBORDINATE;
    plan.second = reads;
    plan.join = JOIN_SUBORDINATE;
    plan.link = &because;
    written(sleeps, "She fell asleep because she had read the novel.",
            "Sie schlief ein, weil sie den Roman gelesen hatte.");
    plan.second_first = true;
    sleeps->front = FRONT_CLAUSE;
    written(sleeps, "Because she had read the novel, she fell asleep.",
            "Weil sie den Roman gelesen hatte, schlief sie ein.");
    plan.second =
        clause("anrufen", TRANSITIVE, PAST, np(A, "", "friend", false), lt_draw_pronoun(&plan, SHE));
    plan.second->mood = SUBORDINATE;
    written(sleeps, "Because a friend called her, she fell asleep.",
            "Weil ein Freund sie anrief, schlief sie ein.");
    plan.second = clause("sein", COPULA, PAST, lt_draw_pronoun(&plan, SHE), NULL);
    plan.second->mood = SUBORDINATE;
    plan.second->predicate = adjective("tired");
    plan.second->degree = COMPARATIVE;
    plan.second->than = np(THE, "", "boy", false);
    written(sleeps, "Because she was more tired than the boy, she fell asleep.",
            "Weil sie müder war als der Junge, schlief sie ein.");
}

static void relative_clauses_take_gender_from_the_head_and_case_from_their_verb(void **state)
{
    (void)state;
    static const struct {
        const char *head, *verb, *english, *german;
        bool plural;
    } cases[] = {
        {"man", "sehen", "The man whom I see laughs.", "Der Mann, den ich sehe, lacht.", false},
        {"woman", "helfen", "The woman whom I help laughs.", "Die Frau, der ich helfe, lacht.", false},
        {"child", "warten", "The child whom I wait for laughs.", "Das Kind, auf das ich warte, lacht.",
         false},
        {"child", "danken", "The children whom I thank laugh.", "Die Kinder, denen ich danke, lachen.", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        lt_np *head = np(THE, "", cases[i].head, cases[i].plural), *trace = lt_plan_np(&plan);
        trace->kind = NP_TRACE;
        trace->head = head;
        head->relative = clause(cases[i].verb, TRANSITIVE, PRESENT, lt_draw_pronoun(&plan, I_), trace);
        head->relative->mood = RELATIVE;
        written(clause("lachen", INTRANSITIVE, PRESENT, head, NULL), cases[i].english, cases[i].german);
    }
}

static void infinitives_follow_with_zu(void **state)
{
    (void)state;
    begin();
    lt_np *boy = np(THIS, "clever", "boy", false);
    lt_clause *tries = clause("versuchen", INFINITIVE, PERFECT, boy, NULL);
    tries->complement = clause("mitbringen", TRANSITIVE, PRESENT, boy, np(THE, "", "key", false));
    tries->complement->mood = TO_INFINITIVE;
    written(tries, "This clever boy has tried to bring along the key.",
            "Dieser kluge Junge hat versucht, den Schlüssel mitzubringen.");
}

/* ---- alignment ---- */

static void alignments_follow_the_words(void **state)
{
    (void)state;
    lt_text pharaoh = {0};
    lt_error error;
    begin();
    lt_clause *calls =
        clause("anrufen", TRANSITIVE, PRESENT, np(THE, "", "woman", false), np(A, "old", "man", false));
    calls->negated = true;
    written(calls, "The woman does not call an old man.", "Die Frau ruft keinen alten Mann an.");
    assert_int_equal(lt_words_align(&pharaoh, &en, &de, &error), LT_OK);
    assert_string_equal(pharaoh.data, "0-0 1-1 2-2 2-6 3-3 4-2 4-6 5-3 6-4 7-5");
    lt_text_clear(&pharaoh);
}

/* ---- the lexicon ---- */

static void every_noun_has_adjectives_and_a_gender_that_its_forms_bear_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < lt_lexicon_nouns_count; i++) {
        const lt_noun *n = &lt_lexicon_nouns[i];
        size_t fitting = 0;
        for (size_t a = 0; a < lt_lexicon_adjectives_count; a++)
            fitting += (lt_lexicon_adjectives[a].classes & n->classes) != 0;
        assert_true(fitting >= 3);
        char last = n->de_genitive[strlen(n->de_genitive) - 1];
        if (n->gender == FEMININE)
            assert_string_equal(n->de_genitive, n->de);
        else
            assert_true(last == 's' || (n->gender == MASCULINE && last == 'n'));
        assert_int_equal(!n->en_plural, !n->de_plural);
        assert_true((n->locality == NOWHERE) == !(n->classes & PLACE));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(articles_adjectives_and_nouns_agree),
        cmocka_unit_test(prepositions_contract_only_with_the_article),
        cmocka_unit_test(owners_stand_where_each_language_wants_them),
        cmocka_unit_test(verbs_agree_in_person_and_number),
        cmocka_unit_test(tenses_and_voices),
        cmocka_unit_test(an_indefinite_object_is_denied_by_kein),
        cmocka_unit_test(the_finite_verb_is_second),
        cmocka_unit_test(the_finite_verb_is_last),
        cmocka_unit_test(relative_clauses_take_gender_from_the_head_and_case_from_their_verb),
        cmocka_unit_test(infinitives_follow_with_zu),
        cmocka_unit_test(alignments_follow_the_words),
        cmocka_unit_test(every_noun_has_adjectives_and_a_gender_that_its_forms_bear_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
