#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/apt.h"
#include "corpora/debian.h"

typedef struct fetch {
    lt_apt apt;
    const char *const *languages;
    size_t count;
    lt_debian_note note;
    void *note_context;
    lt_apt_visit visit;
    void *context;
} fetch;

__attribute__((format(printf, 2, 3))) static void tell(const fetch *f, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    if (!f->note) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    f->note(f->note_context, line);
}

static lt_status take_file(void *context, const char *language, const char *name, lt_text *text,
                           lt_error *error)
{
    fetch *f = context;
    tell(f, "reading %s", name);
    return f->visit(f->context, language, name, text, error);
}

/* The first language that is not in the cache, or NULL. */
static lt_status look(fetch *f, const char **missing, lt_error *error)
{
    bool has = true;
    *missing = NULL;
    for (size_t i = 0; has && i < f->count; i++) {
        LT_TRY(lt_apt_has(&f->apt, f->languages[i], &has, error));
        if (!has) *missing = f->languages[i];
    }
    return LT_OK;
}

/* "en, de and fr" */
static lt_status list_languages(const fetch *f, lt_text *out, lt_error *error)
{
    for (size_t i = 0; i < f->count; i++)
        LT_TRY(lt_text_appendf(out, error, "%s%s",
                               i == 0             ? ""
                               : i + 1 < f->count ? ", "
                                                  : " and ",
                               f->languages[i]));
    return LT_OK;
}

static lt_status fetch_languages(fetch *f, lt_error *error)
{
    lt_text names = {0};
    const char **all = calloc(f->count + 1, sizeof *all); /* NULL-terminated, as apt wants it */
    if (!all) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for %zu languages", f->count);
    memcpy(all, f->languages, f->count * sizeof *all);
    const char *missing = NULL;
    lt_status status;
    LT_GOTO(status, list_languages(f, &names, error), done);
    tell(f, "fetching Debian's package descriptions in %s into %s", names.data, f->apt.folder);
    LT_GOTO(status, lt_apt_update(&f->apt, all, error), done);
    LT_GOTO(status, look(f, &missing, error), done);
    if (missing) status = lt_apt_no_language(&f->apt, missing, error);
done:
    lt_text_clear(&names);
    free(all);
    return status;
}

/* What is not there, or all of it where newer files are wanted. */
static lt_status fetch_missing(fetch *f, bool refresh, lt_error *error)
{
    const char *missing = "";
    if (!refresh) LT_TRY(look(f, &missing, error));
    if (missing) return fetch_languages(f, error);
    tell(f, "what was fetched into %s before is used again; --refresh asks for newer files", f->apt.folder);
    return LT_OK;
}

lt_status lt_debian_fetch_files(const lt_debian_options *o, const char *const *languages, size_t count,
                                lt_debian_note note, void *note_context, lt_apt_visit visit, void *context,
                                lt_error *error)
{
    fetch f = {.languages = languages,
               .count = count,
               .note = note,
               .note_context = note_context,
               .visit = visit,
               .context = context};
    char *folder = o->cache ? strdup(o->cache) : lt_path_join(o->output, "apt");
    if (!folder) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the folder of apt");
    lt_status status;
    LT_GOTO(status, lt_apt_open(&f.apt, folder, o->sources, error), done);
    status = fetch_missing(&f, o->refresh, error);
    for (size_t i = 0; status == LT_OK && i < count; i++)
        status = lt_apt_read(&f.apt, languages[i], take_file, &f, error);
done:
    lt_apt_close(&f.apt);
    free(folder);
    return status;
}

static lt_status add_file(void *debian, const char *language, const char *name, lt_text *text,
                          lt_error *error)
{
    return lt_debian_add(debian, language, name, text, error);
}

lt_status lt_debian_fetch(lt_debian *debian, lt_debian_note note, void *context, lt_error *error)
{
    const char *const languages[] = {debian->src_language, debian->trg_language};
    return lt_debian_fetch_files(debian->options, languages, 2, note, context, add_file, debian, error);
}
