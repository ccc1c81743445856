/* Drawing noun phrases and places. */
#include "corpora/grammar.h"

lt_np *lt_draw_pronoun(lt_plan *plan, lt_person_form form)
{
    lt_np *np = lt_plan_np(plan);
    np->kind = NP_PRONOUN;
    np->pronoun = form;
    np->plural = form == WE || form == THEY;
    return np;
}

static lt_np *draw_name(lt_plan *plan, const lt_name *names, size_t count)
{
    lt_np *np = lt_plan_np(plan);
    np->kind = NP_NAME;
    np->name = &names[lt_plan_below(plan, (unsigned)count)];
    return np;
}

static lt_np *draw_person(lt_plan *plan)
{
    if (lt_plan_chance(plan, 70)) return draw_name(plan, lt_lexicon_people, lt_lexicon_people_count);
    return draw_name(plan, lt_lexicon_gentry, lt_lexicon_gentry_count);
}

lt_np *lt_draw_city(lt_plan *plan)
{
    return draw_name(plan, lt_lexicon_cities, lt_lexicon_cities_count);
}

/* One of the nouns of these classes, each as likely as another. There must be one. */
static const lt_noun *draw_noun(lt_plan *plan, unsigned classes)
{
    const lt_noun *noun;
    do noun = &lt_lexicon_nouns[lt_plan_below(plan, (unsigned)lt_lexicon_nouns_count)];
    while (!(noun->classes & classes));
    return noun;
}

/* The same; the lexicon has some for every noun. */
static const lt_adjective *draw_adjective(lt_plan *plan, unsigned classes)
{
    const lt_adjective *adjective;
    do adjective = &lt_lexicon_adjectives[lt_plan_below(plan, (unsigned)lt_lexicon_adjectives_count)];
    while (!(adjective->classes & classes));
    return adjective;
}

/* ---- determiners ---- */

static void possess(lt_plan *plan, lt_np *np)
{
    static const lt_person_form owners[] = {I_, YOU, HE, SHE, WE, THEY};
    np->determiner = POSSESSIVE;
    np->pronoun = owners[lt_plan_below(plan, 6)];
}

static void draw_definite(lt_plan *plan, lt_np *np)
{
    unsigned family = np->noun->classes & FAMILY, dice = lt_plan_below(plan, 100);
    np->plural = np->noun->en_plural && lt_plan_chance(plan, 25);
    if (dice < (family ? 70 : 22))
        possess(plan, np);
    else
        np->determiner = dice > 90 ? THIS : THE;
}

static void draw_indefinite(lt_plan *plan, lt_np *np)
{
    bool mass = !np->noun->en_plural;
    np->plural = !mass && lt_plan_chance(plan, 35);
    np->determiner = mass || np->plural ? BARE : A;
}

static void draw_quantity(lt_plan *plan, lt_np *np)
{
    static const lt_determiner quantities[] = {ALL, MANY, SOME, SEVERAL, NUMBER, NUMBER, EVERY, NO};
    np->determiner = quantities[lt_plan_below(plan, 8)];
    np->plural = np->determiner != EVERY && np->determiner != NO;
    np->number = lt_plan_chance(plan, 75) ? 2 + lt_plan_below(plan, 11) : 13 + lt_plan_below(plan, 487);
}

static void draw_determiner(lt_plan *plan, lt_np *np, unsigned flags)
{
    unsigned dice = lt_plan_below(plan, 100);
    if (flags & NP_DEFINITE || (!(flags & NP_INDEFINITE) && dice < 62))
        draw_definite(plan, np);
    else if (flags & NP_INDEFINITE || dice < 86 || !np->noun->en_plural)
        draw_indefinite(plan, np);
    else
        draw_quantity(plan, np);
}

/* ---- what is attached ---- */

static void attach_owner(lt_plan *plan, lt_np *np)
{
    unsigned owned = FAMILY | GOODS | TEXT | ANIMAL | IDEA;
    if (np->determiner != THE || !np->noun->en_plural || !(np->noun->classes & owned)) return;
    lt_np *owner = lt_draw_np(plan, PERSON, 2, NP_NO_PRONOUN | NP_DEFINITE | NP_SIMPLE | NP_NO_AND);
    if (owner->kind == NP_NAME && owner->name->de != owner->name->de_oblique) return; /* no title */
    np->owner = owner;
    np->owner_first = owner->kind == NP_NAME || lt_plan_chance(plan, 50);
}

static void attach_relative(lt_plan *plan, lt_np *np, unsigned depth)
{
    if (np->determiner == POSSESSIVE || np->determiner == THIS || np->determiner == NO || np->owner) return;
    lt_np *trace = lt_plan_np(plan);
    trace->kind = NP_TRACE;
    trace->head = np;
    lt_wish wish = {.mood = RELATIVE, .depth = depth + 1, .trace = trace, .tense = -1, .past = plan->past};
    np->relative = lt_draw_clause(plan, &wish);
}

/* "a man with a hat", "men with hats" */
static void attach_clothes(lt_plan *plan, lt_np *np)
{
    np->with = lt_draw_np(plan, CLOTHES, 2, NP_INDEFINITE | NP_SIMPLE | NP_NO_AND);
    np->with->plural = np->plural;
    np->with->determiner = np->plural ? BARE : A;
}

static void attach(lt_plan *plan, lt_np *np, unsigned depth)
{
    unsigned dice = lt_plan_below(plan, 100);
    if (dice < 9)
        attach_owner(plan, np);
    else if (dice < 13 && np->noun->classes & PERSON)
        attach_clothes(plan, np);
    else if (dice < (depth == 0 ? 26 : 19) && depth < 2)
        attach_relative(plan, np, depth);
}

static void draw_adjectives(lt_plan *plan, lt_np *np)
{
    if (np->determiner == NO || !lt_plan_chance(plan, 33)) return;
    np->adjective[0] = draw_adjective(plan, np->noun->classes);
    if (!np->noun->en_plural && np->adjective[0]->rank != QUALITY) np->adjective[0] = NULL; /* "small rice" */
    if (!np->adjective[0] || !lt_plan_chance(plan, 12)) return;
    const lt_adjective *first = np->adjective[0], *second = draw_adjective(plan, np->noun->classes);
    if (second->rank == first->rank) return;
    np->adjective[0] = second->rank < first->rank ? second : first;
    np->adjective[1] = second->rank < first->rank ? first : second;
}

/* "the boy and the girl"; not "the boy and the boy" */
static lt_np *draw_and(lt_plan *plan, unsigned classes)
{
    unsigned flags = NP_NO_PRONOUN | NP_DEFINITE | NP_SIMPLE | NP_NO_AND;
    lt_np *np = lt_plan_np(plan), *left = lt_draw_np(plan, classes, 2, flags);
    lt_np *right = lt_draw_np(plan, classes & lt_np_classes(left), 2, flags);
    if (left->noun == right->noun && left->name == right->name) return left;
    np->kind = NP_AND;
    np->plural = true;
    np->left = left;
    np->right = right;
    return np;
}

lt_np *lt_draw_np(lt_plan *plan, unsigned classes, unsigned depth, unsigned flags)
{
    static const lt_person_form pronouns[] = {I_, YOU, HE, SHE, WE, THEY};
    unsigned dice = lt_plan_below(plan, 100);
    if (classes & PERSON && !(flags & NP_INDEFINITE)) {
        if (!(flags & NP_NO_PRONOUN) && dice < 25) return lt_draw_pronoun(plan, pronouns[dice % 6]);
        if (dice >= 25 && dice < 45) return draw_person(plan);
    }
    if (!(flags & (NP_NO_AND | NP_INDEFINITE)) && dice >= 93) return draw_and(plan, classes);
    lt_np *np = lt_plan_np(plan);
    np->kind = NP_NOUN;
    np->noun = draw_noun(plan, classes);
    draw_determiner(plan, np, flags);
    draw_adjectives(plan, np);
    if (!(flags & NP_SIMPLE)) attach(plan, np, depth);
    return np;
}

void lt_draw_place(lt_plan *plan, lt_pp *pp, unsigned depth)
{
    unsigned flags = NP_DEFINITE | NP_SIMPLE | NP_NO_AND;
    pp->key = lt_plan_keys(plan, 2);
    if (lt_plan_chance(plan, 25)) {
        pp->np = lt_draw_city(plan);
        pp->preposition = &lt_lexicon_localities[IN_IN];
    } else if (lt_plan_chance(plan, 20)) {
        pp->np = lt_draw_np(plan, BUILDING, depth, flags);
        pp->preposition =
            &lt_lexicon_surroundings[lt_plan_below(plan, (unsigned)lt_lexicon_surroundings_count)];
    } else {
        pp->np = lt_draw_np(plan, PLACE, depth, flags);
        pp->preposition = &lt_lexicon_localities[pp->np->noun->locality];
    }
}

unsigned lt_np_classes(const lt_np *np)
{
    switch (np->kind) {
    case NP_NOUN:
        return np->noun->classes;
    case NP_AND:
        return lt_np_classes(np->left) & lt_np_classes(np->right);
    case NP_TRACE:
        return lt_np_classes(np->head);
    default:
        return PERSON;
    }
}

bool lt_np_plural(const lt_np *np)
{
    return np->kind == NP_TRACE ? lt_np_plural(np->head) : np->plural;
}
