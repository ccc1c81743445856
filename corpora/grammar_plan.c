/* Drawing sentences: one clause or two, statement, question or request. */
#include "corpora/grammar.h"

#include <string.h>

unsigned lt_plan_below(lt_plan *plan, unsigned n)
{
    return (unsigned)lt_rng_below(&plan->rng, n);
}

bool lt_plan_chance(lt_plan *plan, unsigned percent)
{
    return lt_plan_below(plan, 100) < percent;
}

int lt_plan_keys(lt_plan *plan, int count)
{
    int first = plan->keys + 1;
    plan->keys += count;
    return first;
}

lt_np *lt_plan_np(lt_plan *plan)
{
    if (plan->phrase_count == LT_PLAN_PHRASES) plan->overflow = true, plan->phrase_count--;
    lt_np *np = &plan->phrases[plan->phrase_count++];
    *np = (lt_np){.key = lt_plan_keys(plan, NP_KEYS)};
    return np;
}

lt_clause *lt_plan_clause(lt_plan *plan)
{
    if (plan->clause_count == LT_PLAN_CLAUSES) plan->overflow = true, plan->clause_count--;
    lt_clause *clause = &plan->clauses[plan->clause_count++];
    *clause = (lt_clause){.key = lt_plan_keys(plan, CLAUSE_KEYS)};
    return clause;
}

/* ---- two clauses ---- */

/* A conjunction with the tenses of the two clauses; -1: as they come. */
typedef struct conjunction {
    lt_pair_phrase words;
    int past; /* 0, 1, or -1: either */
    int main, subordinate;
    bool movable;  /* may come first */
    bool positive; /* wants an event that does happen */
} conjunction;

static const conjunction conjunctions[] = {
    {{"because", "weil", 0}, -1, -1, -1, true, false},
    {{"because", "weil", 0}, -1, -1, -1, true, false},
    {{"although", "obwohl", 0}, -1, -1, -1, true, false},
    {{"if", "wenn", 0}, 0, FUTURE, PRESENT, true, false},
    {{"when", "wenn", 0}, 0, PRESENT, PRESENT, true, false},
    {{"when", "als", 0}, 1, PAST, PAST, true, false},
    {{"while", "während", 0}, 0, PRESENT, PRESENT, true, false},
    {{"while", "während", 0}, 1, PAST, PAST, true, false},
    {{"before", "bevor", 0}, 1, PAST, PAST, true, true},
    {{"before", "bevor", 0}, 0, FUTURE, PRESENT, true, true},
    {{"after", "nachdem", 0}, 1, PAST, PLUPERFECT, true, true},
    {{"until", "bis", 0}, 0, FUTURE, PRESENT, false, true},
    {{"as soon as", "sobald", 0}, 0, FUTURE, PRESENT, true, false},
    {{"so that", "damit", 0}, 0, PRESENT, PRESENT, false, false},
};
static const lt_pair_phrase coordinators[] = {{"and", "und", 0}, {"but", "aber", 1}};

static void draw_subordinate(lt_plan *plan)
{
    const conjunction *link =
        &conjunctions[lt_plan_below(plan, (unsigned)(sizeof conjunctions / sizeof *conjunctions))];
    if (link->past >= 0) plan->past = link->past;
    plan->link = &link->words;
    plan->second_first = link->movable && lt_plan_chance(plan, 40);
    lt_wish wish = {
        .mood = MAIN, .depth = 1, .tense = link->main, .plain = plan->second_first, .past = plan->past};
    plan->first = lt_draw_clause(plan, &wish);
    wish = (lt_wish){.mood = SUBORDINATE,
                     .depth = 1,
                     .tense = link->subordinate,
                     .past = plan->past,
                     .positive = link->positive};
    plan->second = lt_draw_clause(plan, &wish);
    if (plan->second_first) plan->first->front = FRONT_CLAUSE;
}

static void draw_coordinate(lt_plan *plan)
{
    plan->link = &coordinators[lt_plan_below(plan, 2)];
    lt_wish wish = {.mood = MAIN, .depth = lt_plan_below(plan, 2), .tense = -1, .past = plan->past};
    plan->first = lt_draw_clause(plan, &wish);
    plan->second = lt_draw_clause(plan, &wish);
}

/* "The teacher reads the book and drinks coffee." */
static void draw_shared(lt_plan *plan)
{
    plan->link = &coordinators[0];
    lt_wish wish = {.mood = MAIN, .depth = 2, .tense = -1, .plain = true, .past = plan->past};
    wish.subject = lt_draw_np(plan, PERSON, 1, 0);
    plan->first = lt_draw_clause(plan, &wish);
    wish.mood = SHARED;
    wish.tense = (int)plan->first->tense;
    plan->second = lt_draw_clause(plan, &wish);
}

/* ---- one clause ---- */

static void draw_question(lt_plan *plan)
{
    lt_wish wish = {
        .mood = MAIN, .depth = 1, .tense = -1, .plain = true, .question = true, .past = plan->past};
    plan->mark = "?";
    plan->first = lt_draw_clause(plan, &wish);
}

static void draw_request(lt_plan *plan)
{
    lt_wish wish = {.mood = IMPERATIVE, .depth = 1, .tense = PRESENT, .plain = true};
    wish.subject = lt_draw_pronoun(plan, YOU);
    plan->past = false;
    plan->mark = lt_plan_chance(plan, 30) ? "!" : ".";
    plan->first = lt_draw_clause(plan, &wish);
}

static void draw_statement(lt_plan *plan, unsigned depth)
{
    lt_wish wish = {.mood = MAIN, .depth = depth, .tense = -1, .past = plan->past};
    plan->first = lt_draw_clause(plan, &wish);
}

/* ---- the sentence ---- */

enum { FEW_WORDS = 8 };

static void begin(lt_plan *plan)
{
    plan->keys = 0;
    plan->phrase_count = plan->clause_count = 0;
    plan->overflow = plan->second_first = false;
    plan->first = plan->second = NULL;
    plan->link = NULL;
    plan->join = ALONE;
    plan->mark = ".";
    plan->link_key = lt_plan_keys(plan, 1);
    plan->past = lt_plan_chance(plan, 45);
}

void lt_plan_draw(lt_plan *plan, size_t max_words, lt_rng *rng)
{
    bool few = max_words < FEW_WORDS;
    plan->rng = *rng;
    do {
        begin(plan);
        unsigned dice = lt_plan_below(plan, 100);
        if (dice < 44 || (few && dice < 83))
            draw_statement(plan, few ? 2 : 0);
        else if (dice < 66)
            plan->join = JOIN_SUBORDINATE, draw_subordinate(plan);
        else if (dice < 76)
            plan->join = JOIN_COORDINATE, draw_coordinate(plan);
        else if (dice < 83)
            plan->join = JOIN_SHARED, draw_shared(plan);
        else if (dice < 95)
            draw_question(plan);
        else
            draw_request(plan);
    } while (plan->overflow);
    *rng = plan->rng;
}
