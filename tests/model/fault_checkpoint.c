/* Checkpoints: what is written is read back to the bit; whatever else is read is refused with a message,
 * never used, never a crash. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

#include "model/base/file.h"
#include "tests/model/network_fixture.h"

enum { VOCABULARY = 21 };

typedef struct setting {
    fixture_batch f;
    char folder[64], path[96];
    lt_model *model;
    lt_pool *pool;
    lt_learner *learner;
    lt_text file; /* a valid checkpoint's bytes */
} setting;

static int set_up(void **state)
{
    lt_error error = {0};
    lt_update_report report;
    setting *s = calloc(1, sizeof *s);
    lt_model_options options = fixture_options(1, 6, 4, LT_TIED_TARGET);
    lt_optimizer_options adam = {
        .optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8};
    lt_metadata metadata = {0};
    strcpy(s->folder, "checkpoint-XXXXXX");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->path, sizeof s->path, "%s/last.safetensors", s->folder);
    fixture_batch_init(&s->f, 9, 6, VOCABULARY, 3);
    assert_ok(lt_pool_create(&s->pool, 1, &error));
    assert_ok(lt_model_create(&s->model, &options, VOCABULARY, VOCABULARY, 5, &error));
    assert_ok(lt_learner_create(&s->learner, s->model, &adam, s->pool, 7, &error));
    for (uint64_t u = 0; u < 3; u++)
        assert_ok(lt_learner_update(s->learner, &s->f.batch, u, 0.01, &report, &error));
    assert_ok(lt_metadata_set(&metadata, "progress.update", "3", &error));
    assert_ok(lt_checkpoint_save(s->path, s->model, s->learner, &metadata, NULL, &error));
    assert_ok(lt_file_read(&s->file, s->path, 1 << 20, &error));
    lt_metadata_clear(&metadata);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    setting *s = *state;
    unlink(s->path);
    assert_int_equal(rmdir(s->folder), 0); /* nothing else was left there */
    lt_text_clear(&s->file);
    lt_learner_free(s->learner);
    lt_model_free(s->model);
    lt_pool_free(s->pool);
    free(s);
    return 0;
}

static void test_round_trip(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_metadata metadata = {0};
    lt_model *model;
    char saved[LT_SHA256_HEX], read[LT_SHA256_HEX];
    assert_ok(lt_checkpoint_load(s->path, &model, &metadata, &error));
    assert_int_equal(lt_model_size(model), lt_model_size(s->model));
    assert_memory_equal(lt_model_values(model), lt_model_values(s->model),
                        lt_model_size(model) * sizeof(real));
    assert_string_equal(lt_metadata_get(&metadata, "progress.update"), "3");
    assert_string_equal(lt_metadata_get(&metadata, "format"), "latimer");
    assert_string_equal(lt_metadata_get(&metadata, "cell"), "lstm");
    assert_string_equal(lt_metadata_get(&metadata, "model.tied_embeddings"), "target");
    lt_model_free(model);
    lt_metadata_clear(&metadata);
    assert_ok(lt_checkpoint_save(s->path, s->model, s->learner, NULL, saved, &error));
    assert_ok(lt_sha256_file(s->path, read, &error));
    assert_string_equal(saved, read);
    assert_ok(lt_file_write(s->path, s->file.data, s->file.length, &error));
}

/* Three updates, saved, restored into a new learner, three more: the bits of six in one go. */
static void test_restored_learner_goes_on(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_update_report report;
    lt_model *model;
    lt_learner *learner;
    lt_optimizer_options adam = {
        .optimizer = LT_OPTIMIZER_ADAM, .beta1 = 0.9, .beta2 = 0.98, .epsilon = 1e-8};
    assert_ok(lt_model_create(&model, lt_model_get_options(s->model), VOCABULARY, VOCABULARY, 99, &error));
    assert_ok(lt_learner_create(&learner, model, &adam, s->pool, 7, &error));
    assert_ok(lt_checkpoint_restore(s->path, model, learner, NULL, &error));
    for (uint64_t u = 3; u < 6; u++) {
        assert_ok(lt_learner_update(s->learner, &s->f.batch, u, 0.01, &report, &error));
        assert_ok(lt_learner_update(learner, &s->f.batch, u, 0.01, &report, &error));
    }
    assert_memory_equal(lt_model_values(model), lt_model_values(s->model),
                        lt_model_size(model) * sizeof(real));
    lt_learner_free(learner);
    lt_model_free(model);
}

/* Without the fsync of lt_file_write(), and as a new file, which no file system writes out at once: there are
 * thousands of them. */
static void put(const setting *s, const char *bytes, size_t length)
{
    unlink(s->path);
    FILE *stream = fopen(s->path, "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

/* `why`: what the message must say. */
static void refuse(setting *s, const char *bytes, size_t length, const char *what, const char *why)
{
    lt_error error = {0};
    lt_model *model = NULL;
    put(s, bytes, length);
    for (int applied = 0; applied < 2; applied++) {
        lt_status status = applied ? lt_checkpoint_apply(s->path, &model, NULL, LT_FLOAT32, s->pool, &error)
                                   : lt_checkpoint_load(s->path, &model, NULL, &error);
        if (status != LT_ERROR_FORMAT) fail_msg("%s: status %d (%s)", what, status, error.message);
        assert_non_null(strstr(error.message, s->path));
        if (!strstr(error.message, why)) fail_msg("%s: %s", what, error.message);
        assert_null(model);
    }
}

/* A copy of the valid file as another program would write it: without our checksum, so that what is wrong in
 * it must be found by itself. */
static lt_text without_checksum(const setting *s)
{
    lt_error error = {0};
    lt_text copy = {0};
    static const char key[] = "\"checksum\"";
    assert_ok(lt_text_append(&copy, s->file.data, s->file.length, &error));
    char *at = memmem(copy.data, copy.length, key, sizeof key - 1);
    assert_non_null(at);
    at[1] = 'C'; /* another key of the same length: no offset moves */
    return copy;
}

static void test_a_file_without_checksum_loads(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_model *model;
    lt_text copy = without_checksum(s);
    assert_ok(lt_file_write(s->path, copy.data, copy.length, &error));
    assert_ok(lt_checkpoint_load(s->path, &model, NULL, &error));
    lt_model_free(model);
    lt_text_clear(&copy);
}

static void test_truncated_files_are_refused(void **state)
{
    setting *s = *state;
    for (size_t length = 0; length < s->file.length; length += length < 4000 ? 7 : 501)
        refuse(s, s->file.data, length, "truncated", "not a whole");
    refuse(s, s->file.data, s->file.length - 1, "one byte short", "not a whole");
    lt_error error = {0};
    lt_text longer = {0};
    assert_ok(lt_text_append(&longer, s->file.data, s->file.length, &error));
    assert_ok(lt_text_append(&longer, "x", 1, &error));
    refuse(s, longer.data, longer.length, "one byte more", "not a whole");
    lt_text_clear(&longer);
}

/* Any damaged header byte: refused, or read as another valid file; never a crash (run under the sanitizers).
 */
static void test_damaged_headers_do_not_crash(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_text copy = {0};
    size_t header = 8 + (unsigned char)s->file.data[0] + 256u * (unsigned char)s->file.data[1];
    assert_ok(lt_text_append(&copy, s->file.data, s->file.length, &error));
    for (size_t at = 0; at < header; at++)
        for (int bit = 0; bit < 8; bit += 3) {
            copy.data[at] ^= (char)(1 << bit);
            lt_model *model = NULL;
            put(s, copy.data, copy.length);
            if (lt_checkpoint_load(s->path, &model, NULL, &error) == LT_OK) lt_model_free(model);
            copy.data[at] ^= (char)(1 << bit);
        }
    lt_text_clear(&copy);
}

/* A bit that flipped in a tensor or in what the file says of the training would go on unnoticed but for the
 * checksum. */
static void test_damaged_contents_are_refused(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_text copy = {0};
    size_t header = 8 + (unsigned char)s->file.data[0] + 256u * (unsigned char)s->file.data[1];
    assert_ok(lt_text_append(&copy, s->file.data, s->file.length, &error));
    for (size_t at = header; at < copy.length; at += 997) {
        copy.data[at] ^= 1;
        refuse(s, copy.data, copy.length, "a flipped bit in the data", "checksum");
        copy.data[at] ^= 1;
    }
    static const char setting_of[] = "\"model.dropout.source_word\":\"0.0";
    char *value = memmem(copy.data, header, setting_of, sizeof setting_of - 1);
    assert_non_null(value);
    value[sizeof setting_of - 2] ^= 1; /* 0.1: as valid, and not what it was */
    refuse(s, copy.data, copy.length, "a flipped bit in a value", "checksum");
    lt_text_clear(&copy);
}

/* Taken for its default, a setting of another name would give other translations without a word. */
static void test_settings_we_do_not_know_are_refused(void **state)
{
    setting *s = *state;
    lt_text changed = without_checksum(s);
    char *key = memmem(changed.data, changed.length, "reverse_source", 14);
    assert_non_null(key);
    key[13] = 'd';
    refuse(s, changed.data, changed.length, "another setting", "model.encoder.reverse_sourcd");
    lt_text_clear(&changed);
}

/* Puts `to` in place of `from` in the header. */
static void replace(lt_text *file, const char *from, const char *to)
{
    lt_error error = {0};
    lt_text changed = {0};
    const char *at = memmem(file->data, file->length, from, strlen(from));
    assert_non_null(at);
    const size_t before = (size_t)(at - file->data), behind = before + strlen(from);
    assert_ok(lt_text_append(&changed, file->data, before, &error));
    assert_ok(lt_text_append(&changed, to, strlen(to), &error));
    assert_ok(lt_text_append(&changed, file->data + behind, file->length - behind, &error));
    size_t header = (unsigned char)file->data[0] + 256u * (unsigned char)file->data[1];
    header += strlen(to) - strlen(from);
    changed.data[0] = (char)(header & 255);
    changed.data[1] = (char)(header >> 8);
    lt_text_clear(file);
    *file = changed;
}

/* A small file that speaks of a model of hundreds of gigabytes costs no memory. */
static void test_a_model_that_is_not_in_the_file(void **state)
{
    setting *s = *state;
    lt_text changed = without_checksum(s);
    replace(&changed, "\"model.encoder.layers\":\"1\"", "\"model.encoder.layers\":\"32\"");
    refuse(s, changed.data, changed.length, "more layers", "has no tensor encoder.rnn.weight_ih_l1");
    replace(&changed, "\"model.encoder.hidden\":\"6\"", "\"model.encoder.hidden\":\"16384\"");
    refuse(s, changed.data, changed.length, "wider layers", "[65536,4] is wanted");
    replace(&changed, "\"model.trg_vocab\":\"21\"", "\"model.classes\":\"0\"");
    refuse(s, changed.data, changed.length, "no class", "model.classes: 0");
    lt_text_clear(&changed);
}

static void test_values_that_are_not_finite(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_text copy = without_checksum(s);
    float nan = NAN, kept = lt_model_values(s->model)[1];
    memcpy(copy.data + copy.length - 4 * (size_t)VOCABULARY, &nan,
           4); /* in the last tensor, a moment: not read here */
    memcpy(copy.data + (8 + (unsigned char)copy.data[0] + 256u * (unsigned char)copy.data[1]), &nan, 4);
    refuse(s, copy.data, copy.length, "NaN", "not finite at 0");
    lt_text_clear(&copy);
    assert_ok(lt_file_write(s->path, s->file.data, s->file.length, &error));
    lt_model_values(s->model)[1] = INFINITY;
    assert_int_equal(lt_checkpoint_save(s->path, s->model, NULL, NULL, NULL, &error), LT_ERROR_NUMERIC);
    lt_model_values(s->model)[1] = kept;
    lt_text now = {0};
    assert_ok(lt_file_read(&now, s->path, 1 << 20, &error));
    assert_int_equal(now.length, s->file.length);
    assert_memory_equal(now.data, s->file.data, now.length); /* the old one is still there */
    lt_text_clear(&now);
}

/* A full disk, played by a limit on the size of files. */
static void test_full_disk_keeps_the_old_checkpoint(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    struct rlimit old, small;
    assert_ok(lt_file_write(s->path, s->file.data, s->file.length, &error));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 4000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    lt_status status = lt_checkpoint_save(s->path, s->model, s->learner, NULL, NULL, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, LT_ERROR_IO);
    lt_text now = {0};
    assert_ok(lt_file_read(&now, s->path, 1 << 20, &error));
    assert_int_equal(now.length, s->file.length);
    assert_memory_equal(now.data, s->file.data, now.length);
    lt_text_clear(&now);
}

static void test_other_models_are_refused(void **state)
{
    setting *s = *state;
    lt_error error = {0};
    lt_model *other;
    lt_model_options options = fixture_options(2, 6, 4, LT_TIED_TARGET);
    assert_ok(lt_file_write(s->path, s->file.data, s->file.length, &error));
    assert_ok(lt_model_create(&other, &options, VOCABULARY, VOCABULARY, 5, &error));
    assert_int_equal(lt_checkpoint_restore(s->path, other, NULL, NULL, &error), LT_ERROR_FORMAT);
    lt_model_free(other);
    assert_int_equal(lt_checkpoint_load("no-such-file", &other, NULL, &error), LT_ERROR_IO);
    assert_int_equal(lt_checkpoint_load("/", &other, NULL, &error), LT_ERROR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_restored_learner_goes_on),
        cmocka_unit_test(test_a_file_without_checksum_loads),
        cmocka_unit_test(test_truncated_files_are_refused),
        cmocka_unit_test(test_damaged_headers_do_not_crash),
        cmocka_unit_test(test_damaged_contents_are_refused),
        cmocka_unit_test(test_settings_we_do_not_know_are_refused),
        cmocka_unit_test(test_a_model_that_is_not_in_the_file),
        cmocka_unit_test(test_values_that_are_not_finite),
        cmocka_unit_test(test_full_disk_keeps_the_old_checkpoint),
        cmocka_unit_test(test_other_models_are_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
