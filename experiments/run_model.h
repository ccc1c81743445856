/* run_model.h: what a run's folder holds, ready to translate or classify: model, tokenizers, options. */
#ifndef LT_RUN_MODEL_H
#define LT_RUN_MODEL_H

#include "experiments/experiment.h"
#include "experiments/labels.h"
#include "model/base/file.h"

/* Of a checkpoint's metadata: SHA-256 of the tokenizers it was trained with; both the same where they are
 * one. */
#define LT_METADATA_SRC_TOKENIZER "tokenizer.src.sha256"
#define LT_METADATA_TRG_TOKENIZER "tokenizer.trg.sha256"
#define LT_METADATA_UPDATE "progress.update"

/* Of a file that 'latimer quantize' wrote: the checkpoint it was made of, its name, SHA-256, and what its
 * metadata says of its contents, by which it is known again without reading it. */
#define LT_METADATA_QUANTIZED "quantized.checkpoint"
#define LT_METADATA_QUANTIZED_SHA256 "quantized.sha256"
#define LT_METADATA_QUANTIZED_CHECKSUM "quantized.checksum"

typedef struct lt_run_model {
    char *folder, *path;    /* of the run; of the file that the model was read from */
    lt_text remarks;        /* what the user should know of that, in whole lines; may be empty */
    const char *checkpoint; /* file name in the folder */
    uint64_t update;        /* the checkpoint's */
    int precision;          /* LT_FLOAT32 ... */
    lt_experiment experiment;
    lt_tokenizers tokenizers; /* of a classifier both are that of the text */
    lt_labels labels;         /* of a classifier */
    lt_model *model;          /* packed */
    lt_pool *pool;
    bool pool_is_borrowed;
    struct { /* lt_run_model_sha256() */
        lt_aside aside;
        lt_status status;
        lt_error error;
        char hex[LT_SHA256_HEX];
    } hash;
} lt_run_model;

/* What a model is opened for, besides being applied: for lt_model_gradient_norms(), which takes more than
 * twice the memory; for a record, which has the checkpoint's hash. */
enum { LT_RUN_FOR_GRADIENTS = 1, LT_RUN_FOR_RECORD = 2 };

/* Opens the run in `folder` with its checkpoint `checkpoint` (a file's name) and `threads` workers (0: one a
 * core), in `precision` (LT_FLOAT32 ...; for gradients that one), for `purposes` (LT_RUN_FOR_..., or 0).
 * Everything is checked before it is used: LT_ERROR_USAGE where the run is not of this task,
 * LT_ERROR_MISMATCH where a tokenizer or the labels are not those the checkpoint was trained with,
 * LT_ERROR_FORMAT or LT_ERROR_IO where a file is damaged or missing. The caller clears it, also after a
 * failure, and leaves it where it is meanwhile. */
lt_status lt_run_model_open(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                            size_t threads, int precision, int purposes, lt_error *error);
/* The same with the workers of `pool`, which is borrowed: several models of one program share one. */
lt_status lt_run_model_open_beside(lt_run_model *run, const char *folder, const char *checkpoint, int task,
                                   lt_pool *pool, int precision, int purposes, lt_error *error);
void lt_run_model_clear(lt_run_model *run);

/* SHA-256 of the checkpoint's file, of a run that was opened for a record: taken beside everything else, for
 * it takes as long as loading does, and waited for here. `*hex` lives as long as the run. */
lt_status lt_run_model_sha256(lt_run_model *run, const char **hex, lt_error *error);

#endif
