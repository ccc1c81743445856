/* translate.h: text in, text out: beam search over the decoder's step, lines to lines, and scores of given
 * translations.
 *
 * The translation of a line, and every figure that comes with it, depends on the line, the model and the
 * decoding options alone: not on the lines around it, the size of the batches, or the number of threads. */
#ifndef LT_TRANSLATE_H
#define LT_TRANSLATE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "corpora/corpora.h"
#include "model/model.h"
#include "tokenizer/tokenizer.h"

/* ---- options: the experiment file's `decoding` group, and options of `latimer translate` ---- */

typedef struct lt_decoding_options {
    int64_t beam_size;
    double normalize;         /* exponent of the length penalty: scores are log P / length^normalize */
    int64_t max_length;       /* source pieces; longer lines are cut */
    double max_length_factor; /* target pieces per source piece */
    int64_t mini_batch;       /* sentences, and */
    int64_t mini_batch_words; /* source pieces of a batch at most; one sentence may have more */
    bool allow_unk;
    double coverage_penalty;  /* beta of Wu et al. 2016, eq. 14 */
    double min_length_factor; /* target pieces per source piece at least */
    int64_t no_repeat_ngram;  /* 0: any may come again */
    bool replace_unk, sampling;
    double temperature; /* these have a meaning with `sampling` only */
    int64_t top_k;
    double top_p;
    int64_t sampling_seed;
} lt_decoding_options;

extern const lt_option lt_decoding_table[];

/* The rules between the options, and what of them takes attention. LT_ERROR_USAGE says which key, why, and
 * what would do. */
lt_status lt_decoding_options_check(const lt_decoding_options *options, const lt_model_options *model,
                                    lt_error *error);

/* The same for several models, one of which at least has attention where that is needed. */
lt_status lt_decoding_check_ensemble(const lt_decoding_options *options, const lt_ensemble *ensemble,
                                     lt_error *error);

/* Appends the options that change a translation: "beam_size=5 normalize=1 ...", from coverage_penalty on only
 * those that are not as they are by default. */
lt_status lt_decoding_describe(lt_text *out, const lt_decoding_options *options, lt_error *error);

/* ---- translating ---- */

typedef struct lt_translator lt_translator;

typedef struct lt_translator_setting {
    const lt_decoding_options *options;
    size_t n_best;  /* translations wanted of each line, 1 or more; more than beam_size is LT_ERROR_USAGE */
    bool figures;   /* their log-probabilities and scores, too: costs a little */
    bool pieces;    /* and those of each piece; implies `figures` */
    bool alignment; /* which of their words go with which of the line's; LT_ERROR_USAGE for a model without
                       attention */
    const lt_shortlist *shortlist;       /* each line's own target pieces; NULL: all of them */
    const volatile sig_atomic_t *signal; /* not 0: give up, LT_ERROR_INTERRUPTED; may be NULL */
} lt_translator_setting;

/* One decoder a worker of `pool`. Everything is borrowed and must outlive it; the model must be packed. */
lt_status lt_translator_create(lt_translator **translator, const lt_model *model,
                               const lt_tokenizers *tokenizers, const lt_translator_setting *setting,
                               lt_pool *pool, lt_error *error);
/* The same with several models at once; `ensemble` itself is copied, its models are borrowed. With
 * `alignment` one of them at least has attention, and what those that have it look at is averaged. */
lt_status lt_translator_create_ensemble(lt_translator **translator, const lt_ensemble *ensemble,
                                        const lt_tokenizers *tokenizers, const lt_translator_setting *setting,
                                        lt_pool *pool, lt_error *error);
void lt_translator_free(lt_translator *translator); /* NULL is fine */

/* Words of a line and of its translation that go together: the model looked at a piece of the one, more than
 * at any other, when it chose a piece of the other. Counted from 0, words being what stands between white
 * space of ASCII. */
typedef struct lt_word_pair {
    uint32_t src, trg;
} lt_word_pair;

/* With `figures` they are those of the text as the tokenizer segments it, which is what lt_rescore() says of
 * it; the search may have found, and ranked, it by another segmentation, or by the probabilities among the
 * pieces of a shortlist. */
typedef struct lt_translation {
    const char *text; /* one line: no '\n', '\r' or NUL in it */
    size_t length;
    double log_probability;        /* natural log, end of sentence included */
    double score;                  /* log_probability / (pieces + 1)^normalize, and with coverage_penalty that
                                      of the segmentation that the search found */
    const float *of_pieces;        /* with `pieces`: the log-probability of each, end of sentence included */
    size_t pieces;                 /* how many those are */
    const lt_word_pair *alignment; /* with `alignment`: sorted by source, then target, none twice */
    size_t pairs;                  /* how many those are */
} lt_translation;

/* The translations of one line, the search's best first, no text twice; `count` is 1 to n_best, fewer only
 * where the search found fewer. With `sampling` n_best samples in the order in which they were drawn, which
 * may be equal; sample i is the same for any n_best. */
typedef lt_status (*lt_translation_visitor)(void *context, size_t line, const lt_translation *translations,
                                            size_t count, lt_error *error);

/* Translates `count` lines of any bytes and visits each, in order, once all are done. A line without pieces
 * (empty, blank) has one translation: an empty one. */
lt_status lt_translator_run(lt_translator *translator, const lt_line *lines, size_t count,
                            lt_translation_visitor visit, void *context, lt_error *error);

typedef struct lt_translator_counts {
    size_t lines, empty;
    size_t src_cut, first_src_cut; /* lines of more than max_length pieces; the first one's number, from 1 */
    size_t trg_cut;                /* translations that met max_length_factor before their end */
    size_t listed; /* with a shortlist: the target pieces of all lines that have text, added up */
} lt_translator_counts;

/* Since creation. */
const lt_translator_counts *lt_translator_get_counts(const lt_translator *translator);
/* Where the time of the network went, since creation, summed over the workers. */
lt_phases lt_translator_phases(const lt_translator *translator);

/* ---- classifying ---- */

/* Log-probabilities of the classes of every text of `dataset`; `log_probability` (pairs, C). `mini_batch`
 * texts at a time, of like length: a text's figures do not depend on it. `signal` (may be NULL) not 0: give
 * up, LT_ERROR_INTERRUPTED. */
lt_status lt_classify(const lt_model *model, lt_pool *pool, const lt_dataset *dataset, size_t mini_batch,
                      const volatile sig_atomic_t *signal, float *log_probability, lt_error *error);

/* The most probable of `classes`; of equals the lowest. */
size_t lt_best_class(const float *log_probability, size_t classes);

/* ---- scoring ---- */

/* Log-probability (natural log, end of sentence included) of every target of `dataset` given its source;
 * `log_probability` (pairs). Sources are cut at `max_length` pieces, as in translating; 0: never. */
lt_status lt_rescore(const lt_model *model, lt_pool *pool, const lt_dataset *dataset, size_t max_length,
                     double *log_probability, lt_error *error);
/* The same of several models together. */
lt_status lt_rescore_ensemble(const lt_ensemble *ensemble, lt_pool *pool, const lt_dataset *dataset,
                              size_t max_length, double *log_probability, lt_error *error);

#endif
