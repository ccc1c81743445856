/* model.h: the network. Build it, train it, score with it, decode with it, save it.
 *
 * Shapes are written with: B batch, S source steps, T target steps, E embedding, H hidden, D encoder output,
 * G gates, V vocabulary, K beam, N rows of a packed sequence (all real tokens of a batch, time-major, no
 * padding).
 *
 * The encoder-decoders of the literature: a stack of recurrent layers reads the source and the end of
 * sentence; its final states, layer by layer, start a stack that predicts the target (Sutskever, Vinyals & Le
 * 2014), which may also see them at every step (Cho 2014) or look back at all of the encoder's outputs
 * (Bahdanau, Cho & Bengio 2015; Luong, Pham & Manning 2015). Everything here is deterministic for a given
 * binary and number of workers, and a sentence's scores do not depend on the other sentences of its batch,
 * nor on the number of workers, to the last bit. */
#ifndef LT_MODEL_H
#define LT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/base/options.h"
#include "model/base/phase.h"
#include "model/base/status.h"
#include "model/base/threads.h"
#include "model/batch.h"

#ifdef LT_REAL_DOUBLE
typedef double real; /* tests only: gradient checks */
#else
typedef float real;
#endif

/* ---- options: the experiment file's `model` group
 * ------------------------------------------------------------- */

enum {
    LT_CELL_RNN,
    LT_CELL_LSTM,
    LT_CELL_LSTM_PEEPHOLE,
    LT_CELL_LSTM_COUPLED,
    LT_CELL_LSTM_LAYERNORM,
    LT_CELL_GRU,
    LT_CELL_GRU_RESET_AFTER
};

/* The directions of an encoder's layers. FIRST: the first layer has both, the others read forwards (Wu 2016).
 * ALTERNATING: two stacks side by side, each reading its own outputs in the other direction at every layer.
 */
enum { LT_FORWARD_ONLY, LT_BIDIRECTIONAL, LT_BIDIRECTIONAL_FIRST, LT_ALTERNATING };

/* How a target position looks at the source (alpha = softmax(score) over its S positions, q the decoder's top
 * output, m_s the encoder's). */
enum {
    LT_ATTENTION_NONE,
    LT_ATTENTION_DOT,        /* q . m_s                     (Luong, Pham & Manning 2015) */
    LT_ATTENTION_SCALED_DOT, /* q . m_s / sqrt(D)           (Vaswani 2017) */
    LT_ATTENTION_GENERAL,    /* q . W m_s                   (Luong, Pham & Manning 2015) */
    LT_ATTENTION_ADDITIVE,   /* v . tanh(W_q q + W_k m_s)   (Bahdanau, Cho & Bengio 2015) */
};

enum { LT_CONTEXT_INITIAL, LT_CONTEXT_EVERY_STEP };
enum { LT_TIED_NONE, LT_TIED_TARGET, LT_TIED_ALL };

/* How matrices start: UNIFORM in +-1/sqrt(H), torch.nn.LSTM's; GLOROT in +-sqrt(6 / (in + out)) (Glorot &
 * Bengio 2010); ORTHOGONAL: the recurrent matrix of each gate orthogonal (Saxe 2014), the others Glorot's. */
enum { LT_START_UNIFORM, LT_START_GLOROT, LT_START_ORTHOGONAL };

typedef struct lt_encoder_options {
    int cell; /* LT_CELL_* */
    int64_t layers, hidden, embedding;
    int bidirectional; /* LT_FORWARD_ONLY ... */
    bool reverse_source, residual;
    int64_t residual_from; /* the first layer, counted from 1, that adds its input to its output */
} lt_encoder_options;

typedef struct lt_decoder_options {
    int cell;
    int64_t layers, hidden, embedding;
    int attention; /* LT_ATTENTION_* */
    bool input_feeding, coverage;
    int context; /* LT_CONTEXT_* */
    bool residual;
    int64_t residual_from;
} lt_decoder_options;

typedef struct lt_dropout_options {
    double embedding, rnn, output, memory, source_word, target_word; /* of dropping, 0 <= p < 1 */
    bool variational;            /* one mask for all steps (Gal & Ghahramani 2016) */
    double zoneout_h, zoneout_c; /* probability of keeping a unit's old state (Krueger 2017) */
} lt_dropout_options;

typedef struct lt_model_options {
    lt_encoder_options encoder;
    lt_decoder_options decoder;
    int tied_embeddings; /* LT_TIED_* */
    int initialization;  /* LT_START_* */
    double forget_bias;  /* what the forget gates' biases start at (Gers 2000; Jozefowicz 2015) */
    lt_dropout_options dropout;
} lt_model_options;

extern const lt_option lt_model_table[];

/* Cross-field rules (sizes that must agree, options that exclude each other); `joint` says that both sides
 * share one vocabulary. LT_ERROR_USAGE says which key, why, and what would be valid. */
lt_status lt_model_options_check(const lt_model_options *options, bool joint, lt_error *error);

/* The rules of a classifier, which has an encoder and no decoder. */
lt_status lt_classifier_options_check(const lt_model_options *options, lt_error *error);

/* ---- the model: configuration and parameters
 * ------------------------------------------------------------------ */

typedef struct lt_model lt_model;

typedef struct lt_parameter {
    char name[64];        /* DESIGN.md, 4: "encoder.rnn.weight_ih_l0" */
    size_t rows, columns; /* a vector has columns == 0 */
    size_t offset, size;  /* in reals, in the flat block */
} lt_parameter;

/* A model with parameters initialised from `seed`: matrices by options.initialization, biases 0 except the
 * forget gates', embeddings normal with deviation 1/sqrt(E). Vocabulary sizes count the reserved ids. */
lt_status lt_model_create(lt_model **model, const lt_model_options *options, size_t src_vocab,
                          size_t trg_vocab, uint64_t seed, lt_error *error);
void lt_model_free(lt_model *model);
const lt_model_options *lt_model_get_options(const lt_model *model);
size_t lt_model_src_vocab(const lt_model *model);
size_t lt_model_trg_vocab(const lt_model *model);
size_t lt_model_parameter_count(const lt_model *model);                      /* tensors */
const lt_parameter *lt_model_parameter(const lt_model *model, size_t index); /* lives as long as the model */
size_t lt_model_parameter_total(const lt_model *model);                      /* numbers in all of them */
size_t lt_model_size(const lt_model *model); /* reals of the flat block: the tensors and what aligns them */
const char *lt_model_backend(const lt_model *model); /* whose kernels: "avx2" */
real *lt_model_values(lt_model *model);              /* the flat block, (size) */

/* In which precision the matrices' products are taken. Parameters, sums, states and everything else are
 * float32 in any. */
enum { LT_FLOAT32, LT_BFLOAT16, LT_INT8, LT_PRECISIONS };
extern const char *const lt_precision_names[]; /* "float32", "bfloat16", "int8", NULL */

/* A model begins with LT_FLOAT32 and `learns`: ready for a learner and for lt_model_gradient_norms(). One
 * that does neither needs half the memory for its weights. Call lt_model_pack() afterwards. LT_ERROR_USAGE
 * where this processor's kernels cannot compute, or learn, in that precision; the model is then as it was. In
 * LT_INT8 embeddings stay as they are; only lt_checkpoint_apply() rounds them, too. */
lt_status lt_model_set_precision(lt_model *model, int precision, bool learns, lt_error *error);
/* Is its precision here float32's arithmetic on rounded numbers, and no faster than that? */
bool lt_model_emulates(const lt_model *model);

/* Lays the weights out for the matrix kernels. Call it after the parameters were changed from outside
 * (loading does it itself) and before any of the calls below; lt_learner_update() keeps it up itself. `pool`
 * may be NULL. */
void lt_model_pack(lt_model *model, lt_pool *pool);

/* ---- beginning from another model's parameters
 * ---------------------------------------------------------------- */

/* Where the rows of a model's vocabulary tables come from: row i from row rows[i] of the other model's, or,
 * where that is LT_NEW_ROW, from none. NULL: the rows are the same ones in both. */
enum { LT_NEW_ROW = -1 };
typedef struct lt_transplant_rows {
    const int32_t *src;     /* (V of the source): the encoder's embedding */
    const int32_t *trg;     /* (V of the target): the decoder's embedding, the output's weight and bias; where
                               all are tied, `src` is of that one table */
    const int32_t *classes; /* (C): the classifier's weight and bias */
} lt_transplant_rows;

/* Copies into `model` every parameter of `from` that has its name and its shape; of the tensors that have a
 * row for each piece (or class) only the number of columns must agree, and the rows are taken as `rows`
 * (NULL: as they stand) says: one without a counterpart keeps what it has, as the whole of every other tensor
 * does. `taken[i]` (may be NULL; lt_model_parameter_count() of `model`) says whether parameter i was. Neither
 * model may be one of lt_checkpoint_apply(); call lt_model_pack() afterwards. */
void lt_model_transplant(lt_model *model, const lt_model *from, const lt_transplant_rows *rows, bool *taken);

/* ---- learning
 * ------------------------------------------------------------------------------------------------- */

enum { LT_OPTIMIZER_SGD, LT_OPTIMIZER_ADAGRAD, LT_OPTIMIZER_ADAM, LT_OPTIMIZER_ADAMW };

/* Part of the experiment file's `training` group, whose table has their defaults and bounds. */
typedef struct lt_optimizer_options {
    int optimizer; /* LT_OPTIMIZER_* */
    double learning_rate, momentum, beta1, beta2, epsilon, weight_decay;
    double
        label_smoothing; /* 0 <= e < 1: the target is (1-e) of the word and e spread over V (Szegedy 2016) */
    double clip_norm;    /* 0: never */
} lt_optimizer_options;

extern const char *const lt_optimizer_names[]; /* "sgd", "adagrad", "adam", "adamw", NULL */

typedef struct lt_learner lt_learner;

/* Gradients, moments, and one workspace a worker of `pool`; the model and pool are borrowed and must outlive
 * it. `seed` drives dropout and scheduled sampling. */
lt_status lt_learner_create(lt_learner **learner, lt_model *model, const lt_optimizer_options *options,
                            lt_pool *pool, uint64_t seed, lt_error *error);
void lt_learner_free(lt_learner *learner);

/* ---- scheduled sampling (Bengio, Vinyals, Jaitly & Shazeer 2015)
 * ------------------------------------------------- */

/* How the probability falls, over updates i, that the decoder reads the reference's word and not its own:
 * LINEAR start - rate i, EXPONENTIAL start rate^i, INVERSE_SIGMOID start k / (k + exp(i / k)), k = rate. */
enum { LT_SAMPLING_NONE, LT_SAMPLING_LINEAR, LT_SAMPLING_EXPONENTIAL, LT_SAMPLING_INVERSE_SIGMOID };
enum { LT_PREDICTION_SAMPLED, LT_PREDICTION_ARGMAX };

/* The experiment file's `training.scheduled_sampling`. */
typedef struct lt_scheduled_sampling_options {
    int schedule; /* LT_SAMPLING_* */
    double start, end, rate;
    int64_t after;  /* updates with references alone before i counts from 0 */
    int prediction; /* LT_PREDICTION_* */
} lt_scheduled_sampling_options;

extern const lt_option lt_scheduled_sampling_table[];

/* Is `rate` one of its schedule, and nothing set that has no meaning? LT_ERROR_USAGE says which key, and what
 * would do. */
lt_status lt_scheduled_sampling_check(const lt_scheduled_sampling_options *options, lt_error *error);

/* Epsilon of an update (from 0): the probability that the decoder reads the reference's word; 1 without a
 * schedule. */
double lt_scheduled_sampling_reference(const lt_scheduled_sampling_options *options, uint64_t update);

/* From the next update on; a learner begins without. Not of a classifier. */
void lt_learner_schedule_sampling(lt_learner *learner, const lt_scheduled_sampling_options *options);

typedef struct lt_update_report {
    double loss; /* label-smoothed cross-entropy, nats per target token (mean over the batch) */
    double nll;  /* negative log-likelihood of the targets, nats, sum */
    size_t src_tokens, trg_tokens; /* ends of sentence included */
    size_t own_inputs;             /* target tokens for which the decoder read its own prediction */
    double gradient_norm;          /* of the mean loss, before clipping */
} lt_update_report;

/* An update in parts: each batch is gathered, forwards and backwards, and then one step is made by the mean
 * gradient over the target tokens of all of them, as if they were one batch (up to the rounding of sums).
 *
 * `update` (from 0) names the random streams of dropout and scheduled sampling, with the number of the part.
 */
lt_status lt_learner_gather(lt_learner *learner, const lt_batch *batch, uint64_t update, lt_error *error);
/* Clips, and steps with `learning_rate`; `step` counts from 1 the updates since the moments began. A loss or
 * gradient that is not finite, or a loss that no guess would be as bad as (LT_DIVERGED), leaves parameters
 * and moments as they were and is LT_ERROR_NUMERIC with the figures, also in `report`; what was gathered is
 * dropped. */
lt_status lt_learner_step(lt_learner *learner, uint64_t update, uint64_t step, double learning_rate,
                          lt_update_report *report, lt_error *error);
/* An update of one part, the moments being as old as the training. */
lt_status lt_learner_update(lt_learner *learner, const lt_batch *batch, uint64_t update, double learning_rate,
                            lt_update_report *report, lt_error *error);

/* A mean loss beyond this many times that of guessing evenly, ln V, and 10 nats is none of a model that can
 * still learn. */
#define LT_DIVERGED 3

/* Keeps an exponential moving average of the parameters from now on (Polyak & Juditsky 1992; the form of
 * exponential weights is Kingma & Ba 2015, section 7.2): after update t it is d average + (1 - d) parameters
 * with d = min(decay, (1 + t) / (10 + t)). Checkpoints with the learner have it, as "optimizer.average.*". */
lt_status lt_learner_keep_average(lt_learner *learner, double decay, lt_error *error);
/* Puts the average in the parameters' place and these in its place, and lays the weights out; so done twice
 * changes nothing. */
void lt_learner_swap_average(lt_learner *learner);

/* The optimizer begins anew: moments of zero, and an average that begins as the parameters are. */
void lt_learner_restart(lt_learner *learner);

/* Where the time of all updates went, summed over the workers. What is missing to updates' time times workers
 * is their waiting for each other. Not during an update. */
lt_phases lt_learner_phases(const lt_learner *learner);

/* ---- scoring
 * -------------------------------------------------------------------------------------------------- */

/* Log-probability (natural log, end of sentence included) of each target given its source; `log_probability`
 * (B). `of_pieces` (may be NULL) gets that of each target piece and end of sentence, sentence after sentence.
 * Thread-safe on a packed model: the work is split over `pool`. The same bits as the decoder's for the same
 * text. */
lt_status lt_model_score(const lt_model *model, lt_pool *pool, const lt_batch *batch, double *log_probability,
                         float *of_pieces, lt_error *error);

/* ---- ensembles
 * ------------------------------------------------------------------------------------------------- */

enum { LT_ENSEMBLE_MAX = 16 };

/* Models that predict together, of any architectures and precisions, whose vocabularies are the same: the
 * probability of a piece is the weighed mean of theirs, sum_i w_i p_i with the w_i scaled to a sum of 1,
 * given a beginning that is the same for all (Sutskever, Vinyals & Le 2014 translate so with five; the
 * combination is that of OpenNMT and fairseq). One model alone is itself, to the last bit. */
typedef struct lt_ensemble {
    const lt_model *const *models; /* (count) packed */
    size_t count;                  /* 1 to LT_ENSEMBLE_MAX */
    const double *weights;         /* (count) above 0; NULL: all the same */
} lt_ensemble;

/* LT_ERROR_MISMATCH where vocabularies are not equally large, LT_ERROR_USAGE for what else cannot be. */
lt_status lt_ensemble_check(const lt_ensemble *ensemble, lt_error *error);

/* Has any of them attention? */
bool lt_ensemble_attends(const lt_ensemble *ensemble);

/* lt_model_score() of all of them together: of each piece the mean of their probabilities. */
lt_status lt_ensemble_score(const lt_ensemble *ensemble, lt_pool *pool, const lt_batch *batch,
                            double *log_probability, float *of_pieces, lt_error *error);

/* ---- gradients through time
 * ------------------------------------------------------------------------------------ */

/* norm (B, distances): at k, |dL/dh| where L is the sentence's negative log-likelihood (nothing dropped, no
 * label smoothing) and h the state of the encoder's top layer k steps before its last one: for a layer that
 * reads forwards, k pieces before the end of sentence, in the order of reading. Of a layer with two
 * directions it is the first one's; of one with residual connections, h without what goes around it. It is
 * the gradient of all that depends on h: the layer's later steps and, with attention, the decoder's looks at
 * it. NaN where a source is shorter. Thread-safe on a packed model; the same bits for any number of workers.
 * LT_ERROR_NUMERIC for a gradient that is not finite. */
lt_status lt_model_gradient_norms(const lt_model *model, lt_pool *pool, const lt_batch *batch,
                                  size_t distances, double *norm, lt_error *error);

/* ---- classifying
 * ---------------------------------------------------------------------------------------------- */

/* A classifier: the encoder of `options`, and a linear layer (tensors classifier.weight (C, D) and
 * classifier.bias (C), C classes) over the final h of its top layer, all directions. Of the options the
 * decoder's have no meaning. It learns by lt_learner_update(), where a text's target is one id, its class,
 * and the report counts texts as target tokens; it cannot be given to lt_model_score(),
 * lt_model_gradient_norms() or to a decoder. The caller frees it by lt_model_free(). LT_ERROR_USAGE: options
 * that lt_classifier_options_check() refuses, or a vocabulary or number of classes that cannot be. */
lt_status lt_classifier_create(lt_model **model, const lt_model_options *options, size_t src_vocab,
                               size_t classes, uint64_t seed, lt_error *error);
size_t lt_model_classes(const lt_model *model); /* C; 0: no classifier */

/* Log-probabilities (natural log) of the classes of each source, targets are ignored; `log_probability` (B,
 * C). Thread-safe on a packed model: the work is split over `pool`. */
lt_status lt_model_classify(const lt_model *model, lt_pool *pool, const lt_batch *batch,
                            float *log_probability, lt_error *error);

/* ---- decoding
 * ------------------------------------------------------------------------------------------------- */

/* The state of some sentences being translated: one a worker. Single-threaded; several decoders may share one
 * packed model. */
typedef struct lt_decoder lt_decoder;

lt_status lt_decoder_create(lt_decoder **decoder, const lt_model *model, lt_error *error);
/* The same of several models at once. The models are borrowed, the rest is copied. */
lt_status lt_decoder_create_ensemble(lt_decoder **decoder, const lt_ensemble *ensemble, lt_error *error);
void lt_decoder_free(lt_decoder *decoder);

/* Encodes the sources of `batch` (targets are ignored). Afterwards there are B state rows, row b belonging to
 * sentence b. `rows_max` is the largest number of rows any step will ask for, `k` the candidates wanted a row
 * (k <= V - 2). */
lt_status lt_decoder_start(lt_decoder *decoder, const lt_batch *batch, size_t rows_max, size_t k,
                           lt_error *error);

/* The target pieces that the translation of each sentence of a batch may be made of, where not all: of
 * sentence b ids[start[b]] up to ids[start[b + 1]], ascending, the end of sentence among them. */
typedef struct lt_output_lists {
    const int32_t *ids;
    const size_t *start; /* (B + 1) */
} lt_output_lists;

/* From the lt_decoder_start() before it to the next one, the output layer is computed for these pieces only,
 * and probabilities are normalised over them. What a sentence gets depends on its own list alone; a list of
 * the whole vocabulary gives the same bits as none. `lists` is borrowed as long. The weights of each
 * sentence's pieces are copied, so that its rows find them together: H numbers a piece of its list.
 * LT_ERROR_USAGE for a list that does not ascend, leaves the vocabulary, or has no end of sentence. */
lt_status lt_decoder_restrict(lt_decoder *decoder, const lt_output_lists *lists, lt_error *error);

typedef struct lt_candidate {
    int32_t id;
    float log_probability; /* of this piece alone, normalised over the whole vocabulary or the list */
} lt_candidate;

/* One step for `rows` hypotheses: row r continues old state row parents[r] with the piece tokens[r] (LT_BOS
 * first). A parent may be used by several rows or by none. `candidates` (rows, k): for each row its k best
 * continuations, best first, ties to the lower id; PAD and BOS are never among them, UNK only with
 * `allow_unk`. The probabilities are not renormalised for that. A list of fewer pieces is filled up with ends
 * of sentence of log-probability -infinity. */
lt_status lt_decoder_step(lt_decoder *decoder, size_t rows, const uint32_t *parents, const int32_t *tokens,
                          bool allow_unk, lt_candidate *candidates, lt_error *error);

/* How the candidates of a step's rows are chosen, where not simply the best ones. Row r does not go on with
 * banned[banned_start[r]] up to those of row r + 1; an end of sentence among them stays where nothing else is
 * left. With `draws` row r's one candidate (k must be 1) is drawn, by draws[r], from softmax(logits /
 * temperature), of which the top_k most probable pieces are kept and of these the most probable ones that
 * have top_p of their probability. Log-probabilities are in any case the model's. */
typedef struct lt_choosing {
    const int32_t *banned;
    const size_t *banned_start; /* (rows + 1), or NULL: nothing is banned */
    const double *draws;        /* (rows) in [0, 1), or NULL: the best ones */
    double temperature;
    size_t top_k; /* 0: all */
    double top_p;
} lt_choosing;

/* From the lt_decoder_start() before it to the next one, steps choose by `choosing`, which is borrowed as
 * long and read at each step. */
void lt_decoder_choose(lt_decoder *decoder, const lt_choosing *choosing);

/* alpha (length) of row `row` at the last step: how much it looked at each position of its source in the
 * order the encoder read it, the end of sentence last; valid until the next step. NULL: the model has no
 * attention. Of an ensemble it is the weighed mean of those that have, in the order of the first model's. */
const real *lt_decoder_alignment(const lt_decoder *decoder, size_t row, size_t *length);

/* Where the time of all starts and steps went. Not during one. */
lt_phases lt_decoder_phases(const lt_decoder *decoder);

/* ---- checkpoints (DESIGN.md, 4)
 * ------------------------------------------------------------------------------- */

#define LT_METADATA_CHECKSUM "checksum" /* the key under which a file says what its contents sum up to */

/* What a checkpoint says of itself: pairs of strings in the file's __metadata__. All zeros is empty. */
typedef struct lt_metadata {
    lt_strings keys, values;
} lt_metadata;
lt_status lt_metadata_set(lt_metadata *metadata, const char *key, const char *value, lt_error *error);
const char *lt_metadata_get(const lt_metadata *metadata, const char *key); /* NULL: not there */
void lt_metadata_clear(lt_metadata *metadata);

/* Writes the parameters, and with a learner its moments too (tensors "optimizer.<moment>.<parameter>"),
 * atomically. `metadata` (may be NULL) is added to what the file always says: format, version, cell, the
 * model's options, vocabulary sizes. A parameter that is not finite is LT_ERROR_NUMERIC and nothing is
 * written. `sha256` (may be NULL, else LT_SHA256_HEX bytes) gets the file's hash. */
lt_status lt_checkpoint_save(const char *path, const lt_model *model, const lt_learner *learner,
                             const lt_metadata *metadata, char *sha256, lt_error *error);

/* Reads and checks the whole file (header, sizes, offsets, every tensor's name and shape, finite values)
 * before anything is used: LT_ERROR_FORMAT says what is wrong with which file. */
lt_status lt_checkpoint_load(const char *path, lt_model **model, lt_metadata *metadata, lt_error *error);

/* The same for a model that only translates, scores or classifies, in `precision` (LT_FLOAT32 ...): half the
 * memory, for its matrices are laid out as they are read, by `pool`'s workers (NULL: alone), and neither W^T
 * nor their values are kept. It must not be given to lt_learner_create(), lt_model_gradient_norms(),
 * lt_model_values(), lt_model_pack(), lt_model_set_precision() or lt_checkpoint_save(). LT_ERROR_USAGE as
 * lt_model_set_precision(). */
lt_status lt_checkpoint_apply(const char *path, lt_model **model, lt_metadata *metadata, int precision,
                              lt_pool *pool, lt_error *error);

/* Writes the model as 8-bit integers (backend/int8.h), which lt_checkpoint_apply() reads in LT_INT8 and then
 * gives the same as with the checkpoint: matrices and embeddings of type I8, for each a tensor "<name>.scale"
 * with a scale for each row (several, one after another, where matrices stand side by side in one tensor),
 * everything else float32; "precision": "int8" in the metadata. Errors as lt_checkpoint_save(). */
lt_status lt_checkpoint_quantize(const char *path, const lt_model *model, const lt_metadata *metadata,
                                 lt_error *error);

/* As above into an existing model and, unless NULL, its learner. LT_ERROR_FORMAT where a tensor is missing or
 * has another shape; the model may then be partly overwritten and must not be used. */
lt_status lt_checkpoint_restore(const char *path, lt_model *model, lt_learner *learner, lt_metadata *metadata,
                                lt_error *error);

/* Only the metadata. */
lt_status lt_checkpoint_describe(const char *path, lt_metadata *metadata, lt_error *error);

#endif
