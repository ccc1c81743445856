/* corpora_fixture.h: a folder for each test, and files in it, plain and compressed. */
#ifndef CORPORA_FIXTURE_H
#define CORPORA_FIXTURE_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

#include "corpora/corpora.h"
#include "tests/folder.h"

static lt_error error;

static inline int fresh_folder(void **state)
{
    error = (lt_error){0};
    return make_folder(state);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, fresh_folder, remove_folder)

#define assert_ok(expression)                                                                                \
    do {                                                                                                     \
        if ((expression) != LT_OK) fail_msg("%s", error.message);                                            \
    } while (0)

static inline void assert_message(const char *part)
{
    if (!strstr(error.message, part)) fail_msg("'%s' is not in '%s'", part, error.message);
}

static inline void put_bytes(const char *name, const void *bytes, size_t length)
{
    FILE *stream = fopen(in(name), "wb");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
}

static inline void put(const char *name, const char *text)
{
    put_bytes(name, text, strlen(text));
}

static inline void assert_holds(const char *name, const char *text)
{
    lt_text got = {0};
    assert_ok(lt_file_read(&got, in(name), 1 << 26, &error));
    assert_string_equal(got.data, text);
    assert_int_equal(got.length, strlen(text));
    lt_text_clear(&got);
}

/* Appends `bytes` as one member or frame. */
static inline void add_gzip(lt_text *out, const void *bytes, size_t length)
{
    z_stream z = {0};
    size_t at = out->length;
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, length);
    assert_ok(lt_text_extend(out, room, &error));
    z.next_in = (Bytef *)bytes;
    z.avail_in = (uInt)length;
    z.next_out = (Bytef *)out->data + at;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->length = at + z.total_out;
    deflateEnd(&z);
}

static inline void add_zstandard(lt_text *out, const void *bytes, size_t length)
{
    size_t at = out->length, room = ZSTD_compressBound(length);
    assert_ok(lt_text_extend(out, room, &error));
    size_t size = ZSTD_compress(out->data + at, room, bytes, length, 3);
    assert_false(ZSTD_isError(size));
    out->length = at + size;
}

#endif
