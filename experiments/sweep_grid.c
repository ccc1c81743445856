#include "experiments/sweep_grid.h"

#include <stdlib.h>
#include <string.h>

/* ---- values ---- */

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* `*at` stands on a quote; appends what is between it and its twin, and goes behind that. `raw`: with the
 * quotes and escapes, for who reads them later. */
static lt_status take_quoted(lt_text *out, const char **at, bool raw, lt_error *error)
{
    const char quote = **at;
    const char *c = *at + 1;
    if (raw) LT_TRY(lt_text_append(out, &quote, 1, error));
    for (; *c && *c != quote; c++) {
        bool escape = quote == '"' && *c == '\\' && (c[1] == '"' || c[1] == '\\');
        if (escape && raw) LT_TRY(lt_text_append(out, c, 1, error));
        LT_TRY(lt_text_append(out, c += escape, 1, error));
    }
    if (*c != quote) return lt_fail(error, LT_ERROR_USAGE, "the quote %c is not closed", quote);
    if (raw) LT_TRY(lt_text_append(out, &quote, 1, error));
    *at = c + 1;
    return LT_OK;
}

/* What stands unquoted up to `separator`, which is not looked for within brackets. */
static lt_status take_plain(lt_text *out, const char **at, char separator, lt_error *error)
{
    size_t depth = 0;
    const char *c = *at;
    while (*c && (depth || *c != separator)) {
        if (*c == ']' && depth == 0) return lt_fail(error, LT_ERROR_USAGE, "']' without '['");
        if (*c == '[') depth++;
        if (*c == ']') depth--;
        if (*c == '"' && depth)
            LT_TRY(take_quoted(out, &c, true, error));
        else
            LT_TRY(lt_text_append(out, c++, 1, error));
    }
    if (depth) return lt_fail(error, LT_ERROR_USAGE, "'[' is not closed");
    while (out->length && blank(out->data[out->length - 1])) out->data[--out->length] = '\0';
    *at = c;
    return out->length ? LT_OK : lt_fail(error, LT_ERROR_USAGE, "an empty value; it is written as \"\"");
}

/* The value at `*at` up to `separator` or the end, where `*at` is left. */
static lt_status take_value(lt_text *out, const char **at, char separator, lt_error *error)
{
    lt_text_clear(out);
    LT_TRY(lt_text_append(out, "", 0, error));
    *at += strspn(*at, " \t");
    if (**at != '"' && **at != '\'') return take_plain(out, at, separator, error);
    LT_TRY(take_quoted(out, at, false, error));
    *at += strspn(*at, " \t");
    if (!**at || **at == separator) return LT_OK;
    return lt_fail(error, LT_ERROR_USAGE, "'%.40s' behind a closing quote", *at);
}

/* The key before '=' of "key=..."; `*at` is left behind '='. */
static lt_status take_key(lt_text *out, const char **at, const char *wanted, lt_error *error)
{
    lt_text_clear(out);
    *at += strspn(*at, " \t");
    size_t length = strcspn(*at, "=");
    const char *end = *at + length;
    while (length && blank((*at)[length - 1])) length--;
    if (!*end || length == 0)
        return lt_fail(error, LT_ERROR_USAGE, "%s wanted, with a key of the experiment file", wanted);
    LT_TRY(lt_text_append(out, *at, length, error));
    *at = end + 1;
    return LT_OK;
}

/* ---- points ---- */

static lt_status copy_settings(lt_strings *to, const lt_strings *from, lt_error *error)
{
    for (size_t i = 0; i < from->count; i++) LT_TRY(lt_strings_add(to, from->items[i], error));
    return LT_OK;
}

/* One more point, whose settings are `first` and, where it is not NULL, `last`. */
static lt_status add_point(lt_sweep_grid *grid, const lt_strings *first, const char *last, const char *option,
                           lt_error *error)
{
    if (grid->count == LT_SWEEP_POINTS_MOST)
        return lt_fail(error, LT_ERROR_USAGE, "over %d points; make the grid smaller", LT_SWEEP_POINTS_MOST);
    lt_sweep_settings *points = realloc(grid->points, (grid->count + 1) * sizeof *points);
    if (!points) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the points");
    grid->points = points;
    lt_sweep_settings *point = &points[grid->count++];
    *point = (lt_sweep_settings){.option = option};
    LT_TRY(copy_settings(&point->settings, first, error));
    return last ? lt_strings_add(&point->settings, last, error) : LT_OK;
}

static lt_status parse_axis(lt_strings *settings, lt_strings *keys, const char *text, lt_error *error)
{
    lt_text key = {0}, value = {0}, setting = {0};
    const char *at = text;
    lt_status status;
    LT_GOTO(status, take_key(&key, &at, "KEY=V1,V2,...", error), done);
    if (lt_strings_has(keys, key.data)) {
        status = lt_fail(error, LT_ERROR_USAGE, "%s is given twice; write all its values behind one --grid",
                         key.data);
        goto done;
    }
    LT_GOTO(status, lt_strings_add(keys, key.data, error), done);
    for (at--; status == LT_OK && *at;) {
        at++; /* behind '=' or ',' */
        LT_GOTO(status, take_value(&value, &at, ',', error), done);
        lt_text_clear(&setting);
        LT_GOTO(status, lt_text_appendf(&setting, error, "%s=%s", key.data, value.data), done);
        status = lt_strings_has(settings, setting.data)
                     ? lt_fail(error, LT_ERROR_USAGE, "the value %s is given twice", value.data)
                     : lt_strings_add(settings, setting.data, error);
    }
done:
    lt_text_clear(&key);
    lt_text_clear(&value);
    lt_text_clear(&setting);
    return status;
}

static lt_status parse_change(lt_strings *settings, const char *text, lt_error *error)
{
    lt_text key = {0}, value = {0};
    lt_strings keys = {0};
    lt_status status = LT_OK;
    for (const char *at = text; status == LT_OK; at++) {
        LT_GOTO(status, take_key(&key, &at, "KEY=VALUE", error), done);
        if (lt_strings_has(&keys, key.data)) {
            status = lt_fail(error, LT_ERROR_USAGE, "%s is given twice", key.data);
            goto done;
        }
        LT_GOTO(status, lt_strings_add(&keys, key.data, error), done);
        LT_GOTO(status, take_value(&value, &at, ';', error), done);
        status = lt_strings_addf(settings, error, "%s=%s", key.data, value.data);
        if (!*at) break;
    }
done:
    lt_strings_clear(&keys);
    lt_text_clear(&key);
    lt_text_clear(&value);
    return status;
}

void lt_sweep_grid_clear(lt_sweep_grid *grid)
{
    for (size_t i = 0; i < grid->count; i++) lt_strings_clear(&grid->points[i].settings);
    free(grid->points);
    *grid = (lt_sweep_grid){0};
}

/* ---- the options ---- */

static const lt_strings none;

/* Every point of `product` with every one of `values`. */
static lt_status multiply(lt_sweep_grid *product, const lt_strings *values, lt_error *error)
{
    lt_sweep_grid next = {0};
    lt_status status = LT_OK;
    for (size_t i = 0; i < product->count; i++)
        for (size_t v = 0; v < values->count && status == LT_OK; v++)
            status = add_point(&next, &product->points[i].settings, values->items[v], "--grid", error);
    lt_sweep_grid_clear(product);
    *product = next;
    return status;
}

static lt_status parse_product(lt_sweep_grid *product, const lt_strings *grid, lt_error *error)
{
    lt_strings keys = {0};
    lt_status status = add_point(product, &none, NULL, "", error);
    for (size_t i = 0; i < grid->count && status == LT_OK; i++) {
        lt_strings values = {0};
        status = parse_axis(&values, &keys, grid->items[i], error);
        if (status == LT_OK) status = multiply(product, &values, error);
        if (status != LT_OK) lt_error_context(error, "--grid %.200s", grid->items[i]);
        lt_strings_clear(&values);
    }
    lt_strings_clear(&keys);
    return status;
}

static lt_status parse_ablations(lt_sweep_grid *points, const lt_strings *ablate, lt_error *error)
{
    LT_TRY(add_point(points, &none, NULL, "", error));
    for (size_t i = 0; i < ablate->count; i++) {
        lt_strings settings = {0};
        lt_status status = parse_change(&settings, ablate->items[i], error);
        for (size_t k = 0; k < i && status == LT_OK; k++)
            if (strcmp(ablate->items[i], ablate->items[k]) == 0)
                status = lt_fail(error, LT_ERROR_USAGE, "it is given twice");
        if (status == LT_OK) status = add_point(points, &settings, NULL, "--ablate", error);
        lt_strings_clear(&settings);
        if (status != LT_OK) return lt_error_context(error, "--ablate %.200s", ablate->items[i]);
    }
    return LT_OK;
}

lt_status lt_sweep_grid_parse(lt_sweep_grid *points, const lt_strings *grid, const lt_strings *ablate,
                              lt_error *error)
{
    lt_sweep_grid product = {0};
    lt_status status = LT_OK;
    if (ablate->count) LT_TRY(parse_ablations(points, ablate, error));
    if (grid->count || !ablate->count) status = parse_product(&product, grid, error);
    for (size_t i = 0; i < product.count && status == LT_OK; i++)
        status = add_point(points, &product.points[i].settings, NULL, product.points[i].option, error);
    lt_sweep_grid_clear(&product);
    return status;
}
