/* ensemble.h: what several models make of a piece together. Private to model/.
 *
 * p(v) = sum_i w_i p_i(v), sum_i w_i = 1: the mean of probabilities, not of their logarithms, so that a piece
 * that one model thinks impossible is not lost. Candidates are ranked by sums of probabilities over whole
 * rows, which is fast; the log-probability of the few that are kept, and of a given piece in scoring, is
 * lt_ensemble_log_mean() of the models' own. Both get the same bits for the same piece. */
#ifndef LT_ENSEMBLE_H
#define LT_ENSEMBLE_H

#include "model/backend/backend.h"
#include "model/model.h"

/* log w_i of each model, (count): the weights are scaled to a sum of 1 first. */
void lt_ensemble_log_weights(const lt_ensemble *ensemble, double *log_weights);

/* log sum_i w_i exp(log_probability[i * stride]): does not underflow. */
real lt_ensemble_log_mean(const real *log_probability, size_t stride, const double *log_weights,
                          size_t count);

/* mean (width) = sum_i w_i softmax(logits[i * stride], ...). `scratch` (width) is spoiled. A row's result
 * depends on it alone. */
void lt_ensemble_mix(const lt_backend *backend, real *mean, real *scratch, const real *logits, size_t stride,
                     const double *log_weights, size_t count, size_t width);

#endif
