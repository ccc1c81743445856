#include "translate/translate.h"

#define FIELD(type, field) .offset = offsetof(type, field)

const lt_option lt_decoding_table[] = {
    {.key = "beam_size",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, beam_size),
     .default_value = "5",
     .minimum = 1,
     .maximum = 1000,
     .letter = 'b',
     .help = "Hypotheses kept in beam search; 1 is greedy search."},
    {.key = "normalize",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, normalize),
     .default_value = "1.0",
     .minimum = 0,
     .maximum = 10,
     .letter = 'n',
     .help =
         "Exponent of the length penalty: translations are ranked by log P / length^normalize; 0 ranks by "
         "probability alone."},
    {.key = "max_length",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, max_length),
     .default_value = "1000",
     .minimum = 1,
     .maximum = 1000000,
     .help = "Of a line of more source pieces only the first so many are translated; such lines are counted "
             "and said."},
    {.key = "max_length_factor",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, max_length_factor),
     .default_value = "3.0",
     .minimum = 0.01,
     .maximum = 1000,
     .help = "A translation has at most this many pieces for each piece of its source, the end of sentence "
             "counted."},
    {.key = "mini_batch",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, mini_batch),
     .default_value = "64",
     .minimum = 1,
     .maximum = 100000,
     .help = "Sentences translated together at most; it changes speed and memory, never a translation."},
    {.key = "mini_batch_words",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, mini_batch_words),
     .default_value = "2048",
     .minimum = 1,
     .maximum = 100000000,
     .help = "Source pieces translated together at most, ends of sentence included (a sentence of more is "
             "translated alone): what bounds the memory of long lines; never changes a translation."},
    {.key = "allow_unk",
     .type = LT_OPTION_BOOL,
     FIELD(lt_decoding_options, allow_unk),
     .default_value = "false",
     .help = "Let translations contain the unknown piece."},
    {0}};

lt_status lt_decoding_describe(lt_text *out, const lt_decoding_options *options, lt_error *error)
{
    return lt_text_appendf(out, error,
                           "beam_size=%lld normalize=%g max_length=%lld max_length_factor=%g allow_unk=%s",
                           (long long)options->beam_size, options->normalize, (long long)options->max_length,
                           options->max_length_factor, options->allow_unk ? "true" : "false");
}
