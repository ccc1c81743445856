/* bans.h: which pieces a hypothesis must not go on with. Private to translate/. */
#ifndef LT_BANS_H
#define LT_BANS_H

#include "tokenizer/tokenizer.h"
#include "translate/translate.h"

/* Row after row, for lt_choosing. All zeros is an empty one; `start` (rows + 1) is the caller's. */
typedef struct lt_bans {
    lt_ids ids;
    size_t *start, rows;
} lt_bans;

/* A limit of `pieces`, a factor times a length, as a whole number: upwards, but for the rounding of the
 * product itself (2.2 * 25 is 55, and a little more in binary). */
double lt_rounded_up(double pieces);

/* Do these options ban anything? */
bool lt_bans_needed(const lt_decoding_options *options);

/* The shortest target, in pieces, for a source of `src_length` pieces: as many as min_length_factor says, so
 * far as the end of sentence has its place behind them. */
size_t lt_minimum_length(const lt_decoding_options *options, size_t src_length);

void lt_bans_begin(lt_bans *bans); /* no rows yet */

/* One more row, whose hypothesis has `pieces` (length) so far: before `minimum` of them it does not end, and
 * no no_repeat_ngram pieces in a row come twice. */
lt_status lt_bans_add(lt_bans *bans, const lt_decoding_options *options, size_t minimum,
                      const int32_t *pieces, size_t length, lt_error *error);

#endif
