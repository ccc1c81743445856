#include "experiments/labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/metrics/metrics.h"

/* Where `line` is among the sorted names, or would be; `*there`: it is. */
static size_t place_of(const lt_labels *labels, const lt_line *line, bool *there)
{
    size_t low = 0, high = labels->names.count;
    *there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2, length = strlen(labels->names.items[middle]);
        int order =
            memcmp(labels->names.items[middle], line->bytes, length < line->length ? length : line->length);
        if (order == 0) order = (length > line->length) - (length < line->length);
        if (order == 0) {
            *there = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* What makes a line no label; NULL: it is one. */
static const char *what_is_wrong(const lt_line *line)
{
    if (line->length == 0) return "an empty line is no label";
    if (line->length > LT_LABEL_LENGTH_MAX) return "a label of over 200 bytes; is this a file of labels?";
    if (!lt_utf8_valid(line->bytes, line->length)) return "a label that is not valid UTF-8";
    for (size_t i = 0; i < line->length; i++) {
        unsigned char c = (unsigned char)line->bytes[i];
        if (c < 0x20 || c == 0x7F)
            return "a label with a control character in it (a tab, or the CR of a file from Windows?)";
    }
    if (line->bytes[0] == ' ' || line->bytes[line->length - 1] == ' ')
        return "a label with a space at its beginning or end";
    return NULL;
}

lt_status lt_labels_add(lt_labels *labels, const lt_line *line, lt_error *error)
{
    bool there;
    size_t place = place_of(labels, line, &there);
    if (there) return LT_OK;
    const char *wrong = what_is_wrong(line);
    if (wrong) return lt_fail(error, LT_ERROR_FORMAT, "%s", wrong);
    if (labels->names.count == LT_CLASSES_MAX)
        return lt_fail(
            error, LT_ERROR_FORMAT,
            "'%.100s' is one label more than the %d a classifier may have; is this a file of labels?",
            line->bytes, LT_CLASSES_MAX);
    LT_TRY(
        lt_strings_add(&labels->names, line->bytes, error)); /* a line has a NUL behind it, and none inside */
    char **items = labels->names.items, *added = items[labels->names.count - 1];
    memmove(items + place + 1, items + place, (labels->names.count - 1 - place) * sizeof *items);
    items[place] = added;
    return LT_OK;
}

int32_t lt_labels_find(const lt_labels *labels, const lt_line *line)
{
    bool there;
    size_t place = place_of(labels, line, &there);
    return there ? (int32_t)place : -1;
}

lt_status lt_labels_class(const lt_labels *labels, const lt_line *line, int32_t *class, lt_error *error)
{
    *class = lt_labels_find(labels, line);
    if (*class >= 0) return LT_OK;
    lt_text list = {0}, shown = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; i < labels->names.count && i < 12 && status == LT_OK; i++)
        status = lt_text_appendf(&list, error, "%s%s", i ? ", " : "", labels->names.items[i]);
    if (status == LT_OK && labels->names.count > 12) status = lt_text_appendf(&list, error, ", ...");
    if (status == LT_OK)
        status = lt_utf8_repair(&shown, line->bytes, line->length < 100 ? line->length : 100, NULL, error);
    if (status == LT_OK)
        status = lt_fail(error, LT_ERROR_MISMATCH, "'%s' is none of the %zu labels of the training data (%s)",
                         shown.data ? shown.data : "", labels->names.count, list.data);
    lt_text_clear(&list);
    lt_text_clear(&shown);
    return status;
}

lt_status lt_labels_write(lt_text *out, const lt_labels *labels, lt_error *error)
{
    for (size_t i = 0; i < labels->names.count; i++)
        LT_TRY(lt_text_appendf(out, error, "%s\n", labels->names.items[i]));
    return LT_OK;
}

lt_status lt_labels_read(lt_labels *labels, const char *text, size_t length, lt_error *error)
{
    for (size_t at = 0; at < length;) {
        const char *end = memchr(text + at, '\n', length - at);
        size_t before = labels->names.count, size = end ? (size_t)(end - text) - at : length - at;
        char name[LT_LABEL_LENGTH_MAX + 2];
        snprintf(name, sizeof name, "%.*s", (int)(size < sizeof name ? size : sizeof name - 1), text + at);
        lt_line line = {name, strlen(name)};
        if (end) LT_TRY(lt_labels_add(labels, &line, error));
        /* in order, each once: as they were written */
        if (!end || strlen(name) != size || labels->names.count != before + 1 ||
            strcmp(labels->names.items[before], name) != 0)
            return lt_fail(error, LT_ERROR_FORMAT, "not a sorted list of labels, one a line");
        at += size + 1;
    }
    if (labels->names.count) return LT_OK;
    return lt_fail(error, LT_ERROR_FORMAT, "there are no labels");
}

void lt_labels_clear(lt_labels *labels)
{
    lt_strings_clear(&labels->names);
}

void lt_labels_signature(char out[16], const lt_labels *labels)
{
    lt_sha256 hash;
    char hex[LT_SHA256_HEX];
    lt_sha256_init(&hash);
    for (size_t i = 0; i < labels->names.count; i++)
        lt_sha256_update(&hash, labels->names.items[i], strlen(labels->names.items[i]) + 1);
    lt_sha256_hex(&hash, hex);
    snprintf(out, 16, "labels:%.8s", hex);
}
