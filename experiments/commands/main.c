/* latimer: finds the subcommand, parses its options, runs it, and turns its status into messages and an exit
 * status. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/commands/command.h"

extern const lt_command lt_command_train;
extern const lt_command lt_command_sweep;
extern const lt_command lt_command_translate;
extern const lt_command lt_command_tune;
extern const lt_command lt_command_shortlist;
extern const lt_command lt_command_rescore;
extern const lt_command lt_command_gradients;
extern const lt_command lt_command_quantize;
extern const lt_command lt_command_classify;
extern const lt_command lt_command_corpus_clean;
extern const lt_command lt_command_score;
extern const lt_command lt_command_runs;
extern const lt_command lt_command_show;
extern const lt_command lt_command_compare;
extern const lt_command lt_command_corpus_import;
extern const lt_command lt_command_corpus_stats;
extern const lt_command lt_command_tokenizer_train;
extern const lt_command lt_command_tokenizer_encode;
extern const lt_command lt_command_tokenizer_decode;
extern const lt_command lt_command_corpus_fetch;
extern const lt_command lt_command_corpus_generate;

const lt_command *const lt_commands[] = {
    &lt_command_train,
    &lt_command_sweep,
    &lt_command_translate,
    &lt_command_tune,
    &lt_command_shortlist,
    &lt_command_rescore,
    &lt_command_classify,
    &lt_command_score,
    &lt_command_runs,
    &lt_command_show,
    &lt_command_compare,
    &lt_command_gradients,
    &lt_command_quantize,
    &lt_command_tokenizer_train,
    &lt_command_tokenizer_encode,
    &lt_command_tokenizer_decode,
    &lt_command_corpus_fetch,
    &lt_command_corpus_import,
    &lt_command_corpus_clean,
    &lt_command_corpus_generate,
    &lt_command_corpus_stats,
    NULL,
};

static const lt_option common_table[] = {
    {.key = "db",
     .type = LT_OPTION_STRING,
     .offset = offsetof(lt_common_options, db),
     .default_value = "latimer.db",
     .value = "FILE",
     .help = "The database of runs. $LATIMER_DB, where it is set, takes the place of the default."},
    {.key = "threads",
     .type = LT_OPTION_INTEGER,
     .offset = offsetof(lt_common_options, threads),
     .default_value = "0",
     .minimum = 0,
     .maximum = 1024,
     .help = "Worker threads; 0: as many as there are cores this process may use."},
    {.key = "quiet",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(lt_common_options, quiet),
     .help = "No progress and no notes on standard error, only errors."},
    {.key = "verbose",
     .type = LT_OPTION_BOOL,
     .offset = offsetof(lt_common_options, verbose),
     .help = "More notes on standard error."},
    {0},
};

static const lt_option no_options[] = {{0}};

/* ---- help ---- */

static const char introduction[] =
    "latimer " LATIMER_VERSION ": neural machine translation with recurrent encoder-decoder models\n"
    "\n"
    "usage: latimer COMMAND [operands] [options]\n"
    "       latimer help COMMAND       (the same as latimer COMMAND --help)\n"
    "       latimer --version\n";

/* Does `name` lie under `group` ("tokenizer train" under "tokenizer")? The empty group holds all. */
static bool belongs(const char *name, const char *group)
{
    size_t length = strlen(group);
    return length == 0 || (strncmp(name, group, length) == 0 && name[length] == ' ');
}

static lt_status help_list(lt_text *out, const char *group, lt_error *error)
{
    if (*group)
        LT_TRY(lt_text_appendf(out, error, "usage: latimer %s COMMAND [operands] [options]\n", group));
    else
        LT_TRY(lt_text_appendf(out, error, "%s", introduction));
    LT_TRY(lt_text_appendf(out, error, "\nCommands:\n"));
    for (const lt_command *const *command = lt_commands; *command; command++)
        if (belongs((*command)->name, group))
            LT_TRY(lt_text_appendf(out, error, "  %-18s %s\n", (*command)->name, (*command)->summary));
    LT_TRY(lt_text_appendf(out, error, "\nOptions of every command:\n"));
    LT_TRY(lt_options_help(out, common_table, error));
    return lt_text_appendf(
        out, error,
        "\nData goes to standard output, everything else to standard error. Exit status: 0 done, 1 failed,\n"
        "2 wrong usage or configuration, 130 or 143 stopped by SIGINT or SIGTERM after saving.\n");
}

static lt_status help_command(lt_text *out, const lt_command *command, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, "usage: latimer %s %s\n\n%s\n", command->name, command->usage,
                           command->summary));
    if (command->description) LT_TRY(lt_text_appendf(out, error, "\n%s\n", command->description));
    if (command->table && command->table->key) {
        LT_TRY(lt_text_appendf(out, error, "\nOptions:\n"));
        LT_TRY(lt_options_help(out, command->table, error));
    }
    LT_TRY(lt_text_appendf(out, error, "\nOptions of every command:\n"));
    return lt_options_help(out, common_table, error);
}

/* Prints the help of `command`, or of the group where it is NULL. */
static lt_status print_help(const lt_command *command, const char *group, lt_error *error)
{
    lt_text text = {0};
    lt_status status = command ? help_command(&text, command, error) : help_list(&text, group, error);
    if (status == LT_OK) fwrite(text.data, 1, text.length, stdout);
    lt_text_clear(&text);
    return status;
}

/* ---- finding the command ---- */

/* The words of argv that make up `name`, which may stand in one of them: "corpus clean"; 0 if they do not. */
static int words_matched(const char *name, int argc, char **argv)
{
    if (argc > 0 && strcmp(name, argv[0]) == 0) return 1;
    int words = 0;
    while (*name) {
        size_t length = strcspn(name, " ");
        if (words == argc || strlen(argv[words]) != length || strncmp(argv[words], name, length)) return 0;
        words++;
        name += length + (name[length] == ' ');
    }
    return words;
}

/* The command argv begins with, and how many words that takes; or NULL, `*group` being argv[0] if that is a
 * group's name. */
static const lt_command *find_command(int argc, char **argv, int *words, const char **group)
{
    const lt_command *found = NULL;
    *words = 0;
    *group = "";
    for (const lt_command *const *command = lt_commands; *command; command++) {
        int matched = words_matched((*command)->name, argc, argv);
        if (matched > *words) *words = matched, found = *command;
        if (argc && belongs((*command)->name, argv[0]) && *argv[0]) *group = argv[0];
    }
    return found;
}

static lt_status unknown_command(const char *group, int argc, char **argv, lt_error *error)
{
    size_t count = 0, skip = *group ? strlen(group) + 1 : 0;
    while (lt_commands[count]) count++;
    const char **names = calloc(count + 2, sizeof *names);
    if (!names) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    count = 0;
    for (const lt_command *const *command = lt_commands; *command; command++)
        if (belongs((*command)->name, group)) names[count++] = (*command)->name + skip;
    if (!*group) names[count++] = "help";
    const char *word = argv[skip ? 1 : 0], *space = skip ? " " : "";
    if (skip && argc < 2)
        lt_fail(error, LT_ERROR_USAGE, "'%s' wants a command behind it; see 'latimer help %s'", group, group);
    else {
        const char *near = lt_did_you_mean(word, names);
        for (size_t i = 0; !near && i < count; i++) /* "tokenise" for the group of "tokenizer train" */
            if (strchr(names[i], ' ')) {
                char first[64];
                snprintf(first, sizeof first, "%.*s", (int)strcspn(names[i], " "), names[i]);
                if (lt_did_you_mean(word, (const char *const[]){first, NULL})) near = names[i];
            }
        if (near)
            lt_fail(error, LT_ERROR_USAGE, "unknown command '%s%s%.100s'; did you mean '%s%s%s'?", group,
                    space, word, group, space, near);
        else
            lt_fail(error, LT_ERROR_USAGE,
                    "unknown command '%s%s%.100s'; 'latimer help%s%s' lists the commands", group, space, word,
                    skip ? " " : "", group);
    }
    free(names);
    return error->code;
}

/* ---- running it ---- */

static lt_status check_operands(const lt_command *command, const lt_strings *operands, lt_error *error)
{
    if (operands->count >= command->least && operands->count <= command->most) return LT_OK;
    if (operands->count > command->most && command->most == 0)
        return lt_fail(error, LT_ERROR_USAGE, "unexpected operand '%.200s'; usage: latimer %s %s",
                       operands->items[0], command->name, command->usage);
    return lt_fail(error, LT_ERROR_USAGE, "too %s operands (%zu); usage: latimer %s %s",
                   operands->count < command->least ? "few" : "many", operands->count, command->name,
                   command->usage);
}

/* Parses argv by the command's table and the common one in a single pass, so that both may stand anywhere. */
static lt_status parse_and_run(const lt_command *command, int argc, char **argv, lt_error *error)
{
    lt_status status;
    size_t own = (command->size + 15) / 16 * 16;
    const lt_option both[] = {
        {.key = "own",
         .type = LT_OPTION_GROUP,
         .offset = 0,
         .group = command->table ? command->table : no_options},
        {.key = "common", .type = LT_OPTION_GROUP, .offset = own, .group = common_table},
        {0},
    };
    lt_strings operands = {0};
    char *options = calloc(1, own + sizeof(lt_common_options));
    if (!options) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    lt_common_options *common = (lt_common_options *)(options + own);
    LT_GOTO(status, lt_options_defaults(options, both, error), done);
    const char *db = getenv("LATIMER_DB");
    if (db && *db) LT_GOTO(status, lt_option_parse(common, &common_table[0], "LATIMER_DB", db, error), done);
    LT_GOTO(status, lt_options_arguments(options, both, &operands, &common->given, argc, argv, error), done);
    if (common->quiet && common->verbose) {
        status = lt_fail(error, LT_ERROR_USAGE, "--quiet and --verbose exclude each other");
        goto done;
    }
    LT_GOTO(status, check_operands(command, &operands, error), done);
    status = command->run(options, common, &operands, error);
    if (status != LT_OK && error->code == LT_OK)
        lt_fail(error, status, "failed without saying why (code %d)", status);
done:
    lt_strings_clear(&common->given);
    lt_options_clear(options, both);
    lt_strings_clear(&operands);
    free(options);
    return status;
}

/* Common options may stand before the command, too: how many arguments those are. */
static int leading_options(int argc, char **argv)
{
    int i = 0;
    while (i < argc && argv[i][0] == '-') {
        bool valued = strcmp(argv[i], "--db") == 0 || strcmp(argv[i], "--threads") == 0;
        i += valued && i + 1 < argc ? 2 : 1;
    }
    return i;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--"); i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

/* Sets `*name` to what errors are to be prefixed with. */
static lt_status dispatch(int argc, char **argv, const char **name, lt_error *error)
{
    int leading = leading_options(argc, argv), words;
    int rest = argc - leading;
    char **arguments = argv + leading;
    const char *group;
    if (rest == 0) {
        for (int i = 0; i < argc; i++)
            if (strcmp(argv[i], "--version") == 0) return printf("latimer %s\n", LATIMER_VERSION), LT_OK;
        if (asks_for_help(argc, argv)) return print_help(NULL, "", error);
        if (argc)
            return lt_fail(error, LT_ERROR_USAGE, "no command given; 'latimer help' lists the commands");
        return print_help(NULL, "", error);
    }
    bool help = strcmp(arguments[0], "help") == 0;
    if (help) rest--, arguments++;
    const lt_command *command = find_command(rest, arguments, &words, &group);
    if (help || asks_for_help(argc, argv)) {
        bool group_only = !command && *group && (rest == 1 || arguments[1][0] == '-');
        bool nothing = rest == 0 || (help && arguments[0][0] == '-');
        if (command || group_only || nothing) return print_help(command, nothing ? "" : group, error);
        return unknown_command(group, rest, arguments, error);
    }
    if (!command) return unknown_command(group, rest, arguments, error);
    *name = command->name;
    /* the options before the command join those behind it */
    char **joined = calloc((size_t)argc + 1, sizeof *joined);
    if (!joined) return lt_fail(error, LT_ERROR_MEMORY, "out of memory");
    memcpy(joined, argv, (size_t)leading * sizeof *joined);
    memcpy(joined + leading, arguments + words, (size_t)(rest - words) * sizeof *joined);
    lt_status status = parse_and_run(command, leading + rest - words, joined, error);
    free(joined);
    return status;
}

/* A file opened while descriptor 1 is closed would become standard output and be written into: fill the gaps.
 * What is opened here fails when it is written to, as the closed descriptor would. */
static void hold_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
            open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(1);
}

/* Output that did not arrive (a full disk, a closed pipe) is a failure, however late it shows. */
static lt_status finish_stdout(lt_error *error)
{
    bool failed = ferror(stdout);
    errno = 0;
    if (fclose(stdout) == 0 && !failed) return LT_OK;
    if (errno) return lt_fail_errno(error, "cannot write to standard output");
    return lt_fail(error, LT_ERROR_IO,
                   "cannot write to standard output; the disk is full or the reader has gone");
}

bool lt_was_given(const lt_common_options *common, const char *key)
{
    return lt_strings_has(&common->given, key);
}

int main(int argc, char **argv)
{
    static lt_error error, late;
    const char *name = "";
    hold_standard_descriptors();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is a write error like another, said and counted; */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that has reached its limit */
    lt_status status = dispatch(argc > 1 ? argc - 1 : 0, argv + 1, &name, &error);
    if (status == LT_OK) error.code = LT_OK;
    if (finish_stdout(&late) != LT_OK && error.code == LT_OK) error = late;
    if (error.code != LT_OK) fprintf(stderr, "latimer%s%s: %s\n", *name ? " " : "", name, error.message);
    return lt_exit_status(&error);
}
