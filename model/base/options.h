/* options.h: tables that describe an options struct, key by key.
 *
 * One table per struct drives parsing, checking, dumping and --help, for the experiment file and for the
 * command line alike. A table ends with an entry whose key is NULL. A group nests a table over a struct
 * inside the struct, so that "encoder.hidden" is the key `hidden` of the group `encoder`. */
#ifndef LT_BASE_OPTIONS_H
#define LT_BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"
#include "model/base/text.h"

typedef enum lt_option_type {
    LT_OPTION_BOOL,    /* bool: true | false (on the command line: a flag without value) */
    LT_OPTION_INTEGER, /* int64_t, within [minimum, maximum] */
    LT_OPTION_REAL,    /* double, within [minimum, maximum], finite */
    LT_OPTION_STRING,  /* char *, owned by the struct; NULL when the default is NULL */
    LT_OPTION_CHOICE,  /* int: the index into `choices` */
    LT_OPTION_LIST,    /* lt_strings: strings, each also added by a repeat on the command line */
    LT_OPTION_GROUP,   /* a nested struct described by `group` */
} lt_option_type;

typedef struct lt_option {
    const char *key; /* YAML: snake_case; command line: the long name without "--" */
    lt_option_type type;
    size_t offset;              /* of the field in the struct */
    const char *default_value;  /* as it would be written; NULL: required in YAML if `required`, else unset */
    double minimum, maximum;    /* integers and reals, inclusive; no bounds unless minimum < maximum */
    const char *const *choices; /* choices: names, NULL-terminated */
    const struct lt_option *group;
    const char *help;  /* one or more sentences, no default in it (help adds it) */
    char letter;       /* command line: the short name, or 0 */
    const char *value; /* command line: the placeholder in help, as "FILE"; NULL: by type */
    bool required;
    bool remainder; /* command line, LT_OPTION_LIST: also takes the values that follow, up to the next option
                     */
} lt_option;

/* Sets every field of the zeroed struct at `options` to its default. */
lt_status lt_options_defaults(void *options, const lt_option *table, lt_error *error);

/* Parses `text` into the field of one (non-group) entry; replaces what was there. A list: "[a, "b, c"]"
 * replaces it, any other text is one more item. The message names `key`, the text, and the type, bounds or
 * choices wanted (with a did-you-mean). LT_ERROR_USAGE. On failure the field keeps its value. */
lt_status lt_option_parse(void *options, const lt_option *option, const char *key, const char *text,
                          lt_error *error);

/* What an entry accepts, in words: "a whole number from 1 to 64", "one of adam, sgd". */
void lt_option_wanted(char *out, size_t size, const lt_option *option);

/* The entry for a dotted key (a group's, too); `*base` gets the struct that holds its field. On a miss fills
 * `error` with the valid keys of the deepest group reached and a did-you-mean, and returns NULL. */
const lt_option *lt_options_find(void *options, const lt_option *table, const char *dotted, void **base,
                                 lt_error *error);

/* Appends the value of one entry as text (what lt_option_parse() reads back; reals in the shortest form that
 * round-trips). */
lt_status lt_option_format(lt_text *out, const void *options, const lt_option *option, lt_error *error);

/* Calls visit(context, "encoder.hidden", entry, struct that holds its field) for every entry that is no
 * group, in the table's order; stops at the first failure and returns it. */
typedef lt_status (*lt_option_visitor)(void *context, const char *dotted, const lt_option *option,
                                       const void *base, lt_error *error);
lt_status lt_options_each(const void *options, const lt_option *table, lt_option_visitor visit, void *context,
                          lt_error *error);

/* Frees the strings and lists. */
void lt_options_clear(void *options, const lt_option *table);

/* The candidate (NULL-terminated list) nearest to `word` by edit distance, or NULL when none is near. */
const char *lt_did_you_mean(const char *word, const char *const *candidates);

/* Command line: parses argv[0..argc) by the table into a struct that holds its defaults. Long and short
 * options, "--key VALUE",
 * "--key=VALUE", "-kVALUE"; flags "--key", "--no-key", "-abc"; "--" ends options; what is no option goes to
 * `operands`, and so does "-". '_' and '-' are the same in long names. The keys of a group stand by
 * themselves: `beam_size` of the group `decoding` is --beam-size. The first use of a list option replaces its
 * default. An unknown option is LT_ERROR_USAGE with a did-you-mean. `given` (may be NULL) gets the keys that
 * were set, as a default cannot be told from the same value given. */
lt_status lt_options_arguments(void *options, const lt_option *table, lt_strings *operands, lt_strings *given,
                               int argc, char **argv, lt_error *error);

/* Appends the help text of a command-line table: one aligned entry an option, wrapped at 100 columns, with
 * its choices or bounds and its default. A group's `help` is the heading of its options. */
lt_status lt_options_help(lt_text *out, const lt_option *table, lt_error *error);

#endif
