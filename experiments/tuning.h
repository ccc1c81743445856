/* tuning.h: which decoding setting to try next, and which to choose, by scores on a validation set.
 *
 * Coordinate descent over a grid. It starts from the run's own setting. In the first round each key in turn
 * is tried with all its values, the others held; in later rounds with the two values next to the one chosen,
 * as long as anything changes. Along a line of values the choice is the most preferred of those that are
 * about as good as the best and no worse than the one held (as the one-standard-error rule of Breiman et al.
 * 1984 takes the simplest tree of those about as good as the best): of a key that costs time the lowest
 * value, of any other the one nearest to the run's own. One that is less preferred than the one held must not
 * be about as good as that, but better. */
#ifndef LT_TUNING_H
#define LT_TUNING_H

#include "translate/translate.h"

enum { LT_TUNING_AXES = 8 };

typedef struct lt_tuning_axis {
    const lt_option *option; /* an entry of lt_decoding_table */
    lt_strings values;       /* as lt_option_format() writes them; numbers ascending; none twice */
    size_t own;              /* which of them the search starts from */
    bool costly;             /* a later value takes more time */
} lt_tuning_axis;

/* The keys searched, in order. All zeros is an empty one. */
typedef struct lt_tuning_space {
    lt_tuning_axis axes[LT_TUNING_AXES];
    size_t count;
} lt_tuning_space;

/* One setting: the index of each axis's value. */
typedef struct lt_tuning_point {
    size_t at[LT_TUNING_AXES];
} lt_tuning_point;

typedef struct lt_tuning_score {
    lt_tuning_point point;
    double score; /* higher is better */
} lt_tuning_score;

/* The keys that are searched by default and those of `grid` ("key=v1,v2" each, which also replaces the
 * default values of its key), less those of `pinned`, around `own`, whose values are always among them. A key
 * that has no meaning without attention is left out where there is none. LT_ERROR_USAGE for an unknown key or
 * value, one given twice, one that changes no translation, one both in `grid` and `pinned`, one that wants
 * attention where there is none, and where nothing is left to search. The caller clears it, also after a
 * failure. */
lt_status lt_tuning_space_init(lt_tuning_space *space, const lt_decoding_options *own, const lt_strings *grid,
                               const lt_strings *pinned, bool attention, lt_error *error);
void lt_tuning_space_clear(lt_tuning_space *space);

/* Does this decoding key change translations, and not only how fast or in what company they are made? */
bool lt_tuning_matters(const char *key);

/* Puts the values of `point` into `options`. */
lt_status lt_tuning_apply(lt_decoding_options *options, const lt_tuning_space *space,
                          const lt_tuning_point *point, lt_error *error);

/* LT_ERROR_USAGE where a value excludes another key's or the model: no two of them may, the others as in
 * `own`. Whatever the search tries can then be translated with. */
lt_status lt_tuning_check(const lt_tuning_space *space, const lt_decoding_options *own,
                          const lt_model_options *model, lt_error *error);

/* About as good as the best is what is within `min_gain` of it, or within `errors` standard errors of the
 * difference between the two. */
typedef struct lt_tuning_rule {
    double min_gain, errors;
    /* The standard error between two of the scores known, by their numbers. Asked only where `errors` > 0. */
    double (*error_between)(void *context, size_t one, size_t other);
    void *context;
} lt_tuning_rule;

/* Walks the search by the `count` scores known so far. false: `point` is what is to be scored next; true: the
 * search is over and `point` is the one chosen. A function of its arguments alone. */
bool lt_tuning_next(lt_tuning_point *point, const lt_tuning_space *space, const lt_tuning_score *known,
                    size_t count, const lt_tuning_rule *rule);

#endif
