#include <fcntl.h>
#include <poll.h>

#include "tests/corpora/corpora_fixture.h"

enum { CHUNK = 1 << 16 }; /* what the reader takes at a time */

/* Reads a whole file; every line is checked to have a NUL behind it. The caller clears. */
static lt_status read_all(lt_lines *lines, const char *name)
{
    lt_status status = lt_lines_load(lines, in(name), NULL, &error);
    for (size_t i = 0; status == LT_OK && i < lines->count; i++)
        assert_int_equal(lines->items[i].bytes[lines->items[i].length], '\0');
    return status;
}

static void assert_lines(const char *name, size_t count, const char *const *wanted)
{
    lt_lines lines;
    assert_ok(read_all(&lines, name));
    assert_int_equal(lines.count, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(lines.items[i].length, strlen(wanted[i]));
        assert_string_equal(lines.items[i].bytes, wanted[i]);
    }
    lt_lines_clear(&lines);
}
#define LINES(...)                                                                                           \
    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (const char *const[])                       \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

static void assert_damaged(const char *name, const char *why)
{
    lt_lines lines;
    error = (lt_error){0};
    assert_int_equal(read_all(&lines, name), LT_ERROR_FORMAT);
    assert_message(in(name));
    assert_message("damaged");
    assert_message(why);
    assert_null(lines.items);
}

/* ---- lines ---- */

static void only_a_line_feed_ends_a_line(void **state)
{
    (void)state;
    put("a", "one\rtwo\xE2\x80\xA8three\xC2\x85\x0B\x0C four\r\n\nlast\r");
    assert_lines("a", LINES("one\rtwo\xE2\x80\xA8three\xC2\x85\x0B\x0C four\r", "", "last\r"));
}

static void the_last_line_needs_no_line_feed(void **state)
{
    (void)state;
    put("with", "a\nb\n");
    put("without", "a\nb");
    put("empty last", "a\nb\n\n");
    assert_lines("with", LINES("a", "b"));
    assert_lines("without", LINES("a", "b"));
    assert_lines("empty last", LINES("a", "b", ""));
}

static void an_empty_file_has_no_lines(void **state)
{
    (void)state;
    lt_text packed = {0};
    put("plain", "");
    add_gzip(&packed, "", 0);
    put_bytes("a.gz", packed.data, packed.length);
    packed.length = 0;
    add_zstandard(&packed, "", 0);
    put_bytes("a.zst", packed.data, packed.length);
    lt_text_clear(&packed);
    assert_lines("plain", 0, NULL);
    assert_lines("a.gz", 0, NULL);
    assert_lines("a.zst", 0, NULL);
}

/* Lines around the size of the buffer, before and behind short ones, with and without the last line feed. */
static void lines_may_span_chunks(void **state)
{
    (void)state;
    static const size_t sizes[] = {CHUNK - 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 17};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        for (int variant = 0; variant < 4; variant++) {
            lt_text text = {0};
            lt_lines lines;
            bool before = variant & 1, ended = variant & 2;
            if (before) assert_ok(lt_text_append(&text, "ab\n", 3, &error));
            for (size_t j = 0; j < sizes[i]; j++) assert_ok(lt_text_append(&text, &"xyz"[j % 3], 1, &error));
            if (ended) assert_ok(lt_text_append(&text, "\n\nend\n", 6, &error));
            put_bytes("long", text.data, text.length);
            assert_ok(read_all(&lines, "long"));
            assert_int_equal(lines.count, 1 + before + 2 * ended);
            assert_int_equal(lines.items[before].length, sizes[i]);
            assert_memory_equal(lines.items[before].bytes, text.data + 3 * before, sizes[i]);
            if (ended) assert_string_equal(lines.items[before + 2].bytes, "end");
            lt_lines_clear(&lines);
            lt_text_clear(&text);
        }
    }
}

static void nul_and_malformed_lines_are_counted(void **state)
{
    (void)state;
    static const char text[] = "fine\na\0b\0c\n\xC3\x28\nboth \0 \xFF\n\xC3\xA9\n\xED\xA0\x80";
    lt_text remarks = {0};
    lt_lines lines;
    put_bytes("a", text, sizeof text - 1);
    assert_ok(lt_lines_load(&lines, in("a"), &remarks, &error));
    assert_int_equal(lines.count, 6);
    assert_int_equal(lines.items[1].length, 5);
    assert_memory_equal(lines.items[1].bytes, "a\0b\0c", 6);
    char wanted[1024];
    snprintf(wanted, sizeof wanted,
             "%s: 2 lines with NUL bytes (the first is %s:2), read as U+FFFD\n"
             "%s: 3 lines of invalid UTF-8 (the first is %s:3); the bad bytes are read as U+FFFD\n",
             in("a"), in("a"), in("a"), in("a"));
    assert_string_equal(remarks.data, wanted);
    lt_text_clear(&remarks);
    lt_lines_clear(&lines);
}

static void a_clean_file_has_no_remarks(void **state)
{
    (void)state;
    lt_text remarks = {0};
    lt_lines lines;
    put("a", "\xC3\xA9\n\xF0\x9F\x98\x80\n");
    assert_ok(lt_lines_load(&lines, in("a"), &remarks, &error));
    assert_int_equal(remarks.length, 0);
    lt_text_clear(&remarks);
    lt_lines_clear(&lines);
}

/* ---- compressed ---- */

static void several_members_are_one_text(void **state)
{
    (void)state;
    lt_text gzip = {0}, zstandard = {0};
    lt_lines plain, members, frames;
    static const char *const parts[] = {"one\ntw", "", "o\nthree\n", "four"};
    for (size_t i = 0; i < 4; i++) {
        add_gzip(&gzip, parts[i], strlen(parts[i]));
        add_zstandard(&zstandard, parts[i], strlen(parts[i]));
    }
    put("a", "one\ntwo\nthree\nfour");
    put_bytes("a.gz", gzip.data, gzip.length);
    put_bytes("named as nothing", zstandard.data, zstandard.length);
    lt_text_clear(&gzip);
    lt_text_clear(&zstandard);
    assert_lines("a.gz", LINES("one", "two", "three", "four"));
    assert_lines("named as nothing", LINES("one", "two", "three", "four"));
    assert_ok(read_all(&plain, "a"));
    assert_ok(read_all(&members, "a.gz"));
    assert_ok(read_all(&frames, "named as nothing"));
    assert_string_equal(members.sha256, plain.sha256);
    assert_string_equal(frames.sha256, plain.sha256);
    lt_lines_clear(&plain);
    lt_lines_clear(&members);
    lt_lines_clear(&frames);
}

static void a_skippable_frame_may_come_first(void **state)
{
    (void)state;
    lt_text packed = {0};
    assert_ok(lt_text_append(&packed, "\x50\x2A\x4D\x18\x04\0\0\0size", 12, &error));
    add_zstandard(&packed, "a\nb\n", 4);
    put_bytes("a.zst", packed.data, packed.length);
    lt_text_clear(&packed);
    assert_lines("a.zst", LINES("a", "b"));
    put("text", "P*M\n_*M");
    assert_lines("text", LINES("P*M", "_*M"));
}

/* Text that does not compress, so that it spans the buffers on both sides. */
static lt_text noise(size_t length)
{
    lt_text text = {0};
    uint32_t x = 1;
    assert_ok(lt_text_extend(&text, length, &error));
    for (size_t i = 0; i < length; i++) {
        x = x * 1664525u + 1013904223u;
        text.data[i] = x >> 24 < 2 ? '\n' : (char)(x >> 24);
    }
    return text;
}

static void large_files_come_out_whole(void **state)
{
    (void)state;
    lt_text text = noise(1000003), gzip = {0}, zstandard = {0};
    lt_lines lines[3];
    add_gzip(&gzip, text.data, text.length);
    add_zstandard(&zstandard, text.data, text.length);
    put_bytes("a", text.data, text.length);
    put_bytes("a.gz", gzip.data, gzip.length);
    put_bytes("a.zst", zstandard.data, zstandard.length);
    assert_ok(read_all(&lines[0], "a"));
    assert_ok(read_all(&lines[1], "a.gz"));
    assert_ok(read_all(&lines[2], "a.zst"));
    char sha256[LT_SHA256_HEX];
    lt_sha256_bytes(text.data, text.length, sha256);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(lines[i].sha256, sha256);
        assert_true(lines[i].count > 1000);
        assert_int_equal(lines[i].count, lines[0].count);
    }
    for (int i = 0; i < 3; i++) lt_lines_clear(&lines[i]);
    lt_text_clear(&text);
    lt_text_clear(&gzip);
    lt_text_clear(&zstandard);
}

/* Cut anywhere, a compressed file is damaged, never a shorter text. */
static void cut_off_files_are_damaged(void **state)
{
    (void)state;
    lt_text text = noise(300), gzip = {0}, zstandard = {0};
    add_gzip(&gzip, text.data, text.length);
    add_zstandard(&zstandard, text.data, text.length);
    for (size_t length = 0; length < gzip.length; length++) {
        put_bytes("a.gz", gzip.data, length);
        assert_damaged("a.gz", "cut off");
    }
    for (size_t length = 0; length < zstandard.length; length++) {
        put_bytes("a.zst", zstandard.data, length);
        assert_damaged("a.zst", "cut off");
    }
    lt_text_clear(&text);
    lt_text_clear(&gzip);
    lt_text_clear(&zstandard);
}

static void garbage_behind_a_member_is_damage(void **state)
{
    (void)state;
    static const char *const garbage[] = {"garbage", "\x1F", "\x1F\x8B", "x"};
    for (size_t i = 0; i < 4; i++) {
        lt_text gzip = {0}, zstandard = {0};
        add_gzip(&gzip, "a\nb\n", 4);
        add_zstandard(&zstandard, "a\nb\n", 4);
        assert_ok(lt_text_append(&gzip, garbage[i], strlen(garbage[i]), &error));
        assert_ok(lt_text_append(&zstandard, garbage[i], strlen(garbage[i]), &error));
        put_bytes("a.gz", gzip.data, gzip.length);
        put_bytes("a.zst", zstandard.data, zstandard.length);
        assert_damaged("a.gz", "get it again");
        assert_damaged("a.zst", "get it again");
        lt_text_clear(&gzip);
        lt_text_clear(&zstandard);
    }
}

static void a_flipped_byte_is_damage(void **state)
{
    (void)state;
    lt_text text = noise(5000), gzip = {0};
    add_gzip(&gzip, text.data, text.length);
    gzip.data[gzip.length / 2] ^= 0x40;
    put_bytes("a.gz", gzip.data, gzip.length);
    assert_damaged("a.gz", "get it again");
    lt_text_clear(&text);
    lt_text_clear(&gzip);
}

/* ---- a pipe ---- */

/* What was written to a pipe that stays open must be readable at once, however short it is. */
static void a_short_line_does_not_wait_for_more(void **state)
{
    (void)state;
    int ends[2], standard = dup(STDIN_FILENO);
    lt_reader *reader;
    lt_line line;
    bool end;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(write(ends[1], "P\n", 2), 2);
    alarm(10); /* a reader that waits would wait for ever */
    assert_ok(lt_reader_open(&reader, "-", &error));
    assert_true(lt_reader_ready(reader, 0));
    assert_ok(lt_reader_next(reader, &line, &end, &error));
    assert_false(end);
    assert_string_equal(line.bytes, "P");
    assert_false(lt_reader_ready(reader, 0));
    assert_int_equal(write(ends[1], "b\n", 2), 2);
    assert_true(lt_reader_ready(reader, 0));
    assert_ok(lt_reader_next(reader, &line, &end, &error));
    assert_string_equal(line.bytes, "b");
    close(ends[1]);
    assert_ok(lt_reader_next(reader, &line, &end, &error));
    assert_true(end);
    alarm(0);
    assert_string_equal(lt_reader_path(reader), "standard input");
    lt_reader_close(reader);
    dup2(standard, STDIN_FILENO);
    close(standard);
    close(ends[0]);
}

/* ---- two in step ---- */

static void unequal_counts_name_both_files(void **state)
{
    (void)state;
    for (int longer = 0; longer < 2; longer++) {
        lt_pairs pairs;
        lt_line src, trg;
        bool end = false;
        size_t read = 0;
        lt_status status;
        put("p.en", longer ? "1\n2\n3\n4\n5\n" : "1\n2\n3");
        put("p.de", longer ? "1\n2\n3" : "1\n2\n3\n4\n5\n");
        assert_ok(lt_pairs_open(&pairs, in("p.en"), in("p.de"), &error));
        while ((status = lt_pairs_next(&pairs, &src, &trg, &end, &error)) == LT_OK && !end) read++;
        assert_int_equal(status, LT_ERROR_MISMATCH);
        assert_int_equal(read, 3);
        char wanted[600];
        snprintf(wanted, sizeof wanted, "%s has %d lines and %s has %d", in("p.en"), longer ? 5 : 3,
                 in("p.de"), longer ? 3 : 5);
        assert_message(wanted);
        lt_pairs_close(&pairs);
    }
}

static void pairs_come_in_step(void **state)
{
    (void)state;
    lt_pairs pairs;
    lt_line src, trg;
    bool end = false;
    put("p.en", "a\n\nc");
    put("p.de", "x\ny\n\n");
    assert_ok(lt_pairs_open(&pairs, in("p.en"), in("p.de"), &error));
    static const char *const wanted[][2] = {{"a", "x"}, {"", "y"}, {"c", ""}};
    for (size_t i = 0; i < 3; i++) {
        assert_ok(lt_pairs_next(&pairs, &src, &trg, &end, &error));
        assert_false(end);
        assert_string_equal(src.bytes, wanted[i][0]);
        assert_string_equal(trg.bytes, wanted[i][1]);
    }
    assert_ok(lt_pairs_next(&pairs, &src, &trg, &end, &error));
    assert_true(end);
    lt_pairs_close(&pairs);
    assert_int_equal(lt_pairs_open(&pairs, "-", "-", &error), LT_ERROR_USAGE);
    assert_int_equal(lt_pairs_open(&pairs, in("p.en"), in("none"), &error), LT_ERROR_IO);
    assert_null(pairs.src);
}

/* ---- finding files ---- */

static void the_file_of_a_side_is_found(void **state)
{
    (void)state;
    char *path;
    put("p.en.zst", "");
    put("q.en", "");
    put("q.en.gz", "");
    assert_ok(lt_corpus_path(&path, in("p"), "en", &error));
    assert_string_equal(path, in("p.en.zst"));
    free(path);
    assert_int_equal(lt_corpus_path(&path, in("q"), "en", &error), LT_ERROR_USAGE);
    assert_null(path);
    char both[600];
    snprintf(both, sizeof both, "both %s and %s", in("q.en"), in("q.en.gz"));
    assert_message(both);
    assert_int_equal(lt_corpus_path(&path, in("p"), "de", &error), LT_ERROR_IO);
    assert_null(path);
    assert_message(in("p.de"));
}

static void what_cannot_be_opened_is_said(void **state)
{
    (void)state;
    lt_reader *reader;
    assert_int_equal(lt_reader_open(&reader, in("none"), &error), LT_ERROR_IO);
    assert_message("none: No such file");
    assert_null(reader);
    assert_int_equal(lt_reader_open(&reader, folder, &error), LT_ERROR_IO);
    assert_message("it is a folder");
    lt_reader_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(only_a_line_feed_ends_a_line),
        in_folder(the_last_line_needs_no_line_feed),
        in_folder(an_empty_file_has_no_lines),
        in_folder(lines_may_span_chunks),
        in_folder(nul_and_malformed_lines_are_counted),
        in_folder(a_clean_file_has_no_remarks),
        in_folder(several_members_are_one_text),
        in_folder(a_skippable_frame_may_come_first),
        in_folder(large_files_come_out_whole),
        in_folder(cut_off_files_are_damaged),
        in_folder(garbage_behind_a_member_is_damage),
        in_folder(a_flipped_byte_is_damage),
        in_folder(a_short_line_does_not_wait_for_more),
        in_folder(unequal_counts_name_both_files),
        in_folder(pairs_come_in_step),
        in_folder(the_file_of_a_side_is_found),
        in_folder(what_cannot_be_opened_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
