/* tokenizer_private.h: what the files of this module share. */
#ifndef LT_TOKENIZER_PRIVATE_H
#define LT_TOKENIZER_PRIVATE_H

#include "model/base/rng.h"
#include "tokenizer/model_walk.h"
#include "tokenizer/sentencepiece_shim.h"
#include "tokenizer/tokenizer.h"

struct lt_tokenizer {
    lt_spm *spm;
    lt_model_facts facts;
    char sha256[LT_SHA256_HEX];
};

extern const char *const lt_tokenizer_type_names[]; /* by LT_TOKENIZER_*, NULL behind the last */

/* Can segmentations be drawn with this `alpha`? LT_ERROR_USAGE. */
lt_status lt_sampling_check(const lt_tokenizer *tokenizer, double alpha, lt_error *error);

/* What stands in a normalised text for what was <unk>: in no UTF-8, and so in no piece. */
#define LT_UNREADABLE ((char)0xFF)

/* Appends the ids of a character that is no piece, as the library does: those of its bytes or, without such,
 * one <unk> for all in a row; `*unknown`: what was appended last is one. */
lt_status lt_append_unknown(const lt_tokenizer *tokenizer, lt_ids *ids, const char *text, size_t length,
                            bool *unknown, lt_error *error);

/* Appends the ids of a text that is normalised already, cut by BPE-dropout. */
lt_status lt_bpe_dropout(const lt_tokenizer *tokenizer, lt_ids *ids, const char *text, size_t length,
                         double dropout, lt_rng *rng, lt_error *error);

/* All segmentations of a text into the pieces of a unigram model, as its lattice: lattice.c. Immutable. */
typedef struct lt_lattice lt_lattice;
lt_status lt_lattice_create(lt_lattice **lattice, const lt_tokenizer *tokenizer, double alpha,
                            lt_error *error);
void lt_lattice_free(lt_lattice *lattice); /* NULL is fine */
/* Appends the ids of a text that is normalised already: a segmentation of probability P is drawn in
 * proportion to P^alpha. */
lt_status lt_lattice_draw(const lt_lattice *lattice, lt_ids *ids, const char *text, size_t length,
                          lt_rng *rng, lt_error *error);

/* lt_spm_train() in a process of its own, which the library may end; `next` is called in this one. */
lt_status lt_train_apart(lt_text *model, const lt_strings *settings, lt_tokenizer_lines next, void *context,
                         lt_error *error);

/* Cuts a line into parts of at most `most` bytes, to be encoded each by itself: at spaces, which are left
 * out, or, in a word that long, between characters. Starts with all zeros but text and length; false behind
 * the last part. */
typedef struct lt_parts {
    const char *text;
    size_t length; /* of the line */
    const char *part;
    size_t part_length;
    bool continues; /* the part begins within a word */
    size_t next;    /* where the rest begins */
    bool within;
} lt_parts;
bool lt_tokenizer_next_part(lt_parts *parts, size_t most);

/* Appends the words that each of `ranges` of `text` has a part in, none for one that begins behind the
 * text. `marks`: the mark of a word's beginning
 * (U+2581) and NUL are blanks there, too, as in what clean_line() is still to come over. */
lt_status lt_words_of_ranges(lt_word_list *words, const lt_ranges *ranges, const char *text, size_t length,
                             bool marks, lt_error *error);

#endif
