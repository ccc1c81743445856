/* store_json.h: the store's rows as JSON, for --json of runs, show and compare, and for the report. */
#ifndef LT_STORE_JSON_H
#define LT_STORE_JSON_H

#include <jansson.h>
#include <stdio.h>

#include "experiments/store.h"

/* All return a new reference, or NULL when out of memory. */
json_t *lt_json_text(const char *text); /* malformed UTF-8 is repaired; null for NULL */
json_t *lt_json_real(double value);     /* null for what is not finite */
json_t *lt_json_time(int64_t ms);       /* "2026-11-23T20:44:05.123Z"; null for 0 */
json_t *lt_json_run(const lt_store_run *run);
json_t *lt_json_origin(const lt_store_origin *origin);
json_t *lt_json_checkpoint(const lt_store_checkpoint *checkpoint);
json_t *lt_json_dataset(const lt_store_dataset *dataset);
json_t *lt_json_decoding(const lt_store_decoding *decoding);
json_t *lt_json_scored(const lt_store_scored *scored);

/* Adds `value` (stolen, may be NULL) to an array or, under `key`, to an object. LT_ERROR_MEMORY when that
 * fails. */
lt_status lt_json_add(json_t *array, json_t *value, lt_error *error);
lt_status lt_json_set(json_t *object, const char *key, json_t *value, lt_error *error);

/* Writes `value` and a line feed to `out`. */
lt_status lt_json_print(FILE *out, const json_t *value, lt_error *error);

#endif
