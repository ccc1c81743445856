#include "experiments/commands/confusion_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/commands/table.h"
#include "experiments/store_json.h"

enum { MISTAKES = 20 };

static lt_status share_cell(lt_table *table, double share, lt_error *error)
{
    return isnan(share) ? lt_table_cell(table, error, "-") : lt_table_cell(table, error, "%.2f", 100 * share);
}

static lt_status fill_classes(lt_table *table, const lt_confusion *confusion, const lt_labels *labels,
                              bool columns, lt_error *error)
{
    size_t classes = confusion->classes;
    LT_TRY(lt_table_heading(table, "label|texts|precision|recall|F1", error));
    for (size_t c = 0; columns && c < classes; c++)
        LT_TRY(lt_table_cell(table, error, "as %s", labels->names.items[c]));
    for (size_t r = 0; r < classes; r++) {
        lt_class_score score = lt_confusion_class(confusion, r);
        LT_TRY(lt_table_cell(table, error, "%s", labels->names.items[r]));
        LT_TRY(lt_table_cell(table, error, "%zu", score.reference));
        LT_TRY(share_cell(table, score.precision, error));
        LT_TRY(share_cell(table, score.recall, error));
        LT_TRY(share_cell(table, score.f1, error));
        for (size_t c = 0; columns && c < classes; c++)
            LT_TRY(lt_table_cell(table, error, "%zu", confusion->counts[r * classes + c]));
    }
    return LT_OK;
}

/* ---- many labels: the mistakes, by how often they were made ---- */

typedef struct mistake {
    size_t count, place; /* place: reference * classes + predicted */
} mistake;

static int oftener_first(const void *a, const void *b)
{
    const mistake *x = a, *y = b;
    if (x->count != y->count) return x->count > y->count ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static lt_status fill_mistakes(lt_table *table, const lt_confusion *confusion, const lt_labels *labels,
                               lt_error *error)
{
    size_t classes = confusion->classes, cells = classes * classes;
    mistake *all = malloc(cells * sizeof *all);
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu classes", classes);
    for (size_t i = 0; i < cells; i++)
        all[i] = (mistake){i / classes == i % classes ? 0 : confusion->counts[i], i};
    qsort(all, cells, sizeof *all, oftener_first);
    lt_status status = lt_table_heading(table, "label|taken for|times", error);
    for (size_t i = 0; i < MISTAKES && i < cells && all[i].count && status == LT_OK; i++) {
        status = lt_table_cell(table, error, "%s", labels->names.items[all[i].place / classes]);
        if (status == LT_OK)
            status = lt_table_cell(table, error, "%s", labels->names.items[all[i].place % classes]);
        if (status == LT_OK) status = lt_table_cell(table, error, "%zu", all[i].count);
    }
    free(all);
    return status;
}

lt_status lt_confusion_print(const lt_confusion *confusion, const lt_labels *labels, FILE *out,
                             lt_error *error)
{
    char align[5 + LT_CONFUSION_COLUMNS + 1] = "lrrrr";
    bool columns = confusion->classes <= LT_CONFUSION_COLUMNS;
    if (columns) memset(align + 5, 'r', confusion->classes);
    lt_table table = {.align = align}, mistakes = {.align = "llr"};
    lt_status status = fill_classes(&table, confusion, labels, columns, error);
    if (status == LT_OK && !columns) status = fill_mistakes(&mistakes, confusion, labels, error);
    if (status == LT_OK) lt_table_print(&table, false, out);
    if (status == LT_OK && lt_table_rows(&mistakes)) {
        fprintf(out, "\n");
        lt_table_print(&mistakes, false, out);
    }
    lt_table_clear(&table);
    lt_table_clear(&mistakes);
    return status;
}

json_t *lt_confusion_classes_json(const lt_confusion *confusion, const lt_labels *labels)
{
    json_t *list = json_array();
    for (size_t c = 0; c < confusion->classes; c++) {
        lt_class_score score = lt_confusion_class(confusion, c);
        json_array_append_new(
            list, json_pack("{so sI sI so so so}", "label", lt_json_text(labels->names.items[c]), "texts",
                            (json_int_t)score.reference, "predicted", (json_int_t)score.predicted,
                            "precision", lt_json_real(score.precision), "recall", lt_json_real(score.recall),
                            "f1", lt_json_real(score.f1)));
    }
    return list;
}
