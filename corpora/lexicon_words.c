/* Adjectives, adverbials, names and prepositions. */
#include "corpora/lexicon.h"

#define COUNT(name)                                                                                          \
    const size_t lt_lexicon_##name##_count = sizeof lt_lexicon_##name / sizeof *lt_lexicon_##name
#define SOLID THING | CLOTHES | INSTRUMENT | VEHICLE | DEVICE | OPENING

const lt_adjective lt_lexicon_adjectives[] = {
    {QUALITY, PERSON, "happy", "happier", "glücklich", "glücklich", "glücklicher"},
    {QUALITY, PERSON | MUSIC, "sad", "sadder", "traurig", "traurig", "trauriger"},
    {QUALITY, PERSON | ANIMAL, "tired", "more tired", "müde", "müd", "müder"},
    {QUALITY, PERSON, "friendly", "friendlier", "freundlich", "freundlich", "freundlicher"},
    {QUALITY, PERSON, "honest", "more honest", "ehrlich", "ehrlich", "ehrlicher"},
    {QUALITY, PERSON | ANIMAL | IDEA, "clever", "cleverer", "klug", "klug", "klüger"},
    {QUALITY, PERSON | TOWN, "rich", "richer", "reich", "reich", "reicher"},
    {QUALITY, PERSON | TOWN, "poor", "poorer", "arm", "arm", "ärmer"},
    {QUALITY, PERSON | ANIMAL, "strong", "stronger", "stark", "stark", "stärker"},
    {QUALITY, PERSON | TOWN | BUILDING | TEXT | MUSIC, "famous", "more famous", "berühmt", "berühmt",
     "berühmter"},
    {QUALITY, PERSON | ANIMAL, "curious", "more curious", "neugierig", "neugierig", "neugieriger"},
    {QUALITY, PERSON, "polite", "politer", "höflich", "höflich", "höflicher"},
    {QUALITY, PERSON | ANIMAL, "hungry", "hungrier", "hungrig", "hungrig", "hungriger"},
    {QUALITY, PERSON, "brave", "braver", "mutig", "mutig", "mutiger"},
    {QUALITY, PERSON | ANIMAL, "lazy", "lazier", "faul", "faul", "fauler"},
    {QUALITY, PERSON | ANIMAL, "nervous", "more nervous", "nervös", "nervös", "nervöser"},
    {QUALITY, PERSON, "patient", "more patient", "geduldig", "geduldig", "geduldiger"},
    {QUALITY, PERSON, "careful", "more careful", "vorsichtig", "vorsichtig", "vorsichtiger"},
    {QUALITY, PERSON, "lonely", "lonelier", "einsam", "einsam", "einsamer"},
    {QUALITY, SOLID | FOOD | DRINK, "expensive", "more expensive", "teuer", "teur", "teurer"},
    {QUALITY, SOLID | FOOD | DRINK, "cheap", "cheaper", "billig", "billig", "billiger"},
    {QUALITY, SOLID | PLACE | TEXT | MUSIC | ANIMAL, "beautiful", "more beautiful", "schön", "schön",
     "schöner"},
    {QUALITY, SOLID | BUILDING, "ugly", "uglier", "hässlich", "hässlich", "hässlicher"},
    {QUALITY, THING | INSTRUMENT | DEVICE | OPENING, "heavy", "heavier", "schwer", "schwer", "schwerer"},
    {QUALITY, CLOTHES | VEHICLE | PLACE, "clean", "cleaner", "sauber", "sauber", "sauberer"},
    {QUALITY, CLOTHES | VEHICLE | PLACE, "dirty", "dirtier", "schmutzig", "schmutzig", "schmutziger"},
    {QUALITY, FOOD, "fresh", "fresher", "frisch", "frisch", "frischer"},
    {QUALITY, FOOD | DRINK, "cold", "colder", "kalt", "kalt", "kälter"},
    {QUALITY, DRINK, "hot", "hotter", "heiß", "heiß", "heißer"},
    {QUALITY, DRINK | CLOTHES, "warm", "warmer", "warm", "warm", "wärmer"},
    {QUALITY, TEXT | IDEA, "important", "more important", "wichtig", "wichtig", "wichtiger"},
    {QUALITY, TEXT | IDEA, "difficult", "more difficult", "schwierig", "schwierig", "schwieriger"},
    {QUALITY, IDEA, "simple", "simpler", "einfach", "einfach", "einfacher"},
    {QUALITY, TEXT | IDEA | PERSON | ANIMAL, "strange", "stranger", "seltsam", "seltsam", "seltsamer"},
    {QUALITY, TEXT | IDEA | EVENT | TOWN, "interesting", "more interesting", "interessant", "interessant",
     "interessanter"},
    {QUALITY, TEXT | EVENT, "boring", "more boring", "langweilig", "langweilig", "langweiliger"},
    {QUALITY, IDEA | ANIMAL | EVENT, "dangerous", "more dangerous", "gefährlich", "gefährlich",
     "gefährlicher"},
    {QUALITY, IDEA | THING | DEVICE, "useful", "more useful", "nützlich", "nützlich", "nützlicher"},
    {QUALITY, PLACE | EVENT, "quiet", "quieter", "ruhig", "ruhig", "ruhiger"},
    {QUALITY, PLACE, "dark", "darker", "dunkel", "dunkl", "dunkler"},
    {SIZE, PERSON, "tall", "taller", "groß", "groß", "größer"},
    {SIZE, ANIMAL | SOLID | PLACE | FOOD, "big", "bigger", "groß", "groß", "größer"},
    {SIZE, PERSON | ANIMAL | SOLID | PLACE | FOOD, "small", "smaller", "klein", "klein", "kleiner"},
    {SIZE, TEXT | CLOTHES | EVENT | MUSIC, "long", "longer", "lang", "lang", "länger"},
    {SIZE, TEXT | CLOTHES | EVENT | MUSIC, "short", "shorter", "kurz", "kurz", "kürzer"},
    {AGE, PERSON | ANIMAL | SOLID | BUILDING | TOWN | TEXT | MUSIC, "old", "older", "alt", "alt", "älter"},
    {AGE, PERSON | ANIMAL, "young", "younger", "jung", "jung", "jünger"},
    {AGE, SOLID | BUILDING | TEXT | IDEA | MUSIC, "new", "newer", "neu", "neu", "neuer"},
    {AGE, SOLID | BUILDING, "modern", "more modern", "modern", "modern", "moderner"},
    {COLOUR, SOLID, "red", NULL, "rot", "rot", NULL},
    {COLOUR, SOLID, "blue", NULL, "blau", "blau", NULL},
    {COLOUR, SOLID, "green", NULL, "grün", "grün", NULL},
    {COLOUR, SOLID | ANIMAL, "white", NULL, "weiß", "weiß", NULL},
    {COLOUR, SOLID | ANIMAL, "black", NULL, "schwarz", "schwarz", NULL},
    {COLOUR, SOLID, "yellow", NULL, "gelb", "gelb", NULL},
    {COLOUR, SOLID | ANIMAL, "brown", NULL, "braun", "braun", NULL},
};
COUNT(adjectives);

const lt_pair_phrase lt_lexicon_times[] = {
    {"yesterday", "gestern", WITH_PAST},
    {"the day before yesterday", "vorgestern", WITH_PAST},
    {"last/1 week/2", "letzte/1 Woche/2", WITH_PAST},
    {"last/1 month/2", "letzten/1 Monat/2", WITH_PAST},
    {"last/1 year/2", "letztes/1 Jahr/2", WITH_PAST},
    {"last/1 summer/2", "letzten/1 Sommer/2", WITH_PAST},
    {"yesterday/1 evening/2", "gestern/1 Abend/2", WITH_PAST},
    {"at that time", "damals", WITH_PAST},
    {"today", "heute", WITH_PRESENT | WITH_FUTURE},
    {"now", "jetzt", WITH_PRESENT},
    {"at/1 the/1 moment/2", "im/1 Moment/2", WITH_PRESENT},
    {"every/1 day/2", "jeden/1 Tag/2", WITH_PRESENT | WITH_PAST | HABITUAL},
    {"every/1 morning/2", "jeden/1 Morgen/2", WITH_PRESENT | WITH_PAST | HABITUAL},
    {"every/1 week/2", "jede/1 Woche/2", WITH_PRESENT | WITH_PAST | HABITUAL},
    {"every/1 year/2", "jedes/1 Jahr/2", WITH_PRESENT | WITH_PAST | HABITUAL},
    {"tomorrow", "morgen", WITH_FUTURE},
    {"tomorrow/1 morning/2", "morgen/1 früh/2", WITH_FUTURE},
    {"the day after tomorrow", "übermorgen", WITH_FUTURE},
    {"next/1 week/2", "nächste/1 Woche/2", WITH_FUTURE},
    {"next/1 month/2", "nächsten/1 Monat/2", WITH_FUTURE},
    {"next/1 year/2", "nächstes/1 Jahr/2", WITH_FUTURE},
    {"soon", "bald", WITH_FUTURE},
    {"in/1 the/1 morning/2", "am/1 Morgen/2", WITH_ANY},
    {"in/1 the/1 afternoon/2", "am/1 Nachmittag/2", WITH_ANY},
    {"in/1 the/1 evening/2", "am/1 Abend/2", WITH_ANY},
    {"at/1 night/2", "in/1 der/1 Nacht/2", WITH_ANY},
    {"at/1 noon/2", "am/1 Mittag/2", WITH_ANY},
    {"at/1 the/1 weekend/2", "am/1 Wochenende/2", WITH_ANY},
    {"in/1 spring/2", "im/1 Frühling/2", WITH_ANY},
    {"in/1 summer/2", "im/1 Sommer/2", WITH_ANY},
    {"in/1 autumn/2", "im/1 Herbst/2", WITH_ANY},
    {"in/1 winter/2", "im/1 Winter/2", WITH_ANY},
    {"on/1 Monday/2", "am/1 Montag/2", WITH_ANY},
    {"on/1 Tuesday/2", "am/1 Dienstag/2", WITH_ANY},
    {"on/1 Wednesday/2", "am/1 Mittwoch/2", WITH_ANY},
    {"on/1 Thursday/2", "am/1 Donnerstag/2", WITH_ANY},
    {"on/1 Friday/2", "am/1 Freitag/2", WITH_ANY},
    {"on/1 Saturday/2", "am/1 Samstag/2", WITH_ANY},
    {"on/1 Sunday/2", "am/1 Sonntag/2", WITH_ANY},
    {"after/1 work/2", "nach/1 der/1 Arbeit/2", WITH_ANY},
    {"before/1 breakfast/2", "vor/1 dem/1 Frühstück/2", WITH_ANY},
    {"during/1 the/1 holidays/2", "in/1 den/1 Ferien/2", WITH_ANY},
};
COUNT(times);

const lt_pair_phrase lt_lexicon_frequencies[] = {
    {"often", "oft", 0},          {"always", "immer", 0},  {"never", "nie", 0},
    {"sometimes", "manchmal", 0}, {"rarely", "selten", 0}, {"usually", "meistens", 0},
};
COUNT(frequencies);

/* use 1: of several, 2: of one */
const lt_pair_phrase lt_lexicon_manners[] = {
    {"slowly", "langsam", 0},       {"quickly", "schnell", 0},
    {"carefully", "vorsichtig", 0}, {"together", "zusammen", 1},
    {"alone", "allein", 2},         {"secretly", "heimlich", 0},
    {"patiently", "geduldig", 0},   {"with/1 pleasure/2", "mit/1 Vergnügen/2", 0},
};
COUNT(manners);

/* use 1: without a comma in English */
const lt_pair_phrase lt_lexicon_openers[] = {
    {"unfortunately", "leider", 0},   {"fortunately", "zum Glück", 0}, {"perhaps", "vielleicht", 1},
    {"of course", "natürlich", 0},    {"therefore", "deshalb", 0},     {"nevertheless", "trotzdem", 0},
    {"apparently", "anscheinend", 0}, {"meanwhile", "inzwischen", 0},
};
COUNT(openers);

/* use: the number of days */
const lt_pair_phrase lt_lexicon_months[] = {
    {"January", "Januar", 31},  {"February", "Februar", 28},  {"March", "März", 31},
    {"April", "April", 30},     {"May", "Mai", 31},           {"June", "Juni", 30},
    {"July", "Juli", 31},       {"August", "August", 31},     {"September", "September", 30},
    {"October", "Oktober", 31}, {"November", "November", 30}, {"December", "Dezember", 31},
};
COUNT(months);

const lt_pair_phrase lt_lexicon_means[] = {
    {"by/1 bus/2", "mit/1 dem/1 Bus/2", 0},          {"by/1 train/2", "mit/1 dem/1 Zug/2", 0},
    {"by/1 car/2", "mit/1 dem/1 Auto/2", 0},         {"by/1 taxi/2", "mit/1 dem/1 Taxi/2", 0},
    {"by/1 tram/2", "mit/1 der/1 Straßenbahn/2", 0},
};
COUNT(means);

#define SAME(name)                                                                                           \
    {                                                                                                        \
        name, name, name                                                                                     \
    }
const lt_name lt_lexicon_people[] = {
    SAME("Anna"),   SAME("Peter"),    SAME("Maria"), SAME("Paul"),    SAME("Julia"), SAME("David"),
    SAME("Laura"),  SAME("Martin"),   SAME("Sarah"), SAME("Michael"), SAME("Eva"),   SAME("Daniel"),
    SAME("Clara"),  SAME("Robert"),   SAME("Nina"),  SAME("Oliver"),  SAME("Emma"),  SAME("Simon"),
    SAME("Hannah"), SAME("Jonathan"), SAME("Sofia"), SAME("Karl"),    SAME("Lena"),  SAME("Anton"),
};
COUNT(people);

#define MR(name)                                                                                             \
    {                                                                                                        \
        "Mr/1 " name "/2", "Herr/1 " name "/2", "Herrn/1 " name "/2"                                         \
    }
#define MRS(name)                                                                                            \
    {                                                                                                        \
        "Mrs/1 " name "/2", "Frau/1 " name "/2", "Frau/1 " name "/2"                                         \
    }
#define DR(name)                                                                                             \
    {                                                                                                        \
        "Dr/1 " name "/2", "Dr./1 " name "/2", "Dr./1 " name "/2"                                            \
    }
const lt_name lt_lexicon_gentry[] = {
    MR("Weber"),    MR("Schneider"), MR("Becker"),  MR("Hoffmann"),    MR("Richter"), MR("Wolf"),
    MRS("Fischer"), MRS("Weber"),    MRS("Klein"),  MRS("Zimmermann"), MRS("Braun"),  MRS("Lehmann"),
    DR("Keller"),   DR("Vogel"),     DR("Winkler"), DR("Baumann"),
};
COUNT(gentry);

#define CITY(en, de)                                                                                         \
    {                                                                                                        \
        en, de, de                                                                                           \
    }
const lt_name lt_lexicon_cities[] = {
    CITY("Berlin", "Berlin"),
    CITY("Munich", "München"),
    CITY("Cologne", "Köln"),
    CITY("Vienna", "Wien"),
    CITY("Hamburg", "Hamburg"),
    CITY("Zurich", "Zürich"),
    CITY("Geneva", "Genf"),
    CITY("Nuremberg", "Nürnberg"),
    CITY("London", "London"),
    CITY("Paris", "Paris"),
    CITY("Rome", "Rom"),
    CITY("Milan", "Mailand"),
    CITY("Venice", "Venedig"),
    CITY("Prague", "Prag"),
    CITY("Warsaw", "Warschau"),
    CITY("Brussels", "Brüssel"),
    CITY("Lisbon", "Lissabon"),
    CITY("Athens", "Athen"),
    CITY("Moscow", "Moskau"),
    CITY("Copenhagen", "Kopenhagen"),
    CITY("Germany", "Deutschland"),
    CITY("France", "Frankreich"),
    CITY("Italy", "Italien"),
    CITY("Spain", "Spanien"),
    CITY("Austria", "Österreich"),
    CITY("Poland", "Polen"),
    CITY("Greece", "Griechenland"),
    CITY("Norway", "Norwegen"),
    CITY("Japan", "Japan"),
    CITY("Canada", "Kanada"),
};
COUNT(cities);

const lt_preposition lt_lexicon_localities[] = {
    {"", "", DATIVE},     {"in", "in", DATIVE},  {"at", "an", DATIVE},
    {"on", "an", DATIVE}, {"on", "auf", DATIVE}, {"at", "auf", DATIVE},
};

const lt_preposition lt_lexicon_surroundings[] = {
    {"in front of", "vor", DATIVE},
    {"behind", "hinter", DATIVE},
    {"next to", "neben", DATIVE},
    {"near", "in der Nähe", GENITIVE},
};
COUNT(surroundings);
