/* A tiny model with attention, of whose translations all can be written down. */
#ifndef SEARCH_FIXTURE_H
#define SEARCH_FIXTURE_H

#include <math.h>

#include "tests/model/network_fixture.h"
#include "translate/search.h"

/* Pieces 4..7, and a target of at most LIMIT of them with the end of sentence: 1 + 4 + 16 + 64 complete
 * translations of a source of SRC_LENGTH pieces. */
enum {
    VOCABULARY = 8,
    SRC_LENGTH = 3,
    LIMIT = 4,
    WORDS = VOCABULARY - LT_RESERVED,
    SOURCES = 6,
    ALL = 1000,
    SAID = 1 + WORDS + WORDS * WORDS + WORDS * WORDS * WORDS
};

static lt_error error;

typedef struct setting {
    lt_model *model;
    lt_pool *pool;
    lt_decoder *decoder;
    fixture_batch f;
    lt_decoding_options options;
    lt_search_result result;
} setting;

/* One number of the output layer's bias. */
static inline void set_bias(const setting *s, int32_t id, real value)
{
    size_t found = 0;
    for (size_t p = 0; p < lt_model_parameter_count(s->model); p++) {
        const lt_parameter *parameter = lt_model_parameter(s->model, p);
        if (strcmp(parameter->name, "output.bias") != 0) continue;
        lt_model_values(s->model)[parameter->offset + (size_t)id] = value;
        found++;
    }
    assert_int_equal(found, 1);
    lt_model_pack(s->model, s->pool);
}

/* Pieces that are never said have next to no probability. */
static inline void set_up(setting *s, bool reversed)
{
    lt_model_options options = fixture_options(2, 12, 8, LT_TIED_NONE);
    memset(s, 0, sizeof *s);
    options.encoder.reverse_source = reversed;
    options.decoder.attention = LT_ATTENTION_GENERAL;
    options.decoder.input_feeding = true;
    assert_ok(lt_model_create(&s->model, &options, VOCABULARY, VOCABULARY, 3, &error));
    real *values = lt_model_values(s->model);
    for (size_t i = 0; i < lt_model_size(s->model); i++) values[i] *= 3; /* so that it has preferences */
    assert_ok(lt_pool_create(&s->pool, 1, &error));
    for (int32_t id = 0; id < LT_RESERVED; id++)
        if (id != LT_EOS) set_bias(s, id, -50);
    assert_ok(lt_decoder_create(&s->decoder, s->model, &error));
    fixture_batch_init(&s->f, SOURCES, SRC_LENGTH, VOCABULARY, 5);
    for (size_t b = 0; b < SOURCES; b++) s->f.src_length[b] = SRC_LENGTH;
    assert_ok(lt_options_defaults(&s->options, lt_decoding_table, &error));
    s->options.max_length_factor = 1;
    assert_int_equal(lt_search_limit(&s->options, SRC_LENGTH), LIMIT);
}

static inline void tear_down(setting *s)
{
    lt_search_result_clear(&s->result);
    lt_decoder_free(s->decoder);
    lt_pool_free(s->pool);
    lt_model_free(s->model);
}

/* The number-th thing that can be said; its length. */
static inline size_t say(size_t number, int32_t *ids)
{
    size_t length = 0;
    for (size_t variants = 1; number >= variants; variants *= WORDS, length++) number -= variants;
    for (size_t i = 0; i < length; i++, number /= WORDS) ids[i] = (int32_t)(LT_RESERVED + number % WORDS);
    return length;
}

static inline double score_of(const setting *s, size_t sentence, const int32_t *ids, size_t length)
{
    double log_probability;
    lt_batch pair = {1, &s->f.src[sentence], &s->f.src_length[sentence], &ids, &length};
    assert_ok(lt_model_score(s->model, s->pool, &pair, &log_probability, NULL, &error));
    return log_probability;
}

static inline bool repeats(const int32_t *ids, size_t length, size_t n)
{
    for (size_t i = 0; n > 0 && i + n <= length; i++)
        for (size_t j = 0; j < i; j++)
            if (memcmp(ids + i, ids + j, n * sizeof *ids) == 0) return true;
    return false;
}

/* Two results are the same for sentence a of one and b of the other. */
static inline void same_sentence(const lt_search_result *x, size_t a, const lt_search_result *y, size_t b)
{
    size_t i = 0, j = 0;
    while (x->items[i].sentence < a) i++;
    while (y->items[j].sentence < b) j++;
    for (; i < x->count && x->items[i].sentence == a; i++, j++) {
        const lt_hypothesis *p = &x->items[i], *q = &y->items[j];
        assert_true(j < y->count && q->sentence == b);
        assert_true(p->length == q->length && p->cut == q->cut && p->log_probability == q->log_probability);
        assert_true(p->score == q->score && p->coverage_penalty == q->coverage_penalty);
        assert_memory_equal(x->ids.items + p->begin, y->ids.items + q->begin, p->length * sizeof(int32_t));
        if (x->looked_at.count)
            assert_memory_equal(x->looked_at.items + p->begin, y->looked_at.items + q->begin,
                                p->length * sizeof(int32_t));
    }
    assert_true(j == y->count || y->items[j].sentence != b);
}

#endif
