#include "experiments/tuning_evidence.h"

#include <stdlib.h>

lt_status lt_evidence_add(lt_evidence *evidence, double *rows, size_t segments, lt_error *error)
{
    double **grown = realloc(evidence->rows, (evidence->count + 1) * sizeof *grown);
    if (!grown) {
        free(rows);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu trials", evidence->count + 1);
    }
    evidence->rows = grown;
    evidence->rows[evidence->count++] = rows;
    evidence->segments = segments;
    return LT_OK;
}

void lt_evidence_clear(lt_evidence *evidence)
{
    for (size_t i = 0; i < evidence->count; i++) free(evidence->rows[i]);
    free(evidence->rows);
    free(evidence->errors);
    *evidence = (lt_evidence){.metric = evidence->metric};
}

static lt_status keep_error(lt_evidence *evidence, const lt_evidence_error *value, lt_error *error)
{
    lt_evidence_error *grown = realloc(evidence->errors, (evidence->known + 1) * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a standard error");
    evidence->errors = grown;
    evidence->errors[evidence->known++] = *value;
    return LT_OK;
}

lt_status lt_evidence_standard_error(lt_evidence *evidence, double *value, size_t one, size_t other,
                                     lt_error *error)
{
    lt_significance result;
    const lt_evidence_error *e = evidence->errors;
    for (size_t i = 0; i < evidence->known; i++, e++)
        if ((e->one == one && e->other == other) || (e->one == other && e->other == one)) {
            *value = e->value;
            return LT_OK;
        }
    LT_TRY(lt_paired_bootstrap(&result, evidence->metric, evidence->rows[one], evidence->rows[other],
                               evidence->segments, LT_BOOTSTRAP_SAMPLES, LT_SIGNIFICANCE_SEED, error));
    *value = result.deviation;
    const lt_evidence_error found = {one, other, *value};
    return keep_error(evidence, &found, error);
}

lt_status lt_evidence_p_value(const lt_evidence *evidence, double *value, size_t one, size_t other,
                              lt_error *error)
{
    lt_significance result;
    LT_TRY(lt_paired_randomization(&result, evidence->metric, evidence->rows[one], evidence->rows[other],
                                   evidence->segments, LT_RANDOMIZATION_TRIALS, LT_SIGNIFICANCE_SEED, error));
    *value = result.p_value;
    return LT_OK;
}
