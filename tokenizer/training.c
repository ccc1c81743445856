#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/batch.h"
#include "tokenizer/line_sample.h"
#include "tokenizer/tokenizer_private.h"

/* The library drops, without a word, every line that holds this character (U+2585): it stands for <unk>
 * inside. */
static const char library_unknown[] = "\xE2\x96\x85";

enum { MEGABYTE = 1 << 20, LARGE_TEXT = 512 }; /* MB */

typedef struct feed {
    lt_tokenizer_lines next;
    void *context;
    lt_tokenizer_training *report;
    lt_text repaired, copy;
    size_t taken; /* lines that are not blank */
} feed;

static lt_status without_library_unknown(feed *f, const char **text, size_t length, lt_error *error)
{
    if (!length || !memmem(*text, length, library_unknown, 3)) return LT_OK;
    f->copy.length = 0;
    LT_TRY(lt_text_append(&f->copy, *text, length, error));
    for (char *at = f->copy.data; (at = memmem(at, f->copy.data + length - at, library_unknown, 3)); at += 3)
        memcpy(at, "   ", 3);
    *text = f->copy.data;
    return LT_OK;
}

static bool blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != ' ' && (text[i] < '\t' || text[i] > '\r')) return false;
    return true;
}

/* Refuses a text without a word: the library ends the process where it has nothing to count. */
static lt_status something_taken(const feed *f, lt_error *error)
{
    if (f->report->lines == 0)
        return lt_fail(error, LT_ERROR_USAGE, "cannot train a tokenizer: there are no lines of text");
    if (f->taken == 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "cannot train a tokenizer: of %zu lines, %zu are longer than %d bytes and the others "
                       "are blank",
                       f->report->lines, f->report->too_long, LT_TOKENIZER_LINE_MAX);
    return LT_OK;
}

/* The lines as the library can take them, those that are too long counted and left out. */
static lt_status next_line(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    feed *f = context;
    bool repaired;
    for (;;) {
        LT_TRY(f->next(f->context, bytes, length, end, error));
        if (*end) return something_taken(f, error);
        f->report->lines++;
        if (*length <= LT_TOKENIZER_LINE_MAX) break;
        f->report->too_long++;
    }
    LT_TRY(lt_utf8_clean(&f->repaired, bytes, length, *bytes, &repaired, error));
    f->report->malformed += repaired;
    LT_TRY(without_library_unknown(f, bytes, *length, error));
    f->taken += !blank(*bytes, *length);
    return LT_OK;
}

static lt_status choose(lt_strings *settings, const lt_tokenizer_options *o, lt_error *error)
{
    static const char *const types[] = {[LT_TOKENIZER_UNIGRAM] = "unigram",
                                        [LT_TOKENIZER_BPE] = "bpe",
                                        [LT_TOKENIZER_CHAR] = "char",
                                        [LT_TOKENIZER_WORD] = "word"};
    static const char *const rules[] = {[LT_NORMALIZE_NMT_NFKC] = "nmt_nfkc",
                                        [LT_NORMALIZE_NFKC] = "nfkc",
                                        [LT_NORMALIZE_IDENTITY] = "identity"};
    LT_TRY(lt_strings_addf(settings, error, "model_type=%s", types[o->type]));
    LT_TRY(lt_strings_addf(settings, error, "normalization_rule_name=%s", rules[o->normalization]));
    LT_TRY(lt_strings_addf(settings, error, "vocab_size=%lld", (long long)o->vocab_size));
    LT_TRY(lt_strings_addf(settings, error, "character_coverage=%.9g", o->character_coverage));
    LT_TRY(lt_strings_addf(settings, error, "byte_fallback=%s", o->byte_fallback ? "true" : "false"));
    LT_TRY(lt_strings_addf(settings, error, "pad_id=%d", LT_PAD));
    LT_TRY(lt_strings_addf(settings, error, "bos_id=%d", LT_BOS));
    LT_TRY(lt_strings_addf(settings, error, "eos_id=%d", LT_EOS));
    LT_TRY(lt_strings_addf(settings, error, "unk_id=%d", LT_UNK));
    LT_TRY(lt_strings_addf(settings, error, "hard_vocab_limit=false"));
    /* the model depends on the number of threads */
    LT_TRY(lt_strings_addf(settings, error, "num_threads=1"));
    LT_TRY(lt_strings_addf(settings, error, "input_sentence_size=0"));
    LT_TRY(lt_strings_addf(settings, error, "shuffle_input_sentence=false"));
    /* a repaired byte takes three */
    LT_TRY(lt_strings_addf(settings, error, "max_sentence_length=%d", 3 * LT_TOKENIZER_LINE_MAX));
    /* 64-bit positions: with 32 the library ends the process at 2^31 characters, but takes half the memory */
    bool large = o->training_text == 0 || o->training_text > LARGE_TEXT;
    return lt_strings_addf(settings, error, "train_extremely_large_corpus=%s", large ? "true" : "false");
}

/* Says what would do where the library says only what did not. */
static lt_status explain(const lt_tokenizer_options *options, lt_error *error)
{
    static const char too_small[] = "Vocabulary size is smaller than required_chars. ";
    const char *at = strstr(error->message, too_small);
    long long have, needed;
    if (at && sscanf(at + sizeof too_small - 1, "%lld vs %lld", &have, &needed) == 2)
        return lt_fail(error, LT_ERROR_USAGE,
                       "vocab_size %lld is too small: the characters of the text and the reserved pieces are "
                       "%lld; set it to more than that, or lower character_coverage",
                       have, needed);
    if (options->byte_fallback && options->vocab_size <= 256 + LT_RESERVED)
        return lt_fail(error, LT_ERROR_USAGE,
                       "vocab_size %lld is too small: with byte_fallback the bytes and the reserved pieces "
                       "alone are %d; set it to more than that",
                       (long long)options->vocab_size, 256 + LT_RESERVED);
    return lt_error_context(error, "cannot train a tokenizer on this text");
}

/* The library is content to write a model of no pieces; we are not. */
static lt_status check_result(const lt_text *model, size_t start, lt_error *error)
{
    lt_model_facts facts;
    if (lt_model_walk(&facts, model->data + start, model->length - start, "the trained model", error) ==
        LT_OK)
        return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE,
                   "cannot train a tokenizer: nothing is left of the text when it is normalised");
}

static lt_status draw(lt_line_sample *sample, feed *f, lt_error *error)
{
    const char *bytes;
    size_t length;
    for (bool end = false;;) {
        LT_TRY(next_line(f, &bytes, &length, &end, error));
        if (end) break;
        LT_TRY(lt_line_sample_offer(sample, bytes, length, error));
    }
    f->report->drawn = sample->kept;
    return LT_OK;
}

/* All lines, or a sample of what is too much to be held. */
static lt_status train_on_sample(lt_text *model, const lt_strings *settings,
                                 const lt_tokenizer_options *options, feed *f, lt_error *error)
{
    lt_line_sample sample = {.budget = (size_t)options->training_text * MEGABYTE};
    lt_status status = draw(&sample, f, error);
    if (status == LT_OK) status = lt_train_apart(model, settings, lt_line_sample_next, &sample, error);
    lt_line_sample_clear(&sample);
    return status;
}

static lt_status train(lt_text *model, const lt_strings *settings, const lt_tokenizer_options *options,
                       feed *f, lt_error *error)
{
    size_t start = model->length;
    lt_status status = train_on_sample(model, settings, options, f, error);
    if (status == LT_OK) {
        status = check_result(model, start, error);
        if (status != LT_OK) model->length = start;
        return status;
    }
    if (status != LT_ERROR_USAGE || f->taken == 0) return status;
    return explain(options, error);
}

lt_status lt_tokenizer_train(lt_text *model, const lt_tokenizer_options *options, lt_tokenizer_lines next,
                             void *context, lt_tokenizer_training *report, lt_error *error)
{
    lt_tokenizer_training unused;
    lt_strings settings = {0};
    lt_error own = {0};
    feed f = {.next = next, .context = context, .report = report ? report : &unused};
    *f.report = (lt_tokenizer_training){0};
    lt_status status = choose(&settings, options, &own);
    if (status == LT_OK) status = train(model, &settings, options, &f, &own);
    if (status != LT_OK && error) *error = own;
    lt_strings_clear(&settings);
    lt_text_clear(&f.repaired);
    lt_text_clear(&f.copy);
    return status;
}
