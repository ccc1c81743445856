/* English clauses: the chain of verbs with "do", and the order of the rest. */
#include "corpora/grammar.h"

#include <stdio.h>
#include <string.h>

/* ---- the chain of verbs ---- */

typedef struct link {
    const char *text;
    int key;
} link;

enum { CHAIN_MAX = 8 };

/* "will not have been read": the first is finite. */
typedef struct chain {
    link items[CHAIN_MAX];
    size_t count;
    size_t lead;   /* how many words behind the finite one belong to it: "[wants] to", "[would] like to" */
    bool be, main; /* the finite one is a form of "be"; is the main verb */
} chain;

static void push(chain *c, const char *text, int key)
{
    c->items[c->count++] = (link){text, key};
}

static lt_agreement agreement_of(const lt_clause *clause)
{
    const lt_np *np = clause->verb->frame == EXISTENCE ? clause->object : clause->subject;
    if (np->kind == NP_PRONOUN && np->pronoun == I_) return FIRST_SINGULAR;
    if (np->kind == NP_PRONOUN && np->pronoun == YOU) return PLURAL_FORM;
    return lt_np_plural(np) ? PLURAL_FORM : THIRD_SINGULAR;
}

static const char *finite_be(lt_agreement agreement, bool past)
{
    if (past) return agreement == PLURAL_FORM ? "were" : "was";
    return agreement == FIRST_SINGULAR ? "am" : agreement == PLURAL_FORM ? "are" : "is";
}

static bool is_be(const lt_verb *verb)
{
    return strcmp(verb->en.base, "be") == 0;
}

static const char *finite_main(const lt_clause *clause, lt_agreement agreement, bool past)
{
    const lt_verb *verb = clause->verb;
    if (is_be(verb)) return finite_be(agreement, past);
    return past ? verb->en.past : agreement == THIRD_SINGULAR ? verb->en.third : verb->en.base;
}

/* "does" and what it stands before; the form that follows is the bare one. */
static void push_do(chain *c, lt_agreement agreement, bool past, int key)
{
    push(c, past ? "did" : agreement == THIRD_SINGULAR ? "does" : "do", key);
}

static void push_modal(chain *c, const lt_clause *clause, lt_agreement agreement, bool past, bool with_do)
{
    const lt_modal *modal = clause->modal;
    int key = clause->key + KEY_MODAL;
    bool third = agreement == THIRD_SINGULAR;
    if (with_do) push_do(c, agreement, past, key);
    push(c, with_do ? modal->en : past ? modal->en_past : third ? modal->en_third : modal->en, key);
    if (*modal->en_tail) push(c, modal->en_tail, key);
    c->lead = with_do ? 0 : c->count - 1;
}

/* Everything behind the auxiliary of tense or the modal: "be read", "read". */
static void push_bare(chain *c, const lt_clause *clause)
{
    if (clause->passive) push(c, "be", clause->key + KEY_PASSIVE);
    push(c, clause->passive ? clause->verb->en.participle : clause->verb->en.base, clause->key + KEY_VERB);
}

static void push_perfect(chain *c, const lt_clause *clause, lt_agreement agreement)
{
    bool past = clause->tense == PLUPERFECT;
    push(c, past ? "had" : agreement == THIRD_SINGULAR ? "has" : "have", clause->key + KEY_AUXILIARY);
    if (clause->passive) push(c, "been", clause->key + KEY_PASSIVE);
    push(c, clause->verb->en.participle, clause->key + KEY_VERB);
}

static void push_simple(chain *c, const lt_clause *clause, lt_agreement agreement, bool past, bool with_do)
{
    int key = clause->key + KEY_VERB;
    c->be = clause->passive || clause->progressive || is_be(clause->verb);
    if (clause->passive) {
        push(c, finite_be(agreement, past), clause->key + KEY_PASSIVE);
        push(c, clause->verb->en.participle, key);
    } else if (clause->progressive) {
        push(c, finite_be(agreement, past), key);
        push(c, clause->verb->en.ing, key);
    } else if (with_do && !c->be) {
        push_do(c, agreement, past, key);
        push(c, clause->verb->en.base, key);
    } else {
        c->main = true;
        push(c, finite_main(clause, agreement, past), key);
    }
}

/* `with_do`: negated or a question, so that a full verb wants "do". */
static void build(chain *c, const lt_clause *clause, bool with_do)
{
    lt_agreement agreement = agreement_of(clause);
    bool past = clause->tense == PAST || clause->tense == PLUPERFECT;
    memset(c, 0, sizeof *c);
    if (clause->mood == IMPERATIVE || clause->mood == TO_INFINITIVE) {
        if (clause->negated && clause->mood == IMPERATIVE) push(c, "do", clause->key + KEY_NOT);
        push_bare(c, clause);
        c->main = !clause->negated;
    } else if (clause->modal) {
        push_modal(c, clause, agreement, past, with_do && clause->modal->lexical);
        push_bare(c, clause);
    } else if (clause->tense == FUTURE) {
        push(c, "will", clause->key + KEY_AUXILIARY);
        push_bare(c, clause);
    } else if (clause->tense == PERFECT || clause->tense == PLUPERFECT) {
        push_perfect(c, clause, agreement);
    } else {
        push_simple(c, clause, agreement, past, with_do);
    }
}

/* ---- the order ---- */

static bool inverted(const lt_clause *clause)
{
    return clause->front == FRONT_QUESTION || clause->front == FRONT_WH || clause->front == FRONT_OBJECT;
}

static void write_not(lt_words *words, const lt_clause *clause, const chain *c)
{
    int key = clause->key + KEY_NOT;
    if (strcmp(c->items[0].text, "can") == 0 && !inverted(clause)) {
        lt_words_attach(words, "not");
        lt_words_key(words, key);
    } else {
        lt_words_add(words, "not", key);
    }
}

/* The verbs with whatever stands between them: subject of a question, "not", "often". */
static void write_verbs(lt_words *words, const lt_clause *clause)
{
    chain c;
    build(&c, clause, clause->negated || inverted(clause));
    bool early = c.main && !c.be; /* "often reads", but "is often tired" */
    int key = clause->key + KEY_FREQUENCY;
    if (clause->mood == TO_INFINITIVE && clause->negated) lt_words_add(words, "not", clause->key + KEY_NOT);
    if (clause->mood == TO_INFINITIVE) lt_words_add(words, "to", clause->key + KEY_LINKING);
    if (early && clause->frequency) lt_words_phrase(words, clause->frequency->en, key);
    lt_words_add(words, c.items[0].text, c.items[0].key);
    if (inverted(clause)) lt_english_np(words, clause->subject, false);
    if (clause->negated && clause->mood != TO_INFINITIVE) write_not(words, clause, &c);
    for (size_t i = 1; i < c.count; i++) {
        if (i == c.lead + 1 && !early && clause->frequency)
            lt_words_phrase(words, clause->frequency->en, key);
        lt_words_add(words, c.items[i].text, c.items[i].key);
    }
    if (c.count == 1 && !early && clause->frequency) lt_words_phrase(words, clause->frequency->en, key);
}

static void write_pp(lt_words *words, const lt_pp *pp)
{
    if (!pp->np) return;
    lt_words_phrase(words, pp->preposition->en, pp->key);
    lt_english_np(words, pp->np, true);
}

/* "to", which in German is in the case of whatever comes first: article, pronoun, name or title. */
static void write_to(lt_words *words, const lt_np *recipient)
{
    const lt_np *np = recipient->kind == NP_AND ? recipient->left : recipient;
    bool noun = np->kind == NP_NOUN && np->determiner != BARE;
    lt_words_add(words, "to", np->key + (noun ? KEY_DET : np->kind == NP_NAME ? KEY_NAME : KEY_NOUN));
    if (np->kind == NP_NAME) lt_words_key(words, np->key + KEY_NAME + 1);
}

static void write_object(lt_words *words, const lt_clause *clause)
{
    const lt_verb *verb = clause->verb;
    const lt_np *object = clause->front == FRONT_OBJECT ? NULL : clause->object;
    int key = clause->key + KEY_PREPOSITION;
    /* "picks him up", but "picks up the boy" */
    bool late = object && object->kind == NP_PRONOUN && !*verb->en_preposition && !clause->passive;
    bool swapped = clause->recipient && !clause->recipient_behind;
    if (!late) lt_words_add(words, verb->en_particle, clause->key + KEY_VERB);
    lt_words_add(words, verb->en_preposition, *verb->de_preposition ? key : clause->key + KEY_VERB);
    if (clause->passive && object) lt_words_add(words, "by", key);
    if (swapped) lt_english_np(words, clause->recipient, true);
    if (object) lt_english_np(words, object, true);
    if (late) lt_words_add(words, verb->en_particle, clause->key + KEY_VERB);
    if (clause->recipient && !swapped) {
        write_to(words, clause->recipient);
        lt_english_np(words, clause->recipient, true);
    }
}

static void write_predicate(lt_words *words, const lt_clause *clause)
{
    const lt_adjective *adjective = clause->predicate;
    int key = clause->key + KEY_PREDICATE;
    if (!adjective) return;
    if (clause->degree == EQUATIVE) lt_words_add(words, "as", clause->key + KEY_DEGREE);
    lt_words_add(words, clause->degree == COMPARATIVE ? adjective->en_comparative : adjective->en, key);
    if (!clause->than) return;
    lt_words_add(words, clause->degree == EQUATIVE ? "as" : "than", clause->key + KEY_THAN);
    lt_english_np(words, clause->than, false);
}

/* "12.50 euros", "12,500 euros" */
static void write_measure(lt_words *words, const lt_clause *clause)
{
    char text[32];
    int key = clause->key + KEY_MEASURE;
    if (clause->euros >= 1000)
        snprintf(text, sizeof text, "%u,%03u/1 euros/2", clause->euros / 1000, clause->euros % 1000);
    else if (clause->cents)
        snprintf(text, sizeof text, "%u.%02u/1 euros/2", clause->euros, clause->cents);
    else
        snprintf(text, sizeof text, "%u/1 euros/2", clause->euros);
    lt_words_phrase(words, text, key);
}

static void write_complement(lt_words *words, const lt_clause *clause)
{
    lt_frame frame = clause->verb->frame;
    if (!clause->complement) return;
    if (frame != INFINITIVE)
        lt_words_add(words, frame == THAT ? "that" : "whether", clause->key + KEY_LINKING);
    lt_english_clause(words, clause->complement);
}

static void write_rest(lt_words *words, const lt_clause *clause)
{
    write_object(words, clause);
    write_predicate(words, clause);
    if (clause->verb->frame == MEASURE) write_measure(words, clause);
    if (clause->manner) lt_words_phrase(words, clause->manner->en, clause->key + KEY_MANNER);
    write_pp(words, &clause->companion);
    write_pp(words, &clause->direction);
    if (clause->means) lt_words_phrase(words, clause->means->en, clause->key + KEY_MEANS);
    if (clause->front != FRONT_PLACE) write_pp(words, &clause->place);
    if (clause->front != FRONT_TIME) lt_english_time(words, &clause->time, clause->key + KEY_TIME);
    write_complement(words, clause);
}

/* What stands before the subject. */
static void write_front(lt_words *words, const lt_clause *clause)
{
    switch (clause->front) {
    case FRONT_TIME: {
        size_t before = words->count;
        lt_english_time(words, &clause->time, clause->key + KEY_TIME);
        if (words->count - before > 1) lt_words_comma(words);
        break;
    }
    case FRONT_PLACE:
        write_pp(words, &clause->place);
        lt_words_comma(words);
        break;
    case FRONT_OPENER:
        lt_words_phrase(words, clause->opener->en, clause->key + KEY_OPENER);
        if (!clause->opener->use) lt_words_comma(words);
        break;
    case FRONT_OBJECT:
        lt_english_np(words, clause->object, true);
        break;
    case FRONT_WH:
        lt_words_phrase(words, clause->question->en, clause->key + KEY_SUBJECT_MARK);
        break;
    default:
        break;
    }
}

/* "who", "whom" or "that". */
static void write_relative(lt_words *words, const lt_clause *clause)
{
    bool subject = clause->subject->kind == NP_TRACE;
    const lt_np *head = subject ? clause->subject->head : clause->object->head;
    bool person = lt_np_classes(head) & PERSON;
    lt_words_add(words, !person ? "that" : subject ? "who" : "whom", head->key + KEY_RELATIVE);
}

void lt_english_clause(lt_words *words, const lt_clause *clause)
{
    bool silent = clause->mood == TO_INFINITIVE || clause->mood == IMPERATIVE || clause->mood == SHARED;
    if (clause->mood == RELATIVE) write_relative(words, clause);
    if (clause->mood == IMPERATIVE) lt_words_add(words, "please", clause->key + KEY_SUBJECT_MARK);
    write_front(words, clause);
    if (!silent && !inverted(clause)) lt_english_np(words, clause->subject, false);
    write_verbs(words, clause);
    write_rest(words, clause);
}

void lt_english_sentence(lt_words *words, const lt_plan *plan)
{
    lt_words_init(words);
    if (plan->second_first) {
        lt_words_phrase(words, plan->link->en, plan->link_key);
        lt_english_clause(words, plan->second);
        lt_words_comma(words);
        lt_english_clause(words, plan->first);
    } else {
        lt_english_clause(words, plan->first);
        if (plan->join == JOIN_COORDINATE) lt_words_comma(words);
        if (plan->link && plan->second) lt_words_phrase(words, plan->link->en, plan->link_key);
        if (plan->second) lt_english_clause(words, plan->second);
    }
    lt_words_end(words, plan->mark);
}
