/* tokenizer.h: text to piece ids and back, by SentencePiece (Kudo & Richardson 2018).
 *
 * Every model has the reserved ids of model/batch.h: <pad> 0, <s> 1, </s> 2, <unk> 3. Ids in and out are
 * without <s> and </s>. A loaded tokenizer is immutable: any number of threads may use it at once. */
#ifndef LT_TOKENIZER_H
#define LT_TOKENIZER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/file.h"
#include "model/base/options.h"
#include "model/base/status.h"
#include "model/base/text.h"

/* ---- options: the experiment file's `tokenizer` group ---- */

enum { LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_CHAR, LT_TOKENIZER_WORD };
enum { LT_NORMALIZE_NMT_NFKC, LT_NORMALIZE_NFKC, LT_NORMALIZE_IDENTITY };

/* In training, lines are segmented anew at random in every epoch. */
typedef struct lt_regularization_options {
    double alpha;    /* of unigram: lt_sampler_create() */
    double dropout;  /* of bpe: the same */
    double src, trg; /* share of the lines of a side, in each epoch; 0: none ever */
} lt_regularization_options;

typedef struct lt_tokenizer_options {
    int type;           /* LT_TOKENIZER_* */
    int64_t vocab_size; /* pieces, reserved ones included; at most: a small corpus gives fewer */
    bool joint;         /* one model for both languages, or one a side */
    lt_regularization_options regularization;
    double character_coverage; /* share of the training text's characters that are pieces */
    bool byte_fallback;        /* characters that are no pieces become bytes instead of <unk> */
    int normalization;         /* LT_NORMALIZE_* */
    int64_t training_text;     /* MB of text that training takes at most; 0: all of it */
} lt_tokenizer_options;

extern const lt_option lt_tokenizer_table[];
#define LT_TOKENIZER_MODEL_TABLE (lt_tokenizer_table + 2) /* what one model is made by */

/* LT_ERROR_USAGE, with the key, where `regularization` asks for what this tokenizer cannot give, or for what
 * would have no effect. */
lt_status lt_regularization_check(const lt_tokenizer_options *options, lt_error *error);

/* ---- training ---- */

/* Hands out the next line of text, valid until the next call; *end (and no line) behind the last. */
typedef lt_status (*lt_tokenizer_lines)(void *context, const char **bytes, size_t *length, bool *end,
                                        lt_error *error);

typedef struct lt_tokenizer_training {
    size_t lines;     /* read */
    size_t too_long;  /* left out: longer than LT_TOKENIZER_LINE_MAX bytes */
    size_t drawn;     /* of the others: what the model is trained on */
    size_t malformed; /* lines in which NUL or invalid UTF-8 was replaced by U+FFFD */
} lt_tokenizer_training;

#define LT_TOKENIZER_LINE_MAX 16384 /* bytes of a line that training still takes */
#define LT_TOKENIZER_PIECE_MAX 1024 /* bytes of a piece; a model with a longer one is refused */

/* Trains a model and appends its serialised bytes to `model`. A function of the options and the lines alone
 * (the library runs on one thread). Of more text than `training_text` so many lines are drawn at random as
 * fit; the library takes some thirty times their bytes. LT_ERROR_USAGE where the text cannot give a model (no
 * lines, a vocab_size smaller than the characters it must hold): the message says what would do. `next` is
 * called in this process, the library works in a child of it, since it ends the process it is in where a text
 * defeats it; LT_ERROR_INTERRUPTED when the child is stopped by SIGINT or SIGTERM. */
lt_status lt_tokenizer_train(lt_text *model, const lt_tokenizer_options *options, lt_tokenizer_lines next,
                             void *context, lt_tokenizer_training *report, lt_error *error);

/* ---- loading ---- */

typedef struct lt_tokenizer lt_tokenizer;

/* Loads a model. The file is read once; before the library sees its bytes they are hashed (LT_ERROR_MISMATCH
 * where `sha256`, if not NULL, is another) and walked: LT_ERROR_FORMAT for what is no SentencePiece model, is
 * cut off, has a piece over LT_TOKENIZER_PIECE_MAX bytes, or other reserved ids than latimer's. */
lt_status lt_tokenizer_load(lt_tokenizer **tokenizer, const char *path, const char *sha256, lt_error *error);
/* The same from memory; `name` stands for the path in messages. */
lt_status lt_tokenizer_parse(lt_tokenizer **tokenizer, const void *bytes, size_t length, const char *name,
                             const char *sha256, lt_error *error);
void lt_tokenizer_free(lt_tokenizer *tokenizer); /* NULL is fine */

const char *lt_tokenizer_sha256(const lt_tokenizer *tokenizer); /* of the model's bytes, hexadecimal */
size_t lt_tokenizer_size(const lt_tokenizer *tokenizer);        /* pieces: V */
int lt_tokenizer_type(const lt_tokenizer *tokenizer);           /* LT_TOKENIZER_* */
const char *lt_tokenizer_piece(const lt_tokenizer *tokenizer,
                               size_t id); /* id < V; lives as long as it does */
int32_t lt_tokenizer_id(const lt_tokenizer *tokenizer,
                        const char *piece); /* LT_UNK when there is none such */

/* ids (V): for each piece the id of the same string in `other`, or -1 where that has no such piece; the
 * reserved ids are the same in both. Returns how many have one, the reserved among them. */
size_t lt_tokenizer_match(const lt_tokenizer *tokenizer, const lt_tokenizer *other, int32_t *ids);

/* ---- text to ids and back ---- */

/* A growable list of ids. In the caller's storage; all zeros is an empty one. */
typedef struct lt_ids {
    int32_t *items;
    size_t count, capacity;
} lt_ids;
lt_status lt_ids_add(lt_ids *ids, int32_t id, lt_error *error);
lt_status lt_ids_reserve(lt_ids *ids, size_t count, lt_error *error); /* room for so many more */
lt_status lt_ids_append(lt_ids *ids, const int32_t *items, size_t count, lt_error *error);
void lt_ids_clear(lt_ids *ids); /* frees, back to zeros */

/* Appends the ids of one line: any bytes, of any length. NUL and malformed UTF-8 are read as U+FFFD. Lines
 * over 64 KiB are encoded in parts cut at spaces (or, in a word that long, between characters), so that time
 * and memory stay linear. Never gives PAD, BOS or EOS, whatever the text says. */
lt_status lt_tokenizer_encode(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              lt_error *error);

/* Appends a segmentation drawn at random (subword regularisation, Kudo 2018; unigram: among the `nbest` best,
 * with probability proportional to P^alpha; bpe: BPE-dropout with probability alpha, Provilkov 2020). A
 * function of the arguments alone: equal `seed`, equal ids. LT_ERROR_USAGE for char and word models, which
 * have one segmentation only. Lines over 1 KiB are drawn part by part. */
lt_status lt_tokenizer_sample(const lt_tokenizer *tokenizer, lt_ids *ids, const char *bytes, size_t length,
                              size_t nbest, double alpha, uint64_t seed, lt_error *error);

/* Draws many segmentations of what is encoded already, as training does in every epoch. Unigram: of all that
 * a text has, with probability proportional to P^alpha (forward filtering, backward sampling: the `l` =
 * infinity of Kudo 2018); bpe: as lt_tokenizer_sample(). Immutable: any number of threads may draw at once.
 */
typedef struct lt_sampler lt_sampler;

/* The tokenizer is borrowed. LT_ERROR_USAGE as for lt_tokenizer_sample(), and for models with user-defined or
 * unused pieces. */
lt_status lt_sampler_create(lt_sampler **sampler, const lt_tokenizer *tokenizer, double alpha,
                            lt_error *error);
void lt_sampler_free(lt_sampler *sampler); /* NULL is fine */

/* Appends a segmentation of the text that `from` is one of: what the tokenizer made of a line, or a part of
 * that. So the text is normalised as the tokenizer does it, and <unk> and bytes stay where they are. A
 * function of its arguments and the sampler's. */
lt_status lt_sampler_draw(const lt_sampler *sampler, lt_ids *ids, const int32_t *from, size_t count,
                          uint64_t seed, lt_error *error);

#define LT_TOKENIZER_NBEST_MAX 1024

/* The `nbest` best segmentations (1 to LT_TOKENIZER_NBEST_MAX), best first, with log-probabilities: calls
 * visit for each. A line has at least one; of a line over 16 KiB only the best is found. Unigram only, else
 * LT_ERROR_USAGE. */
typedef lt_status (*lt_segmentation_visitor)(void *context, const int32_t *ids, size_t count, double score,
                                             lt_error *error);
lt_status lt_tokenizer_nbest(const lt_tokenizer *tokenizer, const char *bytes, size_t length, size_t nbest,
                             lt_segmentation_visitor visit, void *context, lt_error *error);

/* Appends the text of `count` ids, as one line: reserved ids but <unk> are left out, and what would break the
 * line (newline, carriage return, NUL) becomes a space. LT_ERROR_FORMAT for an id that is out of range. */
lt_status lt_tokenizer_decode(const lt_tokenizer *tokenizer, lt_text *text, const int32_t *ids, size_t count,
                              lt_error *error);

/* The words of its line that a piece has a part in: [first, end), counted from 0. Words are what stands
 * between white space of ASCII. A piece of nothing but blanks goes with the word behind it; first == end
 * where there is none. A piece that takes in more than LT_PIECE_WORDS_MAX (control characters and blanks that
 * the normalisation drops can stand between two of its letters) is said to have the first so many. */
enum { LT_PIECE_WORDS_MAX = 16 };
typedef struct lt_piece_words {
    uint32_t first, end;
} lt_piece_words;

/* In the caller's storage; all zeros is an empty list. */
typedef struct lt_word_list {
    lt_piece_words *items;
    size_t count, capacity;
} lt_word_list;
void lt_word_list_clear(lt_word_list *words); /* frees, back to zeros */

/* As lt_tokenizer_encode() and lt_tokenizer_decode(), and append the words of each id, in the line that is
 * encoded or in the text that is appended. */
lt_status lt_tokenizer_encode_words(const lt_tokenizer *tokenizer, lt_ids *ids, lt_word_list *words,
                                    const char *bytes, size_t length, lt_error *error);
lt_status lt_tokenizer_decode_words(const lt_tokenizer *tokenizer, lt_text *text, lt_word_list *words,
                                    const int32_t *ids, size_t count, lt_error *error);

/* ---- the two sides of a run ---- */

#define LT_TOKENIZER_JOINT "tokenizer.model"
#define LT_TOKENIZER_SRC "tokenizer.src.model"
#define LT_TOKENIZER_TRG "tokenizer.trg.model"

/* One tokenizer a side; both the same one where the model is joint. */
typedef struct lt_tokenizers {
    lt_tokenizer *src, *trg;
} lt_tokenizers;

/* Loads what is in a run's folder: the joint model, or one a side. The hashes (may be NULL) are what a
 * checkpoint says they must be: LT_ERROR_MISMATCH names the file and both. */
lt_status lt_tokenizers_load(lt_tokenizers *tokenizers, const char *folder, const char *src_sha256,
                             const char *trg_sha256, lt_error *error);
void lt_tokenizers_clear(lt_tokenizers *tokenizers);

#endif
