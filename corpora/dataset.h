/* dataset.h: how ids get into a dataset. Private to corpora/. */
#ifndef LT_CORPORA_DATASET_H
#define LT_CORPORA_DATASET_H

#include "corpora/corpora.h"

/* As lt_dataset_add() and lt_dataset_add_labelled(), of what is encoded: `ids` are the source's and, behind
 * them, the target's. */
lt_status lt_dataset_put(lt_dataset *dataset, const int32_t *ids, size_t src_length, size_t trg_length,
                         size_t max_length, lt_error *error);
lt_status lt_dataset_put_labelled(lt_dataset *dataset, const int32_t *ids, size_t length, int32_t label,
                                  size_t max_length, bool leave_empty, lt_error *error);
/* Makes an empty one of it that keeps its memory and its file. */
void lt_dataset_reset(lt_dataset *dataset);
/* Puts the ids that are in memory into the dataset's file, which is made when it is first wanted. */
lt_status lt_dataset_spill(lt_dataset *dataset, lt_error *error);

#endif
