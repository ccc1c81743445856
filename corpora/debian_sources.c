#include "corpora/debian_sources.h"

#include <stdlib.h>
#include <string.h>

lt_status lt_debian_sources_add(lt_debian_sources *sources, const char *name, const lt_text *text,
                                lt_error *error)
{
    struct lt_debian_source *items = realloc(sources->items, (sources->count + 1) * sizeof *items);
    if (!items) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", name);
    sources->items = items;
    struct lt_debian_source *source = &items[sources->count];
    source->name = strdup(name);
    if (!source->name) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %s", name);
    sources->count++;
    lt_sha256_bytes(text->data ? text->data : "", text->length, source->sha256);
    return LT_OK;
}

lt_status lt_debian_sources_describe(const lt_debian_sources *sources, lt_text *out, lt_error *error)
{
    LT_TRY(lt_text_appendf(out, error, "Made by latimer " LATIMER_VERSION " of\n"));
    for (size_t i = 0; i < sources->count; i++)
        LT_TRY(lt_text_appendf(out, error, "  %s\n    SHA-256 %s\n", sources->items[i].name,
                               sources->items[i].sha256));
    return LT_OK;
}

void lt_debian_sources_clear(lt_debian_sources *sources)
{
    for (size_t i = 0; i < sources->count; i++) free(sources->items[i].name);
    free(sources->items);
    *sources = (lt_debian_sources){0};
}

lt_status lt_debian_origin(lt_text *out, lt_error *error)
{
    return lt_text_appendf(
        out, error,
        "Where it is from: the Translation files of the apt sources listed below. The English descriptions "
        "are\n"
        "part of Debian's packages; the translations are the work of the volunteers of the Debian "
        "Description\n"
        "Translation Project (DDTP).\n"
        "\n"
        "Licences: a description is under the licence of its package, and these are many; for the "
        "translations as\n"
        "a whole none is stated. This corpus was made from Debian's files on this machine and is not part "
        "of\n"
        "latimer. Train on it; do not pass it on before you know that you may.\n"
        "\n");
}

bool lt_is_debian_language(const char *code, size_t length)
{
    if (length < 2 || length >= LT_LANGUAGE_MAX) return false;
    for (size_t i = 0; i < length; i++) {
        bool letter = (code[i] >= 'a' && code[i] <= 'z') || (code[i] >= 'A' && code[i] <= 'Z');
        if (!letter && (i < 2 || !strchr("_@", code[i]))) return false;
    }
    return true;
}
