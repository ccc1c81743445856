/* debian.h: a corpus of package descriptions in the making. Private to corpora/. */
#ifndef LT_CORPORA_DEBIAN_H
#define LT_CORPORA_DEBIAN_H

#include "corpora/corpora.h"
#include "corpora/debian_sources.h"
#include "corpora/split.h"
#include "corpora/translations.h"

struct lt_debian {
    const lt_debian_options *options;
    char src_language[LT_LANGUAGE_MAX], trg_language[LT_LANGUAGE_MAX];
    lt_descriptions src, trg;
    lt_debian_sources sources;
    lt_text lines;        /* of all pairs, one behind another */
    lt_split_pair *pairs; /* (count), in their final order; point into `lines` */
    size_t count;
    lt_debian_counts counts;
};

/* Why a pair of lines is left out, or that it is not. */
typedef enum lt_verdict { LT_GOOD, LT_DAMAGED, LT_NO_WORDS, LT_UNTRANSLATED, LT_UNEVEN } lt_verdict;
/* Well-formed, printable, and without a sign that the translator was not done, or a remark of hers? */
bool lt_debian_is_sound(const lt_line *line, bool *has_letter);
lt_verdict lt_debian_judge(const lt_line *src, const lt_line *trg, double expected, double most);

#endif
