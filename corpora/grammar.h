/* grammar.h: the synchronous grammar behind `latimer corpus generate`. Private to corpora/.
 *
 * A sentence is drawn once, as a plan without a language (grammar_plan.c, grammar_phrase.c), and then written
 * twice (grammar_en*.c, grammar_de*.c). Whatever has a counterpart on the other side has a key in the plan;
 * words of the two sides that were written under the same key are aligned. */
#ifndef LT_GRAMMAR_H
#define LT_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corpora/lexicon.h"
#include "model/base/rng.h"
#include "model/base/status.h"
#include "model/base/text.h"

/* ---- words (grammar_words.c) ---- */

enum { LT_WORDS_MAX = 160, LT_WORDS_BYTES = 4096, LT_WORD_KEYS = 3 };

/* One side of a pair: words with single spaces between, each with the keys it was written under. */
typedef struct lt_words {
    char text[LT_WORDS_BYTES];
    size_t length, count;
    uint16_t keys[LT_WORDS_MAX][LT_WORD_KEYS]; /* 0: none */
    bool comma;                                /* is due before the next word */
    bool overflow;                             /* something did not fit: the whole is to be thrown away */
} lt_words;

void lt_words_init(lt_words *words);
/* A word, or several with spaces between that share the key. Nothing for "". */
void lt_words_add(lt_words *words, const char *text, int key);
/* One more key for the word written last. */
void lt_words_key(lt_words *words, int key);
/* A tagged phrase: a word with the tag t has the key `key` + t. */
void lt_words_phrase(lt_words *words, const char *tagged, int key);
void lt_words_attach(lt_words *words, const char *suffix); /* to the last word: "'s" */
void lt_words_comma(lt_words *words);                      /* before the next word, if there is one */
void lt_words_end(lt_words *words, const char *mark);      /* capital at the front, mark at the end */

/* Appends "0-0 1-2 2-1": the words of the two sides that share a key, in order. */
lt_status lt_words_align(lt_text *out, const lt_words *src, const lt_words *trg, lt_error *error);

/* ---- the plan ---- */

typedef enum lt_person_form { I_, YOU, HE, SHE, IT, WE, THEY, WHO, WHAT, THERE, PRONOUNS } lt_person_form;

typedef enum lt_determiner {
    BARE,
    THE,
    A,
    THIS,
    POSSESSIVE,
    EVERY,
    NO,
    ALL,
    MANY,
    SOME,
    SEVERAL,
    NUMBER,
    WHICH,
} lt_determiner;

typedef enum lt_np_kind { NP_PRONOUN, NP_NAME, NP_NOUN, NP_AND, NP_TRACE } lt_np_kind;

/* Keys of a noun phrase, counted from its `key`. */
enum {
    KEY_DET,
    KEY_ADJECTIVE,
    KEY_ADJECTIVE2,
    KEY_NOUN,
    KEY_LINK,
    KEY_RELATIVE,
    KEY_NAME,
    NP_KEYS = KEY_NAME + 3
};

typedef struct lt_clause lt_clause;
typedef struct lt_np {
    lt_np_kind kind;
    int key;
    bool plural;
    lt_person_form pronoun; /* of a pronoun, or of the possessor */
    const lt_name *name;
    const lt_noun *noun;
    lt_determiner determiner;
    unsigned number; /* with NUMBER */
    const lt_adjective *adjective[2];
    struct lt_np *owner;        /* "of the teacher", "Anna's" */
    bool owner_first;           /* English puts it first: "the teacher's" */
    struct lt_np *with;         /* "with a red hat" */
    struct lt_np *left, *right; /* NP_AND */
    const struct lt_np *head;   /* NP_TRACE: what the relative clause is about */
    lt_clause *relative;
    bool extraposed; /* German: the relative clause comes behind the verb */
} lt_np;

typedef enum lt_tense { PRESENT, PAST, PERFECT, PLUPERFECT, FUTURE } lt_tense;
typedef enum lt_front {
    FRONT_SUBJECT,
    FRONT_TIME,
    FRONT_PLACE,
    FRONT_OPENER,
    FRONT_CLAUSE,
    FRONT_OBJECT,
    FRONT_QUESTION,
    FRONT_WH
} lt_front;
typedef enum lt_mood { MAIN, SUBORDINATE, RELATIVE, TO_INFINITIVE, IMPERATIVE, SHARED } lt_mood;
typedef enum lt_degree { POSITIVE, COMPARATIVE, EQUATIVE } lt_degree;

/* An adverbial of time: a phrase, or one with numbers. */
typedef enum lt_time_kind { NO_TIME, TIME_PHRASE, TIME_CLOCK, TIME_YEAR, TIME_AGO, TIME_DATE } lt_time_kind;
typedef struct lt_time {
    lt_time_kind kind;
    const lt_pair_phrase *phrase; /* the month of a date, the unit of "ago" */
    unsigned number, minutes;
} lt_time;

/* A prepositional phrase; no preposition: none. */
typedef struct lt_pp {
    const lt_preposition *preposition;
    lt_np *np;
    int key; /* + tag */
} lt_pp;

/* Keys of a clause, counted from its `key`. */
enum {
    KEY_SUBJECT_MARK, /* "please", "why" */
    KEY_AUXILIARY,    /* have, will */
    KEY_PASSIVE,
    KEY_MODAL,
    KEY_VERB,
    KEY_NOT,
    KEY_PREPOSITION,
    KEY_LINKING, /* that, whether, to */
    KEY_THAN,
    KEY_DEGREE,
    KEY_PREDICATE,
    KEY_MEASURE, /* and the next two */
    KEY_OPENER = KEY_MEASURE + 3,
    KEY_FREQUENCY,
    KEY_MANNER,                 /* and the next two */
    KEY_MEANS = KEY_MANNER + 3, /* and the next two */
    KEY_TIME = KEY_MEANS + 3,   /* and the next three */
    CLAUSE_KEYS = KEY_TIME + 4,
};

struct lt_clause {
    int key;
    lt_mood mood;
    const lt_verb *verb;
    const lt_modal *modal;
    lt_tense tense;
    bool progressive, passive, negated;
    lt_front front;
    lt_np *subject, *object, *recipient;
    bool recipient_behind; /* English: "to the man" */
    const lt_adjective *predicate;
    lt_degree degree;
    lt_np *than;
    unsigned euros, cents; /* MEASURE */
    lt_time time;
    const lt_pair_phrase *opener, *frequency, *manner, *means, *question;
    lt_pp place, companion, direction;
    lt_clause *complement;
};

/* How two clauses make a sentence. */
typedef enum lt_join { ALONE, JOIN_SUBORDINATE, JOIN_COORDINATE, JOIN_SHARED } lt_join;

enum { LT_PLAN_PHRASES = 64, LT_PLAN_CLAUSES = 16 };

/* A whole sentence with the storage of its parts. */
typedef struct lt_plan {
    lt_rng rng;
    int keys; /* given out so far */
    lt_np phrases[LT_PLAN_PHRASES];
    lt_clause clauses[LT_PLAN_CLAUSES];
    size_t phrase_count, clause_count;
    lt_join join;
    bool second_first; /* the subordinate clause comes first */
    const lt_pair_phrase *link;
    int link_key;
    lt_clause *first, *second;
    bool past;        /* it tells of the past */
    bool overflow;    /* it does not fit: to be drawn again */
    const char *mark; /* . ? ! */
} lt_plan;

/* ---- drawing (grammar_plan.c, grammar_clause.c, grammar_phrase.c) ---- */

/* Draws a sentence, one of few parts where it is to have few words; the generator goes on from `rng`'s state.
 */
void lt_plan_draw(lt_plan *plan, size_t max_words, lt_rng *rng);

unsigned lt_plan_below(lt_plan *plan, unsigned n);
bool lt_plan_chance(lt_plan *plan, unsigned percent);
int lt_plan_keys(lt_plan *plan, int count);
lt_np *lt_plan_np(lt_plan *plan);
lt_clause *lt_plan_clause(lt_plan *plan);

/* What a clause is drawn for. */
typedef struct lt_wish {
    lt_mood mood;
    unsigned depth; /* 0 may have everything; from 2 on nothing nests any more */
    bool past;      /* the sentence tells of the past */
    lt_np *subject; /* given, or NULL */
    lt_np *trace;   /* must take the place of the subject or of the object, or NULL */
    int tense;      /* lt_tense, or -1 */
    bool plain;     /* no fronting, no adverb of the sentence */
    bool question;
    bool positive; /* not negated */
} lt_wish;
lt_clause *lt_draw_clause(lt_plan *plan, const lt_wish *wish);

/* What a noun phrase is drawn for. */
enum {
    NP_NO_PRONOUN = 1,
    NP_DEFINITE = 2, /* the, this, my or a name */
    NP_SIMPLE = 4,   /* nothing attached */
    NP_NO_AND = 8,
    NP_INDEFINITE = 16,
};
lt_np *lt_draw_np(lt_plan *plan, unsigned classes, unsigned depth, unsigned flags);
lt_np *lt_draw_city(lt_plan *plan);
lt_np *lt_draw_pronoun(lt_plan *plan, lt_person_form form);
/* Makes `pp` a place; a place of its own or the surroundings of one. */
void lt_draw_place(lt_plan *plan, lt_pp *pp, unsigned depth);
unsigned lt_np_classes(const lt_np *np);
bool lt_np_plural(const lt_np *np); /* the agreement of a verb with it */

/* ---- writing ---- */

/* The person of a verb: 1 singular, 3 singular, or plural with "you" in it. */
typedef enum lt_agreement { FIRST_SINGULAR, THIRD_SINGULAR, PLURAL_FORM } lt_agreement;

void lt_english_sentence(lt_words *words, const lt_plan *plan);
void lt_english_clause(lt_words *words, const lt_clause *clause);
void lt_english_np(lt_words *words, const lt_np *np, bool object);
void lt_english_time(lt_words *words, const lt_time *time, int key);
void lt_english_number(lt_words *words, unsigned number, int key);

void lt_german_sentence(lt_words *words, const lt_plan *plan);
void lt_german_clause(lt_words *words, const lt_clause *clause);
void lt_german_np(lt_words *words, const lt_np *np, lt_case grammatical_case);
/* A preposition and what it governs: "im Haus". `preposition` is tagged, its key `key` + tag. */
void lt_german_pp(lt_words *words, const char *preposition, int key, const lt_np *np, lt_case governed);
void lt_german_relative(lt_words *words, const lt_np *np); /* the clause that was held back */
const char *lt_german_relative_pronoun(const lt_np *head, lt_case grammatical_case);
void lt_german_time(lt_words *words, const lt_time *time, int key);
void lt_german_number(lt_words *words, unsigned number, int key);

#endif
