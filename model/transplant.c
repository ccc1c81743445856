/* transplant.c: parameters of one model into another, row by row where their vocabularies differ (as in
 * transfer learning for translation: Zoph, Yuret, May & Knight 2016). */
#include <assert.h>
#include <string.h>

#include "model/network.h"

static const lt_parameter *find(const lt_model *model, const char *name)
{
    for (size_t i = 0; i < model->params.count; i++)
        if (strcmp(model->params.list[i].name, name) == 0) return &model->params.list[i];
    return NULL;
}

/* Is it what the output layer reads: a bias, or a weight that is not tied to an embedding? */
static bool is_of_output(const lt_parameter *p)
{
    return strcmp(p->name, "output.weight") == 0 || strcmp(p->name, "output.bias") == 0;
}

static bool is_of_classes(const lt_parameter *p)
{
    return strcmp(p->name, "classifier.weight") == 0 || strcmp(p->name, "classifier.bias") == 0;
}

/* Has it a row for each piece or class? `*map` gets where those come from. */
static bool is_of_vocabulary(const lt_model *model, const lt_parameter *p, const lt_transplant_rows *rows,
                             const int32_t **map)
{
    const bool classifier = model->classifier.classes > 0;
    bool is = true;
    if (p->offset == model->encoder.embedding.table)
        *map = rows->src;
    else if (!classifier && (p->offset == model->decoder.embedding.table || is_of_output(p)))
        *map = rows->trg;
    else if (classifier && is_of_classes(p))
        *map = rows->classes;
    else
        is = false;
    return is;
}

/* to (rows, width): row i is row map[i] of `from` (from_rows, width). */
static void copy_rows(real *to, size_t rows, const real *from, size_t from_rows, size_t width,
                      const int32_t *map)
{
    for (size_t i = 0; i < rows; i++) {
        if (map[i] == LT_NEW_ROW) continue;
        assert(map[i] >= 0 && (size_t)map[i] < from_rows);
        memcpy(to + i * width, from + (size_t)map[i] * width, width * sizeof *to);
    }
}

static bool take(lt_model *model, const lt_parameter *p, const lt_model *from, const lt_transplant_rows *rows)
{
    const int32_t *map = NULL;
    const lt_parameter *other = find(from, p->name);
    if (!other || other->columns != p->columns) return false;
    real *to = model->params.values + p->offset;
    const real *values = from->params.values + other->offset;
    if (is_of_vocabulary(model, p, rows, &map) && map)
        copy_rows(to, p->rows, values, other->rows, p->columns ? p->columns : 1, map);
    else if (other->rows == p->rows)
        memcpy(to, values, p->size * sizeof *to);
    else
        return false;
    return true;
}

void lt_model_transplant(lt_model *model, const lt_model *from, const lt_transplant_rows *rows, bool *taken)
{
    const lt_transplant_rows same = {0};
    assert(!model->params.sparse && !from->params.sparse);
    for (size_t i = 0; i < model->params.count; i++) {
        const bool was = take(model, &model->params.list[i], from, rows ? rows : &same);
        if (taken) taken[i] = was;
    }
}
