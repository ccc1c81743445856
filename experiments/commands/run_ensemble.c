#include "experiments/commands/run_ensemble.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char lt_weights_help[] =
    "Of several runs: how much each one's probabilities count, a number above 0 for each in their order, as "
    "1,2,1; only their ratios matter. Unless given, all count the same.";

static lt_status bad_weights(const char *text, size_t count, lt_error *error)
{
    if (count == 1)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--weights %.100s weighs several runs against each other, and there is only one; name "
                       "the others too, or leave it out",
                       text);
    return lt_fail(
        error, LT_ERROR_USAGE,
        "--weights %.100s: as many numbers above 0 as there are runs (%zu) are wanted, with commas "
        "between, like %s",
        text, count, count == 2 ? "1,2" : "1,2,1");
}

static lt_status read_weights(lt_run_ensemble *e, const char *text, size_t count, lt_error *error)
{
    const char *at = text;
    if (!text) return LT_OK;
    if (count == 1) return bad_weights(text, count, error);
    e->weights = calloc(count, sizeof *e->weights);
    if (!e->weights) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        char *end;
        if (!isdigit((unsigned char)*at) && *at != '.') return bad_weights(text, count, error);
        e->weights[i] = strtod(at, &end);
        if (!(e->weights[i] > 0) || !isfinite(e->weights[i]) || *end != (i + 1 < count ? ',' : '\0'))
            return bad_weights(text, count, error);
        at = end + 1;
    }
    return LT_OK;
}

static lt_status check_side(const lt_run_ensemble *e, size_t i, const char *side, const lt_tokenizer *first,
                            const lt_tokenizer *own, lt_error *error)
{
    const char *hex = lt_tokenizer_sha256(first), *own_hex = lt_tokenizer_sha256(own);
    if (strcmp(hex, own_hex) == 0) return LT_OK;
    return lt_fail(
        error, LT_ERROR_MISMATCH,
        "the runs in %s and %s have different %s tokenizers (SHA-256 %.8s and %.8s), and models that "
        "translate together must have the same pieces; train the others with the first one's "
        "tokenizer: the same data.train and 'tokenizer' section of the experiment give the same "
        "one, whatever 'model', 'training' and 'seed' are",
        e->runs[0].folder, e->runs[i].folder, side, hex, own_hex);
}

static lt_status check_tokenizers(const lt_run_ensemble *e, size_t i, lt_error *error)
{
    const lt_tokenizers *first = &e->runs[0].tokenizers, *own = &e->runs[i].tokenizers;
    LT_TRY(check_side(e, i, "source", first->src, own->src, error));
    return check_side(e, i, "target", first->trg, own->trg, error);
}

static lt_status open_run(lt_run_ensemble *e, size_t i, const char *name, const lt_run_ensemble_setting *s,
                          lt_error *error)
{
    lt_run_model *run = &e->runs[i];
    LT_TRY(lt_find_run(&e->found[i], name, s->db, error));
    e->count = i + 1;
    if (i == 0)
        LT_TRY(lt_run_model_open(run, e->found[i].folder, s->checkpoint, LT_TASK_TRANSLATE, s->threads,
                                 s->precision, s->purposes, error));
    else
        LT_TRY(lt_run_model_open_beside(run, e->found[i].folder, s->checkpoint, LT_TASK_TRANSLATE,
                                        e->runs[0].pool, s->precision, s->purposes, error));
    lt_tell_model(run, s->quiet);
    e->models[i] = run->model;
    return i ? check_tokenizers(e, i, error) : LT_OK;
}

lt_status lt_run_ensemble_open(lt_run_ensemble *ensemble, char *const *names, size_t count,
                               const lt_run_ensemble_setting *setting, lt_error *error)
{
    *ensemble = (lt_run_ensemble){.found = calloc(count, sizeof *ensemble->found),
                                  .runs = calloc(count, sizeof *ensemble->runs),
                                  .models = calloc(count, sizeof *ensemble->models)};
    if (!ensemble->found || !ensemble->runs || !ensemble->models)
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu runs", count);
    LT_TRY(read_weights(ensemble, setting->weights, count, error));
    for (size_t i = 0; i < count; i++) LT_TRY(open_run(ensemble, i, names[i], setting, error));
    ensemble->ensemble = (lt_ensemble){ensemble->models, count, ensemble->weights};
    return lt_ensemble_check(&ensemble->ensemble, error);
}

void lt_run_ensemble_clear(lt_run_ensemble *ensemble)
{
    for (size_t i = ensemble->count; i-- > 0;) { /* the first one's pool last */
        lt_run_model_clear(&ensemble->runs[i]);
        free(ensemble->found[i].folder);
    }
    free(ensemble->found);
    free(ensemble->runs);
    free(ensemble->models);
    free(ensemble->weights);
    *ensemble = (lt_run_ensemble){0};
}
