/* What subword regularisation costs an epoch: every line of a corpus drawn anew.
 *
 *   bench_resegment MODEL SRC TRG [ALPHA [WORKERS]]     processor time, of all workers */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "corpora/corpora.h"

enum { ROUNDS = 5, MEMORY = 16 << 20, MOST = 100 };

static double processor_seconds(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static lt_status read_corpus(lt_dataset *dataset, const lt_tokenizers *tokenizers, lt_pool *pool,
                             char **arguments, lt_error *error)
{
    const lt_dataset_setting setting = {
        .tokenizers = tokenizers, .max_length = MOST, .memory = MEMORY, .pool = pool};
    lt_pairs pairs;
    LT_TRY(lt_pairs_open(&pairs, arguments[2], arguments[3], error));
    lt_status status = lt_dataset_read(dataset, &pairs, &setting, error);
    lt_pairs_close(&pairs);
    return status;
}

static lt_status measure(const lt_dataset *dataset, const lt_tokenizers *tokenizers, double alpha,
                         lt_pool *pool, lt_error *error)
{
    const lt_regularization_options options = {.alpha = alpha, .dropout = alpha, .src = 1, .trg = 1};
    const lt_resegmenter_setting setting = {.tokenizers = tokenizers,
                                            .options = &options,
                                            .max_length = MOST,
                                            .memory = MEMORY,
                                            .seed = 1,
                                            .pool = pool};
    lt_resegmenter *resegmenter;
    double lines = 2 * (double)dataset->pairs, least = 1e30, began = processor_seconds();
    LT_TRY(lt_resegmenter_create(&resegmenter, dataset, &setting, error));
    printf("made ready in %.1f ms; ", 1e3 * (processor_seconds() - began));
    lt_status status = LT_OK;
    for (uint64_t epoch = 0; epoch < ROUNDS && status == LT_OK; epoch++) {
        began = processor_seconds();
        status = lt_resegmenter_epoch(resegmenter, epoch, error);
        double seconds = processor_seconds() - began;
        if (seconds < least) least = seconds;
    }
    const lt_dataset *drawn = lt_resegmenter_dataset(resegmenter);
    if (status == LT_OK)
        printf("drawn in %.2f us a line, %.3f s an epoch; %zu + %zu pieces, the best way %zu + %zu\n",
               1e6 * least / lines, least, drawn->src_tokens, drawn->trg_tokens, dataset->src_tokens,
               dataset->trg_tokens);
    lt_resegmenter_free(resegmenter);
    return status;
}

int main(int count, char **arguments)
{
    lt_error error = {0};
    lt_tokenizers tokenizers = {0};
    lt_dataset dataset = {0};
    lt_pool *pool = NULL;
    lt_status status = LT_ERROR_USAGE;
    if (count < 4) {
        fprintf(stderr, "bench_resegment: MODEL SRC TRG [ALPHA [WORKERS]] wanted\n");
        return 2;
    }
    LT_GOTO(status, lt_pool_create(&pool, count > 5 ? strtoul(arguments[5], NULL, 10) : 1, &error), done);
    LT_GOTO(status, lt_tokenizer_load(&tokenizers.src, arguments[1], NULL, &error), done);
    tokenizers.trg = tokenizers.src;
    double began = processor_seconds();
    LT_GOTO(status, read_corpus(&dataset, &tokenizers, pool, arguments, &error), done);
    printf("%zu pairs: read in %.2f us a line; ", dataset.pairs,
           1e6 * (processor_seconds() - began) / (2 * (double)dataset.pairs));
    status = measure(&dataset, &tokenizers, count > 4 ? strtod(arguments[4], NULL) : 0.1, pool, &error);
done:
    if (status != LT_OK) fprintf(stderr, "bench_resegment: %s\n", error.message);
    lt_dataset_clear(&dataset);
    lt_tokenizers_clear(&tokenizers);
    lt_pool_free(pool);
    return status != LT_OK;
}
