#include "experiments/commands/show_parameters.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/table.h"
#include "experiments/run_folder.h"
#include "experiments/store_json.h"
#include "model/base/file.h"

/* ---- reading ---- */

static lt_status find_checkpoint(char **path, const char *folder, lt_error *error)
{
    static const char *const names[] = {LT_RUN_BEST, LT_RUN_LAST};
    *path = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        free(*path);
        *path = lt_path_join(folder, names[i]);
        if (!*path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for a path");
        if (lt_file_exists(*path)) return LT_OK;
    }
    return lt_fail(error, LT_ERROR_IO, "there is neither " LT_RUN_BEST " nor " LT_RUN_LAST " in %s", folder);
}

lt_status lt_tensor_counts_read(lt_tensor_counts *counts, const char *folder, lt_error *error)
{
    lt_model *model = NULL;
    lt_metadata metadata = {0};
    lt_status status;
    *counts = (lt_tensor_counts){0};
    LT_GOTO(status, find_checkpoint(&counts->path, folder, error), done);
    LT_GOTO(status, lt_checkpoint_load(counts->path, &model, &metadata, error), done);
    size_t tensors = lt_model_parameter_count(model);
    counts->items = calloc(tensors + 1, sizeof *counts->items);
    if (!counts->items) {
        status = lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu tensors", tensors);
        goto done;
    }
    for (; counts->count < tensors; counts->count++) {
        const lt_parameter *p = lt_model_parameter(model, counts->count);
        lt_tensor_count *item = &counts->items[counts->count];
        *item = (lt_tensor_count){.rows = p->rows, .columns = p->columns, .count = p->size};
        snprintf(item->name, sizeof item->name, "%s", p->name);
        counts->total += p->size;
    }
done:
    lt_metadata_clear(&metadata);
    lt_model_free(model);
    return status;
}

void lt_tensor_counts_clear(lt_tensor_counts *counts)
{
    free(counts->items);
    free(counts->path);
    *counts = (lt_tensor_counts){0};
}

/* ---- parts ---- */

enum { PARTS_MOST = 32 };

const char *lt_tensor_part(const char *name)
{
    static const struct {
        const char *begin, *within, *part; /* the first that fits */
    } parts[] = {
        {"encoder.rnn.", ".weight_hh", "encoder.rnn recurrent"},
        {"encoder.rnn.", ".weight_ih", "encoder.rnn input"},
        {"encoder.rnn.", ".bias", "encoder.rnn biases"},
        {"encoder.rnn.", ".peephole", "encoder.rnn peepholes"},
        {"encoder.rnn.", ".layernorm", "encoder.rnn layer normalization"},
        {"decoder.rnn.", ".weight_hh", "decoder.rnn recurrent"},
        {"decoder.rnn.", ".weight_ih", "decoder.rnn input"},
        {"decoder.rnn.", ".bias", "decoder.rnn biases"},
        {"decoder.rnn.", ".peephole", "decoder.rnn peepholes"},
        {"decoder.rnn.", ".layernorm", "decoder.rnn layer normalization"},
        {"", "embedding.weight", "embeddings"},
        {"bridge.", "", "bridge"},
        {"attention.", "", "attention"},
        {"decoder.combine.", "", "attention"},
        {"output.", "", "output"},
        {"classifier.", "", "classifier"},
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strncmp(name, parts[i].begin, strlen(parts[i].begin)) == 0 && strstr(name, parts[i].within))
            return parts[i].part;
    return "other";
}

typedef struct part_sum {
    const char *name;
    size_t count;
} part_sum;

/* The parts in the order in which they are met; how many. */
static size_t sum_parts(const lt_tensor_counts *counts, part_sum sums[PARTS_MOST])
{
    size_t parts = 0;
    for (size_t i = 0; i < counts->count; i++) {
        const char *name = lt_tensor_part(counts->items[i].name);
        size_t k = 0;
        while (k < parts && strcmp(sums[k].name, name) != 0) k++;
        if (k == parts) sums[parts++] = (part_sum){.name = name};
        sums[k].count += counts->items[i].count;
    }
    return parts;
}

/* ---- output ---- */

static lt_status fill_tensors(lt_table *table, const lt_tensor_counts *counts, lt_error *error)
{
    LT_TRY(lt_table_heading(table, "tensor|shape|parameters", error));
    for (size_t i = 0; i < counts->count; i++) {
        const lt_tensor_count *t = &counts->items[i];
        LT_TRY(lt_table_cell(table, error, "%s", t->name));
        LT_TRY(t->columns ? lt_table_cell(table, error, "(%zu, %zu)", t->rows, t->columns)
                          : lt_table_cell(table, error, "(%zu)", t->rows));
        LT_TRY(lt_table_cell(table, error, "%zu", t->count));
    }
    return LT_OK;
}

static lt_status fill_parts(lt_table *table, const lt_tensor_counts *counts, lt_error *error)
{
    part_sum sums[PARTS_MOST];
    size_t parts = sum_parts(counts, sums);
    LT_TRY(lt_table_heading(table, "part|parameters|share", error));
    for (size_t i = 0; i < parts; i++) {
        LT_TRY(lt_table_cell(table, error, "%s", sums[i].name));
        LT_TRY(lt_table_cell(table, error, "%zu", sums[i].count));
        LT_TRY(lt_table_cell(table, error, "%.1f%%", 100.0 * (double)sums[i].count / (double)counts->total));
    }
    LT_TRY(lt_table_cell(table, error, "total"));
    LT_TRY(lt_table_cell(table, error, "%zu", counts->total));
    return lt_table_cell(table, error, "100.0%%");
}

lt_status lt_tensor_counts_print(const lt_tensor_counts *counts, lt_error *error)
{
    lt_table tensors = {.align = "llr"}, parts = {.align = "lrr"};
    lt_status status = fill_tensors(&tensors, counts, error);
    if (status == LT_OK) status = fill_parts(&parts, counts, error);
    if (status == LT_OK) {
        printf("\nParameters (%s)\n", counts->path);
        lt_table_print(&tensors, false, stdout);
        putchar('\n');
        lt_table_print(&parts, false, stdout);
    }
    lt_table_clear(&tensors);
    lt_table_clear(&parts);
    return status;
}

lt_status lt_tensor_counts_json(const lt_tensor_counts *counts, json_t *object, lt_error *error)
{
    part_sum sums[PARTS_MOST];
    size_t parts = sum_parts(counts, sums);
    json_t *tensors = json_array(), *of_parts = json_array();
    lt_status status = lt_json_set(object, "tensors", tensors, error);
    if (status == LT_OK) status = lt_json_set(object, "parts", of_parts, error);
    for (size_t i = 0; i < counts->count && status == LT_OK; i++) {
        const lt_tensor_count *t = &counts->items[i];
        json_t *shape = t->columns ? json_pack("[I, I]", (json_int_t)t->rows, (json_int_t)t->columns)
                                   : json_pack("[I]", (json_int_t)t->rows);
        status = lt_json_add(tensors,
                             json_pack("{ss so ss sI}", "name", t->name, "shape", shape, "part",
                                       lt_tensor_part(t->name), "parameters", (json_int_t)t->count),
                             error);
    }
    for (size_t i = 0; i < parts && status == LT_OK; i++)
        status = lt_json_add(
            of_parts, json_pack("{ss sI}", "part", sums[i].name, "parameters", (json_int_t)sums[i].count),
            error);
    return status;
}
