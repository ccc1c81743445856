#include <stdlib.h>
#include <string.h>

#include "tokenizer/tokenizer_private.h"

const char *const lt_tokenizer_type_names[] = {"unigram", "bpe", "char", "word", NULL};
static const char *const normalization_names[] = {"nmt_nfkc", "nfkc", "identity", NULL};

#define FIELD(name) .key = #name, .offset = offsetof(lt_tokenizer_options, name)

#define REGULARIZATION(name) .key = #name, .offset = offsetof(lt_regularization_options, name)

static const lt_option regularization_table[] = {
    {REGULARIZATION(src), .type = LT_OPTION_REAL, .default_value = "0.0", .minimum = 0, .maximum = 1,
     .help =
         "The share of the source lines that are segmented at random in an epoch, drawn anew in each; the "
         "others are cut the best way."},
    {REGULARIZATION(trg), .type = LT_OPTION_REAL, .default_value = "0.0", .minimum = 0, .maximum = 1,
     .help = "The same of the target lines."},
    {REGULARIZATION(alpha), .type = LT_OPTION_REAL, .default_value = "0.2", .minimum = 0, .maximum = 100,
     .help =
         "Of type unigram: a segmentation of probability P is drawn from all of them in proportion to "
         "P^alpha; 0: each alike, 100: the best nearly always (Kudo 2018). The less, the more pieces: of "
         "image captions, in 8,000 pieces, 0.1 makes twice as many, 0.2 a third more, 0.5 one in thirty."},
    {REGULARIZATION(dropout), .type = LT_OPTION_REAL, .default_value = "0.1", .minimum = 0, .maximum = 1,
     .help = "Of type bpe: the probability with which a merge is passed over at each step; 0: the best way, "
             "1: characters (BPE-dropout, Provilkov et al. 2020)."},
    {0},
};

/* `joint` and `regularization` first: what follows is about a single model, and the command line takes it as
 * a table of its own. */
const lt_option lt_tokenizer_table[] = {
    {FIELD(joint), .type = LT_OPTION_BOOL, .default_value = "true",
     .help = "One model for both languages, trained on both; false: one a side."},
    {FIELD(regularization), .type = LT_OPTION_GROUP, .group = regularization_table,
     .help = "Subword regularisation: in training, lines are segmented anew at random in every epoch. "
             "Validation, tests and translation always cut the best way. Types unigram and bpe only."},
    {FIELD(type), .type = LT_OPTION_CHOICE, .default_value = "unigram", .choices = lt_tokenizer_type_names,
     .help = "How text is cut: unigram language model (Kudo 2018), byte-pair encoding (Sennrich 2016), "
             "characters, or whole words."},
    {FIELD(vocab_size), .type = LT_OPTION_INTEGER, .default_value = "8000", .minimum = 8, .maximum = 1e6,
     .help = "Pieces, the four reserved ones included. At most: a small text gives fewer."},
    {FIELD(character_coverage), .type = LT_OPTION_REAL, .default_value = "1.0", .minimum = 0.98, .maximum = 1,
     .help = "Share of the training text's characters that become pieces; the rarest others are unknown. "
             "0.9995 for Chinese and Japanese."},
    {FIELD(byte_fallback), .type = LT_OPTION_BOOL, .default_value = "false",
     .help =
         "Cut characters that are no pieces into UTF-8 bytes (256 pieces of their own) instead of <unk>."},
    {FIELD(normalization), .type = LT_OPTION_CHOICE, .default_value = "nmt_nfkc",
     .choices = normalization_names,
     .help = "What is done to the text first: Unicode NFKC with the spaces and controls of translation "
             "corpora cleaned up, NFKC alone, or nothing."},
    {FIELD(training_text), .type = LT_OPTION_INTEGER, .default_value = "8", .minimum = 0, .maximum = 1e6,
     .help =
         "Megabytes of text that the tokenizer is trained on at most; of more, lines are drawn at random. "
         "Training takes thirty times as much memory; 0: all of the text."},
    {0},
};

/* A strength that is not the default's was meant to do something. */
static lt_status check_strength(const char *name, double value, const char *unless, const char *instead,
                                lt_error *error)
{
    const lt_option *option = regularization_table;
    while (strcmp(option->key, name) != 0) option++;
    if (value == strtod(option->default_value, NULL)) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "tokenizer.regularization.%s: %g has no effect %s; %s", name, value,
                   unless, instead);
}

lt_status lt_regularization_check(const lt_tokenizer_options *options, lt_error *error)
{
    const lt_regularization_options *r = &options->regularization;
    int type = options->type;
    bool wanted = r->src > 0 || r->trg > 0, unigram = type == LT_TOKENIZER_UNIGRAM,
         bpe = type == LT_TOKENIZER_BPE;
    if (wanted && !unigram && !bpe)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "tokenizer.regularization.%s: with tokenizer.type %s a line has one segmentation only, "
            "none can be drawn; set it to 0, or use unigram or bpe",
            r->src > 0 ? "src" : "trg", lt_tokenizer_type_names[type]);
    if (!unigram)
        LT_TRY(check_strength("alpha", r->alpha, "unless tokenizer.type is unigram",
                              bpe ? "of bpe it is `dropout`" : "leave it out", error));
    if (!bpe)
        LT_TRY(check_strength("dropout", r->dropout, "unless tokenizer.type is bpe",
                              unigram ? "of unigram it is `alpha`" : "leave it out", error));
    if (wanted) return LT_OK;
    return check_strength(unigram ? "alpha" : "dropout", unigram ? r->alpha : r->dropout,
                          "while `src` and `trg` are 0",
                          "set them to the share of the lines to be segmented at random", error);
}
