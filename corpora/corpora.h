/* corpora.h: aligned text in, batches out; corpora fetched, imported, generated and described.
 *
 * A corpus is two files of as many lines: line i of one is the translation of line i of the other. The prefix
 * p and the language suffix en stand for p.en, p.en.gz or p.en.zst. A line ends at '\n' and nowhere else; a
 * last line without it counts. Files are recognised as compressed by their first bytes. */
#ifndef LT_CORPORA_H
#define LT_CORPORA_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/file.h"
#include "model/base/options.h"
#include "model/base/status.h"
#include "model/base/text.h"
#include "model/base/threads.h"
#include "model/batch.h"
#include "tokenizer/tokenizer.h"

/* ---- reading lines (reader.c) ---- */

/* The file of a prefix and a suffix, in a new string the caller frees. LT_ERROR_IO where there is none,
 * LT_ERROR_USAGE where there are several (p.en and p.en.gz); the message names what was looked for. */
lt_status lt_corpus_path(char **path, const char *prefix, const char *suffix, lt_error *error);

typedef struct lt_reader lt_reader;

typedef struct lt_line {
    const char *bytes; /* without the '\n'; may hold any byte; NUL-terminated behind its length */
    size_t length;
} lt_line;

/* What was met in a file so far. */
typedef struct lt_reader_counts {
    size_t lines;
    size_t with_nul, first_with_nul;   /* lines with NUL bytes; number of the first, from 1 */
    size_t malformed, first_malformed; /* lines that are not UTF-8 */
} lt_reader_counts;

/* Opens a plain, gzip or Zstandard file; "-" is standard input. */
lt_status lt_reader_open(lt_reader **reader, const char *path, lt_error *error);
void lt_reader_close(lt_reader *reader); /* NULL is fine */
/* The next line, valid until the next call; *end and no line behind the last. A damaged or cut-off compressed
 * file is LT_ERROR_FORMAT. */
lt_status lt_reader_next(lt_reader *reader, lt_line *line, bool *end, lt_error *error);
/* Would the next line be there without waiting for a pipe or a terminal? Waits up to `milliseconds` for it. A
 * line of which only the beginning has arrived counts as being there. */
bool lt_reader_ready(const lt_reader *reader, int milliseconds);
const char *lt_reader_path(const lt_reader *reader);
const lt_reader_counts *lt_reader_get_counts(const lt_reader *reader);
/* SHA-256 of the text (decompressed), once the end was reached: equal text has equal hashes however it is
 * packed. */
void lt_reader_sha256(lt_reader *reader, char hex[LT_SHA256_HEX]);
/* Appends "train.en: 2 lines with NUL bytes (the first is train.en:17), ..." if there is anything to say. */
lt_status lt_reader_remarks(const lt_reader *reader, lt_text *out, lt_error *error);

/* Two readers in step. When one file ends before the other, the rest of the other is counted and it is
 * LT_ERROR_MISMATCH, with both names and both counts. */
typedef struct lt_pairs {
    lt_reader *src, *trg;
} lt_pairs;
lt_status lt_pairs_open(lt_pairs *pairs, const char *src_path, const char *trg_path, lt_error *error);
lt_status lt_pairs_next(lt_pairs *pairs, lt_line *src, lt_line *trg, bool *end, lt_error *error);
void lt_pairs_close(lt_pairs *pairs);

/* A whole file of lines in memory, once. All zeros is an empty one. */
typedef struct lt_lines {
    lt_text text;
    lt_line *items; /* (count); point into text */
    size_t count;
    char sha256[LT_SHA256_HEX]; /* as lt_reader_sha256() */
} lt_lines;
lt_status lt_lines_load(lt_lines *lines, const char *path, lt_text *remarks, lt_error *error);
void lt_lines_clear(lt_lines *lines);

/* ---- pairs as ids (dataset.c) ---- */

typedef struct lt_dataset_counts {
    size_t read;                     /* pairs */
    size_t empty;                    /* left out: one side, or both, has no piece */
    size_t too_long;                 /* left out (labelled: cut): one side has more than max_length pieces */
    size_t src_unknown, trg_unknown; /* <unk> pieces in what was kept */
} lt_dataset_counts;

/* Sentence pairs as ids in one flat block, in memory or, of a large corpus, in a temporary file. All zeros is
 * an empty one. */
typedef struct lt_dataset {
    lt_ids ids;    /* src of pair 0, trg of pair 0, src of pair 1, ...; those that are not in the file */
    size_t *start; /* (pairs * 2 + 1) offsets into all ids */
    size_t pairs, capacity;
    size_t src_tokens, trg_tokens; /* pieces, without ends of sentence */
    lt_dataset_counts counts;
    bool labelled;           /* texts and their classes: trg is one id, the class */
    struct lt_id_file *file; /* NULL: all are in memory */
    size_t in_file;          /* ids */
    lt_ids line;             /* of the pair that is being added */
} lt_dataset;

/* How a corpus is read. */
typedef struct lt_dataset_setting {
    const lt_tokenizers *tokenizers;
    size_t max_length; /* pieces of a side; 0 keeps every pair, empty ones too: what is scored or translated
                          must stay complete */
    size_t memory;     /* bytes of ids; more go into a temporary file in $TMPDIR (or /tmp), and
                          lt_dataset_src() and _trg() are not for them; 0: none do */
    lt_pool *pool;     /* whose workers encode; NULL: the caller alone. The result is the same */
    /* Not NULL: the target file has labels, and this tells their classes. */
    lt_status (*label)(void *context, const lt_line *line, int32_t *label, lt_error *error);
    void *context;
    const volatile sig_atomic_t *signal; /* not 0: LT_ERROR_INTERRUPTED; may be NULL */
} lt_dataset_setting;

/* Reads `pairs` to its end and appends what is kept. A few thousand lines at a time are in memory. */
lt_status lt_dataset_read(lt_dataset *dataset, lt_pairs *pairs, const lt_dataset_setting *setting,
                          lt_error *error);
/* Appends one pair, by the same rules. */
lt_status lt_dataset_add(lt_dataset *dataset, const lt_tokenizers *tokenizers, const lt_line *src,
                         const lt_line *trg, size_t max_length, lt_error *error);
/* Appends a text and its class. Of a text of more than `max_length` pieces (0: any) the first so many are
 * taken, and it is counted as too long; one without pieces is left out where `leave_empty`, and counted. A
 * dataset holds pairs or labelled texts, not both. */
lt_status lt_dataset_add_labelled(lt_dataset *dataset, const lt_tokenizer *tokenizer, const lt_line *text,
                                  int32_t label, size_t max_length, bool leave_empty, lt_error *error);
void lt_dataset_lengths(const lt_dataset *dataset, size_t pair, size_t *src_length, size_t *trg_length);
/* The ids of both sides of a pair, the target's behind the source's. */
lt_status lt_dataset_copy(const lt_dataset *dataset, size_t pair, int32_t *ids, lt_error *error);
/* It will be copied soon: what is not in memory is fetched meanwhile. */
void lt_dataset_expect(const lt_dataset *dataset, size_t pair);
/* The ids of one side of a pair, where they are in memory. */
const int32_t *lt_dataset_src(const lt_dataset *dataset, size_t pair, size_t *length);
const int32_t *lt_dataset_trg(const lt_dataset *dataset, size_t pair, size_t *length);
void lt_dataset_clear(lt_dataset *dataset);

/* ---- pairs segmented anew in every epoch (resegmenter.c) ---- */

/* Subword regularisation (Kudo 2018; Provilkov, Emelianenko & Voita 2020): a dataset whose lines are cut
 * otherwise in every epoch. What a line becomes is a function of the seed, the epoch, the side and the pair's
 * number alone: not of the threads, nor of the epochs before. */
typedef struct lt_resegmenter lt_resegmenter;

typedef struct lt_resegmenter_setting {
    const lt_tokenizers *tokenizers; /* the dataset's; of labelled texts `src` alone */
    const lt_regularization_options *options;
    size_t max_length; /* pieces of a side; 0: any. Where a draw has more, the line is kept as the dataset has
                          it; of a labelled text the first so many pieces are taken */
    size_t memory;     /* as lt_dataset_setting */
    uint64_t seed;
    lt_pool *pool;                       /* whose workers draw; NULL: the caller alone */
    const volatile sig_atomic_t *signal; /* as lt_dataset_setting */
} lt_resegmenter_setting;

/* Of an epoch. */
typedef struct lt_resegmenter_counts {
    size_t drawn[2];    /* lines of the source and of the target that were drawn, those not kept included */
    size_t too_long[2]; /* of these: more than max_length pieces */
} lt_resegmenter_counts;

/* `dataset` has the best segmentations; it, and all that the setting points to but `options`, is borrowed.
 * LT_ERROR_USAGE where the tokenizer cannot draw. */
lt_status lt_resegmenter_create(lt_resegmenter **resegmenter, const lt_dataset *dataset,
                                const lt_resegmenter_setting *setting, lt_error *error);
void lt_resegmenter_free(lt_resegmenter *resegmenter); /* NULL is fine */
/* Draws the lines of an epoch, unless they are there. After a failure none are. LT_ERROR_INTERRUPTED on a
 * signal. */
lt_status lt_resegmenter_epoch(lt_resegmenter *resegmenter, uint64_t epoch, lt_error *error);
/* As many pairs as the dataset's, in their order; it stays where it is, and its pairs change with the epoch.
 * As the dataset it is in memory or in a file. */
const lt_dataset *lt_resegmenter_dataset(const lt_resegmenter *resegmenter);
const lt_resegmenter_counts *lt_resegmenter_get_counts(const lt_resegmenter *resegmenter);

/* ---- pairs as batches (batcher.c) ---- */

/* An epoch's order: the pairs are shuffled, sorted by length within pools of LT_BATCHER_POOL batches, cut
 * into batches of at most `batch_tokens` target tokens (ends of sentence included; a pair longer than that is
 * a batch of its own) and LT_BATCHER_SOURCE times as many source tokens, which only misaligned pairs come up
 * to, and the batches are shuffled. Of labelled texts it is the pieces of the text that count, its end of
 * sentence included. A pure function of the data, `batch_tokens`, the seed and the epoch. */
typedef struct lt_batcher lt_batcher;
#define LT_BATCHER_POOL 100
#define LT_BATCHER_SOURCE 4

lt_status lt_batcher_create(lt_batcher **batcher, const lt_dataset *dataset, size_t batch_tokens,
                            uint64_t seed, lt_error *error); /* the dataset is borrowed */
void lt_batcher_free(lt_batcher *batcher);
lt_status lt_batcher_epoch(lt_batcher *batcher, uint64_t epoch, size_t *batches, lt_error *error);
/* Batch `index` of the epoch; valid until the next call. The system is told which batches come next, so that
 * a slow disk is read while this one is computed. LT_ERROR_IO where the ids cannot be read. */
lt_status lt_batcher_get(lt_batcher *batcher, size_t index, lt_batch *batch, lt_error *error);

/* ---- lexical translation (ibm1.c) ---- */

/* The probability that a source piece becomes this target piece. */
typedef struct lt_lexical {
    int32_t trg;
    float probability;
} lt_lexical;

typedef struct lt_translation_row {
    lt_lexical *items; /* (count) most probable first, of equals the lower id; they sum to 1 */
    size_t count;      /* 0: the piece is in no pair */
} lt_translation_row;

/* t(f|e), sparse; the row of LT_EOS is that of the empty word. All zeros is an empty one. */
typedef struct lt_translation_table {
    size_t src_vocab, trg_vocab;
    lt_translation_row *rows; /* (src_vocab) */
} lt_translation_table;

typedef struct lt_ibm1_options {
    size_t iterations;                   /* of EM, at least 1 */
    const volatile sig_atomic_t *signal; /* not 0: give up, LT_ERROR_INTERRUPTED; may be NULL */
} lt_ibm1_options;

/* Estimates t(f|e) from all pairs of `dataset` by IBM Model 1 (Brown et al. 1993). Of a piece the 1,024 most
 * probable translations are kept. A function of the pairs and their order alone. Time goes with the sum over
 * the pairs of source times target pieces; memory is, beside the dataset, 4 bytes a source piece, 8 a target
 * piece, 12 a pair, and the table: at most 8 KB a piece of the source vocabulary. The caller clears the
 * table, also after a failure. */
lt_status lt_ibm1_train(lt_translation_table *table, const lt_dataset *dataset, size_t src_vocab,
                        size_t trg_vocab, const lt_ibm1_options *options, lt_error *error);
void lt_translation_table_clear(lt_translation_table *table);

/* Writes a line for each entry, "source target probability", by source id, most probable first. */
lt_status lt_translation_table_write(const lt_translation_table *table, const lt_tokenizers *tokenizers,
                                     FILE *stream, lt_error *error);

/* ---- lexical shortlists (shortlist.c) ---- */

/* Which target pieces a translation of a given source may be made of: the `first` most frequent ones, the
 * `best` most probable translations of each source piece and of its end of sentence, and the reserved ones
 * (L'Hostis, Grangier & Auli 2016; Jean, Cho, Memisevic & Bengio 2015, section 3.3). */
typedef struct lt_shortlist lt_shortlist;

typedef struct lt_shortlist_options {
    int64_t first, best;
} lt_shortlist_options;

extern const lt_option lt_shortlist_table[];

/* Of a table, and of how often the target pieces are in `dataset`; the tokenizers are those of both. Of a
 * vocabulary with fewer pieces than `first` there are all. */
lt_status lt_shortlist_create(lt_shortlist **shortlist, const lt_translation_table *table,
                              const lt_dataset *dataset, const lt_tokenizers *tokenizers,
                              const lt_shortlist_options *options, lt_error *error);
void lt_shortlist_free(lt_shortlist *shortlist); /* NULL is fine */

/* Writes it atomically. The file:
 *
 *   header   lines of text, "latimer shortlist 1", "first 100", ..., "sha256 <64 digits>", and an empty one
 *   body     int32, little-endian: (src_vocab) how many translations each source piece has; (first) the most
 *            frequent target pieces; the translations, piece after piece, most probable first
 *
 * The hash is of the header up to it and of the body. */
lt_status lt_shortlist_save(const lt_shortlist *shortlist, const char *path, lt_error *error);

/* Reads a file and checks all of it. LT_ERROR_FORMAT where it is no shortlist, cut off or damaged;
 * LT_ERROR_MISMATCH where it was made for other tokenizers than these. */
lt_status lt_shortlist_load(lt_shortlist **shortlist, const char *path, const lt_tokenizers *tokenizers,
                            lt_error *error);

const lt_shortlist_options *lt_shortlist_get_options(const lt_shortlist *shortlist);
const char *lt_shortlist_sha256(const lt_shortlist *shortlist); /* as its file has it */
size_t lt_shortlist_size(const lt_shortlist *shortlist);        /* translations, of all source pieces */

/* Appends the target pieces for a source of `length` ids: ascending, none twice, the reserved ones first. */
lt_status lt_shortlist_pieces(const lt_shortlist *shortlist, const int32_t *src, size_t length, lt_ids *ids,
                              lt_error *error);

/* ---- Debian's package descriptions as a corpus (debian.c) ---- */

/* What `latimer corpus fetch debian` is told. */
typedef struct lt_debian_options {
    char *pair;      /* "en-de": source and target, as Debian names languages */
    char *languages; /* "en,de,fr": for labelled text; NULL: a pair */
    char *output;    /* folder */
    char *cache;     /* folder of what apt fetched; NULL: "apt" in `output` */
    char *sources;   /* apt sources to use in place of the system's; NULL: the system's */
    bool refresh;    /* ask for newer files though there are some */
    int64_t seed;    /* of the split */
    int64_t dev_lines, test_lines, train_lines; /* of labelled text: of each language */
    double max_ratio;                           /* of the lengths of a pair */
} lt_debian_options;
extern const lt_option lt_debian_table[];

/* What became of it all. Left out counts add up: `candidates` is `kept` and all from `damaged` on. */
typedef struct lt_debian_counts {
    size_t src_descriptions, trg_descriptions; /* whole ones */
    size_t damaged_stanzas;
    size_t matched;           /* originals described in both languages */
    size_t families;          /* sets of packages that belong together */
    size_t paragraphs_differ; /* descriptions of which only the synopsis is used */
    size_t lists_differ;      /* paragraphs left out: lists or their items do not correspond */
    size_t displays;          /* blocks left out: tables, commands, quoted lines */
    size_t whole, too_long;   /* paragraphs whose sentences do not correspond: kept in one piece; left out */
    size_t candidates;        /* pairs of lines */
    size_t damaged;           /* left out: not UTF-8, control characters, unfinished, translators' notes */
    size_t no_words;          /* left out: a side without a letter */
    size_t untranslated;      /* left out: both sides are the same but for marks and case, or nearly */
    size_t uneven;            /* left out: out of proportion */
    size_t duplicates;        /* left out: the pair was there before */
    size_t near_dev, near_test; /* left out of dev and test: shared with train, or met before */
    size_t surplus;             /* left out of dev and test: more than were wanted */
    size_t kept;                /* what is written: the sum of the next three */
    size_t train, dev, test;
    size_t train_families, dev_families, test_families;
} lt_debian_counts;

/* A corpus being made of Debian's Translation files. Add the files of both languages, in any number and
 * order, then build, then write. The result is a function of their texts and the options; swapping the
 * languages of the pair swaps the sides and changes nothing else. */
typedef struct lt_debian lt_debian;

/* The options are borrowed. LT_ERROR_USAGE for a pair that is none. */
lt_status lt_debian_create(lt_debian **debian, const lt_debian_options *options, lt_error *error);
void lt_debian_free(lt_debian *debian); /* NULL is fine */
/* A Translation file, decompressed. `name` stands in messages and in the notice. The text is taken over and
 * emptied. LT_ERROR_FORMAT where no stanza of it is whole. */
lt_status lt_debian_add(lt_debian *debian, const char *language, const char *name, lt_text *text,
                        lt_error *error);
/* Aligns, filters and splits what was added; once. LT_ERROR_FORMAT where nothing can be kept. */
lt_status lt_debian_build(lt_debian *debian, lt_error *error);
/* Writes train, dev and test and README into the folder `output` of the options: all of it or nothing. */
lt_status lt_debian_write(const lt_debian *debian, lt_error *error);
const lt_debian_counts *lt_debian_get_counts(const lt_debian *debian);
/* The counts as lines for people. */
lt_status lt_debian_describe(const lt_debian *debian, lt_text *out, lt_error *error);

/* Adds all Translation files of both languages that apt has for this system, fetching what is not in the
 * cache: apt-get and apt-helper are run with a state folder of their own, nothing of the system's is changed.
 * `note` (may be NULL) is told what goes on. LT_ERROR_IO where there is no apt or it fails, LT_ERROR_USAGE
 * for a language that has no translations; the message lists those that have. */
typedef void (*lt_debian_note)(void *context, const char *line);
lt_status lt_debian_fetch(lt_debian *debian, lt_debian_note note, void *context, lt_error *error);

/* ---- Debian's package descriptions as labelled text (debian_labelled.c) ---- */

enum { LT_LABELLED_MOST = 32 }; /* languages */

/* What became of the sentences of a language: `sentences` is the sum of all below it. */
typedef struct lt_labelled_counts {
    size_t descriptions, sentences;
    size_t damaged;      /* left out: not UTF-8, control characters, unfinished, translators' notes */
    size_t too_short;    /* left out: fewer than three words, or no letter */
    size_t untranslated; /* left out: the same words are there in another language, too */
    size_t duplicates;   /* left out: the same words were there before */
    size_t held_out;     /* left out of dev and test: six words in a row are in train, or more than wanted */
    size_t surplus;      /* left out of train: more than wanted */
    size_t train, dev, test;
} lt_labelled_counts;

/* Sentences in several languages, each with the code of its language, being made of Translation files: as
 * lt_debian, add, build, write. All texts of a family of packages are in the same part, in every language. */
typedef struct lt_labelled lt_labelled;

/* The options are borrowed. LT_ERROR_USAGE for `languages` that are none. */
lt_status lt_labelled_create(lt_labelled **labelled, const lt_debian_options *options, lt_error *error);
void lt_labelled_free(lt_labelled *labelled); /* NULL is fine */
lt_status lt_labelled_add(lt_labelled *labelled, const char *language, const char *name, lt_text *text,
                          lt_error *error);
/* LT_ERROR_FORMAT where a part has nothing in one of the languages. */
lt_status lt_labelled_build(lt_labelled *labelled, lt_error *error);
/* Writes train.text and train.label, dev.*, test.* and README into the folder `output`: all or nothing. */
lt_status lt_labelled_write(const lt_labelled *labelled, lt_error *error);
/* Of language `index` of the options; NULL behind the last. `*language` (may be NULL) gets its code. */
const lt_labelled_counts *lt_labelled_get_counts(const lt_labelled *labelled, size_t index,
                                                 const char **language);
lt_status lt_labelled_describe(const lt_labelled *labelled, lt_text *out, lt_error *error);
/* As lt_debian_fetch(), of all the languages. */
lt_status lt_labelled_fetch(lt_labelled *labelled, lt_debian_note note, void *context, lt_error *error);

/* ---- generated corpora (generate.c) ---- */

/* A corpus without end, English and German, from a grammar and a lexicon that are built in (grammar.h). */
typedef struct lt_generate_options {
    int64_t pairs, dev, test; /* how many go into train, dev and test */
    int64_t seed;
    int64_t max_words; /* longer sentences, on either side, are drawn again */
    bool alignments;   /* write <set>.align, too */
} lt_generate_options;

enum { LT_GENERATE_WORDS_MIN = 3 };

typedef enum lt_generated_set {
    LT_GENERATED_TRAIN,
    LT_GENERATED_DEV,
    LT_GENERATED_TEST,
    LT_GENERATED_SETS
} lt_generated_set;
extern const char *const lt_generated_names[LT_GENERATED_SETS]; /* train, dev, test */

/* What was written, by set. */
typedef struct lt_generate_report {
    size_t pairs[LT_GENERATED_SETS], en_words[LT_GENERATED_SETS], de_words[LT_GENERATED_SETS];
    size_t longest; /* words */
} lt_generate_report;

/* One pair. All zeros is an empty one. */
typedef struct lt_generated {
    lt_text en, de;    /* without ends of line */
    lt_text alignment; /* Pharaoh: "0-0 1-2", English-German, from 0, by words between spaces */
    size_t en_words, de_words;
} lt_generated;

/* Pair `index` of a set: a function of seed, set and index alone, so that a smaller corpus is the beginning
 * of a larger one (in dev and test, where it is not one that came before). Whether a sentence is held out for
 * dev and test is decided by its hash, the English and the German alike: no line of train, on either side, is
 * one of dev or test. */
lt_status lt_generate_pair(lt_generated *pair, const lt_generate_options *options, lt_generated_set set,
                           uint64_t index, lt_error *error);
void lt_generated_clear(lt_generated *pair);

/* Called every some thousand pairs; a number other than 0 is a signal: stop. May be NULL. */
typedef int (*lt_generate_tick)(void *context, const lt_generate_report *report);

/* Writes train.en, train.de, dev.en, ... into `folder`, which is made if need be; each file is complete or
 * not there. No English sentence stands twice in dev or twice in test; LT_ERROR_USAGE where there are not so
 * many different ones. Memory: 16 to 32 bytes a pair of dev or test, nothing for train. */
lt_status lt_corpus_generate(const char *folder, const lt_generate_options *options, lt_generate_tick tick,
                             void *context, lt_generate_report *report, lt_error *error);

/* ---- generated tasks on symbols (generate_task.c) ---- */

/* What a recurrent network must keep to answer. A line of text is symbols s0 s1 ... between spaces, its label
 * is one or more of them:
 *   recall   a symbol, then as many distractors (d0 d1 ...) as the distance says; label: the symbol
 *   copy     as many symbols as the distance says; label: the same
 *   reverse  the same; label: these, the last one first */
enum { LT_TASK_RECALL, LT_TASK_COPY, LT_TASK_REVERSE };
enum { LT_DISTANCES_MOST = 32 };

typedef struct lt_task_options {
    int task;                 /* LT_TASK_* */
    int64_t pairs, dev, test; /* of train, of dev, of each test set */
    int64_t seed;
    int64_t symbols, distractors;         /* how many there are to choose from */
    int64_t max_distance;                 /* of train and dev, where distances are uniform from 1 */
    int64_t distances[LT_DISTANCES_MOST]; /* of the test sets */
    size_t distance_count;
} lt_task_options;

/* One pair: a function of seed, task, `set` (any number) and index, and of how many symbols and distractors
 * there are. Replaces `text` and `label`; returns the distance, drawn where `distance` is 0, in `*drawn`. */
lt_status lt_task_pair(lt_text *text, lt_text *label, const lt_task_options *options, int64_t distance,
                       uint64_t set, uint64_t index, int64_t *drawn, lt_error *error);

/* Writes train.text, train.label, dev.*, and test_d<distance>.* for each distance into `folder`, which is
 * made if need be: all or nothing, line by line. Pairs are drawn independently, so that short ones come
 * again. `*signal` as in lt_corpus_import(). */
lt_status lt_corpus_generate_task(const char *folder, const lt_task_options *options,
                                  const volatile sig_atomic_t *signal, lt_error *error);

/* ---- importing (import.c, import_tsv.c, import_tmx.c) ---- */

enum { LT_IMPORT_AUTO, LT_IMPORT_TSV, LT_IMPORT_PLAIN, LT_IMPORT_TMX };

typedef struct lt_import_options {
    char *src, *trg; /* languages: suffixes of the files, and what is looked for in TMX */
    int format;      /* LT_IMPORT_* */
    int64_t src_column, trg_column;
    int64_t columns; /* exactly so many; 0: as many as it takes, or more */
    bool deduplicate;
} lt_import_options;

extern const lt_option lt_import_table[];

typedef enum lt_import_matter {
    /* of each of these a pair was dropped */
    LT_IMPORT_EMPTY,     /* a side has nothing but white space */
    LT_IMPORT_COLUMNS,   /* a line with a wrong number of columns */
    LT_IMPORT_LANGUAGE,  /* a unit without one of the languages */
    LT_IMPORT_ENTITY,    /* a unit whose text needs an entity that is not in the file */
    LT_IMPORT_DUPLICATE, /* the same pair was there before */
    LT_IMPORT_DROPS,
    /* of these, none */
    LT_IMPORT_REPAIRED = LT_IMPORT_DROPS, /* pairs with NUL or invalid UTF-8, now U+FFFD */
    LT_IMPORT_CARRIAGE_RETURN,            /* lines that ended in CR LF; the CR is gone */
    LT_IMPORT_BYTE_ORDER_MARK,            /* files that began with one; it is gone */
    LT_IMPORT_VARIANT,                    /* further variants in a language; the first was taken */
    LT_IMPORT_MATTERS
} lt_import_matter;

typedef struct lt_import_report {
    size_t read; /* lines, pairs of lines, or units */
    size_t written;
    struct lt_import_count {
        size_t count;
        const char *path; /* of the first; lives as long as the files' names do */
        size_t line;
    } matters[LT_IMPORT_MATTERS];
    size_t columns; /* that the first line with a wrong number of them has */
} lt_import_report;

/* Reads `files` and writes the pairs as <prefix>.<src> and <prefix>.<trg>, both or none of them: none when a
 * file is damaged or malformed (the message has file:line:column), or when no pair is left. TSV has no
 * quotes; the text of TSV and plain files is taken as it is, that of TMX with its white space as single
 * spaces.
 * `*signal` (may be NULL) is asked from time to time: anything but 0 is LT_ERROR_INTERRUPTED. The report is
 * filled also when the import fails. */
lt_status lt_corpus_import(const char *prefix, const lt_strings *files, const lt_import_options *options,
                           const volatile sig_atomic_t *signal, lt_import_report *report, lt_error *error);
/* Appends a line for each matter there is, as "dropped 3: a side is empty (the first is a.tsv:17)". */
lt_status lt_import_describe(const lt_import_report *report, lt_text *out, lt_error *error);

/* ---- cleaning (clean.c) ---- */

typedef struct lt_clean_options {
    char *src, *trg;   /* suffixes */
    int64_t max_words; /* of a side; 0: any */
    double max_ratio;  /* of the lengths of a pair; 0: any */
    bool identical;    /* keep pairs whose sides are the same */
    bool duplicates;   /* keep pairs that were there before */
} lt_clean_options;

extern const lt_option lt_clean_table[];

/* Why a pair was dropped: the first of these that applies. */
typedef enum lt_clean_matter {
    LT_CLEAN_DAMAGED,   /* a side has NUL or invalid UTF-8 */
    LT_CLEAN_EMPTY,     /* a side has nothing but white space */
    LT_CLEAN_TOO_LONG,  /* a side has over max_words words */
    LT_CLEAN_UNEVEN,    /* the lengths in characters are out of proportion */
    LT_CLEAN_IDENTICAL, /* both sides are the same, white space at their ends aside */
    LT_CLEAN_DUPLICATE, /* the same pair was there before */
    LT_CLEAN_JUDGED,    /* the judge said so */
    LT_CLEAN_MATTERS
} lt_clean_matter;

typedef struct lt_clean_report {
    size_t read, written;
    struct lt_clean_count {
        size_t count, line; /* line: the first one's number, from 1 */
    } matters[LT_CLEAN_MATTERS];
} lt_clean_report;

/* Somebody who knows more of text than this room. judge(): good[i], true before, becomes false for a pair to
 * drop; at most LT_CLEAN_BLOCK pairs at a time, in order. `reason` stands behind their count: "a side is not
 * in its language". */
enum { LT_CLEAN_BLOCK = 2048 };
typedef struct lt_clean_judge {
    void *context;
    lt_status (*judge)(void *context, const lt_line *src, const lt_line *trg, size_t count, bool *good,
                       lt_error *error);
    const char *reason;
} lt_clean_judge;

/* Reads the corpus <from>.<src>, <from>.<trg> and writes what is kept, as it is and in its order, as
 * <to>.<src> and <to>.<trg>: both or none of them; none when no pair is left. `judge` and `*signal` may be
 * NULL, the latter as in lt_corpus_import(). Memory: 12 to 24 bytes for each distinct pair, unless duplicates
 * are kept. The report is filled also on failure. */
lt_status lt_corpus_clean(const char *from, const char *to, const lt_clean_options *options,
                          const lt_clean_judge *judge, const volatile sig_atomic_t *signal,
                          lt_clean_report *report, lt_error *error);
/* Appends for each matter there is "dropped 3: a side is empty (the first is line 17)", with `between`
 * between them. */
lt_status lt_clean_describe(const lt_clean_report *report, const lt_clean_judge *judge, const char *between,
                            lt_text *out, lt_error *error);

/* ---- describing (stats.c) ---- */

enum { LT_PERCENTILES = 6 };
extern const int lt_percentiles[LT_PERCENTILES]; /* 5, 25, 50, 75, 95, 99 */

/* How long the lines of a side are, in words, characters or pieces. */
typedef struct lt_length_stats {
    size_t total;
    double mean;                       /* 0 without lines */
    size_t percentile[LT_PERCENTILES]; /* by nearest rank; lengths over a million are the longest here */
    size_t longest, longest_line;      /* its number, from 1; of equals the first */
} lt_length_stats;

typedef struct lt_side_stats {
    size_t empty;                              /* lines with nothing but white space */
    size_t types;                              /* distinct words, letter case and punctuation included */
    size_t bytes;                              /* without the line feeds */
    size_t unknown;                            /* <unk> among the pieces */
    lt_length_stats words, characters, pieces; /* words: between white space of any kind; a malformed byte is
                                                  a character; pieces: with a tokenizer only */
    lt_reader_counts counts;                   /* lines, and what is wrong in them */
    char sha256[LT_SHA256_HEX];                /* as lt_reader_sha256() */
} lt_side_stats;

typedef struct lt_corpus_stats {
    lt_side_stats src, trg;
    size_t duplicates; /* pairs that are the same as an earlier one, byte for byte */
} lt_corpus_stats;

/* Reads both files once; memory goes with the number of distinct pairs and words, 12 to 24 bytes for each.
 * `tokenizers` and `*signal` may be NULL, the latter as in lt_corpus_import(). */
lt_status lt_corpus_describe(lt_corpus_stats *stats, const char *src_path, const char *trg_path,
                             const lt_tokenizers *tokenizers, const volatile sig_atomic_t *signal,
                             lt_error *error);

#endif
