/* Whole networks of every kind, forward and backward, against PyTorch: each file of tests/fixtures/golden,
 * which golden_network.py made and describes, on every backend. Compiled a second time in double precision
 * (golden_network_f64), where the figures must agree to their last digits. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/backend/backend.h"
#include "tests/model/network_fixture.h"

#ifdef LT_REAL_DOUBLE
static const double tolerance = 1e-9;
#else
static const double tolerance = 2e-6;
#endif
static const double float_tolerance = 2e-6; /* of what is a float in both */

enum { TENSORS_MAX = 64 };

typedef struct golden_tensor {
    char name[64];
    size_t rows, columns; /* a vector has columns == 0 */
    double *value, *gradient;
} golden_tensor;

typedef struct golden {
    lt_model_options options;
    double label_smoothing, loss;
    size_t src_vocab, trg_vocab;
    fixture_batch pairs;
    double log_probability[FIXTURE_MAX];
    golden_tensor tensors[TENSORS_MAX];
    size_t tensor_count;
} golden;

/* ---- reading ---- */

static void read_option(golden *g, const char *key, const char *value)
{
    lt_error error = {0};
    void *base;
    const lt_option *option = lt_options_find(&g->options, lt_model_table, key, &base, &error);
    if (!option) fail_msg("%s", error.message);
    assert_ok(lt_option_parse(base, option, key, value, &error));
}

static size_t read_ids(int32_t ids[FIXTURE_LENGTH], const char *text)
{
    size_t n = 0;
    char *end;
    for (;; text = end) {
        long id = strtol(text, &end, 10);
        if (end == text) return n;
        assert_true(n < FIXTURE_LENGTH);
        ids[n++] = (int32_t)id;
    }
}

static double *read_numbers(const golden_tensor *tensor, const char *text)
{
    size_t count = tensor->rows * (tensor->columns ? tensor->columns : 1);
    double *numbers = calloc(count, sizeof *numbers);
    char *end;
    for (size_t i = 0; i < count; i++, text = end) {
        numbers[i] = strtod(text, &end);
        if (end == text) fail_msg("%s has %zu of %zu numbers", tensor->name, i, count);
    }
    if (strtod(text, &end), end != text) fail_msg("%s has more than %zu numbers", tensor->name, count);
    return numbers;
}

static void read_tensor(golden *g, const char *text)
{
    assert_true(g->tensor_count < TENSORS_MAX);
    golden_tensor *tensor = &g->tensors[g->tensor_count++];
    assert_int_equal(sscanf(text, "%63s %zu %zu", tensor->name, &tensor->rows, &tensor->columns), 3);
}

static void read_line(golden *g, const char *word, const char *rest)
{
    fixture_batch *f = &g->pairs;
    golden_tensor *tensor = g->tensor_count ? &g->tensors[g->tensor_count - 1] : NULL;
    size_t pair = f->batch.size; /* the number of those before whose log-probability was read */
    if (strcmp(word, "label_smoothing") == 0) {
        g->label_smoothing = strtod(rest, NULL);
    } else if (strcmp(word, "vocabulary") == 0) {
        assert_int_equal(sscanf(rest, "%zu %zu", &g->src_vocab, &g->trg_vocab), 2);
    } else if (strcmp(word, "source") == 0) {
        assert_true(pair < FIXTURE_MAX);
        f->src_length[pair] = read_ids(f->src_ids[pair], rest);
    } else if (strcmp(word, "target") == 0) {
        f->trg_length[pair] = read_ids(f->trg_ids[pair], rest);
    } else if (strcmp(word, "log_probability") == 0) {
        g->log_probability[f->batch.size++] = strtod(rest, NULL);
    } else if (strcmp(word, "loss") == 0) {
        g->loss = strtod(rest, NULL);
    } else if (strcmp(word, "tensor") == 0) {
        read_tensor(g, rest);
    } else if (strcmp(word, "value") == 0 && tensor && !tensor->value) {
        tensor->value = read_numbers(tensor, rest);
    } else if (strcmp(word, "gradient") == 0 && tensor && !tensor->gradient) {
        tensor->gradient = read_numbers(tensor, rest);
    } else {
        fail_msg("what is '%s'?", word);
    }
}

static void read_golden(golden *g, const char *path)
{
    lt_error error = {0};
    char *line = NULL;
    size_t size = 0;
    assert_ok(lt_options_defaults(&g->options, lt_model_table, &error));
    FILE *file = fopen(path, "r");
    if (!file) fail_msg("%s: %s", path, strerror(errno));
    while (getline(&line, &size, file) > 0) {
        line[strcspn(line, "\n")] = 0;
        char *separator = line + strcspn(line, "= "), kind = *separator;
        if (kind) *separator++ = 0;
        if (kind == '=')
            read_option(g, line, separator);
        else
            read_line(g, line, separator);
    }
    free(line);
    fclose(file);
    fixture_batch *f = &g->pairs;
    for (size_t b = 0; b < f->batch.size; b++) {
        f->src[b] = f->src_ids[b];
        f->trg[b] = f->trg_ids[b];
    }
    f->batch = (lt_batch){f->batch.size, f->src, f->src_length, f->trg, f->trg_length};
    assert_true(f->batch.size > 0 && g->tensor_count > 0);
}

static void free_golden(golden *g)
{
    for (size_t i = 0; i < g->tensor_count; i++) {
        free(g->tensors[i].value);
        free(g->tensors[i].gradient);
    }
    lt_options_clear(&g->options, lt_model_table);
    free(g);
}

/* ---- comparing ---- */

static const golden_tensor *find_tensor(const golden *g, const char *name)
{
    for (size_t i = 0; i < g->tensor_count; i++)
        if (strcmp(g->tensors[i].name, name) == 0) return &g->tensors[i];
    fail_msg("the model has %s, PyTorch's has not", name);
    return NULL;
}

/* Every tensor of the model gets the file's values; both have the same tensors. */
static void set_values(lt_model *model, const golden *g)
{
    size_t count = lt_model_parameter_count(model);
    for (size_t p = 0; p < count; p++) {
        const lt_parameter *parameter = lt_model_parameter(model, p);
        const golden_tensor *tensor = find_tensor(g, parameter->name);
        if (parameter->rows != tensor->rows || parameter->columns != tensor->columns)
            fail_msg("%s is (%zu, %zu), PyTorch's (%zu, %zu)", parameter->name, parameter->rows,
                     parameter->columns, tensor->rows, tensor->columns);
        assert_non_null(tensor->value);
        assert_non_null(tensor->gradient);
        for (size_t i = 0; i < parameter->size; i++)
            lt_model_values(model)[parameter->offset + i] = (real)tensor->value[i];
    }
    for (size_t i = 0; i < g->tensor_count; i++) {
        size_t p = 0;
        while (p < count && strcmp(lt_model_parameter(model, p)->name, g->tensors[i].name) != 0) p++;
        if (p == count) fail_msg("the model has no %s, PyTorch's has", g->tensors[i].name);
    }
    lt_model_pack(model, NULL);
}

/* |ours - wanted| / max(1, |wanted|); a NaN is infinitely far away. */
static double distance(double ours, double wanted)
{
    double d = fabs(ours - wanted) / fmax(1, fabs(wanted));
    return isnan(d) ? INFINITY : d;
}

static void compare(double *worst, double ours, double wanted, double within, const char *what, size_t i)
{
    double d = distance(ours, wanted);
    if (d > within) fail_msg("%s[%zu] is %.12g, PyTorch has %.12g", what, i, ours, wanted);
    *worst = fmax(*worst, d);
}

static double check_scores(const lt_model *model, const golden *g, lt_pool *pool)
{
    lt_error error = {0};
    double log_probability[FIXTURE_MAX], worst = 0;
    assert_ok(lt_model_score(model, pool, &g->pairs.batch, log_probability, NULL, &error));
    for (size_t b = 0; b < g->pairs.batch.size; b++)
        compare(&worst, log_probability[b], g->log_probability[b], tolerance, "log_probability", b);
    return worst;
}

static double log_probability_of(const lt_candidate *candidates, size_t count, int32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (candidates[i].id == id) return (double)candidates[i].log_probability;
    fail_msg("%d is not among the candidates", id);
    return NAN;
}

/* The same scores as the search sees them, step by step, all rows changing their places at each. */
static double check_steps(const lt_model *model, const golden *g)
{
    lt_error error = {0};
    lt_decoder *decoder;
    const fixture_batch *f = &g->pairs;
    const size_t rows = f->batch.size, k = g->trg_vocab - 2;
    lt_candidate *candidates = calloc(rows * k, sizeof *candidates);
    double score[FIXTURE_MAX] = {0}, worst = 0;
    size_t longest = 0;
    for (size_t b = 0; b < rows; b++) longest = f->trg_length[b] > longest ? f->trg_length[b] : longest;
    assert_ok(lt_decoder_create(&decoder, model, &error));
    assert_ok(lt_decoder_start(decoder, &f->batch, rows, k, &error));
    for (size_t t = 0; t <= longest; t++) {
        uint32_t parents[FIXTURE_MAX];
        int32_t tokens[FIXTURE_MAX];
        for (size_t r = 0; r < rows; r++) {
            size_t b = t % 2 ? r : rows - 1 - r;
            parents[r] = (uint32_t)(rows - 1 - r);
            tokens[r] = t == 0 ? LT_BOS : t <= f->trg_length[b] ? f->trg_ids[b][t - 1] : LT_UNK;
        }
        assert_ok(lt_decoder_step(decoder, rows, parents, tokens, true, candidates, &error));
        for (size_t r = 0; r < rows; r++) {
            size_t b = t % 2 ? r : rows - 1 - r;
            int32_t next = t < f->trg_length[b] ? f->trg_ids[b][t] : LT_EOS;
            if (t <= f->trg_length[b]) score[b] += log_probability_of(candidates + r * k, k, next);
        }
    }
    for (size_t b = 0; b < rows; b++)
        compare(&worst, score[b], g->log_probability[b], float_tolerance, "log_probability by steps", b);
    lt_decoder_free(decoder);
    free(candidates);
    return worst;
}

/* One step of SGD with rate 1, no clipping: the gradient is what the values lost. */
static double check_update(lt_model *model, const golden *g, lt_pool *pool)
{
    lt_error error = {0};
    lt_learner *learner;
    lt_update_report report;
    lt_optimizer_options options = {.optimizer = LT_OPTIMIZER_SGD, .label_smoothing = g->label_smoothing};
    double worst = 0;
    assert_ok(lt_learner_create(&learner, model, &options, pool, 1, &error));
    assert_ok(lt_learner_update(learner, &g->pairs.batch, 0, 1, &report, &error));
    lt_learner_free(learner);
    compare(&worst, report.loss, g->loss, tolerance, "loss", 0);
    for (size_t p = 0; p < lt_model_parameter_count(model); p++) {
        const lt_parameter *parameter = lt_model_parameter(model, p);
        const golden_tensor *tensor = find_tensor(g, parameter->name);
        for (size_t i = 0; i < parameter->size; i++) {
            double after = (double)lt_model_values(model)[parameter->offset + i];
            compare(&worst, (double)(real)tensor->value[i] - after, tensor->gradient[i], tolerance,
                    parameter->name, i);
        }
    }
    return worst;
}

/* state: the file's path. One worker packs all sentences into one sequence, two take some each. */
static void run_file(void **state)
{
    lt_error error = {0};
    golden *g = calloc(1, sizeof *g);
    lt_model *model;
    double scores = 0, updates = 0;
    read_golden(g, *state);
    assert_ok(lt_model_create(&model, &g->options, g->src_vocab, g->trg_vocab, 1, &error));
    for (size_t workers = 1; workers <= 2; workers++) {
        lt_pool *pool;
        assert_ok(lt_pool_create(&pool, workers, &error));
        set_values(model, g);
        scores = fmax(scores, fmax(check_scores(model, g, pool), check_steps(model, g)));
        updates = fmax(updates, check_update(model, g, pool));
        lt_pool_free(pool);
    }
    print_message("%zu tensors; furthest from PyTorch: scores %.1e, loss and gradients %.1e\n",
                  g->tensor_count, scores, updates);
    lt_model_free(model);
    free_golden(g);
}

/* ---- the files, the backends ---- */

static int is_text(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 4 && strcmp(entry->d_name + length - 4, ".txt") == 0;
}

/* A test for each file of the folder. */
static int run_folder(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_text, alphasort);
    if (count <= 0) {
        fprintf(stderr, "%s: no golden files\n", folder);
        return 1;
    }
    struct CMUnitTest *tests = calloc((size_t)count, sizeof *tests);
    for (int i = 0; i < count; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0) return 1;
        tests[i] = (struct CMUnitTest){entries[i]->d_name, run_file, NULL, NULL, path};
    }
    int failed = _cmocka_run_group_tests(lt_backend_best()->name, tests, (size_t)count, NULL, NULL);
    for (int i = 0; i < count; i++) {
        free(tests[i].initial_state);
        free(entries[i]);
    }
    free(entries);
    free(tests);
    return failed != 0;
}

/* A model keeps to the process' best backend, so that each backend has a process. */
static int run_backend(const char *name, char **argv)
{
    int status = -1;
    setenv("LATIMER_BACKEND", name, 1);
    pid_t child = fork();
    if (child == 0) {
        execv("/proc/self/exe", argv);
        _exit(127);
    }
    if (child > 0) waitpid(child, &status, 0);
    return status != 0;
}

int main(int argc, char **argv)
{
    (void)argc;
    if (getenv("LATIMER_BACKEND")) return run_folder(TESTS_DIR "/fixtures/golden");
    int failed = 0;
    for (const lt_backend *const *backend = lt_backend_all(); *backend; backend++)
        failed |= run_backend((*backend)->name, argv);
    return failed;
}
