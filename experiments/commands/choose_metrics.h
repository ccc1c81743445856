/* choose_metrics.h: the metrics that --metric names, for commands that print scores of the store. */
#ifndef LT_CHOOSE_METRICS_H
#define LT_CHOOSE_METRICS_H

#include "experiments/metrics/metrics.h"

/* Sets metrics[kind] for each of `names`, in letters of any case. LT_ERROR_USAGE names one that is none. */
lt_status lt_choose_metrics(bool metrics[LT_METRIC_KINDS], const lt_strings *names, lt_error *error);

#endif
