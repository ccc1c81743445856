#include "tokenizer/tokenizer.h"

static const char *const type_names[] = {"unigram", "bpe", "char", "word", NULL};
static const char *const normalization_names[] = {"nmt_nfkc", "nfkc", "identity", NULL};

#define FIELD(name) .key = #name, .offset = offsetof(lt_tokenizer_options, name)

/* `joint` first: what follows is about a single model, and the command line takes it as a table of its own.
 */
const lt_option lt_tokenizer_table[] = {
    {FIELD(joint), .type = LT_OPTION_BOOL, .default_value = "true",
     .help = "One model for both languages, trained on both; false: one a side."},
    {FIELD(type), .type = LT_OPTION_CHOICE, .default_value = "unigram", .choices = type_names,
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
