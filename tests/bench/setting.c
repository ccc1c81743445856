#include "tests/bench/setting.h"

#include <stdio.h>
#include <string.h>

static const char *const attention_names[] = {"none", "dot", "general", NULL};
#define FIELD(name) .offset = offsetof(bench_setting, name)
#define NUMBER(name, value, least, most, text)                                                               \
    {                                                                                                        \
        .key = #name, .type = LT_OPTION_INTEGER, FIELD(name), .default_value = value, .minimum = least,      \
        .maximum = most, .help = text                                                                        \
    }

const lt_option bench_setting_table[] = {
    {.key = "data",
     .type = LT_OPTION_STRING,
     FIELD(data),
     .default_value = "batches",
     .value = "NAME",
     .help = "What the record calls the data."},
    {.key = "json",
     .type = LT_OPTION_STRING,
     FIELD(json),
     .value = "FILE",
     .help = "Where the record goes, a line of JSON, besides the table on standard output."},
    {.key = "attention",
     .type = LT_OPTION_CHOICE,
     FIELD(attention),
     .default_value = "none",
     .choices = attention_names,
     .help = "The decoder's; without input feeding."},
    {.key = "precision",
     .type = LT_OPTION_CHOICE,
     FIELD(precision),
     .default_value = "float32",
     .choices = lt_precision_names,
     .help = "What the model computes in."},
    NUMBER(threads, "0", 0, 1024, "Workers; 0: as many as there are processors."),
    NUMBER(layers, "2", 1, 8, "Layers of encoder and of decoder."),
    NUMBER(hidden, "512", 1, 16384, "Units of each."),
    NUMBER(embedding, "256", 1, 16384, "Width of the embeddings."),
    NUMBER(vocabulary, "8000", 8, 1000000, "Pieces of each side."),
    NUMBER(warmup, "1", 0, 1000, "Repetitions that are not measured."),
    NUMBER(repetitions, "5", 1, 1000, "Repetitions that are measured."),
    {.key = "dropout",
     .type = LT_OPTION_REAL,
     FIELD(dropout),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 0.95,
     .help = "Of embeddings, between layers, and of what the output layer reads."},
    {0},
};

lt_status bench_model(lt_model **model, const bench_setting *setting, bool learns, lt_error *error)
{
    static const int attentions[] = {[BENCH_ATTENTION_NONE] = LT_ATTENTION_NONE,
                                     [BENCH_ATTENTION_DOT] = LT_ATTENTION_DOT,
                                     [BENCH_ATTENTION_GENERAL] = LT_ATTENTION_GENERAL};
    lt_model_options options = {0};
    const size_t vocabulary = (size_t)setting->vocabulary;
    LT_TRY(lt_options_defaults(&options, lt_model_table, error));
    options.encoder.layers = options.decoder.layers = setting->layers;
    options.encoder.hidden = options.decoder.hidden = setting->hidden;
    options.encoder.embedding = options.decoder.embedding = setting->embedding;
    options.decoder.attention = attentions[setting->attention];
    options.dropout.embedding = options.dropout.rnn = options.dropout.output = setting->dropout;
    LT_TRY(lt_model_create(model, &options, vocabulary, vocabulary, 1, error));
    lt_status status = lt_model_set_precision(*model, setting->precision, learns, error);
    if (status == LT_OK) {
        lt_model_pack(*model, NULL);
        return LT_OK;
    }
    lt_model_free(*model);
    *model = NULL;
    return status;
}

json_t *bench_record(const char *task, const bench_setting *setting, size_t threads)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "program", "latimer", "task", task, "data",
                     setting->data, "attention", attention_names[setting->attention], "precision",
                     lt_precision_names[setting->precision], "threads", (json_int_t)threads);
}

bool bench_arguments(void *options, const lt_option *table, const char *usage, lt_strings *operands,
                     size_t least, size_t most, int argc, char **argv, int *status)
{
    lt_error error = {0};
    lt_text help = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") != 0) continue;
        if (lt_options_help(&help, table, &error) == LT_OK) printf("usage: %s\n\n%s", usage, help.data);
        lt_text_clear(&help);
        *status = 0;
        return false;
    }
    lt_status parsed = lt_options_defaults(options, table, &error);
    if (parsed == LT_OK)
        parsed = lt_options_arguments(options, table, operands, NULL, argc - 1, argv + 1, &error);
    if (parsed == LT_OK && (operands->count < least || operands->count > most))
        parsed = lt_fail(&error, LT_ERROR_USAGE, "%zu operands; usage: %s", operands->count, usage);
    *status = parsed == LT_OK ? 0 : bench_end(argv[0], parsed, &error);
    return parsed == LT_OK;
}

int bench_end(const char *program, lt_status status, const lt_error *error)
{
    const char *slash = strrchr(program, '/');
    if (status == LT_OK) return 0;
    fprintf(stderr, "%s: %s\n", slash ? slash + 1 : program, error->message);
    return status == LT_ERROR_USAGE ? 2 : 1;
}
