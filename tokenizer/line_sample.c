#include "tokenizer/line_sample.h"

#include <string.h>

#include "model/base/rng.h"

enum { LOWER = 8 }; /* the bound is lowered by its eighth part */

typedef struct header {
    uint64_t hash;
    size_t length;
} header;

static bool stays(const lt_line_sample *sample, uint64_t hash)
{
    return sample->above == 0 || hash < -sample->above;
}

static header header_at(const lt_line_sample *sample, size_t at)
{
    header head;
    memcpy(&head, sample->lines.data + at, sizeof head);
    return head;
}

/* Lowers the bound and drops the lines that it leaves out. */
static void thin_out(lt_line_sample *sample)
{
    uint64_t bound = sample->above ? -sample->above : UINT64_MAX;
    size_t to = 0;
    sample->above = -(bound - bound / LOWER);
    sample->kept = 0;
    for (size_t at = 0, size; at < sample->lines.length; at += size) {
        header head = header_at(sample, at);
        size = sizeof head + head.length;
        if (!stays(sample, head.hash)) continue;
        memmove(sample->lines.data + to, sample->lines.data + at, size);
        to += size;
        sample->kept++;
    }
    sample->lines.length = to;
}

lt_status lt_line_sample_offer(lt_line_sample *sample, const char *bytes, size_t length, lt_error *error)
{
    header head = {lt_stream(0, sample->offered++, 0, 0), length};
    if (!stays(sample, head.hash)) return LT_OK;
    LT_TRY(lt_text_append(&sample->lines, &head, sizeof head, error));
    LT_TRY(lt_text_append(&sample->lines, bytes, length, error));
    sample->kept++;
    while (sample->budget && sample->kept > 1 && sample->lines.length > sample->budget) thin_out(sample);
    return LT_OK;
}

lt_status lt_line_sample_next(void *context, const char **bytes, size_t *length, bool *end, lt_error *error)
{
    lt_line_sample *sample = context;
    (void)error;
    *end = sample->next == sample->lines.length;
    if (*end) return LT_OK;
    header head = header_at(sample, sample->next);
    *bytes = sample->lines.data + sample->next + sizeof head;
    *length = head.length;
    sample->next += sizeof head + head.length;
    return LT_OK;
}

void lt_line_sample_clear(lt_line_sample *sample)
{
    lt_text_clear(&sample->lines);
    *sample = (lt_line_sample){0};
}
