/* use_tuned.h: the decoding options that 'latimer tune' chose, where a command decodes. */
#ifndef LT_USE_TUNED_H
#define LT_USE_TUNED_H

#include "experiments/run_model.h"

/* Puts what the run's decoding.yaml says into `options`. With `tell` says so on standard error, naming what
 * of it stands (what is among the command line's keys `given` does not), and that it was chosen with another
 * checkpoint, where it was: it counts all the same. */
lt_status lt_use_tuned(lt_decoding_options *options, const lt_run_model *run, const lt_strings *given,
                       bool tell, lt_error *error);

/* Of the first run of an ensemble: says on standard error that there is a choice, which is left aside. */
lt_status lt_tell_tuned_alone(const lt_run_model *run, lt_error *error);

#endif
