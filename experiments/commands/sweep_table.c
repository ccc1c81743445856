#include "experiments/commands/sweep_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/table.h"
#include "experiments/store_json.h"

/* ---- the table ---- */

static lt_status moments_cell(lt_table *table, const lt_moments *m, int digits, lt_error *error)
{
    if (m->count == 0) return lt_table_cell(table, error, "-");
    if (m->count == 1) return lt_table_cell(table, error, "%.*f", digits, m->mean);
    return lt_table_cell(table, error, "%.*f ± %.*f", digits, m->mean, digits, m->deviation);
}

/* 'r' is randomization; one star: below 0.05 by itself, two: with all points of the column together. */
static lt_status p_cell(lt_table *table, const lt_summary_cell *cell, lt_error *error)
{
    if (isnan(cell->p_value)) return lt_table_cell(table, error, "-");
    const char *stars = cell->holm < 0.05 ? " **" : cell->p_value < 0.05 ? " * " : "   ";
    return lt_table_cell(table, error, "%s%.4f%s", cell->test == LT_TEST_RANDOMIZATION ? "r " : "",
                         cell->p_value, stars);
}

static lt_status heading(lt_table *table, const lt_sweep_summary *s, lt_error *error)
{
    LT_TRY(lt_table_heading(table, "point|seeds", error));
    for (size_t c = 0; c < s->columns; c++) {
        const lt_summary_column *column = &s->column[c];
        LT_TRY(lt_table_cell(table, error, "%s%s%s", column->set ? column->set : "", column->set ? " " : "",
                             column->title));
        if (s->points > 1) LT_TRY(lt_table_heading(table, "delta|p", error));
    }
    return lt_table_cell(table, error, "minutes");
}

static lt_status row(lt_table *table, const lt_sweep_summary *s, const lt_summary_point *point,
                     lt_error *error)
{
    LT_TRY(lt_table_cell(table, error, "%s", point->label));
    LT_TRY(point->finished == point->count
               ? lt_table_cell(table, error, "%zu", point->count)
               : lt_table_cell(table, error, "%zu of %zu", point->finished, point->count));
    for (size_t c = 0; c < s->columns; c++) {
        const lt_summary_cell *cell = &point->cells[c];
        LT_TRY(moments_cell(table, &cell->moments, 2, error));
        if (s->points == 1) continue;
        LT_TRY(isnan(cell->delta) ? lt_table_cell(table, error, "-")
                                  : lt_table_cell(table, error, "%+.2f", cell->delta));
        LT_TRY(p_cell(table, cell, error));
    }
    return moments_cell(table, &point->minutes, 1, error);
}

static void legend(const lt_sweep_summary *s, bool markdown)
{
    bool welch = false, randomization = false;
    for (size_t p = 0; p < s->points; p++)
        for (size_t c = 0; c < s->columns; c++) {
            welch = welch || s->point[p].cells[c].test == LT_TEST_WELCH;
            randomization = randomization || s->point[p].cells[c].test == LT_TEST_RANDOMIZATION;
        }
    printf("%smean ± sample standard deviation over the seeds of finished runs", markdown ? "\n" : "");
    if (s->points > 1) printf("; delta: to %s", s->point[0].label);
    if (welch) printf("; p: Welch's t-test over seeds, two-sided");
    if (randomization)
        printf(
            "; r: with one seed, delta between the two runs of that seed and paired randomization over "
            "segments as by 'compare --method randomization', two-sided, which says nothing of other seeds");
    if (welch || randomization) printf("; *: p < 0.05; **: also by Holm's adjustment for all points");
    putchar('\n');
    for (size_t c = 0; c < s->columns; c++) {
        const lt_summary_column *column = &s->column[c];
        if (column->signature)
            printf(markdown ? "%s- %s %s: `%s`\n" : "%s%s %s: %s\n", markdown && c < 2 ? "\n" : "",
                   column->set, column->title, column->signature);
    }
}

lt_status lt_sweep_print_table(const lt_sweep_summary *s, bool markdown, lt_error *error)
{
    size_t columns = 2 + s->columns * (s->points > 1 ? 3 : 1) + 1;
    char *align = malloc(columns + 1);
    if (!align) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the table");
    memset(align, 'r', columns);
    align[0] = 'l';
    align[columns] = '\0';
    lt_table table = {.align = align};
    lt_status status = heading(&table, s, error);
    for (size_t p = 0; p < s->points && status == LT_OK; p++) status = row(&table, s, &s->point[p], error);
    if (status == LT_OK) {
        lt_table_print(&table, markdown, stdout);
        legend(s, markdown);
    }
    lt_table_clear(&table);
    free(align);
    return status;
}

/* ---- JSON ---- */

static json_t *json_moments(const lt_moments *m)
{
    return json_pack("{sI so so}", "n", (json_int_t)m->count, "mean", lt_json_real(m->mean), "sd",
                     lt_json_real(m->deviation));
}

static json_t *json_cell(const lt_sweep_summary *s, const lt_summary_point *point, size_t c)
{
    const lt_summary_column *column = &s->column[c];
    const lt_summary_cell *cell = &point->cells[c];
    json_t *values = json_array();
    for (size_t r = 0; r < point->count; r++) json_array_append_new(values, lt_json_real(cell->values[r]));
    json_t *object =
        json_pack("{so ss ss so so ss so so}", "set", lt_json_text(column->set), "metric", column->metric,
                  "title", column->title, "signature", lt_json_text(column->signature), "delta",
                  lt_json_real(cell->delta), "test", lt_summary_test_names[cell->test], "p_value",
                  lt_json_real(cell->p_value), "p_holm", lt_json_real(cell->holm));
    json_t *moments = json_moments(&cell->moments);
    if (object && moments) json_object_update(object, moments);
    json_decref(moments);
    if (object) json_object_set_new(object, "values", values);
    return object;
}

/* {"model.decoder.cell": "gru"} of "model.decoder.cell=gru\n" */
static json_t *json_settings(const char *settings)
{
    json_t *object = json_object();
    while (settings && *settings) {
        size_t length = strcspn(settings, "\n"), key = strcspn(settings, "=");
        if (key < length) {
            char *name = strndup(settings, key), *value = strndup(settings + key + 1, length - key - 1);
            if (name && value) json_object_set_new(object, name, lt_json_text(value));
            free(name), free(value);
        }
        settings += length + (settings[length] == '\n');
    }
    return object;
}

static json_t *json_point(const lt_sweep_summary *s, const lt_summary_point *point)
{
    json_t *runs = json_array(), *figures = json_array();
    for (size_t r = 0; r < point->count; r++) {
        const lt_summary_run *run = &point->runs[r];
        json_array_append_new(runs, json_pack("{sI ss ss so so}", "seed", (json_int_t)run->seed, "run",
                                              run->id, "status", run->status, "note", lt_json_text(run->note),
                                              "minutes", lt_json_real((double)run->duration / 60000)));
    }
    for (size_t c = 0; c < s->columns; c++) json_array_append_new(figures, json_cell(s, point, c));
    return json_pack("{so so so so so}", "label", lt_json_text(point->label), "settings",
                     json_settings(point->settings), "runs", runs, "minutes", json_moments(&point->minutes),
                     "figures", figures);
}

lt_status lt_sweep_print_json(const lt_sweep_summary *s, lt_error *error)
{
    json_t *points = json_array(), *notes = json_array();
    for (size_t p = 0; p < s->points; p++) json_array_append_new(points, json_point(s, &s->point[p]));
    for (size_t i = 0; i < s->notes.count; i++) json_array_append_new(notes, lt_json_text(s->notes.items[i]));
    json_t *all =
        json_pack("{so so so so}", "sweep", lt_json_text(s->name), "base",
                  lt_json_text(s->points ? s->point[0].label : NULL), "points", points, "notes", notes);
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_status status = lt_json_print(stdout, all, error);
    json_decref(all);
    return status;
}
