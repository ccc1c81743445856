/* latimer corpus generate: a parallel corpus of any size from the built-in grammar. */
#include <stdio.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "experiments/commands/signals.h"

typedef struct generate_options {
    char *output;
    lt_generate_options corpus;
} generate_options;

#define FIELD(name) offsetof(generate_options, corpus) + offsetof(lt_generate_options, name)

static const lt_option table[] = {
    {.key = "output",
     .type = LT_OPTION_STRING,
     .offset = offsetof(generate_options, output),
     .letter = 'o',
     .value = "DIR",
     .required = true,
     .help = "The folder, made if need be, for train.en, train.de, dev.en, dev.de, test.en and test.de. Each "
             "file is complete or not there; one that is there is replaced."},
    {.key = "pairs",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(pairs),
     .default_value = "100000",
     .minimum = 1,
     .maximum = 1e12,
     .help = "Sentence pairs in train. A smaller corpus is the beginning of a larger one of the same seed."},
    {.key = "dev",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(dev),
     .default_value = "1000",
     .minimum = 0,
     .maximum = 1e8,
     .help = "Sentence pairs in dev, all different, none of them in train."},
    {.key = "test",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(test),
     .default_value = "1000",
     .minimum = 0,
     .maximum = 1e8,
     .help = "The same for test."},
    {.key = "seed",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(seed),
     .default_value = "1",
     .help = "Equal seeds and options give equal files, on every machine."},
    {.key = "max_words",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(max_words),
     .default_value = "40",
     .minimum = LT_GENERATE_WORDS_MIN,
     .maximum = 1000,
     .help = "Sentences with more words on either side are drawn again."},
    {.key = "alignments",
     .type = LT_OPTION_BOOL,
     .offset = FIELD(alignments),
     .default_value = "false",
     .help =
         "Also train.align, dev.align and test.align: a line of i-j for each pair, word i of the English is "
         "word j of the German, both from 0, words being what spaces part. Every word that has a counterpart "
         "is in it. Without this option an older "
         ".align file stays as it is."},
    {0},
};

static int stop_wanted(void *context, const lt_generate_report *report)
{
    (void)report;
    return **(const volatile sig_atomic_t **)context;
}

static void tell(const char *folder, const lt_generate_report *report)
{
    for (size_t set = 0; set < LT_GENERATED_SETS; set++)
        fprintf(stderr, "%s/%s: %zu pairs, %zu English words, %zu German\n", folder, lt_generated_names[set],
                report->pairs[set], report->en_words[set], report->de_words[set]);
    fprintf(stderr, "the longest sentence has %zu words\n", report->longest);
}

static lt_status run_generate(const void *arguments, const lt_common_options *common,
                              const lt_strings *operands, lt_error *error)
{
    (void)operands;
    const generate_options *o = arguments;
    lt_generate_report report;
    if (!o->output || !*o->output)
        return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o DIR");
    const volatile sig_atomic_t *signal = lt_catch_signals();
    LT_TRY(lt_corpus_generate(o->output, &o->corpus, stop_wanted, &signal, &report, error));
    if (!common->quiet) tell(o->output, &report);
    return LT_OK;
}

const lt_command lt_command_corpus_generate = {
    .name = "corpus generate",
    .usage = "-o DIR [options]",
    .summary = "writes a parallel corpus, English and German, from a grammar",
    .description =
        "The text is made up: sentences of 3 to 40 words from a synchronous grammar and a lexicon of some\n"
        "hundred words that are built in, capitalised and punctuated like printed text. The German has its\n"
        "genders, cases, adjective endings and verb forms, and its order of words: the finite verb second "
        "in\n"
        "main clauses and last in subordinate ones, separable prefixes, participles and infinitives at the\n"
        "end. There are names, numbers, dates, prices, questions, requests, passives, relative clauses,\n"
        "comparisons and negation. The meaning is often odd, the grammar is not. Scores on such text show\n"
        "whether something works; they say nothing of real text.\n"
        "\n"
        "No sentence of dev or test is in train, on either side, as a hash of the sentence decides which "
        "set\n"
        "it may go to. Within train sentences, mostly short ones, may come again.",
    .table = table,
    .size = sizeof(generate_options),
    .least = 0,
    .most = 0,
    .run = run_generate,
};
