#include "translate/bans.h"

#include <math.h>
#include <string.h>

#include "translate/search.h"

double lt_rounded_up(double pieces)
{
    return ceil(pieces * (1 - 1e-12));
}

bool lt_bans_needed(const lt_decoding_options *options)
{
    return options->min_length_factor > 0 || options->no_repeat_ngram > 0;
}

size_t lt_minimum_length(const lt_decoding_options *options, size_t src_length)
{
    const double wanted = lt_rounded_up(options->min_length_factor * (double)src_length);
    const size_t most = lt_search_limit(options, src_length) - 1;
    return wanted < (double)most ? (size_t)wanted : most;
}

void lt_bans_begin(lt_bans *bans)
{
    bans->ids.count = bans->rows = bans->start[0] = 0;
}

lt_status lt_bans_add(lt_bans *bans, const lt_decoding_options *options, size_t minimum,
                      const int32_t *pieces, size_t length, lt_error *error)
{
    const size_t n = (size_t)options->no_repeat_ngram;
    if (length < minimum) LT_TRY(lt_ids_add(&bans->ids, LT_EOS, error));
    if (n > 0 && length >= n) {
        const int32_t *last = pieces + length - (n - 1); /* the n - 1 pieces that a next one completes */
        for (size_t i = 0; i + n <= length; i++)
            if (memcmp(pieces + i, last, (n - 1) * sizeof *pieces) == 0)
                LT_TRY(lt_ids_add(&bans->ids, pieces[i + n - 1], error));
    }
    bans->start[++bans->rows] = bans->ids.count;
    return LT_OK;
}
