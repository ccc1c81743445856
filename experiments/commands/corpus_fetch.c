/* latimer corpus fetch: a real corpus, from where it is to be had. */
#include <stdio.h>
#include <string.h>

#include "corpora/corpora.h"
#include "experiments/commands/command.h"

static void note(void *context, const char *line)
{
    const lt_common_options *common = context;
    if (!common->quiet) fprintf(stderr, "%s\n", line);
}

/* The counts, behind which the folder stands. */
static void report(const lt_text *counts, const lt_debian_options *options, const lt_common_options *common)
{
    if (!common->quiet) fprintf(stderr, "%swritten to %s\n", counts->data, options->output);
}

static lt_status fetch_pair(const lt_debian_options *o, const lt_common_options *common, lt_error *error)
{
    lt_debian *debian;
    lt_text counts = {0};
    LT_TRY(lt_debian_create(&debian, o, error));
    lt_status status = lt_debian_fetch(debian, note, (void *)common, error);
    if (status == LT_OK) status = lt_debian_build(debian, error);
    if (status == LT_OK) status = lt_debian_write(debian, error);
    if (status == LT_OK) status = lt_debian_describe(debian, &counts, error);
    if (status == LT_OK) report(&counts, o, common);
    lt_text_clear(&counts);
    lt_debian_free(debian);
    return status;
}

static lt_status fetch_labelled(const lt_debian_options *o, const lt_common_options *common, lt_error *error)
{
    lt_labelled *labelled;
    lt_text counts = {0};
    LT_TRY(lt_labelled_create(&labelled, o, error));
    lt_status status = lt_labelled_fetch(labelled, note, (void *)common, error);
    if (status == LT_OK) status = lt_labelled_build(labelled, error);
    if (status == LT_OK) status = lt_labelled_write(labelled, error);
    if (status == LT_OK) status = lt_labelled_describe(labelled, &counts, error);
    if (status == LT_OK) report(&counts, o, common);
    lt_text_clear(&counts);
    lt_labelled_free(labelled);
    return status;
}

static lt_status run_fetch(const void *options, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const lt_debian_options *o = options;
    if (strcmp(operands->items[0], "debian") != 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "unknown corpus '%.100s'; the one that can be fetched is 'debian'",
                       operands->items[0]);
    if (!o->output) return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o DIR");
    if (o->pair && o->languages)
        return lt_fail(error, LT_ERROR_USAGE,
                       "--pair makes a parallel corpus, --languages makes labelled text: give one of them");
    if (o->languages && lt_was_given(common, "max_ratio"))
        return lt_fail(error, LT_ERROR_USAGE, "--max-ratio is of pairs: it means nothing with --languages");
    if (!o->languages && lt_was_given(common, "train_lines"))
        return lt_fail(error, LT_ERROR_USAGE, "--train-lines means nothing with --pair: all pairs are kept");
    return o->languages ? fetch_labelled(o, common, error) : fetch_pair(o, common, error);
}

const lt_command lt_command_corpus_fetch = {
    .name = "corpus fetch",
    .usage = "debian (--pair SRC-TRG | --languages A,B,...) -o DIR [options]",
    .summary = "fetches a corpus, parallel or labelled: Debian's package descriptions",
    .description =
        "debian: the descriptions of Debian's packages and their translations by volunteers, in more than\n"
        "twenty languages, through apt, from the apt sources of this system, into a folder of its own; "
        "nothing\n"
        "of the system is changed, and no privilege is needed. What was fetched is kept and used again.\n"
        "\n"
        "Descriptions of the same original are paired paragraph by paragraph, list item by list item, and\n"
        "sentence by sentence where their numbers agree. Untranslated, duplicate, damaged and badly uneven\n"
        "pairs are left out, and counted.\n"
        "\n"
        "Writes train, dev and test (DIR/train.SRC and DIR/train.TRG, ...) and DIR/README, which says where "
        "it\n"
        "is from, what is known of licences, and the counts. The three are split by family of packages (what "
        "is\n"
        "of one name but for version and suffix, or shares a description), and no line of dev or test "
        "shares\n"
        "six words in a row, on either side, with train. Swapping the languages swaps the sides only.\n"
        "\n"
        "With --languages in place of --pair: sentences labelled with their language, for learning to tell\n"
        "languages apart. DIR/train.text has one a line, DIR/train.label its language; dev and test "
        "likewise,\n"
        "split by family of packages in all languages together. Lines of fewer than three words, lines "
        "whose\n"
        "words are there in two languages (untranslated ones) and duplicates are left out, and counted; "
        "dev,\n"
        "test and train have as many of each language as are there, up to --dev-lines, --test-lines and\n"
        "--train-lines.\n"
        "\n"
        "This is the one command that uses the network, through apt. Without apt or network, 'latimer "
        "corpus\n"
        "generate' makes a corpus.",
    .table = lt_debian_table,
    .size = sizeof(lt_debian_options),
    .least = 1,
    .most = 1,
    .run = run_fetch,
};
