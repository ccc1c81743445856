/* tuned.h: decoding.yaml, the decoding options of a run that 'latimer tune' chose, and by what.
 *
 * They come before the experiment's own and after the command line's. The file stands in the run's folder and
 * may be written by hand: then it has no `tuned`. */
#ifndef LT_TUNED_H
#define LT_TUNED_H

#include "model/model.h"
#include "translate/translate.h"

/* By what the options were chosen; a text is NULL where the file does not say. */
typedef struct lt_tuned_by {
    char *date, *checkpoint, *checksum; /* of the model: file name, LT_METADATA_CHECKSUM */
    int64_t update;                     /* the checkpoint's */
    int precision;                      /* LT_FLOAT32 ... */
    char *set, *source_sha256, *reference_sha256;
    int64_t settings;        /* how many were tried */
    char *metric;            /* lt_metric_names */
    double score, own_score; /* with these options, and with the experiment's own */
    char *signature;
} lt_tuned_by;

/* All zeros is that of a run that was not tuned. */
typedef struct lt_tuned {
    bool there;
    lt_tuned_by tuned;
    lt_decoding_options decoding; /* of which `keys` count */
    lt_strings keys;
} lt_tuned;

/* Reads it, if the folder has one. LT_ERROR_USAGE for what is no such file, with "file:line:column". The
 * caller clears it, also after a failure. */
lt_status lt_tuned_read(lt_tuned *tuned, const char *folder, lt_error *error);
lt_status lt_tuned_write(const lt_tuned *tuned, const char *folder, lt_error *error); /* atomically */
lt_status lt_tuned_forget(const char *folder, bool *was_there, lt_error *error);
void lt_tuned_clear(lt_tuned *tuned);

/* Was it chosen with another model than the one whose file has this metadata? A file of integers is of the
 * checkpoint it was made of. false where either does not say. */
bool lt_tuned_elsewhere(const lt_tuned *tuned, const lt_metadata *checkpoint);

/* What a file says of the contents of the checkpoint it is, or was made of; NULL where it does not. */
const char *lt_checkpoint_checksum(const lt_metadata *metadata);

/* Appends "beam_size=8 normalize=1.2 (bleu 36.41 on val, with the experiment's own 36.02; ...)". */
lt_status lt_tuned_describe(lt_text *out, const lt_tuned *tuned, lt_error *error);

#endif
