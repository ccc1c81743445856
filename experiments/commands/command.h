/* command.h: what a subcommand is to main.c. */
#ifndef LT_COMMAND_H
#define LT_COMMAND_H

#include "model/base/options.h"
#include "model/base/status.h"
#include "model/base/text.h"

/* Options every command takes. */
typedef struct lt_common_options {
    char *db;        /* --db FILE: latimer.db, or $LATIMER_DB */
    int64_t threads; /* --threads N: 0 is all cores */
    bool quiet, verbose;
    lt_strings given; /* the keys that stood on the command line, the command's own too */
} lt_common_options;

/* Did the option of this key stand on the command line? */
bool lt_was_given(const lt_common_options *common, const char *key);

typedef struct lt_command {
    const char *name;        /* "train"; of a nested one "tokenizer train" */
    const char *usage;       /* "EXPERIMENT.yaml [options]" */
    const char *summary;     /* one line, for the list of commands */
    const char *description; /* paragraphs for --help, before the options; may be NULL */
    const lt_option *table;  /* its own options; may be NULL */
    size_t size;             /* of the options struct; main allocates, sets defaults, parses, and clears it */
    size_t least, most;      /* number of operands allowed */
    lt_status (*run)(const void *options, const lt_common_options *common, const lt_strings *operands,
                     lt_error *error);
} lt_command;

/* Every command, NULL-terminated (main.c): adding one is one file, one `extern` and one line. */
extern const lt_command *const lt_commands[];

#endif
