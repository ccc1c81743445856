/* debian_labelled.h: sentences labelled with their language in the making. Private to corpora/. */
#ifndef LT_CORPORA_DEBIAN_LABELLED_H
#define LT_CORPORA_DEBIAN_LABELLED_H

#include "corpora/debian_sources.h"
#include "corpora/split.h"
#include "corpora/translations.h"

struct lt_labelled {
    const lt_debian_options *options;
    char languages[LT_LABELLED_MOST][LT_LANGUAGE_MAX];
    size_t language_count;
    lt_descriptions descriptions[LT_LABELLED_MOST];
    lt_debian_sources sources;
    lt_text lines;            /* of all sentences, one behind another */
    lt_split_pair *sentences; /* (count), in their final order: `src` is the text, `kind` the language */
    size_t count;
    size_t originals, families, damaged_stanzas;
    lt_labelled_counts counts[LT_LABELLED_MOST];
    lt_split_counts split;
};

#endif
