/* store.h: the record of every training and decoding run, in one SQLite file.
 *
 * The file is shared: any number of processes may read while several trainers write, each in short
 * transactions (WAL; a writer waits up to LT_STORE_PATIENCE_MS for another). WAL needs shared memory between
 * the processes, so the file must lie on a local disk: on a network file system (NFS, SMB, Lustre) processes
 * of two machines would corrupt it; give each machine its own file there. Where WAL cannot be had, SQLite's
 * rollback journal is used.
 *
 * A failure to write is never the end of a training: every call returns a status and a message, leaves the
 * file as it was before the call, and can be repeated later; the caller goes on with log.jsonl and says so.
 *
 * A handle belongs to the thread that opened it and must not be carried over a fork(). Strings passed in are
 * copied where they are kept; strings handed to a callback live until it returns. Texts are UTF-8; those of
 * the operating system are kept as they are. Times are milliseconds since 1970 (UTC). A NULL or empty text
 * means "not known". */
#ifndef LT_STORE_H
#define LT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"

typedef struct lt_store lt_store;

#define LT_RUN_ID 33               /* 32 hexadecimal digits and a NUL */
#define LT_STORE_PATIENCE_MS 15000 /* how long a call waits for another process's transaction */
#define LT_STORE_HEARTBEAT_MS                                                                                \
    30000                          /* a running process should call lt_store_heartbeat() about this often    \
                                    */
#define LT_STORE_SILENCE_MS 600000 /* a run that cannot be asked counts as dead after this */
#define LT_STORE_APPLICATION 0x4C61744D /* "LatM": application_id in the file's header */

/* ---- opening
 * ---------------------------------------------------------------------------------------------------- */

typedef enum lt_store_mode {
    LT_STORE_READ,  /* the file must exist; nothing is created or changed (an older schema is brought up to
                       date) */
    LT_STORE_WRITE, /* created where it is missing */
} lt_store_mode;

/* Opens the database at `path`; `*store` is closed by lt_store_close() and is NULL on failure. A file of an
 * older schema is migrated in one transaction. Refused, and left untouched: a file that is not SQLite or not
 * latimer's, and one written by a newer latimer (LT_ERROR_FORMAT); a missing, read-only or locked one
 * (LT_ERROR_IO). */
lt_status lt_store_open(lt_store **store, const char *path, lt_store_mode mode, lt_error *error);
void lt_store_close(lt_store *store); /* NULL is fine */
const char *lt_store_path(const lt_store *store);

/* ---- writing: trainings
 * ----------------------------------------------------------------------------------------- */

/* A fresh run id from the system's random source. Its first 8 digits name the run's folder. */
lt_status lt_store_new_id(char id[LT_RUN_ID], lt_error *error);

typedef enum lt_run_kind { LT_RUN_TRAINING = 1, LT_RUN_DECODING = 2, LT_RUN_ANY = 3 } lt_run_kind;

typedef enum lt_run_status {
    LT_RUN_RUNNING,
    LT_RUN_FINISHED,
    LT_RUN_STOPPED, /* by a signal, after saving: can be resumed */
    LT_RUN_FAILED,
    LT_RUN_DEAD, /* never stored: what a reader concludes of a running run whose process is gone */
} lt_run_status;
extern const char *const lt_run_status_names[]; /* "running", "finished", "stopped", "failed", "dead" */

typedef struct lt_store_new_run {
    const char *id;           /* from lt_store_new_id() */
    const char *experiment;   /* its name */
    const char *command;      /* the command line */
    const char *git_revision; /* of the sources or of the experiment's folder */
    const char *build;        /* version, compiler, flags, libraries */
    const char *folder;       /* the run's directory; stored absolute */
    int64_t seed;
} lt_store_new_run;

/* Adds a training of status running, held by this process on this host (both recorded). */
lt_status lt_store_run_begin(lt_store *store, const lt_store_new_run *run, lt_error *error);

/* Takes a stored training over for this process: status running again, this host and process, `command` and
 * `folder` (each may be NULL: as it was). LT_ERROR_MISMATCH, naming the process, when the run is still
 * running; LT_ERROR_USAGE when there is none of this id. */
lt_status lt_store_run_resume(lt_store *store, const char *id, const char *command, const char *folder,
                              lt_error *error);

/* How it ended: finished, stopped or failed; `message` says why (may be NULL). */
lt_status lt_store_run_end(lt_store *store, const char *id, lt_run_status status, const char *message,
                           lt_error *error);

/* "I am alive, at update `step`". Cheap; the step never goes down but by lt_store_rewind(). */
lt_status lt_store_heartbeat(lt_store *store, const char *id, int64_t step, lt_error *error);

/* A resumed run starts again at update `step`: forgets its metrics and checkpoints of later updates. */
lt_status lt_store_rewind(lt_store *store, const char *id, int64_t step, lt_error *error);

typedef struct lt_store_param {
    const char *key, *value; /* a resolved configuration key, dotted, and its value as text */
} lt_store_param;

/* The key, beside those of the configuration, of how many parameters the model has. */
#define LT_STORE_PARAMETERS "parameters"

/* Of a decoding by several models: how many and which, "3: 1f0e4d2c 77a1b2c3 09f8e7d6", the first digits of
 * their runs' ids or, where the store does not know them, their folders' names. More of run i is under this,
 * a dot, i (from 1), and ".run", ".folder", ".checkpoint_sha256", ".weight". */
#define LT_STORE_ENSEMBLE "decoding.ensemble"

/* Replaces the values of these keys. */
lt_status lt_store_params(lt_store *store, const char *id, const lt_store_param *params, size_t count,
                          lt_error *error);

/* The metric of how many seconds a training has taken up to an update: all that its processes did, from
 * reading the corpus to the validations, without the time between them. */
#define LT_STORE_SECONDS "seconds"

typedef struct lt_store_metric {
    const char *name; /* "train.loss", "dev.loss", "dev.bleu", "learning_rate", "words_per_second" ... */
    double value;     /* a NaN is kept as NULL */
} lt_store_metric;

/* What was measured at update `step`; replaces values of the same step and name. */
lt_status lt_store_metrics(lt_store *store, const char *id, int64_t step, const lt_store_metric *metrics,
                           size_t count, lt_error *error);

typedef struct lt_store_checkpoint {
    const char *name; /* "best", "last" */
    int64_t step;
    const char *path; /* relative to the run's folder, or absolute */
    const char *sha256;
    int64_t bytes;
    const char *score_name; /* the validation figure it was kept for ("dev.bleu"), or NULL */
    double score;
} lt_store_checkpoint;

lt_status lt_store_add_checkpoint(lt_store *store, const char *id, const lt_store_checkpoint *checkpoint,
                                  lt_error *error);

typedef struct lt_store_dataset {
    const char *role;     /* "train", "dev", "test" */
    const char *name;     /* as the configuration names it: the prefix */
    const char *language; /* "en" */
    const char *path;     /* the file read, with .gz or .zst */
    const char *sha256;   /* of the file's bytes */
    int64_t lines;
} lt_store_dataset;

lt_status lt_store_add_dataset(lt_store *store, const char *id, const lt_store_dataset *dataset,
                               lt_error *error);

typedef struct lt_store_origin {
    const char *run;        /* the training whose parameters this one began with, where it is known */
    const char *folder;     /* of it, as it was then */
    const char *checkpoint; /* file name */
    const char *sha256;     /* of that file */
    int64_t step;           /* its update; -1: not known */
    const char *vocabulary; /* "keep": that training's; "new": one of its own */
    bool partial;           /* only the parameters that both models have */
} lt_store_origin;

/* What a training began from; replaces what was said before. */
lt_status lt_store_set_origin(lt_store *store, const char *id, const lt_store_origin *origin,
                              lt_error *error);

/* ---- writing: decodings
 * ----------------------------------------------------------------------------------------- */

typedef struct lt_store_new_decoding {
    const char *id;         /* its own, from lt_store_new_id() */
    const char *training;   /* id of the training whose model is used; NULL when it is not in this store */
    const char *experiment; /* that training's experiment; needed where `training` is NULL */
    const char *command, *build;
    const char *folder;     /* of the training */
    const char *checkpoint; /* file name */
    const char *checkpoint_sha256;
    const char *input; /* path, or "-" for standard input */
    const char *output;
} lt_store_new_decoding;

/* A decoding of status running; its options go into lt_store_params() under its id. */
lt_status lt_store_decoding_begin(lt_store *store, const lt_store_new_decoding *decoding, lt_error *error);

typedef struct lt_store_decoding_result {
    const char *input_sha256, *output_sha256;
    int64_t lines;
    double seconds, sentences_per_second;
} lt_store_decoding_result;

/* Its figures and its end; `result` may be NULL for one that failed. */
lt_status lt_store_decoding_end(lt_store *store, const char *id, const lt_store_decoding_result *result,
                                lt_run_status status, const char *message, lt_error *error);

/* ---- writing: evaluations
 * --------------------------------------------------------------------------------------- */

typedef struct lt_store_score {
    const char *metric; /* "bleu", "chrf", "ter" */
    double score;       /* 0-100 as usual */
    const char *detail; /* human: n-gram precisions, brevity penalty ... */
    const char *signature;
    size_t width;             /* statistics a segment */
    const double *statistics; /* (segments, width), row after row, as the metrics library sums them */
} lt_store_score;

typedef struct lt_store_evaluation {
    const char *dataset;          /* "test_2016_flickr": the set's name */
    const char *source_sha256;    /* of the source text */
    const char *reference_sha256; /* of the reference text; several references: of their hashes in order */
    const char *decoding;         /* the options it was translated with: "beam_size=5 normalize=1" */
    int64_t step;                 /* update of the model used; -1: not known */
    size_t segments;
    const char *const *hypotheses; /* (segments) */
    const size_t *lengths;         /* (segments) bytes of each; NULL: they end at their NUL */
    const lt_store_score *scores;  /* (metrics) */
    size_t metrics;
} lt_store_evaluation;

/* Adds the scores of a training's test or of a decoding, with one row a segment. Large ones are written piece
 * by piece, so that others can write in between; readers see it once it is complete. It replaces an
 * evaluation of the same run, data set and reference. */
lt_status lt_store_add_evaluation(lt_store *store, const char *id, const lt_store_evaluation *evaluation,
                                  lt_error *error);

/* ---- reading
 * ---------------------------------------------------------------------------------------------------- */

/* Finds a run by id, unique prefix of one, experiment's name (its latest finished run; without one its
 * latest), or path of a run directory. What is both a name and a prefix is the name. `kinds` says what is
 * looked for. The directory of a run that the store does not know (copied from another machine) is LT_OK with
 * an empty `id`. Nothing found, or an ambiguous prefix (the message lists the candidates): LT_ERROR_USAGE. */
lt_status lt_store_find_run(lt_store *store, const char *text, lt_run_kind kinds, char id[LT_RUN_ID],
                            lt_error *error);

/* Is `path` a directory that holds a run (experiment.yaml in it)? Needs no store. */
bool lt_store_is_run_folder(const char *path);

typedef struct lt_store_run {
    const char *id, *experiment;
    lt_run_kind kind;
    lt_run_status status;    /* with LT_RUN_DEAD decided now */
    const char *status_name; /* "running", "finished", "stopped", "failed", "dead" */
    const char
        *status_note; /* how that is known ("process 4711 is gone"), or the message it ended with; or NULL */
    const char *parent;        /* of a decoding: its training; or NULL */
    const char *sweep, *point; /* of a training: the sweep it is a run of, and that one's point; or NULL */
    int64_t started, ended, heartbeat; /* ended: 0 while it is not */
    int64_t
        duration; /* ms until it ended or was last heard of, without the time between a stop and going on */
    const char *host;
    int64_t pid, seed, step; /* step: the last update heard of */
    const char *command, *git_revision, *build, *folder;
    const char *best_name; /* the best checkpoint's validation figure, or NULL */
    double best;
    int64_t best_step;
} lt_store_run;

/* A callback returns LT_OK to go on; any other status ends the query and is what it returns. */
typedef lt_status (*lt_store_run_row)(void *context, const lt_store_run *run, lt_error *error);

typedef struct lt_store_filter {
    lt_run_kind kinds;      /* 0: trainings */
    const char *id;         /* this run only, or NULL */
    const char *parent;     /* decodings of this training, or NULL */
    const char *experiment; /* exact name, or NULL */
    const char *sweep;      /* trainings of the sweep of this name, or NULL */
    const char *status;     /* status_name, or NULL */
    int64_t limit;          /* at most so many; 0: all */
} lt_store_filter;

/* Newest first. */
lt_status lt_store_runs(lt_store *store, const lt_store_filter *filter, lt_store_run_row row, void *context,
                        lt_error *error);

typedef lt_status (*lt_store_param_row)(void *context, const lt_store_param *param, lt_error *error);
lt_status lt_store_read_params(lt_store *store, const char *id, lt_store_param_row row, void *context,
                               lt_error *error); /* by key */

typedef lt_status (*lt_store_metric_row)(void *context, int64_t step, const lt_store_metric *metric,
                                         lt_error *error);
lt_status lt_store_read_metrics(lt_store *store, const char *id, lt_store_metric_row row, void *context,
                                lt_error *error); /* by step, then name */

typedef lt_status (*lt_store_checkpoint_row)(void *context, const lt_store_checkpoint *checkpoint,
                                             lt_error *error);
lt_status lt_store_read_checkpoints(lt_store *store, const char *id, lt_store_checkpoint_row row,
                                    void *context, lt_error *error); /* by step */

typedef lt_status (*lt_store_dataset_row)(void *context, const lt_store_dataset *dataset, lt_error *error);
lt_status lt_store_read_datasets(lt_store *store, const char *id, lt_store_dataset_row row, void *context,
                                 lt_error *error); /* in the order they were added */

typedef lt_status (*lt_store_origin_row)(void *context, const lt_store_origin *origin, lt_error *error);
lt_status lt_store_read_origin(lt_store *store, const char *id, lt_store_origin_row row, void *context,
                               lt_error *error); /* no row for a run that began anew */

typedef struct lt_store_decoding {
    const char *checkpoint, *checkpoint_sha256, *input, *output;
    lt_store_decoding_result result; /* lines -1 while it is not known */
} lt_store_decoding;

typedef lt_status (*lt_store_decoding_row)(void *context, const lt_store_decoding *decoding, lt_error *error);
lt_status lt_store_read_decoding(lt_store *store, const char *id, lt_store_decoding_row row, void *context,
                                 lt_error *error); /* no row for a training */

/* One metric of one evaluation. */
typedef struct lt_store_scored {
    int64_t evaluation; /* for lt_store_read_segments() */
    const char *dataset, *source_sha256, *reference_sha256, *decoding;
    int64_t step;
    size_t segments;
    const char *metric, *detail, *signature;
    double score;
    size_t offset, width; /* of its statistics in a segment's row */
} lt_store_scored;

typedef lt_status (*lt_store_scored_row)(void *context, const lt_store_scored *scored, lt_error *error);
lt_status lt_store_read_evaluations(lt_store *store, const char *id, lt_store_scored_row row, void *context,
                                    lt_error *error); /* by data set, then as they were given */

typedef struct lt_store_segment {
    size_t line; /* from 0 */
    const char *hypothesis;
    size_t length;            /* bytes */
    const double *statistics; /* (count): of all metrics, one after another */
    size_t count;
} lt_store_segment;

typedef lt_status (*lt_store_segment_row)(void *context, const lt_store_segment *segment, lt_error *error);
lt_status lt_store_read_segments(lt_store *store, int64_t evaluation, lt_store_segment_row row, void *context,
                                 lt_error *error); /* by line */

#endif
