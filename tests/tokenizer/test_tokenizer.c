#include "tests/tokenizer/tokenizer_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "model/base/threads.h"
#include "tokenizer/line_sample.h"

static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_CHAR, LT_TOKENIZER_WORD};

static void every_type_trains_and_gives_its_text_back(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        assert_in_range(lt_tokenizer_size(tokenizer), 40, 150);
        for (size_t i = 0; small_text[i]; i++) {
            lt_text text = round_trip(tokenizer, small_text[i], strlen(small_text[i]));
            assert_string_equal(text.data, small_text[i]);
            lt_text_clear(&text);
        }
        lt_tokenizer_free(tokenizer);
    }
}

static void reserved_pieces_have_their_ids(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_PAD), "<pad>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_BOS), "<s>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_EOS), "</s>");
        assert_string_equal(lt_tokenizer_piece(tokenizer, LT_UNK), "<unk>");
        for (size_t id = 0; id < lt_tokenizer_size(tokenizer); id++)
            assert_int_equal(lt_tokenizer_id(tokenizer, lt_tokenizer_piece(tokenizer, id)), id);
        assert_int_equal(lt_tokenizer_id(tokenizer, "no such piece"), LT_UNK);
        lt_tokenizer_free(tokenizer);
    }
}

static void equal_text_gives_equal_bytes(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_text one = model_of(&options), two = model_of(&options);
        assert_int_equal(one.length, two.length);
        assert_memory_equal(one.data, two.data, one.length);
        lt_text_clear(&one);
        lt_text_clear(&two);
    }
}

static void what_the_text_calls_a_reserved_piece_is_none(void **state)
{
    (void)state;
    static const char line[] = "the cat </s> <s> <pad> <unk> sat</s>";
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_text text = round_trip(tokenizer, line, sizeof line - 1); /* checks the ids */
        assert_non_null(strstr(text.data, "the cat"));
        lt_text_clear(&text);
        lt_tokenizer_free(tokenizer);
    }
}

static void a_model_that_is_not_the_one_wanted_is_refused(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
    lt_text model = model_of(&options);
    lt_tokenizer *tokenizer;
    lt_error error = {0};
    char wrong[LT_SHA256_HEX];
    lt_sha256_bytes("other", 5, wrong);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", wrong, &error),
                     LT_ERROR_MISMATCH);
    assert_null(tokenizer);
    assert_non_null(strstr(error.message, wrong));
    lt_sha256_bytes(model.data, model.length, wrong);
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", wrong, &error), LT_OK);
    assert_string_equal(lt_tokenizer_sha256(tokenizer), wrong);
    lt_tokenizer_free(tokenizer);
    lt_text_clear(&model);
}

/* ---- training ---- */

static lt_status train_lines(lt_text *model, const lt_tokenizer_options *options, const char *const *lines,
                             lt_tokenizer_training *report, lt_error *error)
{
    line_list list = {.lines = lines, .rounds = 1};
    return lt_tokenizer_train(model, options, next_of_list, &list, report, error);
}

typedef struct numbered {
    size_t next, lines;
    char text[64];
} numbered;

static lt_status next_number(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    (void)error;
    numbered *n = context;
    *end = n->next == n->lines;
    *bytes = n->text;
    if (!*end)
        *length = (size_t)snprintf(n->text, sizeof n->text, "the cat number %zu sat on the mat", n->next++);
    return LT_OK;
}

static lt_text model_of_numbers(size_t lines, int64_t megabytes, size_t *drawn)
{
    lt_tokenizer_options options = options_of(LT_TOKENIZER_CHAR);
    numbered numbers = {.lines = lines};
    lt_tokenizer_training report;
    lt_text model = {0};
    lt_error error = {0};
    options.training_text = megabytes;
    if (lt_tokenizer_train(&model, &options, next_number, &numbers, &report, &error) != LT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(report.lines, lines);
    *drawn = report.drawn;
    return model;
}

static void of_much_text_lines_are_drawn(void **state)
{
    (void)state;
    size_t drawn, again;
    lt_text all = model_of_numbers(30000, 0, &drawn);
    assert_int_equal(drawn, 30000);
    lt_text small = model_of_numbers(15000, 1, &drawn);
    assert_int_equal(drawn, 15000);
    lt_text one = model_of_numbers(100000, 1, &drawn), two = model_of_numbers(100000, 1, &again);
    assert_in_range(drawn, 16000, 23000); /* of 46 to 50 bytes, in seven eighths of a megabyte or more */
    assert_int_equal(drawn, again);
    assert_int_equal(one.length, two.length);
    assert_memory_equal(one.data, two.data, one.length);
    lt_text_clear(&all);
    lt_text_clear(&small);
    lt_text_clear(&one);
    lt_text_clear(&two);
}

static void a_sample_is_of_all_the_lines(void **state)
{
    (void)state;
    enum { LINES = 100000, PARTS = 10 };
    lt_line_sample sample = {.budget = 50000};
    lt_error error = {0};
    size_t of_part[PARTS] = {0}, count = 0, before = 0;
    for (size_t i = 0; i < LINES; i++) {
        char line[16];
        int length = snprintf(line, sizeof line, "%zu.", i);
        assert_int_equal(lt_line_sample_offer(&sample, line, (size_t)length, &error), LT_OK);
        assert_true(sample.lines.length <= sample.budget);
    }
    for (;; count++) {
        const char *bytes;
        size_t length;
        bool end;
        assert_int_equal(lt_line_sample_next(&sample, &bytes, &length, &end, &error), LT_OK);
        if (end) break;
        size_t number = strtoul(bytes, NULL, 10);
        assert_true(count == 0 || number > before);
        of_part[(before = number) / (LINES / PARTS)]++;
    }
    assert_int_equal(count, sample.kept);
    assert_in_range(count, 1900, 2500);
    for (size_t i = 0; i < PARTS; i++) assert_in_range(of_part[i], count / 20, count / 5);
    lt_line_sample_clear(&sample);
}

static void a_small_text_gives_a_small_vocabulary(void **state)
{
    (void)state;
    static const char *const tiny[] = {"a", NULL};
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        options.vocab_size = 8000;
        lt_text model = {0};
        lt_error error = {0};
        if (train_lines(&model, &options, tiny, NULL, &error) != LT_OK) fail_msg("%s", error.message);
        lt_tokenizer *tokenizer;
        assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", NULL, &error), LT_OK);
        assert_in_range(lt_tokenizer_size(tokenizer), 5, 8);
        lt_text text = round_trip(tokenizer, "a", 1);
        assert_string_equal(text.data, "a");
        lt_text_clear(&text);
        lt_tokenizer_free(tokenizer);
        lt_text_clear(&model);
    }
}

/* What ends the library's process must not end ours, and leave nothing in the text that was to get the model.
 */
static void a_text_without_a_word_is_said(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const blank[] = {"  ", "", "\t", NULL};
    static const char *const vanishing[] = {"\xE2\x80\x8B", "\xE2\x96\x81", NULL}; /* U+200B, U+2581 */
    static const struct {
        const char *const *lines;
        const char *message;
    } cases[] = {{none, "no lines"}, {blank, "blank"}, {vanishing, "nothing is left"}};
    for (size_t t = 0; t < 4; t++)
        for (size_t i = 0; i < 3; i++) {
            lt_tokenizer_options options = options_of(types[t]);
            lt_text model = {0};
            lt_error error = {0};
            if (train_lines(&model, &options, cases[i].lines, NULL, &error) != LT_ERROR_USAGE)
                fail_msg("%s", error.message);
            assert_non_null(strstr(error.message, cases[i].message));
            assert_int_equal(model.length, 0);
            lt_text_clear(&model);
        }
}

static void too_small_a_vocabulary_is_said(void **state)
{
    (void)state;
    lt_text model = {0};
    lt_error error = {0};
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    options.vocab_size = 20;
    assert_int_equal(train_lines(&model, &options, small_text, NULL, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "vocab_size 20 is too small"));
    options.type = LT_TOKENIZER_WORD;
    options.byte_fallback = true;
    assert_int_equal(train_lines(&model, &options, small_text, NULL, &error), LT_ERROR_USAGE);
    assert_non_null(strstr(error.message, "byte_fallback"));
    lt_text_clear(&model);
}

static lt_status next_with_faults(void *context, const char **bytes, size_t *length, bool *end,
                                  lt_error *error)
{
    static char long_line[LT_TOKENIZER_LINE_MAX + 1];
    static const char nul[] = "a\0b the cat";
    size_t *line = context;
    *end = false;
    switch ((*line)++) {
    case 0:
        *bytes = nul, *length = sizeof nul - 1;
        return LT_OK;
    case 1:
        *bytes = "\xFF\xFE the cat", *length = 10;
        return LT_OK;
    case 2:
        memset(long_line, 'q', sizeof long_line), *bytes = long_line, *length = sizeof long_line;
        return LT_OK;
    case 3:
        *bytes = long_line, *length = 5;
        return LT_OK;
    case 4:
        *bytes = "\xE2\x96\x85 kept", *length = 8;
        return LT_OK; /* U+2585: the library would drop the line */
    case 5:
        *end = true;
        return LT_OK;
    default:
        return lt_fail(error, LT_ERROR_IO, "asked behind the end");
    }
}

static void odd_lines_are_counted(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_WORD);
    lt_tokenizer_training report;
    lt_text model = {0};
    lt_error error = {0};
    size_t line = 0;
    if (lt_tokenizer_train(&model, &options, next_with_faults, &line, &report, &error) != LT_OK)
        fail_msg("%s", error.message);
    assert_int_equal(report.lines, 5);
    assert_int_equal(report.too_long, 1);
    assert_int_equal(report.malformed, 2);
    lt_tokenizer *tokenizer;
    assert_int_equal(lt_tokenizer_parse(&tokenizer, model.data, model.length, "m", NULL, NULL), LT_OK);
    assert_int_not_equal(lt_tokenizer_id(tokenizer, "\xE2\x96\x81qqqqq"), LT_UNK);
    assert_int_not_equal(lt_tokenizer_id(tokenizer, "\xE2\x96\x81kept"), LT_UNK);
    lt_tokenizer_free(tokenizer);
    lt_text_clear(&model);
}

static lt_status next_that_fails(void *context, const char **bytes, size_t *length, bool *end,
                                 lt_error *error)
{
    size_t *left = context;
    *end = false;
    *bytes = "the cat sat on the mat";
    *length = 22;
    return (*left)-- ? LT_OK : lt_fail(error, LT_ERROR_FORMAT, "train.en.gz is cut off");
}

static void a_failure_of_the_lines_goes_through(void **state)
{
    (void)state;
    for (size_t lines = 0; lines < 20000; lines = lines * 30 + 1) {
        lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
        lt_text model = {0};
        lt_error error = {0};
        size_t left = lines;
        assert_int_equal(lt_tokenizer_train(&model, &options, next_that_fails, &left, NULL, &error),
                         LT_ERROR_FORMAT);
        assert_string_equal(error.message, "train.en.gz is cut off");
        lt_text_clear(&model);
    }
}

/* ---- text ---- */

static void bytes_stand_in_for_unknown_characters(void **state)
{
    (void)state;
    static const char line[] = "the \xC5\xBC\xC3\xB3\xC5\x82w \xF0\x9F\x90\xA2 cat";
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        options.byte_fallback = true;
        options.vocab_size = 410;
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_text text = round_trip(tokenizer, line, sizeof line - 1);
        assert_string_equal(text.data, line);
        lt_text_clear(&text);
        /* bytes that would break the line, or that are no character */
        lt_ids ids = {0};
        static const char *const bytes[] = {"<0x0A>", "<0x0D>", "<0x00>", "<0xE2>"};
        for (size_t i = 0; i < 4; i++) {
            int32_t id = lt_tokenizer_id(tokenizer, bytes[i]);
            assert_int_not_equal(id, LT_UNK);
            assert_int_equal(lt_ids_add(&ids, id, NULL), LT_OK);
        }
        text = (lt_text){0};
        assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids.items, ids.count, NULL), LT_OK);
        assert_string_equal(text.data, "   \xEF\xBF\xBD");
        lt_text_clear(&text);
        lt_ids_clear(&ids);
        lt_tokenizer_free(tokenizer);
    }
}

static void hostile_lines_stay_one_line(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *wanted; /* with unknown characters as U+2047; NULL: any line */
    } cases[] = {
        {"", 0, ""},
        {" \t ", 3, ""},
        {"the cat\r", 8, "the cat"},
        {"the\ncat", 7, "the cat"},
        {"the\0cat", 7, "the cat"}, /* U+FFFD is a space to nmt_nfkc */
        {"the \xFF\xC3 cat", 10, "the cat"},
        {"the\xE2\x80\xA8"
         "cat",
         9, "the cat"}, /* U+2028 */
        {"\xED\xA0\x80\xF4\x90\x80\x80", 7, ""},
        {"the \xE2\x96\x81\xE2\x96\x81 cat", 14, "the cat"}, /* the library's own mark, U+2581 */
        {"the \xEF\xBB\xBF cat", 11, NULL},
        {"\x01\x02\x1F\x7F", 4, NULL},
    };
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            lt_text text = round_trip(tokenizer, cases[i].bytes, cases[i].length);
            if (cases[i].wanted && types[t] != LT_TOKENIZER_WORD)
                assert_string_equal(text.data, cases[i].wanted);
            lt_text_clear(&text);
        }
        lt_tokenizer_free(tokenizer);
    }
}

static void nothing_is_normalised_where_that_is_wanted(void **state)
{
    (void)state;
    static const char ligature[] = "ein\xEF\xAC\x81"; /* U+FB01 */
    static const int rules[] = {LT_NORMALIZE_NMT_NFKC, LT_NORMALIZE_NFKC, LT_NORMALIZE_IDENTITY};
    for (size_t r = 0; r < 3; r++) {
        lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
        options.normalization = rules[r];
        options.byte_fallback = true;
        options.vocab_size = 410;
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_text text = round_trip(tokenizer, ligature, sizeof ligature - 1);
        assert_string_equal(text.data, rules[r] == LT_NORMALIZE_IDENTITY ? ligature : "einfi");
        lt_text_clear(&text);
        text = round_trip(tokenizer, "a\nb\rc\0d", 7);
        assert_non_null(strchr(text.data, 'd'));
        lt_text_clear(&text);
        lt_tokenizer_free(tokenizer);
    }
}

static void comes_back(const lt_tokenizer *tokenizer, const char *unit, size_t size)
{
    lt_text line = {0};
    while (line.length < size) assert_int_equal(lt_text_append(&line, unit, strlen(unit), NULL), LT_OK);
    if (line.data[line.length - 1] == ' ') line.data[--line.length] = '\0';
    lt_text text = round_trip(tokenizer, line.data, line.length);
    assert_int_equal(text.length, line.length);
    assert_memory_equal(text.data, line.data, line.length);
    lt_text_clear(&text);
    lt_text_clear(&line);
}

/* Of words, of one word, of characters that are bytes. */
static void long_lines_come_back_whole(void **state)
{
    (void)state;
    for (size_t t = 0; t < 2; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        options.byte_fallback = true;
        options.vocab_size = 420;
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        comes_back(tokenizer, "die Katze sitzen \xC3\x9F ", t == 0 ? 10 << 20 : 1 << 20);
        comes_back(tokenizer, "katze\xC3\x9F", 1 << 20);
        comes_back(tokenizer, "\xF0\x9F\x90\xA2\xC5\xBC", 200 << 10);
        lt_tokenizer_free(tokenizer);
    }
}

/* Where a line is cut at a space, its ids are those of the whole. */
static void parts_are_cut_where_it_does_not_show(void **state)
{
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        lt_tokenizer_options options = options_of(types[t]);
        lt_tokenizer *tokenizer = tokenizer_of(&options);
        lt_ids once = {0}, many = {0};
        lt_text line = {0};
        static const char unit[] = "  the cat and a  small dog zz </s>  ";
        assert_int_equal(lt_tokenizer_encode(tokenizer, &once, unit, sizeof unit - 1, NULL), LT_OK);
        size_t repeats = 9000; /* over 4 parts */
        for (size_t i = 0; i < repeats; i++)
            assert_int_equal(lt_text_append(&line, unit, sizeof unit - 1, NULL), LT_OK);
        assert_int_equal(lt_tokenizer_encode(tokenizer, &many, line.data, line.length, NULL), LT_OK);
        assert_int_equal(many.count, once.count * repeats);
        for (size_t i = 0; i < many.count; i++)
            if (many.items[i] != once.items[i % once.count]) fail_msg("id %zu differs", i);
        lt_ids_clear(&once);
        lt_ids_clear(&many);
        lt_text_clear(&line);
        lt_tokenizer_free(tokenizer);
    }
}

static void decoding_leaves_reserved_ids_out_and_refuses_others(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_BPE);
    lt_tokenizer *tokenizer = tokenizer_of(&options);
    int32_t the = lt_tokenizer_id(tokenizer, "\xE2\x96\x81the");
    assert_int_not_equal(the, LT_UNK);
    lt_text text = {0};
    lt_error error = {0};
    const int32_t ids[] = {LT_BOS, LT_PAD, the, LT_EOS, the, LT_UNK, LT_PAD};
    assert_int_equal(lt_text_append(&text, "x|", 2, NULL), LT_OK);
    assert_int_equal(lt_tokenizer_decode(tokenizer, &text, ids, 7, &error), LT_OK);
    assert_string_equal(text.data, "x|the the \xE2\x81\x87 ");
    size_t length = text.length;
    const int32_t wrong[][2] = {
        {the, -1}, {the, (int32_t)lt_tokenizer_size(tokenizer)}, {INT32_MIN, INT32_MAX}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lt_tokenizer_decode(tokenizer, &text, wrong[i], 2, &error), LT_ERROR_FORMAT);
        assert_non_null(strstr(error.message, "out of range"));
        assert_int_equal(text.length, length);
    }
    lt_text_clear(&text);
    lt_tokenizer_free(tokenizer);
}

/* ---- the two sides of a run ---- */

static void write_model(const char *folder, const char *name, const lt_text *model)
{
    char *path = lt_path_join(folder, name);
    assert_int_equal(lt_file_write(path, model->data, model->length, NULL), LT_OK);
    free(path);
}

static void a_run_has_one_model_or_one_a_side(void **state)
{
    (void)state;
    char folder[] = "tokenizers.XXXXXX", sha[2][LT_SHA256_HEX];
    assert_non_null(mkdtemp(folder));
    lt_tokenizer_options bpe = options_of(LT_TOKENIZER_BPE), letters = options_of(LT_TOKENIZER_CHAR);
    lt_text one = model_of(&bpe), two = model_of(&letters);
    lt_tokenizers both;
    lt_error error = {0};
    lt_sha256_bytes(one.data, one.length, sha[0]);
    lt_sha256_bytes(two.data, two.length, sha[1]);

    assert_int_equal(lt_tokenizers_load(&both, folder, NULL, NULL, &error), LT_ERROR_IO);
    assert_non_null(strstr(error.message, LT_TOKENIZER_JOINT));
    write_model(folder, LT_TOKENIZER_SRC, &one);
    assert_int_equal(lt_tokenizers_load(&both, folder, NULL, NULL, &error), LT_ERROR_IO);
    write_model(folder, LT_TOKENIZER_TRG, &two);
    assert_int_equal(lt_tokenizers_load(&both, folder, sha[0], sha[1], &error), LT_OK);
    assert_string_equal(lt_tokenizer_sha256(both.src), sha[0]);
    assert_string_equal(lt_tokenizer_sha256(both.trg), sha[1]);
    lt_tokenizers_clear(&both);
    assert_int_equal(lt_tokenizers_load(&both, folder, sha[0], sha[0], &error), LT_ERROR_MISMATCH);
    assert_non_null(strstr(error.message, LT_TOKENIZER_TRG));
    assert_null(both.src);

    write_model(folder, LT_TOKENIZER_JOINT, &one);
    assert_int_equal(lt_tokenizers_load(&both, folder, sha[0], sha[0], &error), LT_OK);
    assert_ptr_equal(both.src, both.trg);
    lt_tokenizers_clear(&both);
    assert_int_equal(lt_tokenizers_load(&both, folder, sha[0], sha[1], &error), LT_ERROR_MISMATCH);
    lt_text_clear(&one);
    lt_text_clear(&two);
    static const char *const names[] = {LT_TOKENIZER_JOINT, LT_TOKENIZER_SRC, LT_TOKENIZER_TRG};
    for (size_t i = 0; i < 3; i++) {
        char *path = lt_path_join(folder, names[i]);
        unlink(path);
        free(path);
    }
    rmdir(folder);
}

typedef struct shared {
    const lt_tokenizer *tokenizer;
    lt_ids ids[4];
} shared;

static void encode_many(void *argument, size_t worker)
{
    shared *s = argument;
    for (size_t i = 0; i < 300; i++)
        for (size_t line = 0; small_text[line]; line++)
            lt_tokenizer_encode(s->tokenizer, &s->ids[worker], small_text[line], strlen(small_text[line]),
                                NULL);
}

static void threads_may_share_a_tokenizer(void **state)
{
    (void)state;
    lt_tokenizer_options options = options_of(LT_TOKENIZER_UNIGRAM);
    shared s = {.tokenizer = tokenizer_of(&options)};
    lt_pool *pool;
    assert_int_equal(lt_pool_create(&pool, 4, NULL), LT_OK);
    lt_pool_run(pool, encode_many, &s);
    lt_pool_free(pool);
    for (size_t w = 1; w < 4; w++) {
        assert_int_equal(s.ids[w].count, s.ids[0].count);
        assert_memory_equal(s.ids[w].items, s.ids[0].items, s.ids[0].count * sizeof(int32_t));
    }
    for (size_t w = 0; w < 4; w++) lt_ids_clear(&s.ids[w]);
    lt_tokenizer_free((lt_tokenizer *)s.tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_trains_and_gives_its_text_back),
        cmocka_unit_test(reserved_pieces_have_their_ids),
        cmocka_unit_test(equal_text_gives_equal_bytes),
        cmocka_unit_test(what_the_text_calls_a_reserved_piece_is_none),
        cmocka_unit_test(a_model_that_is_not_the_one_wanted_is_refused),
        cmocka_unit_test(of_much_text_lines_are_drawn),
        cmocka_unit_test(a_sample_is_of_all_the_lines),
        cmocka_unit_test(a_small_text_gives_a_small_vocabulary),
        cmocka_unit_test(a_text_without_a_word_is_said),
        cmocka_unit_test(too_small_a_vocabulary_is_said),
        cmocka_unit_test(odd_lines_are_counted),
        cmocka_unit_test(a_failure_of_the_lines_goes_through),
        cmocka_unit_test(bytes_stand_in_for_unknown_characters),
        cmocka_unit_test(hostile_lines_stay_one_line),
        cmocka_unit_test(nothing_is_normalised_where_that_is_wanted),
        cmocka_unit_test(long_lines_come_back_whole),
        cmocka_unit_test(parts_are_cut_where_it_does_not_show),
        cmocka_unit_test(decoding_leaves_reserved_ids_out_and_refuses_others),
        cmocka_unit_test(a_run_has_one_model_or_one_a_side),
        cmocka_unit_test(threads_may_share_a_tokenizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
