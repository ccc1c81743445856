#include "experiments/commands/decoding_record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/provenance.h"
#include "experiments/evaluation.h"

/* ---- references ---- */

static lt_status count_lines(const char *path, size_t *lines, lt_error *error)
{
    lt_reader *reader;
    LT_TRY(lt_reader_open(&reader, path, error));
    lt_status status = LT_OK;
    lt_line line;
    for (bool end = false; status == LT_OK && !end;) status = lt_reader_next(reader, &line, &end, error);
    *lines = lt_reader_get_counts(reader)->lines;
    lt_reader_close(reader);
    return status;
}

static lt_status uneven(const char *a, size_t a_lines, const char *b, size_t b_lines, lt_error *error)
{
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "%s has %zu lines and %s has %zu: line i of a reference must be that of line i of the input", a,
        a_lines, b, b_lines);
}

/* "de" and "de.gz" off "multi30k/test.de.gz": what a training calls that set. */
static char *set_of_path(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = strdup(slash ? slash + 1 : path), *dot;
    static const char *const packings[] = {".gz", ".zst"};
    for (size_t i = 0; name && i < 2; i++) {
        dot = strrchr(name, '.');
        if (dot && strcmp(dot, packings[i]) == 0) *dot = '\0';
    }
    dot = name ? strrchr(name, '.') : NULL;
    if (dot && dot > name) *dot = '\0';
    return name;
}

lt_status lt_decoding_record_references(lt_decoding_record *record, const lt_strings *paths,
                                        const char *input, lt_error *error)
{
    if (paths->count == 0) return LT_OK;
    size_t lines;
    record->first = paths->items[0];
    record->set = set_of_path(record->first);
    record->references = calloc(paths->count, sizeof *record->references);
    if (!record->set || !record->references)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu references", paths->count);
    for (; record->count < paths->count; record->count++) {
        const char *path = paths->items[record->count];
        lt_lines *reference = &record->references[record->count];
        LT_TRY(lt_lines_load(reference, path, NULL, error));
        if (reference->count != record->references[0].count)
            return uneven(paths->items[0], record->references[0].count, path, reference->count, error);
        if (reference->count == 0) return lt_fail(error, LT_ERROR_USAGE, "%s has no lines", path);
    }
    if (strcmp(input, "-") == 0) return LT_OK;
    LT_TRY(count_lines(input, &lines, error));
    if (lines == record->references[0].count) return LT_OK;
    return uneven(input, lines, paths->items[0], record->references[0].count, error);
}

/* ---- beginning ---- */

typedef struct rows {
    lt_store *store;
    const char *id;
} rows;

static lt_status record_option(void *context, const char *dotted, const lt_option *option, const void *base,
                               lt_error *error)
{
    const rows *r = context;
    lt_text value = {0}, key = {0};
    lt_status status = lt_option_format(&value, base, option, error);
    if (status == LT_OK) status = lt_text_appendf(&key, error, "decoding.%s", dotted);
    const lt_store_param param = {key.data, value.data ? value.data : ""};
    if (status == LT_OK) status = lt_store_params(r->store, r->id, &param, 1, error);
    lt_text_clear(&value);
    lt_text_clear(&key);
    return status;
}

/* ---- ensembles ---- */

static bool is_ensemble(const lt_decoding_setting *setting)
{
    return setting->ensemble && setting->ensemble->count > 1;
}

/* "1f0e4d2c 77a1b2c3", and with `separator` '+' so that it is one word. */
static lt_status name_runs(lt_text *out, const lt_run_ensemble *e, char separator, lt_error *error)
{
    for (size_t i = 0; i < e->count; i++) {
        const char *folder = strrchr(e->runs[i].folder, '/');
        const char *name = *e->found[i].id       ? e->found[i].id
                           : folder && folder[1] ? folder + 1
                                                 : e->runs[i].folder;
        if (i) LT_TRY(lt_text_append(out, &separator, 1, error));
        LT_TRY(lt_text_appendf(out, error, *e->found[i].id ? "%.8s" : "%s", name));
    }
    return LT_OK;
}

static lt_status describe_ensemble(lt_text *out, const lt_run_ensemble *e, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, " ensemble="));
    LT_TRY(name_runs(out, e, '+', error));
    for (size_t i = 0; e->weights && i < e->count; i++)
        LT_TRY(lt_text_appendf(out, error, "%s%g", i ? "," : " weights=", e->weights[i]));
    return LT_OK;
}

/* A value of run i (from 0); one that is not known is not recorded. */
static lt_status record_of_run(const lt_decoding_record *record, size_t i, const char *what,
                               const char *value, lt_error *error)
{
    char key[64];
    const lt_store_param param = {key, value};
    if (!value || !*value) return LT_OK;
    snprintf(key, sizeof key, LT_STORE_ENSEMBLE ".%zu.%s", i + 1, what);
    return lt_store_params(record->store, record->id, &param, 1, error);
}

static lt_status record_summary(const lt_decoding_record *record, lt_error *error)
{
    const lt_run_ensemble *e = record->setting.ensemble;
    size_t parameters = 0;
    char sum[32];
    lt_text names = {0};
    for (size_t i = 0; i < e->count; i++) parameters += lt_model_parameter_total(e->models[i]);
    snprintf(sum, sizeof sum, "%zu", parameters);
    lt_status status = lt_text_appendf(&names, error, "%zu: ", e->count);
    if (status == LT_OK) status = name_runs(&names, e, ' ', error);
    const lt_store_param params[] = {{LT_STORE_ENSEMBLE, names.data}, {LT_STORE_PARAMETERS, sum}};
    if (status == LT_OK) status = lt_store_params(record->store, record->id, params, 2, error);
    lt_text_clear(&names);
    return status;
}

static lt_status record_ensemble(const lt_decoding_record *record, lt_error *error)
{
    const lt_run_ensemble *e = record->setting.ensemble;
    LT_TRY(record_summary(record, error));
    for (size_t i = 0; i < e->count; i++) {
        const char *sha256;
        char weight[32];
        LT_TRY(lt_run_model_sha256(&e->runs[i], &sha256, error));
        LT_TRY(record_of_run(record, i, "run", e->found[i].id, error));
        LT_TRY(record_of_run(record, i, "folder", e->runs[i].folder, error));
        LT_TRY(record_of_run(record, i, "checkpoint_sha256", sha256, error));
        if (!e->weights) continue;
        snprintf(weight, sizeof weight, "%g", e->weights[i]);
        LT_TRY(record_of_run(record, i, "weight", weight, error));
    }
    return LT_OK;
}

static lt_status begin(lt_decoding_record *record, lt_error *error)
{
    const lt_decoding_setting *s = &record->setting;
    lt_text command = {0};
    const char *sha256;
    LT_TRY(lt_run_model_sha256(s->run, &sha256, error));
    LT_TRY(lt_store_open(&record->store, s->db, LT_STORE_WRITE, error));
    lt_status status = lt_store_new_id(record->id, error);
    if (status == LT_OK) status = lt_command_line(&command, error);
    const lt_store_new_decoding decoding = {.id = record->id,
                                            .training = s->training,
                                            .experiment = s->run->experiment.name,
                                            .command = command.data,
                                            .build = lt_build(),
                                            .folder = s->run->folder,
                                            .checkpoint = s->run->checkpoint,
                                            .checkpoint_sha256 = sha256,
                                            .input = s->input,
                                            .output = s->output};
    if (status == LT_OK) status = lt_store_decoding_begin(record->store, &decoding, error);
    const lt_store_param precision = {"decoding.precision", lt_precision_names[s->run->precision]};
    if (status == LT_OK) status = lt_store_params(record->store, record->id, &precision, 1, error);
    rows r = {record->store, record->id};
    if (status == LT_OK) status = lt_options_each(s->options, s->table, record_option, &r, error);
    const lt_store_param shortlist = {"decoding.shortlist", s->shortlist};
    if (status == LT_OK && s->shortlist)
        status = lt_store_params(record->store, record->id, &shortlist, 1, error);
    if (status == LT_OK && is_ensemble(s)) status = record_ensemble(record, error);
    lt_text_clear(&command);
    return status;
}

/* The record is no reason to lose translations: its failures are told and translating goes on. */
static void give_up(lt_decoding_record *record, const lt_error *trouble)
{
    fprintf(stderr, "this decoding is not recorded: %s\n", trouble->message);
    lt_store_close(record->store);
    record->store = NULL;
}

lt_status lt_decoding_record_begin(lt_decoding_record *record, const lt_decoding_setting *setting,
                                   lt_error *error)
{
    lt_error trouble = {0};
    record->setting = *setting;
    LT_TRY(lt_text_appendf(&record->described, error, "%s", setting->described));
    if (setting->run->precision != LT_FLOAT32)
        LT_TRY(lt_text_appendf(&record->described, error, " precision=%s",
                               lt_precision_names[setting->run->precision]));
    if (is_ensemble(setting)) LT_TRY(describe_ensemble(&record->described, setting->ensemble, error));
    if (setting->set) {
        free(record->set);
        record->set = strdup(setting->set);
        if (!record->set) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    }
    if (setting->db && begin(record, &trouble) != LT_OK) give_up(record, &trouble);
    return LT_OK;
}

/* ---- scores ---- */

void lt_decoding_record_hash(const lt_decoding_record *record, char hex[LT_SHA256_HEX])
{
    lt_sha256 hash;
    lt_sha256_init(&hash);
    for (size_t i = 0; i < record->count; i++)
        lt_sha256_update(&hash, record->references[i].sha256, LT_SHA256_HEX - 1);
    if (record->count == 1)
        memcpy(hex, record->references[0].sha256, LT_SHA256_HEX);
    else
        lt_sha256_hex(&hash, hex);
}

lt_status lt_decoding_record_lines(const lt_decoding_record *record, lt_metric_line **lines, lt_error *error)
{
    size_t segments = record->references[0].count;
    *lines = malloc(record->count * segments * sizeof **lines);
    if (!*lines) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu references", record->count);
    for (size_t r = 0; r < record->count; r++)
        for (size_t i = 0; i < segments; i++)
            (*lines)[r * segments + i] =
                (lt_metric_line){record->references[r].items[i].bytes, record->references[r].items[i].length};
    return LT_OK;
}

static void tell_scores(const lt_evaluation *scored)
{
    const lt_store_evaluation *evaluation = &scored->record;
    if (scored->without_reference)
        fprintf(stderr, "%s: %zu of %zu lines have an empty reference (sacreBLEU refuses these)\n",
                evaluation->dataset, scored->without_reference, evaluation->segments);
    fprintf(stderr, "%s:", evaluation->dataset);
    for (size_t i = 0; i < evaluation->metrics; i++)
        fprintf(stderr, "%s %s %.2f (%s)", i ? ";" : "", evaluation->scores[i].metric,
                evaluation->scores[i].score, evaluation->scores[i].signature);
    fprintf(stderr, "\n");
}

static lt_status score(lt_decoding_record *record, const lt_reader *input, const char *source_sha256,
                       const lt_hypotheses *hypotheses, lt_error *error)
{
    size_t segments = record->references[0].count;
    const lt_decoding_setting *s = &record->setting;
    if (hypotheses->count != segments)
        return uneven(lt_reader_path(input), hypotheses->count, record->first, segments, error);
    lt_metric_line *lines = NULL;
    lt_evaluation evaluation = {0};
    char reference_sha256[LT_SHA256_HEX];
    lt_error trouble = {0};
    lt_status status = lt_decoding_record_lines(record, &lines, error);
    if (status == LT_OK && s->labels)
        status = lt_evaluate_labels(&evaluation, record->set, s->labels, hypotheses->lines, lines, segments,
                                    error);
    else if (status == LT_OK)
        status =
            lt_evaluate(&evaluation, record->set, hypotheses->lines, lines, segments, record->count, error);
    if (status == LT_OK) {
        lt_decoding_record_hash(record, reference_sha256);
        evaluation.record.source_sha256 = source_sha256;
        evaluation.record.reference_sha256 = reference_sha256;
        evaluation.record.decoding = record->described.data;
        evaluation.record.step = (int64_t)s->run->update;
        if (!s->quiet && !s->labels) tell_scores(&evaluation);
        if (record->store && lt_store_add_evaluation(record->store, record->id, &evaluation.record, &trouble))
            give_up(record, &trouble);
    }
    lt_evaluation_clear(&evaluation);
    free(lines);
    return status;
}

/* ---- the end ---- */

lt_status lt_decoding_record_end(lt_decoding_record *record, lt_status status, lt_reader *input,
                                 const lt_stream_result *result, const lt_hypotheses *hypotheses,
                                 lt_error *error)
{
    char input_sha256[LT_SHA256_HEX];
    lt_error trouble = {0};
    lt_reader_sha256(input, input_sha256);
    if (status == LT_OK && record->count) status = score(record, input, input_sha256, hypotheses, error);
    if (!record->store) return status;
    const lt_store_decoding_result figures = {
        .input_sha256 = input_sha256,
        .output_sha256 = result->output_sha256,
        .lines = (int64_t)result->counts.lines,
        .seconds = result->seconds,
        .sentences_per_second = result->seconds > 0 ? (double)result->counts.lines / result->seconds : 0};
    lt_run_status ended = status == LT_OK                  ? LT_RUN_FINISHED
                          : status == LT_ERROR_INTERRUPTED ? LT_RUN_STOPPED
                                                           : LT_RUN_FAILED;
    if (lt_store_decoding_end(record->store, record->id, status == LT_OK ? &figures : NULL, ended,
                              status == LT_OK ? NULL : error->message, &trouble) != LT_OK)
        give_up(record, &trouble);
    else if (!record->setting.quiet && status == LT_OK)
        fprintf(stderr, "recorded as %.8s in %s\n", record->id, lt_store_path(record->store));
    return status;
}

void lt_decoding_record_clear(lt_decoding_record *record)
{
    lt_store_close(record->store);
    for (size_t i = 0; record->references && i < record->count; i++) lt_lines_clear(&record->references[i]);
    free(record->references);
    free(record->set);
    lt_text_clear(&record->described);
    *record = (lt_decoding_record){0};
}
