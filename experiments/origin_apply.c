/* origin_apply.c: what a training takes over from its origin: tokenizers, and parameters piece by piece. */
#include <stdlib.h>
#include <string.h>

#include "experiments/origin.h"
#include "experiments/run_folder.h"
#include "model/base/file.h"

enum { MODEL_BYTES_MAX = 256 << 20 };

/* ---- tokenizers ---- */

static lt_status give(const lt_origin *origin, const char *name, const lt_tokenizer *tokenizer,
                      const char *folder, const char *as, lt_error *error)
{
    char sha256[LT_SHA256_HEX];
    lt_text bytes = {0};
    char *from = lt_path_join(origin->options.folder, name), *to = lt_path_join(folder, as);
    lt_status status = from && to ? lt_file_read(&bytes, from, MODEL_BYTES_MAX, error)
                                  : lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    if (status == LT_OK) {
        lt_sha256_bytes(bytes.data, bytes.length, sha256);
        status = strcmp(sha256, lt_tokenizer_sha256(tokenizer)) == 0
                     ? lt_file_write(to, bytes.data, bytes.length, error)
                     : lt_fail(error, LT_ERROR_MISMATCH, "%s was replaced meanwhile; try again", from);
    }
    lt_text_clear(&bytes);
    free(from);
    free(to);
    return status;
}

lt_status lt_origin_give_tokenizers(const lt_origin *origin, const char *folder, int task, lt_error *error)
{
    const lt_tokenizers *t = &origin->tokenizers;
    if (t->src == t->trg) return give(origin, LT_TOKENIZER_JOINT, t->src, folder, LT_TOKENIZER_JOINT, error);
    if (task == LT_TASK_CLASSIFY)
        return give(origin, LT_TOKENIZER_SRC, t->src, folder, LT_TOKENIZER_JOINT, error);
    LT_TRY(give(origin, LT_TOKENIZER_SRC, t->src, folder, LT_TOKENIZER_SRC, error));
    return give(origin, LT_TOKENIZER_TRG, t->trg, folder, LT_TOKENIZER_TRG, error);
}

/* ---- rows ---- */

/* The rows of a vocabulary in the origin's, in new memory; and, where it has a `name`, a line that counts
 * them. */
static lt_status match(int32_t **rows, const char *name, const lt_tokenizer *tokenizer,
                       const lt_tokenizer *other, lt_text *note, lt_error *error)
{
    const size_t pieces = lt_tokenizer_size(tokenizer), old = lt_tokenizer_size(other);
    *rows = malloc(pieces * sizeof **rows);
    if (!*rows) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pieces", pieces);
    const size_t matched = lt_tokenizer_match(tokenizer, other, *rows);
    if (!name) return LT_OK;
    return lt_text_appendf(
        note, error,
        "%s: of %zu pieces %zu are carried over and %zu are new; %zu of the other run's %zu "
        "are not in it\n",
        name, pieces, matched, pieces - matched, old - matched, old);
}

static lt_status match_pieces(const lt_origin *origin, const lt_tokenizers *new, bool target,
                              int32_t *rows[3], lt_text *note, lt_error *error)
{
    const lt_tokenizers *old = &origin->tokenizers;
    const bool joint = target && new->src == new->trg && old->src == old->trg;
    LT_TRY(match(&rows[0], joint ? "vocabulary of both sides" : "source vocabulary", new->src, old->src, note,
                 error));
    return target ? match(&rows[1], joint ? NULL : "target vocabulary", new->trg, old->trg, note, error)
                  : LT_OK;
}

/* Tokenizers that are kept must be those that are there. */
static lt_status check_kept(const lt_origin *origin, const lt_tokenizers *new, bool target, lt_error *error)
{
    const lt_tokenizers *old = &origin->tokenizers;
    bool same = strcmp(lt_tokenizer_sha256(new->src), lt_tokenizer_sha256(old->src)) == 0 &&
                (!target || strcmp(lt_tokenizer_sha256(new->trg), lt_tokenizer_sha256(old->trg)) == 0);
    if (same) return LT_OK;
    return lt_fail(error, LT_ERROR_MISMATCH,
                   "the run's folder has another tokenizer than %s, whose vocabulary was to be kept",
                   origin->options.folder);
}

static lt_status match_labels(int32_t **rows, const lt_labels *labels, const lt_labels *other, lt_text *note,
                              lt_error *error)
{
    const size_t classes = labels->names.count;
    size_t matched = 0;
    *rows = malloc((classes + 1) * sizeof **rows);
    if (!*rows) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu labels", classes);
    for (size_t i = 0; i < classes; i++) {
        const char *name = labels->names.items[i];
        const lt_line line = {.bytes = name, .length = strlen(name)};
        (*rows)[i] = lt_labels_find(other, &line); /* -1, LT_NEW_ROW: there is none */
        matched += (*rows)[i] >= 0;
    }
    return lt_text_appendf(note, error, "labels: of %zu %zu are carried over and %zu are new\n", classes,
                           matched, classes - matched);
}

/* ---- the parameters ---- */

/* A line that says which of the model's tensors were not taken; LT_ERROR_USAGE for none at all. */
static lt_status tell_taken(const lt_origin *origin, const lt_model *model, const bool *taken, lt_text *note,
                            lt_error *error)
{
    const size_t count = lt_model_parameter_count(model);
    size_t left = 0;
    for (size_t i = 0; i < count; i++) left += !taken[i];
    if (left == count)
        return lt_fail(
            error, LT_ERROR_USAGE,
            "no parameter of the model has the name and shape of one in %s/%s: there is nothing to begin "
            "from",
            origin->options.folder, origin->options.checkpoint);
    LT_TRY(lt_text_appendf(note, error, "parameters: %zu of %zu tensors are taken over%s", count - left,
                           count, left ? "; new are " : ""));
    for (size_t i = 0, told = 0; i < count; i++)
        if (!taken[i])
            LT_TRY(
                lt_text_appendf(note, error, "%s%s", told++ ? ", " : "", lt_model_parameter(model, i)->name));
    LT_TRY(lt_text_appendf(note, error, "\n"));
    if (left == 0 || origin->options.partial) return LT_OK;
    return lt_fail(error, LT_ERROR_MISMATCH, "%s/%s: %s", origin->options.folder, origin->options.checkpoint,
                   note->data); /* what lt_origin_fit() should have seen */
}

static lt_status transplant(const lt_origin *origin, lt_model *model, int32_t *const rows[3], lt_text *note,
                            lt_error *error)
{
    const lt_transplant_rows wanted = {.src = rows[0], .trg = rows[1], .classes = rows[2]};
    bool *taken = calloc(lt_model_parameter_count(model), sizeof *taken);
    if (!taken) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_model_transplant(model, origin->model, &wanted, taken);
    lt_status status = tell_taken(origin, model, taken, note, error);
    free(taken);
    return status;
}

lt_status lt_origin_apply(lt_origin *origin, lt_model *model, const lt_tokenizers *tokenizers,
                          const lt_labels *labels, lt_text *note, lt_error *error)
{
    const bool classifier = lt_model_classes(model) > 0, of_classifier = lt_model_classes(origin->model) > 0;
    const bool target = !classifier && !of_classifier;
    int32_t *rows[3] = {0};
    lt_status status = origin->options.vocabulary == LT_VOCABULARY_NEW
                           ? match_pieces(origin, tokenizers, target, rows, note, error)
                           : check_kept(origin, tokenizers, target, error);
    if (status == LT_OK && classifier && of_classifier)
        status = match_labels(&rows[2], labels, &origin->labels, note, error);
    if (status == LT_OK) status = transplant(origin, model, rows, note, error);
    for (size_t i = 0; i < 3; i++) free(rows[i]);
    lt_model_free(origin->model);
    origin->model = NULL;
    return status;
}
