/* German noun phrases: gender, number, case, and the endings they ask for. */
#include "corpora/grammar.h"

#include <stdio.h>
#include <string.h>

/* ---- endings ---- */

enum { PLURAL = 3, COLUMNS }; /* a column: one of the three genders, or the plural */

static const char *const definite[CASES][COLUMNS] = {
    [NOMINATIVE] = {"der", "die", "das", "die"},
    [ACCUSATIVE] = {"den", "die", "das", "die"},
    [DATIVE] = {"dem", "der", "dem", "den"},
    [GENITIVE] = {"des", "der", "des", "der"},
};

/* dies-, jed-, all-, viel-, einig-, mehrer-, welch- */
static const char *const strong_article[CASES][COLUMNS] = {
    [NOMINATIVE] = {"er", "e", "es", "e"},
    [ACCUSATIVE] = {"en", "e", "es", "e"},
    [DATIVE] = {"em", "er", "em", "en"},
    [GENITIVE] = {"es", "er", "es", "er"},
};

/* ein-, kein-, mein- */
static const char *const ein_article[CASES][COLUMNS] = {
    [NOMINATIVE] = {"", "e", "", "e"},
    [ACCUSATIVE] = {"en", "e", "", "e"},
    [DATIVE] = {"em", "er", "em", "en"},
    [GENITIVE] = {"es", "er", "es", "er"},
};

/* Of adjectives: behind der; behind ein; behind nothing that shows the case. */
static const char *const weak_ending[CASES][COLUMNS] = {
    [NOMINATIVE] = {"e", "e", "e", "en"},
    [ACCUSATIVE] = {"en", "e", "e", "en"},
    [DATIVE] = {"en", "en", "en", "en"},
    [GENITIVE] = {"en", "en", "en", "en"},
};
static const char *const mixed_ending[CASES][COLUMNS] = {
    [NOMINATIVE] = {"er", "e", "es", "en"},
    [ACCUSATIVE] = {"en", "e", "es", "en"},
    [DATIVE] = {"en", "en", "en", "en"},
    [GENITIVE] = {"en", "en", "en", "en"},
};
static const char *const strong_ending[CASES][COLUMNS] = {
    [NOMINATIVE] = {"er", "e", "es", "e"},
    [ACCUSATIVE] = {"en", "e", "es", "e"},
    [DATIVE] = {"em", "er", "em", "en"},
    [GENITIVE] = {"en", "er", "en", "er"},
};

static int column_of(const lt_np *np)
{
    return np->plural ? PLURAL : (int)np->noun->gender;
}

static const char *adjective_ending(const lt_np *np, lt_case c)
{
    int column = column_of(np);
    if (np->owner && np->owner->kind == NP_NAME) return strong_ending[c][column];
    switch (np->determiner) {
    case THE:
    case THIS:
    case EVERY:
    case ALL:
    case WHICH:
        return weak_ending[c][column];
    case A:
    case NO:
    case POSSESSIVE:
        return mixed_ending[c][column];
    default:
        return strong_ending[c][column];
    }
}

/* ---- the noun ---- */

/* der Student, des Studenten: the weak ones have the genitive's form in the other cases, too. */
static bool is_weak(const lt_noun *noun)
{
    size_t length = strlen(noun->de_genitive);
    return noun->gender == MASCULINE && noun->de_genitive[length - 1] == 'n';
}

static void write_noun_form(lt_words *words, const lt_np *np, lt_case c)
{
    const lt_noun *noun = np->noun;
    const char *form = noun->de;
    if (np->plural)
        form = noun->de_plural;
    else if (c == GENITIVE || (c != NOMINATIVE && is_weak(noun)))
        form = noun->de_genitive;
    lt_words_add(words, form, np->key + KEY_NOUN);
    char last = form[strlen(form) - 1];
    if (np->plural && c == DATIVE && last != 'n' && last != 's') lt_words_attach(words, "n");
}

/* ---- determiners ---- */

static void write_stem(lt_words *words, const char *stem, const char *ending, int key)
{
    if (!*stem) return;
    lt_words_add(words, stem, key);
    lt_words_attach(words, ending);
}

void lt_german_number(lt_words *words, unsigned number, int key)
{
    static const char *const names[] = {"null",   "ein",  "zwei", "drei", "vier", "fünf", "sechs",
                                        "sieben", "acht", "neun", "zehn", "elf",  "zwölf"};
    char digits[16];
    snprintf(digits, sizeof digits, "%u", number);
    lt_words_add(words, number <= 12 ? names[number] : digits, key);
}

static void write_determiner(lt_words *words, const lt_np *np, lt_case c)
{
    static const char *const stems[] = {
        [THIS] = "dies",  [EVERY] = "jed",      [ALL] = "all",    [MANY] = "viel",
        [SOME] = "einig", [SEVERAL] = "mehrer", [WHICH] = "welch"};
    static const char *const possessives[PRONOUNS] = {
        [I_] = "mein", [YOU] = "Ihr", [HE] = "sein", [SHE] = "ihr", [WE] = "unser", [THEY] = "ihr"};
    int key = np->key + KEY_DET, column = column_of(np);
    switch (np->determiner) {
    case BARE:
        break;
    case THE:
        lt_words_add(words, definite[c][column], key);
        break;
    case A:
    case NO:
        write_stem(words, np->determiner == A ? "ein" : "kein", ein_article[c][column], key);
        break;
    case POSSESSIVE:
        write_stem(words, possessives[np->pronoun], ein_article[c][column], key);
        break;
    case NUMBER:
        lt_german_number(words, np->number, key);
        break;
    default:
        write_stem(words, stems[np->determiner], strong_article[c][column], key);
    }
}

/* ---- noun phrases ---- */

static void write_noun(lt_words *words, const lt_np *np, lt_case c, bool contracted)
{
    const lt_np *owner = np->owner;
    if (owner && owner->kind == NP_NAME) {
        lt_german_np(words, owner, NOMINATIVE);
        lt_words_attach(words, "s");
    } else if (!contracted) {
        write_determiner(words, np, c);
    }
    for (int i = 0; i < 2; i++)
        if (np->adjective[i])
            write_stem(words, np->adjective[i]->de_stem, adjective_ending(np, c),
                       np->key + KEY_ADJECTIVE + i);
    write_noun_form(words, np, c);
    if (owner && owner->kind != NP_NAME) lt_german_np(words, owner, GENITIVE);
    if (np->with) {
        lt_words_add(words, "mit", np->key + KEY_LINK);
        lt_german_np(words, np->with, DATIVE);
    }
    if (!np->extraposed) lt_german_relative(words, np);
}

void lt_german_relative(lt_words *words, const lt_np *np)
{
    if (!np->relative) return;
    lt_words_comma(words);
    lt_german_clause(words, np->relative);
    lt_words_comma(words);
}

const char *lt_german_relative_pronoun(const lt_np *head, lt_case c)
{
    if (c == DATIVE && head->plural) return "denen";
    return definite[c][column_of(head)];
}

void lt_german_np(lt_words *words, const lt_np *np, lt_case c)
{
    static const char *const pronouns[PRONOUNS][CASES] = {
        [I_] = {"ich", "mich", "mir", ""},    [YOU] = {"Sie", "Sie", "Ihnen", ""},
        [HE] = {"er", "ihn", "ihm", ""},      [SHE] = {"sie", "sie", "ihr", ""},
        [IT] = {"es", "es", "ihm", ""},       [WE] = {"wir", "uns", "uns", ""},
        [THEY] = {"sie", "sie", "ihnen", ""}, [WHO] = {"wer", "wen", "wem", ""},
        [WHAT] = {"was", "was", "was", ""},   [THERE] = {"es", "es", "es", ""}};
    switch (np->kind) {
    case NP_PRONOUN:
        lt_words_add(words, pronouns[np->pronoun][c], np->key + KEY_NOUN);
        break;
    case NP_NAME:
        lt_words_phrase(words, c == NOMINATIVE ? np->name->de : np->name->de_oblique, np->key + KEY_NAME);
        break;
    case NP_NOUN:
        write_noun(words, np, c, false);
        break;
    case NP_AND:
        lt_german_np(words, np->left, c);
        lt_words_add(words, "und", np->key + KEY_LINK);
        lt_german_np(words, np->right, c);
        break;
    case NP_TRACE:
        break;
    }
}

/* ---- prepositions ---- */

/* "im" for "in dem": the contraction, or NULL where there is none. */
static const char *contraction(const char *preposition, const char *article)
{
    static const char *const table[][3] = {
        {"in", "dem", "im"},  {"an", "dem", "am"},   {"zu", "dem", "zum"},
        {"zu", "der", "zur"}, {"von", "dem", "vom"}, {"bei", "dem", "beim"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i][0], preposition) == 0 && strcmp(table[i][1], article) == 0) return table[i][2];
    return NULL;
}

void lt_german_pp(lt_words *words, const char *preposition, int key, const lt_np *np, lt_case governed)
{
    bool article = np->kind == NP_NOUN && np->determiner == THE && !np->relative &&
                   !(np->owner && np->owner->kind == NP_NAME);
    const char *short_form = article ? contraction(preposition, definite[governed][column_of(np)]) : NULL;
    if (!short_form) {
        lt_words_phrase(words, preposition, key);
        lt_german_np(words, np, governed);
        return;
    }
    lt_words_add(words, short_form, key);
    lt_words_key(words, np->key + KEY_DET);
    write_noun(words, np, governed, true);
}

/* ---- times ---- */

void lt_german_time(lt_words *words, const lt_time *time, int key)
{
    char text[64];
    switch (time->kind) {
    case NO_TIME:
        break;
    case TIME_PHRASE:
        lt_words_phrase(words, time->phrase->de, key);
        break;
    case TIME_CLOCK:
        if (time->minutes)
            snprintf(text, sizeof text, "um/1 %u:%02u/2 Uhr/2", time->number, time->minutes);
        else
            snprintf(text, sizeof text, "um/1 %u/2 Uhr/3", time->number);
        lt_words_phrase(words, text, key);
        break;
    case TIME_YEAR:
        snprintf(text, sizeof text, "im/1 Jahr/1 %u/2", time->number);
        lt_words_phrase(words, text, key);
        break;
    case TIME_AGO:
        lt_words_add(words, "vor", key + 3);
        lt_german_number(words, time->number, key + 1);
        lt_words_add(words, time->phrase->de, key + 2);
        break;
    case TIME_DATE:
        snprintf(text, sizeof text, "am/1 %u./2 %s/3", time->number, time->phrase->de);
        lt_words_phrase(words, text, key);
        break;
    }
}
