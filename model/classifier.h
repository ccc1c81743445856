/* classifier.h: a linear layer over the encoder's final states: one class a text. */
#ifndef LT_CLASSIFIER_H
#define LT_CLASSIFIER_H

#include "model/linear.h"
#include "model/loss.h"
#include "model/sequence.h"

/* p = softmax(W dropout(h) + b), h (D) the final h of the encoder's top layer, directions one behind the
 * other. */
typedef struct lt_classifier {
    size_t classes;   /* C; 0: the model is no classifier */
    lt_linear output; /* (C, D), with the bias */
    double dropout;   /* on h */
} lt_classifier;

/* Adds "classifier.weight" (classes, width) and "classifier.bias" to `params`. */
lt_status lt_classifier_init(lt_classifier *classifier, lt_weights *weights, lt_params *params,
                             size_t classes, size_t width, double dropout, int initialization,
                             lt_error *error);

/* log_probability (B, C) of h (B, D). */
bool lt_classifier_forward(const lt_classifier *classifier, const lt_weights *weights, lt_arena *arena,
                           real *log_probability, const real *h, size_t batch);

/* Forward, loss and backward in one pass. h (B, D) and the right `classes` (B) are in the order of the
 * members that `text`, what the encoder read, was made from; dropout's keys are its. dh (B, D) out: the
 * gradient of the summed loss. The gradients of W and b are added to `gradients`. `smoothing` as
 * lt_optimizer_options.label_smoothing, spread over the classes. False: out of memory. */
bool lt_classifier_learn(const lt_classifier *classifier, const lt_weights *weights, real *gradients,
                         lt_arena *arena, const lt_sequence *text, real *dh, const real *h,
                         const int32_t *classes, double smoothing, lt_loss_sums *sums);

#endif
