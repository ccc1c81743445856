/* Drawing clauses: a verb, what it asks for, and what may be added. */
#include "corpora/grammar.h"

/* ---- the verb ---- */

/* Of a hundred clauses or so, how many have a verb of the frame. */
static const unsigned frame_weights[FRAMES] = {
    [INTRANSITIVE] = 16, [TRANSITIVE] = 46, [DITRANSITIVE] = 9, [MOTION] = 8,     [TRAVEL] = 4,
    [DWELLING] = 3,      [THAT] = 6,        [WHETHER] = 2,      [INFINITIVE] = 6, [COPULA] = 12,
    [EXISTENCE] = 3,     [WEATHER] = 2,     [MEASURE] = 2,
};

static lt_frame draw_frame(lt_plan *plan)
{
    unsigned total = 0, frame = 0;
    for (size_t i = 0; i < FRAMES; i++) total += frame_weights[i];
    unsigned dice = lt_plan_below(plan, total);
    while (dice >= frame_weights[frame]) dice -= frame_weights[frame++];
    return (lt_frame)frame;
}

static bool nests(lt_frame frame)
{
    return frame == THAT || frame == WHETHER || frame == INFINITIVE;
}

/* May the verb stand in the clause wished for? */
static bool fits(const lt_verb *verb, const lt_wish *wish, bool passive, bool object_trace)
{
    unsigned theme = passive ? verb->object : verb->subject;
    if (passive && (verb->frame != TRANSITIVE || verb->flags & ACTIVE)) return false;
    if (wish->mood == IMPERATIVE && !(verb->flags & REQUEST)) return false;
    if (wish->mood == TO_INFINITIVE && verb->frame >= COPULA) return false;
    if (nests(verb->frame) && (wish->depth >= 2 || wish->question)) return false;
    if (wish->subject && !(theme & lt_np_classes(wish->subject))) return false;
    if (!wish->trace) return true;
    if (!object_trace) return theme & lt_np_classes(wish->trace);
    return verb->frame == TRANSITIVE && verb->object & lt_np_classes(wish->trace);
}

static const lt_verb *verb_of(lt_plan *plan, lt_frame frame, const lt_wish *wish, bool passive,
                              bool object_trace)
{
    unsigned count = 0;
    for (size_t i = 0; i < lt_lexicon_verbs_count; i++)
        count +=
            lt_lexicon_verbs[i].frame == frame && fits(&lt_lexicon_verbs[i], wish, passive, object_trace);
    if (!count) return NULL;
    unsigned wanted = lt_plan_below(plan, count);
    for (size_t i = 0;; i++)
        if (lt_lexicon_verbs[i].frame == frame && fits(&lt_lexicon_verbs[i], wish, passive, object_trace) &&
            wanted-- == 0)
            return &lt_lexicon_verbs[i];
}

/* Draws until something fits: the copula and the passive make sure that something does. */
static bool draw_verb(lt_plan *plan, lt_clause *clause, const lt_wish *wish)
{
    bool object_trace;
    clause->verb = NULL;
    do {
        object_trace = wish->trace && lt_plan_chance(plan, 40);
        clause->passive = !object_trace && wish->mood != IMPERATIVE && wish->mood != TO_INFINITIVE &&
                          lt_plan_chance(plan, wish->trace ? 15 : 9);
        lt_frame frame = clause->passive ? TRANSITIVE : draw_frame(plan);
        clause->verb = verb_of(plan, frame, wish, clause->passive, object_trace);
    } while (!clause->verb);
    return object_trace;
}

/* ---- tense ---- */

static void draw_modal(lt_plan *plan, lt_clause *clause)
{
    const lt_modal *modal = &lt_lexicon_modals[lt_plan_below(plan, (unsigned)lt_lexicon_modals_count)];
    if (clause->tense == PAST && !modal->en_past) return;
    if (clause->negated && !modal->negatable) return;
    if (!(lt_np_classes(clause->subject) & PERSON)) return;
    clause->modal = modal;
}

static void draw_tense(lt_plan *plan, lt_clause *clause, const lt_wish *wish)
{
    unsigned dice = lt_plan_below(plan, 100);
    bool bare = wish->mood == IMPERATIVE || wish->mood == TO_INFINITIVE;
    if (wish->tense >= 0)
        clause->tense = (lt_tense)wish->tense;
    else if (bare)
        clause->tense = PRESENT;
    else if (wish->past)
        clause->tense = dice < 96 ? PAST : PLUPERFECT;
    else
        clause->tense = dice < 66 ? PRESENT : dice < 83 ? PERFECT : FUTURE;
    bool simple = (clause->tense == PRESENT || clause->tense == PAST) && !bare;
    if (simple && clause->verb->frame < COPULA && lt_plan_chance(plan, 16)) draw_modal(plan, clause);
    clause->progressive = simple && !clause->modal && !clause->passive && !(clause->verb->flags & STATIVE) &&
                          lt_plan_chance(plan, 35);
}

/* ---- what the verb asks for ---- */

/* "I see me" and "we see me" are to be avoided. */
static void avoid_clash(const lt_np *subject, lt_np *object)
{
    if (subject->kind != NP_PRONOUN || object->kind != NP_PRONOUN) return;
    bool first = subject->pronoun == I_ || subject->pronoun == WE;
    bool clash = first ? object->pronoun == I_ || object->pronoun == WE
                       : subject->pronoun == YOU && object->pronoun == YOU;
    if (!clash) return;
    object->pronoun = THEY;
    object->plural = true;
}

static lt_np *draw_object(lt_plan *plan, const lt_clause *clause, unsigned classes, unsigned depth)
{
    unsigned flags = clause->negated ? NP_DEFINITE : 0;
    bool direct = !*clause->verb->de_preposition && clause->verb->object_case == ACCUSATIVE;
    if (clause->negated && direct && lt_plan_chance(plan, 45)) flags = NP_INDEFINITE;
    if (clause->verb->flags & TO_ONLY)
        flags |= NP_SIMPLE; /* the recipient must not part it from its clause */
    lt_np *object = lt_draw_np(plan, classes, depth, flags);
    avoid_clash(clause->subject, object);
    if (object->determiner == NO && clause->mood == IMPERATIVE) object->determiner = THE;
    object->extraposed = true;
    return object;
}

static void draw_transitive(lt_plan *plan, lt_clause *clause, const lt_wish *wish, bool object_trace)
{
    if (object_trace)
        clause->object = wish->trace;
    else if (!clause->passive)
        clause->object = draw_object(plan, clause, clause->verb->object, wish->depth);
    else if (lt_plan_chance(plan, 50)) {
        clause->object = lt_draw_np(plan, PERSON, wish->depth, NP_NO_PRONOUN);
        clause->object->extraposed = true;
    }
}

static void draw_recipient(lt_plan *plan, lt_clause *clause)
{
    clause->recipient = lt_draw_np(plan, PERSON, 2, NP_SIMPLE | (clause->negated ? NP_DEFINITE : 0));
    avoid_clash(clause->subject, clause->recipient);
    clause->recipient_behind = clause->verb->flags & TO_ONLY || lt_plan_chance(plan, 40);
}

static void draw_direction(lt_plan *plan, lt_clause *clause)
{
    static const lt_preposition to_place = {"to", "zu", DATIVE}, to_city = {"to", "nach", DATIVE};
    lt_pp *pp = &clause->direction;
    bool city = clause->verb->frame == TRAVEL;
    pp->key = lt_plan_keys(plan, 2);
    pp->preposition = city ? &to_city : &to_place;
    pp->np = city ? lt_draw_city(plan) : lt_draw_np(plan, PLACE, 2, NP_DEFINITE | NP_SIMPLE | NP_NO_AND);
    if (clause->verb->flags & RIDE && lt_plan_chance(plan, 25))
        clause->means = &lt_lexicon_means[lt_plan_below(plan, (unsigned)lt_lexicon_means_count)];
}

static void draw_predicate(lt_plan *plan, lt_clause *clause)
{
    unsigned classes = lt_np_classes(clause->subject);
    const lt_adjective *adjective;
    do adjective = &lt_lexicon_adjectives[lt_plan_below(plan, (unsigned)lt_lexicon_adjectives_count)];
    while (!(adjective->classes & classes) || adjective == clause->subject->adjective[0] ||
           adjective == clause->subject->adjective[1]);
    clause->predicate = adjective;
    if (!adjective->en_comparative || clause->tense > PAST || clause->negated || !lt_plan_chance(plan, 30))
        return;
    clause->degree = lt_plan_chance(plan, 70) ? COMPARATIVE : EQUATIVE;
    clause->than = lt_draw_np(plan, classes & adjective->classes, 2,
                              NP_NO_PRONOUN | NP_DEFINITE | NP_SIMPLE | NP_NO_AND);
}

static void draw_existence(lt_plan *plan, lt_clause *clause, unsigned depth)
{
    static const lt_determiner determiners[] = {A, A, BARE, MANY, SEVERAL, NUMBER, NO};
    lt_np *np = lt_draw_np(plan, BUILDING, depth, NP_INDEFINITE | NP_NO_AND);
    np->determiner = determiners[lt_plan_below(plan, 7)];
    np->plural = np->determiner != A && np->determiner != NO;
    np->number = 2 + lt_plan_below(plan, 11);
    np->extraposed = true;
    if (np->determiner == NO) np->adjective[0] = np->adjective[1] = NULL;
    clause->object = np;
    clause->place.key = lt_plan_keys(plan, 2);
    clause->place.np = lt_plan_chance(plan, 60)
                           ? lt_draw_city(plan)
                           : lt_draw_np(plan, TOWN, 2, NP_DEFINITE | NP_SIMPLE | NP_NO_AND);
    clause->place.preposition = &lt_lexicon_localities[IN_IN];
}

static void draw_complement(lt_plan *plan, lt_clause *clause, const lt_wish *wish)
{
    lt_wish inner = {.mood = SUBORDINATE,
                     .depth = wish->depth + 1,
                     .tense = -1,
                     .past = clause->tense == PAST || clause->tense == PLUPERFECT};
    if (clause->verb->frame == INFINITIVE) {
        inner.mood = TO_INFINITIVE;
        inner.subject = clause->subject;
        inner.tense = PRESENT;
        inner.depth = 2;
    }
    clause->complement = lt_draw_clause(plan, &inner);
}

static void draw_arguments(lt_plan *plan, lt_clause *clause, const lt_wish *wish, bool object_trace)
{
    switch (clause->verb->frame) {
    case TRANSITIVE:
        draw_transitive(plan, clause, wish, object_trace);
        break;
    case DITRANSITIVE:
        draw_recipient(plan, clause);
        clause->object = draw_object(plan, clause, clause->verb->object, wish->depth);
        if (clause->object->relative) clause->recipient_behind = false;
        break;
    case MOTION:
    case TRAVEL:
        draw_direction(plan, clause);
        break;
    case DWELLING:
        lt_draw_place(plan, &clause->place, 2);
        break;
    case THAT:
    case WHETHER:
    case INFINITIVE:
        draw_complement(plan, clause, wish);
        break;
    case COPULA:
        draw_predicate(plan, clause);
        break;
    case EXISTENCE:
        draw_existence(plan, clause, wish->depth);
        break;
    case MEASURE:
        clause->euros =
            lt_plan_chance(plan, 80) ? 2 + lt_plan_below(plan, 98) : 100 + lt_plan_below(plan, 24900);
        clause->cents = clause->euros < 100 && lt_plan_chance(plan, 60) ? 5 + 5 * lt_plan_below(plan, 19) : 0;
        break;
    default:
        break;
    }
}

static void draw_subject(lt_plan *plan, lt_clause *clause, const lt_wish *wish, bool object_trace)
{
    unsigned classes = clause->passive ? clause->verb->object : clause->verb->subject;
    unsigned flags = clause->negated ? NP_DEFINITE : 0;
    if (wish->trace && !object_trace)
        clause->subject = wish->trace;
    else if (wish->subject)
        clause->subject = wish->subject;
    else if (clause->verb->frame == EXISTENCE)
        clause->subject = lt_draw_pronoun(plan, THERE);
    else if (clause->verb->frame == WEATHER)
        clause->subject = lt_draw_pronoun(plan, IT);
    else
        clause->subject = lt_draw_np(plan, classes, wish->depth, flags);
}

/* ---- what may be added ---- */

static void draw_counted_time(lt_plan *plan, lt_clause *clause, lt_time *time)
{
    static const lt_pair_phrase units[] = {
        {"days", "Tagen", 0}, {"weeks", "Wochen", 0}, {"months", "Monaten", 0}, {"years", "Jahren", 0}};
    unsigned dice = lt_plan_below(plan, 4);
    if (clause->tense != PAST && dice > 1) dice -= 2;
    time->kind = dice == 0 ? TIME_CLOCK : dice == 1 ? TIME_DATE : dice == 2 ? TIME_YEAR : TIME_AGO;
    if (time->kind == TIME_CLOCK) {
        time->number = 1 + lt_plan_below(plan, 12);
        time->minutes = 15 * lt_plan_below(plan, 4);
    } else if (time->kind == TIME_DATE) {
        time->phrase = &lt_lexicon_months[lt_plan_below(plan, (unsigned)lt_lexicon_months_count)];
        time->number = 1 + lt_plan_below(plan, time->phrase->use);
    } else if (time->kind == TIME_YEAR) {
        time->number = 1900 + lt_plan_below(plan, 125);
    } else {
        time->phrase = &units[lt_plan_below(plan, 4)];
        time->number = 2 + lt_plan_below(plan, 11);
    }
}

static void draw_time(lt_plan *plan, lt_clause *clause)
{
    unsigned with = clause->tense == PAST                         ? WITH_PAST
                    : clause->tense == FUTURE                     ? WITH_FUTURE
                    : clause->mood == IMPERATIVE || clause->modal ? WITH_PRESENT | WITH_FUTURE
                                                                  : WITH_PRESENT;
    bool timeless = clause->tense == PERFECT || clause->tense == PLUPERFECT;
    if (clause->mood == TO_INFINITIVE) with = WITH_ANY;
    if (timeless || clause->verb->frame == MEASURE) return;
    bool lasting = clause->verb->flags & STATIVE && clause->tense != PAST;
    if (clause->mood != TO_INFINITIVE && !lasting && lt_plan_chance(plan, 20)) {
        draw_counted_time(plan, clause, &clause->time);
        return;
    }
    const lt_pair_phrase *phrase = &lt_lexicon_times[lt_plan_below(plan, (unsigned)lt_lexicon_times_count)];
    if (clause->mood == TO_INFINITIVE ? phrase->use != WITH_ANY : !(phrase->use & with)) return;
    if (clause->verb->flags & STATIVE && clause->tense == PRESENT && phrase->use == WITH_ANY) return;
    if (phrase->use & HABITUAL && (clause->progressive || clause->negated || clause->verb->frame == COPULA))
        return;
    clause->time = (lt_time){.kind = TIME_PHRASE, .phrase = phrase};
}

static bool says_no(const lt_np *np)
{
    return np && np->kind == NP_NOUN && np->determiner == NO;
}

static void draw_frequency(lt_plan *plan, lt_clause *clause)
{
    bool fits_tense = clause->tense == PRESENT || clause->tense == PAST || clause->tense == PERFECT;
    if (!fits_tense || clause->progressive || clause->negated || clause->time.kind || clause->modal) return;
    if (clause->mood == IMPERATIVE || clause->mood == TO_INFINITIVE || clause->verb->frame >= EXISTENCE)
        return;
    if (clause->verb->frame == COPULA && clause->degree != POSITIVE) return;
    if (says_no(clause->subject) || says_no(clause->object)) return;
    clause->frequency = &lt_lexicon_frequencies[lt_plan_below(plan, (unsigned)lt_lexicon_frequencies_count)];
}

/* Together wants several, alone wants one. */
static void draw_manner(lt_plan *plan, lt_clause *clause)
{
    const lt_pair_phrase *manner =
        &lt_lexicon_manners[lt_plan_below(plan, (unsigned)lt_lexicon_manners_count)];
    bool active = clause->verb->flags & REQUEST && !clause->passive && clause->verb->frame <= DITRANSITIVE;
    bool plural = lt_np_plural(clause->subject);
    if (!active || (manner->use == 1 && !plural) || (manner->use == 2 && plural)) return;
    if (!(lt_np_classes(clause->subject) & PERSON)) return;
    clause->manner = manner;
}

static void draw_companion(lt_plan *plan, lt_clause *clause)
{
    static const lt_preposition with = {"with", "mit", DATIVE};
    lt_frame frame = clause->verb->frame;
    bool fits_frame = frame == INTRANSITIVE || frame == MOTION || frame == TRAVEL;
    if (!fits_frame || clause->manner || clause->means || !(lt_np_classes(clause->subject) & PERSON)) return;
    clause->companion.key = lt_plan_keys(plan, 2);
    clause->companion.preposition = &with;
    clause->companion.np = lt_draw_np(plan, PERSON, 2, NP_NO_PRONOUN | NP_DEFINITE | NP_SIMPLE | NP_NO_AND);
}

static void draw_scene(lt_plan *plan, lt_clause *clause)
{
    bool fits_frame = clause->verb->frame == INTRANSITIVE ||
                      (clause->verb->frame == TRANSITIVE && !(clause->verb->flags & STATIVE));
    if (!fits_frame || clause->companion.np) return;
    if (clause->object && lt_np_classes(clause->object) & PLACE) return;
    if (lt_np_classes(clause->subject) & PLACE) return;
    lt_draw_place(plan, &clause->place, 2);
}

static void draw_additions(lt_plan *plan, lt_clause *clause, const lt_wish *wish)
{
    bool heavy =
        clause->object && clause->object->relative; /* nothing may follow: it would seem to belong there */
    bool frontable = wish->mood == MAIN && !wish->plain;
    if (lt_plan_chance(plan, wish->depth == 0 ? 55 : 22)) draw_time(plan, clause);
    if (heavy && clause->verb->frame == EXISTENCE) {
        if (!frontable) clause->object->relative = NULL;
        clause->time.kind = NO_TIME;
        clause->front = frontable ? FRONT_PLACE : FRONT_SUBJECT;
    } else if (heavy || clause->complement) {
        clause->front = clause->time.kind && frontable ? FRONT_TIME : FRONT_SUBJECT;
        if (!frontable) clause->time.kind = NO_TIME;
    }
    if (lt_plan_chance(plan, 14)) draw_frequency(plan, clause);
    if (heavy) return;
    if (lt_plan_chance(plan, 12)) draw_manner(plan, clause);
    if (lt_plan_chance(plan, 12)) draw_companion(plan, clause);
    if (lt_plan_chance(plan, wish->depth == 0 ? 26 : 14)) draw_scene(plan, clause);
}

/* ---- what comes first ---- */

static void draw_front(lt_plan *plan, lt_clause *clause)
{
    if (clause->front != FRONT_SUBJECT) return;
    if (lt_plan_chance(plan, 8)) {
        clause->opener = &lt_lexicon_openers[lt_plan_below(plan, (unsigned)lt_lexicon_openers_count)];
        clause->front = FRONT_OPENER;
    } else if (clause->time.kind && lt_plan_chance(plan, 45)) {
        clause->front = FRONT_TIME;
    } else if (clause->place.np && clause->verb->frame != DWELLING && lt_plan_chance(plan, 30)) {
        clause->front = FRONT_PLACE;
    }
}

static bool plain_object(const lt_clause *clause)
{
    return clause->verb->frame == TRANSITIVE && !clause->passive && !*clause->verb->de_preposition;
}

/* "Who ...", "Which student ...", "What does ...", "Why does ...", or just "Does ...". */
static void draw_question(lt_plan *plan, lt_clause *clause)
{
    static const lt_pair_phrase why = {"why", "warum", 0}, when = {"when", "wann", 0},
                                where = {"where", "wo", 0};
    unsigned dice = lt_plan_below(plan, 100);
    clause->front = FRONT_WH;
    if (dice < 18 && lt_np_classes(clause->subject) & PERSON && clause->verb->frame < COPULA) {
        if (clause->subject->kind == NP_NOUN && clause->subject->determiner <= THIS &&
            clause->subject->noun->en_plural)
            clause->subject->determiner = WHICH, clause->subject->owner = NULL;
        else
            clause->subject = lt_draw_pronoun(plan, WHO);
        if (clause->manner && clause->manner->use) clause->manner = NULL;
        clause->front = FRONT_SUBJECT;
    } else if (dice < 36 && plain_object(clause) && !clause->negated) {
        bool person =
            lt_np_classes(clause->object) & (PERSON | ANIMAL) || clause->verb->object_case == DATIVE;
        clause->object = lt_draw_pronoun(plan, person ? WHO : WHAT);
        clause->front = FRONT_OBJECT;
    } else if (dice < 50) {
        clause->question = &why;
    } else if (dice < 58 && !clause->time.kind && !clause->frequency && !clause->progressive) {
        clause->question = &when;
    } else if (dice < 66 && !clause->place.np && clause->verb->frame <= TRANSITIVE) {
        clause->question = &where;
    } else {
        clause->front = FRONT_QUESTION;
    }
}

/* Without the negation, which asks for an answer of its own. */
static bool draw_negation(lt_plan *plan, const lt_clause *clause, const lt_wish *wish)
{
    lt_frame frame = clause->verb->frame;
    if (frame == EXISTENCE || wish->question || wish->positive) return false;
    const lt_np *given = wish->trace ? wish->trace->head : wish->subject;
    if (given && given->kind == NP_NOUN && given->determiner >= EVERY && !wish->trace) return false;
    return lt_plan_chance(plan, 11);
}

lt_clause *lt_draw_clause(lt_plan *plan, const lt_wish *wish)
{
    lt_clause *clause = lt_plan_clause(plan);
    clause->mood = wish->mood;
    bool object_trace = draw_verb(plan, clause, wish);
    clause->negated = draw_negation(plan, clause, wish);
    draw_subject(plan, clause, wish, object_trace);
    draw_tense(plan, clause, wish);
    draw_arguments(plan, clause, wish, object_trace);
    draw_additions(plan, clause, wish);
    if (wish->question)
        draw_question(plan, clause);
    else if (!wish->plain && wish->mood == MAIN)
        draw_front(plan, clause);
    return clause;
}
