#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpora/apt.h"
#include "corpora/debian.h"

typedef struct fetch {
    lt_debian *debian;
    lt_debian_note note;
    void *context;
} fetch;

__attribute__((format(printf, 2, 3))) static void tell(const fetch *f, const char *format, ...)
{
    char line[512];
    va_list arguments;
    if (!f->note) return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    f->note(f->context, line);
}

static lt_status take_file(void *context, const char *language, const char *name, lt_text *text,
                           lt_error *error)
{
    fetch *f = context;
    tell(f, "reading %s", name);
    return lt_debian_add(f->debian, language, name, text, error);
}

/* Which of the two languages are in the cache. */
static lt_status look(lt_apt *apt, const char *const languages[2], bool has[2], lt_error *error)
{
    for (size_t i = 0; i < 2; i++) LT_TRY(lt_apt_has(apt, languages[i], &has[i], error));
    return LT_OK;
}

static lt_status fetch_languages(const fetch *f, lt_apt *apt, lt_error *error)
{
    const lt_debian *d = f->debian;
    const char *const languages[] = {d->src_language, d->trg_language, NULL};
    bool has[2] = {false, false};
    if (!d->options->refresh) LT_TRY(look(apt, languages, has, error));
    if (has[0] && has[1]) {
        tell(f, "what was fetched into %s before is used again; --refresh asks for newer files", apt->folder);
        return LT_OK;
    }
    tell(f, "fetching Debian's package descriptions in %s and %s into %s", languages[0], languages[1],
         apt->folder);
    LT_TRY(lt_apt_update(apt, languages, error));
    LT_TRY(look(apt, languages, has, error));
    return has[0] && has[1] ? LT_OK : lt_apt_no_language(apt, languages[has[0]], error);
}

lt_status lt_debian_fetch(lt_debian *debian, lt_debian_note note, void *context, lt_error *error)
{
    fetch f = {debian, note, context};
    const lt_debian_options *o = debian->options;
    lt_apt apt = {0};
    char *folder = o->cache ? strdup(o->cache) : lt_path_join(o->output, "apt");
    if (!folder) return lt_fail(error, LT_ERROR_MEMORY, "out of memory for the folder of apt");
    lt_status status;
    LT_GOTO(status, lt_apt_open(&apt, folder, o->sources, error), done);
    LT_GOTO(status, fetch_languages(&f, &apt, error), done);
    LT_GOTO(status, lt_apt_read(&apt, debian->src_language, take_file, &f, error), done);
    status = lt_apt_read(&apt, debian->trg_language, take_file, &f, error);
done:
    lt_apt_close(&apt);
    free(folder);
    return status;
}
