#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/memory.h"
#include "model/network.h"

static lt_layer_shape layer_shape(const lt_model *model, int cell, size_t input, size_t hidden)
{
    return (lt_layer_shape){.cell = lt_cells[cell],
                            .input = input,
                            .hidden = hidden,
                            .initialization = model->options.initialization,
                            .forget_bias = model->options.forget_bias,
                            .zoneout_h = model->options.dropout.zoneout_h,
                            .zoneout_c = model->options.dropout.zoneout_c};
}

static lt_status init_encoder(lt_model *model, int *table, lt_error *error)
{
    const lt_encoder_options *o = &model->options.encoder;
    const lt_dropout_options *dropout = &model->options.dropout;
    lt_init normal = {LT_INIT_NORMAL, 1 / sqrt((double)o->embedding)};
    const char *name =
        model->options.tied_embeddings == LT_TIED_ALL ? "embedding.weight" : "encoder.embedding.weight";
    LT_TRY(lt_params_add(&model->params, table, model->src_vocab, (size_t)o->embedding, normal, error, "%s",
                         name));
    model->encoder.embedding = (lt_embedding){model->params.list[*table].offset, (size_t)o->embedding,
                                              dropout->embedding, dropout->source_word};
    lt_rnn_shape shape = {.layer = layer_shape(model, o->cell, (size_t)o->embedding, (size_t)o->hidden),
                          .layers = (size_t)o->layers,
                          .bidirectional = o->bidirectional,
                          .residual_from = o->residual ? (size_t)o->residual_from : 0,
                          .dropout = dropout->rnn};
    return lt_rnn_init(&model->encoder.rnn, &model->weights, &model->params, "encoder", &shape, error);
}

static lt_status init_output(lt_model *model, int table, lt_error *error)
{
    const lt_decoder_options *o = &model->options.decoder;
    lt_decoder_net *decoder = &model->decoder;
    const size_t hidden = (size_t)o->hidden, embedding = (size_t)o->embedding;
    const int start = model->options.initialization;
    lt_init zero = {LT_INIT_CONSTANT, 0};
    int weight = table, bias, projection;
    if (model->options.tied_embeddings == LT_TIED_NONE) {
        LT_TRY(lt_params_add(&model->params, &weight, model->trg_vocab, hidden,
                             lt_init_matrix(start, model->trg_vocab, hidden, false), error, "output.weight"));
    } else if (hidden != embedding) {
        LT_TRY(lt_params_add(&model->params, &projection, embedding, hidden,
                             lt_init_matrix(start, embedding, hidden, false), error,
                             "output.projection.weight"));
        decoder->projected = true;
        LT_TRY(lt_linear_init(&decoder->projection, &model->weights, &model->params, projection,
                              LT_NO_PARAMETER, error));
    }
    LT_TRY(lt_params_add(&model->params, &bias, model->trg_vocab, 0, zero, error, "output.bias"));
    LT_TRY(lt_linear_init(&decoder->output, &model->weights, &model->params, weight, bias, error));
    return LT_OK;
}

static lt_status init_attention(lt_model *model, lt_error *error)
{
    const lt_decoder_options *o = &model->options.decoder;
    const size_t hidden = (size_t)o->hidden, memory = model->encoder.rnn.width;
    lt_init init = lt_init_matrix(model->options.initialization, memory + hidden, hidden, false);
    int place;
    LT_TRY(lt_attention_init(&model->decoder.attention, &model->weights, &model->params, o->attention,
                             o->coverage, hidden, memory, model->options.initialization, error));
    if (o->attention == LT_ATTENTION_NONE) return LT_OK;
    LT_TRY(lt_params_add(&model->params, &place, hidden, memory + hidden, init, error,
                         "decoder.combine.weight"));
    LT_TRY(lt_linear_init(&model->decoder.combine, &model->weights, &model->params, place, LT_NO_PARAMETER,
                          error));
    return LT_OK;
}

static lt_status init_decoder(lt_model *model, int encoder_table, lt_error *error)
{
    const lt_decoder_options *o = &model->options.decoder;
    const lt_dropout_options *dropout = &model->options.dropout;
    lt_init normal = {LT_INIT_NORMAL, 1 / sqrt((double)o->embedding)};
    int table = encoder_table;
    if (model->options.tied_embeddings != LT_TIED_ALL)
        LT_TRY(lt_params_add(&model->params, &table, model->trg_vocab, (size_t)o->embedding, normal, error,
                             "decoder.embedding.weight"));
    model->decoder.embedding = (lt_embedding){model->params.list[table].offset, (size_t)o->embedding,
                                              dropout->embedding, dropout->target_word};
    model->decoder.output_dropout = dropout->output;
    model->decoder.input_feeding = o->input_feeding;
    model->decoder.every_step = o->context == LT_CONTEXT_EVERY_STEP;
    lt_rnn_shape shape = {.layer = layer_shape(model, o->cell, (size_t)o->embedding, (size_t)o->hidden),
                          .layers = (size_t)o->layers,
                          .residual_from = o->residual ? (size_t)o->residual_from : 0,
                          .dropout = dropout->rnn};
    if (o->input_feeding) shape.layer.fed = (size_t)o->hidden;
    if (model->decoder.every_step) shape.layer.constant = model->encoder.rnn.width;
    LT_TRY(lt_rnn_init(&model->decoder.rnn, &model->weights, &model->params, "decoder", &shape, error));
    LT_TRY(init_attention(model, error));
    LT_TRY(lt_bridge_init(&model->bridge, &model->weights, &model->params, &model->encoder.rnn,
                          &model->decoder.rnn, model->options.initialization, error));
    return init_output(model, table, error);
}

/* A model without layers; NULL: out of memory. */
static lt_model *begin(const lt_model_options *options, size_t src_vocab, lt_error *error)
{
    lt_model *model = calloc(1, sizeof *model);
    if (!model) {
        lt_fail(error, LT_ERROR_MEMORY, "out of memory for a model");
        return NULL;
    }
    model->options = *options;
    model->src_vocab = src_vocab;
    model->weights.backend = lt_backend_best();
    return model;
}

/* Once all layers have named their parameters; `status` is how that went. */
static lt_status named(lt_model **out, lt_model *model, lt_status status)
{
    if (status == LT_OK)
        *out = model;
    else
        lt_model_free(model);
    return status;
}

static lt_status name_translator(lt_model **out, const lt_model_options *options, size_t src_vocab,
                                 size_t trg_vocab, lt_error *error)
{
    bool joint = options->tied_embeddings == LT_TIED_ALL;
    LT_TRY(lt_model_options_check(options, joint, error));
    if (src_vocab <= LT_RESERVED || trg_vocab <= LT_RESERVED)
        return lt_fail(error, LT_ERROR_USAGE,
                       "vocabularies of %zu and %zu pieces: each needs more than the %d reserved", src_vocab,
                       trg_vocab, LT_RESERVED);
    if (joint && src_vocab != trg_vocab)
        return lt_fail(error, LT_ERROR_USAGE,
                       "model.tied_embeddings: all needs one vocabulary, but the source has %zu pieces and "
                       "the target %zu; "
                       "set tokenizer.joint: true",
                       src_vocab, trg_vocab);
    int table;
    lt_model *model = begin(options, src_vocab, error);
    if (!model) return error->code;
    model->trg_vocab = trg_vocab;
    lt_status status = init_encoder(model, &table, error);
    if (status == LT_OK) status = init_decoder(model, table, error);
    return named(out, model, status);
}

static lt_status name_classifier(lt_model **out, const lt_model_options *options, size_t src_vocab,
                                 size_t classes, lt_error *error)
{
    LT_TRY(lt_classifier_options_check(options, error));
    if (src_vocab <= LT_RESERVED || classes < 1)
        return lt_fail(error, LT_ERROR_USAGE,
                       "a classifier of %zu pieces and %zu classes: more than the %d reserved pieces are "
                       "wanted, and at least one class",
                       src_vocab, classes, LT_RESERVED);
    int table;
    lt_model *model = begin(options, src_vocab, error);
    if (!model) return error->code;
    model->options.tied_embeddings = LT_TIED_NONE;
    lt_status status = init_encoder(model, &table, error);
    if (status == LT_OK)
        status = lt_classifier_init(&model->classifier, &model->weights, &model->params, classes,
                                    model->encoder.rnn.width, options->dropout.output,
                                    options->initialization, error);
    return named(out, model, status);
}

lt_status lt_network_name(lt_model **model, const lt_model_options *options, size_t src_vocab,
                          size_t trg_vocab, size_t classes, lt_error *error)
{
    return classes ? name_classifier(model, options, src_vocab, classes, error)
                   : name_translator(model, options, src_vocab, trg_vocab, error);
}

lt_status lt_network_allocate(lt_model *model, const uint64_t *seed, lt_error *error)
{
    LT_TRY(lt_params_allocate(&model->params, error));
    model->weights.values = model->params.values;
    LT_TRY(lt_weights_take(&model->weights, LT_FLOAT32, true, error));
    if (!seed) return LT_OK;
    LT_TRY(lt_params_start(&model->params, *seed, error));
    lt_rnn_start(&model->encoder.rnn, model->params.values);
    if (!model->classifier.classes) lt_rnn_start(&model->decoder.rnn, model->params.values);
    return LT_OK;
}

lt_status lt_network_allocate_applied(lt_model *model, int precision, lt_error *error)
{
    LT_TRY(lt_params_allocate_sparse(&model->params, error));
    model->weights.values = model->params.values;
    const lt_embedding *tables[] = {&model->encoder.embedding, &model->decoder.embedding};
    const size_t rows[] = {model->src_vocab, model->trg_vocab};
    for (size_t i = 0; i < 2; i++)
        lt_block_dense(model->params.values + tables[i]->table, rows[i] * tables[i]->width * sizeof(real));
    return lt_weights_take(&model->weights, precision, false, error);
}

static lt_status finish(lt_model **out, lt_model *model, uint64_t seed, lt_error *error)
{
    return named(out, model, lt_network_allocate(model, &seed, error));
}

lt_status lt_model_create(lt_model **out, const lt_model_options *options, size_t src_vocab, size_t trg_vocab,
                          uint64_t seed, lt_error *error)
{
    lt_model *model;
    LT_TRY(name_translator(&model, options, src_vocab, trg_vocab, error));
    return finish(out, model, seed, error);
}

lt_status lt_classifier_create(lt_model **out, const lt_model_options *options, size_t src_vocab,
                               size_t classes, uint64_t seed, lt_error *error)
{
    lt_model *model;
    LT_TRY(name_classifier(&model, options, src_vocab, classes, error));
    return finish(out, model, seed, error);
}

void lt_model_free(lt_model *model)
{
    if (!model) return;
    lt_params_clear(&model->params);
    lt_weights_clear(&model->weights);
    free(model);
}

const lt_model_options *lt_model_get_options(const lt_model *model)
{
    return &model->options;
}
size_t lt_model_src_vocab(const lt_model *model)
{
    return model->src_vocab;
}
size_t lt_model_trg_vocab(const lt_model *model)
{
    return model->trg_vocab;
}
size_t lt_model_classes(const lt_model *model)
{
    return model->classifier.classes;
}
size_t lt_model_parameter_count(const lt_model *model)
{
    return model->params.count;
}
const lt_parameter *lt_model_parameter(const lt_model *model, size_t index)
{
    return &model->params.list[index];
}
size_t lt_model_parameter_total(const lt_model *model)
{
    size_t total = 0;
    for (size_t i = 0; i < model->params.count; i++) total += model->params.list[i].size;
    return total;
}
size_t lt_model_size(const lt_model *model)
{
    return model->params.size;
}
const char *lt_model_backend(const lt_model *model)
{
    return model->weights.backend->name;
}

lt_status lt_model_set_precision(lt_model *model, int precision, bool learns, lt_error *error)
{
    assert(!model->params.sparse);
    return lt_weights_take(&model->weights, precision, learns, error);
}

bool lt_model_emulates(const lt_model *model)
{
    return model->weights.packing->emulated;
}

real *lt_model_values(lt_model *model)
{
    assert(!model->params.sparse);
    return model->params.values;
}

typedef struct pack_task {
    const lt_model *model;
    size_t workers;
} pack_task;

static void pack_part(void *argument, size_t worker)
{
    const pack_task *task = argument;
    lt_weights_pack(&task->model->weights, worker, task->workers);
}

void lt_model_pack(lt_model *model, lt_pool *pool)
{
    assert(!model->params.sparse);
    pack_task task = {model, pool ? lt_pool_workers(pool) : 1};
    if (pool)
        lt_pool_run(pool, pack_part, &task);
    else
        pack_part(&task, 0);
}
