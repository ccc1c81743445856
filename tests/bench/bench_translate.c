/* bench_translate: how fast lines are translated, and where the time goes.
 *
 * With --run it is the real thing: `latimer translate` of a run's folder and a file of text, start-up, memory
 * and all. Without, a model of random weights and batches of ids in a file (batches.h), whose targets are
 * ignored: as such a model rarely ends a sentence, the search makes as many steps as a source has pieces and
 * does the same work for every one of them. */
#include <stdatomic.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

#include "model/base/clock.h"
#include "tests/bench/batches.h"
#include "tests/bench/figures.h"
#include "tests/bench/peak.h"
#include "tests/bench/program.h"
#include "tests/bench/setting.h"
#include "translate/search.h"

typedef struct translate_options {
    bench_setting setting;
    int64_t beam, mini_batch;
    char *run, *latimer;
} translate_options;

static const lt_option table[] = {
    {.key = "setting",
     .type = LT_OPTION_GROUP,
     .offset = offsetof(translate_options, setting),
     .group = bench_setting_table},
    {.key = "beam",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(translate_options, beam),
     .default_value = "5",
     .minimum = 1,
     .maximum = 100,
     .help = "Hypotheses of a sentence."},
    {.key = "mini_batch",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(translate_options, mini_batch),
     .default_value = "32",
     .minimum = 1,
     .maximum = 10000,
     .help = "Sentences a worker translates together."},
    {.key = "run",
     .type = LT_OPTION_STRING,
     .offset = offsetof(translate_options, run),
     .value = "FOLDER",
     .help = "The run that translates; what the model is, is then the run's affair, and --attention only "
             "what the record says."},
    {.key = "latimer",
     .type = LT_OPTION_STRING,
     .offset = offsetof(translate_options, latimer),
     .default_value = "latimer",
     .value = "PROGRAM",
     .help = "With --run: the program that is measured."},
    {0},
};

typedef struct measured {
    double *seconds; /* (repetitions) of translating */
    size_t repetitions, threads, sentences;
    lt_phases phases;         /* sums over the repetitions */
    double processor_seconds; /* of a repetition, on average; with --run, start-up included */
    double peak_rss;          /* MiB, the largest */
    double startup; /* with --run: seconds besides those of translating, the least of all repetitions */
} measured;

/* ---- random weights ---- */

typedef struct worker {
    lt_decoder *decoder;
    lt_search_result result;
    lt_error error;
} worker;

typedef struct searching {
    const lt_model *model;
    lt_decoding_options decoding;
    const batches *all;
    size_t mini_batch;
    worker *workers;
    atomic_size_t next;
} searching;

/* Sources [first, first + mini_batch) of the file, whatever batches they were in. */
static void work(void *argument, size_t index)
{
    searching *s = argument;
    worker *w = &s->workers[index];
    for (size_t first; (first = atomic_fetch_add(&s->next, s->mini_batch)) < s->all->pairs;) {
        const size_t rest = s->all->pairs - first, size = rest < s->mini_batch ? rest : s->mini_batch;
        const lt_batch batch = {size, s->all->sides + first, s->all->lengths + first, NULL, NULL};
        if (lt_search(&w->result, w->decoder, s->model, &batch, NULL, &s->decoding, 1, false, &w->error) !=
            LT_OK)
            return;
    }
}

static lt_status pass(searching *s, lt_pool *pool, double *seconds, lt_error *error)
{
    double began = lt_seconds();
    atomic_store(&s->next, 0);
    lt_pool_run(pool, work, s);
    *seconds = lt_seconds() - began;
    for (size_t w = 0; w < lt_pool_workers(pool); w++)
        if (s->workers[w].error.code != LT_OK) {
            *error = s->workers[w].error;
            return error->code;
        }
    return LT_OK;
}

static lt_phases phases_of(const searching *s, size_t workers)
{
    lt_phases sum = {0};
    for (size_t w = 0; w < workers; w++) {
        const lt_phases own = lt_decoder_phases(s->workers[w].decoder);
        lt_phases_add(&sum, &own);
    }
    return sum;
}

static lt_status search_all(searching *s, lt_pool *pool, const bench_setting *setting, measured *m,
                            lt_error *error)
{
    const size_t workers = lt_pool_workers(pool);
    double ignored;
    for (size_t w = 0; w < workers; w++) LT_TRY(lt_decoder_create(&s->workers[w].decoder, s->model, error));
    for (int64_t i = 0; i < setting->warmup; i++) LT_TRY(pass(s, pool, &ignored, error));
    const lt_phases before = phases_of(s, workers);
    const double processor = figures_processor_seconds();
    for (size_t i = 0; i < m->repetitions; i++) LT_TRY(pass(s, pool, &m->seconds[i], error));
    m->processor_seconds = (figures_processor_seconds() - processor) / (double)m->repetitions;
    m->phases = phases_of(s, workers);
    for (int p = 0; p < LT_PHASES; p++) {
        m->phases.seconds[p] -= before.seconds[p];
        m->phases.operations[p] -= before.operations[p];
    }
    m->peak_rss = figures_peak_rss();
    return LT_OK;
}

static lt_status measure_search(const translate_options *options, const char *path, measured *m,
                                lt_error *error)
{
    const bench_setting *setting = &options->setting;
    batches all;
    lt_model *model = NULL;
    lt_pool *pool = NULL;
    searching s = {.all = &all,
                   .mini_batch = (size_t)options->mini_batch,
                   .decoding = {.beam_size = options->beam, .normalize = 1, .max_length_factor = 1}};
    lt_status status = batches_read(&all, path, (size_t)setting->vocabulary, error);
    if (status == LT_OK) status = lt_pool_create(&pool, m->threads, error);
    if (status == LT_OK) status = bench_model(&model, setting, false, error);
    if (status == LT_OK && !(s.workers = calloc(m->threads, sizeof *s.workers)))
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu workers", m->threads);
    s.model = model;
    m->sentences = all.pairs;
    if (status == LT_OK) status = search_all(&s, pool, setting, m, error);
    for (size_t w = 0; s.workers && w < m->threads; w++) {
        lt_decoder_free(s.workers[w].decoder);
        lt_search_result_clear(&s.workers[w].result);
    }
    free(s.workers);
    lt_model_free(model);
    lt_pool_free(pool);
    batches_clear(&all);
    return status;
}

/* ---- the program ---- */

/* What `latimer translate --verbose` said of itself. */
static lt_status read_notes(const char *notes, size_t *lines, double *seconds, lt_phases *phases,
                            lt_error *error)
{
    const char *told = strstr(notes, " lines took ");
    while (told && told > notes && told[-1] >= '0' && told[-1] <= '9') told--;
    if (!told || sscanf(told, "%zu lines took %lf s;", lines, seconds) != 2)
        return lt_fail(error, LT_ERROR_FORMAT, "latimer translate did not say how long it took: %s", notes);
    for (const char *at = strstr(told, "  phase "); at; at = strstr(at + 1, "  phase ")) {
        char name[32];
        double took, gflop;
        if (sscanf(at, "  phase %31[^:]: %lf s, %lf GFLOP", name, &took, &gflop) != 3) continue;
        for (int p = 0; p < LT_PHASES; p++) {
            if (strcmp(name, lt_phase_names[p]) != 0) continue;
            phases->seconds[p] += took;
            phases->operations[p] += gflop * 1e9;
        }
    }
    return LT_OK;
}

static lt_status measure_program(const translate_options *options, const char *path, measured *m,
                                 lt_error *error)
{
    char threads[32], beam[32], mini_batch[32];
    snprintf(threads, sizeof threads, "%zu", m->threads);
    snprintf(beam, sizeof beam, "%lld", (long long)options->beam);
    snprintf(mini_batch, sizeof mini_batch, "%lld", (long long)options->mini_batch);
    const char *const command[] = {options->latimer,
                                   "translate",
                                   options->run,
                                   "--input",
                                   path,
                                   "--output",
                                   "/dev/null",
                                   "--no-record",
                                   "--verbose",
                                   "--threads",
                                   threads,
                                   "--precision",
                                   lt_precision_names[options->setting.precision],
                                   "--beam-size",
                                   beam,
                                   "--mini-batch",
                                   mini_batch,
                                   NULL};
    for (int64_t i = -options->setting.warmup; i < (int64_t)m->repetitions; i++) {
        program_use use;
        lt_text notes = {0};
        lt_phases ignored = {0};
        double seconds = 0;
        lt_status status = program_run(command, &notes, &use, error);
        if (status == LT_OK)
            status = read_notes(notes.data, &m->sentences, &seconds, i < 0 ? &ignored : &m->phases, error);
        lt_text_clear(&notes);
        LT_TRY(status);
        if (i < 0) continue;
        m->seconds[i] = seconds;
        m->processor_seconds += use.processor_seconds / (double)m->repetitions;
        if (use.peak_rss > m->peak_rss) m->peak_rss = use.peak_rss;
        if (i == 0 || use.seconds - seconds < m->startup) m->startup = use.seconds - seconds;
    }
    return LT_OK;
}

/* ---- both ---- */

static lt_status run(const translate_options *options, const char *path, lt_error *error)
{
    const bench_setting *s = &options->setting;
    measured m = {.repetitions = (size_t)s->repetitions,
                  .threads = s->threads ? (size_t)s->threads : lt_processors()};
    m.seconds = calloc(m.repetitions, sizeof *m.seconds);
    if (!m.seconds) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the times");
    double peak = peak_measure(PEAK_FLOAT32, m.threads);
    lt_status status = (options->run ? measure_program : measure_search)(options, path, &m, error);
    double again = peak_measure(PEAK_FLOAT32, m.threads);
    if (again > peak) peak = again;
    if (status == LT_OK) {
        json_t *record = bench_record("translation", s, m.threads);
        json_object_set_new(record, "mini_batch", json_integer(options->mini_batch));
        json_object_set_new(record, "beam", json_integer(options->beam));
        json_object_set_new(record, "sentences", json_integer((json_int_t)m.sentences));
        json_object_set_new(record, "repetitions", json_integer(s->repetitions));
        figures_add_rate(record, "sentences_per_second", (double)m.sentences, m.seconds, m.repetitions);
        figures_add_phases(record, &m.phases, m.seconds, m.repetitions, m.threads, peak);
        if (options->run) json_object_set_new(record, "startup_seconds", json_real(m.startup));
        json_object_set_new(record, "processor_seconds", json_real(m.processor_seconds));
        json_object_set_new(record, "peak_rss_mib", json_real(m.peak_rss));
        figures_print(record);
        status = figures_write(record, s->json, error);
        json_decref(record);
    }
    free(m.seconds);
    return status;
}

int main(int argc, char **argv)
{
    translate_options options = {0};
    lt_strings operands = {0};
    lt_error error = {0};
    int status;
    if (bench_arguments(&options, table,
                        "bench_translate [options] BATCHES\n"
                        "       bench_translate [options] --run FOLDER TEXT",
                        &operands, 1, 1, argc, argv, &status))
        status = bench_end(argv[0], run(&options, operands.items[0], &error), &error);
    lt_strings_clear(&operands);
    lt_options_clear(&options, table);
    return status;
}
