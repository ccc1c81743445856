#include "tokenizer/model_walk.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "model/base/text.h"
#include "model/batch.h"
#include "tokenizer/tokenizer.h"

/* Fields and types of sentencepiece_model.proto. */
enum {
    MODEL_PIECES = 1,
    MODEL_TRAINER = 2,
    MODEL_NORMALIZER = 3,
    MODEL_SELF_TEST = 4,
    MODEL_DENORMALIZER = 5
};
enum { PIECE_TEXT = 1, PIECE_SCORE = 2, PIECE_TYPE = 3 };
enum { TRAINER_MODEL_TYPE = 3, TRAINER_BYTE_FALLBACK = 35 };
enum { NORMALIZER_CHARSMAP = 2 };
enum {
    TYPE_NORMAL = 1,
    TYPE_UNKNOWN = 2,
    TYPE_CONTROL = 3,
    TYPE_USER_DEFINED = 4,
    TYPE_UNUSED = 5,
    TYPE_MOST = 6
};
enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

/* A message being read, inside the whole file so that offsets in messages are the file's. */
typedef struct cursor {
    const unsigned char *start, *at, *end;
    const char *name;
} cursor;

typedef struct field {
    uint64_t number;
    unsigned wire;
    uint64_t value; /* of a varint, or the bits of a fixed one */
    const unsigned char *bytes;
    size_t length;
} field;

typedef struct walk {
    lt_model_facts *facts;
    bool trainer, normalizer;
} walk;

static lt_status refuse(const cursor *c, const char *why, lt_error *error)
{
    return lt_fail(error, LT_ERROR_FORMAT, "%s is not a tokenizer model of latimer: %s (byte %zu)", c->name,
                   why, (size_t)(c->at - c->start));
}

static lt_status read_varint(cursor *c, uint64_t *value, lt_error *error)
{
    *value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (c->at == c->end) return refuse(c, "it is cut off within a number", error);
        unsigned char byte = *c->at++;
        *value |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) return LT_OK;
    }
    return refuse(c, "a number is longer than 64 bits", error);
}

static lt_status read_fixed(cursor *c, size_t size, uint64_t *value, lt_error *error)
{
    if ((size_t)(c->end - c->at) < size) return refuse(c, "it is cut off within a number", error);
    *value = 0;
    for (size_t i = 0; i < size; i++) *value |= (uint64_t)c->at[i] << (8 * i);
    c->at += size;
    return LT_OK;
}

static lt_status read_field(cursor *c, field *f, lt_error *error)
{
    uint64_t tag;
    *f = (field){0};
    LT_TRY(read_varint(c, &tag, error));
    f->number = tag >> 3;
    f->wire = tag & 7;
    if (f->number == 0 || f->number > 0x1FFFFFFF) return refuse(c, "a field has an impossible number", error);
    if (f->wire == WIRE_VARINT) return read_varint(c, &f->value, error);
    if (f->wire == WIRE_64) return read_fixed(c, 8, &f->value, error);
    if (f->wire == WIRE_32) return read_fixed(c, 4, &f->value, error);
    if (f->wire != WIRE_BYTES) return refuse(c, "a field has an impossible type", error);
    LT_TRY(read_varint(c, &f->value, error));
    if (f->value > (uint64_t)(c->end - c->at)) return refuse(c, "it is cut off within a field", error);
    f->bytes = c->at;
    f->length = (size_t)f->value;
    c->at += f->length;
    return LT_OK;
}

/* The message in a field. */
static cursor inside(const cursor *c, const field *f)
{
    return (cursor){.start = c->start, .at = f->bytes, .end = f->bytes + f->length, .name = c->name};
}

static lt_status must_be(const cursor *c, const field *f, unsigned wire, lt_error *error)
{
    return f->wire == wire ? LT_OK : refuse(c, "a field is not of the type it has in a model", error);
}

/* ---- pieces ---- */

static lt_status check_text(const cursor *c, const field *text, lt_error *error)
{
    if (text->length == 0) return refuse(c, "a piece is empty", error);
    if (text->length > LT_TOKENIZER_PIECE_MAX)
        return lt_fail(error, LT_ERROR_FORMAT,
                       "%s is not a tokenizer model of latimer: a piece has %zu bytes, more than the %d "
                       "allowed (byte %zu)",
                       c->name, text->length, LT_TOKENIZER_PIECE_MAX, (size_t)(text->bytes - c->start));
    if (memchr(text->bytes, 0, text->length)) return refuse(c, "a piece holds a NUL byte", error);
    if (!lt_utf8_valid((const char *)text->bytes, text->length))
        return refuse(c, "a piece is not UTF-8", error);
    return LT_OK;
}

static lt_status check_reserved(const cursor *c, size_t id, const field *text, uint64_t type, lt_error *error)
{
    static const char *const names[] = {
        [LT_PAD] = "<pad>", [LT_BOS] = "<s>", [LT_EOS] = "</s>", [LT_UNK] = "<unk>"};
    if (id >= LT_RESERVED)
        return type == TYPE_UNKNOWN ? refuse(c, "a second piece is marked as unknown", error) : LT_OK;
    bool named = text->length == strlen(names[id]) && memcmp(text->bytes, names[id], text->length) == 0;
    if (named && type == (id == LT_UNK ? TYPE_UNKNOWN : TYPE_CONTROL)) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT,
                   "%s is not a tokenizer model of latimer: piece %zu is '%.*s', not the reserved %s; train "
                   "it with 'latimer tokenizer train', or with spm_train --pad_id=0 --bos_id=1 --eos_id=2 "
                   "--unk_id=3",
                   c->name, id, (int)(text->length > 64 ? 64 : text->length), (const char *)text->bytes,
                   names[id]);
}

static lt_status walk_piece(walk *w, const cursor *outer, const field *message, lt_error *error)
{
    cursor c = inside(outer, message);
    field f, text = {0};
    uint64_t type = TYPE_NORMAL;
    uint32_t bits = 0;
    float score;
    while (c.at < c.end) {
        LT_TRY(read_field(&c, &f, error));
        if (f.number == PIECE_TEXT) {
            LT_TRY(must_be(&c, &f, WIRE_BYTES, error));
            text = f;
        } else if (f.number == PIECE_SCORE) {
            LT_TRY(must_be(&c, &f, WIRE_32, error));
            bits = (uint32_t)f.value;
        } else if (f.number == PIECE_TYPE) {
            LT_TRY(must_be(&c, &f, WIRE_VARINT, error));
            type = f.value;
        }
    }
    LT_TRY(check_text(&c, &text, error));
    memcpy(&score, &bits, sizeof score);
    if (!isfinite(score)) return refuse(&c, "the score of a piece is not a finite number", error);
    if (type < TYPE_NORMAL || type > TYPE_MOST) return refuse(&c, "a piece is of no known type", error);
    LT_TRY(check_reserved(&c, w->facts->pieces, &text, type, error));
    w->facts->special |= type == TYPE_USER_DEFINED || type == TYPE_UNUSED;
    if (++w->facts->pieces > LT_TOKENIZER_PIECES_MAX) return refuse(&c, "it has too many pieces", error);
    return LT_OK;
}

/* ---- the two specifications ---- */

static lt_status walk_trainer(walk *w, const cursor *outer, const field *message, lt_error *error)
{
    static const int types[] = {LT_TOKENIZER_UNIGRAM, LT_TOKENIZER_BPE, LT_TOKENIZER_WORD, LT_TOKENIZER_CHAR};
    cursor c = inside(outer, message);
    field f;
    w->trainer = true;
    while (c.at < c.end) {
        LT_TRY(read_field(&c, &f, error));
        if (f.number == TRAINER_MODEL_TYPE) {
            LT_TRY(must_be(&c, &f, WIRE_VARINT, error));
            if (f.value < 1 || f.value > 4) return refuse(&c, "it is of no known type", error);
            w->facts->type = types[f.value - 1];
        } else if (f.number == TRAINER_BYTE_FALLBACK) {
            LT_TRY(must_be(&c, &f, WIRE_VARINT, error));
            w->facts->byte_fallback = f.value != 0;
        }
    }
    return LT_OK;
}

static lt_status walk_normalizer(const cursor *outer, const field *message, lt_error *error)
{
    cursor c = inside(outer, message);
    field f;
    while (c.at < c.end) {
        LT_TRY(read_field(&c, &f, error));
        if (f.number != NORMALIZER_CHARSMAP) continue;
        LT_TRY(must_be(&c, &f, WIRE_BYTES, error));
        LT_TRY(lt_charsmap_walk(f.bytes, f.length, c.name, error));
    }
    return LT_OK;
}

static lt_status walk_field(walk *w, const cursor *c, const field *f, lt_error *error)
{
    if (f->number > MODEL_DENORMALIZER) return LT_OK; /* an extension */
    LT_TRY(must_be(c, f, WIRE_BYTES, error));
    switch (f->number) {
    case MODEL_PIECES:
        return walk_piece(w, c, f, error);
    case MODEL_TRAINER:
        return walk_trainer(w, c, f, error);
    case MODEL_NORMALIZER:
        w->normalizer = true;
        return walk_normalizer(c, f, error);
    case MODEL_DENORMALIZER:
        return walk_normalizer(c, f, error);
    default:
        return LT_OK;
    }
}

lt_status lt_model_walk(lt_model_facts *facts, const void *bytes, size_t length, const char *name,
                        lt_error *error)
{
    const unsigned char *start = bytes;
    cursor c = {.start = start, .at = start, .end = start + length, .name = name};
    walk w = {.facts = facts};
    field f;
    *facts = (lt_model_facts){0};
    if (length == 0) return refuse(&c, "it is empty", error);
    while (c.at < c.end) {
        LT_TRY(read_field(&c, &f, error));
        LT_TRY(walk_field(&w, &c, &f, error));
    }
    /* a model is written in this order, so that one cut off between two fields lacks the later ones */
    if (facts->pieces <= LT_RESERVED) return refuse(&c, "it has no pieces but the reserved ones", error);
    if (!w.trainer || !w.normalizer)
        return refuse(&c, "it ends behind its pieces: it was cut off, or is no model", error);
    return LT_OK;
}
