#include <stddef.h>

#include "model/model.h"
#include "model/rnn.h"

static const char *const cell_names[] = {"lstm", NULL};
static const char *const attention_names[] = {"none", NULL};
static const char *const tied_names[] = {"none", "target", "all", NULL};

#define BOOLEAN(record, field, value, text)                                                                  \
    {                                                                                                        \
        .key = #field, .type = LT_OPTION_BOOL, .offset = offsetof(record, field), .default_value = value,    \
        .help = text                                                                                         \
    }
#define INTEGER(record, field, value, least, most, text)                                                     \
    {                                                                                                        \
        .key = #field, .type = LT_OPTION_INTEGER, .offset = offsetof(record, field), .default_value = value, \
        .minimum = least, .maximum = most, .help = text                                                      \
    }
#define PROBABILITY(record, field, text)                                                                     \
    {                                                                                                        \
        .key = #field, .type = LT_OPTION_REAL, .offset = offsetof(record, field), .default_value = "0.0",    \
        .minimum = 0, .maximum = 0.95, .help = text                                                          \
    }
#define CHOICE(record, field, value, names, text)                                                            \
    {                                                                                                        \
        .key = #field, .type = LT_OPTION_CHOICE, .offset = offsetof(record, field), .default_value = value,  \
        .choices = names, .help = text                                                                       \
    }
#define GROUP(record, field, table, text)                                                                    \
    {                                                                                                        \
        .key = #field, .type = LT_OPTION_GROUP, .offset = offsetof(record, field), .group = table,           \
        .help = text                                                                                         \
    }

static const lt_option encoder_table[] = {
    CHOICE(lt_encoder_options, cell, "lstm", cell_names, "Recurrent cell."),
    INTEGER(lt_encoder_options, layers, "2", 1, LT_RNN_LAYERS_MAX, "Stacked layers."),
    INTEGER(lt_encoder_options, hidden, "512", 1, 16384, "Units of each layer."),
    INTEGER(lt_encoder_options, embedding, "256", 1, 16384, "Width of the source embedding."),
    BOOLEAN(lt_encoder_options, bidirectional, "false",
            "Read the source in both directions. This release has only false."),
    BOOLEAN(lt_encoder_options, reverse_source, "true",
            "Read the source backwards, so that its beginning is near the target's (Sutskever 2014)."),
    BOOLEAN(lt_encoder_options, residual, "false",
            "Residual connections between layers. This release has only false."),
    {0},
};

static const lt_option decoder_table[] = {
    CHOICE(lt_decoder_options, cell, "lstm", cell_names, "Recurrent cell; the encoder's."),
    INTEGER(lt_decoder_options, layers, "2", 1, LT_RNN_LAYERS_MAX,
            "Stacked layers; as many as the encoder's."),
    INTEGER(lt_decoder_options, hidden, "512", 1, 16384, "Units of each layer; as many as the encoder's."),
    INTEGER(lt_decoder_options, embedding, "256", 1, 16384, "Width of the target embedding."),
    CHOICE(lt_decoder_options, attention, "none", attention_names,
           "none: the encoder's final states are all the decoder knows of the source."),
    BOOLEAN(lt_decoder_options, input_feeding, "false", "Needs attention. This release has only false."),
    BOOLEAN(lt_decoder_options, residual, "false",
            "Residual connections between layers. This release has only false."),
    {0},
};

static const lt_option dropout_table[] = {
    PROBABILITY(lt_dropout_options, embedding, "Of embedding units."),
    PROBABILITY(lt_dropout_options, rnn, "Between the layers of encoder and decoder."),
    PROBABILITY(lt_dropout_options, output, "Of the top decoder layer's output, before the output layer."),
    PROBABILITY(lt_dropout_options, source_word, "Of whole source words."),
    PROBABILITY(lt_dropout_options, target_word, "Of whole target words the decoder is fed with."),
    {0},
};

const lt_option lt_model_table[] = {
    GROUP(lt_model_options, encoder, encoder_table, "The encoder."),
    GROUP(lt_model_options, decoder, decoder_table, "The decoder."),
    CHOICE(lt_model_options, tied_embeddings, "none", tied_names,
           "target: the decoder embedding is also the output layer; all: the encoder embedding too (needs "
           "tokenizer.joint). "
           "Where hidden and embedding differ, a projection stands before a tied output layer."),
    GROUP(lt_model_options, dropout, dropout_table, "Probabilities of dropping, in training only."),
    {0},
};

static lt_status only_false(bool value, const char *key, lt_error *error)
{
    if (!value) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "model.%s: true is not available in this release; set it to false",
                   key);
}

static lt_status must_agree(int64_t encoder, int64_t decoder, const char *key, lt_error *error)
{
    if (encoder == decoder) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "model.encoder.%s is %lld and model.decoder.%s is %lld: the encoder's final states start "
                   "the decoder, "
                   "layer by layer, so they must be equal",
                   key, (long long)encoder, key, (long long)decoder);
}

static lt_status check_encoder(const lt_encoder_options *o, lt_error *error)
{
    LT_TRY(only_false(o->bidirectional, "encoder.bidirectional", error));
    return only_false(o->residual, "encoder.residual", error);
}

lt_status lt_classifier_options_check(const lt_model_options *options, lt_error *error)
{
    return check_encoder(&options->encoder, error);
}

lt_status lt_model_options_check(const lt_model_options *o, bool joint, lt_error *error)
{
    LT_TRY(check_encoder(&o->encoder, error));
    LT_TRY(only_false(o->decoder.residual, "decoder.residual", error));
    if (o->decoder.input_feeding)
        return lt_fail(error, LT_ERROR_USAGE,
                       "model.decoder.input_feeding: true needs attention; set it to false");
    LT_TRY(must_agree(o->encoder.layers, o->decoder.layers, "layers", error));
    LT_TRY(must_agree(o->encoder.hidden, o->decoder.hidden, "hidden", error));
    if (o->tied_embeddings == LT_TIED_ALL) {
        if (!joint)
            return lt_fail(
                error, LT_ERROR_USAGE,
                "model.tied_embeddings: all needs one vocabulary for both sides; set tokenizer.joint: true");
        LT_TRY(o->encoder.embedding == o->decoder.embedding
                   ? LT_OK
                   : lt_fail(error, LT_ERROR_USAGE,
                             "model.tied_embeddings: all needs equal widths, but model.encoder.embedding is "
                             "%lld and "
                             "model.decoder.embedding %lld",
                             (long long)o->encoder.embedding, (long long)o->decoder.embedding));
    }
    return LT_OK;
}
