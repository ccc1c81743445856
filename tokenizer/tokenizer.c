#include "tokenizer/tokenizer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "model/batch.h"
#include "tokenizer/tokenizer_private.h"

#define MODEL_BYTES_MAX ((size_t)256 << 20) /* a million pieces take about 30 MB */

/* ---- ids ---- */

lt_status lt_ids_add(lt_ids *ids, int32_t id, lt_error *error)
{
    if (ids->count == ids->capacity) {
        size_t capacity = ids->capacity ? ids->capacity * 2 : 64;
        int32_t *items = realloc(ids->items, capacity * sizeof *items);
        if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu ids", capacity);
        ids->items = items;
        ids->capacity = capacity;
    }
    ids->items[ids->count++] = id;
    return LT_OK;
}

lt_status lt_ids_reserve(lt_ids *ids, size_t count, lt_error *error)
{
    if (count <= ids->capacity - ids->count) return LT_OK;
    size_t capacity = ids->capacity ? ids->capacity : 64;
    while (capacity < ids->count + count) capacity *= 2;
    int32_t *grown = realloc(ids->items, capacity * sizeof *grown);
    if (!grown) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu ids", capacity);
    ids->items = grown;
    ids->capacity = capacity;
    return LT_OK;
}

lt_status lt_ids_append(lt_ids *ids, const int32_t *items, size_t count, lt_error *error)
{
    LT_TRY(lt_ids_reserve(ids, count, error));
    if (count) memcpy(ids->items + ids->count, items, count * sizeof *items);
    ids->count += count;
    return LT_OK;
}

void lt_ids_clear(lt_ids *ids)
{
    free(ids->items);
    *ids = (lt_ids){0};
}

/* ---- loading ---- */

static lt_status parse(lt_tokenizer *t, const void *bytes, size_t length, const char *name,
                       const char *sha256, lt_error *error)
{
    lt_sha256_bytes(bytes, length, t->sha256);
    if (sha256 && strcmp(sha256, t->sha256) != 0)
        return lt_fail(error, LT_ERROR_MISMATCH,
                       "%s is not the tokenizer model it must be: its SHA-256 is %s, not %s", name, t->sha256,
                       sha256);
    LT_TRY(lt_model_walk(&t->facts, bytes, length, name, error));
    lt_status status = lt_spm_create(&t->spm, bytes, length, error);
    if (status != LT_OK) {
        lt_error_context(error, "%s", name);
        return status;
    }
    if (lt_spm_size(t->spm) != t->facts.pieces)
        return lt_fail(error, LT_ERROR_FORMAT, "%s: SentencePiece reads %zu pieces where there are %zu", name,
                       lt_spm_size(t->spm), t->facts.pieces);
    return LT_OK;
}

lt_status lt_tokenizer_parse(lt_tokenizer **tokenizer, const void *bytes, size_t length, const char *name,
                             const char *sha256, lt_error *error)
{
    *tokenizer = NULL;
    lt_tokenizer *t = calloc(1, sizeof *t);
    if (!t) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the tokenizer %s", name);
    lt_status status = parse(t, bytes, length, name, sha256, error);
    if (status == LT_OK)
        *tokenizer = t;
    else
        lt_tokenizer_free(t);
    return status;
}

lt_status lt_tokenizer_load(lt_tokenizer **tokenizer, const char *path, const char *sha256, lt_error *error)
{
    lt_text bytes = {0};
    *tokenizer = NULL;
    lt_status status = lt_file_read(&bytes, path, MODEL_BYTES_MAX, error);
    if (status == LT_OK)
        status = lt_tokenizer_parse(tokenizer, bytes.data, bytes.length, path, sha256, error);
    lt_text_clear(&bytes);
    return status;
}

void lt_tokenizer_free(lt_tokenizer *tokenizer)
{
    if (!tokenizer) return;
    lt_spm_free(tokenizer->spm);
    free(tokenizer);
}

const char *lt_tokenizer_sha256(const lt_tokenizer *tokenizer)
{
    return tokenizer->sha256;
}

size_t lt_tokenizer_size(const lt_tokenizer *tokenizer)
{
    return tokenizer->facts.pieces;
}

int lt_tokenizer_type(const lt_tokenizer *tokenizer)
{
    return tokenizer->facts.type;
}

const char *lt_tokenizer_piece(const lt_tokenizer *tokenizer, size_t id)
{
    assert(id < tokenizer->facts.pieces);
    return lt_spm_piece(tokenizer->spm, id);
}

int32_t lt_tokenizer_id(const lt_tokenizer *tokenizer, const char *piece)
{
    return lt_spm_id(tokenizer->spm, piece, strlen(piece));
}

/* ---- the two sides of a run ---- */

static lt_status load_side(lt_tokenizer **tokenizer, const char *folder, const char *name, const char *sha256,
                           lt_error *error)
{
    char *path = lt_path_join(folder, name);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path of %s", name);
    lt_status status = lt_tokenizer_load(tokenizer, path, sha256, error);
    free(path);
    return status;
}

static lt_status joint_exists(const char *folder, bool *exists, lt_error *error)
{
    char *path = lt_path_join(folder, LT_TOKENIZER_JOINT);
    if (!path) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the path of " LT_TOKENIZER_JOINT);
    *exists = lt_file_exists(path);
    free(path);
    return LT_OK;
}

lt_status lt_tokenizers_load(lt_tokenizers *tokenizers, const char *folder, const char *src_sha256,
                             const char *trg_sha256, lt_error *error)
{
    bool joint = false;
    *tokenizers = (lt_tokenizers){0};
    LT_TRY(joint_exists(folder, &joint, error));
    lt_status status;
    if (joint) {
        if (src_sha256 && trg_sha256 && strcmp(src_sha256, trg_sha256) != 0)
            return lt_fail(error, LT_ERROR_MISMATCH,
                           "%s/" LT_TOKENIZER_JOINT " is one model for both sides, but two are wanted, with "
                           "the SHA-256 %s and %s",
                           folder, src_sha256, trg_sha256);
        LT_TRY(load_side(&tokenizers->src, folder, LT_TOKENIZER_JOINT, src_sha256 ? src_sha256 : trg_sha256,
                         error));
        tokenizers->trg = tokenizers->src;
        return LT_OK;
    }
    status = load_side(&tokenizers->src, folder, LT_TOKENIZER_SRC, src_sha256, error);
    if (status == LT_OK) status = load_side(&tokenizers->trg, folder, LT_TOKENIZER_TRG, trg_sha256, error);
    if (status == LT_ERROR_IO)
        lt_error_context(error, "there is no " LT_TOKENIZER_JOINT " in %s, and not one model a side", folder);
    if (status != LT_OK) lt_tokenizers_clear(tokenizers);
    return status;
}

void lt_tokenizers_clear(lt_tokenizers *tokenizers)
{
    if (tokenizers->trg != tokenizers->src) lt_tokenizer_free(tokenizers->trg);
    lt_tokenizer_free(tokenizers->src);
    *tokenizers = (lt_tokenizers){0};
}
