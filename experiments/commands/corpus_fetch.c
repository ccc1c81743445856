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

static lt_status report(const lt_debian *debian, const lt_debian_options *options, lt_error *error)
{
    lt_text text = {0};
    lt_status status = lt_debian_describe(debian, &text, error);
    if (status == LT_OK) fprintf(stderr, "%swritten to %s\n", text.data, options->output);
    lt_text_clear(&text);
    return status;
}

static lt_status run_fetch(const void *options, const lt_common_options *common, const lt_strings *operands,
                           lt_error *error)
{
    const lt_debian_options *o = options;
    lt_debian *debian;
    if (strcmp(operands->items[0], "debian") != 0)
        return lt_fail(error, LT_ERROR_USAGE,
                       "unknown corpus '%.100s'; the one that can be fetched is 'debian'",
                       operands->items[0]);
    if (!o->output) return lt_fail(error, LT_ERROR_USAGE, "where is the corpus to be written? Give -o DIR");
    LT_TRY(lt_debian_create(&debian, o, error));
    lt_status status = lt_debian_fetch(debian, note, (void *)common, error);
    if (status == LT_OK) status = lt_debian_build(debian, error);
    if (status == LT_OK) status = lt_debian_write(debian, error);
    if (status == LT_OK && !common->quiet) status = report(debian, o, error);
    lt_debian_free(debian);
    return status;
}

const lt_command lt_command_corpus_fetch = {
    .name = "corpus fetch",
    .usage = "debian --pair SRC-TRG -o DIR [options]",
    .summary = "fetches a parallel corpus: Debian's package descriptions",
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
        "This is the one command that uses the network, through apt. Without apt or network, 'latimer "
        "corpus\n"
        "generate' makes a corpus.",
    .table = lt_debian_table,
    .size = sizeof(lt_debian_options),
    .least = 1,
    .most = 1,
    .run = run_fetch,
};
