/* A run with a test set, as comparisons need it. */
#ifndef EVALUATED_RUN_H
#define EVALUATED_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "experiments/evaluation.h"
#include "experiments/store.h"
#include "tests/ok.h"

static lt_error error;
static lt_store *store;

enum { SEGMENTS = 60 };

/* The score of a system that gets every `wrong`-th line's last word wrong; returns the BLEU. */
static double evaluate(const char *id, const char *set, int wrong, const char *source, const char *reference)
{
    static char texts[SEGMENTS][2][100];
    lt_metric_line hypotheses[SEGMENTS], references[SEGMENTS];
    for (int i = 0; i < SEGMENTS; i++) {
        snprintf(texts[i][0], 100, "the %d small dogs of house %d run over the wide %s", i, i / 2,
                 i % wrong == 0 ? "road" : "field");
        snprintf(texts[i][1], 100, "the %d small dogs of house %d run over the wide field", i, i / 2);
        hypotheses[i] = (lt_metric_line){texts[i][0], strlen(texts[i][0])};
        references[i] = (lt_metric_line){texts[i][1], strlen(texts[i][1])};
    }
    lt_evaluation evaluation;
    OK(lt_evaluate(&evaluation, set, hypotheses, references, SEGMENTS, 1, &error));
    evaluation.record.source_sha256 = source;
    evaluation.record.reference_sha256 = reference;
    OK(lt_store_add_evaluation(store, id, &evaluation.record, &error));
    double bleu = evaluation.scores[LT_METRIC_BLEU].score;
    lt_evaluation_clear(&evaluation);
    return bleu;
}

#endif
