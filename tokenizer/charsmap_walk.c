#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/text.h"
#include "tokenizer/model_walk.h"

/* The library takes at most so many replacements that begin at one place, and does not look further. */
#define MATCHES_MAX 32
#define LABEL 0x800000FFu

/* A unit of the trie: bit 31 marks a value; else bits 0-7 are the label, bit 8 says that a value hangs on it,
 * and bits 10-30, shifted by 8 more where bit 9 is set, are what the position is xor-ed with to find its
 * children. Branches that end alike share their units: it is a graph, which must not come back to itself. */
typedef struct trie {
    const unsigned char *units;
    size_t count;
    const char *replacements;
    size_t replacements_length;
    const char *name;
    struct node {
        uint32_t first_child; /* of the units whose children begin at this position; 0: none */
        uint32_t next_child;
        unsigned char state;   /* of the search: enum below */
        unsigned char matches; /* most values on a way down from here */
    } * nodes;                 /* (count) */
    struct step {
        uint32_t position, next; /* next: the child to look at */
        unsigned below;          /* most values on a way down from a child */
    } * stack;                   /* (count): the way from the root */
    size_t depth;
} trie;

enum { UNSEEN, ON_THE_WAY, DONE };

static lt_status refuse(const trie *t, const char *why, lt_error *error)
{
    return lt_fail(error, LT_ERROR_FORMAT,
                   "%s is not a tokenizer model of latimer: its normalisation table %s", t->name, why);
}

static uint32_t read_32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static uint32_t unit_at(const trie *t, uint32_t position)
{
    return read_32(t->units + 4 * (size_t)position);
}

static uint32_t offset_of(uint32_t unit)
{
    return (unit >> 10) << ((unit & 0x200) >> 6);
}

/* A unit with the label c at position p is a child of whatever has its children at p ^ c. */
static void link_children(trie *t)
{
    for (uint32_t position = 1; position < t->count; position++) {
        uint32_t label = unit_at(t, position) & LABEL;
        if (label == 0 || label > 0xFF) continue;
        struct node *parent = &t->nodes[position ^ label]; /* in the same 256 units: count is a multiple */
        t->nodes[position].next_child = parent->first_child;
        parent->first_child = position;
    }
}

/* Goes down to the unit at `position`. */
static lt_status enter(trie *t, uint32_t position, lt_error *error)
{
    uint32_t unit = unit_at(t, position), children = position ^ offset_of(unit);
    struct node *node = &t->nodes[position];
    if (node->state == ON_THE_WAY) return refuse(t, "has a loop", error);
    /* every byte that may follow looks at one of the 256 units around `children` */
    if (children >= t->count) return refuse(t, "has a link that leads outside", error);
    if (unit & 0x100) {
        uint32_t value = unit_at(t, children) & 0x7FFFFFFF;
        if (value >= t->replacements_length) return refuse(t, "has a replacement that lies outside", error);
        node->matches = 1;
    }
    node->state = ON_THE_WAY;
    t->stack[t->depth++] = (struct step){.position = position, .next = t->nodes[children].first_child};
    return LT_OK;
}

/* Comes back up, having seen what hangs on a unit. */
static lt_status leave(trie *t, lt_error *error)
{
    struct step *step = &t->stack[--t->depth];
    struct node *node = &t->nodes[step->position];
    if (node->matches + step->below > MATCHES_MAX)
        return refuse(t, "has too many replacements at one place", error);
    node->matches = (unsigned char)(node->matches + step->below);
    node->state = DONE;
    return LT_OK;
}

static lt_status visit_all(trie *t, lt_error *error)
{
    LT_TRY(enter(t, 0, error));
    while (t->depth) {
        struct step *step = &t->stack[t->depth - 1];
        const struct node *child = &t->nodes[step->next];
        if (step->next == 0) {
            LT_TRY(leave(t, error));
        } else if (child->state == DONE) {
            if (child->matches > step->below) step->below = child->matches;
            step->next = child->next_child;
        } else {
            LT_TRY(enter(t, step->next, error));
        }
    }
    return LT_OK;
}

lt_status lt_charsmap_walk(const void *bytes, size_t length, const char *name, lt_error *error)
{
    const unsigned char *start = bytes;
    trie t = {.name = name};
    if (length == 0) return LT_OK; /* identity */
    if (length < 4) return refuse(&t, "is cut off", error);
    uint32_t trie_length = read_32(start);
    if (trie_length == 0 || trie_length % (4 * 256) || trie_length >= length - 4)
        return refuse(&t, "has an impossible length", error);
    t.units = start + 4;
    t.count = trie_length / 4;
    t.replacements = (const char *)start + 4 + trie_length;
    t.replacements_length = length - 4 - trie_length;
    if (t.replacements[t.replacements_length - 1] != '\0')
        return refuse(&t, "has a replacement without an end", error);
    if (!lt_utf8_valid(t.replacements, t.replacements_length))
        return refuse(&t, "has a replacement that is not UTF-8", error);
    t.nodes = calloc(t.count, sizeof *t.nodes);
    t.stack = malloc(t.count * sizeof *t.stack);
    if (t.nodes) link_children(&t);
    lt_status status = t.nodes && t.stack
                           ? visit_all(&t, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for checking %s", name);
    free(t.nodes);
    free(t.stack);
    return status;
}
