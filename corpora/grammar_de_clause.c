/* German clauses: the finite verb second, first or last, and the order of what lies between. */
#include "corpora/grammar.h"

#include <stdio.h>
#include <string.h>

/* ---- the forms of a verb ---- */

static lt_agreement agreement_of(const lt_clause *clause)
{
    const lt_np *np = clause->subject;
    if (np->kind == NP_PRONOUN && np->pronoun == I_) return FIRST_SINGULAR;
    if (np->kind == NP_PRONOUN && np->pronoun == YOU) return PLURAL_FORM;
    return lt_np_plural(np) ? PLURAL_FORM : THIRD_SINGULAR;
}

typedef struct form {
    char text[48];
} form;

static form form_of(const char *stem, const char *ending)
{
    form f;
    snprintf(f.text, sizeof f.text, "%s%s", stem, ending);
    return f;
}

/* "lesen" makes "lese", "sammeln" makes "sammle", "ändern" makes "ändere". */
static form first_singular(const lt_verb *verb)
{
    if (strcmp(verb->infinitive, "sein") == 0) return form_of("bin", "");
    if (verb->flags & IRREGULAR) return form_of(verb->third, "");
    form f = form_of(verb->infinitive, "");
    size_t length = strlen(f.text);
    if (strcmp(f.text + length - 3, "eln") == 0)
        memcpy(f.text + length - 3, "le", 3);
    else if (f.text[length - 2] == 'e')
        f.text[length - 1] = '\0';
    else
        f.text[length - 1] = 'e';
    return f;
}

/* "las" makes "lasen", "machte" makes "machten". */
static form past_plural(const char *past)
{
    return form_of(past, past[strlen(past) - 1] == 'e' ? "n" : "en");
}

static form finite_main(const lt_verb *verb, lt_agreement agreement, bool past)
{
    if (past) return agreement == PLURAL_FORM ? past_plural(verb->past) : form_of(verb->past, "");
    if (agreement == FIRST_SINGULAR) return first_singular(verb);
    if (agreement == THIRD_SINGULAR) return form_of(verb->third, "");
    return form_of(strcmp(verb->infinitive, "sein") == 0 ? "sind" : verb->infinitive, "");
}

/* haben, sein and werden by agreement, present and past */
static const char *const have[2][3] = {{"habe", "hat", "haben"}, {"hatte", "hatte", "hatten"}};
static const char *const be[2][3] = {{"bin", "ist", "sind"}, {"war", "war", "waren"}};
static const char *const become[2][3] = {{"werde", "wird", "werden"}, {"wurde", "wurde", "wurden"}};

/* ---- the verbs of a clause ---- */

typedef struct link {
    form text;
    int key, second_key;
} link;

/* The finite verb, and the right bracket: "[wird] vorgelesen worden". */
typedef struct verbs {
    link finite;
    link bracket[4];
    size_t count;
} verbs;

static void push(verbs *v, form text, int key)
{
    v->bracket[v->count++] = (link){text, key, 0};
}

/* The infinitive, or of the passive "gelesen werden". */
static void push_infinitive(verbs *v, const lt_clause *clause)
{
    int key = clause->key + KEY_VERB;
    push(v,
         clause->passive ? form_of(clause->verb->participle, "")
                         : form_of(clause->verb->de_prefix, clause->verb->infinitive),
         key);
    if (clause->passive) push(v, form_of("werden", ""), clause->key + KEY_PASSIVE);
}

static void build_modal(verbs *v, const lt_clause *clause, lt_agreement agreement)
{
    const lt_modal *modal = clause->modal;
    bool plural = agreement == PLURAL_FORM;
    form f = form_of(plural ? modal->de_plural : modal->de_singular, "");
    if (clause->tense == PAST) f = plural ? past_plural(modal->de_past) : form_of(modal->de_past, "");
    v->finite = (link){f, clause->key + KEY_MODAL, 0};
    push_infinitive(v, clause);
}

static void build_perfect(verbs *v, const lt_clause *clause, lt_agreement agreement)
{
    bool with_be = clause->passive || clause->verb->flags & SEIN;
    int past = clause->tense == PLUPERFECT;
    v->finite = (link){form_of((with_be ? be : have)[past][agreement], ""), clause->key + KEY_AUXILIARY, 0};
    push(v, form_of(clause->verb->participle, ""), clause->key + KEY_VERB);
    if (clause->passive) push(v, form_of("worden", ""), clause->key + KEY_PASSIVE);
}

static void build_simple(verbs *v, const lt_clause *clause, lt_agreement agreement, bool verb_last)
{
    const lt_verb *verb = clause->verb;
    bool past = clause->tense == PAST;
    int key = clause->key + KEY_VERB;
    if (clause->passive) {
        v->finite = (link){form_of(become[past][agreement], ""), clause->key + KEY_PASSIVE, 0};
        push(v, form_of(verb->participle, ""), key);
        return;
    }
    form f = finite_main(verb, agreement, past);
    v->finite = (link){verb_last ? form_of(verb->de_prefix, f.text) : f, key, 0};
    if (*verb->de_prefix && !verb_last) push(v, form_of(verb->de_prefix, ""), key);
}

/* "zu lesen", "anzurufen" */
static void build_zu(verbs *v, const lt_clause *clause)
{
    const lt_verb *verb = clause->verb;
    int key = clause->key + KEY_VERB, to = clause->key + KEY_LINKING;
    if (*verb->de_prefix) {
        form prefix = form_of(verb->de_prefix, "zu");
        v->bracket[v->count++] = (link){form_of(prefix.text, verb->infinitive), key, to};
    } else {
        push(v, form_of("zu", ""), to);
        push(v, form_of(verb->infinitive, ""), key);
    }
}

static verbs build(const lt_clause *clause, bool verb_last)
{
    verbs v = {.count = 0};
    lt_agreement agreement = agreement_of(clause);
    if (clause->mood == TO_INFINITIVE)
        build_zu(&v, clause);
    else if (clause->modal)
        build_modal(&v, clause, agreement);
    else if (clause->tense == FUTURE)
        v.finite = (link){form_of(become[0][agreement], ""), clause->key + KEY_AUXILIARY, 0},
        push_infinitive(&v, clause);
    else if (clause->tense == PERFECT || clause->tense == PLUPERFECT)
        build_perfect(&v, clause, agreement);
    else
        build_simple(&v, clause, agreement, verb_last);
    return v;
}

static void write_link(lt_words *words, const link *item)
{
    lt_words_add(words, item->text.text, item->key);
    if (item->second_key) lt_words_key(words, item->second_key);
}

/* ---- the middle of a clause ---- */

static bool is_pronoun(const lt_np *np)
{
    return np && np->kind == NP_PRONOUN;
}

/* One that is new to the hearer comes late, and is denied by "kein". */
static bool is_indefinite(const lt_np *np)
{
    return np && np->kind == NP_NOUN && (np->determiner == A || np->determiner == BARE) && !np->owner;
}

static bool is_direct(const lt_clause *clause)
{
    return clause->object && !clause->passive && !*clause->verb->de_preposition;
}

static bool by_kein(const lt_clause *clause)
{
    return clause->negated && is_direct(clause) && is_indefinite(clause->object);
}

static void write_pp(lt_words *words, const lt_pp *pp)
{
    if (pp->np) lt_german_pp(words, pp->preposition->de, pp->key, pp->np, pp->preposition->governs);
}

static void write_object(lt_words *words, const lt_clause *clause)
{
    lt_case c = clause->verb->object_case;
    if (!by_kein(clause)) {
        lt_german_np(words, clause->object, c);
        return;
    }
    lt_np none = *clause->object;
    size_t at = words->count;
    none.determiner = NO;
    lt_german_np(words, &none, c);
    if (at < words->count && at < LT_WORDS_MAX) words->keys[at][1] = (uint16_t)(clause->key + KEY_NOT);
}

static void write_reflexive(lt_words *words, const lt_clause *clause)
{
    const lt_np *subject = clause->subject;
    const char *own = "sich";
    if (!(clause->verb->flags & REFLEXIVE)) return;
    if (is_pronoun(subject) && subject->pronoun == I_) own = "mich";
    if (is_pronoun(subject) && subject->pronoun == WE) own = "uns";
    lt_words_add(words, own, clause->key + KEY_VERB);
}

/* Pronouns that stand for objects come first; there is one at most. One that cannot be taken for the subject
 * comes before a subject that is no pronoun: "Heute sieht mich der Lehrer". */
static bool is_early(const lt_clause *clause)
{
    const lt_np *subject = clause->subject;
    bool dative = is_pronoun(clause->recipient) || clause->verb->object_case == DATIVE;
    const lt_np *pronoun = is_pronoun(clause->recipient) ? clause->recipient : clause->object;
    bool behind = clause->mood == SUBORDINATE || clause->mood == RELATIVE || clause->front != FRONT_SUBJECT;
    bool plain = is_pronoun(subject) || subject->kind == NP_TRACE;
    bool clear =
        dative || (pronoun && pronoun->pronoun != SHE && pronoun->pronoun != THEY && pronoun->pronoun != YOU);
    return behind && !plain && clear && clause->verb->frame <= DITRANSITIVE;
}

static void write_pronouns(lt_words *words, const lt_clause *clause)
{
    if (is_direct(clause) && is_pronoun(clause->object) && clause->front != FRONT_OBJECT)
        write_object(words, clause);
    if (is_pronoun(clause->recipient)) lt_german_np(words, clause->recipient, DATIVE);
}

/* "auf den Bus", "von dem Lehrer" */
static void write_prepositional(lt_words *words, const lt_clause *clause)
{
    const lt_verb *verb = clause->verb;
    const char *preposition = clause->passive ? "von" : verb->de_preposition;
    int key = clause->key + (clause->passive || *verb->en_preposition ? KEY_PREPOSITION : KEY_VERB);
    if (!clause->object || is_direct(clause) || clause->object->kind == NP_TRACE) return;
    lt_german_pp(words, preposition, key, clause->object, clause->passive ? DATIVE : verb->object_case);
}

static void write_predicate(lt_words *words, const lt_clause *clause)
{
    const lt_adjective *adjective = clause->predicate;
    if (!adjective) return;
    if (clause->degree == EQUATIVE) lt_words_add(words, "so", clause->key + KEY_DEGREE);
    lt_words_add(words, clause->degree == COMPARATIVE ? adjective->de_comparative : adjective->de,
                 clause->key + KEY_PREDICATE);
}

/* "als der Lehrer", which comes behind a verb that is last. */
static void write_than(lt_words *words, const lt_clause *clause)
{
    if (!clause->than) return;
    lt_words_add(words, clause->degree == EQUATIVE ? "wie" : "als", clause->key + KEY_THAN);
    lt_german_np(words, clause->than, NOMINATIVE);
}

/* "12,50 Euro", "12.500 Euro" */
static void write_measure(lt_words *words, const lt_clause *clause)
{
    char text[32];
    if (clause->verb->frame != MEASURE) return;
    if (clause->euros >= 1000)
        snprintf(text, sizeof text, "%u.%03u/1 Euro/2", clause->euros / 1000, clause->euros % 1000);
    else if (clause->cents)
        snprintf(text, sizeof text, "%u,%02u/1 Euro/2", clause->euros, clause->cents);
    else
        snprintf(text, sizeof text, "%u/1 Euro/2", clause->euros);
    lt_words_phrase(words, text, clause->key + KEY_MEASURE);
}

static void write_middle(lt_words *words, const lt_clause *clause)
{
    bool object = is_direct(clause) && !is_pronoun(clause->object) && clause->front != FRONT_OBJECT;
    bool late = object && (is_indefinite(clause->object) || clause->verb->frame == EXISTENCE);
    if (!is_early(clause)) write_pronouns(words, clause);
    if (clause->front != FRONT_TIME) lt_german_time(words, &clause->time, clause->key + KEY_TIME);
    if (clause->frequency) lt_words_phrase(words, clause->frequency->de, clause->key + KEY_FREQUENCY);
    if (clause->recipient && !is_pronoun(clause->recipient)) lt_german_np(words, clause->recipient, DATIVE);
    if (object && !late) write_object(words, clause);
    if (clause->negated && !by_kein(clause)) lt_words_add(words, "nicht", clause->key + KEY_NOT);
    if (clause->manner) lt_words_phrase(words, clause->manner->de, clause->key + KEY_MANNER);
    write_pp(words, &clause->companion);
    if (clause->means) lt_words_phrase(words, clause->means->de, clause->key + KEY_MEANS);
    if (clause->front != FRONT_PLACE) write_pp(words, &clause->place);
    write_prepositional(words, clause);
    write_pp(words, &clause->direction);
    if (late) write_object(words, clause);
    write_predicate(words, clause);
    write_measure(words, clause);
}

/* ---- the frame around it ---- */

static void write_complement(lt_words *words, const lt_clause *clause)
{
    if (!clause->complement) return;
    lt_words_comma(words);
    if (clause->verb->frame != INFINITIVE)
        lt_words_add(words, clause->verb->frame == THAT ? "dass" : "ob", clause->key + KEY_LINKING);
    lt_german_clause(words, clause->complement);
    lt_words_comma(words);
}

/* Behind the middle: the bracket, what was held back, and what the verb introduces. */
static void write_end(lt_words *words, const lt_clause *clause, const verbs *v, bool verb_last)
{
    for (size_t i = 0; i < v->count; i++) write_link(words, &v->bracket[i]);
    if (verb_last && clause->mood != TO_INFINITIVE) write_link(words, &v->finite);
    write_than(words, clause);
    if (clause->object && clause->object->extraposed) lt_german_relative(words, clause->object);
    write_complement(words, clause);
}

/* The subject and the reflexive, which comes before a subject that is no pronoun, as other pronouns do. */
static void write_subject(lt_words *words, const lt_clause *clause)
{
    bool pronoun = is_pronoun(clause->subject) || clause->subject->kind == NP_TRACE;
    if (!pronoun) write_reflexive(words, clause);
    if (is_early(clause)) write_pronouns(words, clause);
    lt_german_np(words, clause->subject, NOMINATIVE);
    if (pronoun) write_reflexive(words, clause);
}

static void write_front(lt_words *words, const lt_clause *clause)
{
    switch (clause->front) {
    case FRONT_SUBJECT:
        if (clause->mood == IMPERATIVE)
            lt_words_add(words, "bitte", clause->key + KEY_SUBJECT_MARK);
        else if (clause->mood != SHARED)
            lt_german_np(words, clause->subject, NOMINATIVE);
        break;
    case FRONT_TIME:
        lt_german_time(words, &clause->time, clause->key + KEY_TIME);
        break;
    case FRONT_PLACE:
        write_pp(words, &clause->place);
        break;
    case FRONT_OPENER:
        lt_words_phrase(words, clause->opener->de, clause->key + KEY_OPENER);
        break;
    case FRONT_OBJECT:
        lt_german_np(words, clause->object, clause->verb->object_case);
        break;
    case FRONT_WH:
        lt_words_phrase(words, clause->question->de, clause->key + KEY_SUBJECT_MARK);
        break;
    case FRONT_CLAUSE:
    case FRONT_QUESTION:
        break;
    }
}

/* The finite verb second, or first in questions and requests. */
static void write_verb_second(lt_words *words, const lt_clause *clause)
{
    verbs v = build(clause, false);
    write_front(words, clause);
    write_link(words, &v.finite);
    if (clause->mood == IMPERATIVE || clause->front != FRONT_SUBJECT)
        write_subject(words, clause);
    else
        write_reflexive(words, clause);
    write_middle(words, clause);
    write_end(words, clause, &v, false);
}

static void write_relative_pronoun(lt_words *words, const lt_clause *clause)
{
    const lt_verb *verb = clause->verb;
    bool subject = clause->subject->kind == NP_TRACE;
    const lt_np *head = subject ? clause->subject->head : clause->object->head;
    int key = clause->key + (*verb->en_preposition ? KEY_PREPOSITION : KEY_VERB);
    if (!subject) lt_words_add(words, verb->de_preposition, key);
    lt_words_add(words, lt_german_relative_pronoun(head, subject ? NOMINATIVE : verb->object_case),
                 head->key + KEY_RELATIVE);
}

static void write_verb_last(lt_words *words, const lt_clause *clause)
{
    verbs v = build(clause, true);
    if (clause->mood == RELATIVE) write_relative_pronoun(words, clause);
    if (clause->mood == TO_INFINITIVE)
        write_reflexive(words, clause);
    else
        write_subject(words, clause);
    write_middle(words, clause);
    write_end(words, clause, &v, true);
}

void lt_german_clause(lt_words *words, const lt_clause *clause)
{
    if (clause->mood == SUBORDINATE || clause->mood == RELATIVE || clause->mood == TO_INFINITIVE)
        write_verb_last(words, clause);
    else
        write_verb_second(words, clause);
}

void lt_german_sentence(lt_words *words, const lt_plan *plan)
{
    lt_words_init(words);
    if (plan->second_first) {
        lt_words_phrase(words, plan->link->de, plan->link_key);
        lt_german_clause(words, plan->second);
        lt_words_comma(words);
        lt_german_clause(words, plan->first);
    } else {
        lt_german_clause(words, plan->first);
        if (plan->join == JOIN_SUBORDINATE || (plan->second && plan->link->use)) lt_words_comma(words);
        if (plan->second) lt_words_phrase(words, plan->link->de, plan->link_key);
        if (plan->second) lt_german_clause(words, plan->second);
    }
    lt_words_end(words, plan->mark);
}
