#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "experiments/commands/tune_work.h"
#include "experiments/run_folder.h"
#include "experiments/tuned.h"

double lt_tune_speed(const lt_tune_trial *t)
{
    return t->result.seconds > 0 ? (double)t->result.counts.lines / t->result.seconds : 0;
}

double lt_tune_gain(const lt_tune_work *w, const lt_tune_trial *t)
{
    const double own = w->trials[0].score;
    return lt_metric_higher_is_better(w->metric) ? t->score - own : own - t->score;
}

static lt_status tell_choice(const lt_tune_work *w, lt_error *error)
{
    const lt_tune_trial *t = &w->trials[w->chosen];
    lt_text setting = {0};
    double p = 1;
    char likely[32] = " (the same)";
    if (w->common->quiet) return LT_OK;
    lt_status status = lt_decoding_list(&setting, &t->options, &w->keys, error);
    if (status == LT_OK && w->chosen) {
        status = lt_evidence_p_value(&w->evidence, &p, 0, w->chosen, error);
        snprintf(likely, sizeof likely, " (p = %.2g)", p);
    }
    if (status == LT_OK)
        fprintf(stderr,
                "chosen of %zu settings: %s, %s %.2f on %s, a gain of %+.2f on the run's own%s; written to "
                "%s/" LT_RUN_TUNED "\n",
                w->count, setting.data, lt_metric_title(w->metric), t->score, w->set, lt_tune_gain(w, t),
                likely, w->run.folder);
    lt_text_clear(&setting);
    return status;
}

static lt_status write_choice(const lt_tune_work *w, lt_error *error)
{
    const lt_tune_trial *t = &w->trials[w->chosen];
    lt_text signature = {0};
    char date[32], reference[LT_SHA256_HEX];
    time_t seconds = time(NULL);
    struct tm parts;
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &parts));
    lt_decoding_record_hash(&w->references, reference);
    lt_status status =
        lt_metric_signature(&signature, w->metric, lt_metric_references(w->metric), NULL, error);
    const lt_tuned tuned = {.tuned = {.date = date,
                                      .checkpoint = (char *)w->run.checkpoint,
                                      .checksum = (char *)lt_checkpoint_checksum(&w->metadata),
                                      .update = (int64_t)w->run.update,
                                      .precision = w->run.precision,
                                      .set = w->set,
                                      .source_sha256 = (char *)w->source_sha256,
                                      .reference_sha256 = reference,
                                      .settings = (int64_t)w->count,
                                      .metric = (char *)lt_metric_names[w->options->metric],
                                      .score = t->score,
                                      .own_score = w->trials[0].score,
                                      .signature = signature.data},
                            .decoding = t->options,
                            .keys = w->keys};
    if (status == LT_OK) status = lt_tuned_write(&tuned, w->run.folder, error);
    lt_text_clear(&signature);
    return status;
}

/* ---- the record ---- */

/* The settings as measurements of the chosen one's record: its "updates" are their numbers, from 1. */
static lt_status record_trials(const lt_tune_work *w, lt_store *store, const char *id, lt_error *error)
{
    enum { FIGURES = 3 };
    lt_store_metric row[LT_TUNING_AXES + FIGURES];
    char names[LT_TUNING_AXES][128], name[32];
    snprintf(name, sizeof name, "dev.%s", lt_metric_names[w->options->metric]);
    for (size_t i = 0; i < w->count; i++) {
        const lt_tune_trial *t = &w->trials[i];
        for (size_t a = 0; a < w->space.count; a++) {
            lt_text value = {0};
            const lt_option *option = w->space.axes[a].option;
            LT_TRY(lt_option_format(&value, &t->options, option, error));
            snprintf(names[a], sizeof names[a], "%s", option->key);
            bool flag = option->type == LT_OPTION_BOOL;
            row[a] = (lt_store_metric){names[a],
                                       flag ? strcmp(value.data, "true") == 0 : strtod(value.data, NULL)};
            lt_text_clear(&value);
        }
        lt_store_metric *figures = row + w->space.count;
        figures[0] = (lt_store_metric){name, t->score};
        figures[1] = (lt_store_metric){"length_ratio", t->ratio};
        figures[2] = (lt_store_metric){"sentences_per_second", lt_tune_speed(t)};
        LT_TRY(lt_store_metrics(store, id, (int64_t)i + 1, row, w->space.count + FIGURES, error));
    }
    return LT_OK;
}

/* Reads the source once more, for a record says what was read. */
static lt_status read_source(lt_reader **reader, const lt_tune_work *w, lt_error *error)
{
    lt_line line;
    LT_TRY(lt_reader_open(reader, w->source, error));
    for (bool end = false; !end;) LT_TRY(lt_reader_next(*reader, &line, &end, error));
    return LT_OK;
}

static lt_status record_trial(lt_tune_work *w, const lt_tune_trial *t, bool with_trials, lt_error *error)
{
    lt_decoding_record record = {0};
    lt_reader *reader = NULL;
    lt_error trouble = {0};
    const lt_decoding_setting setting = {.run = &w->run,
                                         .training = *w->found.id ? w->found.id : NULL,
                                         .options = &t->options,
                                         .table = lt_decoding_table,
                                         .described = t->described.data,
                                         .db = w->common->db,
                                         .set = w->set,
                                         .input = w->source,
                                         .quiet = w->common->quiet};
    lt_status status = read_source(&reader, w, error);
    if (status == LT_OK) status = lt_decoding_record_references(&record, &w->ref, w->source, error);
    if (status == LT_OK) status = lt_decoding_record_begin(&record, &setting, error);
    if (status == LT_OK && record.store && with_trials &&
        record_trials(w, record.store, record.id, &trouble) != LT_OK)
        fprintf(stderr, "the settings are not recorded: %s\n", trouble.message);
    if (status == LT_OK)
        status = lt_decoding_record_end(&record, status, reader, &t->result, &t->hypotheses, error);
    lt_decoding_record_clear(&record);
    lt_reader_close(reader);
    return status;
}

lt_status lt_tune_settle(lt_tune_work *w, lt_error *error)
{
    LT_TRY(write_choice(w, error));
    LT_TRY(tell_choice(w, error));
    if (!w->options->record) return LT_OK;
    if (w->chosen) LT_TRY(record_trial(w, &w->trials[0], false, error));
    return record_trial(w, &w->trials[w->chosen], true, error);
}
