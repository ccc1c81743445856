/* latimer gradients: how far back through the source the loss reaches, step by step. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/command.h"
#include "experiments/commands/find_run.h"
#include "experiments/commands/signals.h"
#include "experiments/commands/table.h"
#include "experiments/run_model.h"
#include "experiments/store_json.h"

enum { BLOCK_PAIRS = 512 }; /* looked at at a time: what bounds the memory */

typedef struct gradients_options {
    int64_t max_distance, max_length;
    int checkpoint;
    bool json;
} gradients_options;

static const lt_option table[] = {
    {.key = "max_distance",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(gradients_options, max_distance),
     .default_value = "30",
     .minimum = 0,
     .maximum = 100000,
     .help = "The farthest step back that is shown; the longest source may end it before."},
    {.key = "max_length",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(gradients_options, max_length),
     .default_value = "0",
     .minimum = 0,
     .maximum = 100000,
     .help = "Pairs with more pieces than this on a side are left out and counted, as in training; 0: as the "
             "run's experiment has it."},
    {.key = "checkpoint",
     .type = LT_OPTION_CHOICE,
     .offset = offsetof(gradients_options, checkpoint),
     .default_value = "best",
     .choices = lt_checkpoint_choices,
     .help = "Which of the run's models is looked into."},
    {.key = "json",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(gradients_options, json),
     .default_value = "false",
     .help = "As JSON, with more digits."},
    {0},
};

/* What is known of a distance so far, over the sentences that reach it. */
typedef struct reach {
    size_t sentences;
    double norm, at_end; /* sums of the norm there, and of the same sentences' at distance 0 */
} reach;

typedef struct work {
    const gradients_options *options;
    lt_run_model run;
    lt_pairs pairs;
    lt_dataset block;
    size_t max_length, distances;
    reach *reach; /* (distances) */
    double *norm; /* (BLOCK_PAIRS, distances) */
    size_t empty, too_long, taken, lines;
    const volatile sig_atomic_t *signal;
} work;

/* ---- the work ---- */

static lt_status read_block(work *w, bool *end, lt_error *error)
{
    lt_line src, trg;
    lt_dataset_clear(&w->block);
    while (w->block.pairs < BLOCK_PAIRS) {
        LT_TRY(lt_pairs_next(&w->pairs, &src, &trg, end, error));
        if (*end) break;
        w->lines++;
        LT_TRY(lt_dataset_add(&w->block, &w->run.tokenizers, &src, &trg, w->max_length, error));
    }
    w->empty += w->block.counts.empty;
    w->too_long += w->block.counts.too_long;
    w->taken += w->block.pairs;
    return LT_OK;
}

static lt_status look_at_block(work *w, lt_error *error)
{
    const int32_t *src[BLOCK_PAIRS], *trg[BLOCK_PAIRS];
    size_t src_length[BLOCK_PAIRS], trg_length[BLOCK_PAIRS];
    const lt_batch batch = {w->block.pairs, src, src_length, trg, trg_length};
    for (size_t i = 0; i < batch.size; i++) {
        src[i] = lt_dataset_src(&w->block, i, &src_length[i]);
        trg[i] = lt_dataset_trg(&w->block, i, &trg_length[i]);
    }
    LT_TRY(lt_model_gradient_norms(w->run.model, w->run.pool, &batch, w->distances, w->norm, error));
    for (size_t i = 0; i < batch.size; i++) {
        const double *norm = w->norm + i * w->distances;
        for (size_t k = 0; k < w->distances && k <= src_length[i]; k++) {
            w->reach[k].sentences++;
            w->reach[k].norm += norm[k];
            w->reach[k].at_end += norm[0];
        }
    }
    return LT_OK;
}

static lt_status look_at_all(work *w, lt_error *error)
{
    for (bool end = false; !end;) {
        int number = *w->signal;
        if (number) return lt_fail_signal(error, number, " after %zu lines", w->lines);
        LT_TRY(read_block(w, &end, error));
        lt_status status = look_at_block(w, error);
        if (status == LT_ERROR_NUMERIC)
            lt_error_context(error, "in the pairs that end with line %zu", w->lines);
        LT_TRY(status);
    }
    if (w->taken) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "no pair is left to look at: of %zu, %zu have an empty side and %zu more than %zu pieces "
                   "on a side (see --max-length)",
                   w->lines, w->empty, w->too_long, w->max_length);
}

/* ---- what is printed ---- */

static double mean_of(const reach *r)
{
    return r->norm / (double)r->sentences;
}

static lt_status print_table(const work *w, lt_error *error)
{
    lt_table out = {.align = "rrrr"};
    lt_status status = lt_table_heading(&out, "distance|sentences|norm|ratio", error);
    for (size_t k = 0; status == LT_OK && k < w->distances && w->reach[k].sentences; k++) {
        const reach *r = &w->reach[k];
        status = lt_table_cell(&out, error, "%zu", k);
        if (status == LT_OK) status = lt_table_cell(&out, error, "%zu", r->sentences);
        if (status == LT_OK) status = lt_table_cell(&out, error, "%.3e", mean_of(r));
        if (status == LT_OK) status = lt_table_cell(&out, error, "%.3e", r->norm / r->at_end);
    }
    if (status == LT_OK) lt_table_print(&out, false, stdout);
    lt_table_clear(&out);
    return status;
}

static lt_status print_json(const work *w, lt_error *error)
{
    json_t *distances = json_array();
    for (size_t k = 0; k < w->distances && w->reach[k].sentences; k++) {
        const reach *r = &w->reach[k];
        json_array_append_new(distances, json_pack("{sI sI so so}", "distance", (json_int_t)k, "sentences",
                                                   (json_int_t)r->sentences, "norm", lt_json_real(mean_of(r)),
                                                   "ratio", lt_json_real(r->norm / r->at_end)));
    }
    json_t *all =
        json_pack("{so ss sI sI sI sI so}", "run", lt_json_text(w->run.folder), "checkpoint",
                  w->run.checkpoint, "update", (json_int_t)w->run.update, "sentences", (json_int_t)w->taken,
                  "empty", (json_int_t)w->empty, "too_long", (json_int_t)w->too_long, "distances", distances);
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for JSON");
    lt_status status = lt_json_print(stdout, all, error);
    json_decref(all);
    return status;
}

static lt_status tell(const work *w, lt_error *error)
{
    lt_text remarks = {0};
    lt_status status = lt_reader_remarks(w->pairs.src, &remarks, error);
    if (status == LT_OK) status = lt_reader_remarks(w->pairs.trg, &remarks, error);
    if (status == LT_OK && remarks.length) fputs(remarks.data, stderr);
    lt_text_clear(&remarks);
    fprintf(stderr, "%zu pairs; left out: %zu with an empty side, %zu with over %zu pieces on a side\n",
            w->taken, w->empty, w->too_long, w->max_length);
    return status;
}

/* ---- all ---- */

static lt_status begin(work *w, const lt_strings *operands, const lt_common_options *common, lt_error *error)
{
    const gradients_options *o = w->options;
    lt_found_run found = {0};
    lt_status status = lt_find_run(&found, operands->items[0], common->db, error);
    if (status == LT_OK)
        status = lt_run_model_open(&w->run, found.folder, lt_checkpoint_files[o->checkpoint],
                                   LT_TASK_TRANSLATE, (size_t)common->threads, LT_RUN_FOR_GRADIENTS, error);
    free(found.folder);
    LT_TRY(status);
    LT_TRY(lt_pairs_open(&w->pairs, operands->items[1], operands->items[2], error));
    w->max_length = o->max_length ? (size_t)o->max_length : (size_t)w->run.experiment.data.max_length;
    size_t most = (size_t)o->max_distance; /* a source of n pieces has a distance of n, its first piece's */
    w->distances = (most < w->max_length ? most : w->max_length) + 1;
    w->reach = calloc(w->distances, sizeof *w->reach);
    w->norm = malloc(BLOCK_PAIRS * w->distances * sizeof *w->norm);
    if (!w->reach || !w->norm)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu distances", w->distances);
    return LT_OK;
}

static lt_status run_gradients(const void *arguments, const lt_common_options *common,
                               const lt_strings *operands, lt_error *error)
{
    work w = {.options = arguments, .signal = lt_catch_signals()};
    if (strcmp(operands->items[1], "-") == 0 && strcmp(operands->items[2], "-") == 0)
        return lt_fail(error, LT_ERROR_USAGE, "SRC and TRG cannot both be standard input");
    lt_status status = begin(&w, operands, common, error);
    if (status == LT_OK) status = look_at_all(&w, error);
    if (status == LT_OK) status = w.options->json ? print_json(&w, error) : print_table(&w, error);
    if (status == LT_OK && !common->quiet) status = tell(&w, error);
    free(w.norm);
    free(w.reach);
    lt_dataset_clear(&w.block);
    lt_pairs_close(&w.pairs);
    lt_run_model_clear(&w.run);
    return status;
}

const lt_command lt_command_gradients = {
    .name = "gradients",
    .usage = "RUN SRC TRG [options]",
    .summary = "how far back through the source the gradient of the loss reaches",
    .description =
        "Takes line i of TRG as the translation of line i of SRC (plain, .gz or .zst) and prints, for each\n"
        "distance k, the mean over sentences of |dL/dh|: L is the sentence's negative log-likelihood under "
        "the\n"
        "run's model, h the state of the encoder's top layer k steps before its last one, at which it has "
        "read the\n"
        "end of sentence. Steps are counted as the encoder reads: with reverse_source the farthest one is "
        "the\n"
        "source's last word. 'ratio' is that mean over the mean at distance 0 of the same sentences, since "
        "only the\n"
        "longer ones reach the greater distances.\n"
        "\n"
        "Without attention all that the decoder knows comes through the last state, and the ratio says what "
        "is left\n"
        "of its gradient k steps before. With attention the decoder looks at each state, too, and the "
        "gradient is\n"
        "that of both ways together. Of a layer with two directions it is the first one's; in the "
        "alternating stacks\n"
        "that is one that reads backwards where the layers are even in number. Nothing is dropped out, the "
        "model is\n"
        "not changed, nothing is recorded, and the figures are the same for any --threads.",
    .table = table,
    .size = sizeof(gradients_options),
    .least = 3,
    .most = 3,
    .run = run_gradients,
};
