/* A model that was loaded to be applied gives the same bits as the one that was saved, whatever its matrices
 * are cut into, and files with the checksum of earlier versions are read and checked, too. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "model/base/file.h"
#include "model/checkpoint.h"
#include "tests/model/network_fixture.h"

enum { VOCABULARY = 997, PAIRS = 12, CLASSES = 3 };

static const char path[] = "test-load.safetensors";

static lt_pool *pools[2];

static int set_up(void **state)
{
    lt_error error = {0};
    (void)state;
    assert_ok(lt_pool_create(&pools[0], 1, &error));
    assert_ok(lt_pool_create(&pools[1], 3, &error));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    lt_pool_free(pools[0]);
    lt_pool_free(pools[1]);
    return 0;
}

static void scores(const lt_model *model, const lt_batch *batch, double *score)
{
    lt_error error = {0};
    float classes[PAIRS * CLASSES];
    if (!lt_model_classes(model)) {
        assert_ok(lt_model_score(model, pools[1], batch, score, NULL, &error));
        return;
    }
    assert_ok(lt_model_classify(model, pools[1], batch, classes, &error));
    for (size_t b = 0; b < PAIRS; b++) score[b] = classes[b * CLASSES];
}

static void check_same(const char *what, lt_model *model)
{
    lt_error error = {0};
    fixture_batch f;
    double before[PAIRS], after[PAIRS];
    fixture_batch_init(&f, PAIRS, 9, VOCABULARY, 4);
    if (lt_model_classes(model)) fixture_batch_label(&f, CLASSES, 5);
    lt_model_pack(model, NULL);
    scores(model, &f.batch, before);
    assert_ok(lt_checkpoint_save(path, model, NULL, NULL, NULL, &error));
    for (size_t i = 0; i < 3; i++) {
        lt_model *applied;
        assert_ok(lt_checkpoint_apply(path, &applied, NULL, LT_FLOAT32, i ? pools[i - 1] : NULL, &error));
        scores(applied, &f.batch, after);
        if (memcmp(before, after, sizeof before) != 0) fail_msg("%s: other scores (pool %zu)", what, i);
        lt_model_free(applied);
    }
    lt_model_free(model);
}

/* 150 and 70 units: no multiple of any kernel's panel, and tensors of several pieces. */
static lt_model *make(int cell, int tied, bool fed, uint64_t seed)
{
    lt_error error = {0};
    lt_model *model;
    lt_model_options options = fixture_options(2, 150, tied == LT_TIED_TARGET ? 150 : 70, tied);
    options.encoder.cell = options.decoder.cell = cell;
    options.encoder.bidirectional = fed ? LT_BIDIRECTIONAL : LT_FORWARD_ONLY;
    options.decoder.attention = fed ? LT_ATTENTION_ADDITIVE : LT_ATTENTION_NONE;
    options.decoder.input_feeding = fed;
    options.decoder.context = fed ? LT_CONTEXT_EVERY_STEP : LT_CONTEXT_INITIAL;
    assert_ok(lt_model_create(&model, &options, VOCABULARY, VOCABULARY, seed, &error));
    for (size_t i = 0; i < lt_model_size(model); i++) lt_model_values(model)[i] += 0.01f * (float)(i % 7);
    return model;
}

static void test_same_bits(void **state)
{
    (void)state;
    for (int cell = LT_CELL_RNN; cell <= LT_CELL_GRU_RESET_AFTER; cell++)
        for (int tied = LT_TIED_NONE; tied <= LT_TIED_ALL; tied++) {
            char what[64];
            snprintf(what, sizeof what, "cell %d, tied %d", cell, tied);
            check_same(what, make(cell, tied, tied != LT_TIED_TARGET, 3));
        }
}

static void test_same_bits_of_a_classifier(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_model *model;
    lt_model_options options = fixture_options(1, 150, 70, LT_TIED_NONE);
    assert_ok(lt_classifier_create(&model, &options, VOCABULARY, CLASSES, 3, &error));
    check_same("classifier", model);
}

/* Puts a SHA-256 in place of the CRC, as latimer 0.1 first wrote it: over keys and values, then the data. */
static void with_sha256(lt_text *file, const lt_metadata *metadata)
{
    lt_error error = {0};
    lt_text old = {0};
    char hex[LT_SHA256_HEX];
    lt_sha256 hash;
    size_t header = 8;
    for (int i = 7; i >= 0; i--) header += (size_t)(unsigned char)file->data[i] << (8 * i);
    lt_sha256_init(&hash);
    for (size_t i = 0; i < metadata->keys.count; i++) {
        const char *key = metadata->keys.items[i], *value = metadata->values.items[i];
        if (strcmp(key, "checksum") == 0) continue;
        lt_sha256_update(&hash, key, strlen(key) + 1);
        lt_sha256_update(&hash, value, strlen(value) + 1);
    }
    lt_sha256_update(&hash, file->data + header, file->length - header);
    lt_sha256_hex(&hash, hex);
    const char *crc = memmem(file->data, header, "crc32:", 6);
    assert_non_null(crc);
    size_t before = (size_t)(crc - file->data), behind = before + 6 + 8, length = header - 8 + 64 - 14;
    assert_ok(lt_text_append(&old, file->data, before, &error));
    assert_ok(lt_text_append(&old, hex, 64, &error));
    assert_ok(lt_text_append(&old, file->data + behind, file->length - behind, &error));
    for (int i = 0; i < 8; i++) old.data[i] = (char)(length >> (8 * i));
    lt_text_clear(file);
    *file = old;
}

static void test_a_checksum_of_before(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_text file = {0};
    lt_metadata metadata = {0};
    lt_model *model = make(LT_CELL_LSTM, LT_TIED_NONE, false, 3), *loaded;
    assert_ok(lt_checkpoint_save(path, model, NULL, NULL, NULL, &error));
    assert_ok(lt_checkpoint_describe(path, &metadata, &error));
    assert_ok(lt_file_read(&file, path, 1 << 24, &error));
    with_sha256(&file, &metadata);
    assert_ok(lt_file_write(path, file.data, file.length, &error));
    assert_ok(lt_checkpoint_load(path, &loaded, NULL, &error));
    for (size_t i = 0; i < lt_model_parameter_count(model); i++) {
        const lt_parameter *p = lt_model_parameter(model, i);
        assert_memory_equal(lt_model_values(loaded) + p->offset, lt_model_values(model) + p->offset,
                            p->size * sizeof(real));
    }
    lt_model_free(loaded);
    file.data[file.length - 1] ^= 1;
    assert_ok(lt_file_write(path, file.data, file.length, &error));
    assert_int_equal(lt_checkpoint_load(path, &loaded, NULL, &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "checksum"));
    assert_int_equal(lt_checkpoint_apply(path, &loaded, NULL, LT_FLOAT32, pools[1], &error), LT_ERROR_FORMAT);
    lt_text_clear(&file);
    lt_metadata_clear(&metadata);
    lt_model_free(model);
}

/* The header was right, and then the file is made shorter: that is an error, not a SIGBUS. */
static void test_a_file_cut_while_it_is_read(void **state)
{
    (void)state;
    lt_error error = {0};
    lt_safetensors file;
    lt_model *model = make(LT_CELL_LSTM, LT_TIED_NONE, false, 3);
    const lt_parameter *p = lt_model_parameter(model, 0);
    lt_wanted wanted = {.rows = p->rows, .columns = p->columns, .values = lt_model_values(model)};
    snprintf(wanted.name, sizeof wanted.name, "%s", p->name);
    assert_ok(lt_checkpoint_save(path, model, NULL, NULL, NULL, &error));
    assert_ok(lt_safetensors_open(&file, path, &error));
    lt_metadata metadata = {0};
    assert_ok(lt_safetensors_metadata(&file, &metadata, &error));
    assert_ok(lt_safetensors_load(&file, &metadata, &wanted, 1, pools[1], &error));
    assert_int_equal(truncate(path, (off_t)(file.data + file.bytes - 1)), 0);
    assert_int_equal(lt_safetensors_load(&file, &metadata, &wanted, 1, pools[1], &error), LT_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "cut off"));
    lt_safetensors_close(&file);
    lt_metadata_clear(&metadata);
    lt_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_same_bits_of_a_classifier),
        cmocka_unit_test(test_a_checksum_of_before),
        cmocka_unit_test(test_a_file_cut_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
