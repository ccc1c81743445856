/* sweep_grid.h: the options of a sweep as points, each a list of settings. Knows nothing of what the keys
 * mean. */
#ifndef LT_SWEEP_GRID_H
#define LT_SWEEP_GRID_H

#include "model/base/text.h"

enum { LT_SWEEP_POINTS_MOST = 10000 };

typedef struct lt_sweep_settings {
    lt_strings settings; /* "key=value" each; none: the base */
    const char *option;  /* that gave them: "--grid", "--ablate"; "" of the base */
} lt_sweep_settings;

typedef struct lt_sweep_grid {
    lt_sweep_settings *points; /* (count) */
    size_t count;
} lt_sweep_grid;

/* The points of these options, all zeros before; cleared by the caller, also after a failure.
 *
 * `grid`: "key=v1,v2,..." each; the points are all combinations, the last key's values varying fastest. A
 * value with a comma is quoted, "v" or 'v' (in "v", \" and \\ stand for those characters), or is a list in
 * brackets, whose commas are its own: "data.test=[a,b],[c]". Blanks around a value do not count; an empty one
 * is written "".
 *
 * `ablate`: "key=value" each, or "key=value;key=value" for a change of several keys at once; the points are
 * the base and the base with each change alone, before those of the grid. Values are as above, but that a
 * comma is nothing special and ';' is.
 *
 * With neither there is the base alone. LT_ERROR_USAGE, beginning with the option, for what is malformed and
 * for a key, a value or a change given twice. */
lt_status lt_sweep_grid_parse(lt_sweep_grid *points, const lt_strings *grid, const lt_strings *ablate,
                              lt_error *error);
void lt_sweep_grid_clear(lt_sweep_grid *points);

#endif
