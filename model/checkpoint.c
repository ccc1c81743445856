/* checkpoint.c: the model, and what a learner keeps, as safetensors. */
#include "model/checkpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

lt_status lt_metadata_set(lt_metadata *metadata, const char *key, const char *value, lt_error *error)
{
    for (size_t i = 0; i < metadata->keys.count; i++) {
        if (strcmp(metadata->keys.items[i], key) != 0) continue;
        char *copy = strdup(value);
        if (!copy) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the metadata %s", key);
        free(metadata->values.items[i]);
        metadata->values.items[i] = copy;
        return LT_OK;
    }
    LT_TRY(lt_strings_add(&metadata->values, value, error));
    lt_status status = lt_strings_add(&metadata->keys, key, error);
    if (status != LT_OK) free(metadata->values.items[--metadata->values.count]);
    return status;
}

const char *lt_metadata_get(const lt_metadata *metadata, const char *key)
{
    for (size_t i = 0; i < metadata->keys.count; i++)
        if (strcmp(metadata->keys.items[i], key) == 0) return metadata->values.items[i];
    return NULL;
}

void lt_metadata_clear(lt_metadata *metadata)
{
    lt_strings_clear(&metadata->keys);
    lt_strings_clear(&metadata->values);
}

/* ---- the model's options as metadata: "model.encoder.hidden" = "512" ---- */

/* What a classifier does not have, and its checkpoints do not speak of. */
static bool only_of_translators(const char *key)
{
    return strcmp(key, "decoder") == 0 || strcmp(key, "tied_embeddings") == 0 ||
           strcmp(key, "target_word") == 0 || strcmp(key, "memory") == 0;
}

static lt_status set_options(lt_metadata *metadata, const char *prefix, const void *options,
                             const lt_option *table, bool classifier, lt_error *error)
{
    for (; table->key; table++) {
        if (classifier && only_of_translators(table->key)) continue;
        lt_text key = {0}, value = {0};
        lt_status status = lt_text_appendf(&key, error, "%s.%s", prefix, table->key);
        if (status == LT_OK && table->type == LT_OPTION_GROUP) {
            status = set_options(metadata, key.data, (const char *)options + table->offset, table->group,
                                 classifier, error);
        } else if (status == LT_OK) {
            status = lt_option_format(&value, options, table, error);
            if (status == LT_OK)
                status = lt_metadata_set(metadata, key.data, value.data ? value.data : "", error);
        }
        lt_text_clear(&key);
        lt_text_clear(&value);
        if (status != LT_OK) return status;
    }
    return LT_OK;
}

static lt_status get_options(const lt_metadata *metadata, const char *prefix, void *options,
                             const lt_option *table, lt_error *error)
{
    for (; table->key; table++) {
        lt_text key = {0};
        lt_status status = lt_text_appendf(&key, error, "%s.%s", prefix, table->key);
        if (status == LT_OK && table->type == LT_OPTION_GROUP) {
            status = get_options(metadata, key.data, (char *)options + table->offset, table->group, error);
        } else if (status == LT_OK) {
            const char *value =
                lt_metadata_get(metadata, key.data); /* a key newer than the file keeps its default */
            if (value) status = lt_option_parse(options, table, key.data, value, error);
        }
        lt_text_clear(&key);
        if (status != LT_OK) return status;
    }
    return LT_OK;
}

#define CLASSES "model.classes" /* of a classifier, in place of model.trg_vocab */

static lt_status set_number(lt_metadata *metadata, const char *key, size_t value, lt_error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%zu", value);
    return lt_metadata_set(metadata, key, text, error);
}

static lt_status describe_model(lt_metadata *all, const lt_model *model, const lt_metadata *extra,
                                lt_error *error)
{
    LT_TRY(lt_metadata_set(all, "format", "latimer", error));
    LT_TRY(lt_metadata_set(all, "version", "1", error));
    LT_TRY(lt_metadata_set(all, "cell", model->encoder.rnn.cell->name, error));
    LT_TRY(set_number(all, "model.src_vocab", model->src_vocab, error));
    if (model->classifier.classes)
        LT_TRY(set_number(all, CLASSES, model->classifier.classes, error));
    else
        LT_TRY(set_number(all, "model.trg_vocab", model->trg_vocab, error));
    LT_TRY(set_options(all, "model", &model->options, lt_model_table, model->classifier.classes > 0, error));
    for (size_t i = 0; extra && i < extra->keys.count; i++)
        LT_TRY(lt_metadata_set(all, extra->keys.items[i], extra->values.items[i], error));
    return LT_OK;
}

/* ---- saving ---- */

lt_status lt_checkpoint_save(const char *path, const lt_model *model, const lt_learner *learner,
                             const lt_metadata *metadata, char *sha256, lt_error *error)
{
    real *moments[LT_KEPT_MAX];
    const char *names[LT_KEPT_MAX];
    size_t parameters = model->params.count, kept = learner ? lt_learner_kept(learner, moments, names) : 0;
    lt_metadata all = {0};
    assert(!model->params.sparse);
    lt_tensor *tensors = calloc(parameters * (1 + kept), sizeof *tensors);
    if (!tensors) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the checkpoint %s", path);
    for (size_t i = 0; i < parameters; i++) {
        const lt_parameter *p = &model->params.list[i];
        tensors[i] =
            (lt_tensor){.rows = p->rows, .columns = p->columns, .values = model->params.values + p->offset};
        snprintf(tensors[i].name, sizeof tensors[i].name, "%s", p->name);
        for (size_t m = 0; m < kept; m++) {
            lt_tensor *moment = &tensors[parameters * (1 + m) + i];
            *moment = (lt_tensor){.rows = p->rows, .columns = p->columns, .values = moments[m] + p->offset};
            snprintf(moment->name, sizeof moment->name, "optimizer.%s.%s", names[m], p->name);
        }
    }
    lt_status status = describe_model(&all, model, metadata, error);
    if (status == LT_OK)
        status = lt_safetensors_write(path, tensors, parameters * (1 + kept), &all, sha256, error);
    free(tensors);
    lt_metadata_clear(&all);
    return status;
}

/* ---- what a file says ---- */

static lt_status check_format(const char *path, const lt_metadata *metadata, lt_error *error)
{
    const char *format = lt_metadata_get(metadata, "format"), *version = lt_metadata_get(metadata, "version");
    if (!format || strcmp(format, "latimer") != 0)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s is a safetensors file but not latimer's (its metadata has format: %s)", path,
                       format ? format : "nothing");
    if (!version || strcmp(version, "1") != 0)
        return lt_fail(error, LT_ERROR_FORMAT, "%s has checkpoint version %s; this latimer reads version 1",
                       path, version ? version : "?");
    return LT_OK;
}

static lt_status get_number(const char *path, const lt_metadata *metadata, const char *key, size_t *value,
                            lt_error *error)
{
    const char *text = lt_metadata_get(metadata, key);
    char *end = NULL;
    unsigned long long number = text && *text >= '0' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    if (!end || *end || number < 1 || number > INT32_MAX)
        return lt_fail(error, LT_ERROR_FORMAT, "%s: its metadata has %s: %s, a number is wanted", path, key,
                       text ? text : "nothing");
    *value = (size_t)number;
    return LT_OK;
}

#define PRECISION "precision"
#define SCALE ".scale"

/* Does the file hold integers? */
static bool quantized(const lt_metadata *metadata)
{
    const char *precision = lt_metadata_get(metadata, PRECISION);
    return precision && strcmp(precision, lt_precision_names[LT_INT8]) == 0;
}

static bool is_table(const lt_model *model, const lt_parameter *p)
{
    return p->offset == model->encoder.embedding.table ||
           (!model->classifier.classes && p->offset == model->decoder.embedding.table);
}

/* Which tensors those are: matrices, and the embeddings' tables. */
static bool is_quantized(const lt_model *model, const lt_parameter *p)
{
    return p->columns > 0 &&
           (is_table(model, p) || lt_weights_have(&model->weights, p->offset, p->rows, p->columns));
}

/* The shape of the scales of such a tensor; their number. */
static size_t scales_of(const lt_model *model, const lt_parameter *p, char name[96], size_t *rows,
                        size_t *columns)
{
    const size_t parts = lt_weights_parts(&model->weights, p->offset, p->rows, p->columns);
    snprintf(name, 96, "%s" SCALE, p->name);
    *rows = parts > 1 ? parts : p->rows;
    *columns = parts > 1 ? p->rows : 0;
    return parts * p->rows;
}

/* The scales of all such tensors. */
static size_t count_scales(const lt_model *model)
{
    char name[96];
    size_t rows, columns, count = 0;
    for (size_t i = 0; i < model->params.count; i++)
        if (is_quantized(model, &model->params.list[i]))
            count += scales_of(model, &model->params.list[i], name, &rows, &columns);
    return count;
}

/* The parameter that a tensor is, or, in a file of integers, whose scales it is; count: none. */
static size_t parameter_of(const lt_model *model, const char *name, bool integers)
{
    const size_t length = strlen(name), end = sizeof SCALE - 1;
    for (size_t i = 0; i < model->params.count; i++) {
        const lt_parameter *p = &model->params.list[i];
        const size_t own = strlen(p->name);
        if (strcmp(p->name, name) == 0) return i;
        if (integers && is_quantized(model, p) && length == own + end && strncmp(p->name, name, own) == 0 &&
            strcmp(name + own, SCALE) == 0)
            return i;
    }
    return model->params.count;
}

/* Every parameter is in the file, in its shape, and every tensor of the file is a parameter or a moment: a
 * name we do not know means another model than we think. */
static lt_status check_tensors(const lt_safetensors *file, const lt_model *model, bool integers,
                               lt_error *error)
{
    const char *name;
    json_t *tensor;
    json_object_foreach(file->header, name, tensor)
    {
        if (strcmp(name, "__metadata__") == 0 || strncmp(name, "optimizer.", 10) == 0) continue;
        if (parameter_of(model, name, integers) == model->params.count)
            return lt_fail(error, LT_ERROR_FORMAT,
                           "%s has a tensor %s that the model it describes does not have", file->path, name);
    }
    for (size_t i = 0; i < model->params.count; i++) {
        const lt_parameter *p = &model->params.list[i];
        const bool whole = integers && is_quantized(model, p);
        char scale[96];
        size_t rows, columns;
        LT_TRY(lt_safetensors_check(file, p->name, whole, p->rows, p->columns, error));
        if (!whole) continue;
        scales_of(model, p, scale, &rows, &columns);
        LT_TRY(lt_safetensors_check(file, scale, false, rows, columns, error));
    }
    return LT_OK;
}

/* A setting that we do not know would otherwise count as its default: a newer latimer's, or a damaged name.
 */
static lt_status check_settings(const char *path, const lt_metadata *metadata, lt_model_options *options,
                                lt_error *error)
{
    for (size_t i = 0; i < metadata->keys.count; i++) {
        const char *key = metadata->keys.items[i];
        void *base;
        if (strncmp(key, "model.", 6) != 0 || strcmp(key + 6, "src_vocab") == 0 ||
            strcmp(key + 6, "trg_vocab") == 0 || strcmp(key, CLASSES) == 0 ||
            lt_options_find(options, lt_model_table, key + 6, &base, error))
            continue;
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s has the setting %s, which this latimer (" LATIMER_VERSION
                       ") does not know: it is of "
                       "a newer one, or damaged",
                       path, key);
    }
    return LT_OK;
}

/* The model that the metadata describe, without memory for its parameters. */
static lt_status build(const lt_safetensors *file, const lt_metadata *metadata, lt_model **model,
                       lt_error *error)
{
    lt_model_options options = {0};
    size_t src_vocab, trg_vocab = 0, classes = 0;
    bool classifier = lt_metadata_get(metadata, CLASSES) != NULL;
    LT_TRY(check_format(file->path, metadata, error));
    LT_TRY(get_number(file->path, metadata, "model.src_vocab", &src_vocab, error));
    LT_TRY(classifier ? get_number(file->path, metadata, CLASSES, &classes, error)
                      : get_number(file->path, metadata, "model.trg_vocab", &trg_vocab, error));
    LT_TRY(lt_options_defaults(&options, lt_model_table, error));
    lt_status status = check_settings(file->path, metadata, &options, error);
    if (status == LT_OK) status = get_options(metadata, "model", &options, lt_model_table, error);
    if (status == LT_OK) status = lt_network_name(model, &options, src_vocab, trg_vocab, classes, error);
    if (status == LT_ERROR_USAGE) { /* said by the file, not by the user */
        lt_error_context(error, "%s", file->path);
        status = error->code = LT_ERROR_FORMAT;
    }
    return status;
}

/* ---- what is read, and where to ---- */

/* Of a model that is only applied, the matrices are laid out as they are read, and their values are not kept:
 * only the layers' vectors and the embeddings' rows are read one by one. */
static lt_wanted wanted_parameter(const lt_model *model, const lt_parameter *p)
{
    lt_wanted w = {.rows = p->rows, .columns = p->columns, .offset = p->offset};
    const bool laid_out = p->columns > 0 && model->params.sparse &&
                          lt_weights_have(&model->weights, p->offset, p->rows, p->columns);
    snprintf(w.name, sizeof w.name, "%s", p->name);
    if (laid_out) w.weights = &model->weights;
    if (!laid_out || is_table(model, p)) w.values = model->params.values + p->offset;
    w.rounded = is_table(model, p) && model->params.sparse && model->weights.packing->lay_out;
    return w;
}

/* The parameters and, unless NULL, the moments of a learner; free() the list. */
static lt_wanted *make_list(const lt_model *model, const lt_learner *learner, size_t *count)
{
    real *moments[LT_KEPT_MAX];
    const char *names[LT_KEPT_MAX];
    const size_t parameters = model->params.count,
                 kept = learner ? lt_learner_kept(learner, moments, names) : 0;
    *count = parameters * (1 + kept);
    lt_wanted *list = calloc(*count, sizeof *list);
    for (size_t i = 0; list && i < parameters; i++) {
        const lt_parameter *p = &model->params.list[i];
        list[i] = wanted_parameter(model, p);
        for (size_t m = 0; m < kept; m++) {
            lt_wanted *moment = &list[parameters * (1 + m) + i];
            *moment = (lt_wanted){.rows = p->rows, .columns = p->columns, .values = moments[m] + p->offset};
            snprintf(moment->name, sizeof moment->name, "optimizer.%s.%s", names[m], p->name);
        }
    }
    return list;
}

/* The scales of all tensors of integers, each in its place in the list, in one block; free() it. */
static lt_status read_scales(const lt_safetensors *file, const lt_model *model, lt_wanted *list,
                             real **scales, lt_error *error)
{
    char name[96];
    size_t rows, columns;
    real *at = *scales = lt_reals(count_scales(model));
    if (!at) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", file->path);
    for (size_t i = 0; i < model->params.count; i++) {
        if (!is_quantized(model, &model->params.list[i])) continue;
        const size_t count = scales_of(model, &model->params.list[i], name, &rows, &columns);
        LT_TRY(lt_safetensors_peek(file, name, rows, columns, at, error));
        list[i].scale = at;
        list[i].rounded = false;
        at += count;
    }
    return LT_OK;
}

static lt_status read_all(const lt_safetensors *file, const lt_metadata *metadata, const lt_model *model,
                          const lt_learner *learner, lt_pool *pool, lt_error *error)
{
    size_t count;
    lt_wanted *list = make_list(model, learner, &count);
    if (!list) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for reading %s", file->path);
    real *scales = NULL;
    lt_status status = quantized(metadata) ? read_scales(file, model, list, &scales, error) : LT_OK;
    if (status == LT_OK) status = lt_safetensors_load(file, metadata, list, count, pool, error);
    free(scales);
    free(list);
    return status;
}

/* ---- writing integers ---- */

/* The tensors of the file: floats first, which so stand at multiples of 4 bytes, then `integers`, laid out as
 * the parameters. */
static size_t quantize(const lt_model *model, lt_tensor *tensors, int8_t *integers, real *scale)
{
    size_t count = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < model->params.count; i++) {
            const lt_parameter *p = &model->params.list[i];
            const real *w = model->params.values + p->offset;
            const bool whole = is_quantized(model, p);
            if (pass == 1 && !whole) continue;
            lt_tensor *t = &tensors[count++];
            *t = (lt_tensor){.rows = p->rows, .columns = p->columns, .values = w};
            snprintf(t->name, sizeof t->name, "%s", p->name);
            if (pass == 1) t->integers = integers + p->offset;
            if (pass == 1 || !whole) continue;
            const size_t scales = scales_of(model, p, t->name, &t->rows, &t->columns);
            lt_weights_quantize(&model->weights, p->offset, p->rows, p->columns, w, integers + p->offset,
                                scale);
            t->values = scale;
            scale += scales;
        }
    return count;
}

lt_status lt_checkpoint_quantize(const char *path, const lt_model *model, const lt_metadata *metadata,
                                 lt_error *error)
{
    lt_metadata all = {0};
    lt_tensor *tensors = calloc(2 * model->params.count, sizeof *tensors);
    int8_t *integers = malloc(model->params.size);
    real *scales = lt_reals(count_scales(model));
    assert(!model->params.sparse);
    lt_status status = tensors && integers && scales
                           ? describe_model(&all, model, metadata, error)
                           : lt_fail(error, LT_ERROR_MEMORY, "out of memory for the integers of %s", path);
    if (status == LT_OK) status = lt_metadata_set(&all, PRECISION, lt_precision_names[LT_INT8], error);
    if (status == LT_OK)
        status = lt_safetensors_write(path, tensors, quantize(model, tensors, integers, scales), &all, NULL,
                                      error);
    free(tensors);
    free(integers);
    free(scales);
    lt_metadata_clear(&all);
    return status;
}

/* ---- loading ---- */

/* A file of integers is nothing but that; and that they are those that were written only its checksum says:
 * any byte is one, and sums of others could run over (backend/int8.h). */
static lt_status check_precision(const char *path, const lt_metadata *metadata, bool applied, int precision,
                                 lt_error *error)
{
    if (!quantized(metadata)) return LT_OK;
    if (applied && precision == LT_INT8 && lt_metadata_get(metadata, LT_METADATA_CHECKSUM)) return LT_OK;
    if (applied && precision == LT_INT8)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s holds 8-bit integers but has no checksum: it is damaged, or was changed; write it "
                       "again with 'latimer quantize'",
                       path);
    return lt_fail(error, LT_ERROR_FORMAT,
                   "%s holds 8-bit integers, for --precision int8 alone; use the checkpoint it was made of",
                   path);
}

static lt_status load(const char *path, lt_model **out, lt_metadata *metadata, bool applied, int precision,
                      lt_pool *pool, lt_error *error)
{
    lt_safetensors file;
    lt_metadata local = {0}, *about = metadata ? metadata : &local;
    lt_model *model = NULL;
    LT_TRY(lt_safetensors_open(&file, path, error));
    lt_status status = lt_safetensors_metadata(&file, about, error);
    if (status == LT_OK) status = build(&file, about, &model, error);
    if (status == LT_OK) status = check_precision(path, about, applied, precision, error);
    if (status == LT_OK) status = check_tensors(&file, model, quantized(about), error);
    if (status == LT_OK)
        status = applied ? lt_network_allocate_applied(model, precision, error)
                         : lt_network_allocate(model, NULL, error);
    if (status == LT_OK) status = read_all(&file, about, model, NULL, pool, error);
    lt_safetensors_close(&file);
    lt_metadata_clear(&local);
    if (status != LT_OK) {
        lt_model_free(model);
        return status;
    }
    if (!applied) lt_model_pack(model, pool);
    *out = model;
    return LT_OK;
}

lt_status lt_checkpoint_load(const char *path, lt_model **model, lt_metadata *metadata, lt_error *error)
{
    return load(path, model, metadata, false, LT_FLOAT32, NULL, error);
}

lt_status lt_checkpoint_apply(const char *path, lt_model **model, lt_metadata *metadata, int precision,
                              lt_pool *pool, lt_error *error)
{
    return load(path, model, metadata, true, precision, pool, error);
}

lt_status lt_checkpoint_restore(const char *path, lt_model *model, lt_learner *learner, lt_metadata *metadata,
                                lt_error *error)
{
    lt_safetensors file;
    lt_metadata local = {0}, *about = metadata ? metadata : &local;
    LT_TRY(lt_safetensors_open(&file, path, error));
    lt_status status = lt_safetensors_metadata(&file, about, error);
    if (status == LT_OK) status = check_format(path, about, error);
    if (status == LT_OK) status = check_precision(path, about, false, LT_FLOAT32, error);
    if (status == LT_OK) status = check_tensors(&file, model, false, error);
    if (status == LT_OK) status = read_all(&file, about, model, learner, NULL, error);
    lt_safetensors_close(&file);
    lt_metadata_clear(&local);
    if (status == LT_OK) lt_model_pack(model, NULL);
    return status;
}

lt_status lt_checkpoint_describe(const char *path, lt_metadata *metadata, lt_error *error)
{
    lt_safetensors file;
    LT_TRY(lt_safetensors_open(&file, path, error));
    lt_status status = lt_safetensors_metadata(&file, metadata, error);
    if (status == LT_OK) status = check_format(path, metadata, error);
    lt_safetensors_close(&file);
    return status;
}
