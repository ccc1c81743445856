/* yaml.h: options structs from and to YAML, by their tables (model/base/options.h).
 *
 * A strict subset: one document, mappings of known keys, scalars and lists of scalars; block or flow style,
 * comments. Scalars are typed by the table, never guessed (`trg: no` is Norwegian). Anchors, aliases, tags
 * and merge keys are refused. */
#ifndef LT_YAML_H
#define LT_YAML_H

#include "model/base/options.h"

/* The keys that stood in a document, and where. All zeros is an empty list. */
typedef struct lt_yaml_keys {
    lt_strings dotted, places; /* "model.encoder.hidden", "name:line:column"; no groups */
} lt_yaml_keys;

/* Reads a document into a struct that already holds its defaults. `name` stands for the file in messages,
 * which are "name:line:column: what" (both from 1). Unknown, duplicate and mistyped keys are LT_ERROR_USAGE,
 * and so is text that is no YAML. An empty document changes nothing. An empty or null value leaves a group at
 * its defaults and unsets a string that may be unset. `keys` (may be NULL) gets those that were given. */
lt_status lt_yaml_load(void *options, const lt_option *table, const char *bytes, size_t length,
                       const char *name, lt_yaml_keys *keys, lt_error *error);

/* Does a key, or anything of a group, belong into a dump? */
typedef bool (*lt_yaml_filter)(const void *options, const char *dotted);

/* Appends every key that `filter` (NULL: all) lets through with its value and, as a comment above, its help.
 * lt_yaml_load() reads back equal values. */
lt_status lt_yaml_dump(lt_text *out, const void *options, const lt_option *table, lt_yaml_filter filter,
                       lt_error *error);

#endif
