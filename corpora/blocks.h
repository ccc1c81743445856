/* blocks.h: a package description as blocks of running text, and two of them as aligned pairs. Private to
 * corpora/. */
#ifndef LT_CORPORA_BLOCKS_H
#define LT_CORPORA_BLOCKS_H

#include "corpora/corpora.h"
#include "corpora/sentences.h"

typedef enum lt_block_kind {
    LT_BLOCK_SYNOPSIS,
    LT_BLOCK_TEXT,
    LT_BLOCK_ITEM,    /* of a list, without its bullet or number */
    LT_BLOCK_DISPLAY, /* lines further in than text, and no list: a table, a command */
} lt_block_kind;

typedef struct lt_block {
    lt_block_kind kind;
    size_t paragraph; /* from 0: the synopsis; " ." begins the next */
    size_t indent;    /* of an item: columns before its bullet */
    lt_span span;     /* in the text */
} lt_block;

/* In the caller's storage; all zeros is an empty one. */
typedef struct lt_blocks {
    lt_text text; /* one behind another; words are divided by single spaces */
    lt_block *items;
    size_t count, capacity;
} lt_blocks;

/* Replaces `blocks` by those of a description (a synopsis and lines that begin with a space, as
 * lt_description.text). Source: Debian Policy, 5.6.13. */
lt_status lt_blocks_read(lt_blocks *blocks, const lt_line *description, lt_error *error);
void lt_blocks_clear(lt_blocks *blocks);

/* Whether two lengths in characters can be those of a text and its translation, `expected` being how many
 * times as long translations are on the whole: the longer is at most `most` times the shorter, a few
 * characters aside. */
bool lt_lengths_agree(size_t src, size_t trg, double expected, double most);

typedef struct lt_align_counts {
    size_t
        paragraphs;  /* descriptions of which only the synopsis is used: their paragraphs do not correspond */
    size_t lists;    /* paragraphs left out: their lists do not correspond */
    size_t displays; /* blocks left out: tables and commands */
    size_t whole;    /* paragraphs and items kept in one piece: their sentences do not correspond */
    size_t too_long; /* those left out, being too long to be kept in one piece */
} lt_align_counts;

/* All zeros but the first four is ready for use. */
typedef struct lt_aligner {
    const char *src_language, *trg_language;
    double expected, most; /* see lt_lengths_agree() */
    lt_status (*pair)(void *context, const lt_line *src, const lt_line *trg,
                      lt_error *error); /* is given each */
    void *context;
    lt_align_counts counts;
    lt_blocks src, trg; /* scratch */
    lt_spans src_sentences, trg_sentences;
} lt_aligner;

/* Pairs two descriptions: paragraph by paragraph, list item by list item, sentence by sentence where the
 * counts agree and no pair of sentences is out of proportion. */
lt_status lt_align(lt_aligner *aligner, const lt_line *src, const lt_line *trg, lt_error *error);
void lt_aligner_clear(lt_aligner *aligner);

#endif
