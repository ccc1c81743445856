/* decoding_record.h: one use of a model to translate or to classify, as a run of its own in the database,
 * with its scores. */
#ifndef LT_DECODING_RECORD_H
#define LT_DECODING_RECORD_H

#include "experiments/commands/run_ensemble.h"
#include "experiments/stream.h"
#include "experiments/store.h"

typedef struct lt_decoding_setting {
    lt_run_model *run;
    const lt_run_ensemble *ensemble; /* which models translate, the run's first; NULL: it alone */
    const char *training;            /* the training's id, or NULL where the database does not know it */
    const void *options;             /* recorded by */
    const lt_option *table;          /* these, as "decoding.<key>"; what of them makes the answers */
    const char *described;           /* what they are, in words: "beam_size=5 ..." */
    const char *shortlist;           /* which one; NULL: none */
    const lt_labels *labels;         /* of a classifier, whose answers are labels; NULL: translations */
    const char *db;                  /* NULL: not recorded */
    const char *set;            /* what the test set is called; NULL: by the first reference's file name */
    const char *input, *output; /* as given: paths, or "-" */
    bool quiet;
} lt_decoding_setting;

/* All zeros is an empty one. */
typedef struct lt_decoding_record {
    lt_decoding_setting setting;
    lt_store *store; /* NULL: not recorded */
    char id[LT_RUN_ID];
    lt_lines *references; /* (count) */
    const char *first;    /* the path of the first, in the caller's options */
    size_t count;
    char *set;
    lt_text described; /* the setting's, the precision where it is not float32, the runs of an ensemble */
} lt_decoding_record;

/* Reads the references. LT_ERROR_MISMATCH where they have not as many lines as one another or as `input` (a
 * file is counted now, so that nobody waits for a translation that cannot be scored; a stream at the end). */
lt_status lt_decoding_record_references(lt_decoding_record *record, const lt_strings *paths,
                                        const char *input, lt_error *error);

/* The references as the metrics take them, (count, lines of one), in new memory the caller frees; and one
 * hash of them all, which of a single one is its own. */
lt_status lt_decoding_record_lines(const lt_decoding_record *record, lt_metric_line **lines, lt_error *error);
void lt_decoding_record_hash(const lt_decoding_record *record, char hex[LT_SHA256_HEX]);

/* Begins the record. A database that cannot be written is told on standard error, and translating goes on. */
lt_status lt_decoding_record_begin(lt_decoding_record *record, const lt_decoding_setting *setting,
                                   lt_error *error);

/* Ends it with how translating ended (`status`, `error` as they are then) and, where there are references,
 * scores `hypotheses`, tells and records the scores. Returns `status`, or what went wrong here. */
lt_status lt_decoding_record_end(lt_decoding_record *record, lt_status status, lt_reader *input,
                                 const lt_stream_result *result, const lt_hypotheses *hypotheses,
                                 lt_error *error);
void lt_decoding_record_clear(lt_decoding_record *record);

#endif
