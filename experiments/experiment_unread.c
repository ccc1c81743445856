/* experiment_unread.c: keys that are set and that nothing reads, with the others as they are. */
#include <stdio.h>
#include <stdlib.h>

#include "experiments/experiment.h"

/* A number that is not as it would be without the key: whoever sets it expects something. */
static lt_status is_set(bool *set, double *is, const lt_experiment *experiment, const char *key,
                        lt_error *error)
{
    void *base;
    const lt_option *option =
        lt_options_find((lt_experiment *)experiment, lt_experiment_table, key, &base, error);
    if (!option) return error->code;
    const void *field = (const char *)base + option->offset;
    *is = option->type == LT_OPTION_REAL ? *(const double *)field : (double)*(const int64_t *)field;
    const double usual = strtod(option->default_value, NULL);
    *set = *is < usual || *is > usual;
    return LT_OK;
}

/* ---- training: an error ---- */

/* A key that only other values of the choice `chosen` read. */
static lt_status check_unread(const lt_experiment *experiment, const char *key, const char *chosen,
                              const char *readers, lt_error *error)
{
    void *base;
    double is = 0;
    bool set = false;
    LT_TRY(is_set(&set, &is, experiment, key, error));
    if (!set) return LT_OK;
    const lt_option *choice =
        lt_options_find((lt_experiment *)experiment, lt_experiment_table, chosen, &base, error);
    if (!choice) return error->code;
    return lt_fail(error, LT_ERROR_USAGE, "%s: %g has no effect with %s: %s; it is of %s", key, is, chosen,
                   choice->choices[*(const int *)((const char *)base + choice->offset)], readers);
}

lt_status lt_experiment_check_unread(const lt_experiment *experiment, lt_error *error)
{
    const int decay = experiment->training.decay.type, optimizer = experiment->training.optimizer.optimizer;
    static const char by[] = "training.decay.type", with[] = "training.optimizer";
    if (decay != LT_DECAY_PLATEAU) {
        LT_TRY(check_unread(experiment, "training.decay.factor", by, "plateau", error));
        LT_TRY(check_unread(experiment, "training.decay.patience", by, "plateau", error));
    }
    if (decay == LT_DECAY_NONE)
        LT_TRY(check_unread(experiment, "training.decay.minimum", by, "the others", error));
    if (optimizer != LT_OPTIMIZER_ADAM && optimizer != LT_OPTIMIZER_ADAMW) {
        LT_TRY(check_unread(experiment, "training.beta1", with, "adam and adamw", error));
        LT_TRY(check_unread(experiment, "training.beta2", with, "adam and adamw", error));
    }
    if (optimizer == LT_OPTIMIZER_SGD)
        LT_TRY(check_unread(experiment, "training.epsilon", with, "adagrad, adam and adamw", error));
    return LT_OK;
}

/* ---- the model: a note, for whoever compares layers and cells keeps the rest ---- */

/* Has it a gate that forgets? */
static bool is_lstm(int cell)
{
    return cell != LT_CELL_RNN && cell != LT_CELL_GRU && cell != LT_CELL_GRU_RESET_AFTER;
}

static lt_status note(lt_text *notes, const lt_experiment *experiment, const char *key, const char *why,
                      lt_error *error)
{
    double is = 0;
    bool set = false;
    LT_TRY(is_set(&set, &is, experiment, key, error));
    return set ? lt_text_appendf(notes, error, "%s: %g has no effect %s\n", key, is, why) : LT_OK;
}

lt_status lt_experiment_note_unread(lt_text *notes, const lt_experiment *experiment, lt_error *error)
{
    const lt_model_options *o = &experiment->model;
    const lt_dropout_options *d = &o->dropout;
    const bool decodes = experiment->task == LT_TASK_TRANSLATE;
    const bool between = o->encoder.layers > 1 || (decodes && o->decoder.layers > 1);
    if (!between)
        LT_TRY(note(notes, experiment, "model.dropout.rnn",
                    "with one layer a side: it is of what goes from one to the next", error));
    if (!is_lstm(o->encoder.cell) && !(decodes && is_lstm(o->decoder.cell)))
        LT_TRY(note(notes, experiment, "model.forget_bias", "without an LSTM: no other cell has such a gate",
                    error));
    if (!o->encoder.residual)
        LT_TRY(note(notes, experiment, "model.encoder.residual_from", "without `residual`", error));
    if (decodes && !o->decoder.residual)
        LT_TRY(note(notes, experiment, "model.decoder.residual_from", "without `residual`", error));
    if (d->variational && !(d->embedding > 0 || (between && d->rnn > 0) || d->output > 0 || d->memory > 0))
        LT_TRY(
            lt_text_appendf(notes, error,
                            "model.dropout.variational: true has no effect where embedding, rnn, output and "
                            "memory are 0\n"));
    return LT_OK;
}
