/* averaging.h: a mean of the weights over some time in place of those of the moment, while it is validated
 * and saved as the best (training.average of the experiment file).
 *
 * Exponential moving averages are the learner's (lt_learner_keep_average()). Means over checkpoints (Vaswani
 * et al. 2017, 6.1) are taken of files: each validation leaves its weights as snapshot-<update>.safetensors
 * in the run's folder, and those that no later mean needs are removed; a resumed training, also one that goes
 * on behind the limits it had, finds them there.
 */
#ifndef LT_AVERAGING_H
#define LT_AVERAGING_H

#include "experiments/experiment.h"

typedef struct lt_averaging {
    const lt_training_options *options; /* all of these are borrowed */
    lt_model *model;
    lt_learner *learner;
    const char *folder; /* of the run */
    real *held;         /* its own: the weights of the moment meanwhile */
} lt_averaging;

/* Puts the mean in the model's place, as it is after `update`; nothing where there is none to be taken. The
 * mean of checkpoints has none up to the update `restarted`. After a failure, LT_ERROR_IO or LT_ERROR_FORMAT
 * where a snapshot cannot be written or read, the model is as it was. */
lt_status lt_averaging_begin(lt_averaging *averaging, uint64_t update, uint64_t restarted, lt_error *error);
/* Puts the weights of the moment back. */
void lt_averaging_end(lt_averaging *averaging);

#endif
