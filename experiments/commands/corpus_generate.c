/* latimer corpus generate: a parallel corpus of any size from the built-in grammar, or tasks on symbols. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"
#include "experiments/commands/signals.h"

enum { GRAMMAR, RECALL, COPY, REVERSE };
static const char *const tasks[] = {
    [GRAMMAR] = "grammar", [RECALL] = "recall", [COPY] = "copy", [REVERSE] = "reverse", NULL};

typedef struct generate_options {
    char *output, *distances;
    int task;
    int64_t symbols, distractors, max_distance;
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
     .help = "The folder, made if need be, for train.en, train.de, dev.en, dev.de, test.en and test.de, or "
             "what the task has. Each file is complete or not there; one that is there is replaced."},
    {.key = "task",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(generate_options, task),
     .default_value = "grammar",
     .choices = tasks,
     .help = "What is generated: see above."},
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
     .help = "Sentence pairs in dev; of the grammar all different, none of them in train."},
    {.key = "test",
     .type = LT_OPTION_INTEGER,
     .offset = FIELD(test),
     .default_value = "1000",
     .minimum = 0,
     .maximum = 1e8,
     .help = "The same for test, or for each of the test sets."},
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
     .help = "Grammar: sentences with more words on either side are drawn again."},
    {.key = "alignments",
     .type = LT_OPTION_BOOL,
     .offset = FIELD(alignments),
     .default_value = "false",
     .help =
         "Grammar: also train.align, dev.align and test.align: a line of i-j for each pair, word i of the "
         "English is "
         "word j of the German, both from 0, words being what spaces part. Every word that has a counterpart "
         "is in it. Without this option an older "
         ".align file stays as it is."},
    {.key = "symbols",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(generate_options, symbols),
     .default_value = "10",
     .minimum = 1,
     .maximum = 1e9,
     .help = "Tasks: how many symbols there are, s0 s1 and so on."},
    {.key = "distractors",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(generate_options, distractors),
     .default_value = "8",
     .minimum = 1,
     .maximum = 1e9,
     .help = "Recall: how many distractors there are, d0 d1 and so on."},
    {.key = "distances",
     .type = LT_OPTION_STRING,
     .offset = offsetof(generate_options, distances),
     .default_value = "5,10,20,40,80,160",
     .value = "A,B,...",
     .help = "Tasks: a test set for each of these distances, test_d5 and so on."},
    {.key = "max_distance",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(generate_options, max_distance),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1e6,
     .help = "Tasks: distances of train and dev are uniform from 1 to this; 0: to the largest of the test "
             "sets."},
    {0},
};

/* ---- the grammar ---- */

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

static lt_status generate_grammar(const generate_options *o, const lt_common_options *common, lt_error *error)
{
    lt_generate_report report;
    const volatile sig_atomic_t *signal = lt_catch_signals();
    LT_TRY(lt_corpus_generate(o->output, &o->corpus, stop_wanted, &signal, &report, error));
    if (!common->quiet) tell(o->output, &report);
    return LT_OK;
}

/* ---- tasks ---- */

static lt_status add_distance(lt_task_options *task, const char *text, size_t length, lt_error *error)
{
    enum { DISTANCE_MOST = 1000000 };
    int64_t distance = 0;
    bool digits = length > 0 && length < 8;
    for (size_t i = 0; i < length && digits; i++) {
        digits = text[i] >= '0' && text[i] <= '9';
        distance = distance * 10 + (text[i] - '0');
    }
    if (!digits || distance < 1 || distance > DISTANCE_MOST)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "--distances: '%.*s' is not a whole number from 1 to %d; they stand with commas between, "
            "as 5,10,20",
            (int)(length > 100 ? 100 : length), text, DISTANCE_MOST);
    for (size_t i = 0; i < task->distance_count; i++)
        if (task->distances[i] == distance)
            return lt_fail(error, LT_ERROR_USAGE, "--distances: %lld is there twice", (long long)distance);
    if (task->distance_count == LT_DISTANCES_MOST)
        return lt_fail(error, LT_ERROR_USAGE, "--distances: more than %d", LT_DISTANCES_MOST);
    task->distances[task->distance_count++] = distance;
    if (distance > task->max_distance) task->max_distance = distance;
    return LT_OK;
}

static lt_status read_task(lt_task_options *task, const generate_options *o, lt_error *error)
{
    static const int numbers[] = {
        [RECALL] = LT_TASK_RECALL, [COPY] = LT_TASK_COPY, [REVERSE] = LT_TASK_REVERSE};
    *task = (lt_task_options){.task = numbers[o->task],
                              .pairs = o->corpus.pairs,
                              .dev = o->corpus.dev,
                              .test = o->corpus.test,
                              .seed = o->corpus.seed,
                              .symbols = o->symbols,
                              .distractors = o->distractors};
    for (const char *at = o->distances ? o->distances : ""; at;) {
        const char *comma = strchrnul(at, ',');
        LT_TRY(add_distance(task, at, (size_t)(comma - at), error));
        at = *comma ? comma + 1 : NULL;
    }
    if (o->max_distance) task->max_distance = o->max_distance;
    return LT_OK;
}

static lt_status generate_task(const generate_options *o, const lt_common_options *common, lt_error *error)
{
    lt_task_options task;
    LT_TRY(read_task(&task, o, error));
    LT_TRY(lt_corpus_generate_task(o->output, &task, lt_catch_signals(), error));
    if (common->quiet) return LT_OK;
    fprintf(stderr, "%s/train: %lld pairs, dev: %lld, distances 1 to %lld\n", o->output,
            (long long)task.pairs, (long long)task.dev, (long long)task.max_distance);
    for (size_t i = 0; i < task.distance_count; i++)
        fprintf(stderr, "%s/test_d%lld: %lld pairs\n", o->output, (long long)task.distances[i],
                (long long)task.test);
    return LT_OK;
}

/* ---- both ---- */

/* An option that the task does not look at was meant for something else. */
static lt_status refuse_others(const generate_options *o, const lt_common_options *common, lt_error *error)
{
    static const struct {
        const char *key, *spelled;
        bool of_grammar;
    } particular[] = {
        {"max_words", "--max-words", true},  {"alignments", "--alignments", true},
        {"symbols", "--symbols", false},     {"distractors", "--distractors", false},
        {"distances", "--distances", false}, {"max_distance", "--max-distance", false},
    };
    for (size_t i = 0; i < sizeof particular / sizeof *particular; i++)
        if (particular[i].of_grammar != (o->task == GRAMMAR) && lt_was_given(common, particular[i].key))
            return lt_fail(error, LT_ERROR_USAGE, "%s means nothing to --task %s", particular[i].spelled,
                           tasks[o->task]);
    return LT_OK;
}

static lt_status run_generate(const void *arguments, const lt_common_options *common,
                              const lt_strings *operands, lt_error *error)
{
    (void)operands;
    const generate_options *o = arguments;
    if (!o->output || !*o->output)
        return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o DIR");
    LT_TRY(refuse_others(o, common, error));
    return (o->task == GRAMMAR ? generate_grammar : generate_task)(o, common, error);
}

const lt_command lt_command_corpus_generate = {
    .name = "corpus generate",
    .usage = "-o DIR [options]",
    .summary = "writes a parallel corpus from a grammar, or a task on symbols",
    .description =
        "grammar: a parallel corpus, English and German.\n"
        "\n"
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
        "it may go to. Within train sentences, mostly short ones, may come again.\n"
        "\n"
        "recall, copy, reverse: what a recurrent network must remember, and for how long. A line of text is\n"
        "symbols between spaces, s0 to s9, its label one or more of them. recall: a symbol, then as many\n"
        "distractors (d0 to d7) as the distance says; the label is the symbol. copy: as many symbols as the\n"
        "distance says; the label is the same line. reverse: likewise, the last symbol first. Written are\n"
        "train.text and train.label, dev.text and dev.label, with distances drawn uniformly, and a test set "
        "for\n"
        "each distance, test_d5.text and test_d5.label and so on, for task: classify (recall) or for a "
        "translation\n"
        "model with src: text, trg: label and a tokenizer of type word. Pairs are drawn independently: short "
        "ones\n"
        "come again in train and test, and it is the distance that a test set holds out.",
    .table = table,
    .size = sizeof(generate_options),
    .least = 0,
    .most = 0,
    .run = run_generate,
};
