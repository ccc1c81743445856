/* sentencepiece_shim.h: SentencePiece as C functions. No exception leaves them, and the library is kept from
 * printing.
 *
 * What comes in is trusted: text is UTF-8 without NUL, models were walked (model_walk.h), ids are in range.
 */
#ifndef LT_SENTENCEPIECE_SHIM_H
#define LT_SENTENCEPIECE_SHIM_H

#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/status.h"
#include "model/base/text.h"
#include "tokenizer/tokenizer.h"

/* Trains by the library's own settings, given as "key=value", and appends the model's bytes. What the library
 * says against the settings or the text is LT_ERROR_USAGE, in its own words; what `next` says goes through.
 */
lt_status lt_spm_train(lt_text *model, const lt_strings *settings, lt_tokenizer_lines next, void *context,
                       lt_error *error);

typedef struct lt_spm lt_spm;
lt_status lt_spm_create(lt_spm **spm, const void *bytes, size_t length, lt_error *error);
void lt_spm_free(lt_spm *spm); /* NULL is fine */

size_t lt_spm_size(const lt_spm *spm);
const char *lt_spm_piece(const lt_spm *spm, size_t id);
float lt_spm_score(const lt_spm *spm, size_t id);
bool lt_spm_normal(const lt_spm *spm, size_t id); /* what text is made of: no control, <unk> or byte */
int32_t lt_spm_id(const lt_spm *spm, const char *piece, size_t length); /* LT_UNK when there is none such */

/* Where a piece stands in a text: bytes [begin, end). In the caller's storage; all zeros is an empty list. */
typedef struct lt_range {
    size_t begin, end;
} lt_range;
typedef struct lt_ranges {
    lt_range *items;
    size_t count, capacity;
} lt_ranges;
lt_status lt_ranges_add(lt_ranges *ranges, size_t begin, size_t end, lt_error *error);

/* These append. `ranges` (may be NULL) gets where in the text, or in what is appended to it, each piece
 * stands: in their order, without overlap, some empty. Text that `continues` a word gets no mark of a word's
 * beginning. */
lt_status lt_spm_encode(const lt_spm *spm, lt_ids *ids, lt_ranges *ranges, const char *text, size_t length,
                        bool continues, lt_error *error);
lt_status lt_spm_decode(const lt_spm *spm, lt_text *text, lt_ranges *ranges, const int32_t *ids, size_t count,
                        lt_error *error);
/* The text as its pieces are cut from it: normalised, the spaces U+2581. */
lt_status lt_spm_normalize(const lt_spm *spm, lt_text *normalized, const char *text, size_t length,
                           bool continues, lt_error *error);
/* Best first; at least two are asked for, since the library has no score for one alone. */
lt_status lt_spm_nbest(const lt_spm *spm, const char *text, size_t length, bool continues, size_t nbest,
                       lt_segmentation_visitor visit, void *context, lt_error *error);

#ifdef __cplusplus
}
#endif

#endif
