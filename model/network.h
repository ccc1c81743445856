/* network.h: the model's insides, for the files of this room. */
#ifndef LT_NETWORK_H
#define LT_NETWORK_H

#include "model/classifier.h"
#include "model/decoder.h"
#include "model/encoder.h"
#include "model/loss.h"
#include "model/model.h"

struct lt_model {
    lt_model_options options;
    size_t src_vocab, trg_vocab;
    lt_params params;
    lt_weights weights; /* a view of params, and the packed copies it owns */
    lt_encoder encoder;
    lt_decoder_net decoder;   /* of a translator; else all zeros */
    lt_classifier classifier; /* of a classifier; else all zeros */
};

/* to (B, H) in the order of `to_order`'s rows = from (B, H) in the order of `from_order`'s, layer by layer:
 * the encoder's final states become the decoder's initial ones; backwards, their gradients. `where` is
 * scratch, (B). */
void lt_state_reorder(const lt_rnn *rnn, lt_rnn_state *to, const size_t *to_order, const lt_rnn_state *from,
                      const size_t *from_order, size_t *where, size_t batch);

/* Forward only: the decoder's state after the encoder has read the members' sources, rows in the order of
 * `order` (B), which lists places among the members. `state` is `arena`'s; `scratch` is reset and used span
 * by span, so that its size does not grow with the length of the sources. False: out of memory, in one of
 * them. */
bool lt_network_encode(const lt_model *model, lt_arena *arena, lt_arena *scratch, const lt_batch *batch,
                       const size_t *members, size_t count, const size_t *order, lt_rnn_state *state);

/* The sentences each worker takes: `members` (B) gets a permutation of 0..B-1, worker w's part being
 * [first[w], first[w + 1]); `first` has workers + 1 entries. Lengths are dealt out evenly; a pure function of
 * the batch and the number of workers. False: out of memory. */
bool lt_network_deal(lt_arena *arena, const lt_batch *batch, size_t workers, size_t *members, size_t *first);

/* LT_ERROR_FORMAT where an id is outside of its vocabulary; `with_target` checks targets too: pieces or, of a
 * classifier, one class each. */
lt_status lt_network_check_batch(const lt_model *model, const lt_batch *batch, bool with_target,
                                 lt_error *error);

/* The learner's blocks, for checkpoints: `count` moments, each (size), with their names. */
size_t lt_learner_moments(const lt_learner *learner, real *moments[2], const char *names[2]);

#endif
