/* tokenizer_fixture.h: a small text, as lines for training, and models of it. */
#ifndef TOKENIZER_FIXTURE_H
#define TOKENIZER_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "model/batch.h"
#include "tokenizer/tokenizer.h"

static const char *const small_text[] = {
    "the cat sat on the mat",
    "the dog sat on the log",
    "a small cat and a small dog are sitting on a mat",
    "two dogs and two cats were running in the garden",
    "der Hund saß auf dem Stamm",
    "die Katze saß auf der Matte",
    "ein kleiner Hund und eine kleine Katze sitzen auf einer Matte",
    "zwei Hunde und zwei Katzen liefen durch den Garten",
    "un garçon mange une pomme, l'été, à côté d'une forêt",
    "\xE3\x83\x8D\xE3\x82\xB3\xE3\x81\xA8\xE7\x8A\xAC",
    NULL,
};

/* Lines of a list, over and over: a text that is long enough to count in. */
typedef struct line_list {
    const char *const *lines;
    size_t at, rounds;
} line_list;

static inline lt_status next_of_list(void *context, const char **bytes, size_t *length, bool *end,
                                     lt_error *error)
{
    (void)error;
    line_list *list = context;
    if (!list->lines[list->at] && list->rounds > 1) list->rounds--, list->at = 0;
    *end = !list->lines[list->at];
    if (*end) return LT_OK;
    *bytes = list->lines[list->at++];
    *length = strlen(*bytes);
    return LT_OK;
}

static inline lt_tokenizer_options options_of(int type)
{
    lt_tokenizer_options options = {0};
    assert_int_equal(lt_options_defaults(&options, lt_tokenizer_table, NULL), LT_OK);
    options.type = type;
    options.vocab_size = 150;
    return options;
}

static inline lt_text model_of(const lt_tokenizer_options *options)
{
    lt_text model = {0};
    lt_error error = {0};
    lt_tokenizer_training report;
    line_list list = {.lines = small_text, .rounds = 5};
    if (lt_tokenizer_train(&model, options, next_of_list, &list, &report, &error) != LT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(report.lines, 50);
    assert_int_equal(report.too_long + report.malformed, 0);
    return model;
}

static inline lt_tokenizer *tokenizer_of(const lt_tokenizer_options *options)
{
    lt_text model = model_of(options);
    lt_tokenizer *tokenizer;
    lt_error error = {0};
    if (lt_tokenizer_parse(&tokenizer, model.data, model.length, "small.model", NULL, &error) != LT_OK)
        fail_msg("%s", error.message);
    lt_text_clear(&model);
    return tokenizer;
}

/* A text there and back; the caller clears it. */
static inline lt_text round_trip(const lt_tokenizer *tokenizer, const char *bytes, size_t length)
{
    lt_ids ids = {0};
    lt_text text = {0};
    lt_error error = {0};
    if (lt_tokenizer_encode(tokenizer, &ids, bytes, length, &error) != LT_OK) fail_msg("%s", error.message);
    for (size_t i = 0; i < ids.count; i++) {
        assert_true(ids.items[i] >= LT_UNK);
        assert_true((size_t)ids.items[i] < lt_tokenizer_size(tokenizer));
    }
    if (lt_tokenizer_decode(tokenizer, &text, ids.items, ids.count, &error) != LT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(strlen(text.data), text.length);
    assert_null(strpbrk(text.data, "\r\n"));
    assert_true(lt_utf8_valid(text.data, text.length));
    lt_ids_clear(&ids);
    return text;
}

#endif
