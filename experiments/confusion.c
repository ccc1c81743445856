#include "experiments/confusion.h"

#include <stdlib.h>
#include <string.h>

json_t *lt_confusion_json(const lt_confusion *confusion, const lt_labels *labels)
{
    size_t classes = confusion->classes;
    json_t *names = json_array(), *rows = json_array();
    for (size_t r = 0; r < classes; r++) {
        json_t *row = json_array();
        for (size_t c = 0; c < classes; c++)
            json_array_append_new(row, json_integer((json_int_t)confusion->counts[r * classes + c]));
        json_array_append_new(rows, row);
        json_array_append_new(names, json_string(labels->names.items[r]));
    }
    return json_pack("{so so}", "labels", names, "counts", rows);
}

lt_status lt_confusion_write(lt_text *out, const lt_confusion *confusion, const lt_labels *labels,
                             lt_error *error)
{
    json_t *json = lt_confusion_json(confusion, labels);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    lt_status status = text ? lt_text_append(out, text, strlen(text), error)
                            : lt_fail(error, LT_ERROR_MEMORY, "out of memory for a confusion matrix");
    free(text);
    json_decref(json);
    return status;
}

static bool read_row(size_t *counts, const json_t *row, size_t classes)
{
    if (json_array_size(row) != classes) return false;
    for (size_t c = 0; c < classes; c++) {
        const json_t *count = json_array_get(row, c);
        if (!json_is_integer(count) || json_integer_value(count) < 0) return false;
        counts[c] = (size_t)json_integer_value(count);
    }
    return true;
}

/* LT_ERROR_FORMAT without a message: the caller's. */
static lt_status read_parts(lt_confusion *confusion, lt_labels *labels, const json_t *json, lt_error *error)
{
    const json_t *names = json_object_get(json, "labels"), *rows = json_object_get(json, "counts");
    size_t classes = json_array_size(names);
    if (classes == 0 || classes > LT_CLASSES_MAX || json_array_size(rows) != classes) return LT_ERROR_FORMAT;
    for (size_t i = 0; i < classes; i++) {
        const json_t *name = json_array_get(names, i);
        lt_line line = {json_string_value(name), json_string_length(name)};
        if (!line.bytes) return LT_ERROR_FORMAT;
        LT_TRY(lt_labels_add(labels, &line, error));
    }
    if (labels->names.count != classes) return LT_ERROR_FORMAT;
    LT_TRY(lt_confusion_init(confusion, classes, error));
    for (size_t r = 0; r < classes; r++)
        if (!read_row(confusion->counts + r * classes, json_array_get(rows, r), classes))
            return LT_ERROR_FORMAT;
    return LT_OK;
}

lt_status lt_confusion_read(lt_confusion *confusion, lt_labels *labels, const char *text, lt_error *error)
{
    *confusion = (lt_confusion){0};
    *labels = (lt_labels){0};
    json_t *json = text ? json_loads(text, 0, NULL) : NULL;
    lt_status status = read_parts(confusion, labels, json, error);
    json_decref(json);
    if (status != LT_ERROR_FORMAT) return status;
    return lt_fail(error, LT_ERROR_FORMAT, "'%.100s' is no confusion matrix", text ? text : "");
}

lt_status lt_confusion_count(lt_confusion *confusion, const lt_labels *labels,
                             const lt_metric_line *predicted, const lt_metric_line *references,
                             size_t segments, lt_error *error)
{
    LT_TRY(lt_confusion_init(confusion, labels->names.count, error));
    for (size_t i = 0; i < segments; i++) {
        int32_t own, wanted;
        const lt_line one = {predicted[i].bytes, predicted[i].length};
        const lt_line other = {references[i].bytes, references[i].length};
        LT_TRY(lt_labels_class(labels, &one, &own, error));
        LT_TRY(lt_labels_class(labels, &other, &wanted, error));
        lt_confusion_add(confusion, (size_t)wanted, (size_t)own);
    }
    return LT_OK;
}
