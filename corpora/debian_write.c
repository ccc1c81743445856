#include <stdarg.h>
#include <stdlib.h>

#include "corpora/debian.h"
#include "corpora/file_set.h"

static lt_status add_count(lt_text *out, size_t count, const char *what, lt_error *error)
{
    return lt_text_appendf(out, error, "%9zu  %s\n", count, what);
}

static lt_status describe_left_out(const lt_debian_counts *c, lt_text *out, lt_error *error)
{
    const struct {
        size_t count;
        const char *why;
    } reasons[] = {
        {c->damaged, "damaged: not UTF-8, control characters, unfinished, or with a translator's note"},
        {c->no_words, "without a letter"},
        {c->untranslated, "untranslated: the same words on both sides, or nearly"},
        {c->uneven, "one side far longer than the other"},
        {c->duplicates, "duplicates of a pair before"},
        {c->near_dev, "of dev: 6 words in a row, on either side, are in train, test or dev already"},
        {c->near_test, "of test: 6 words in a row, on either side, are in train or test already"},
        {c->surplus, "of dev and test: more than were wanted"},
    };
    LT_TRY(lt_text_appendf(out, error, "left out:\n"));
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        LT_TRY(add_count(out, reasons[i].count, reasons[i].why, error));
    return LT_OK;
}

lt_status lt_debian_describe(const lt_debian *debian, lt_text *out, lt_error *error)
{
    const lt_debian_counts *c = &debian->counts;
    LT_TRY(lt_text_appendf(out, error, "%zu descriptions in %s, %zu in %s%s", c->src_descriptions,
                           debian->src_language, c->trg_descriptions, debian->trg_language,
                           c->damaged_stanzas ? "" : "\n"));
    if (c->damaged_stanzas)
        LT_TRY(lt_text_appendf(out, error, " (%zu damaged ones were passed over)\n", c->damaged_stanzas));
    LT_TRY(lt_text_appendf(out, error, "%zu in both, of %zu families of packages; of these\n", c->matched,
                           c->families));
    LT_TRY(add_count(out, c->paragraphs_differ,
                     "whose paragraphs do not correspond: only the synopsis is used", error));
    LT_TRY(add_count(out, c->lists_differ, "paragraphs whose lists do not correspond: left out", error));
    LT_TRY(add_count(out, c->displays, "tables, commands and the like: left out", error));
    LT_TRY(
        add_count(out, c->whole, "paragraphs whose sentences do not correspond: kept in one piece", error));
    LT_TRY(add_count(out, c->too_long, "such paragraphs that are too long for that: left out", error));
    LT_TRY(lt_text_appendf(out, error, "%zu pairs of lines\n", c->candidates));
    LT_TRY(describe_left_out(c, out, error));
    LT_TRY(lt_text_appendf(out, error, "kept: %zu\n", c->kept));
    LT_TRY(lt_text_appendf(out, error, "%9zu  train, of %zu families\n", c->train, c->train_families));
    LT_TRY(lt_text_appendf(out, error, "%9zu  dev, of %zu families\n", c->dev, c->dev_families));
    return lt_text_appendf(out, error, "%9zu  test, of %zu families\n", c->test, c->test_families);
}

static lt_status describe_options(const lt_debian *debian, lt_text *out, lt_error *error)
{
    const lt_debian_options *o = debian->options;
    LT_TRY(lt_text_appendf(out, error,
                           "\nOptions: --pair %s --seed %lld --dev-lines %lld --test-lines %lld "
                           "--max-ratio %g\n",
                           o->pair, (long long)o->seed, (long long)o->dev_lines, (long long)o->test_lines,
                           o->max_ratio));
    return lt_debian_sources_describe(&debian->sources, out, error);
}

static lt_status write_notice(const lt_debian *debian, lt_text *out, lt_error *error)
{
    const char *src = debian->src_language, *trg = debian->trg_language;
    LT_TRY(lt_text_appendf(
        out, error,
        "A parallel corpus of Debian's package descriptions, %s-%s.\n"
        "\n"
        "Line i of train.%s is the translation of line i of train.%s; so are dev and test. All lines of a "
        "package\n"
        "and of its relatives (packages of one name but for version and suffix, packages that share a\n"
        "description) are in one of the three.\n"
        "\n",
        src, trg, trg, src));
    LT_TRY(lt_debian_origin(out, error));
    LT_TRY(lt_debian_describe(debian, out, error));
    return describe_options(debian, out, error);
}

/* ---- files ---- */

enum { FILES = 2 * LT_PARTS + 1 };

static lt_status open_all(const lt_debian *debian, lt_atomic_file files[FILES], lt_error *error)
{
    static const char *const parts[] = {[LT_TRAIN] = "train", [LT_DEV] = "dev", [LT_TEST] = "test"};
    const char *folder = debian->options->output;
    LT_TRY(lt_make_folders(folder, error));
    for (size_t i = 0; i < 2 * LT_PARTS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", parts[i / 2],
                 i % 2 ? debian->trg_language : debian->src_language);
        LT_TRY(lt_files_open(&files[i], folder, name, error));
    }
    return lt_files_open(&files[FILES - 1], folder, "README", error);
}

lt_status lt_debian_write(const lt_debian *debian, lt_error *error)
{
    lt_atomic_file files[FILES] = {0};
    lt_text notice = {0};
    lt_status status;
    LT_GOTO(status, write_notice(debian, &notice, error), done);
    LT_GOTO(status, open_all(debian, files, error), done);
    for (size_t i = 0; i < debian->count; i++) {
        const lt_split_pair *pair = &debian->pairs[i];
        if (pair->part == LT_LEFT_OUT) continue;
        lt_atomic_file *twins = &files[2 * pair->part];
        LT_GOTO(status, lt_files_line(&twins[0], pair->src.bytes, pair->src.length, error), done);
        LT_GOTO(status, lt_files_line(&twins[1], pair->trg.bytes, pair->trg.length, error), done);
    }
    fwrite(notice.data, 1, notice.length, files[FILES - 1].stream);
    status = lt_files_commit(files, FILES, error);
done:
    lt_files_abort(files, FILES);
    lt_text_clear(&notice);
    return status;
}
