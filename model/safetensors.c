#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "model/base/file.h"
#include "model/checkpoint.h"

_Static_assert(sizeof(float) == 4, "float32");

enum { HEADER_MAX = 16 << 20, SLAB = 1 << 14 };

static lt_status damaged(const lt_safetensors *file, lt_error *error, const char *what)
{
    return lt_fail(error, LT_ERROR_FORMAT,
                   "%s is not a whole safetensors file: %s. Use another checkpoint or copy it again",
                   file->path, what);
}

typedef struct extent {
    uint64_t begin, end;
} extent;

static int by_begin(const void *a, const void *b)
{
    const extent *x = a, *y = b;
    return x->begin < y->begin ? -1 : x->begin > y->begin;
}

static bool offsets_of(const json_t *tensor, extent *e)
{
    json_t *offsets = json_object_get(tensor, "data_offsets");
    json_int_t begin = json_integer_value(json_array_get(offsets, 0)),
               end = json_integer_value(json_array_get(offsets, 1));
    if (json_array_size(offsets) != 2 || begin < 0 || end < begin ||
        !json_is_integer(json_array_get(offsets, 1)))
        return false;
    *e = (extent){(uint64_t)begin, (uint64_t)end};
    return true;
}

/* The tensors must tile the data without gaps. */
static lt_status check_extents(lt_safetensors *file, lt_error *error)
{
    extent *extents = calloc(json_object_size(file->header) + 1, sizeof *extents);
    if (!extents) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the header of %s", file->path);
    size_t count = 0;
    const char *name;
    json_t *tensor;
    lt_status status = LT_OK;
    json_object_foreach(file->header, name, tensor)
    {
        if (strcmp(name, "__metadata__") == 0) continue;
        if (!offsets_of(tensor, &extents[count++])) {
            status = damaged(file, error, "a tensor has no valid data_offsets");
            break;
        }
    }
    qsort(extents, count, sizeof *extents, by_begin);
    uint64_t at = 0;
    for (size_t i = 0; status == LT_OK && i < count; i++) {
        if (extents[i].begin != at) status = damaged(file, error, "its tensors overlap or leave gaps");
        at = extents[i].end;
    }
    if (status == LT_OK && at != file->bytes)
        status = lt_fail(error, LT_ERROR_FORMAT,
                         "%s is not a whole safetensors file: its tensors need %llu bytes but it holds %llu. "
                         "Use another checkpoint or copy it again",
                         file->path, (unsigned long long)at, (unsigned long long)file->bytes);
    free(extents);
    return status;
}

static lt_status read_header(lt_safetensors *file, lt_error *error)
{
    struct stat info;
    unsigned char prefix[8];
    if (fstat(fileno(file->stream), &info) != 0) return lt_fail_errno(error, "cannot read %s", file->path);
    if (!S_ISREG(info.st_mode)) return damaged(file, error, "it is not a regular file");
    if (fread(prefix, 1, 8, file->stream) != 8) return damaged(file, error, "it is shorter than 8 bytes");
    uint64_t length = 0;
    for (int i = 7; i >= 0; i--) length = length << 8 | prefix[i];
    if (length > HEADER_MAX || length + 8 > (uint64_t)info.st_size)
        return damaged(file, error, "its header is cut off");
    char *text = malloc(length + 1);
    if (!text) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the header of %s", file->path);
    lt_status status = LT_OK;
    json_error_t where;
    if (fread(text, 1, length, file->stream) != length)
        status = damaged(file, error, "its header is cut off");
    if (status == LT_OK) {
        file->header = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
        if (!json_is_object(file->header)) status = damaged(file, error, "its header is not a JSON object");
    }
    free(text);
    file->data = length + 8;
    file->bytes = (uint64_t)info.st_size - file->data;
    return status == LT_OK ? check_extents(file, error) : status;
}

lt_status lt_safetensors_open(lt_safetensors *file, const char *path, lt_error *error)
{
    *file = (lt_safetensors){.path = path, .stream = fopen(path, "rb")};
    if (!file->stream) return lt_fail_errno(error, "cannot open the checkpoint %s", path);
    lt_status status = read_header(file, error);
    if (status != LT_OK) lt_safetensors_close(file);
    return status;
}

void lt_safetensors_close(lt_safetensors *file)
{
    if (file->stream) fclose(file->stream);
    json_decref(file->header);
    *file = (lt_safetensors){0};
}

static const char *type_name(bool integers)
{
    return integers ? "I8" : "F32";
}

static lt_status check_shape(const lt_safetensors *file, const char *name, const json_t *tensor,
                             bool integers, size_t rows, size_t columns, lt_error *error)
{
    json_t *shape = json_object_get(tensor, "shape");
    const char *type = json_string_value(json_object_get(tensor, "dtype"));
    if (!type || strcmp(type, type_name(integers)) != 0)
        return lt_fail(error, LT_ERROR_FORMAT, "%s: tensor %s has type %s, %s is wanted", file->path, name,
                       type ? type : "?", type_name(integers));
    size_t dimensions = columns ? 2 : 1;
    bool equal = json_array_size(shape) == dimensions &&
                 json_integer_value(json_array_get(shape, 0)) == (json_int_t)rows &&
                 (!columns || json_integer_value(json_array_get(shape, 1)) == (json_int_t)columns);
    if (equal) return LT_OK;
    char *found = json_dumps(shape, JSON_COMPACT | JSON_ENCODE_ANY);
    lt_fail(error, LT_ERROR_FORMAT, "%s: tensor %s has shape %s, [%zu%s%.0zu] is wanted", file->path, name,
            found ? found : "?", rows, columns ? "," : "", columns);
    free(found);
    return LT_ERROR_FORMAT;
}

/* Where the values of a tensor of exactly this shape are. */
static lt_status find(const lt_safetensors *file, const char *name, bool integers, size_t rows,
                      size_t columns, extent *e, lt_error *error)
{
    const json_t *tensor = json_object_get(file->header, name);
    size_t count = columns ? rows * columns : rows;
    if (!tensor) return lt_fail(error, LT_ERROR_FORMAT, "%s has no tensor %s", file->path, name);
    LT_TRY(check_shape(file, name, tensor, integers, rows, columns, error));
    if (!offsets_of(tensor, e) || e->end - e->begin != count * (integers ? 1 : sizeof(float)))
        return damaged(file, error, "a tensor's offsets do not fit its shape");
    return LT_OK;
}

lt_status lt_safetensors_check(const lt_safetensors *file, const char *name, bool integers, size_t rows,
                               size_t columns, lt_error *error)
{
    extent e;
    return find(file, name, integers, rows, columns, &e, error);
}

lt_status lt_safetensors_find(const lt_safetensors *file, const char *name, bool integers, size_t rows,
                              size_t columns, uint64_t *at, lt_error *error)
{
    extent e;
    LT_TRY(find(file, name, integers, rows, columns, &e, error));
    *at = e.begin;
    return LT_OK;
}

lt_status lt_safetensors_metadata(const lt_safetensors *file, lt_metadata *metadata, lt_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach(json_object_get(file->header, "__metadata__"), key, value)
    {
        if (!json_is_string(value))
            return damaged(file, error, "its metadata holds something that is not a string");
        LT_TRY(lt_metadata_set(metadata, key, json_string_value(value), error));
    }
    return LT_OK;
}

/* ---- the checksum ---- */

#define CRC32 "crc32:"
enum { CRC32_TEXT = sizeof CRC32 + 8 };

static void crc32_text(char text[CRC32_TEXT], uint32_t crc)
{
    snprintf(text, CRC32_TEXT, CRC32 "%08x", (unsigned)crc);
}

uint32_t lt_safetensors_crc(const lt_metadata *metadata)
{
    uLong crc = crc32(0, NULL, 0);
    for (size_t i = 0; metadata && i < metadata->keys.count; i++) {
        const char *key = metadata->keys.items[i], *value = metadata->values.items[i];
        if (strcmp(key, LT_METADATA_CHECKSUM) == 0) continue;
        crc = crc32_z(crc, (const Bytef *)key, strlen(key) + 1);
        crc = crc32_z(crc, (const Bytef *)value, strlen(value) + 1);
    }
    return (uint32_t)crc;
}

static lt_status compare(const lt_safetensors *file, const char *found, const char *wanted, lt_error *error)
{
    if (strcmp(found, wanted) == 0) return LT_OK;
    return lt_fail(
        error, LT_ERROR_FORMAT,
        "%s is damaged: its contents have the checksum %s, but it says %s. Use another checkpoint or copy "
        "it again; a file that was changed on purpose must lose the " LT_METADATA_CHECKSUM " in its metadata",
        file->path, found, wanted);
}

lt_status lt_safetensors_compare(const lt_safetensors *file, const lt_metadata *metadata, uint32_t crc,
                                 lt_error *error)
{
    char found[CRC32_TEXT];
    crc32_text(found, crc);
    return compare(file, found, lt_metadata_get(metadata, LT_METADATA_CHECKSUM), error);
}

/* The checksum of files that were written before there was the CRC: SHA-256 of the same. */
static lt_status verify_sha256(const lt_safetensors *file, const lt_metadata *metadata, const char *wanted,
                               lt_error *error)
{
    lt_sha256 hash;
    char found[LT_SHA256_HEX], slab[1 << 16];
    lt_sha256_init(&hash);
    for (size_t i = 0; i < metadata->keys.count; i++) {
        const char *key = metadata->keys.items[i], *value = metadata->values.items[i];
        if (strcmp(key, LT_METADATA_CHECKSUM) == 0) continue;
        lt_sha256_update(&hash, key, strlen(key) + 1);
        lt_sha256_update(&hash, value, strlen(value) + 1);
    }
    if (fseeko(file->stream, (off_t)file->data, SEEK_SET) != 0)
        return lt_fail_errno(error, "cannot read %s", file->path);
    for (size_t n; (n = fread(slab, 1, sizeof slab, file->stream)) > 0;) lt_sha256_update(&hash, slab, n);
    if (ferror(file->stream)) return lt_fail_errno(error, "cannot read %s", file->path);
    lt_sha256_hex(&hash, found);
    return compare(file, found, wanted, error);
}

lt_status lt_safetensors_verify(const lt_safetensors *file, const lt_metadata *metadata, bool *crc,
                                lt_error *error)
{
    const char *wanted = lt_metadata_get(metadata, LT_METADATA_CHECKSUM);
    *crc = wanted && strncmp(wanted, CRC32, sizeof CRC32 - 1) == 0;
    return wanted && !*crc ? verify_sha256(file, metadata, wanted, error) : LT_OK;
}

/* ---- writing ---- */

static json_t *describe(const lt_tensor *tensor, uint64_t begin, uint64_t end)
{
    json_t *shape = json_array();
    json_array_append_new(shape, json_integer((json_int_t)tensor->rows));
    if (tensor->columns) json_array_append_new(shape, json_integer((json_int_t)tensor->columns));
    return json_pack("{s:s, s:o, s:[I,I]}", "dtype", type_name(tensor->integers), "shape", shape,
                     "data_offsets", (json_int_t)begin, (json_int_t)end);
}

static size_t size_of(const lt_tensor *tensor)
{
    return tensor->columns ? tensor->rows * tensor->columns : tensor->rows;
}

static size_t bytes_of(const lt_tensor *tensor)
{
    return size_of(tensor) * (tensor->integers ? 1 : sizeof(float));
}

/* The header's text, padded with blanks to a multiple of 8; free() it. NULL: out of memory, or a text that is
 * not UTF-8. */
static char *make_header(const lt_tensor *tensors, size_t count, const lt_metadata *metadata,
                         const char *checksum, size_t *length)
{
    json_t *header = json_object(), *about = json_object();
    bool complete = header && about;
    for (size_t i = 0; complete && metadata && i < metadata->keys.count; i++)
        complete =
            json_object_set_new(about, metadata->keys.items[i], json_string(metadata->values.items[i])) == 0;
    complete = complete && json_object_set_new(about, LT_METADATA_CHECKSUM, json_string(checksum)) == 0 &&
               json_object_set(header, "__metadata__", about) == 0;
    uint64_t at = 0;
    for (size_t i = 0; complete && i < count; i++) {
        uint64_t end = at + bytes_of(&tensors[i]);
        complete = json_object_set_new(header, tensors[i].name, describe(&tensors[i], at, end)) == 0;
        at = end;
    }
    char *text = complete ? json_dumps(header, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    json_decref(about);
    json_decref(header);
    if (!text) return NULL;
    size_t used = strlen(text);
    *length = (used + 7) / 8 * 8;
    char *padded = realloc(text, *length + 1);
    if (!padded) {
        free(text);
        return NULL;
    }
    memset(padded + used, ' ', *length - used);
    padded[*length] = '\0';
    return padded;
}

static lt_status put(lt_atomic_file *file, lt_sha256 *hash, const void *bytes, size_t length, lt_error *error)
{
    if (fwrite(bytes, 1, length, file->stream) != length)
        return lt_fail_errno(error, "cannot write %s", file->temporary);
    lt_sha256_update(hash, bytes, length);
    return LT_OK;
}

/* The next values of a tensor as they stand in the file, SLAB at most, from `at` on; their number, or 0 where
 * one is not finite. */
static size_t next_values(float *slab, const lt_tensor *tensor, size_t at)
{
    const size_t left = size_of(tensor) - at, n = left < SLAB ? left : SLAB;
    int strange = 0;
    for (size_t i = 0; i < n; i++) {
        slab[i] = (float)tensor->values[at + i];
        strange |= !isfinite(slab[i]);
    }
    return strange ? 0 : n;
}

/* *crc goes on over the tensor's values, which must be finite. */
static lt_status sum_tensor(uint32_t *crc, const char *path, const lt_tensor *tensor, lt_error *error)
{
    float slab[SLAB];
    if (tensor->integers) *crc = (uint32_t)crc32_z(*crc, (const Bytef *)tensor->integers, bytes_of(tensor));
    for (size_t at = 0, n; !tensor->integers && at < size_of(tensor); at += n) {
        n = next_values(slab, tensor, at);
        for (size_t i = at; n == 0; i++)
            if (!isfinite((float)tensor->values[i]))
                return lt_fail(
                    error, LT_ERROR_NUMERIC,
                    "%s is not written: tensor %s holds %g at %zu. Train again with a smaller "
                    "training.learning_rate; --init RUN --init-checkpoint last begins where this one was",
                    path, tensor->name, (double)tensor->values[i], i);
        *crc = (uint32_t)crc32_z(*crc, (const Bytef *)slab, n * sizeof *slab);
    }
    return LT_OK;
}

static lt_status put_tensor(lt_atomic_file *file, lt_sha256 *hash, const lt_tensor *tensor, lt_error *error)
{
    float slab[SLAB];
    if (tensor->integers) return put(file, hash, tensor->integers, bytes_of(tensor), error);
    for (size_t at = 0, n; at < size_of(tensor); at += n) {
        n = next_values(slab, tensor, at);
        LT_TRY(put(file, hash, slab, n * sizeof *slab, error));
    }
    return LT_OK;
}

static lt_status put_file(lt_atomic_file *file, lt_sha256 *hash, const char *header, size_t length,
                          const lt_tensor *tensors, size_t count, lt_error *error)
{
    unsigned char prefix[8];
    for (size_t i = 0; i < 8; i++) prefix[i] = (unsigned char)(length >> (8 * i));
    lt_sha256_init(hash);
    LT_TRY(put(file, hash, prefix, sizeof prefix, error));
    LT_TRY(put(file, hash, header, length, error));
    for (size_t i = 0; i < count; i++) LT_TRY(put_tensor(file, hash, &tensors[i], error));
    return LT_OK;
}

lt_status lt_safetensors_write(const char *path, const lt_tensor *tensors, size_t count,
                               const lt_metadata *metadata, char *sha256, lt_error *error)
{
    lt_atomic_file file;
    lt_sha256 hash;
    char checksum[CRC32_TEXT];
    size_t length = 0;
    uint32_t crc = lt_safetensors_crc(metadata);
    for (size_t i = 0; i < count; i++) LT_TRY(sum_tensor(&crc, path, &tensors[i], error));
    crc32_text(checksum, crc);
    char *header = make_header(tensors, count, metadata, checksum, &length);
    if (!header)
        return lt_fail(error, LT_ERROR_MEMORY,
                       "out of memory for the header of %s, or a text in it is not UTF-8", path);
    lt_status status = lt_atomic_open(&file, path, error);
    if (status == LT_OK) {
        status = put_file(&file, &hash, header, length, tensors, count, error);
        if (status == LT_OK)
            status = lt_atomic_commit(&file, error);
        else
            lt_atomic_abort(&file);
    }
    if (status == LT_OK && sha256) lt_sha256_hex(&hash, sha256);
    free(header);
    return status;
}
