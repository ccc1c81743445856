/* lexicon.h: the words of the generated corpus, English and German side by side. Private to corpora/.
 *
 * Phrases are written with tags: in "in/1 the/1 morning/2" and "am/1 Morgen/2" words with the same tag are
 * translations of each other; words without a tag have the tag 0. */
#ifndef LT_LEXICON_H
#define LT_LEXICON_H

#include <stdbool.h>
#include <stddef.h>

typedef enum lt_gender { MASCULINE, FEMININE, NEUTER } lt_gender;
typedef enum lt_case { NOMINATIVE, ACCUSATIVE, DATIVE, GENITIVE, CASES } lt_case;

/* What a noun is: verbs and adjectives say with which they go. */
enum {
    PERSON = 1 << 0,
    ANIMAL = 1 << 1,
    FOOD = 1 << 2,
    DRINK = 1 << 3,
    TEXT = 1 << 4,  /* is read and written */
    THING = 1 << 5, /* can be carried */
    CLOTHES = 1 << 6,
    VEHICLE = 1 << 7,
    PLACE = 1 << 8,
    BUILDING = 1 << 9, /* is built */
    TOWN = 1 << 10,    /* has buildings */
    OPENING = 1 << 11, /* is opened and closed */
    IDEA = 1 << 12,    /* is discussed */
    EVENT = 1 << 13,
    MUSIC = 1 << 14,      /* is sung */
    INSTRUMENT = 1 << 15, /* is played */
    DEVICE = 1 << 16,     /* is switched on and off */
    FAMILY = 1 << 17,     /* a relative of somebody */
    GOODS = FOOD | DRINK | THING | CLOTHES | VEHICLE | INSTRUMENT | DEVICE,
};

/* How one is at a place. */
typedef enum lt_locality { NOWHERE, IN_IN, AT_AN, ON_AN, ON_AUF, AT_AUF } lt_locality;

typedef struct lt_noun {
    unsigned classes;
    lt_locality locality;
    const char *en, *en_plural; /* no plural: a substance, which takes no "a" either */
    const char *de;
    lt_gender gender;
    const char *de_genitive, *de_plural;
} lt_noun;

/* Of two adjectives the lower rank comes first, without a comma; two of one rank do not go together. */
typedef enum lt_rank { QUALITY, SIZE, AGE, COLOUR } lt_rank;

typedef struct lt_adjective {
    lt_rank rank;
    unsigned classes; /* of the nouns it goes with */
    const char *en, *en_comparative;
    const char *de, *de_stem, *de_comparative; /* teuer, teur-, teurer */
} lt_adjective;

typedef enum lt_frame {
    INTRANSITIVE,
    TRANSITIVE,   /* object in `object_case`, behind `de_preposition` if there is one */
    DITRANSITIVE, /* dative and accusative */
    MOTION,       /* wants a direction */
    TRAVEL,       /* wants a town */
    DWELLING,     /* wants a place */
    THAT,         /* wants a clause with "that" */
    WHETHER,
    INFINITIVE, /* wants an infinitive with "to" */
    COPULA,
    EXISTENCE,
    WEATHER,
    MEASURE,
    FRAMES,
} lt_frame;

enum {
    STATIVE = 1 << 0,   /* no progressive form */
    SEIN = 1 << 1,      /* perfect with "sein" */
    REFLEXIVE = 1 << 2, /* in German */
    ACTIVE = 1 << 3,    /* no passive */
    REQUEST = 1 << 4,   /* makes a sensible imperative */
    IRREGULAR = 1 << 5, /* first person singular as the third */
    TO_ONLY = 1 << 6,   /* "explains the plan to him", not "explains him the plan" */
    RIDE = 1 << 7,      /* is done by bus and train */
};

typedef struct lt_verb {
    lt_frame frame;
    unsigned flags;
    unsigned subject, object; /* classes */
    struct {
        const char *base, *third, *past, *participle, *ing;
    } en;
    const char *en_particle, *en_preposition; /* "get up", "wait for" */
    const char *de_prefix, *infinitive, *third, *past,
        *participle; /* without the prefix, but the participle */
    const char *de_preposition;
    lt_case object_case;
} lt_verb;

typedef struct lt_modal {
    const char *en, *en_third, *en_past; /* a past of NULL: has none */
    const char *en_tail;                 /* "to" */
    bool lexical;                        /* negated by "do" */
    bool negatable;                      /* means the same as the German one when negated */
    const char *de_singular, *de_plural, *de_past;
} lt_modal;

/* A fixed phrase, tagged on both sides. */
typedef struct lt_pair_phrase {
    const char *en, *de;
    unsigned use; /* said at each table */
} lt_pair_phrase;

/* Times: the tenses they go with, and whether they speak of what is repeated. */
enum { WITH_PRESENT = 1, WITH_PAST = 2, WITH_FUTURE = 4, WITH_ANY = 7, HABITUAL = 8 };

typedef struct lt_name {
    const char *en, *de, *de_oblique; /* Mr Weber, Herr Weber, Herrn Weber */
} lt_name;

typedef struct lt_preposition {
    const char *en, *de; /* tagged */
    lt_case governs;
} lt_preposition;

#define LT_LEXICON(type, name)                                                                               \
    extern const type lt_lexicon_##name[];                                                                   \
    extern const size_t lt_lexicon_##name##_count

LT_LEXICON(lt_noun, nouns);
LT_LEXICON(lt_adjective, adjectives);
LT_LEXICON(lt_verb, verbs);
LT_LEXICON(lt_modal, modals);
LT_LEXICON(lt_name, people);
LT_LEXICON(lt_name, gentry); /* with a title: no genitive */
LT_LEXICON(lt_name, cities);
LT_LEXICON(lt_pair_phrase, times);
LT_LEXICON(lt_pair_phrase, frequencies);
LT_LEXICON(lt_pair_phrase, manners);
LT_LEXICON(lt_pair_phrase, openers); /* adverbs of the whole sentence: "Unfortunately," */
LT_LEXICON(lt_pair_phrase, months);
LT_LEXICON(lt_pair_phrase, means); /* by bus */
LT_LEXICON(lt_preposition, surroundings);

extern const lt_preposition lt_lexicon_localities[]; /* by lt_locality */

#endif
