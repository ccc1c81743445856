#include <stddef.h>

#include "model/model.h"
#include "model/rnn.h"

static const char *const cell_names[] = {
    "rnn", "lstm", "lstm_peephole", "lstm_coupled", "lstm_layernorm", "gru", "gru_reset_after", NULL};
static const char *const direction_names[] = {"false", "true", "first", "alternating", NULL};
static const char *const attention_names[] = {"none", "dot", "scaled_dot", "general", "additive", NULL};
static const char *const context_names[] = {"initial", "every_step", NULL};
static const char *const start_names[] = {"uniform", "glorot", "orthogonal", NULL};
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

static const char cell_help[] = "Recurrent cell: rnn (tanh), lstm, lstm_peephole (gates see c; Gers & "
                                "Schmidhuber 2000), lstm_coupled (i = 1 - f), "
                                "lstm_layernorm (Ba 2016), gru (reset before the recurrent product; Cho "
                                "2014), gru_reset_after (cuDNN's).";
static const char residual_help[] = "Layers add their input to their output, from layer residual_from on.";
static const char residual_from_help[] =
    "The first residual layer, counted from 1. Its input is as wide as its output.";

static const lt_option encoder_table[] = {
    CHOICE(lt_encoder_options, cell, "lstm", cell_names, cell_help),
    INTEGER(lt_encoder_options, layers, "2", 1, LT_RNN_LAYERS_MAX, "Stacked layers."),
    INTEGER(lt_encoder_options, hidden, "512", 1, 16384, "Units of each layer and direction."),
    INTEGER(lt_encoder_options, embedding, "256", 1, 16384, "Width of the source embedding."),
    CHOICE(lt_encoder_options, bidirectional, "false", direction_names,
           "true: every layer reads in both directions; first: only the first one does (Wu 2016); "
           "alternating: two "
           "stacks whose layers read in turn forwards and backwards."),
    BOOLEAN(lt_encoder_options, reverse_source, "true",
            "Read the source backwards, so that its beginning is near the target's (Sutskever 2014)."),
    BOOLEAN(lt_encoder_options, residual, "false", residual_help),
    INTEGER(lt_encoder_options, residual_from, "2", 1, LT_RNN_LAYERS_MAX, residual_from_help),
    {0},
};

static const lt_option decoder_table[] = {
    CHOICE(lt_decoder_options, cell, "lstm", cell_names, cell_help),
    INTEGER(lt_decoder_options, layers, "2", 1, LT_RNN_LAYERS_MAX,
            "Stacked layers. Each starts from the encoder's final states, matched from the top."),
    INTEGER(lt_decoder_options, hidden, "512", 1, 16384,
            "Units of each layer. Where the encoder's states are of another width, a bridge stands between."),
    INTEGER(lt_decoder_options, embedding, "256", 1, 16384, "Width of the target embedding."),
    CHOICE(lt_decoder_options, attention, "none", attention_names,
           "How each step looks at the source. none: the encoder's final states are all the decoder knows of "
           "it; dot, "
           "general (Luong 2015); scaled_dot; additive (Bahdanau 2015)."),
    BOOLEAN(lt_decoder_options, input_feeding, "false",
            "Feed what a step saw of the source into the next one (Luong 2015). Needs attention."),
    BOOLEAN(lt_decoder_options, coverage, "false",
            "The attention also sees what it has looked at so far (Tu 2016; See 2017). Needs attention."),
    CHOICE(lt_decoder_options, context, "initial", context_names,
           "initial: the encoder's final states start the decoder; every_step: its last h is an input of "
           "every step "
           "too (Cho 2014)."),
    BOOLEAN(lt_decoder_options, residual, "false", residual_help),
    INTEGER(lt_decoder_options, residual_from, "2", 1, LT_RNN_LAYERS_MAX, residual_from_help),
    {0},
};

static const lt_option dropout_table[] = {
    PROBABILITY(lt_dropout_options, embedding, "Of embedding units."),
    PROBABILITY(lt_dropout_options, rnn, "Between the layers of encoder and decoder."),
    PROBABILITY(lt_dropout_options, output, "Of what the output layer reads."),
    PROBABILITY(lt_dropout_options, memory,
                "Of the encoder's outputs as attention sees them. Needs attention."),
    PROBABILITY(lt_dropout_options, source_word, "Of whole source words."),
    PROBABILITY(lt_dropout_options, target_word, "Of whole target words the decoder is fed with."),
    BOOLEAN(lt_dropout_options, variational, "false",
            "The masks of units are the same at every step of a sentence (Gal & Ghahramani 2016)."),
    PROBABILITY(lt_dropout_options, zoneout_h, "Of keeping a unit of h as it was (zoneout, Krueger 2017)."),
    PROBABILITY(lt_dropout_options, zoneout_c, "The same for c; for cells that have one."),
    {0},
};

const lt_option lt_model_table[] = {
    GROUP(lt_model_options, encoder, encoder_table, "The encoder."),
    GROUP(lt_model_options, decoder, decoder_table, "The decoder."),
    CHOICE(lt_model_options, tied_embeddings, "none", tied_names,
           "target: the decoder embedding is also the output layer; all: the encoder embedding too (needs "
           "tokenizer.joint). "
           "Where hidden and embedding differ, a projection stands before a tied output layer."),
    CHOICE(lt_model_options, initialization, "uniform", start_names,
           "How matrices start. uniform: in +-1/sqrt(hidden); glorot: in +-sqrt(6 / (in + out)) (Glorot & "
           "Bengio 2010); "
           "orthogonal: as glorot, and each gate's recurrent matrix orthogonal (Saxe 2014)."),
    {.key = "forget_bias",
     .type = LT_OPTION_REAL,
     .offset = offsetof(lt_model_options, forget_bias),
     .default_value = "1.0",
     .minimum = -100,
     .maximum = 100,
     .help = "What the biases of forget gates start at (Gers 2000; Jozefowicz 2015)."},
    GROUP(lt_model_options, dropout, dropout_table, "Probabilities of dropping, in training only."),
    {0},
};

static lt_status check_residual(const char *side, int64_t layers, int64_t from, int64_t embedding,
                                int64_t width, bool first_is_wider, lt_error *error)
{
    if (from > layers)
        return lt_fail(error, LT_ERROR_USAGE,
                       "model.%s.residual: true has no effect: it begins at layer %lld (residual_from) of "
                       "%lld; use more "
                       "layers, a smaller residual_from, or false",
                       side, (long long)from, (long long)layers);
    if (from == 1 && embedding != width)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.%s.residual_from: 1 adds the embedding of width %lld to the first layer's output of width "
            "%lld; make them equal, or begin at layer 2",
            side, (long long)embedding, (long long)width);
    if (from <= 2 && first_is_wider)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.%s.residual_from: %lld with bidirectional: first would add both directions of the first "
            "layer to the one of the second; begin at layer 3, with at least so many layers",
            side, (long long)from);
    return LT_OK;
}

static lt_status check_attention(const lt_model_options *o, lt_error *error)
{
    const lt_decoder_options *d = &o->decoder;
    const bool both = o->encoder.bidirectional == LT_BIDIRECTIONAL ||
                      o->encoder.bidirectional == LT_ALTERNATING ||
                      (o->encoder.bidirectional == LT_BIDIRECTIONAL_FIRST && o->encoder.layers == 1);
    const int64_t memory = (both ? 2 : 1) * o->encoder.hidden;
    if (d->attention == LT_ATTENTION_NONE && d->input_feeding)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.decoder.input_feeding: true feeds what the attention saw into the next step, and there is "
            "none; set model.decoder.attention, or input_feeding: false");
    if (d->attention == LT_ATTENTION_NONE && d->coverage)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.decoder.coverage: true is the sum of what the attention looked at, and there is none; set "
            "model.decoder.attention, or coverage: false");
    if (d->attention == LT_ATTENTION_NONE && o->dropout.memory > 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "model.dropout.memory: %g is of what the attention sees, and there is none; set "
                       "model.decoder.attention, or leave it at 0",
                       o->dropout.memory);
    if ((d->attention == LT_ATTENTION_DOT || d->attention == LT_ATTENTION_SCALED_DOT) && memory != d->hidden)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.decoder.attention: %s multiplies the decoder's output of width %lld with the encoder's of "
            "width %lld; make them equal, or use general or additive",
            attention_names[d->attention], (long long)d->hidden, (long long)memory);
    return LT_OK;
}

static lt_status check_tied(const lt_model_options *o, bool joint, lt_error *error)
{
    if (o->tied_embeddings != LT_TIED_ALL) return LT_OK;
    if (!joint)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.tied_embeddings: all needs one vocabulary for both sides; set tokenizer.joint: true");
    if (o->encoder.embedding != o->decoder.embedding)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "model.tied_embeddings: all needs equal widths, but model.encoder.embedding is %lld and "
            "model.decoder.embedding %lld",
            (long long)o->encoder.embedding, (long long)o->decoder.embedding);
    return LT_OK;
}

static lt_status check_encoder(const lt_encoder_options *o, lt_error *error)
{
    const bool both_wide = o->bidirectional != LT_FORWARD_ONLY && o->bidirectional != LT_ALTERNATING;
    if (!o->residual) return LT_OK;
    return check_residual("encoder", o->layers, o->residual_from, o->embedding,
                          (both_wide ? 2 : 1) * o->hidden,
                          o->bidirectional == LT_BIDIRECTIONAL_FIRST && o->layers > 1, error);
}

static lt_status check_zoneout(const lt_model_options *o, const lt_cell *cell, const lt_cell *other,
                               lt_error *error)
{
    if (!(o->dropout.zoneout_c > 0) || cell->has_c || (other && other->has_c)) return LT_OK;
    return lt_fail(
        error, LT_ERROR_USAGE,
        "model.dropout.zoneout_c: %g keeps units of c, which a %s does not have; set it to 0, or use "
        "zoneout_h",
        o->dropout.zoneout_c, cell->name);
}

lt_status lt_classifier_options_check(const lt_model_options *o, lt_error *error)
{
    LT_TRY(check_encoder(&o->encoder, error));
    return check_zoneout(o, lt_cells[o->encoder.cell], NULL, error);
}

lt_status lt_model_options_check(const lt_model_options *o, bool joint, lt_error *error)
{
    LT_TRY(check_encoder(&o->encoder, error));
    if (o->decoder.residual)
        LT_TRY(check_residual("decoder", o->decoder.layers, o->decoder.residual_from, o->decoder.embedding,
                              o->decoder.hidden, false, error));
    LT_TRY(check_zoneout(o, lt_cells[o->encoder.cell], lt_cells[o->decoder.cell], error));
    LT_TRY(check_attention(o, error));
    return check_tied(o, joint, error);
}
