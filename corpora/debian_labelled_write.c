#include <string.h>

#include "corpora/debian_labelled.h"
#include "corpora/file_set.h"

lt_status lt_labelled_describe(const lt_labelled *labelled, lt_text *out, lt_error *error)
{
    const lt_labelled *l = labelled;
    static const char format[] = "%-8s %12s %10s %8s %10s %13s %11s %9s %8s %8s %7s %7s\n";
    LT_TRY(
        lt_text_appendf(out, error, "%zu originals of %zu families of packages", l->originals, l->families));
    if (l->damaged_stanzas)
        LT_TRY(
            lt_text_appendf(out, error, " (%zu damaged descriptions were passed over)", l->damaged_stanzas));
    LT_TRY(lt_text_appendf(out, error, "\n"));
    LT_TRY(lt_text_appendf(out, error, format, "language", "descriptions", "sentences", "damaged",
                           "too short", "untranslated", "duplicates", "held out", "surplus", "train", "dev",
                           "test"));
    for (size_t i = 0; i < l->language_count; i++) {
        const lt_labelled_counts *c = &l->counts[i];
        LT_TRY(lt_text_appendf(
            out, error, "%-8s %12zu %10zu %8zu %10zu %13zu %11zu %9zu %8zu %8zu %7zu %7zu\n", l->languages[i],
            c->descriptions, c->sentences, c->damaged, c->too_short, c->untranslated, c->duplicates,
            c->held_out, c->surplus, c->train, c->dev, c->test));
    }
    return lt_text_appendf(
        out, error,
        "left out: damaged (not UTF-8, control characters, unfinished, or with a translator's note); too "
        "short "
        "(fewer\n"
        "than 3 words); untranslated (the same words in two languages); duplicates; held out (of dev and "
        "test: "
        "%zu and\n"
        "%zu share 6 words in a row with train or with what came before, %zu are more than were wanted); "
        "surplus (more\n"
        "than were wanted in train)\n",
        l->split.near_duplicates[LT_DEV], l->split.near_duplicates[LT_TEST], l->split.surplus);
}

static lt_status write_notice(const lt_labelled *labelled, lt_text *out, lt_error *error)
{
    const lt_debian_options *o = labelled->options;
    LT_TRY(lt_text_appendf(
        out, error,
        "Sentences of Debian's package descriptions, labelled with their language.\n"
        "\n"
        "Line i of train.label is the language of line i of train.text; so are dev and test. All lines of a "
        "package\n"
        "and of its relatives (packages of one name but for version and suffix, packages that share a\n"
        "description) are in one of the three, in every language. A label is what the translators say: a "
        "line "
        "may\n"
        "be in another language, or hold names and words of one.\n"
        "\n"));
    LT_TRY(lt_debian_origin(out, error));
    LT_TRY(lt_labelled_describe(labelled, out, error));
    LT_TRY(lt_text_appendf(
        out, error,
        "\nOptions: --languages %s --seed %lld --train-lines %lld --dev-lines %lld --test-lines %lld\n",
        o->languages, (long long)o->seed, (long long)o->train_lines, (long long)o->dev_lines,
        (long long)o->test_lines));
    return lt_debian_sources_describe(&labelled->sources, out, error);
}

enum { FILES = 2 * LT_PARTS + 1 };
static const char *const names[FILES] = {
    [2 * LT_TRAIN] = "train.text",  [2 * LT_DEV] = "dev.text",
    [2 * LT_TEST] = "test.text",    [2 * LT_TRAIN + 1] = "train.label",
    [2 * LT_DEV + 1] = "dev.label", [2 * LT_TEST + 1] = "test.label",
    [FILES - 1] = "README",
};

lt_status lt_labelled_write(const lt_labelled *labelled, lt_error *error)
{
    lt_atomic_file files[FILES] = {0};
    lt_text notice = {0};
    lt_status status;
    LT_GOTO(status, write_notice(labelled, &notice, error), done);
    LT_GOTO(status, lt_make_folders(labelled->options->output, error), done);
    for (size_t i = 0; i < FILES; i++)
        LT_GOTO(status, lt_files_open(&files[i], labelled->options->output, names[i], error), done);
    for (size_t i = 0; i < labelled->count; i++) {
        const lt_split_pair *s = &labelled->sentences[i];
        if (s->part == LT_LEFT_OUT) continue;
        lt_atomic_file *twins = &files[2 * s->part];
        const char *label = labelled->languages[s->kind];
        LT_GOTO(status, lt_files_line(&twins[0], s->src.bytes, s->src.length, error), done);
        LT_GOTO(status, lt_files_line(&twins[1], label, strlen(label), error), done);
    }
    fwrite(notice.data, 1, notice.length, files[FILES - 1].stream);
    status = lt_files_commit(files, FILES, error);
done:
    lt_files_abort(files, FILES);
    lt_text_clear(&notice);
    return status;
}
