/* compare_curves.h: --curves of compare: how the trainings' figures on dev went, as a picture. */
#ifndef LT_COMPARE_CURVES_H
#define LT_COMPARE_CURVES_H

#include "experiments/comparison.h"

/* Writes `path`, SVG: for each training the figure its best checkpoint was chosen by against the minutes it
 * had taken. LT_ERROR_USAGE where the runs are not judged by the same figure, or none of them has times
 * (those of before they were recorded); runs without are told of in `notes`. */
lt_status lt_curves_write(const lt_comparison *comparison, const char *path, lt_strings *notes,
                          lt_error *error);

#endif
