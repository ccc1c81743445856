#include "translate/translate.h"

#include <string.h>

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
     .help =
         "A translation has at most this many pieces for each piece of its source, rounded up, the end of "
         "sentence counted."},
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
    {.key = "coverage_penalty",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, coverage_penalty),
     .default_value = "0",
     .minimum = 0,
     .maximum = 100,
     .help = "Beta of GNMT's coverage penalty (Wu et al. 2016, eq. 14): beta * the sum over the source's "
             "pieces of "
             "log(min(attention it got in all steps, 1)) is added to log P / length^normalize where complete "
             "translations are ranked, so that what was left out counts against them. The "
             "smaller normalize is, the larger it has to be: some 0.01 to 0.05 with 1, GNMT's 0.2 with 0.2. "
             "0: none. "
             "Takes attention."},
    {.key = "min_length_factor",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, min_length_factor),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000,
     .help =
         "A translation has at least this many pieces for each piece of its source, rounded up, the end of "
         "sentence not counted; it does not end before, unless nothing else is left. 0: it may end at any "
         "time."},
    {.key = "no_repeat_ngram",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, no_repeat_ngram),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000,
     .help = "No N pieces in a row come twice in a translation (Paulus, Xiong & Socher 2018). 0: they may."},
    {.key = "replace_unk",
     .type = LT_OPTION_BOOL,
     FIELD(lt_decoding_options, replace_unk),
     .default_value = "false",
     .help = "Let translations contain the unknown piece, and put in its place the word of the line that the "
             "model "
             "looked at most when it chose it (words that are unknown in a row are one piece: all of them), "
             "as it "
             "stands there, with spaces around it, unless it has over 1000 bytes or \"|||\" in it. Good for "
             "names where the "
             "tokenizer's pieces are words or characters. Takes attention."},
    {.key = "sampling",
     .type = LT_OPTION_BOOL,
     FIELD(lt_decoding_options, sampling),
     .default_value = "false",
     .help =
         "Instead of a search, draw translations piece by piece at random, each piece by the probability "
         "that "
         "the model gives it (of those that may be chosen at all): one for each line, or the N of --n-best, "
         "in "
         "the order drawn and equal ones too; beam_size is only the most there may be. What is drawn depends "
         "on sampling_seed, the line and the sample's number alone. Log-probabilities are the model's, "
         "whatever temperature, top_k and top_p are."},
    {.key = "temperature",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, temperature),
     .default_value = "1.0",
     .minimum = 0.01,
     .maximum = 100,
     .help =
         "With sampling: logits are divided by it. Below 1 likely pieces become likelier, above 1 others."},
    {.key = "top_k",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, top_k),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1000000,
     .help = "With sampling: only the so many most probable pieces are drawn from at each step (Fan, Lewis & "
             "Dauphin 2018). 0: all."},
    {.key = "top_p",
     .type = LT_OPTION_REAL,
     FIELD(lt_decoding_options, top_p),
     .default_value = "1.0",
     .minimum = 0.0001,
     .maximum = 1,
     .help =
         "With sampling: only the fewest most probable pieces are drawn from that have this share of the "
         "probability, by temperature and among the top_k (nucleus sampling, Holtzman et al. 2020). 1: all."},
    {.key = "sampling_seed",
     .type = LT_OPTION_INTEGER,
     FIELD(lt_decoding_options, sampling_seed),
     .default_value = "1",
     .minimum = 0,
     .maximum = 0x1p53,
     .help = "With sampling: another number draws other samples."},
    {0}};

/* The options that came after those that every description has. */
static const lt_option *later_options(void)
{
    const lt_option *option = lt_decoding_table;
    while (strcmp(option->key, "coverage_penalty") != 0) option++;
    return option;
}

/* ---- checking ---- */

static lt_status needs_attention(const char *key, const lt_model_options *model, lt_error *error)
{
    if (model->decoder.attention != LT_ATTENTION_NONE) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "decoding.%s: it goes by what the model looked at, and this model has no attention "
                   "(model.decoder.attention: none); leave it out, or use a model with attention",
                   key);
}

static lt_status check_sampling(const lt_decoding_options *o, lt_error *error)
{
    const char *key = o->temperature < 1 || o->temperature > 1 ? "temperature"
                      : o->top_k != 0                          ? "top_k"
                      : o->top_p < 1                           ? "top_p"
                      : o->sampling_seed != 1                  ? "sampling_seed"
                                                               : NULL;
    if (!o->sampling && key)
        return lt_fail(error, LT_ERROR_USAGE,
                       "decoding.%s: it says how translations are drawn, and they are searched for "
                       "(decoding.sampling: false); leave it out, or set sampling",
                       key);
    if (o->sampling && o->coverage_penalty > 0)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "decoding.coverage_penalty: it ranks the hypotheses of a search, and with decoding.sampling "
            "there is none; leave one of them out");
    return LT_OK;
}

lt_status lt_decoding_options_check(const lt_decoding_options *options, const lt_model_options *model,
                                    lt_error *error)
{
    LT_TRY(check_sampling(options, error));
    if (options->coverage_penalty > 0) LT_TRY(needs_attention("coverage_penalty", model, error));
    if (options->replace_unk) LT_TRY(needs_attention("replace_unk", model, error));
    if (options->min_length_factor > options->max_length_factor)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "decoding.min_length_factor: translations of %g pieces for each of the source's at least "
            "are longer than decoding.max_length_factor, %g, allows; set it to that or less",
            options->min_length_factor, options->max_length_factor);
    return LT_OK;
}

lt_status lt_decoding_check_ensemble(const lt_decoding_options *options, const lt_ensemble *ensemble,
                                     lt_error *error)
{
    const lt_model_options *one = lt_model_get_options(ensemble->models[0]);
    for (size_t i = 1; one->decoder.attention == LT_ATTENTION_NONE && i < ensemble->count; i++)
        one = lt_model_get_options(ensemble->models[i]);
    return lt_decoding_options_check(options, one, error);
}

/* ---- describing ---- */

static lt_status describe_later(lt_text *out, const lt_decoding_options *options, const lt_option *option,
                                lt_error *error)
{
    lt_decoding_options defaults = {0};
    lt_text value = {0}, usual = {0};
    lt_status status = lt_options_defaults(&defaults, lt_decoding_table, error);
    if (status == LT_OK) status = lt_option_format(&value, options, option, error);
    if (status == LT_OK) status = lt_option_format(&usual, &defaults, option, error);
    if (status == LT_OK && strcmp(value.data, usual.data) != 0)
        status = lt_text_appendf(out, error, " %s=%s", option->key, value.data);
    lt_text_clear(&value);
    lt_text_clear(&usual);
    return status;
}

lt_status lt_decoding_describe(lt_text *out, const lt_decoding_options *options, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error,
                           "beam_size=%lld normalize=%g max_length=%lld max_length_factor=%g allow_unk=%s",
                           (long long)options->beam_size, options->normalize, (long long)options->max_length,
                           options->max_length_factor, options->allow_unk ? "true" : "false"));
    for (const lt_option *option = later_options(); option->key; option++)
        LT_TRY(describe_later(out, options, option, error));
    return LT_OK;
}
