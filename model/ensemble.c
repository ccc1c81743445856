#include "model/ensemble.h"

#include <math.h>
#include <string.h>

#include "model/network.h"

static lt_status check_vocabulary(const lt_ensemble *ensemble, size_t i, lt_error *error)
{
    const lt_model *first = ensemble->models[0], *model = ensemble->models[i];
    if (model->src_vocab == first->src_vocab && model->trg_vocab == first->trg_vocab) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "model %zu of the ensemble has %zu source and %zu target pieces, the first one %zu and %zu: "
        "the models of an ensemble share their vocabularies",
        i + 1, model->src_vocab, model->trg_vocab, first->src_vocab, first->trg_vocab);
}

lt_status lt_ensemble_check(const lt_ensemble *ensemble, lt_error *error)
{
    if (ensemble->count < 1 || ensemble->count > LT_ENSEMBLE_MAX)
        return lt_fail(error, LT_ERROR_USAGE, "an ensemble of %zu models; it may have 1 to %d",
                       ensemble->count, LT_ENSEMBLE_MAX);
    for (size_t i = 0; i < ensemble->count; i++) {
        if (ensemble->models[i]->classifier.classes)
            return lt_fail(error, LT_ERROR_USAGE, "model %zu of the ensemble is a classifier", i + 1);
        LT_TRY(check_vocabulary(ensemble, i, error));
        const double weight = ensemble->weights ? ensemble->weights[i] : 1;
        if (!(weight > 0) || !isfinite(weight))
            return lt_fail(error, LT_ERROR_USAGE,
                           "model %zu of the ensemble has the weight %g; it must be above 0", i + 1, weight);
    }
    return LT_OK;
}

bool lt_ensemble_attends(const lt_ensemble *ensemble)
{
    for (size_t i = 0; i < ensemble->count; i++)
        if (ensemble->models[i]->options.decoder.attention != LT_ATTENTION_NONE) return true;
    return false;
}

static double weight_of(const lt_ensemble *ensemble, size_t i)
{
    return ensemble->weights ? ensemble->weights[i] : 1;
}

void lt_ensemble_log_weights(const lt_ensemble *ensemble, double *log_weights)
{
    double most = 0, sum = 0;
    for (size_t i = 0; i < ensemble->count; i++) most = fmax(most, weight_of(ensemble, i));
    for (size_t i = 0; i < ensemble->count; i++) sum += weight_of(ensemble, i) / most;
    for (size_t i = 0; i < ensemble->count; i++)
        log_weights[i] = log(weight_of(ensemble, i)) - log(most) - log(sum); /* finite, however small */
}

real lt_ensemble_log_mean(const real *log_probability, size_t stride, const double *log_weights, size_t count)
{
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, log_weights[i] + (double)log_probability[i * stride]);
    if (!isfinite(most)) return (real)most;
    for (size_t i = 0; i < count; i++)
        sum += exp(log_weights[i] + (double)log_probability[i * stride] - most);
    return (real)(most + log(sum));
}

void lt_ensemble_mix(const lt_backend *backend, real *mean, real *scratch, const real *logits, size_t stride,
                     const double *log_weights, size_t count, size_t width)
{
    memset(mean, 0, width * sizeof *mean);
    for (size_t i = 0; i < count; i++) {
        memcpy(scratch, logits + i * stride, width * sizeof *scratch);
        backend->softmax(scratch, width);
        backend->axpy(mean, (real)exp(log_weights[i]), scratch, width);
    }
}
