/* English noun phrases, numbers and times. */
#include "corpora/grammar.h"

#include <stdio.h>
#include <string.h>

void lt_english_number(lt_words *words, unsigned number, int key)
{
    static const char *const names[] = {"zero",  "one",   "two",  "three", "four",   "five",  "six",
                                        "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    char digits[16];
    snprintf(digits, sizeof digits, "%u", number);
    lt_words_add(words, number <= 12 ? names[number] : digits, key);
}

/* ---- noun phrases ---- */

/* "an" before a vowel that is heard. */
static const char *article(const char *next)
{
    static const char *const consonants[] = {"uni", "use", NULL};
    for (size_t i = 0; consonants[i]; i++)
        if (strncmp(next, consonants[i], strlen(consonants[i])) == 0) return "a";
    return strchr("aeiou", next[0]) || strncmp(next, "honest", 6) == 0 ? "an" : "a";
}

static void write_determiner(lt_words *words, const lt_np *np, const char *next)
{
    static const char *const words_of[] = {
        [BARE] = "",     [THE] = "the",   [EVERY] = "every",     [NO] = "no",      [ALL] = "all",
        [MANY] = "many", [SOME] = "some", [SEVERAL] = "several", [WHICH] = "which"};
    static const char *const possessives[PRONOUNS] = {
        [I_] = "my", [YOU] = "your", [HE] = "his", [SHE] = "her", [WE] = "our", [THEY] = "their"};
    int key = np->key + KEY_DET;
    switch (np->determiner) {
    case A:
        lt_words_add(words, article(next), key);
        break;
    case THIS:
        lt_words_add(words, np->plural ? "these" : "this", key);
        break;
    case POSSESSIVE:
        lt_words_add(words, possessives[np->pronoun], key);
        break;
    case NUMBER:
        lt_english_number(words, np->number, key);
        break;
    default:
        lt_words_add(words, words_of[np->determiner], key);
    }
}

static void write_owner(lt_words *words, const lt_np *np)
{
    lt_english_np(words, np->owner, true);
    bool plural = np->owner->plural && words->length && words->text[words->length - 1] == 's';
    lt_words_attach(words, plural ? "'" : "'s");
}

static void write_noun(lt_words *words, const lt_np *np)
{
    const char *noun = np->plural ? np->noun->en_plural : np->noun->en;
    if (np->owner && np->owner_first)
        write_owner(words, np);
    else
        write_determiner(words, np,
                         np->adjective[0]   ? np->adjective[0]->en
                         : np->adjective[1] ? np->adjective[1]->en
                                            : noun);
    for (int i = 0; i < 2; i++)
        if (np->adjective[i]) lt_words_add(words, np->adjective[i]->en, np->key + KEY_ADJECTIVE + i);
    lt_words_add(words, noun, np->key + KEY_NOUN);
    if (np->owner && !np->owner_first) {
        lt_words_add(words, "of", np->owner->key + KEY_DET);
        lt_english_np(words, np->owner, true);
    }
    if (np->with) {
        lt_words_add(words, "with", np->key + KEY_LINK);
        lt_english_np(words, np->with, true);
    }
    if (np->relative) lt_english_clause(words, np->relative);
}

void lt_english_np(lt_words *words, const lt_np *np, bool object)
{
    static const char *const pronouns[PRONOUNS][2] = {
        [I_] = {"I", "me"},          [YOU] = {"you", "you"},  [HE] = {"he", "him"},
        [SHE] = {"she", "her"},      [IT] = {"it", "it"},     [WE] = {"we", "us"},
        [THEY] = {"they", "them"},   [WHO] = {"who", "whom"}, [WHAT] = {"what", "what"},
        [THERE] = {"there", "there"}};
    switch (np->kind) {
    case NP_PRONOUN:
        lt_words_add(words, pronouns[np->pronoun][object], np->key + KEY_NOUN);
        break;
    case NP_NAME:
        lt_words_phrase(words, np->name->en, np->key + KEY_NAME);
        break;
    case NP_NOUN:
        write_noun(words, np);
        break;
    case NP_AND:
        lt_english_np(words, np->left, object);
        lt_words_add(words, "and", np->key + KEY_LINK);
        lt_english_np(words, np->right, object);
        break;
    case NP_TRACE:
        break;
    }
}

/* ---- times ---- */

void lt_english_time(lt_words *words, const lt_time *time, int key)
{
    char text[64];
    switch (time->kind) {
    case NO_TIME:
        break;
    case TIME_PHRASE:
        lt_words_phrase(words, time->phrase->en, key);
        break;
    case TIME_CLOCK:
        if (time->minutes)
            snprintf(text, sizeof text, "at/1 %u:%02u/2", time->number, time->minutes);
        else
            snprintf(text, sizeof text, "at/1 %u/2 o'clock/3", time->number);
        lt_words_phrase(words, text, key);
        break;
    case TIME_YEAR:
        snprintf(text, sizeof text, "in/1 %u/2", time->number);
        lt_words_phrase(words, text, key);
        break;
    case TIME_AGO:
        lt_english_number(words, time->number, key + 1);
        lt_words_add(words, time->phrase->en, key + 2);
        lt_words_add(words, "ago", key + 3);
        break;
    case TIME_DATE:
        snprintf(text, sizeof text, "on/1 %u/2 %s/3", time->number, time->phrase->en);
        lt_words_phrase(words, text, key);
        break;
    }
}
