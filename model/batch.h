/* batch.h: sentences as the network takes them, ragged and without padding. */
#ifndef LT_MODEL_BATCH_H
#define LT_MODEL_BATCH_H

#include <stddef.h>
#include <stdint.h>

/* Reserved piece ids, the same in every vocabulary of latimer. */
enum { LT_PAD = 0, LT_BOS = 1, LT_EOS = 2, LT_UNK = 3, LT_RESERVED = 4 };

/* `size` sentence pairs. Ids are without BOS and EOS: the model adds the end of sentence to the source and to
 * the target it predicts, and starts the target with BOS. Lengths may be 0. A classifier's target is one id,
 * the class, and nothing is added to it. The arrays belong to the caller and outlive the call. */
typedef struct lt_batch {
    size_t size;               /* B */
    const int32_t *const *src; /* (B) pointers to src_length[b] ids */
    const size_t *src_length;  /* (B) */
    const int32_t *const *trg; /* (B), or NULL where there is no target (translation) */
    const size_t *trg_length;  /* (B), or NULL */
} lt_batch;

#endif
