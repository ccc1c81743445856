/* experiment_check.c: the rules between the keys of an experiment file, and which keys say something for
 * which task. */
#include <ctype.h>
#include <string.h>

#include "experiments/experiment.h"

enum { NAME_MAX_LENGTH = 100 };

/* ---- keys and tasks ---- */

/* What a classifier does not have, and why. A key of a group stands for all below it. */
static const struct {
    const char *key, *why;
} not_of_a_classifier[] = {
    {"tokenizer.joint", "labels are not cut into pieces, there is one tokenizer"},
    {"tokenizer.regularization.trg", "labels are not cut into pieces"},
    {"model.decoder",
     "a classifier has no decoder; a linear layer over the encoder's final states gives the label"},
    {"model.tied_embeddings", "a classifier has one embedding, and nothing to tie it to"},
    {"model.dropout.target_word", "there are no target words"},
    {"model.dropout.memory", "there is no attention"},
    {"training.scheduled_sampling", "there are no target words to read or to predict"},
    {"decoding", "nothing is searched for"},
};

const char *lt_experiment_misplaced(const lt_experiment *experiment, const char *dotted)
{
    if (experiment->task != LT_TASK_CLASSIFY) return NULL;
    for (size_t i = 0; i < sizeof not_of_a_classifier / sizeof *not_of_a_classifier; i++) {
        const char *key = not_of_a_classifier[i].key;
        size_t length = strlen(key);
        if (strncmp(dotted, key, length) == 0 && (dotted[length] == '\0' || dotted[length] == '.'))
            return not_of_a_classifier[i].why;
    }
    return NULL;
}

bool lt_experiment_has(const lt_experiment *experiment, const char *dotted)
{
    return lt_experiment_misplaced(experiment, dotted) == NULL;
}

typedef struct visiting {
    const lt_experiment *experiment;
    lt_option_visitor visit;
    void *context;
} visiting;

static lt_status visit_if_there(void *context, const char *dotted, const lt_option *option, const void *base,
                                lt_error *error)
{
    const visiting *v = context;
    if (!lt_experiment_has(v->experiment, dotted)) return LT_OK;
    return v->visit(v->context, dotted, option, base, error);
}

lt_status lt_experiment_each(const lt_experiment *experiment, lt_option_visitor visit, void *context,
                             lt_error *error)
{
    visiting v = {experiment, visit, context};
    return lt_options_each(experiment, lt_experiment_table, visit_if_there, &v, error);
}

/* ---- checking ---- */

static lt_status require(void *context, const char *dotted, const lt_option *option, const void *base,
                         lt_error *error)
{
    (void)context;
    if (!option->required) return LT_OK;
    const void *field = (const char *)base + option->offset;
    bool list = option->type == LT_OPTION_LIST;
    const char *text = list ? NULL : *(char *const *)field;
    if (list ? ((const lt_strings *)field)->count > 0 : text && *text) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "'%s' is missing and has no default. %s", dotted, option->help);
}

/* It becomes the name of a folder and a word of the command line. */
static lt_status check_name(const char *name, lt_error *error)
{
    bool good = isalnum((unsigned char)name[0]) && strlen(name) <= NAME_MAX_LENGTH;
    for (const char *c = name; *c; c++) good = good && (isalnum((unsigned char)*c) || strchr("._-+", *c));
    if (good) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "name: '%.120s' cannot name a folder of runs; letters, digits, '.', '_', '-' and '+' "
                   "wanted, at most %d, a "
                   "letter or digit first",
                   name, NAME_MAX_LENGTH);
}

static lt_status check_suffix(const char *key, const char *suffix, lt_error *error)
{
    if (!strchr(suffix, '/')) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "%s: '%.200s' is a path; a file suffix such as 'en' wanted", key,
                   suffix);
}

static lt_status check_prefixes(const char *key, const lt_strings *prefixes, lt_error *error)
{
    for (size_t i = 0; i < prefixes->count; i++)
        if (!*prefixes->items[i])
            return lt_fail(error, LT_ERROR_USAGE,
                           "%s: an empty prefix is that of no file; a list is written as [one, two], one "
                           "without items as []",
                           key);
    return LT_OK;
}

const char *lt_set_name(const char *prefix)
{
    const char *slash = strrchr(prefix, '/');
    return slash ? slash + 1 : prefix;
}

static lt_status check_data(const lt_data_options *data, lt_error *error)
{
    LT_TRY(check_suffix("data.src", data->src, error));
    LT_TRY(check_suffix("data.trg", data->trg, error));
    if (strcmp(data->src, data->trg) == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "data.src and data.trg are both '%s': source and target would be the same files",
                       data->src);
    LT_TRY(check_prefixes("data.train", &data->train, error));
    LT_TRY(check_prefixes("data.test", &data->test, error));
    for (size_t i = 0; i < data->test.count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(lt_set_name(data->test.items[i]), lt_set_name(data->test.items[j])) == 0)
                return lt_fail(
                    error, LT_ERROR_USAGE,
                    "data.test: two sets are called '%s'; their results would overwrite each other",
                    lt_set_name(data->test.items[i]));
    return LT_OK;
}

static lt_status check_training(const lt_training_options *t, lt_error *error)
{
    int optimizer = t->optimizer.optimizer;
    if (!t->max_epochs && !t->max_updates && !(t->max_minutes > 0) && !t->early_stopping.patience)
        return lt_fail(error, LT_ERROR_USAGE,
                       "training would never end: max_epochs, max_updates, max_minutes and "
                       "early_stopping.patience are all 0; "
                       "set one of them");
    if (t->optimizer.momentum > 0 && optimizer != LT_OPTIMIZER_SGD)
        return lt_fail(error, LT_ERROR_USAGE,
                       "training.momentum: %g has no meaning with optimizer %s; set it to 0, or use sgd",
                       t->optimizer.momentum, lt_optimizer_names[optimizer]);
    if (t->decay.type != LT_DECAY_NONE && t->decay.minimum > t->optimizer.learning_rate)
        return lt_fail(error, LT_ERROR_USAGE, "training.decay.minimum: %g is above training.learning_rate %g",
                       t->decay.minimum, t->optimizer.learning_rate);
    if (t->decay.reload && t->decay.type != LT_DECAY_PLATEAU)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "training.decay.reload: it is of decay type plateau; set training.decay.type: plateau, "
            "or leave it out");
    if (t->average.decay > 0 && t->average.checkpoints > 1)
        return lt_fail(error, LT_ERROR_USAGE,
                       "training.average: decay %g and checkpoints %lld are two ways to the same; set one",
                       t->average.decay, (long long)t->average.checkpoints);
    if (t->decay.type == LT_DECAY_INVERSE_SQRT && t->warmup == 0)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "training.decay.type: inverse_sqrt multiplies the learning rate by sqrt(warmup / update), and "
            "training.warmup is 0; set it, as to 1000");
    if (t->decay.type == LT_DECAY_LINEAR && t->max_updates <= t->warmup)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "training.decay.type: linear ends at training.max_updates, which is %lld; it must be more "
            "than training.warmup, %lld",
            (long long)t->max_updates, (long long)t->warmup);
    return lt_scheduled_sampling_check(&t->scheduled_sampling, error);
}

static lt_status check_metric(const lt_experiment *experiment, lt_error *error)
{
    int metric = experiment->training.early_stopping.metric;
    bool of_labels = metric == LT_WATCH_ACCURACY || metric == LT_WATCH_MACRO_F1;
    bool classify = experiment->task == LT_TASK_CLASSIFY;
    if (classify ? metric != LT_WATCH_BLEU : !of_labels) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "training.early_stopping.metric: %s is %s and task is %s; use %s",
                   lt_watch_names[metric], classify ? "of translations" : "of labels",
                   lt_task_names[experiment->task], classify ? "accuracy, macro_f1 or loss" : "bleu or loss");
}

lt_status lt_experiment_validate(const lt_experiment *experiment, lt_error *error)
{
    LT_TRY(lt_experiment_each(experiment, require, NULL, error));
    LT_TRY(check_name(experiment->name, error));
    LT_TRY(check_data(&experiment->data, error));
    LT_TRY(check_training(&experiment->training, error));
    LT_TRY(check_metric(experiment, error));
#ifdef LT_HAS_TOKENIZER
    LT_TRY(lt_regularization_check(&experiment->tokenizer, error));
#endif
    if (experiment->task == LT_TASK_CLASSIFY) return lt_classifier_options_check(&experiment->model, error);
    if (experiment->decoding.sampling)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "decoding.sampling: validations and tests would score by chance; leave it out, and draw "
            "translations by 'latimer translate RUN --sampling'");
    LT_TRY(lt_decoding_options_check(&experiment->decoding, &experiment->model, error));
#ifdef LT_HAS_TOKENIZER
    return lt_model_options_check(&experiment->model, experiment->tokenizer.joint, error);
#else
    return lt_model_options_check(&experiment->model, true, error);
#endif
}
