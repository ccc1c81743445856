#include "experiments/commands/choose_metrics.h"

#include <string.h>
#include <strings.h>

#include "model/base/options.h"

lt_status lt_choose_metrics(bool metrics[LT_METRIC_KINDS], const lt_strings *names, lt_error *error)
{
    for (size_t i = 0; i < names->count; i++) {
        int kind = 0;
        while (lt_metric_names[kind] && strcasecmp(lt_metric_names[kind], names->items[i]) != 0) kind++;
        if (!lt_metric_names[kind]) {
            const char *near = lt_did_you_mean(names->items[i], lt_metric_names);
            return lt_fail(
                error, LT_ERROR_USAGE, "--metric: '%s' is none of bleu, chrf, ter, accuracy, macro_f1%s%s%s",
                names->items[i], near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        }
        metrics[kind] = true;
    }
    return LT_OK;
}
