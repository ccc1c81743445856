/* compare_lengths.h: --by-length of compare: classes of source lengths on the command line, and their scores.
 */
#ifndef LT_COMPARE_LENGTHS_H
#define LT_COMPARE_LENGTHS_H

#include <jansson.h>

#include "experiments/comparison.h"

enum { LT_LENGTHS_MOST = 64 };

/* "5,10,15": ascending whole numbers. */
lt_status lt_lengths_parse(size_t lengths[LT_LENGTHS_MOST], size_t *count, const char *text, lt_error *error);
/* A table a metric of one set, on standard output. */
lt_status lt_lengths_print(const lt_comparison *comparison, const lt_compared_set *set, const size_t *lengths,
                           size_t count, bool markdown, lt_error *error);
/* An array of objects, one a class; NULL when out of memory. */
json_t *lt_lengths_json(const lt_comparison *comparison, const lt_compared_set *set, const size_t *lengths,
                        size_t count);

#endif
