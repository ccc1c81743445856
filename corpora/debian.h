/* debian.h: a corpus of package descriptions in the making. Private to corpora/. */
#ifndef LT_CORPORA_DEBIAN_H
#define LT_CORPORA_DEBIAN_H

#include "corpora/corpora.h"
#include "corpora/split.h"
#include "corpora/translations.h"

enum { LT_LANGUAGE_MAX = 16 };

/* A file that went in, for the notice. */
typedef struct lt_debian_source {
    char *name;
    char sha256[LT_SHA256_HEX];
} lt_debian_source;

struct lt_debian {
    const lt_debian_options *options;
    char src_language[LT_LANGUAGE_MAX], trg_language[LT_LANGUAGE_MAX];
    lt_descriptions src, trg;
    lt_debian_source *sources;
    size_t source_count;
    lt_text lines;        /* of all pairs, one behind another */
    lt_split_pair *pairs; /* (count), in their final order; point into `lines` */
    size_t count;
    lt_debian_counts counts;
};

/* Why a pair of lines is left out, or that it is not. */
typedef enum lt_verdict { LT_GOOD, LT_DAMAGED, LT_NO_WORDS, LT_UNTRANSLATED, LT_UNEVEN } lt_verdict;
lt_verdict lt_debian_judge(const lt_line *src, const lt_line *trg, double expected, double most);

#endif
