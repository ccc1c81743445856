#include "experiments/comparison.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- signatures ---- */

/* The value of `key` in "a:x|b:y", cut to `size`; empty where there is none. */
static void field(const char *signature, const char *key, char *out, size_t size)
{
    size_t length = strlen(key);
    out[0] = '\0';
    for (const char *p = signature; p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strncmp(p, key, length) == 0 && p[length] == ':') {
            snprintf(out, size, "%.*s", (int)strcspn(p + length + 1, "|"), p + length + 1);
            return;
        }
}

static const lt_option *option_of(const char *key)
{
    for (const lt_option *option = lt_metric_option_table; option->key; option++)
        if (strcmp(option->key, key) == 0) return option;
    return NULL;
}

static lt_status set(lt_metric_options *options, const char *key, const char *value, lt_error *error)
{
    return lt_option_parse(options, option_of(key), key, value, error);
}

static lt_status bleu_options(lt_metric_options *options, const char *signature, lt_error *error)
{
    char eff[16], smooth[64], tok[64], lower[16];
    field(signature, "eff", eff, sizeof eff);
    field(signature, "tok", tok, sizeof tok);
    field(signature, "case", lower, sizeof lower);
    field(signature, "smooth", smooth, sizeof smooth);
    char *value = strchr(smooth, '[');
    if (value) {
        *value++ = '\0';
        value[strcspn(value, "]")] = '\0';
        LT_TRY(set(options, "smooth_value", value, error));
    }
    LT_TRY(set(options, "smooth_method", smooth, error));
    LT_TRY(set(options, "tokenize", tok, error));
    LT_TRY(set(options, "lowercase", strcmp(lower, "lc") == 0 ? "true" : "false", error));
    return set(options, "effective_order", strcmp(eff, "yes") == 0 ? "true" : "false", error);
}

static lt_status chrf_options(lt_metric_options *options, const char *signature, lt_error *error)
{
    char eff[16], characters[16], words[16];
    field(signature, "eff", eff, sizeof eff);
    field(signature, "nc", characters, sizeof characters);
    field(signature, "nw", words, sizeof words);
    LT_TRY(set(options, "chrf_char_order", characters, error));
    LT_TRY(set(options, "chrf_word_order", words, error));
    return set(options, "chrf_eps_smoothing", strcmp(eff, "yes") == 0 ? "false" : "true", error);
}

lt_status lt_signature_options(lt_metric_options *options, lt_metric_kind kind, const char *signature,
                               lt_error *error)
{
    char classes[16];
    *options = (lt_metric_options){0};
    LT_TRY(lt_options_defaults(options, lt_metric_option_table, error));
    if (kind >= LT_METRIC_OF_TEXT) {
        field(signature, "classes", classes, sizeof classes);
        options->classes = strtol(classes, NULL, 10);
        if (options->classes > 0 && options->classes <= LT_CLASSES_MAX) return LT_OK;
    }
    lt_status status = kind == LT_METRIC_BLEU   ? bleu_options(options, signature, error)
                       : kind == LT_METRIC_CHRF ? chrf_options(options, signature, error)
                       : kind == LT_METRIC_TER  ? LT_OK
                                                : LT_ERROR_FORMAT;
    if (status == LT_OK) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT, "'%s' is not a signature of %s that this latimer knows", signature,
                   lt_metric_names[kind]);
}

/* ---- what is stored ---- */

typedef struct stored {
    size_t run;
    int64_t evaluation;
    lt_metric_kind kind;
    char *dataset, *source, *reference, *signature;
    size_t segments, offset, width;
    double score;
} stored;

typedef struct collection {
    const lt_comparison_options *options;
    stored *items;
    size_t count, capacity, run;
    lt_compared_run *into; /* the run whose scores are collected */
} collection;

static char *copy_of(const char *text)
{
    return text ? strdup(text) : NULL;
}

static lt_status collect(void *context, const lt_store_scored *s, lt_error *error)
{
    collection *all = context;
    int kind = 0;
    while (lt_metric_names[kind] && strcmp(lt_metric_names[kind], s->metric) != 0) kind++;
    if (!lt_metric_names[kind]) return LT_OK;
    *(kind < LT_METRIC_OF_TEXT ? &all->into->of_text : &all->into->of_labels) = true;
    if (!all->options->metrics[kind]) return LT_OK;
    if (all->options->test && strcmp(all->options->test, s->dataset) != 0) return LT_OK;
    if (all->count == all->capacity) {
        size_t capacity = all->capacity ? all->capacity * 2 : 32;
        stored *items = realloc(all->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the evaluations");
        all->items = items, all->capacity = capacity;
    }
    stored *item = &all->items[all->count++];
    *item = (stored){.run = all->run,
                     .evaluation = s->evaluation,
                     .kind = (lt_metric_kind)kind,
                     .dataset = strdup(s->dataset),
                     .source = copy_of(s->source_sha256),
                     .reference = copy_of(s->reference_sha256),
                     .signature = strdup(s->signature),
                     .segments = s->segments,
                     .offset = s->offset,
                     .width = s->width,
                     .score = s->score};
    if (item->dataset && item->signature) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the evaluations");
}

static void clear_collection(collection *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].dataset), free(all->items[i].source);
        free(all->items[i].reference), free(all->items[i].signature);
    }
    free(all->items);
}

static bool known_equal(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* A run's evaluation on the set of `like` by `kind`: of the same name, else (a decoding may call it
 * differently) with the same reference and source. Of several the latest. */
static const stored *find(const collection *all, size_t run, const stored *like, lt_metric_kind kind)
{
    const stored *named = NULL, *alike = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const stored *item = &all->items[i];
        if (item->run != run || item->kind != kind) continue;
        if (strcmp(item->dataset, like->dataset) == 0)
            named = item;
        else if (known_equal(item->reference, like->reference) && known_equal(item->source, like->source))
            alike = item;
    }
    return named ? named : alike;
}

/* ---- statistics ---- */

typedef struct matrix {
    double *rows; /* (segments, width) */
    size_t next;
    const stored *of;
} matrix;

static lt_status take_row(void *context, const lt_store_segment *segment, lt_error *error)
{
    matrix *m = context;
    const stored *of = m->of;
    if (segment->line != m->next || m->next >= of->segments || of->offset + of->width > segment->count)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "evaluation %lld (%s): segment %zu is missing or has too few statistics",
                       (long long)of->evaluation, of->dataset, m->next);
    memcpy(m->rows + m->next++ * of->width, segment->statistics + of->offset, of->width * sizeof(double));
    return LT_OK;
}

/* Reads the statistics, and checks that the stored score follows from them. `*score` gets it. */
static lt_status load(matrix *m, lt_store *store, const stored *of, const lt_metric *metric, double *score,
                      lt_error *error)
{
    double total[LT_METRIC_STATS_MAX] = {0};
    lt_metric_score result;
    *m = (matrix){.of = of};
    if (of->width != lt_metric_stats_count(metric))
        return lt_fail(error, LT_ERROR_FORMAT, "evaluation %lld (%s): %zu statistics of %s, not %zu",
                       (long long)of->evaluation, of->dataset, of->width, lt_metric_title(metric),
                       lt_metric_stats_count(metric));
    m->rows = calloc(of->segments ? of->segments : 1, of->width * sizeof *m->rows);
    if (!m->rows) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu segments", of->segments);
    LT_TRY(lt_store_read_segments(store, of->evaluation, take_row, m, error));
    if (m->next != of->segments || of->segments == 0)
        return lt_fail(error, LT_ERROR_FORMAT, "evaluation %lld (%s) has %zu segments, not %zu",
                       (long long)of->evaluation, of->dataset, m->next, of->segments);
    for (size_t i = 0; i < of->segments; i++)
        for (size_t k = 0; k < of->width; k++) total[k] += m->rows[i * of->width + k];
    lt_metric_score_of(metric, total, &result);
    *score = result.score;
    if (fabs(result.score - of->score) <= 1e-6) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "evaluation %lld (%s): its segments give %s %.6f, but %.6f is stored (%s): the database was "
        "changed, or the metric had options that its signature does not tell",
        (long long)of->evaluation, of->dataset, lt_metric_title(metric), result.score, of->score,
        of->signature);
}

/* ---- may they be compared? ---- */

static const char *or_unknown(const char *text)
{
    return text ? text : "unknown";
}

/* Whether `b` may be tested against `a`; an error where the options do not allow the difference. */
static lt_status comparable(lt_comparison *c, const stored *a, const stored *b,
                            const lt_comparison_options *options, bool *paired, lt_error *error)
{
    const char *one = c->run[a->run].id, *two = c->run[b->run].id;
    bool reference = known_equal(a->reference, b->reference);
    bool source = (!a->source && !b->source) || known_equal(a->source, b->source);
    *paired = reference && source && strcmp(a->signature, b->signature) == 0;
    if ((!reference || !source) && !options->different_data) {
        const char *what = reference ? "sources" : "references", *x = reference ? a->source : a->reference,
                   *y = reference ? b->source : b->reference;
        return lt_fail(
            error, LT_ERROR_MISMATCH,
            "runs %.8s and %.8s were scored on different data: the %s of %s have SHA-256 %.16s and "
            "%.16s; --different-data compares them all the same, without significance",
            one, two, what, a->dataset, or_unknown(x), or_unknown(y));
    }
    if (strcmp(a->signature, b->signature) != 0 && !options->different_signatures)
        return lt_fail(
            error, LT_ERROR_MISMATCH,
            "runs %.8s and %.8s were scored differently on %s: %s has the signatures '%s' and '%s'; "
            "--different-signatures compares them all the same, without significance",
            one, two, a->dataset, lt_metric_names[a->kind], a->signature, b->signature);
    if (*paired && a->segments != b->segments)
        return lt_fail(error, LT_ERROR_FORMAT, "runs %.8s and %.8s have %zu and %zu segments of %s", one, two,
                       a->segments, b->segments, a->dataset);
    if (*paired) return LT_OK;
    return lt_strings_addf(&c->notes, error, "%s, %s: %.8s and %.8s were scored %s: no significance",
                           a->dataset, lt_metric_names[a->kind], one, two,
                           reference && source ? "with different options" : "on different data");
}

/* ---- scores ---- */

static lt_status test_pair(lt_compared_score *score, lt_compared_score *first, const lt_metric *metric,
                           const matrix *baseline, const matrix *system, const lt_comparison *c,
                           const lt_comparison_options *options, lt_error *error)
{
    lt_significance result;
    LT_TRY((options->randomization ? lt_paired_randomization : lt_paired_bootstrap)(
        &result, metric, baseline->rows, system->rows, baseline->of->segments, c->samples, options->seed,
        error));
    score->p_value = result.p_value;
    if (!options->randomization) first->interval = result.interval[0], score->interval = result.interval[1];
    return LT_OK;
}

/* A run's place among the scores of one metric; `baseline` is the first known one's, or still empty. */
static lt_status compare_score(lt_comparison *c, lt_compared_set *into, lt_compared_metric *m,
                               lt_store *store, matrix *baseline, const stored *item,
                               const lt_comparison_options *options, lt_error *error)
{
    lt_compared_score *score = &m->scores[item->run];
    lt_metric_options metric_options;
    lt_metric *metric = NULL;
    matrix own = {0};
    bool paired = false;
    lt_status status;
    if (baseline->of) LT_TRY(comparable(c, baseline->of, item, options, &paired, error));
    LT_TRY(lt_signature_options(&metric_options, item->kind, item->signature, error));
    LT_GOTO(status, lt_metric_create(&metric, item->kind, &metric_options, error), done);
    if (!m->title && !(m->title = strdup(lt_metric_title(metric)))) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        goto done;
    }
    LT_GOTO(status, load(&own, store, item, metric, &score->score, error), done);
    score->known = true;
    if (into->class_of && own.of->segments == into->segments &&
        known_equal(item->source, into->source_sha256))
        LT_GOTO(status, lt_compare_by_length(score, into, metric, own.rows, options->length_count + 1, error),
                done);
    if (!(score->signature = strdup(item->signature))) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory");
        goto done;
    }
    if (baseline->of) {
        lt_compared_score *first = &m->scores[baseline->of->run];
        score->delta = score->score - first->score;
        if (paired) status = test_pair(score, first, metric, baseline, &own, c, options, error);
    } else {
        *baseline = own; /* kept for the others */
        own.rows = NULL;
    }
done:
    lt_metric_free(metric);
    lt_options_clear(&metric_options, lt_metric_option_table);
    free(own.rows);
    return status;
}

static lt_status compare_metric(lt_comparison *c, lt_compared_set *into, lt_store *store,
                                const collection *all, const stored *like, lt_metric_kind kind,
                                const lt_comparison_options *options, lt_error *error)
{
    size_t known = 0;
    for (size_t r = 0; r < c->runs; r++) known += find(all, r, like, kind) != NULL;
    if (known == 0) return LT_OK;
    lt_compared_metric *m = &into->metrics[into->count];
    *m = (lt_compared_metric){.kind = kind, .scores = calloc(c->runs, sizeof *m->scores)};
    if (!m->scores) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    into->count++;
    matrix baseline = {0};
    lt_status status = LT_OK;
    for (size_t r = 0; r < c->runs && status == LT_OK; r++) {
        m->scores[r].interval = m->scores[r].p_value = NAN;
        const stored *item = find(all, r, like, kind);
        if (item) status = compare_score(c, into, m, store, &baseline, item, options, error);
        if (item) continue;
        m->scores[r].delta = NAN;
        if (status == LT_OK)
            status = lt_strings_addf(&c->notes, error, "%s: run %.8s has no %s%s", like->dataset,
                                     c->run[r].id, lt_metric_names[kind],
                                     r == 0 ? "; the first run that has it is the baseline" : "");
    }
    free(baseline.rows);
    return status;
}

static lt_status compare_set(lt_comparison *c, lt_store *store, const collection *all, const stored *like,
                             const lt_comparison_options *options, lt_error *error)
{
    lt_compared_set *sets = realloc(c->set, (c->sets + 1) * sizeof *sets);
    if (!sets) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    c->set = sets;
    lt_compared_set *into = &sets[c->sets++];
    *into = (lt_compared_set){.name = strdup(like->dataset),
                              .segments = like->segments,
                              .source_sha256 = copy_of(like->source),
                              .reference_sha256 = copy_of(like->reference)};
    if (!into->name) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (options->lengths) LT_TRY(lt_compare_read_lengths(c, into, store, options, error));
    for (int kind = 0; kind < LT_METRIC_KINDS; kind++)
        LT_TRY(compare_metric(c, into, store, all, like, (lt_metric_kind)kind, options, error));
    return LT_OK;
}

/* Was this set already taken under another run's name for it? */
static bool taken(const lt_comparison *c, const collection *all, const stored *item)
{
    for (size_t s = 0; s < c->sets; s++) {
        if (strcmp(c->set[s].name, item->dataset) == 0) return true;
        stored like = {.dataset = c->set[s].name,
                       .source = c->set[s].source_sha256,
                       .reference = c->set[s].reference_sha256};
        if (find(all, item->run, &like, item->kind) == item) return true;
    }
    return false;
}

/* Sets that at least two runs have. */
static lt_status compare_sets(lt_comparison *c, lt_store *store, const collection *all,
                              const lt_comparison_options *options, lt_error *error)
{
    for (size_t i = 0; i < all->count; i++) {
        const stored *like = &all->items[i];
        size_t having = 0;
        if (taken(c, all, like)) continue;
        for (size_t r = 0; r < c->runs; r++) having += find(all, r, like, like->kind) != NULL;
        if (having > 1) {
            LT_TRY(compare_set(c, store, all, like, options, error));
            continue;
        }
        char note[512];
        snprintf(note, sizeof note, "%s: only run %.8s was scored on it", like->dataset,
                 c->run[like->run].id);
        const bool said = lt_strings_has(&c->notes, note);
        if (!said) LT_TRY(lt_strings_add(&c->notes, note, error));
    }
    if (c->sets) return LT_OK;
    if (options->sets_optional)
        return lt_strings_add(&c->notes, "the runs have no test set with the wanted metrics in common",
                              error);
    return lt_fail(error, LT_ERROR_USAGE,
                   "the runs have no test set%s%s with the wanted metrics in common (%s); 'latimer show RUN' "
                   "lists what each was scored on, 'latimer translate --ref' scores more",
                   options->test ? " " : "", options->test ? options->test : "",
                   c->notes.count  ? c->notes.items[0]
                   : options->test ? "none was scored on it"
                                   : "none was scored");
}

/* ---- all ---- */

static lt_status take_run(void *context, const lt_store_run *run, lt_error *error)
{
    lt_compared_run *into = context;
    snprintf(into->id, sizeof into->id, "%s", run->id);
    into->kind = run->kind;
    into->status = run->status;
    into->experiment = strdup(run->experiment);
    return into->experiment ? LT_OK : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
}

/* A classifier and a translator have nothing in common that could be compared. */
static lt_status check_kinds(const lt_comparison *c, lt_error *error)
{
    const lt_compared_run *translator = NULL, *classifier = NULL;
    for (size_t r = 0; r < c->runs; r++) {
        if (c->run[r].of_text) translator = &c->run[r];
        if (c->run[r].of_labels) classifier = &c->run[r];
    }
    if (!translator || !classifier) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "run %.8s (%s) is a classifier's and run %.8s (%s) a translator's: labels have accuracy and "
        "macro-F1, translations BLEU, chrF and TER, and the one says nothing of the other; compare "
        "runs of one task",
        classifier->id, classifier->experiment, translator->id, translator->experiment);
}

lt_status lt_compare(lt_comparison *c, lt_store *store, const char *const *ids, size_t count,
                     const lt_comparison_options *options, lt_error *error)
{
    *c = (lt_comparison){.run = calloc(count, sizeof *c->run), .runs = count};
    c->samples = options->samples         ? options->samples
                 : options->randomization ? LT_RANDOMIZATION_TRIALS
                                          : LT_BOOTSTRAP_SAMPLES;
    if (!c->run) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    collection all = {.options = options};
    lt_status status = LT_OK;
    for (all.run = 0; all.run < count; all.run++) {
        lt_store_filter filter = {.kinds = LT_RUN_ANY, .id = ids[all.run]};
        LT_GOTO(status, lt_store_runs(store, &filter, take_run, &c->run[all.run], error), done);
        if (!c->run[all.run].experiment) {
            status = lt_fail(error, LT_ERROR_USAGE, "there is no run %s in the database %s", ids[all.run],
                             lt_store_path(store));
            goto done;
        }
        all.into = &c->run[all.run];
        LT_GOTO(status, lt_store_read_evaluations(store, ids[all.run], collect, &all, error), done);
    }
    LT_GOTO(status, check_kinds(c, error), done);
    LT_GOTO(status, compare_sets(c, store, &all, options, error), done);
    LT_GOTO(status, lt_compare_describe_runs(c, store, error), done);
    status = lt_compare_configurations(c, store, error);
done:
    clear_collection(&all);
    return status;
}

size_t lt_comparison_baseline(const lt_compared_metric *metric)
{
    size_t r = 0;
    while (!metric->scores[r].known) r++;
    return r;
}

void lt_comparison_clear(lt_comparison *c)
{
    for (size_t s = 0; s < c->sets; s++) {
        lt_compared_set *one = &c->set[s];
        free(one->name), free(one->source_sha256), free(one->reference_sha256);
        free(one->class_of), free(one->class_segments);
        for (size_t m = 0; m < one->count; m++) {
            for (size_t r = 0; r < c->runs; r++)
                free(one->metrics[m].scores[r].signature), free(one->metrics[m].scores[r].by_length);
            free(one->metrics[m].title), free(one->metrics[m].scores);
        }
    }
    for (size_t i = 0; i < c->differences; i++) {
        for (size_t r = 0; c->difference[i].values && r < c->runs; r++) free(c->difference[i].values[r]);
        free(c->difference[i].key), free(c->difference[i].values);
    }
    for (size_t r = 0; c->run && r < c->runs; r++)
        free(c->run[r].experiment), free(c->run[r].parameters), free(c->run[r].best_name),
            free(c->run[r].figure), free(c->run[r].curve);
    free(c->run), free(c->set), free(c->difference);
    lt_strings_clear(&c->notes);
    *c = (lt_comparison){0};
}
