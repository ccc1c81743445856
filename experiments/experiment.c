#include "experiments/experiment.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/yaml.h"
#include "model/base/file.h"

enum { FILE_SIZE_MAX = 1 << 20 };

/* ---- the tables ---- */

#define FIELD(type, field) .offset = offsetof(type, field)

static const lt_option data_table[] = {
    {.key = "src",
     .type = LT_OPTION_STRING,
     FIELD(lt_data_options, src),
     .required = true,
     .help = "Suffix of the source files, usually the language: 'en' for train.en. Of task classify: of the "
             "files of text, 'text' for train.text."},
    {.key = "trg",
     .type = LT_OPTION_STRING,
     FIELD(lt_data_options, trg),
     .required = true,
     .help = "Suffix of the target files. Of task classify: of the files of labels, one a line."},
    {.key = "folder",
     .type = LT_OPTION_STRING,
     FIELD(lt_data_options, folder),
     .default_value = ".",
     .help = "Where the files are that this file names by relative prefixes; itself relative to this file."},
    {.key = "train",
     .type = LT_OPTION_LIST,
     FIELD(lt_data_options, train),
     .required = true,
     .help = "Prefixes of the training files: prefix p stands for p.<src> and p.<trg>, each plain, .gz or "
             ".zst. Relative to data.folder."},
    {.key = "dev",
     .type = LT_OPTION_STRING,
     FIELD(lt_data_options, dev),
     .required = true,
     .help = "Prefix of the validation files."},
    {.key = "test",
     .type = LT_OPTION_LIST,
     FIELD(lt_data_options, test),
     .default_value = "[]",
     .help = "Prefixes of the test sets the best checkpoint is evaluated on at the end."},
    {.key = "max_length",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_data_options, max_length),
     .default_value = "100",
     .minimum = 1,
     .maximum = 10000,
     .help = "Training pairs with more pieces than this on either side are dropped, and counted. Of task "
             "classify: of a longer text, in training and after, the first so many pieces are read."},
    {0}};

const char *const lt_watch_names[] = {"bleu", "loss", "accuracy", "macro_f1", NULL};

static const lt_option early_stopping_table[] = {
    {.key = "metric",
     .type = LT_OPTION_CHOICE,
     FIELD(lt_early_stopping_options, metric),
     .default_value = "bleu",
     .choices = lt_watch_names,
     .help =
         "What is watched on the validation data, of equal scores the loss; it also decides which checkpoint "
         "is the best, and the "
         "plateau decay. bleu is of task translate; accuracy, which is that task's default, and macro_f1 are "
         "of task classify."},
    {.key = "patience",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_early_stopping_options, patience),
     .default_value = "10",
     .minimum = 0,
     .maximum = 1000000,
     .help = "Stop after this many validations in a row without a new best; 0: never."},
    {0}};

static const char *const decays[] = {"none", "plateau", "linear", "inverse_sqrt", NULL};

static const lt_option decay_table[] = {
    {.key = "type",
     .type = LT_OPTION_CHOICE,
     FIELD(lt_decay_options, type),
     .default_value = "none",
     .choices = decays,
     .help =
         "plateau multiplies the learning rate by `factor` after `patience` validations without a new best; "
         "linear lets it fall in a straight line, from the end of warm-up to `minimum` at max_updates; "
         "inverse_sqrt with the square root of the updates since the beginning, from the end of warm-up on "
         "(Vaswani 2017)."},
    {.key = "factor",
     .type = LT_OPTION_REAL,
     FIELD(lt_decay_options, factor),
     .default_value = "0.5",
     .minimum = 0.001,
     .maximum = 0.999,
     .help = "Of plateau: what the learning rate is multiplied with."},
    {.key = "patience",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decay_options, patience),
     .default_value = "3",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Of plateau: validations without a new best, since the best or the last decay."},
    {.key = "reload",
     .type = LT_OPTION_BOOL,
     FIELD(lt_decay_options, reload),
     .default_value = "false",
     .help = "Of plateau: each time, go on from the best weights so far, with the optimizer's moments begun "
             "anew (Denkowski & Neubig 2017)."},
    {.key = "minimum",
     .type = LT_OPTION_REAL,
     FIELD(lt_decay_options, minimum),
     .default_value = "0.000001",
     .minimum = 0,
     .maximum = 1000,
     .help = "The learning rate never falls below this."},
    {0}};

static const lt_option average_table[] = {
    {.key = "decay",
     .type = LT_OPTION_REAL,
     FIELD(lt_average_options, decay),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 0.9999, /* nearer to 1 the steps are lost in the rounding of float32 */
     .help =
         "Of an exponential moving average over the updates: the share of it that is kept at each, less in "
         "the first ones. 0.999 looks back over some thousand updates. 0: none."},
    {.key = "checkpoints",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_average_options, checkpoints),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000,
     .help = "The mean of the weights at the last so many validations, this one included; the run's folder "
             "keeps those meanwhile (snapshot-<update>.safetensors). 0 and 1: none."},
    {0}};

#define OPTIMIZER(field) FIELD(lt_training_options, optimizer.field)

/* Those one can learn in, by LT_FLOAT32 and LT_BFLOAT16. */
static const char *const precisions[] = {"float32", "bfloat16", NULL};

static const lt_option training_table[] = {
    {.key = "optimizer",
     .type = LT_OPTION_CHOICE,
     OPTIMIZER(optimizer),
     .default_value = "adam",
     .choices = lt_optimizer_names,
     .help = "The update rule."},
    {.key = "learning_rate",
     .type = LT_OPTION_REAL,
     OPTIMIZER(learning_rate),
     .default_value = "0.001",
     .minimum = 1e-12,
     .maximum = 1000,
     .help = "The step size, before decay and warm-up."},
    {.key = "momentum",
     .type = LT_OPTION_REAL,
     OPTIMIZER(momentum),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 0.9999,
     .help = "Of sgd: the share of the last step that is kept."},
    {.key = "beta1",
     .type = LT_OPTION_REAL,
     OPTIMIZER(beta1),
     .default_value = "0.9",
     .minimum = 0,
     .maximum = 0.999999,
     .help = "Of adam and adamw: decay of the mean of gradients."},
    {.key = "beta2",
     .type = LT_OPTION_REAL,
     OPTIMIZER(beta2),
     .default_value = "0.999",
     .minimum = 0,
     .maximum = 0.999999, /* nearer to 1 it is 1 in single precision, and nothing is ever averaged */
     .help = "Of adam and adamw: decay of the mean of squared gradients."},
    {.key = "epsilon",
     .type = LT_OPTION_REAL,
     OPTIMIZER(epsilon),
     .default_value = "1.0e-08",
     .minimum = 1e-30,
     .maximum = 1,
     .help = "Of adagrad, adam and adamw: added to the denominator."},
    {.key = "weight_decay",
     .type = LT_OPTION_REAL,
     OPTIMIZER(weight_decay),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 1,
     .help = "Of adamw: the share of each weight that is taken off, times the learning rate; of the others: "
             "the factor of "
             "the L2 penalty's gradient."},
    {.key = "label_smoothing",
     .type = LT_OPTION_REAL,
     OPTIMIZER(label_smoothing),
     .default_value = "0.1",
     .minimum = 0,
     .maximum = 0.999,
     .help = "The share of the target's probability that is spread over the whole vocabulary, or over all "
             "labels."},
    {.key = "clip_norm",
     .type = LT_OPTION_REAL,
     OPTIMIZER(clip_norm),
     .default_value = "1.0",
     .minimum = 0,
     .maximum = INFINITY,
     .help = "Gradients with a greater global norm are scaled down to it; 0: never."},
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     FIELD(lt_training_options, precision),
     .default_value = "float32",
     .choices = precisions,
     .help = "Of the numbers that matrix products are taken of in training. bfloat16 rounds them to 8 "
             "significant bits: faster on processors with instructions for it, no faster on others. Sums, "
             "parameters and all else are float32 either way, and so are validation, tests and translation."},
    {.key = "batch_tokens",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, batch_tokens),
     .default_value = "2000",
     .minimum = 1,
     .maximum = 100000000,
     .help = "Target tokens in an update, at most; a longer sentence is a batch by itself. Of task classify: "
             "tokens of text."},
    {.key = "accumulate",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, accumulate),
     .default_value = "1",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Batches whose gradients are summed for each update: as good as batch_tokens so many times as "
             "large, in the memory of one. The last update of an epoch has what is left."},
    {.key = "warmup",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, warmup),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e12,
     .help = "Updates over which the learning rate rises from nearly 0 to its full value."},
    {.key = "max_epochs",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, max_epochs),
     .default_value = "30",
     .minimum = 0,
     .maximum = 1e12,
     .help = "Stop after this many passes over the training data; 0: no limit."},
    {.key = "max_updates",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, max_updates),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e15,
     .help = "Stop after this many updates; 0: no limit."},
    {.key = "max_minutes",
     .type = LT_OPTION_REAL,
     FIELD(lt_training_options, max_minutes),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 1e9,
     .help =
         "Stop after this many minutes of training and validation, those before a --resume included, so far "
         "as this key was set then; 0: no limit. The one key that makes a run depend on the machine's "
         "speed."},
    {.key = "validate_every",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, validate_every),
     .default_value = "500",
     .minimum = 1,
     .maximum = 1e15,
     .help = "Updates between validations. There is one at the end, too."},
    {.key = "checkpoint_every",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, checkpoint_every),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e15,
     .help = "Updates between saves of last.safetensors beside those at each validation; 0: none."},
    {.key = "early_stopping",
     .type = LT_OPTION_GROUP,
     FIELD(lt_training_options, early_stopping),
     .group = early_stopping_table,
     .help = "When the validation score stops rising."},
    {.key = "decay",
     .type = LT_OPTION_GROUP,
     FIELD(lt_training_options, decay),
     .group = decay_table,
     .help = "How the learning rate falls."},
    {.key = "average",
     .type = LT_OPTION_GROUP,
     FIELD(lt_training_options, average),
     .group = average_table,
     .help = "What is validated, kept as the best, and tested: a mean of the weights over some time in place "
             "of those of the moment, which go on being trained. One of the two, or neither."},
    {.key = "max_skipped",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_training_options, max_skipped),
     .default_value = "10",
     .minimum = 0,
     .maximum = 1000000,
     .help = "An update whose loss or gradient is not a finite number, or whose loss is that of a model far "
             "worse than guessing, is not made: its batches are skipped, and counted. Training stops where "
             "more than this many in a row would be."},
    {.key = "scheduled_sampling",
     .type = LT_OPTION_GROUP,
     FIELD(lt_training_options, scheduled_sampling),
     .group = lt_scheduled_sampling_table,
     .help = "When the decoder reads its own predictions instead of the reference's words (Bengio 2015). Up "
             "to a third slower."},
    {0}};

const char *const lt_task_names[] = {"translate", "classify", NULL};

const lt_option lt_experiment_table[] = {
    {.key = "name",
     .type = LT_OPTION_STRING,
     FIELD(lt_experiment, name),
     .help = "The experiment's name; each training of it is a run. Without it: the file's name."},
    {.key = "task",
     .type = LT_OPTION_CHOICE,
     FIELD(lt_experiment, task),
     .default_value = "translate",
     .choices = lt_task_names,
     .help =
         "What is learnt: to translate a line, or to give it one of the labels that the training data has "
         "(a classifier: the encoder and a linear layer over its final states)."},
    {.key = "seed",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_experiment, seed),
     .default_value = "1",
     .minimum = 0,
     .maximum = 0x1p53,
     .help = "Of all randomness: initial weights, order of the data, dropout."},
    {.key = "data",
     .type = LT_OPTION_GROUP,
     FIELD(lt_experiment, data),
     .group = data_table,
     .help = "The parallel corpus; or the text and its labels, line by line."},
#ifdef LT_HAS_TOKENIZER
    {.key = "tokenizer",
     .type = LT_OPTION_GROUP,
     FIELD(lt_experiment, tokenizer),
     .group = lt_tokenizer_table,
     .help = "Text to pieces."},
#endif
    {.key = "model",
     .type = LT_OPTION_GROUP,
     FIELD(lt_experiment, model),
     .group = lt_model_table,
     .help = "The network."},
    {.key = "training",
     .type = LT_OPTION_GROUP,
     FIELD(lt_experiment, training),
     .group = training_table,
     .help = "How it is trained."},
#ifdef LT_HAS_TRANSLATE
    {.key = "decoding",
     .type = LT_OPTION_GROUP,
     FIELD(lt_experiment, decoding),
     .group = lt_decoding_table,
     .help = "How validation and test sets are translated."},
#endif
    {0}};

/* ---- loading ---- */

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The absolute folder of a file, in a new string; an empty `path` stands for the current folder. */
static lt_status folder_of(char **folder, const char *path, lt_error *error)
{
    char *name = strndup(path, (size_t)(file_name(path) - path));
    if (!name) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    *folder = realpath(*name ? name : ".", NULL);
    lt_status status = *folder ? LT_OK : lt_fail_errno(error, "cannot find the folder of %s", path);
    free(name);
    return status;
}

/* Replaces a relative path in `*field` (may be NULL) by an absolute one. */
static lt_status resolve(char **field, const char *folder, lt_error *error)
{
    if (!*field || !**field || **field == '/') return LT_OK;
    char *path = lt_path_join(folder, strncmp(*field, "./", 2) == 0 ? *field + 2 : *field);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path %s", *field);
    free(*field);
    *field = path;
    return LT_OK;
}

static lt_status resolve_list(lt_strings *list, const char *folder, lt_error *error)
{
    for (size_t i = 0; i < list->count; i++) LT_TRY(resolve(&list->items[i], folder, error));
    return LT_OK;
}

/* The folder of the prefixes: the one on the command line goes before the file's, and is of the overrides'
 * prefixes, too (`*overridden`). */
static lt_status resolve_folder(lt_experiment *experiment, const char *folder, const char *here,
                                const lt_strings *overrides, bool *overridden, lt_error *error)
{
    static const char key[] = "data.folder=";
    char **field = &experiment->data.folder;
    for (size_t i = overrides ? overrides->count : 0; i-- > 0;) {
        const char *value = overrides->items[i] + sizeof key - 1;
        if (strncmp(overrides->items[i], key, sizeof key - 1) != 0 || !*value) continue;
        free(*field);
        *field = strdup(value);
        if (!*field) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        folder = here;
        *overridden = true;
        break;
    }
    if (strcmp(*field, ".") == 0) (*field)[0] = '\0';
    if (**field) return resolve(field, folder, error);
    free(*field);
    *field = strdup(folder);
    return *field ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

static lt_status resolve_paths(lt_experiment *experiment, const char *folder, lt_error *error)
{
    LT_TRY(resolve_list(&experiment->data.train, folder, error));
    LT_TRY(resolve_list(&experiment->data.test, folder, error));
    return resolve(&experiment->data.dev, folder, error);
}

static lt_status apply(lt_experiment *experiment, const char *override, lt_error *error)
{
    char key[256];
    void *base;
    const char *equals = strchr(override, '=');
    if (!equals || equals == override || equals - override >= (ptrdiff_t)sizeof key)
        return lt_fail(error, LT_ERROR_USAGE, "KEY=VALUE wanted, as in training.learning_rate=0.001");
    memcpy(key, override, (size_t)(equals - override));
    key[equals - override] = '\0';
    if (!lt_utf8_valid(override, strlen(override)))
        return lt_fail(error, LT_ERROR_USAGE, "%s: not valid UTF-8", key);
    const lt_option *option = lt_options_find(experiment, lt_experiment_table, key, &base, error);
    if (!option) return error->code;
    const char *value = equals + 1;
    bool unset = option->type == LT_OPTION_STRING && !option->default_value && !option->required;
    if (option->type == LT_OPTION_LIST) lt_strings_clear((lt_strings *)((char *)base + option->offset));
    if (unset && (!*value || strcmp(value, "null") == 0)) {
        lt_options_clear(base, (const lt_option[]){*option, {0}});
        return LT_OK;
    }
    return lt_option_parse(base, option, key, value, error);
}

/* `keys` gets theirs, too. */
static lt_status apply_all(lt_experiment *experiment, const lt_strings *overrides, lt_yaml_keys *keys,
                           lt_error *error)
{
    for (size_t i = 0; overrides && i < overrides->count; i++) {
        char place[220], key[256];
        const char *item = overrides->items[i];
        snprintf(place, sizeof place, "--set %.200s", item);
        snprintf(key, sizeof key, "%.*s", (int)strcspn(item, "="), item);
        if (apply(experiment, item, error) != LT_OK) return lt_error_context(error, "%s", place);
        LT_TRY(lt_strings_add(&keys->dotted, key, error));
        LT_TRY(lt_strings_add(&keys->places, place, error));
    }
    return LT_OK;
}

/* A key that says nothing for this task would be read as if it did; what depends on the task has its default
 * then. */
static lt_status fit_task(lt_experiment *experiment, const lt_yaml_keys *keys, lt_error *error)
{
    bool watched = false;
    for (size_t i = 0; i < keys->dotted.count; i++) {
        const char *key = keys->dotted.items[i], *why = lt_experiment_misplaced(experiment, key);
        watched = watched || strcmp(key, "training.early_stopping.metric") == 0;
        if (why)
            return lt_fail(error, LT_ERROR_USAGE, "%s: %s has no meaning with task: %s: %s",
                           keys->places.items[i], key, lt_task_names[experiment->task], why);
    }
    if (experiment->task == LT_TASK_CLASSIFY && !watched)
        experiment->training.early_stopping.metric = LT_WATCH_ACCURACY;
    return LT_OK;
}

/* The experiment of "recipes/small.yaml" is "small". */
static lt_status name_by_file(lt_experiment *experiment, const char *path, lt_error *error)
{
    if (experiment->name) return LT_OK;
    const char *name = file_name(path), *dot = strrchr(name, '.');
    bool yaml = dot && dot != name && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
    experiment->name = strndup(name, yaml ? (size_t)(dot - name) : strlen(name));
    return experiment->name ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

lt_status lt_experiment_load(lt_experiment *experiment, const char *path, const lt_strings *overrides,
                             lt_error *error)
{
    lt_text text = {0};
    lt_yaml_keys keys = {0};
    char *folder = NULL, *here = NULL;
    bool overridden = false;
    lt_status status = lt_file_read(&text, path, FILE_SIZE_MAX, error);
    if (status == LT_OK) status = lt_options_defaults(experiment, lt_experiment_table, error);
    if (status == LT_OK)
        status = lt_yaml_load(experiment, lt_experiment_table, text.data, text.length, path, &keys, error);
    if (status == LT_OK) status = folder_of(&folder, path, error);
    if (status == LT_OK) status = folder_of(&here, "", error);
    if (status == LT_OK) status = resolve_folder(experiment, folder, here, overrides, &overridden, error);
    if (status == LT_OK) status = resolve_paths(experiment, experiment->data.folder, error);
    if (status == LT_OK) status = apply_all(experiment, overrides, &keys, error);
    if (status == LT_OK) status = name_by_file(experiment, path, error);
    if (status == LT_OK) status = fit_task(experiment, &keys, error);
    if (status == LT_OK) status = resolve(&experiment->data.folder, here, error);
    if (status == LT_OK)
        status = resolve_paths(experiment, overridden ? experiment->data.folder : here, error);
    if (status == LT_OK && lt_experiment_validate(experiment, error) != LT_OK)
        status = lt_error_context(error, "%s", path);
    free(folder);
    free(here);
    lt_strings_clear(&keys.dotted);
    lt_strings_clear(&keys.places);
    lt_text_clear(&text);
    return status;
}

void lt_experiment_clear(lt_experiment *experiment)
{
    lt_options_clear(experiment, lt_experiment_table);
    *experiment = (lt_experiment){0};
}

/* ---- printing and comparing ---- */

static bool dumped(const void *experiment, const char *dotted)
{
    return lt_experiment_has(experiment, dotted);
}

lt_status lt_experiment_dump(lt_text *out, const lt_experiment *experiment, lt_error *error)
{
    return lt_yaml_dump(out, experiment, lt_experiment_table, dumped, error);
}

typedef struct comparison {
    lt_text *out;
    const lt_experiment *a, *b;
    const char *const *except;
} comparison;

static lt_status compare_one(void *context, const char *dotted, const lt_option *option, const void *base,
                             lt_error *error)
{
    comparison *c = context;
    for (const char *const *key = c->except; key && *key; key++)
        if (strcmp(*key, dotted) == 0) return LT_OK;
    lt_text mine = {0}, other = {0};
    const void *other_base = (const char *)c->b + ((const char *)base - (const char *)c->a);
    lt_status status = lt_option_format(&mine, base, option, error);
    if (status == LT_OK) status = lt_option_format(&other, other_base, option, error);
    if (status == LT_OK && (mine.length != other.length || memcmp(mine.data, other.data, mine.length)))
        status = lt_text_appendf(c->out, error, "%s%s: %s, not %s", c->out->length ? "; " : "", dotted,
                                 mine.length ? mine.data : "(unset)", other.length ? other.data : "(unset)");
    lt_text_clear(&mine);
    lt_text_clear(&other);
    return status;
}

lt_status lt_experiment_differences(lt_text *out, const lt_experiment *a, const lt_experiment *b,
                                    const char *const *except, lt_error *error)
{
    comparison c = {out, a, b, except};
    return lt_experiment_each(a, compare_one, &c, error);
}
