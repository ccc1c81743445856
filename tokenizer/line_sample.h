/* line_sample.h: of any number of lines so many as a budget of bytes allows, drawn at random. Private to
 * tokenizer/.
 *
 * A line is kept where the hash of its number is below a bound, and the bound is lowered whenever what is
 * kept is too much: each line is as likely to stay as any other, whatever comes behind it, and the choice is
 * a function of the lines' lengths and the budget alone. All are kept where they fit. */
#ifndef LT_TOKENIZER_LINE_SAMPLE_H
#define LT_TOKENIZER_LINE_SAMPLE_H

#include "model/base/text.h"
#include "tokenizer/tokenizer.h"

/* All zeros but the budget is an empty one. */
typedef struct lt_line_sample {
    size_t budget; /* bytes; 0: any number */
    size_t offered, kept;
    lt_text lines;  /* of each: a header, its bytes */
    uint64_t above; /* hashes from here on are left out: 2^64 - above is the bound; 0: none */
    size_t next;    /* in `lines`, of lt_line_sample_next() */
} lt_line_sample;

lt_status lt_line_sample_offer(lt_line_sample *sample, const char *bytes, size_t length, lt_error *error);
/* The lines that were kept, in their order. */
lt_status lt_line_sample_next(void *sample, const char **bytes, size_t *length, bool *end, lt_error *error);
void lt_line_sample_clear(lt_line_sample *sample);

#endif
