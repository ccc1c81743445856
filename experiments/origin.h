/* origin.h: the run that a training begins from: its parameters in place of random ones (train --init).
 *
 * Everything of that run that is needed is read before the new one is made, taken over before its first
 * update, and saved at once: after that the other run may go. LT_RUN_INIT in the new run's folder says what
 * it was. */
#ifndef LT_ORIGIN_H
#define LT_ORIGIN_H

#include "experiments/experiment.h"
#include "experiments/labels.h"
#include "experiments/store.h"

/* What becomes of the vocabulary: that run's tokenizers, so that ids mean the same; or new ones, trained on
 * the new data, where pieces that both have keep their rows of the tables. */
enum { LT_VOCABULARY_KEEP, LT_VOCABULARY_NEW };
extern const char *const lt_vocabulary_names[]; /* "keep", "new", NULL */

/* The file LT_RUN_INIT. */
typedef struct lt_origin_options {
    char *run;    /* id; NULL: not known */
    char *folder; /* absolute */
    char *checkpoint;
    char *sha256; /* of that file */
    int64_t update;
    int vocabulary; /* LT_VOCABULARY_* */
    bool partial;   /* only the parameters whose name and shape both models have */
} lt_origin_options;

/* All zeros: there is none. */
typedef struct lt_origin {
    lt_origin_options options;
    lt_text note;    /* what the user should know of how it fits; may be empty */
    char *settings;  /* the folder whose experiment says what the vocabulary was made by */
    lt_model *model; /* NULL: was taken over; else the rest is there, too */
    lt_tokenizers tokenizers;
    lt_labels labels; /* of a classifier */
} lt_origin;

/* Reads checkpoint `checkpoint` (a file's name) of the run in `folder`, whose id is `run` (NULL: not known),
 * and its tokenizers. LT_ERROR_IO, LT_ERROR_FORMAT or LT_ERROR_MISMATCH where something is missing, damaged,
 * or not what the checkpoint was trained with. The caller clears it, also after a failure. */
lt_status lt_origin_open(lt_origin *origin, const char *folder, const char *run, const char *checkpoint,
                         int vocabulary, bool partial, lt_error *error);

/* What the run in `folder` began from, if it did; where it was stopped before it had a checkpoint, its origin
 * is opened again: LT_ERROR_MISMATCH or LT_ERROR_IO where that is not there as it was. */
lt_status lt_origin_reopen(lt_origin *origin, const char *folder, lt_error *error);

/* Is there one? */
bool lt_origin_is(const lt_origin *origin);

/* Fits the experiment to it: settings of a vocabulary that is kept replace the experiment's (the note says
 * which). LT_ERROR_USAGE where the experiment's model or task is another, naming the keys. */
lt_status lt_origin_fit(lt_origin *origin, lt_experiment *experiment, lt_error *error);

/* LT_RUN_INIT of the new run, and what else is kept of the origin: what its checkpoints say, its record. */
lt_status lt_origin_write(const lt_origin *origin, const char *folder, lt_error *error);
lt_status lt_origin_identify(const lt_origin *origin, lt_metadata *identity, lt_error *error);
lt_store_origin lt_origin_record(const lt_origin *origin); /* lives as long as the origin */

/* Copies the tokenizers that are kept into the new run's folder, as a run of `task` has them. */
lt_status lt_origin_give_tokenizers(const lt_origin *origin, const char *folder, int task, lt_error *error);

/* Puts the parameters into the new model (to be packed afterwards) and frees the origin's; `note` gets, in
 * lines, what was taken over. `labels` are of a classifier. */
lt_status lt_origin_apply(lt_origin *origin, lt_model *model, const lt_tokenizers *tokenizers,
                          const lt_labels *labels, lt_text *note, lt_error *error);

void lt_origin_clear(lt_origin *origin);

#endif
