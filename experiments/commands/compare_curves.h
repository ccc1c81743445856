/* compare_curves.h: --curves of compare: how the trainings' figures on dev went, as a picture. */
#ifndef LT_COMPARE_CURVES_H
#define LT_COMPARE_CURVES_H

#include "experiments/comparison.h"

/* Appends the picture, SVG: for each training the figure it is judged by on dev against the minutes it had
 * taken. What cannot be drawn is told in comparison->notes. LT_ERROR_USAGE where nothing can, or the
 * trainings are judged by different figures. */
lt_status lt_curves_draw(lt_text *picture, lt_comparison *comparison, lt_error *error);

#endif
