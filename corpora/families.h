/* families.h: which packages belong together. Private to corpora/. */
#ifndef LT_CORPORA_FAMILIES_H
#define LT_CORPORA_FAMILIES_H

#include "corpora/corpora.h"

/* The name of a package's family: its first telling part, without "lib" before it and a version behind it.
 * libfoo1.2, libfoo-dev, foo-data and python3-foo are of the family foo, linux-image-6.1.0-18 is of linux. */
lt_status lt_family_name(lt_text *out, const lt_line *package, lt_error *error);

/* Description `index` belongs to a package. */
typedef struct lt_membership {
    size_t family; /* offset of its name in the text of names */
    size_t index;
} lt_membership;

/* Sets of descriptions tied together by families: a description is of all its packages' families. All zeros
 * is an empty one. */
typedef struct lt_families {
    lt_text names;
    lt_membership *items;
    size_t count, capacity;
} lt_families;

lt_status lt_families_add(lt_families *families, const lt_line *package, size_t index, lt_error *error);
/* Numbers the sets: `*group` (descriptions), new, gets that of each description, `*keys` (groups), new, a
 * number made of the seed and of the first of its families in the alphabet. The caller frees both. */
lt_status lt_families_tie(lt_families *families, size_t descriptions, uint64_t seed, size_t **group,
                          uint64_t **keys, size_t *groups, lt_error *error);
void lt_families_clear(lt_families *families);

#endif
