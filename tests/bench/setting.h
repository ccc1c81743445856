/* setting.h: the options that the benchmarks of the network share, and the model they speak of. */
#ifndef BENCH_SETTING_H
#define BENCH_SETTING_H

#include <jansson.h>

#include "model/base/options.h"
#include "model/model.h"

enum { BENCH_ATTENTION_NONE, BENCH_ATTENTION_DOT, BENCH_ATTENTION_GENERAL };

typedef struct bench_setting {
    char *data; /* what the record calls it */
    char *json;
    int attention, precision;
    int64_t threads, layers, hidden, embedding, vocabulary, warmup, repetitions;
    double dropout;
} bench_setting;

extern const lt_option bench_setting_table[];

/* A model of these sizes in its precision, packed, seed 1; two vocabularies, nothing tied; ready for a
 * learner if it `learns`. The caller frees it. LT_ERROR_USAGE: as lt_model_set_precision(). */
lt_status bench_model(lt_model **model, const bench_setting *setting, bool learns, lt_error *error);

/* A new record that says what is measured. */
json_t *bench_record(const char *task, const bench_setting *setting, size_t threads);

/* Options and operands of a benchmark into the struct at `options`, which begins with zeros; prints the help
 * where asked to or on a mistake. False: it is over, with *status. */
bool bench_arguments(void *options, const lt_option *table, const char *usage, lt_strings *operands,
                     size_t least, size_t most, int argc, char **argv, int *status);

/* Says what went wrong; the exit status. */
int bench_end(const char *program, lt_status status, const lt_error *error);

#endif
