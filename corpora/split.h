/* split.h: train, dev and test out of pairs that come in groups, without near-duplicates across. Private to
 * corpora/. */
#ifndef LT_CORPORA_SPLIT_H
#define LT_CORPORA_SPLIT_H

#include "corpora/corpora.h"

/* Words that two sentences share in a row to be near-duplicates; characters, in scripts without spaces. */
enum { LT_WINDOW = 6, LT_WIDE_WINDOW = 16 };
enum { LT_KINDS_MOST = 64 };

typedef enum lt_part { LT_TRAIN, LT_DEV, LT_TEST, LT_PARTS, LT_LEFT_OUT = LT_PARTS } lt_part;

typedef struct lt_split_pair {
    lt_line src, trg;
    size_t group; /* all pairs of a group are in the same part */
    lt_part part; /* out */
    size_t kind;  /* each kind is to have as many pairs in dev and in test; all 0 where there is one */
} lt_split_pair;

typedef struct lt_split_counts {
    size_t near_duplicates[LT_PARTS]; /* left out of dev, of test */
    size_t surplus;                   /* left out: more than were wanted */
    size_t groups[LT_PARTS];          /* with pairs in that part, whether or not they stay */
    size_t large_groups;              /* too large for dev and test */
} lt_split_counts;

/* Puts each pair in a part and orders them by group, in the order of `keys`; within a group they keep their
 * order. `keys` has a distinct number for each group; the groups of the smallest are the test set's, those of
 * the next are dev's, as many as it takes to have `wanted` lines of each of the `kinds` (1 to LT_KINDS_MOST)
 * there, but of no kind more than a fifth of its pairs. A pair of dev or test is left out if a window of
 * LT_WINDOW lower-cased words of one of its sides (or all of a shorter side) is in a pair of train, or in a
 * pair of dev or test before it. */
lt_status lt_split(lt_split_pair *pairs, size_t count, const uint64_t *keys, size_t groups, size_t kinds,
                   const size_t wanted[LT_PARTS], lt_split_counts *counts, lt_error *error);

#endif
