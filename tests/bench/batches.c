#include "tests/bench/batches.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "model/base/file.h"

enum { FILE_MAX = 1 << 30 };

/* Counts from what the text cannot have more of. */
static lt_status make_room(batches *all, const lt_text *text, lt_error *error)
{
    size_t ids = 1, lines = 1;
    for (size_t i = 0; i < text->length; i++) {
        ids += text->data[i] == ' ' || text->data[i] == '\t' || text->data[i] == '\n';
        lines += text->data[i] == '\n';
    }
    all->ids = malloc(ids * sizeof *all->ids);
    all->sides = malloc(2 * lines * sizeof *all->sides);
    all->lengths = malloc(2 * lines * sizeof *all->lengths);
    all->items = calloc(lines, sizeof *all->items);
    if (all->ids && all->sides && all->lengths && all->items) return LT_OK;
    return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu lines of batches", lines);
}

/* The ids of one side, up to `end`, behind *ids. */
static bool read_side(const char **at, char end, size_t vocabulary, int32_t **ids, size_t *length)
{
    for (*length = 0; **at != end;) {
        char *behind;
        long id = strtol(*at, &behind, 10);
        if (behind == *at || id < LT_UNK || (size_t)id >= vocabulary) return false;
        *(*ids)++ = (int32_t)id;
        (*length)++;
        *at = behind + (*behind == ' ');
    }
    (*at)++;
    return true;
}

static void end_batch(batches *all, size_t *first)
{
    if (all->pairs > *first) all->items[all->count++].size = all->pairs - *first;
    *first = all->pairs;
}

static lt_status read_text(batches *all, const char *text, const char *path, size_t vocabulary,
                           lt_error *error)
{
    int32_t *ids = all->ids;
    size_t first = 0, number = 1;
    for (const char *at = text; *at; number++) {
        if (*at == '\n') {
            end_batch(all, &first);
            at++;
            continue;
        }
        for (size_t side = 0; side < 2; side++) {
            const size_t place = 2 * all->pairs + side;
            all->sides[place] = ids;
            if (!read_side(&at, side ? '\n' : '\t', vocabulary, &ids, &all->lengths[place]))
                return lt_fail(error, LT_ERROR_FORMAT,
                               "%s:%zu: ids from %d to %zu wanted, with a space between, and one tab between "
                               "source and target",
                               path, number, LT_UNK, vocabulary - 1);
        }
        all->pairs++;
    }
    end_batch(all, &first);
    if (all->pairs == 0) return lt_fail(error, LT_ERROR_FORMAT, "%s: there is no pair in it", path);
    return LT_OK;
}

/* From pair by pair to side by side, which is what a batch points to. */
static lt_status lay_out(batches *all, lt_error *error)
{
    const size_t pairs = all->pairs;
    const int32_t **sides = malloc(2 * pairs * sizeof *sides);
    size_t *lengths = malloc(2 * pairs * sizeof *lengths);
    if (!sides || !lengths) {
        free(sides);
        free(lengths);
        return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu pairs", pairs);
    }
    for (size_t i = 0; i < 2 * pairs; i++) {
        sides[i % 2 * pairs + i / 2] = all->sides[i];
        lengths[i % 2 * pairs + i / 2] = all->lengths[i];
        *(i % 2 ? &all->trg_tokens : &all->src_tokens) += all->lengths[i] + 1;
    }
    free(all->sides);
    free(all->lengths);
    all->sides = sides;
    all->lengths = lengths;
    for (size_t i = 0, first = 0; i < all->count; first += all->items[i++].size)
        all->items[i] = (lt_batch){.size = all->items[i].size,
                                   .src = sides + first,
                                   .src_length = lengths + first,
                                   .trg = sides + pairs + first,
                                   .trg_length = lengths + pairs + first};
    return LT_OK;
}

lt_status batches_read(batches *all, const char *path, size_t vocabulary, lt_error *error)
{
    lt_text text = {0};
    *all = (batches){0};
    lt_status status = lt_file_read(&text, path, FILE_MAX, error);
    if (status == LT_OK && (text.length == 0 || text.data[text.length - 1] != '\n'))
        status = lt_text_append(&text, "\n", 1, error);
    if (status == LT_OK) status = make_room(all, &text, error);
    if (status == LT_OK) status = read_text(all, text.data, path, vocabulary, error);
    if (status == LT_OK) status = lay_out(all, error);
    lt_text_clear(&text);
    return status;
}

void batches_clear(batches *all)
{
    free(all->ids);
    free(all->sides);
    free(all->lengths);
    free(all->items);
    *all = (batches){0};
}
