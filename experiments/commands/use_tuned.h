/* use_tuned.h: the decoding options that 'latimer tune' chose, where a command decodes. */
#ifndef LT_USE_TUNED_H
#define LT_USE_TUNED_H

#include "experiments/commands/command.h"
#include "experiments/run_model.h"

/* Puts what the run's decoding.yaml says into `options`; of several `runs`, `run` being the first, only where
 * --tuned was given, for it was chosen for one alone. With `tell` says so on standard error, naming what of
 * it stands (what is not given on the command line), and that it was chosen with another checkpoint, where it
 * was: it counts all the same; or that it is left aside. */
lt_status lt_use_tuned(lt_decoding_options *options, const lt_run_model *run, size_t runs,
                       const lt_common_options *common, bool tell, lt_error *error);

#endif
