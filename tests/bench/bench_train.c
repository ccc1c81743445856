/* bench_train: how fast a model learns: forward, backward, clipping, Adam, of batches of ids in a file
 * (batches.h), and where the time goes. A repetition is one pass over the file. */
#include <stdlib.h>

#include "model/base/clock.h"
#include "tests/bench/batches.h"
#include "tests/bench/figures.h"
#include "tests/bench/peak.h"
#include "tests/bench/setting.h"

typedef struct train_options {
    bench_setting setting;
    double label_smoothing;
} train_options;

static const lt_option table[] = {
    {.key = "setting",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(train_options, setting),
     .group = bench_setting_table},
    {.key = "label_smoothing",
     .type = LT_OPTION_REAL,
     .offset = offsetof(train_options, label_smoothing),
     .default_value = "0.0",
     .minimum = 0,
     .maximum = 0.9,
     .help = "Of the loss."},
    {0},
};

typedef struct training {
    const train_options *options;
    batches all;
    lt_pool *pool;
    lt_model *model;
    lt_learner *learner;
    uint64_t update;
    double *seconds;          /* (repetitions) */
    double processor_seconds; /* of one, on average */
} training;

static lt_status prepare(training *t, const char *path, lt_error *error)
{
    const bench_setting *s = &t->options->setting;
    const lt_optimizer_options optimizer = {.optimizer = LT_OPTIMIZER_ADAM,
                                            .learning_rate = 0.001,
                                            .beta1 = 0.9,
                                            .beta2 = 0.999,
                                            .epsilon = 1e-8,
                                            .label_smoothing = t->options->label_smoothing,
                                            .clip_norm = 1};
    LT_TRY(batches_read(&t->all, path, (size_t)s->vocabulary, error));
    LT_TRY(lt_pool_create(&t->pool, (size_t)s->threads, error));
    LT_TRY(bench_model(&t->model, s, true, error));
    t->seconds = malloc((size_t)s->repetitions * sizeof *t->seconds);
    if (!t->seconds) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the times");
    return lt_learner_create(&t->learner, t->model, &optimizer, t->pool, 1, error);
}

static lt_status pass(training *t, double *seconds, lt_error *error)
{
    lt_update_report report;
    double began = lt_seconds();
    for (size_t i = 0; i < t->all.count; i++)
        LT_TRY(lt_learner_update(t->learner, &t->all.items[i], t->update++, 0.001, &report, error));
    *seconds = lt_seconds() - began;
    return LT_OK;
}

static lt_status measure(training *t, lt_phases *phases, double *peak, lt_error *error)
{
    const bench_setting *s = &t->options->setting;
    const size_t threads = lt_pool_workers(t->pool);
    double ignored;
    *peak = peak_measure(PEAK_FLOAT32, threads);
    for (int64_t i = 0; i < s->warmup; i++) LT_TRY(pass(t, &ignored, error));
    const lt_phases before = lt_learner_phases(t->learner);
    const double processor = figures_processor_seconds();
    for (int64_t i = 0; i < s->repetitions; i++) LT_TRY(pass(t, &t->seconds[i], error));
    t->processor_seconds = (figures_processor_seconds() - processor) / (double)s->repetitions;
    *phases = lt_learner_phases(t->learner);
    for (int p = 0; p < LT_PHASES; p++) {
        phases->seconds[p] -= before.seconds[p];
        phases->operations[p] -= before.operations[p];
    }
    double again = peak_measure(PEAK_FLOAT32, threads); /* the machine may have been busy at the first time */
    if (again > *peak) *peak = again;
    return LT_OK;
}

static lt_status run(training *t, const char *path, lt_error *error)
{
    const bench_setting *s = &t->options->setting;
    const size_t repetitions = (size_t)s->repetitions;
    lt_phases phases;
    double peak;
    LT_TRY(prepare(t, path, error));
    LT_TRY(measure(t, &phases, &peak, error));
    const batches *all = &t->all;
    json_t *record = bench_record("training", s, lt_pool_workers(t->pool));
    json_object_set_new(record, "mini_batch", json_integer((json_int_t)all->items[0].size));
    json_object_set_new(record, "batches", json_integer((json_int_t)all->count));
    json_object_set_new(record, "repetitions", json_integer((json_int_t)repetitions));
    json_object_set_new(record, "parameters", json_integer((json_int_t)lt_model_size(t->model)));
    json_object_set_new(record, "backend", json_string(lt_model_backend(t->model)));
    figures_add_rate(record, "tokens_per_second", (double)(all->src_tokens + all->trg_tokens), t->seconds,
                     repetitions);
    figures_add_rate(record, "target_tokens_per_second", (double)all->trg_tokens, t->seconds, repetitions);
    figures_add_rate(record, "sentences_per_second", (double)all->pairs, t->seconds, repetitions);
    figures_add_phases(record, &phases, t->seconds, repetitions, lt_pool_workers(t->pool), peak);
    json_object_set_new(record, "processor_seconds", json_real(t->processor_seconds));
    json_object_set_new(record, "peak_rss_mib", json_real(figures_peak_rss()));
    figures_print(record);
    lt_status status = figures_write(record, s->json, error);
    json_decref(record);
    return status;
}

int main(int argc, char **argv)
{
    train_options options = {0};
    lt_strings operands = {0};
    lt_error error = {0};
    training t = {.options = &options};
    int status;
    if (bench_arguments(&options, table, "bench_train [options] BATCHES", &operands, 1, 1, argc, argv,
                        &status))
        status = bench_end(argv[0], run(&t, operands.items[0], &error), &error);
    lt_learner_free(t.learner);
    lt_model_free(t.model);
    lt_pool_free(t.pool);
    batches_clear(&t.all);
    free(t.seconds);
    lt_strings_clear(&operands);
    lt_options_clear(&options, table);
    return status;
}
